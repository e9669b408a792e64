SELECT tags[1] FROM t;
