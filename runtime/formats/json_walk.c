/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_walk.c - one pass over the tokens of a document: the
 * whole grammar is checked, read or not, but for the escapes of strings that
 * nobody reads; depth and number of fields have a limit.
 */
#include <string.h>

#include "base/check.h"
#include "base/str.h"
#include "runtime/formats/json_simd.h"
#include "runtime/formats/json_walk.h"

_Static_assert(JSON_DEPTH_MAX <= 64, "the open brackets are bits of a word");

void
json_walker_init(struct json_walker *w, unsigned nnames,
		 const struct json_name *names, struct arena *a)
{
	*w = (struct json_walker){
		.nnames = nnames,
		.names = names,
		.slots = arena_array(a, nnames, struct json_token *),
	};
}

/* ---- tokens ---- */

struct cursor {
	const char *text;
	const uint32_t *pos;
	uint32_t start, end;
	unsigned fields;
	struct json_fault fault;
};

/* The first byte of the next token; -1: the document has no more. */
static inline int
peek(const struct cursor *c)
{
	return *c->pos < c->end ? (unsigned char)c->text[*c->pos] : -1;
}

static bool
refuse(struct cursor *c, const char *what)
{
	uint32_t at = *c->pos < c->end ? *c->pos : c->end;

	c->fault = (struct json_fault){ what, at - c->start };
	return false;
}

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The text of a string, number or word: up to the next token, less blanks. */
static inline struct json_token
take_scalar(struct cursor *c)
{
	uint32_t from = c->pos[0];
	uint32_t to = c->pos[1] < c->end ? c->pos[1] : c->end;

	while (is_blank(c->text[to - 1]))
		to--;
	c->pos++;
	return (struct json_token){ c->text + from, to - from };
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* JSON's grammar: no leading zeros or plus, digits on both sides of a point. */
static bool
is_number(const char *p, const char *end)
{
	if (p < end && *p == '-')
		p++;
	if (p == end || !is_digit(*p))
		return false;
	if (*p++ != '0')
		while (p < end && is_digit(*p))
			p++;
	if (p < end && *p == '.') {
		if (++p == end || !is_digit(*p))
			return false;
		while (p < end && is_digit(*p))
			p++;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if (p == end || !is_digit(*p))
			return false;
		while (p < end && is_digit(*p))
			p++;
	}
	return p == end;
}

static bool
is_word(struct json_token t, const char *word, uint32_t len)
{
	return t.len == len && memcmp(t.text, word, len) == 0;
}

static bool
scalar_is_valid(struct json_token t)
{
	switch (t.text[0]) {
	case '"':
		return t.len >= 2 && t.text[t.len - 1] == '"';
	case 't':
		return is_word(t, "true", 4);
	case 'f':
		return is_word(t, "false", 5);
	case 'n':
		return is_word(t, "null", 4);
	default:
		return is_number(t.text, t.text + t.len);
	}
}

/* ---- nested values ---- */

/* Reads `"key" :` and counts the field. */
static bool
skip_key(struct cursor *c)
{
	if (peek(c) != '"')
		return refuse(c, "expected a field's name in quotes");
	if (++c->fields > JSON_FIELDS_MAX)
		return refuse(c, "more than 10000 fields");
	take_scalar(c);
	if (peek(c) != ':')
		return refuse(c, "expected ':'");
	c->pos++;
	return true;
}

/* Behind a value: commas and closing brackets up to where the next value
 * begins, or to the end of the outermost one (*depth 0). */
static bool
skip_after_value(struct cursor *c, uint64_t *objects, unsigned *depth)
{
	while (*depth > 0) {
		bool object = *objects & 1;
		int ch = peek(c);

		if (ch == ',') {
			c->pos++;
			return !object || skip_key(c);
		}
		if (ch != (object ? '}' : ']'))
			return refuse(c, object ? "expected ',' or '}'"
						: "expected ',' or ']'");
		c->pos++;
		*objects >>= 1;
		(*depth)--;
	}
	return true;
}

/* At { or [: pushes it; an empty one is popped at once. */
static bool
skip_open(struct cursor *c, uint64_t *objects, unsigned *depth, bool *ret_empty)
{
	bool object = peek(c) == '{';

	/* The document itself is one level of the limit. */
	if (++*depth >= JSON_DEPTH_MAX)
		return refuse(c, "nested more than 64 deep");
	*objects = *objects << 1 | object;
	c->pos++;
	*ret_empty = peek(c) == (object ? '}' : ']');
	return *ret_empty || !object || skip_key(c);
}

/* An array or object, checked; the token spans all of it. */
static bool
take_nested(struct cursor *c, struct json_token *ret)
{
	uint32_t from = *c->pos;
	uint64_t objects = 0;
	unsigned depth = 0;

	do {
		int ch = peek(c);
		bool empty = true;

		if (ch == '{' || ch == '[') {
			if (!skip_open(c, &objects, &depth, &empty))
				return false;
			if (!empty)
				continue;
		} else if (ch < 0 || !scalar_is_valid(take_scalar(c))) {
			c->pos -= ch >= 0;
			return refuse(c, "expected a value");
		}
		if (!skip_after_value(c, &objects, &depth))
			return false;
	} while (depth > 0);
	*ret = (struct json_token){ c->text + from, c->pos[-1] + 1 - from };
	return true;
}

/* ---- the document's own fields ---- */

/* Both are readable for 8 bytes behind their ends. */
static inline bool
same_bytes(const char *a, const char *b, size_t n)
{
	uint64_t x, y;

	for (; n > 8; n -= 8, a += 8, b += 8) {
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		if (x != y)
			return false;
	}
	memcpy(&x, a, 8);
	memcpy(&y, b, 8);
	return n == 0 || (x ^ y) << (64 - 8 * n) == 0; /* little-endian */
}

static int32_t
find_plain(const struct json_walker *w, const char *key, size_t n)
{
	for (unsigned i = 0; i < w->nnames; i++) {
		if (w->names[i].len == n &&
		    memcmp(w->names[i].text, key, n) == 0)
			return (int32_t)i;
	}
	return -1;
}

/* The name that a key as written stands for. A bad escape stands for none. */
static int32_t
find_name(const struct json_walker *w, const char *key, size_t n)
{
	char plain[1024];
	size_t len;

	if (!memchr(key, '\\', n))
		return find_plain(w, key, n);
	if (n > sizeof(plain) || !json_unescape(key, n, plain, &len))
		return -1;
	return find_plain(w, plain, len);
}

/* As find_name(), remembering the answer for the next document. */
static int32_t
learn_name(struct json_walker *w, unsigned field, const char *key, size_t n)
{
	int32_t name = find_name(w, key, n);
	struct json_shape *s;

	if (field < JSON_SHAPE_FIELDS && n <= JSON_SHAPE_KEY) {
		s = &w->shapes[field];
		memcpy(s->key, key, n);
		s->len = (uint8_t)n;
		s->known = true;
		s->name = name;
	}
	return name;
}

static inline int32_t
match_key(struct json_walker *w, unsigned field, const char *key, size_t n)
{
	if (field < JSON_SHAPE_FIELDS) {
		const struct json_shape *s = &w->shapes[field];

		if (s->known && s->len == n && same_bytes(key, s->key, n))
			return s->name;
	}
	return learn_name(w, field, key, n);
}

/* One field: key, colon, value. */
static inline bool
walk_field(struct json_walker *w, struct cursor *c, uint32_t row)
{
	struct json_token key, value;
	int32_t name;
	int ch;

	if (peek(c) != '"')
		return refuse(c, "expected a field's name in quotes");
	if (c->fields++ >= JSON_FIELDS_MAX)
		return refuse(c, "more than 10000 fields");
	key = take_scalar(c);
	if (peek(c) != ':')
		return refuse(c, "expected ':'");
	name = match_key(w, c->fields - 1, key.text + 1, key.len - 2);
	c->pos++;
	ch = peek(c);
	if (ch == '{' || ch == '[') {
		if (!take_nested(c, &value))
			return false;
	} else if (ch < 0 || !scalar_is_valid(value = take_scalar(c))) {
		c->pos -= ch >= 0;
		return refuse(c, "expected a value");
	}
	if (name >= 0 && w->slots[name] && !w->slots[name][row].text)
		w->slots[name][row] = value;
	return true;
}

static bool
walk_object(struct json_walker *w, struct cursor *c, uint32_t row)
{
	switch (peek(c)) {
	case '{':
		break;
	case '[':
		return refuse(c, "a JSON array of rows is not supported yet");
	case -1:
		return refuse(c, "nothing but blanks");
	default:
		return refuse(c, "expected a JSON object");
	}
	c->pos++;
	if (peek(c) == '}') {
		c->pos++;
	} else {
		while (walk_field(w, c, row)) {
			int ch = peek(c);

			if (ch != ',' && ch != '}')
				return refuse(c, "expected ',' or '}'");
			c->pos++;
			if (ch == '}')
				break;
		}
	}
	if (!c->fault.what && peek(c) >= 0)
		return refuse(c, "expected the end of the record");
	return !c->fault.what;
}

struct json_fault
json_walk(struct json_walker *w, const char *text, size_t start, size_t end,
	  const uint32_t **pos, uint32_t row)
{
	struct cursor c = {
		.text = text,
		.pos = *pos,
		.start = (uint32_t)start,
		.end = (uint32_t)end,
	};

	if (!walk_object(w, &c, row)) {
		while (*c.pos < c.end)
			c.pos++;
	}
	*pos = c.pos;
	return c.fault;
}

/* ---- strings ---- */

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX at p; -1: they are none. */
static int32_t
hex_four(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* Behind \u: one code point, maybe by a pair of escapes; -1: none. */
static int32_t
unescape_unicode(const char **p, const char *end)
{
	int32_t high = hex_four(*p, end), low;

	if (high < 0 || (high >= 0xdc00 && high < 0xe000))
		return -1;
	*p += 4;
	if (high < 0xd800 || high >= 0xe000)
		return high;
	if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
		return -1;
	low = hex_four(*p + 2, end);
	if (low < 0xdc00 || low >= 0xe000)
		return -1;
	*p += 6;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* The byte that a one-letter escape stands for; -1: none. */
static int
unescape_letter(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return -1;
	}
}

bool
json_unescape(const char *text, size_t n, char *out, size_t *ret_len)
{
	const char *p = text, *end = text + n;
	char *o = out;

	while (p < end) {
		const char *escape = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((escape ? escape : end) - p);
		int32_t c;

		memcpy(o, p, plain);
		o += plain;
		p += plain;
		if (!escape)
			break;
		if (++p == end)
			return false;
		if (*p == 'u') {
			p++;
			c = unescape_unicode(&p, end);
			if (c < 0)
				return false;
			o += utf8_put(o, (uint32_t)c);
		} else {
			c = unescape_letter(*p++);
			if (c < 0)
				return false;
			*o++ = (char)c;
		}
	}
	*ret_len = (size_t)(o - out);
	return true;
}

/* The end of the string that begins with the quote at p. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

size_t
json_compact(const char *text, size_t n, char *out)
{
	const char *p = text, *end = text + n;
	char *o = out;

	while (p < end) {
		const char *from = p;

		if (is_blank(*p)) {
			p++;
			continue;
		}
		p = *p == '"' ? string_end(p, end) : p + 1;
		memcpy(o, from, (size_t)(p - from));
		o += p - from;
	}
	return (size_t)(o - out);
}

char *
json_repair(const char *text, size_t n, struct arena *a, size_t *ret_n)
{
	static const char hex[] = "0123456789abcdef";
	char *out = arena_bytes(a, n * 6 + JSON_PADDING), *o = out;
	bool inside = false;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (inside && c < 0x20) {
			memcpy(o, "\\u00", 4);
			o[4] = hex[c >> 4];
			o[5] = hex[c & 15];
			o += 6;
			continue;
		}
		*o++ = (char)c;
		if (c == '"')
			inside = !inside;
		else if (c == '\\' && inside && i + 1 < n &&
			 (unsigned char)text[i + 1] >= 0x20)
			*o++ = text[++i];
	}
	*ret_n = (size_t)(o - out);
	memset(o, ' ', JSON_PADDING);
	return out;
}
