/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_rewrite.c - what may move, what may be shared, what an
 * operator's identity depends on. One test for each rule of pushing down.
 */
#include "plan_rig.h"
#include "test.h"

#define KAFKA "'connector' = 'kafka', 'topic' = 'words', " \
	"'properties.bootstrap.servers' = 'embedded', 'format' = 'json'"
#define WORDS "CREATE TABLE words (message STRING, n INT, price DECIMAL(10, 2)," \
	" bad AS 10 / n, good AS n + 1," \
	" ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'," \
	" WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (" KAFKA ");" \
	"CREATE TABLE results (a STRING, b BIGINT) WITH ('connector' = 'print');" \
	"CREATE TABLE others (a STRING, b BIGINT) WITH ('connector' = 'print');"

static struct plan_rig rig;

static void
open_rig(const char *script)
{
	plan_rig_open(&rig);
	plan_rig_must(&rig, WORDS);
	plan_rig_must(&rig, script);
}

static const char *
scan_filter(void)
{
	const struct plan_node *n = plan_rig_node(&rig, PLAN_SCAN);

	return n->scan->filter ? expr_text(n->scan->filter, &n->schema,
					   &rig.arena) : "";
}

TEST(a_filter_of_plain_columns_goes_into_the_scan)
{
	const struct plan_node *scan;

	open_rig("SELECT price FROM (SELECT price, n AS k, ts FROM words)"
		 " WHERE k > 1");
	EXPECT_STR(scan_filter(), "n > 1");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 0);
	scan = plan_rig_node(&rig, PLAN_SCAN);
	EXPECT(scan->scan->early[schema_find(&scan->schema, "n")]);
	EXPECT(scan->scan->early[schema_find(&scan->schema, "ts")]);
	EXPECT(!scan->scan->early[schema_find(&scan->schema, "price")]);
	plan_rig_close(&rig);
}

TEST(what_can_fail_stays_where_it_was)
{
	open_rig("SELECT message FROM words WHERE n <> 0 AND 10 / n > 1");
	EXPECT_STR(scan_filter(), "n <> 0");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 1);
	plan_rig_close(&rig);
	open_rig("SELECT message FROM words WHERE CAST(message AS INT) > 1");
	EXPECT_STR(scan_filter(), "");
	plan_rig_close(&rig);
	open_rig("SELECT message FROM words WHERE n = 0 OR 10 / n > 1");
	EXPECT_STR(scan_filter(), "");
	plan_rig_close(&rig);
}

TEST(a_pattern_that_no_literal_says_can_fail)
{
	open_rig("SELECT message FROM words WHERE message LIKE 'a!%' ESCAPE"
		 " '!' AND message LIKE message"
		 " AND DATE_FORMAT(ts, 'yyyy') = '2026'"
		 " AND TO_TIMESTAMP(message, 'yyyy') IS NULL");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 0);
	plan_rig_close(&rig);
	open_rig("SELECT message FROM words WHERE message LIKE message ESCAPE"
		 " '!' AND DATE_FORMAT(ts, message) = '2026'"
		 " AND TO_TIMESTAMP(message, message) IS NULL");
	EXPECT_STR(scan_filter(), "");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 1);
	plan_rig_close(&rig);
}

TEST(a_division_by_a_literal_cannot_fail)
{
	open_rig("SELECT message FROM words WHERE n / 10 > 1 AND n % 2 = 0");
	EXPECT_STR(scan_filter(), "((n / 10) > 1) and (mod(n, 2) = 0)");
	plan_rig_close(&rig);
}

TEST(a_filter_on_a_computed_column_stays_above_it)
{
	open_rig("SELECT message FROM words WHERE good > 1 AND n > 2");
	EXPECT_STR(scan_filter(), "n > 2");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 1);
	plan_rig_close(&rig);
}

TEST(a_filter_of_one_reader_does_not_touch_the_others)
{
	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, n FROM words"
		 " WHERE n > 1;"
		 " INSERT INTO others SELECT message, n FROM words; END");
	EXPECT_STR(scan_filter(), "");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 1);
	plan_rig_close(&rig);
}

