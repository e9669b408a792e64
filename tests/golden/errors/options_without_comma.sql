CREATE TABLE t (a INT) WITH (
  'a' = 'b'
  'c' = 'd'
);
