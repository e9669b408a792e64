CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SELECT LENGTH(message) FROM words
--
SELECT DATE_TRUNC('hour', ts) FROM words
--
SELECT DATEDIFF(ts, ts) FROM words
--
SELECT DAY(ts) FROM words
--
SELECT NOW FROM words
--
SELECT w.NOW FROM words AS w
--
SELECT UPER(message) FROM words
--
SELECT NVL(n, 0) FROM words
