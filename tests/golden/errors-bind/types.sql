CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SELECT * FROM words WHERE n = '2'
--
SELECT message || n FROM words
--
SELECT * FROM words WHERE message
--
SELECT b + 1 FROM words
--
SELECT UPPER(n) FROM words
--
SELECT SUBSTRING(message) FROM words
--
SELECT ts - ts FROM words
--
SELECT CAST(n AS TIMESTAMP(3)) FROM words
--
SELECT CAST(n AS TIMESTAMP_LTZ(3)) FROM words
--
SELECT CAST(ts AS BIGINT) FROM words
--
SELECT CAST(b AS DATE) FROM words
--
SELECT CASE WHEN n > 1 THEN message ELSE n END FROM words
--
SELECT CASE WHEN n THEN message END FROM words
--
SELECT CASE WHEN n > 1 THEN NULL END FROM words
--
SELECT NULL FROM words
--
SELECT COALESCE(n, 'a') FROM words
--
SELECT * FROM words WHERE ts > 'yesterday'
--
SELECT * FROM words WHERE d = '2026-13-01'
--
SELECT b > 1 FROM words
--
SELECT ts > d FROM words
--
SELECT n IS TRUE FROM words
--
SELECT 1.5 % 2e0 FROM words
--
SELECT message LIKE 5 FROM words
--
SELECT n BETWEEN 'a' AND 'b' FROM words
--
SELECT n IN (1, 'b') FROM words
--
SELECT -message FROM words
--
SELECT NOT n FROM words
--
SELECT IF(n, 1, 2) FROM words
--
SELECT ts > CAST(ts AS TIMESTAMP(3)) FROM words
--
SELECT UPPER(DISTINCT message) FROM words
--
SELECT
	n,	'ä' || n
FROM words
--
SELECT message LIKE 'a!b' ESCAPE '!' FROM words
--
SELECT message LIKE 'a!' ESCAPE '!' FROM words
--
SELECT message NOT LIKE message ESCAPE 'ab' FROM words
--
SELECT DATE_FORMAT(ts, 'yyyy-MM-dd bb') FROM words
--
SELECT DATE_FORMAT(ts, 'yyyy ''x') FROM words
--
SELECT TO_TIMESTAMP(message, 'YYYY-ww') FROM words
