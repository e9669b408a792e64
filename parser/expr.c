/* SPDX-License-Identifier: Apache-2.0
 * parser/expr.c - working with bound expressions: making, comparing, copying
 * them, asking what they read and whether they can fail.
 */
#include "parser/expr.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "parser/types_infer.h"

struct expr *
expr_column(uint16_t column, struct type type, struct span at, struct arena *a)
{
	struct expr *e = arena_new(a, struct expr);

	e->kind = EXPR_COLUMN;
	e->column = column;
	e->type = type;
	e->at = at;
	return e;
}

static uint32_t
size_plus(uint32_t size, uint32_t more)
{
	if (more == 0)
		more = 1;
	return size > UINT32_MAX - more ? UINT32_MAX : size + more;
}

static void
set_size(struct expr *e)
{
	e->size = 1;
	e->depth = 0;
	for (unsigned i = 0; i < e->nargs; i++) {
		e->size = size_plus(e->size, e->args[i]->size);
		if (e->args[i]->depth >= e->depth)
			e->depth = e->args[i]->depth + 1;
	}
}

struct expr *
expr_call(enum function_id f, struct type type, struct span at,
	  unsigned nargs, struct expr **args, struct arena *a)
{
	struct expr *e = arena_new(a, struct expr);

	e->kind = EXPR_CALL;
	e->function = f;
	e->type = type;
	e->at = at;
	e->nargs = (uint16_t)nargs;
	e->args = arena_array(a, nargs, struct expr *);
	if (nargs > 0)
		memcpy(e->args, args, nargs * sizeof(*args));
	set_size(e);
	return e;
}

struct expr *
expr_cast(struct expr *arg, struct type type, struct arena *a)
{
	struct expr *e = expr_call(FN_NONE, type, arg->at, 1, &arg, a);

	e->kind = EXPR_CAST;
	return e;
}

struct expr *
expr_null(struct type type, struct span at, struct arena *a)
{
	struct expr *e = arena_new(a, struct expr);

	e->kind = EXPR_LITERAL;
	e->type = type;
	e->type.nullable = true;
	e->value.is_null = true;
	e->at = at;
	return e;
}

struct expr *
expr_boolean(bool value, struct arena *a)
{
	struct expr *e = arena_new(a, struct expr);

	e->kind = EXPR_LITERAL;
	e->type.kind = TYPE_BOOLEAN;
	e->value.u8 = value;
	return e;
}

bool
expr_is_boolean(const struct expr *e, bool value)
{
	return e->kind == EXPR_LITERAL && e->type.kind == TYPE_BOOLEAN &&
	       !e->value.is_null && e->value.u8 == value;
}

struct expr *
expr_and(struct expr *a, struct expr *b, struct arena *arena)
{
	struct expr *args[2] = { a, b };
	struct type t = TYPE_OF(TYPE_BOOLEAN);

	if (!a || !b)
		return a ? a : b;
	t.nullable = a->type.nullable || b->type.nullable;
	return expr_call(FN_AND, t, a->at, 2, args, arena);
}

/* ---- asking ---- */

/* An exact quotient by a literal other than 0 cannot fail. */
static bool
divides_by_literal(const struct expr *e)
{
	const struct expr *d;

	if (e->function != FN_DIV && e->function != FN_MOD)
		return false;
	d = e->args[1];
	if (d->kind == EXPR_CAST)
		d = d->args[0];
	if (d->kind != EXPR_LITERAL || d->value.is_null)
		return false;
	switch (phys_of(d->type)) {
	case PHYS_I64:
		return d->value.i64 != 0;
	case PHYS_I128:
		return d->value.i128 != 0;
	case PHYS_F64:
		return true;
	default:
		return false;
	}
}

/* The binder has checked the patterns that are literals. */
static bool
has_good_pattern(const struct expr *e)
{
	switch (e->function) {
	case FN_LIKE:
		return e->nargs == 2 || (e->args[1]->kind == EXPR_LITERAL &&
					 e->args[2]->kind == EXPR_LITERAL);
	case FN_TO_TIMESTAMP:
	case FN_DATE_FORMAT:
		return e->nargs == 1 || e->args[1]->kind == EXPR_LITERAL;
	case FN_JSON_VALUE:
		if (!type_is_text(e->type))
			return false; /* the value may be of another type */
		/* fallthrough */
	case FN_JSON_EXISTS:
	case FN_JSON_QUERY:
		return e->args[1]->kind == EXPR_LITERAL &&
		       e->json.on_empty != JSON_ON_ERROR &&
		       e->json.on_error != JSON_ON_ERROR;
	default:
		return false;
	}
}

static bool
call_can_fail(const struct expr *e)
{
	if (!(function_get(e->function)->flags & FN_FAILS))
		return false;
	if (divides_by_literal(e) || has_good_pattern(e))
		return false;
	/* DOUBLE / 0 is Infinity */
	return e->function != FN_DIV || phys_of(e->args[1]->type) != PHYS_F64;
}

