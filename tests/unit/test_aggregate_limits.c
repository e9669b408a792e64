/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_aggregate_limits.c - aggregates that give all values of a
 * group stop at 32 MiB of them: by the row where it is one group, by the job
 * where the slices of a window have more together.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "runtime/agg.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#define LONG (1 << 20)

/* Rows of s with a key of 1 MiB. */
static void
push_long(struct rig *r, unsigned n, const char *time)
{
	char *row = mem_alloc(LONG + 64);

	for (unsigned i = 0; i < n; i++) {
		memset(row, 'a' + (int)(i % 26), LONG);
		snprintf(row + LONG, 64, ",1,@%s,", time);
		rig_push(r, "s", 0, row);
	}
	free(row);
}

TEST(a_row_that_makes_a_group_too_large_goes_to_errors)
{
	static const char *const sql[] = {
		"SELECT COUNT(*), CHAR_LENGTH(ARRAY_AGG(k)[3]) FROM s;",
		"SELECT COUNT(*), CHAR_LENGTH(TOP_K(k || UUID(), 5)[3].item) "
		"FROM s;",
	};

	for (unsigned i = 0; i < ARRAY_LEN(sql); i++) {
		struct rig *r = rig_open(sql[i]);

		push_long(r, 32, "00:01");
		rig_run(r);
		EXPECT_STR(rig_errors(r), "group_too_large s 0 31 -\n");
		EXPECT_STR(rig_net(r, ""), i ? "31 1048612\n"
					     : "31 1048576\n");
		rig_close(r);
	}
}

TEST(a_window_whose_slices_are_too_large_together_fails_the_job)
{
	struct rig *r = rig_open(
		"SELECT window_end, ARRAY_AGG(k)[1] FROM TABLE(HOP("
		"TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' "
		"SECOND)) GROUP BY window_start, window_end;");
	struct error err = ERROR_INIT;
	enum pipeline_rc rc = PIPELINE_BUSY;

	push_long(r, 20, "00:01");
	push_long(r, 20, "00:06");
	rig_run(r);
	pipeline_finish(rig_pipeline(r));
	for (int i = 0; rc != PIPELINE_FAIL && i < 10; i++)
		rc = pipeline_step(rig_pipeline(r), INT64_C(1767225700000000),
				   &err);
	EXPECT_EQ(rc, PIPELINE_FAIL);
	EXPECT_EQ(err.code, ERR_GROUP_TOO_LARGE);
	EXPECT_STR(err.message, "the values of array_agg(k) in one group are "
				"more than 32 MiB");
	rig_close(r);
}

TEST(values_that_count_too_often_go_to_errors)
{
	static const char *const sql[] = {
		"SELECT COUNT(*), PERCENTILE(1, 0.5, v) FROM s;",
		"SELECT COUNT(*), PERCENTILE(1, 0.5, v) FROM TABLE(HOP(TABLE s,"
		" DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '5' SECOND))"
		" GROUP BY window_start, window_end;",
	};

	for (unsigned i = 0; i < ARRAY_LEN(sql); i++) {
		struct rig *r = rig_open(sql[i]);

		rig_push(r, "s", 0, "a,9223372036854775807,@00:01,");
		rig_push(r, "s", 0, "a,9007199254740991,@00:01,");
		rig_push(r, "s", 0, "a,1,@00:01,");
		rig_push(r, "s", 0, "a,1,@00:01,");
		rig_watermark(r, "00:20");
		EXPECT_STR(rig_errors(r), "out_of_range s 0 0 -\n"
					  "out_of_range s 0 3 -\n");
		EXPECT_STR(rig_net(r, ""), "2 1.0\n");
		rig_close(r);
	}
}

TEST(separators_count_as_often_as_they_are_written)
{
	const unsigned len = 1000, n = AGG_WEIGHT_MAX / len + 1;
	char *sql = mem_alloc(len + 64);
	struct error err = ERROR_INIT;
	enum pipeline_rc rc = PIPELINE_BUSY;
	struct rig *r;

	strcpy(sql, "SELECT CHAR_LENGTH(LISTAGG(k, '");
	memset(sql + strlen(sql), ';', len);
	strcpy(sql + sizeof("SELECT CHAR_LENGTH(LISTAGG(k, '") - 1 + len,
	       "')) FROM s;");
	r = rig_open(sql);
	for (unsigned i = 0; i < n; i++)
		rig_push(r, "s", 0, "a,1,@00:01,");
	while (rc == PIPELINE_BUSY)
		rc = pipeline_step(rig_pipeline(r), INT64_C(1767225600000000),
				   &err);
	EXPECT_EQ(rc, PIPELINE_FAIL);
	EXPECT_EQ(err.code, ERR_GROUP_TOO_LARGE);
	rig_close(r);
	free(sql);
}
