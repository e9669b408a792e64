/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_expr.c - one expression: calls to functions, every conversion
 * written out.
 */
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/decimal.h"
#include "parser/binder.h"
#include "parser/types_infer.h"

static int
bind_literal(struct bind *b, const struct ast_expr *ast, struct expr **ret)
{
	struct expr *e = arena_new(b->a, struct expr);

	e->kind = EXPR_LITERAL;
	e->type = ast->type;
	e->type.nullable = ast->value.is_null;
	e->value = ast->value;
	e->at = ast->at;
	if (!ast->value.is_null && ast->type.kind != TYPE_NULL &&
	    phys_of(ast->type) == PHYS_STR)
		e->value.str = str_dup(b->a, ast->value.str);
	*ret = e;
	return 0;
}

/* ---- conversions ---- */

static struct expr *
relabelled(struct bind *b, const struct expr *e, struct type to)
{
	struct expr *copy = arena_new(b->a, struct expr);

	*copy = *e;
	to.nullable = e->type.nullable;
	copy->type = to;
	return copy;
}

/* A number's literal in a wider type of numbers; NULL: leave it to a cast. */
static struct expr *
widened_literal(struct bind *b, const struct expr *e, struct type to)
{
	struct expr *w = relabelled(b, e, to);
	unsigned scale = e->type.kind == TYPE_DECIMAL ? e->type.scale : 0;
	bool wide = phys_of(e->type) == PHYS_I128;
	i128 v;

	if (!type_is_exact(e->type) || !type_is_numeric(to))
		return NULL;
	v = wide ? e->value.i128 : e->value.i64;
	if (phys_of(to) == PHYS_F64) {
		w->value.f64 = decimal_to_f64(v, scale);
		if (to.kind == TYPE_FLOAT)
			w->value.f64 = (float)w->value.f64;
		return w;
	}
	if (to.kind != TYPE_DECIMAL || to.scale < scale ||
	    !decimal_rescale(v, scale, to.scale, &v) ||
	    !decimal_fits(v, to.precision))
		return NULL;
	if (phys_of(to) == PHYS_I128)
		w->value.i128 = v;
	else
		w->value.i64 = (int64_t)v;
	return w;
}

static int
convert_time_literal(struct bind *b, struct expr *e, struct type to,
		     struct expr **ret)
{
	char name[TYPE_NAME_MAX];

	*ret = bind_literal_time(b, e, to);
	if (*ret)
		return 0;
	to.nullable = true;
	return bind_error(b, e->at, ERR_INVALID_LITERAL,
			  "'%.*s' is no %s", (int)e->value.str.len,
			  str_data(&e->value.str), type_name(to, name));
}

int
bind_convert(struct bind *b, struct expr *e, struct type to, struct expr **ret)
{
	bool literal = e->kind == EXPR_LITERAL;

	to.nullable = e->type.nullable;
	*ret = e;
	if (e->type.kind == TYPE_NULL ||
	    (literal && e->value.is_null)) {
		*ret = relabelled(b, e, to);
		memset(&(*ret)->value, 0, sizeof((*ret)->value));
		(*ret)->value.is_null = true;
		return 0;
	}
	if (type_equal(e->type, to))
		return 0;
	if (literal && type_is_text(e->type) && !type_is_text(to) &&
	    !type_is_binary(to) && !type_is_numeric(to) &&
	    to.kind != TYPE_BOOLEAN)
		return convert_time_literal(b, e, to, ret);
	if (literal && (*ret = widened_literal(b, e, to)))
		return 0;
	if (type_same_values(e->type, to) &&
	    (literal || e->kind == EXPR_COLUMN || phys_of(to) == PHYS_STR)) {
		*ret = relabelled(b, e, to);
		return 0;
	}
	*ret = expr_cast(e, to, b->a);
	return 0;
}

/* ---- calls ---- */

static int
convert_arguments(struct bind *b, struct expr *call, const struct type *want)
{
	for (unsigned i = 0; i < call->nargs; i++)
		if (bind_convert(b, call->args[i], want[i],
				 &call->args[i]) < 0)
			return -1;
	return 0;
}

int
bind_make_call(struct bind *b, enum function_id id, struct span at,
	       struct span err, unsigned n, struct expr **args,
	       struct expr **ret)
{
	struct type *want = arena_array(b->a, n, struct type), type;

