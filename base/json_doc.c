/* SPDX-License-Identifier: Apache-2.0
 * base/json_doc.c - one pass over the text, with a stack of the containers
 * that are open; a string's escapes and a number's value wait until they are
 * asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/json_doc.h"

struct reader {
	struct json_doc *d;
	const char *text, *p, *end;
	const char *fault; /* what is wrong at p */
	uint32_t open[JSON_DOC_DEPTH_MAX]; /* containers around p */
	unsigned depth;
};

void
json_doc_init(struct json_doc *d)
{
	*d = (struct json_doc){ 0 };
}

void
json_doc_release(struct json_doc *d)
{
	free(d->node);
	*d = (struct json_doc){ 0 };
}

static bool
fail(struct reader *r, const char *what)
{
	r->fault = what;
	return false;
}

/* Room for n more; false: that would be too many. */
static bool
nodes_reserve(struct json_doc *d, uint32_t n)
{
	if (n > JSON_DOC_NODES_MAX - d->n)
		return false;
	if (d->n + n <= d->cap)
		return true;
	d->cap = d->cap ? d->cap : 64;
	while (d->cap < d->n + n)
		d->cap *= 2;
	d->node = mem_realloc(d->node, d->cap * sizeof(*d->node));
	return true;
}

static struct json_node *
node_add(struct reader *r, enum json_kind kind)
{
	struct json_doc *d = r->d;
	struct json_node *t;

	if (!nodes_reserve(d, 1)) {
		fail(r, "there are too many values");
		return NULL;
	}
	t = &d->node[d->n++];
	*t = (struct json_node){ .kind = (uint8_t)kind, .next = d->n };
	return t;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_blanks(struct reader *r)
{
	while (r->p < r->end && is_blank(*r->p))
		r->p++;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- scalars ---- */

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash. */
static bool
read_escape(struct reader *r)
{
	if (r->p == r->end)
		return fail(r, "a string does not end");
	if (*r->p != 'u') {
		if (!*r->p || !strchr("\"\\/bfnrt", *r->p))
			return fail(r, "there is no such escape");
		r->p++;
		return true;
	}
	r->p++;
	for (int i = 0; i < 4; i++, r->p++)
		if (r->p == r->end || hex_digit(*r->p) < 0)
			return fail(r, "\\u needs four hexadecimal digits");
	return true;
}

/* At the quote. */
static bool
read_string(struct reader *r)
{
	struct json_node *t = node_add(r, JSON_STRING);
	const char *start = ++r->p;

	if (!t)
		return false;
	for (;;) {
		unsigned char c;

		if (r->p == r->end)
			return fail(r, "a string does not end");
		c = (unsigned char)*r->p;
		if (c == '"')
			break;
		if (c < 0x20)
			return fail(r, "a control character in a string");
		r->p++;
		if (c != '\\')
			continue;
		t->escaped = true;
		if (!read_escape(r))
			return false;
	}
	t->text = start;
	t->len = (uint32_t)(r->p - start);
	r->p++;
	return true;
}

static bool
read_digits(struct reader *r)
{
	const char *start = r->p;

	while (r->p < r->end && is_digit(*r->p))
		r->p++;
	return r->p > start ? true : fail(r, "a digit is missing");
}

/* BigDecimal's scale is an int, and so must be its exponent. */
static bool
read_exponent(struct reader *r, size_t fraction)
{
	int64_t value = 0;
	bool minus;
	const char *start;

	r->p++;
	minus = r->p < r->end && *r->p == '-';
	if (r->p < r->end && (*r->p == '-' || *r->p == '+'))
		r->p++;
	start = r->p;
	if (!read_digits(r))
		return false;
	for (const char *p = start; p < r->p && value <= INT32_MAX; p++)
		value = 10 * value + (*p - '0');
	value = (int64_t)fraction - (minus ? -value : value);
	if (value > INT32_MAX || value < -INT32_MAX)
		return fail(r, "the exponent is too large");
	return true;
}

static bool
read_number(struct reader *r)
{
	struct json_node *t = node_add(r, JSON_INTEGER);
	const char *start = r->p, *digits, *point = NULL;

	if (!t)
		return false;
	t->text = start;
	r->p += *r->p == '-';
	digits = r->p;
	if (!read_digits(r))
		return false;
	if (*digits == '0' && r->p > digits + 1)
		return fail(r, "a number begins with 0");
	if (r->p < r->end && *r->p == '.') {
		point = ++r->p;
		t->kind = JSON_DECIMAL;
		if (!read_digits(r))
			return false;
	}
	if (r->p < r->end && (*r->p | 0x20) == 'e') {
		t->kind = JSON_DECIMAL;
		if (!read_exponent(r, point ? (size_t)(r->p - point) : 0))
			return false;
	}
	t->len = (uint32_t)(r->p - start);
	if (t->len > JSON_NUMBER_MAX)
		return fail(r, "a number is too long");
	if (r->depth == 0 && r->p < r->end && !is_blank(*r->p))
		return fail(r, "a number does not end here");
	return true;
}

/* As Jackson: what could go on as a word of Java is none of JSON. */
static bool
goes_on(struct reader *r)
{
	unsigned char c = r->p < r->end ? (unsigned char)*r->p : ' ';

	return is_digit((char)c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       c == '_' || c == '$' || c >= 0x80;
}

static bool
read_word(struct reader *r)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = { { "null", JSON_NULL },
		      { "false", JSON_FALSE },
		      { "true", JSON_TRUE } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].word);

		if ((size_t)(r->end - r->p) < n ||
		    memcmp(r->p, words[i].word, n) != 0)
			continue;
		r->p += n;
		if (goes_on(r))
			break;
		return node_add(r, words[i].kind) != NULL;
	}
	return fail(r, "this is no JSON value");
}

