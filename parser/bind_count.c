/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_count.c - COUNT of several columns: of the rows in which none of
 * them is NULL, or of the different ROWs of those. Written as what it means,
 * COUNT([DISTINCT] CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ... END).
 */
#include "base/check.h"
#include "parser/binder.h"

static struct ast_expr *
node(struct bind *b, enum ast_expr_kind kind, struct span at, unsigned nargs)
{
	struct ast_expr *e = arena_new(b->a, struct ast_expr);

	e->kind = kind;
	e->at = e->op_at = at;
	e->nargs = nargs;
	e->args = arena_array(b->a, nargs, struct ast_expr *);
	return e;
}

static struct ast_expr *
none_is_null(struct bind *b, const struct ast_expr *call)
{
	struct ast_expr *all = NULL;

	for (unsigned i = 0; i < call->nargs; i++) {
		struct ast_expr *arg = call->args[i], *both;
		struct ast_expr *is = node(b, AST_IS, arg->at, 1);

		is->is = AST_IS_NULL;
		is->negated = true;
		is->args[0] = arg;
		if (!all) {
			all = is;
			continue;
		}
		both = node(b, AST_BINARY, call->at, 2);
		both->op = AST_AND;
		both->args[0] = all;
		both->args[1] = is;
		all = both;
	}
	return all;
}

int
bind_count_several(struct bind *b, const struct scope *s,
		   const struct ast_expr *call, struct expr **ret)
{
	struct ast_expr *e = node(b, AST_CASE, call->at, 4), *value;

	if (call->distinct) {
		value = node(b, AST_ROW, call->at, call->nargs);
		for (unsigned i = 0; i < call->nargs; i++)
			value->args[i] = call->args[i];
	} else {
		value = node(b, AST_LITERAL, call->at, 0);
		value->type = TYPE_OF(TYPE_BOOLEAN);
		value->value.u8 = 1;
	}
	e->args[1] = none_is_null(b, call);
	e->args[2] = value;
	return bind_expr(b, s, e, ret);
}
