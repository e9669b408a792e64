/* SPDX-License-Identifier: Apache-2.0
 * Statements and queries as the parser understands them: every form once,
 * told as the tree that ast_dump() prints.
 */
#include "parser/parse.h"
#include "tests/unit/sql.h"
#include "tests/unit/test.h"

TEST(a_create_table_has_columns_of_all_kinds_watermark_key_and_options)
{
	EXPECT_STR(sql_dump("CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t ("
			" id BIGINT NOT NULL COMMENT 'the key',"
			" name VARCHAR(20) NULL,"
			" at_ms BIGINT METADATA FROM 'timestamp' VIRTUAL,"
			" topic STRING METADATA,"
			" ts AS TO_TIMESTAMP_LTZ(at_ms, 3) COMMENT 'when',"
			" WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,"
			" CONSTRAINT k PRIMARY KEY (id, name) NOT ENFORCED"
			") COMMENT 'all' PARTITIONED BY (name)"
			" WITH ('connector' = 'kafka', 'topic' = 'it''s')"),
		   "create temporary table if not exists c.d.t\n"
		   "  id BIGINT NOT NULL\n"
		   "    comment 'the key'\n"
		   "  name VARCHAR(20)\n"
		   "  at_ms BIGINT metadata from 'timestamp' virtual\n"
		   "  topic STRING metadata\n"
		   "  ts as (TO_TIMESTAMP_LTZ at_ms 3)\n"
		   "    comment 'when'\n"
		   "  watermark ts as (- ts 5000ms)\n"
		   "  key id name\n"
		   "  partitioned by name\n"
		   "  comment 'all'\n"
		   "  with 'connector' = 'kafka'\n"
		   "  with 'topic' = 'it's'\n");
}

TEST(a_primary_key_can_stand_at_its_column)
{
	EXPECT_STR(sql_dump("create table t (a int primary key not enforced"
			    " comment 'x', b string)"),
		   "create table t\n"
		   "  a INT primary key\n"
		   "    comment 'x'\n"
		   "  b STRING\n"
		   "  key a\n");
	EXPECT_STR(sql_dump("create table t (a int, constraint c primary key"
			    " (a))"),
		   "create table t\n"
		   "  a INT\n"
		   "  enforced key a\n");
}

TEST(all_data_types_are_read)
{
	EXPECT_STR(sql_dump("CREATE TABLE t (c1 BOOLEAN, c2 TINYINT,"
		" c3 SMALLINT, c4 INT, c5 INTEGER, c6 BIGINT, c7 FLOAT,"
		" c8 REAL, c9 DOUBLE, c10 DOUBLE PRECISION, c11 DECIMAL,"
		" c12 DEC(5), c13 NUMERIC(38, 18), c14 CHAR, c15 CHAR(3),"
		" c16 CHARACTER(4), c17 VARCHAR, c18 VARCHAR(7),"
		" c19 CHARACTER VARYING(8), c20 STRING, c21 BINARY(2),"
		" c22 VARBINARY(9), c23 BYTES, c24 DATE, c25 TIME, c26 TIME(3),"
		" c27 TIME(2) WITHOUT TIME ZONE)"),
		"create table t\n"
		"  c1 BOOLEAN\n  c2 TINYINT\n  c3 SMALLINT\n  c4 INT\n"
		"  c5 INT\n  c6 BIGINT\n  c7 FLOAT\n  c8 FLOAT\n"
		"  c9 DOUBLE\n  c10 DOUBLE\n  c11 DECIMAL(10, 0)\n"
		"  c12 DECIMAL(5, 0)\n  c13 DECIMAL(38, 18)\n  c14 CHAR(1)\n"
		"  c15 CHAR(3)\n  c16 CHAR(4)\n  c17 VARCHAR(1)\n"
		"  c18 VARCHAR(7)\n  c19 VARCHAR(8)\n  c20 STRING\n"
		"  c21 BINARY(2)\n  c22 VARBINARY(9)\n  c23 BYTES\n"
		"  c24 DATE\n  c25 TIME(0)\n  c26 TIME(3)\n  c27 TIME(2)\n");
	EXPECT_STR(sql_dump("CREATE TABLE t (c1 TIMESTAMP, c2 TIMESTAMP(3),"
		" c3 TIMESTAMP(0) WITHOUT TIME ZONE, c4 TIMESTAMP(9),"
		" c5 TIMESTAMP_LTZ, c6 TIMESTAMP_LTZ(3), c7 TIMESTAMP(3) WITH"
		" LOCAL TIME ZONE, c8 TIMESTAMP WITH LOCAL TIME ZONE NOT NULL)"),
		"create table t\n"
		"  c1 TIMESTAMP(6)\n  c2 TIMESTAMP(3)\n  c3 TIMESTAMP(0)\n"
		"  c4 TIMESTAMP(6)\n  c5 TIMESTAMP_LTZ(6)\n"
		"  c6 TIMESTAMP_LTZ(3)\n  c7 TIMESTAMP_LTZ(3)\n"
		"  c8 TIMESTAMP_LTZ(6) NOT NULL\n");
}

