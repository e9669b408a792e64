/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/sink_materialize.c - rows of a result that is updated by
 * one key, for a table that is written by another: several rows may stand at
 * one key of the table then, and which of them shows must not depend on the
 * order in which their updates come. All of them are kept; the one that came
 * last shows, and when it is taken back the one before it.
 *
 *	_rows(_id, <row>, _n, _seq, _touched)	equal rows once, _n times
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/keys.h"
#include "runtime/operators/registry.h"
#include "runtime/table_writer.h"
#include "runtime/ttl.h"

#define NONE KEYS_NONE

struct held_row {      /* by gid of its values */
	int64_t n;     /* how often it is there; 0: not at all */
	uint64_t seq;  /* when it came last */
	uint32_t key;  /* gid of the table's key */
	uint32_t older, newer; /* at the same key; NONE */
};

struct held_key {        /* by gid of the table's key */
	uint32_t newest; /* its rows; NONE */
	uint32_t place;  /* 1 + where it is in touched[]; 0 */
};

struct touched { /* a key in this step, and what showed before */
	uint32_t key;
	uint64_t seq; /* 0: nothing */
};

struct op_materialize {
	struct op op; /* first */
	bool opened;
	uint16_t nkeys;
	const uint16_t *key_of; /* column of the row, by column of the key */
	struct keys rows;       /* all columns */
	struct keys keys;       /* the table's key; of rows, not stored */
	struct held_row *row;
	struct held_key *key;
	uint32_t row_cap, key_cap;
	uint64_t seq;
	struct ttl ttl; /* of keys */
	unsigned table;
	struct table_def def;
	struct schema stored, stored_key;
	struct column *key_cols; /* of the batch at hand */
	uint32_t ntouched, touched_cap, cursor;
	struct touched *touched;
};

/* ---- opening ---- */

static void
add_column(struct op_materialize *m, const char **meanings, const char *name,
	   struct type t, const char *meaning)
{
	meanings[m->stored.ncols] = meaning;
	m->stored.cols[m->stored.ncols++] = (struct schema_column){
		.name = name, .type = t,
	};
}

static int
declare_table(struct op_materialize *m, struct error *err)
{
	const struct schema *in = &m->op.node->schema;
	const struct type number = { .kind = TYPE_BIGINT };
	struct arena *a = m->op.arena;
	const char **meanings = arena_array(a, in->ncols + 4u, const char *);

	m->stored.cols = arena_array(a, in->ncols + 4u, struct schema_column);
	add_column(m, meanings, "_id", number, NULL);
	for (uint16_t c = 0; c < in->ncols; c++) {
		struct type t = in->cols[c].type;

		t.nullable = true;
		add_column(m, meanings, in->cols[c].name, t,
			   arena_printf(a, "column %s", in->cols[c].name));
	}
	add_column(m, meanings, "_n", number, NULL);
	add_column(m, meanings, "_seq", number, NULL);
	add_column(m, meanings, "_touched", number, NULL);
	m->stored_key = m->stored;
	m->stored_key.ncols = 1;
	m->def = (struct table_def){
		.kind = TABLE_STATE, .suffix = "_rows", .schema = &m->stored,
		.nkeys = 1, .column_meanings = meanings,
	};
	return op_table(&m->op, &m->def, &m->table, err);
}

static int
materialize_open(struct op *op, const struct plan_node *node,
		 struct error *err)
{
	struct op_materialize *m = op_cast(op, &op_sink_materialize_type);
	const struct schema *s = &node->schema;
	enum phys *phys = arena_array(op->arena, s->ncols + 1u, enum phys);

	CHECK(node->inputs[0]->mode != CHANGE_UPSERT);
	m->nkeys = node->normalize->nkeys;
	m->key_of = node->normalize->keys;
	for (uint16_t k = 0; k < m->nkeys; k++)
		phys[k] = phys_of(s->cols[m->key_of[k]].type);
	keys_init(&m->keys, m->nkeys, phys, op_seed(op));
	for (uint16_t c = 0; c < s->ncols; c++)
		phys[c] = phys_of(s->cols[c].type);
	keys_init(&m->rows, s->ncols, phys, op_seed(op));
	ttl_init(&m->ttl, node->state_ttl_us);
	m->key_cols = arena_array(op->arena, m->nkeys + 1u, struct column);
	m->opened = true;
	return declare_table(m, err);
}