TEST(having_is_no_filter_of_the_scan)
{
	open_rig("SELECT message, COUNT(*) FROM words GROUP BY message"
		 " HAVING message = 'a'");
	EXPECT_STR(scan_filter(), "");
	plan_rig_close(&rig);
}

TEST(a_computed_column_that_fails_is_its_readers_own)
{
	const struct plan_node *scan;

	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, bad FROM words;"
		 " INSERT INTO others SELECT message, n FROM words; END");
	scan = plan_rig_node(&rig, PLAN_SCAN);
	EXPECT_EQ(scan->nreaders, 1);
	EXPECT_EQ(plan_rig_node(&rig, PLAN_WATERMARK)->nreaders, 2);
	for (unsigned i = 0; i < rig.plan->n; i++) {
		const struct plan_node *n = rig.plan->nodes[i];

		if (n->kind == PLAN_PROJECT)
			EXPECT_EQ(n->nreaders, 1);
	}
	plan_rig_close(&rig);
}

TEST(tables_over_the_same_records_share_one_scan)
{
	open_rig("CREATE TABLE twin (message STRING, n INT,"
		 " price DECIMAL(10, 2), ts TIMESTAMP_LTZ(3) METADATA FROM"
		 " 'timestamp', WATERMARK FOR ts AS ts) WITH (" KAFKA ");"
		 "EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, n FROM twin;"
		 " INSERT INTO others SELECT message, n FROM words; END");
	EXPECT_STR(plan_rig_node(&rig, PLAN_SCAN)->scan->table, "twin");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_WATERMARK), 2);
	plan_rig_close(&rig);
}

TEST(another_startup_mode_is_another_scan)
{
	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, n FROM words;"
		 " INSERT INTO others SELECT message, n FROM words /*+ OPTIONS("
		 "'scan.startup.mode' = 'latest-offset') */; END");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_SCAN), 2);
	plan_rig_close(&rig);
}

TEST(a_view_read_twice_is_computed_once)
{
	open_rig("CREATE VIEW v AS SELECT message, COUNT(*) AS c FROM words"
		 " GROUP BY message;"
		 "SELECT message, c FROM v WHERE c > 1 UNION ALL"
		 " SELECT message, c FROM v WHERE c < 9");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_GROUP_AGGREGATE), 1);
	EXPECT_EQ(plan_rig_count(&rig, PLAN_UNION), 1);
	plan_rig_close(&rig);
}

TEST(columns_that_nobody_reads_are_not_carried)
{
	const struct plan_node *n;

	open_rig("SELECT c FROM (SELECT message, COUNT(*) AS c, SUM(price) AS s"
		 " FROM words GROUP BY message)");
	n = plan_rig_node(&rig, PLAN_GROUP_AGGREGATE);
	EXPECT_EQ(n->group->naggs, 1);
	EXPECT_EQ(schema_find(&plan_rig_node(&rig, PLAN_SCAN)->schema, "price"),
		  -1);
	plan_rig_close(&rig);
}

/* ---- change modes ---- */

#define UPSERT "WITH ('connector' = 'upsert-kafka', 'topic' = 'u'," \
	" 'properties.bootstrap.servers' = 'embedded'," \
	" 'key.format' = 'json', 'value.format' = 'json');"

TEST(an_aggregate_into_an_upsert_sink_needs_no_old_rows)
{
	const struct plan_node *n;

	open_rig("CREATE TABLE u (w STRING, n BIGINT, PRIMARY KEY (w) NOT"
		 " ENFORCED) " UPSERT
		 "INSERT INTO u SELECT message, COUNT(*) FROM words"
		 " GROUP BY message");
	n = plan_rig_node(&rig, PLAN_GROUP_AGGREGATE);
	EXPECT_EQ(n->mode, CHANGE_UPSERT);
	EXPECT(!n->need_old);
	EXPECT_EQ(plan_rig_node(&rig, PLAN_SINK)->mode, CHANGE_UPSERT);
	plan_rig_close(&rig);
}

