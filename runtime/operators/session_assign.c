/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/session_assign.c - the rows of SESSION one by one: they
 * are kept until their session closes, then come out as they came in, in that
 * order, with its bounds. Rows taken back are kept and come out like others.
 *
 *	_rows(_id, _seq, _n, <row>)	_id is given again, _seq never; _n is
 *					the weight
 *	_time(_id, _watermark)		one row: what has been closed
 *
 * Sessions have no table: they are what the gap makes of the rows.
 */
#include <stdlib.h>

#include "base/time.h"
#include "runtime/kept_rows.h"
#include "runtime/keys.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/window_rows.h"
#include "runtime/session_set.h"
#include "runtime/slicing.h"
#include "runtime/snapshot.h"

#define ROW_NONE UINT32_MAX
#define OWN_COLUMNS 3 /* of _rows, before the row's */

enum row_flags { ROW_LIVE = 1, ROW_STORED = 2, ROW_LISTED = 4 };

/* Of a session: its rows in the order in which they came; where it is mixed,
 * those of sessions that became one, each in that order. */
struct chain {
	uint32_t first, last;
	bool mixed;
};

struct state_table {
	unsigned number;
	struct table_def def;
	struct schema schema, key;
};

struct op_session_assign {
	struct op op; /* first */
	const struct plan_window *w;
	struct slicing slicing;
	struct keys keys;         /* a reference for each session */
	struct session_set sessions;
	bool opened;
	int64_t wm_us; /* all that it closes is closed; kept in state */
	bool wm_dirty;

	struct chain *chain; /* by session */
	uint32_t chain_cap;
	struct kept_rows rows;
	enum phys *phys;     /* of its columns */
	/* By row. */
	int64_t *seq, *weight;
	uint32_t *next; /* of its session; of a free row: the next free one */
	uint8_t *flags; /* enum row_flags */
	uint32_t nrows, cap, live, free_first;
	int64_t seq_next;
	uint32_t *changed, nchanged, changed_cap; /* come or gone since */

	struct state_table kept, time;
	unsigned complete; /* tables that are restored to their end */

	/* Of the batch at hand. */
	uint32_t *row, *key;
	int64_t *wall_us;
	struct column *key_cols;

	/* Closing goes on here after OP_MORE. */
	int64_t goal_us;
	uint32_t closing; /* a session whose rows are not all out */
	struct batch *out;
	int64_t *out_weight;
	uint32_t nout;
};

/* ---- opening ---- */

static void
column_declare(struct state_table *t, const char *name, struct type type)
{
	t->schema.cols[t->schema.ncols++] = (struct schema_column){
		.name = name, .type = type,
	};
}

static void
own_declare(struct state_table *t, const char *name)
{
	struct type type = TYPE_OF(TYPE_BIGINT);

	type.nullable = false;
	column_declare(t, name, type);
}

static int
table_end(struct op *op, struct state_table *t, const char *suffix,
	  const char *const *meanings, struct error *err)
{
	t->key = t->schema;
	t->key.ncols = 1;
	t->def = (struct table_def){
		.kind = TABLE_STATE, .suffix = suffix, .schema = &t->schema,
		.nkeys = 1, .column_meanings = meanings,
	};
	return op_table(op, &t->def, &t->number, err);
}

static int
tables_declare(struct op_session_assign *s, struct error *err)
{
	const struct schema *in = &s->op.node->inputs[0]->schema;
	struct arena *a = s->op.arena;
	unsigned ncols = OWN_COLUMNS + in->ncols;
	const char **meanings = arena_array(a, ncols, const char *);

	s->kept.schema.cols = arena_array(a, ncols, struct schema_column);
	own_declare(&s->kept, "_id");
	own_declare(&s->kept, "_seq");
	own_declare(&s->kept, "_n");
	for (uint16_t c = 0; c < in->ncols; c++) {
		struct type type = in->cols[c].type;

		type.nullable = true;
		meanings[OWN_COLUMNS + c] = arena_printf(a, "column %s",
							 in->cols[c].name);
		column_declare(&s->kept, in->cols[c].name, type);
	}
	if (table_end(&s->op, &s->kept, "_rows", meanings, err) < 0)
		return -1;
	s->time.schema.cols = arena_array(a, 2, struct schema_column);
	own_declare(&s->time, "_id");
	own_declare(&s->time, "_watermark");
	return table_end(&s->op, &s->time, "_time", NULL, err);
}

