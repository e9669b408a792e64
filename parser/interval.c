/* SPDX-License-Identifier: Apache-2.0
 * parser/interval.c - INTERVAL literals: one number and a unit, or several
 * fields from a unit down to a smaller one, such as '1 10:30' DAY TO MINUTE.
 * Wider than Flink in one point: the leading field may have any number of
 * digits, where Flink wants DAY(3) for 100 days.
 */
#include <ctype.h>
#include <string.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

static const struct unit_word {
	const char *name;
	enum ast_unit unit;
} unit_words[] = {
	{ "YEAR", AST_YEAR },       { "YEARS", AST_YEAR },
	{ "QUARTER", AST_QUARTER }, { "QUARTERS", AST_QUARTER },
	{ "MONTH", AST_MONTH },     { "MONTHS", AST_MONTH },
	{ "WEEK", AST_WEEK },       { "WEEKS", AST_WEEK },
	{ "DAY", AST_DAY },         { "DAYS", AST_DAY },
	{ "HOUR", AST_HOUR },       { "HOURS", AST_HOUR },
	{ "MINUTE", AST_MINUTE },   { "MINUTES", AST_MINUTE },
	{ "SECOND", AST_SECOND },   { "SECONDS", AST_SECOND },
};

/* Months, or milliseconds from WEEK on. */
static int64_t
unit_size(enum ast_unit unit)
{
	switch (unit) {
	case AST_YEAR: return 12;
	case AST_QUARTER: return 3;
	case AST_MONTH: return 1;
	case AST_WEEK: return INT64_C(7) * 24 * 3600 * 1000;
	case AST_DAY: return INT64_C(24) * 3600 * 1000;
	case AST_HOUR: return 3600 * 1000;
	case AST_MINUTE: return 60 * 1000;
	case AST_SECOND: return 1000;
	case AST_MILLISECOND: return 1;
	}
	CHECK(!"a unit without a size");
	return 0;
}

static bool
unit_is_month(enum ast_unit unit)
{
	return unit == AST_YEAR || unit == AST_QUARTER || unit == AST_MONTH;
}

enum ast_unit
literal_unit(struct reader *r, struct token t)
{
	const char *names[ARRAY_LEN(unit_words)];
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(unit_words); i++) {
		if (reader_is(r, t, unit_words[i].name))
			return unit_words[i].unit;
		names[i] = unit_words[i].name;
	}
	if (!reader_fail(r, ERR_INVALID_INTERVAL, t.at,
			 "there is no interval of \"%s\"",
			 reader_name(r, t)))
		return AST_SECOND;
	near = error_nearest(reader_name(r, t), names, ARRAY_LEN(names));
	if (near)
		error_hint(r->err, "did you mean %s?", near);
	error_note(r->err, "units: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, "
		   "MINUTE, SECOND; 5 milliseconds are INTERVAL '0.005' "
		   "SECOND");
	return AST_SECOND;
}

struct interval_unit
literal_unit_range(struct reader *r, struct interval_unit from,
		   struct interval_unit to)
{
	struct interval_unit ret = {
		.at = span_join(from.at, to.at),
		.from = from.from,
		.to = to.from,
	};
	bool months = from.from == AST_YEAR && to.from == AST_MONTH;
	bool fields = from.from >= AST_DAY && to.from > from.from;

	if (!months && !fields &&
	    reader_fail(r, ERR_INVALID_INTERVAL, ret.at,
			"there is no interval of this range"))
		error_note(r->err, "ranges: YEAR TO MONTH, and from DAY, HOUR "
			   "or MINUTE TO a smaller one of HOUR, MINUTE, "
			   "SECOND");
	return ret;
}

/* A field's digits; false: none, or more than nine. */
static bool
read_field(const char **in, int64_t *ret)
{
	int64_t value = 0;
	int n = 0;

	for (; isdigit((unsigned char)**in); (*in)++, n++)
		if (n < 18)
			value = value * 10 + (**in - '0');
	*ret = value;
	return n > 0 && n <= 18;
}

