EXPLAIN CREATE TABLE a WITH ('connector' = 'print') AS SELECT 1 AS x;
