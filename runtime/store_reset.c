/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_reset.c - a job that stands goes to other places of its
 * sources: offsets, watermarks and state change together, in one transaction,
 * to what they would be had it been there all the time.
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/operator.h"
#include "runtime/store_impl.h"

struct resetting {
	struct store *s;
	struct pipeline *p;
	const struct store_reset *r;
	struct arena *arena;
	struct error *err;
};

static bool
is_moved(const struct resetting *x, const struct op *scan)
{
	for (unsigned i = 0; i < x->r->nscans; i++)
		if (x->r->scans[i].scan == scan)
			return true;
	return false;
}

/* ---- where the partitions are ---- */

struct places {
	struct store_moved *list; /* `to` is not set yet */
	unsigned n, size;
};

static void
places_add(struct places *p, struct arena *a, sqlite3_stmt *st)
{
	if (p->n == p->size) {
		struct store_moved *more;

		p->size = p->size ? 2 * p->size : 16;
		more = arena_array(a, p->size, struct store_moved);
		if (p->n)
			memcpy(more, p->list, p->n * sizeof(*more));
		p->list = more;
	}
	p->list[p->n++] = (struct store_moved){
		.source = store_column_text(st, 0, a),
		.topic = store_column_text(st, 1, a),
		.partition = sqlite3_column_int(st, 2),
		.from = sqlite3_column_int64(st, 3),
		.to = -1,
	};
}

/* Of all scans that move, in order. */
static int
read_places(struct resetting *x, struct places *ret)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file,
			       "SELECT source, topic, \"partition\","
			       " next_offset FROM offsets WHERE source = ?"
			       " ORDER BY topic, \"partition\"",
			       &st, x->err);

	*ret = (struct places){ .list = NULL };
	for (unsigned i = 0; i < x->r->nscans && rc == 0; i++) {
		store_bind_text(st, 1, op_source(x->r->scans[i].scan));
		while ((rc = store_step(&x->s->file, st, x->err)) == 1)
			places_add(ret, x->arena, st);
	}
	sqlite3_finalize(st);
	return rc;
}

static int
place_compare(const struct store_moved *a, const struct store_moved *b)
{
	int c = strcmp(a->topic, b->topic);

	return c ? c : (a->partition > b->partition) -
		       (a->partition < b->partition);
}

/* Both in the order of read_places(). */
static void
tell_moves(const struct resetting *x, const struct places *before,
	   const struct places *after, struct store_reset_done *ret)
{
	unsigned b = 0, a = 0, n = before->n + after->n;

	ret->moved = arena_array(x->arena, n + 1, struct store_moved);
	for (unsigned i = 0; i < x->r->nscans; i++) {
		const char *source = op_source(x->r->scans[i].scan);

		for (;;) {
			const struct store_moved *was = NULL, *is = NULL;
			struct store_moved *m = &ret->moved[ret->nmoved];
			int c;

			if (b < before->n &&
			    strcmp(before->list[b].source, source) == 0)
				was = &before->list[b];
			if (a < after->n &&
			    strcmp(after->list[a].source, source) == 0)
				is = &after->list[a];
			if (!was && !is)
				break;
			c = !was ? 1 : !is ? -1 : place_compare(was, is);
			*m = c <= 0 ? *was : *is;
			m->from = c <= 0 ? was->from : -1;
			m->to = c >= 0 ? is->from : -1;
			b += c <= 0;
			a += c >= 0;
			ret->nmoved++;
		}
	}
}

/* ---- moving ---- */

static int
run_for_source(struct resetting *x, const char *sql, const char *source)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file, sql, &st, x->err);

	if (rc == 0) {
		store_bind_text(st, 1, source);
		rc = store_run(&x->s->file, st, x->err);
	}
	sqlite3_finalize(st);
	return rc;
}

/* No time and no checksum of a record: there was none before it, and nothing
 * may be taken for a topic that was made anew. */
static int
put_place(struct resetting *x, const char *source, const struct seek_part *at)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file,
			       at->stays
			       ? "INSERT OR IGNORE INTO offsets"
				 " VALUES(?,?,?,?,?,NULL,NULL)"
			       : "INSERT OR REPLACE INTO offsets"
				 " VALUES(?,?,?,?,?,NULL,NULL)",
			       &st, x->err);

	if (rc == 0) {
		store_bind_text(st, 1, source);
		store_bind_text(st, 2, at->topic);
		sqlite3_bind_int(st, 3, at->partition);
		sqlite3_bind_int64(st, 4, at->next_offset);
		if (at->end_offset >= 0)
			sqlite3_bind_int64(st, 5, at->end_offset);
		rc = store_run(&x->s->file, st, x->err);
	}
	sqlite3_finalize(st);
	return rc;
}

