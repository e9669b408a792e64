SELECT a >> 2 FROM t;