static void
view_declare(struct op_session_assign *s)
{
	const struct schema *in = &s->op.node->inputs[0]->schema;
	struct view_def *view = arena_new(s->op.arena, struct view_def);
	struct view_column *cols = arena_array(s->op.arena, in->ncols + 1u,
					       struct view_column);

	for (uint16_t c = 0; c < in->ncols; c++)
		cols[c] = (struct view_column){
			.name = in->cols[c].name, .how = VIEW_VALUE,
			.col = (uint16_t)(OWN_COLUMNS + c),
			.table = s->kept.number, .type = in->cols[c].type,
		};
	*view = (struct view_def){
		.groups_table = s->kept.number, .ncols = in->ncols,
		.cols = cols,
	};
	op_view(&s->op, view);
}

static int
assign_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);
	const struct schema *in = &node->inputs[0]->schema;
	enum phys *phys = arena_array(op->arena, in->ncols + 1u, enum phys);

	CHECK(node->inputs[0]->mode != CHANGE_UPSERT);
	s->w = node->window;
	for (unsigned k = 0; k < s->w->npartition; k++)
		phys[k] = phys_of(in->cols[s->w->partition[k]].type);
	keys_init(&s->keys, s->w->npartition, phys, op_seed(op));
	for (uint16_t c = 0; c < in->ncols; c++)
		phys[c] = phys_of(in->cols[c].type);
	s->phys = phys;
	kept_rows_init(&s->rows, in->ncols, phys);
	session_set_init(&s->sessions, s->w->size_us);
	slicing_init(&s->slicing, s->w, op_zone(op));
	s->opened = true;
	s->wm_us = TIME_NONE;
	s->free_first = ROW_NONE;
	s->closing = SESSION_NONE;
	s->row = arena_array(op->arena, BATCH_ROWS, uint32_t);
	s->key = arena_array(op->arena, BATCH_ROWS, uint32_t);
	s->wall_us = arena_array(op->arena, BATCH_ROWS, int64_t);
	s->key_cols = arena_array(op->arena, s->w->npartition + 1u,
				  struct column);
	if (tables_declare(s, err) < 0)
		return -1;
	view_declare(s);
	return 0;
}

static void
assign_count_state(struct op_session_assign *s)
{
	size_t row = sizeof(*s->seq) + sizeof(*s->weight) + sizeof(*s->next) +
		     sizeof(*s->flags);

	stat_set(s->op.stats.state_rows, s->live);
	stat_set(s->op.stats.state_bytes,
		 keys_bytes(&s->keys) + session_set_bytes(&s->sessions) +
			 kept_rows_bytes(&s->rows) + s->cap * row +
			 s->chain_cap * sizeof(*s->chain) +
			 s->changed_cap * sizeof(*s->changed));
}

/* ---- time ---- */

static int64_t
close_utc(const struct op_session_assign *s, int64_t end_us)
{
	return slicing_close_utc(&s->slicing, end_us);
}

/* With processing time: to be woken when the next session ends. */
static void
assign_wake(struct op_session_assign *s)
{
	uint32_t next;

	if (!s->w->is_proctime)
		return;
	next = session_set_next(&s->sessions);
	op_timer(&s->op, next == SESSION_NONE
			 ? TIME_END : close_utc(s, s->sessions.end_us[next]));
}

/* ---- rows that are kept ---- */

static void
rows_reserve(struct op_session_assign *s, uint32_t n)
{
	uint32_t cap = s->cap ? s->cap : 64;

	if (n <= s->cap)
		return;
	while (cap < n)
		cap *= 2;
	s->seq = mem_realloc(s->seq, cap * sizeof(*s->seq));
	s->weight = mem_realloc(s->weight, cap * sizeof(*s->weight));
	s->next = mem_realloc(s->next, cap * sizeof(*s->next));
	s->flags = mem_realloc(s->flags, cap);
	memset(s->flags + s->cap, 0, cap - s->cap);
	s->cap = cap;
}

