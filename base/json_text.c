/* SPDX-License-Identifier: Apache-2.0
 * base/json_text.c - what JSON strings and numbers stand for, and values as
 * compact JSON: the half of json_doc.h that writes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/json_doc.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- strings ---- */

static unsigned
read_unit(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (unsigned)json_hex_digit(p[i]);
	return v;
}

/* Is this \u and four digits? */
static bool
has_unit(const char *p, const char *end)
{
	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return false;
	for (int i = 2; i < 6; i++)
		if (json_hex_digit(p[i]) < 0)
			return false;
	return true;
}

static size_t
put_utf8(char *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* The digits of \u at *p, which must be there, and those of the other half of a
 * pair. */
static unsigned
read_code_point(const char **p, const char *end)
{
	unsigned c = read_unit(*p), low;

	*p += 4;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c >= 0xdc00 || !has_unit(*p, end))
		return '?';
	low = read_unit(*p + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return '?';
	*p += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

/* 0: there is no such escape. */
static char
simple_escape(char c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : 0;
}

bool
json_unquote(const char *text, size_t n, char *out, size_t *ret_n)
{
	const char *p = text, *end = text + n;
	char *start = out;

	while (p < end) {
		if (*p != '\\') {
			*out++ = *p++;
		} else if (has_unit(p, end)) {
			p += 2;
			out += put_utf8(out, read_code_point(&p, end));
		} else {
			char c = end - p > 1 ? simple_escape(p[1]) : 0;

			if (!c)
				return false;
			*out++ = c;
			p += 2;
		}
	}
	*ret_n = (size_t)(out - start);
	return true;
}

size_t
json_string(const struct json_node *t, char *out)
{
	size_t n = t->len;

	CHECK(t->kind == JSON_STRING);
	if (t->escaped)
		CHECK(json_unquote(t->text, t->len, out, &n));
	else
		memcpy(out, t->text, n);
	return n;
}

void
json_write_string(struct buf *out, const char *text, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t done = 0;

	buf_putc(out, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		const char *at;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_append(out, text + done, i - done);
		done = i + 1;
		buf_putc(out, '\\');
		at = c ? strchr("\"\"\\\\\bb\ff\nn\rr\tt", c) : NULL;
		if (at) {
			buf_putc(out, at[1]);
			continue;
		}
		buf_append(out, "u00", 3);
		buf_putc(out, digits[c >> 4]);
		buf_putc(out, digits[c & 15]);
	}
	buf_append(out, text + done, n - done);
	buf_putc(out, '"');
}

/* ---- numbers ---- */

struct decimal_text {
	bool minus;
	char digit[JSON_NUMBER_MAX + 1]; /* without leading zeros */
	size_t n;
	int64_t scale;
};

static void
read_decimal(const char *p, const char *end, struct decimal_text *ret)
{
	int64_t exponent = 0;
	bool minus = false, fraction = false;

	ret->n = 0;
	ret->scale = 0;
	ret->minus = p < end && *p == '-';
	for (p += ret->minus; p < end && (is_digit(*p) || *p == '.'); p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		ret->scale += fraction;
		if (ret->n == 1 && ret->digit[0] == '0')
			ret->n = 0;
		ret->digit[ret->n++] = *p;
	}
	if (p < end) {
		p++;
		minus = p < end && *p == '-';
		p += p < end && !is_digit(*p);
	}
	for (; p < end; p++)
		exponent = 10 * exponent + (*p - '0');
	ret->scale -= minus ? -exponent : exponent;
	ret->minus &= ret->digit[0] != '0';
}

/* The digits with a point `scale` places before their end. */
static void
write_plain(struct buf *out, const struct decimal_text *d)
{
	size_t scale = (size_t)d->scale;

	if (scale == 0) {
		buf_append(out, d->digit, d->n);
	} else if (d->n > scale) {
		buf_append(out, d->digit, d->n - scale);
		buf_putc(out, '.');
		buf_append(out, d->digit + d->n - scale, scale);
	} else {
		buf_append(out, "0.", 2);
		for (size_t i = d->n; i < scale; i++)
			buf_putc(out, '0');
		buf_append(out, d->digit, d->n);
	}
}

void
json_write_decimal(struct buf *out, const char *text, size_t n)
{
	struct decimal_text d;
	int64_t adjusted;

	CHECK(n > 0);
	CHECK(n <= JSON_NUMBER_MAX);
	read_decimal(text, text + n, &d);
	if (d.minus)
		buf_putc(out, '-');
	adjusted = (int64_t)d.n - 1 - d.scale;
	if (d.scale >= 0 && adjusted >= -6) {
		write_plain(out, &d);
		return;
	}
	buf_putc(out, d.digit[0]);
	if (d.n > 1) {
		buf_putc(out, '.');
		buf_append(out, d.digit + 1, d.n - 1);
	}
	if (adjusted != 0) {
		buf_putc(out, 'E');
		if (adjusted > 0)
			buf_putc(out, '+');
		buf_i64(out, adjusted);
	}
}

static void
write_number(struct buf *out, const struct json_node *t)
{
	if (t->kind == JSON_DECIMAL)
		json_write_decimal(out, t->text, t->len);
	else if (t->len == 2 && memcmp(t->text, "-0", 2) == 0)
		buf_putc(out, '0');
	else
		buf_append(out, t->text, t->len);
}

/* ---- writing ---- */

static void
write_text(struct buf *out, const struct json_node *t)
{
	char *text;

	if (!t->escaped) {
		buf_putc(out, '"');
		buf_append(out, t->text, t->len);
		buf_putc(out, '"');
		return;
	}
	text = mem_alloc(t->len + 1);
	json_write_string(out, text, json_string(t, text));
	free(text);
}

static void
write_scalar(struct buf *out, const struct json_node *t)
{
	switch ((enum json_kind)t->kind) {
	case JSON_NULL:
		buf_puts(out, "null");
		break;
	case JSON_FALSE:
		buf_puts(out, "false");
		break;
	case JSON_TRUE:
		buf_puts(out, "true");
		break;
	case JSON_INTEGER:
	case JSON_DECIMAL:
		write_number(out, t);
		break;
	case JSON_STRING:
		write_text(out, t);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		CHECK(!"a scalar");
	}
}

void
json_scalar_text(const struct json_doc *d, uint32_t node, struct buf *out)
{
	const struct json_node *t = &d->node[node];

	if (t->kind == JSON_STRING)
		buf_added(out, json_string(t, buf_room(out, t->len + 1)));
	else
		write_scalar(out, t);
}

static void
write_object(const struct json_doc *d, uint32_t node, struct buf *out)
{
	uint32_t n = d->node[node].n;
	uint32_t *keys = mem_alloc((2 * (size_t)n + 1) * sizeof(*keys));
	uint32_t *values = keys + n;

	n = json_members_sorted(d, node, keys, values);
	buf_putc(out, '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, ',');
		write_text(out, &d->node[keys[i]]);
		buf_putc(out, ':');
		json_write(d, values[i], out);
	}
	buf_putc(out, '}');
	free(keys);
}

/* Goes down as deep as the text is nested: JSON_DOC_DEPTH_MAX. */
void
json_write(const struct json_doc *d, uint32_t node, struct buf *out)
{
	const struct json_node *t = &d->node[node];
	uint32_t at = json_first(node);

	if (t->kind == JSON_OBJECT) {
		write_object(d, node, out);
		return;
	}
	if (t->kind != JSON_ARRAY) {
		write_scalar(out, t);
		return;
	}
	buf_putc(out, '[');
	for (uint32_t i = 0; i < t->n; i++, at = d->node[at].next) {
		if (i > 0)
			buf_putc(out, ',');
		json_write(d, at, out);
	}
	buf_putc(out, ']');
}
