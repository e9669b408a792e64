CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE appended (k STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'a', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE files (k STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '/tmp/f', 'format' = 'csv');
CREATE TABLE upserted (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'u', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE wrong_key (k STRING, n BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'u', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE narrow (a INT, b CHAR(4), c DOUBLE) WITH ('connector' = 'print');
CREATE TABLE strict (a INT NOT NULL, b STRING) WITH ('connector' = 'print');
CREATE TABLE reads_offset (a STRING, o BIGINT METADATA FROM 'offset') WITH ('connector' = 'kafka', 'topic' = 'a', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE many_topics (a STRING) WITH ('connector' = 'kafka', 'topic' = 'a;b', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE generated (a STRING) WITH ('connector' = 'datagen');
CREATE VIEW v AS SELECT message, n FROM words;
----
INSERT INTO appended SELECT message, COUNT(*) FROM words GROUP BY message
--
INSERT INTO files SELECT DISTINCT message, CAST(n AS BIGINT) FROM words
--
SET 'table.exec.sink.upsert-materialize' = 'NONE'; INSERT INTO wrong_key SELECT message, COUNT(*) FROM words GROUP BY message
--
SET 'table.exec.sink.upsert-materialize' = 'NONE'; INSERT INTO upserted SELECT message, SUM(n) FROM words GROUP BY message, n
--
SET 'table.exec.sink.upsert-materialize' = 'NONE'; INSERT INTO upserted SELECT UPPER(message), COUNT(*) FROM words GROUP BY message
--
SET 'table.exec.sink.upsert-materialize' = 'NONE'; INSERT INTO upserted SELECT message, COUNT(*) FROM words GROUP BY message UNION ALL SELECT message, COUNT(*) FROM words GROUP BY message
--
INSERT INTO upserted SELECT message FROM words
--
INSERT INTO upserted SELECT message, n, n FROM words
--
INSERT INTO narrow SELECT COUNT(*), 'abcd', 1.5 FROM words
--
INSERT INTO narrow SELECT n, message, 1.5 FROM words
--
INSERT INTO narrow SELECT n, 'abcd', message FROM words
--
INSERT INTO narrow SELECT ts, 'abcd', 1.5 FROM words
--
INSERT INTO narrow (a, x) SELECT n, n FROM words
--
INSERT INTO narrow (a, a) SELECT n, n FROM words
--
INSERT INTO narrow (a, c) SELECT n FROM words
--
INSERT INTO strict (b) SELECT message FROM words
--
INSERT INTO reads_offset SELECT message, 1 FROM words
--
INSERT INTO many_topics SELECT message FROM words
--
INSERT INTO generated SELECT message FROM words
--
INSERT INTO v SELECT message, n FROM words
--
INSERT INTO apended SELECT message, n FROM words
--
SELECT * FROM narrow
--
INSERT INTO appended /*+ OPTIONS('sink.delivery-guarantee' = 'exactly-once') */ SELECT message, n FROM words
--
SELECT * FROM words /*+ OPTIONS('scan.startup.mode' = 'lastest-offset') */
--
EXECUTE STATEMENT SET BEGIN
INSERT INTO upserted SELECT message, n FROM words;
INSERT INTO appended SELECT message, COUNT(*) FROM words GROUP BY message;
END
--
INSERT INTO appended SELECT message, n FROM words ON CONFLICT DO DEDUPLICATE
--
INSERT INTO upserted SELECT message, n FROM words ON CONFLICT DO NOTHING
--
SELECT /*+ STATE_TTL('w' = '1 d') */ message, COUNT(*) FROM words GROUP BY message
--
SELECT /*+ STATE_TTL('words' = '1 d') */ message, COUNT(*) FROM words AS w GROUP BY message
--
SELECT /*+ STATE_TTL('words' = 'soon') */ message, COUNT(*) FROM words GROUP BY message
--
SELECT /*+ STATE_TTL('words' = '1 d') */ message FROM words
