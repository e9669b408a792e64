/* SPDX-License-Identifier: Apache-2.0
 * A disk that fails at the nth write, sync or truncation, n = 1, 2, ... until
 * nothing is left to fail: after each the file holds one checkpoint, whole,
 * with the errors that were there then and no others, and the store says truly whether the same commit may be tried again.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/vfs_shim.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

static struct table_def groups = { .suffix = "_groups", .nkeys = 1 };

static struct store_rig_op *
fault_op(struct store_rig *r)
{
	struct store_rig_op *o = store_rig_op(r, "group_aggregate;t;k");
	struct error err = ERROR_INIT;

	groups.schema = store_rig_schema(r, "BIGINT _id, STRING k, BIGINT n");
	store_rig_table(r, o, &groups);
	if (store_rig_attach(r, &err) < 0)
		FAIL("attach: %s", err.message);
	return o;
}

/* With the first commit four errors come, with the third and the fourth one of
 * them has gone. */
static void
put_errors(struct store_rig *r)
{
	static struct bad_row rows[4];
	static int64_t gone;

	if (r->epoch == 0) {
		for (int i = 0; i < 4; i++)
			rows[i] = (struct bad_row){
				.next = i < 3 ? &rows[i + 1] : NULL,
				.op_name = "scan", .code = ERR_BAD_JSON,
				.message = "bad", .weight = 1,
			};
		r->snap.errors = rows;
		r->snap.errors_counted = 4;
	} else if (r->epoch >= 2) {
		gone = (int64_t)r->epoch - 1;
		r->snap.gone = &gone;
		r->snap.ngone = 1;
	}
}

/* A commit that writes its own number into 300 rows. */
static int
try_commit(struct store_rig *r, struct store_rig_op *o, struct error *err)
{
	if (!r->snap.parts) {
		struct batch *b;

		put_errors(r);
		store_rig_put(r, o, 0, "0|some word to fill a page with|0");
		b = r->snap.parts->rows;
		for (uint32_t i = 0; i < 300; i++) {
			b->col[0].i64[i] = i;
			b->col[1].str[i] = b->col[1].str[0];
			b->col[2].i64[i] = (int64_t)r->epoch + 1;
		}
		batch_seal(b, 300);
	}
	return store_rig_commit(r, err);
}

/* The number of the whole checkpoint that the file holds; fails the test when
 * it is not whole. */
static int64_t
whole_epoch(struct store_rig *r)
{
	const char *text =
		store_rig_sql(r, "SELECT CASE WHEN count(DISTINCT n) = 1 AND"
			   " count(*) = 300 AND max(n) = (SELECT max(id) FROM"
			   " checkpoints) AND (SELECT count(*) FROM errors) ="
			   " 4 - max(0, max(n) - 2) THEN max(n) END"
			   " FROM group_aggregate_1_groups");
	char *end;
	int64_t epoch = strtoll(text, &end, 10);

	if (end == text)
		FAIL("not whole: %s", text);
	return epoch;
}

static void
start(struct store_rig *r, struct store_rig_op **ret_op)
{
	struct error err = ERROR_INIT;

	store_rig_init(r);
	store_rig_open(r);
	*ret_op = fault_op(r);
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(try_commit(r, *ret_op, &err), 0);
}

/* Commits of 3 and 4 with a WAL checkpoint after each. */
static int
two_commits(struct store_rig *r, struct store_rig_op *o, struct error *err)
{
	while (r->epoch < 4)
		if (try_commit(r, o, err) < 0 ||
		    store_wal_checkpoint(r->s, err) < 0)
			return -1;
	return 0;
}

TEST(a_full_disk_at_any_write_costs_nothing_but_time)
{
	unsigned failed = 0;
	bool happened = true;

	shim_install();
	for (unsigned n = 1; happened; n++) {
		struct error err = ERROR_INIT;
		struct store_rig_op *o;
		struct store_rig r;

		start(&r, &o);
		shim_arm(SHIM_FULL, n);
		if (two_commits(&r, o, &err) < 0) {
			EXPECT_EQ(err.code, ERR_STORE_FULL);
			EXPECT(err.retriable);
			EXPECT_EQ(whole_epoch(&r), r.epoch);
			failed++;
			/* The very same call again. */
			EXPECT_EQ(two_commits(&r, o, &err), 0);
		}
		happened = shim_disarm();
		EXPECT_EQ(whole_epoch(&r), 4);
		store_rig_release(&r);
	}
	EXPECT(failed > 10);
}

/* What is true after a failure that may not be tried again. */
static void
in_doubt(enum shim_fault fault)
{
	unsigned failed = 0;
	bool happened = true;

	shim_install();
	for (unsigned n = 1; happened; n++) {
		struct error err = ERROR_INIT, again = ERROR_INIT;
		int64_t epoch;
		struct store_rig_op *o;
		struct store_rig r;

		start(&r, &o);
		shim_arm(fault, n);
		if (two_commits(&r, o, &err) < 0) {
			EXPECT_EQ(err.code, ERR_STORE);
			EXPECT(!err.retriable);
			EXPECT_EQ(error_exit_status(err.code), 74);
			/* The second sync may lie: nobody asks for it. */
			EXPECT_EQ(try_commit(&r, o, &again), -1);
			EXPECT_STR(again.message, err.message);
			EXPECT_EQ(store_wal_checkpoint(r.s, &again), -1);
			failed++;
		}
		epoch = (int64_t)r.epoch;
		store_rig_close(&r);
		happened = shim_disarm();
		store_rig_open(&r);
		/* Whole; the one in doubt may be there or not. */
		EXPECT(whole_epoch(&r) >= epoch);
		EXPECT(whole_epoch(&r) <= epoch + 1);
		o = fault_op(&r);
		EXPECT_EQ(two_commits(&r, o, &err), 0);
		EXPECT_EQ(whole_epoch(&r), 4);
		store_rig_release(&r);
	}
	EXPECT(failed > 10);
}

