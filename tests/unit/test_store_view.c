/* SPDX-License-Identifier: Apache-2.0
 * What `select * from window_aggregate_1` shows: the windows now open, each
 * as if it closed this moment, in words and numbers that a person reads.
 */
#include "base/time.h"
#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

#define S US_PER_SECOND

/* A window aggregate over table words with state as the real one has it. */
struct view_rig {
	struct store_rig r;
	struct store_rig_op *o;
	struct plan_node source;
	struct plan_node *inputs[1];
	struct plan_watermark mark;
	struct plan_window window;
	struct view_def view;
	struct view_column cols[12];
	struct table_def groups, panes, distinct, marks;
};

static void
view_init(struct view_rig *v, const char *groups, const char *panes)
{
	struct store_rig *r = &v->r;

	memset(v, 0, sizeof(*v));
	store_rig_init(r);
	store_rig_open(r);
	v->o = store_rig_op(r, "window_aggregate;words;message");
	v->mark.table = "words";
	v->source.kind = PLAN_WATERMARK;
	v->source.watermark = &v->mark;
	v->inputs[0] = &v->source;
	v->o->node.kind = PLAN_WINDOW_AGGREGATE;
	v->o->node.ninputs = 1;
	v->o->node.inputs = v->inputs;
	v->groups = (struct table_def){ .suffix = "_groups", .nkeys = 1 };
	v->groups.schema = store_rig_schema(r, groups);
	store_rig_table(r, v->o, &v->groups);
	v->view.cols = v->cols;
	if (panes) {
		v->panes = (struct table_def){ .suffix = "_panes", .nkeys = 2,
					       .first_is_pane = true };
		v->panes.schema = store_rig_schema(r, panes);
		v->view.panes_table = store_rig_table(r, v->o, &v->panes);
		v->view.window = &v->window;
	}
	v->o->view = &v->view;
}

static void
view_column(struct view_rig *v, const char *name, enum view_how how,
	    unsigned col, unsigned col2, struct type type)
{
	v->cols[v->view.ncols++] = (struct view_column){
		.name = name, .how = how, .col = (uint16_t)col,
		.col2 = (uint16_t)col2, .type = type,
	};
}

/* As a restart on the open store does. */
static void
view_attach_again(struct view_rig *v)
{
	struct error err = ERROR_INIT;

	if (store_rig_attach(&v->r, &err) < 0)
		FAIL("attach: %s", err.message);
}

static void
view_attach(struct view_rig *v)
{
	v->marks = (struct table_def){ .kind = TABLE_SHARED,
				       .suffix = "watermarks", .nkeys = 3 };
	v->marks.schema = store_rig_schema(
		&v->r, "STRING source, STRING topic, INT partition,"
		       " TIMESTAMP_LTZ(3) watermark,"
		       " TIMESTAMP_LTZ(3) idle_since");
	store_rig_table(&v->r, v->o, &v->marks);
	view_attach_again(v);
}

static void
view_commit(struct view_rig *v)
{
	struct error err = ERROR_INIT;

	if (store_rig_commit(&v->r, &err) < 0)
		FAIL("commit: %s", err.message);
}

/* The table's own watermark, the last of the shared tables. */
static void
view_watermark(struct view_rig *v, int64_t us)
{
	char row[64];

	snprintf(row, sizeof(row), "words||-1|%lld|NULL", (long long)us);
	store_rig_part(&v->r, SNAPSHOT_PUT, v->o, v->r.ntables - 1, ROWS(row), 0);
	view_commit(v);
}

#define EXPECT_VIEW(v, order, want) \
	EXPECT_STR(store_rig_sql(&(v)->r, "SELECT * FROM window_aggregate_1" \
				    " ORDER BY " order), want)

/* message, window_start, window_end, n over panes of the given window. */
static void
count_rig(struct view_rig *v, enum window_kind kind, int64_t size,
	  int64_t slide, int64_t offset)
{
	view_init(v, "BIGINT _id, STRING message",
		  "BIGINT _pane, BIGINT _id, BIGINT _rows, BIGINT n");
	v->window = (struct plan_window){ .kind = kind, .size_us = size,
					  .slide_us = slide,
					  .offset_us = offset };
	view_column(v, "message", VIEW_KEY, 1, 0, TYPE_STRING_OF);
	view_column(v, "window_start", VIEW_WINDOW_START, 0, 0,
		    type_timestamp(3));
	view_column(v, "window_end", VIEW_WINDOW_END, 0, 0,
		    type_timestamp(3));
	view_column(v, "n", VIEW_SUM, 3, 0, TYPE_OF(TYPE_BIGINT));
	view_attach(v);
	store_rig_put(&v->r, v->o, 0, "1|lorem", "2|NULL");
}

