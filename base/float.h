/* SPDX-License-Identifier: Apache-2.0
 * base/float.h - the text of floating-point numbers, as Java writes and reads
 * it: the fewest digits (but two at least) that give the same number back.
 */
#ifndef BASE_FLOAT_H
#define BASE_FLOAT_H

#include <stdbool.h>
#include <stddef.h>

#define F64_TEXT_MAX 32
/* "1.0", "1.0E10", "1.0E-4", "NaN", "Infinity", "-0.0"; returns the length.
 * Not NUL-terminated. */
size_t f64_format(double v, char out[F64_TEXT_MAX]);
/* The same of a FLOAT, which needs fewer digits: 0.1f is "0.1". */
size_t f32_format(float v, char out[F64_TEXT_MAX]);

/* Java's Double.parseDouble(): blanks around, "1.5", "1e3", ".5", "1d",
 * "0x1p3", "NaN", "-Infinity"; too large gives an infinity. False: no number,
 * or more than 1000 characters. */
bool f64_parse(const char *text, size_t n, double *ret);

#endif
