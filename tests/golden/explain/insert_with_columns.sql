CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE TABLE target (a BIGINT, b STRING, c TIMESTAMP(3), d DOUBLE) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'csv');
INSERT INTO target (b, a) SELECT message, n FROM words;
