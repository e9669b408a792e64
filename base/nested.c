/* SPDX-License-Identifier: Apache-2.0
 * base/nested.c - values of ARRAY, MULTISET, MAP and ROW as flat bytes. They
 * need no alignment: strings in columns have none, so slots are read by copy.
 */
#include "base/nested.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "values are copied in the order of this machine");

#define HEAD_BYTES 4
#define SLOT_BYTES 8

struct part { /* a slot of PHYS_I128 or PHYS_STR */
	uint32_t offset, len;
};

static uint64_t
slots_begin(uint32_t n)
{
	return HEAD_BYTES + ((uint64_t)n + 7) / 8;
}

static uint64_t
rest_begin(uint32_t n)
{
	return slots_begin(n) + (uint64_t)n * SLOT_BYTES;
}

static bool
is_part(enum phys p)
{
	return p == PHYS_I128 || p == PHYS_STR;
}

/* ---- reading ---- */

void
nested_open(const struct str *s, struct nested *ret)
{
	CHECK(s->len >= HEAD_BYTES);
	ret->bytes = str_data(s);
	ret->len = s->len;
	memcpy(&ret->n, ret->bytes, HEAD_BYTES);
	CHECK(rest_begin(ret->n) <= ret->len);
}

bool
nested_is_null(const struct nested *v, uint32_t i)
{
	CHECK(i < v->n);
	return v->bytes[HEAD_BYTES + i / 8] >> (i % 8) & 1;
}

static const char *
slot_at(const struct nested *v, uint32_t i)
{
	return v->bytes + slots_begin(v->n) + (size_t)i * SLOT_BYTES;
}

static struct part
part_at(const struct nested *v, uint32_t i)
{
	struct part part;

	memcpy(&part, slot_at(v, i), sizeof(part));
	CHECK((uint64_t)part.offset + part.len <= v->len);
	return part;
}

struct value
nested_get(const struct nested *v, uint32_t i, struct type t)
{
	enum phys phys = phys_of(t);
	struct value ret = { .is_null = nested_is_null(v, i) };
	struct part part;

	if (ret.is_null)
		return ret;
	switch (phys) {
	case PHYS_U8:
		ret.u8 = (uint8_t)*slot_at(v, i);
		break;
	case PHYS_I64:
	case PHYS_F64:
		memcpy(&ret.i64, slot_at(v, i), SLOT_BYTES);
		break;
	case PHYS_I128:
		part = part_at(v, i);
		CHECK(part.len == sizeof(ret.i128));
		memcpy(&ret.i128, v->bytes + part.offset, part.len);
		break;
	case PHYS_STR:
		part = part_at(v, i);
		ret.str = str_ref(v->bytes + part.offset, part.len);
		break;
	}
	return ret;
}

struct type
nested_item_type(const struct nested *v, struct type t, uint32_t i)
{
	CHECK(i < v->n);
	switch (t.kind) {
	case TYPE_ROW:
		return t.fields[i].type;
	case TYPE_ARRAY:
		return t.fields[0].type;
	default:
		return i < v->n / 2 ? type_key(t) : type_value(t);
	}
}

int64_t
nested_find_key(const struct nested *map, struct type map_type,
		struct value key)
{
	struct type t = type_key(map_type);
	uint32_t low = 0, high = nested_entries(map);

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		struct value at = nested_get(map, mid, t);
		int order = value_order(&at, &key, t);

