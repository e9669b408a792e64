/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_pipeline.c - the step seen from outside: it can stop in the
 * middle and go on, edges stay short, nothing is read when it should not be.
 */
#include "base/time.h"
#include "runtime/operator.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#ifdef __SANITIZE_ADDRESS__
#define MANY 100000
#else
#define MANY 1000000
#endif

static const char count_by_key[] =
	"SELECT k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts),"
	" INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end";

static void
push_keys(struct rig *r, int n)
{
	char row[64];

	for (int i = 0; i < n; i++) {
		snprintf(row, sizeof(row), "k%d,1,@00:01,", i);
		rig_push(r, "s", 0, row);
	}
}

/* The most batches that any edge has ever held. */
static unsigned
longest_edge(struct rig *r)
{
	unsigned n, most = 0;
	struct op *const *ops = pipeline_ops(rig_pipeline(r), &n);

	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < ops[i]->nout; j++) {
			if (ops[i]->out[j]->n_most > most)
				most = ops[i]->out[j]->n_most;
		}
	}
	return most;
}

TEST(closing_a_million_groups_keeps_16_batches_in_flight)
{
	struct rig *r = rig_open(count_by_key);

	push_keys(r, MANY);
	EXPECT_EQ(rig_run(r), PIPELINE_IDLE);
	EXPECT_EQ(rig_lines(r, ""), 0);
	rig_watermark(r, "00:10");
	EXPECT_EQ(rig_lines(r, ""), MANY);
	EXPECT(longest_edge(r) <= EDGE_BATCHES_MAX);
	rig_close(r);
}

static const char *const of_sessions[] = {
	"SELECT k, COUNT(*) AS n FROM SESSION(TABLE s PARTITION BY k,"
	" DESCRIPTOR(ts), INTERVAL '5' SECOND)"
	" GROUP BY k, window_start, window_end",
	"SELECT k, window_end FROM SESSION(TABLE s PARTITION BY k,"
	" DESCRIPTOR(ts), INTERVAL '5' SECOND)",
	/* all in one */
	"SELECT k, window_end FROM SESSION(TABLE s, DESCRIPTOR(ts),"
	" INTERVAL '5' SECOND)",
};

TEST(closing_many_sessions_keeps_16_batches_in_flight)
{
	for (size_t i = 0; i < ARRAY_LEN(of_sessions); i++) {
		struct rig *r = rig_open(of_sessions[i]);

		push_keys(r, 100000);
		EXPECT_EQ(rig_run(r), PIPELINE_IDLE);
		EXPECT_EQ(rig_lines(r, ""), 0);
		rig_watermark(r, "00:10");
		EXPECT_EQ(rig_lines(r, ""), 100000);
		EXPECT(longest_edge(r) <= EDGE_BATCHES_MAX);
		rig_close(r);
	}
}

TEST(rows_in_thousands_of_windows_keep_16_batches_in_flight)
{
	struct rig *r = rig_open(
		"SELECT k, window_start FROM HOP(TABLE s, DESCRIPTOR(ts),"
		" INTERVAL '1' SECOND, INTERVAL '1' HOUR) WHERE v < 2");

	push_keys(r, 20);
	EXPECT_EQ(rig_run(r), PIPELINE_IDLE);
	EXPECT_EQ(rig_lines(r, ""), 20 * 3600);
	EXPECT(longest_edge(r) <= EDGE_BATCHES_MAX);
	rig_close(r);
}

TEST(a_window_that_closes_waits_for_the_sink_and_goes_on)
{
	struct rig *r = rig_open(count_by_key);
	struct pipeline *p = rig_pipeline(r);
	size_t lines;

	push_keys(r, 100000);
	rig_run(r);
	rig_room_lines(r, "", 10000);
	rig_tick(r, "00:10");
	EXPECT_EQ(rig_step_once(r), PIPELINE_BLOCKED);
	EXPECT(!pipeline_at_rest(p));
	EXPECT(pipeline_reason(p) != NULL);
	lines = rig_lines(r, "");
	EXPECT(lines >= 10000);
	EXPECT(lines <= 10000 + (EDGE_BATCHES_MAX + 1) * BATCH_ROWS);

	/* Rows that come meanwhile are not read. */
	rig_step(r, "x,1,@00:11", NULL);
	EXPECT_EQ(rig_lines(r, ""), lines);
	EXPECT_EQ(pipeline_rows_in(p), 100001);

	rig_room(r, "", true);
	rig_run(r);
	EXPECT(pipeline_at_rest(p));
	EXPECT_EQ(rig_lines(r, ""), 100000);
	EXPECT_EQ(pipeline_rows_in(p), 100002);
	rig_close(r);
}

