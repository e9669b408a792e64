/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_stmt.c - statements on a state file: what their failures mean
 * (may the same call come again, or is the file in doubt?), and the values of
 * bookkeeping columns.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"
#include "runtime/store_file.h"
#include "runtime/store_vfs.h"

/* Years 0000 to 9999, where ISO 8601 has four digits; instants beyond are
 * written as microseconds. */
#define ISO_MIN_US INT64_C(-62167219200000000)
#define ISO_MAX_US INT64_C(253402300799999999)

/* ---- errors ---- */

static bool
is_full_errno(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG;
}

/* SQLite keeps the reason of a failed write with the file that it was for. */
static int
file_errno(struct store_file *f, int op)
{
	sqlite3_file *file = NULL;
	int errnum = 0;

	sqlite3_file_control(f->db, "main", op, &file);
	if (file && file->pMethods)
		file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO,
					     &errnum);
	return errnum;
}

static bool
disk_is_full(struct store_file *f, int rc)
{
	int of_db, of_wal;

	if ((rc & 0xff) == SQLITE_FULL)
		return true;
	/* Growing a file failed before anything was synced: as good as full
	 * (quotas and file size limits are no SQLITE_FULL to SQLite). */
	if (rc == SQLITE_IOERR_SHMSIZE || rc == SQLITE_CANTOPEN)
		return is_full_errno(sqlite3_system_errno(f->db));
	if (rc != SQLITE_IOERR_WRITE)
		return false;
	of_db = file_errno(f, SQLITE_FCNTL_FILE_POINTER);
	of_wal = file_errno(f, SQLITE_FCNTL_JOURNAL_POINTER);
	return (of_db == 0 || is_full_errno(of_db)) &&
	       (of_wal == 0 || is_full_errno(of_wal)) && (of_db || of_wal);
}

/* The reason of the last failure; 0: SQLite did not keep it. */
static int
reason_errno(struct store_file *f)
{
	int errnum = sqlite3_system_errno(f->db);

	if (errnum == 0)
		errnum = file_errno(f, SQLITE_FCNTL_FILE_POINTER);
	if (errnum == 0)
		errnum = file_errno(f, SQLITE_FCNTL_JOURNAL_POINTER);
	return errnum;
}

static void
io_failed(struct store_file *f, const char *doing, int rc, struct error *e)
{
	int errnum = reason_errno(f);

	if (errnum != 0)
		error_errno(e, ERR_STORE, errnum, "cannot %s %s (%d)", doing,
			    f->path, rc);
	else
		error_set(e, ERR_STORE, "cannot %s %s: %s (%d)", doing,
			  f->path, sqlite3_errmsg(f->db), rc);
	error_note(e, "look for the disk's fault in the kernel's log (dmesg)");
}

static bool
is_forbidden(struct store_file *f, int rc)
{
	int errnum = sqlite3_system_errno(f->db);

	return (rc & 0xff) == SQLITE_PERM || (rc & 0xff) == SQLITE_READONLY ||
	       (rc == SQLITE_CANTOPEN &&
		(errnum == 0 || errnum == EACCES || errnum == EPERM ||
		 errnum == EROFS));
}

int
store_file_failed(struct store_file *f, const char *doing, struct error *err)
{
	int rc = sqlite3_extended_errcode(f->db);
	const char *text = sqlite3_errmsg(f->db);
	struct error e;

	error_clear(&e);
	if (disk_is_full(f, rc)) {
		error_set(&e, ERR_STORE_FULL, "disk full: cannot %s %s", doing,
			  f->path);
		e.retriable = true;
	} else if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) {
		error_set(&e, ERR_STORE,
			  "cannot %s %s: another program holds a lock on it",
			  doing, f->path);
		error_note(&e, "open state files with sqlite3 -readonly");
		e.retriable = true;
	} else if (rc == SQLITE_IOERR_DATA) {
		error_set(&e, ERR_STORE_DAMAGED, "%s is damaged: %s", f->path,
			  store_vfs_fault(f->db));
	} else if ((rc & 0xff) == SQLITE_CORRUPT ||
		   (rc & 0xff) == SQLITE_NOTADB) {
		error_set(&e, ERR_STORE_DAMAGED, "%s is damaged: %s", f->path,
			  text);
	} else if (is_forbidden(f, rc)) {
		error_set(&e, ERR_PERMISSION, "cannot %s %s: %s", doing,
			  f->path, text);
	} else if ((rc & 0xff) == SQLITE_IOERR || rc == SQLITE_CANTOPEN) {
		io_failed(f, doing, rc, &e);
	} else {
		error_set(&e, ERR_STORE, "cannot %s %s: %s", doing, f->path,
			  text);
	}
	if (!e.retriable && f->doubt.code == ERR_NONE)
		f->doubt = e;
	if (err)
		*err = e;
	return -1;
}

