/* SPDX-License-Identifier: Apache-2.0
 * base/str.c - comparing and copying strings of columns; UTF-8. Invalid text
 * is turned away where it enters, so that everything else may trust it.
 */
#include "base/str.h"

#include "base/arena.h"
#include "base/check.h"

int
str_cmp(const struct str *a, const struct str *b)
{
	uint32_t n = a->len < b->len ? a->len : b->len;
	/* Unused prefix bytes are 0, which no other byte is below, so that
	 * a difference here is the answer for short strings as well. */
	int order = memcmp(a->prefix, b->prefix, sizeof(a->prefix));

	if (order != 0)
		return order;
	if (n > sizeof(a->prefix)) {
		order = memcmp(str_data(a) + 4, str_data(b) + 4, n - 4);
		if (order != 0)
			return order;
	}
	return (a->len > b->len) - (a->len < b->len);
}

struct str
str_from(struct arena *a, const char *data, size_t len)
{
	CHECK(len <= UINT32_MAX);
	if (len > STR_INLINE_MAX) {
		char *copy = arena_bytes(a, len);

		memcpy(copy, data, len);
		data = copy;
	}
	return str_ref(data, (uint32_t)len);
}

struct str
str_dup(struct arena *a, struct str s)
{
	return s.len <= STR_INLINE_MAX ? s : str_from(a, s.ptr, s.len);
}

static bool
is_tail(const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

unsigned
utf8_measure(const char *data, size_t n)
{
	unsigned char first = n > 0 ? (unsigned char)data[0] : 0xff;
	unsigned char second = n > 1 ? (unsigned char)data[1] : 0;

	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return n >= 2 && is_tail(data + 1, 1) ? 2 : 0;
	if (first >= 0xe0 && first <= 0xef) {
		if (n < 3 || !is_tail(data + 1, 2))
			return 0;
		if (first == 0xe0 && second < 0xa0)
			return 0; /* overlong */
		if (first == 0xed && second > 0x9f)
			return 0; /* a surrogate */
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (n < 4 || !is_tail(data + 1, 3))
			return 0;
		if (first == 0xf0 && second < 0x90)
			return 0; /* overlong */
		if (first == 0xf4 && second > 0x8f)
			return 0; /* behind U+10FFFF */
		return 4;
	}
	return 0;
}

bool
utf8_valid(const char *data, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint64_t eight;
		unsigned bytes;

		while (n - i >= sizeof(eight)) {
			memcpy(&eight, data + i, sizeof(eight));
			if (eight & UINT64_C(0x8080808080808080))
				break;
			i += sizeof(eight);
		}
		if (i == n)
			break;
		bytes = utf8_measure(data + i, n - i);
		if (bytes == 0)
			return false;
		i += bytes;
	}
	return true;
}

size_t
utf8_length(const char *data, size_t n)
{
	size_t length = 0;

	for (size_t i = 0; i < n; i++)
		length += (data[i] & 0xc0) != 0x80;
	return length;
}

size_t
utf8_offset(const char *data, size_t n, size_t index)
{
	size_t i = 0;

	while (i < n && index > 0) {
		i++;
		while (i < n && (data[i] & 0xc0) == 0x80)
			i++;
		index--;
	}
	return i;
}

uint32_t
utf8_next(const char *data, size_t n, size_t *pos)
{
	const unsigned char *p = (const unsigned char *)data + *pos;
	unsigned bytes = p[0] < 0x80   ? 1
			 : p[0] < 0xe0 ? 2
			 : p[0] < 0xf0 ? 3
				       : 4;
	uint32_t code = bytes == 1 ? p[0] : p[0] & (0x7fu >> bytes);

	CHECK(n - *pos >= bytes);
	for (unsigned i = 1; i < bytes; i++)
		code = code << 6 | (p[i] & 0x3f);
	*pos += bytes;
	return code;
}

unsigned
utf8_put(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}
