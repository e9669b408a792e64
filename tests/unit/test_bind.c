/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_bind.c - what the plan's nodes hold: columns, windows, keys,
 * conversions. Whole plans and errors are in tests/golden.
 */
#include "plan_rig.h"
#include "test.h"

#define KAFKA "'connector' = 'kafka', 'topic' = 'words', " \
	"'properties.bootstrap.servers' = 'embedded', 'format' = 'json'"
#define WORDS "CREATE TABLE words (message STRING, n INT, price DECIMAL(10, 2)," \
	" ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'," \
	" WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (" KAFKA ");"
#define TUMBLE "TABLE(TUMBLE(TABLE words, DESCRIPTOR(ts), INTERVAL '10' SECOND))"

static struct plan_rig rig;

static const struct plan *
plan_of(const char *script)
{
	plan_rig_open(&rig);
	plan_rig_must(&rig, WORDS);
	plan_rig_must(&rig, script);
	return rig.plan;
}

static const char *
type_of(const struct schema *s, unsigned i)
{
	static char name[TYPE_NAME_MAX];

	EXPECT(i < s->ncols);
	return type_name(s->cols[i].type, name);
}

TEST(a_scan_keeps_the_place_of_columns_that_nobody_reads)
{
	const struct plan_scan *s;

	plan_of("SELECT price FROM words");
	s = plan_rig_node(&rig, PLAN_SCAN)->scan;
	EXPECT_EQ(s->ncols, 4);
	EXPECT(!s->cols[0].wanted);
	EXPECT(!s->cols[1].wanted);
	EXPECT(s->cols[2].wanted);
	EXPECT_EQ(s->cols[2].position, 2);
	EXPECT_EQ(s->cols[2].out, 0);
	EXPECT(s->cols[3].wanted); /* the watermark needs it */
	EXPECT_STR(s->cols[3].metadata_key, "timestamp");
	plan_rig_close(&rig);
}

TEST(a_window_has_its_sizes_in_microseconds)
{
	const struct plan_window *w;

	plan_of("SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE words,"
		" DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '1' MINUTE,"
		" INTERVAL '-2' SECOND)) GROUP BY window_start, window_end");
	w = &plan_rig_node(&rig, PLAN_WINDOW_AGGREGATE)->group->window;
	EXPECT_EQ(w->kind, WINDOW_HOP);
	EXPECT_EQ(w->size_us, 60000000);
	EXPECT_EQ(w->slide_us, 5000000);
	EXPECT_EQ(w->offset_us, 3000000); /* -2 s of a 5 s slide */
	EXPECT(w->is_ltz);
	plan_rig_close(&rig);
}

TEST(a_window_aggregate_puts_out_keys_bounds_time_and_results)
{
	const struct plan_node *n;

	plan_of("SELECT SUM(price), window_end, message, window_time FROM "
		TUMBLE " GROUP BY window_end, message, window_start,"
		" window_time");
	n = plan_rig_node(&rig, PLAN_WINDOW_AGGREGATE);
	EXPECT_EQ(n->schema.ncols, 5);
	EXPECT_STR(n->schema.cols[0].name, "message");
	EXPECT_STR(n->schema.cols[1].name, "window_start");
	EXPECT_STR(type_of(&n->schema, 1), "TIMESTAMP(3) NOT NULL");
	EXPECT_STR(type_of(&n->schema, 3), "TIMESTAMP_LTZ(3) NOT NULL");
	EXPECT_EQ(n->schema.cols[3].time, TIME_ATTR_ROWTIME);
	EXPECT_STR(type_of(&n->schema, 4), "DECIMAL(38, 2)");
	EXPECT_EQ(n->nkey, 3);
	EXPECT_EQ(n->mode, CHANGE_APPEND);
	plan_rig_close(&rig);
}

TEST(the_same_aggregate_twice_is_computed_once)
{
	const struct plan_group *g;

	plan_of("SELECT message, COUNT(*), COUNT(*) * 2, SUM(n), sum( n ),"
		" SUM(n) FILTER (WHERE n > 1), SUM(DISTINCT n), MAX(n),"
		" MAX(DISTINCT n) FROM words GROUP BY message"
		" HAVING COUNT(*) > 1 AND SUM(n) > 2");
	g = plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->group;
	EXPECT_EQ(g->naggs, 6);
	EXPECT_STR(g->aggs[0].text, "count(*)");
	EXPECT_STR(g->aggs[1].text, "sum(n)");
	EXPECT_STR(g->aggs[2].text, "sum(n) filter(n > 1)");
	EXPECT_STR(g->aggs[3].text, "sum(distinct n)");
	EXPECT(g->aggs[3].distinct);
	EXPECT_STR(g->aggs[4].text, "max(n)");
	EXPECT_EQ(g->aggs[1].arg, g->aggs[2].arg);
	EXPECT(g->aggs[2].filter >= 0);
	EXPECT_EQ(g->aggs[0].arg, -1);
	plan_rig_close(&rig);
}

