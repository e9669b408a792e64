/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/charset.c - base 64, and text as bytes of a character set.
 * As in Java a character that a set lacks becomes a question mark, and bytes
 * that are no character become U+FFFD.
 */
#include <strings.h>

#include "runtime/kernels/charset.h"
#include "runtime/kernels/text.h"

#define REPLACEMENT 0xfffdu

/* ---- base 64 ---- */

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_write(const uint8_t *in, size_t n, char *out)
{
	char *start = out;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		v |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
		v |= i + 2 < n ? in[i + 2] : 0;
		*out++ = base64_digits[v >> 18];
		*out++ = base64_digits[v >> 12 & 63];
		*out++ = i + 1 < n ? base64_digits[v >> 6 & 63] : '=';
		*out++ = i + 2 < n ? base64_digits[v & 63] : '=';
	}
	return (size_t)(out - start);
}

/* Padding may be left out, but not be wrong; false: no base 64. */
static bool
base64_read(const char *in, size_t n, char *out, size_t *ret_n)
{
	unsigned digits = 0, padding = 0;
	uint32_t v = 0;
	char *start = out;

	while (n > 0 && padding < 2 && in[n - 1] == '=') {
		padding++;
		n--;
	}
	if (n % 4 == 1 || (padding > 0 && (n + padding) % 4 != 0))
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *digit = in[i] ? strchr(base64_digits, in[i]) : NULL;

		if (!digit)
			return false;
		v = v << 6 | (uint32_t)(digit - base64_digits);
		if (++digits % 4 == 1)
			continue;
		*out++ = (char)(v >> (6 - 2 * ((digits - 1) % 4)));
	}
	*ret_n = (size_t)(out - start);
	return true;
}

static void
to_base64(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		char *out = text_room(f, row, ((size_t)s.len + 2) / 3 * 4);

		if (out)
			text_put(f, row, out,
				 base64_write((const uint8_t *)str_data(&s),
					      s.len, out));
	}
}

static void
from_base64(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		char *out = text_room(f, row, s.len);
		size_t n;

		if (!out)
			continue;
		if (!base64_read(str_data(&s), s.len, out, &n))
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the text is no base 64");
		else if (!utf8_valid(out, n))
			frame_fail(f, row, ERR_BAD_UTF8,
				   "the bytes of the base 64 are no text");
		else
			text_put(f, row, out, n);
	}
}

/* ---- character sets ---- */

enum charset {
	CHARSET_ASCII, CHARSET_LATIN1, CHARSET_UTF8, CHARSET_UTF16,
	CHARSET_UTF16BE, CHARSET_UTF16LE, CHARSET_UNKNOWN,
};

static enum charset
charset_find(const struct str *name)
{
	static const struct {
		const char *name;
		enum charset charset;
	} names[] = {
		{ "US-ASCII", CHARSET_ASCII },
		{ "ASCII", CHARSET_ASCII },
		{ "ISO-8859-1", CHARSET_LATIN1 },
		{ "LATIN1", CHARSET_LATIN1 },
		{ "UTF-8", CHARSET_UTF8 },
		{ "UTF8", CHARSET_UTF8 },
		{ "UTF-16", CHARSET_UTF16 },
		{ "UTF-16BE", CHARSET_UTF16BE },
		{ "UTF-16LE", CHARSET_UTF16LE },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strlen(names[i].name) == name->len &&
		    strncasecmp(names[i].name, str_data(name), name->len) == 0)
			return names[i].charset;
	}
	return CHARSET_UNKNOWN;
}

static char *
put_unit(char *out, unsigned unit, bool little)
{
	*out++ = (char)(little ? unit : unit >> 8);
	*out++ = (char)(little ? unit >> 8 : unit);
	return out;
}

static char *
put_utf16(char *out, uint32_t c, bool little)
{
	if (c < 0x10000)
		return put_unit(out, c, little);
	c -= 0x10000;
	out = put_unit(out, 0xd800 + (c >> 10), little);
	return put_unit(out, 0xdc00 + (c & 0x3ff), little);
}

