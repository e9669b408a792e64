CREATE TABLE words (message STRING) WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
SET 'table.exec.state.ttl' = '1 h';
SELECT n, COUNT(*) FROM (SELECT /*+ STATE_TTL('words' = '0') */ message, COUNT(*) AS n FROM words GROUP BY message) AS g GROUP BY n;
