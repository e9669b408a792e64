CREATE TABLE orders (id INT, shop STRING, price INT, db STRING METADATA FROM 'value.source.database' VIRTUAL, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'debezium-json');
CREATE TABLE shops (shop STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '/tmp/shops', 'format' = 'debezium-json');
INSERT INTO shops SELECT shop, COUNT(*) FROM orders WHERE db = 'main' AND price > 5 GROUP BY shop;
