CREATE TABLE t (person ROW<name STRING, age INT, name INT>);
