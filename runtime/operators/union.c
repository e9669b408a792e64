/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/union.c - UNION ALL: the rows of all inputs under one
 * schema. Time is the pipeline's business.
 */
#include "runtime/operators/registry.h"

static int
union_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct batch *out = batch_derive(in);

	(void)port;
	(void)err;
	out->schema = &op->node->schema;
	op_emit(op, out);
	return OP_OK;
}

const struct op_type op_union_type = {
	.name = "union",
	.bytes = sizeof(struct op),
	.push = union_push,
};
