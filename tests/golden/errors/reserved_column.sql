CREATE TABLE t (id INT, timestamp TIMESTAMP(3));
