/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_variance.c - VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP:
 * Flink's whole numbers, values far from zero, and the ends of the types.
 */
#include "tests/unit/agg_rig.h"
#include "tests/unit/test.h"

static const struct agg_setup all_of_int = {
	.aggs = "var_pop(vi), var_samp(vi), stddev_pop(vi), stddev_samp(vi)",
	.retract = true,
};

static void
push_each(struct agg_rig *r, const int64_t *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		PUSH(r, in_row(1000 * i, "a", v[i]));
}
#define EACH(r, ...)                                                      \
	push_each(r, (const int64_t[]){ __VA_ARGS__ },                    \
		  ARRAY_LEN(((const int64_t[]){ __VA_ARGS__ })))

TEST(integers_are_truncated_at_each_division_as_in_flink)
{
	struct agg_rig r;

	agg_rig_open(&r, &all_of_int);
	EACH(&r, 2, 4, 4, 4, 5, 5, 7, 9);
	agg_rig_settle(&r);
	OUT(&r, "+4|4|2|2\n");
	agg_rig_close(&r);
	/* 8/9 in truth; (4 - 4/3) / 3 in whole numbers */
	agg_rig_open(&r, &all_of_int);
	EACH(&r, 0, 0, 2);
	agg_rig_settle(&r);
	OUT(&r, "+1|1|1|1\n");
	agg_rig_close(&r);
}

TEST(one_value_is_no_sample_and_none_is_nothing)
{
	struct agg_rig r;

	agg_rig_open(&r, &all_of_int);
	PUSH(&r, with_null(in_row(0, "a", 7), IN_VI));
	agg_rig_settle(&r);
	OUT(&r, "+NULL|NULL|NULL|NULL\n");
	EACH(&r, 7);
	agg_rig_settle(&r);
	OUT(&r, "-NULL|NULL|NULL|NULL\n+0|NULL|0|NULL\n");
	agg_rig_close(&r);
}

TEST(what_is_taken_back_leaves_no_trace)
{
	struct agg_rig r;

	agg_rig_open(&r, &all_of_int);
	EACH(&r, 1, 2, INT32_MAX, INT32_MIN, 6);
	PUSH(&r, minus(in_row(0, "a", INT32_MIN)),
	     minus(in_row(0, "a", INT32_MAX)));
	agg_rig_settle(&r);
	OUT(&r, "+4|7|2|2\n");
	agg_rig_close(&r);
}

TEST(a_variance_wider_than_its_type_is_null_its_root_is_not)
{
	static const struct agg_setup setup = {
		.aggs = "var_pop(vi), stddev_pop(vi), var_pop(vb),"
			" stddev_pop(vb), stddev_samp(vb)",
	};
	struct in_row low = in_row(0, "a", INT32_MIN);
	struct in_row high = in_row(0, "a", INT32_MAX);
	struct agg_rig r;

	low.v[IN_VB].i64 = INT64_MIN;
	high.v[IN_VB].i64 = INT64_MAX;
	agg_rig_open(&r, &setup);
	PUSH(&r, low, high);
	agg_rig_settle(&r);
	OUT(&r, "+NULL|2147483647|NULL|9223372036854775807|NULL\n");
	for (int i = 0; i < 1000; i++)
		PUSH(&r, low, high);
	agg_rig_settle(&r);
	OUT(&r, "");
	agg_rig_close(&r);
}

TEST(decimals_are_exact_however_long_they_are)
{
	static const struct agg_setup setup = {
		.aggs = "var_pop(vw), var_samp(vw), stddev_samp(vw),"
			" var_samp(vn)",
		.size_ms = 10000, .slide_ms = 1000, .kind = WINDOW_HOP,
	};
	struct in_row row[3];
	struct agg_rig r;
	i128 far = 1;

	for (int i = 0; i < 37; i++)
		far *= 10;
	for (int i = 0; i < 3; i++) {
		row[i] = in_row(1000 * i, "a", i + 1);
		row[i].v[IN_VW].i128 += far;
	}
	agg_rig_open(&r, &setup);
	agg_rig_push(&r, row, 3);
	agg_rig_cut(&r);
	agg_rig_restart(&r);
	agg_rig_watermark(&r, 2999);
	OUT(&r, "+-9000|1000|999|0.000000|NULL|NULL|NULL\n"
		"+-8000|2000|1999|0.250000|0.500000|0.707107|0.500000\n"
		"+-7000|3000|2999|0.666667|1.000000|1.000000|1.000000\n");
	agg_rig_watermark(&r, 11999);
	EXPECT(strstr(agg_rig_out(&r), "+2000|12000|11999|0.000000|NULL|NULL|"
				       "NULL\n"));
	agg_rig_close(&r);
}

TEST(doubles_far_from_zero_keep_their_digits)
{
	static const struct agg_setup setup = {
		.aggs = "var_samp(vd), stddev_pop(vd), var_pop(distinct vd)",
		.size_ms = 10000, .slide_ms = 1000, .kind = WINDOW_HOP,
	};
	struct agg_rig r;

	agg_rig_open(&r, &setup);
	EACH(&r, 1000000004, 1000000007, 1000000013, 1000000016);
	agg_rig_watermark(&r, 3999);
	EXPECT(strstr(agg_rig_out(&r), "|3999|30|4.7434164902525691|22.5\n"));
	agg_rig_watermark(&r, 10999);
	EXPECT(strstr(agg_rig_out(&r), "|10999|21|3.7416573867739413|14\n"));
	agg_rig_close(&r);
}