bool
expr_can_fail(const struct expr *e)
{
	if (e->kind == EXPR_CALL && call_can_fail(e))
		return true;
	if (e->kind == EXPR_CAST && e->is_try)
		return false;
	if (e->kind == EXPR_CAST && type_cast_fails(e->args[0]->type, e->type))
		return true;
	for (unsigned i = 0; i < e->nargs; i++)
		if (expr_can_fail(e->args[i]))
			return true;
	return false;
}

bool
expr_call_is_volatile(const struct expr *call)
{
	/* of a text it is the same always */
	if (call->function == FN_UNIX_TIMESTAMP && call->nargs > 0)
		return false;
	return function_get(call->function)->flags & FN_VOLATILE;
}

bool
expr_is_volatile(const struct expr *e)
{
	if (e->kind == EXPR_CALL && expr_call_is_volatile(e))
		return true;
	for (unsigned i = 0; i < e->nargs; i++)
		if (expr_is_volatile(e->args[i]))
			return true;
	return false;
}

static bool
is_drawn(const struct expr *e)
{
	return e->kind == EXPR_CALL &&
	       function_get(e->function)->flags & FN_RANDOM;
}

bool
expr_is_random(const struct expr *e)
{
	if (is_drawn(e))
		return true;
	for (unsigned i = 0; i < e->nargs; i++)
		if (expr_is_random(e->args[i]))
			return true;
	return false;
}

bool
expr_same_draw(const struct expr *a, const struct expr *b)
{
	return !is_drawn(a) || a->value.i64 == b->value.i64;
}

static bool
literal_equal(const struct value *a, const struct value *b, struct type t)
{
	if (a->is_null || b->is_null)
		return a->is_null == b->is_null;
	switch (phys_of(t)) {
	case PHYS_U8:
		return a->u8 == b->u8;
	case PHYS_I64:
		return a->i64 == b->i64;
	case PHYS_I128:
		return a->i128 == b->i128;
	case PHYS_F64:
		return memcmp(&a->f64, &b->f64, sizeof(a->f64)) == 0;
	case PHYS_STR:
		return str_eq(&a->str, &b->str);
	}
	return false;
}

bool
expr_equal(const struct expr *a, const struct expr *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || !type_equal(a->type, b->type) ||
	    a->nargs != b->nargs)
		return false;
	switch (a->kind) {
	case EXPR_COLUMN:
		return a->column == b->column;
	case EXPR_LITERAL:
		return literal_equal(&a->value, &b->value, a->type);
	case EXPR_CALL:
		if (a->function != b->function || !expr_same_draw(a, b) ||
		    !json_clauses_equal(&a->json, &b->json))
			return false;
		break;
	case EXPR_CAST:
		if (a->is_try != b->is_try)
			return false;
		break;
	}
	for (unsigned i = 0; i < a->nargs; i++)
		if (!expr_equal(a->args[i], b->args[i]))
			return false;
	return true;
}

void
expr_columns(const struct expr *e, bool *used)
{
	if (e->kind == EXPR_COLUMN)
		used[e->column] = true;
	for (unsigned i = 0; i < e->nargs; i++)
		expr_columns(e->args[i], used);
}

/* ---- copying ---- */

static struct expr *
copy_args(const struct expr *e, struct arena *a)
{
	struct expr *copy = arena_new(a, struct expr);

	*copy = *e;
	copy->args = arena_array(a, e->nargs, struct expr *);
	return copy;
}

struct expr *
expr_remap(const struct expr *e, const uint16_t *map, struct arena *a)
{
	struct expr *copy = copy_args(e, a);

	if (e->kind == EXPR_COLUMN)
		copy->column = map[e->column];
	for (unsigned i = 0; i < e->nargs; i++)
		copy->args[i] = expr_remap(e->args[i], map, a);
	return copy;
}

/* A column may have been given another name of its type (a longer VARCHAR, a
 * wider integer): values of columns and literals are right under both, those
 * of a call are made for the type that it has. */
static struct expr *
retyped(struct expr *e, struct type to, struct arena *a)
{
	if (type_equal(e->type, to) || e->kind == EXPR_COLUMN ||
	    e->kind == EXPR_LITERAL || phys_of(to) == PHYS_STR) {
		e->type = to;
		return e;
	}
	return expr_cast(e, to, a);
}

struct expr *
expr_substitute(const struct expr *e, struct expr *const *by, struct arena *a)
{
	struct expr *copy;

	if (e->kind == EXPR_COLUMN) {
		copy = copy_args(by[e->column], a);
		if (copy->nargs)
			memcpy(copy->args, by[e->column]->args,
			       copy->nargs * sizeof(*copy->args));
		return retyped(copy, e->type, a);
	}
	copy = copy_args(e, a);
	for (unsigned i = 0; i < e->nargs; i++)
		copy->args[i] = expr_substitute(e->args[i], by, a);
	set_size(copy);
	return copy;
}

uint32_t
expr_substituted_size(const struct expr *e, struct expr *const *by)
{
	uint32_t size = 1;

	if (e->kind == EXPR_COLUMN)
		return size_plus(0, by[e->column]->size);
	for (unsigned i = 0; i < e->nargs; i++)
		size = size_plus(size, expr_substituted_size(e->args[i], by));
	return size;
}