TEST(state_is_named_by_alias_then_by_the_sink_then_by_its_text)
{
	const struct plan_group *g;

	plan_of("CREATE TABLE results (w STRING, total INT, c BIGINT, d INT)"
		" WITH ('connector' = 'print');"
		"INSERT INTO results SELECT UPPER(message), SUM(n), COUNT(*) AS"
		" many, SUM(n) + MAX(n) FROM words GROUP BY UPPER(message)");
	g = plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->group;
	EXPECT_STR(g->key_names[0], "w");
	EXPECT_STR(g->aggs[0].state_name, "total");
	EXPECT_STR(g->aggs[1].state_name, "many");
	EXPECT_STR(g->aggs[2].state_name, "max(n)");
	plan_rig_close(&rig);
}

TEST(insert_gives_the_sink_exactly_its_columns)
{
	const struct plan_node *n;

	plan_of("CREATE TABLE results (a BIGINT, b AS a + 1, c VARCHAR(3),"
		" t TIMESTAMP(3), d DECIMAL(12, 4), e DOUBLE NOT NULL)"
		" WITH ('connector' = 'blackhole');"
		"INSERT INTO results SELECT n, message, ts, price, n"
		" FROM words");
	n = plan_rig_node(&rig, PLAN_SINK);
	EXPECT_EQ(n->inputs[0]->schema.ncols, 5);
	EXPECT_STR(n->schema.cols[1].name, "c");
	EXPECT_STR(type_of(&n->schema, 0), "BIGINT");
	EXPECT_STR(type_of(&n->schema, 1), "VARCHAR(3)");
	EXPECT_STR(type_of(&n->schema, 2), "TIMESTAMP(3)");
	EXPECT_STR(type_of(&n->schema, 3), "DECIMAL(12, 4)");
	EXPECT_STR(type_of(&n->schema, 4), "DOUBLE NOT NULL");
	/* a text is not cut on its way into VARCHAR(3) */
	EXPECT_EQ(n->inputs[0]->exprs[1]->kind, EXPR_COLUMN);
	EXPECT_EQ(n->inputs[0]->exprs[2]->kind, EXPR_CAST);
	plan_rig_close(&rig);
}

TEST(writable_metadata_is_written_and_virtual_is_not)
{
	const struct plan_sink *s;

	plan_of("CREATE TABLE results (a STRING, at_time TIMESTAMP_LTZ(3)"
		" METADATA FROM 'timestamp', p INT METADATA FROM 'partition'"
		" VIRTUAL) WITH (" KAFKA ");"
		"INSERT INTO results SELECT message, ts FROM words");
	s = plan_rig_node(&rig, PLAN_SINK)->sink;
	EXPECT(!s->metadata_keys[0]);
	EXPECT_STR(s->metadata_keys[1], "timestamp");
	EXPECT_EQ(plan_rig_node(&rig, PLAN_SINK)->schema.ncols, 2);
	plan_rig_close(&rig);
}

TEST(primary_keys_stay_in_the_order_of_their_clause)
{
	const struct plan_sink *s;

	plan_of("CREATE TABLE results (k STRING, v INT, k2 INT, PRIMARY KEY"
		" (k2, k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',"
		" 'topic' = 'r', 'properties.bootstrap.servers' = 'embedded',"
		" 'key.format' = 'json', 'value.format' = 'json');"
		"INSERT INTO results SELECT message, n, n FROM words");
	s = plan_rig_node(&rig, PLAN_SINK)->sink;
	EXPECT_EQ(s->nkeys, 2);
	EXPECT_EQ(s->keys[0], 2);
	EXPECT_EQ(s->keys[1], 0);
	plan_rig_close(&rig);
}

TEST(limit_is_the_selects_own)
{
	EXPECT_EQ(plan_of("SELECT n FROM words LIMIT 7")->sinks[0]->sink->limit,
		  7);
	plan_rig_close(&rig);
	EXPECT_EQ(plan_of("SELECT n FROM words")->sinks[0]->sink->limit, -1);
	plan_rig_close(&rig);
}

TEST(names_of_result_columns_are_flinks)
{
	const struct plan_node *n;

	plan_of("SELECT n, n + 1, n AS x, n, COUNT(*) AS n FROM words"
		" GROUP BY n");
	n = plan_rig_node(&rig, PLAN_SINK);
	EXPECT_STR(n->schema.cols[0].name, "n");
	EXPECT_STR(n->schema.cols[1].name, "EXPR$1");
	EXPECT_STR(n->schema.cols[2].name, "x");
	EXPECT_STR(n->schema.cols[3].name, "n0");
	EXPECT_STR(n->schema.cols[4].name, "n1");
	plan_rig_close(&rig);
}

TEST(the_idle_timeout_is_the_tables_else_the_sessions)
{
	plan_of("SET 'table.exec.source.idle-timeout' = '7 s';"
		"SELECT n FROM words");
	EXPECT_EQ(plan_rig_node(&rig, PLAN_WATERMARK)->watermark
			  ->idle_timeout_us, 7000000);
	plan_rig_must(&rig, "SELECT n FROM words /*+ OPTIONS("
			    "'scan.watermark.idle-timeout' = '1 min') */");
	EXPECT_EQ(plan_rig_node(&rig, PLAN_WATERMARK)->watermark
			  ->idle_timeout_us, 60000000);
	plan_rig_close(&rig);
}

