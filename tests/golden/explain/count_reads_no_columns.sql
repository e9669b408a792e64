CREATE TABLE t (a STRING, b INT) WITH ('connector' = 'datagen', 'number-of-rows' = '10');
SELECT COUNT(*) FROM t;
