/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_look.c - reading a job's file beside its writer.
 */
#include "runtime/store_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"
#include "runtime/store_impl.h"
#include "runtime/store_vfs.h"

#define APPLICATION_ID_AT 68 /* in the header of an SQLite file */

struct store_look {
	struct store_file file;
};

static int
look_open(const char *path, const struct store_kind *kind,
	  struct store_look **ret, struct error *err)
{
	struct store_look *l = mem_zalloc(sizeof(*l));

	if (store_file_open(&l->file, path, kind,
			    STORE_READ_ONLY | STORE_UNCHECKED, TIME_NONE,
			    err) < 0) {
		free(l);
		return -1;
	}
	*ret = l;
	return 0;
}

int
store_look_open(const char *path, struct store_look **ret, struct error *err)
{
	return look_open(path, &store_job_kind, ret, err);
}

/* What cannot be read is told when it is opened. */
static bool
has_catalog_id(const char *path)
{
	struct error ignored = ERROR_INIT;
	unsigned char id[4];
	struct store_raw *r;
	bool read;

	if (store_raw_open(path, &r, &ignored) < 0)
		return false;
	read = store_raw_read(r, id, sizeof(id), APPLICATION_ID_AT);
	store_raw_close(r);
	return read && ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
			(uint32_t)id[2] << 8 | id[3]) ==
			       (uint32_t)store_catalog_kind.application_id;
}

int
store_look_open_any(const char *path, struct store_look **ret,
		    struct error *err)
{
	return look_open(path,
			 has_catalog_id(path) ? &store_catalog_kind
					      : &store_job_kind,
			 ret, err);
}

bool
store_look_is_catalog(const struct store_look *l)
{
	return l->file.kind == &store_catalog_kind;
}

void
store_look_close(struct store_look *l)
{
	if (!l)
		return;
	store_file_close(&l->file);
	free(l);
}

static void
cell_of(sqlite3_stmt *st, int i, struct store_cell *c)
{
	*c = (struct store_cell){ .name = sqlite3_column_name(st, i) };
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		c->kind = CELL_INTEGER;
		c->i64 = sqlite3_column_int64(st, i);
		break;
	case SQLITE_FLOAT:
		c->kind = CELL_REAL;
		c->f64 = sqlite3_column_double(st, i);
		break;
	case SQLITE_TEXT:
		c->kind = CELL_TEXT;
		c->text = (const char *)sqlite3_column_text(st, i);
		c->n = (size_t)sqlite3_column_bytes(st, i);
		break;
	case SQLITE_BLOB:
		c->kind = CELL_BLOB;
		c->text = sqlite3_column_blob(st, i);
		c->n = (size_t)sqlite3_column_bytes(st, i);
		break;
	default:
		c->kind = CELL_NULL;
	}
}

int
store_look(struct store_look *l, const char *sql, store_look_fn *fn, void *arg,
	   struct error *err)
{
	struct store_cell *cells;
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&l->file, sql, &st, err), n;

	if (rc < 0 && l->file.version < l->file.kind->version)
		return error_set(err, ERR_STORE,
				 "%s is of an older sluice (schema version %d):"
				 " it is brought up to date when %s starts",
				 l->file.path, l->file.version,
				 store_look_is_catalog(l) ? "sluiced"
							  : "its job");
	if (rc < 0)
		return store_file_note_damage(err);
	n = sqlite3_column_count(st);
	cells = mem_alloc(((size_t)n + 1) * sizeof(*cells));
	while ((rc = store_step(&l->file, st, err)) == 1) {
		for (int i = 0; i < n; i++)
			cell_of(st, i, &cells[i]);
		fn(arg, (unsigned)n, cells);
	}
	sqlite3_finalize(st);
	free(cells);
	return rc < 0 ? store_file_note_damage(err) : rc;
}

static void
take_answer(void *arg, unsigned n, const struct store_cell *cells)
{
	char *text = arg;

	if (n == 1 && cells[0].kind == CELL_TEXT && !*text)
		snprintf(text, 256, "%.*s", (int)cells[0].n, cells[0].text);
}

int
store_look_check(struct store_look *l, struct store_scan *ret,
		 struct error *err)
{
	char answer[256] = "";

