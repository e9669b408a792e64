SELECT key, value FROM t;
