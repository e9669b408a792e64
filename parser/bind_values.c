/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_values.c - VALUES: rows written out. A column has the type that
 * all its values share; what they are is computed where the plan runs, so that
 * a value that cannot be had costs its row and nothing else.
 */
#include "parser/binder.h"
#include "parser/types_infer.h"

struct values_builder {
	struct bind *b;
	unsigned nrows, ncols;
	struct expr **cells; /* row by row */
	struct type *types;
};

static int
bind_cells(struct values_builder *v, const struct ast_query *q)
{
	const struct rel nothing = { .ncols = 0 };
	struct scope scope = { .rel = &nothing, .clause = "VALUES" };
	struct expr **cell = v->cells;

	for (const struct ast_expr *row = q->rows; row; row = row->next)
		for (unsigned i = 0; i < v->ncols; i++)
			if (bind_expr(v->b, &scope, row->args[i], cell++) < 0)
				return -1;
	return 0;
}

static int
types_differ(struct values_builder *v, unsigned col, const struct expr *e)
{
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];
	struct type before = v->types[col], here = e->type;

	before.nullable = here.nullable = true;
	bind_error(v->b, e->at, ERR_NO_COMMON_TYPE,
		   "column %u of VALUES is %s before and %s here", col + 1,
		   type_name(before, na), type_name(here, nb));
	error_hint(v->b->err, "CAST one of them to the type of the other");
	return -1;
}

static int
common_types(struct values_builder *v, const struct query_context *qc)
{
	for (unsigned i = 0; i < v->ncols; i++) {
		v->types[i] = v->cells[i]->type;
		for (unsigned r = 1; r < v->nrows; r++) {
			const struct expr *e = v->cells[r * v->ncols + i];

			if (!type_common(v->types[i], e->type, v->b->a,
					 &v->types[i]))
				return types_differ(v, i, e);
		}
		if (v->types[i].kind != TYPE_NULL)
			continue;
		if (i >= qc->ntypes)
			return bind_error(v->b, v->cells[i]->at,
					  ERR_TYPE_MISMATCH, "column %u of "
					  "VALUES is always NULL: write "
					  "CAST(NULL AS ...)", i + 1);
		v->types[i] = qc->types[i];
		v->types[i].nullable = true;
	}
	return 0;
}

static int
convert_cells(struct values_builder *v)
{
	for (unsigned k = 0; k < v->nrows * v->ncols; k++) {
		struct expr **e = &v->cells[k];

		if (bind_convert(v->b, *e, v->types[k % v->ncols], e) < 0)
			return -1;
	}
	return 0;
}

static void
make_values(struct values_builder *v, const struct query_context *qc,
	    struct rel *ret)
{
	struct arena *a = v->b->a;
	struct plan_node *in = plan_rows(a, v->nrows);
	struct plan_node *n = plan_node_create(a, PLAN_VALUES, 1, &in);

	n->values = arena_new(a, struct plan_values);
	n->values->nrows = v->nrows;
	n->values->cells = v->cells;
	schema_init(&n->schema, v->ncols, a);
	*ret = (struct rel){ .node = n, .ncols = v->ncols };
	ret->cols = arena_array(a, v->ncols, struct rel_column);
	for (unsigned i = 0; i < v->ncols; i++) {
		const char *name = i < qc->nnames
			? qc->names[i] : arena_printf(a, "EXPR$%u", i);

		n->schema.cols[i] = (struct schema_column){
			.name = name, .type = v->types[i],
		};
		ret->cols[i] = (struct rel_column){
			.name = name, .type = v->types[i],
			.column = (uint16_t)i, .at = v->cells[i]->at,
		};
	}
}

int
bind_values(struct bind *b, const struct ast_query *q,
	    struct query_context *qc, struct rel *ret)
{
	struct values_builder v = { .b = b, .ncols = q->rows->nargs };

	for (const struct ast_expr *row = q->rows; row; row = row->next)
		v.nrows++;
	v.cells = arena_array(b->a, v.nrows * v.ncols, struct expr *);
	v.types = arena_array(b->a, v.ncols, struct type);
	if (bind_cells(&v, q) < 0 || common_types(&v, qc) < 0 ||
	    convert_cells(&v) < 0)
		return -1;
	make_values(&v, qc, ret);
	return 0;
}
