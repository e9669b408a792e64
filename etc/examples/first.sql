-- first.sql - a first query that needs nothing but sluice:
--
--   sluice run etc/examples/first.sql
--
-- It makes 1 000 orders, counts and adds them up per product in windows of
-- ten seconds, prints the results and ends, since its source does.

CREATE TABLE orders (
  id BIGINT,
  product INT,
  price DECIMAL(8, 2),
  ordered AS TO_TIMESTAMP_LTZ(id * 50, 3),
  WATERMARK FOR ordered AS ordered
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '1000000',
  'fields.id.kind' = 'sequence',
  'fields.id.start' = '1',
  'fields.id.end' = '1000',
  'fields.product.min' = '1',
  'fields.product.max' = '3',
  'fields.price.min' = '1',
  'fields.price.max' = '100'
);

SELECT window_start, product, COUNT(*) AS orders, SUM(price) AS revenue
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, product;
