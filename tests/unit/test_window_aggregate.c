/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_window_aggregate.c - what windows promise, as stories.
 */
#include "tests/unit/agg_rig.h"
#include "tests/unit/test.h"

static const struct agg_setup tumble = {
	.keys = "ks", .aggs = "count(*), sum(vi)",
	.kind = WINDOW_TUMBLE, .size_ms = 10000,
};
static const struct agg_setup hop = {
	.keys = "ks", .aggs = "count(*), sum(vi)",
	.kind = WINDOW_HOP, .size_ms = 10000, .slide_ms = 5000,
};

TEST(a_window_fires_once_when_the_watermark_reaches_its_last_millisecond)
{
	struct agg_rig r;

	agg_rig_open(&r, &tumble);
	PUSH(&r, in_row(1000, "a", 7), in_row(9999, "a", 5));
	agg_rig_watermark(&r, 9998);
	OUT(&r, "");
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+a|0|10000|9999|2|12\n");
	agg_rig_watermark(&r, 30000);
	OUT(&r, "");
	agg_rig_close(&r);
}

TEST(a_row_at_the_end_of_a_window_belongs_to_the_next)
{
	struct agg_rig r;

	agg_rig_open(&r, &tumble);
	PUSH(&r, in_row(10000, "a", 1), in_row(9999, "a", 2));
	agg_rig_watermark(&r, 19999);
	OUT(&r, "+a|0|10000|9999|1|2\n"
		"+a|10000|20000|19999|1|1\n");
	agg_rig_close(&r);
}

TEST(a_row_behind_the_watermark_still_counts_while_its_window_is_open)
{
	struct agg_rig r;

	agg_rig_open(&r, &tumble);
	PUSH(&r, in_row(1000, "a", 1));
	agg_rig_watermark(&r, 9998);
	PUSH(&r, in_row(5000, "a", 2));
	EXPECT_EQ(stat_get(r.op->stats.late), 0);
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+a|0|10000|9999|2|3\n");
	PUSH(&r, in_row(5000, "a", 4));
	EXPECT_EQ(stat_get(r.op->stats.late), 1);
	EXPECT_EQ(stat_get(r.op->stats.pane_updates), 2);
	agg_rig_watermark(&r, 50000);
	OUT(&r, "");
	agg_rig_close(&r);
}

/* Flink 2.3: watermark 00:00:11, slide 5, size 10. */
TEST(a_late_row_enters_the_windows_that_are_open_and_no_other)
{
	struct agg_rig r;

	agg_rig_open(&r, &hop);
	PUSH(&r, in_row(8000, "a", 2), in_row(11000, "a", 8));
	agg_rig_watermark(&r, 11000);
	OUT(&r, "+a|0|10000|9999|1|2\n");
	PUSH(&r, in_row(8000, "a", 4), in_row(3000, "a", 100));
	EXPECT_EQ(stat_get(r.op->stats.late), 1);
	agg_rig_watermark(&r, 30000);
	OUT(&r, "+a|5000|15000|14999|3|14\n"
		"+a|10000|20000|19999|1|8\n");
	agg_rig_close(&r);
}

TEST(a_late_row_makes_a_pane_that_no_row_had_made)
{
	struct agg_rig r;

	agg_rig_open(&r, &hop);
	PUSH(&r, in_row(12000, "a", 1));
	agg_rig_watermark(&r, 11000); /* [0,10) is closed, and was empty */
	OUT(&r, "");
	PUSH(&r, in_row(6000, "b", 2));
	agg_rig_watermark(&r, 30000);
	OUT(&r, "+a|5000|15000|14999|1|1\n"
		"+b|5000|15000|14999|1|2\n"
		"+a|10000|20000|19999|1|1\n");
	agg_rig_close(&r);
}

TEST(each_row_touches_one_pane_and_comes_out_in_each_of_its_windows)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "count(*)", .kind = WINDOW_HOP,
		.size_ms = 20000, .slide_ms = 5000,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(7000, "a", 1));
	agg_rig_watermark(&r, 100000);
	OUT(&r, "+a|-10000|10000|9999|1\n"
		"+a|-5000|15000|14999|1\n"
		"+a|0|20000|19999|1\n"
		"+a|5000|25000|24999|1\n");
	EXPECT_EQ(stat_get(r.op->stats.pane_updates), 1);
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 0);
	agg_rig_close(&r);
}

