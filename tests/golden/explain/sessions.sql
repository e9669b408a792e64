CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
SELECT window_start, message, COUNT(*) AS n
FROM TABLE(SESSION(DATA => TABLE words PARTITION BY message, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '30' SECOND))
WHERE n > 1
GROUP BY window_start, window_end, message;
