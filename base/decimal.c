/* SPDX-License-Identifier: Apache-2.0
 * base/decimal.c - one integer and a scale from outside. All rounding is half
 * away from zero, on digits: nothing goes through binary fractions.
 */
#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/float.h"

#define E18 ((i128)1000000000000000000)
#define E36 (E18 * E18)

const i128 decimal_pow10[DECIMAL_MAX + 1] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
	100000000000000, 1000000000000000, 10000000000000000,
	100000000000000000, E18, E18 * 10, E18 * 100, E18 * 1000, E18 * 10000,
	E18 * 100000, E18 * 1000000, E18 * 10000000, E18 * 100000000,
	E18 * 1000000000, E18 * 10000000000, E18 * 100000000000,
	E18 * 1000000000000, E18 * 10000000000000, E18 * 100000000000000,
	E18 * 1000000000000000, E18 * 10000000000000000,
	E18 * 100000000000000000, E36, E36 * 10, E36 * 100,
};

bool
decimal_fits(i128 v, unsigned precision)
{
	CHECK(precision <= DECIMAL_MAX);
	return v < decimal_pow10[precision] && v > -decimal_pow10[precision];
}

static i128
divide_rounded(i128 v, i128 by)
{
	i128 quotient = v / by;
	i128 rest = v % by;

	if (rest < 0)
		rest = -rest;
	if (rest >= by - rest) /* 2 * rest could overflow */
		quotient += v < 0 ? -1 : 1;
	return quotient;
}

bool
decimal_rescale(i128 v, unsigned from, unsigned to, i128 *ret)
{
	i128 result;

	if (to > from) {
		if (v != 0 && to - from > DECIMAL_MAX)
			return false;
		if (v == 0)
			result = 0;
		else if (__builtin_mul_overflow(v, decimal_pow10[to - from],
						&result))
			return false;
	} else if (from - to > DECIMAL_MAX) {
		result = 0;
	} else {
		result = divide_rounded(v, decimal_pow10[from - to]);
	}
	if (!decimal_fits(result, DECIMAL_MAX))
		return false;
	*ret = result;
	return true;
}

/* The parts of [+-]digits[.digits][e[+-]n]. */
struct number {
	bool negative;
	const char *digits; /* with at most one point among them */
	const char *end;
	long exponent;
};

static bool
is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The exponent behind an e, saturated: all that large are alike. */
static bool
read_exponent(const char *p, const char *end, long *ret)
{
	bool negative = p < end && *p == '-';
	long value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (!is_digit(p, end))
		return false;
	for (; is_digit(p, end); p++) {
		if (value < 100000000)
			value = value * 10 + (*p - '0');
	}
	*ret = negative ? -value : value;
	return p == end;
}

static bool
number_read(const char *p, const char *end, struct number *ret)
{
	size_t digits = 0;

	while (p < end && is_blank(*p))
		p++;
	while (p < end && is_blank(end[-1]))
		end--;
	ret->negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	ret->digits = p;
	for (; is_digit(p, end); p++)
		digits++;
	if (p < end && *p == '.') {
		for (p++; is_digit(p, end); p++)
			digits++;
	}
	ret->end = p;
	ret->exponent = 0;
	if (digits == 0)
		return false;
	if (p == end)
		return true;
	return (*p == 'e' || *p == 'E') &&
	       read_exponent(p + 1, end, &ret->exponent);
}

/* Digits before the decimal point once the exponent is applied, counted from
 * the first that is not 0, to which *digits moves. */
static long
number_magnitude(const struct number *num, const char **ret_first)
{
	const char *point = memchr(num->digits, '.',
				   (size_t)(num->end - num->digits));
	const char *first = num->digits;

	if (!point)
		point = num->end;
	while (first < num->end && (*first == '0' || *first == '.'))
		first++;
	*ret_first = first;
	/* The point itself is no digit. */
	return (first < point ? point - first : point + 1 - first) +
	       num->exponent;
}

enum decimal_parse
decimal_parse(const char *text, size_t n, unsigned precision, unsigned scale,
	      i128 *ret)
{
	struct number num;
	const char *p;
	i128 value = 0;
	long keep; /* digits of the result */

	if (!number_read(text, text + n, &num))
		return DECIMAL_SYNTAX;
	keep = number_magnitude(&num, &p) + (long)scale;
	if (p == num.end || keep < 0) {
		*ret = 0;
		return DECIMAL_OK;
	}
	if (keep > (long)precision)
		return DECIMAL_OVERFLOW;
	for (; keep > 0; keep--) {
		if (p < num.end && *p == '.')
			p++;
		value = value * 10 + (p < num.end ? *p++ - '0' : 0);
	}
	if (p < num.end && *p == '.')
		p++;
	if (p < num.end && *p >= '5')
		value++;
	if (!decimal_fits(value, precision))
		return DECIMAL_OVERFLOW;
	*ret = num.negative ? -value : value;
	return DECIMAL_OK;
}

