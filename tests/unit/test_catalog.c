/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_catalog.c - objects by name: made, made again, hidden by
 * temporary ones, shown, described, and what stands on what.
 */
#include "parser/catalog.h"

#include "plan_rig.h"
#include "test.h"

#define DATAGEN " WITH ('connector' = 'datagen')"

static enum catalog_result
create(struct plan_rig *r, const char *text)
{
	enum catalog_result result = CATALOG_ABSENT;
	struct ast_statement *s;
	struct parse p;

	EXPECT_EQ(parse_begin(&p, text, strlen(text), NULL, &r->arena,
			      &parse_limits_default, &r->err), 0);
	EXPECT_EQ(parse_next(&p, &s, &r->err), 1);
	if (s->kind == AST_STMT_DROP_TABLE || s->kind == AST_STMT_DROP_VIEW)
		EXPECT_EQ(catalog_drop(r->catalog, &p, s, &result, &r->err),
			  0);
	else
		EXPECT_EQ(catalog_add(r->catalog, &p, s, &r->settings, &result,
				      &r->err), 0);
	return result;
}

TEST(the_same_text_again_changes_nothing)
{
	struct plan_rig r;

	plan_rig_open(&r);
	EXPECT_EQ(create(&r, "CREATE TABLE t (a INT)" DATAGEN),
		  CATALOG_CREATED);
	EXPECT_EQ(create(&r, "create table t (a INT) -- the same\n" DATAGEN),
		  CATALOG_SAME);
	EXPECT_EQ(create(&r, "CREATE TABLE IF NOT EXISTS t (b INT)" DATAGEN),
		  CATALOG_KEPT);
	EXPECT_EQ(plan_rig_run(&r, "CREATE TABLE t (b INT)" DATAGEN), -1);
	EXPECT_EQ(r.err.code, ERR_EXISTS);
	EXPECT(strstr(r.err.note, "existing \"a INT"));
	EXPECT_EQ(create(&r, "DROP TABLE t"), CATALOG_DROPPED);
	EXPECT_EQ(create(&r, "DROP TABLE IF EXISTS t"), CATALOG_ABSENT);
	EXPECT(!catalog_find(r.catalog, "t"));
	plan_rig_close(&r);
}

TEST(names_may_be_written_in_full_and_are_case_sensitive)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE default_catalog.default_database.t"
			  " (a INT)" DATAGEN "; CREATE TABLE T (b INT)" DATAGEN
			  "; SELECT a FROM default_database.t;"
			  " SELECT b FROM T");
	EXPECT_EQ(plan_rig_run(&r, "SELECT a FROM T"), -1);
	plan_rig_close(&r);
}

TEST(a_temporary_object_hides_a_permanent_one_in_its_session_only)
{
	struct catalog *other;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (a INT)" DATAGEN
			  "; CREATE VIEW v AS SELECT a FROM t"
			  "; CREATE TEMPORARY TABLE t (z INT)" DATAGEN
			  "; SELECT z FROM t; SELECT a FROM v");
	other = catalog_create(r.permanent);
	EXPECT_STR(catalog_find(other, "t")->table->cols[0].name, "a");
	catalog_destroy(other);
	plan_rig_must(&r, "DROP TEMPORARY TABLE t; SELECT a FROM t");
	plan_rig_close(&r);
}

TEST(permanent_views_do_not_see_temporary_tables)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TEMPORARY TABLE t (a INT)" DATAGEN);
	EXPECT_EQ(plan_rig_run(&r, "CREATE VIEW v AS SELECT a FROM t"), -1);
	EXPECT_EQ(r.err.code, ERR_UNKNOWN_TABLE);
	plan_rig_must(&r, "CREATE TEMPORARY VIEW v AS SELECT a FROM t");
	plan_rig_close(&r);
}

TEST(objects_come_in_the_order_of_their_names_each_once)
{
	const struct object *o = NULL;
	struct plan_rig r;
	char names[64] = "";

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE m (a INT)" DATAGEN
			  "; CREATE TABLE b (a INT)" DATAGEN
			  "; CREATE TEMPORARY TABLE m (a INT)" DATAGEN
			  "; CREATE TEMPORARY VIEW c AS SELECT a FROM b");
	while ((o = catalog_next(r.catalog, o)))
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
			 "%s%s ", o->name, o->temporary ? "*" : "");
	EXPECT_STR(names, "b c* m* ");
	plan_rig_close(&r);
}

static void
expect_shown_again(struct plan_rig *r, const char *name)
{
	const struct object *o = catalog_find(r->catalog, name);
	struct plan_rig again;
	struct buf one, two;

	buf_init(&one);
	buf_init(&two);
	catalog_show_create(o, &one);
	plan_rig_open(&again);
	plan_rig_must(&again, "CREATE TABLE base (`order` INT, b STRING)"
			      DATAGEN);
	plan_rig_must(&again, buf_cstr(&one));
	catalog_show_create(catalog_find(again.catalog, name), &two);
	EXPECT_STR(buf_cstr(&two), buf_cstr(&one));
	plan_rig_close(&again);
	buf_release(&one);
	buf_release(&two);
}

