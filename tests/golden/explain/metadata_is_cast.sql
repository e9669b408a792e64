SET 'table.local-time-zone' = 'Europe/Berlin';
CREATE TABLE events (id BIGINT, ts TIMESTAMP(3) METADATA FROM 'timestamp', p STRING METADATA FROM 'partition', WATERMARK FOR ts AS ts)
WITH ('connector' = 'kafka', 'topic' = 'events', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
SELECT window_end, p, SUM(id) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, p;
