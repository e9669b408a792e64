/* SPDX-License-Identifier: Apache-2.0
 * The file itself: made whole, checked before it is believed, moved away and
 * never emptied when it is damaged, readable by others all the time.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "runtime/store_look.h"
#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

static void
write_at(const char *path, long offset, const void *data, size_t n)
{
	int fd = open(path, O_RDWR | O_CREAT, 0640);

	EXPECT(fd >= 0);
	EXPECT_EQ(pwrite(fd, data, n, offset), n);
	close(fd);
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	EXPECT_EQ(stat(path, &st), 0);
	return st.st_mode & 0777;
}

/* What the command prints; the shell sees $F, the file. */
static const char *
shell(struct store_rig *r, const char *command)
{
	char line[512];
	FILE *f;
	size_t n;

	snprintf(line, sizeof(line), "F='%s'; { %s; } 2>&1", r->path, command);
	f = popen(line, "r");
	EXPECT(f);
	buf_clear(&r->text);
	n = fread(buf_room(&r->text, 4096), 1, 4096, f);
	buf_added(&r->text, n);
	pclose(f);
	return buf_cstr(&r->text);
}

TEST(a_new_file_has_the_tables_of_the_contract)
{
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT type, name FROM sqlite_schema WHERE"
			       " type <> 'index' ORDER BY type, name"),
		   "table|checkpoints\ntable|errors\ntable|job\n"
		   "table|late_rows\ntable|offsets\ntable|operators\n"
		   "table|outbox\ntable|watermarks\n"
		   "view|v_lag\nview|v_state\nview|v_watermarks\n");
	EXPECT_STR(store_rig_sql(&r, "SELECT group_concat(name, ' ') FROM"
			       " pragma_table_info('errors')"),
		   "id at source topic partition offset record_time operator"
		   " expression code column_name message raw row weight"
		   " key headers replay place replayed_at\n");
	EXPECT_STR(store_rig_sql(&r, "PRAGMA application_id; PRAGMA user_version;"
			       "PRAGMA page_size; PRAGMA journal_mode"),
		   "1397508419\n4\n16384\nwal\n");
	EXPECT_EQ(mode_of(r.path), 0640);
	EXPECT_STR(shell(&r, "stat -c %a $F-wal $F-shm"), "640\n640\n");
	store_rig_release(&r);
}

TEST(a_missing_file_is_made_only_on_request)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	struct store_rig r;

	store_rig_init(&r);
	EXPECT_EQ(store_open(r.path, 0, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_FILE);
	EXPECT(access(r.path, F_OK) < 0);
	EXPECT_EQ(store_open("/nowhere/at/all.db", STORE_CREATE, 0, &s, &err),
		  -1);
	EXPECT_EQ(err.code, ERR_FILE);
	store_rig_release(&r);
}

TEST(the_job_row_comes_back_with_quotes_and_nulls)
{
	struct store_job job = {
		.name = "words",
		.uuid = "0-1",
		.state = "RUNNING",
		.sql = "INSERT INTO o'k SELECT \"x\"; -- ; DROP TABLE job",
		.plan = "",
		.sluice_version = "0.1",
		.created_at_us = INT64_C(1767225600123000),
		.slots = 256,
	};
	struct error err = ERROR_INIT;
	struct store_job got;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	EXPECT_EQ(store_get_job(r.s, &r.arena, &got, &err), 0);
	EXPECT_EQ(store_put_job(r.s, &job, &err), 0);
	EXPECT_EQ(store_set_state(r.s, "FAILED", "it's broken", &err), 0);
	store_rig_close(&r);
	store_rig_open(&r);
	EXPECT_EQ(store_get_job(r.s, &r.arena, &got, &err), 1);
	EXPECT_STR(got.name, "words");
	EXPECT_STR(got.state, "FAILED");
	EXPECT_STR(got.error, "it's broken");
	EXPECT_STR(got.sql, job.sql);
	EXPECT_STR(got.plan, "");
	EXPECT_STR(got.settings, NULL);
	EXPECT_EQ(got.created_at_us, job.created_at_us);
	EXPECT_EQ(got.slots, 256);
	EXPECT_STR(store_rig_sql(&r, "SELECT created_at FROM job"),
		   "2026-01-01T00:00:00.123Z\n");
	store_rig_release(&r);
}

