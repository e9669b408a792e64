CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SELECT message, COUNT(*) FROM words
--
SELECT message, n, COUNT(*) FROM words GROUP BY message
--
SELECT UPPER(message) FROM words GROUP BY LOWER(message)
--
SELECT * FROM words GROUP BY message
--
SELECT message FROM words WHERE COUNT(*) > 1
--
SELECT SUM(COUNT(*)) FROM words
--
SELECT message FROM words GROUP BY message, COUNT(*)
--
SELECT SUM(message) FROM words
--
SELECT SUM(*) FROM words
--
SELECT COUNT() FROM words
--
SELECT COUNT(*, n) FROM words
--
SELECT COUNT(*) FILTER (WHERE n) FROM words
--
SELECT UPPER(message) FILTER (WHERE n > 1) FROM words
--
SELECT COUNT(*) FROM words HAVING n > 1
--
SELECT LISTAGG(message, message) FROM words
--
SELECT * FROM words WHERE n > (1 + SUM(n))
--
SELECT PERCENTILE(n, 1.5) FROM words
--
SELECT APPROX_PERCENTILE(n, n) FROM words
--
SELECT PERCENTILE(n, NULL) FROM words
--
SELECT PERCENTILE(DISTINCT n, 0.5, n) FROM words
--
SELECT ARG_MAX(n, 1) FROM words
--
SELECT BIT_AND(price) FROM words
--
SELECT APPROX_COUNT_DISTINCT(n) FROM words