/* ".5" of seconds as milliseconds; false: finer than that. */
static bool
read_fraction(const char **in, int64_t *ret)
{
	int64_t value = 0;
	int n = 0;

	for (; isdigit((unsigned char)**in); (*in)++, n++) {
		if (n < 3)
			value = value * 10 + (**in - '0');
		else if (**in != '0')
			return false;
	}
	for (int i = n; i < 3; i++)
		value *= 10;
	*ret = value;
	return n > 0;
}

enum interval_rc { INTERVAL_OK, INTERVAL_SYNTAX, INTERVAL_FINE, INTERVAL_LARGE };

/* The most that a field below the leading one can be. */
static int64_t
field_max(enum ast_unit unit)
{
	return unit == AST_MONTH ? 11 : unit == AST_HOUR ? 23 : 59;
}

static enum ast_unit
unit_below(enum ast_unit unit)
{
	return unit == AST_YEAR ? AST_MONTH : (enum ast_unit)(unit + 1);
}

/* What stands between a field and the one of `unit` behind it. */
static char
separator(enum ast_unit unit)
{
	return unit == AST_MONTH ? '-' : unit == AST_HOUR ? ' ' : ':';
}

static enum interval_rc
read_interval(const char *in, struct interval_unit range, int64_t *ret)
{
	enum ast_unit unit = range.from;
	int64_t total = 0;
	int64_t field;

	for (;;) {
		if (!read_field(&in, &field))
			return INTERVAL_SYNTAX;
		if (unit != range.from && field > field_max(unit))
			return INTERVAL_SYNTAX;
		if (__builtin_mul_overflow(field, unit_size(unit), &field) ||
		    __builtin_add_overflow(total, field, &total))
			return INTERVAL_LARGE;
		if (unit == range.to)
			break;
		unit = unit_below(unit);
		if (*in++ != separator(unit))
			return INTERVAL_SYNTAX;
	}
	if (*in == '.' && unit == AST_SECOND) {
		in++;
		if (!read_fraction(&in, &field))
			return INTERVAL_FINE;
		if (__builtin_add_overflow(total, field, &total))
			return INTERVAL_LARGE;
	}
	*ret = total;
	return *in ? INTERVAL_SYNTAX : INTERVAL_OK;
}

static const char *
interval_example(struct interval_unit range)
{
	if (range.from == range.to)
		return range.from == AST_SECOND ? "INTERVAL '1.5' SECOND" :
						  "INTERVAL '5' MINUTE";
	return range.from == AST_YEAR ? "INTERVAL '1-6' YEAR TO MONTH" :
	       "INTERVAL '1 10:30:00.5' DAY TO SECOND";
}

struct ast_expr *
literal_interval(struct reader *r, struct token word, bool negative,
		 struct text text, struct interval_unit range)
{
	struct ast_expr *e = arena_new(reader_arena(r), struct ast_expr);
	const char *in = arena_strndup(reader_arena(r), text.data, text.n);
	enum interval_rc rc;

	e->kind = AST_LITERAL;
	e->at = span_join(word.at, range.at);
	e->op_at = word.at;
	e->height = 1;
	e->type.kind = unit_is_month(range.from) ? TYPE_INTERVAL_MONTH :
						   TYPE_INTERVAL_MS;
	if (*in == '-' || *in == '+')
		negative ^= *in++ == '-';
	rc = read_interval(in, range, &e->value.i64);
	if (negative)
		e->value.i64 = -e->value.i64;
	if (rc == INTERVAL_FINE)
		reader_fail(r, ERR_INVALID_LITERAL, text.at,
			    "intervals are kept in milliseconds: three digits "
			    "behind the point");
	else if (rc == INTERVAL_LARGE)
		reader_fail(r, ERR_INVALID_LITERAL, text.at,
			    "the interval is out of range");
	else if (rc == INTERVAL_SYNTAX &&
		 reader_fail(r, ERR_INVALID_LITERAL, text.at,
			     "this is no interval of its unit"))
		error_note(r->err, "it is written like %s",
			   interval_example(range));
	return e;
}
