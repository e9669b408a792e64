/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_group_aggregate.c - GROUP BY: one answer per step, in pairs.
 */
#include "tests/unit/agg_rig.h"
#include "tests/unit/test.h"

static const struct agg_setup counts = {
	.keys = "ks", .aggs = "count(*), sum(vi)", .retract = true,
};

TEST(a_step_gives_one_answer_per_group)
{
	struct agg_rig r;

	agg_rig_open(&r, &counts);
	PUSH(&r, in_row(0, "a", 1), in_row(0, "b", 2), in_row(0, "a", 3));
	PUSH(&r, in_row(0, "a", 5));
	OUT(&r, "");
	agg_rig_settle(&r);
	OUT(&r, "+a|3|9\n+b|1|2\n");
	PUSH(&r, in_row(0, "a", 1));
	agg_rig_settle(&r);
	OUT(&r, "-a|3|9\n+a|4|10\n");
	agg_rig_settle(&r);
	OUT(&r, "");
	agg_rig_close(&r);
}

TEST(an_answer_that_has_not_changed_is_not_given)
{
	static const struct agg_setup setup = { .keys = "ks",
						.aggs = "max(vi), min(vd)" };
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 5));
	agg_rig_settle(&r);
	OUT(&r, "+a|5|5\n");
	PUSH(&r, with_null(with_null(in_row(0, "a", 3), IN_VD), IN_VI));
	agg_rig_settle(&r);
	OUT(&r, "");
	agg_rig_close(&r);
}

TEST(a_group_without_rows_is_gone_and_may_come_back)
{
	struct agg_rig r;

	agg_rig_open(&r, &counts);
	PUSH(&r, in_row(0, "a", 5));
	agg_rig_settle(&r);
	agg_rig_cut(&r);
	PUSH(&r, minus(in_row(0, "a", 5)));
	agg_rig_settle(&r);
	OUT(&r, "+a|1|5\n-a|1|5\n");
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 0);
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_groups"), 0);
	agg_rig_restart(&r);
	PUSH(&r, in_row(0, "a", 7));
	agg_rig_settle(&r);
	OUT(&r, "+a|1|7\n");
	agg_rig_close(&r);
}

TEST(rows_that_come_and_go_within_a_step_are_never_seen)
{
	struct agg_rig r;

	agg_rig_open(&r, &counts);
	PUSH(&r, in_row(0, "a", 5), in_row(0, "b", 5));
	PUSH(&r, minus(in_row(0, "a", 5)));
	agg_rig_settle(&r);
	OUT(&r, "+b|1|5\n");
	/* and -old, +same is nothing */
	PUSH(&r, minus(in_row(0, "b", 5)), in_row(0, "b", 5));
	agg_rig_settle(&r);
	OUT(&r, "");
	agg_rig_close(&r);
}

TEST(an_upsert_reader_gets_the_row_or_the_key_that_is_gone)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "count(*), sum(vi)", .retract = true,
		.upsert = true,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 5), in_row(0, "b", 1));
	agg_rig_settle(&r);
	OUT(&r, "+a|1|5\n+b|1|1\n");
	PUSH(&r, in_row(0, "a", 1), minus(in_row(0, "b", 1)));
	agg_rig_settle(&r);
	OUT(&r, "+a|2|6\n-b|NULL|NULL\n");
	agg_rig_close(&r);
}

/* COUNT(*) over rows that are only added: nobody asks what was before. */
TEST(an_upsert_reader_of_counts_gets_each_group_once_a_step)
{
	static const struct agg_setup setup = {
		.keys = "ks", .aggs = "sum(vi), count(*), max(vi)",
		.upsert = true,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 5), in_row(0, NULL, 1), in_row(0, "a", -5));
	PUSH(&r, with_null(in_row(0, "b", 1), IN_VI));
	agg_rig_settle(&r);
	OUT(&r, "+a|0|2|5\n+NULL|1|1|1\n+b|NULL|1|NULL\n");
	agg_rig_settle(&r);
	OUT(&r, "");
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	PUSH(&r, in_row(0, "b", 0), in_row(0, NULL, 0));
	agg_rig_settle(&r);
	OUT(&r, "+b|0|2|0\n+NULL|1|2|1\n");
	agg_rig_close(&r);
}

