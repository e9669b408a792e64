CREATE TABLE events (id BIGINT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), label AS UPPER(name), name STRING, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'events', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
SELECT window_start, label, COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE id > 0 GROUP BY window_start, window_end, label;
