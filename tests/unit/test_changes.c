/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_changes.c - what a job says of changes that do not add up,
 * and of state that it has forgotten.
 */
#include "base/time.h"
#include "rig.h"
#include "test.h"

#define DEBEZIUM                                                          \
	"CREATE TABLE t (k STRING, v BIGINT) WITH ('connector' = 'kafka'," \
	" 'topic' = 't', 'properties.bootstrap.servers' = 'rig',"          \
	" 'format' = 'debezium-json');"

static const char created[] =
	"{\"before\":null,\"after\":{\"k\":\"a\",\"v\":5},\"op\":\"c\"}";
static const char deleted[] =
	"{\"before\":{\"k\":\"a\",\"v\":5},\"after\":null,\"op\":\"d\"}";

TEST(a_row_that_never_came_is_not_counted_below_zero_and_is_named)
{
	struct rig *r = rig_open(DEBEZIUM "SELECT k, COUNT(*), SUM(v) FROM t"
					  " GROUP BY k");
	struct op *op;

	rig_push(r, "t", 0, created);
	rig_push(r, "t", 0, deleted);
	rig_run(r);
	EXPECT(!pipeline_notice(rig_pipeline(r)));
	rig_push(r, "t", 0, deleted);
	rig_push(r, "t", 0, deleted);
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "");
	op = rig_op(r, "group_aggregate");
	EXPECT_EQ(stat_get(op->stats.unmatched), 2);
	EXPECT_STR(pipeline_notice(rig_pipeline(r)),
		   "group_aggregate_1 was to take back 2 rows that it does not"
		   " have, and took none: the changes of its input are"
		   " incomplete, rows of it are in the errors, or its state has"
		   " expired (table.exec.state.ttl)");
	EXPECT(!pipeline_notice(rig_pipeline(r)));
	rig_push(r, "t", 0, created);
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "a 1 5\n");
	rig_close(r);
}

TEST(what_is_forgotten_is_counted_and_frees_its_memory)
{
	struct rig *r = rig_open("SET 'table.exec.state.ttl' = '1 min';"
				 "SELECT k, COUNT(DISTINCT v), MAX(v) FROM s"
				 " GROUP BY k");
	struct op *op = rig_op(r, "group_aggregate");
	char row[64];

	for (int i = 0; i < 3000; i++) {
		snprintf(row, sizeof(row), "a key of many characters %d,%d,"
			 "@00:01,", i, i % 7);
		rig_push(r, "s", 0, row);
	}
	rig_run(r);
	EXPECT_EQ(stat_get(op->stats.state_rows), 6000); /* and values */
	rig_advance(r, 30 * US_PER_SECOND);
	EXPECT_EQ(stat_get(op->stats.expired), 0);
	rig_advance(r, 40 * US_PER_SECOND);
	EXPECT_EQ(stat_get(op->stats.expired), 3000);
	EXPECT_EQ(stat_get(op->stats.state_rows), 0);
	rig_close(r);
}

TEST(a_record_counts_once_though_it_has_two_rows)
{
	struct rig *r = rig_open(DEBEZIUM "SELECT v FROM t");

	rig_push(r, "t", 0, created);
	rig_push(r, "t", 0, "{\"before\":{\"k\":\"a\",\"v\":5},"
			    "\"after\":{\"k\":\"a\",\"v\":6},\"op\":\"u\"}");
	rig_push(r, "t", 0, "nonsense");
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "6\n");
	EXPECT_EQ(pipeline_rows_in(rig_pipeline(r)), 3);
	EXPECT_EQ(pipeline_errors(rig_pipeline(r)), 1);
	rig_close(r);
}

TEST(more_changes_than_a_batch_holds_come_in_order)
{
	struct rig *r = rig_open(DEBEZIUM "SELECT k, COUNT(*), MIN(v), MAX(v)"
					  " FROM t GROUP BY k");
	char text[128];

	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "{\"before\":{\"k\":\"a\","
			 "\"v\":%d},\"after\":{\"k\":\"a\",\"v\":%d},"
			 "\"op\":\"%c\"}", i - 1, i, i ? 'u' : 'c');
		rig_push(r, "t", 0, text);
	}
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "a 1 4999 4999\n");
	EXPECT_EQ(stat_get(rig_op(r, "group_aggregate")->stats.unmatched), 0);
	rig_close(r);
}