	if (function_resolve(function_get(id), n, args, b->a, want, &type,
			     b->err) < 0)
		return bind_place(b, err);
	*ret = expr_call(id, type, at, n, args, b->a);
	if (function_get(id)->flags & FN_RANDOM)
		(*ret)->value.i64 = (int64_t)(uintptr_t)*ret;
	if (convert_arguments(b, *ret, want) < 0)
		return -1;
	return bind_check_patterns(b, *ret);
}

static int
call2(struct bind *b, enum function_id id, struct span at, struct expr *x,
      struct expr *y, struct expr **ret)
{
	struct expr *args[2] = { x, y };

	return bind_make_call(b, id, at, at, 2, args, ret);
}

static int
call1(struct bind *b, enum function_id id, struct span at, struct expr *x,
      struct expr **ret)
{
	return bind_make_call(b, id, at, at, 1, &x, ret);
}

static int
negate(struct bind *b, bool negated, struct span at, struct expr **e)
{
	return negated ? call1(b, FN_NOT, at, *e, e) : 0;
}

int
bind_args(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	  struct expr **args)
{
	for (unsigned i = 0; i < ast->nargs; i++)
		if (bind_expr(b, s, ast->args[i], &args[i]) < 0)
			return -1;
	return 0;
}

static int
misplaced(struct bind *b, const struct scope *s, const struct ast_expr *ast)
{
	if (s->in_aggregate)
		return bind_error(b, ast->at, ERR_MISPLACED_AGGREGATE,
				  "%s cannot stand inside another aggregate "
				  "function", ast->function);
	bind_error(b, ast->at, ERR_MISPLACED_AGGREGATE,
		   "the aggregate function %s cannot stand in %s",
		   ast->function, s->clause);
	if (strcmp(s->clause, "WHERE") == 0)
		error_hint(b->err, "conditions on groups stand in HAVING");
	return -1;
}

/* Those of the call that is made: COUNT of several has one. */
static int
aggregate_args(struct bind *b, const struct scope *s,
	       const struct ast_expr *ast, const struct function *f,
	       struct expr **args, unsigned *ret_n)
{
	*ret_n = ast->nargs;
	if (f->id != FN_COUNT || ast->nargs < 2)
		return bind_args(b, s, ast, args);
	*ret_n = 1;
	return bind_count_several(b, s, ast, &args[0]);
}

static int
bind_aggregate(struct bind *b, const struct scope *s,
	       const struct ast_expr *ast, const struct function *f,
	       struct expr **ret)
{
	struct bound_aggregate *agg = arena_new(b->a, struct bound_aggregate);
	struct expr **args = arena_array(b->a, ast->nargs, struct expr *);
	struct scope inner = *s;
	struct expr *call;
	bool star = ast->nargs == 1 && ast->args[0]->kind == AST_STAR;
	unsigned nargs = 0;

	if (!s->aggregates || s->in_aggregate)
		return misplaced(b, s, ast);
	if (star && f->id != FN_COUNT)
		return bind_error(b, ast->args[0]->at, ERR_ARGUMENTS,
				  "only COUNT takes *");
	inner.in_aggregate = true;
	if (!star && aggregate_args(b, &inner, ast, f, args, &nargs) < 0)
		return -1;
	if (ast->filter) {
		inner.clause = "FILTER";
		if (bind_predicate(b, &inner, ast->filter, &agg->filter) < 0)
			return -1;
	}
	if (!star && ast->nargs == 0)
		return bind_error(b, ast->at, ERR_ARGUMENTS,
				  "%s needs an argument%s", f->name,
				  f->id == FN_COUNT ? " or *" : "");
	if ((f->id == FN_JSON_OBJECTAGG || f->id == FN_JSON_ARRAYAGG) &&
	    bind_json_aggregate(b, ast, f->id, &args, &nargs) < 0)
		return -1;
	if (bind_make_call(b, f->id, ast->at, ast->op_at, nargs, args,
			   &call) < 0)
		return -1;
	if (f->id == FN_COUNT && !ast->distinct && call->nargs &&
	    call->args[0]->kind == EXPR_LITERAL &&
	    !call->args[0]->value.is_null)
		call->nargs = 0; /* COUNT(1) */
	agg->e = *call;
	agg->distinct = ast->distinct;
	*ret = &agg->e;
	return bind_check_aggregate(b, agg);
}