static void
row_list(struct op_session_assign *s, uint32_t number)
{
	if (s->flags[number] & ROW_LISTED)
		return;
	if (s->nchanged == s->changed_cap) {
		s->changed_cap = s->changed_cap ? 2 * s->changed_cap : 64;
		s->changed = mem_realloc(s->changed, s->changed_cap *
						     sizeof(*s->changed));
	}
	s->changed[s->nchanged++] = number;
	s->flags[number] |= ROW_LISTED;
}

/* A number for a row of these columns. */
static uint32_t
row_keep(struct op_session_assign *s, const struct column *cols, uint32_t row,
	 int64_t weight)
{
	uint32_t number = s->free_first;

	if (number != ROW_NONE) {
		s->free_first = s->next[number];
	} else {
		rows_reserve(s, s->nrows + 1);
		number = s->nrows++;
	}
	kept_rows_put(&s->rows, number, cols, row);
	s->weight[number] = weight;
	s->seq[number] = s->seq_next++;
	s->flags[number] |= ROW_LIVE;
	s->live++;
	row_list(s, number);
	return number;
}

static void
row_drop(struct op_session_assign *s, uint32_t number)
{
	kept_rows_forget(&s->rows, number);
	s->flags[number] &= (uint8_t)~ROW_LIVE;
	s->live--;
	if (s->flags[number] & ROW_STORED)
		row_list(s, number);
	s->next[number] = s->free_first;
	s->free_first = number;
}

/* ---- sessions ---- */

static void
chain_append(struct op_session_assign *s, uint32_t id, uint32_t number)
{
	struct chain *c = &s->chain[id];

	s->next[number] = ROW_NONE;
	if (c->first == ROW_NONE)
		c->first = number;
	else
		s->next[c->last] = number;
	c->last = number;
}

/* Both chains as one. Sorted when it closes: a long session that takes in
 * short ones all the time must not be walked each time. */
static void
chain_merge(struct op_session_assign *s, uint32_t dst, uint32_t src)
{
	struct chain *d = &s->chain[dst];
	const struct chain *from = &s->chain[src];

	if (from->first == ROW_NONE)
		return;
	d->mixed = d->first != ROW_NONE || from->mixed;
	if (d->first == ROW_NONE)
		d->first = from->first;
	else
		s->next[d->last] = from->first;
	d->last = from->last;
}

struct place { /* of a row in the order in which rows came */
	int64_t seq;
	uint32_t number;
};

static int
place_cmp(const void *x, const void *y)
{
	int64_t a = ((const struct place *)x)->seq;
	int64_t b = ((const struct place *)y)->seq;

	return (a > b) - (a < b);
}

static void
chain_sort(struct op_session_assign *s, uint32_t id)
{
	struct chain *c = &s->chain[id];
	struct place *rows;
	uint32_t n = 0;

	for (uint32_t at = c->first; at != ROW_NONE; at = s->next[at])
		n++;
	rows = mem_alloc((n + 1u) * sizeof(*rows));
	n = 0;
	for (uint32_t at = c->first; at != ROW_NONE; at = s->next[at])
		rows[n++] = (struct place){ s->seq[at], at };
	qsort(rows, n, sizeof(*rows), place_cmp);
	*c = (struct chain){ ROW_NONE, ROW_NONE, false };
	for (uint32_t i = 0; i < n; i++)
		chain_append(s, id, rows[i].number);
	free(rows);
}

static void
chain_begin(struct op_session_assign *s, uint32_t id)
{
	if (id >= s->chain_cap) {
		s->chain_cap = s->sessions.cap;
		s->chain = mem_realloc(s->chain, s->chain_cap *
						 sizeof(*s->chain));
	}
	s->chain[id] = (struct chain){ ROW_NONE, ROW_NONE, false };
}

/* The session that holds such a row from now on; SESSION_NONE: it is late,
 * which restored rows are not. */
