/* SPDX-License-Identifier: Apache-2.0
 * runtime/shape.h - what values have looked like: JSON values or fields of
 * lines are added one by one, and then there is a type that holds all of them.
 */
#ifndef RUNTIME_SHAPE_H
#define RUNTIME_SHAPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_doc.h"

/* What a text is besides a text. */
enum text_form {
	FORM_TEXT,
	FORM_DATE,          /* 2026-01-31 */
	FORM_TIMESTAMP,     /* 2026-01-31 12:00:00.5 */
	FORM_TIMESTAMP_ISO, /* 2026-01-31T12:00:00.5 */
	FORM_INSTANT,       /* the same with a Z behind it */
	FORM_INSTANT_ISO,
	FORM_COUNT_OF,
};

struct shape_field;

struct shape {
	unsigned n;     /* values, NULLs among them */
	unsigned nulls, booleans, integers, decimals, strings, arrays, objects;
	unsigned wide;  /* integers beyond BIGINT */
	unsigned exponents; /* decimals that are written with one */
	unsigned digits, scale; /* the most before and behind the point */
	int64_t min, max; /* of integers within BIGINT */
	unsigned forms[FORM_COUNT_OF]; /* of strings */
	unsigned fraction; /* the most digits behind the seconds */
	const char *example; /* the first that is not NULL, cut; or NULL */
	struct shape *element; /* of all arrays; NULL: they were empty */
	unsigned nfields;
	unsigned unnamed; /* fields whose names no column can have: left out */
	struct shape_field *fields, **tail; /* in the order of appearance */
};

struct shape_field {
	struct shape_field *next;
	const char *name;
	struct shape shape;
};

/* All that is remembered lives in the arena. */
void shape_init(struct shape *s);
void shape_add(struct shape *s, const struct json_doc *d, uint32_t node,
	       struct arena *a);
/* A field of a line, which tells numbers and booleans by their text; empty:
 * NULL. */
void shape_add_text(struct shape *s, const char *text, size_t n,
		    struct arena *a);

/* True: its times are written with a T more often than with a blank, and so
 * 'timestamp-format.standard' should be ISO-8601. */
bool shape_is_iso(const struct shape *s);
/* The type that holds all values, and remarks (may be empty) for people. Texts
 * of the other standard stay texts. */
void shape_type(const struct shape *s, bool iso, struct buf *type,
		struct buf *note);
/* Which form all its strings have; FORM_TEXT: none, or other values are there,
 * too. */
enum text_form shape_form(const struct shape *s, bool iso);

#endif
