/* SPDX-License-Identifier: Apache-2.0
 * Bits that flip and files that are cut, anywhere in a state file or its log,
 * as a crash or a clean stop left them: the start says that the file is
 * damaged, or it holds one of the checkpoints that were made, to the letter.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "runtime/store_look.h"
#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

#define COMMITS 14
#define ROWS_EACH 400
#define ROUNDS 500

static struct table_def groups = { .suffix = "_groups", .nkeys = 1 };

struct bytes {
	char *data;
	size_t n;
};

/* A file and its log as they were at one moment. */
struct image {
	struct bytes file, log;
};

struct story {
	struct store_rig r;
	struct store_rig_op *op;
	char *dump[COMMITS + 1]; /* what the file held, by checkpoint */
	struct image folded;  /* all of the log is in the file as well */
	struct image partly;  /* some of it */
	struct image stopped; /* a clean stop: the log is empty */
};

/* ---- files ---- */

static struct bytes
read_all(const char *path)
{
	struct bytes b = { NULL, 0 };
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return b;
	EXPECT_EQ(fstat(fd, &st), 0);
	b.n = (size_t)st.st_size;
	b.data = mem_alloc(b.n + 1);
	EXPECT_EQ(read(fd, b.data, b.n), b.n);
	close(fd);
	return b;
}

static void
write_all(const char *path, struct bytes b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	EXPECT(fd >= 0);
	EXPECT_EQ(write(fd, b.data, b.n), b.n);
	close(fd);
}

static const char *
beside(const struct store_rig *r, const char *suffix)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s%s", r->path, suffix);
	return path;
}

static void
image_free(struct image *i)
{
	free(i->file.data);
	free(i->log.data);
}

static struct image
image_of(const struct store_rig *r)
{
	struct image i = { read_all(r->path), read_all(beside(r, "-wal")) };

	return i;
}

static void
image_put(struct store_rig *r, const struct image *i)
{
	struct error err = ERROR_INIT;

	EXPECT_EQ(store_remove(r->path, &err), 0);
	write_all(r->path, i->file);
	write_all(beside(r, "-wal"), i->log);
}

/* ---- the story ---- */

/* All that counts, as text. */
static const char *
dump(struct store_rig *r)
{
	return store_rig_sql(r,
		"SELECT id, random_id, taken_at, rows_in, state_rows"
		" FROM checkpoints ORDER BY id;"
		"SELECT name, kind, columns, tables, state_rows FROM operators;"
		"SELECT count(*) FROM offsets; SELECT count(*) FROM errors;"
		"SELECT * FROM group_aggregate_1_groups ORDER BY _id");
}

static void
commit_one(struct story *s)
{
	struct error err = ERROR_INIT;
	struct batch *b;
	uint64_t n = s->r.epoch + 1;

	store_rig_put(&s->r, s->op, 0, "0|some word, and another to fill"
				       " a page with|0");
	b = s->r.snap.parts->rows;
	for (uint32_t i = 0; i < ROWS_EACH; i++) {
		/* Old rows and new ones, all over the table. */
		b->col[0].i64[i] = (int64_t)(i * n % 1999);
		b->col[1].str[i] = b->col[1].str[0];
		b->col[2].i64[i] = (int64_t)(n * 1000 + i);
	}
	batch_seal(b, ROWS_EACH);
	EXPECT_EQ(store_rig_commit(&s->r, &err), 0);
	EXPECT_EQ(s->r.epoch, n);
	s->dump[n] = mem_strdup(dump(&s->r));
}

static void
wal_checkpoint(struct story *s)
{
	struct error err = ERROR_INIT;

	EXPECT_EQ(store_wal_checkpoint(s->r.s, &err), 0);
}

/* Beside a reader only what it does not need is folded in. */
static void
commits_beside_a_reader(struct story *s)
{
	sqlite3 *db;

	while (s->r.epoch < 8)
		commit_one(s);
	EXPECT_EQ(sqlite3_open(s->r.path, &db), SQLITE_OK);
	EXPECT_EQ(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM job", 0, 0, 0),
		  SQLITE_OK);
	while (s->r.epoch < 10)
		commit_one(s);
	wal_checkpoint(s);
	while (s->r.epoch < 12)
		commit_one(s);
	s->partly = image_of(&s->r);
	sqlite3_close(db);
}

