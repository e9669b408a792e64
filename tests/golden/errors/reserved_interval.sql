SELECT interval, day FROM t;