TEST(sqlite3_reads_the_file_beside_the_writer_and_after_a_clean_stop)
{
	struct error err = ERROR_INIT;
	struct store_job job = { .name = "j", .state = "RUNNING" };
	struct store_rig r;

	store_rig_init(&r);
	if (system("command -v sqlite3 >/dev/null") != 0) {
		store_rig_release(&r);
		SKIP("sqlite3 is not installed");
	}
	store_rig_open(&r);
	EXPECT_EQ(store_put_job(r.s, &job, &err), 0);
	EXPECT_STR(shell(&r, "sqlite3 -readonly $F 'SELECT state FROM job'"),
		   "RUNNING\n");
	EXPECT_EQ(store_set_state(r.s, "STOPPED", NULL, &err), 0);
	store_rig_close(&r);
	EXPECT_STR(shell(&r, "sqlite3 -readonly $F 'SELECT state FROM job'"),
		   "STOPPED\n");
	EXPECT_STR(shell(&r, "ls $F-wal $F-shm | wc -l"), "2\n");
	store_rig_release(&r);
}

/* A program that believes to be the last one folds the -wal in, and deletes
 * it under the writer's feet. */
TEST(looks_of_our_own_leave_the_writer_its_locks)
{
	struct error err = ERROR_INIT;
	struct store_job job = { .name = "j", .state = "RUNNING" };
	struct store_look *l;
	struct store_scan scan;
	struct store_rig r;

	store_rig_init(&r);
	if (system("command -v sqlite3 >/dev/null") != 0) {
		store_rig_release(&r);
		SKIP("sqlite3 is not installed");
	}
	store_rig_open(&r);
	EXPECT_EQ(store_put_job(r.s, &job, &err), 0);
	EXPECT_EQ(store_look_open(r.path, &l, &err), 0);
	EXPECT_EQ(store_look_check(l, &scan, &err), 0);
	store_look_close(l);
	EXPECT_STR(shell(&r, "WAL=$(stat -c '%i %s' $F-wal);"
			     " sqlite3 $F 'SELECT state FROM job';"
			     " test \"$WAL\" = \"$(stat -c '%i %s' $F-wal)\" &&"
			     " echo still there"),
		   "RUNNING\nstill there\n");
	EXPECT_EQ(store_set_state(r.s, "PAUSED", NULL, &err), 0);
	EXPECT_STR(shell(&r, "sqlite3 $F 'SELECT state FROM job'"), "PAUSED\n");
	store_rig_release(&r);
}

