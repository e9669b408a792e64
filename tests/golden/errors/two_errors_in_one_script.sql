SELECT a FORM t;
SELECT 'fine; really';
DROP TABL x;