TEST(an_upsert_reader_of_others_hears_of_changes_only)
{
	static const struct agg_setup setup = { .keys = "ks",
						.aggs = "max(vi)",
						.upsert = true };
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 5), in_row(0, "b", 1));
	agg_rig_settle(&r);
	OUT(&r, "+a|5\n+b|1\n");
	PUSH(&r, in_row(0, "a", 5), in_row(0, "b", 2));
	agg_rig_settle(&r);
	OUT(&r, "+b|2\n");
	agg_rig_close(&r);
}

TEST(upserts_of_many_groups_come_batch_by_batch)
{
	static const struct agg_setup setup = {
		.keys = "ki", .aggs = "count(*), sum(vi)", .upsert = true,
	};
	const uint32_t batches = 40; /* more than an edge takes at once */
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	for (uint32_t step = 1; step <= 2; step++) {
		const char *line;
		uint32_t n = 0;

		for (uint32_t i = 0; i < batches * BATCH_ROWS; i++)
			PUSH(&r, in_row(0, "a", i));
		agg_rig_settle(&r);
		EXPECT(r.batches_most <= EDGE_BATCHES_MAX);
		for (line = agg_rig_out(&r); *line; n++) {
			char want[64];
			size_t len = (size_t)snprintf(
				want, sizeof(want), "+%u|%u|%u\n", n, step,
				step * n);

			EXPECT(strncmp(line, want, len) == 0);
			line += len;
		}
		EXPECT_EQ(n, batches * BATCH_ROWS);
	}
	agg_rig_close(&r);
}

TEST(without_keys_there_is_one_row_from_the_first_row_on)
{
	static const struct agg_setup setup = { .aggs = "count(*), sum(vi)",
						.retract = true };
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	agg_rig_settle(&r);
	OUT(&r, "");
	PUSH(&r, in_row(0, "a", 5));
	agg_rig_settle(&r);
	PUSH(&r, minus(in_row(0, "a", 5)));
	agg_rig_settle(&r);
	OUT(&r, "+1|5\n-1|5\n+0|NULL\n");
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	PUSH(&r, in_row(0, "a", 6));
	agg_rig_settle(&r);
	OUT(&r, "-0|NULL\n+1|6\n");
	agg_rig_close(&r);
}

TEST(not_a_number_and_infinity_leave_a_sum_with_their_rows)
{
	static const struct agg_setup setup = { .keys = "ks",
						.aggs = "sum(vd), avg(vd)",
						.retract = true };
	struct in_row inf = in_row(0, "a", 0), nan = in_row(0, "a", 0);
	struct agg_rig r;

	inf.v[IN_VD].f64 = __builtin_inf();
	nan.v[IN_VD].f64 = __builtin_nan("");
	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 1), inf);
	agg_rig_settle(&r);
	OUT(&r, "+a|inf|inf\n");
	PUSH(&r, nan);
	agg_rig_settle(&r);
	OUT(&r, "-a|inf|inf\n+a|nan|nan\n");
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	PUSH(&r, minus(nan), minus(inf));
	agg_rig_settle(&r);
	OUT(&r, "-a|nan|nan\n+a|1|1\n");
	agg_rig_close(&r);
}

TEST(a_sum_of_nothing_is_exactly_zero_again)
{
	static const struct agg_setup setup = { .keys = "ks",
						.aggs = "sum(vd), count(*)",
						.retract = true };
	const double values[] = { 0.1, 0.2, 0.3 };
	struct in_row row = in_row(0, "a", 0);
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, with_null(in_row(0, "a", 0), IN_VD));
	for (int64_t w = 1; w >= -1; w -= 2) {
		for (int i = 0; i < 3; i++) {
			row.v[IN_VD].f64 = values[i];
			row.w = w;
			PUSH(&r, row);
		}
	}
	row.v[IN_VD].f64 = 1e-20;
	row.w = 1;
	PUSH(&r, row);
	agg_rig_settle(&r);
	OUT(&r, "+a|9.9999999999999995e-21|2\n");
	agg_rig_close(&r);
}