static int
drop_watermark(struct resetting *x, const char *source,
	       const struct seek_part *at)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file,
			       "DELETE FROM watermarks WHERE source = ? AND"
			       " topic = ? AND \"partition\" = ?",
			       &st, x->err);

	if (rc == 0) {
		store_bind_text(st, 1, source);
		store_bind_text(st, 2, at->topic);
		sqlite3_bind_int(st, 3, at->partition);
		rc = store_run(&x->s->file, st, x->err);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Partitions that are not named stay where they are, if they are anywhere: one
 * that came later begins at its beginning, as it would have by itself. */
static int
move_some(struct resetting *x, const struct store_reset_scan *scan,
	  const struct places *before)
{
	const char *source = op_source(scan->scan);
	bool known = false;

	for (unsigned i = 0; i < before->n; i++)
		known = known || strcmp(before->list[i].source, source) == 0;
	for (unsigned i = 0; i < scan->nparts; i++) {
		const struct seek_part *at = &scan->parts[i];

		if (at->stays && !known) {
			error_set(x->err, ERR_NO_OFFSET,
				  "partition %d of topic '%s' is not named, "
				  "and the job has not read \"%s\" yet",
				  at->partition, at->topic, source);
			error_note(x->err, "name the offsets of all %u "
				   "partitions", scan->nparts);
			return -1;
		}
		if (put_place(x, source, at) < 0 ||
		    (!at->stays && !x->r->keep_state &&
		     drop_watermark(x, source, at) < 0))
			return -1;
	}
	return x->r->keep_state ? 0 : run_for_source(
		x, "DELETE FROM watermarks WHERE source = ? AND"
		   " \"partition\" = -1", source);
}

static int
move_all(struct resetting *x, const struct store_reset_scan *scan)
{
	const char *source = op_source(scan->scan);

	if (run_for_source(x, "DELETE FROM offsets WHERE source = ?",
			   source) < 0)
		return -1;
	for (unsigned i = 0; i < scan->nparts; i++)
		if (put_place(x, source, &scan->parts[i]) < 0)
			return -1;
	return x->r->keep_state ? 0 : run_for_source(
		x, "DELETE FROM watermarks WHERE source = ?", source);
}

static int
move_scans(struct resetting *x, const struct places *before)
{
	for (unsigned i = 0; i < x->r->nscans; i++) {
		const struct store_reset_scan *scan = &x->r->scans[i];
		bool some = false;

		for (unsigned k = 0; k < scan->nparts; k++)
			some = some || scan->parts[k].stays;
		if ((some ? move_some(x, scan, before) : move_all(x, scan)) < 0)
			return -1;
	}
	return 0;
}

/* ---- state ---- */

static bool
has_state(const struct store *s, const struct op *op)
{
	for (unsigned i = 0; i < s->ntables; i++)
		if (s->tables[i].op == op && !s->tables[i].shared)
			return true;
	return false;
}

/* What the sink holds back was output before: it is not taken back. */
static bool
is_output(const struct op *op)
{
	return op->node->kind == PLAN_SINK;
}

static int
clear_op(struct resetting *x, const struct op *op)
{
	struct store *s = x->s;

	for (unsigned i = 0; i < s->ntables; i++)
		if (s->tables[i].op == op && !s->tables[i].shared &&
		    store_table_clear(s, &s->tables[i], x->err) < 0)
			return -1;
	return run_for_source(x, "UPDATE operators SET state_rows = 0,"
			      " state_bytes = 0 WHERE name = ?",
			      store_op_of(s, op)->name);
}

static int
shared_state(struct resetting *x, const struct op *op, const char *moved,
	     const char *stays)
{
	error_set(x->err, ERR_SHARED_STATE, "the state of %s is made of rows "
		  "of \"%s\", which would be read again, and of \"%s\", "
		  "which would not", store_op_of(x->s, op)->name, moved,
		  stays);
	error_note(x->err, "leave FOR TABLE out to read both again, or write "
		   "KEEP STATE");
	return -1;
}

/* moved[i], stays[i]: a source below operator i that moves, that does not. */
static int
clear_above(struct resetting *x, struct store_reset_done *ret)
{
	unsigned n;
	struct op *const *ops = pipeline_ops(x->p, &n);
	const char **moved = arena_array(x->arena, n, const char *);
	const char **stays = arena_array(x->arena, n, const char *);

	for (unsigned i = 0; i < n; i++) {
		const struct op *op = ops[i];

		if (op->node->kind == PLAN_SCAN && is_moved(x, op))
			moved[i] = op_source(op);
		else if (op->node->kind == PLAN_SCAN)
			stays[i] = op_source(op);
		for (unsigned in = 0; in < op->nin; in++) {
			unsigned from = op->in[in]->from->node->number;

			moved[i] = moved[i] ? moved[i] : moved[from];
			stays[i] = stays[i] ? stays[i] : stays[from];
		}
		if (!moved[i] || !has_state(x->s, op) || is_output(op))
			continue;
		if (stays[i])
			return shared_state(x, op, moved[i], stays[i]);
		if (clear_op(x, op) < 0)
			return -1;
		ret->ncleared++;
	}
	return 0;
}

static int
count_rows(struct resetting *x, uint64_t *ret)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file,
			       "SELECT coalesce(sum(state_rows), 0)"
			       " FROM operators WHERE columns IS NOT NULL",
			       &st, x->err);

	if (rc == 0)
		rc = store_step(&x->s->file, st, x->err);
	if (rc == 1)
		*ret = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

