CREATE TABLE s (k STRING, v INT, d DOUBLE, m DECIMAL(10, 2), b BOOLEAN, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', late AS ts - INTERVAL '1' HOUR, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 's', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE a (k STRING, n BIGINT) WITH ('connector' = 'print');
CREATE TABLE u (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'u', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE VIEW hops AS SELECT * FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE)) WHERE v > 1;
CREATE VIEW tens AS SELECT window_start AS ws, window_end AS we, window_time AS wt, k, COUNT(*) AS n, MAX(v) AS most FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time, k;
EXECUTE STATEMENT SET BEGIN
INSERT INTO a SELECT k, COUNT(*) FROM hops GROUP BY window_start, window_end, k;
INSERT INTO a SELECT k, MAX(v * 2) FROM hops GROUP BY window_start, window_end, k HAVING COUNT(*) > 1;
INSERT INTO a SELECT k, SUM(v) FILTER (WHERE v > 3) FROM hops GROUP BY k, window_start, window_end;
INSERT INTO a SELECT k, SUM(n) FROM TABLE(TUMBLE(TABLE tens, DESCRIPTOR(wt), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k;
INSERT INTO a SELECT k, SUM(most) FROM TABLE(TUMBLE(TABLE tens, DESCRIPTOR(wt), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k;
INSERT INTO a SELECT CAST(ws AS STRING), MAX(n) FROM tens GROUP BY ws, we;
INSERT INTO a SELECT k, COUNT(DISTINCT 10 / v) FROM hops GROUP BY window_start, window_end, k;
END;
SELECT window_end, COUNT(*) FROM TABLE(CUMULATE(DATA => TABLE s, TIMECOL => DESCRIPTOR(ts), STEP => INTERVAL '1' MINUTE, SIZE => INTERVAL '1' HOUR, `OFFSET` => INTERVAL '30' MINUTE)) GROUP BY window_start, window_end, window_time, k;
SELECT k, ws FROM (SELECT k, window_start AS ws, window_end FROM TABLE(SESSION(DATA => TABLE s PARTITION BY (k, v), TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '5' SECOND)) WHERE v > 1) WHERE ws > TIMESTAMP '2026-01-01 00:00:00';
INSERT INTO a SELECT k, COUNT(*) FROM SESSION(TABLE s PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' SECOND) WHERE v > 1 GROUP BY window_start, window_end, k;
INSERT INTO u SELECT k, COUNT(*) FROM SESSION(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY k;
SELECT k, MAX(window_end), SESSION_END(ts, INTERVAL '1' DAY) FROM s GROUP BY k, SESSION(ts, INTERVAL '1' DAY);
CREATE TABLE p (k STRING, pt AS PROCTIME()) WITH ('connector' = 'datagen');
SELECT window_start + INTERVAL '1' SECOND, window_time, COUNT(*) FROM CUMULATE(TABLE p, DESCRIPTOR(pt), INTERVAL '1' SECOND, INTERVAL '1' MINUTE) WHERE window_end > window_start GROUP BY window_start, window_end, window_time;
