CREATE TABLE source_table (a INT, b STRING) WITH ('connector' = 'datagen');
CREATE VIEW inner_view AS SELECT a AS x FROM source_table;
CREATE VIEW outer_view AS SELECT x + 1 AS y FROM inner_view;
DROP TABLE source_table;
CREATE TABLE source_table (c INT) WITH ('connector' = 'datagen');
----
SELECT y
  FROM outer_view
--
SELECT z FROM (SELECT y AS z FROM outer_view) AS t
