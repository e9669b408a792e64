CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE plain (id INT, happened TIMESTAMP(3)) WITH ('connector' = 'datagen');
CREATE TABLE results (a TIMESTAMP(3), n BIGINT) WITH ('connector' = 'print');
----
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE plain, DESCRIPTOR(happened), INTERVAL '10' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(n), INTERVAL '10' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(tz), INTERVAL '10' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(ts), INTERVAL '1' MONTH)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(ts), INTERVAL '0' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(ts), 10)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '10' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(CUMULATE(TABLE words, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE words, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, k, COUNT(*) FROM TABLE(TUMBLE((SELECT message AS k, COUNT(*) AS c, MAX(ts) AS ts FROM words GROUP BY message), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k
--
SELECT window_start, COUNT(*) FROM TABLE(SESSION(TABLE words, DESCRIPTOR(ts), INTERVAL '0' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(SESSION(TABLE words PARTITION BY nobody, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(SESSION(TABLE words, DESCRIPTOR(ts), INTERVAL '1' MONTH)) GROUP BY window_start, window_end
--
SELECT window_start, COUNT(*) FROM TABLE(SESSION(TABLE words, DESCRIPTOR(ts), 5)) GROUP BY window_start, window_end
--
SELECT window_start0, COUNT(*) FROM TUMBLE((SELECT * FROM SESSION(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND)), DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start0, window_end0
