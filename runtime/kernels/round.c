/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/round.c - SIGN, CEIL, FLOOR, ROUND, TRUNCATE. Halves go away
 * from zero. A double is rounded by the digits that it is printed with, as in
 * Flink: ROUND(1.005, 2) is 1.01 though the double itself lies below.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/float.h"
#include "runtime/kernels/loops.h"

DENSE_UNARY(sign_i64, int64_t, i64, int64_t, i64, (x > 0) - (x < 0))
DENSE_UNARY(ceil_f64, double, f64, double, f64, ceil(x))
DENSE_UNARY(floor_f64, double, f64, double, f64, floor(x))
DENSE_UNARY(same_i64, int64_t, i64, int64_t, i64, x)

/* Zeros and NaN are their own signs. */
DENSE_UNARY(sign_f64, double, f64, double, f64,
	    x > 0 ? 1 : x < 0 ? -1 : x)

/* v / 10^drop, by the rule of the function. */
static i128
divide(enum function_id function, i128 v, unsigned drop)
{
	i128 p, q, rest;

	if (drop == 0)
		return v;
	if (drop > DECIMAL_MAX) /* of ROUND and TRUNCATE only */
		return 0;
	p = decimal_pow10[drop];
	q = v / p;
	rest = v % p;
	if (function == FN_CEIL)
		return q + (rest > 0);
	if (function == FN_FLOOR)
		return q - (rest < 0);
	if (function == FN_ROUND && (rest < 0 ? -rest : rest) >= p / 2)
		return v < 0 ? q - 1 : q + 1;
	return q;
}

/* How many digits behind the point are kept. */
static int64_t
digits(const struct frame *f, uint32_t row)
{
	const struct vec *n = &f->arg[1];

	return f->call->nargs == 2 ? n->i64[row & n->mask] : 0;
}

/* ---- integers ---- */

static void
round_i64(struct frame *f)
{
	const struct vec *a = &f->arg[0];

	frame_each(f, row) {
		int64_t n = digits(f, row), x = a->i64[row & a->mask];
		i128 v = x;

		if (n < -DECIMAL_MAX)
			v = 0;
		else if (n < 0)
			v = divide(f->call->function, x, (unsigned)-n) *
			    decimal_pow10[-n];
		f->out->i64[row] = int_narrow((int64_t)v, f->call->type.kind);
	}
}

/* ---- doubles ---- */

/* The digits of the number's text, and 10^*ret_exponent to multiply with. */
static int64_t
text_digits(double x, int *ret_exponent)
{
	char text[F64_TEXT_MAX + 1];
	size_t n = f64_format(x, text), i;
	bool point = false;
	int64_t v = 0;

	text[n] = '\0';
	*ret_exponent = 0;
	for (i = 0; text[i] && text[i] != 'E'; i++) {
		if (text[i] == '.')
			point = true;
		else if (text[i] != '-')
			v = v * 10 + (text[i] - '0');
		*ret_exponent -= point && text[i] != '.';
	}
	if (text[i] == 'E')
		*ret_exponent += atoi(text + i + 1);
	return text[0] == '-' ? -v : v;
}

static double
round_double(enum function_id function, double x, int64_t n)
{
	char text[DECIMAL_TEXT_MAX];
	int exponent;
	int64_t v;
	double rounded = 0;

	if (!isfinite(x))
		return x;
	v = text_digits(x, &exponent);
	if (n >= -exponent)
		return x;
	if (-exponent - n > DECIMAL_MAX)
		return 0;
	v = (int64_t)divide(function, v, (unsigned)(-exponent - n));
	exponent = snprintf(text, sizeof(text), "%lldE%lld", (long long)v,
			    (long long)-n);
	f64_parse(text, (size_t)exponent, &rounded);
	return rounded;
}

static void
round_f64(struct frame *f)
{
	const struct vec *a = &f->arg[0];
	bool single = f->call->type.kind == TYPE_FLOAT;

	frame_each(f, row) {
		double v = round_double(f->call->function,
					a->f64[row & a->mask], digits(f, row));

		f->out->f64[row] = single ? (double)(float)v : v;
	}
}

/* ---- decimals ---- */

static void
put_decimal(struct frame *f, uint32_t row, i128 v)
{
	if (!decimal_fits(v, f->call->type.precision))
		frame_null(f, row);
	else if (f->out->phys == PHYS_I64)
		f->out->i64[row] = (int64_t)v;
	else
		f->out->i128[row] = v;
}

/* v * 10^n; false: too large. */
static bool
scale_up(i128 v, int64_t n, i128 *ret)
{
	if (v == 0)
		n = 0;
	return n <= DECIMAL_MAX &&
	       !__builtin_mul_overflow(v, decimal_pow10[n], ret);
}

/* ROUND and TRUNCATE to n digits, CEIL and FLOOR to none. */
static void
round_decimal(struct frame *f)
{
	struct type from = f->call->arg_type[0];
	int64_t scale = from.scale, to = f->call->type.scale;

	frame_each(f, row) {
		int64_t n = digits(f, row);
		i128 v = vec_decimal(&f->arg[0], row, phys_of(from));

		if (n > scale)
			n = scale;
		if (n < -DECIMAL_MAX)
			v = n = 0;
		else
			v = divide(f->call->function, v, (unsigned)(scale - n));
		if (scale_up(v, to - n, &v))
			put_decimal(f, row, v);
		else
			frame_null(f, row);
	}
}

static void
sign_decimal(struct frame *f)
{
	struct type t = f->call->type;

	frame_each(f, row) {
		i128 v = vec_decimal(&f->arg[0], row, phys_of(t));

		put_decimal(f, row,
			    ((v > 0) - (v < 0)) * decimal_pow10[t.scale]);
	}
}

/* ---- picks ---- */

static bool
pick_sign(struct kernel_call *k)
{
	if (k->type.kind == TYPE_DECIMAL)
		return pick_sparse(k, sign_decimal);
	if (phys_of(k->type) == PHYS_F64)
		return pick_dense(k, sign_f64);
	return type_is_integer(k->type) && pick_dense(k, sign_i64);
}

static bool
pick_whole(struct kernel_call *k)
{
	if (k->nargs == 2)
		return unit_pick_round(k);
	if (k->type.kind == TYPE_DECIMAL)
		return pick_sparse(k, round_decimal);
	if (phys_of(k->type) == PHYS_F64)
		return pick_dense(k, k->function == FN_CEIL ? ceil_f64
							    : floor_f64);
	return type_is_integer(k->type) && pick_dense(k, same_i64);
}

static bool
pick_round(struct kernel_call *k)
{
	if (k->type.kind == TYPE_DECIMAL)
		return pick_sparse(k, round_decimal);
	if (phys_of(k->type) == PHYS_F64)
		return pick_sparse(k, round_f64);
	return type_is_integer(k->type) && pick_sparse(k, round_i64);
}

const struct kernel round_kernels[] = {
	{ FN_SIGN, pick_sign },   { FN_CEIL, pick_whole },
	{ FN_FLOOR, pick_whole }, { FN_ROUND, pick_round },
	{ FN_TRUNCATE, pick_round }, { FN_NONE, NULL },
};
