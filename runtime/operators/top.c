/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/top.c - ORDER BY: the rows that it has are kept in their
 * order. What goes out when is the plan's choice: the first rows kept up to
 * date step by step, all of them once the input has ended, or each when the
 * watermark has passed its time.
 *
 * Equal rows are one entry with a count. Rows of the same rank stand in the
 * order in which they came.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/keys.h"
#include "runtime/multiset.h"
#include "runtime/operators/registry.h"
#include "runtime/ordered.h"
#include "runtime/snapshot.h"
#include "runtime/ttl.h"

struct entry { /* by gid of `rows` */
	int64_t n;     /* how often the row is there */
	int64_t seq;   /* when it came */
	int64_t shown; /* TOP_LIVE: copies that readers have */
	int64_t next;  /* and shall have, while that is found out */
};

struct list { /* of gids, each with a reference */
	uint32_t n, cap;
	uint32_t *gid;
};

struct shift { /* TOP_LIVE: a row that comes into the first ones, or leaves */
	uint32_t gid;
	bool gone;
};

struct op_top {
	struct op op; /* first */
	const struct plan_top *top;
	struct keys rows; /* whole rows; a reference while n or shown is > 0 */
	struct entry *entry;
	uint32_t entries_cap;
	struct ordered order; /* of those with n > 0 */
	int64_t live;         /* rows, counted as often as they are there */
	int64_t next_seq;
	bool opened;
	bool forgets; /* rows behind the limit will never come forward */

	/* Of the answer under way. */
	struct shift *shift;
	uint32_t nshifts, shifts_cap, next_shift;
	struct list shown, next; /* TOP_LIVE: the first rows before and now */
	bool answering;
	int64_t skipped, given;  /* TOP_END: of offset and limit */
	int64_t release_us;      /* TOP_TIME: what the watermark lets go */

	struct ttl ttl;
	unsigned table;
	struct schema state, state_key;
	uint32_t *row, *gid; /* of the batch at hand */
};

enum { ROW_ID, ROW_SEQ, ROW_N, ROW_TOUCHED, ROW_COLS };

/* ---- order ---- */

static int
cmp_key(const struct column *c, const struct plan_sort *key, uint32_t a,
	uint32_t b)
{
	size_t bytes = phys_bytes(c->phys);
	bool na = column_is_null(c, a), nb = column_is_null(c, b);
	int cmp;

	if (na || nb)
		return na == nb ? 0 : na == key->nulls_last ? 1 : -1;
	cmp = phys_cmp(c->phys, (const char *)c->data + a * bytes,
		       (const char *)c->data + b * bytes);
	return key->desc ? -cmp : cmp;
}

static int
cmp_rows(const void *arg, uint32_t a, uint32_t b)
{
	const struct op_top *t = arg;

	for (unsigned k = 0; k < t->top->nkeys; k++) {
		const struct plan_sort *key = &t->top->keys[k];
		int cmp = cmp_key(&t->rows.col[key->column], key, a, b);

		if (cmp)
			return cmp;
	}
	return (t->entry[a].seq > t->entry[b].seq) -
	       (t->entry[a].seq < t->entry[b].seq);
}

/* How many rows stand before those that nobody asks for. */
static int64_t
wanted(const struct op_top *t)
{
	if (t->top->limit < 0 ||
	    t->top->limit > INT64_MAX - t->top->offset)
		return INT64_MAX;
	return t->top->offset + t->top->limit;
}

/* ---- state ---- */

static void
state_schema(struct op_top *t, const struct schema *rows)
{
	static const char *const own[] = { "_id", "_seq", "_n", "_touched" };
	struct type type = TYPE_OF(TYPE_BIGINT);

	type.nullable = false;
	t->state.ncols = ROW_COLS + rows->ncols;
	t->state.cols = arena_array(t->op.arena, t->state.ncols,
				    struct schema_column);
	for (unsigned i = 0; i < ROW_COLS; i++)
		t->state.cols[i] = (struct schema_column){ .name = own[i],
							   .type = type };
	for (unsigned i = 0; i < rows->ncols; i++)
		t->state.cols[ROW_COLS + i] = rows->cols[i];
	t->state_key = t->state;
	t->state_key.ncols = 1;
}

