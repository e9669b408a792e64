CREATE TABLE t WITH ('connector' = 'print') AS SELECT a FROM u;
