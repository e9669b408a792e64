CREATE TABLE words (message STRING NOT NULL, n INT NOT NULL, price DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = '127.0.0.1:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE TABLE sums (message STRING, n INT, total DECIMAL(38, 2), level BIGINT)
WITH ('connector' = 'print');
EXECUTE STATEMENT SET BEGIN
INSERT INTO sums SELECT message, n + 1, SUM(n * price), GROUPING(message, n) FROM words GROUP BY ROLLUP (message, n);
INSERT INTO sums SELECT message, n, SUM(price), GROUPING_ID(n) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(ts), INTERVAL '1' HOUR)) WHERE n > 0 GROUP BY window_start, GROUPING SETS ((message), CUBE (n, message)), window_end;
INSERT INTO sums SELECT message, n, SUM(price), 0 FROM words GROUP BY GROUPING SETS ((message, n));
INSERT INTO sums SELECT 'all', CAST(NULL AS INT), SUM(price), 0 FROM words GROUP BY ();
INSERT INTO sums SELECT message, 1, SUM(price), GROUP_ID() FROM words GROUP BY DISTINCT ROLLUP (message), ROLLUP (message), 1, 'x';
END;
