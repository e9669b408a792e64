/* SPDX-License-Identifier: Apache-2.0
 * base/buf.c - room doubles; text that needs no escape is copied in runs.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/float.h"

#define BUF_MIN ((size_t)256)

void
buf_init(struct buf *b)
{
	*b = (struct buf){ 0 };
}

void
buf_release(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

char *
buf_room(struct buf *b, size_t n)
{
	CHECK(n <= SIZE_MAX / 4 - b->len);
	if (b->size - b->len < n) {
		size_t size = b->size > BUF_MIN ? b->size : BUF_MIN;

		while (size < b->len + n)
			size *= 2;
		b->data = mem_realloc(b->data, size);
		b->size = size;
	}
	/* n may be 0 before anything was ever allocated */
	return b->data ? b->data + b->len : NULL;
}

void
buf_puts(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	CHECK(n >= 0);
	va_start(args, format);
	vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, format, args);
	va_end(args);
	b->len += (size_t)n;
}

void
buf_str(struct buf *b, struct str s)
{
	buf_append(b, str_data(&s), s.len);
}

void
buf_i64(struct buf *b, int64_t v)
{
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char text[20];
	char *p = text + sizeof(text);

	do {
		*--p = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (v < 0)
		*--p = '-';
	buf_append(b, p, (size_t)(text + sizeof(text) - p));
}

const char *
buf_cstr(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return b->data;
}

void
buf_f64(struct buf *b, double v)
{
	b->len += f64_format(v, buf_room(b, F64_TEXT_MAX));
}

void
buf_f32(struct buf *b, float v)
{
	b->len += f32_format(v, buf_room(b, F64_TEXT_MAX));
}

static void
put_unit(struct buf *b, unsigned unit)
{
	static const char hex[] = "0123456789ABCDEF";
	char text[6] = { '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15],
			 hex[unit >> 4 & 15], hex[unit & 15] };

	buf_append(b, text, sizeof(text));
}

/* Writes what begins at text and cannot stand for itself in a JSON string;
 * returns how many bytes of the text that was. */
static size_t
put_escaped(struct buf *b, const char *text, size_t n)
{
	static const char letters[256] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
		['\r'] = 'r', ['"'] = '"', ['\\'] = '\\',
	};
	unsigned char c = (unsigned char)text[0];
	size_t pos = 0;
	uint32_t code;

	if (letters[c]) {
		buf_putc(b, '\\');
		buf_putc(b, letters[c]);
		return 1;
	}
	if (c < 0x20) {
		put_unit(b, c);
		return 1;
	}
	if (utf8_measure(text, n) != 4) {
		buf_puts(b, "\xef\xbf\xbd"); /* U+FFFD */
		return 1;
	}
	code = utf8_next(text, n, &pos) - 0x10000;
	put_unit(b, 0xd800 + (code >> 10));
	put_unit(b, 0xdc00 + (code & 0x3ff));
	return 4;
}

/* Whether none of eight bytes may need an escape: false for some that do not,
 * but never true for one that does. */
static bool
eight_are_plain(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t x, quote, slash, control, high;

	memcpy(&x, p, sizeof(x));
	quote = x ^ ones * '"';
	slash = x ^ ones * '\\';
	quote = (quote - ones) & ~quote;
	slash = (slash - ones) & ~slash;
	control = (x - ones * 0x20) & ~x;
	high = x & x << 1;
	high &= high << 2; /* from 0xf0 on */
	return ((quote | slash | control | high) & ones << 7) == 0;
}

void
buf_json_string(struct buf *b, const char *text, size_t n)
{
	size_t done = 0;

	buf_putc(b, '"');
	for (size_t i = 0; i < n;) {
		unsigned char c;

		if (n - i >= 8 && eight_are_plain(text + i)) {
			i += 8;
			continue;
		}
		c = (unsigned char)text[i];
		if (c >= 0x20 && c < 0xf0 && c != '"' && c != '\\') {
			i++;
			continue;
		}
		buf_append(b, text + done, i - done);
		i += put_escaped(b, text + i, n - i);
		done = i;
	}
	buf_append(b, text + done, n - done);
	buf_putc(b, '"');
}
