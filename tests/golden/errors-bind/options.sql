CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT, price DECIMAL(10, 2), b BOOLEAN, d DATE, big DECIMAL(38, 10), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'words', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json');
----
CREATE TABLE t (a INT) WITH ('connector' = 'kafk', 'topic' = 't')
--
CREATE TABLE t (a INT) WITH ('connector' = 'jdbc')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'jsn')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'avro')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'scan.startup.mod' = 'earliest-offset')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'scan.startup.mode' = 'earliest')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'scan.startup.mode' = 'timestamp')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'scan.watermark.idle-timeout' = 'soon')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'scan.max-record-bytes' = '4 potatoes')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'sink.delivery-guarantee' = 'exactly-once')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic-pattern' = 't.*', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'json.ignore-parse-error' = 'true')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json',
  'json.ignore-parse-errors' = 'yes')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'topic' = 'u')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'value.format' = 'json')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'key.fields' = 'a')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'key.format' = 'raw', 'key.fields' = 'b')
--
CREATE TABLE t (a INT, b INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'key.format' = 'json', 'key.fields' = 'a', 'key.fields-prefix' = 'k_')
--
CREATE TABLE t (k_a INT, b INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'key.format' = 'json', 'key.fields' = 'k_a', 'key.fields-prefix' = 'k_')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'properties.plugin.library.paths' = '/tmp/x.so')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'properties.sasl.jaas.config' = '...')
--
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'format' = 'json', 'properties.fetch.min.byte' = '1')
--
CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'fields.b.kind' = 'sequence')
--
CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'fields.a.kind' = 'sequence')
--
CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '0')
--
CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'fields.a.null-rate' = '1.5')
--
CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'key.format' = 'json', 'value.format' = 'json', 'sink.buffer-flush.max-rows' = '10')
--
CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'embedded', 'value.format' = 'json')
--
CREATE TABLE t (a INT) WITH ('connector' = 'blackhole', 'speed' = 'fast')
--
CREATE TABLE dg (x INT) WITH ('connector' = 'datagen', 'fields.x.mn' = '3')
