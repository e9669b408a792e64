/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/group_aggregate.c - GROUP BY without windows: rows change
 * the accumulators when they come, the answer is given once per step: for each
 * touched group at most -old and +new, side by side, and nothing if they are
 * equal. Results as they were before the step are taken down at first touch.
 */
#include <stdlib.h>

#include "base/time.h"
#include "runtime/agg_tables.h"
#include "runtime/operators/registry.h"

#define PIECE (BATCH_ROWS / 2) /* groups per batch: a pair is never split */

/* Results of up to BATCH_ROWS touched groups before the step. */
struct before {
	struct batch *values;
	bool existed[BATCH_ROWS];
	bool alive[BATCH_ROWS]; /* its first row of this tick (ttl.h) */
};

struct op_group {
	struct op op; /* first */
	const struct plan_group *g;
	struct aggs aggs;
	struct keys keys;
	struct accs accs;
	struct ttl ttl;
	struct distinct *sets;
	struct agg_tables tables;
	bool opened;
	bool give_old;    /* -old before +new */
	bool always_new;  /* each row changes its group's answer, and nobody
			   * asks what that was before */
	char *no_entry;   /* zeros */
	struct schema results; /* the aggregates' columns */

	/* Of this step. */
	uint32_t *touched, ntouched, touched_cap;
	uint32_t *mark, mark_cap; /* by gid: 1 + its place in touched; 0 */
	struct before **before;   /* by place / BATCH_ROWS */
	uint32_t nbefore;
	uint32_t cursor;          /* places that are answered */

	struct agg_scratch *rows, *pick;
	int64_t *row_gid;
	struct column *key_cols;
};

static void
sets_open(struct op_group *g)
{
	g->sets = mem_zalloc((g->aggs.nsets + 1) * sizeof(*g->sets));
	for (unsigned i = 0; i < g->aggs.n; i++)
		if (g->aggs.agg[i].distinct)
			distinct_init(&g->sets[g->aggs.agg[i].set],
				      phys_of(g->aggs.agg[i].arg_type),
				      op_seed(&g->op));
}

/* With COUNT(*) a group that got rows has another answer than before. */
static bool
is_always_new(const struct op_group *g, const struct plan_node *node)
{
	if (node->mode != CHANGE_UPSERT ||
	    node->inputs[0]->mode != CHANGE_APPEND)
		return false;
	for (unsigned i = 0; i < g->aggs.n; i++)
		if (g->aggs.agg[i].by_rows)
			return true;
	return false;
}

static int
group_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_group *g = op_cast(op, &op_group_aggregate_type);
	const struct plan_node *in = node->inputs[0];
	enum phys *phys = arena_array(op->arena, node->group->nkeys + 1u,
				      enum phys);

	CHECK(in->mode != CHANGE_UPSERT);
	CHECK(node->mode != CHANGE_APPEND);
	g->g = node->group;
	for (unsigned k = 0; k < g->g->nkeys; k++)
		phys[k] = phys_of(in->schema.cols[g->g->keys[k]].type);
	aggs_init(&g->aggs, g->g, &in->schema,
		  in->mode == CHANGE_RETRACT ? AGGS_RETRACT : 0, op_seed(op),
		  op->arena);
	g->opened = true;
	g->aggs.stack = false;
	keys_init(&g->keys, g->g->nkeys, phys, op_seed(op));
	accs_init(&g->accs, g->aggs.bytes);
	ttl_init(&g->ttl, node->state_ttl_us);
	sets_open(g);
	g->give_old = node->need_old && node->mode == CHANGE_RETRACT;
	g->always_new = is_always_new(g, node);
	g->no_entry = arena_zalloc(op->arena, g->aggs.bytes);
	g->results = (struct schema){
		.ncols = g->aggs.n, .cols = node->schema.cols + g->g->nkeys,
	};
	g->rows = mem_alloc(sizeof(*g->rows));
	g->pick = mem_alloc(sizeof(*g->pick));
	g->row_gid = mem_alloc(BATCH_ROWS * sizeof(*g->row_gid));
	g->key_cols = arena_array(op->arena, g->g->nkeys + 1u, struct column);
	return agg_tables_open(&g->tables, op, &g->aggs, &g->ttl, NULL, err);
}

