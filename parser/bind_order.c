/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_order.c - ORDER BY, LIMIT and OFFSET behind a query. What it is
 * ordered by becomes columns of the select list, behind those that are seen
 * where they are none of these, and the order a node above it.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

/* ---- ORDER BY ---- */

static int
by_position(struct bind *b, const struct ast_expr *e, unsigned n,
	    uint16_t *ret)
{
	if (!type_is_integer(e->type) || e->value.is_null || e->value.i64 < 1 ||
	    e->value.i64 > n) {
		bind_error(b, e->at, ERR_INVALID_LITERAL,
			   "a constant in ORDER BY is the number of a column, "
			   "from 1 to %u", n);
		return -1;
	}
	*ret = (uint16_t)(e->value.i64 - 1);
	return 0;
}

static int
check_comparable(struct bind *b, const struct expr *e, struct span at)
{
	char name[TYPE_NAME_MAX];
	struct type t = e->type;

	t.nullable = true;
	if (t.kind == TYPE_NULL)
		return bind_error(b, at, ERR_TYPE_MISMATCH,
				  "ORDER BY of what is always NULL orders "
				  "nothing");
	if (!type_is_nested(t))
		return 0;
	return bind_error(b, at, ERR_TYPE_MISMATCH,
			  "ORDER BY cannot compare values of %s",
			  type_name(t, name));
}

static int
not_in_list(struct bind *b, const struct ast_expr *e)
{
	bind_error(b, e->at, ERR_NOT_GROUPED, "with SELECT DISTINCT the rows "
		   "are ordered by what is selected");
	error_hint(b->err, "add it to the select list");
	return -1;
}

static const char *
name_of(struct bind *b, const struct ast_expr *e)
{
	if (e->kind == AST_COLUMN)
		return arena_strdup(b->a, e->name.part[e->name.nparts - 1]);
	return arena_strndup(b->a, b->parse->text + e->at.offset,
			     e->at.length);
}

/* The place of the expression in the list, where it may be put. */
static int
place_of(struct bind *b, const struct ast_expr *ast, struct expr *e, bool all,
	 struct select_list *l, uint16_t *ret)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (!expr_equal_bound(l->items[i].expr, e))
			continue;
		*ret = (uint16_t)i;
		return 0;
	}
	if (all)
		return not_in_list(b, ast);
	if (e->kind == EXPR_LITERAL)
		return bind_error(b, ast->at, ERR_INVALID_LITERAL,
				  "ORDER BY of a constant orders nothing");
	*ret = (uint16_t)l->n;
	select_list_add(b, l, (struct select_item){
		.expr = e, .at = ast->at, .name = name_of(b, ast),
	});
	return 0;
}

static int
bind_key(struct bind *b, const struct scope *s, const struct ast_expr *written,
	 unsigned visible, bool all, struct select_list *l, uint16_t *ret)
{
	struct ast_expr ast = *written;
	struct expr *e;

	ast.negated = false; /* it says DESC */
	if (ast.kind == AST_LITERAL) {
		if (by_position(b, &ast, visible, ret) < 0)
			return -1;
		e = l->items[*ret].expr;
	} else if (bind_expr(b, s, &ast, &e) < 0 ||
		   place_of(b, &ast, e, all, l, ret) < 0) {
		return -1;
	}
	return check_comparable(b, e, ast.at);
}

int
bind_order(struct bind *b, const struct ast_query *q, const struct rel *rel,
	   bool grouped, bool all, struct select_list *l, struct order *ret)
{
	struct scope scope = { .rel = rel, .clause = "ORDER BY", .items = l,
			       .queries = true,
			       .aggregates = grouped, .grouped = grouped };
	unsigned n = 0, visible = l->n;

	for (const struct ast_expr *e = q->order_by; e; e = e->next)
		n++;
	ret->nkeys = 0;
	ret->keys = arena_array(b->a, n, struct plan_sort);
	for (const struct ast_expr *e = q->order_by; e; e = e->next) {
		struct plan_sort *key = &ret->keys[ret->nkeys];
		unsigned k;

		if (bind_key(b, &scope, e, visible, all, l, &key->column) < 0)
			return -1;
		key->desc = e->negated;
		key->nulls_last = e->nulls == AST_NULLS_LAST ||
				  (e->nulls == AST_NULLS_LOW && e->negated);
		for (k = 0; k < ret->nkeys; k++)
			if (ret->keys[k].column == key->column)
				break;
		ret->nkeys += k == ret->nkeys; /* a second time says nothing */
	}
	return 0;
}

int
bind_order_columns(struct bind *b, const struct ast_query *q, struct rel *rel,
		   struct order *ret)
{
	struct select_list l = { 0, 0, NULL };
	struct rel out;

	for (unsigned i = 0; i < rel->ncols; i++) {
		const struct rel_column *c = &rel->cols[i];

		select_list_add(b, &l, (struct select_item){
			.expr = expr_column(c->column, c->type, c->at, b->a),
			.name = c->name, .at = c->at,
		});
	}
	if (bind_order(b, q, rel, false, false, &l, ret) < 0)
		return -1;
	if (l.n == rel->ncols)
		return 0;
	if (bind_project(b, rel, &l, &out) < 0)
		return -1;
	*rel = out;
	return 0;
}

/* ---- the node ---- */

static void
forget_windows(struct bind *b, struct rel *rel)
{
	struct rel_column *cols = arena_array(b->a, rel->ncols,
					      struct rel_column);

	rel->state = NO_WINDOW;
	for (unsigned i = 0; i < rel->ncols; i++) {
		cols[i] = rel->cols[i];
		cols[i].role = ROLE_NONE;
	}
	rel->cols = cols;
}

void
bind_top(struct bind *b, const struct ast_query *q,
	 const struct query_context *qc, const struct order *order,
	 unsigned ncols, struct rel *rel)
{
	struct plan_top top = { .nkeys = (uint16_t)order->nkeys,
				.keys = order->keys, .limit = -1 };
	const struct rel_column *all;

	if (q->limit)
		top.limit = q->limit->value.i64;
	if (q->offset)
		top.offset = q->offset->value.i64;
	if (top.limit < 0 && top.offset == 0 &&
	    (qc->inner || top.nkeys == 0)) {
		rel->ncols = ncols;
		return;
	}
	if (rel->state == WINDOW_PENDING)
		bind_assign(b, rel);
	all = rel->cols;
	rel->ncols = ncols;
	if (!b->view)
		top.at = top.nkeys ? q->order_at : q->limit_at;
	for (unsigned k = 0; k < top.nkeys; k++)
		top.keys[k].column = all[top.keys[k].column].column;
	rel->node = plan_top(b->a, rel->node, &top);
	if (top.nkeys > 0)
		forget_windows(b, rel);
}
