CREATE TABLE t (
	key STRING,
	value STRING
);
