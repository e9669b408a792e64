/* SPDX-License-Identifier: Apache-2.0
 * base/float.c - printf and strtod find the digits; what is ours is Java's
 * layout, and a short cut for the numbers that people write: those of few
 * digits. The process stays in the "C" locale.
 */
#include "base/float.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define DIGITS_MAX 17
#define PARSE_MAX 1000

/* 0.d1d2d3... * 10^point */
struct digits {
	char digit[DIGITS_MAX + 1];
	int count; /* without trailing zeros, at least 1 */
	int point;
};

static void
digits_strip(struct digits *d)
{
	while (d->count > 1 && d->digit[d->count - 1] == '0')
		d->count--;
}

/* v > 0 as `precision` digits, correctly rounded. */
static void
digits_round(double v, int precision, struct digits *ret)
{
	char text[F64_TEXT_MAX];

	snprintf(text, sizeof(text), "%.*e", precision - 1, v);
	ret->digit[0] = text[0];
	memcpy(ret->digit + 1, text + 2, (size_t)precision - 1);
	ret->count = precision;
	ret->point = atoi(strchr(text, 'e') + 1) + 1;
}

static double
digits_value(const struct digits *d, bool single)
{
	char text[F64_TEXT_MAX];

	snprintf(text, sizeof(text), "%.*se%d", d->count, d->digit,
		 d->point - d->count);
	return single ? (double)strtof(text, NULL) : strtod(text, NULL);
}

/* One unit more in the last place; false: a carry runs out of the digits. */
static bool
digits_up(struct digits *d)
{
	int i = d->count - 1;

	while (i >= 0 && d->digit[i] == '9')
		d->digit[i--] = '0';
	if (i < 0)
		return false;
	d->digit[i]++;
	return true;
}

/* The fewest digits that mean v, and of those the nearest to it. Up to
 * `sure` digits always survive in a normal number, so that no fewer need
 * to be tried: their trailing zeros fall away. */
static void
digits_shortest(double v, bool single, struct digits *ret)
{
	int sure = single ? 6 : 15;
	bool normal = v >= (single ? 0x1p-126 : 0x1p-1022);
	int exponent;

	for (int p = normal ? sure : 2; p <= (single ? 9 : DIGITS_MAX); p++) {
		digits_round(v, p, ret);
		if (digits_value(ret, single) == v)
			break;
		/* Below a power of two its neighbours lie twice as dense as
		 * above: the second nearest may do where the nearest fails. */
		if (frexp(v, &exponent) == 0.5 && digits_up(ret) &&
		    digits_value(ret, single) == v)
			break;
	}
	digits_strip(ret);
}

/* Numbers such as 3, 12.5 and 0.001: v is r / 10^k for an r of at most 15
 * digits. Division rounds correctly, so that the decimal r / 10^k reads as v,
 * and no two decimals of 15 digits read as the same number. */
static bool
digits_short(double v, struct digits *ret)
{
	static const double pow10[] = { 1e0, 1e1, 1e2, 1e3, 1e4,
					1e5, 1e6, 1e7, 1e8 };

	for (unsigned k = 0; k < ARRAY_LEN(pow10); k++) {
		double scaled = v * pow10[k];
		uint64_t r = (uint64_t)(scaled + 0.5);
		char text[24];
		int n = 0;

		if ((double)r / pow10[k] != v)
			continue;
		for (; r > 0; r /= 10)
			text[n++] = (char)('0' + r % 10);
		for (int i = 0; i < n; i++)
			ret->digit[i] = text[n - 1 - i];
		ret->count = n;
		ret->point = n - (int)k;
		digits_strip(ret);
		return true;
	}
	return false;
}

static char *
put(char *out, const char *data, int n)
{
	memcpy(out, data, (size_t)n);
	return out + n;
}

static char *
put_zeros(char *out, int n)
{
	memset(out, '0', (size_t)n);
	return out + n;
}

/* Double.toString(): plain from 10^-3 to below 10^7, at least one digit on
 * each side of the point. */
static char *
put_digits(char *out, const struct digits *d)
{
	if (d->point < -2 || d->point > 7) {
		*out++ = d->digit[0];
		*out++ = '.';
		if (d->count == 1)
			*out++ = '0';
		out = put(out, d->digit + 1, d->count - 1);
		return out + sprintf(out, "E%d", d->point - 1);
	}
	if (d->point <= 0) {
		out = put_zeros(put(out, "0.", 2), -d->point);
		return put(out, d->digit, d->count);
	}
	if (d->count <= d->point) {
		out = put(out, d->digit, d->count);
		out = put_zeros(out, d->point - d->count);
		return put(out, ".0", 2);
	}
	out = put(out, d->digit, d->point);
	*out++ = '.';
	return put(out, d->digit + d->point, d->count - d->point);
}

static size_t
format_number(double v, bool single, char out[F64_TEXT_MAX])
{
	char *end = out;
	struct digits d;

	if (isnan(v)) {
		memcpy(out, "NaN", 3);
		return 3;
	}
	if (signbit(v)) {
		*end++ = '-';
		v = -v;
	}
	if (isinf(v))
		end = put(end, "Infinity", 8);
	else if (v == 0)
		end = put(end, "0.0", 3);
	else {
		if (single || v < 1e-3 || v >= 1e7 || !digits_short(v, &d))
			digits_shortest(v, single, &d);
		end = put_digits(end, &d);
	}
	return (size_t)(end - out);
}

size_t
f64_format(double v, char out[F64_TEXT_MAX])
{
	return format_number(v, false, out);
}

size_t
f32_format(float v, char out[F64_TEXT_MAX])
{
	return format_number((double)v, true, out);
}

/* What strtod takes and Java does not begins with a letter or is a
 * hexadecimal number without a binary exponent. */
static bool
is_java_number(const char *text)
{
	bool hex;

	text += *text == '+' || *text == '-';
	if (strcmp(text, "NaN") == 0 || strcmp(text, "Infinity") == 0)
		return true;
	if (*text != '.' && (*text < '0' || *text > '9'))
		return false;
	hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	return !hex || strpbrk(text, "pP");
}

bool
f64_parse(const char *text, size_t n, double *ret)
{
	char copy[PARSE_MAX + 1];
	char *end;
	double v;

	/* Java's trim(): everything up to the blank. */
	while (n > 0 && (unsigned char)text[0] <= ' ') {
		text++;
		n--;
	}
	while (n > 0 && (unsigned char)text[n - 1] <= ' ')
		n--;
	if (n == 0 || n > PARSE_MAX || memchr(text, '\0', n))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (!is_java_number(copy))
		return false;
	v = strtod(copy, &end);
	if (end == copy)
		return false;
	if (*end && strchr("dDfF", *end) && end[-1] != 'N' && end[-1] != 'y')
		end++;
	if (*end)
		return false;
	*ret = v;
	return true;
}