/* ---- containers ---- */

static bool
open_container(struct reader *r)
{
	enum json_kind kind = *r->p == '{' ? JSON_OBJECT : JSON_ARRAY;

	if (r->depth == JSON_DOC_DEPTH_MAX)
		return fail(r, "it is nested too deeply");
	if (!node_add(r, kind))
		return false;
	r->open[r->depth++] = r->d->n - 1;
	r->p++;
	return true;
}

static struct json_node *
innermost(struct reader *r)
{
	return &r->d->node[r->open[r->depth - 1]];
}

static bool
at_close(struct reader *r)
{
	return r->p < r->end &&
	       *r->p == (innermost(r)->kind == JSON_OBJECT ? '}' : ']');
}

/* Closes what ends here; true: the value that follows is asked for. */
static bool
close_containers(struct reader *r)
{
	while (r->depth > 0) {
		skip_blanks(r);
		if (!at_close(r))
			break;
		innermost(r)->next = r->d->n;
		r->depth--;
		r->p++;
	}
	return r->depth > 0;
}

/* In an object: its key and colon. */
static bool
read_key(struct reader *r)
{
	skip_blanks(r);
	if (r->p == r->end || *r->p != '"')
		return fail(r, "a key in quotes is missing");
	if (!read_string(r))
		return false;
	skip_blanks(r);
	if (r->p == r->end || *r->p != ':')
		return fail(r, "a colon is missing");
	r->p++;
	return true;
}

/* One value, or the beginning of one that has parts. */
static bool
read_value(struct reader *r)
{
	skip_blanks(r);
	if (r->p == r->end)
		return fail(r, "a value is missing");
	if (*r->p == '{' || *r->p == '[')
		return open_container(r);
	if (*r->p == '"')
		return read_string(r);
	return *r->p == '-' || is_digit(*r->p) ? read_number(r) : read_word(r);
}

/* The comma before the next part of the innermost container, which has some
 * already unless it was opened just now. */
static bool
read_comma(struct reader *r)
{
	struct json_node *c = innermost(r);

	skip_blanks(r);
	if (c->n > 0) {
		if (r->p == r->end || *r->p != ',')
			return fail(r, "a comma is missing");
		r->p++;
	}
	c->n++;
	return c->kind == JSON_ARRAY || read_key(r);
}

static bool
read_document(struct reader *r)
{
	if (!read_value(r))
		return false;
	while (close_containers(r)) {
		if (!read_comma(r) || !read_value(r))
			return false;
	}
	return true;
}

int
json_doc_parse(struct json_doc *d, const char *text, size_t n,
	       struct json_doc_fault *ret_fault)
{
	struct reader r;

	r.d = d;
	r.text = r.p = text;
	r.end = text + n;
	r.depth = 0;
	r.fault = NULL;
	d->n = 0;
	if (read_document(&r))
		return 0;
	*ret_fault = (struct json_doc_fault){ r.fault,
					      (size_t)(r.p - text) };
	return -1;
}

/* ---- strings ---- */

static unsigned
read_unit(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (unsigned)hex_digit(p[i]);
	return v;
}

/* Is this \u and four digits? */
static bool
has_unit(const char *p, const char *end)
{
	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return false;
	for (int i = 2; i < 6; i++)
		if (hex_digit(p[i]) < 0)
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

/* ---- keys ---- */

int
json_key_cmp(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t n = alen < blen ? alen : blen, i = 0;
	unsigned char x, y;

	while (i < n && a[i] == b[i])
		i++;
	if (i == n)
		return (alen > blen) - (alen < blen);
	x = (unsigned char)a[i];
	y = (unsigned char)b[i];
	/* A pair of surrogates sorts below U+E000 to U+FFFF. */
	if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0))
		return x >= 0xf0 ? -1 : 1;
	return x < y ? -1 : 1;
}