double
decimal_to_f64(i128 v, unsigned scale)
{
	static const double pow10[] = {
		1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
		1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};
	const i128 exact_max = (i128)1 << 53;
	char text[DECIMAL_TEXT_MAX + 8];
	size_t n;

	/* Both operands are exact, so that one rounding gives the nearest. */
	if (v <= exact_max && v >= -exact_max && scale < ARRAY_LEN(pow10))
		return (double)(int64_t)v / pow10[scale];
	n = i128_format(v, text);
	snprintf(text + n, sizeof(text) - n, "e-%u", scale);
	return strtod(text, NULL);
}

bool
decimal_from_f64(double d, unsigned precision, unsigned scale, i128 *ret)
{
	char text[F64_TEXT_MAX];

	/* By its decimal text, as BigDecimal.valueOf(): 1.005 is a half. */
	return isfinite(d) &&
	       decimal_parse(text, f64_format(d, text), precision, scale,
			     ret) == DECIMAL_OK;
}

size_t
i128_format(i128 v, char out[DECIMAL_TEXT_MAX])
{
	unsigned __int128 left = v < 0 ? -(unsigned __int128)v
				       : (unsigned __int128)v;
	char text[DECIMAL_TEXT_MAX];
	char *p = text + sizeof(text);
	size_t n;

	/* Divisions of 128 bits are slow: 19 digits at a time. */
	while (left > UINT64_MAX) {
		uint64_t low = (uint64_t)(left % UINT64_C(10000000000000000000));

		left /= UINT64_C(10000000000000000000);
		for (int i = 0; i < 19; i++, low /= 10)
			*--p = (char)('0' + low % 10);
	}
	for (uint64_t high = (uint64_t)left; high > 0; high /= 10)
		*--p = (char)('0' + high % 10);
	if (p == text + sizeof(text))
		*--p = '0';
	if (v < 0)
		*--p = '-';
	n = (size_t)(text + sizeof(text) - p);
	memcpy(out, p, n);
	return n;
}

size_t
decimal_format(i128 v, unsigned scale, char out[DECIMAL_TEXT_MAX])
{
	char text[DECIMAL_TEXT_MAX];
	/* The digits without the sign: the least value has no opposite. */
	size_t n = i128_format(v, text) - (v < 0);
	size_t zeros = n > scale ? 0 : scale + 1 - n; /* 0.05 from 5 */
	size_t whole = n + zeros - scale;
	char *p = out;

	CHECK(scale <= DECIMAL_MAX);
	if (v < 0)
		*p++ = '-';
	memset(p, '0', zeros);
	memcpy(p + zeros, text + (v < 0), n);
	if (scale > 0) {
		memmove(p + whole + 1, p + whole, scale);
		p[whole] = '.';
		n++;
	}
	return (size_t)(p - out) + zeros + n;
}

/* BigDecimal.toString() of `n` digits with a negative scale or a very small
 * value: 1E+2, 1.5E-8. */
static size_t
format_scientific(const char *digits, size_t n, long exponent,
		  char out[DECIMAL_TEXT_MAX])
{
	char *p = out;

	*p++ = digits[0];
	if (n > 1) {
		*p++ = '.';
		memcpy(p, digits + 1, n - 1);
		p += n - 1;
	}
	p += sprintf(p, "E%+ld", exponent);
	return (size_t)(p - out);
}

size_t
decimal_format_stripped(i128 v, unsigned scale, char out[DECIMAL_TEXT_MAX])
{
	char text[DECIMAL_TEXT_MAX];
	long left = (long)scale;
	long exponent;
	size_t n;

	if (v == 0) {
		out[0] = '0';
		return 1;
	}
	while (v % 10 == 0) {
		v /= 10;
		left--;
	}
	n = i128_format(v < 0 ? -v : v, text);
	exponent = (long)n - 1 - left;
	if (left >= 0 && exponent >= -6)
		return decimal_format(v, (unsigned)left, out);
	if (v < 0)
		*out = '-';
	return (v < 0) + format_scientific(text, n, exponent, out + (v < 0));
}
