CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SELECT message, n FROM words UNION ALL SELECT message FROM words
--
SELECT message FROM words UNION ALL SELECT n FROM words
--
SELECT SOURCE_WATERMARK(), message FROM words
--
SELECT TOTALLY_UNKNOWN(message) FROM words
