CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
CREATE TABLE t (a INT, a STRING) WITH ('connector' = 'print')
--
CREATE TABLE t (a INT)
--
CREATE TABLE t (a INT) WITH ('format' = 'json')
--
CREATE TABLE t (a INT, o BIGINT METADATA FROM 'ofset') WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE t (a INT, headers BIGINT METADATA) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE t (a INT, o DATE METADATA FROM 'offset') WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE t (a INT, o BIGINT METADATA FROM 'offset') WITH ('connector' = 'print')
--
CREATE TABLE t (a INT, PRIMARY KEY (a)) WITH ('connector' = 'print')
--
CREATE TABLE t (a INT, PRIMARY KEY (b) NOT ENFORCED) WITH ('connector' = 'print')
--
CREATE TABLE t (a INT, b AS a + 1, PRIMARY KEY (b) NOT ENFORCED) WITH ('connector' = 'print')
--
CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE t (a INT) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json')
--
CREATE TABLE t (a INT, b AS a + c) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a INT, b AS SUM(a)) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a INT, b AS NULL) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a INT, ts TIMESTAMP(6), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a BIGINT, WATERMARK FOR a AS a - 5) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a STRING, WATERMARK FOR a AS a) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a TIMESTAMP(3), WATERMARK FOR b AS b) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a TIMESTAMP(3), b TIMESTAMP_LTZ(3), WATERMARK FOR a AS b) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a INT, b INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'raw')
--
CREATE TABLE t (a INT, b INT) PARTITIONED BY (a) WITH ('connector' = 'filesystem', 'path' = '/tmp/t', 'format' = 'csv')
--
CREATE TABLE words (message STRING) WITH ('connector' = 'print')
--
CREATE VIEW words AS SELECT message FROM words
--
CREATE VIEW v (a, b) AS SELECT message FROM words
--
CREATE VIEW v AS SELECT mesage FROM words
--
DROP TABLE nothing
--
DROP VIEW words
--
DROP TEMPORARY TABLE words
--
CREATE TABLE nowhere.t (a INT) WITH ('connector' = 'print')
