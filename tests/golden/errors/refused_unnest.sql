SELECT * FROM a CROSS JOIN UNNEST(a.tags) AS t (tag);
