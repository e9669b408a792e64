CREATE TABLE words (
	message STRING,
	n INT,
	ts TIMESTAMP(3),
	WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
	'connector' = 'kafka',
	'topic' = 'words',
	'properties.bootstrap.servers' = 'localhost:9092',
	'format' = 'json'
);
CREATE TABLE lines (message STRING) WITH (
	'connector' = 'kafka',
	'topic' = 'lines',
	'properties.bootstrap.servers' = 'localhost:9092',
	'format' = 'raw'
);
CREATE TABLE pairs (a INT NOT NULL, b INT) WITH (
	'connector' = 'kafka',
	'topic' = 'pairs',
	'properties.bootstrap.servers' = 'localhost:9092',
	'format' = 'csv',
	'csv.null-literal' = ''
);
CREATE TABLE counts (
	message STRING,
	n BIGINT,
	PRIMARY KEY (message) NOT ENFORCED
) WITH (
	'connector' = 'upsert-kafka',
	'topic' = 'counts',
	'properties.bootstrap.servers' = 'localhost:9092',
	'key.format' = 'json',
	'value.format' = 'json'
);
CREATE VIEW short AS SELECT message FROM words WHERE CHAR_LENGTH(message) < 10;