static int
top_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);
	const struct schema *rows = &node->schema;
	enum phys *phys = arena_array(op->arena, rows->ncols + 1u, enum phys);
	struct table_def *def = arena_zalloc(op->arena, sizeof(*def));

	t->top = node->top;
	t->forgets = node->inputs[0]->mode == CHANGE_APPEND &&
		     t->top->how != TOP_TIME;
	for (unsigned i = 0; i < rows->ncols; i++)
		phys[i] = phys_of(rows->cols[i].type);
	keys_init(&t->rows, rows->ncols, phys, op_seed(op));
	ordered_init(&t->order, cmp_rows, t, op_seed(op));
	ttl_init(&t->ttl, node->state_ttl_us);
	t->opened = true;
	t->row = mem_alloc(BATCH_ROWS * sizeof(*t->row));
	t->gid = mem_alloc(BATCH_ROWS * sizeof(*t->gid));
	t->release_us = TIME_NONE;
	state_schema(t, rows);
	*def = (struct table_def){
		.kind = TABLE_STATE, .suffix = "_rows", .schema = &t->state,
		.nkeys = 1,
	};
	return op_table(op, def, &t->table, err);
}

static void
entries_reserve(struct op_top *t)
{
	if (t->entries_cap < t->rows.cap) {
		t->entry = mem_realloc(t->entry,
				       t->rows.cap * sizeof(*t->entry));
		memset(t->entry + t->entries_cap, 0,
		       (t->rows.cap - t->entries_cap) * sizeof(*t->entry));
		t->entries_cap = t->rows.cap;
	}
	ordered_reserve(&t->order, t->rows.cap);
}

static size_t
top_bytes(const struct op_top *t)
{
	return keys_bytes(&t->rows) + ordered_bytes(&t->order) +
	       t->entries_cap * sizeof(*t->entry) + ttl_bytes(&t->ttl) +
	       t->shifts_cap * sizeof(*t->shift) +
	       (t->shown.cap + t->next.cap) * sizeof(*t->shown.gid);
}

static void
top_count_state(struct op_top *t)
{
	stat_set(t->op.stats.state_rows, t->rows.live);
	stat_set(t->op.stats.state_bytes, top_bytes(t));
	op_timer(&t->op, t->rows.live ? ttl_next_us(&t->ttl, t->op.now_us)
				      : TIME_END);
}

/* A full sort cannot wait for rows to go: they go only when all are there. */
static int
check_budget(struct op_top *t, struct error *err)
{
	int64_t max = t->op.p->env.state_bytes_max;

	if (t->top->how != TOP_END || max <= 0 ||
	    top_bytes(t) <= (size_t)max)
		return OP_OK;
	error_set(err, ERR_SORT_TOO_LARGE, "ORDER BY has kept %u rows in more "
		  "than %lld MiB and its input goes on", t->rows.live,
		  (long long)(max >> 20));
	error_note(err, "add LIMIT, which keeps so many rows only, or raise "
		   "[limits] state-bytes");
	return OP_FAIL;
}

/* ---- rows in ---- */

/* w copies more of a row, or -w less. Returns how many there were not. */
static int64_t
entry_add(struct op_top *t, uint32_t gid, int64_t w)
{
	struct entry *e = &t->entry[gid];
	int64_t missing = 0;

	if (e->n + w < 0) {
		missing = -(e->n + w);
		w = -e->n;
	}
	if (w == 0)
		return missing;
	if (e->n == 0) {
		e->seq = t->next_seq++;
		ordered_put(&t->order, gid);
		keys_ref(&t->rows, gid);
	}
	e->n += w;
	t->live += w;
	ttl_touch(&t->ttl, gid, t->op.now_us);
	keys_touch(&t->rows, gid);
	if (e->n == 0) {
		ordered_take(&t->order, gid);
		keys_unref(&t->rows, gid);
	}
	return missing;
}

/* What is only ever added cannot bring rows forward that stand behind. */
static void
forget_rows(struct op_top *t)
{
	while (t->live > wanted(t)) {
		uint32_t last = ordered_last(&t->order);
		int64_t over = t->live - wanted(t);
		int64_t n = t->entry[last].n;

		entry_add(t, last, n < over ? -n : -over);
	}
}

