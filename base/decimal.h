/* SPDX-License-Identifier: Apache-2.0
 * base/decimal.h - exact decimal numbers as unscaled integers of up to 38
 * digits beside a scale that the type knows.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/types.h"

extern const i128 decimal_pow10[DECIMAL_MAX + 1];

/* True iff |v| < 10^precision. */
bool decimal_fits(i128 v, unsigned precision);
/* v * 10^(to - from), rounded half away from zero when digits are lost;
 * false when the result has more than 38 digits. */
bool decimal_rescale(i128 v, unsigned from, unsigned to, i128 *ret);
/* Reads [+-]digits[.digits][e[+-]n] with blanks around, rounds half away from
 * zero to `scale`. */
enum decimal_parse { DECIMAL_OK, DECIMAL_SYNTAX, DECIMAL_OVERFLOW };
enum decimal_parse decimal_parse(const char *text, size_t n, unsigned precision,
				 unsigned scale, i128 *ret);
double decimal_to_f64(i128 v, unsigned scale);
/* Half away from zero; false for NaN, infinities and too many digits. */
bool decimal_from_f64(double d, unsigned precision, unsigned scale, i128 *ret);

#define DECIMAL_TEXT_MAX 48
/* "12.5000", "-0.05": all digits of the scale; returns the length. */
size_t decimal_format(i128 v, unsigned scale, char out[DECIMAL_TEXT_MAX]);
/* Java's BigDecimal.stripTrailingZeros().toString(): "12.5", "1E+2",
 * "1E-11", "0": what Flink's JSON format writes by default. */
size_t decimal_format_stripped(i128 v, unsigned scale,
			       char out[DECIMAL_TEXT_MAX]);
/* Any i128 in decimal digits. */
size_t i128_format(i128 v, char out[DECIMAL_TEXT_MAX]);

#endif