TEST(cumulate_grows_step_by_step_and_begins_anew)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "count(*), max(vi)",
		.kind = WINDOW_CUMULATE, .size_ms = 15000, .slide_ms = 5000,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(6000, "a", 3), in_row(14000, "a", 1),
	     in_row(15000, "a", 2));
	agg_rig_watermark(&r, 12000);
	OUT(&r, "+a|0|10000|9999|1|3\n");
	PUSH(&r, in_row(2000, "a", 9)); /* its first two windows are closed */
	agg_rig_watermark(&r, 100000);
	OUT(&r, "+a|0|15000|14999|3|9\n"
		"+a|15000|20000|19999|1|2\n"
		"+a|15000|25000|24999|1|2\n"
		"+a|15000|30000|29999|1|2\n");
	agg_rig_close(&r);
}

/* Flink: ts 1969-12-31 23:59:58.5, size 5: [23:59:55, 00:00:00). */
TEST(windows_before_1970_and_offsets_round_down)
{
	static const struct {
		int64_t offset_ms;
		const char *out;
	} cases[] = {
		{ 0, "+a|-5000|0|-1|1\n" },
		{ 2000, "+a|-3000|2000|1999|1\n" },
		{ -2000, "+a|-2000|3000|2999|1\n" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		const struct agg_setup setup = {
			.keys = "ks", .aggs = "count(*)",
			.kind = WINDOW_TUMBLE, .size_ms = 5000,
			.offset_ms = cases[i].offset_ms,
		};
		struct agg_rig r;

		agg_rig_open(&r, &setup);
		PUSH(&r, in_row(-1500, "a", 1));
		agg_rig_watermark(&r, 10000);
		OUT(&r, cases[i].out);
		agg_rig_close(&r);
	}
}

TEST(windows_of_instants_align_to_the_clock_on_the_wall)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "count(*)", .kind = WINDOW_TUMBLE,
		.size_ms = 86400000, .zone = "Asia/Kolkata",
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	/* 18:29:59.999Z and 18:30Z: midnight lies between them. */
	PUSH(&r, in_row(66599999, "a", 1), in_row(66600000, "a", 1));
	agg_rig_watermark(&r, 66599998);
	OUT(&r, "");
	agg_rig_watermark(&r, 66599999);
	OUT(&r, "+a|0|86400000|66599999|1\n");
	agg_rig_close(&r);
}

TEST(a_day_has_25_hours_when_clocks_are_put_back)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "count(*)", .kind = WINDOW_TUMBLE,
		.size_ms = 86400000, .zone = "Europe/Berlin",
	};
	const int64_t day = INT64_C(1761429600000); /* 2025-10-26 00:00 CEST */
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	for (int h = 0; h < 26; h++)
		PUSH(&r, in_row(day + h * INT64_C(3600000), "a", 1));
	agg_rig_watermark(&r, day + INT64_C(25) * 3600000 - 2);
	OUT(&r, "");
	agg_rig_watermark(&r, day + INT64_C(25) * 3600000 - 1);
	OUT(&r, "+a|1761436800000|1761523200000|1761519599999|25\n");
	agg_rig_close(&r);
}

TEST(an_hour_that_comes_twice_is_one_window)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "count(*)", .kind = WINDOW_TUMBLE,
		.size_ms = 3600000, .zone = "Europe/Berlin",
	};
	const int64_t two = INT64_C(1761436800000); /* 02:00 CEST */
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(two + 600000, "a", 1));
	agg_rig_watermark(&r, two + 3600000);
	OUT(&r, ""); /* it is 02:00 again */
	PUSH(&r, in_row(two + 3600000 + 600000, "a", 1));
	EXPECT_EQ(stat_get(r.op->stats.late), 0);
	agg_rig_watermark(&r, two + 7200000);
	OUT(&r, "+a|1761444000000|1761447600000|1761443999999|2\n");
	agg_rig_close(&r);
}

TEST(a_row_without_time_goes_to_quarantine)
{
	struct agg_rig r;

	agg_rig_open(&r, &tumble);
	PUSH(&r, in_row(1000, "a", 1),
	     with_null(in_row(1000, "a", 5), IN_TS));
	EXPECT_EQ(stat_get(r.op->stats.errors), 1);
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+a|0|10000|9999|1|1\n");
	agg_rig_close(&r);
}

TEST(null_is_a_key_like_any_other)
{
	struct agg_rig r;

	agg_rig_open(&r, &tumble);
	PUSH(&r, in_row(1, NULL, 1), in_row(2, "", 2), in_row(3, NULL, 4),
	     in_row(4, "a longer key than twelve bytes", 8));
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	PUSH(&r, in_row(5, "a longer key than twelve bytes", 16),
	     in_row(6, NULL, 32));
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+NULL|0|10000|9999|3|37\n"
		"+|0|10000|9999|1|2\n"
		"+a longer key than twelve bytes|0|10000|9999|2|24\n");
	agg_rig_close(&r);
}

