/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/filter.c - keeps the rows for which a condition is TRUE,
 * by a selection over the same columns; weights pass.
 */
#include "base/hash.h"
#include "runtime/operators/registry.h"

struct op_filter {
	struct op op; /* first: see op_cast() */
	struct program *program;
};

static int
filter_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_filter *f = op_cast(op, &op_filter_type);
	const struct expr *predicate = node->predicate;

	if (program_compile(&predicate, 1, &node->inputs[0]->schema,
			    op_zone(op), op->arena, &f->program, err) < 0)
		return -1;
	program_seed(f->program, hash_u64(node->number, op_seed(op)));
	return 0;
}

static int
filter_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_filter *f = op_cast(op, &op_filter_type);
	struct batch *out = batch_derive(in);
	struct expr *predicate = op->node->predicate;
	struct eval_result r;
	uint32_t n;

	(void)port;
	(void)err;
	program_filter(f->program, in, op->wm_us, &out->arena, &out->sel,
		       &out->nsel, &r);
	out->schema = &op->node->schema;
	op_quarantine_errors(op, in, &r, &predicate, &n);
	op_emit(op, out);
	return OP_OK;
}

const struct op_type op_filter_type = {
	.name = "filter",
	.bytes = sizeof(struct op_filter),
	.open = filter_open,
	.push = filter_push,
};
