CREATE TABLE t (a INT) WITH ('x' = 'y') COMMENT 'z';
