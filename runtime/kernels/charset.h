/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/charset.h - bytes that should be UTF-8.
 */
#ifndef RUNTIME_KERNELS_CHARSET_H
#define RUNTIME_KERNELS_CHARSET_H

#include <stddef.h>

/* The bytes as valid UTF-8, U+FFFD for each that is no part of a character;
 * `out` has room for 3 * n. Returns how many were written. */
size_t utf8_repair(const char *bytes, size_t n, char *out);

#endif
