SELECT t.user FROM t;