TEST(a_second_reader_or_a_filter_brings_the_old_rows_back)
{
	open_rig("CREATE TABLE u (w STRING, n BIGINT, PRIMARY KEY (w) NOT"
		 " ENFORCED) " UPSERT
		 "EXECUTE STATEMENT SET BEGIN "
		 "INSERT INTO u SELECT message, COUNT(*) FROM words"
		 " GROUP BY message;"
		 "INSERT INTO results SELECT message, COUNT(*) FROM words"
		 " GROUP BY message; END");
	EXPECT(plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->need_old);
	EXPECT_EQ(plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->mode,
		  CHANGE_RETRACT);
	plan_rig_must(&rig, "INSERT INTO u SELECT message, COUNT(*) FROM words"
			    " GROUP BY message HAVING COUNT(*) > 1");
	EXPECT(plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->need_old);
	plan_rig_close(&rig);
}

TEST(keys_go_through_projections_that_keep_their_columns)
{
	const struct plan_node *n;

	open_rig("SELECT COUNT(*) AS c, message AS k FROM words"
		 " GROUP BY message");
	n = plan_rig_node(&rig, PLAN_SINK);
	EXPECT_EQ(n->nkey, 1);
	EXPECT_EQ(n->key[0], 1);
	plan_rig_must(&rig, "SELECT COUNT(*), UPPER(message) FROM words"
			    " GROUP BY message");
	EXPECT_EQ(plan_rig_node(&rig, PLAN_SINK)->nkey, 0);
	plan_rig_close(&rig);
}

TEST(state_without_a_bound_is_said)
{
	open_rig("SELECT message, COUNT(*) FROM words GROUP BY message");
	EXPECT(plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->unbounded);
	EXPECT_EQ(rig.plan->nnotices, 1);
	plan_rig_must(&rig, "SELECT COUNT(*) FROM words");
	EXPECT(!plan_rig_node(&rig, PLAN_GROUP_AGGREGATE)->unbounded);
	plan_rig_close(&rig);
}

/* ---- identity ---- */

#define HOP "TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND," \
	" INTERVAL '1' MINUTE))"

static const struct plan_node *
window_for(const char *sink)
{
	for (unsigned i = 0; i < rig.plan->n; i++) {
		const struct plan_node *n = rig.plan->nodes[i];

		if (n->kind == PLAN_WINDOW_AGGREGATE &&
		    strcmp(n->meaning_sink, sink) == 0)
			return n;
	}
	FAIL("no window aggregate for %s", sink);
}

TEST(meaning_knows_no_aliases_and_no_other_queries)
{
	uint64_t id;

	open_rig("INSERT INTO results SELECT w, c FROM (SELECT message AS w,"
		 " COUNT(*) AS c FROM " HOP " WHERE n > 1 AND message <> 'x'"
		 " GROUP BY window_start, window_end, message)");
	id = window_for("results")->id;
	EXPECT_STR(window_for("results")->meaning_inputs, "words");
	EXPECT_STR(window_for("results")->meaning_keys, "message");
	EXPECT_STR(window_for("results")->meaning_window,
		   "hop(ts, slide 5 s, size 1 min)");
	EXPECT_STR(window_for("results")->meaning_predicate,
		   "message <> 'x' and n > 1");
	plan_rig_must(&rig,
		"EXECUTE STATEMENT SET BEGIN"
		" INSERT INTO others SELECT message, MAX(n) FROM words"
		" GROUP BY message;"
		" INSERT INTO results SELECT other_name, how_many FROM (SELECT"
		" message AS other_name, COUNT(*) AS how_many FROM " HOP
		" AS h WHERE h.message <> 'x' AND h.n > 1"
		" GROUP BY window_start, window_end, message); END");
	EXPECT_STR(window_for("results")->meaning_predicate,
		   "message <> 'x' and n > 1");
	EXPECT_EQ(window_for("results")->id, id);
	plan_rig_close(&rig);
}