#define KAFKA "'topic' = 'it''s', 'properties.bootstrap.servers' = 'embedded'"

TEST(show_create_gives_text_that_makes_the_same_object)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r,
		"CREATE TABLE base (`order` INT, b STRING)" DATAGEN ";"
		"CREATE TABLE words (`group` STRING NOT NULL COMMENT 'it''s',"
		" ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',"
		" `offset` BIGINT METADATA VIRTUAL, up AS UPPER ( `group` ),"
		" WATERMARK FOR ts AS ts  - INTERVAL '5' SECOND)"
		" COMMENT 'c' WITH ('connector' = 'kafka', " KAFKA
		", 'format' = 'json');"
		"CREATE TABLE sums (k STRING, `value` BIGINT, PRIMARY KEY"
		" (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', "
		KAFKA ", 'key.format' = 'json', 'value.format' = 'json');"
		"CREATE VIEW named (`order`, c) AS SELECT `order`, b FROM base"
		" WHERE b <> ';'");
	plan_rig_must(&r, "CREATE TABLE nested (a ARRAY<INT NOT NULL> NOT NULL,"
		      " m MAP<STRING,ROW<`x y` INT, `select` ARRAY<ARRAY<"
		      "DECIMAL(4, 2)>>>>, s STRING MULTISET, w AS a[1])"
		      DATAGEN);
	expect_shown_again(&r, "nested");
	expect_shown_again(&r, "words");
	expect_shown_again(&r, "sums");
	expect_shown_again(&r, "named");
	plan_rig_close(&r);
}

TEST(show_create_is_laid_out_for_reading)
{
	struct plan_rig r;
	struct buf out;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (`value` INT, b AS `value`+1)"
			  DATAGEN);
	buf_init(&out);
	catalog_show_create(catalog_find(r.catalog, "t"), &out);
	EXPECT_STR(buf_cstr(&out),
		   "CREATE TABLE t (\n  `value` INT,\n  b AS `value`+1\n)"
		   " WITH (\n  'connector' = 'datagen'\n);");
	buf_release(&out);
	plan_rig_close(&r);
}

TEST(describe_has_flinks_columns)
{
	struct describe_row *rows;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r,
		"CREATE TABLE t (k STRING, ts TIMESTAMP(3), n AS CHAR_LENGTH(k)"
		", WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,"
		" PRIMARY KEY (k) NOT ENFORCED)" DATAGEN);
	EXPECT_EQ(catalog_describe(catalog_find(r.catalog, "t"), &r.arena,
				   &rows), 3);
	EXPECT_STR(rows[0].name, "k");
	EXPECT_STR(rows[0].type, "STRING");
	EXPECT_STR(rows[0].null, "FALSE");
	EXPECT_STR(rows[0].key, "PRI(k)");
	EXPECT_STR(rows[1].type, "TIMESTAMP(3) *ROWTIME*");
	EXPECT_STR(rows[1].watermark, "ts - INTERVAL '1' SECOND");
	EXPECT_STR(rows[2].type, "INT");
	EXPECT_STR(rows[2].extras, "AS CHAR_LENGTH(k)");
	plan_rig_must(&r, "CREATE VIEW v AS SELECT k, n > 1 AS big FROM t");
	EXPECT_EQ(catalog_describe(catalog_find(r.catalog, "v"), &r.arena,
				   &rows), 2);
	EXPECT_STR(rows[1].name, "big");
	EXPECT_STR(rows[1].type, "BOOLEAN");
	plan_rig_close(&r);
}

TEST(describe_shows_nested_types_in_full)
{
	struct describe_row *rows;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (r ROW<a INT, b ROW<c ARRAY<STRING>,"
		      " d MAP<STRING, ROW<e TIMESTAMP(3), f DECIMAL(38, 18)>>"
		      ">> NOT NULL, x AS r.b.c[1])" DATAGEN);
	EXPECT_EQ(catalog_describe(catalog_find(r.catalog, "t"), &r.arena,
				   &rows), 2);
	EXPECT_STR(rows[0].type,
		   "ROW<`a` INT, `b` ROW<`c` ARRAY<STRING>, `d` MAP<STRING, "
		   "ROW<`e` TIMESTAMP(3), `f` DECIMAL(38, 18)>>>>");
	EXPECT_STR(rows[0].null, "FALSE");
	EXPECT_STR(rows[1].type, "STRING");
	plan_rig_must(&r, "CREATE VIEW v AS SELECT r, r.b FROM t;"
		      " SELECT r.a, b.c[2] FROM v");
	EXPECT_EQ(catalog_describe(catalog_find(r.catalog, "v"), &r.arena,
				   &rows), 2);
	EXPECT_STR(rows[1].name, "b");
	plan_rig_close(&r);
}

