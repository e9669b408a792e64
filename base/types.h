/* SPDX-License-Identifier: Apache-2.0
 * base/types.h - SQL data types, and how a value of each lies in memory.
 *
 * Every SQL type has one of five physical shapes (phys_of()):
 *   PHYS_U8    BOOLEAN: 0 or 1
 *   PHYS_I64   all integers; DATE in days since 1970-01-01; TIME in
 *              milliseconds of the day; TIMESTAMP and TIMESTAMP_LTZ in
 *              microseconds since 1970-01-01 00:00 (local clock or UTC);
 *              INTERVAL in months or milliseconds; DECIMAL of up to 18 digits
 *              as the unscaled integer
 *   PHYS_I128  DECIMAL of 19 to 38 digits, unscaled
 *   PHYS_F64   FLOAT (rounded after each operation), DOUBLE
 *   PHYS_STR   CHAR, VARCHAR/STRING, BINARY, VARBINARY/BYTES; ARRAY,
 *              MULTISET, MAP and ROW as bytes (base/nested.h)
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef __int128 i128; /* the one typedef: the compiler's own type, shorter */

enum type_kind {
	TYPE_NULL, /* of the literal NULL before it is coerced */
	TYPE_BOOLEAN,
	TYPE_TINYINT,
	TYPE_SMALLINT,
	TYPE_INT,
	TYPE_BIGINT,
	TYPE_FLOAT,
	TYPE_DOUBLE,
	TYPE_DECIMAL,   /* precision 1..38, scale 0..precision */
	TYPE_CHAR,      /* length */
	TYPE_VARCHAR,   /* length; TYPE_LENGTH_MAX is STRING */
	TYPE_BINARY,    /* length */
	TYPE_VARBINARY, /* length; TYPE_LENGTH_MAX is BYTES */
	TYPE_DATE,
	TYPE_TIME,          /* precision 0..3 */
	TYPE_TIMESTAMP,     /* precision 0..6 */
	TYPE_TIMESTAMP_LTZ, /* precision 0..6 */
	TYPE_INTERVAL_MONTH, /* months */
	TYPE_INTERVAL_MS,    /* milliseconds */
	TYPE_ARRAY,    /* one field: the element */
	TYPE_MULTISET, /* one field: the element; as a MAP to how many */
	TYPE_MAP,      /* two fields: key, value */
	TYPE_ROW,      /* `length` fields, with names */
	TYPE_COUNT
};

enum phys { PHYS_U8, PHYS_I64, PHYS_I128, PHYS_F64, PHYS_STR };

#define TYPE_LENGTH_MAX 2147483647u
#define DECIMAL_NARROW_MAX 18 /* digits that fit PHYS_I64 */
#define DECIMAL_MAX 38
#define TYPE_DEPTH_MAX 16 /* levels of ARRAY<MAP<..>>, checked by the parser */

struct arena;
struct buf;
struct type_field;

/* Small, and passed by value. The fields of a nested type live in an arena:
 * who keeps a type for longer than that takes a type_copy(). */
struct type {
	uint8_t kind;      /* enum type_kind */
	bool nullable;     /* types are nullable unless said otherwise */
	uint8_t precision; /* DECIMAL, TIME, TIMESTAMP, TIMESTAMP_LTZ */
	uint8_t scale;     /* DECIMAL */
	uint32_t length;   /* CHAR ... VARBINARY, in code points or bytes;
			    * ROW: number of fields */
	const struct type_field *fields; /* ARRAY, MULTISET, MAP, ROW */
};

struct type_field {
	const char *name; /* in a ROW; else NULL */
	struct type type;
};

/* Nullable types ready for use. */
#define TYPE_OF(k) ((struct type){ .kind = (k), .nullable = true })
#define TYPE_STRING_OF \
	((struct type){ .kind = TYPE_VARCHAR, .nullable = true, \
			.length = TYPE_LENGTH_MAX })
struct type type_decimal(unsigned precision, unsigned scale);
struct type type_timestamp(unsigned precision);
struct type type_timestamp_ltz(unsigned precision);
/* Nullable, with fields of their own in the arena; what these hold (names,
 * fields of fields) is borrowed. */
struct type type_array(struct arena *a, struct type element);
struct type type_multiset(struct arena *a, struct type element);
struct type type_map(struct arena *a, struct type key, struct type value);
struct type type_row(struct arena *a, unsigned n,
		     const struct type_field *fields);
/* With everything it points to copied into the arena. */
struct type type_copy(struct arena *a, struct type t);

enum phys phys_of(struct type t);
size_t phys_bytes(enum phys p); /* of one value in a column: 1 8 16 8 16 */

/* Nullability aside, at all levels; names of a ROW's fields count. */
bool type_equal(struct type a, struct type b);
bool type_is_integer(struct type t);
bool type_is_exact(struct type t);   /* integers and DECIMAL */
bool type_is_numeric(struct type t); /* exact, FLOAT, DOUBLE */
bool type_is_text(struct type t);    /* CHAR, VARCHAR */
bool type_is_binary(struct type t);
bool type_is_instant(struct type t); /* TIMESTAMP, TIMESTAMP_LTZ */
bool type_is_interval(struct type t);
bool type_is_nested(struct type t); /* ARRAY, MULTISET, MAP, ROW */

unsigned type_nfields(struct type t); /* 0 of types that are not nested */
struct type type_element(struct type t); /* of an ARRAY or MULTISET */
struct type type_key(struct type t);     /* of a MAP or MULTISET */
struct type type_value(struct type t);   /* the same; MULTISET: INT NOT NULL */
int type_field_find(struct type row, const char *name); /* -1: none */
unsigned type_depth(struct type t); /* 1 of types that are not nested */

/* An integer type as DECIMAL: INT is DECIMAL(10,0), BIGINT (19,0) ... */
struct type type_as_decimal(struct type t);

/* "DECIMAL(10, 2) NOT NULL", "ROW<`a` INT>", as Flink prints types; of any
 * length. */
void type_print(struct buf *out, struct type t);
#define TYPE_NAME_MAX 96
/* The same for messages: a longer one ends in "..."; returns out. */
const char *type_name(struct type t, char out[TYPE_NAME_MAX]);
/* The whole of it, in the arena. */
const char *type_string(struct type t, struct arena *a);

/* One value outside of a column: literals, defaults, keys of a test. */
struct value {
	bool is_null;
	union {
		uint8_t u8;
		int64_t i64;
		i128 i128;
		double f64;
		struct str str;
	};
};

#endif
