SELECT * FROM a AS x
LEFT OUTER JOIN b AS y ON x.id = y.id;
