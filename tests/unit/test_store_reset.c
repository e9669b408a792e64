/* SPDX-License-Identifier: Apache-2.0
 * ALTER JOB ... RESET OFFSETS in a job's file: what goes, what stays, and that
 * the job then reads and answers as if it had been there all the time.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "runtime/store_look.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#define WINDOWS "SELECT k, SUM(v) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts)," \
		" INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end"
#define GROUPS "SELECT k, SUM(v) FROM s GROUP BY k"
#define OFFSETS "SELECT source, topic, \"partition\", next_offset, end_offset," \
		" record_time, record_crc FROM offsets"
#define MARKS "SELECT source, \"partition\", watermark IS NOT NULL FROM" \
	      " watermarks ORDER BY 1, 2"

static const struct seek earliest = { .to = SEEK_EARLIEST };
static const struct seek latest = { .to = SEEK_LATEST };

static struct store_reset_done
reset(struct rig *r, const struct seek *to, const char *savepoint, bool keep)
{
	struct store_reset_done done;
	struct error err = ERROR_INIT;

	rig_stop(r);
	if (rig_reset(r, to, NULL, savepoint, keep, &done, &err) < 0)
		FAIL("%s", err.message);
	rig_start(r);
	return done;
}

static void
refused(struct rig *r, const struct seek *to, const char *table,
	const char *savepoint, enum error_code code)
{
	struct store_reset_done done;
	struct error err = ERROR_INIT;

	rig_stop(r);
	EXPECT_EQ(rig_reset(r, to, table, savepoint, false, &done, &err), -1);
	EXPECT_STR(error_name(err.code), error_name(code));
	rig_start(r);
}

TEST(what_is_read_again_answers_again)
{
	struct rig *r = rig_open(WINDOWS);
	struct store_reset_done done;

	rig_step(r, "a,7,@00:01,", "a,1,@00:12,", "b,2,@00:13,", NULL);
	rig_run(r);
	EXPECT_OUT(r, "+I a 7", NULL);
	rig_checkpoint(r);
	done = reset(r, &earliest, NULL, false);
	EXPECT_EQ(done.nmoved, 1);
	EXPECT_STR(done.moved[0].source, "ticks");
	EXPECT_EQ(done.moved[0].from, 3);
	EXPECT_EQ(done.moved[0].to, 0);
	EXPECT(done.rows_before > 0);
	EXPECT_EQ(done.rows, 0);
	EXPECT_EQ(done.ncleared, 1);
	/* Late, had the watermark stayed where it was. */
	rig_run(r);
	EXPECT_OUT(r, "+I a 7", NULL);
	rig_watermark(r, "00:20.000");
	EXPECT_OUT(r, "+I a 1", "+I b 2", NULL);
	rig_close(r);
}

TEST(nothing_is_left_to_take_for_a_record_that_was_read)
{
	struct rig *r = rig_open(GROUPS);

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	reset(r, &latest, NULL, false);
	EXPECT_STR(rig_state(r, OFFSETS), "ticks s 0 1 1 NULL NULL\n");
	EXPECT_STR(rig_state(r, MARKS), "");
	EXPECT_STR(rig_state(r, "SELECT count(*) FROM group_aggregate_1"),
		   "0\n");
	rig_close(r);
}

TEST(skipped_rows_are_in_no_answer)
{
	struct rig *r = rig_open(GROUPS);
	struct store_reset_done done;

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	for (int i = 0; i < 5; i++)
		rig_push(r, "s", 0, "a,1000,@00:02,");
	done = reset(r, &(struct seek){ .to = SEEK_OFFSETS,
					.offsets = "partition:0,offset:5" },
		     NULL, true);
	EXPECT_EQ(done.rows_before, done.rows);
	EXPECT_EQ(done.rows, 1);
	EXPECT_EQ(done.moved[0].from, 1);
	EXPECT_EQ(done.moved[0].to, 5);
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "a 1007\n");
	rig_close(r);
}

TEST(kept_state_counts_rows_again_and_knows_its_time)
{
	struct rig *r = rig_open(GROUPS);
	struct store_reset_done done;

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	done = reset(r, &earliest, NULL, true);
	EXPECT_EQ(done.ncleared, 0);
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "a 14\n");
	rig_close(r);

	r = rig_open(WINDOWS);
	rig_step(r, "a,7,@00:01,", "a,1,@00:12,", NULL);
	rig_run(r);
	EXPECT_OUT(r, "+I a 7", NULL);
	rig_checkpoint(r);
	done = reset(r, &earliest, NULL, true);
	EXPECT(done.wm_us != TIME_NONE);
	rig_watermark(r, "00:20.000");
	EXPECT_OUT(r, "+I a 2", NULL); /* what has closed stays closed */
	rig_close(r);
}