static bool
usable_time(struct op_top *t, const struct batch *in, uint32_t row)
{
	uint16_t c = t->top->keys[0].column;

	if (t->top->how != TOP_TIME)
		return true;
	if (column_is_null(&in->col[c], row)) {
		op_quarantine(&t->op, in, row, ERR_NULL_VALUE, NULL,
			      in->schema->cols[c].name,
			      "a row without a time has no place in an order "
			      "by time");
		return false;
	}
	if (in->col[c].i64[row] > t->op.wm_us)
		return true;
	op_late(&t->op, in, &row, 1, c);
	return false;
}

static int
top_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);
	uint32_t n = 0;

	(void)port;
	batch_each(in, row)
		if (usable_time(t, in, row))
			t->row[n++] = row;
	keys_lookup(&t->rows, in->col, t->row, n, t->gid);
	entries_reserve(t);
	/* A gid that were freed here could be another row's further on. */
	for (uint32_t i = 0; i < n; i++)
		keys_ref(&t->rows, t->gid[i]);
	for (uint32_t i = 0; i < n; i++)
		if (entry_add(t, t->gid[i], batch_weight(in, t->row[i])) > 0)
			stat_add(op->stats.unmatched, 1);
	if (t->forgets)
		forget_rows(t);
	for (uint32_t i = 0; i < n; i++)
		keys_unref(&t->rows, t->gid[i]);
	top_count_state(t);
	return check_budget(t, err);
}

/* ---- rows out ---- */

static struct batch *
out_create(struct op_top *t)
{
	struct batch *out = batch_create(op_pool(&t->op),
					 &t->op.node->schema, BATCH_ROWS);

	out->now_us = t->op.now_us;
	return out;
}

static void
out_row(struct op_top *t, struct batch *out, uint32_t at, uint32_t gid)
{
	for (uint16_t c = 0; c < t->rows.ncols; c++)
		keys_gather(&t->rows, c, &gid, 1, &out->col[c], at, BATCH_ROWS,
			    &out->arena);
}

static void
out_emit(struct op_top *t, struct batch *out, uint32_t n)
{
	batch_seal(out, n);
	op_emit(&t->op, out);
}

/* The first row, one copy of it; false: none goes out now. */
static bool
take_next(struct op_top *t, uint32_t *ret_gid)
{
	uint32_t gid = ordered_first(&t->order);

	if (gid == ORDERED_NONE)
		return false;
	if (t->top->how == TOP_TIME) {
		uint16_t c = t->top->keys[0].column;

		if (t->rows.col[c].i64[gid] > t->release_us)
			return false;
	}
	*ret_gid = gid;
	return true;
}

static bool
within_limits(struct op_top *t)
{
	if (t->skipped < t->top->offset) {
		t->skipped++;
		return false;
	}
	if (t->top->limit >= 0 && t->given >= t->top->limit)
		return false;
	t->given++;
	return true;
}

/* Gives rows in their order as long as there are any to be given. */
static int
release_rows(struct op_top *t)
{
	uint32_t gid;

	while (take_next(t, &gid)) {
		struct batch *out;
		uint32_t n = 0;

		if (op_full(&t->op))
			return OP_MORE;
		out = out_create(t);
		do {
			if (within_limits(t))
				out_row(t, out, n++, gid);
			entry_add(t, gid, -1);
		} while (n < BATCH_ROWS && take_next(t, &gid));
		out_emit(t, out, n);
	}
	top_count_state(t);
	return OP_OK;
}

static int
top_watermark(struct op *op, int64_t wm_us, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);

	(void)err;
	if (t->top->how != TOP_TIME)
		return OP_OK;
	t->release_us = wm_us;
	return release_rows(t);
}

static int
top_end(struct op *op, unsigned port, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);

	(void)port;
	(void)err;
	if (t->top->how != TOP_END)
		return OP_OK;
	t->skipped = t->given = 0;
	return release_rows(t);
}

/* ---- TOP_LIVE: what has changed among the first rows ---- */

static void
shift_add(struct op_top *t, uint32_t gid, bool gone, int64_t copies)
{
	for (; copies > 0; copies--) {
		if (t->nshifts == t->shifts_cap) {
			t->shifts_cap = t->shifts_cap ? 2 * t->shifts_cap : 64;
			t->shift = mem_realloc(t->shift, t->shifts_cap *
						sizeof(*t->shift));
		}
		t->shift[t->nshifts++] = (struct shift){ gid, gone };
	}
}