TEST(a_weight_counts_as_many_rows)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "count(*), sum(vi), sum(vw), avg(vd), min(vi), "
			"sum(distinct vi)",
	};
	struct in_row three = in_row(0, "a", 4), two = in_row(0, "a", 4);
	struct agg_rig r;

	three.w = 3;
	two.w = -2;
	agg_rig_open(&r, &setup);
	PUSH(&r, three, in_row(0, "a", 6));
	agg_rig_settle(&r);
	OUT(&r, "+a|4|18|18.0000|4.5|4|10\n");
	PUSH(&r, two, two);
	agg_rig_settle(&r);
	OUT(&r, "-a|4|18|18.0000|4.5|4|10\n+a|2|10|10.0000|5|4|10\n");
	EXPECT_EQ(stat_get(r.op->stats.unmatched), 1);
	agg_rig_close(&r);
}

TEST(a_group_whose_rows_went_begins_with_nothing)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "count(vi), sum(vi), count(distinct vi), max(vi)",
	};
	const struct in_row one = in_row(0, "a", 1);
	const struct in_row none = with_null(in_row(0, "a", 1), IN_VI);
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, one, none);
	agg_rig_settle(&r);
	agg_rig_cut(&r);
	PUSH(&r, minus(none), minus(none), none);
	agg_rig_settle(&r);
	OUT(&r, "+a|1|1|1|1\n-a|1|1|1|1\n+a|0|NULL|0|NULL\n");
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_distinct_count(distinct vi)"), 0);
	EXPECT_EQ(agg_rig_stored(&r, "_multiset_max(vi)"), 0);
	agg_rig_close(&r);
}

TEST(values_that_went_and_came_back_between_checkpoints_are_kept)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "max(vi), count(distinct vi)",
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3000; i++) {
			/* back in the other order */
			struct in_row row = in_row(0, "a", round < 2 ? i
							: 2999 - i);

			PUSH(&r, round == 1 ? minus(row) : row);
		}
		agg_rig_settle(&r);
		if (round != 1)
			agg_rig_cut(&r);
	}
	EXPECT_EQ(agg_rig_stored(&r, "_multiset_max(vi)"), 3000);
	EXPECT_EQ(agg_rig_stored(&r, "_distinct_count(distinct vi)"), 3000);
	agg_rig_close(&r);
}

TEST(minimum_and_maximum_fall_back_when_the_best_row_goes)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "min(vi), max(vs), max(vw), min(f)",
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 1), in_row(0, "a", 1), in_row(0, "a", 2),
	     in_row(0, "a", 3));
	agg_rig_settle(&r);
	OUT(&r, "+a|1|value number 3|3.0000|true\n");
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_multiset_min(vi)"), 3);
	PUSH(&r, minus(in_row(0, "a", 1)), minus(in_row(0, "a", 3)));
	agg_rig_settle(&r);
	OUT(&r, "-a|1|value number 3|3.0000|true\n"
		"+a|1|value number 2|2.0000|true\n");
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_multiset_min(vi)"), 2);
	agg_rig_restart(&r);
	PUSH(&r, minus(in_row(0, "a", 1)));
	agg_rig_settle(&r);
	OUT(&r, "-a|1|value number 2|2.0000|true\n"
		"+a|2|value number 2|2.0000|true\n");
	agg_rig_close(&r);
}

TEST(distinct_values_count_once_until_the_last_of_them_goes)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "count(distinct vs), sum(distinct vi), "
			"avg(distinct vd), count(distinct vi) f",
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 4), in_row(0, "a", 4),
	     with_null(in_row(0, "a", 2), IN_F));
	agg_rig_settle(&r);
	OUT(&r, "+a|2|6|3|1\n");
	PUSH(&r, minus(in_row(0, "a", 4)));
	agg_rig_settle(&r);
	OUT(&r, "");
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_distinct_count(distinct vs)"), 2);
	agg_rig_restart(&r);
	PUSH(&r, minus(in_row(0, "a", 4)));
	agg_rig_settle(&r);
	OUT(&r, "-a|2|6|3|1\n+a|1|2|2|0\n");
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_distinct_count(distinct vs)"), 1);
	agg_rig_close(&r);
}

