CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, d DATE, u AS NOW(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE seen (message STRING, n BIGINT, seen TIMESTAMP_LTZ(3), PRIMARY KEY (message) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'seen', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE all_changes (message STRING, n BIGINT, seen TIMESTAMP_LTZ(3)) WITH ('connector' = 'print');
----
SELECT EXTRACT(HOUR FROM message) FROM words
--
SELECT FLOOR(d TO MINUTE) FROM words
--
SELECT TIMESTAMPDIFF(DOW, ts, ts) FROM words
--
SELECT TIMESTAMPDIFF(DAY, ts, CAST(ts AS TIMESTAMP(3))) FROM words
--
SELECT TIMESTAMPADD(DECADE, 1, ts) FROM words
--
SELECT (ts, n) OVERLAPS (ts, ts) FROM words
--
SELECT CURRENT_TIMESTAMP() FROM words
--
SELECT CURRENT_WATERMARK(ts + INTERVAL '1' SECOND) FROM words
--
SELECT CURRENT_WATERMARK(u) FROM words
--
INSERT INTO all_changes SELECT message, COUNT(*), NOW() FROM words GROUP BY message
--
INSERT INTO seen SELECT CAST(CURRENT_DATE AS STRING), c, NOW() FROM (SELECT message, COUNT(*) AS c FROM words GROUP BY message)
--
INSERT INTO all_changes SELECT message, c, ts FROM (SELECT message, COUNT(*) AS c, MAX(ts) AS ts FROM words GROUP BY message) WHERE ts > NOW() - INTERVAL '1' HOUR
--
CREATE TABLE drawn (k STRING, u AS RAND(), v AS u + 1) WITH ('connector' = 'kafka', 'topic' = 'drawn', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
SELECT TO_TIMESTAMP_LTZ('2026', 'yyyy', 'Mars/Olympus') FROM words
--
SELECT DATE_FORMAT(ts, 'yyyy XXX') FROM words
--
SELECT UNIX_TIMESTAMP(message, 'YYYY-ww') FROM words
--
SELECT PRINTF('%s', d) FROM words
--
SELECT (ts, ts) OVERLAPS (d, d) FROM words