static void
group_count_state(struct op_group *g)
{
	size_t bytes = keys_bytes(&g->keys) + accs_bytes(&g->accs) +
		       g->aggs.heap.held + ttl_bytes(&g->ttl);
	uint64_t rows = g->accs.n;

	for (unsigned i = 0; i < g->aggs.nsets; i++) {
		rows += g->sets[i].live;
		bytes += distinct_bytes(&g->sets[i]);
	}
	for (unsigned i = 0; i < g->aggs.n; i++) {
		if (!g->aggs.agg[i].multiset)
			continue;
		rows += multiset_rows(g->aggs.agg[i].multiset);
		bytes += multiset_bytes(g->aggs.agg[i].multiset);
	}
	stat_set(g->op.stats.state_rows, rows);
	stat_set(g->op.stats.state_bytes, bytes);
	op_timer(&g->op, g->accs.n ? ttl_next_us(&g->ttl, g->op.now_us)
				   : TIME_END);
}

/* Whether the entry is a row of the result. Without keys there is one row
 * from the first row of the input on, even when all of them are gone again. */
static bool
is_result(const struct op_group *g, const char *entry)
{
	return entry && (g->g->nkeys == 0 || entry_rows(entry) > 0);
}

/* ---- results ---- */

/* The aggregates' values of n entries into columns [first, ...) of b. */
static void
put_values(struct op_group *g, char *const *entry, uint32_t n,
	   struct batch *b, unsigned first, uint32_t at)
{
	for (unsigned i = 0; i < g->aggs.n; i++) {
		const struct agg *a = &g->aggs.agg[i];

		if (a->by_set)
			a->type->set_value(a, &g->sets[a->set], entry, n,
					   &b->col[first + i], at, BATCH_ROWS,
					   &b->arena);
		else
			a->type->value(a, entry, a->off, n,
				       &b->col[first + i], at, BATCH_ROWS,
				       &b->arena);
	}
}

static void
touched_reserve(struct op_group *g, uint32_t n)
{
	if (g->mark_cap < g->keys.cap) {
		g->mark = mem_realloc(g->mark,
				      g->keys.cap * sizeof(*g->mark));
		memset(g->mark + g->mark_cap, 0,
		       (g->keys.cap - g->mark_cap) * sizeof(*g->mark));
		g->mark_cap = g->keys.cap;
	}
	if (g->ntouched + n <= g->touched_cap)
		return;
	while (g->touched_cap < g->ntouched + n)
		g->touched_cap = g->touched_cap ? 2 * g->touched_cap : 4096;
	g->touched = mem_realloc(g->touched,
				 g->touched_cap * sizeof(*g->touched));
}

/* Results of groups at places [from, to) of touched, as they are now. */
static void
before_fill(struct op_group *g, uint32_t from, uint32_t to)
{
	uint32_t block = from / BATCH_ROWS, at = from % BATCH_ROWS;
	char *entry[BATCH_ROWS];
	struct before *b;

	if (block == g->nbefore) {
		g->before = mem_realloc(g->before, (block + 1) *
						   sizeof(*g->before));
		g->before[block] = mem_alloc(sizeof(struct before));
		g->before[block]->values = batch_create(op_pool(&g->op),
							&g->results,
							BATCH_ROWS);
		g->nbefore++;
	}
	b = g->before[block];
	accs_find_all(&g->accs, g->touched + from, to - from, entry);
	for (uint32_t i = from; i < to; i++) {
		char *found = entry[i - from];

		b->existed[i % BATCH_ROWS] = is_result(g, found);
		b->alive[i % BATCH_ROWS] = ttl_touch(&g->ttl, g->touched[i],
						     g->op.now_us);
		entry[i - from] = is_result(g, found) ? found : g->no_entry;
	}
	put_values(g, entry, to - from, b->values, 0, at);
}

/* Takes down what groups that this step has not touched yet were. */
static void
touch_groups(struct op_group *g, const uint32_t *gid, uint32_t n)
{
	uint32_t from = g->ntouched;

	touched_reserve(g, n);
	for (uint32_t i = 0; i < n; i++)
		__builtin_prefetch(&g->mark[gid[i]], 1);
	for (uint32_t i = 0; i < n; i++) {
		if (g->mark[gid[i]])
			continue;
		g->touched[g->ntouched++] = gid[i];
		g->mark[gid[i]] = g->ntouched;
	}
	for (; from < g->ntouched && g->always_new; from++)
		ttl_touch(&g->ttl, g->touched[from], g->op.now_us);
	while (from < g->ntouched) {
		uint32_t to = (from / BATCH_ROWS + 1) * BATCH_ROWS;

		if (to > g->ntouched)
			to = g->ntouched;
		before_fill(g, from, to);
		from = to;
	}
}

/* ---- rows ---- */

