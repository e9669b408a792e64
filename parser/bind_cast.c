/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_cast.c - CAST and TRY_CAST, texts that stand for times, and the
 * questions that the binder asks about whole expressions.
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/binder.h"
#include "parser/types_infer.h"

static int
no_cast(struct bind *b, const struct ast_expr *ast, struct type from,
	struct type to, const char *hint)
{
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];

	from.nullable = to.nullable = true;
	bind_error(b, ast->at, ERR_INVALID_CAST, "%s cannot be cast to %s",
		   type_name(from, na), type_name(to, nb));
	if (hint)
		error_hint(b->err, "%s", hint);
	return -1;
}

int
bind_cast(struct bind *b, const struct ast_expr *ast, struct expr *arg,
	  struct expr **ret)
{
	struct type to = type_copy(b->a, ast->cast_type.type);
	const char *hint;

	if (!type_castable(arg->type, to, &hint))
		return no_cast(b, ast, arg->type, to, hint);
	if (arg->type.kind == TYPE_NULL)
		return bind_convert(b, arg, to, ret);
	to.nullable = arg->type.nullable || ast->is_try ||
		      to.kind == TYPE_DECIMAL;
	if (type_equal(arg->type, to)) {
		*ret = arg;
		if (type_is_nested(to)) { /* NOT NULL within may differ */
			*ret = arena_new(b->a, struct expr);
			**ret = *arg;
			(*ret)->type = to;
		}
		return 0;
	}
	*ret = expr_cast(arg, to, b->a);
	(*ret)->is_try = ast->is_try;
	(*ret)->at = ast->at;
	return 0;
}

struct expr *
bind_literal_time(struct bind *b, const struct expr *text, struct type to)
{
	const char *data = str_data(&text->value.str);
	size_t n = text->value.str.len;
	struct expr *e = arena_new(b->a, struct expr);
	bool ok = false;

	*e = *text;
	e->type = to;
	e->type.nullable = false;
	memset(&e->value, 0, sizeof(e->value));
	switch (to.kind) {
	case TYPE_DATE:
		ok = date_parse_lenient(data, n, &e->value.i64);
		break;
	case TYPE_TIME:
		ok = time_parse(data, n, &e->value.i64);
		break;
	case TYPE_TIMESTAMP:
		ok = us_parse_lenient(data, n, &e->value.i64);
		break;
	case TYPE_TIMESTAMP_LTZ:
		ok = us_parse_lenient(data, n, &e->value.i64);
		if (ok)
			e->value.i64 = zone_to_utc(b->zone, e->value.i64);
		break;
	default:
		break;
	}
	return ok ? e : NULL;
}

bool
bind_has_aggregate(const struct ast_expr *ast)
{
	const struct function *f;

	for (; ast->kind == AST_BINARY; ast = ast->args[0])
		if (bind_has_aggregate(ast->args[1]))
			return true;
	if (ast->kind == AST_CALL) {
		f = function_find(ast->function);
		if (f && f->flags & FN_AGGREGATE)
			return true;
	}
	for (unsigned i = 0; i < ast->nargs; i++)
		if (ast->args[i] && bind_has_aggregate(ast->args[i]))
			return true;
	return false;
}

bool
expr_is_aggregate(const struct expr *e)
{
	return e->kind == EXPR_CALL &&
	       function_get(e->function)->flags & FN_AGGREGATE;
}

bool
expr_reads_virtual(const struct expr *e)
{
	if (e->kind == EXPR_COLUMN)
		return IS_VIRTUAL(e->column);
	for (unsigned i = 0; i < e->nargs; i++)
		if (expr_reads_virtual(e->args[i]))
			return true;
	if (expr_is_aggregate(e)) {
		const struct bound_aggregate *agg =
			(const struct bound_aggregate *)e;

		return agg->filter && expr_reads_virtual(agg->filter);
	}
	return false;
}

bool
expr_equal_bound(const struct expr *a, const struct expr *b)
{
	const struct bound_aggregate *x, *y;

	if (!expr_is_aggregate(a) || !expr_is_aggregate(b))
		return expr_equal(a, b);
	x = (const struct bound_aggregate *)a;
	y = (const struct bound_aggregate *)b;
	if (!expr_equal(a, b) || x->distinct != y->distinct)
		return false;
	if (!x->filter || !y->filter)
		return x->filter == y->filter;
	return expr_equal(x->filter, y->filter);
}