TEST(a_hopping_window_adds_up_its_panes)
{
	struct view_rig v;

	count_rig(&v, WINDOW_HOP, 10 * S, 5 * S, 0);
	store_rig_put(&v.r, v.o, 1, "0|1|2|2", "5000000|1|3|3", "10000000|2|1|1",
		/* retracted to nothing: in no answer */
		"10000000|1|0|0");
	view_commit(&v);
	EXPECT_VIEW(&v, "window_start, message",
		    "lorem|1969-12-31 23:59:55.000|1970-01-01 00:00:05.000|2\n"
		    "lorem|1970-01-01 00:00:00.000|1970-01-01 00:00:10.000|5\n"
		    "NULL|1970-01-01 00:00:05.000|1970-01-01 00:00:15.000|1\n"
		    "lorem|1970-01-01 00:00:05.000|1970-01-01 00:00:15.000|3\n"
		    "NULL|1970-01-01 00:00:10.000|1970-01-01 00:00:20.000|1\n");
	/* One millisecond before the second window's end: it is closed. */
	view_watermark(&v, 10 * S - 1000);
	EXPECT_VIEW(&v, "window_start, message",
		    "NULL|1970-01-01 00:00:05.000|1970-01-01 00:00:15.000|1\n"
		    "lorem|1970-01-01 00:00:05.000|1970-01-01 00:00:15.000|3\n"
		    "NULL|1970-01-01 00:00:10.000|1970-01-01 00:00:20.000|1\n");
	view_watermark(&v, 10 * S - 2000);
	EXPECT_STR(store_rig_sql(&v.r, "SELECT count(*) FROM window_aggregate_1"),
		   "4\n");
	store_rig_release(&v.r);
}

TEST(a_hopping_window_may_slide_unevenly_and_have_an_offset)
{
	struct view_rig v;

	/* Slices of 2 s; windows at 1 + 4k, 6 s long. */
	count_rig(&v, WINDOW_HOP, 6 * S, 4 * S, 1 * S);
	store_rig_put(&v.r, v.o, 1, "-5000000|1|1|1", "1000000|1|1|10",
		"3000000|1|1|100", "5000000|1|1|1000");
	view_commit(&v);
	EXPECT_VIEW(&v, "window_start",
		    /* [-7,-1) [-3,3) [1,7) [5,11) */
		    "lorem|1969-12-31 23:59:53.000|1969-12-31 23:59:59.000|1\n"
		    "lorem|1969-12-31 23:59:57.000|1970-01-01 00:00:03.000|10\n"
		    "lorem|1970-01-01 00:00:01.000|1970-01-01 00:00:07.000|"
		    "1110\n"
		    "lorem|1970-01-01 00:00:05.000|1970-01-01 00:00:11.000|"
		    "1000\n");
	store_rig_release(&v.r);
}

TEST(a_row_of_the_year_9999_does_not_stop_the_view)
{
	struct view_rig v;

	count_rig(&v, WINDOW_HOP, 2 * S, 1 * S, 0);
	store_rig_put(&v.r, v.o, 1, "0|1|1|1", "253402300799000000|1|1|1");
	view_commit(&v);
	EXPECT_STR(store_rig_sql(&v.r, "SELECT window_start FROM window_aggregate_1"
				 " ORDER BY 1"),
		   "1969-12-31 23:59:59.000\n1970-01-01 00:00:00.000\n"
		   "9999-12-31 23:59:58.000\n9999-12-31 23:59:59.000\n");
	store_rig_release(&v.r);
}

TEST(a_tumbling_window_is_its_pane)
{
	struct view_rig v;

	count_rig(&v, WINDOW_TUMBLE, 10 * S, 10 * S, 0);
	store_rig_put(&v.r, v.o, 1, "0|1|2|2", "10000000|1|3|3", "10000000|2|4|4");
	view_commit(&v);
	EXPECT_VIEW(&v, "window_start, message",
		    "lorem|1970-01-01 00:00:00.000|1970-01-01 00:00:10.000|2\n"
		    "NULL|1970-01-01 00:00:10.000|1970-01-01 00:00:20.000|4\n"
		    "lorem|1970-01-01 00:00:10.000|1970-01-01 00:00:20.000|"
		    "3\n");
	store_rig_release(&v.r);
}

