/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/window_assign.c - the rows of TUMBLE, HOP and CUMULATE one
 * by one: each stands once for every window that holds it, late or not. A
 * window after the other, so that all copies share the input's columns.
 */
#include <stdlib.h>

#include "base/time.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/window_rows.h"
#include "runtime/slicing.h"

struct op_assign {
	struct op op; /* first */
	const struct plan_window *w;
	struct slicing slicing;
	int64_t nwindows; /* that a row is in, at most */

	/* The batch at hand: its rows that have a usable time. */
	struct batch *in; /* NULL: none */
	int64_t cursor;   /* its next window */
	uint32_t n;
	uint32_t *row;
	int64_t *pane_us; /* per row of these */
};

static int
assign_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_assign *a = op_cast(op, &op_window_assign_type);

	(void)err;
	CHECK(node->inputs[0]->mode != CHANGE_UPSERT);
	a->w = node->window;
	slicing_init(&a->slicing, a->w, op_zone(op));
	a->nwindows = a->slicing.size_us / a->slicing.width_us;
	a->row = arena_array(op->arena, BATCH_ROWS, uint32_t);
	a->pane_us = arena_array(op->arena, BATCH_ROWS, int64_t);
	return 0;
}

/* Where the next window of a row of that pane begins and ends. HOP's come
 * from the last one back, CUMULATE's grow; false: it has no such. */
static bool
assign_bounds(const struct op_assign *a, int64_t pane_us, int64_t *ret_start,
	      int64_t *ret_end)
{
	const struct slicing *s = &a->slicing;
	int64_t end_us = pane_us + s->width_us * (a->cursor + 1);

	if (s->kind == WINDOW_CUMULATE && end_us > slicing_last_end(s, pane_us))
		return false;
	if (s->kind != WINDOW_CUMULATE)
		end_us = pane_us + s->size_us - s->width_us * a->cursor;
	*ret_start = slicing_start(s, end_us);
	*ret_end = end_us;
	return true;
}

static struct batch *
assign_derive(const struct op_assign *a, int64_t *ret_col[3])
{
	const struct schema *schema = &a->op.node->schema;
	struct batch *out = batch_derive(a->in);
	uint16_t carried = (uint16_t)(schema->ncols - 3);

	batch_own_columns(out, schema);
	for (uint16_t c = 0; c < carried; c++)
		out->col[c] = a->in->col[c];
	for (uint16_t c = 0; c < 3; c++) {
		struct column *col = &out->col[carried + c];

		column_alloc(col, PHYS_I64, a->in->rows, &out->arena);
		memset(col->i64, 0, a->in->rows * sizeof(*col->i64));
		ret_col[c] = col->i64;
	}
	return out;
}

/* One window of each row. */
static void
assign_emit(struct op_assign *a)
{
	int64_t *col[3], last_end = TIME_NONE, last_time = 0;
	struct batch *out = assign_derive(a, col);
	uint16_t *sel = arena_alloc(&out->arena, (a->n + 1u) * sizeof(*sel));
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t row = a->row[i];

		if (!assign_bounds(a, a->pane_us[i], &col[0][row],
				   &col[1][row]))
			continue;
		if (col[1][row] != last_end) {
			last_end = col[1][row];
			last_time = slicing_close_utc(&a->slicing, last_end) -
				    US_PER_MS;
		}
		col[2][row] = a->w->is_proctime
				      ? window_proctime(a->op.now_us)
				      : last_time;
		sel[n++] = (uint16_t)row;
	}
	out->sel = n == out->rows ? NULL : sel;
	out->nsel = n;
	op_emit(&a->op, out);
}

static int
assign_resume(struct op *op, struct error *err)
{
	struct op_assign *a = op_cast(op, &op_window_assign_type);

	(void)err;
	for (; a->cursor < a->nwindows; a->cursor++) {
		if (op_full(op))
			return OP_MORE;
		assign_emit(a);
	}
	batch_unref(a->in);
	a->in = NULL;
	return OP_OK;
}

static int
assign_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_assign *a = op_cast(op, &op_window_assign_type);

	CHECK(port == 0);
	CHECK(!a->in);
	a->n = window_rows(op, a->w, &a->slicing, in, TIME_NONE, a->row,
			   a->pane_us);
	for (uint32_t i = 0; i < a->n; i++)
		a->pane_us[i] = slicing_pane(&a->slicing, a->pane_us[i]);
	a->in = batch_ref(in);
	a->cursor = 0;
	return assign_resume(op, err);
}

static void
assign_close(struct op *op)
{
	struct op_assign *a = op_cast(op, &op_window_assign_type);

	batch_unref(a->in);
	a->in = NULL;
}

const struct op_type op_window_assign_type = {
	.name = "window_assign",
	.bytes = sizeof(struct op_assign),
	.open = assign_open,
	.push = assign_push,
	.resume = assign_resume,
	.close = assign_close,
};