static struct expr *
null_literal(struct bind *b, struct span at)
{
	struct expr *e = arena_new(b->a, struct expr);

	e->kind = EXPR_LITERAL;
	e->type = TYPE_OF(TYPE_NULL);
	e->value.is_null = true;
	e->at = at;
	return e;
}

/* To be compared the first argument may have to become another type; what
 * comes out is of its own. */
static int
bind_nullif(struct bind *b, const struct ast_expr *ast, struct expr **args,
	    struct expr **ret)
{
	struct expr *first = args[0], *parts[3], *is_null;
	struct type t = first->type;

	if (bind_make_call(b, FN_NULLIF, ast->at, ast->op_at, 2, args,
			   ret) < 0)
		return -1;
	if (t.kind == TYPE_NULL || type_equal((*ret)->type, t))
		return 0;
	t.nullable = true;
	if (call2(b, FN_EQ, ast->at, first, args[1], &parts[0]) < 0 ||
	    bind_convert(b, null_literal(b, ast->at), t, &is_null) < 0)
		return -1;
	parts[1] = is_null;
	parts[2] = first;
	*ret = expr_call(FN_CASE, t, ast->at, 3, parts, b->a);
	return 0;
}

/* A bare NULL is of a type of its own until something takes it. */
static int
bind_typeof(struct bind *b, const struct ast_expr *ast, struct expr **args,
	    struct expr **ret)
{
	bool of_null = ast->nargs > 0 && args[0]->type.kind == TYPE_NULL;
	struct expr *text;

	if (bind_make_call(b, FN_TYPEOF, ast->at, ast->op_at, ast->nargs,
			   args, ret) < 0)
		return -1;
	if (!of_null)
		return 0;
	text = null_literal(b, ast->at);
	text->type = (*ret)->type;
	text->value = (struct value){ .str = str_ref("NULL", 4) };
	*ret = text;
	return 0;
}

static int
bind_call(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	  struct expr **ret)
{
	const struct function *f = function_find(ast->function);
	struct expr **args = arena_array(b->a, ast->nargs, struct expr *);
	int rc;

	if (!f)
		f = catalog_function(b->catalog, ast->function);
	if (!f) {
		rc = bind_window_call(b, s, ast, ret);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
		function_unknown(ast->function, b->err);
		return bind_place(b, ast->op_at);
	}
	if (f->flags & FN_AGGREGATE)
		return bind_aggregate(b, s, ast, f, ret);
	if (f->flags & FN_OF_SETS && (!s->grouped || s->in_aggregate))
		return bind_error(b, ast->at, ERR_MISPLACED_AGGREGATE,
				  "%s stands in SELECT and HAVING of a query "
				  "with GROUP BY, outside of aggregate "
				  "functions", f->name);
	if (ast->distinct || ast->filter)
		return bind_error(b, ast->op_at, ERR_ARGUMENTS,
				  "%s is no aggregate function: it takes no %s",
				  f->name, ast->distinct ? "DISTINCT"
							 : "FILTER");
	if (bind_is_json(f->id))
		return bind_json(b, s, ast, f->id, ret);
	if (bind_check_braces(b, ast, f) < 0 || bind_args(b, s, ast, args) < 0)
		return -1;
	if (f->flags & FN_REWRITTEN)
		return bind_rewritten(b, ast, f, args, ret);
	if (f->id == FN_NULLIF && ast->nargs == 2)
		return bind_nullif(b, ast, args, ret);
	if (f->id == FN_TYPEOF)
		return bind_typeof(b, ast, args, ret);
	if (bind_make_call(b, f->id, ast->at, ast->op_at, ast->nargs, args,
			   ret) < 0)
		return -1;
	return f->id == FN_CURRENT_WATERMARK ? bind_check_rowtime(b, s, args[0])
					     : 0;
}

/* ---- operators ---- */

/* The smallest integers are their own negatives: they wrap when it is done. */
static bool
is_smallest(const struct expr *e)
{
	if (e->type.kind == TYPE_INT)
		return e->value.i64 == INT32_MIN;
	return phys_of(e->type) == PHYS_I64 && e->value.i64 == INT64_MIN;
}

