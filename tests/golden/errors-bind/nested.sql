CREATE TABLE t (id INT, tags ARRAY<STRING>, attrs MAP<STRING, INT>, who ROW<name STRING, address ROW<city STRING, zip INT>>)
WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
CREATE TABLE o (tags ARRAY<INT NOT NULL>, pair ROW<a INT, b INT>)
WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
SELECT who.nmae FROM t
--
SELECT t.who.address.city.x FROM t
--
SELECT who.address.town FROM t
--
SELECT id.x FROM t
--
SELECT tags[0] FROM t
--
SELECT tags['a'] FROM t
--
SELECT attrs[1] FROM t
--
SELECT id[1] FROM t
--
SELECT who[1] FROM t
--
SELECT id.* FROM t
--
SELECT nothing.* FROM t
--
SELECT t.nothing.* FROM t
--
SELECT ARRAY[] FROM t
--
SELECT ARRAY[1, 'a'] FROM t
--
SELECT MAP['a'] FROM t
--
SELECT map['a'] FROM (SELECT attrs AS map FROM t)
--
SELECT ROW(1, NULL) FROM t
--
SELECT * FROM t WHERE tags > tags
--
SELECT * FROM t WHERE tags = attrs
--
SELECT MAX(tags) FROM t
--
SELECT ARRAY_SORT(ARRAY[tags]) FROM t
--
SELECT CAST(tags AS INT) FROM t
--
SELECT CAST(id AS ARRAY<INT>) FROM t
--
SELECT CARDINALITY(id) FROM t
--
INSERT INTO o SELECT tags, (1, 2) FROM t
--
INSERT INTO o SELECT ARRAY[id], (1, 2) FROM t
--
INSERT INTO o SELECT ARRAY[1], (1, 2, 3) FROM t
--
INSERT INTO o SELECT ARRAY[1], (1, 'b') FROM t
--
CREATE TABLE m (a MAP<INT, INT>) WITH ('connector' = 'kafka', 'topic' = 'm', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE m (a ARRAY<MULTISET<INT>>) WITH ('connector' = 'kafka', 'topic' = 'm', 'properties.bootstrap.servers' = 'embedded', 'format' = 'debezium-json')
--
CREATE TABLE m (a MAP<STRING, INT>) WITH ('connector' = 'filesystem', 'path' = '/tmp/m', 'format' = 'csv')
--
CREATE TABLE m (a ARRAY<ARRAY<INT>>) WITH ('connector' = 'filesystem', 'path' = '/tmp/m', 'format' = 'csv')
--
CREATE TABLE m (a ARRAY<INT>) WITH ('connector' = 'filesystem', 'path' = '/tmp/m', 'format' = 'raw')
--
CREATE TABLE m (a ARRAY<INT>) WITH ('connector' = 'datagen', 'fields.a.items.min' = '1')
--
SELECT GREATEST(tags, tags) FROM t
