/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/limit.c - LIMIT without an order: the first rows that come,
 * of those that are only added. Once it has them nothing more is read.
 */
#include "base/check.h"
#include "runtime/operators/registry.h"
#include "runtime/snapshot.h"

struct op_limit {
	struct op op; /* first */
	int64_t from, to; /* of the rows, by number */
	int64_t seen;     /* up to `to` */
	int64_t saved;    /* as the last cut has it */
	unsigned table;
};

enum { COUNT_ID, COUNT_SEEN, COUNT_COLS };

static struct schema_column count_cols[COUNT_COLS] = {
	{ "_id", { .kind = TYPE_BIGINT }, TIME_ATTR_NONE },
	{ "_seen", { .kind = TYPE_BIGINT }, TIME_ATTR_NONE },
};
static const struct schema count_schema = { COUNT_COLS, count_cols };
static const struct table_def count_def = {
	.kind = TABLE_STATE,
	.suffix = "_rows",
	.schema = &count_schema,
	.nkeys = 1,
};

static int
limit_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_limit *l = op_cast(op, &op_limit_type);
	const struct plan_top *top = node->top;

	CHECK(node->inputs[0]->mode == CHANGE_APPEND);
	l->from = top->offset;
	l->to = INT64_MAX;
	if (top->limit >= 0 && top->limit <= INT64_MAX - top->offset)
		l->to = top->offset + top->limit;
	if (l->to == l->from)
		op_done(op);
	return op_table(op, &count_def, &l->table, err);
}

static int
limit_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_limit *l = op_cast(op, &op_limit_type);
	struct batch *out = batch_derive(in);
	uint16_t *sel = arena_alloc(&out->arena, in->nsel * sizeof(*sel));
	uint32_t n = 0;

	(void)port;
	(void)err;
	batch_each(in, row) {
		if (l->seen >= l->from && l->seen < l->to)
			sel[n++] = (uint16_t)row;
		l->seen += l->seen < l->to;
	}
	out->sel = sel;
	out->nsel = n;
	out->schema = &op->node->schema;
	op_emit(op, out);
	if (l->seen == l->to)
		op_done(op);
	return OP_OK;
}

static int
limit_checkpoint(struct op *op, struct snapshot *s, struct error *err)
{
	struct op_limit *l = op_cast(op, &op_limit_type);
	struct batch *b;

	(void)err;
	if (l->seen == l->saved)
		return OP_OK;
	b = batch_create(NULL, &count_schema, 1);
	b->col[COUNT_ID].i64[0] = 0;
	b->col[COUNT_SEEN].i64[0] = l->saved = l->seen;
	batch_seal(b, 1);
	return snapshot_put(s, op, l->table, b) < 0 ? OP_FAIL : OP_OK;
}

static int
limit_restore(struct op *op, unsigned table, const struct batch *rows,
	      struct error *err)
{
	struct op_limit *l = op_cast(op, &op_limit_type);

	(void)err;
	CHECK(table == l->table);
	if (rows) {
		batch_each(rows, row)
			l->seen = l->saved = rows->col[COUNT_SEEN].i64[row];
	} else if (l->seen >= l->to) {
		op_done(op);
	}
	return 0;
}

const struct op_type op_limit_type = {
	.name = "limit",
	.bytes = sizeof(struct op_limit),
	.state_version = 1,
	.open = limit_open,
	.restore = limit_restore,
	.push = limit_push,
	.checkpoint = limit_checkpoint,
};