static void
story_tell(struct story *s)
{
	struct error err = ERROR_INIT;

	*s = (struct story){ .op = NULL };
	store_rig_init(&s->r);
	store_rig_open(&s->r);
	s->op = store_rig_op(&s->r, "group_aggregate;t;k");
	groups.schema = store_rig_schema(&s->r, "BIGINT _id, STRING k, BIGINT n");
	store_rig_table(&s->r, s->op, &groups);
	EXPECT_EQ(store_rig_attach(&s->r, &err), 0);
	s->dump[0] = mem_strdup(dump(&s->r));
	while (s->r.epoch < 5)
		commit_one(s);
	wal_checkpoint(s);
	s->folded = image_of(&s->r);
	commits_beside_a_reader(s);
	while (s->r.epoch < COMMITS)
		commit_one(s);
	store_rig_close(&s->r);
	s->stopped = image_of(&s->r);
	EXPECT(s->folded.log.n > 0 && s->partly.log.n > 0);
	EXPECT_EQ(s->stopped.log.n, 0);
}

static void
story_end(struct story *s)
{
	image_free(&s->folded);
	image_free(&s->partly);
	image_free(&s->stopped);
	for (unsigned i = 0; i <= COMMITS; i++)
		free(s->dump[i]);
	store_rig_release(&s->r);
}

/* Starts from the image. 1: one of its checkpoints, 0: told to be damaged;
 * anything else fails the test. */
static int
outcome(struct story *s, const struct image *i, const char *what, size_t at)
{
	struct error err = ERROR_INIT;
	struct store *store;
	const char *text;

	image_put(&s->r, i);
	if (store_open(s->r.path, 0, 0, &store, &err) < 0) {
		if (err.code != ERR_STORE_DAMAGED ||
		    !strstr(err.message, "is damaged: "))
			FAIL("%s at %zu: %s", what, at, err.message);
		EXPECT(access(s->r.path, F_OK) < 0);
		return 0;
	}
	text = dump(&s->r);
	for (unsigned n = 0; n <= COMMITS; n++)
		if (strcmp(text, s->dump[n]) == 0) {
			store_close(store);
			return 1;
		}
	FAIL("%s at %zu: none of the checkpoints: %.200s", what, at, text);
}

/* ---- what happens to it ---- */

static size_t
draw(uint64_t *seed, size_t below)
{
	*seed = hash_u64(*seed, 1);
	return (size_t)(*seed % below);
}

/* How many of the flips were noticed. */
static unsigned
flip(struct story *s, struct image *i, struct bytes *b, unsigned rounds,
     const char *what, uint64_t seed)
{
	unsigned noticed = 0;

	for (unsigned n = 0; n < rounds; n++) {
		size_t at = draw(&seed, b->n);
		char bit = (char)(1 << draw(&seed, 8));

		b->data[at] ^= bit;
		noticed += outcome(s, i, what, at) == 0;
		b->data[at] ^= bit;
	}
	return noticed;
}

TEST(a_flipped_bit_in_a_stopped_file_is_always_noticed)
{
	struct story s;

	story_tell(&s);
	EXPECT_EQ(outcome(&s, &s.stopped, "nothing", 0), 1);
	EXPECT_EQ(flip(&s, &s.stopped, &s.stopped.file, ROUNDS,
		       "flip in a stopped file", 1),
		  ROUNDS);
	story_end(&s);
}

/* Fields of the file's header that SQLite's backup sets anew beneath the sum
 * of the page: its change counter, schema cookie and last writer. */
static bool
is_unsummed(size_t at)
{
	return (at >= 24 && at < 28) || (at >= 40 && at < 44) ||
	       (at >= 92 && at < 100);
}

TEST(a_flipped_bit_in_the_headers_is_noticed_or_does_no_harm)
{
	struct story s;

	story_tell(&s);
	for (size_t at = 0; at < 108; at++) {
		s.stopped.file.data[at] ^= 1 << at % 8;
		EXPECT_EQ(outcome(&s, &s.stopped, "flip", at),
			  is_unsummed(at));
		s.stopped.file.data[at] ^= 1 << at % 8;
	}
	for (size_t at = 16384 - 20; at < 16384; at++) {
		s.stopped.file.data[at] ^= 1 << at % 8;
		EXPECT_EQ(outcome(&s, &s.stopped, "flip", at), 0);
		s.stopped.file.data[at] ^= 1 << at % 8;
	}
	story_end(&s);
}

