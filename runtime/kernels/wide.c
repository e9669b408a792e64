/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/wide.c - schoolbook arithmetic on two halves of 128 bits; it
 * runs for the rare values that do not fit one, so it is short, not fast.
 */
#include "runtime/kernels/wide.h"

#include "base/check.h"
#include "base/decimal.h"

typedef unsigned __int128 u128; /* as i128 in base/types.h */

static u128
magnitude(i128 v)
{
	return v < 0 ? -(u128)v : (u128)v;
}

/* x * y as high and low half, by parts of 64 bits. */
static u128
multiply(u128 x, u128 y, u128 *ret_high)
{
	u128 x0 = (uint64_t)x, x1 = x >> 64, y0 = (uint64_t)y, y1 = y >> 64;
	u128 low = x0 * y0, a = x1 * y0, b = x0 * y1;
	u128 middle = (low >> 64) + (uint64_t)a + (uint64_t)b;

	*ret_high = x1 * y1 + (a >> 64) + (b >> 64) + (middle >> 64);
	return middle << 64 | (uint64_t)low;
}

struct wide
wide_product(i128 x, i128 y)
{
	struct wide w = { .negative = (x < 0) != (y < 0) };

	w.low = multiply(magnitude(x), magnitude(y), &w.high);
	return w;
}

bool
wide_multiply(struct wide *w, i128 by)
{
	u128 over, carry, high, low;

	low = multiply(w->low, magnitude(by), &carry);
	high = multiply(w->high, magnitude(by), &over);
	if (over || __builtin_add_overflow(high, carry, &high))
		return false;
	w->low = low;
	w->high = high;
	w->negative ^= by < 0;
	return true;
}

static bool
is_less(const struct wide *x, const struct wide *y)
{
	return x->high != y->high ? x->high < y->high : x->low < y->low;
}

struct wide
wide_sum(struct wide x, struct wide y)
{
	struct wide swap;

	if (x.negative == y.negative) {
		x.high += y.high + __builtin_add_overflow(x.low, y.low, &x.low);
		return x;
	}
	if (is_less(&x, &y)) {
		swap = x;
		x = y;
		y = swap;
	}
	x.high -= y.high + __builtin_sub_overflow(x.low, y.low, &x.low);
	return x;
}

/* Long division, bit by bit; the quotient's high half must be 0: high < by. */
static u128
divide(u128 high, u128 low, u128 by, u128 *ret_rest)
{
	u128 quotient = 0;

	CHECK(high < by);
	for (int bit = 127; bit >= 0; bit--) {
		bool carry = high >> 127;

		high = high << 1 | (low >> bit & 1);
		quotient <<= 1;
		if (carry || high >= by) {
			high -= by;
			quotient |= 1;
		}
	}
	*ret_rest = high;
	return quotient;
}

bool
wide_divide(struct wide w, i128 by, i128 *ret)
{
	u128 d = magnitude(by), quotient, rest;

	if (w.high >= d)
		return false;
	quotient = divide(w.high, w.low, d, &rest);
	if (rest >= d - rest)
		quotient++;
	if (quotient >= (u128)decimal_pow10[DECIMAL_MAX])
		return false;
	*ret = w.negative != (by < 0) ? -(i128)quotient : (i128)quotient;
	return true;
}

/* w / by, cut off. */
static struct wide
truncated(struct wide w, u128 by)
{
	u128 rest;

	w.low = divide(w.high % by, w.low, by, &rest);
	w.high /= by;
	return w;
}

/* In two steps where 10^digits has no 128 bits; half of it is added first, so
 * that cutting off twice is rounding once. */
bool
wide_shift_down(struct wide w, unsigned digits, i128 *ret)
{
	unsigned more = digits - DECIMAL_MAX;
	struct wide half;

	if (digits <= DECIMAL_MAX)
		return wide_divide(w, decimal_pow10[digits], ret);
	half = wide_product(5 * decimal_pow10[more - 1],
			    decimal_pow10[DECIMAL_MAX]);
	half.negative = w.negative;
	w = truncated(wide_sum(w, half), (u128)decimal_pow10[more]);
	w = truncated(w, (u128)decimal_pow10[DECIMAL_MAX]);
	if (w.high > 0 || w.low >= (u128)decimal_pow10[DECIMAL_MAX])
		return false;
	*ret = w.negative ? -(i128)w.low : (i128)w.low;
	return true;
}

i128
wide_remainder(struct wide w, i128 by)
{
	u128 d = magnitude(by), rest;

	divide(w.high % d, w.low, d, &rest);
	return w.negative ? -(i128)rest : (i128)rest;
}
