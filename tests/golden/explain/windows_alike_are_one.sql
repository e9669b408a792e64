CREATE TABLE words (message STRING, n INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'format' = 'json');
CREATE VIEW hops AS SELECT * FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE));
CREATE TABLE counts (message STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'counts', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'format' = 'json', 'sink.delivery-guarantee' = 'none');
CREATE TABLE sums (n BIGINT, message STRING) WITH ('connector' = 'print');
EXECUTE STATEMENT SET BEGIN
INSERT INTO counts SELECT message, COUNT(*) FROM hops GROUP BY window_start, window_end, message;
INSERT INTO sums SELECT SUM(n * 2), message FROM hops GROUP BY window_start, window_end, message HAVING COUNT(*) > 1;
INSERT INTO sums SELECT COUNT(*), message FROM words GROUP BY message;
END;