TEST(a_cumulating_window_grows_by_its_steps)
{
	struct view_rig v;

	count_rig(&v, WINDOW_CUMULATE, 15 * S, 5 * S, 0);
	store_rig_put(&v.r, v.o, 1, "5000000|1|2|2", "10000000|1|3|3",
		"10000000|2|1|1", "15000000|1|7|7");
	view_commit(&v);
	EXPECT_VIEW(&v, "window_end, message",
		    "lorem|1970-01-01 00:00:00.000|1970-01-01 00:00:10.000|2\n"
		    "NULL|1970-01-01 00:00:00.000|1970-01-01 00:00:15.000|1\n"
		    "lorem|1970-01-01 00:00:00.000|1970-01-01 00:00:15.000|5\n"
		    "lorem|1970-01-01 00:00:15.000|1970-01-01 00:00:20.000|7\n"
		    "lorem|1970-01-01 00:00:15.000|1970-01-01 00:00:25.000|7\n"
		    "lorem|1970-01-01 00:00:15.000|1970-01-01 00:00:30.000|"
		    "7\n");
	view_watermark(&v, 12 * S);
	EXPECT_STR(store_rig_sql(&v.r, "SELECT count(*) FROM window_aggregate_1"),
		   "5\n");
	store_rig_release(&v.r);
}

TEST(windows_on_a_local_clock_close_by_that_clock)
{
	struct view_rig v;

	/* 2026-03-29 01:00 UTC: Berlin goes from +1 h to +2 h. */
	count_rig(&v, WINDOW_HOP, 3600 * S, 3600 * S, 0);
	v.window.is_ltz = true;
	v.r.zone = zone_get("Europe/Berlin");
	EXPECT(v.r.zone);
	view_attach_again(&v);
	/* Panes of 00:00 to 04:00 local time; 02:00 does not exist. */
	store_rig_put(&v.r, v.o, 1, "1774742400000000|1|1|1",
		"1774746000000000|1|1|2", "1774753200000000|1|1|3",
		"1774756800000000|1|1|4");
	view_commit(&v);
	/* 00:59:59.999 UTC is 01:59:59.999: the window of 01:00 is closed. */
	view_watermark(&v, INT64_C(1774745999999000));
	EXPECT_STR(store_rig_sql(&v.r, "SELECT window_start FROM window_aggregate_1"
				 " ORDER BY 1"),
		   "2026-03-29 03:00:00.000\n2026-03-29 04:00:00.000\n");
	/* 01:59:59.998 UTC is 03:59:59.998. */
	view_watermark(&v, INT64_C(1774749599998000));
	EXPECT_STR(store_rig_sql(&v.r, "SELECT count(*) FROM window_aggregate_1"),
		   "2\n");
	view_watermark(&v, INT64_C(1774749599999000));
	EXPECT_STR(store_rig_sql(&v.r, "SELECT window_start FROM"
				 " window_aggregate_1"),
		   "2026-03-29 04:00:00.000\n");
	store_rig_release(&v.r);
}

TEST(an_idle_source_does_not_hold_the_view_back)
{
	struct view_rig v;
	struct plan_watermark other = { .table = "other" };
	struct plan_node other_source = { .kind = PLAN_WATERMARK,
					  .watermark = &other };
	struct plan_node both = { .kind = PLAN_UNION, .ninputs = 2 };
	struct plan_node *two[2] = { NULL, &other_source };

	view_init(&v, "BIGINT _id", "BIGINT _pane, BIGINT _id, BIGINT n");
	two[0] = &v.source;
	both.inputs = two;
	v.inputs[0] = &both;
	v.window = (struct plan_window){ .kind = WINDOW_TUMBLE,
					 .size_us = S, .slide_us = S };
	view_column(&v, "window_start", VIEW_WINDOW_START, 0, 0,
		    type_timestamp(3));
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1");
	store_rig_put(&v.r, v.o, 1, "0|1|1", "1000000|1|1", "2000000|1|1");
	store_rig_part(&v.r, SNAPSHOT_PUT, v.o, 2,
		 ROWS("other||-1|0|5", "words||-1|1500000|NULL"), 0);
	view_commit(&v);
	EXPECT_VIEW(&v, "1", "1970-01-01 00:00:01.000\n"
			     "1970-01-01 00:00:02.000\n");
	store_rig_part(&v.r, SNAPSHOT_PUT, v.o, 2, ROWS("other||-1|0|NULL"), 0);
	view_commit(&v);
	EXPECT_STR(store_rig_sql(&v.r, "SELECT count(*) FROM window_aggregate_1"),
		   "3\n");
	store_rig_release(&v.r);
}