static void
materialize_count_state(struct op_materialize *m)
{
	stat_set(m->op.stats.state_rows, m->rows.live);
	stat_set(m->op.stats.state_bytes,
		 keys_bytes(&m->rows) + keys_bytes(&m->keys) +
			 m->row_cap * sizeof(*m->row) +
			 m->key_cap * sizeof(*m->key) + ttl_bytes(&m->ttl));
	op_timer(&m->op, m->rows.live ? ttl_next_us(&m->ttl, m->op.now_us)
				      : TIME_END);
}

/* ---- rows at their keys ---- */

static void
reserve(struct op_materialize *m)
{
	if (m->row_cap < m->rows.cap) {
		m->row = mem_realloc(m->row, m->rows.cap * sizeof(*m->row));
		memset(m->row + m->row_cap, 0,
		       (m->rows.cap - m->row_cap) * sizeof(*m->row));
		m->row_cap = m->rows.cap;
	}
	if (m->key_cap < m->keys.cap) {
		m->key = mem_realloc(m->key, m->keys.cap * sizeof(*m->key));
		for (uint32_t k = m->key_cap; k < m->keys.cap; k++)
			m->key[k] = (struct held_key){ NONE, 0 };
		m->key_cap = m->keys.cap;
	}
}

static void
unlink_row(struct op_materialize *m, uint32_t gid)
{
	struct held_row *r = &m->row[gid];

	if (r->newer != NONE)
		m->row[r->newer].older = r->older;
	else
		m->key[r->key].newest = r->older;
	if (r->older != NONE)
		m->row[r->older].newer = r->newer;
}

static void
link_newest(struct op_materialize *m, uint32_t gid)
{
	struct held_row *r = &m->row[gid];
	struct held_key *k = &m->key[r->key];

	r->older = k->newest;
	r->newer = NONE;
	if (k->newest != NONE)
		m->row[k->newest].newer = gid;
	k->newest = gid;
}

static uint64_t
newest_seq(const struct op_materialize *m, uint32_t key)
{
	uint32_t newest = m->key[key].newest;

	return newest == NONE ? 0 : m->row[newest].seq;
}

/* Its number is kept until the step has answered. The rows of a key have its
 * time in the state: the newest one's counts. */
static void
touch_key(struct op_materialize *m, uint32_t key)
{
	ttl_touch(&m->ttl, key, m->op.now_us);
	if (m->key[key].place)
		return;
	if (m->ntouched == m->touched_cap) {
		m->touched_cap = m->touched_cap ? 2 * m->touched_cap : 256;
		m->touched = mem_realloc(m->touched, m->touched_cap *
						     sizeof(*m->touched));
	}
	m->touched[m->ntouched++] = (struct touched){
		key, newest_seq(m, key),
	};
	m->key[key].place = m->ntouched;
	keys_ref(&m->keys, key);
}

static void
row_comes(struct op_materialize *m, uint32_t gid, uint32_t key, int64_t n)
{
	struct held_row *r = &m->row[gid];

	touch_key(m, key);
	if (r->n > 0) {
		unlink_row(m, gid);
	} else {
		keys_ref(&m->rows, gid);
		keys_ref(&m->keys, key);
		r->key = key;
	}
	r->n += n;
	r->seq = ++m->seq;
	link_newest(m, gid);
	keys_touch(&m->rows, gid);
}

static void
row_is_gone(struct op_materialize *m, uint32_t gid)
{
	uint32_t key = m->row[gid].key;

	unlink_row(m, gid);
	m->row[gid].n = 0;
	keys_unref(&m->rows, gid);
	keys_unref(&m->keys, key);
}

static void
row_goes(struct op_materialize *m, const struct batch *in, uint32_t row,
	 int64_t n)
{
	uint32_t gid = keys_find(&m->rows, in->col, row);

	if (gid == KEYS_NONE || m->row[gid].n < n) {
		stat_add(m->op.stats.unmatched, 1);
		return;
	}
	touch_key(m, m->row[gid].key);
	m->row[gid].n -= n;
	if (m->row[gid].n == 0)
		row_is_gone(m, gid);
	else
		keys_touch(&m->rows, gid);
}

/* Rows that come, up to the next one that goes; returns how many. */
static uint32_t
push_run(struct op_materialize *m, const struct batch *in,
	 const uint32_t *rows, uint32_t n)
{
	uint32_t gid[BATCH_ROWS], key[BATCH_ROWS], run = 0;

	while (run < n && batch_weight(in, rows[run]) > 0)
		run++;
	keys_lookup(&m->rows, in->col, rows, run, gid);
	keys_lookup(&m->keys, m->key_cols, rows, run, key);
	reserve(m);
	for (uint32_t i = 0; i < run; i++)
		row_comes(m, gid[i], key[i], batch_weight(in, rows[i]));
	return run;
}

