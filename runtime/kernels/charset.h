/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/charset.h - bytes that should be UTF-8.
 */
#ifndef RUNTIME_KERNELS_CHARSET_H
#define RUNTIME_KERNELS_CHARSET_H

#include <stddef.h>
#include <stdint.h>

/* The bytes as valid UTF-8, U+FFFD for each that is no part of a character;
 * `out` has room for 3 * n. Returns how many were written. */
size_t utf8_repair(const char *bytes, size_t n, char *out);

/* Base 64 of n bytes; `out` has room for 4 * ((n + 2) / 3). Returns how many
 * were written. */
size_t base64_write(const uint8_t *in, size_t n, char *out);

#endif
