/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/grouping_sets.c - GROUPING SETS, ROLLUP and CUBE: each row
 * goes out once for every set, with NULL for the keys that the set lacks and
 * the number of the set. All else is shared with the row; weights pass.
 *
 * A row without a usable time is in no window, and the window above says so;
 * once is enough: it goes out for the first set only.
 */
#include "runtime/operators/registry.h"
#include "runtime/operators/window_rows.h"

struct op_sets {
	struct op op; /* first: see op_cast() */
	const struct plan_sets *sets;
	uint16_t first;       /* of the key columns of the output */
	struct column absent; /* BATCH_ROWS times NULL, of any type */

	bool linked;      /* the next one is known */
	int time_col;     /* of the windows that read this; -1: there are none,
			   * or others read it, too */

	struct batch *in; /* goes out for `next` and all sets behind it */
	uint32_t next;
};

static int
sets_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_sets *s = op_cast(op, &op_grouping_sets_type);

	(void)err;
	CHECK(node->inputs[0]->mode != CHANGE_UPSERT);
	s->sets = node->sets;
	s->first = node->inputs[0]->schema.ncols;
	/* A decimal's or string's 16 bytes are the longest value. */
	s->absent.data = arena_zalloc(op->arena, BATCH_ROWS * 16);
	s->absent.nulls = arena_alloc(op->arena, BATCH_ROWS);
	memset(s->absent.nulls, 1, BATCH_ROWS);
	return 0;
}

/* The time by which a reader of these rows makes windows, or -1. */
static int
window_time(const struct op *reader)
{
	const struct plan_window *w;

	if (!plan_has_windows(reader->node))
		return -1;
	w = &reader->node->group->window;
	return w->is_proctime ? -1 : w->time_col;
}

static int
readers_time(const struct op_sets *s)
{
	int time_col = window_time(s->op.out[0]->to);

	for (unsigned i = 1; i < s->op.nout; i++)
		if (window_time(s->op.out[i]->to) != time_col)
			return -1;
	return time_col < s->first ? time_col : -1;
}

/* Those that the first set has told of are left out of the others. */
static void
leave_timeless(const struct op_sets *s, struct batch *out)
{
	const struct column *time = &s->in->col[s->time_col];
	uint16_t *sel;
	uint32_t n = 0;

	sel = arena_alloc(&out->arena, out->nsel * sizeof(*sel));
	batch_each(out, row)
		if (window_time_is_usable(time, row))
			sel[n++] = (uint16_t)row;
	out->sel = sel;
	out->nsel = n;
}

/* The rows of the batch as rows of a set. */
static struct batch *
rows_of_set(const struct op_sets *s, uint32_t set)
{
	const struct plan_sets *p = s->sets;
	struct batch *out = batch_derive(s->in);
	struct column *number;

	batch_own_columns(out, &s->op.node->schema);
	memcpy(out->col, s->in->col, s->first * sizeof(*out->col));
	for (uint16_t k = 0; k < p->nkeys; k++) {
		struct column *c = &out->col[s->first + k];

		*c = s->in->col[p->keys[k]];
		if (p->sets[set] >> k & 1)
			continue;
		c->data = s->absent.data;
		c->nulls = s->absent.nulls;
	}
	number = &out->col[s->first + p->nkeys];
	column_alloc(number, PHYS_I64, out->rows, &out->arena);
	for (uint32_t i = 0; i < out->rows; i++)
		number->i64[i] = set;
	if (set > 0 && s->time_col >= 0)
		leave_timeless(s, out);
	return out;
}

static int
sets_resume(struct op *op, struct error *err)
{
	struct op_sets *s = op_cast(op, &op_grouping_sets_type);

	(void)err;
	for (; s->next < s->sets->nsets; s->next++) {
		if (op_full(op))
			return OP_MORE;
		op_emit(op, rows_of_set(s, s->next));
	}
	batch_unref(s->in);
	s->in = NULL;
	return OP_OK;
}

static int
sets_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_sets *s = op_cast(op, &op_grouping_sets_type);

	(void)port;
	CHECK(!s->in);
	if (!s->linked)
		s->time_col = readers_time(s);
	s->linked = true;
	s->in = batch_ref(in);
	s->next = 0;
	return sets_resume(op, err);
}

static void
sets_close(struct op *op)
{
	struct op_sets *s = op_cast(op, &op_grouping_sets_type);

	batch_unref(s->in);
	s->in = NULL;
}

const struct op_type op_grouping_sets_type = {
	.name = "grouping_sets",
	.bytes = sizeof(struct op_sets),
	.open = sets_open,
	.push = sets_push,
	.resume = sets_resume,
	.close = sets_close,
};