static void
add_rows(struct op_group *g, const struct batch *in, struct agg_rows *r)
{
	accs_touch(&g->accs, &g->keys, r->gid, r->n, ACCS_DIRTY, r->entry);
	aggs_add(&g->aggs, g->sets, in, r, g->pick, g->row_gid);
}

/* What takes rows one by one may not take this one. */
static bool
refuse_row(struct op_group *g, const struct batch *in,
	   const struct agg_rows *r)
{
	struct agg_refusal why;

	if (!aggs_refuse_row(&g->aggs, accs_find(&g->accs, r->gid[0]), in,
			     r->row[0], r->w ? r->w[0] : 1, &why))
		return false;
	op_quarantine(&g->op, in, r->row[0], why.code, why.expression, NULL,
		      why.detail);
	return true;
}

/* One row goes; with a group's last row goes all that it had. */
static uint32_t
take_row(struct op_group *g, const struct batch *in, struct agg_rows *r)
{
	char *entry = accs_find(&g->accs, r->gid[0]);

	if (!aggs_hold_row(&g->aggs, g->sets, entry, in, r->row[0], r->gid[0],
			   r->w[0]))
		return 1;
	add_rows(g, in, r);
	if (entry_rows(entry) == 0)
		aggs_clear(&g->aggs, g->sets, entry, true);
	return 0;
}

static int
group_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_group *g = op_cast(op, &op_group_aggregate_type);
	struct agg_rows r = {
		.row = g->rows->row, .gid = g->rows->gid,
		.entry = g->rows->entry,
		.w = in->weight ? g->rows->w : NULL,
	};
	uint32_t unmatched = 0, refused = 0;

	(void)err;
	CHECK(port == 0);
	batch_each(in, row) {
		r.row[r.n] = row;
		g->rows->w[r.n++] = batch_weight(in, row);
	}
	for (unsigned k = 0; k < g->g->nkeys; k++)
		g->key_cols[k] = in->col[g->g->keys[k]];
	keys_lookup(&g->keys, g->key_cols, r.row, r.n, r.gid);
	touch_groups(g, r.gid, r.n);
	for (uint32_t at = 0; at < r.n;) {
		struct agg_rows part = agg_rows_part(&g->aggs, &r, at);

		if (part.w && part.w[0] < 0)
			unmatched += take_row(g, in, &part);
		else if (refuse_row(g, in, &part))
			refused++;
		else
			add_rows(g, in, &part);
		at += part.n;
	}
	stat_add(op->stats.unmatched, unmatched);
	if (unmatched + refused > 0)
		keys_drop_unused(&g->keys, r.gid, r.n);
	return OP_OK;
}

/* ---- answers ---- */

/* Rows of the answer: which group, its result before or after, the weight. */
struct answer {
	uint32_t n;
	uint32_t gid[BATCH_ROWS];
	uint16_t at[BATCH_ROWS];  /* row of the values */
	bool old[BATCH_ROWS];     /* of `before`, else of `after` */
	int64_t w[BATCH_ROWS];
	bool retracts;
};

static void
answer_put(struct answer *a, uint32_t gid, uint32_t at, bool old)
{
	a->gid[a->n] = gid;
	a->at[a->n] = (uint16_t)at;
	a->old[a->n] = old;
	a->w[a->n++] = old ? -1 : 1;
	a->retracts |= old;
}

static bool
cells_equal(const struct column *a, uint32_t i, const struct column *b,
	    uint32_t j)
{
	size_t bytes = phys_bytes(a->phys);

	if (column_is_null(a, i) != column_is_null(b, j))
		return false;
	if (column_is_null(a, i))
		return true;
	if (a->phys == PHYS_STR)
		return str_eq(&a->str[i], &b->str[j]);
	if (a->phys == PHYS_F64 && a->f64[i] != a->f64[i])
		return b->f64[j] != b->f64[j];
	return memcmp((char *)a->data + i * bytes, (char *)b->data + j * bytes,
		      bytes) == 0;
}

static bool
results_equal(const struct batch *a, uint32_t i, const struct batch *b,
	      uint32_t j)
{
	for (unsigned c = 0; c < a->schema->ncols; c++)
		if (!cells_equal(&a->col[c], i, &b->col[c], j))
			return false;
	return true;
}

/* What to say about the groups at places [from, from + n) of touched. */
static void
answer_find(struct op_group *g, uint32_t from, uint32_t n, char *const *entry,
	    const struct batch *after, struct answer *ret)
{
	const struct before *b = g->before[from / BATCH_ROWS];

	ret->n = 0;
	ret->retracts = false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = (from + i) % BATCH_ROWS;
		uint32_t gid = g->touched[from + i];
		bool was = b->existed[at], is = is_result(g, entry[i]);

		/* Those above are to know that it lives, once a tick. */
		if (was && is && !(b->alive[at] && g->op.node->tells_life) &&
		    results_equal(b->values, at, after, i))
			continue;
		if (was && (g->give_old || !is))
			answer_put(ret, gid, at, true);
		if (is)
			answer_put(ret, gid, i, false);
	}
}

