CREATE TABLE base (id BIGINT NOT NULL, v INT, ts TIMESTAMP(3), w AS v + 1, o TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'base', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE VIEW seen AS SELECT id FROM base;
----
CREATE TABLE t LIKE nope
--
CREATE TABLE t LIKE seen
--
CREATE TABLE t (v BIGINT) LIKE base
--
CREATE TABLE t (w AS v + 2) LIKE base
--
CREATE TABLE t (w AS nope + 2) LIKE base (OVERWRITING GENERATED)
--
CREATE TABLE t (o TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL) LIKE base
--
CREATE TABLE t (WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) LIKE base
--
CREATE TABLE t (PRIMARY KEY (v) NOT ENFORCED) LIKE base
--
CREATE TABLE t WITH ('topic' = 'other') LIKE base (INCLUDING OPTIONS)
--
CREATE TABLE t LIKE base (EXCLUDING OPTIONS)
--
CREATE TABLE t WITH ('connector' = 'print') AS SELECT nope FROM base
--
CREATE TABLE t WITH ('connector' = 'print') AS SELECT NULL
--
CREATE TABLE t AS SELECT id FROM base
--
CREATE TABLE t (id AS 1) WITH ('connector' = 'print') AS SELECT id FROM base
--
CREATE TEMPORARY TABLE t WITH ('connector' = 'print') AS SELECT id FROM base
--
CREATE TABLE t (PRIMARY KEY (nope) NOT ENFORCED) WITH ('connector' = 'print') AS SELECT id FROM base
--
CREATE TABLE base WITH ('connector' = 'print') AS SELECT 1 AS x
