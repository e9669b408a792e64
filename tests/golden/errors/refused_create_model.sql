CREATE MODEL m WITH ('provider' = 'x');
