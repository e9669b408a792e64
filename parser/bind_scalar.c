/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_scalar.c - a query as a value. Where it stands it is bound to a
 * column that no node has yet; whoever makes a node over the expression first
 * gives its rows that column, by a node that waits for the value.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

/* ---- what can be one ---- */

static const struct plan_node *
endless_scan(const struct plan_node *n)
{
	if (n->kind == PLAN_SCAN)
		return options_bounded(n->scan->options) ? NULL : n;
	for (unsigned i = 0; i < n->ninputs; i++) {
		const struct plan_node *scan = endless_scan(n->inputs[i]);

		if (scan)
			return scan;
	}
	return NULL;
}

static int
refuse_endless(struct bind *b, const struct ast_expr *ast,
	       const struct plan_node *scan)
{
	const char *connector = scan->scan->options->connector;

	bind_error(b, ast->at, ERR_UNBOUNDED_QUERY,
		   "a sub-query as a value needs input that ends: \"%s\" (%s) "
		   "goes on", scan->scan->table, connector);
	if (strcmp(connector, "datagen") == 0)
		error_hint(b->err, "%s /*+ OPTIONS('number-of-rows' = '100') */",
			   scan->scan->table);
	else
		error_hint(b->err, "%s /*+ OPTIONS('scan.bounded.mode' = "
			   "'latest-offset') */ reads what there is",
			   scan->scan->table);
	return -1;
}

static int
check_value(struct bind *b, const struct ast_expr *ast, const struct rel *rel)
{
	const struct plan_node *scan = endless_scan(rel->node);

	if (rel->ncols != 1)
		return bind_error(b, ast->at, ERR_COLUMN_COUNT,
				  "a sub-query as a value has one column, this "
				  "one has %u", rel->ncols);
	return scan ? refuse_endless(b, ast, scan) : 0;
}

/* ---- the value ---- */

static struct plan_node *
value_node(struct bind *b, const struct rel *rel)
{
	const struct rel_column *c = &rel->cols[0];
	struct expr *e = expr_column(c->column, c->type, c->at, b->a);
	const char *name = c->name;

	if (strncmp(name, "EXPR$", 5) == 0)
		name = "value";
	return plan_project(b->a, rel->node, 1, &e, &name);
}

int
bind_scalar(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	    struct expr **ret)
{
	struct query_context qc = { .inner = true };
	const struct rel *around = b->around;
	struct scalars *list = b->scalars;
	struct type type;
	struct rel rel;

	if (!s->queries || !list)
		return bind_error(b, ast->at, ERR_UNSUPPORTED,
				  "a sub-query in %s is not supported",
				  s->clause);
	if (list->n == SCALARS_MAX)
		return bind_error(b, ast->at, ERR_LIMIT,
				  "a query has more than %d sub-queries as "
				  "values", SCALARS_MAX);
	b->around = s->rel;
	if (bind_query(b, ast->query, &qc, &rel) < 0)
		return -1;
	b->around = around;
	if (rel.state == WINDOW_PENDING)
		bind_assign(b, &rel);
	if (check_value(b, ast, &rel) < 0)
		return -1;
	type = rel.cols[0].type;
	if (type.kind == TYPE_NULL)
		return bind_error(b, ast->at, ERR_TYPE_MISMATCH, "the type of "
				  "NULL is not known here: write "
				  "CAST(NULL AS ...)");
	type.nullable = true;
	list->value[list->n] = value_node(b, &rel);
	list->column[list->n] = PLAN_NO_COLUMN;
	*ret = expr_column((uint16_t)SCALAR_COLUMN(list->n++), type, ast->at,
			   b->a);
	return 0;
}

/* ---- above some rows ---- */

static uint16_t
column_of(struct bind *b, unsigned i, struct plan_node **node)
{
	struct scalars *list = b->scalars;

	if (list->column[i] == PLAN_NO_COLUMN) {
		list->column[i] = (*node)->schema.ncols;
		*node = plan_scalar(b->a, *node, list->value[i]);
	}
	return list->column[i];
}

void
bind_scalars_above(struct bind *b, struct expr *e, struct plan_node **node)
{
	if (e->kind == EXPR_COLUMN && IS_SCALAR(e->column))
		e->column = column_of(b, SCALAR_NUMBER(e->column), node);
	for (unsigned i = 0; i < e->nargs; i++)
		bind_scalars_above(b, e->args[i], node);
}

void
bind_scalars_below(struct bind *b, struct expr *e, struct plan_node **node)
{
	const struct bound_aggregate *agg = (const struct bound_aggregate *)e;

	if (e->kind == EXPR_CALL &&
	    function_get(e->function)->flags & FN_AGGREGATE) {
		bind_scalars_above(b, e, node);
		if (agg->filter)
			bind_scalars_above(b, agg->filter, node);
		return;
	}
	for (unsigned i = 0; i < e->nargs; i++)
		bind_scalars_below(b, e->args[i], node);
}