TEST(a_job_can_be_stopped_inside_of_a_step)
{
	struct rig *r = rig_open(count_by_key);
	struct pipeline *p = rig_pipeline(r);
	struct error err = ERROR_INIT;

	push_keys(r, 50000);
	rig_run(r);
	rig_room_lines(r, "", 1000);
	rig_tick(r, "00:10");
	EXPECT_EQ(rig_step_once(r), PIPELINE_BLOCKED);
	rig_room(r, "", true);
	pipeline_stop(p);
	EXPECT_EQ(pipeline_step(p, 0, &err), PIPELINE_FAIL);
	EXPECT_EQ(err.code, ERR_CANCELLED);
	EXPECT(rig_lines(r, "") < 50000);
	rig_close(r);
}

TEST(a_paused_job_reads_nothing_and_calls_nobody_idle)
{
	struct rig *r = rig_open(
		"CREATE TABLE t (k STRING, ts TIMESTAMP(3),"
		" WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka',"
		" 'topic' = 't', 'properties.bootstrap.servers' = 'rig',"
		" 'format' = 'csv'); SELECT k FROM t");
	struct pipeline *p = rig_pipeline(r);

	rig_partitions(r, "t", 2);
	rig_push(r, "t", 0, "a,@00:10");
	rig_run(r);
	EXPECT_OUT(r, "+I a", NULL);
	pipeline_pause(p, true);
	rig_push(r, "t", 0, "b,@00:11");
	rig_advance(r, US_PER_HOUR);
	EXPECT_OUT(r, NULL);
	EXPECT_EQ(pipeline_watermark(p), TIME_NONE);
	pipeline_pause(p, false);
	rig_run(r);
	EXPECT_OUT(r, "+I b", NULL);
	EXPECT_EQ(pipeline_watermark(p), TIME_NONE);
	rig_advance(r, 20 * US_PER_SECOND);
	rig_push(r, "t", 0, "c,@00:12");
	rig_advance(r, 11 * US_PER_SECOND);
	EXPECT(pipeline_watermark(p) != TIME_NONE);
	rig_close(r);
}

/* The partition that is behind is read first, so that little piles up. */
TEST(the_partition_with_the_lowest_time_is_read_first)
{
	struct rig *r = rig_open(
		"CREATE TABLE t (part INT METADATA FROM 'partition' VIRTUAL,"
		" k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)"
		" WITH ('connector' = 'kafka',"
		" 'topic' = 't', 'properties.bootstrap.servers' = 'rig',"
		" 'format' = 'csv'); SELECT part FROM t");
	const char *out;

	rig_partitions(r, "t", 2);
	for (int i = 0; i < 10 * BATCH_ROWS; i++) {
		rig_push(r, "t", 0, "ahead,@50:00");
		rig_push(r, "t", 1, "behind,@10:00");
	}
	rig_step_once(r);
	rig_out(r, "");
	rig_step_once(r); /* now the times are known */
	out = rig_out(r, "");
	EXPECT(strstr(out, "+I 1") != NULL);
	EXPECT(strstr(out, "+I 0") == NULL);
	rig_close(r);
}

TEST(a_reader_that_is_satisfied_ends_the_source_not_the_others)
{
	struct rig *r = rig_open(
		"CREATE TABLE a (k STRING) WITH ('connector' = 'blackhole');"
		"CREATE TABLE b (k STRING) WITH ('connector' = 'print');"
		"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT k FROM s;"
		"INSERT INTO b SELECT k FROM s WHERE v > 1; END");

	rig_step(r, "x,1,@00:01", "y,2,@00:02", NULL);
	op_done(rig_op(r, "sink"));
	rig_step(r, "z,3,@00:03", NULL);
	EXPECT(rig_lines(r, "blackhole") + rig_lines(r, "print") < 5);
	EXPECT_EQ(pipeline_rows_in(rig_pipeline(r)), 3);
	rig_close(r);
}