/* -5 is a literal of its own. */
static struct expr *
negated_literal(struct bind *b, const struct expr *e)
{
	struct expr *n;

	if (e->kind != EXPR_LITERAL || e->value.is_null)
		return NULL;
	if (!type_is_numeric(e->type) && !type_is_interval(e->type))
		return NULL;
	if (is_smallest(e))
		return NULL;
	n = arena_new(b->a, struct expr);
	*n = *e;
	if (phys_of(e->type) == PHYS_F64)
		n->value.f64 = -e->value.f64;
	else if (phys_of(e->type) == PHYS_I128)
		n->value.i128 = -e->value.i128;
	else
		n->value.i64 = -e->value.i64;
	return n;
}

static int
bind_unary(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	   struct expr **ret)
{
	struct expr *x;

	if (bind_expr(b, s, ast->args[0], &x) < 0)
		return -1;
	if (ast->op == AST_NOT)
		return call1(b, FN_NOT, ast->at, x, ret);
	if (ast->op == AST_NEG) {
		*ret = negated_literal(b, x);
		if (*ret) {
			(*ret)->at = ast->at;
			return 0;
		}
		return call1(b, FN_NEG, ast->at, x, ret);
	}
	CHECK(ast->op == AST_PLUS);
	if (!type_is_numeric(x->type) && !type_is_interval(x->type))
		return bind_error(b, ast->at, ERR_TYPE_MISMATCH,
				  "+ needs a number");
	*ret = x;
	return 0;
}

static int
bind_is(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	struct expr **ret)
{
	static const enum function_id json[] = {
		FN_IS_JSON_VALUE, FN_IS_JSON_SCALAR, FN_IS_JSON_ARRAY,
		FN_IS_JSON_OBJECT,
	};
	struct expr *args[2] = { NULL, NULL };

	if (bind_args(b, s, ast, args) < 0)
		return -1;
	switch (ast->is) {
	case AST_IS_NULL:
		return call1(b, ast->negated ? FN_IS_NOT_NULL : FN_IS_NULL,
			     ast->at, args[0], ret);
	case AST_IS_TRUE:
	case AST_IS_FALSE:
		if (call1(b, ast->is == AST_IS_TRUE ? FN_IS_TRUE : FN_IS_FALSE,
			  ast->at, args[0], ret) < 0)
			return -1;
		return negate(b, ast->negated, ast->at, ret);
	case AST_IS_UNKNOWN:
		if (args[0]->type.kind != TYPE_BOOLEAN &&
		    args[0]->type.kind != TYPE_NULL)
			return bind_error(b, ast->at, ERR_NOT_A_CONDITION,
					  "IS UNKNOWN needs a BOOLEAN");
		return call1(b, ast->negated ? FN_IS_NOT_NULL : FN_IS_NULL,
			     ast->at, args[0], ret);
	case AST_IS_DISTINCT_FROM:
		return call2(b, ast->negated ? FN_NOT_DISTINCT_FROM
					     : FN_DISTINCT_FROM,
			     ast->at, args[0], args[1], ret);
	case AST_IS_JSON_VALUE:
	case AST_IS_JSON_SCALAR:
	case AST_IS_JSON_ARRAY:
	case AST_IS_JSON_OBJECT:
		if (call1(b, json[ast->is - AST_IS_JSON_VALUE], ast->at,
			  args[0], ret) < 0)
			return -1;
		return negate(b, ast->negated, ast->at, ret);
	}
	return -1;
}

static int
in_range(struct bind *b, struct span at, struct expr *x, struct expr *low,
	 struct expr *high, struct expr **ret)
{
	struct expr *ge, *le;

	if (call2(b, FN_GE, at, x, low, &ge) < 0 ||
	    call2(b, FN_LE, at, x, high, &le) < 0)
		return -1;
	return call2(b, FN_AND, at, ge, le, ret);
}