TEST(an_io_error_at_any_call_is_never_tried_again)
{
	in_doubt(SHIM_IOERR);
}

TEST(a_short_write_at_any_call_is_never_tried_again)
{
	in_doubt(SHIM_SHORT);
}

TEST(a_power_cut_at_any_call_leaves_a_whole_checkpoint)
{
	bool happened = true;

	shim_install();
	for (unsigned n = 1; happened; n++) {
		struct error err = ERROR_INIT;
		int64_t safe;
		struct store_rig_op *o;
		struct store_rig r;

		start(&r, &o);
		shim_arm(SHIM_DEAD, n);
		two_commits(&r, o, &err);
		safe = (int64_t)r.epoch;
		/* Closing writes nothing any more: the power is gone. */
		store_rig_close(&r);
		happened = shim_disarm();
		shim_power_cut(n);
		store_rig_open(&r);
		/* What was committed stays committed. */
		EXPECT(whole_epoch(&r) >= safe);
		store_rig_release(&r);
	}
}

TEST(a_disk_that_fails_while_the_file_is_made_leaves_no_file)
{
	bool happened = true;

	shim_install();
	for (unsigned n = 1; happened; n++) {
		struct error err = ERROR_INIT;
		struct store *s = NULL;
		struct store_rig_op *o;
		struct store_rig r;

		store_rig_init(&r);
		shim_arm(SHIM_DEAD, n);
		if (store_open(r.path, STORE_CREATE, 0, &s, &err) == 0)
			store_close(s);
		else
			EXPECT(err.code == ERR_STORE);
		happened = shim_disarm();
		shim_power_cut(n);
		store_rig_open(&r);
		o = fault_op(&r);
		EXPECT_EQ(try_commit(&r, o, &err), 0);
		EXPECT_EQ(whole_epoch(&r), 1);
		store_rig_release(&r);
	}
}

TEST(a_power_cut_at_any_call_of_a_migration_costs_nothing)
{
	bool happened = true;

	shim_install();
	for (unsigned n = 1; happened; n++) {
		struct error err = ERROR_INIT;
		struct store *s = NULL;
		struct store_rig r;

		store_rig_init(&r);
		fixture_build("state-v1-group", r.path);
		shim_arm(SHIM_DEAD, n);
		if (store_open(r.path, 0, 0, &s, &err) == 0)
			store_close(s);
		happened = shim_disarm();
		shim_power_cut(n);
		store_rig_open(&r);
		EXPECT_STR(store_rig_sql(&r, "PRAGMA user_version;"
					     "SELECT sum(_rows), sum(_touched)"
					     " FROM group_aggregate_1_groups;"
					     "PRAGMA quick_check"),
			   "4\n6|0\nok\n");
		store_rig_release(&r);
	}
}

/* The kernel's own refusal instead of the shim's. */
static int
file_size_limit(struct store_rig *r, struct store_rig_op *o)
{
	struct rlimit small = { 200000, RLIM_INFINITY };
	struct rlimit big = { RLIM_INFINITY, RLIM_INFINITY };
	struct error err = ERROR_INIT;
	int refused = 0;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 50 && !refused; i++)
		if (try_commit(r, o, &err) < 0)
			refused = err.code == ERR_STORE_FULL && err.retriable
					  ? 1
					  : 2;
	setrlimit(RLIMIT_FSIZE, &big);
	return refused == 1 && try_commit(r, o, &err) == 0 &&
	       whole_epoch(r) == (int64_t)r->epoch;
}

TEST(a_limit_on_file_sizes_is_a_full_disk)
{
	struct store_rig_op *o;
	struct store_rig r;
	int status;
	pid_t pid;

	store_rig_init(&r);
	store_rig_open(&r);
	store_rig_close(&r);
	pid = fork();
	if (pid == 0) {
		store_rig_open(&r);
		o = fault_op(&r);
		_exit(file_size_limit(&r, o) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	store_rig_release(&r);
}

TEST(a_lock_of_another_program_passes)
{
	struct error err = ERROR_INIT;
	struct store_rig_op *o;
	struct store_rig r;
	sqlite3 *db;

	start(&r, &o);
	sqlite3_busy_timeout(r.s->file.db, 10);
	EXPECT_EQ(sqlite3_open(r.path, &db), SQLITE_OK);
	EXPECT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", 0, 0, 0), SQLITE_OK);
	EXPECT_EQ(try_commit(&r, o, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE);
	EXPECT(err.retriable);
	EXPECT(strstr(err.message, "another program holds a lock"));
	EXPECT_EQ(sqlite3_exec(db, "COMMIT", 0, 0, 0), SQLITE_OK);
	sqlite3_close(db);
	EXPECT_EQ(try_commit(&r, o, &err), 0);
	EXPECT_EQ(whole_epoch(&r), 3);
	store_rig_release(&r);
}
