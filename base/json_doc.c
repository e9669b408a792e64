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
		if (r->p == r->end || json_hex_digit(*r->p) < 0)
			return fail(r, "\\u needs four hexadecimal digits");
	return true;
}

#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Some byte of v is 0. */
static inline uint64_t
has_zero(uint64_t v)
{
	return (v - EIGHT(1)) & ~v & EIGHT(0x80);
}

/* No quote, backslash or control character among the next eight bytes. */
static inline bool
eight_are_plain(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (has_zero(v ^ EIGHT('"')) | has_zero(v ^ EIGHT('\\')) |
		((v - EIGHT(0x20)) & ~v & EIGHT(0x80))) == 0;
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

		while (r->end - r->p >= 8 && eight_are_plain(r->p))
			r->p += 8;
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

static uint32_t
keys_give(struct key *k, uint32_t n, uint32_t *ret_keys, uint32_t *ret_values)
{
	for (uint32_t i = 0; i < n; i++) {
		ret_keys[i] = k[i].at;
		ret_values[i] = k[i].value;
	}
	keys_free(k, n);
	return n;
}

uint32_t
json_members(const struct json_doc *d, uint32_t object, uint32_t *ret_keys,
	     uint32_t *ret_values)
{
	struct key *k;
	uint32_t n = keys_sorted(d, object, &k);

	qsort(k, n, sizeof(*k), key_cmp_place);
	return keys_give(k, n, ret_keys, ret_values);
}

uint32_t
json_members_sorted(const struct json_doc *d, uint32_t object,
		    uint32_t *ret_keys, uint32_t *ret_values)
{
	struct key *k;
	uint32_t n = keys_sorted(d, object, &k);

	return keys_give(k, n, ret_keys, ret_values);
}
