/* SPDX-License-Identifier: Apache-2.0
 * base/types.c - what is known about a type by its kind alone stands in one
 * table; only names and sizes need more.
 */
#include "base/types.h"

#include <stdio.h>

#include "base/check.h"

enum family { OTHER, INTEGER, DECIMAL, APPROXIMATE, TEXT, BYTES, INSTANT,
	      INTERVAL };

static const struct kind {
	const char *name;
	uint8_t phys;
	uint8_t family;
	uint8_t digits; /* of an integer as DECIMAL */
} kinds[TYPE_COUNT] = {
	[TYPE_NULL] = { "NULL", PHYS_I64, OTHER, 0 },
	[TYPE_BOOLEAN] = { "BOOLEAN", PHYS_U8, OTHER, 0 },
	[TYPE_TINYINT] = { "TINYINT", PHYS_I64, INTEGER, 3 },
	[TYPE_SMALLINT] = { "SMALLINT", PHYS_I64, INTEGER, 5 },
	[TYPE_INT] = { "INT", PHYS_I64, INTEGER, 10 },
	[TYPE_BIGINT] = { "BIGINT", PHYS_I64, INTEGER, 19 },
	[TYPE_FLOAT] = { "FLOAT", PHYS_F64, APPROXIMATE, 0 },
	[TYPE_DOUBLE] = { "DOUBLE", PHYS_F64, APPROXIMATE, 0 },
	[TYPE_DECIMAL] = { "DECIMAL", PHYS_I128, DECIMAL, 0 },
	[TYPE_CHAR] = { "CHAR", PHYS_STR, TEXT, 0 },
	[TYPE_VARCHAR] = { "VARCHAR", PHYS_STR, TEXT, 0 },
	[TYPE_BINARY] = { "BINARY", PHYS_STR, BYTES, 0 },
	[TYPE_VARBINARY] = { "VARBINARY", PHYS_STR, BYTES, 0 },
	[TYPE_DATE] = { "DATE", PHYS_I64, OTHER, 0 },
	[TYPE_TIME] = { "TIME", PHYS_I64, OTHER, 0 },
	[TYPE_TIMESTAMP] = { "TIMESTAMP", PHYS_I64, INSTANT, 0 },
	[TYPE_TIMESTAMP_LTZ] = { "TIMESTAMP_LTZ", PHYS_I64, INSTANT, 0 },
	[TYPE_INTERVAL_MONTH] = { "INTERVAL MONTH", PHYS_I64, INTERVAL, 0 },
	[TYPE_INTERVAL_MS] = { "INTERVAL SECOND(3)", PHYS_I64, INTERVAL, 0 },
};

static const struct kind *
kind_of(struct type t)
{
	CHECK(t.kind < TYPE_COUNT);
	return &kinds[t.kind];
}

struct type
type_decimal(unsigned precision, unsigned scale)
{
	struct type t = TYPE_OF(TYPE_DECIMAL);

	CHECK(precision >= 1 && precision <= DECIMAL_MAX);
	CHECK(scale <= precision);
	t.precision = (uint8_t)precision;
	t.scale = (uint8_t)scale;
	return t;
}

struct type
type_timestamp(unsigned precision)
{
	struct type t = TYPE_OF(TYPE_TIMESTAMP);

	CHECK(precision <= 6);
	t.precision = (uint8_t)precision;
	return t;
}

struct type
type_timestamp_ltz(unsigned precision)
{
	struct type t = TYPE_OF(TYPE_TIMESTAMP_LTZ);

	CHECK(precision <= 6);
	t.precision = (uint8_t)precision;
	return t;
}

enum phys
phys_of(struct type t)
{
	if (t.kind == TYPE_DECIMAL && t.precision <= DECIMAL_NARROW_MAX)
		return PHYS_I64;
	return kind_of(t)->phys;
}

size_t
phys_bytes(enum phys p)
{
	static const size_t bytes[] = {
		[PHYS_U8] = 1, [PHYS_I64] = 8, [PHYS_I128] = 16,
		[PHYS_F64] = 8, [PHYS_STR] = 16,
	};

	CHECK(p <= PHYS_STR);
	return bytes[p];
}

static bool
has_length(struct type t)
{
	return type_is_text(t) || type_is_binary(t);
}

static bool
has_precision(struct type t)
{
	return t.kind == TYPE_DECIMAL || t.kind == TYPE_TIME ||
	       type_is_instant(t);
}

bool
type_equal(struct type a, struct type b)
{
	if (a.kind != b.kind)
		return false;
	if (has_length(a) && a.length != b.length)
		return false;
	if (has_precision(a) && a.precision != b.precision)
		return false;
	return a.kind != TYPE_DECIMAL || a.scale == b.scale;
}

bool
type_is_integer(struct type t)
{
	return kind_of(t)->family == INTEGER;
}

bool
type_is_exact(struct type t)
{
	return type_is_integer(t) || t.kind == TYPE_DECIMAL;
}

bool
type_is_numeric(struct type t)
{
	return type_is_exact(t) || kind_of(t)->family == APPROXIMATE;
}

bool
type_is_text(struct type t)
{
	return kind_of(t)->family == TEXT;
}

bool
type_is_binary(struct type t)
{
	return kind_of(t)->family == BYTES;
}

bool
type_is_instant(struct type t)
{
	return kind_of(t)->family == INSTANT;
}

bool
type_is_interval(struct type t)
{
	return kind_of(t)->family == INTERVAL;
}

struct type
type_as_decimal(struct type t)
{
	struct type d;

	CHECK(type_is_exact(t));
	if (t.kind == TYPE_DECIMAL)
		return t;
	d = type_decimal(kind_of(t)->digits, 0);
	d.nullable = t.nullable;
	return d;
}

const char *
type_name(struct type t, char out[TYPE_NAME_MAX])
{
	const char *name = kind_of(t)->name;
	const char *tail = t.nullable || t.kind == TYPE_NULL ? "" : " NOT NULL";

	if (t.kind == TYPE_VARCHAR && t.length == TYPE_LENGTH_MAX)
		snprintf(out, TYPE_NAME_MAX, "STRING%s", tail);
	else if (t.kind == TYPE_VARBINARY && t.length == TYPE_LENGTH_MAX)
		snprintf(out, TYPE_NAME_MAX, "BYTES%s", tail);
	else if (t.kind == TYPE_DECIMAL)
		snprintf(out, TYPE_NAME_MAX, "%s(%u, %u)%s", name, t.precision,
			 t.scale, tail);
	else if (has_length(t))
		snprintf(out, TYPE_NAME_MAX, "%s(%u)%s", name, t.length, tail);
	else if (has_precision(t))
		snprintf(out, TYPE_NAME_MAX, "%s(%u)%s", name, t.precision,
			 tail);
	else
		snprintf(out, TYPE_NAME_MAX, "%s%s", name, tail);
	return out;
}