static uint32_t
session_of_row(struct op_session_assign *s, uint32_t key, int64_t wall_us,
	       bool restored)
{
	struct session_set *all = &s->sessions;
	uint32_t id = session_set_find(all, key, wall_us), older;

	if (id == SESSION_NONE) {
		if (!restored &&
		    wm_closes(s->wm_us, close_utc(s, wall_us + all->gap_us)))
			return SESSION_NONE;
		id = session_set_open(all, key, wall_us);
		keys_ref(&s->keys, key);
		chain_begin(s, id);
		return id;
	}
	older = session_set_extend(all, id, wall_us);
	if (older == SESSION_NONE)
		return id;
	chain_merge(s, older, id);
	session_set_join(all, older, id);
	keys_unref(&s->keys, key);
	return older;
}

static int
assign_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);
	uint32_t n;

	(void)err;
	CHECK(port == 0);
	n = window_rows(op, s->w, &s->slicing, in, s->wm_us, s->row,
			s->wall_us);
	for (unsigned k = 0; k < s->w->npartition; k++)
		s->key_cols[k] = in->col[s->w->partition[k]];
	keys_lookup(&s->keys, s->key_cols, s->row, n, s->key);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = session_of_row(s, s->key[i], s->wall_us[i],
					     false);

		if (id == SESSION_NONE)
			op_late(op, in, &s->row[i], 1, s->w->time_col);
		else
			chain_append(s, id,
				     row_keep(s, in->col, s->row[i],
					      batch_weight(in, s->row[i])));
	}
	keys_drop_unused(&s->keys, s->key, n);
	assign_count_state(s);
	assign_wake(s);
	return OP_OK;
}

/* ---- closing ---- */

static void
out_flush(struct op_session_assign *s)
{
	if (!s->out)
		return;
	batch_seal(s->out, s->nout);
	s->out->now_us = s->op.now_us;
	if (s->op.node->mode != CHANGE_APPEND)
		s->out->weight = s->out_weight;
	op_emit(&s->op, s->out);
	s->out = NULL;
	s->nout = 0;
}

static void
out_row(struct op_session_assign *s, uint32_t number, int64_t start_us,
	int64_t end_us, int64_t time_us)
{
	struct batch *b = s->out;
	uint16_t col = s->rows.ncols;

	if (!b) {
		b = s->out = batch_create(op_pool(&s->op),
					  &s->op.node->schema, BATCH_ROWS);
		s->out_weight = arena_alloc(&b->arena, BATCH_ROWS *
						sizeof(*s->out_weight));
	}
	for (uint16_t c = 0; c < col; c++)
		kept_rows_get(&s->rows, c, number, &b->col[c], s->nout,
			      BATCH_ROWS, &b->arena);
	b->col[col].i64[s->nout] = start_us;
	b->col[col + 1].i64[s->nout] = end_us;
	b->col[col + 2].i64[s->nout] = time_us;
	s->out_weight[s->nout++] = s->weight[number];
}

/* The rows of the session that is closing, as many as the batch takes; true:
 * these were all. */
static bool
emit_rows(struct op_session_assign *s)
{
	struct chain *c = &s->chain[s->closing];
	int64_t start_us = s->sessions.start_us[s->closing];
	int64_t end_us = s->sessions.end_us[s->closing];
	int64_t time_us = s->w->is_proctime
				  ? window_proctime(s->op.now_us)
				  : close_utc(s, end_us) - US_PER_MS;

	while (c->first != ROW_NONE && s->nout < BATCH_ROWS) {
		uint32_t number = c->first;

		c->first = s->next[number];
		out_row(s, number, start_us, end_us, time_us);
		row_drop(s, number);
	}
	if (s->nout == BATCH_ROWS)
		out_flush(s);
	return c->first == ROW_NONE;
}

static bool
next_closing(struct op_session_assign *s)
{
	uint32_t id = session_set_next(&s->sessions);

	if (id == SESSION_NONE ||
	    !wm_closes(s->goal_us, close_utc(s, s->sessions.end_us[id])))
		return false;
	session_set_retire(&s->sessions, id);
	if (s->chain[id].mixed)
		chain_sort(s, id);
	s->closing = id;
	return true;
}

/* Many rows may have been here: what they took is given back, so that they do
 * not count in the job's budget. */
