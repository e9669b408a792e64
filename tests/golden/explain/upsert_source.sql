CREATE TABLE users (id INT, name STRING, city STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts)
WITH ('connector' = 'upsert-kafka', 'topic' = 'users', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
SELECT city, COUNT(*) FROM users WHERE name <> 'nobody' GROUP BY city;