static void
list_add(struct op_top *t, struct list *l, uint32_t gid)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->gid = mem_realloc(l->gid, l->cap * sizeof(*l->gid));
	}
	l->gid[l->n++] = gid;
	keys_ref(&t->rows, gid);
}

static void
list_clear(struct op_top *t, struct list *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		keys_unref(&t->rows, l->gid[i]);
	l->n = 0;
}

/* The first rows, and of each the copies that are within the limits. */
static void
find_next(struct op_top *t)
{
	struct ordered_walk walk;
	uint32_t gid = ordered_walk_begin(&t->order, &walk);
	int64_t at = 0;

	while (gid != ORDERED_NONE && at < wanted(t)) {
		int64_t from = at, to = at + t->entry[gid].n;

		at = to;
		from = from < t->top->offset ? t->top->offset : from;
		to = to > wanted(t) ? wanted(t) : to;
		if (to > from) {
			t->entry[gid].next = to - from;
			list_add(t, &t->next, gid);
		}
		gid = ordered_walk_next(&t->order, &walk);
	}
}

/* First what goes, then what comes. */
static void
find_shifts(struct op_top *t)
{
	t->nshifts = t->next_shift = 0;
	for (uint32_t i = 0; i < t->shown.n; i++) {
		const struct entry *e = &t->entry[t->shown.gid[i]];

		shift_add(t, t->shown.gid[i], true, e->shown - e->next);
	}
	for (uint32_t i = 0; i < t->next.n; i++) {
		const struct entry *e = &t->entry[t->next.gid[i]];

		shift_add(t, t->next.gid[i], false, e->next - e->shown);
	}
}

static void
show_next(struct op_top *t)
{
	struct list old = t->shown;

	for (uint32_t i = 0; i < old.n; i++)
		t->entry[old.gid[i]].shown = 0;
	for (uint32_t i = 0; i < t->next.n; i++) {
		struct entry *e = &t->entry[t->next.gid[i]];

		e->shown = e->next;
		e->next = 0;
	}
	t->shown = t->next;
	t->next = old;
	list_clear(t, &t->next);
}

static int
give_shifts(struct op_top *t)
{
	while (t->next_shift < t->nshifts) {
		struct batch *out;
		int64_t *weight;
		uint32_t n = 0;

		if (op_full(&t->op))
			return OP_MORE;
		out = out_create(t);
		weight = arena_alloc(&out->arena, BATCH_ROWS * sizeof(*weight));
		while (n < BATCH_ROWS && t->next_shift < t->nshifts) {
			const struct shift *s = &t->shift[t->next_shift++];

			weight[n] = s->gone ? -1 : 1;
			out_row(t, out, n++, s->gid);
		}
		out->weight = weight;
		out_emit(t, out, n);
	}
	show_next(t);
	t->answering = false;
	top_count_state(t);
	return OP_OK;
}

static int
top_settle(struct op *op, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);

	(void)err;
	if (t->top->how != TOP_LIVE)
		return OP_OK;
	find_next(t);
	find_shifts(t);
	t->answering = true;
	return give_shifts(t);
}

static int
top_resume(struct op *op, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);

	(void)err;
	return t->answering ? give_shifts(t) : release_rows(t);
}

/* ---- time ---- */

static void
expire(void *arg, uint32_t gid)
{
	struct op_top *t = arg;

	if (!keys_is_live(&t->rows, gid) || t->entry[gid].n == 0)
		return;
	entry_add(t, gid, -t->entry[gid].n);
	stat_add(t->op.stats.expired, 1);
}

static int
top_timer(struct op *op, int64_t now_us, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);

	(void)err;
	ttl_sweep(&t->ttl, t->rows.n, now_us, expire, t);
	top_count_state(t);
	return OP_OK;
}

/* ---- checkpoints ---- */

static struct batch *
state_rows(struct op_top *t, const uint32_t *gid, uint32_t n)
{
	struct batch *b = batch_create(NULL, &t->state, n);

	for (uint32_t i = 0; i < n; i++) {
		const struct entry *e = &t->entry[gid[i]];

		b->col[ROW_ID].i64[i] = gid[i];
		b->col[ROW_SEQ].i64[i] = e->seq;
		b->col[ROW_N].i64[i] = e->n;
		b->col[ROW_TOUCHED].i64[i] = ttl_touched_us(&t->ttl, gid[i]);
	}
	for (uint16_t c = 0; c < t->rows.ncols; c++)
		keys_gather(&t->rows, c, gid, n, &b->col[ROW_COLS + c], 0, n,
			    &b->arena);
	batch_seal(b, n);
	return b;
}