TEST(partitions_that_are_not_named_stay)
{
	struct rig *r = rig_open(WINDOWS);
	struct store_reset_done done;
	const struct seek to = { .to = SEEK_OFFSETS,
				 .offsets = "partition:1,offset:0" };

	rig_partitions(r, "s", 2);
	rig_push(r, "s", 0, "a,1,@00:01,");
	rig_push(r, "s", 1, "b,1,@00:02,");
	rig_run(r);
	rig_checkpoint(r);
	rig_partitions(r, "s", 3); /* as it would have found it by itself */
	done = reset(r, &to, NULL, false);
	EXPECT_EQ(done.nmoved, 3);
	EXPECT_EQ(done.moved[0].from, 1);
	EXPECT_EQ(done.moved[0].to, 1);
	EXPECT_EQ(done.moved[1].from, 1);
	EXPECT_EQ(done.moved[1].to, 0);
	EXPECT_EQ(done.moved[2].from, -1);
	EXPECT_EQ(done.moved[2].to, 0);
	/* Partition 0 brings nothing from before 00:01, as it said before. */
	EXPECT_STR(rig_state(r, MARKS), "ticks 0 1\n");
	EXPECT_STR(rig_state(r, "SELECT record_crc IS NULL FROM offsets WHERE"
			     " \"partition\" = 0"), "0\n");
	rig_close(r);
}

TEST(a_source_that_was_never_read_needs_all_its_partitions)
{
	struct rig *r = rig_open(GROUPS);
	const struct seek to = { .to = SEEK_OFFSETS,
				 .offsets = "partition:1,offset:0" };

	rig_partitions(r, "s", 2);
	refused(r, &to, NULL, NULL, ERR_NO_OFFSET);
	EXPECT_STR(rig_state(r, "SELECT count(*) FROM operators"), "1\n");
	rig_close(r);
}

static const char two_tables[] =
	"CREATE TABLE s (k STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts"
	" AS ts) WITH ('connector' = 'kafka', 'topic' = 's',"
	" 'properties.bootstrap.servers' = 'rig', 'format' = 'csv');"
	"CREATE TABLE u WITH ('topic' = 'u') LIKE s;"
	"CREATE TABLE x (k STRING, n BIGINT) WITH ('connector' = 'print');"
	"CREATE TABLE y WITH ('connector' = 'blackhole') LIKE x;";

TEST(a_table_moves_without_the_others_where_they_have_no_state_together)
{
	struct rig *r;
	struct store_reset_done done;
	struct error err = ERROR_INIT;
	char sql[2048];

	snprintf(sql, sizeof(sql), "%s EXECUTE STATEMENT SET BEGIN INSERT INTO"
		 " x SELECT k, SUM(v) FROM s GROUP BY k; INSERT INTO y SELECT"
		 " k, SUM(v) FROM u GROUP BY k; END", two_tables);
	r = rig_open(sql);
	rig_push(r, "s", 0, "a,1,@00:01");
	rig_push(r, "u", 0, "a,10,@00:01");
	rig_run(r);
	rig_checkpoint(r);
	rig_stop(r);
	EXPECT_EQ(rig_reset(r, &earliest, "u", NULL, false, &done, &err), 0);
	rig_start(r);
	EXPECT_EQ(done.nmoved, 1);
	EXPECT_STR(done.moved[0].source, "u");
	EXPECT_EQ(done.rows_before, 2);
	EXPECT_EQ(done.rows, 1);
	EXPECT_STR(rig_state(r, "SELECT source, next_offset FROM offsets"
			     " ORDER BY 1"), "s 1\nu 0\n");
	EXPECT_STR(rig_state(r, "SELECT source FROM watermarks WHERE"
			     " \"partition\" = 0"), "s\n");
	rig_run(r);
	EXPECT_STR(rig_net(r, "print"), "a 1\n");
	rig_close(r);
}

TEST(state_of_several_tables_is_not_cleared_for_one)
{
	struct rig *r;
	char sql[2048];

	snprintf(sql, sizeof(sql), "%s INSERT INTO x SELECT k, SUM(v) FROM"
		 " (SELECT k, v FROM s UNION ALL SELECT k, v FROM u) GROUP BY k",
		 two_tables);
	r = rig_open(sql);
	rig_push(r, "s", 0, "a,1,@00:01");
	rig_push(r, "u", 0, "a,10,@00:01");
	rig_run(r);
	rig_checkpoint(r);
	refused(r, &earliest, "u", NULL, ERR_SHARED_STATE);
	EXPECT_STR(rig_state(r, "SELECT source, next_offset FROM offsets"
			     " ORDER BY 1"), "s 1\nu 1\n");
	rig_run(r);
	EXPECT_STR(rig_net(r, "print"), "a 11\n");
	rig_close(r);
}

/* A copy of the state file as of its last checkpoint. */
static const char *
savepoint(struct rig *r)
{
	static char path[128];
	struct error err = ERROR_INIT;

	snprintf(path, sizeof(path), "%s.copy", rig_path(r));
	unlink(path);
	if (store_copy(rig_path(r), path, STORE_COPY_NEW_JOB, &err) < 0)
		FAIL("%s", err.message);
	return path;
}

