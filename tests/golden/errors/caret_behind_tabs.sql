SELECT	a,
		b AS	value,
	c
FROM t;
