/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/upsert_normalize.c - the last row of each key: a row that
 * replaces another one comes out as -old +new side by side, a key that is gone
 * as its full last row taken back, and what says nothing new not at all.
 *
 *	_rows(_id, <row>, _touched)	_id is the gid of the key
 */
#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/kept_rows.h"
#include "runtime/keys.h"
#include "runtime/operators/registry.h"
#include "runtime/table_writer.h"
#include "runtime/ttl.h"

struct op_normalize {
	struct op op; /* first */
	bool opened;
	uint16_t nkeys;
	const uint16_t *key_of; /* column of the row, by column of the key */
	struct keys keys;
	struct kept_rows rows;  /* all columns, by gid */
	struct ttl ttl;
	unsigned table;
	struct table_def def;
	struct schema stored, stored_key;
	struct column *key_cols; /* of the batch at hand */

	struct batch *out;      /* rows on their way, not emitted yet */
	int64_t *weight;
	uint32_t nout;
};

/* ---- opening ---- */

static struct schema_column
own_column(const char *name)
{
	struct type t = TYPE_OF(TYPE_BIGINT);

	t.nullable = false;
	return (struct schema_column){ .name = name, .type = t };
}

static int
declare_table(struct op_normalize *n, struct error *err)
{
	const struct schema *in = &n->op.node->schema;
	struct arena *a = n->op.arena;
	uint16_t ncols = (uint16_t)(in->ncols + 2);
	const char **meanings = arena_array(a, ncols, const char *);

	n->stored.cols = arena_array(a, ncols, struct schema_column);
	n->stored.cols[n->stored.ncols++] = own_column("_id");
	for (uint16_t c = 0; c < in->ncols; c++) {
		struct schema_column col = in->cols[c];

		col.type.nullable = true;
		meanings[n->stored.ncols] = arena_printf(a, "column %s",
							 col.name);
		n->stored.cols[n->stored.ncols++] = col;
	}
	n->stored.cols[n->stored.ncols++] = own_column("_touched");
	n->stored_key = n->stored;
	n->stored_key.ncols = 1;
	n->def = (struct table_def){
		.kind = TABLE_STATE, .suffix = "_rows", .schema = &n->stored,
		.nkeys = 1, .column_meanings = meanings,
	};
	return op_table(&n->op, &n->def, &n->table, err);
}

static void
declare_view(struct op_normalize *n)
{
	const struct schema *in = &n->op.node->schema;
	struct arena *a = n->op.arena;
	struct view_def *view = arena_new(a, struct view_def);
	struct view_column *cols = arena_array(a, in->ncols,
					       struct view_column);

	for (uint16_t c = 0; c < in->ncols; c++)
		cols[c] = (struct view_column){
			.name = in->cols[c].name, .how = VIEW_VALUE,
			.col = (uint16_t)(c + 1), .table = n->table,
			.type = in->cols[c].type,
		};
	*view = (struct view_def){
		.groups_table = n->table, .ncols = in->ncols, .cols = cols,
	};
	op_view(&n->op, view);
}

static int
normalize_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_normalize *n = op_cast(op, &op_upsert_normalize_type);
	const struct schema *s = &node->schema;
	enum phys *phys = arena_array(op->arena, s->ncols + 1u, enum phys);

	n->nkeys = node->normalize->nkeys;
	n->key_of = node->normalize->keys;
	for (uint16_t k = 0; k < n->nkeys; k++)
		phys[k] = phys_of(s->cols[n->key_of[k]].type);
	keys_init(&n->keys, n->nkeys, phys, op_seed(op));
	for (uint16_t c = 0; c < s->ncols; c++)
		phys[c] = phys_of(s->cols[c].type);
	kept_rows_init(&n->rows, s->ncols, phys);
	ttl_init(&n->ttl, node->state_ttl_us);
	n->key_cols = arena_array(op->arena, n->nkeys + 1u, struct column);
	n->opened = true;
	if (declare_table(n, err) < 0)
		return -1;
	declare_view(n);
	return 0;
}

