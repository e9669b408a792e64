CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, d DATE)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SELECT JSON_VALUE(message, '$.a[') FROM words
--
SELECT JSON_VALUE(message, 'lax $.a b') FROM words
--
SELECT JSON_QUERY(message, '$.a[?(@.b == 1)]') FROM words
--
SELECT JSON_QUERY(message, '$.a.length()') FROM words
--
SELECT JSON_VALUE(message, '$.it''s x') FROM words
--
SELECT JSON_VALUE(message, '$.a' RETURNING TIMESTAMP(3)) FROM words
--
SELECT JSON_QUERY(message, '$.a' RETURNING INT) FROM words
--
SELECT JSON_VALUE(message, '$.a' RETURNING INT DEFAULT 'x' ON EMPTY) FROM words
--
SELECT JSON_VALUE(n, '$.a') FROM words
--
SELECT JSON_OBJECT(message VALUE 1) FROM words
--
SELECT JSON_OBJECT('d' VALUE d) FROM words
--
SELECT JSON(message) FROM words
--
SELECT n IS JSON FROM words
--
SELECT PARSE_JSON(message) FROM words
--
SELECT JSON_OBJECTAGG(n VALUE message) FROM words
--
SELECT JSON_ARRAYAGG(d) FROM words
--
SELECT JSON_OBJECTAGG(message VALUE JSON_ARRAYAGG(n)) FROM words