#define PICK(member)                                                      \
	do {                                                              \
		for (uint32_t i = 0; i < a->n; i++)                       \
			out->member[i] = (a->old[i] ? before->member      \
						    : after->member)[a->at[i]]; \
	} while (0)

/* A column of the answer out of the results before and after. */
static void
answer_pick(const struct answer *a, const struct column *before,
	    const struct column *after, struct column *out,
	    struct arena *arena)
{
	uint8_t *nulls;

	switch (out->phys) {
	case PHYS_U8:
		PICK(u8);
		break;
	case PHYS_I64:
		PICK(i64);
		break;
	case PHYS_I128:
		PICK(i128);
		break;
	case PHYS_F64:
		PICK(f64);
		break;
	case PHYS_STR:
		PICK(str);
		for (uint32_t i = 0; i < a->n; i++)
			out->str[i] = str_dup(arena, out->str[i]);
		break;
	}
	if (!before->nulls && !after->nulls)
		return;
	nulls = column_nulls(out, BATCH_ROWS, arena);
	for (uint32_t i = 0; i < a->n; i++)
		nulls[i] = column_is_null(a->old[i] ? before : after,
					  a->at[i]);
}

/* An upsert reader gets the key alone of what is gone. */
static void
hide_old(const struct answer *a, struct column *out, struct arena *arena)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->old[i])
			column_set_null(out, i, BATCH_ROWS, arena);
}

static void
answer_emit(struct op_group *g, const struct answer *a,
	    const struct batch *before, const struct batch *after)
{
	bool upsert = g->op.node->mode == CHANGE_UPSERT;
	struct batch *out;
	unsigned col = 0;

	if (a->n == 0)
		return;
	out = batch_create(op_pool(&g->op), &g->op.node->schema, BATCH_ROWS);
	for (uint16_t k = 0; k < g->g->nkeys; k++)
		keys_gather(&g->keys, k, a->gid, a->n, &out->col[col++], 0,
			    BATCH_ROWS, &out->arena);
	for (unsigned c = 0; c < g->aggs.n; c++, col++) {
		answer_pick(a, &before->col[c], &after->col[c],
			    &out->col[col], &out->arena);
		if (upsert && a->retracts)
			hide_old(a, &out->col[col], &out->arena);
	}
	if (a->retracts) {
		int64_t *w = arena_alloc(&out->arena, a->n * sizeof(*w));

		memcpy(w, a->w, a->n * sizeof(*w));
		out->weight = w;
	}
	out->now_us = g->op.now_us;
	batch_seal(out, a->n);
	op_emit(&g->op, out);
}

/* Groups without rows go, with their keys. */
static void
forget_groups(struct op_group *g, uint32_t from, uint32_t n,
	      char *const *entry)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t gid = g->touched[from + i];

		g->mark[gid] = 0;
		if (!entry[i] || is_result(g, entry[i]))
			continue;
		accs_untouch(&g->accs, gid);
		keys_unref(&g->keys, gid);
	}
}

/* All of them are answers, as they stand now. */
static void
answer_new(struct op_group *g, uint32_t from, uint32_t n)
{
	const uint32_t *gid = g->touched + from;
	struct batch *out = batch_create(op_pool(&g->op),
					 &g->op.node->schema, BATCH_ROWS);
	char *entry[BATCH_ROWS];

	accs_find_all(&g->accs, gid, n, entry);
	for (uint16_t k = 0; k < g->g->nkeys; k++)
		keys_gather(&g->keys, k, gid, n, &out->col[k], 0, BATCH_ROWS,
			    &out->arena);
	put_values(g, entry, n, out, g->g->nkeys, 0);
	for (uint32_t i = 0; i < n; i++)
		g->mark[gid[i]] = 0;
	out->now_us = g->op.now_us;
	batch_seal(out, n);
	op_emit(&g->op, out);
}

static void
answer_piece(struct op_group *g, uint32_t from, uint32_t n)
{
	struct batch *after = batch_create(op_pool(&g->op), &g->results, PIECE);
	char *entry[PIECE], *value[PIECE];
	struct answer answer;

	accs_find_all(&g->accs, g->touched + from, n, entry);
	for (uint32_t i = 0; i < n; i++) {
		value[i] = is_result(g, entry[i]) ? entry[i] : g->no_entry;
	}
	put_values(g, value, n, after, 0, 0);
	answer_find(g, from, n, entry, after, &answer);
	answer_emit(g, &answer, g->before[from / BATCH_ROWS]->values, after);
	batch_unref(after);
	forget_groups(g, from, n, entry);
}

