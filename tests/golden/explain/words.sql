CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE TABLE words_total (window_start TIMESTAMP(3), window_end TIMESTAMP(3), n BIGINT)
WITH ('connector' = 'kafka', 'topic' = 'words-total', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'format' = 'json');
CREATE TABLE words_dolorem (window_start TIMESTAMP(3), window_end TIMESTAMP(3), n BIGINT)
WITH ('connector' = 'kafka', 'topic' = 'words-dolorem', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'format' = 'json');
CREATE TABLE words_by_word (window_start TIMESTAMP(3), window_end TIMESTAMP(3), message STRING, n BIGINT, PRIMARY KEY (window_start, window_end, message) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'words-by-word', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'key.format' = 'json', 'value.format' = 'json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO words_total SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
INSERT INTO words_dolorem SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE)) WHERE message = 'dolorem' GROUP BY window_start, window_end;
INSERT INTO words_by_word SELECT window_start, window_end, message, COUNT(*) FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, message;
END;
