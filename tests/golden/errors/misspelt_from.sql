SELECT a, b
FORM words
WHERE a = 1;
