/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_grouping_sets.c - many sets: rows go out set by set, and wait
 * where the edge is full.
 */
#include "base/check.h"
#include "runtime/operator.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

TEST(many_sets_keep_few_batches_in_flight)
{
	struct rig *r = rig_open(
		"SELECT COUNT(*) AS n, SUM(c) AS total FROM ("
		"SELECT COUNT(*) AS c FROM s"
		" GROUP BY CUBE (k, v, v + 1, v + 2, v + 3, v + 4, v + 5))");
	struct op *op = rig_op(r, "grouping_sets");

	for (unsigned i = 0; i < 3; i++)
		rig_push(r, "s", 0, i ? "a,1,2026-01-01 00:00:01,"
				      : "b,1,2026-01-01 00:00:01,");
	rig_run(r);
	/* 128 sets, 64 of them with k */
	EXPECT_STR(rig_net(r, ""), "192 384\n");
	EXPECT(op->out[0]->n_most <= EDGE_BATCHES_MAX);
	EXPECT_EQ(stat_get(op->stats.rows_out), 3 * 128);
	rig_close(r);
}

TEST(rows_that_are_gone_leave_every_set)
{
	struct rig *r = rig_open(
		"SELECT n, COUNT(*) AS c FROM (SELECT k, COUNT(*) AS n FROM s"
		" GROUP BY k) GROUP BY GROUPING SETS ((n), (n), ())");

	rig_step(r, "a,1,@00:01", "b,1,@00:01", NULL);
	EXPECT_STR(rig_net(r, ""), "1 2\n1 2\nNULL 2\n");
	rig_crash(r);
	rig_step(r, "a,1,@00:02", "b,1,@00:02", NULL);
	EXPECT_STR(rig_net(r, ""), "2 2\n2 2\nNULL 2\n");
	rig_close(r);
}