/* At most 4 bytes for each of the text, and 2 before them. */
static size_t
charset_encode(enum charset set, const struct str *s, char *out)
{
	const char *text = str_data(s);
	size_t pos = 0;
	char *start = out;

	if (set == CHARSET_UTF16 && s->len > 0)
		out = put_unit(out, 0xfeff, false);
	while (pos < s->len) {
		uint32_t c = utf8_next(text, s->len, &pos);

		if (set == CHARSET_UTF8)
			out += utf8_put(out, c);
		else if (set == CHARSET_ASCII)
			*out++ = c < 0x80 ? (char)c : '?';
		else if (set == CHARSET_LATIN1)
			*out++ = c < 0x100 ? (char)c : '?';
		else
			out = put_utf16(out, c, set == CHARSET_UTF16LE);
	}
	return (size_t)(out - start);
}

size_t
utf8_repair(const char *bytes, size_t n, char *out)
{
	char *start = out;

	for (size_t pos = 0; pos < n;) {
		unsigned good = utf8_measure(bytes + pos, n - pos);

		if (good == 0) {
			out += utf8_put(out, REPLACEMENT);
			pos++;
			continue;
		}
		memcpy(out, bytes + pos, good);
		out += good;
		pos += good;
	}
	return (size_t)(out - start);
}

static unsigned
utf16_unit(const uint8_t *in, bool little)
{
	return little ? in[0] | in[1] << 8 : in[0] << 8 | in[1];
}

static size_t
utf16_decode(const uint8_t *in, size_t n, bool little, char *out)
{
	char *start = out;
	size_t i = 0;

	for (; i + 1 < n; i += 2) {
		uint32_t c = utf16_unit(in + i, little), low = 0;

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < n)
			low = utf16_unit(in + i + 2, little);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		out += utf8_put(out, c >= 0xd800 && c < 0xe000 ? REPLACEMENT
							       : c);
	}
	if (i < n)
		out += utf8_put(out, REPLACEMENT);
	return (size_t)(out - start);
}

/* At most 3 bytes for each one. */
static size_t
charset_decode(enum charset set, const struct str *s, char *out)
{
	const uint8_t *in = (const uint8_t *)str_data(s);
	bool little = set == CHARSET_UTF16LE;
	size_t n = s->len;
	char *start = out;

	if (set == CHARSET_UTF8)
		return utf8_repair(str_data(s), n, out);
	if (set == CHARSET_ASCII || set == CHARSET_LATIN1) {
		uint8_t max = set == CHARSET_ASCII ? 0x7f : 0xff;

		for (size_t i = 0; i < n; i++)
			out += utf8_put(out, in[i] <= max ? in[i]
							  : REPLACEMENT);
		return (size_t)(out - start);
	}
	if (set == CHARSET_UTF16 && n >= 2) {
		unsigned mark = utf16_unit(in, false);

		little = mark == 0xfffe;
		in += mark == 0xfeff || little ? 2 : 0;
		n -= mark == 0xfeff || little ? 2 : 0;
	}
	return utf16_decode(in, n, little, out);
}

static void
recode(struct frame *f)
{
	bool encode = f->call->function == FN_ENCODE;

	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), name = arg_str(f, 1, row);
		enum charset set = charset_find(&name);
		char *out = text_room(f, row, (size_t)4 * s.len + 2);

		if (!out)
			continue;
		if (set == CHARSET_UNKNOWN)
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the character set is none of US-ASCII, "
				   "ISO-8859-1, UTF-8, UTF-16, UTF-16BE, "
				   "UTF-16LE");
		else
			text_put(f, row, out,
				 encode ? charset_encode(set, &s, out)
					: charset_decode(set, &s, out));
	}
}

/* ---- picks ---- */

static bool
pick_base64(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) &&
	       pick_sparse(k, k->function == FN_TO_BASE64 ? to_base64
							  : from_base64);
}

static bool
pick_recode(struct kernel_call *k)
{
	return text_shape_is(k, 2, PHYS_STR) && pick_sparse(k, recode);
}

const struct kernel charset_kernels[] = {
	{ FN_TO_BASE64, pick_base64 }, { FN_FROM_BASE64, pick_base64 },
	{ FN_ENCODE, pick_recode },    { FN_DECODE, pick_recode },
	{ FN_NONE, NULL },
};