TEST(sums_are_exact_while_they_fit_and_never_fail)
{
	struct view_rig v;

	view_init(&v, "BIGINT _id",
		  "BIGINT _pane, BIGINT _id, BIGINT l, DECIMAL(38;0) wide,"
		  " DECIMAL(38;2) dec, DOUBLE d, BIGINT n");
	v.window = (struct plan_window){ .kind = WINDOW_HOP,
					 .size_us = 2 * S, .slide_us = 2 * S };
	view_column(&v, "l", VIEW_SUM, 2, 0, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "wide", VIEW_SUM, 3, 0, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "dec", VIEW_SUM, 4, 0, type_decimal(38, 2));
	view_column(&v, "d", VIEW_SUM, 5, 0, TYPE_OF(TYPE_DOUBLE));
	view_column(&v, "none", VIEW_SUM, 2, 6, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "avg_l", VIEW_AVG, 2, 6, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "avg_d", VIEW_AVG, 5, 6, TYPE_OF(TYPE_DOUBLE));
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1", "2", "3", "4", "5");
	store_rig_put(&v.r, v.o, 1,
		/* near 2^63 but within; DECIMAL beyond 63 bits */
		"0|1|9223372036854775806|9223372036854775807|150|0.5|2",
		"1000000|1|1|1|-25|0.25|1",
		/* beyond */
		"0|2|9223372036854775807|9223372036854775808|0|inf|0",
		"1000000|2|9223372036854775807|0|1|1|0",
		"0|3|-7|-7|NULL|inf|2", "1000000|3|NULL|NULL|NULL|-inf|1",
		"0|4|NULL|NULL|NULL|NULL|0",
		"0|5|-9223372036854775808|1|1|nan|1");
	view_commit(&v);
	EXPECT_VIEW(&v, "rowid",
		    "9223372036854775807|9.22337203685478e+18|1.25|0.75|"
		    "9223372036854775807|3074457345618258602|0.25\n"
		    "1.84467440737096e+19|9.22337203685478e+18|0.01|Infinity|"
		    "NULL|NULL|Infinity\n"
		    "-7|-7|NULL|NaN|-7|-2|NaN\n"
		    "NULL|NULL|NULL|NULL|NULL|NULL|NULL\n"
		    "-9223372036854775808|1|0.01|NaN|-9223372036854775808|"
		    "-9223372036854775808|NaN\n");
	store_rig_release(&v.r);
}

TEST(extremes_know_nan_infinities_and_times)
{
	struct view_rig v;

	view_init(&v, "BIGINT _id, DATE day, TIME(3) clock, TIMESTAMP(6) at",
		  "BIGINT _pane, BIGINT _id, DOUBLE d, STRING s,"
		  " DECIMAL(20;2) dec, TIMESTAMP(3) at");
	v.window = (struct plan_window){ .kind = WINDOW_CUMULATE,
					 .size_us = 2 * S, .slide_us = 2 * S };
	view_column(&v, "day", VIEW_KEY, 1, 0, TYPE_OF(TYPE_DATE));
	view_column(&v, "clock", VIEW_KEY, 2, 0,
		    (struct type){ .kind = TYPE_TIME, .precision = 3 });
	view_column(&v, "at", VIEW_KEY, 3, 0, type_timestamp(6));
	view_column(&v, "lo", VIEW_MIN, 2, 0, TYPE_OF(TYPE_DOUBLE));
	view_column(&v, "hi", VIEW_MAX, 2, 0, TYPE_OF(TYPE_DOUBLE));
	view_column(&v, "s", VIEW_MAX, 3, 0, TYPE_STRING_OF);
	view_column(&v, "dec", VIEW_MAX, 4, 0, type_decimal(20, 2));
	view_column(&v, "last", VIEW_MAX, 5, 0, type_timestamp(3));
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1|0|1|-1", "2|-1|86399999|1767225600123456",
		"3|NULL|NULL|NULL");
	store_rig_put(&v.r, v.o, 1, "0|1|1.5|b|900|1000", "1000000|1|-inf|a|1000|-1",
		"0|2|nan|NULL|NULL|NULL", "1000000|2|2.5|x|1|5",
		"0|3|nan|NULL|NULL|NULL");
	view_commit(&v);
	EXPECT_VIEW(&v, "rowid",
		    "1970-01-01|00:00:00.001|1969-12-31 23:59:59.999999|"
		    "-Infinity|1.5|b|10|1970-01-01 00:00:00.001\n"
		    "1969-12-31|23:59:59.999|2026-01-01 00:00:00.123456|"
		    "2.5|NaN|x|0.01|1970-01-01 00:00:00.000\n"
		    "NULL|NULL|NULL|NaN|NaN|NULL|NULL|NULL\n");
	store_rig_release(&v.r);
}

