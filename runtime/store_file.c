/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_file.c - a new file is made beside its place and renamed, so
 * that an empty or half-made one is always damage; a damaged one is moved
 * away whole, never emptied. After an I/O error nothing is written any more.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"
#include "runtime/store.h"
#include "runtime/page_sum.h"
#include "runtime/store_file.h"
#include "runtime/store_scan.h"
#include "runtime/store_vfs.h"

#define BUSY_TIMEOUT_MS 5000
#define CORRUPT ".corrupt-"
#define FILE_MODE 0640 /* members of the group may read */

static const char *const suffixes[] = { "", "-wal", "-shm" };

/* ---- opening ---- */

/* The one integer of a pragma; -1 when SQLite cannot tell (err is set). */
static int
pragma_int(struct store_file *f, const char *sql, int64_t *ret,
	   struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(f, sql, &st, err);

	if (rc == 0)
		rc = store_step(f, st, err);
	if (rc == 1)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

/* The connection alone; reads nothing yet. */
static int
file_connect(struct store_file *f, struct error *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    (f->read_only ? SQLITE_OPEN_READONLY
				  : SQLITE_OPEN_READWRITE);
	int on = 1, room = PAGE_SUM_BYTES;

	if (sqlite3_open_v2(f->path, &f->db, flags, store_vfs_name()) !=
	    SQLITE_OK) {
		if (!f->db)
			return error_oom(err);
		return store_file_failed(f, "open", err);
	}
	sqlite3_busy_timeout(f->db, BUSY_TIMEOUT_MS);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* Else a read-only user finds no -shm after a clean stop, and cannot
	 * make one. */
	sqlite3_file_control(f->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	/* What is made from now on: new files, copies, files made anew. */
	sqlite3_file_control(f->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &room);
	return 0;
}

static int
file_migrate(struct store_file *f, int64_t from, struct error *err)
{
	char sql[64];

	if (from == f->kind->version)
		return 0;
	if (store_begin(f, err) < 0)
		return -1;
	for (int64_t v = from; v < f->kind->version; v++) {
		const struct store_step *step = &f->kind->steps[v];

		if ((step->sql && store_exec(f, step->sql, err) < 0) ||
		    (step->run && step->run(f, err) < 0))
			goto fail;
	}
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d",
		 f->kind->version);
	if (store_exec(f, sql, err) < 0 || store_end(f, err) < 0)
		goto fail;
	return 0;
fail:
	store_rollback(f);
	return -1;
}

/* The directory of path as a string of its own; *ret_base: what follows. */
static char *
directory_of(const char *path, const char **ret_base)
{
	const char *slash = strrchr(path, '/');
	char *dir;

	*ret_base = slash ? slash + 1 : path;
	if (!slash)
		return mem_strdup(".");
	dir = mem_strdup(path);
	dir[slash == path ? 1 : slash - path] = '\0';
	return dir;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* What move_away() puts behind a name. Another job's file may begin like it,
 * but has a dot in its ending. */
static bool
is_corrupt_suffix(const char *suffix)
{
	return strncmp(suffix, CORRUPT, strlen(CORRUPT)) == 0 &&
	       !strchr(suffix + strlen(CORRUPT), '.');
}

/* The name of the newest damaged file that was moved away from path, into
 * ret; with `delete` all of them are deleted, and there is none left. */
static bool
find_corrupt(const char *path, bool delete, struct buf *ret)
{
	const char *base;
	char *dir = directory_of(path, &base);
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;
	size_t n = strlen(base), at = strlen(dir) + 1;

	while (d && (e = readdir(d))) {
		const char *name = e->d_name;

		if (strncmp(name, base, n) != 0 || !is_corrupt_suffix(name + n))
			continue;
		if (!delete &&
		    (ends_with(name, "-wal") || ends_with(name, "-shm") ||
		     (found && strverscmp(name, buf_cstr(ret) + at) < 0)))
			continue;
		buf_clear(ret);
		buf_printf(ret, "%s/%s", dir, name);
		if (delete)
			unlink(buf_cstr(ret));
		else
			found = true;
	}
	if (d)
		closedir(d);
	free(dir);
	return found;
}

static int
fsync_directory(const char *path, struct error *err)
{
	const char *base;
	char *dir = directory_of(path, &base);
	int fd, rc = 0;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		rc = error_errno(err, ERR_FILE, errno, "cannot sync %s", dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

int
store_file_publish(const char *from, const char *to, struct error *err)
{
	int fd = open(from, O_RDWR | O_CLOEXEC), rc = 0;

	if (fd < 0 || fchmod(fd, 0640) < 0 || fsync(fd) < 0)
		rc = error_errno(err, ERR_FILE, errno, "cannot sync %s", from);
	if (fd >= 0)
		close(fd);
	if (rc == 0 && renameat2(AT_FDCWD, from, AT_FDCWD, to,
				 RENAME_NOREPLACE) < 0)
		rc = error_errno(err, errno == EEXIST ? ERR_EXISTS : ERR_FILE,
				 errno, "cannot make %s", to);
	return rc < 0 ? -1 : fsync_directory(to, err);
}

/* Tables, ids and version of a new file, under its temporary name. */
static int
file_fill(struct store_file *f, struct error *err)
{
	char sql[64];

	if (file_connect(f, err) < 0)
		return -1;
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d",
		 f->kind->application_id);
	if (store_exec(f, "PRAGMA page_size = 16384", err) < 0 ||
	    store_exec(f, "PRAGMA synchronous = FULL", err) < 0 ||
	    store_exec(f, sql, err) < 0 || file_migrate(f, 0, err) < 0)
		return -1;
	return 0;
}

/* Of the file and what stands beside it, from the suffix `first` on. */
static int
unlink_from(unsigned first, const char *path, struct error *err)
{
	struct buf name;
	int rc = 0;

	buf_init(&name);
	for (unsigned i = first; i < ARRAY_LEN(suffixes); i++) {
		buf_clear(&name);
		buf_printf(&name, "%s%s", path, suffixes[i]);
		if (unlink(buf_cstr(&name)) < 0 && errno != ENOENT && rc == 0)
			rc = error_errno(err, ERR_FILE, errno,
					 "cannot delete %s", buf_cstr(&name));
	}
	buf_release(&name);
	return rc;
}

static int
file_unlink(const char *path, struct error *err)
{
	return unlink_from(0, path, err);
}

int
store_file_remove_log(const char *path, struct error *err)
{
	return unlink_from(1, path, err);
}

int
store_file_remove(const char *path, struct error *err)
{
	struct buf name;

	buf_init(&name);
	find_corrupt(path, true, &name);
	buf_release(&name);
	return file_unlink(path, err);
}

/* A file that nobody has seen is made under another name first: a crash here
 * leaves nothing that could pass for an empty state. */
static int
file_create(const char *path, const struct store_kind *kind, struct error *err)
{
	struct store_file f = { .kind = kind };
	struct buf new_path;
	int fd, rc = -1;

	buf_init(&new_path);
	buf_printf(&new_path, "%s.new", path);
	f.path = mem_strdup(buf_cstr(&new_path));
	buf_release(&new_path);
	/* The -wal of a file that is gone would be taken for ours. */
	if (file_unlink(f.path, err) < 0 || file_unlink(path, err) < 0)
		goto out;
	fd = open(f.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd < 0) {
		error_errno(err, errno == EACCES ? ERR_PERMISSION : ERR_FILE,
			    errno, "cannot create %s", path);
		goto out;
	}
	close(fd);
	if (file_fill(&f, err) < 0)
		goto out;
	sqlite3_close(f.db);
	f.db = NULL;
	if (rename(f.path, path) < 0)
		error_errno(err, ERR_FILE, errno, "cannot create %s", path);
	else
		rc = fsync_directory(path, err);
out:
	if (rc < 0)
		file_unlink(f.path, NULL);
	store_file_close(&f);
	return rc;
}

/* 0: one of ours; -1: not, or damaged, or of another time. */
static int
file_identify(struct store_file *f, int64_t *ret_version, struct error *err)
{
	int64_t id = 0, version = 0, pages = 0;

	if (pragma_int(f, "PRAGMA application_id", &id, err) < 0 ||
	    pragma_int(f, "PRAGMA user_version", &version, err) < 0 ||
	    pragma_int(f, "PRAGMA page_count", &pages, err) < 0)
		return -1;
	if (pages == 0)
		return error_set(&f->doubt, ERR_STORE_DAMAGED,
				 "%s is damaged: it has no pages", f->path);
	if (id != f->kind->application_id) {
		error_set(err, ERR_STORE_DAMAGED,
			  "%s is an SQLite file of another program"
			  " (application_id 0x%08x), not a %s of sluice",
			  f->path, (unsigned)id, f->kind->what);
		error_note(err, "it was left as it is; move it away");
		return -1;
	}
	if (version > f->kind->version) {
		error_set(err, ERR_STORE_VERSION,
			  "%s was written by a newer sluice (schema version"
			  " %d, this one knows %d)",
			  f->path, (int)version, f->kind->version);
		error_note(err, "install that version again;"
				" the file was left as it is");
		return -1;
	}
	f->version = (int)version;
	*ret_version = version;
	return 0;
}

static int
file_quick_check(struct store_file *f, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(f, "PRAGMA quick_check(1)", &st, err);

	if (rc == 0)
		rc = store_step(f, st, err);
	if (rc == 1) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		rc = 0;
		if (*store_vfs_fault(f->db))
			text = store_vfs_fault(f->db);
		if (!text || strcmp(text, "ok") != 0)
			rc = error_set(&f->doubt, ERR_STORE_DAMAGED,
				       "%s is damaged: %s", f->path,
				       text ? text : "no answer to quick_check");
	}
	sqlite3_finalize(st);
	return rc;
}

/* Its first transaction has been cut short: SQLite takes it back. Later ones
 * go through the log. */
static bool
file_is_being_made(const struct store_file *f)
{
	struct buf name;
	struct stat st;
	bool journal;

	buf_init(&name);
	buf_printf(&name, "%s-journal", f->path);
	journal = stat(buf_cstr(&name), &st) == 0 && st.st_size > 0;
	buf_release(&name);
	return journal;
}

static int
file_check_sums(struct store_file *f, struct store_scan *ret,
		struct error *err)
{
	if (store_scan(f->path, ret, err) < 0)
		return -1;
	if (*ret->fault)
		return error_set(&f->doubt, ERR_STORE_DAMAGED,
				 "%s is damaged: %s", f->path, ret->fault);
	return 0;
}

static int
file_check_begin(struct store_file *f, struct error *err)
{
	static const char magic[16] = "SQLite format 3";
	char begin[sizeof(magic)];
	struct store_raw *r;
	int errnum;
	bool same;

	if (store_raw_open(f->path, &r, err) < 0)
		return -1;
	same = store_raw_read(r, begin, sizeof(begin), 0) &&
	       memcmp(begin, magic, sizeof(magic)) == 0;
	errnum = store_raw_errno(r);
	store_raw_close(r);
	if (errnum)
		return error_errno(err, ERR_STORE, errnum, "cannot read %s",
				   f->path);
	if (same)
		return 0;
	return error_set(&f->doubt, ERR_STORE_DAMAGED,
			 "%s is no SQLite file: it does not begin as one does",
			 f->path);
}

/* What can be told before SQLite sees it: it takes an empty file for a new
 * one, and the readable part of a log for all of it. */
static int
file_scan(struct store_file *f, unsigned flags, struct store_scan *ret,
	  struct error *err)
{
	struct stat st;

	if (stat(f->path, &st) < 0 ||
	    access(f->path, f->read_only ? R_OK : R_OK | W_OK) < 0)
		return error_errno(err,
				   errno == EACCES || errno == EROFS
					   ? ERR_PERMISSION
					   : ERR_FILE,
				   errno, "cannot open %s", f->path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_FILE, "%s is %s, not a %s of sluice",
				 f->path,
				 S_ISDIR(st.st_mode) ? "a directory"
						     : "no regular file",
				 f->kind->what);
	if (st.st_size == 0)
		return error_set(&f->doubt, ERR_STORE_DAMAGED,
				 "%s is damaged: it is empty", f->path);
	if (!(flags & STORE_UNCHECKED) && !file_is_being_made(f) &&
	    file_check_sums(f, ret, err) < 0)
		return -1;
	return file_check_begin(f, err);
}

/* Every page gets a sum: those of a file that was made without room for them,
 * and those that another program copied from the log. On a full disk the file
 * goes on without. */
static int
file_add_sums(struct store_file *f, const struct store_scan *scan,
	      struct error *err)
{
	struct error e = ERROR_INIT;

	if (!scan->fits || (scan->summed && scan->unsummed == 0))
		return 0;
	if (store_exec(f, "VACUUM; PRAGMA wal_checkpoint", &e) == 0 ||
	    e.retriable)
		return 0;
	*err = e;
	return -1;
}

static int
file_tune(struct store_file *f, struct error *err)
{
	return store_exec(f,
			  "PRAGMA journal_mode = WAL;"
			  "PRAGMA synchronous = FULL;"
			  "PRAGMA wal_autocheckpoint = 0;"
			  "PRAGMA journal_size_limit = 16777216;"
			  "PRAGMA locking_mode = NORMAL;"
			  "PRAGMA cache_size = -8192",
			  err);
}

/* Renames path and its companions to <path>.corrupt-<time>[...]. Returns the
 * new name in ret (a buffer of ours), or -1 with nothing moved. */
static int
move_away(const char *path, int64_t now_us, struct buf *ret)
{
	char stamp[TIME_TEXT_MAX];
	struct civil c;
	struct buf from, to;
	int rc = -1;

	civil_from_us(now_us, &c);
	snprintf(stamp, sizeof(stamp), "%04d%02u%02uT%02u%02u%02uZ",
		 (int)c.year, c.month, c.day, c.hour, c.minute, c.second);
	buf_clear(ret);
	buf_printf(ret, "%s" CORRUPT "%s", path, stamp);
	for (unsigned n = 2; access(buf_cstr(ret), F_OK) == 0; n++) {
		buf_clear(ret);
		buf_printf(ret, "%s" CORRUPT "%s-%u", path, stamp, n);
	}
	buf_init(&from);
	buf_init(&to);
	for (unsigned i = 0; i < ARRAY_LEN(suffixes); i++) {
		buf_clear(&from);
		buf_clear(&to);
		buf_printf(&from, "%s%s", path, suffixes[i]);
		buf_printf(&to, "%s%s", buf_cstr(ret), suffixes[i]);
		if (rename(buf_cstr(&from), buf_cstr(&to)) == 0 && i == 0)
			rc = 0;
	}
	buf_release(&from);
	buf_release(&to);
	return rc;
}

/* In short in the message, which lists and logs show alone. */
static void
tell_choices(struct error *err, const char *kept)
{
	size_t n = strlen(err->message);

	snprintf(err->message + n, sizeof(err->message) - n, "%s",
		 "; RESET OFFSETS, a savepoint in its place, or DROP JOB");
	error_note(err,
		   "it was kept as %s; choose: put a savepoint in its place;"
		   " or ALTER JOB ... RESET OFFSETS TO EARLIEST to build the"
		   " state again from the topics; or DROP JOB and submit it"
		   " again to start empty",
		   kept);
}

/* Tells what can be done about a damaged file, which is kept. */
static void
file_set_aside(struct store_file *f, int64_t now_us, struct error *err)
{
	struct buf kept;

	*err = f->doubt;
	if (f->db) {
		/* Evidence: not even its WAL is folded in. */
		sqlite3_db_config(f->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
				  NULL);
		sqlite3_close(f->db);
	}
	f->db = NULL;
	if (f->read_only || now_us == TIME_NONE) {
		store_file_note_damage(err);
		return;
	}
	buf_init(&kept);
	if (move_away(f->path, now_us, &kept) == 0)
		tell_choices(err, buf_cstr(&kept));
	buf_release(&kept);
}

int
store_file_note_damage(struct error *err)
{
	if (err && err->code == ERR_STORE_DAMAGED && !*err->note)
		error_note(err, "it was left as it is; a savepoint or a backup"
				" of it can take its place; a job can also"
				" build its state again (ALTER JOB ... RESET"
				" OFFSETS TO EARLIEST) or be dropped");
	return -1;
}

/* SQLite has found damage first, and said so in its words. */
static void
file_explain(struct store_file *f)
{
	struct error ignored = ERROR_INIT;
	struct store_scan scan;

	if (store_scan(f->path, &scan, &ignored) == 0 && *scan.fault)
		error_set(&f->doubt, ERR_STORE_DAMAGED, "%s is damaged: %s",
			  f->path, scan.fault);
}

/* The file is not there. A job whose damaged file has been moved away must
 * not come up empty with its next start. */
static int
file_missing(const char *path, const struct store_kind *kind, unsigned flags,
	     struct error *err)
{
	struct buf kept;
	int rc = -1;

	buf_init(&kept);
	if (!(flags & STORE_ANEW) && find_corrupt(path, false, &kept)) {
		error_set(err, ERR_STORE_DAMAGED,
			  "%s is missing: it was damaged and moved away", path);
		tell_choices(err, buf_cstr(&kept));
	} else if (flags & STORE_CREATE) {
		rc = file_create(path, kind, err);
	} else {
		error_errno(err, ERR_FILE, ENOENT, "cannot open %s", path);
	}
	buf_release(&kept);
	return rc;
}

int
store_file_open(struct store_file *f, const char *path,
		const struct store_kind *kind, unsigned flags, int64_t now_us,
		struct error *err)
{
	struct store_scan scan = { 0 };
	int64_t version = 0;

	*f = (struct store_file){ .kind = kind };
	f->read_only = flags & STORE_READ_ONLY;
	if (access(path, F_OK) < 0) {
		if (errno != ENOENT)
			return error_errno(
				err, errno == EACCES ? ERR_PERMISSION : ERR_FILE,
				errno, "cannot open %s", path);
		if (file_missing(path, kind, flags, err) < 0)
			return -1;
	}
	f->path = mem_strdup(path);
	if (file_scan(f, flags, &scan, err) < 0 ||
	    file_connect(f, err) < 0 || file_identify(f, &version, err) < 0)
		goto fail;
	if (!(flags & STORE_UNCHECKED) &&
	    ((scan.pages == 0 && file_check_sums(f, &scan, err) < 0) ||
	     file_quick_check(f, err) < 0))
		goto fail;
	if (!f->read_only && (file_tune(f, err) < 0 ||
			      file_migrate(f, version, err) < 0 ||
			      file_add_sums(f, &scan, err) < 0))
		goto fail;
	return 0;
fail:
	if (f->doubt.code == ERR_STORE_DAMAGED && (flags & STORE_UNCHECKED))
		file_explain(f);
	if (f->doubt.code == ERR_STORE_DAMAGED)
		file_set_aside(f, now_us, err);
	store_file_close(f);
	return -1;
}

void
store_file_close(struct store_file *f)
{
	if (f->db)
		CHECK(sqlite3_close(f->db) == SQLITE_OK);
	free(f->path);
	*f = (struct store_file){ 0 };
}