TEST(a_row_that_never_came_cannot_be_taken_back)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "count(*), count(distinct vi), min(vi)",
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 1), minus(in_row(0, "b", 1)),
	     minus(in_row(0, "a", 2)));
	agg_rig_settle(&r);
	OUT(&r, "+a|1|1|1\n");
	EXPECT_EQ(stat_get(r.op->stats.unmatched), 2);
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 3);
	agg_rig_close(&r);
}

TEST(decimal_sums_are_exact_and_null_when_they_do_not_fit)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true,
		.aggs = "sum(vw), avg(vw), sum(vn), avg(vn)",
	};
	struct in_row big = in_row(0, "a", 0);
	struct agg_rig r;

	/* the largest DECIMAL(38, 4); 17 of them pass 2^128 */
	big.v[IN_VW].i128 = (i128)10000000000000000000u * 10000000000000000000u
			    - 1;
	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 1), in_row(0, "a", 1), in_row(0, "a", 0));
	agg_rig_settle(&r);
	OUT(&r, "+a|2.0000|0.666667|2.00|0.666667\n");
	for (int i = 0; i < 17; i++)
		PUSH(&r, big);
	agg_rig_settle(&r);
	OUT(&r, "-a|2.0000|0.666667|2.00|0.666667\n"
		"+a|NULL|NULL|2.00|0.100000\n");
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	for (int i = 0; i < 17; i++)
		PUSH(&r, minus(big));
	agg_rig_settle(&r);
	OUT(&r, "-a|NULL|NULL|2.00|0.100000\n"
		"+a|2.0000|0.666667|2.00|0.666667\n");
	agg_rig_close(&r);
}

TEST(integer_sums_wrap_in_their_type_and_averages_are_cut)
{
	static const struct agg_setup setup = {
		.keys = "ks", .retract = true, .aggs = "sum(vi), avg(vi)",
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	PUSH(&r, in_row(0, "a", 2147483647), in_row(0, "a", 2147483647));
	PUSH(&r, in_row(0, "b", -7), in_row(0, "b", 2));
	agg_rig_settle(&r);
	OUT(&r, "+a|-2|2147483647\n+b|-5|-2\n");
	agg_rig_close(&r);
}

TEST(many_groups_in_one_step_keep_pairs_together)
{
	static const struct agg_setup setup = { .keys = "ki",
						.aggs = "count(*)" };
	struct agg_rig r;
	uint64_t lines = 0;
	const char *out;

	agg_rig_open(&r, &setup);
	for (int64_t step = 0; step < 2; step++) {
		for (int64_t i = 0; i < 40000; i += 2000) {
			struct in_row *rows = mem_alloc(2000 * sizeof(*rows));

			for (int64_t k = 0; k < 2000; k++)
				rows[k] = in_row(0, "a", i + k);
			agg_rig_push(&r, rows, 2000);
			free(rows);
		}
		agg_rig_settle(&r);
	}
	EXPECT(r.batches_most <= EDGE_BATCHES_MAX);
	out = agg_rig_out(&r);
	for (const char *c = out; *c; c++)
		lines += *c == '\n';
	EXPECT_EQ(lines, 3 * 40000);
	for (const char *c = strstr(out, "\n-"); c; c = strstr(c, "\n-")) {
		int64_t old = atoll(c + 2);

		c = strchr(c + 1, '\n');
		EXPECT(c && c[1] == '+');
		EXPECT_EQ(atoll(c + 2), old);
	}
	agg_rig_close(&r);
}

TEST(a_checkpoint_writes_the_groups_that_have_changed)
{
	struct agg_rig r;

	agg_rig_open(&r, &counts);
	for (int i = 0; i < 26; i++)
		PUSH(&r, in_row(0, (char[]){ (char)('a' + i), 0 }, i));
	agg_rig_settle(&r);
	agg_rig_cut(&r);
	EXPECT_EQ(r.put_rows, 26);
	PUSH(&r, in_row(0, "c", 1));
	agg_rig_settle(&r);
	agg_rig_cut(&r);
	EXPECT_EQ(r.put_rows, 1);
	agg_rig_cut(&r);
	EXPECT_EQ(r.put_rows, 0);
	agg_rig_close(&r);
}
