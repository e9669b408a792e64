/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/decimal.c - exact decimals, unscaled integers beside a scale
 * that the type knows. Results that cannot leave 18 digits run dense over
 * int64; all others in i128, checked, and once more in 256 bits where that is
 * too narrow for a moment. Over the precision a result is NULL (Flink).
 */
#include "base/decimal.h"
#include "runtime/kernels/loops.h"
#include "runtime/kernels/wide.h"

/* Narrow columns: operands brought to the result's scale by fx and fy. */
DENSE_BINARY(add_narrow, int64_t, i64, int64_t, i64,
	     WRAP_ADD(WRAP_MUL(x, fx), WRAP_MUL(y, fy)))
DENSE_BINARY(sub_narrow, int64_t, i64, int64_t, i64,
	     WRAP_SUB(WRAP_MUL(x, fx), WRAP_MUL(y, fy)))
DENSE_BINARY(mul_narrow, int64_t, i64, int64_t, i64, WRAP_MUL(x, y))
DENSE_UNARY(neg_narrow, int64_t, i64, int64_t, i64, WRAP_SUB(0, x))
DENSE_UNARY(abs_narrow, int64_t, i64, int64_t, i64, x < 0 ? WRAP_SUB(0, x) : x)

static unsigned
max_unsigned(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

/* The value into the result's column, or NULL when it has too many digits. */
static void
put(struct frame *f, uint32_t row, i128 v)
{
	if (!decimal_fits(v, f->call->type.precision))
		frame_null(f, row);
	else if (f->out->phys == PHYS_I64)
		f->out->i64[row] = (int64_t)v;
	else
		f->out->i128[row] = v;
}

/* v of scale `from` at the result's scale. */
static void
put_scaled(struct frame *f, uint32_t row, i128 v, unsigned from)
{
	i128 scaled;

	if (decimal_rescale(v, from, f->call->type.scale, &scaled))
		put(f, row, scaled);
	else
		frame_null(f, row);
}

static i128
operand(const struct frame *f, unsigned arg, uint32_t row)
{
	return vec_decimal(&f->arg[arg], row,
			   phys_of(f->call->arg_type[arg]));
}

static unsigned
aligned_scale(const struct frame *f)
{
	return max_unsigned(f->call->arg_type[0].scale,
			    f->call->arg_type[1].scale);
}

/* 10^n that brings an operand to the larger of both scales. */
static i128
align_factor(const struct frame *f, unsigned arg)
{
	return decimal_pow10[aligned_scale(f) - f->call->arg_type[arg].scale];
}

/* w of scale `from` at the result's scale. */
static void
put_wide(struct frame *f, uint32_t row, struct wide w, unsigned from)
{
	unsigned scale = f->call->type.scale;
	i128 v;

	if (from >= scale && wide_shift_down(w, from - scale, &v))
		put(f, row, v);
	else
		frame_null(f, row);
}

/* sign: 1 for a sum, -1 for a difference. */
static void
add_aligned(struct frame *f, int sign)
{
	i128 fx = align_factor(f, 0), fy = align_factor(f, 1);
	unsigned scale = aligned_scale(f);
	i128 x, y, sum;

	frame_each(f, row) {
		i128 a = operand(f, 0, row), b = sign * operand(f, 1, row);

		if (!__builtin_mul_overflow(a, fx, &x) &&
		    !__builtin_mul_overflow(b, fy, &y) &&
		    !__builtin_add_overflow(x, y, &sum))
			put_scaled(f, row, sum, scale);
		else
			put_wide(f, row,
				 wide_sum(wide_product(a, fx),
					  wide_product(b, fy)),
				 scale);
	}
}

static void
add_wide(struct frame *f)
{
	add_aligned(f, 1);
}

static void
sub_wide(struct frame *f)
{
	add_aligned(f, -1);
}

static void
mul_wide(struct frame *f)
{
	const struct type *t = f->call->arg_type;
	unsigned scale = t[0].scale + t[1].scale;
	i128 product;

	frame_each(f, row) {
		i128 x = operand(f, 0, row), y = operand(f, 1, row);

		if (!__builtin_mul_overflow(x, y, &product))
			put_scaled(f, row, product, scale);
		else
			put_wide(f, row, wide_product(x, y), scale);
	}
}

/* n / d, half away from zero; d is not 0. */
static i128
divide_rounded(i128 n, i128 d)
{
	i128 quotient = n / d, rest = n % d;
	i128 rest_abs = rest < 0 ? -rest : rest, d_abs = d < 0 ? -d : d;

	if (rest_abs >= d_abs - rest_abs)
		quotient += (n < 0) == (d < 0) ? 1 : -1;
	return quotient;
}

/* n * 10^shift / d where n * 10^shift is beyond i128; false: so is the result,
 * or beyond 38 digits. */
static bool
divide_scaled(i128 n, unsigned shift, i128 d, i128 *ret)
{
	unsigned first = shift < DECIMAL_MAX ? shift : DECIMAL_MAX;
	struct wide w = wide_product(n, decimal_pow10[first]);

	return shift - first <= DECIMAL_MAX &&
	       wide_multiply(&w, decimal_pow10[shift - first]) &&
	       wide_divide(w, d, ret);
}

/* n / d at `shift` digits more than both have; false: too many digits. */
static bool
quotient(i128 n, i128 d, int shift, i128 *ret)
{
	i128 scaled;

	if (shift < 0) {
		/* a divisor beyond i128 leaves less than half */
		if (-shift > DECIMAL_MAX ||
		    __builtin_mul_overflow(d, decimal_pow10[-shift], &scaled))
			*ret = 0;
		else
			*ret = divide_rounded(n, scaled);
		return true;
	}
	if (shift > DECIMAL_MAX ||
	    __builtin_mul_overflow(n, decimal_pow10[shift], &scaled))
		return divide_scaled(n, (unsigned)shift, d, ret);
	*ret = divide_rounded(scaled, d);
	return true;
}

static void
div_wide(struct frame *f)
{
	const struct type *t = f->call->arg_type;
	int shift = (int)f->call->type.scale - t[0].scale + t[1].scale;
	i128 v;

	frame_each(f, row) {
		i128 n = operand(f, 0, row), d = operand(f, 1, row);

		if (d == 0)
			frame_fail(f, row, ERR_DIVISION_BY_ZERO, NULL);
		else if (quotient(n, d, shift, &v))
			put(f, row, v);
		else
			frame_null(f, row);
	}
}

static void
mod_wide(struct frame *f)
{
	i128 fx = align_factor(f, 0), fy = align_factor(f, 1);
	unsigned scale = aligned_scale(f);
	i128 x, y;

	frame_each(f, row) {
		i128 a = operand(f, 0, row), b = operand(f, 1, row);

		if (b == 0)
			frame_fail(f, row, ERR_DIVISION_BY_ZERO, NULL);
		else if (__builtin_mul_overflow(b, fy, &y))
			put_scaled(f, row, a, scale); /* fx is 1: a < b */
		else if (__builtin_mul_overflow(a, fx, &x))
			put_scaled(f, row,
				   wide_remainder(wide_product(a, fx), y),
				   scale);
		else
			put_scaled(f, row, x % y, scale);
	}
}

static void
neg_wide(struct frame *f)
{
	enum phys phys = phys_of(f->call->arg_type[0]);

	frame_each(f, row)
		put(f, row, -vec_decimal(&f->arg[0], row, phys));
}

static void
abs_wide(struct frame *f)
{
	enum phys phys = phys_of(f->call->arg_type[0]);

	frame_each(f, row) {
		i128 x = vec_decimal(&f->arg[0], row, phys);

		put(f, row, x < 0 ? -x : x);
	}
}

/* ---- picks ---- */

static bool
all_narrow(const struct kernel_call *k)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_I64)
			return false;
	}
	return phys_of(k->type) == PHYS_I64;
}

