/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_aggregate.c - what an aggregate function asks of its arguments
 * beyond their types: which of them are literals, and from where to where.
 */
#include "parser/binder.h"

static int
not_a_literal(struct bind *b, const struct expr *call, unsigned i,
	      const char *what)
{
	return bind_error(b, call->args[i]->at, ERR_ARGUMENTS,
			  "the %s of %s is the same for all rows: it must be "
			  "a literal", what, function_get(call->function)->name);
}

static int
check_percentage(struct bind *b, const struct expr *call)
{
	const struct expr *p = call->args[1];

	if (p->kind != EXPR_LITERAL || p->value.is_null)
		return not_a_literal(b, call, 1, "percentage");
	if (p->value.f64 >= 0 && p->value.f64 <= 1)
		return 0;
	bind_error(b, p->at, ERR_INVALID_LITERAL,
		   "the percentage of %s is not between 0 and 1",
		   function_get(call->function)->name);
	error_hint(b->err, "the 99th percentile is %s(x, 0.99)",
		   function_get(call->function)->name);
	return -1;
}

#define TOP_MAX 1000

static int
check_top(struct bind *b, const struct expr *call)
{
	const struct expr *k = call->args[1];

	if (k->kind != EXPR_LITERAL || k->value.is_null)
		return not_a_literal(b, call, 1, "number of values");
	if (k->value.i64 >= 1 && k->value.i64 <= TOP_MAX)
		return 0;
	return bind_error(b, k->at, ERR_INVALID_LITERAL,
			  "TOP_K gives 1 to %d values", TOP_MAX);
}

#define SEPARATOR_MAX 1000

static int
check_separator(struct bind *b, const struct expr *call)
{
	const struct expr *s = call->nargs > 1 ? call->args[1] : NULL;

	if (!s)
		return 0;
	if (s->kind != EXPR_LITERAL || s->value.is_null)
		return not_a_literal(b, call, 1, "separator");
	if (s->value.str.len <= SEPARATOR_MAX)
		return 0;
	return bind_error(b, s->at, ERR_INVALID_LITERAL,
			  "the separator of LISTAGG is longer than %d bytes",
			  SEPARATOR_MAX);
}

/* What orders the rows differs from row to row. */
static int
check_order(struct bind *b, const struct expr *call)
{
	if (call->args[1]->kind != EXPR_LITERAL)
		return 0;
	bind_error(b, call->args[1]->at, ERR_ARGUMENTS,
		   "%s looks for the row by its second argument, which is the "
		   "same for all rows", function_get(call->function)->name);
	error_hint(b->err, "FIRST_VALUE(x) takes the first row");
	return -1;
}

/* A set of values is of one argument. */
static int
check_distinct(struct bind *b, const struct expr *call)
{
	const struct function *f = function_get(call->function);
	const unsigned own = FN_ONCE | FN_OWN_DISTINCT;

	for (unsigned i = 1; i < call->nargs && !(f->flags & own); i++)
		if (call->args[i]->kind != EXPR_LITERAL)
			return bind_error(b, call->args[i]->at, ERR_UNSUPPORTED,
					  "%s(DISTINCT ...) with more than one "
					  "argument that differs from row to "
					  "row is not supported", f->name);
	return 0;
}

int
bind_check_aggregate(struct bind *b, const struct bound_aggregate *agg)
{
	if (agg->distinct && check_distinct(b, &agg->e) < 0)
		return -1;
	switch (agg->e.function) {
	case FN_PERCENTILE:
	case FN_APPROX_PERCENTILE:
		return check_percentage(b, &agg->e);
	case FN_TOP_K:
		return check_top(b, &agg->e);
	case FN_LISTAGG:
		return check_separator(b, &agg->e);
	case FN_ARG_MIN:
	case FN_ARG_MAX:
		return check_order(b, &agg->e);
	default:
		return 0;
	}
}