TEST(total_and_filtered_count_over_one_window_differ_by_predicate)
{
	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT 'x', COUNT(*) FROM " HOP
		 " GROUP BY window_start, window_end;"
		 " INSERT INTO others SELECT 'x', COUNT(*) FROM " HOP
		 " WHERE message = 'x' GROUP BY window_start, window_end; END");
	EXPECT_STR(window_for("results")->meaning_predicate, "");
	EXPECT_STR(window_for("others")->meaning_predicate, "message = 'x'");
	EXPECT(window_for("results")->id != window_for("others")->id);
	plan_rig_close(&rig);
}

TEST(windows_alike_are_one_with_the_aggregates_of_all)
{
	const struct plan_node *n;

	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, COUNT(*) FROM " HOP
		 " GROUP BY window_start, window_end, message;"
		 " INSERT INTO others SELECT message, MAX(n * 2) FROM " HOP
		 " GROUP BY window_end, message, window_start"
		 " HAVING COUNT(*) > 1;"
		 " INSERT INTO others SELECT message, SUM(n) FILTER (WHERE"
		 " n > 3) FROM " HOP " GROUP BY window_end, message,"
		 " window_start; END");
	n = plan_rig_node(&rig, PLAN_WINDOW_AGGREGATE);
	EXPECT_EQ(n->group->naggs, 3);
	EXPECT_STR(n->group->aggs[0].text, "count(*)");
	EXPECT_STR(n->group->aggs[1].text, "max(n * 2)");
	EXPECT_STR(n->group->aggs[2].text, "sum(n) filter(n > 3)");
	EXPECT_STR(n->meaning_sink, "others, others, results");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_SINK), 3);
	plan_rig_close(&rig);
}

TEST(the_order_of_the_queries_plays_no_part_in_united_windows)
{
#define COUNTS " INSERT INTO results SELECT message AS x, COUNT(*) AS n" \
	" FROM " HOP " GROUP BY window_start, window_end, message;"
#define MOST " INSERT INTO others SELECT message, MAX(n * 2) FROM " HOP \
	" GROUP BY window_end, message, window_start;"
	const struct plan_node *n;
	const char *keys;
	uint64_t id;

	open_rig("EXECUTE STATEMENT SET BEGIN" COUNTS MOST " END");
	n = plan_rig_node(&rig, PLAN_WINDOW_AGGREGATE);
	id = n->id;
	keys = n->group->key_texts[0];
	plan_rig_must(&rig, "EXECUTE STATEMENT SET BEGIN" MOST COUNTS " END");
	n = plan_rig_node(&rig, PLAN_WINDOW_AGGREGATE);
	EXPECT_EQ(n->id, id);
	EXPECT_STR(n->group->key_texts[0], keys);
	EXPECT_STR(n->meaning_sink, "others, results");
	plan_rig_close(&rig);
}

TEST(windows_of_windows_are_united_too)
{
	plan_rig_open(&rig);
	plan_rig_must(&rig, WORDS
		"CREATE VIEW inner_n AS SELECT message, COUNT(*) AS x,"
		" window_time AS t FROM " HOP
		" GROUP BY window_start, window_end, window_time, message;"
		"CREATE VIEW inner_m AS SELECT message, MAX(n) AS x,"
		" window_time AS t FROM " HOP
		" GROUP BY window_start, window_end, window_time, message;"
		"EXECUTE STATEMENT SET BEGIN"
		" INSERT INTO results SELECT message, SUM(x) FROM TABLE(TUMBLE("
		"TABLE inner_n, DESCRIPTOR(t), INTERVAL '1' HOUR))"
		" GROUP BY message, window_start, window_end;"
		" INSERT INTO others SELECT message, SUM(x) FROM TABLE(TUMBLE("
		"TABLE inner_m, DESCRIPTOR(t), INTERVAL '1' HOUR))"
		" GROUP BY message, window_start, window_end; END");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_WINDOW_AGGREGATE), 2);
	EXPECT_STR(window_for("others, results")->group->aggs[1].text,
		   "max(n)");
	plan_rig_close(&rig);
}