		if (order == 0)
			return mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

/* ---- comparing ---- */

static int
order_f64(double a, double b)
{
	if (a != a || b != b)
		return (a != a) - (b != b);
	return (a > b) - (a < b);
}

int
value_order(const struct value *a, const struct value *b, struct type t)
{
	if (a->is_null || b->is_null)
		return b->is_null - a->is_null;
	switch (phys_of(t)) {
	case PHYS_U8:
		return a->u8 - b->u8;
	case PHYS_I64:
		return (a->i64 > b->i64) - (a->i64 < b->i64);
	case PHYS_I128:
		return (a->i128 > b->i128) - (a->i128 < b->i128);
	case PHYS_F64:
		return order_f64(a->f64, b->f64);
	case PHYS_STR:
		return str_cmp(&a->str, &b->str);
	}
	return 0;
}

bool
value_same(const struct value *a, const struct value *b, struct type t)
{
	return value_order(a, b, t) == 0;
}

/* ---- validating ---- */

/* One item of bytes that have room for all slots; *at is where the next part
 * has to lie. */
static bool
item_is_valid(const struct nested *v, uint32_t i, struct type t, uint32_t *at)
{
	enum phys phys = phys_of(t);
	struct part part;
	int64_t bits;

	memcpy(&bits, slot_at(v, i), sizeof(bits));
	if (nested_is_null(v, i))
		return bits == 0;
	if (phys == PHYS_U8)
		return bits == 0 || bits == 1;
	if (!is_part(phys))
		return true;
	memcpy(&part, slot_at(v, i), sizeof(part));
	if (part.offset != *at || part.len > v->len - *at)
		return false;
	*at += part.len;
	if (phys == PHYS_I128)
		return part.len == sizeof(i128);
	return !type_is_nested(t) ||
	       nested_validate(v->bytes + part.offset, part.len, t);
}

static bool
count_is_valid(uint32_t n, struct type t)
{
	if (t.kind == TYPE_ROW)
		return n == t.length;
	return t.kind == TYPE_ARRAY || n % 2 == 0;
}

/* Keys ascend: lookups by halves and equality by bytes stand on it. */
static bool
keys_are_sorted(const struct nested *v, struct type t)
{
	struct type key = type_key(t);

	for (uint32_t i = 1; i < nested_entries(v); i++) {
		struct value a = nested_get(v, i - 1, key);
		struct value b = nested_get(v, i, key);

		if (value_order(&a, &b, key) >= 0)
			return false;
	}
	return true;
}

bool
nested_validate(const char *bytes, size_t len, struct type t)
{
	struct nested v = { .bytes = bytes, .len = (uint32_t)len };
	uint32_t at;

	CHECK(type_is_nested(t));
	if (len < HEAD_BYTES || len > NESTED_BYTES_MAX)
		return false;
	memcpy(&v.n, bytes, HEAD_BYTES);
	if (!count_is_valid(v.n, t) || rest_begin(v.n) > len)
		return false;
	/* bits behind the last item */
	if (v.n % 8 && (unsigned char)bytes[HEAD_BYTES + v.n / 8] >> v.n % 8)
		return false;
	at = (uint32_t)rest_begin(v.n);
	for (uint32_t i = 0; i < v.n; i++)
		if (!item_is_valid(&v, i, nested_item_type(&v, t, i), &at))
			return false;
	if (at != len)
		return false;
	return t.kind == TYPE_ARRAY || t.kind == TYPE_ROW ||
	       keys_are_sorted(&v, t);
}

/* ---- making ---- */

/* Items of up to two kinds one behind the other: `nfirst` of them, then as
 * many of the second. */
struct maker {
	struct type t;
	uint32_t n, half; /* half: of a MAP; else n */
	const struct value *first, *second;
};

static const struct value *
maker_item(const struct maker *m, uint32_t i, struct type *ret_type)
{
	if (m->t.kind == TYPE_ROW)
		*ret_type = m->t.fields[i].type;
	else if (m->t.kind == TYPE_ARRAY)
		*ret_type = m->t.fields[0].type;
	else
		*ret_type = i < m->half ? type_key(m->t) : type_value(m->t);
	return i < m->half ? &m->first[i] : &m->second[i - m->half];
}

static uint64_t
part_bytes(const struct value *v, enum phys phys)
{
	if (v->is_null || !is_part(phys))
		return 0;
	return phys == PHYS_I128 ? sizeof(i128) : v->str.len;
}

static uint64_t
maker_bytes(const struct maker *m)
{
	uint64_t bytes = rest_begin(m->n);
	struct type t;

	for (uint32_t i = 0; i < m->n; i++) {
		const struct value *v = maker_item(m, i, &t);

		bytes += part_bytes(v, phys_of(t));
	}
	return bytes;
}

/* One NaN, no -0.0. */
static double
canonical(double v)
{
	return v != v ? __builtin_nan("") : v == 0 ? 0.0 : v;
}

static void
put_slot(char *slot, const struct value *v, enum phys phys)
{
	uint64_t bits = 0;
	double f64;

	if (phys == PHYS_U8) {
		bits = v->u8;
	} else if (phys == PHYS_I64) {
		bits = (uint64_t)v->i64;
	} else {
		f64 = canonical(v->f64);
		memcpy(&bits, &f64, sizeof(bits));
	}
	memcpy(slot, &bits, SLOT_BYTES);
}

/* Copies what lies outside of the slot to out + *at. */
static void
put_part(char *out, char *slot, uint32_t *at, const struct value *v,
	 enum phys phys)
{
	struct part part = { *at, (uint32_t)part_bytes(v, phys) };

