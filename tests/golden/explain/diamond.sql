CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE VIEW v AS SELECT message, n FROM words;
SELECT k, SUM(c) FROM (SELECT message AS k, COUNT(*) AS c FROM v GROUP BY message UNION ALL SELECT message, SUM(n) FROM v GROUP BY message) GROUP BY k;
