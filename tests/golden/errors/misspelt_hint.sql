SELECT * FROM t /*+ OPTION('a' = 'b') */;