static void
rows_gone(struct op_session_assign *s)
{
	uint16_t ncols = s->rows.ncols;

	if (s->live > 0)
		return;
	kept_rows_release(&s->rows);
	kept_rows_init(&s->rows, ncols, s->phys);
}

static int
assign_fire(struct op_session_assign *s)
{
	while (s->closing != SESSION_NONE || next_closing(s)) {
		uint32_t key = s->sessions.key[s->closing];

		if (op_full(&s->op))
			return OP_MORE;
		if (!emit_rows(s))
			continue;
		session_set_close(&s->sessions, s->closing);
		keys_unref(&s->keys, key);
		s->closing = SESSION_NONE;
	}
	out_flush(s);
	rows_gone(s);
	s->wm_us = s->goal_us;
	s->wm_dirty = true;
	assign_count_state(s);
	assign_wake(s);
	return OP_OK;
}

static int
assign_resume(struct op *op, struct error *err)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);

	(void)err;
	return assign_fire(s);
}

/* Of processing time only the end of all rows counts. */
static int
assign_watermark(struct op *op, int64_t wm_us, struct error *err)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);

	(void)err;
	if ((s->w->is_proctime && wm_us != TIME_END) || wm_us <= s->wm_us)
		return OP_OK;
	s->goal_us = wm_us;
	return assign_fire(s);
}

static int
assign_timer(struct op *op, int64_t now_us, struct error *err)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);

	(void)err;
	s->goal_us = window_proctime(now_us) - US_PER_MS;
	return s->goal_us > s->wm_us ? assign_fire(s) : OP_OK;
}

/* ---- state ---- */

/* Rows of a snapshot in the making. */
struct writer {
	struct op_session_assign *s;
	struct snapshot *snap;
	const struct state_table *table;
	bool drop; /* keys only */
	struct batch *b;
	uint32_t at;
};

static int
writer_flush(struct writer *w)
{
	struct batch *b = w->b;

	if (!b)
		return 0;
	batch_seal(b, w->at);
	w->b = NULL;
	w->at = 0;
	return w->drop ? snapshot_drop(w->snap, &w->s->op, w->table->number, b)
		       : snapshot_put(w->snap, &w->s->op, w->table->number, b);
}

static int
writer_room(struct writer *w)
{
	if (w->at == BATCH_ROWS && writer_flush(w) < 0)
		return -1;
	if (!w->b)
		w->b = batch_create(NULL, w->drop ? &w->table->key
						  : &w->table->schema,
				    BATCH_ROWS);
	return 0;
}

static int
write_row(struct writer *w, uint32_t number)
{
	const struct op_session_assign *s = w->s;

	if (writer_room(w) < 0)
		return -1;
	w->b->col[0].i64[w->at] = number;
	if (!w->drop) {
		w->b->col[1].i64[w->at] = s->seq[number];
		w->b->col[2].i64[w->at] = s->weight[number];
		for (uint16_t c = 0; c < s->rows.ncols; c++)
			kept_rows_get(&s->rows, c, number,
				      &w->b->col[OWN_COLUMNS + c], w->at,
				      BATCH_ROWS, &w->b->arena);
	}
	w->at++;
	return 0;
}

static int
write_time(struct op_session_assign *s, struct snapshot *snap)
{
	struct writer w = { .s = s, .snap = snap, .table = &s->time };

	/* The final watermark is not kept: more rows may follow in a next run */
	if (!s->wm_dirty || s->wm_us == TIME_END)
		return 0;
	if (writer_room(&w) < 0)
		return -1;
	w.b->col[0].i64[0] = 0;
	w.b->col[1].i64[0] = s->wm_us;
	w.at = 1;
	return writer_flush(&w);
}