TEST(offsets_go_with_the_state_that_they_made)
{
	struct rig *r = rig_open("SELECT k, COUNT(*) AS n FROM s GROUP BY k");

	rig_step(r, "a,1,@00:01", "b,1,@00:02", NULL);
	EXPECT_STR(rig_state(r, "SELECT source, topic, partition, next_offset,"
			     " end_offset FROM offsets"),
		   "ticks s 0 2 2\n");
	rig_step(r, "a,1,@00:03", NULL);
	EXPECT_OUT(r, "+I a 1", "+I b 1", "-U a 1", "+U a 2", NULL);
	rig_crash(r);
	EXPECT_STR(rig_net(r, ""), "a 1\nb 1\n");
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "a 2\nb 1\n");
	rig_close(r);
}

TEST(only_what_changed_is_in_a_checkpoint)
{
	struct rig *r = rig_open("SELECT k, COUNT(*) AS n FROM s GROUP BY k");
	struct error err = ERROR_INIT;
	struct snapshot *snap;

	push_keys(r, 5000);
	rig_run(r);
	rig_checkpoint(r);
	rig_step(r, "k7,1,@00:02", "k8,1,@00:02", NULL);
	EXPECT_EQ(pipeline_cut(rig_pipeline(r), 2, 0, &snap, &err), 0);
	EXPECT(snap->rows < 20);
	snapshot_destroy(snap);
	EXPECT_EQ(pipeline_committed(rig_pipeline(r), 2, &err), 0);
	rig_close(r);
}

TEST(state_over_its_budget_blocks_the_sources_and_says_so)
{
	struct rig *r = rig_open("SELECT k, COUNT(*) AS n FROM s GROUP BY k");
	uint64_t read;

	rig_budget(r, 256 * 1024);
	push_keys(r, 100000);
	EXPECT_EQ(rig_run(r), PIPELINE_BLOCKED);
	EXPECT(strstr(pipeline_reason(rig_pipeline(r)), "budget") != NULL);
	read = pipeline_rows_in(rig_pipeline(r));
	EXPECT(read < 100000);
	EXPECT_EQ(rig_run(r), PIPELINE_BLOCKED);
	EXPECT_EQ(pipeline_rows_in(rig_pipeline(r)), read);
	EXPECT(pipeline_at_rest(rig_pipeline(r)));
	rig_close(r);
}

/* ---- several tables ---- */

#define TABLE_OF(name, options)                                          \
	"CREATE TABLE " name " (k STRING, ts TIMESTAMP(3),"              \
	" WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka',"          \
	" 'topic' = '" name "', 'properties.bootstrap.servers' = 'rig'," \
	" 'format' = 'csv'" options ");"

static void
push_time(struct rig *r, const char *topic, unsigned partition, int seconds)
{
	char row[64];

	snprintf(row, sizeof(row), "x,@%02d:%02d", seconds / 60, seconds % 60);
	rig_push(r, topic, partition, row);
}

/* Rows that meet in a union: the table that is ahead waits, else its rows pile
 * up in the windows above. */
TEST(a_table_that_is_ahead_waits_for_the_one_it_meets)
{
	struct rig *r = rig_open(TABLE_OF("a", "") TABLE_OF("b", "")
		"CREATE VIEW u AS SELECT ts, 'a' AS w FROM a UNION ALL"
		" SELECT ts, 'b' AS w FROM b;"
		"SELECT w FROM u");
	const char *out;

	for (int i = 0; i < 20 * BATCH_ROWS; i++) {
		push_time(r, "a", 0, 3000);
		push_time(r, "b", 0, 600);
	}
	rig_step_once(r); /* no time is known yet */
	rig_step_once(r);
	rig_out(r, "");
	rig_step_once(r);
	out = rig_out(r, "");
	EXPECT(strstr(out, "+I b") != NULL);
	EXPECT(strstr(out, "+I a") == NULL);
	EXPECT_EQ(rig_run(r), PIPELINE_IDLE);
	EXPECT_EQ(rig_lines(r, ""), 40 * BATCH_ROWS);
	rig_close(r);
}

TEST(tables_that_never_meet_do_not_wait_for_each_other)
{
	struct rig *r = rig_open(TABLE_OF("a", "") TABLE_OF("b", "")
		"CREATE TABLE x (k STRING) WITH ('connector' = 'blackhole');"
		"CREATE TABLE y (k STRING) WITH ('connector' = 'print');"
		"EXECUTE STATEMENT SET BEGIN INSERT INTO x SELECT k FROM a;"
		"INSERT INTO y SELECT k FROM b; END");

	for (int i = 0; i < 20 * BATCH_ROWS; i++) {
		push_time(r, "a", 0, 3000);
		push_time(r, "b", 0, 600);
	}
	for (int i = 0; i < 3; i++)
		rig_step_once(r);
	EXPECT_EQ(rig_lines(r, "blackhole"), 12 * BATCH_ROWS);
	EXPECT_EQ(rig_lines(r, "print"), 12 * BATCH_ROWS);
	rig_close(r);
}