TEST(a_flipped_bit_after_a_crash_is_noticed_or_does_no_harm)
{
	struct story s;
	unsigned noticed;

	story_tell(&s);
	EXPECT_EQ(outcome(&s, &s.folded, "nothing", 0), 1);
	EXPECT_EQ(outcome(&s, &s.partly, "nothing", 0), 1);
	noticed = flip(&s, &s.partly, &s.partly.file, 100, "flip in a file",
		       2);
	noticed += flip(&s, &s.folded, &s.folded.file, 100,
			"flip in a folded file", 3);
	noticed += flip(&s, &s.partly, &s.partly.log, 200, "flip in a log", 4);
	noticed += flip(&s, &s.folded, &s.folded.log, 100,
			"flip in a folded log", 5);
	EXPECT(noticed > 100);
	for (size_t at = 0; at < 56; at++) {
		s.partly.log.data[at] ^= 1 << at % 8;
		outcome(&s, &s.partly, "flip in the log's header", at);
		s.partly.log.data[at] ^= 1 << at % 8;
	}
	story_end(&s);
}

/* How many of the cuts were noticed. */
static unsigned
cut(struct story *s, struct image *i, struct bytes *b, unsigned rounds,
    const char *what, uint64_t seed)
{
	size_t whole = b->n;
	unsigned noticed = 0;

	for (unsigned n = 0; n < rounds; n++) {
		b->n = draw(&seed, whole);
		noticed += outcome(s, i, what, b->n) == 0;
	}
	/* Where pages and frames end as well. */
	b->n = whole / 16384 / 2 * 16384;
	noticed += outcome(s, i, what, b->n) == 0;
	b->n = whole;
	return noticed;
}

TEST(a_file_that_is_cut_is_noticed_a_cut_log_does_no_harm)
{
	struct story s;

	story_tell(&s);
	EXPECT_EQ(cut(&s, &s.stopped, &s.stopped.file, 50, "cut file", 6), 51);
	cut(&s, &s.partly, &s.partly.file, 50, "cut file after a crash", 7);
	cut(&s, &s.partly, &s.partly.log, 50, "cut log", 8);
	cut(&s, &s.folded, &s.folded.log, 50, "cut log, folded in", 9);
	story_end(&s);
}

TEST(pages_that_changed_places_are_noticed)
{
	static char page[16384];
	struct error err = ERROR_INIT;
	struct store_scan scan;
	struct story s;
	char *data;

	story_tell(&s);
	data = s.stopped.file.data;
	memcpy(page, data + 4 * sizeof(page), sizeof(page));
	memcpy(data + 4 * sizeof(page), data + 7 * sizeof(page), sizeof(page));
	memcpy(data + 7 * sizeof(page), page, sizeof(page));
	image_put(&s.r, &s.stopped);
	EXPECT_EQ(store_scan(s.r.path, &scan, &err), 0);
	EXPECT(strstr(scan.fault, "page 5 of "));
	EXPECT(strstr(scan.fault, "does not match its checksum"));
	story_end(&s);
}

/* SQLite writes frames of such a commit to the log early, reads them again,
 * and writes some of them twice. */
TEST(a_commit_larger_than_the_cache_reads_its_own_frames)
{
	struct error err = ERROR_INIT;
	struct store_scan scan;
	struct story s;

	story_tell(&s);
	store_rig_open(&s.r);
	EXPECT_EQ(store_exec(&s.r.s->file,
			     "PRAGMA cache_size = 2; BEGIN IMMEDIATE;"
			     "UPDATE group_aggregate_1_groups SET n = n + 1;"
			     "UPDATE group_aggregate_1_groups SET k = k || _id;"
			     "UPDATE group_aggregate_1_groups SET n = n * 2;"
			     "COMMIT;"
			     "UPDATE group_aggregate_1_groups SET n = n / 2", &err),
		  0);
	EXPECT_EQ(store_scan(s.r.path, &scan, &err), 0);
	EXPECT_STR(scan.fault, "");
	EXPECT_STR(store_rig_sql(&s.r, "PRAGMA quick_check"), "ok\n");
	wal_checkpoint(&s);
	EXPECT_EQ(store_scan(s.r.path, &scan, &err), 0);
	EXPECT_STR(scan.fault, "");
	EXPECT_EQ(scan.unsummed, 0);
	store_rig_close(&s.r);
	story_end(&s);
}

/* ---- other programs ---- */