TEST(aggregates_see_only_values_that_are_not_null)
{
	static const struct agg_setup setup = {
		.aggs = "count(*), count(vi), sum(vi), avg(vi), min(vi), "
			"max(vi), count(distinct vi), count(*) f, sum(vi) f",
		.kind = WINDOW_TUMBLE, .size_ms = 10000,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, with_null(in_row(1, "a", 0), IN_VI));
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+0|10000|9999|1|0|NULL|NULL|NULL|NULL|0|1|NULL\n");
	PUSH(&r, in_row(10001, "a", -7), in_row(10002, "a", 2),
	     with_null(in_row(10003, "a", 2), IN_F),
	     with_null(in_row(10004, "a", 0), IN_VI));
	agg_rig_watermark(&r, 19999);
	OUT(&r, "+10000|20000|19999|4|3|-3|-1|-7|2|2|3|-5\n");
	agg_rig_close(&r);
}

TEST(rows_taken_back_leave_no_trace)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "count(*), sum(vd), min(vs), max(vi), "
			"count(distinct vi)",
		.kind = WINDOW_HOP, .size_ms = 10000, .slide_ms = 5000,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(1000, "a", 1), in_row(2000, "a", 9),
	     in_row(3000, "b", 4));
	agg_rig_cut(&r);
	PUSH(&r, minus(in_row(2000, "a", 9)), minus(in_row(3000, "b", 4)));
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	agg_rig_watermark(&r, 4999);
	OUT(&r, "+a|-5000|5000|4999|1|1|value number 1|1|1\n");
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+a|0|10000|9999|1|1|value number 1|1|1\n");
	EXPECT_EQ(stat_get(r.op->stats.unmatched), 0);
	agg_rig_close(&r);
}

TEST(a_row_that_never_came_cannot_be_taken_back)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true, .aggs = "count(*), count(vi)",
		.kind = WINDOW_TUMBLE, .size_ms = 10000,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, minus(in_row(1000, "a", 1)), in_row(1000, "b", 1),
	     with_null(in_row(2000, "b", 0), IN_VI));
	PUSH(&r, minus(in_row(1000, "b", 1)), minus(in_row(1000, "b", 1)));
	EXPECT_EQ(stat_get(r.op->stats.unmatched), 2);
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+b|0|10000|9999|1|0\n");
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 0);
	agg_rig_close(&r);
}

TEST(a_group_whose_rows_went_begins_with_nothing)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "count(vi), sum(vd), count(distinct vi), max(vs)",
		.kind = WINDOW_HOP, .size_ms = 10000, .slide_ms = 5000,
	};
	const struct in_row one = in_row(6000, "a", 1);
	struct in_row none = with_null(with_null(one, IN_VI), IN_VD);
	struct agg_rig r;

	none = with_null(none, IN_VS);
	agg_rig_open(&r, &setup);
	PUSH(&r, one, none, in_row(11000, "b", 2));
	agg_rig_watermark(&r, 9999);
	OUT(&r, "+a|0|10000|9999|1|1|1|value number 1\n");
	/* One too many without values: the row with them is lost with it. */
	PUSH(&r, minus(none), minus(none), none);
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	agg_rig_watermark(&r, 14999);
	OUT(&r, "+a|5000|15000|14999|0|NULL|0|NULL\n"
		"+b|5000|15000|14999|1|2|1|value number 2\n");
	agg_rig_close(&r);
}

TEST(nothing_fires_twice_after_a_restart)
{
	struct agg_rig r;

	agg_rig_open(&r, &hop);
	PUSH(&r, in_row(8000, "a", 2), in_row(11000, "a", 8));
	agg_rig_watermark(&r, 11000);
	OUT(&r, "+a|0|10000|9999|1|2\n");
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	agg_rig_watermark(&r, 4000); /* an input came back behind it */
	OUT(&r, "");
	PUSH(&r, in_row(3000, "a", 100), in_row(8000, "a", 4));
	EXPECT_EQ(stat_get(r.op->stats.late), 1);
	agg_rig_watermark(&r, 14999);
	OUT(&r, "+a|5000|15000|14999|3|14\n");
	agg_rig_close(&r);
}

TEST(an_empty_century_is_skipped_at_once)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "count(*)", .kind = WINDOW_HOP,
		.size_ms = 3600000, .slide_ms = 1,
	};
	const int64_t century = INT64_C(3155760000000);
	struct agg_rig r;
	uint32_t lines = 0;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 1), in_row(century, "a", 1));
	agg_rig_watermark(&r, 0);
	OUT(&r, "+a|-3599999|1|0|1\n");
	agg_rig_watermark(&r, century);
	for (const char *c = agg_rig_out(&r); *c; c++)
		lines += *c == '\n';
	EXPECT_EQ(lines, 3600000);
	agg_rig_close(&r);
}

