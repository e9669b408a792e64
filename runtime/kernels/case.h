/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/case.h - upper and lower case of valid UTF-8, as Java's
 * toUpperCase() and toLowerCase() in a locale without rules of its own.
 */
#ifndef RUNTIME_KERNELS_CASE_H
#define RUNTIME_KERNELS_CASE_H

#include <stddef.h>

/* Most bytes that one byte can become (two bytes of U+0390 become six). */
#define CASE_GROWTH 3

/* out has room for CASE_GROWTH * n bytes; returns how many were written. */
size_t case_upper(const char *text, size_t n, char *out);
size_t case_lower(const char *text, size_t n, char *out);

#endif
