/* SPDX-License-Identifier: Apache-2.0
 * parser/literal.c - what is inside of literals: strings and their escapes,
 * numbers and their types, instants. Intervals are in interval.c. All are
 * read the way Flink reads them, and checked here, where the caret can stand
 * under them.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/time.h"
#include "base/time_unit.h"
#include "parser/grammar.h"
#include "parser/reader.h"

static struct ast_expr *
literal_new(struct reader *r, struct span at, struct type type)
{
	struct ast_expr *e = arena_new(reader_arena(r), struct ast_expr);

	e->kind = AST_LITERAL;
	e->at = at;
	e->op_at = at;
	e->height = 1;
	e->type = type;
	e->type.nullable = false;
	return e;
}

/* ---- strings ---- */

/* Text being taken out of its quotes. */
struct unquote {
	struct reader *r;
	struct span at;
	const char *in, *end; /* behind the opening, at the closing quote */
	char *out;
	uint32_t n;
	char escape; /* of U&'..' */
};

/* False, and the failure set, unless n hexadecimal digits follow. */
static bool
read_hex(struct unquote *u, unsigned n, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < n; i++, u->in++) {
		int c = (unsigned char)*u->in;

		if (u->in >= u->end || !isxdigit(c)) {
			reader_fail(u->r, ERR_INVALID_LITERAL, u->at,
				    "an escape in this text needs %u "
				    "hexadecimal digits", n);
			return false;
		}
		value = value * 16 + (uint32_t)(c <= '9' ? c - '0' :
						(c | 0x20) - 'a' + 10);
	}
	*ret = value;
	return true;
}

static void
put_code_point(struct unquote *u, uint32_t c)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
		reader_fail(u->r, ERR_INVALID_LITERAL, u->at,
			    "an escape in this text names U+%04X, which is no "
			    "character of a text", c);
		return;
	}
	u->n += utf8_put(u->out + u->n, c);
}

/* Java writes what lies beyond U+FFFF as two escapes. */
static bool
is_pair(uint32_t high, uint32_t low)
{
	return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 &&
	       low < 0xe000;
}

