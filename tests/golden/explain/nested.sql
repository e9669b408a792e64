CREATE TABLE t (id INT, tags ARRAY<STRING>, attrs MAP<STRING, INT>, who ROW<name STRING, address ROW<city STRING, zip INT>>)
WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
SELECT who.address.city, tags[1] AS tag, attrs['color'] AS color, CAST(ARRAY[id, 1] AS ARRAY<STRING>) AS ids, (id, 'x') AS pair, MAP['a', id] AS m, COUNT(*) AS n
FROM t WHERE who.address.zip > 3 AND ARRAY_CONTAINS(tags, 'a') AND (id, 1) = (2, 1)
GROUP BY who.address.city, tags[1], attrs['color'], id;
