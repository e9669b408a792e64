CREATE TABLE words (message STRING, n INT)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
SELECT n, LISTAGG(DISTINCT message, '; '), JSON_ARRAYAGG(n NULL ON NULL),
       JSON_OBJECTAGG(message VALUE n ABSENT ON NULL) FILTER (WHERE n > 1)
FROM words GROUP BY n;
