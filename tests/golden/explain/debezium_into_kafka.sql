CREATE TABLE words (message STRING) WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE counts (word STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'counts', 'properties.bootstrap.servers' = 'embedded', 'format' = 'debezium-json');
CREATE TABLE lines (message STRING) WITH ('connector' = 'kafka', 'topic' = 'lines', 'properties.bootstrap.servers' = 'embedded', 'format' = 'debezium-json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO counts SELECT message, COUNT(*) FROM words GROUP BY message;
INSERT INTO lines SELECT message FROM words;
END;