static bool
key_is(const struct json_node *t, const struct str *key)
{
	char *text;
	bool same;

	if (!t->escaped)
		return t->len == key->len &&
		       memcmp(t->text, str_data(key), key->len) == 0;
	text = mem_alloc(t->len + 1);
	same = json_string(t, text) == key->len &&
	       memcmp(text, str_data(key), key->len) == 0;
	free(text);
	return same;
}

uint32_t
json_member(const struct json_doc *d, uint32_t object, const struct str *key)
{
	uint32_t found = UINT32_MAX, at = json_first(object);

	for (uint32_t i = 0; i < d->node[object].n; i++) {
		if (key_is(&d->node[at], key))
			found = at + 1;
		at = d->node[at + 1].next;
	}
	return found;
}

/* Copies the key in front of a value and all parts of the value. */
static bool
pair_copy(struct json_doc *d, uint32_t value)
{
	uint32_t first = value - 1, n = d->node[value].next - first;
	uint32_t shift = d->n - first;

	if (!nodes_reserve(d, n))
		return false;
	memcpy(&d->node[d->n], &d->node[first], n * sizeof(*d->node));
	for (uint32_t i = 0; i < n; i++)
		d->node[d->n + i].next += shift;
	d->n += n;
	return true;
}

uint32_t
json_pick(struct json_doc *d, uint32_t object, const struct str *keys,
	  uint32_t n)
{
	uint32_t made = d->n;

	if (!nodes_reserve(d, 1))
		return UINT32_MAX;
	d->node[d->n++] = (struct json_node){ .kind = JSON_OBJECT };
	for (uint32_t i = 0; i < n; i++) {
		uint32_t value = json_member(d, object, &keys[i]);

		if (value == UINT32_MAX)
			continue;
		if (!pair_copy(d, value))
			return UINT32_MAX;
		d->node[made].n++;
	}
	d->node[made].next = d->n;
	return made;
}

/* A key while keys are compared. */
struct key {
	const char *text;
	size_t len;
	uint32_t at;    /* node */
	uint32_t value; /* of the last one with this key */
	bool gone;      /* another one like it came before */
	char *owned;
};

static int
key_cmp(const void *x, const void *y)
{
	const struct key *a = x, *b = y;
	int cmp = json_key_cmp(a->text, a->len, b->text, b->len);

	return cmp ? cmp : (a->at > b->at) - (a->at < b->at);
}

static int
key_cmp_place(const void *x, const void *y)
{
	const struct key *a = x, *b = y;

	return (a->at > b->at) - (a->at < b->at);
}

/* The object's keys in order, of equal ones only the first with the value of
 * the last. Returns how many; the caller frees them. */
static uint32_t
keys_sorted(const struct json_doc *d, uint32_t object, struct key **ret)
{
	uint32_t n = d->node[object].n, at = json_first(object), kept = 0;
	struct key *k = mem_alloc((n + 1) * sizeof(*k));

	for (uint32_t i = 0; i < n; i++) {
		const struct json_node *t = &d->node[at];

		k[i] = (struct key){ .text = t->text, .len = t->len, .at = at,
				     .value = at + 1 };
		if (t->escaped) {
			k[i].text = k[i].owned = mem_alloc(t->len + 1);
			k[i].len = json_string(t, k[i].owned);
		}
		at = d->node[at + 1].next;
	}
	qsort(k, n, sizeof(*k), key_cmp);
	for (uint32_t i = 0; i < n; i++) {
		if (kept > 0 && json_key_cmp(k[kept - 1].text, k[kept - 1].len,
					     k[i].text, k[i].len) == 0) {
			k[kept - 1].value = k[i].value;
			free(k[i].owned);
			continue;
		}
		k[kept++] = k[i];
	}
	*ret = k;
	return kept;
}

static void
keys_free(struct key *k, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(k[i].owned);
	free(k);
}

uint32_t
json_members(const struct json_doc *d, uint32_t object, uint32_t *ret_keys,
	     uint32_t *ret_values)
{
	struct key *k;
	uint32_t n = keys_sorted(d, object, &k);

	qsort(k, n, sizeof(*k), key_cmp_place);
	for (uint32_t i = 0; i < n; i++) {
		ret_keys[i] = k[i].at;
		ret_values[i] = k[i].value;
	}
	keys_free(k, n);
	return n;
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
	struct key *k;
	uint32_t n = keys_sorted(d, node, &k);

	buf_putc(out, '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, ',');
		write_text(out, &d->node[k[i].at]);
		buf_putc(out, ':');
		json_write(d, k[i].value, out);
	}
	buf_putc(out, '}');
	keys_free(k, n);
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