TEST(the_final_watermark_fires_everything_and_is_not_kept)
{
	struct agg_rig r;

	agg_rig_open(&r, &tumble);
	PUSH(&r, in_row(1000, "a", 1));
	agg_rig_watermark(&r, 5000);
	agg_rig_watermark_us(&r, INT64_MAX);
	OUT(&r, "+a|0|10000|9999|1|1\n");
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	PUSH(&r, in_row(12000, "a", 1));
	EXPECT_EQ(stat_get(r.op->stats.late), 0);
	agg_rig_close(&r);
}

/* 100 000 groups of one window. */
static struct batch *
batch_of_keys(struct agg_rig *r, int64_t ts_us, int64_t first_key)
{
	struct batch *b = batch_create(r->p->pool, agg_rig_schema(),
				       BATCH_ROWS);

	for (unsigned c = 0; c < IN_COLS; c++)
		memset(b->col[c].data, 0,
		       BATCH_ROWS * phys_bytes(b->col[c].phys));
	for (uint32_t i = 0; i < BATCH_ROWS; i++) {
		b->col[IN_TS].i64[i] = ts_us;
		b->col[IN_KI].i64[i] = first_key + i;
	}
	batch_seal(b, BATCH_ROWS);
	return b;
}

static const struct agg_setup by_number = {
	.keys = "ki", .aggs = "count(*), sum(vi)",
	.kind = WINDOW_TUMBLE, .size_ms = 10000,
};

TEST(closing_many_groups_stops_at_a_full_edge_and_goes_on)
{
	struct agg_rig r;
	uint64_t lines = 0;

	agg_rig_open(&r, &by_number);
	for (int i = 0; i < 50; i++)
		agg_rig_push_batch(&r, batch_of_keys(&r, 0, i * BATCH_ROWS));
	agg_rig_watermark(&r, 9999);
	for (const char *c = agg_rig_out(&r); *c; c++)
		lines += *c == '\n';
	EXPECT_EQ(lines, 50 * BATCH_ROWS);
	EXPECT(r.batches_most <= EDGE_BATCHES_MAX);
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 0);
	agg_rig_close(&r);
}

TEST(a_checkpoint_writes_what_has_changed_and_no_more)
{
	static const struct agg_setup setup = {
		.keys = "ki", .aggs = "count(*), sum(vi)",
		.kind = WINDOW_HOP, .size_ms = 10000, .slide_ms = 5000,
	};
	struct snapshot *s;
	struct error err = ERROR_INIT;
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	for (int i = 0; i < 500; i++)
		agg_rig_push_batch(&r, batch_of_keys(&r, 0, i * BATCH_ROWS));
	s = snapshot_create(1, 0);
	EXPECT_EQ(r.op->type->checkpoint(r.op, s, &err), 0);
	EXPECT_EQ(s->rows, 2 * 500 * BATCH_ROWS);
	snapshot_destroy(s);
	for (int i = 0; i < 10; i++)
		PUSH(&r, in_row(4000, "a", i * 77777));
	agg_rig_watermark(&r, 100);
	s = snapshot_create(2, 0);
	EXPECT_EQ(r.op->type->checkpoint(r.op, s, &err), 0);
	EXPECT_EQ(s->rows, 11); /* ten groups and the time */
	snapshot_destroy(s);
	agg_rig_close(&r);
}

TEST(closed_panes_and_freed_groups_leave_the_tables)
{
	struct agg_rig r;

	agg_rig_open(&r, &hop);
	PUSH(&r, in_row(1000, "a", 1), in_row(7000, "b", 1));
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_groups"), 2);
	EXPECT_EQ(agg_rig_stored(&r, "_panes"), 2);
	agg_rig_watermark(&r, 9999);
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_groups"), 1);
	EXPECT_EQ(agg_rig_stored(&r, "_panes"), 1);
	agg_rig_watermark(&r, 19999);
	PUSH(&r, in_row(21000, "c", 1)); /* takes a freed number */
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_groups"), 1);
	EXPECT_EQ(agg_rig_stored(&r, "_panes"), 1);
	agg_rig_restart(&r);
	agg_rig_out(&r);
	agg_rig_watermark(&r, 24999);
	OUT(&r, "+c|15000|25000|24999|1|1\n");
	agg_rig_close(&r);
}