TEST(views_have_columns_a_comment_and_a_query)
{
	EXPECT_STR(sql_dump("CREATE VIEW v AS SELECT 1"),
		   "create view v\n  select\n    1\n");
	EXPECT_STR(sql_dump("CREATE TEMPORARY VIEW IF NOT EXISTS v (a, b"
			    " COMMENT 'x') COMMENT 'c' AS SELECT 1, 2;"),
		   "create temporary view if not exists v\n"
		   "  columns a b\n"
		   "  comment 'c'\n"
		   "  select\n    1\n    2\n");
}

TEST(drops_name_what_goes)
{
	EXPECT_STR(sql_dump("DROP TABLE t; DROP TABLE IF EXISTS a.b;"
			    "DROP TEMPORARY TABLE t; DROP VIEW v;"
			    "DROP VIEW IF EXISTS v"),
		   "drop table t\ndrop table if exists a.b\n"
		   "drop table temporary t\ndrop view v\n"
		   "drop view if exists v\n");
}

TEST(an_insert_takes_any_query)
{
	EXPECT_STR(sql_dump("INSERT INTO a.t SELECT x FROM s"),
		   "insert into a.t\n  select\n    x\n    from s\n");
	EXPECT_STR(sql_dump("INSERT INTO t /*+ OPTIONS('sink.parallelism' ="
			    " '1') */ (b, a) (SELECT 1, 2)"),
		   "insert into t\n  hint 'sink.parallelism' = '1'\n"
		   "  columns b a\n  select\n    1\n    2\n");
	EXPECT_STR(sql_dump("INSERT INTO t VALUES (1, 'a'), ROW(2, 'b')"),
		   "insert into t\n  values (ROW 1 'a') (ROW 2 'b')\n");
	EXPECT_STR(sql_dump("INSERT INTO t (SELECT 1) UNION ALL TABLE u"),
		   "insert into t\n  union all\n    select\n      1\n"
		   "    select\n      *\n      from u\n");
	EXPECT_STR(sql_dump("EXECUTE INSERT INTO t SELECT 1"),
		   "insert into t\n  select\n    1\n");
}

TEST(on_conflict_says_what_happens_anyway)
{
	EXPECT_STR(sql_dump("INSERT INTO t SELECT x FROM s"
			    " ON CONFLICT DO DEDUPLICATE"),
		   "insert into t\n  select\n    x\n    from s\n"
		   "  on conflict do deduplicate\n");
	EXPECT_STR(sql_errors("SELECT do, conflict AS deduplicate FROM do",
			      42, NULL), "");
}

TEST(fractions_that_are_not_kept_are_told)
{
	static const struct { const char *sql, *notice; } cases[] = {
		{ "SELECT CAST(a AS TIMESTAMP(6)) FROM t", NULL },
		{ "CREATE TABLE t (a TIMESTAMP_LTZ(9), b TIMESTAMP(7))"
		  " WITH ('connector' = 'print')",
		  "TIMESTAMP_LTZ(9) is read as TIMESTAMP_LTZ(6): finer"
		  " fractions of a second are not kept" },
		{ "SELECT CAST(a AS TIME(4)) FROM t",
		  "TIME(4) is read as TIME(3): finer fractions of a second are"
		  " not kept" },
	};

	for (unsigned i = 0; i < 3; i++) {
		struct error err = ERROR_INIT;
		struct ast_statement *stmt;
		struct parse p;
		struct arena a;

		arena_init(&a);
		EXPECT_EQ(parse_begin(&p, cases[i].sql, strlen(cases[i].sql),
				      NULL, &a, &parse_limits_default, &err),
			  0);
		EXPECT_EQ(parse_next(&p, &stmt, &err), 1);
		EXPECT_EQ(!stmt->notice, !cases[i].notice);
		if (stmt->notice)
			EXPECT_STR(stmt->notice, cases[i].notice);
		arena_release(&a);
	}
}

