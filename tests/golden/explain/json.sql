CREATE TABLE words (message STRING, n INT)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
SELECT JSON_VALUE(message, '$.a') AS a,
       JSON_VALUE(message, '$.a' RETURNING INTEGER) AS b,
       JSON_VALUE(message, '$.a' DEFAULT 'x' ON EMPTY ERROR ON ERROR) AS c,
       JSON_EXISTS(message, 'lax $.a') AS d,
       JSON_EXISTS(message, 'lax $.a' UNKNOWN ON ERROR) AS e,
       JSON_QUERY(message, '$.a' WITH WRAPPER EMPTY ARRAY ON ERROR) AS f,
       JSON_QUERY(message, '$.a' RETURNING ARRAY<STRING>) AS g,
       JSON_OBJECT('k' VALUE n, 'o' VALUE JSON_ARRAY(n, message) ABSENT ON NULL) AS h
FROM words WHERE message IS JSON OBJECT AND message IS NOT JSON SCALAR;
