/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/grouping_sets.c - GROUPING SETS, ROLLUP and CUBE: each row
 * goes out once for every set, with NULL for the keys that the set lacks and
 * the number of the set. All else is shared with the row; weights pass.
 */
#include "runtime/operators/registry.h"

struct op_sets {
	struct op op; /* first: see op_cast() */
	const struct plan_sets *sets;
	uint16_t first;       /* of the key columns of the output */
	struct column absent; /* BATCH_ROWS times NULL, of any type */

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