TEST(both_spellings_of_a_statement_set_are_one_statement)
{
	const char *want = "statement set\n"
			   "  insert into a\n    select\n      1\n"
			   "  insert into b\n    select\n      2\n";

	EXPECT_STR(sql_dump("EXECUTE STATEMENT SET BEGIN"
			    " INSERT INTO a SELECT 1;"
			    " INSERT INTO b SELECT 2; END;"), want);
	EXPECT_STR(sql_dump("begin statement set; insert into a select 1;"
			    "insert into b select 2; end"), want);
}

TEST(explain_takes_queries_inserts_and_sets)
{
	EXPECT_STR(sql_dump("EXPLAIN SELECT 1"),
		   "explain\n  select\n    1\n");
	EXPECT_STR(sql_dump("EXPLAIN PLAN FOR INSERT INTO t SELECT 1"),
		   "explain\n  insert into t\n    select\n      1\n");
	EXPECT_STR(sql_dump("EXPLAIN CHANGELOG_MODE SELECT 1"),
		   "explain\n  select\n    1\n");
	EXPECT_STR(sql_dump("EXPLAIN STATEMENT SET BEGIN INSERT INTO t SELECT"
			    " 1; END"),
		   "explain\n  insert into t\n    select\n      1\n");
	EXPECT_STR(sql_dump("EXPLAIN EXECUTE STATEMENT SET BEGIN INSERT INTO t"
			    " SELECT 1; END"),
		   "explain\n  insert into t\n    select\n      1\n");
}

TEST(short_statements_keep_their_names_and_texts)
{
	EXPECT_STR(sql_dump("SHOW TABLES; SHOW TABLES LIKE 'w%';"
			    "SHOW TABLES NOT LIKE 'w%'; SHOW VIEWS; SHOW JOBS;"
			    "SHOW CONNECTIONS; SHOW CONNECTIONS LIKE 'p%';"
			    "SHOW CREATE TABLE t; SHOW CREATE VIEW v;"
			    "DESCRIBE t; DESC a.b; SET; SET 'a' = 'b'; RESET;"
			    "RESET 'a'; PAUSE JOB 'j'; RESUME JOB 'j';"
			    "STOP JOB 'j'; STOP JOB 'j' WITH DRAIN;"
			    "DROP JOB 'j'; DROP JOB IF EXISTS 'j' KEEP STATE;"
			    "ALTER JOB 'j' RESET OFFSETS TO EARLIEST;"
			    "ALTER JOB 'j' RESET OFFSETS TO LATEST FOR TABLE t;"
			    "ALTER JOB 'j' RESET OFFSETS TO TIMESTAMP"
			    " '2026-01-01 00:00:00' KEEP STATE;"
			    "ALTER JOB 'j' RESET OFFSETS TO SAVEPOINT '/f.db';"
			    "ALTER JOB 'j' RESET OFFSETS TO"
			    " 'partition:0,offset:7' FOR TABLE a.t KEEP STATE;"
			    "ALTER JOB 'j' RESET OFFSETS TO LATEST"
			    " KEEP STATE FOR TABLE t;"
			    "EXPLAIN ANALYZE 'j';"
			    "STOP JOB 'j' WITH SAVEPOINT;"
			    "STOP JOB 'j' WITH SAVEPOINT WITH DRAIN;"
			    "SELECT earliest, latest, offsets FROM t"),
		   "show tables\nshow tables like 'w%'\n"
		   "show tables not like 'w%'\nshow views\nshow jobs\nshow connections\nshow connections like 'p%'\n"
		   "show create table t\nshow create view v\n"
		   "describe t\ndescribe a.b\nset\nset 'a' = 'b'\nreset\n"
		   "reset 'a'\npause job 'j'\nresume job 'j'\n"
		   "stop job 'j'\nstop job 'j' with drain\n"
		   "drop job 'j'\ndrop job if exists 'j' keep state\n"
		   "reset offsets 'j' to earliest\n"
		   "reset offsets t 'j' to latest\n"
		   "reset offsets 'j' to timestamp = '2026-01-01 00:00:00'"
		   " keep state\n"
		   "reset offsets 'j' to savepoint = '/f.db'\n"
		   "reset offsets a.t 'j' to offsets ="
		   " 'partition:0,offset:7' keep state\n"
		   "reset offsets t 'j' to latest keep state\n"
		   "explain analyze 'j'\n"
		   "stop job 'j' with savepoint\n"
		   "stop job 'j' with savepoint with drain\n"
		   "select\n  earliest\n  latest\n  offsets\n  from t\n");
}

