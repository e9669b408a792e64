-- words.sql - the example that sluice starts from: three queries over windows
-- of one minute that slide by five seconds, all fed by one read of a topic of
-- words. The time is Kafka's own timestamp, the watermark five seconds behind.
--
--   sluice -f words.sql
--   sluice run --set embedded-kafka.enabled=true words.sql
--
-- It uses the embedded Kafka, which the daemon's file turns on by
-- [embedded-kafka] enabled = true; for a real one write its host:port in place
-- of 'embedded'. `make demo` feeds it.

CREATE TABLE words (
  message STRING,
  ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'words',
  'properties.bootstrap.servers' = 'embedded',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

CREATE TABLE words_total (
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  n BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'words-total',
  'properties.bootstrap.servers' = 'embedded',
  'format' = 'json'
);

CREATE TABLE words_dolorem (
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  n BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'words-dolorem',
  'properties.bootstrap.servers' = 'embedded',
  'format' = 'json'
);

CREATE TABLE words_by_word (
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  message STRING,
  n BIGINT,
  PRIMARY KEY (window_start, window_end, message) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'words-by-word',
  'properties.bootstrap.servers' = 'embedded',
  'key.format' = 'json',
  'value.format' = 'json'
);

SET 'pipeline.name' = 'words';

EXECUTE STATEMENT SET BEGIN

INSERT INTO words_total
SELECT window_start, window_end, COUNT(*)
FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE))
GROUP BY window_start, window_end;

INSERT INTO words_dolorem
SELECT window_start, window_end, COUNT(*)
FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE))
WHERE message = 'dolorem'
GROUP BY window_start, window_end;

INSERT INTO words_by_word
SELECT window_start, window_end, message, COUNT(*)
FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, message;

END;
