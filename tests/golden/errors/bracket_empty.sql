SELECT tags[] FROM t;
