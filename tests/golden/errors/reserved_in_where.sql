SELECT a FROM t WHERE timestamp > 5;
