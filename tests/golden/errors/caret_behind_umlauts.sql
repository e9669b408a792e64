SELECT 'Größe für 日本' AS g, a FORM t;