/* ---- what the status says ---- */

struct seen {
	unsigned n;
	struct source_status last;
};

static void
see(const struct source_status *status, void *arg)
{
	struct seen *seen = arg;

	seen->n++;
	seen->last = *status;
}

TEST(a_partition_of_rows_from_the_future_is_named)
{
	struct rig *r = rig_open(TABLE_OF("t", "") "SELECT k FROM t");
	struct seen seen = { 0 };

	rig_push(r, "t", 0, "x,2030-01-01 00:00:00");
	rig_run(r);
	pipeline_sources(rig_pipeline(r), see, &seen);
	EXPECT_EQ(seen.n, 1);
	EXPECT_STR(seen.last.topic, "t");
	EXPECT_EQ(seen.last.next_offset, 1);
	EXPECT_EQ(seen.last.wm_us, TIME_NONE);
	EXPECT(seen.last.reason == NULL);
	rig_advance(r, 61 * US_PER_SECOND);
	pipeline_sources(rig_pipeline(r), see, &seen);
	EXPECT(seen.last.reason != NULL);
	EXPECT(strstr(seen.last.reason, "max-future") != NULL);
	rig_close(r);
}

/* ---- bad records ---- */

TEST(a_table_may_say_that_a_bad_record_ends_the_job)
{
	struct rig *r = rig_open(TABLE_OF("t", ", 'scan.on-error' = 'fail'")
				 "SELECT k, ts FROM t");
	struct error err = ERROR_INIT;

	rig_push(r, "t", 0, "a,@00:01");
	rig_push(r, "t", 0, "b,yesterday");
	EXPECT_EQ(pipeline_step(rig_pipeline(r), 0, &err), PIPELINE_FAIL);
	EXPECT_EQ(err.code, ERR_BAD_FIELD);
	EXPECT(strstr(err.message, "ts") != NULL);
	EXPECT(strstr(err.note, "topic t, partition 0, offset 1") != NULL);
	rig_close(r);
}

TEST(a_table_may_say_that_bad_records_are_skipped)
{
	struct rig *r = rig_open(TABLE_OF("t", ", 'scan.on-error' = 'skip'")
				 "SELECT k, ts FROM t");

	rig_push(r, "t", 0, "a,@00:01");
	rig_push(r, "t", 0, "b,yesterday");
	rig_push(r, "t", 0, "c,@00:02");
	rig_run(r);
	EXPECT_OUT(r, "+I a @00:01.000", "+I c @00:02.000", NULL);
	EXPECT_STR(rig_errors(r), "");
	EXPECT_EQ(stat_get(rig_op(r, "scan")->stats.skipped), 1);
	rig_close(r);
}

TEST(records_that_are_too_large_are_bad_ones)
{
	struct rig *r = rig_open(TABLE_OF("t",
				 ", 'scan.max-record-bytes' = '40 b'")
				 "SELECT k, ts FROM t");

	rig_push(r, "t", 0, "a,@00:01");
	rig_push(r, "t", 0, "a-text-that-is-longer-than-forty-bytes,@00:02");
	rig_push(r, "t", 0, "b,@00:03");
	rig_headers(r, "t", 0);
	rig_push(r, "t", 0, "c,@00:04");
	rig_run(r);
	EXPECT_OUT(r, "+I a @00:01.000", "+I c @00:04.000", NULL);
	EXPECT_STR(rig_errors(r), "record_too_large t 0 1 -\n"
				  "record_too_large t 0 2 -\n");
	rig_close(r);
}

TEST(past_the_cap_bad_rows_are_only_counted)
{
	struct rig *r = rig_open(TABLE_OF("t", "") "SELECT k, ts FROM t");
	const char *kept;

	for (int i = 0; i < 1500; i++)
		rig_push(r, "t", 0, "b,yesterday");
	rig_run(r);
	EXPECT_EQ(pipeline_errors(rig_pipeline(r)), 1500);
	kept = rig_errors(r);
	EXPECT(strstr(kept, "invalid_field t 0 999 ts\n") != NULL);
	EXPECT(strstr(kept, "invalid_field t 0 1000 ts\n") == NULL);
	rig_close(r);
}
