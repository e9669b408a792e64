/* SPDX-License-Identifier: Apache-2.0
 * Files of earlier versions (tests/fixtures/) under this one: brought up to
 * date whole or not at all, with the answers of a job that never stopped.
 */
#include "base/time.h"
#include "runtime/store_look.h"
#include "tests/unit/fixture.h"
#include "tests/unit/rig.h"
#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

#define GROUPS                                                              \
	"SELECT k, COUNT(*), SUM(v), AVG(v), COUNT(DISTINCT v), MAX(v)"     \
	" FROM s GROUP BY k"
#define WINDOWS                                                             \
	"SELECT window_start, k, COUNT(*), SUM(v), COUNT(DISTINCT v) FROM"  \
	" TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND))"     \
	" GROUP BY k, window_start, window_end"

/* What the job had read when the fixtures were made, and what comes then. */
static void
before(struct rig *r)
{
	rig_step(r, "a,7,@00:01", "b,3,@00:02", "a,3,@00:03", "c,,@00:04",
		 NULL);
	rig_step(r, "a,7,@00:05", "it's,9,@00:06", NULL);
	rig_checkpoint(r);
	rig_out(r, "");
}

static const char *
after(struct rig *r)
{
	rig_step(r, "a,11,@00:07", "c,1,@00:08", "it's,9,@00:08",
		 "d,5,@00:09", NULL);
	rig_checkpoint(r);
	rig_crash(r);
	rig_step(r, "a,3,@00:09", "b,,@00:09", "d,2,@00:21", NULL);
	rig_watermark(r, "00:30");
	rig_end(r, "s");
	rig_run(r);
	return rig_out(r, "");
}

static void
goes_on(const char *fixture, const char *query)
{
	struct rig *r = rig_open(query);
	struct error err = ERROR_INIT;
	char *expected;

	before(r);
	expected = mem_strdup(after(r));
	EXPECT(*expected);
	rig_close(r);
	r = rig_open(query);
	before(r);
	if (rig_replace(r, fixture, &err) < 0)
		FAIL("%s: %s", fixture, err.message);
	EXPECT_STR(after(r), expected);
	EXPECT_STR(rig_state(r, "PRAGMA user_version"), "4\n");
	EXPECT_STR(rig_state(r, "PRAGMA quick_check"), "ok\n");
	rig_close(r);
	free(expected);
}

TEST(groups_of_version_1_go_on)
{
	goes_on("state-v1-group", GROUPS);
}

TEST(windows_of_version_1_go_on)
{
	goes_on("state-v1-window", WINDOWS);
}

TEST(groups_of_version_2_go_on)
{
	goes_on("state-v2-group", GROUPS);
}

TEST(groups_of_version_1_live_from_now_on)
{
	struct rig *r = rig_open("SET 'table.exec.state.ttl' = '1 h';" GROUPS);
	struct error err = ERROR_INIT;

	before(r);
	EXPECT_EQ(rig_replace(r, "state-v1-group", &err), 0);
	rig_advance(r, 30 * US_PER_MINUTE);
	rig_step(r, "a,11,@00:07", NULL);
	EXPECT_OUT(r, "-U a 3 17 5 2 7", "+U a 4 28 7 3 11", NULL);
	rig_close(r);
}

TEST(a_migration_that_fails_leaves_the_file_as_it_was)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	struct store_rig r;
	sqlite3 *db;

	store_rig_init(&r);
	fixture_build("state-v1-group", r.path);
	EXPECT_EQ(sqlite3_open(r.path, &db), SQLITE_OK);
	EXPECT_EQ(sqlite3_exec(db, "UPDATE operators SET columns = '[{'", 0, 0,
			       0), SQLITE_OK);
	sqlite3_close(db);
	EXPECT_EQ(store_open(r.path, 0, 0, &s, &err), -1);
	EXPECT(strstr(err.message, r.path));
	EXPECT_STR(store_rig_sql(&r, "PRAGMA user_version;"
				     "SELECT count(*) FROM"
				     " pragma_table_info('errors')"),
		   "1\n15\n");
	store_rig_release(&r);
}

static void
ignore(void *arg, unsigned n, const struct store_cell *cells)
{
	(void)n;
	(void)cells;
	++*(unsigned *)arg;
}

TEST(an_older_file_is_looked_at_without_being_changed)
{
	struct error err = ERROR_INIT;
	struct store_totals totals;
	struct store_look *l;
	struct store_rig r;
	unsigned rows = 0;

	store_rig_init(&r);
	fixture_build("state-v1-group", r.path);
	EXPECT_EQ(store_get_totals(r.path, &totals, &err), 0);
	EXPECT_EQ(totals.checkpoint, 2);
	EXPECT_EQ(totals.rows_in, 6);
	EXPECT_EQ(store_look_open(r.path, &l, &err), 0);
	EXPECT_EQ(store_look(l, "SELECT * FROM v_lag", ignore, &rows, &err), 0);
	EXPECT_EQ(rows, 1);
	EXPECT_EQ(store_look(l, "SELECT key FROM errors", ignore, &rows, &err),
		  -1);
	EXPECT(strstr(err.message, "brought up to date when its job starts"));
	store_look_close(l);
	EXPECT_STR(store_rig_sql(&r, "PRAGMA user_version"), "1\n");
	store_rig_release(&r);
}

static int
count_object(const struct catalog_entry *e, void *arg, struct error *err)
{
	(void)err;
	buf_printf(arg, "%d %s\n", e->kind, e->name);
	return 0;
}

TEST(a_catalog_of_version_1_is_taken_over)
{
	struct catalog_entry f = { .kind = CATALOG_FUNCTION, .name = "loud",
				   .sql = "CREATE FUNCTION loud AS 'UPPER'",
				   .created_us = TIME_NONE,
				   .since_us = TIME_NONE };
	struct error err = ERROR_INIT;
	struct store_catalog *c;
	struct store_rig r;
	struct buf b;

	store_rig_init(&r);
	buf_init(&b);
	fixture_build("catalog-v1", r.path);
	EXPECT_EQ(store_catalog_open(r.path, &c, &err), 0);
	EXPECT_EQ(store_catalog_put(c, &f, &err), 0);
	EXPECT_EQ(store_catalog_each(c, count_object, &b, &err), 0);
	EXPECT_STR(buf_cstr(&b), "0 src\n1 it's a view\n0 dst\n2 dst\n"
				 "3 loud\n");
	store_catalog_close(c);
	EXPECT_STR(store_rig_sql(&r, "PRAGMA user_version;"
				     "SELECT state, error_code FROM jobs"),
		   "2\nFAILED|file\n");
	buf_release(&b);
	store_rig_release(&r);
}
