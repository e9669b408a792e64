CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
SELECT message, window_end FROM SESSION(TABLE words PARTITION BY message, DESCRIPTOR(ts), INTERVAL '10' SECOND)
WHERE n > 1;
