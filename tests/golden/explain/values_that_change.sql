CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3), u AS NOW(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE seen (message STRING, n BIGINT, seen TIMESTAMP_LTZ(3), PRIMARY KEY (message) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'seen', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE all_changes (message STRING, n BIGINT, seen TIMESTAMP_LTZ(3)) WITH ('connector' = 'print');
EXECUTE STATEMENT SET BEGIN
-- rows that replace each other by a key are never taken back by their values
INSERT INTO seen SELECT message, COUNT(*), CURRENT_TIMESTAMP FROM words GROUP BY message;
-- below the aggregate each row comes once
INSERT INTO all_changes SELECT message, COUNT(*), MAX(u) FROM words GROUP BY message;
-- of a text UNIX_TIMESTAMP is the same always
INSERT INTO all_changes SELECT message, COUNT(*), TO_TIMESTAMP_LTZ(UNIX_TIMESTAMP(message), 0) FROM words GROUP BY message;
END;
