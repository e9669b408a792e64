/* SPDX-License-Identifier: Apache-2.0
 * base/json_doc.h - one JSON text as a row of nodes in the order of the text,
 * for whoever asks about any part of it. It reads what Jackson reads and writes
 * what Jackson writes, since Flink's JSON functions answer with that.
 *
 * Taken from Jackson: what stands behind the first value is not looked at, but
 * a number needs a blank or the end there; a number keeps the digits that were
 * written; of equal keys the last one counts.
 */
#ifndef BASE_JSON_DOC_H
#define BASE_JSON_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Jackson's own limits, and one for memory. */
#define JSON_DOC_DEPTH_MAX 1000
#define JSON_NUMBER_MAX 1000 /* bytes of a number */
#define JSON_DOC_NODES_MAX ((uint32_t)4 << 20)

enum json_kind {
	JSON_NULL, JSON_FALSE, JSON_TRUE,
	JSON_INTEGER, JSON_DECIMAL, /* with a point or an exponent */
	JSON_STRING, JSON_ARRAY, JSON_OBJECT,
};

/* Behind an array stand its values, behind an object key, value, key, value. */
struct json_node {
	uint8_t kind;
	bool escaped;     /* a string with escapes in it */
	uint32_t n;       /* values of an array, pairs of an object */
	uint32_t next;    /* the node behind this one and all of its parts */
	uint32_t len;     /* a number's text; a string's, without its quotes */
	const char *text; /* borrowed from the document's text */
};

struct json_doc {
	struct json_node *node; /* [0] is the whole; owned */
	uint32_t n, cap;
};

/* What was wrong where. */
struct json_doc_fault {
	const char *what; /* static text */
	size_t at;
};

void json_doc_init(struct json_doc *d);
void json_doc_release(struct json_doc *d);
/* Reads text[0..n), which must outlive what is asked of d; d can be used again
 * and again. Returns -1 where it is no JSON. */
int json_doc_parse(struct json_doc *d, const char *text, size_t n,
		   struct json_doc_fault *ret_fault);

static inline bool
json_is_scalar(const struct json_node *t)
{
	return t->kind < JSON_ARRAY;
}
/* The value of a hexadecimal digit; -1: it is none. */
static inline int
json_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
/* The first part of an array or object; its next one is node[part].next (of a
 * value), part + 1 (of a key). */
static inline uint32_t
json_first(uint32_t node)
{
	return node + 1;
}

/* The value of the object's key; UINT32_MAX: there is none. */
uint32_t json_member(const struct json_doc *d, uint32_t object,
		     const struct str *key);
/* The object's values as a map has them: each key once, in the order in which
 * the keys came first, with the value that came last. ret has room for
 * node[object].n numbers of keys and of values; returns how many. */
uint32_t json_members(const struct json_doc *d, uint32_t object,
		      uint32_t *ret_keys, uint32_t *ret_values);

/* The same in the order of the keys. */
uint32_t json_members_sorted(const struct json_doc *d, uint32_t object,
			     uint32_t *ret_keys, uint32_t *ret_values);

/* A new object at the end of d: the pairs of `object` with these keys, those
 * that it has. UINT32_MAX: d would have more than JSON_DOC_NODES_MAX nodes. */
uint32_t json_pick(struct json_doc *d, uint32_t object, const struct str *keys,
		   uint32_t n);

/* A string's text into out, which has room for t->len bytes; half a surrogate
 * pair becomes a question mark, as in Java's UTF-8. Returns its length. */
size_t json_string(const struct json_node *t, char *out);
/* The same for the inside of any text in quotes; false: there is an escape that
 * JSON has not. */
bool json_unquote(const char *text, size_t n, char *out, size_t *ret_n);
/* A scalar as Java's toString() has it: text without quotes, 1E+2. */
void json_scalar_text(const struct json_doc *d, uint32_t node, struct buf *out);
/* A value as compact JSON, the keys of objects in the order of UTF-16. */
void json_write(const struct json_doc *d, uint32_t node, struct buf *out);

/* A JSON string with its quotes as Jackson writes texts: only quotes, back-
 * slashes and control characters are escaped. */
void json_write_string(struct buf *out, const char *text, size_t n);
/* The decimal number (as JSON or Java writes it) as java.math.BigDecimal's
 * toString() has it. */
void json_write_decimal(struct buf *out, const char *text, size_t n);
/* < 0, 0, > 0: by UTF-16 code units, as Java compares texts. */
int json_key_cmp(const char *a, size_t alen, const char *b, size_t blen);

#endif
