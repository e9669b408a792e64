SELECT a FROM t a = 1 AND b = 2;