TEST(statements_of_flinks_client_are_read_word_by_word)
{
	EXPECT_STR(sql_dump("SET table.local-time-zone = Europe/Berlin;"
			    "SET a.b= 'c' ; SET a =; RESET a-b.c;"
			    "ADD JAR '/x;y.jar'; REMOVE JAR \"/x.jar\";"
			    "LOAD MODULE core WITH ('a' = 'b')"),
		   "set 'table.local-time-zone' = 'Europe/Berlin'\n"
		   "set 'a.b' = 'c'\nset 'a' = ''\nreset 'a-b.c'\n"
		   "nothing\nnothing\nnothing\n");
	EXPECT_STR(sql_dump("HELP; clear; QUIT;"), "nothing\nnothing\nnothing\n");
	EXPECT_STR(sql_dump("exit"), "nothing\n");
	EXPECT_STR(sql_dump("DESCRIBE FUNCTION upper; DESC FUNCTION `left`;"
			    "DESC FUNCTION EXTENDED JSON_VALUE;"
			    "SHOW FUNCTIONS LIKE 'a%'; SHOW COLUMNS FROM t;"
			    "SHOW COLUMNS IN t LIKE 'x'; SHOW CATALOGS;"
			    "SHOW DATABASES; SHOW CURRENT CATALOG;"
			    "SHOW CURRENT DATABASE; USE a.b; USE CATALOG c"),
		   "describe function upper\ndescribe function left\n"
		   "describe function JSON_VALUE\n"
		   "show functions like 'a%'\nshow columns t\n"
		   "show columns t like 'x'\nshow catalogs\n"
		   "show databases\nshow current catalog\n"
		   "show current database\nuse a.b\nuse catalog c\n");
}

TEST(looking_at_jobs_names_them)
{
	EXPECT_STR(sql_dump("DESCRIBE JOB 'j'; DESC JOB 'j';"
			    "EXPLAIN STALL 'j'; SHOW WATERMARKS;"
			    "SHOW WATERMARKS FOR JOB 'j'; SHOW ERRORS;"
			    "SHOW ERRORS FOR JOB 'j'; SHOW STATE FOR JOB 'j';"
			    "CREATE SAVEPOINT '/f' FOR JOB 'j'"),
		   "describe job 'j'\ndescribe job 'j'\n"
		   "explain stall 'j'\nshow watermarks\n"
		   "show watermarks 'j'\nshow errors\nshow errors 'j'\n"
		   "show state 'j'\n"
		   "create savepoint 'j' = '/f'\n");
	EXPECT_STR(sql_dump("SHOW ERRORS FOR JOB 'j' WHERE id = 5;"
			    "REPLAY ERRORS FOR JOB 'j';"
			    "REPLAY ERRORS FOR JOB 'j' WHERE code = 'a';"
			    "DELETE ERRORS FOR JOB 'j';"
			    "DELETE ERRORS FOR JOB 'j' WHERE id < 5 AND x = 1;"
			    "SELECT replay FROM errors"),
		   "show errors 'j' where (= id 5)\n"
		   "replay errors 'j'\n"
		   "replay errors 'j' where (= code 'a')\n"
		   "delete errors 'j'\n"
		   "delete errors 'j' where (AND (< id 5) (= x 1))\n"
		   "select\n  replay\n  from errors\n");
}