static void
normalize_count_state(struct op_normalize *n)
{
	stat_set(n->op.stats.state_rows, n->keys.live);
	stat_set(n->op.stats.state_bytes,
		 keys_bytes(&n->keys) + kept_rows_bytes(&n->rows) +
			 ttl_bytes(&n->ttl));
	op_timer(&n->op, n->keys.live ? ttl_next_us(&n->ttl, n->op.now_us)
				      : TIME_END);
}

/* ---- rows out ---- */

static void
out_flush(struct op_normalize *n)
{
	if (!n->out)
		return;
	batch_seal(n->out, n->nout);
	n->out->weight = n->weight;
	n->out->now_us = n->op.now_us;
	op_emit(&n->op, n->out);
	n->out = NULL;
	n->nout = 0;
}

/* Room for a pair, which is never split. */
static void
out_room(struct op_normalize *n)
{
	if (n->nout + 2 > BATCH_ROWS)
		out_flush(n);
	if (n->out)
		return;
	n->out = batch_create(op_pool(&n->op), &n->op.node->schema,
			      BATCH_ROWS);
	n->weight = arena_alloc(&n->out->arena,
				BATCH_ROWS * sizeof(*n->weight));
}

static void
out_kept(struct op_normalize *n, uint32_t gid, int64_t weight)
{
	struct batch *b = n->out;

	for (uint16_t c = 0; c < n->rows.ncols; c++)
		kept_rows_get(&n->rows, c, gid, &b->col[c], n->nout,
			      BATCH_ROWS, &b->arena);
	n->weight[n->nout++] = weight;
}

/* ---- rows in ---- */

static bool
is_known(const struct op_normalize *n, uint32_t gid)
{
	return n->keys.refs[gid] > 0;
}

static void
forget(struct op_normalize *n, uint32_t gid)
{
	kept_rows_forget(&n->rows, gid);
	keys_unref(&n->keys, gid);
}

/* The row of the key is this one now. An equal one is only a sign of life,
 * which goes on to those above once a tick. */
static void
row_is(struct op_normalize *n, uint32_t gid, const struct batch *in,
       uint32_t row)
{
	bool alive = ttl_touch(&n->ttl, gid, n->op.now_us);
	bool known = is_known(n, gid);

	if (known && alive)
		keys_touch(&n->keys, gid);
	if (known && !(alive && n->op.node->tells_life) &&
	    kept_rows_equal(&n->rows, gid, in->col, row))
		return;
	out_room(n);
	if (known)
		out_kept(n, gid, -1);
	else
		keys_ref(&n->keys, gid);
	kept_rows_put(&n->rows, gid, in->col, row);
	keys_touch(&n->keys, gid);
	out_kept(n, gid, 1);
}

static void
key_is_gone(struct op_normalize *n, uint32_t row)
{
	uint32_t gid = keys_find(&n->keys, n->key_cols, row);

	if (gid == KEYS_NONE)
		return;
	out_room(n);
	out_kept(n, gid, -1);
	forget(n, gid);
}

static int
normalize_push(struct op *op, unsigned port, struct batch *in,
	       struct error *err)
{
	struct op_normalize *n = op_cast(op, &op_upsert_normalize_type);
	uint32_t rows[BATCH_ROWS], gids[BATCH_ROWS], nrows = 0;

	(void)err;
	CHECK(port == 0);
	for (uint16_t k = 0; k < n->nkeys; k++)
		n->key_cols[k] = in->col[n->key_of[k]];
	batch_each(in, row)
		rows[nrows++] = row;
	for (uint32_t i = 0; i < nrows;) {
		uint32_t run = 0;

		while (i + run < nrows && batch_weight(in, rows[i + run]) > 0)
			run++;
		keys_lookup(&n->keys, n->key_cols, rows + i, run, gids);
		for (uint32_t k = 0; k < run; k++)
			row_is(n, gids[k], in, rows[i + k]);
		i += run;
		if (i < nrows)
			key_is_gone(n, rows[i++]);
	}
	out_flush(n);
	normalize_count_state(n);
	return OP_OK;
}

