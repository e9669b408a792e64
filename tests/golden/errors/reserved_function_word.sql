SELECT count FROM t;
