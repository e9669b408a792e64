/* SPDX-License-Identifier: Apache-2.0
 * parser/types_infer.c - the rules between types. Precision and scale follow
 * Flink (LogicalTypeMerging); an intermediate result of more than 38 digits is
 * refused instead of being cut.
 */
#include "parser/types_infer.h"

#include "base/arena.h"
#include "base/check.h"

#define SCALE_KEPT_MIN 6 /* digits behind the point that reduction leaves */

static unsigned
max_u(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned
min_u(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static struct type
with_null(struct type t, bool nullable)
{
	t.nullable = nullable;
	return t;
}

/* Over 38 digits: keep those before the point, give up scale, but not below
 * six digits of it. */
static struct type
decimal_reduced(unsigned precision, unsigned scale)
{
	unsigned whole = precision - scale, left;

	if (precision <= DECIMAL_MAX)
		return type_decimal(precision, scale);
	left = whole < DECIMAL_MAX ? DECIMAL_MAX - whole : 0;
	return type_decimal(DECIMAL_MAX,
			    max_u(left, min_u(scale, SCALE_KEPT_MIN)));
}

static struct type
decimal_of(struct type t)
{
	return t.kind == TYPE_DECIMAL ? t : type_as_decimal(t);
}

static struct type
common_decimal(struct type a, struct type b)
{
	unsigned whole, scale;

	a = decimal_of(a);
	b = decimal_of(b);
	scale = max_u(a.scale, b.scale);
	whole = max_u(a.precision - a.scale, b.precision - b.scale);
	return decimal_reduced(whole + scale, scale);
}

static bool
type_is_float(struct type t)
{
	return t.kind == TYPE_FLOAT || t.kind == TYPE_DOUBLE;
}

/* FLOAT with an integer stays FLOAT, with a DECIMAL it becomes DOUBLE. */
static struct type
common_float(struct type a, struct type b)
{
	if (a.kind == TYPE_DOUBLE || b.kind == TYPE_DOUBLE ||
	    a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL)
		return TYPE_OF(TYPE_DOUBLE);
	return TYPE_OF(TYPE_FLOAT);
}

static struct type
common_number(struct type a, struct type b)
{
	if (type_is_float(a) || type_is_float(b))
		return common_float(a, b);
	if (a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL)
		return common_decimal(a, b);
	return TYPE_OF(max_u(a.kind, b.kind)); /* in order of their width */
}

static struct type
common_bytes(struct type a, struct type b, enum type_kind fixed,
	     enum type_kind variable)
{
	struct type t = TYPE_OF(variable);

	t.length = max_u(a.length, b.length);
	if (a.kind == fixed && b.kind == fixed && a.length == b.length)
		t.kind = fixed;
	return t;
}

/* Item by item; the lengths of two ROWs have to agree. */
static bool
common_nested(struct type a, struct type b, struct arena *arena,
	      struct type *ret)
{
	unsigned n = type_nfields(a);
	struct type_field *fields = arena_array(arena, n, struct type_field);

	if (n != type_nfields(b))
		return false;
	for (unsigned i = 0; i < n; i++) {
		fields[i].name = a.fields[i].name;
		if (!type_common(a.fields[i].type, b.fields[i].type, arena,
				 &fields[i].type))
			return false;
	}
	*ret = a;
	ret->fields = fields;
	return true;
}

bool
type_common(struct type a, struct type b, struct arena *arena,
	    struct type *ret)
{
	bool nullable = a.nullable || b.nullable;
	struct type t;

	if (a.kind == TYPE_NULL || b.kind == TYPE_NULL) {
		*ret = with_null(a.kind == TYPE_NULL ? b : a, true);
		return true;
	}
	if (type_is_numeric(a) && type_is_numeric(b)) {
		t = common_number(a, b);
	} else if (type_is_text(a) && type_is_text(b)) {
		t = common_bytes(a, b, TYPE_CHAR, TYPE_VARCHAR);
	} else if (type_is_binary(a) && type_is_binary(b)) {
		t = common_bytes(a, b, TYPE_BINARY, TYPE_VARBINARY);
	} else if (a.kind == b.kind && !type_is_nested(a)) {
		t = a;
		t.precision = max_u(a.precision, b.precision);
	} else if (a.kind != b.kind || !common_nested(a, b, arena, &t)) {
		return false;
	}
	*ret = with_null(t, nullable);
	return true;
}

static bool
type_is_temporal(struct type t)
{
	return type_is_instant(t) || t.kind == TYPE_DATE || t.kind == TYPE_TIME;
}

bool
type_comparable(struct type a, struct type b, struct arena *arena,
		struct type *ret_a, struct type *ret_b)
{
	struct type t;

	if (type_is_temporal(a) && type_is_text(b)) {
		*ret_a = a;
		*ret_b = with_null(a, b.nullable);
		if (type_is_instant(a)) /* no digit of the text is cut */
			ret_b->precision = 6;
		return true;
	}
	if (type_is_text(a) && type_is_temporal(b))
		return type_comparable(b, a, arena, ret_b, ret_a);
	if (!type_common(a, b, arena, &t))
		return false;
	if (t.kind == TYPE_DECIMAL) {
		*ret_a = a.kind == TYPE_NULL ? b : decimal_of(a);
		*ret_b = b.kind == TYPE_NULL ? a : decimal_of(b);
	} else if (type_is_text(t) || type_is_binary(t) || type_is_integer(t) ||
		   type_is_instant(t) || t.kind == TYPE_TIME) {
		*ret_a = a.kind == TYPE_NULL ? b : a;
		*ret_b = b.kind == TYPE_NULL ? a : b;
	} else {
		*ret_a = *ret_b = t;
	}
	*ret_a = with_null(*ret_a, a.nullable);
	*ret_b = with_null(*ret_b, b.nullable);
	return true;
}

/* ---- arithmetic ---- */

/* Digits on the way to a result may be twice as many as a DECIMAL can have:
 * the kernels compute in 256 bits where they must. */
static struct type
decimal_arithmetic(enum arithmetic op, struct type a, struct type b)
{
	unsigned scale = max_u(a.scale, b.scale);
	unsigned wa = a.precision - a.scale, wb = b.precision - b.scale;

	switch (op) {
	case ARITH_ADD:
		return decimal_reduced(max_u(wa, wb) + scale + 1, scale);
	case ARITH_MUL:
		return decimal_reduced(a.precision + b.precision + 1,
				       a.scale + b.scale);
	case ARITH_DIV:
		scale = max_u(SCALE_KEPT_MIN, a.scale + b.precision + 1);
		return decimal_reduced(wa + b.scale + scale, scale);
	case ARITH_MOD:
		break;
	}
	return type_decimal(max_u(min_u(wa, wb) + scale, 1), scale);
}

struct type
type_arithmetic(enum arithmetic op, struct type a, struct type b,
		struct type *ret_a, struct type *ret_b)
{
	bool nullable = a.nullable || b.nullable;
	struct type t;

	if (a.kind == TYPE_NULL)
		a = with_null(b, true);
	if (b.kind == TYPE_NULL)
		b = with_null(a, true);
	CHECK(type_is_numeric(a) && type_is_numeric(b));
	t = common_number(a, b);
	*ret_a = a;
	*ret_b = b;
	if (t.kind == TYPE_DECIMAL) {
		*ret_a = with_null(decimal_of(a), a.nullable);
		*ret_b = with_null(decimal_of(b), b.nullable);
		t = decimal_arithmetic(op, *ret_a, *ret_b);
		nullable = true; /* a value over the precision is NULL */
	} else if (type_is_float(t)) {
		*ret_a = with_null(t, a.nullable);
		*ret_b = with_null(t, b.nullable);
	} else if (op == ARITH_MOD) {
		t = TYPE_OF(b.kind); /* no remainder is wider than the divisor */
	}
	return with_null(t, nullable);
}

struct type
type_sum(struct type t)
{
	if (t.kind == TYPE_DECIMAL)
		return type_decimal(DECIMAL_MAX, t.scale);
	return with_null(t, true);
}

struct type
type_avg(struct type t)
{
	if (t.kind == TYPE_DECIMAL)
		return type_decimal(DECIMAL_MAX,
				    max_u(SCALE_KEPT_MIN, t.scale));
	return with_null(t, true);
}

/* ---- conversions ---- */

static bool
castable_to_instant(struct type from, struct type to, const char **ret_hint)
{
	if (type_is_instant(from) || from.kind == TYPE_DATE ||
	    from.kind == TYPE_TIME || type_is_text(from))
		return true;
	if (type_is_numeric(from))
		*ret_hint = to.kind == TYPE_TIMESTAMP
			? "write CAST(TO_TIMESTAMP_LTZ(n, 3) AS TIMESTAMP(3)) "
			  "for milliseconds since 1970, TO_TIMESTAMP_LTZ(n, 0) "
			  "for seconds"
			: "write TO_TIMESTAMP_LTZ(n, 3) for milliseconds since "
			  "1970, TO_TIMESTAMP_LTZ(n, 0) for seconds";
	return false;
}

static bool
castable_to_number(struct type from, const char **ret_hint)
{
	if (type_is_numeric(from) || type_is_text(from) ||
	    from.kind == TYPE_BOOLEAN)
		return true;
	if (type_is_instant(from))
		*ret_hint = "a time is no number; keep the epoch number as a "
			    "column of its own, or write DATE_FORMAT(...)";
	return false;
}

/* Does `rule` hold for all fields of both? */
static bool
all_fields(struct type from, struct type to,
	   bool (*rule)(struct type from, struct type to))
{
	if (from.kind != to.kind || type_nfields(from) != type_nfields(to))
		return false;
	for (unsigned i = 0; i < type_nfields(from); i++)
		if (!rule(from.fields[i].type, to.fields[i].type))
			return false;
	return true;
}

static bool
castable_field(struct type from, struct type to)
{
	const char *hint;

	return type_castable(from, to, &hint);
}

bool
type_castable(struct type from, struct type to, const char **ret_hint)
{
	*ret_hint = NULL;
	if (from.kind == TYPE_NULL)
		return true;
	if (type_is_text(to))
		return true;
	if (type_is_nested(from) || type_is_nested(to))
		return all_fields(from, to, castable_field);
	if (from.kind == to.kind)
		return true;
	if (type_is_binary(to))
		return type_is_text(from) || type_is_binary(from);
	if (type_is_instant(to))
		return castable_to_instant(from, to, ret_hint);
	if (type_is_numeric(to))
		return castable_to_number(from, ret_hint);
	if (to.kind == TYPE_BOOLEAN)
		return type_is_numeric(from) || type_is_text(from);
	if (to.kind == TYPE_DATE || to.kind == TYPE_TIME)
		return type_is_text(from) || type_is_instant(from);
	return false;
}

bool
type_cast_fails(struct type from, struct type to)
{
	if (type_is_text(from))
		return !type_is_text(to) && !type_is_binary(to);
	if (type_is_nested(from) && type_is_nested(to)) {
		for (unsigned i = 0; i < type_nfields(from); i++)
			if (type_cast_fails(from.fields[i].type,
					    to.fields[i].type))
				return true;
	}
	return false; /* numbers wrap, saturate or become NULL */
}

/* Inside of a nested value nobody looks for NULLs row by row. */
static bool
assignable_field(struct type from, struct type to)
{
	return (to.nullable || !from.nullable) && type_assignable(from, to);
}

bool
type_assignable(struct type from, struct type to)
{
	if (from.kind == TYPE_NULL)
		return true;
	switch ((enum type_kind)to.kind) {
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		return type_is_integer(from) && from.kind <= to.kind;
	case TYPE_FLOAT:
		return type_is_numeric(from) && from.kind != TYPE_DOUBLE;
	case TYPE_DOUBLE:
	case TYPE_DECIMAL:
		return type_is_numeric(from);
	case TYPE_VARCHAR:
		return type_is_text(from);
	case TYPE_VARBINARY:
		return type_is_binary(from);
	case TYPE_DATE:
		return from.kind == TYPE_DATE || from.kind == TYPE_TIMESTAMP;
	case TYPE_TIME:
		return from.kind == TYPE_TIME || from.kind == TYPE_TIMESTAMP;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return type_is_instant(from);
	case TYPE_ARRAY:
	case TYPE_MULTISET:
	case TYPE_MAP:
	case TYPE_ROW:
		return all_fields(from, to, assignable_field);
	default:
		return from.kind == to.kind;
	}
}

bool
type_same_values(struct type from, struct type to)
{
	if (type_is_text(from) && type_is_text(to))
		return true; /* lengths are not enforced on assignment */
	if (type_is_binary(from) && type_is_binary(to))
		return true;
	if (type_is_integer(from) && type_is_integer(to))
		return from.kind <= to.kind;
	if (type_is_nested(from))
		return all_fields(from, to, type_same_values);
	if (from.kind != to.kind)
		return false;
	if (type_is_instant(from) || from.kind == TYPE_TIME)
		return from.precision <= to.precision;
	return type_equal(from, to);
}