static int
bind_between(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	     struct expr **ret)
{
	struct expr *args[3], *other;

	if (bind_args(b, s, ast, args) < 0 ||
	    in_range(b, ast->at, args[0], args[1], args[2], ret) < 0)
		return -1;
	if (ast->symmetric &&
	    (in_range(b, ast->at, args[0], args[2], args[1], &other) < 0 ||
	     call2(b, FN_OR, ast->at, *ret, other, ret) < 0))
		return -1;
	return negate(b, ast->negated, ast->at, ret);
}

/* IN, LIKE and SIMILAR TO: one call over all arguments. */
static int
bind_listed(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	    enum function_id id, struct expr **ret)
{
	struct expr **args = arena_array(b->a, ast->nargs, struct expr *);

	if (bind_args(b, s, ast, args) < 0)
		return -1;
	if (bind_make_call(b, id, ast->at, ast->at, ast->nargs, args, ret) < 0)
		return -1;
	return negate(b, ast->negated, ast->at, ret);
}

/* ---- CASE ---- */

static int
bind_when(struct bind *b, const struct scope *s, struct expr *operand,
	  const struct ast_expr *ast, struct expr **ret)
{
	struct expr *value;

	if (!operand)
		return bind_predicate(b, s, ast, ret);
	if (bind_expr(b, s, ast, &value) < 0)
		return -1;
	return call2(b, FN_EQ, ast->at, operand, value, ret);
}

/* Gives all values of a CASE (args 1, 3, ... and the last) one type. */
static int
unify_case(struct bind *b, const struct ast_expr *ast, struct expr *e)
{
	struct type t = TYPE_OF(TYPE_NULL);
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];

	t.nullable = false;
	for (unsigned i = 1; i < e->nargs; i = i + 2 < e->nargs ? i + 2
		: i + 1) {
		struct type before = t;

		if (i == 1)
			t = e->args[i]->type;
		else if (!type_common(t, e->args[i]->type, b->a, &t))
			return bind_error(b, e->args[i]->at, ERR_NO_COMMON_TYPE,
					  "the values of CASE have no common "
					  "type: %s and %s",
					  type_name(before, na),
					  type_name(e->args[i]->type, nb));
	}
	if (t.kind == TYPE_NULL)
		return bind_error(b, ast->at, ERR_UNTYPED_NULL,
				  "all values of CASE are NULL: CAST one to "
				  "the type that is meant");
	e->type = t;
	for (unsigned i = 1; i < e->nargs; i = i + 2 < e->nargs ? i + 2
		: i + 1)
		if (bind_convert(b, e->args[i], t, &e->args[i]) < 0)
			return -1;
	return 0;
}

static int
bind_case(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	  struct expr **ret)
{
	unsigned n = ast->nargs - 1; /* without the operand */
	struct expr **args = arena_array(b->a, n, struct expr *);
	struct expr *operand = NULL;

	CHECK(n % 2 == 1);
	if (ast->args[0] && bind_expr(b, s, ast->args[0], &operand) < 0)
		return -1;
	for (unsigned i = 0; i + 1 < n; i += 2) {
		if (bind_when(b, s, operand, ast->args[i + 1], &args[i]) < 0 ||
		    bind_expr(b, s, ast->args[i + 2], &args[i + 1]) < 0)
			return -1;
	}
	if (!ast->args[n])
		args[n - 1] = null_literal(b, ast->at);
	else if (bind_expr(b, s, ast->args[n], &args[n - 1]) < 0)
		return -1;
	*ret = expr_call(FN_CASE, TYPE_OF(TYPE_NULL), ast->at, n, args, b->a);
	return unify_case(b, ast, *ret);
}

/* INTERVAL n DAY, where n is no literal: n times one day. */
int
bind_interval_of(struct bind *b, struct span at, enum ast_unit in,
		 struct expr *n, struct expr **ret)
{
	static const struct {
		enum type_kind kind;
		int64_t n;
	} unit[] = {
		[AST_YEAR] = { TYPE_INTERVAL_MONTH, 12 },
		[AST_QUARTER] = { TYPE_INTERVAL_MONTH, 3 },
		[AST_MONTH] = { TYPE_INTERVAL_MONTH, 1 },
		[AST_WEEK] = { TYPE_INTERVAL_MS, 7 * INT64_C(86400000) },
		[AST_DAY] = { TYPE_INTERVAL_MS, 86400000 },
		[AST_HOUR] = { TYPE_INTERVAL_MS, 3600000 },
		[AST_MINUTE] = { TYPE_INTERVAL_MS, 60000 },
		[AST_SECOND] = { TYPE_INTERVAL_MS, 1000 },
		[AST_MILLISECOND] = { TYPE_INTERVAL_MS, 1 },
	};
	struct expr *one = arena_new(b->a, struct expr);