	if (store_scan(l->file.path, ret, err) < 0)
		return -1;
	if (*ret->fault) {
		error_set(err, ERR_STORE_DAMAGED, "%s is damaged: %s",
			  l->file.path, ret->fault);
		return store_file_note_damage(err);
	}
	if (store_look(l, "PRAGMA quick_check(1)", take_answer, answer,
		       err) < 0)
		return -1;
	if (strcmp(answer, "ok") == 0)
		return 0;
	error_set(err, ERR_STORE_DAMAGED, "%s is damaged: %s", l->file.path,
		  *answer ? answer : "no answer");
	return store_file_note_damage(err);
}

/* ---- copies ---- */

/* Where SQLite would call every trouble one of the file that is copied. */
static int
make_empty(const char *path, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	int errnum = errno;

	if (fd >= 0)
		return close(fd);
	if (errnum == ENOSPC || errnum == EDQUOT)
		return error_errno(err, ERR_STORE_FULL, errnum,
				   "disk full: cannot make %s", path);
	return error_errno(err,
			   errnum == EACCES || errnum == EROFS ? ERR_PERMISSION
							       : ERR_FILE,
			   errnum, "cannot make %s", path);
}

/* What failed is the copy, unless it is the original that cannot be read. */
static void
name_copy(const char *to, struct error *err)
{
	if (err->code == ERR_STORE_FULL)
		error_set(err, ERR_STORE_FULL, "disk full: cannot write %s",
			  to);
	else if (err->code != ERR_STORE_DAMAGED)
		error_context(err, "cannot write %s", to);
	err->retriable = false;
}

static int
vacuum_into(const char *from, const char *to, struct error *err)
{
	struct store_look *l;
	struct store_scan scan;
	sqlite3_stmt *st = NULL;
	int rc;

	if (store_look_open(from, &l, err) < 0)
		return -1;
	rc = store_look_check(l, &scan, err);
	if (rc == 0)
		rc = make_empty(to, err);
	if (rc == 0)
		rc = store_prepare(&l->file, "VACUUM INTO ?", &st, err);
	if (rc == 0) {
		store_bind_text(st, 1, to);
		rc = store_run(&l->file, st, err);
		if (rc < 0)
			name_copy(to, err);
	}
	sqlite3_finalize(st);
	store_look_close(l);
	return rc;
}

/* What the copy of a file says of the job that it was made of. */
static int
forget_job(const char *path, struct error *err)
{
	struct store_file f;
	int rc;

	if (store_file_open(&f, path, &store_job_kind, STORE_UNCHECKED,
			    TIME_NONE, err) < 0)
		return -1;
	rc = store_exec(&f, "DELETE FROM job; DELETE FROM errors;"
			"DELETE FROM late_rows;"
			"DELETE FROM outbox; PRAGMA journal_mode = DELETE",
			err);
	store_file_close(&f);
	return rc;
}

int
store_copy(const char *from, const char *to, unsigned flags, struct error *err)
{
	struct buf part;
	int rc;

	if (access(to, F_OK) == 0)
		return error_set(err, ERR_EXISTS, "%s exists already", to);
	buf_init(&part);
	buf_printf(&part, "%s.part", to);
	if (store_file_remove(buf_cstr(&part), err) < 0) {
		buf_release(&part);
		return -1;
	}
	rc = vacuum_into(from, buf_cstr(&part), err);
	if (rc == 0)
		rc = store_scan_complete(buf_cstr(&part), err);
	if (rc == 0 && (flags & STORE_COPY_NEW_JOB))
		rc = forget_job(buf_cstr(&part), err);
	if (rc == 0)
		rc = store_file_remove_log(to, err);
	if (rc == 0)
		rc = store_file_publish(buf_cstr(&part), to, err);
	if (rc < 0 && (flags & STORE_COPY_NEW_JOB) && err &&
	    err->code == ERR_STORE_DAMAGED)
		error_note(err, "it was left as it is; use another savepoint,"
			   " or none, to start empty");
	/* Of a copy that became the file its -wal and -shm are left. */
	store_file_remove(buf_cstr(&part), NULL);
	buf_release(&part);
	return rc;
}
