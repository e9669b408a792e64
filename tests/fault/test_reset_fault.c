/* SPDX-License-Identifier: Apache-2.0
 * A disk that fails, or loses its power, at the nth call while a job's offsets
 * are reset: the file then holds what it held before, or all that the reset
 * makes of it, and never something between.
 */
#include <string.h>
#include <unistd.h>

#include "runtime/store_look.h"
#include "tests/fault/vfs_shim.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

/* Rows enough for many pages. */
#define ROWS 400

static struct rig *
a_job(void)
{
	struct rig *r = rig_open("SELECT k, SUM(v) FROM s GROUP BY k");
	char row[64];

	for (int i = 0; i < ROWS; i++) {
		snprintf(row, sizeof(row), "some word to fill pages %d,1,@00:01,",
			 i);
		rig_push(r, "s", 0, row);
	}
	rig_run(r);
	rig_checkpoint(r);
	return r;
}

/* A state file that has read half of them. */
static const char *
half_of_it(void)
{
	static char path[64];
	struct rig *r = rig_open("SELECT k, SUM(v) FROM s GROUP BY k");
	struct error err = ERROR_INIT;
	char row[64];

	for (int i = 0; i < ROWS / 2; i++) {
		snprintf(row, sizeof(row), "some word to fill pages %d,1,@00:01,",
			 i);
		rig_push(r, "s", 0, row);
	}
	rig_run(r);
	rig_checkpoint(r);
	snprintf(path, sizeof(path), "/tmp/sluice-half-%d.db", getpid());
	unlink(path);
	if (store_copy(rig_path(r), path, STORE_COPY_NEW_JOB, &err) < 0)
		FAIL("%s", err.message);
	rig_close(r);
	return path;
}

/* Where the file says that the job is, which its state has to agree with. */
static long long
place(struct rig *r)
{
	struct store_scan scan;
	struct store_look *l;
	struct error err = ERROR_INIT;
	long long at = atoll(rig_look(r, "SELECT next_offset FROM offsets"));

	EXPECT_EQ(atoll(rig_look(r, "SELECT count(*) FROM"
				 " group_aggregate_1_groups")), at);
	EXPECT_EQ(atoll(rig_look(r, "SELECT count(*) FROM watermarks WHERE"
				 " \"partition\" = 0")), at > 0);
	EXPECT_EQ(atoll(rig_look(r, "SELECT state_rows FROM operators")), at);
	EXPECT_EQ(store_look_open(rig_path(r), &l, &err), 0);
	EXPECT_EQ(store_look_check(l, &scan, &err), 0);
	store_look_close(l);
	return at;
}

static void
fail_at_each_call(enum shim_fault fault, const char *savepoint, long long to)
{
	static const struct seek earliest = { .to = SEEK_EARLIEST };
	unsigned failed = 0;
	bool happened = true;

	shim_install();
	for (unsigned n = 1; happened; n++) {
		struct rig *r = a_job();
		struct store_reset_done done;
		struct error err = ERROR_INIT;
		long long at;
		int rc;

		rig_stop(r);
		shim_arm(fault, n);
		rc = rig_reset(r, savepoint ? NULL : &earliest, NULL, savepoint,
			       false, &done, &err);
		happened = shim_disarm();
		if (fault == SHIM_DEAD)
			shim_power_cut(n);
		at = place(r);
		/* What was answered is true, whatever comes behind it. */
		if (rc == 0)
			EXPECT_EQ(at, to);
		else if (fault == SHIM_FULL)
			EXPECT_EQ(at, ROWS);
		else
			EXPECT(at == ROWS || at == to);
		failed += rc < 0;
		rig_start(r);
		rig_run(r);
		EXPECT_EQ(atoll(rig_state(r, "SELECT count(*) FROM"
					  " group_aggregate_1")), ROWS);
		rig_close(r);
	}
	EXPECT(failed > 3);
}

TEST(a_full_disk_leaves_all_as_it_was)
{
	fail_at_each_call(SHIM_FULL, NULL, 0);
}

TEST(an_io_error_leaves_one_or_the_other)
{
	fail_at_each_call(SHIM_IOERR, NULL, 0);
}

TEST(a_power_cut_leaves_one_or_the_other)
{
	fail_at_each_call(SHIM_DEAD, NULL, 0);
}

TEST(a_power_cut_leaves_a_savepoint_or_what_was)
{
	const char *path = half_of_it();

	fail_at_each_call(SHIM_DEAD, path, ROWS / 2);
	unlink(path);
}