static void
step_clear(struct op_group *g)
{
	for (uint32_t i = 0; i < g->nbefore; i++) {
		batch_unref(g->before[i]->values);
		free(g->before[i]);
	}
	g->nbefore = 0;
	g->ntouched = 0;
	g->cursor = 0;
}

/* Silently: nothing is taken back. */
static void
expire(void *arg, uint32_t gid)
{
	struct op_group *g = arg;
	char *entry = accs_find(&g->accs, gid);

	if (!entry)
		return;
	aggs_clear(&g->aggs, g->sets, entry, true);
	accs_untouch(&g->accs, gid);
	keys_unref(&g->keys, gid);
	stat_add(g->op.stats.expired, 1);
}

static int
group_timer(struct op *op, int64_t now_us, struct error *err)
{
	/* settle() comes next, and sweeps. */
	(void)op, (void)now_us, (void)err;
	return OP_OK;
}

static int
group_settle(struct op *op, struct error *err)
{
	struct op_group *g = op_cast(op, &op_group_aggregate_type);

	while (g->cursor < g->ntouched) {
		uint32_t n = g->ntouched - g->cursor;

		if (op_full(op))
			return OP_MORE;
		/* PIECE divides BATCH_ROWS: a piece lies in one block. */
		if (g->always_new) {
			n = n < BATCH_ROWS ? n : BATCH_ROWS;
			answer_new(g, g->cursor, n);
		} else {
			n = n < PIECE ? n : PIECE;
			answer_piece(g, g->cursor, n);
		}
		if (aggs_check_results(&g->aggs, err) < 0)
			return OP_FAIL;
		g->cursor += n;
	}
	step_clear(g);
	if (ttl_is_due(&g->ttl, op->now_us))
		ttl_sweep(&g->ttl, g->keys.n, op->now_us, expire, g);
	group_count_state(g);
	return OP_OK;
}

/* ---- state ---- */

static int
group_checkpoint(struct op *op, struct snapshot *s, struct error *err)
{
	struct op_group *g = op_cast(op, &op_group_aggregate_type);

	(void)err;
	CHECK(g->ntouched == 0);
	if (agg_tables_put_groups(&g->tables, s, &g->keys) < 0 ||
	    agg_tables_put_entries(&g->tables, s, &g->keys, &g->accs, g->sets,
				   0) < 0)
		return -1;
	return agg_tables_put_multisets(&g->tables, s);
}

static char *
group_entry(void *arg, int64_t pane_us, uint32_t gid,
	    struct distinct **ret_sets)
{
	struct op_group *g = arg;
	char *entry;

	(void)pane_us;
	accs_touch(&g->accs, &g->keys, &gid, 1, 0, &entry);
	*ret_sets = g->sets;
	return entry;
}

static int
group_restore(struct op *op, unsigned table, const struct batch *rows,
	      struct error *err)
{
	struct op_group *g = op_cast(op, &op_group_aggregate_type);
	const struct agg_restore to = {
		.keys = &g->keys, .entry = group_entry, .arg = g,
	};
	int rc = agg_tables_restore(&g->tables, table, rows, &to, err);

	if (rc <= 0)
		return rc;
	keys_restored(&g->keys);
	group_count_state(g);
	return 0;
}

static void
group_close(struct op *op)
{
	struct op_group *g = op_cast(op, &op_group_aggregate_type);

	if (!g->opened)
		return;
	step_clear(g);
	for (unsigned i = 0; i < g->aggs.nsets; i++)
		distinct_release(&g->sets[i]);
	free(g->sets);
	accs_release(&g->accs);
	ttl_release(&g->ttl);
	keys_release(&g->keys);
	aggs_release(&g->aggs);
	free(g->touched);
	free(g->mark);
	free(g->before);
	free(g->rows);
	free(g->pick);
	free(g->row_gid);
	g->opened = false;
}

const struct op_type op_group_aggregate_type = {
	.name = "group_aggregate",
	.bytes = sizeof(struct op_group),
	.state_version = 1,
	.open = group_open,
	.restore = group_restore,
	.push = group_push,
	.timer = group_timer,
	.settle = group_settle,
	.resume = group_settle,
	.checkpoint = group_checkpoint,
	.close = group_close,
};