static int
assign_checkpoint(struct op *op, struct snapshot *snap, struct error *err)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);
	struct writer drop = { .s = s, .snap = snap, .table = &s->kept,
			       .drop = true };
	struct writer put = { .s = s, .snap = snap, .table = &s->kept };

	(void)err;
	CHECK(s->closing == SESSION_NONE);
	for (uint32_t i = 0; i < s->nchanged; i++) {
		uint32_t number = s->changed[i];
		uint8_t was = s->flags[number];

		s->flags[number] = was & ROW_LIVE ? ROW_LIVE | ROW_STORED : 0;
		if (was & ROW_LIVE ? write_row(&put, number) < 0
				   : (was & ROW_STORED) &&
				     write_row(&drop, number) < 0)
			return OP_FAIL;
	}
	s->nchanged = 0;
	if (writer_flush(&drop) < 0 || writer_flush(&put) < 0 ||
	    write_time(s, snap) < 0)
		return OP_FAIL;
	s->wm_dirty = false;
	return OP_OK;
}

/* Rows are put into sessions when all of them are there, in their order. */
static int
restore_row(struct op_session_assign *s, const struct batch *b, uint32_t row)
{
	int64_t id = b->col[0].i64[row], n = b->col[2].i64[row];
	uint32_t number = (uint32_t)id;
	const struct column *time =
		&b->col[OWN_COLUMNS + s->w->time_col];

	if (!keys_may_be_gid(id) || n == 0 ||
	    !state_may_be_count(b->col[1].i64[row]) ||
	    column_is_null(time, row) || time->i64[row] > SLICING_TIME_MAX ||
	    time->i64[row] < -SLICING_TIME_MAX)
		return -1;
	rows_reserve(s, number + 1);
	if (s->flags[number] & ROW_LIVE)
		return -1;
	s->nrows = number < s->nrows ? s->nrows : number + 1;
	kept_rows_put(&s->rows, number, b->col + OWN_COLUMNS, row);
	s->flags[number] = ROW_LIVE | ROW_STORED;
	s->seq[number] = b->col[1].i64[row];
	s->weight[number] = n;
	s->live++;
	return 0;
}

static void
restore_sessions(struct op_session_assign *s)
{
	struct place *r = mem_alloc((s->live + 1u) * sizeof(*r));
	const struct column *time = &s->rows.col[s->w->time_col];
	uint32_t n = 0;

	for (uint32_t i = s->nrows; i-- > 0;) {
		if (s->flags[i] & ROW_LIVE) {
			r[n++] = (struct place){ s->seq[i], i };
			continue;
		}
		s->next[i] = s->free_first;
		s->free_first = i;
	}
	qsort(r, n, sizeof(*r), place_cmp);
	for (unsigned k = 0; k < s->w->npartition; k++)
		s->key_cols[k] = s->rows.col[s->w->partition[k]];
	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = r[i].number, key, id;

		keys_lookup(&s->keys, s->key_cols, &number, 1, &key);
		id = session_of_row(s, key, slicing_wall(&s->slicing,
							 time->i64[number]),
				    true);
		chain_append(s, id, number);
	}
	if (n > 0)
		s->seq_next = r[n - 1].seq + 1;
	free(r);
}

static int
assign_restore(struct op *op, unsigned table, const struct batch *rows,
	       struct error *err)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);

	if (!rows) {
		if (++s->complete < 2)
			return 0;
		restore_sessions(s);
		assign_count_state(s);
		assign_wake(s);
		return 0;
	}
	batch_each(rows, row) {
		if (table == s->time.number)
			s->wm_us = rows->col[1].i64[row];
		else if (restore_row(s, rows, row) < 0)
			return op_state_damaged(op, err);
	}
	return 0;
}

static void
assign_close(struct op *op)
{
	struct op_session_assign *s = op_cast(op, &op_session_assign_type);

	if (!s->opened)
		return;
	batch_unref(s->out);
	keys_release(&s->keys);
	session_set_release(&s->sessions);
	kept_rows_release(&s->rows);
	free(s->chain);
	free(s->seq);
	free(s->weight);
	free(s->next);
	free(s->flags);
	free(s->changed);
	s->opened = false;
}

const struct op_type op_session_assign_type = {
	.name = "session_assign",
	.bytes = sizeof(struct op_session_assign),
	.state_version = 1,
	.open = assign_open,
	.restore = assign_restore,
	.push = assign_push,
	.watermark = assign_watermark,
	.timer = assign_timer,
	.resume = assign_resume,
	.checkpoint = assign_checkpoint,
	.close = assign_close,
};
