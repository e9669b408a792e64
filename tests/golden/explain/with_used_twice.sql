CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
WITH w (k, c) AS (SELECT message, n FROM words WHERE n > 0), unused AS (SELECT 1)
SELECT k, SUM(c) FROM (SELECT * FROM w UNION ALL SELECT k, c + 1 FROM w) GROUP BY k;
