CREATE TABLE t (ts TIMESTAMP(3), WATERMRK FOR ts AS ts) WITH ('connector' = 'datagen');
