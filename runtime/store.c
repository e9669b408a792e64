/* SPDX-License-Identifier: Apache-2.0
 * runtime/store.c - a job's file opened and closed, and its one row about the
 * job itself. What is in the file is in store_schema.c, state goes through
 * store_attach.c and store_commit.c.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/store.h"
#include "runtime/store_impl.h"

#define ERRORS_ROWS_MAX 100000
#define LATE_ROWS_MAX 1000
#define ERRORS_BYTES_MAX (UINT64_C(256) << 20)

/* ---- open and close ---- */

static int
load_progress(struct store *s, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&s->file,
			       "SELECT id, rows_in, rows_out, rows_late,"
			       " clock_moves, coalesce(rows_bad,"
			       " (SELECT count(*) FROM errors)),"
			       " rows_bad_lost FROM checkpoints"
			       " ORDER BY id DESC LIMIT 1",
			       &st, err);

	if (rc == 0)
		rc = store_step(&s->file, st, err);
	if (rc == 1) {
		s->epoch = (uint64_t)sqlite3_column_int64(st, 0);
		s->totals = (struct pipeline_totals){
			.rows_in = (uint64_t)sqlite3_column_int64(st, 1),
			.rows_out = (uint64_t)sqlite3_column_int64(st, 2),
			.rows_late = (uint64_t)sqlite3_column_int64(st, 3),
			.clock_moves = (uint64_t)sqlite3_column_int64(st, 4),
			.errors = (uint64_t)sqlite3_column_int64(st, 5),
		};
		s->errors.lost = (uint64_t)sqlite3_column_int64(st, 6);
	}
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

static int
store_on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

int
store_open(const char *path, unsigned flags, int64_t now_us,
	   struct store **ret, struct error *err)
{
	struct store *s = mem_zalloc(sizeof(*s));

	arena_init(&s->arena);
	s->ops_tail = &s->ops;
	s->errors_rows_max = ERRORS_ROWS_MAX;
	s->errors_bytes_max = ERRORS_BYTES_MAX;
	s->late_rows_max = LATE_ROWS_MAX;
	if (store_file_open(&s->file, path, &store_job_kind, flags, now_us,
			    err) < 0)
		goto fail;
	sqlite3_wal_hook(s->file.db, store_on_wal, s);
	if (load_progress(s, err) < 0 ||
	    store_count_errors(s, &s->errors, err) < 0)
		goto fail;
	*ret = s;
	return 0;
fail:
	store_close(s);
	return -1;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->ntables; i++)
		store_table_release(&s->tables[i]);
	sqlite3_finalize(s->put_checkpoint);
	sqlite3_finalize(s->end_checkpoint);
	sqlite3_finalize(s->trim_checkpoints);
	sqlite3_finalize(s->put_error);
	sqlite3_finalize(s->again_error);
	sqlite3_finalize(s->gone_error);
	sqlite3_finalize(s->put_late);
	sqlite3_finalize(s->trim_late);
	sqlite3_finalize(s->put_summary);
	sqlite3_finalize(s->put_tables);
	/* SQLite checkpoints the WAL when the last connection goes: not when
	 * the file is in doubt. */
	if (s->file.db && s->file.doubt.code != ERR_NONE)
		sqlite3_db_config(s->file.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
				  1, NULL);
	store_file_close(&s->file);
	arena_release(&s->arena);
	free(s);
}

int
store_remove(const char *path, struct error *err)
{
	return store_file_remove(path, err);
}

void
store_limit_errors(struct store *s, uint64_t rows_max, uint64_t bytes_max)
{
	s->errors_rows_max = rows_max;
	s->errors_bytes_max = bytes_max;
}

void
store_limit_late(struct store *s, uint64_t rows_max)
{
	s->late_rows_max = rows_max;
}

int
store_wal_checkpoint(struct store *s, struct error *err)
{
	int pages = 0, done = 0;
	int rc;

	if (s->file.doubt.code != ERR_NONE) {
		if (err)
			*err = s->file.doubt;
		return -1;
	}
	rc = sqlite3_wal_checkpoint_v2(s->file.db, "main",
				       SQLITE_CHECKPOINT_PASSIVE, &pages,
				       &done);
	/* Readers may keep some of it from being done: next time. */
	if (rc != SQLITE_OK && rc != SQLITE_BUSY)
		return store_file_failed(&s->file, "checkpoint", err);
	s->wal_pages = pages - done;
	return 0;
}

/* ---- a look from outside ---- */

#define TOTALS(bad, lost)                                                    \
	"SELECT id, taken_at, rows_in, rows_out, rows_late, " bad ","        \
	" (SELECT min(watermark) FROM watermarks WHERE idle_since IS NULL)," \
	" (SELECT count(*) FROM errors), " lost                              \
	" FROM checkpoints ORDER BY id DESC LIMIT 1"

int
store_get_totals(const char *path, struct store_totals *ret,
		 struct error *err)
{
	/* A job that has not been started since a sluice of version 1. */
	static const char sql_1[] = TOTALS("(SELECT count(*) FROM errors)", "0");
	static const char sql_2[] =
		TOTALS("coalesce(rows_bad, (SELECT count(*) FROM errors))",
		       "rows_bad_lost");
	struct store_file f;
	sqlite3_stmt *st = NULL;
	int rc;

