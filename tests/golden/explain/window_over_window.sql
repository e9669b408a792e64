CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
SELECT window_start0, window_end0, COUNT(*) AS n
FROM TABLE(TUMBLE((SELECT * FROM TUMBLE(TABLE words, DESCRIPTOR(ts), INTERVAL '10' SECOND)), DESCRIPTOR(window_time), INTERVAL '1' MINUTE))
GROUP BY window_start0, window_end0;