static void
with_sqlite3(struct story *s, const char *sql)
{
	sqlite3 *db;

	EXPECT_EQ(sqlite3_open(s->r.path, &db), SQLITE_OK);
	EXPECT_EQ(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
	sqlite3_close(db);
}

static int
starts(struct story *s)
{
	struct error err = ERROR_INIT;
	struct store *store;

	if (store_open(s->r.path, 0, 0, &store, &err) < 0)
		return 0;
	store_close(store);
	return 1;
}

TEST(sqlite3_may_fold_the_log_in_after_a_crash)
{
	struct story s;

	story_tell(&s);
	image_put(&s.r, &s.partly);
	/* A reader that may write does it when it closes. */
	with_sqlite3(&s, "SELECT count(*) FROM job");
	EXPECT_EQ(starts(&s), 1);
	EXPECT_STR(dump(&s.r), s.dump[12]);
	/* All pages have their sums again. */
	image_free(&s.stopped);
	s.stopped = (struct image){ read_all(s.r.path), { NULL, 0 } };
	EXPECT_EQ(flip(&s, &s.stopped, &s.stopped.file, 50, "flip", 10), 50);
	story_end(&s);
}

TEST(what_sqlite3_writes_is_not_believed_until_a_vacuum)
{
	struct story s;

	story_tell(&s);
	image_put(&s.r, &s.stopped);
	with_sqlite3(&s, "UPDATE group_aggregate_1_groups SET n = 1");
	EXPECT_EQ(starts(&s), 0);
	image_put(&s.r, &s.stopped);
	with_sqlite3(&s, "UPDATE group_aggregate_1_groups SET n = 1; VACUUM");
	EXPECT_EQ(starts(&s), 1);
	EXPECT_STR(store_rig_sql(&s.r, "SELECT DISTINCT n FROM"
				       " group_aggregate_1_groups"),
		   "1\n");
	EXPECT_STR(store_rig_sql(&s.r, "PRAGMA quick_check"), "ok\n");
	story_end(&s);
}

/* The same file without room for sums, as they were before there were any. */
static void
make_old(struct story *s)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "F='%s'; { echo 'PRAGMA page_size=16384;"
		 " PRAGMA application_id=%d; PRAGMA user_version=%d;'; sqlite3"
		 " $F .dump; } | sqlite3 $F.old && rm -f $F-* && mv $F.old $F",
		 s->r.path, STORE_APPLICATION_ID, STORE_SCHEMA_VERSION);
	EXPECT_EQ(system(line), 0);
	free(s->stopped.file.data);
	s->stopped.file = read_all(s->r.path);
	EXPECT_EQ(s->stopped.file.data[20], 0);
}

TEST(a_file_without_room_for_sums_gets_it)
{
	struct story s;

	if (system("command -v sqlite3 >/dev/null") != 0)
		SKIP("sqlite3 is not installed");
	story_tell(&s);
	image_put(&s.r, &s.stopped);
	make_old(&s);
	EXPECT_EQ(starts(&s), 1);
	EXPECT_STR(dump(&s.r), s.dump[COMMITS]);
	free(s.stopped.file.data);
	s.stopped.file = read_all(s.r.path);
	EXPECT_EQ(s.stopped.file.data[20], 16);
	EXPECT_EQ(flip(&s, &s.stopped, &s.stopped.file, 50, "flip", 11), 50);
	story_end(&s);
}

TEST(a_copy_has_all_its_sums)
{
	struct error err = ERROR_INIT;
	struct store_scan scan;
	char copy[128];
	struct story s;

	story_tell(&s);
	image_put(&s.r, &s.partly);
	/* More than SQLite keeps in memory before it writes. */
	EXPECT_EQ(starts(&s), 1);
	with_sqlite3(&s, "CREATE TABLE more AS WITH RECURSIVE n(i) AS (SELECT 1"
			 " UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
			 " SELECT randomblob(12000) AS b FROM n; VACUUM");
	snprintf(copy, sizeof(copy), "%s", beside(&s.r, ".copy"));
	for (unsigned i = 0; i < 2; i++) {
		EXPECT_EQ(store_copy(s.r.path, copy,
				     i ? STORE_COPY_NEW_JOB : 0, &err), 0);
		EXPECT_EQ(store_scan(copy, &scan, &err), 0);
		EXPECT_STR(scan.fault, "");
		EXPECT(scan.summed && scan.pages > 300);
		EXPECT_EQ(scan.unsummed, 0);
		EXPECT_EQ(store_remove(copy, &err), 0);
	}
	/* What is copied is checked. */
	EXPECT_EQ(starts(&s), 1);
	image_free(&s.stopped);
	s.stopped = (struct image){ read_all(s.r.path), { NULL, 0 } };
	s.stopped.file.data[s.stopped.file.n / 2] ^= 4;
	image_put(&s.r, &s.stopped);
	EXPECT_EQ(store_copy(s.r.path, copy, 0, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT(access(copy, F_OK) < 0);
	story_end(&s);
}