TEST(a_tap_names_an_operator_and_may_choose_rows)
{
	EXPECT_STR(sql_dump("TAP 'j' AT scan_1; TAP 'j' AT 'scan_1' LIMIT 5;"
			    "TAP 'j' AT f WHERE a > 1; TAP 'j' AT f LIMIT ALL;"
			    "TAP 'j' AT f WHERE a > 1 LIMIT 2;"
			    "TAP 'j' AT f LIMIT 2 WHERE a > 1"),
		   "tap 'j' = 'scan_1'\ntap 'j' = 'scan_1' limit 5\n"
		   "tap 'j' = 'f' where (> a 1)\ntap 'j' = 'f'\n"
		   "tap 'j' = 'f' where (> a 1) limit 2\n"
		   "tap 'j' = 'f' where (> a 1) limit 2\n");
	EXPECT_STR(sql_dump("SELECT tap, sample FROM tap"),
		   "select\n  tap\n  sample\n  from tap\n");
}

TEST(a_table_is_described_from_a_sample)
{
	EXPECT_STR(sql_dump("DESCRIBE TABLE a.b FROM SAMPLE; DESC t FROM SAMPLE"),
		   "describe sample of a.b\ndescribe sample of t\n");
}

TEST(a_select_has_all_its_clauses)
{
	EXPECT_STR(sql_dump("SELECT DISTINCT *, t.*, a AS x, b + 1 y FROM t"
			    " WHERE a > 1 GROUP BY a, b HAVING COUNT(*) > 2"
			    " ORDER BY a DESC, b ASC, c LIMIT 10"),
		   "select distinct\n  *\n  t.*\n  a as x\n  (+ b 1) as y\n"
		   "  from t\n  where (> a 1)\n  group by a b\n"
		   "  having (> (COUNT *) 2)\n  order by desc a\n"
		   "  order by b\n  order by c\n  limit 10\n");
	EXPECT_STR(sql_dump("SELECT ALL 1 FETCH FIRST 5 ROWS ONLY"),
		   "select\n  1\n  limit 5\n");
	EXPECT_STR(sql_dump("SELECT a FROM t ORDER BY a NOT IN (1) DESC"),
		   "select\n  a\n  from t\n  order by desc (NOT (IN a 1))\n");
}

TEST(grouping_sets_rollup_and_cube)
{
	EXPECT_STR(sql_dump("SELECT a FROM t GROUP BY DISTINCT a, (b, c), (),"
			    " ROLLUP (a, (b, c)), GROUPING SETS (a, (),"
			    " CUBE (b, c), GROUPING SETS ((c, a)))"),
		   "select\n"
		   "  a\n"
		   "  from t\n"
		   "  group by distinct a (b c) () rollup( a (b c) )"
		   " grouping sets( a () cube( b c ) grouping sets( (c a) )"
		   " )\n");
	EXPECT_STR(sql_dump("SELECT GROUPING(sets) FROM t GROUP BY (a), sets"),
		   "select\n"
		   "  (GROUPING sets)\n"
		   "  from t\n"
		   "  group by a sets\n");
}

TEST(from_takes_tables_queries_and_hints)
{
	EXPECT_STR(sql_dump("SELECT a FROM c.d.t /*+ OPTIONS('a' = 'b',"
			    " 'c' = 'd') */ AS x"),
		   "select\n  a\n  from c.d.t as x\n"
		   "    hint 'a' = 'b'\n    hint 'c' = 'd'\n");
	EXPECT_STR(sql_dump("SELECT a FROM (SELECT b FROM t) x"),
		   "select\n  a\n  from query as x\n"
		   "    select\n      b\n      from t\n");
	EXPECT_STR(sql_dump("SELECT * FROM (TABLE t)"),
		   "select\n  *\n  from query\n"
		   "    select\n      *\n      from t\n");
	EXPECT_STR(sql_dump("SELECT * FROM (VALUES (1, 2)) AS v"),
		   "select\n  *\n  from query as v\n"
		   "    values (ROW 1 2)\n");
}