TEST(an_empty_or_cut_file_is_moved_away_and_never_started_empty)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	store_rig_close(&r);
	EXPECT_EQ(truncate(r.path, 0), 0);
	EXPECT_EQ(store_open(r.path, STORE_CREATE, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT_EQ(error_exit_status(err.code), 65);
	EXPECT(strstr(err.note, "job.db.corrupt-19700101T000000Z"));
	EXPECT(access(r.path, F_OK) < 0);
	EXPECT_STR(shell(&r, "ls $F.corrupt-19700101T000000Z* | wc -l"),
		   "3\n");

	/* Nor with the next start, until somebody says so. A job may have a
	 * name like that. */
	shell(&r, "touch $F.corrupt-19700101T000000Z.db");
	EXPECT_EQ(store_open(r.path, STORE_CREATE, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT(strstr(err.message, "damaged and moved away"));
	EXPECT(strstr(err.note, "job.db.corrupt-19700101T000000Z"));
	EXPECT_EQ(store_remove(r.path, &err), 0);
	EXPECT_STR(shell(&r, "cd $(dirname $F); ls"),
		   "job.db.corrupt-19700101T000000Z.db\n");
	store_rig_open(&r);
	store_rig_close(&r);
	store_rig_release(&r);
}

TEST(two_damaged_files_of_one_second_are_both_kept)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	store_rig_close(&r);
	shell(&r, "cp $F $F.saved");
	for (int i = 0; i < 2; i++) {
		/* The second time from a copy put in its place. */
		shell(&r, "cp $F.saved $F");
		EXPECT_EQ(truncate(r.path, 16384 * 3), 0);
		EXPECT_EQ(store_open(r.path, STORE_CREATE, 0, &s, &err), -1);
		EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	}
	EXPECT(strstr(err.note, "corrupt-19700101T000000Z-2"));
	EXPECT_STR(shell(&r, "ls $F.corrupt-19700101T000000Z"
			     " $F.corrupt-19700101T000000Z-2 | wc -l"),
		   "2\n");
	store_rig_release(&r);
}

TEST(a_flipped_byte_is_found_at_open)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	store_rig_close(&r);
	/* The header of a b-tree page: cell count. */
	write_at(r.path, 16384 * 2 + 3, "\xff\xff", 2);
	EXPECT_EQ(store_open(r.path, 0, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT(strstr(err.note, "RESET OFFSETS TO EARLIEST"));
	EXPECT(access(r.path, F_OK) < 0);
	store_rig_release(&r);
}

TEST(a_file_that_is_no_database_is_damage)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	struct store_rig r;

	store_rig_init(&r);
	write_at(r.path, 0, "this is no database, but long enough for one"
			    " to look at: ...................................."
			    ".....................", 100);
	EXPECT_EQ(store_open(r.path, STORE_READ_ONLY, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT_EQ(access(r.path, F_OK), 0); /* read-only moves nothing */
	EXPECT_EQ(store_open(r.path, 0, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT(access(r.path, F_OK) < 0);
	store_rig_release(&r);
}

TEST(files_of_others_and_of_newer_versions_are_left_alone)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	struct store_rig r;
	sqlite3 *db;

	store_rig_init(&r);
	EXPECT_EQ(sqlite3_open(r.path, &db), SQLITE_OK);
	EXPECT_EQ(sqlite3_exec(db, "CREATE TABLE t(x)", 0, 0, 0), SQLITE_OK);
	EXPECT_EQ(store_open(r.path, STORE_CREATE, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT(strstr(err.message, "of another program"));
	EXPECT_EQ(access(r.path, F_OK), 0);
	sqlite3_exec(db, "PRAGMA application_id = 0x534C4943;"
			 "PRAGMA user_version = 99", 0, 0, 0);
	sqlite3_close(db);
	EXPECT_EQ(store_open(r.path, 0, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_VERSION);
	EXPECT(strstr(err.message, "newer sluice"));
	EXPECT_EQ(access(r.path, F_OK), 0);
	store_rig_release(&r);
}

TEST(a_crash_while_the_file_is_made_leaves_no_empty_state)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	char path[128];
	struct store_rig r;

	store_rig_init(&r);
	snprintf(path, sizeof(path), "%s.new", r.path);
	write_at(path, 0, "half", 4);
	/* A -wal without its file must not be taken for the new one's. */
	snprintf(path, sizeof(path), "%s-wal", r.path);
	write_at(path, 0, "stale", 5);
	EXPECT_EQ(store_open(r.path, 0, 0, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_FILE);
	store_rig_open(&r);
	EXPECT_STR(shell(&r, "ls $F.new 2>/dev/null | wc -l"), "0\n");
	store_rig_close(&r);
	EXPECT_EQ(store_remove(r.path, &err), 0);
	EXPECT_EQ(store_remove(r.path, &err), 0);
	EXPECT_STR(shell(&r, "ls $(dirname $F) | wc -l"), "0\n");
	store_rig_release(&r);
}

/* ---- catalog ---- */

static int
list_object(const struct catalog_entry *e, void *arg, struct error *err)
{
	(void)err;
	buf_printf(arg, "%d %s [%s]", e->kind, e->name, e->sql);
	if (e->state)
		buf_printf(arg, " %s since %lld of %lld", e->state,
			   (long long)e->since_us, (long long)e->created_us);
	if (e->error)
		buf_printf(arg, " %s: %s (%s)", e->error_code, e->error,
			   e->note ? e->note : "-");
	buf_puts(arg, "\n");
	return 0;
}

static int
put_object(struct store_catalog *c, enum catalog_kind kind, const char *name,
	   const char *sql, struct error *err)
{
	struct catalog_entry e = { .kind = kind, .name = name, .sql = sql,
				   .created_us = TIME_NONE,
				   .since_us = TIME_NONE };

	return store_catalog_put(c, &e, err);
}

static int
put_job(struct store_catalog *c, const char *name, const char *state,
	const char *cause, struct error *err)
{
	struct catalog_entry e = { .kind = CATALOG_JOB, .name = name,
				   .sql = "insert", .state = state,
				   .created_us = 1000, .since_us = 2000,
				   .error_code = cause ? "kafka" : NULL,
				   .error = cause };

	return store_catalog_put(c, &e, err);
}

static const char *
listed(struct store_catalog *c, struct buf *b)
{
	struct error err = ERROR_INIT;

	buf_clear(b);
	EXPECT_EQ(store_catalog_each(c, list_object, b, &err), 0);
	return buf_cstr(b);
}

TEST(what_the_catalog_holds_back_is_there_as_a_whole_or_not_at_all)
{
	struct error err = ERROR_INIT;
	struct store_catalog *c;
	struct store_rig r;
	struct buf b;

	store_rig_init(&r);
	buf_init(&b);
	EXPECT_EQ(store_catalog_open(r.path, &c, &err), 0);
	EXPECT_EQ(store_catalog_hold(c, &err), 0);
	EXPECT_EQ(put_object(c, CATALOG_TABLE, "t", "create t", &err), 0);
	/* Somebody who dies here has made nothing. */
	EXPECT_STR(store_rig_sql(&r, "SELECT count(*) FROM objects"), "0\n");
	EXPECT_EQ(put_job(c, "t", "RUNNING", NULL, &err), 0);
	EXPECT_EQ(store_catalog_drop(c, CATALOG_JOB, "t", &err), 0);
	EXPECT_EQ(store_catalog_release(c, false, &err), 0);
	EXPECT_STR(listed(c, &b), "");
	EXPECT_EQ(store_catalog_hold(c, &err), 0);
	EXPECT_EQ(put_object(c, CATALOG_TABLE, "t", "create t", &err), 0);
	EXPECT_EQ(put_object(c, CATALOG_VIEW, "v", "create v", &err), 0);
	EXPECT_EQ(store_catalog_release(c, true, &err), 0);
	EXPECT_STR(listed(c, &b), "0 t [create t]\n1 v [create v]\n");
	store_catalog_close(c);
	buf_release(&b);
	store_rig_release(&r);
}

TEST(the_catalog_keeps_objects_in_order_of_creation)
{
	struct error err = ERROR_INIT;
	struct store_catalog *c;
	struct store_rig r;
	struct buf b;

	store_rig_init(&r);
	buf_init(&b);
	EXPECT_EQ(store_catalog_open(r.path, &c, &err), 0);
	EXPECT_EQ(put_object(c, CATALOG_TABLE, "g", "create g", &err), 0);
	EXPECT_EQ(put_object(c, CATALOG_TABLE, "G", "create \"G\"", &err), 0);
	EXPECT_EQ(put_job(c, "j", "RUNNING", NULL, &err), 0);
	EXPECT_EQ(put_object(c, CATALOG_VIEW, "g", "create v", &err), 0);
	EXPECT_EQ(put_job(c, "j", "FAILED", "gone", &err), 0);
	EXPECT_EQ(put_job(c, "J", "RUNNING", NULL, &err), -1);
	EXPECT_EQ(err.code, ERR_EXISTS);
	store_catalog_close(c);

	EXPECT_EQ(store_catalog_open(r.path, &c, &err), 0);
	EXPECT_STR(listed(c, &b), "0 g [create g]\n"
				  "0 G [create \"G\"]\n"
				  "2 j [insert] FAILED since 2000 of 1000"
				  " kafka: gone (-)\n"
				  "1 g [create v]\n");
	EXPECT_EQ(store_catalog_drop(c, CATALOG_TABLE, "g", &err), 0);
	EXPECT_EQ(store_catalog_drop(c, CATALOG_JOB, "j", &err), 0);
	EXPECT_STR(listed(c, &b), "0 G [create \"G\"]\n"
				  "1 g [create v]\n");
	store_catalog_close(c);
	buf_release(&b);
	store_rig_release(&r);
}

TEST(the_catalog_is_no_job_file_and_the_other_way_round)
{
	struct error err = ERROR_INIT;
	struct store_catalog *c;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	store_rig_close(&r);
	EXPECT_EQ(store_catalog_open(r.path, &c, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT_EQ(access(r.path, F_OK), 0);
	store_rig_release(&r);
}
