/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_commit.c - a snapshot becomes the file's truth in one
 * transaction, or leaves no trace. The WAL is folded into the file by the
 * thread that commits, after the commit, so that no commit waits for it.
 */
#include <stdio.h>

#include "base/check.h"
#include "runtime/operator.h"
#include "runtime/store_impl.h"

#define CHECKPOINTS_KEPT 1000

static int64_t
stopwatch_ns(const struct snapshot *snap)
{
	return snap->clock_ns ? snap->clock_ns() : 0;
}

/* Bytes written to the file and its WAL since the last call. */
static uint64_t
take_bytes_written(struct store *s)
{
	int pages = 0, high = 0;

	sqlite3_db_status(s->file.db, SQLITE_DBSTATUS_CACHE_WRITE, &pages,
			  &high, 1);
	return (uint64_t)pages * 16384;
}

/* ---- state ---- */

static struct store_table *
table_of_part(struct store *s, const struct snapshot_part *part)
{
	for (unsigned i = 0; i < s->ntables; i++) {
		struct store_table *t = &s->tables[i];

		if (t->def == part->def &&
		    strcmp(t->owner, part->state_name) == 0)
			return t;
	}
	CHECK(!"a part of a table that store_attach() has seen");
	return NULL;
}

static int
commit_parts(struct store *s, const struct snapshot *snap, struct error *err)
{
	for (const struct snapshot_part *p = snap->parts; p; p = p->next) {
		struct store_table *t = table_of_part(s, p);
		int rc = -1;

		switch (p->what) {
		case SNAPSHOT_PUT:
			rc = store_table_put(s, t, p->rows, err);
			break;
		case SNAPSHOT_DROP:
			rc = store_table_drop(s, t, p->rows, err);
			break;
		case SNAPSHOT_DROP_BELOW:
			rc = store_table_drop_below(s, t, p->bound, err);
			break;
		case SNAPSHOT_CLEAR:
			rc = store_table_clear(s, t, err);
			break;
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- bookkeeping ---- */

static int
commit_summaries(struct store *s, const struct snapshot *snap,
		 struct error *err)
{
	if (store_prepare(&s->file,
			  "UPDATE operators SET state_rows = ?,"
			  " state_bytes = ? WHERE name = ?",
			  &s->put_summary, err) < 0)
		return -1;
	for (unsigned i = 0; i < snap->nops; i++) {
		const struct op_summary *o = &snap->ops[i];

		sqlite3_bind_int64(s->put_summary, 1, (int64_t)o->rows);
		sqlite3_bind_int64(s->put_summary, 2, (int64_t)o->bytes);
		store_bind_text(s->put_summary, 3, o->state_name);
		if (store_run(&s->file, s->put_summary, err) < 0)
			return -1;
	}
	return 0;
}

/* operators.tables: the next _id of each. */
static int
commit_next_ids(struct store *s, const struct stored_op *o, struct error *err)
{
	struct buf b;
	const char *sep = "{";
	int rc;

	if (store_prepare(&s->file,
			  "UPDATE operators SET tables = ?1"
			  " WHERE name = ?2 AND tables IS NOT ?1",
			  &s->put_tables, err) < 0)
		return -1;
	buf_init(&b);
	for (unsigned i = 0; i < s->ntables; i++) {
		const struct store_table *t = &s->tables[i];

		/* Panes share the ids of their groups. */
		if (t->op != o->op || t->shared ||
		    t->id_col != 0)
			continue;
		buf_puts(&b, sep);
		buf_json_string(&b, t->name, strlen(t->name));
		buf_printf(&b, ":%lld", (long long)t->next_id);
		sep = ",";
	}
	buf_puts(&b, *sep == '{' ? "{}" : "}");
	store_bind_text(s->put_tables, 1, buf_cstr(&b));
	store_bind_text(s->put_tables, 2, o->name);
	rc = store_run(&s->file, s->put_tables, err);
	buf_release(&b);
	return rc;
}

static int
drop_name(struct store *s, const char *kind, const char *name,
	  struct error *err)
{
	struct buf b;
	int rc;

	buf_init(&b);
	/* Never one of a file that is attached. */
	buf_printf(&b, "DROP %s IF EXISTS main.", kind);
	sql_name(&b, name);
	rc = store_exec(&s->file, buf_cstr(&b), err);
	buf_release(&b);
	return rc;
}

int
store_drop_tables(struct store *s, const struct stored_op *o,
		  struct error *err)
{
	if (drop_name(s, "VIEW", o->name, err) < 0)
		return -1;
	for (const struct stored_column *c = o->cols; c; c = c->next)
		if (drop_name(s, "TABLE", c->table, err) < 0)
			return -1;
	return 0;
}

/* State that has no operator any more goes with the first commit of the new
 * plan, not before: until then the old one can be had back. */
int
store_forget_op(struct store *s, const struct stored_op *o, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc;

	if (store_drop_tables(s, o, err) < 0)
		return -1;
	if (store_prepare(&s->file,
			  "UPDATE operators SET inputs = NULL, keys = NULL,"
			  " \"window\" = NULL, predicate = NULL, sink = NULL,"
			  " columns = NULL, tables = NULL, state_rows = 0,"
			  " state_bytes = 0 WHERE name = ?",
			  &st, err) < 0)
		return -1;
	store_bind_text(st, 1, o->name);
	rc = store_run(&s->file, st, err);
	sqlite3_finalize(st);
	return rc;
}

static int
commit_operators(struct store *s, const struct snapshot *snap,
		 struct error *err)
{
	if (commit_summaries(s, snap, err) < 0)
		return -1;
	for (const struct stored_op *o = s->ops; o; o = o->next) {
		if (o->op && commit_next_ids(s, o, err) < 0)
			return -1;
		if (s->drop_gone && !o->op && !o->gone &&
		    store_forget_op(s, o, err) < 0)
			return -1;
	}
	return 0;
}

/* What the last commit took is known only after it. */
static int
correct_last_row(struct store *s, struct error *err)
{
	if (s->last_epoch == 0)
		return 0;
	if (store_prepare(&s->file,
			  "UPDATE checkpoints SET duration_ms = ?, bytes = ?"
			  " WHERE id = ?",
			  &s->end_checkpoint, err) < 0)
		return -1;
	sqlite3_bind_double(s->end_checkpoint, 1,
			    (double)s->last_duration_ns / 1e6);
	sqlite3_bind_int64(s->end_checkpoint, 2, (int64_t)s->last_bytes);
	sqlite3_bind_int64(s->end_checkpoint, 3, (int64_t)s->last_epoch);
	return store_run(&s->file, s->end_checkpoint, err);
}

static int
trim_checkpoints(struct store *s, uint64_t epoch, struct error *err)
{
	if (store_prepare(&s->file, "DELETE FROM checkpoints WHERE id <= ?",
			  &s->trim_checkpoints, err) < 0)
		return -1;
	sqlite3_bind_int64(s->trim_checkpoints, 1,
			   (int64_t)epoch - CHECKPOINTS_KEPT);
	return store_run(&s->file, s->trim_checkpoints, err);
}

static int
commit_checkpoint(struct store *s, const struct snapshot *snap,
		  uint64_t bad_lost, int64_t since_ns, struct error *err)
{
	char random_id[33];
	uint64_t state_rows = 0;
	sqlite3_stmt *st;
	int i = 0;

	if (store_prepare(&s->file,
			  "INSERT INTO checkpoints(id, random_id, taken_at,"
			  " duration_ms, stop_ms, rows_in, rows_out,"
			  " state_rows, bytes, rows_late, clock_moves,"
			  " rows_bad, rows_bad_lost)"
			  " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
			  &s->put_checkpoint, err) < 0)
		return -1;
	for (unsigned o = 0; o < snap->nops; o++)
		state_rows += snap->ops[o].rows;
	snprintf(random_id, sizeof(random_id), "%016llx%016llx",
		 (unsigned long long)snap->random_id[0],
		 (unsigned long long)snap->random_id[1]);
	st = s->put_checkpoint;
	sqlite3_bind_int64(st, ++i, (int64_t)snap->epoch);
	store_bind_text(st, ++i, random_id);
	store_bind_time(st, ++i, snap->taken_at_us);
	sqlite3_bind_double(st, ++i, (double)(stopwatch_ns(snap) - since_ns) / 1e6);
	sqlite3_bind_double(st, ++i, (double)snap->stop_ns / 1e6);
	sqlite3_bind_int64(st, ++i, (int64_t)snap->rows_in);
	sqlite3_bind_int64(st, ++i, (int64_t)snap->rows_out);
	sqlite3_bind_int64(st, ++i, (int64_t)state_rows);
	sqlite3_bind_int64(st, ++i, 0);
	sqlite3_bind_int64(st, ++i, (int64_t)snap->rows_late);
	sqlite3_bind_int64(st, ++i, (int64_t)snap->clock_moves);
	sqlite3_bind_int64(st, ++i, (int64_t)snap->rows_bad);
	sqlite3_bind_int64(st, ++i, (int64_t)bad_lost);
	if (store_run(&s->file, st, err) < 0 || correct_last_row(s, err) < 0)
		return -1;
	return trim_checkpoints(s, snap->epoch, err);
}

/* ---- the commit ---- */

static void
commit_done(struct store *s, struct snapshot *snap, int64_t since_ns)
{
	snap->duration_ns = stopwatch_ns(snap) - since_ns;
	snap->bytes_written = take_bytes_written(s);
	snap->errors_kept = s->errors.rows;
	snap->errors_lost = s->errors.lost;
	snap->errors_full = store_errors(s).full;
	s->epoch = snap->epoch;
	s->totals = (struct pipeline_totals){
		.rows_in = snap->rows_in,
		.rows_out = snap->rows_out,
		.rows_late = snap->rows_late,
		.clock_moves = snap->clock_moves,
		.errors = snap->rows_bad,
	};
	s->last_epoch = snap->epoch;
	s->last_duration_ns = snap->duration_ns;
	s->last_bytes = snap->bytes_written;
	if (s->drop_gone)
		for (struct stored_op *o = s->ops; o; o = o->next)
			o->gone |= !o->op;
	s->drop_gone = false;
	/* This commit is safe in the WAL. Should the file be in doubt now, the
	 * next call says so; a full disk only lets the WAL grow. */
	if (s->wal_pages >= STORE_WAL_PAGES)
		store_wal_checkpoint(s, NULL);
}

int
store_commit(struct store *s, struct snapshot *snap, struct error *err)
{
	int64_t since_ns = stopwatch_ns(snap);
	struct store_errors errors;

	CHECK(snap->epoch > s->epoch);
	take_bytes_written(s);
	if (store_begin(&s->file, err) < 0)
		return -1;
	if (commit_parts(s, snap, err) < 0 ||
	    store_commit_errors(s, snap, &errors, err) < 0 ||
	    store_commit_late(s, snap, err) < 0 ||
	    commit_operators(s, snap, err) < 0 ||
	    commit_checkpoint(s, snap, errors.lost, since_ns, err) < 0 ||
	    store_end(&s->file, err) < 0) {
		store_rollback(&s->file);
		return -1;
	}
	s->errors = errors;
	commit_done(s, snap, since_ns);
	return 0;
}
