/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_aggregate.c - what an aggregate function asks of its arguments
 * beyond their types: which of them are literals, and from where to where.
 */
#include "base/check.h"
#include "base/nested.h"
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
check_percentage(struct bind *b, const struct expr *call,
		 const struct expr *p)
{
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

#define PERCENTAGES_MAX 1000

/* ARRAY[0.5, 0.9] as a literal. */
static int
fold_percentages(struct bind *b, struct expr *call)
{
	const struct expr *array = call->args[1];
	unsigned n = array->nargs;
	struct value *v = arena_array(b->a, n + 1, struct value);
	struct type t = TYPE_OF(TYPE_DOUBLE);
	struct expr *literal, *p;

	if (array->kind != EXPR_CALL || array->function != FN_ARRAY || n == 0)
		return not_a_literal(b, call, 1, "percentage");
	if (n > PERCENTAGES_MAX)
		return bind_error(b, array->at, ERR_INVALID_LITERAL,
				  "PERCENTILE takes 1 to %d percentages",
				  PERCENTAGES_MAX);
	t.nullable = false;
	for (unsigned i = 0; i < n; i++) {
		if (bind_convert(b, array->args[i], t, &p) < 0 ||
		    check_percentage(b, call, p) < 0)
			return -1;
		v[i] = p->value;
	}
	literal = arena_new(b->a, struct expr);
	*literal = (struct expr){ .kind = EXPR_LITERAL, .at = array->at,
				  .type = type_array(b->a, t) };
	literal->type.nullable = false;
	CHECK(nested_make(b->a, literal->type, n, v, &literal->value.str));
	call->args[1] = literal;
	return 0;
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

static int
check_arguments(struct bind *b, struct expr *call)
{
	switch (call->function) {
	case FN_PERCENTILE:
		if (call->args[1]->type.kind == TYPE_ARRAY)
			return fold_percentages(b, call);
		/* fall through */
	case FN_APPROX_PERCENTILE:
		return check_percentage(b, call, call->args[1]);
	case FN_TOP_K:
		return check_top(b, call);
	case FN_LISTAGG:
		return check_separator(b, call);
	case FN_ARG_MIN:
	case FN_ARG_MAX:
		return check_order(b, call);
	default:
		return 0;
	}
}

int
bind_check_aggregate(struct bind *b, struct bound_aggregate *agg)
{
	if (check_arguments(b, &agg->e) < 0)
		return -1;
	return agg->distinct ? check_distinct(b, &agg->e) : 0;
}
