CREATE TABLE users (id INT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'users', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE names (who INT, name STRING, PRIMARY KEY (who) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'names', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO names SELECT id, UPPER(name) FROM users;