/* ---- statements ---- */

int
store_exec(struct store_file *f, const char *sql, struct error *err)
{
	if (sqlite3_exec(f->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_file_failed(f, "write to", err);
	return 0;
}

int
store_prepare(struct store_file *f, const char *sql, sqlite3_stmt **ret,
	      struct error *err)
{
	if (*ret)
		return 0;
	if (sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret,
			       NULL) != SQLITE_OK)
		return store_file_failed(f, "read", err);
	return 0;
}

int
store_step(struct store_file *f, sqlite3_stmt *st, struct error *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		store_file_failed(f, sqlite3_stmt_readonly(st) ? "read"
							       : "write to",
				  err);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
store_run(struct store_file *f, sqlite3_stmt *st, struct error *err)
{
	int rc = store_step(f, st, err);

	CHECK(rc != 1);
	sqlite3_clear_bindings(st);
	return rc;
}

int
store_begin(struct store_file *f, struct error *err)
{
	CHECK(!f->read_only);
	if (f->doubt.code != ERR_NONE) {
		if (err)
			*err = f->doubt;
		return -1;
	}
	return store_exec(f, "BEGIN IMMEDIATE", err);
}

int
store_end(struct store_file *f, struct error *err)
{
	return store_exec(f, "COMMIT", err);
}

void
store_rollback(struct store_file *f)
{
	/* SQLite has rolled back by itself after some errors. */
	if (!sqlite3_get_autocommit(f->db))
		sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- values of bookkeeping columns ---- */

void
store_bind_text(sqlite3_stmt *st, int i, const char *text)
{
	sqlite3_bind_text(st, i, text, -1, SQLITE_TRANSIENT);
}

void
store_bind_time(sqlite3_stmt *st, int i, int64_t us)
{
	char text[TIME_TEXT_MAX];
	size_t n;

	if (us == TIME_NONE) {
		sqlite3_bind_null(st, i);
		return;
	}
	if (us < ISO_MIN_US || us > ISO_MAX_US) {
		n = (size_t)snprintf(text, sizeof(text), "%lld",
				     (long long)us);
	} else if (floor_mod(us, US_PER_MS) == 0) {
		n = us_format_iso(us, text);
	} else {
		n = us_format(us, 6, 'T', text);
		text[n++] = 'Z';
	}
	sqlite3_bind_text(st, i, text, (int)n, SQLITE_TRANSIENT);
}

const char *
store_column_text(sqlite3_stmt *st, int i, struct arena *a)
{
	const char *text = (const char *)sqlite3_column_text(st, i);

	return text ? arena_strdup(a, text) : NULL;
}

int64_t
store_column_time(sqlite3_stmt *st, int i)
{
	const char *text = (const char *)sqlite3_column_text(st, i);
	char *end;
	int64_t us;

	if (!text || us_parse_strict(text, strlen(text), 'T', true, &us))
		return text ? us : TIME_NONE;
	us = strtoll(text, &end, 10);
	return *text && !*end ? us : TIME_NONE;
}

static void
sql_quoted(struct buf *b, const char *text, char quote)
{
	buf_putc(b, quote);
	for (; *text; text++) {
		if (*text == quote)
			buf_putc(b, quote);
		buf_putc(b, *text);
	}
	buf_putc(b, quote);
}

void
sql_name(struct buf *b, const char *name)
{
	sql_quoted(b, name, '"');
}

void
sql_text(struct buf *b, const char *text)
{
	sql_quoted(b, text, '\'');
}
