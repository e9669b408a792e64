/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_text.c - the pieces that random queries are made of:
 * literals and conditions, each written for sluice and for SQLite at once.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "tests/property/oracle_text.h"

/* ---- text ---- */

void
text_init(struct text *t)
{
	buf_init(&t->flink);
	buf_init(&t->lite);
}

void
text_release(struct text *t)
{
	buf_release(&t->flink);
	buf_release(&t->lite);
}

void
text_clear(struct text *t)
{
	buf_clear(&t->flink);
	buf_clear(&t->lite);
}

void
both(struct text *t, const char *format, ...)
{
	char out[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out, sizeof(out), format, args);
	va_end(args);
	CHECK(n >= 0 && n < (int)sizeof(out));
	buf_append(&t->flink, out, n);
	buf_append(&t->lite, out, n);
}

void
both_text(struct text *t, struct text *more)
{
	buf_append(&t->flink, more->flink.data, more->flink.len);
	buf_append(&t->lite, more->lite.data, more->lite.len);
}

void
text_interval(struct text *t, int64_t us)
{
	int64_t ms = us / US_PER_MS;

	buf_printf(&t->flink, "INTERVAL '%s%d.%03d' SECOND", ms < 0 ? "-" : "",
		   (int)(ms < 0 ? -ms : ms) / 1000,
		   (int)(ms < 0 ? -ms : ms) % 1000);
}

/* ---- literals ---- */

static void
timestamp_literal(struct text *t, int64_t us)
{
	char out[TIME_TEXT_MAX];

	us_format(us, 3, ' ', out);
	buf_printf(&t->flink, "TIMESTAMP '%s'", out);
	buf_printf(&t->lite, "(%lld)", (long long)us);
}

/* Quarters: two digits of fraction, brought to the column's scale. */
static void
decimal_literal(struct text *t, struct dice *d, unsigned scale)
{
	int hundredths = ((int)dice_roll(d, 17) - 8) * 25;
	int64_t unscaled = hundredths;

	for (unsigned s = 2; s < scale; s++)
		unscaled *= 10;
	for (unsigned s = scale; s < 2; s++)
		unscaled /= 10;
	buf_printf(&t->flink, "(%s%d.%02d)", hundredths < 0 ? "-" : "",
		   (hundredths < 0 ? -hundredths : hundredths) / 100,
		   (hundredths < 0 ? -hundredths : hundredths) % 100);
	buf_printf(&t->lite, "(%lld)", (long long)unscaled);
}

static void
string_literal(struct text *t, struct dice *d)
{
	struct value v = base_value(COL_S,
				    dice_roll(d, base_cols[COL_S].nplain));

	both(t, "'%.*s'", (int)v.str.len, str_data(&v.str));
}

void
text_literal(struct text *t, struct oracle_case *c, struct dice *d,
	     const struct col *col)
{
	double half = ((int)dice_roll(d, 13) - 6) * 0.5;

	switch (col->type.kind) {
	case TYPE_BOOLEAN:
		both(t, dice_roll(d, 2) ? "TRUE" : "FALSE");
		break;
	case TYPE_INT:
	case TYPE_BIGINT:
		both(t, "(%d)", (int)dice_roll(d, 9) - 3);
		break;
	case TYPE_DECIMAL:
		decimal_literal(t, d, col->type.scale);
		break;
	case TYPE_DOUBLE:
		buf_printf(&t->flink, "(%.1fE0)", half);
		buf_printf(&t->lite, "(%.1f)", half);
		break;
	case TYPE_VARCHAR:
		string_literal(t, d);
		break;
	case TYPE_TIMESTAMP:
		timestamp_literal(t, c->begin_us + (int64_t)dice_roll(d, 60) *
						   US_PER_SECOND);
		break;
	default:
		CHECK(!"a column has a type without literals");
	}
}

/* ---- conditions ---- */

static const char *
comparison(struct dice *d)
{
	static const char *const ops[] = { "=", "<>", "<", "<=", ">", ">=" };

	return ops[dice_roll(d, 6)];
}

static void
boolean_condition(struct text *t, struct dice *d, const struct col *col)
{
	static const char *const behind[] = {
		"", " IS TRUE", " IS NOT TRUE", " IS NOT FALSE", " = TRUE",
		" <> FALSE", " IS NULL",
	};

	both(t, "%s%s%s", dice_roll(d, 4) ? "" : "NOT ", col->name,
	     behind[dice_roll(d, 7)]);
}

static void
list_condition(struct text *t, struct oracle_case *c, struct dice *d,
	       const struct col *col)
{
	both(t, "%s %s (", col->name, dice_roll(d, 2) ? "IN" : "NOT IN");
	text_literal(t, c, d, col);
	both(t, ", ");
	text_literal(t, c, d, col);
	both(t, "%s)", dice_roll(d, 4) == 0 ? ", NULL" : "");
}

/* Of one column. */
static void
simple_condition(struct text *t, struct oracle_case *c, struct dice *d,
		 const struct col *col)
{
	if (col->type.kind == TYPE_BOOLEAN) {
		boolean_condition(t, d, col);
		return;
	}
	switch (dice_roll(d, col->type.kind == TYPE_TIMESTAMP_LTZ ? 1 : 8)) {
	case 0:
		both(t, "%s IS %sNULL", col->name,
		     dice_roll(d, 4) ? "NOT " : "");
		break;
	case 1:
		list_condition(t, c, d, col);
		break;
	case 2:
		both(t, "%s BETWEEN ", col->name);
		text_literal(t, c, d, col);
		both(t, " AND ");
		text_literal(t, c, d, col);
		break;
	case 3:
		both(t, "%s IS %sDISTINCT FROM ", col->name,
		     dice_roll(d, 2) ? "NOT " : "");
		text_literal(t, c, d, col);
		break;
	case 4:
		if (col->type.kind == TYPE_VARCHAR) {
			both(t, "%s LIKE '%s'", col->name,
			     dice_roll(d, 2) ? "a%" : "_");
			break;
		}
		/* fall through */
	default:
		both(t, "%s %s ", col->name, comparison(d));
		text_literal(t, c, d, col);
	}
}

/* Two columns that may be compared as they are; false: there are none. */
static bool
pair_condition(struct text *t, struct dice *d, const struct col *cols,
	       unsigned n)
{
	const struct col *a = &cols[dice_roll(d, n)];
	const struct col *b = &cols[dice_roll(d, n)];

	if (a == b || !type_equal(a->type, b->type) ||
	    a->type.kind == TYPE_TIMESTAMP_LTZ)
		return false;
	both(t, "%s %s %s", a->name, comparison(d), b->name);
	return true;
}

void
text_condition(struct text *t, struct oracle_case *c, struct dice *d,
	       const struct col *cols, unsigned n, unsigned depth)
{
	unsigned form = dice_roll(d, depth ? 5 : 3);

	both(t, "(");
	switch (form) {
	case 3:
		text_condition(t, c, d, cols, n, depth - 1);
		both(t, dice_roll(d, 2) ? " AND " : " OR ");
		text_condition(t, c, d, cols, n, depth - 1);
		break;
	case 4:
		both(t, "NOT ");
		text_condition(t, c, d, cols, n, depth - 1);
		break;
	case 2:
		if (pair_condition(t, d, cols, n))
			break;
		/* fall through */
	default:
		simple_condition(t, c, d, &cols[dice_roll(d, n)]);
	}
	both(t, ")");
}