TEST(windows_stay_apart_where_an_expression_of_one_can_fail)
{
	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, COUNT(*) FROM " HOP
		 " GROUP BY window_start, window_end, message;"
		 " INSERT INTO others SELECT message, SUM(bad) FROM " HOP
		 " GROUP BY window_start, window_end, message; END");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_WINDOW_AGGREGATE), 2);
	plan_rig_close(&rig);
}

TEST(sessions_alike_are_found_once)
{
	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, COUNT(*) FROM SESSION("
		 "TABLE words PARTITION BY message, DESCRIPTOR(ts), INTERVAL"
		 " '5' SECOND) GROUP BY window_start, window_end, message;"
		 " INSERT INTO others SELECT message, MAX(n) FROM SESSION("
		 "TABLE words PARTITION BY message, DESCRIPTOR(ts), INTERVAL"
		 " '5' SECOND) GROUP BY window_start, window_end, message;"
		 " INSERT INTO others SELECT message, MAX(n) FROM SESSION("
		 "TABLE words PARTITION BY message, DESCRIPTOR(ts), INTERVAL"
		 " '6' SECOND) GROUP BY window_start, window_end, message;"
		 " END");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_SESSION_AGGREGATE), 2);
	plan_rig_close(&rig);
}

TEST(conditions_go_below_the_windows_of_rows_but_not_of_sessions)
{
	const struct plan_node *n;

	open_rig("SELECT message FROM HOP(TABLE words, DESCRIPTOR(ts), INTERVAL"
		 " '1' SECOND, INTERVAL '1' HOUR) WHERE window_start >"
		 " '2026-01-01' AND n > 1 AND 10 / n > 1");
	n = plan_rig_node(&rig, PLAN_SCAN);
	EXPECT(n->scan->filter != NULL);
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 1); /* it may fail */
	plan_rig_close(&rig);
	open_rig("SELECT message FROM SESSION(TABLE words, DESCRIPTOR(ts),"
		 " INTERVAL '5' SECOND) WHERE n > 1");
	n = plan_rig_node(&rig, PLAN_SCAN);
	EXPECT(n->scan->filter == NULL);
	EXPECT_EQ(plan_rig_count(&rig, PLAN_FILTER), 1);
	plan_rig_close(&rig);
}

TEST(groups_without_windows_stay_apart)
{
	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, COUNT(*) FROM words"
		 " GROUP BY message;"
		 " INSERT INTO others SELECT message, MAX(n) FROM words"
		 " GROUP BY message; END");
	EXPECT_EQ(plan_rig_count(&rig, PLAN_GROUP_AGGREGATE), 2);
	plan_rig_close(&rig);
}

TEST(every_node_has_an_id_of_its_own)
{
	open_rig("EXECUTE STATEMENT SET BEGIN"
		 " INSERT INTO results SELECT message, COUNT(*) FROM " HOP
		 " GROUP BY window_start, window_end, message;"
		 " INSERT INTO results SELECT message, COUNT(n) FROM " HOP
		 " WHERE n > 2 GROUP BY window_start, window_end, message;"
		 " INSERT INTO others SELECT message, n FROM words"
		 " WHERE n > 1; END");
	for (unsigned i = 0; i < rig.plan->n; i++) {
		EXPECT_EQ(rig.plan->nodes[i]->number, i);
		for (unsigned k = 0; k < i; k++)
			EXPECT(rig.plan->nodes[k]->id !=
			       rig.plan->nodes[i]->id);
		for (unsigned k = 0; k < rig.plan->nodes[i]->ninputs; k++)
			EXPECT(rig.plan->nodes[i]->inputs[k]->number < i);
	}
	plan_rig_close(&rig);
}
