CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE VIEW both_sides AS SELECT message, ts FROM words WHERE n = 1 UNION ALL SELECT UPPER(message), ts FROM words WHERE n = 2;
SELECT window_start, message, COUNT(*) FROM TABLE(CUMULATE(TABLE both_sides, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' HOUR)) GROUP BY window_start, window_end, message;