TEST(distinct_values_are_counted_over_the_whole_window)
{
	struct view_rig v;

	view_init(&v, "BIGINT _id", "BIGINT _pane, BIGINT _id, BIGINT n");
	v.distinct = (struct table_def){ .suffix = "_distinct_user",
					 .nkeys = 3, .first_is_pane = true };
	v.distinct.schema = store_rig_schema(&v.r,
				       "BIGINT _pane, BIGINT _id, STRING value,"
				       " BIGINT n, BIGINT n_2");
	v.window = (struct plan_window){ .kind = WINDOW_HOP,
					 .size_us = 2 * S, .slide_us = S };
	view_column(&v, "start", VIEW_WINDOW_START, 0, 0, type_timestamp(3));
	view_column(&v, "users", VIEW_DISTINCT, 3, 0, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "some", VIEW_DISTINCT, 4, 0, TYPE_OF(TYPE_BIGINT));
	v.cols[1].table = v.cols[2].table = store_rig_table(&v.r, v.o, &v.distinct);
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1");
	store_rig_put(&v.r, v.o, 1, "0|1|3", "1000000|1|2");
	store_rig_put(&v.r, v.o, 2, "0|1|ann|2|1", "0|1|bob|1|0",
		"1000000|1|ann|1|0", "1000000|1|cy|1|1");
	view_commit(&v);
	EXPECT_VIEW(&v, "1", "1969-12-31 23:59:59.000|2|1\n"
			     "1970-01-01 00:00:00.000|3|2\n"
			     "1970-01-01 00:00:01.000|2|1\n");
	store_rig_release(&v.r);
}

TEST(distinct_values_are_summed_once)
{
	struct view_rig v;

	view_init(&v, "BIGINT _id", "BIGINT _pane, BIGINT _id, BIGINT n");
	v.distinct = (struct table_def){ .suffix = "_distinct_v",
					 .nkeys = 3, .first_is_pane = true };
	v.distinct.schema = store_rig_schema(
		&v.r, "BIGINT _pane, BIGINT _id, DOUBLE value, BIGINT n");
	v.window = (struct plan_window){ .kind = WINDOW_HOP,
					 .size_us = 2 * S, .slide_us = S };
	view_column(&v, "start", VIEW_WINDOW_START, 0, 0, type_timestamp(3));
	view_column(&v, "sum", VIEW_DISTINCT_SUM, 3, 0, TYPE_OF(TYPE_DOUBLE));
	view_column(&v, "avg", VIEW_DISTINCT_AVG, 3, 0, TYPE_OF(TYPE_DOUBLE));
	v.cols[1].table = v.cols[2].table =
		store_rig_table(&v.r, v.o, &v.distinct);
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1");
	store_rig_put(&v.r, v.o, 1, "0|1|3", "1000000|1|2", "5000000|1|1");
	store_rig_put(&v.r, v.o, 2, "0|1|1.5|2", "0|1|2|0", "1000000|1|1.5|1",
		      "1000000|1|4.5|1", "5000000|1|inf|1");
	view_commit(&v);
	EXPECT_VIEW(&v, "1", "1969-12-31 23:59:59.000|1.5|1.5\n"
			     "1970-01-01 00:00:00.000|6.0|3.0\n"
			     "1970-01-01 00:00:01.000|6.0|3.0\n"
			     "1970-01-01 00:00:04.000|Infinity|Infinity\n"
			     "1970-01-01 00:00:05.000|Infinity|Infinity\n");
	store_rig_release(&v.r);
}

