CREATE TABLE t WITH ('connector' = 'print') LIKE u (EXCLUDING ALL);