TEST(a_savepoint_brings_offsets_time_and_state)
{
	struct rig *r = rig_open(WINDOWS);
	struct store_reset_done done;
	const char *path;

	rig_step(r, "a,7,@00:01,", "a,1,@00:12,", NULL);
	rig_run(r);
	EXPECT_OUT(r, "+I a 7", NULL);
	rig_checkpoint(r);
	path = savepoint(r);
	rig_step(r, "b,5,@00:14,", "a,4,@00:31,", NULL);
	rig_run(r);
	EXPECT_OUT(r, "+I a 1", "+I b 5", NULL);
	rig_checkpoint(r);
	done = reset(r, NULL, path, false);
	EXPECT_EQ(done.moved[0].from, 4);
	EXPECT_EQ(done.moved[0].to, 2);
	EXPECT(done.rows > 0);
	rig_run(r);
	EXPECT_OUT(r, "+I a 1", "+I b 5", NULL);
	/* The next checkpoint counts on: sinks know its number. */
	EXPECT_STR(rig_state(r, "SELECT max(id) FROM checkpoints"), "3\n");
	EXPECT_STR(rig_state(r, "SELECT name FROM operators"),
		   "window_aggregate_1\n");
	rig_close(r);
}

TEST(offsets_of_a_savepoint_can_come_without_its_state)
{
	struct rig *r = rig_open(GROUPS);
	struct store_reset_done done;
	const char *path;

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	path = savepoint(r);
	rig_step(r, "a,5,@00:14,", NULL);
	rig_checkpoint(r);
	done = reset(r, NULL, path, true);
	EXPECT_EQ(done.moved[0].to, 1);
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "a 17\n");
	rig_close(r);
}

TEST(a_savepoint_of_another_query_changes_nothing)
{
	struct rig *r = rig_open(GROUPS);
	struct error err = ERROR_INIT;
	char other[128];

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	snprintf(other, sizeof(other), "/tmp/sluice-other-%d.db", getpid());
	EXPECT_EQ(store_copy(rig_path(r), other, STORE_COPY_NEW_JOB, &err), 0);
	rig_close(r);

	r = rig_open("SELECT v, COUNT(*) FROM s GROUP BY v");
	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	refused(r, NULL, NULL, other, ERR_PLAN_CHANGED);
	unlink(other);
	rig_step(r, "b,7,@00:02,", NULL);
	EXPECT_STR(rig_net(r, ""), "7 2\n");
	rig_close(r);
}

/* Somebody has deleted a file whose writer was killed: SQLite would take the
 * log that is left for one of the file that comes in its place. */
TEST(a_copy_takes_nothing_from_a_log_that_was_left)
{
	struct rig *r = rig_open(GROUPS);
	struct error err = ERROR_INIT;
	char wal[128], left[160], command[400];
	struct store_totals totals;
	const char *path;

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	path = savepoint(r);
	snprintf(wal, sizeof(wal), "%s-wal", rig_path(r));
	EXPECT(access(wal, F_OK) == 0);
	rig_step(r, "a,5,@00:14,", NULL);
	rig_checkpoint(r);
	snprintf(left, sizeof(left), "%s.moved-wal", path);
	snprintf(command, sizeof(command), "cp %s %s", wal, left);
	EXPECT_EQ(system(command), 0);
	left[strlen(left) - strlen("-wal")] = '\0';
	EXPECT_EQ(store_copy(path, left, 0, &err), 0);
	EXPECT_EQ(store_get_totals(left, &totals, &err), 0);
	EXPECT_EQ(totals.checkpoint, 1);
	store_remove(left, NULL);
	unlink(path);
	rig_close(r);
}

TEST(a_savepoint_from_before_the_first_record_has_no_place)
{
	struct rig *r = rig_open(GROUPS);
	const char *path = savepoint(r);

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	refused(r, NULL, NULL, path, ERR_NO_OFFSET);
	rig_close(r);
}

TEST(state_that_fits_no_more_goes_and_the_job_can_begin)
{
	struct rig *r = rig_open(GROUPS);
	struct error err = ERROR_INIT;

	rig_step(r, "a,7,@00:01,", NULL);
	rig_checkpoint(r);
	EXPECT_EQ(rig_damage(r, "UPDATE operators SET keys = 'another'", &err),
		  -1);
	EXPECT_EQ(err.code, ERR_PLAN_CHANGED);
	reset(r, &earliest, NULL, false);
	rig_run(r);
	EXPECT_STR(rig_net(r, ""), "a 7\na 7\n"); /* nobody took it back */
	/* Its number is not given again. */
	EXPECT_STR(rig_state(r, "SELECT * FROM group_aggregate_2"), "a 7\n");
	rig_close(r);
}

/* What is read again is not there to be replayed as well. */
TEST(errors_that_are_read_again_are_not_replayed)
{
	struct rig *r = rig_open(GROUPS);

	rig_step(r, "a,7,@00:01,", "a,x,@00:02,", "a,1,@00:03,", NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT \"offset\", replay FROM errors"),
		   "1 record\n");
	reset(r, &latest, NULL, true); /* it is not read again */
	EXPECT_STR(rig_state(r, "SELECT \"offset\", replay FROM errors"),
		   "1 record\n");
	reset(r, &earliest, NULL, false);
	rig_run(r);
	EXPECT_STR(rig_state(r, "SELECT \"offset\", replay FROM errors"),
		   "1 record\n");
	rig_close(r);
}