	one->kind = EXPR_LITERAL;
	one->type.kind = unit[in].kind;
	one->value.i64 = unit[in].n;
	one->at = at;
	if (n->kind == EXPR_LITERAL && type_is_integer(n->type) &&
	    !n->value.is_null &&
	    !__builtin_mul_overflow(one->value.i64, n->value.i64,
				    &one->value.i64)) {
		*ret = one;
		return 0;
	}
	return call2(b, FN_MUL, at, one, n, ret);
}

static int
bind_interval(struct bind *b, const struct scope *s,
	      const struct ast_expr *ast, struct expr **ret)
{
	struct expr *n;

	if (bind_expr(b, s, ast->args[0], &n) < 0)
		return -1;
	return bind_interval_of(b, ast->at, ast->unit, n, ret);
}

static int
bind_any(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	 struct expr **ret)
{
	struct expr *arg;

	switch (ast->kind) {
	case AST_COLUMN:
		return bind_column(b, s, ast, ret);
	case AST_ARRAY:
	case AST_MAP:
	case AST_ROW:
	case AST_ITEM:
	case AST_FIELD:
		return bind_nested(b, s, ast, ret);
	case AST_STAR:
		return bind_error(b, ast->at, ERR_SYNTAX,
				  "* can stand in SELECT and COUNT(*) only");
	case AST_LITERAL:
		return bind_literal(b, ast, ret);
	case AST_CALL:
		return bind_call(b, s, ast, ret);
	case AST_UNARY:
		return bind_unary(b, s, ast, ret);
	case AST_BINARY:
		return bind_chain(b, s, ast, ret);
	case AST_IS:
		return bind_is(b, s, ast, ret);
	case AST_BETWEEN:
		return bind_between(b, s, ast, ret);
	case AST_IN:
		return bind_listed(b, s, ast, FN_IN, ret);
	case AST_LIKE:
		return bind_listed(b, s, ast, FN_LIKE, ret);
	case AST_SIMILAR:
		return bind_listed(b, s, ast, FN_SIMILAR, ret);
	case AST_CASE:
		return bind_case(b, s, ast, ret);
	case AST_QUERY:
		return bind_scalar(b, s, ast, ret);
	case AST_CAST:
		if (bind_expr(b, s, ast->args[0], &arg) < 0)
			return -1;
		return bind_cast(b, ast, arg, ret);
	case AST_INTERVAL:
		return bind_interval(b, s, ast, ret);
	}
	return -1;
}

int
bind_check_size(struct bind *b, struct span at, const struct expr *e)
{
	if (e->size > EXPR_SIZE_MAX)
		return bind_error(b, at, ERR_LIMIT, "the expression has more "
				  "than %d parts", EXPR_SIZE_MAX);
	if (e->depth > EXPR_DEPTH_MAX)
		return bind_error(b, at, ERR_TOO_DEEP, "the expression has "
				  "more than %d levels", EXPR_DEPTH_MAX);
	return 0;
}

int
bind_expr(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	  struct expr **ret)
{
	if (bind_any(b, s, ast, ret) < 0)
		return -1;
	return bind_check_size(b, ast->at, *ret);
}

int
bind_predicate(struct bind *b, const struct scope *s,
	       const struct ast_expr *ast, struct expr **ret)
{
	char name[TYPE_NAME_MAX];
	struct type t;

	if (bind_expr(b, s, ast, ret) < 0)
		return -1;
	if ((*ret)->type.kind == TYPE_NULL)
		return bind_convert(b, *ret, TYPE_OF(TYPE_BOOLEAN), ret);
	if ((*ret)->type.kind == TYPE_BOOLEAN)
		return 0;
	t = (*ret)->type;
	t.nullable = true;
	return bind_error(b, ast->at, ERR_NOT_A_CONDITION,
			  "a condition is BOOLEAN, this is %s",
			  type_name(t, name));
}