static struct batch *
state_ids(struct op_top *t, const uint32_t *gid, uint32_t n)
{
	struct batch *b = batch_create(NULL, &t->state_key, n);

	for (uint32_t i = 0; i < n; i++)
		b->col[ROW_ID].i64[i] = gid[i];
	batch_seal(b, n);
	return b;
}

/* Of the changed rows those that are there, or those that were. */
static int
put_changed(struct op_top *t, struct snapshot *s, bool gone)
{
	uint32_t some[BATCH_ROWS], n = 0, nchanged;
	const uint32_t *gid;

	nchanged = keys_changed(&t->rows, &gid);
	for (uint32_t i = 0; i <= nchanged; i++) {
		bool last = i == nchanged;
		uint8_t flags = last ? 0 : t->rows.flags[gid[i]];

		if (n == BATCH_ROWS || (last && n > 0)) {
			if ((gone ? snapshot_drop(s, &t->op, t->table,
						  state_ids(t, some, n))
				  : snapshot_put(s, &t->op, t->table,
						 state_rows(t, some, n))) < 0)
				return -1;
			n = 0;
		}
		if (gone ? !(flags & KEY_LIVE) && (flags & KEY_STORED)
			 : flags & KEY_LIVE)
			some[n++] = gid[i];
	}
	return 0;
}

static int
top_checkpoint(struct op *op, struct snapshot *s, struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);

	(void)err;
	CHECK(!t->answering);
	if (put_changed(t, s, true) < 0 || put_changed(t, s, false) < 0)
		return OP_FAIL;
	keys_saved(&t->rows);
	return OP_OK;
}

static int
restore_row(struct op_top *t, const struct batch *b, uint32_t row)
{
	int64_t id = b->col[ROW_ID].i64[row], n = b->col[ROW_N].i64[row];
	struct entry *e;

	if (!keys_may_be_gid(id) || n == 0 || !state_may_be_count(n) ||
	    !state_may_be_count(b->col[ROW_SEQ].i64[row]) ||
	    keys_is_live(&t->rows, (uint32_t)id))
		return -1;
	keys_restore(&t->rows, (uint32_t)id, b->col + ROW_COLS, row);
	keys_ref(&t->rows, (uint32_t)id);
	entries_reserve(t);
	e = &t->entry[id];
	e->n = n;
	e->seq = b->col[ROW_SEQ].i64[row];
	if (e->seq >= t->next_seq)
		t->next_seq = e->seq + 1;
	t->live += n;
	ordered_put(&t->order, (uint32_t)id);
	ttl_restore(&t->ttl, (uint32_t)id, b->col[ROW_TOUCHED].i64[row]);
	return 0;
}

/* What readers have are the first rows of then, which are those of now. */
static int
top_restore(struct op *op, unsigned table, const struct batch *rows,
	    struct error *err)
{
	struct op_top *t = op_cast(op, &op_top_type);

	CHECK(table == t->table);
	if (!rows) {
		keys_restored(&t->rows);
		if (t->top->how == TOP_LIVE) {
			find_next(t);
			show_next(t);
		}
		top_count_state(t);
		return 0;
	}
	batch_each(rows, row)
		if (restore_row(t, rows, row) < 0)
			return op_state_damaged(op, err);
	return 0;
}

static void
top_close(struct op *op)
{
	struct op_top *t = op_cast(op, &op_top_type);

	if (!t->opened)
		return;
	keys_release(&t->rows);
	ordered_release(&t->order);
	ttl_release(&t->ttl);
	free(t->entry);
	free(t->shift);
	free(t->shown.gid);
	free(t->next.gid);
	free(t->row);
	free(t->gid);
	t->opened = false;
}

const struct op_type op_top_type = {
	.name = "top",
	.bytes = sizeof(struct op_top),
	.state_version = 1,
	.open = top_open,
	.restore = top_restore,
	.push = top_push,
	.watermark = top_watermark,
	.timer = top_timer,
	.settle = top_settle,
	.resume = top_resume,
	.end = top_end,
	.checkpoint = top_checkpoint,
	.close = top_close,
};
