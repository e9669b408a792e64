CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SET 'table.exec.source.idle-timout' = '5 s'
--
SET 'table.exec.source.idle-timeout' = 'often'
--
SET 'table.local-time-zone' = 'Europe/Atlantis'
--
SET 'pipeline.name' = 'a/b'
--
SET 'execution.checkpointing.mode' = 'EXACTLY_ONCE'
--
SET 'execution.checkpointing.interval' = '1 ms'
--
SET 'table.exec.state.ttl' = 'soon'
--
SET 'table.dml-sync' = 'maybe'
--
SET 'table.exec.sink.not-null-enforcer' = 'IGNORE'
--
RESET 'nothing.like.this'
