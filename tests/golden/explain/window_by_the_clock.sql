CREATE TABLE words (message STRING, pt AS PROCTIME())
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
SELECT window_start, message, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(pt), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, message;
