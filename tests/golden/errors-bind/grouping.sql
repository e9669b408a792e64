CREATE TABLE words (message STRING, ts TIMESTAMP(3), n INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SELECT n, COUNT(*) FROM words GROUP BY ROLLUP (message)
--
SELECT message, GROUPING(n) FROM words GROUP BY ROLLUP (message)
--
SELECT GROUPING(message) FROM words
--
SELECT message, COUNT(*) FROM words WHERE GROUPING(message) = 0 GROUP BY CUBE (message)
--
SELECT message, SUM(GROUPING(message)) FROM words GROUP BY CUBE (message)
--
SELECT message, COUNT(*) FROM words GROUP BY message, GROUP_ID()
--
SELECT COUNT(*) FROM words GROUP BY CUBE (n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10)
--
SELECT COUNT(*) FROM words GROUP BY NULL
--
SELECT message, COUNT(*) FROM words GROUP BY 1
--
SELECT message AS m, COUNT(*) FROM words GROUP BY ROLLUP (m)
--
SELECT message, COUNT(*) FROM words HAVING COUNT(*) > 1
--
SELECT COUNT(*) FROM words HAVING message = 'a'
--
SELECT COUNT(*) AS c FROM words GROUP BY message HAVING c > 1
--
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, ROLLUP (window_time)
--
SELECT COUNT(*) FROM words GROUP BY ROLLUP (n + 0, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10, n + 11, n + 12, n + 13, n + 14, n + 15, n + 16, n + 17, n + 18, n + 19, n + 20, n + 21, n + 22, n + 23, n + 24, n + 25, n + 26, n + 27, n + 28, n + 29, n + 30, n + 31, n + 32, n + 33, n + 34, n + 35, n + 36, n + 37, n + 38, n + 39, n + 40, n + 41, n + 42, n + 43, n + 44, n + 45, n + 46, n + 47, n + 48, n + 49, n + 50, n + 51, n + 52, n + 53, n + 54, n + 55, n + 56, n + 57, n + 58, n + 59, n + 60, n + 61, n + 62, n + 63)
