/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/values.c - VALUES: its input counts rows, and for each
 * number it computes the row that the statement has at this place. A row that
 * cannot be computed is quarantined by the text of its value.
 */
#include "base/hash.h"
#include "runtime/operators/registry.h"

struct op_values {
	struct op op; /* first: see op_cast() */
	const struct plan_values *values;
	struct program **row; /* by number */
};

static const struct schema no_columns = { 0, NULL };

static int
values_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_values *v = op_cast(op, &op_values_type);
	uint64_t seed = hash_u64(node->number, op_seed(op));
	unsigned ncols = node->schema.ncols;

	v->values = node->values;
	v->row = arena_array(op->arena, v->values->nrows, struct program *);
	for (uint32_t i = 0; i < v->values->nrows; i++) {
		const struct expr *const *cells =
			(const struct expr *const *)v->values->cells +
			(size_t)i * ncols;

		if (program_compile(cells, ncols, &no_columns, op_zone(op),
				    op->arena, &v->row[i], err) < 0)
			return -1;
		program_seed(v->row[i], hash_u64(i, seed));
	}
	return 0;
}

/* Row `number` of VALUES as row `at` of the batch; false: it is bad. */
static bool
put_row(struct op_values *v, uint32_t number, struct batch *in, uint32_t row,
	struct batch *out, uint32_t at)
{
	unsigned ncols = out->schema->ncols;
	struct expr *const *cells = v->values->cells + (size_t)number * ncols;
	struct batch *one = batch_create(op_pool(&v->op), &no_columns, 1);
	struct eval_result r;
	bool good;

	one->now_us = in->now_us;
	batch_seal(one, 1);
	program_run(v->row[number], one, v->op.wm_us, &one->arena, &r);
	good = r.nerrors == 0;
	if (!good)
		op_quarantine(&v->op, in, row, r.errors[0].code,
			      expr_text(cells[r.errors[0].root], &no_columns,
					&one->arena), NULL,
			      r.errors[0].detail);
	for (unsigned c = 0; good && c < ncols; c++)
		column_copy(&out->col[c], at, in->nsel, &r.col[c], 0,
			    &out->arena);
	batch_unref(one);
	return good;
}

static int
values_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_values *v = op_cast(op, &op_values_type);
	struct batch *out = batch_create(op_pool(op), &op->node->schema,
					 in->nsel);
	uint32_t n = 0;

	(void)port;
	(void)err;
	batch_each(in, row)
		n += put_row(v, (uint32_t)in->col[0].i64[row], in, row, out,
			     n);
	out->now_us = in->now_us;
	batch_seal(out, n);
	op_emit(op, out);
	return OP_OK;
}

const struct op_type op_values_type = {
	.name = "values",
	.bytes = sizeof(struct op_values),
	.open = values_open,
	.push = values_push,
};