TEST(a_bounded_source_has_no_cap_on_the_future)
{
	plan_of("SELECT n FROM words");
	EXPECT_EQ(plan_rig_node(&rig, PLAN_WATERMARK)->watermark
			  ->max_future_us, INT64_C(3600000000));
	EXPECT(!rig.plan->bounded);
	plan_rig_must(&rig, "SELECT n FROM words /*+ OPTIONS("
			    "'scan.bounded.mode' = 'latest-offset') */");
	EXPECT_EQ(plan_rig_node(&rig, PLAN_WATERMARK)->watermark
			  ->max_future_us, 0);
	EXPECT(rig.plan->bounded);
	plan_rig_close(&rig);
}

TEST(a_computed_rowtime_is_no_column_of_the_scan)
{
	const struct plan_watermark *w;

	plan_of("CREATE TABLE e (ms BIGINT, v INT, t AS TO_TIMESTAMP_LTZ(ms, 3)"
		", WATERMARK FOR t AS t - INTERVAL '1' SECOND) WITH (" KAFKA ");"
		"SELECT window_start, SUM(v) FROM TABLE(TUMBLE(TABLE e,"
		" DESCRIPTOR(t), INTERVAL '1' MINUTE))"
		" GROUP BY window_start, window_end");
	w = plan_rig_node(&rig, PLAN_WATERMARK)->watermark;
	EXPECT_EQ(w->time_col, PLAN_NO_COLUMN);
	EXPECT_STR(expr_text(w->watermark,
			     &plan_rig_node(&rig, PLAN_SCAN)->schema,
			     &rig.arena),
		   "to_timestamp_ltz(ms, 3) - interval '1 s'");
	plan_rig_close(&rig);
}

TEST(views_name_their_columns_and_windows_go_through_them)
{
	const struct plan_node *n;

	plan_of("CREATE VIEW v (w, t) AS SELECT UPPER(message), ts FROM words;"
		"CREATE VIEW per_window AS SELECT w, window_start, window_end,"
		" window_time AS wt, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE v,"
		" DESCRIPTOR(t), INTERVAL '1' SECOND))"
		" GROUP BY w, window_start, window_end, window_time;"
		"SELECT window_start, MAX(c) FROM TABLE(TUMBLE(TABLE"
		" per_window, DESCRIPTOR(wt), INTERVAL '1' MINUTE))"
		" GROUP BY window_start0, window_end0, window_start");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_WINDOW_AGGREGATE), 2);
	n = plan_rig_node(&rig, PLAN_SINK);
	EXPECT_STR(type_of(&n->schema, 0), "TIMESTAMP(3) NOT NULL");
	plan_rig_close(&rig);
}

TEST(the_plan_outlives_script_and_catalog)
{
	const char *text;
	struct buf out;

	plan_of("SELECT message FROM words WHERE message = 'a longer text'");
	catalog_destroy(rig.catalog);
	catalog_destroy(rig.permanent);
	rig.catalog = rig.permanent = NULL;
	buf_init(&out);
	plan_explain(rig.plan, &out);
	text = buf_cstr(&out);
	EXPECT(strstr(text, "where message = 'a longer text'"));
	buf_release(&out);
	plan_rig_close(&rig);
}

/* Each BETWEEN reads its operand twice. */
TEST(an_expression_that_would_grow_without_bound_is_refused)
{
	char text[4096] = "n = 1";
	const char *script;

	plan_of("SELECT n FROM words");
	for (unsigned i = 0; i < 60; i++) {
		char longer[4096];

		snprintf(longer, sizeof(longer),
			 "(%.4000s) BETWEEN FALSE AND TRUE", text);
		memcpy(text, longer, sizeof(text));
	}
	script = arena_printf(&rig.arena, "SELECT n FROM words WHERE %s", text);
	EXPECT_EQ(plan_rig_run(&rig, script), -1);
	EXPECT_EQ(rig.err.code, ERR_LIMIT);
	plan_rig_close(&rig);
}

TEST(texts_that_double_in_sub_queries_stay_short)
{
	const char *query = "SELECT message FROM words";

	plan_of("SELECT n FROM words");
	for (unsigned i = 0; i < 60; i++)
		query = arena_printf(&rig.arena, "SELECT message || message AS"
				     " message FROM (%s)", query);
	plan_rig_must(&rig, query);
	EXPECT(strlen(rig.plan->sinks[0]->inputs[0]->meaning_inputs) < 2048);
	plan_rig_close(&rig);
}

TEST(count_of_a_constant_counts_rows)
{
	plan_of("SELECT COUNT(1), COUNT(*), COUNT('x') FROM words");
	EXPECT_EQ(plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->group->naggs, 1);
	plan_rig_close(&rig);
}
