/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_scan.c - records to rows: keys, tombstones, what is decoded
 * for whom, and what happens to records that cannot be used.
 */
#include "runtime/operator.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#define TABLE_OF(columns, options)                                         \
	"CREATE TABLE t (" columns ") WITH ('connector' = 'kafka',"        \
	" 'topic' = 't', 'properties.bootstrap.servers' = 'rig', " options \
	");"

static uint64_t
skipped(struct rig *r)
{
	return stat_get(rig_op(r, "scan")->stats.skipped);
}

TEST(a_tombstone_is_a_row_for_raw_and_none_for_csv)
{
	struct rig *r = rig_open(TABLE_OF("w STRING", "'format' = 'raw'")
				 "SELECT w FROM t");

	rig_push_record(r, "t", 0, NULL, "a");
	rig_push_record(r, "t", 0, NULL, NULL);
	rig_push_record(r, "t", 0, NULL, "");
	rig_run(r);
	EXPECT_OUT(r, "+I a", "+I NULL", "+I ", NULL);
	EXPECT_EQ(skipped(r), 0);
	rig_close(r);

	r = rig_open(TABLE_OF("w STRING", "'format' = 'csv'")
		     "SELECT w FROM t");
	rig_push_record(r, "t", 0, NULL, "a");
	rig_push_record(r, "t", 0, NULL, NULL);
	rig_push_record(r, "t", 0, NULL, "");
	rig_run(r);
	EXPECT_OUT(r, "+I a", NULL);
	EXPECT_EQ(skipped(r), 2);
	EXPECT_STR(rig_errors(r), "");
	rig_close(r);
}

TEST(columns_of_the_key_come_from_the_key)
{
	struct rig *r = rig_open(
		TABLE_OF("k_id BIGINT, v STRING",
			 "'key.format' = 'csv', 'key.fields' = 'k_id',"
			 " 'key.fields-prefix' = 'k_',"
			 " 'value.fields-include' = 'EXCEPT_KEY',"
			 " 'value.format' = 'csv'")
		"SELECT k_id, v FROM t");

	rig_push_record(r, "t", 0, "7", "seven");
	rig_push_record(r, "t", 0, "eight", "bad key");
	rig_push_record(r, "t", 0, NULL, "no key");
	rig_push_record(r, "t", 0, "9", "nine");
	rig_run(r);
	EXPECT_OUT(r, "+I 7 seven", "+I 9 nine", NULL);
	EXPECT_STR(rig_errors(r), "invalid_field t 0 1 k_id\n");
	rig_close(r);
}

/* What a filter has stopped is not decoded further, so it cannot fail. */
TEST(only_survivors_of_the_filter_are_decoded_in_full)
{
	struct rig *r = rig_open(TABLE_OF("k STRING, n BIGINT",
					  "'format' = 'csv'")
				 "SELECT k, n FROM t WHERE k = 'a'");

	rig_push(r, "t", 0, "a,1");
	rig_push(r, "t", 0, "b,no number");
	rig_push(r, "t", 0, "a,no number");
	rig_push(r, "t", 0, "a,2");
	rig_run(r);
	EXPECT_OUT(r, "+I a 1", "+I a 2", NULL);
	EXPECT_STR(rig_errors(r), "invalid_field t 0 2 n\n");
	rig_close(r);
}

TEST(a_null_in_a_not_null_column_is_a_bad_record)
{
	struct rig *r = rig_open(TABLE_OF("k STRING, n BIGINT NOT NULL",
					  "'format' = 'csv',"
					  " 'csv.null-literal' = ''")
				 "SELECT k, n FROM t");

	rig_push(r, "t", 0, "a,1");
	rig_push(r, "t", 0, "b,");
	rig_run(r);
	EXPECT_OUT(r, "+I a 1", NULL);
	EXPECT_STR(rig_errors(r), "null_value t 0 1 n\n");
	rig_close(r);
}

TEST(a_bad_record_is_kept_as_it_came)
{
	struct rig *r = rig_open(TABLE_OF("k STRING, n BIGINT",
					  "'format' = 'json'")
				 "SELECT k, n FROM t");

	rig_push(r, "t", 0, "{\"k\":\"a\",\"n\":1}");
	rig_push(r, "t", 0, "{\"k\":\"b\",");
	rig_push(r, "t", 0, "{\"k\":\"c\",\"n\":\"x\"}");
	rig_run(r);
	EXPECT_OUT(r, "+I a 1", NULL);
	EXPECT_STR(rig_state(r, "SELECT source, topic, partition, offset,"
			     " code, column_name, cast(raw AS TEXT), weight"
			     " FROM errors ORDER BY offset"),
		   "t t 0 1 invalid_json NULL {\"k\":\"b\", 1\n"
		   "t t 0 2 invalid_field n {\"k\":\"c\",\"n\":\"x\"} 1\n");
	rig_close(r);
}

/* Three batches in a step, partitions mixed in one batch: rows keep the order
 * of their partition, and offsets are those behind the last row. */
TEST(partitions_share_batches_and_keep_their_order)
{
	struct rig *r = rig_open(
		TABLE_OF("part INT METADATA FROM 'partition' VIRTUAL,"
			 " pos BIGINT METADATA FROM 'offset' VIRTUAL, k STRING",
			 "'format' = 'csv'")
		"SELECT part, pos FROM t");
	long next[3] = { 0 }, part, pos;
	const char *line;

	rig_partitions(r, "t", 3);
	for (int i = 0; i < 3000; i++) {
		for (unsigned p = 0; p < 3; p++)
			rig_push(r, "t", p, "x");
	}
	rig_run(r);
	for (line = rig_out(r, ""); *line; line = strchr(line, '\n') + 1) {
		EXPECT(sscanf(line, "+I %ld %ld", &part, &pos) == 2);
		EXPECT_EQ(pos, next[part]);
		next[part]++;
	}
	EXPECT_STR(rig_state(r, "SELECT partition, next_offset FROM offsets"
			     " ORDER BY 1"), "0 3000\n1 3000\n2 3000\n");
	rig_close(r);
}
