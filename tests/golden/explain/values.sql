SELECT y FROM (VALUES (1, 'a'), (2, CAST(NULL AS STRING)), (3, 'c')) AS t (x, y) WHERE x > 1;