/* Sum and difference fit the result's type whatever the values are. */
static bool
sum_is_safe(const struct kernel_call *k)
{
	const struct type *t = k->arg_type;
	unsigned scale = max_unsigned(t[0].scale, t[1].scale);
	unsigned whole = max_unsigned(t[0].precision - t[0].scale,
				      t[1].precision - t[1].scale);

	return all_narrow(k) && k->type.scale == scale &&
	       k->type.precision >= whole + scale + 1;
}

static bool
pick_sum(struct kernel_call *k, void (*narrow)(struct frame *f),
	 void (*wide)(struct frame *f))
{
	const struct type *t = k->arg_type;

	if (!sum_is_safe(k))
		return pick_sparse(k, wide);
	for (unsigned i = 0; i < 2; i++)
		k->factor[i] =
			(int64_t)decimal_pow10[k->type.scale - t[i].scale];
	return pick_dense(k, narrow);
}

bool
decimal_pick_add(struct kernel_call *k)
{
	return pick_sum(k, add_narrow, add_wide);
}

bool
decimal_pick_sub(struct kernel_call *k)
{
	return pick_sum(k, sub_narrow, sub_wide);
}

bool
decimal_pick_mul(struct kernel_call *k)
{
	const struct type *t = k->arg_type;

	if (all_narrow(k) && k->type.scale == t[0].scale + t[1].scale &&
	    k->type.precision >= t[0].precision + t[1].precision)
		return pick_dense(k, mul_narrow);
	return pick_sparse(k, mul_wide);
}

bool
decimal_pick_div(struct kernel_call *k)
{
	return pick_sparse(k, div_wide);
}

bool
decimal_pick_mod(struct kernel_call *k)
{
	return pick_sparse(k, mod_wide);
}

bool
decimal_pick_neg(struct kernel_call *k)
{
	if (all_narrow(k) && k->type.precision >= k->arg_type[0].precision)
		return pick_dense(k, neg_narrow);
	return pick_sparse(k, neg_wide);
}

bool
decimal_pick_abs(struct kernel_call *k)
{
	if (all_narrow(k) && k->type.precision >= k->arg_type[0].precision)
		return pick_dense(k, abs_narrow);
	return pick_sparse(k, abs_wide);
}

int
decimal_compare(i128 a, unsigned a_scale, i128 b, unsigned b_scale)
{
	i128 scaled;

	if (a_scale < b_scale) {
		/* beyond i128 it is beyond every b too */
		if (__builtin_mul_overflow(a, decimal_pow10[b_scale - a_scale],
					   &scaled))
			return a < 0 ? -1 : 1;
		a = scaled;
	} else if (b_scale < a_scale) {
		if (__builtin_mul_overflow(b, decimal_pow10[a_scale - b_scale],
					   &scaled))
			return b < 0 ? 1 : -1;
		b = scaled;
	}
	return a < b ? -1 : a > b;
}
