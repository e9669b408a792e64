CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE strict (a INT NOT NULL, b STRING) WITH ('connector' = 'print');
CREATE TABLE made (id INT) WITH ('connector' = 'datagen');
----
SELECT *
--
SELECT a
--
VALUES (1, 'a'), (2, 3)
--
VALUES (1, NULL)
--
VALUES (COUNT(*))
--
VALUES (a)
--
SELECT * FROM (VALUES (1, 2)) AS t (a)
--
SELECT * FROM (VALUES (1, 2)) AS t (a, a)
--
SELECT c FROM (VALUES (1, 2)) AS t (a, b)
--
SELECT EXPR$0 FROM (VALUES (1, 2)) AS t (a, b)
--
WITH x AS (SELECT n FROM words) SELECT m FROM x
--
WITH x AS (SELECT m FROM words) SELECT 1
--
WITH x AS (SELECT * FROM y), y AS (SELECT 1) SELECT * FROM x
--
WITH x (a, b) AS (SELECT 1) SELECT * FROM x
--
WITH x AS (SELECT * FROM x) SELECT * FROM x
--
WITH x AS (SELECT message FROM words) SELECT * FROM x /*+ OPTIONS('a' = 'b') */
--
SELECT message FROM words INTERSECT ALL SELECT message FROM words
--
SELECT message FROM words EXCEPT ALL SELECT message FROM words
--
SELECT message, n FROM words INTERSECT SELECT message FROM words
--
SELECT message FROM words EXCEPT SELECT n FROM words
--
SELECT message FROM words UNION SELECT n FROM words
--
INSERT INTO strict (b) VALUES ('x')
--
INSERT INTO strict VALUES (1)
--
INSERT INTO strict VALUES ('1', 'x')
--
INSERT INTO strict (a, a) VALUES (1, 2)
--
INSERT INTO strict (a, c) VALUES (1, 2)
--
SELECT message, n FROM words ORDER BY 3 LIMIT 1
--
SELECT message, n FROM words ORDER BY 0 LIMIT 1
--
SELECT message FROM words ORDER BY 'n' LIMIT 1
--
SELECT message FROM words ORDER BY m LIMIT 1
--
SELECT message FROM words ORDER BY NULL LIMIT 1
--
SELECT DISTINCT message FROM words ORDER BY n LIMIT 1
--
SELECT message, COUNT(*) FROM words GROUP BY message ORDER BY n LIMIT 1
--
SELECT message FROM words ORDER BY COUNT(*) LIMIT 1
--
SELECT message FROM words UNION SELECT message FROM words ORDER BY n LIMIT 1
--
SELECT message FROM words ORDER BY n
--
SELECT ts FROM words ORDER BY ts DESC
--
SELECT ts FROM words ORDER BY n, ts
--
SELECT ts FROM words ORDER BY ts OFFSET 3
--
SELECT message, COUNT(*) FROM words GROUP BY message ORDER BY message
--
SELECT message, COUNT(*) FROM words GROUP BY message OFFSET 3 ROWS
--
INSERT INTO strict SELECT n, message FROM words ORDER BY n
--
SELECT * FROM (SELECT n, message FROM words ORDER BY m)
--
SELECT ts FROM (SELECT ts FROM words ORDER BY ts LIMIT 3) ORDER BY ts
--
SELECT (SELECT n FROM words) FROM words
--
SELECT (SELECT MAX(id) FROM made) FROM words
--
SELECT (SELECT 1, 2)
--
SELECT (VALUES (1, 2))
--
SELECT (SELECT NULL)
--
SELECT n FROM words WHERE (SELECT 1)
--
SELECT COUNT(*) FROM words GROUP BY (SELECT 1)
--
VALUES ((SELECT 1))
--
SELECT n + (SELECT 'x') FROM words
--
SELECT (SELECT MAX(m) FROM (VALUES (1)) AS t (x)) FROM words
--
CREATE FUNCTION f AS 'a.b.C'
--
CREATE FUNCTION f AS 'UPPR'
--
CREATE FUNCTION f AS 'SUM'
--
CREATE FUNCTION concat AS 'UPPER'
--
DROP FUNCTION f
--
DROP TEMPORARY FUNCTION f
--
SELECT f(1)
--
SELECT message, (SELECT MAX(y) FROM (VALUES (1)) AS u(y) WHERE y = n) FROM words
--
SELECT message, (SELECT MAX(y) FROM (VALUES (1)) AS u(y) WHERE y = w.n) FROM words AS w
--
SELECT message, (SELECT MAX(z) FROM (VALUES (1)) AS u(y)) FROM words
