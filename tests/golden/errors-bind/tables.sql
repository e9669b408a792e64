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
--
CREATE TABLE t (a INTERVAL DAY) WITH ('connector' = 'datagen')
--
CREATE TABLE t (a DATE) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'raw')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'scan.startup.mode' = 'specific-offsets', 'scan.startup.specific-offsets' = 'partition:0,offset:5;partition:1')
--
CREATE TABLE t (c0 INT, c1 AS c0 + c0, c2 AS c1 + c1, c3 AS c2 + c2, c4 AS c3 + c3, c5 AS c4 + c4, c6 AS c5 + c5, c7 AS c6 + c6, c8 AS c7 + c7, c9 AS c8 + c8, c10 AS c9 + c9, c11 AS c10 + c10, c12 AS c11 + c11, c13 AS c12 + c12, c14 AS c13 + c13) WITH ('connector' = 'datagen')
--
CREATE TABLE t (k INT, a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'debezium-json', 'key.fields' = 'k', 'value.format' = 'json')
--
CREATE TABLE t (k INT, a INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'debezium-json')
--
CREATE TABLE t (k INT, a STRING METADATA FROM 'value.source.tabel' VIRTUAL) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'debezium-json')
--
CREATE TABLE t (k INT, a STRING METADATA FROM 'value.source.table' VIRTUAL) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE t (k INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'canal-json')
--
SET 'table.exec.source.cdc-events-duplicate' = 'true';
CREATE TABLE t (k INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'debezium-json');
SELECT * FROM t
