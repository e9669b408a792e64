/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_simd.h - the parts of JSON that libsimdjson and
 * fast_float do for us: where its tokens begin, and what a number means.
 */
#ifndef RUNTIME_FORMATS_JSON_SIMD_H
#define RUNTIME_FORMATS_JSON_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Readable bytes that must follow every text given to us. */
#define JSON_PADDING 64

struct json_index;

struct json_index *json_index_create(void);
void json_index_destroy(struct json_index *x); /* NULL is allowed */

/* Finds where the tokens of text[0..n) begin: { } [ ] : , and the first byte
 * of each string, number or word outside of strings. Returns how many there
 * are; *ret is borrowed until the next call and ends with an entry n more.
 * -1: the text is not valid UTF-8, has a control character in a string, or a
 * string does not end. Nothing else is checked. */
long json_index_text(struct json_index *x, const char *text, size_t n,
		     const uint32_t **ret);

/* The value of a number as JSON writes it (checked by the caller); too large
 * gives an infinity. */
double json_double(const char *text, size_t n);

#ifdef __cplusplus
}
#endif

#endif
