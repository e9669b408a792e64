CREATE TABLE t (a INT) WITH ('connector' = 'print')

INSERT INTO t SELECT 1;
