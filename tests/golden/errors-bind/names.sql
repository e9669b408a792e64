CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE VIEW long_words AS SELECT message AS word, CHAR_LENGTH(message) AS len FROM words WHERE CHAR_LENGTH(message) > 6;
----
SELECT mesage, COUNT(*) AS n
FROM words GROUP BY mesage
--
SELECT w.message FROM words
--
SELECT x.message FROM words AS w
--
SELECT Message FROM words
--
SELECT * FROM wrods
--
SELECT * FROM other.words
--
SELECT wordd FROM long_words
--
SELECT UPER(message) FROM words
--
SELECT PARSE_JSON(message) FROM words
--
SELECT message AS a FROM words GROUP BY a
--
SELECT a FROM (SELECT message AS a, n AS b FROM words) AS t WHERE c = 1
--
SELECT x.* FROM words
