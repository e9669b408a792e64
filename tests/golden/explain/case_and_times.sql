CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
SELECT CASE n WHEN 1 THEN 'one' WHEN 2 THEN message END AS name, ts > '2026-01-01 00:00:00' AS late, COALESCE(n, 7), ts + INTERVAL '1' DAY, IF(n > 1, 1.5, n) FROM words WHERE ts BETWEEN '2026-01-01' AND '2026-01-02 00:00:00' OR n IN (1, 2, NULL);