static int
read_watermark(struct resetting *x, int64_t *ret_us)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file,
			       "SELECT min(watermark) FROM watermarks"
			       " WHERE \"partition\" = -1", &st, x->err);

	if (rc == 0)
		rc = store_step(&x->s->file, st, x->err);
	if (rc == 1)
		*ret_us = store_column_time(st, 0);
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

/* ---- from a savepoint ---- */

static int
attach_savepoint(struct resetting *x)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file, "ATTACH ? AS savepoint", &st,
			       x->err);

	if (rc == 0) {
		store_bind_text(st, 1, x->r->savepoint);
		rc = store_run(&x->s->file, st, x->err);
	}
	sqlite3_finalize(st);
	return rc;
}

/* A savepoint that lacks a table of the query could not say where it is. */
static int
check_savepoint(struct resetting *x)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file, "SELECT 1 FROM savepoint.offsets"
			       " WHERE source = ?", &st, x->err);

	for (unsigned i = 0; i < x->r->nscans && rc == 0; i++) {
		const char *source = op_source(x->r->scans[i].scan);

		store_bind_text(st, 1, source);
		rc = store_step(&x->s->file, st, x->err);
		if (rc == 0)
			rc = error_set(x->err, ERR_NO_OFFSET, "the savepoint "
				       "has no offsets of table \"%s\"",
				       source);
		else if (rc == 1)
			rc = 0;
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return rc;
}

static int
take_offsets(struct resetting *x)
{
	for (unsigned i = 0; i < x->r->nscans; i++) {
		const char *source = op_source(x->r->scans[i].scan);

		if (run_for_source(x, "DELETE FROM offsets WHERE source = ?",
				   source) < 0 ||
		    run_for_source(x, "INSERT INTO offsets SELECT * FROM"
				   " savepoint.offsets WHERE source = ?",
				   source) < 0)
			return -1;
	}
	return 0;
}

static int
copy_table(struct resetting *x, const char *name, const char *create)
{
	struct buf b;
	int rc;

	if (store_exec(&x->s->file, create, x->err) < 0)
		return -1;
	buf_init(&b);
	buf_puts(&b, "INSERT INTO main.");
	sql_name(&b, name);
	buf_puts(&b, " SELECT * FROM savepoint.");
	sql_name(&b, name);
	rc = store_exec(&x->s->file, buf_cstr(&b), x->err);
	buf_release(&b);
	return rc;
}

/* The tables that the savepoint's operators name; views are made anew. */
static int
copy_tables(struct resetting *x)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(
		&x->s->file,
		"SELECT name, sql FROM savepoint.sqlite_schema"
		" WHERE type = 'table' AND name IN (SELECT"
		"  json_extract(t.value, '$.table') FROM"
		"  savepoint.operators o, json_each(o.columns) t)",
		&st, x->err);

	while (rc == 0 && (rc = store_step(&x->s->file, st, x->err)) == 1)
		rc = copy_table(x, store_column_text(st, 0, x->arena),
				store_column_text(st, 1, x->arena));
	sqlite3_finalize(st);
	return rc;
}