TEST(a_statement_names_everything_it_stands_on_lowest_first)
{
	const struct object **objects;
	const char *text = "INSERT INTO sink SELECT a FROM v2 UNION ALL "
			   "SELECT a FROM t";
	struct ast_statement *s;
	struct plan_rig r;
	struct parse p;
	unsigned n;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (a INT)" DATAGEN
			  "; CREATE TABLE unused (a INT)" DATAGEN
			  "; CREATE VIEW v1 AS SELECT a FROM t"
			  "; CREATE VIEW v2 AS SELECT a FROM (SELECT * FROM v1)"
			  "; CREATE TABLE sink (a INT) WITH ('connector' ="
			  " 'print')");
	EXPECT_EQ(parse_begin(&p, text, strlen(text), NULL, &r.arena,
			      &parse_limits_default, &r.err), 0);
	EXPECT_EQ(parse_next(&p, &s, &r.err), 1);
	catalog_depends(r.catalog, s, &r.arena, &objects, &n);
	EXPECT_EQ(n, 4);
	EXPECT_STR(objects[0]->name, "t");
	EXPECT_STR(objects[1]->name, "v1");
	EXPECT_STR(objects[2]->name, "v2");
	EXPECT_STR(objects[3]->name, "sink");
	plan_rig_close(&r);
}

TEST(like_knows_percent_and_underscore)
{
	EXPECT(catalog_like("words", "words"));
	EXPECT(catalog_like("words", "w%"));
	EXPECT(catalog_like("words", "%r_s"));
	EXPECT(catalog_like("words", "%"));
	EXPECT(catalog_like("", "%"));
	EXPECT(!catalog_like("words", "word"));
	EXPECT(!catalog_like("words", "%x%"));
	EXPECT(!catalog_like("", "_"));
}

static const char *
shown(struct plan_rig *r, const char *name)
{
	struct buf out;
	const char *text;

	buf_init(&out);
	catalog_show_create(catalog_find(r->catalog, name), &out);
	text = arena_strndup(&r->arena, out.data, out.len);
	buf_release(&out);
	return text;
}

TEST(a_table_like_another_is_written_out)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE b (id BIGINT COMMENT 'c', ts "
			  "TIMESTAMP(3), w AS id + 1, WATERMARK FOR ts AS ts - "
			  "INTERVAL '1' SECOND, PRIMARY KEY (id) NOT ENFORCED)"
			  " COMMENT 'not taken' WITH ('connector' = 'datagen', "
			  "'number-of-rows' = '3');"
			  "CREATE TABLE l (x INT, w AS id + 2, WATERMARK FOR "
			  "ts AS ts) WITH ('number-of-rows' = '7') LIKE b "
			  "(OVERWRITING GENERATED OVERWRITING WATERMARKS)");
	EXPECT_STR(shown(&r, "l"),
		   "CREATE TABLE l (\n"
		   "  id BIGINT COMMENT 'c',\n"
		   "  ts TIMESTAMP(3),\n"
		   "  w AS id + 2,\n"
		   "  x INT,\n"
		   "  WATERMARK FOR ts AS ts,\n"
		   "  PRIMARY KEY (id) NOT ENFORCED\n"
		   ") WITH (\n"
		   "  'connector' = 'datagen',\n"
		   "  'number-of-rows' = '7'\n"
		   ");");
	plan_rig_must(&r, "CREATE TABLE e (w INT) WITH ('connector' = "
			  "'print') LIKE b (EXCLUDING ALL)");
	EXPECT_STR(shown(&r, "e"),
		   "CREATE TABLE e (\n"
		   "  id BIGINT COMMENT 'c',\n"
		   "  ts TIMESTAMP(3),\n"
		   "  w INT\n"
		   ") WITH (\n"
		   "  'connector' = 'print'\n"
		   ");");
	plan_rig_close(&r);
}

TEST(a_table_like_another_does_not_need_it_any_more)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE b (id BIGINT)" DATAGEN
			  "; CREATE TABLE l LIKE b; DROP TABLE b;"
			  " SELECT id FROM l");
	EXPECT_EQ(create(&r, "CREATE TABLE b (id BIGINT)" DATAGEN),
		  CATALOG_CREATED);
	EXPECT_EQ(create(&r, "CREATE TABLE l LIKE b"), CATALOG_SAME);
	plan_rig_close(&r);
}

TEST(a_table_of_a_query_has_its_columns)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE b (id BIGINT, ts TIMESTAMP(3))" DATAGEN
			  "; CREATE TABLE m (x INT, n STRING, z AS n || '!', "
			  "WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT "
			  "ENFORCED) WITH ('connector' = 'print') AS SELECT "
			  "id, ts, 'a' AS n FROM b");
	EXPECT_STR(shown(&r, "m"),
		   "CREATE TABLE m (\n"
		   "  x INT,\n"
		   "  z AS n || '!',\n"
		   "  id BIGINT,\n"
		   "  ts TIMESTAMP(3),\n"
		   "  n STRING,\n"
		   "  WATERMARK FOR ts AS ts,\n"
		   "  PRIMARY KEY (id) NOT ENFORCED\n"
		   ") WITH (\n"
		   "  'connector' = 'print'\n"
		   ");");
	plan_rig_close(&r);
}
