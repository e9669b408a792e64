/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_chain.c - operators in a row: a OR b OR c ... is read in a loop,
 * whatever its length, and a long row becomes a tree that is not deep.
 */
#include "parser/binder.h"

static enum function_id
function_of(enum ast_op op)
{
	switch (op) {
	case AST_ADD: return FN_ADD;
	case AST_SUB: return FN_SUB;
	case AST_MUL: return FN_MUL;
	case AST_DIV: return FN_DIV;
	case AST_MOD: return FN_MOD;
	case AST_CONCAT: return FN_CONCAT;
	case AST_EQ: return FN_EQ;
	case AST_NE: return FN_NE;
	case AST_LT: return FN_LT;
	case AST_LE: return FN_LE;
	case AST_GT: return FN_GT;
	case AST_GE: return FN_GE;
	case AST_AND: return FN_AND;
	case AST_OR: return FN_OR;
	default: return FN_NONE;
	}
}

/* The operands of calls of one function, the left one of each being the next
 * call: e was put together of `n` calls. */
static unsigned
operands(struct bind *b, const struct expr *e, unsigned n,
	 struct expr ***ret)
{
	struct expr **list = arena_array(b->a, n + 1, struct expr *);
	unsigned at = n + 1;
	enum function_id f = e->function;

	while (at > 1 && e->kind == EXPR_CALL && e->function == f) {
		list[--at] = e->args[1];
		list[at - 1] = e->args[0];
		e = e->args[0];
	}
	*ret = list + at - 1;
	return n + 2 - at;
}

/* AND and OR may be read in any order of parentheses. */
static struct expr *
balanced(struct bind *b, enum function_id f, unsigned n, struct expr **list)
{
	struct type t = TYPE_OF(TYPE_BOOLEAN);
	struct expr *args[2];

	if (n == 1)
		return list[0];
	args[0] = balanced(b, f, n / 2, list);
	args[1] = balanced(b, f, n - n / 2, list + n / 2);
	t.nullable = args[0]->type.nullable || args[1]->type.nullable;
	return expr_call(f, t, args[0]->at, 2, args, b->a);
}

#define LONG_ROW 16

/* e has just been put together of n calls of its function. */
static struct expr *
rearranged(struct bind *b, struct expr *e, unsigned n)
{
	struct expr **list, *flat;
	unsigned count;

	if (e->kind != EXPR_CALL || n < 2)
		return e;
	if (e->function == FN_CONCAT) {
		count = operands(b, e, n, &list);
		flat = expr_call(FN_CONCAT, e->type, e->at, count, list, b->a);
		return flat;
	}
	if ((e->function != FN_AND && e->function != FN_OR) || n < LONG_ROW)
		return e;
	count = operands(b, e, n, &list);
	flat = balanced(b, e->function, count, list);
	flat->at = e->at;
	return flat;
}

int
bind_chain(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	   struct expr **ret)
{
	const struct ast_expr **chain, *e;
	unsigned n = 0, row = 0;

	for (e = ast; e->kind == AST_BINARY; e = e->args[0])
		n++;
	chain = arena_array(b->a, n, const struct ast_expr *);
	for (e = ast, n = 0; e->kind == AST_BINARY; e = e->args[0])
		chain[n++] = e;
	if (bind_expr(b, s, e, ret) < 0)
		return -1;
	while (n-- > 0) {
		struct expr *args[2] = { *ret };

		e = chain[n];
		if (bind_expr(b, s, e->args[1], &args[1]) < 0 ||
		    bind_make_call(b, function_of(e->op), e->at, e->at, 2,
				   args, ret) < 0)
			return -1;
		row++;
		if (n == 0 || chain[n - 1]->op != e->op) {
			*ret = rearranged(b, *ret, row);
			row = 0;
		}
		if (row == 0 && bind_check_size(b, e->at, *ret) < 0)
			return -1;
	}
	return 0;
}
