/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_scalar.c - queries as values that go wrong.
 */
#include "runtime/operator.h"
#include "tests/unit/rig.h"
#include "test.h"

TEST(a_value_of_several_rows_ends_the_job)
{
	struct rig *r = rig_open("SELECT (SELECT x FROM (VALUES (1), (2)) AS t "
				 "(x)) FROM s;");
	struct error err = ERROR_INIT;
	enum pipeline_rc rc = PIPELINE_BUSY;

	while (rc == PIPELINE_BUSY)
		rc = pipeline_step(rig_pipeline(r), INT64_C(1767225600000000),
				   &err);
	EXPECT_EQ(rc, PIPELINE_FAIL);
	EXPECT_EQ(err.code, ERR_SEVERAL_ROWS);
	EXPECT(strstr(err.message, "2 rows") != NULL);
	rig_close(r);
}

TEST(a_second_row_ends_the_job_before_the_input_does)
{
	struct rig *r = rig_open(
		"CREATE TABLE d (v BIGINT) WITH ('connector' = 'kafka', "
		"'topic' = 'd', 'properties.bootstrap.servers' = 'rig', "
		"'format' = 'csv', 'scan.bounded.mode' = 'latest-offset');"
		"SELECT k, (SELECT v FROM d) FROM s;");
	struct error err = ERROR_INIT;
	enum pipeline_rc rc = PIPELINE_BUSY;

	rig_push(r, "d", 0, "4");
	rig_push(r, "d", 0, "4");
	while (rc == PIPELINE_BUSY)
		rc = pipeline_step(rig_pipeline(r), INT64_C(1767225600000000),
				   &err);
	EXPECT_EQ(rc, PIPELINE_FAIL);
	EXPECT_EQ(err.code, ERR_SEVERAL_ROWS);
	rig_close(r);
}

TEST(nothing_is_read_for_rows_that_would_wait)
{
	struct rig *r = rig_open(
		"CREATE TABLE d (v BIGINT) WITH ('connector' = 'kafka', "
		"'topic' = 'd', 'properties.bootstrap.servers' = 'rig', "
		"'format' = 'csv', 'scan.bounded.mode' = 'latest-offset');"
		"SELECT k, (SELECT MAX(v) FROM d) FROM s;");
	struct op *scalar = rig_op(r, "scalar");

	rig_push(r, "s", 0, "a,1,@00:01,");
	rig_push(r, "d", 0, "4");
	EXPECT_EQ(rig_run(r), PIPELINE_IDLE);
	EXPECT_EQ(stat_get(scalar->stats.rows_out), 0);
	rig_end(r, "d");
	rig_run(r);
	EXPECT_STR(rig_out(r, ""), "+I a 4\n");
	rig_close(r);
}
