SELECT a AS 'b' FROM t;
