/* SPDX-License-Identifier: Apache-2.0
 * base/buf.h - a growing byte buffer, for text on its way out.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *data; /* not NUL-terminated; owned */
	size_t len;
	size_t size;
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
static inline void buf_clear(struct buf *b) { b->len = 0; }

/* Makes room for n more bytes and returns where they go; buf_added() then
 * says how many were written. */
char *buf_room(struct buf *b, size_t n);
static inline void buf_added(struct buf *b, size_t n) { b->len += n; }

/* Inline, since rows are written piece by piece. */
static inline void
buf_append(struct buf *b, const void *data, size_t n)
{
	if (b->size - b->len < n)
		buf_room(b, n);
	if (n > 0)
		memcpy(b->data + b->len, data, n);
	b->len += n;
}

static inline void
buf_putc(struct buf *b, char c)
{
	if (b->len == b->size)
		buf_room(b, 1);
	b->data[b->len++] = c;
}

void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buf_str(struct buf *b, struct str s);
void buf_i64(struct buf *b, int64_t v);
/* The contents as a NUL-terminated string (the NUL is not counted). */
const char *buf_cstr(struct buf *b);

/* A JSON string with its quotes, as Flink's JSON format writes it: control
 * characters as \n, \t, ... or \u00XX, code points beyond the BMP as two
 * \uXXXX, everything else raw. */
void buf_json_string(struct buf *b, const char *text, size_t n);
/* Java's text of a double: 1.0, 1.0E10, 1.0E-4, NaN, Infinity, -0.0. */
void buf_f64(struct buf *b, double v);
void buf_f32(struct buf *b, float v); /* of a FLOAT: 0.1, not 0.10000000149 */

#endif