static int
materialize_push(struct op *op, unsigned port, struct batch *in,
		 struct error *err)
{
	struct op_materialize *m = op_cast(op, &op_sink_materialize_type);
	uint32_t rows[BATCH_ROWS], n = 0;

	(void)err;
	CHECK(port == 0);
	for (uint16_t k = 0; k < m->nkeys; k++)
		m->key_cols[k] = in->col[m->key_of[k]];
	batch_each(in, row)
		rows[n++] = row;
	for (uint32_t i = 0; i < n;) {
		i += push_run(m, in, rows + i, n - i);
		if (i < n) {
			row_goes(m, in, rows[i],
				 -batch_weight(in, rows[i]));
			i++;
		}
	}
	return OP_OK;
}

/* ---- answers ---- */

/* What shows at the key now; nothing: the key alone, taken back. */
static void
put_answer(struct op_materialize *m, struct batch *b, int64_t *weight,
	   uint32_t at, uint32_t key)
{
	uint32_t newest = m->key[key].newest;

	weight[at] = newest == NONE ? -1 : 1;
	for (uint16_t c = 0; c < m->rows.ncols; c++) {
		if (newest == NONE)
			column_set_null(&b->col[c], at, BATCH_ROWS, &b->arena);
		else
			keys_gather(&m->rows, c, &newest, 1, &b->col[c], at,
				    BATCH_ROWS, &b->arena);
	}
	for (uint16_t k = 0; newest == NONE && k < m->nkeys; k++) {
		struct column *col = &b->col[m->key_of[k]];

		col->nulls[at] = 0;
		keys_gather(&m->keys, k, &key, 1, col, at, BATCH_ROWS,
			    &b->arena);
	}
}

static void
answer_some(struct op_materialize *m)
{
	struct batch *b = batch_create(op_pool(&m->op), &m->op.node->schema,
				       BATCH_ROWS);
	int64_t *weight = arena_alloc(&b->arena, BATCH_ROWS * sizeof(*weight));
	uint32_t n = 0;

	while (m->cursor < m->ntouched && n < BATCH_ROWS) {
		const struct touched *t = &m->touched[m->cursor++];

		if (newest_seq(m, t->key) != t->seq)
			put_answer(m, b, weight, n++, t->key);
		m->key[t->key].place = 0;
		keys_unref(&m->keys, t->key);
	}
	b->weight = weight;
	b->now_us = m->op.now_us;
	batch_seal(b, n);
	op_emit(&m->op, b);
}

/* Silently, with all rows of the key. */
static void
expire(void *arg, uint32_t key)
{
	struct op_materialize *m = arg;

	while (keys_is_live(&m->keys, key) && m->key[key].newest != NONE) {
		row_is_gone(m, m->key[key].newest);
		stat_add(m->op.stats.expired, 1);
	}
}

static int
materialize_settle(struct op *op, struct error *err)
{
	struct op_materialize *m = op_cast(op, &op_sink_materialize_type);

	(void)err;
	while (m->cursor < m->ntouched) {
		if (op_full(op))
			return OP_MORE;
		answer_some(m);
	}
	m->ntouched = m->cursor = 0;
	if (ttl_is_due(&m->ttl, op->now_us))
		ttl_sweep(&m->ttl, m->keys.n, op->now_us, expire, m);
	materialize_count_state(m);
	return OP_OK;
}

static int
materialize_timer(struct op *op, int64_t now_us, struct error *err)
{
	/* settle() comes next, and sweeps. */
	(void)op, (void)now_us, (void)err;
	return OP_OK;
}

/* ---- state ---- */

static void
put_row(struct op_materialize *m, struct batch *b, uint32_t at, uint32_t gid)
{
	const struct held_row *r = &m->row[gid];
	uint16_t c;

	b->col[0].i64[at] = gid;
	for (c = 0; c < m->rows.ncols; c++)
		keys_gather(&m->rows, c, &gid, 1, &b->col[c + 1], at,
			    BATCH_ROWS, &b->arena);
	b->col[c + 1].i64[at] = r->n;
	b->col[c + 2].i64[at] = (int64_t)r->seq;
	b->col[c + 3].i64[at] = ttl_touched_us(&m->ttl, r->key);
}

