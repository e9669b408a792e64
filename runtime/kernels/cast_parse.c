/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/cast_parse.c - CAST from text, as Flink reads it: blanks
 * around numbers do not count, '12.7' is the integer 12, 'yes' is TRUE.
 */
#include <strings.h>

#include "base/decimal.h"
#include "base/float.h"
#include "base/time.h"
#include "runtime/kernels/cast.h"
#include "runtime/kernels/loops.h"

static struct str
row_text(const struct frame *f, uint32_t row)
{
	return f->arg[0].str[row & f->arg[0].mask];
}

/* ---- BOOLEAN ---- */

static bool
boolean_parse(const char *text, size_t n, uint8_t *ret)
{
	static const char *const words[] = {
		"false", "true", "f", "t", "no", "yes", "n", "y", "0", "1",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == n &&
		    strncasecmp(words[i], text, n) == 0) {
			*ret = i % 2;
			return true;
		}
	}
	return false;
}

static void
parse_booleans(struct frame *f)
{
	frame_each(f, row) {
		struct str s = row_text(f, row);

		if (!boolean_parse(str_data(&s), s.len, &f->out->u8[row]))
			cast_fail(f, row);
	}
}

/* ---- integers ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* [+-]digits[.digits] with blanks around; digits may lack on one side of the
 * point. False for other text and for numbers outside of low..high. */
static bool
integer_parse(const char *text, size_t n, int64_t low, int64_t high,
	      int64_t *ret)
{
	const char *p = text, *end = text + n;
	bool negative;
	i128 v = 0;

	while (p < end && *p == ' ')
		p++;
	while (p < end && end[-1] == ' ')
		end--;
	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return false;
	for (; p < end && is_digit(*p); p++) {
		v = v * 10 + (*p - '0');
		if (v > (i128)INT64_MAX + 1)
			return false;
	}
	if (p < end && *p == '.') {
		for (p++; p < end && is_digit(*p); p++)
			;
	}
	if (negative)
		v = -v;
	if (p != end || v < low || v > high)
		return false;
	*ret = (int64_t)v;
	return true;
}

static void
parse_integers(struct frame *f)
{
	unsigned bits = f->call->type.kind == TYPE_TINYINT    ? 8
			: f->call->type.kind == TYPE_SMALLINT ? 16
			: f->call->type.kind == TYPE_INT      ? 32
							      : 64;
	int64_t high = INT64_MAX >> (64 - bits), low = -high - 1;

	frame_each(f, row) {
		struct str s = row_text(f, row);

		if (!integer_parse(str_data(&s), s.len, low, high,
				   &f->out->i64[row]))
			cast_fail(f, row);
	}
}

/* ---- other numbers ---- */

static void
parse_doubles(struct frame *f)
{
	bool is_float = f->call->type.kind == TYPE_FLOAT;

	frame_each(f, row) {
		struct str s = row_text(f, row);
		double d;

		if (!f64_parse(str_data(&s), s.len, &d))
			cast_fail(f, row);
		else
			f->out->f64[row] = is_float ? (double)(float)d : d;
	}
}

static void
parse_decimals(struct frame *f)
{
	struct type to = f->call->type;

	frame_each(f, row) {
		struct str s = row_text(f, row);
		i128 v;

		if (decimal_parse(str_data(&s), s.len, to.precision, to.scale,
				  &v) != DECIMAL_OK)
			cast_fail(f, row);
		else if (f->out->phys == PHYS_I64)
			f->out->i64[row] = (int64_t)v;
		else
			f->out->i128[row] = v;
	}
}

/* ---- time ---- */

static bool
time_value_parse(const struct kernel_call *k, const char *text, size_t n,
		 int64_t *ret)
{
	switch (k->type.kind) {
	case TYPE_DATE:
		return date_parse_lenient(text, n, ret);
	case TYPE_TIME:
		if (!time_parse(text, n, ret))
			return false;
		*ret = ms_cut(*ret, k->type.precision);
		return true;
	default:
		if (!us_parse_lenient(text, n, ret))
			return false;
		if (k->type.kind == TYPE_TIMESTAMP_LTZ && k->zone)
			*ret = zone_to_utc(k->zone, *ret);
		*ret = us_cut(*ret, k->type.precision);
		return true;
	}
}

static void
parse_times(struct frame *f)
{
	frame_each(f, row) {
		struct str s = row_text(f, row);

		if (!time_value_parse(f->call, str_data(&s), s.len,
				      &f->out->i64[row]))
			cast_fail(f, row);
	}
}

bool
cast_pick_parse(struct kernel_call *k)
{
	switch (k->type.kind) {
	case TYPE_BOOLEAN:
		return pick_sparse(k, parse_booleans);
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		return pick_sparse(k, parse_integers);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return pick_sparse(k, parse_doubles);
	case TYPE_DECIMAL:
		return pick_sparse(k, parse_decimals);
	case TYPE_DATE:
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return pick_sparse(k, parse_times);
	default:
		return false;
	}
}
