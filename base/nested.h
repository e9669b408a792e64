/* SPDX-License-Identifier: Apache-2.0
 * base/nested.h - values of ARRAY, MULTISET, MAP and ROW: one flat string of
 * bytes each, in a struct str like text, so that columns, hashing, equality,
 * GROUP BY keys, state and sinks need nothing new for them.
 *
 *	uint32 n			number of items
 *	(n + 7) / 8 bytes		bit i: item i is NULL
 *	n slots of 8 bytes		PHYS_U8, I64, F64: the value; PHYS_I128
 *					and STR: uint32 offset, uint32 length
 *	the rest			what these offsets point to, in order
 *
 * All little-endian and without gaps. Items: of an ARRAY its elements, of a
 * ROW its fields; of a MAP of n / 2 entries first all keys, then all values;
 * a MULTISET is a MAP from its elements to how many there are.
 *
 * Canonical: equal values are equal bytes. Keys of a MAP ascend and are unique
 * (a NULL key comes first), slots under NULL are 0, there is one NaN, and -0.0
 * is stored as 0.0.
 */
#ifndef BASE_NESTED_H
#define BASE_NESTED_H

#include "base/types.h"

struct arena;

#define NESTED_BYTES_MAX (64u << 20) /* of one value */

/* ---- reading ---- */

/* A value looked into; borrows its bytes. */
struct nested {
	const char *bytes;
	uint32_t len;
	uint32_t n; /* items; of a MAP twice its entries */
};

/* For bytes that nested_make() has made or nested_validate() has seen. *s must
 * live as long as the result: short values lie inside of it. */
void nested_open(const struct str *s, struct nested *ret);
/* Item i < n, of type t; text and bytes are borrowed. */
struct value nested_get(const struct nested *v, uint32_t i, struct type t);
bool nested_is_null(const struct nested *v, uint32_t i);
/* The type of item i of a value of type t (a ROW's field, an element, ...). */
struct type nested_item_type(const struct nested *v, struct type t,
			     uint32_t i);

static inline uint32_t
nested_entries(const struct nested *map) /* of a MAP or MULTISET */
{
	return map->n / 2;
}
/* Number of the entry with this key, or -1. */
int64_t nested_find_key(const struct nested *map, struct type map_type,
			struct value key);

/* Whether these bytes, from a file that anybody may have written, are a value
 * of type t: then no reader leaves them. */
bool nested_validate(const char *bytes, size_t len, struct type t);

/* ---- making ---- */

/* A value of ARRAY or ROW type t out of n items, in the arena. Text in items
 * is copied. False: it would be longer than NESTED_BYTES_MAX. */
bool nested_make(struct arena *a, struct type t, uint32_t n,
		 const struct value *items, struct str *ret);
/* A MAP (or MULTISET) of n entries; of equal keys the last one counts. Sorts
 * keys and values, which are the caller's scratch. */
bool nested_make_map(struct arena *a, struct type t, uint32_t n,
		     struct value *keys, struct value *values,
		     struct str *ret);

/* ---- comparing ---- */

/* < 0, 0, > 0 by value; NULL first, NaN last, nested values by their bytes. For
 * sorting and for keys: not what < means in SQL. */
int value_order(const struct value *a, const struct value *b, struct type t);
/* Both NULL, or equal values; NaN equals NaN. */
bool value_same(const struct value *a, const struct value *b, struct type t);

#endif