/* ---- time ---- */

static void
expire(void *arg, uint32_t gid)
{
	struct op_normalize *n = arg;

	if (!keys_is_live(&n->keys, gid))
		return;
	forget(n, gid);
	stat_add(n->op.stats.expired, 1);
}

static int
normalize_timer(struct op *op, int64_t now_us, struct error *err)
{
	struct op_normalize *n = op_cast(op, &op_upsert_normalize_type);

	(void)err;
	ttl_sweep(&n->ttl, n->keys.n, now_us, expire, n);
	normalize_count_state(n);
	return OP_OK;
}

/* ---- state ---- */

static void
put_row(struct op_normalize *n, struct batch *b, uint32_t at, uint32_t gid)
{
	b->col[0].i64[at] = gid;
	for (uint16_t c = 0; c < n->rows.ncols; c++)
		kept_rows_get(&n->rows, c, gid, &b->col[c + 1], at, BATCH_ROWS,
			      &b->arena);
	b->col[n->rows.ncols + 1].i64[at] = ttl_touched_us(&n->ttl, gid);
}

static int
normalize_checkpoint(struct op *op, struct snapshot *s, struct error *err)
{
	struct op_normalize *n = op_cast(op, &op_upsert_normalize_type);
	struct table_writer drop = { .s = s, .op = op, .table = n->table,
				     .schema = &n->stored_key, .drop = true };
	struct table_writer put = { .s = s, .op = op, .table = n->table,
				    .schema = &n->stored };
	const uint32_t *gid;
	uint32_t count = keys_changed(&n->keys, &gid);

	(void)err;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t flags = n->keys.flags[gid[i]];
		uint32_t at;

		if (flags & KEY_LIVE) {
			at = table_writer_row(&put);
			put_row(n, put.b, at, gid[i]);
		} else if (flags & KEY_STORED) {
			at = table_writer_row(&drop);
			drop.b->col[0].i64[at] = gid[i];
		}
	}
	keys_saved(&n->keys);
	return table_writer_end(&drop) < 0 || table_writer_end(&put) < 0
		       ? OP_FAIL : OP_OK;
}

static int
restore_row(struct op_normalize *n, const struct batch *b, uint32_t row)
{
	int64_t id = b->col[0].i64[row];

	if (!keys_may_be_gid(id) ||
	    keys_is_live(&n->keys, (uint32_t)id))
		return -1;
	for (uint16_t k = 0; k < n->nkeys; k++)
		n->key_cols[k] = b->col[n->key_of[k] + 1];
	keys_restore(&n->keys, (uint32_t)id, n->key_cols, row);
	keys_ref(&n->keys, (uint32_t)id);
	kept_rows_put(&n->rows, (uint32_t)id, b->col + 1, row);
	ttl_restore(&n->ttl, (uint32_t)id,
		    b->col[n->rows.ncols + 1].i64[row]);
	return 0;
}

static int
normalize_restore(struct op *op, unsigned table, const struct batch *rows,
		  struct error *err)
{
	struct op_normalize *n = op_cast(op, &op_upsert_normalize_type);

	CHECK(table == n->table);
	if (!rows) {
		keys_restored(&n->keys);
		normalize_count_state(n);
		return 0;
	}
	batch_each(rows, row)
		if (restore_row(n, rows, row) < 0)
			return op_state_damaged(op, err);
	return 0;
}

static void
normalize_close(struct op *op)
{
	struct op_normalize *n = op_cast(op, &op_upsert_normalize_type);

	if (!n->opened)
		return;
	batch_unref(n->out);
	keys_release(&n->keys);
	kept_rows_release(&n->rows);
	ttl_release(&n->ttl);
	n->opened = false;
}

const struct op_type op_upsert_normalize_type = {
	.name = "upsert_normalize",
	.bytes = sizeof(struct op_normalize),
	.state_version = 1,
	.open = normalize_open,
	.restore = normalize_restore,
	.push = normalize_push,
	.timer = normalize_timer,
	.checkpoint = normalize_checkpoint,
	.close = normalize_close,
};