TEST(window_functions_read_alike_by_position_and_by_name)
{
	const char *tumble = "select\n  *\n  from tumble by ts as w\n"
			     "    from t\n    size 60000ms\n";
	const char *hop = "select\n  *\n  from hop by ts\n    from t\n"
			  "    slide 5000ms\n    size 60000ms\n"
			  "    offset 1000ms\n";

	EXPECT_STR(sql_dump("SELECT * FROM TABLE(TUMBLE(TABLE t,"
			    " DESCRIPTOR(ts), INTERVAL '1' MINUTE)) AS w"),
		   tumble);
	EXPECT_STR(sql_dump("SELECT * FROM tumble(table t, descriptor(ts),"
			    " interval '1' minute) w"), tumble);
	EXPECT_STR(sql_dump("SELECT * FROM TABLE(TUMBLE(DATA => TABLE t,"
			    " TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1'"
			    " MINUTE)) w"), tumble);
	EXPECT_STR(sql_dump("SELECT * FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts),"
			    " INTERVAL '5' SECOND, INTERVAL '1' MINUTE,"
			    " INTERVAL '1' SECOND))"), hop);
	EXPECT_STR(sql_dump("SELECT * FROM HOP(DATA => TABLE t, TIMECOL =>"
			    " DESCRIPTOR(ts), SIZE => INTERVAL '1' MINUTE,"
			    " SLIDE => INTERVAL '5' SECOND, `OFFSET` =>"
			    " INTERVAL '1' SECOND)"), hop);
	EXPECT_STR(sql_dump("SELECT * FROM TABLE(CUMULATE(DATA => TABLE t,"
			    " TIMECOL => DESCRIPTOR(ts), STEP => INTERVAL '1'"
			    " HOUR, SIZE => INTERVAL '1' DAY))"),
		   "select\n  *\n  from cumulate by ts\n    from t\n"
		   "    slide 3600000ms\n    size 86400000ms\n");
	EXPECT_STR(sql_dump("SELECT * FROM TABLE(TUMBLE((SELECT a FROM t),"
			    " DESCRIPTOR(a), INTERVAL '1' DAY))"),
		   "select\n  *\n  from tumble by a\n    from query\n"
		   "      select\n        a\n        from t\n"
		   "    size 86400000ms\n");
	EXPECT_STR(sql_dump("SELECT * FROM TABLE(TUMBLE(TABLE (SELECT a FROM"
			    " t), DESCRIPTOR(a), INTERVAL '1' DAY))"),
		   "select\n  *\n  from tumble by a\n    from query\n"
		   "      select\n        a\n        from t\n"
		   "    size 86400000ms\n");
}

TEST(a_union_is_flat_where_it_means_the_same)
{
	EXPECT_STR(sql_dump("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"
			    " ORDER BY a LIMIT 1"),
		   "union all\n  select\n    1\n  select\n    2\n"
		   "  select\n    3\n  order by a\n  limit 1\n");
	EXPECT_STR(sql_dump("SELECT 1 UNION SELECT 2 UNION ALL SELECT 3"),
		   "union all\n  union\n    select\n      1\n"
		   "    select\n      2\n  select\n    3\n");
	EXPECT_STR(sql_dump("(SELECT 1 UNION ALL SELECT 2) UNION ALL SELECT 3"),
		   "union all\n  union all\n    select\n      1\n"
		   "    select\n      2\n  select\n    3\n");
	EXPECT_STR(sql_dump("(SELECT 1 LIMIT 2) UNION DISTINCT (SELECT 3)"),
		   "union\n  select\n    1\n    limit 2\n"
		   "  select\n    3\n");
}

TEST(a_limit_outside_of_parentheses_comes_after_the_one_inside)
{
	EXPECT_STR(sql_dump("(SELECT a FROM t LIMIT 5) ORDER BY a LIMIT 2"),
		   "select\n  *\n  from query\n    select\n      a\n"
		   "      from t\n      limit 5\n  order by a\n  limit 2\n");
	EXPECT_STR(sql_dump("(SELECT a FROM t) LIMIT 2"),
		   "select\n  a\n  from t\n  limit 2\n");
}

TEST(semicolons_and_comments_between_statements_are_nothing)
{
	EXPECT_STR(sql_dump(""), "");
	EXPECT_STR(sql_dump(" -- nothing\n /* at all */ // here"), "");
	EXPECT_STR(sql_dump(";;SET;;\n;RESET;"), "set\nreset\n");
	EXPECT_STR(sql_dump("\xef\xbb\xbfSET"), "set\n");
	EXPECT_STR(sql_dump("SET/***/;/* * / ** /* */RESET/*/ */"),
		   "set\nreset\n");
	EXPECT_STR(sql_dump("SELECT/**/1--x\n+/* ; */2;"),
		   "select\n  (+ 1 2)\n");
}
