/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_top.c - ORDER BY and LIMIT: what the scenarios do not tell.
 */
#include <stdio.h>

#include "runtime/operator.h"
#include "tests/unit/rig.h"
#include "test.h"

#define BOUNDED \
	"CREATE TABLE t (k STRING, v BIGINT) WITH ('connector' = 'kafka', " \
	"'topic' = 't', 'properties.bootstrap.servers' = 'rig', " \
	"'format' = 'csv', 'scan.bounded.mode' = 'latest-offset');"

static void
push_numbers(struct rig *r, unsigned n)
{
	char row[64];

	for (unsigned i = 0; i < n; i++) {
		snprintf(row, sizeof(row), "k%u,%u", i, i * 7919u % n);
		rig_push(r, "t", 0, row);
	}
}

TEST(a_long_sort_goes_out_in_pieces_and_in_order)
{
	struct rig *r = rig_open(BOUNDED "SELECT v FROM t ORDER BY v DESC;");
	const char *at;
	unsigned n = 50000;

	push_numbers(r, n);
	rig_end(r, "t");
	EXPECT_EQ(rig_run(r), PIPELINE_ENDED);
	pipeline_finish(rig_pipeline(r));
	EXPECT_EQ(rig_run(r), PIPELINE_DONE);
	at = rig_out(r, "");
	while (n-- > 0) {
		unsigned v;

		EXPECT_EQ(sscanf(at, "+I %u\n", &v), 1);
		EXPECT_EQ(v, n);
		at = strchr(at, '\n') + 1;
	}
	EXPECT_STR(at, "");
	rig_close(r);
}

TEST(a_sort_over_its_budget_says_which_setting_it_is)
{
	struct rig *r = rig_open(BOUNDED "SELECT v FROM t ORDER BY v;");
	enum pipeline_rc rc = PIPELINE_BUSY;
	struct error err = ERROR_INIT;

	rig_budget(r, 100000);
	push_numbers(r, 20000);
	while (rc == PIPELINE_BUSY)
		rc = pipeline_step(rig_pipeline(r), INT64_C(1767225600000000),
				   &err);
	EXPECT_EQ(rc, PIPELINE_FAIL);
	EXPECT_EQ(err.code, ERR_SORT_TOO_LARGE);
	EXPECT(strstr(err.note, "state-bytes") != NULL);
	rig_close(r);
}

TEST(a_top_of_few_keeps_few)
{
	struct rig *r = rig_open(BOUNDED
				 "SELECT v FROM t ORDER BY v LIMIT 3;");
	struct op *top;

	rig_budget(r, 400000);
	push_numbers(r, 20000);
	rig_end(r, "t");
	rig_run(r);
	top = rig_op(r, "top");
	EXPECT_EQ(stat_get(top->stats.state_rows), 3);
	pipeline_finish(rig_pipeline(r));
	rig_run(r);
	EXPECT_STR(rig_out(r, ""), "+I 0\n+I 1\n+I 2\n");
	rig_close(r);
}

TEST(a_live_top_larger_than_a_batch_moves_as_a_whole)
{
	struct rig *r = rig_open(
		"CREATE TABLE t (k STRING, v BIGINT) WITH ('connector' = "
		"'kafka', 'topic' = 't', 'properties.bootstrap.servers' = "
		"'rig', 'format' = 'csv');"
		"SELECT v FROM t ORDER BY v DESC LIMIT 10000;");
	char row[32];

	push_numbers(r, 40000);
	rig_run(r);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(row, sizeof(row), "x,%u", 100000 + i);
		rig_push(r, "t", 0, row);
	}
	rig_run(r);
	EXPECT(strncmp(rig_net(r, ""), "100000\n", 7) == 0);
	EXPECT(strstr(rig_net(r, ""), "\n39999\n") == NULL);
	rig_close(r);
}