	memcpy(slot, &part, sizeof(part));
	memcpy(out + *at, phys == PHYS_I128 ? (const char *)&v->i128
					    : str_data(&v->str), part.len);
	*at += part.len;
}

static void
maker_put(const struct maker *m, char *out)
{
	uint32_t at = (uint32_t)rest_begin(m->n);

	memset(out, 0, at);
	memcpy(out, &m->n, HEAD_BYTES);
	for (uint32_t i = 0; i < m->n; i++) {
		char *slot = out + slots_begin(m->n) + (size_t)i * SLOT_BYTES;
		struct type t;
		const struct value *v = maker_item(m, i, &t);

		if (v->is_null)
			out[HEAD_BYTES + i / 8] |= (char)(1 << i % 8);
		else if (is_part(phys_of(t)))
			put_part(out, slot, &at, v, phys_of(t));
		else
			put_slot(slot, v, phys_of(t));
	}
}

static bool
maker_finish(const struct maker *m, struct arena *a, struct str *ret)
{
	uint64_t bytes = maker_bytes(m);
	char small[STR_INLINE_MAX];
	char *out;

	if (bytes > NESTED_BYTES_MAX)
		return false;
	out = bytes > sizeof(small) ? arena_bytes(a, bytes) : small;
	maker_put(m, out);
	*ret = str_ref(out, (uint32_t)bytes);
	return true;
}

bool
nested_make(struct arena *a, struct type t, uint32_t n,
	    const struct value *items, struct str *ret)
{
	struct maker m = { .t = t, .n = n, .half = n, .first = items };

	CHECK(t.kind == TYPE_ARRAY || (t.kind == TYPE_ROW && n == t.length));
	return maker_finish(&m, a, ret);
}

/* ---- sorting keys ---- */

struct entry {
	struct value key, value;
	uint32_t place; /* before sorting: the last of equal keys wins */
	const struct type *type;
};

static int
entry_order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int order = value_order(&a->key, &b->key, *a->type);

	return order ? order : (a->place > b->place) - (a->place < b->place);
}

static bool
already_ascend(const struct value *keys, uint32_t n, struct type t)
{
	for (uint32_t i = 1; i < n; i++)
		if (value_order(&keys[i - 1], &keys[i], t) >= 0)
			return false;
	return true;
}

/* Returns how many are left. */
static uint32_t
sort_entries(uint32_t n, struct value *keys, struct value *values,
	     struct type t)
{
	struct entry *entries = mem_alloc(n * sizeof(*entries));
	uint32_t left = 0;

	for (uint32_t i = 0; i < n; i++)
		entries[i] = (struct entry){ keys[i], values[i], i, &t };
	qsort(entries, n, sizeof(*entries), entry_order);
	for (uint32_t i = 0; i < n; i++) {
		if (i + 1 < n &&
		    value_same(&entries[i].key, &entries[i + 1].key, t))
			continue;
		keys[left] = entries[i].key;
		values[left++] = entries[i].value;
	}
	free(entries);
	return left;
}

bool
nested_make_map(struct arena *a, struct type t, uint32_t n,
		struct value *keys, struct value *values, struct str *ret)
{
	struct maker m = { .t = t, .first = keys, .second = values };

	CHECK(t.kind == TYPE_MAP || t.kind == TYPE_MULTISET);
	if (n > NESTED_BYTES_MAX / (2 * SLOT_BYTES))
		return false;
	if (!already_ascend(keys, n, type_key(t)))
		n = sort_entries(n, keys, values, type_key(t));
	m.half = n;
	m.n = 2 * n;
	return maker_finish(&m, a, ret);
}
