/* SPDX-License-Identifier: Apache-2.0
 * base/types.c - what is known about a type by its kind alone stands in one
 * table; only names and sizes need more.
 */
#include "base/types.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"

enum family { OTHER, INTEGER, DECIMAL, APPROXIMATE, TEXT, BYTES, INSTANT,
	      INTERVAL, NESTED };

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
	[TYPE_ARRAY] = { "ARRAY", PHYS_STR, NESTED, 0 },
	[TYPE_MULTISET] = { "MULTISET", PHYS_STR, NESTED, 0 },
	[TYPE_MAP] = { "MAP", PHYS_STR, NESTED, 0 },
	[TYPE_ROW] = { "ROW", PHYS_STR, NESTED, 0 },
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

/* ---- nested types ---- */

static struct type
nested_type(struct arena *a, enum type_kind kind, unsigned n,
	    const struct type_field *fields)
{
	struct type t = TYPE_OF(kind);
	struct type_field *copy = arena_array(a, n, struct type_field);

	if (n > 0)
		memcpy(copy, fields, n * sizeof(*copy));
	t.fields = copy;
	if (kind == TYPE_ROW)
		t.length = n;
	return t;
}

struct type
type_array(struct arena *a, struct type element)
{
	return nested_type(a, TYPE_ARRAY, 1,
			   &(struct type_field){ NULL, element });
}

struct type
type_multiset(struct arena *a, struct type element)
{
	return nested_type(a, TYPE_MULTISET, 1,
			   &(struct type_field){ NULL, element });
}

struct type
type_map(struct arena *a, struct type key, struct type value)
{
	struct type_field fields[2] = { { NULL, key }, { NULL, value } };

	return nested_type(a, TYPE_MAP, 2, fields);
}

struct type
type_row(struct arena *a, unsigned n, const struct type_field *fields)
{
	return nested_type(a, TYPE_ROW, n, fields);
}

struct type
type_copy(struct arena *a, struct type t)
{
	unsigned n = type_nfields(t);
	struct type_field *copy;

	if (n == 0)
		return t;
	copy = arena_array(a, n, struct type_field);
	for (unsigned i = 0; i < n; i++) {
		const struct type_field *f = &t.fields[i];

		copy[i].name = f->name ? arena_strdup(a, f->name) : NULL;
		copy[i].type = type_copy(a, f->type);
	}
	t.fields = copy;
	return t;
}

unsigned
type_nfields(struct type t)
{
	switch (t.kind) {
	case TYPE_ARRAY:
	case TYPE_MULTISET:
		return 1;
	case TYPE_MAP:
		return 2;
	case TYPE_ROW:
		return t.length;
	default:
		return 0;
	}
}

struct type
type_element(struct type t)
{
	CHECK(t.kind == TYPE_ARRAY || t.kind == TYPE_MULTISET);
	return t.fields[0].type;
}

struct type
type_key(struct type t)
{
	CHECK(t.kind == TYPE_MAP || t.kind == TYPE_MULTISET);
	return t.fields[0].type;
}

struct type
type_value(struct type t)
{
	CHECK(t.kind == TYPE_MAP || t.kind == TYPE_MULTISET);
	return t.kind == TYPE_MAP ? t.fields[1].type
				  : (struct type){ .kind = TYPE_INT };
}

int
type_field_find(struct type row, const char *name)
{
	CHECK(row.kind == TYPE_ROW);
	for (unsigned i = 0; i < row.length; i++)
		if (strcmp(row.fields[i].name, name) == 0)
			return (int)i;
	return -1;
}

unsigned
type_depth(struct type t)
{
	unsigned depth = 0;

	for (unsigned i = 0; i < type_nfields(t); i++) {
		unsigned below = type_depth(t.fields[i].type);

		depth = below > depth ? below : depth;
	}
	return depth + 1;
}

/* ---- memory, equality, families ---- */

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

static bool
fields_equal(struct type a, struct type b)
{
	unsigned n = type_nfields(a);

	if (n != type_nfields(b))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct type_field *x = &a.fields[i], *y = &b.fields[i];

		if (!type_equal(x->type, y->type) ||
		    (x->name && strcmp(x->name, y->name) != 0))
			return false;
	}
	return true;
}

bool
type_equal(struct type a, struct type b)
{
	if (a.kind != b.kind || !fields_equal(a, b))
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

bool
type_is_nested(struct type t)
{
	return kind_of(t)->family == NESTED;
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

/* ---- names ---- */

/* A field's name in back-ticks, those inside doubled. */
static void
print_field_name(struct buf *out, const char *name)
{
	buf_putc(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			buf_putc(out, '`');
		buf_putc(out, *name);
	}
	buf_puts(out, "` ");
}

static void
print_fields(struct buf *out, struct type t)
{
	buf_putc(out, '<');
	for (unsigned i = 0; i < type_nfields(t); i++) {
		if (i > 0)
			buf_puts(out, ", ");
		if (t.kind == TYPE_ROW)
			print_field_name(out, t.fields[i].name);
		type_print(out, t.fields[i].type);
	}
	buf_putc(out, '>');
}

void
type_print(struct buf *out, struct type t)
{
	if (t.kind == TYPE_VARCHAR && t.length == TYPE_LENGTH_MAX)
		buf_puts(out, "STRING");
	else if (t.kind == TYPE_VARBINARY && t.length == TYPE_LENGTH_MAX)
		buf_puts(out, "BYTES");
	else
		buf_puts(out, kind_of(t)->name);
	if (t.kind == TYPE_DECIMAL)
		buf_printf(out, "(%u, %u)", t.precision, t.scale);
	else if (has_length(t) && t.length != TYPE_LENGTH_MAX)
		buf_printf(out, "(%u)", t.length);
	else if (has_precision(t))
		buf_printf(out, "(%u)", t.precision);
	else if (type_is_nested(t))
		print_fields(out, t);
	if (!t.nullable && t.kind != TYPE_NULL)
		buf_puts(out, " NOT NULL");
}

const char *
type_name(struct type t, char out[TYPE_NAME_MAX])
{
	struct buf b;

	buf_init(&b);
	type_print(&b, t);
	if (b.len < TYPE_NAME_MAX) {
		memcpy(out, b.data, b.len);
		out[b.len] = '\0';
	} else {
		size_t n = TYPE_NAME_MAX - 4;

		while (((unsigned char)b.data[n] & 0xc0) == 0x80)
			n--; /* no half of a character */
		memcpy(out, b.data, n);
		memcpy(out + n, "...", 4);
	}
	buf_release(&b);
	return out;
}

const char *
type_string(struct type t, struct arena *a)
{
	const char *text;
	struct buf b;

	buf_init(&b);
	type_print(&b, t);
	text = arena_strndup(a, b.data, b.len);
	buf_release(&b);
	return text;
}