	if (store_file_open(&f, path, &store_job_kind,
			    STORE_READ_ONLY | STORE_UNCHECKED, TIME_NONE,
			    err) < 0)
		return -1;
	*ret = (struct store_totals){ .wm_us = TIME_NONE,
				      .taken_at_us = TIME_NONE };
	rc = store_prepare(&f, f.version < 2 ? sql_1 : sql_2, &st, err);
	if (rc == 0)
		rc = store_step(&f, st, err);
	if (rc == 1)
		*ret = (struct store_totals){
			.checkpoint = (uint64_t)sqlite3_column_int64(st, 0),
			.taken_at_us = store_column_time(st, 1),
			.rows_in = (uint64_t)sqlite3_column_int64(st, 2),
			.rows_out = (uint64_t)sqlite3_column_int64(st, 3),
			.rows_late = (uint64_t)sqlite3_column_int64(st, 4),
			.errors = (uint64_t)sqlite3_column_int64(st, 5),
			.wm_us = store_column_time(st, 6),
			.errors_kept = (uint64_t)sqlite3_column_int64(st, 7),
			.errors_lost = (uint64_t)sqlite3_column_int64(st, 8),
		};
	sqlite3_finalize(st);
	store_file_close(&f);
	return rc < 0 ? -1 : 0;
}

/* ---- the row of table job ---- */

int
store_put_job(struct store *s, const struct store_job *job, struct error *err)
{
	const char *texts[] = { job->name, job->uuid, job->state, job->error,
				job->sql, job->plan, job->settings };
	sqlite3_stmt *st = NULL;
	int i, rc;

	/* One row: whatever it was called before. */
	if (store_begin(&s->file, err) < 0)
		return -1;
	if (store_exec(&s->file, "DELETE FROM job", err) < 0 ||
	    store_prepare(&s->file,
			  "INSERT INTO job(name, uuid, state, error, sql,"
			  " plan, settings, slots, created_at,"
			  " sluice_version)"
			  " VALUES(?,?,?,?,?,?,?,?,?,?)",
			  &st, err) < 0)
		goto fail;
	for (i = 0; i < (int)ARRAY_LEN(texts); i++)
		store_bind_text(st, i + 1, texts[i]);
	sqlite3_bind_int64(st, ++i, job->slots);
	store_bind_time(st, ++i, job->created_at_us);
	store_bind_text(st, ++i, job->sluice_version);
	rc = store_run(&s->file, st, err);
	sqlite3_finalize(st);
	if (rc < 0 || store_end(&s->file, err) < 0)
		goto fail;
	return 0;
fail:
	store_rollback(&s->file);
	return -1;
}

int
store_get_job(struct store *s, struct arena *a, struct store_job *ret,
	      struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&s->file,
			       "SELECT name, uuid, state, error, sql, plan,"
			       " settings, slots, created_at, sluice_version"
			       " FROM job",
			       &st, err);

	if (rc == 0)
		rc = store_step(&s->file, st, err);
	if (rc == 1)
		*ret = (struct store_job){
			.name = store_column_text(st, 0, a),
			.uuid = store_column_text(st, 1, a),
			.state = store_column_text(st, 2, a),
			.error = store_column_text(st, 3, a),
			.sql = store_column_text(st, 4, a),
			.plan = store_column_text(st, 5, a),
			.settings = store_column_text(st, 6, a),
			.slots = (unsigned)sqlite3_column_int64(st, 7),
			.created_at_us = store_column_time(st, 8),
			.sluice_version = store_column_text(st, 9, a),
		};
	sqlite3_finalize(st);
	return rc;
}

int
store_put_totals(struct store *s, const struct pipeline_totals *t,
		 struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc;

	if (store_begin(&s->file, err) < 0)
		return -1;
	rc = store_prepare(&s->file,
			   "UPDATE checkpoints SET rows_in = ?, rows_out = ?,"
			   " rows_late = ? WHERE id = (SELECT max(id) FROM"
			   " checkpoints)",
			   &st, err);
	if (rc == 0) {
		sqlite3_bind_int64(st, 1, (int64_t)t->rows_in);
		sqlite3_bind_int64(st, 2, (int64_t)t->rows_out);
		sqlite3_bind_int64(st, 3, (int64_t)t->rows_late);
		rc = store_run(&s->file, st, err);
	}
	sqlite3_finalize(st);
	if (rc == 0)
		rc = store_end(&s->file, err);
	if (rc < 0)
		store_rollback(&s->file);
	return rc;
}

int
store_set_state(struct store *s, const char *state, const char *error,
		struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc;

	if (store_begin(&s->file, err) < 0)
		return -1;
	rc = store_prepare(&s->file, "UPDATE job SET state = ?, error = ?",
			   &st, err);
	if (rc == 0) {
		store_bind_text(st, 1, state);
		store_bind_text(st, 2, error);
		rc = store_run(&s->file, st, err);
	}
	sqlite3_finalize(st);
	if (rc == 0)
		rc = store_end(&s->file, err);
	if (rc < 0)
		store_rollback(&s->file);
	return rc;
}