static int
materialize_checkpoint(struct op *op, struct snapshot *s, struct error *err)
{
	struct op_materialize *m = op_cast(op, &op_sink_materialize_type);
	struct table_writer drop = { .s = s, .op = op, .table = m->table,
				     .schema = &m->stored_key, .drop = true };
	struct table_writer put = { .s = s, .op = op, .table = m->table,
				    .schema = &m->stored };
	const uint32_t *gid;
	uint32_t n = keys_changed(&m->rows, &gid);

	(void)err;
	CHECK(m->ntouched == 0);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t flags = m->rows.flags[gid[i]];
		uint32_t at;

		if (flags & KEY_LIVE) {
			at = table_writer_row(&put);
			put_row(m, put.b, at, gid[i]);
		} else if (flags & KEY_STORED) {
			at = table_writer_row(&drop);
			drop.b->col[0].i64[at] = gid[i];
		}
	}
	keys_saved(&m->rows);
	keys_saved(&m->keys); /* stored with their rows */
	return table_writer_end(&drop) < 0 || table_writer_end(&put) < 0
		       ? OP_FAIL : OP_OK;
}

static int
restore_row(struct op_materialize *m, const struct batch *b, uint32_t row)
{
	uint16_t c = m->rows.ncols;
	int64_t id = b->col[0].i64[row], n = b->col[c + 1].i64[row];
	int64_t seq = b->col[c + 2].i64[row];
	int64_t touched_us = b->col[c + 3].i64[row];
	uint32_t gid = (uint32_t)id, key;

	if (!keys_may_be_gid(id) || n == 0 || !state_may_be_count(n) ||
	    seq == 0 || !state_may_be_count(seq) ||
	    keys_is_live(&m->rows, gid))
		return -1;
	for (uint16_t k = 0; k < m->nkeys; k++)
		m->key_cols[k] = b->col[m->key_of[k] + 1];
	keys_restore(&m->rows, gid, b->col + 1, row);
	keys_ref(&m->rows, gid);
	keys_lookup(&m->keys, m->key_cols, &row, 1, &key);
	keys_ref(&m->keys, key);
	reserve(m);
	m->row[gid] = (struct held_row){
		.n = n, .seq = (uint64_t)seq, .key = key,
		.older = NONE, .newer = NONE,
	};
	if (m->seq < (uint64_t)seq)
		m->seq = (uint64_t)seq;
	if (touched_us > ttl_touched_us(&m->ttl, key))
		ttl_restore(&m->ttl, key, touched_us);
	return 0;
}

struct by_seq {
	uint64_t seq;
	uint32_t gid;
};

static int
seq_order(const void *a, const void *b)
{
	uint64_t x = ((const struct by_seq *)a)->seq;
	uint64_t y = ((const struct by_seq *)b)->seq;

	return (x > y) - (x < y);
}

/* All rows are there: in the order in which they came, to their keys. */
static void
link_restored(struct op_materialize *m)
{
	struct by_seq *list = mem_alloc((m->rows.live + 1u) * sizeof(*list));
	uint32_t n = 0;

	for (uint32_t gid = 0; gid < m->rows.n; gid++)
		if (keys_is_live(&m->rows, gid))
			list[n++] = (struct by_seq){ m->row[gid].seq, gid };
	qsort(list, n, sizeof(*list), seq_order);
	for (uint32_t i = 0; i < n; i++)
		link_newest(m, list[i].gid);
	free(list);
}

static int
materialize_restore(struct op *op, unsigned table, const struct batch *rows,
		    struct error *err)
{
	struct op_materialize *m = op_cast(op, &op_sink_materialize_type);

	CHECK(table == m->table);
	if (!rows) {
		keys_restored(&m->rows);
		link_restored(m);
		materialize_count_state(m);
		return 0;
	}
	batch_each(rows, row)
		if (restore_row(m, rows, row) < 0)
			return op_state_damaged(op, err);
	return 0;
}

static void
materialize_close(struct op *op)
{
	struct op_materialize *m = op_cast(op, &op_sink_materialize_type);

	if (!m->opened)
		return;
	keys_release(&m->rows);
	keys_release(&m->keys);
	ttl_release(&m->ttl);
	free(m->row);
	free(m->key);
	free(m->touched);
	m->opened = false;
}

const struct op_type op_sink_materialize_type = {
	.name = "sink_materialize",
	.bytes = sizeof(struct op_materialize),
	.state_version = 1,
	.open = materialize_open,
	.restore = materialize_restore,
	.push = materialize_push,
	.timer = materialize_timer,
	.settle = materialize_settle,
	.resume = materialize_settle,
	.checkpoint = materialize_checkpoint,
	.close = materialize_close,
};