TEST(distinct_counts_of_a_group_by)
{
	struct view_rig v;

	view_init(&v, "BIGINT _id, STRING word, BIGINT _rows", NULL);
	v.distinct = (struct table_def){ .suffix = "_distinct_v",
					 .nkeys = 2 };
	v.distinct.schema = store_rig_schema(
		&v.r, "BIGINT _id, BIGINT value, BIGINT n");
	view_column(&v, "word", VIEW_KEY, 1, 0, TYPE_STRING_OF);
	view_column(&v, "n", VIEW_DISTINCT, 2, 0, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "avg", VIEW_DISTINCT_AVG, 2, 0, TYPE_OF(TYPE_BIGINT));
	v.cols[1].table = v.cols[2].table =
		store_rig_table(&v.r, v.o, &v.distinct);
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1|a|3", "2|b|1");
	store_rig_put(&v.r, v.o, 1, "1|7|2", "1|8|1", "1|100|0");
	view_commit(&v);
	EXPECT_VIEW(&v, "1", "a|2|7\nb|0|NULL\n");
	store_rig_release(&v.r);
}

TEST(a_group_by_shows_its_groups)
{
	struct view_rig v;

	view_init(&v, "BIGINT _id, STRING word, BIGINT _rows, BIGINT n,"
		      " DECIMAL(38;2) total, TIMESTAMP(3) last", NULL);
	view_column(&v, "a \"quoted\" word", VIEW_KEY, 1, 0, TYPE_STRING_OF);
	view_column(&v, "n", VIEW_VALUE, 3, 0, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "total", VIEW_SUM, 4, 0, type_decimal(38, 2));
	view_column(&v, "mean", VIEW_AVG, 4, 3, type_decimal(38, 6));
	view_column(&v, "last", VIEW_MAX, 5, 0, type_timestamp(3));
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1|a|2|2|250|1000", "2|NULL|1|1|NULL|NULL",
		"3|gone|0|0|0|0");
	view_commit(&v);
	EXPECT_VIEW(&v, "2 DESC", "a|2|2.50|1.25|1970-01-01 00:00:00.001\n"
				  "NULL|1|NULL|NULL|NULL\n");
	EXPECT_STR(store_rig_sql(&v.r, "SELECT \"a \"\"quoted\"\" word\" FROM"
				 " window_aggregate_1 WHERE n = 2"),
		   "a\n");
	store_rig_release(&v.r);
}

TEST(names_that_are_equal_or_differ_by_case_get_numbers)
{
	struct view_rig v;

	view_init(&v, "BIGINT _id, STRING word, BIGINT _rows, BIGINT n,"
		      " BIGINT n, BIGINT N", NULL);
	view_column(&v, "word", VIEW_KEY, 1, 0, TYPE_STRING_OF);
	view_column(&v, "n", VIEW_VALUE, 3, 0, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "n", VIEW_VALUE, 4, 0, TYPE_OF(TYPE_BIGINT));
	view_column(&v, "N", VIEW_VALUE, 5, 0, TYPE_OF(TYPE_BIGINT));
	view_attach(&v);
	store_rig_put(&v.r, v.o, 0, "1|a|2|7|8|9");
	view_commit(&v);
	EXPECT_STR(store_rig_sql(&v.r, "SELECT word, n, n_2, N_3"
				 " FROM window_aggregate_1"),
		   "a|7|8|9\n");
	store_rig_release(&v.r);
}

TEST(another_alias_makes_the_view_anew_and_the_same_leaves_it)
{
	struct error err = ERROR_INIT;
	struct view_rig v;

	count_rig(&v, WINDOW_HOP, 10 * S, 5 * S, 0);
	store_rig_put(&v.r, v.o, 1, "0|1|2|2");
	view_commit(&v);
	store_rig_sql(&v.r, "PRAGMA schema_version");
	EXPECT_EQ(store_rig_attach(&v.r, &err), 0);
	{
		char *before = strdup(store_rig_sql(&v.r, "PRAGMA schema_version"));

		EXPECT_EQ(store_rig_attach(&v.r, &err), 0);
		EXPECT_STR(store_rig_sql(&v.r, "PRAGMA schema_version"), before);
		free(before);
	}
	v.cols[3].name = "times";
	EXPECT_EQ(store_rig_attach(&v.r, &err), 0);
	EXPECT_STR(store_rig_sql(&v.r, "SELECT times FROM window_aggregate_1 LIMIT"
				 " 1"),
		   "2\n");
	store_rig_release(&v.r);
}
