/* SPDX-License-Identifier: Apache-2.0
 * base/str.h - text and bytes in columns: 16 bytes each, up to 12 of text
 * inline, longer ones by pointer with the first four bytes beside the length
 * (Umbra's layout; Neumann and Freitag, CIDR 2020). Unused inline bytes are 0,
 * so that two short strings are equal iff their 16 bytes are.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STR_INLINE_MAX 12

struct str {
	uint32_t len; /* bytes */
	char prefix[4];
	union {
		char rest[8];    /* len <= 12: bytes 4..11 */
		const char *ptr; /* else: all bytes; not owned */
	};
};

_Static_assert(sizeof(struct str) == 16, "columns of strings are dense");

/* Points into `data` when it is longer than 12 bytes: the caller sees to it
 * that it lives as long as the string. Short ones are copied by moves of fixed
 * size, which overlap: this stands in the loop of every decoder. */
static inline struct str
str_ref(const char *data, uint32_t len)
{
	struct str s = { .len = len };
	char *bytes = (char *)&s + offsetof(struct str, prefix);

	if (len > STR_INLINE_MAX) {
		memcpy(s.prefix, data, 4);
		s.ptr = data;
	} else if (len >= 8) {
		memcpy(bytes, data, 8);
		memcpy(bytes + len - 4, data + len - 4, 4);
	} else if (len >= 4) {
		memcpy(bytes, data, 4);
		memcpy(bytes + len - 4, data + len - 4, 4);
	} else if (len > 0) {
		bytes[0] = data[0];
		bytes[len / 2] = data[len / 2];
		bytes[len - 1] = data[len - 1];
	}
	return s;
}

/* The bytes; for inline strings they lie inside *s. */
static inline const char *
str_data(const struct str *s)
{
	return s->len <= STR_INLINE_MAX ? s->prefix : s->ptr;
}

static inline bool
str_eq(const struct str *a, const struct str *b)
{
	if (memcmp(a, b, 8) != 0)
		return false;
	if (a->len <= STR_INLINE_MAX)
		return memcmp(a->rest, b->rest, 8) == 0;
	return memcmp(a->ptr, b->ptr, a->len) == 0;
}

/* By unsigned bytes, which for UTF-8 is the order of code points. */
int str_cmp(const struct str *a, const struct str *b);

struct arena;
/* A copy whose bytes live in the arena. */
struct str str_dup(struct arena *a, struct str s);
struct str str_from(struct arena *a, const char *data, size_t len);

/* UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF). */
bool utf8_valid(const char *data, size_t n);
/* Bytes of the valid code point that begins at data; 0: there is none. */
unsigned utf8_measure(const char *data, size_t n);
size_t utf8_length(const char *data, size_t n); /* code points of valid text */
/* Offset of code point `index`, or n behind the end. */
size_t utf8_offset(const char *data, size_t n, size_t index);
/* Reads one code point of valid text and moves *pos. */
uint32_t utf8_next(const char *data, size_t n, size_t *pos);
/* Writes 1..4 bytes, returns how many. */
unsigned utf8_put(char *out, uint32_t code_point);

#endif
