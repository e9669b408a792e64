/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/project.c - computes new columns over the same rows;
 * columns that only pass are shared. Weights pass.
 */
#include "base/hash.h"
#include "runtime/operators/registry.h"

struct op_project {
	struct op op; /* first: see op_cast() */
	struct program *program;
};

static int
project_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_project *p = op_cast(op, &op_project_type);
	const struct expr *const *exprs =
		(const struct expr *const *)node->exprs;

	if (program_compile(exprs, node->schema.ncols,
			    &node->inputs[0]->schema, op_zone(op), op->arena,
			    &p->program, err) < 0)
		return -1;
	program_seed(p->program, hash_u64(node->number, op_seed(op)));
	return 0;
}

static int
project_push(struct op *op, unsigned port, struct batch *in,
	     struct error *err)
{
	struct op_project *p = op_cast(op, &op_project_type);
	const struct schema *schema = &op->node->schema;
	struct batch *out = batch_derive(in);
	struct eval_result r;

	(void)port;
	(void)err;
	program_run(p->program, in, op->wm_us, &out->arena, &r);
	batch_own_columns(out, schema);
	memcpy(out->col, r.col, schema->ncols * sizeof(*out->col));
	out->sel = op_quarantine_errors(op, in, &r, op->node->exprs,
					&out->nsel);
	op_emit(op, out);
	return OP_OK;
}

const struct op_type op_project_type = {
	.name = "project",
	.bytes = sizeof(struct op_project),
	.open = project_open,
	.push = project_push,
};