/* \XXXX or \+XXXXXX of U&'..'; u->in stands behind the escape character. */
static void
read_unicode_escape(struct unquote *u)
{
	uint32_t c, low;

	if (u->in < u->end && *u->in == u->escape) {
		u->out[u->n++] = *u->in++;
		return;
	}
	if (u->in < u->end && *u->in == '+') {
		u->in++;
		if (read_hex(u, 6, &c))
			put_code_point(u, c);
		return;
	}
	if (!read_hex(u, 4, &c))
		return;
	if (c >= 0xd800 && c < 0xdc00 && u->in < u->end &&
	    *u->in == u->escape) {
		u->in++;
		if (!read_hex(u, 4, &low))
			return;
		if (is_pair(c, low))
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_code_point(u, c);
}

/* \n, \ooo, \xhh, \uXXXX, \UXXXXXXXX of E'..'. */
static void
read_c_escape(struct unquote *u)
{
	static const char letters[] = "bfnrt";
	static const char bytes[] = "\b\f\n\r\t";
	char c = *u->in++;
	const char *letter = c ? strchr(letters, c) : NULL;
	uint32_t value = 0;

	if (letter) {
		u->out[u->n++] = bytes[letter - letters];
	} else if (c == 'x') {
		if (read_hex(u, 2, &value))
			put_code_point(u, value);
	} else if (c == 'u' || c == 'U') {
		if (read_hex(u, c == 'u' ? 4 : 8, &value))
			put_code_point(u, value);
	} else if (c >= '0' && c <= '7') {
		value = (uint32_t)(c - '0');
		for (int i = 0; i < 2 && *u->in >= '0' && *u->in <= '7'; i++)
			value = value * 8 + (uint32_t)(*u->in++ - '0');
		put_code_point(u, value);
	} else {
		u->out[u->n++] = c; /* \\ and \' , and what needs none */
	}
}

static struct text
unquote(struct reader *r, struct token t, char escape)
{
	const char *text = reader_text(r, t.at);
	const char *open = strchr(text, '\'');
	bool is_c = text[0] == 'E' || text[0] == 'e';
	bool is_unicode = text[0] == 'U' || text[0] == 'u';
	struct unquote u = {
		.r = r,
		.at = t.at,
		.in = open + 1,
		.end = text + t.at.length - 1,
		.out = arena_bytes(reader_arena(r), t.at.length + 1),
		.escape = escape,
	};

	while (u.in < u.end && !r->failed) {
		char c = *u.in++;

		if (is_c && c == '\\') {
			read_c_escape(&u);
		} else if (is_unicode && c == u.escape) {
			read_unicode_escape(&u);
		} else {
			u.out[u.n++] = c;
			u.in += c == '\''; /* the doubled one */
		}
	}
	u.out[u.n] = '\0';
	return (struct text){ .data = u.out, .n = u.n, .at = t.at };
}

struct text
literal_text(struct reader *r, struct token t)
{
	return unquote(r, t, '\\');
}

struct text
literal_text_uescape(struct reader *r, struct token t, struct token escape)
{
	const char *text = reader_text(r, t.at);
	struct text c = unquote(r, escape, '\\');
	struct text ret;

	if (text[0] != 'U' && text[0] != 'u')
		reader_fail(r, ERR_SYNTAX, escape.at,
			    "UESCAPE belongs behind U&'...'");
	if (c.n != 1 || isxdigit((unsigned char)c.data[0]) ||
	    strchr("+'\" ", c.data[0]) || (unsigned char)c.data[0] >= 0x80)
		reader_fail(r, ERR_INVALID_LITERAL, escape.at,
			    "an escape character is one sign, but no "
			    "hexadecimal digit, blank, quote or +");
	ret = unquote(r, t, c.n == 1 ? c.data[0] : '\\');
	ret.at = span_join(t.at, escape.at);
	return ret;
}

struct ast_expr *
literal_string(struct reader *r, struct text text)
{
	struct type type = TYPE_OF(TYPE_CHAR);
	struct ast_expr *e;

	type.length = (uint32_t)utf8_length(text.data, text.n);
	if (type.length == 0)
		type.length = 1;
	e = literal_new(r, text.at, type);
	e->value.str = str_ref(text.data, text.n);
	return e;
}

struct ast_expr *
literal_binary(struct reader *r, struct token t)
{
	struct unquote u = { .r = r, .at = t.at };
	struct type type = TYPE_OF(TYPE_BINARY);
	struct ast_expr *e;

	u.in = reader_text(r, t.at) + 2;
	u.end = reader_text(r, t.at) + t.at.length - 1;
	u.out = arena_bytes(reader_arena(r), t.at.length);
	if ((u.end - u.in) % 2 != 0)
		reader_fail(r, ERR_INVALID_LITERAL, t.at,
			    "X'...' has two hexadecimal digits for each byte");
	while (u.in < u.end && !r->failed) {
		uint32_t byte;

		if (read_hex(&u, 2, &byte))
			u.out[u.n++] = (char)byte;
	}
	type.length = u.n ? u.n : 1;
	e = literal_new(r, t.at, type);
	e->value.str = str_ref(u.out, u.n);
	return e;
}

/* ---- NULL, truth, numbers ---- */

struct ast_expr *
literal_null(struct reader *r, struct token t)
{
	struct type type = TYPE_OF(t.kind == TK_UNKNOWN ? TYPE_BOOLEAN :
							  TYPE_NULL);
	struct ast_expr *e = literal_new(r, t.at, type);

	e->type.nullable = true;
	e->value.is_null = true;
	return e;
}

struct ast_expr *
literal_boolean(struct reader *r, struct token t, bool value)
{
	struct ast_expr *e = literal_new(r, t.at, TYPE_OF(TYPE_BOOLEAN));

	e->value.u8 = value;
	return e;
}

static void
number_fail(struct reader *r, struct token t, const char *range)
{
	if (reader_fail(r, ERR_INVALID_LITERAL, t.at,
			"the number is out of range"))
		error_note(r->err, "%s", range);
}

struct ast_expr *
literal_integer(struct reader *r, struct token t)
{
	const char *text = reader_text(r, t.at);
	const uint64_t smallest = (uint64_t)1 << 63;
	uint64_t value = 0;
	struct ast_expr *e;

	for (uint32_t i = 0; i < t.at.length; i++) {
		uint64_t digit = (uint64_t)(text[i] - '0');

		if (value > (UINT64_MAX - digit) / 10) {
			value = UINT64_MAX;
			break;
		}
		value = value * 10 + digit;
	}
	if (value > INT64_MAX && !(value == smallest && t.negative))
		number_fail(r, t, "whole numbers go up to "
			    "9223372036854775807 (BIGINT); write "
			    "CAST('...' AS DECIMAL(38, 0)) for larger ones");
	e = literal_new(r, t.at, TYPE_OF(value <= INT32_MAX ? TYPE_INT :
							      TYPE_BIGINT));
	e->value.i64 = (int64_t)value;
	return e;
}

struct ast_expr *
literal_decimal(struct reader *r, struct token t)
{
	const char *text = reader_text(r, t.at);
	const char *dot = memchr(text, '.', t.at.length);
	uint32_t digits = t.at.length - 1;
	uint32_t scale = (uint32_t)(text + digits - dot);
	struct ast_expr *e;
	i128 value = 0;

	if (scale == 0) { /* 5. is a whole number, as in Flink */
		t.at.length--;
		e = literal_integer(r, t);
		e->at.length++;
		e->op_at = e->at;
		return e;
	}
	if (digits > DECIMAL_MAX) {
		number_fail(r, t, "a DECIMAL has at most 38 digits; 1.5e0 is "
			    "a DOUBLE");
		digits = scale = 1;
	} else {
		for (const char *c = text; c < text + t.at.length; c++)
			if (*c != '.')
				value = value * 10 + (*c - '0');
	}
	e = literal_new(r, t.at, type_decimal(digits, scale));
	if (phys_of(e->type) == PHYS_I128)
		e->value.i128 = value;
	else
		e->value.i64 = (int64_t)value;
	return e;
}

struct ast_expr *
literal_double(struct reader *r, struct token t)
{
	char *text = arena_strndup(reader_arena(r), reader_text(r, t.at),
				   t.at.length);
	struct ast_expr *e = literal_new(r, t.at, TYPE_OF(TYPE_DOUBLE));

	e->value.f64 = strtod(text, NULL);
	if (isinf(e->value.f64))
		number_fail(r, t, "a DOUBLE goes up to 1.7976931348623157e308");
	return e;
}

/* ---- DATE, TIME, TIMESTAMP, units ---- */

struct ast_expr *
literal_time_unit(struct reader *r, struct token t)
{
	const char *name = reader_name(r, t), *near;
	enum time_unit unit = UNIT_DAY;
	struct text text = { .at = t.at };

	if (!time_unit_find(name, strlen(name), &unit) &&
	    reader_fail(r, ERR_SYNTAX, t.at, "there is no unit of time \"%s\"",
			name)) {
		near = error_nearest(name, time_unit_names(), UNIT_COUNT);
		if (near)
			error_hint(r->err, "did you mean %s?", near);
		error_note(r->err, "units: YEAR, QUARTER, MONTH, WEEK, DAY, "
			   "HOUR, MINUTE, SECOND, MILLISECOND and others");
	}
	text.data = time_unit_name(unit);
	text.n = (uint32_t)strlen(text.data);
	return literal_string(r, text);
}


/* Digits behind the point. */
static uint8_t
fraction_digits(const struct text *text, uint8_t max)
{
	const char *dot = strchr(text->data, '.');
	size_t n = dot ? strlen(dot + 1) : 0;

	return n < max ? (uint8_t)n : max;
}

static bool
read_timestamp(const struct text *text, int64_t *ret_us)
{
	int64_t days;

	if (us_parse_strict(text->data, text->n, ' ', false, ret_us))
		return true;
	if (!date_parse_strict(text->data, text->n, &days))
		return false;
	*ret_us = days * US_PER_DAY;
	return true;
}

struct ast_expr *
literal_instant(struct reader *r, struct token word, struct text text)
{
	struct ast_expr *e = literal_new(r, span_join(word.at, text.at),
					 TYPE_OF(TYPE_DATE));
	const char *name, *form;
	bool ok;

	if (word.kind == TK_DATE) {
		name = "DATE";
		form = "DATE '2026-01-31'";
		ok = date_parse_strict(text.data, text.n, &e->value.i64);
	} else if (word.kind == TK_TIME) {
		name = "TIME";
		form = "TIME '23:59:59'";
		e->type.kind = TYPE_TIME;
		e->type.precision = fraction_digits(&text, 3);
		ok = time_parse(text.data, text.n, &e->value.i64);
	} else {
		name = "TIMESTAMP";
		form = "TIMESTAMP '2026-01-31 23:59:59.123'";
		e->type = type_timestamp(fraction_digits(&text, 6));
		e->type.nullable = false;
		ok = read_timestamp(&text, &e->value.i64);
	}
	if (!ok && reader_fail(r, ERR_INVALID_LITERAL, text.at,
			       "'%s' is no %s", text.data, name))
		error_note(r->err, "it is written %s", form);
	return e;
}