static int
take_state(struct resetting *x)
{
	if (store_load_ops(x->s, x->err) < 0)
		return -1;
	for (const struct stored_op *o = x->s->ops; o; o = o->next)
		if (store_drop_tables(x->s, o, x->err) < 0)
			return -1;
	if (store_exec(&x->s->file,
		       "DELETE FROM watermarks; DELETE FROM operators;"
		       "INSERT INTO watermarks SELECT * FROM"
		       " savepoint.watermarks;"
		       "INSERT INTO operators SELECT * FROM"
		       " savepoint.operators", x->err) < 0)
		return -1;
	return copy_tables(x);
}

/* ---- errors ---- */

/* A record that is read again comes to the errors again, if it still has to:
 * replayed as well it would count twice. */
static int
forget_errors(struct resetting *x, const struct places *after)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&x->s->file,
			       "DELETE FROM errors WHERE source = ? AND"
			       " topic = ? AND \"partition\" = ? AND"
			       " \"offset\" >= ?",
			       &st, x->err);

	for (unsigned i = 0; i < after->n && rc == 0; i++) {
		const struct store_moved *at = &after->list[i];

		store_bind_text(st, 1, at->source);
		store_bind_text(st, 2, at->topic);
		sqlite3_bind_int(st, 3, at->partition);
		sqlite3_bind_int64(st, 4, at->from);
		rc = store_run(&x->s->file, st, x->err);
	}
	sqlite3_finalize(st);
	return rc;
}

/* ---- the transaction ---- */

/* State that fits the plan no more holds nobody up when all of it goes. */
static int
forget_misfits(struct resetting *x, struct store_reset_done *ret)
{
	for (const struct stored_op *o = x->s->ops; o; o = o->next) {
		if (o->gone)
			continue;
		if (store_forget_op(x->s, o, x->err) < 0)
			return -1;
		ret->ncleared++;
	}
	return 0;
}

static bool
all_goes(const struct resetting *x)
{
	unsigned n;
	struct op *const *ops = pipeline_ops(x->p, &n);

	for (unsigned i = 0; i < n; i++)
		if (ops[i]->node->kind == PLAN_SCAN && !is_moved(x, ops[i]))
			return false;
	return !x->r->keep_state && !x->r->savepoint;
}

static int
find_operators(struct resetting *x, struct store_reset_done *ret)
{
	struct store_client client = store_client_of(x->p);

	if (store_attach_find(x->s, &client, x->err) == 0)
		return 0;
	if (x->err->code != ERR_PLAN_CHANGED || !all_goes(x))
		return -1;
	error_clear(x->err);
	if (forget_misfits(x, ret) < 0)
		return -1;
	return store_attach_find(x->s, &client, x->err);
}

static int
change(struct resetting *x, struct store_reset_done *ret)
{
	const struct store_reset *r = x->r;
	struct places before, after;

	if (read_places(x, &before) < 0 ||
	    count_rows(x, &ret->rows_before) < 0)
		return -1;
	if (r->savepoint && (check_savepoint(x) < 0 || take_offsets(x) < 0 ||
			     (!r->keep_state && take_state(x) < 0)))
		return -1;
	if (find_operators(x, ret) < 0)
		return -1;
	if (!r->savepoint && (move_scans(x, &before) < 0 ||
			      (!r->keep_state && clear_above(x, ret) < 0)))
		return -1;
	if (read_places(x, &after) < 0 || forget_errors(x, &after) < 0 ||
	    count_rows(x, &ret->rows) < 0 ||
	    read_watermark(x, &ret->wm_us) < 0)
		return -1;
	tell_moves(x, &before, &after, ret);
	return run_for_source(x, "UPDATE job SET state = ?, error = NULL",
			      r->state);
}

int
store_reset(struct store *s, struct pipeline *p, const struct store_reset *r,
	    struct arena *a, struct store_reset_done *ret, struct error *err)
{
	struct resetting x = { s, p, r, a, err };
	int rc;

	*ret = (struct store_reset_done){ .wm_us = TIME_NONE };
	if (r->savepoint && attach_savepoint(&x) < 0)
		return -1;
	rc = store_begin(&s->file, err);
	if (rc == 0)
		rc = change(&x, ret);
	if (rc == 0)
		rc = store_end(&s->file, err);
	if (rc < 0)
		store_rollback(&s->file);
	/* The kept statements know the file that goes. */
	if (r->savepoint && s->file.doubt.code == ERR_NONE)
		store_exec(&s->file, "DETACH savepoint", NULL);
	return rc;
}
