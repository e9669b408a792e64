/* SPDX-License-Identifier: Apache-2.0
 * runtime/keys.c - open addressing with linear probing over (hash, gid) pairs;
 * the keys themselves lie in one array per column. Rows are looked up many at
 * a time, so that the cache misses of a large table overlap.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "runtime/keys.h"

#define PLACES_MIN 64
#define PLACES_SPARSE 4096
#define CACHE_BYTES (256 * 1024)
#define PIECE 512     /* rows at a time: what they prefetch fits the cache */

void
keys_init(struct keys *k, uint16_t ncols, const enum phys *phys, uint64_t seed)
{
	*k = (struct keys){ .ncols = ncols, .seed = seed,
			    .mask = PLACES_MIN - 1, .free_first = KEYS_NONE };
	k->col = mem_zalloc((ncols + 1) * sizeof(*k->col));
	for (unsigned c = 0; c < ncols; c++)
		k->col[c].phys = phys[c];
	k->place = mem_alloc(PLACES_MIN * sizeof(*k->place));
	memset(k->place, 0xff, PLACES_MIN * sizeof(*k->place));
	strheap_init(&k->heap);
}

void
keys_release(struct keys *k)
{
	if (!k->col)
		return;
	for (unsigned c = 0; c < k->ncols; c++) {
		free(k->col[c].data);
		free(k->col[c].nulls);
	}
	free(k->col);
	free(k->place);
	free(k->refs);
	free(k->flags);
	free(k->changed);
	strheap_release(&k->heap);
	*k = (struct keys){ 0 };
}

/* ---- hashing ---- */

static inline uint64_t
hash_str(const struct str *s, uint64_t seed)
{
	uint64_t w[2];

	if (s->len > STR_INLINE_MAX)
		return hash_bytes(s->ptr, s->len, seed);
	memcpy(w, s, sizeof(w));
	return hash_mix(w[0] ^ UINT64_C(0x8bb84b93962eacc9) ^ seed,
			w[1] ^ UINT64_C(0x4b33a62ed433d4a3));
}

static inline uint64_t
hash_value(const struct column *c, uint32_t row, uint64_t seed)
{
	uint64_t w[2];

	if (column_is_null(c, row))
		return hash_u64(UINT64_C(0x9e3779b97f4a7c15), ~seed);
	switch (c->phys) {
	case PHYS_U8:
		return hash_u64(c->u8[row], seed);
	case PHYS_I64:
		return hash_u64((uint64_t)c->i64[row], seed);
	case PHYS_I128:
		memcpy(w, &c->i128[row], sizeof(w));
		return hash_u64(w[1], hash_u64(w[0], seed));
	case PHYS_F64: {
		double v = f64_canonical(c->f64[row]);

		memcpy(w, &v, sizeof(v));
		return hash_u64(w[0], seed);
	}
	case PHYS_STR:
		return hash_str(&c->str[row], seed);
	}
	return 0;
}

static uint32_t
hash_row(const struct keys *k, const struct column *cols, uint32_t row)
{
	uint64_t h = k->seed;

	for (unsigned c = 0; c < k->ncols; c++)
		h = hash_value(&cols[c], row, h);
	return (uint32_t)h;
}

static void
hash_rows(const struct keys *k, const struct column *cols, const uint32_t *row,
	  uint32_t n, uint32_t *ret)
{
	for (uint32_t i = 0; i < n; i++)
		ret[i] = hash_row(k, cols, row[i]);
}

static void
hash_i64s(const struct keys *k, const int64_t *v, const uint32_t *row,
	  uint32_t n, uint32_t *ret)
{
	for (uint32_t i = 0; i < n; i++)
		ret[i] = (uint32_t)hash_u64((uint64_t)v[row[i]], k->seed);
}

static void
hash_strs(const struct keys *k, const struct str *v, const uint32_t *row,
	  uint32_t n, uint32_t *ret)
{
	for (uint32_t i = 0; i < n; i++)
		ret[i] = (uint32_t)hash_str(&v[row[i]], k->seed);
}

/* ---- comparing and copying ---- */

static bool
value_equal(const struct column *a, uint32_t i, const struct column *b,
	    uint32_t j)
{
	if (column_is_null(a, i) || column_is_null(b, j))
		return column_is_null(a, i) && column_is_null(b, j);
	switch (a->phys) {
	case PHYS_U8:
		return a->u8[i] == b->u8[j];
	case PHYS_I64:
		return a->i64[i] == b->i64[j];
	case PHYS_I128:
		return a->i128[i] == b->i128[j];
	case PHYS_F64: {
		double x = f64_canonical(a->f64[i]);
		double y = f64_canonical(b->f64[j]);

		return memcmp(&x, &y, sizeof(x)) == 0;
	}
	case PHYS_STR:
		return str_eq(&a->str[i], &b->str[j]);
	}
	return false;
}

static bool
row_equal(const struct keys *k, uint32_t gid, const struct column *cols,
	  uint32_t row)
{
	for (unsigned c = 0; c < k->ncols; c++)
		if (!value_equal(&k->col[c], gid, &cols[c], row))
			return false;
	return true;
}

static void
value_store(struct keys *k, struct column *to, uint32_t gid,
	    const struct column *from, uint32_t row)
{
	bool is_null = column_is_null(from, row);

	if (is_null && !to->nulls) {
		to->nulls = mem_zalloc(k->cap);
		k->any_null = true;
	}
	if (to->nulls)
		to->nulls[gid] = is_null;
	switch (to->phys) {
	case PHYS_U8:
		to->u8[gid] = is_null ? 0 : from->u8[row];
		break;
	case PHYS_I64:
		to->i64[gid] = is_null ? 0 : from->i64[row];
		break;
	case PHYS_I128:
		to->i128[gid] = is_null ? 0 : from->i128[row];
		break;
	case PHYS_F64:
		to->f64[gid] = is_null ? 0 : f64_canonical(from->f64[row]);
		break;
	case PHYS_STR:
		to->str[gid] = is_null ? (struct str){ 0 }
				       : strheap_put(&k->heap, &from->str[row]);
		break;
	}
}

/* ---- the table ---- */

static void
keys_reserve(struct keys *k, uint32_t n)
{
	uint32_t cap = k->cap ? k->cap : 32;

	if (n <= k->cap)
		return;
	CHECK(n <= KEYS_MAX);
	while (cap < n)
		cap *= 2;
	for (unsigned c = 0; c < k->ncols; c++) {
		struct column *col = &k->col[c];

		col->data = mem_realloc(col->data,
					cap * phys_bytes(col->phys));
		if (col->nulls) {
			col->nulls = mem_realloc(col->nulls, cap);
			memset(col->nulls + k->cap, 0, cap - k->cap);
		}
	}
	k->refs = mem_realloc(k->refs, cap * sizeof(*k->refs));
	k->flags = mem_realloc(k->flags, cap);
	memset(k->flags + k->cap, 0, cap - k->cap);
	k->cap = cap;
}

static void
table_put(struct keys *k, uint32_t hash, uint32_t gid)
{
	uint32_t at = hash & k->mask;

	while (k->place[at].gid != KEYS_NONE)
		at = (at + 1) & k->mask;
	k->place[at] = (struct key_place){ .hash = hash, .gid = gid };
}

static void
table_grow(struct keys *k)
{
	struct key_place *old = k->place;
	size_t n = (size_t)k->mask + 1;

	CHECK(n <= UINT32_MAX / 2);
	k->place = mem_alloc(2 * n * sizeof(*k->place));
	memset(k->place, 0xff, 2 * n * sizeof(*k->place));
	k->mask = (uint32_t)(2 * n - 1);
	for (size_t i = 0; i < n; i++)
		if (old[i].gid != KEYS_NONE)
			table_put(k, old[i].hash, old[i].gid);
	free(old);
}

static uint32_t
gid_take(struct keys *k)
{
	uint32_t gid = k->free_first;

	if (gid != KEYS_NONE) {
		k->free_first = k->refs[gid];
	} else {
		keys_reserve(k, k->n + 1);
		gid = k->n++;
	}
	return gid;
}

static void
key_store(struct keys *k, uint32_t gid, uint32_t hash,
	  const struct column *cols, uint32_t row)
{
	/* A small table is kept emptier: it fits the cache all the same. */
	if (((uint64_t)k->live + 1) * (k->mask < PLACES_SPARSE ? 4 : 2) >
	    (uint64_t)k->mask + 1)
		table_grow(k);
	table_put(k, hash, gid);
	for (unsigned c = 0; c < k->ncols; c++)
		value_store(k, &k->col[c], gid, &cols[c], row);
	k->refs[gid] = 0;
	k->flags[gid] |= KEY_LIVE;
	k->live++;
}

static uint32_t
key_insert(struct keys *k, uint32_t hash, const struct column *cols,
	   uint32_t row)
{
	uint32_t gid = gid_take(k);

	key_store(k, gid, hash, cols, row);
	k->flags[gid] |= KEY_FRESH;
	keys_touch(k, gid);
	return gid;
}

/* ---- lookups ---- */

/* How rows are compared; a constant in each copy of probe(). */
enum probe_by { BY_I64, BY_STR, BY_COLUMNS };

/* Short strings, the usual case, are equal iff their 16 bytes are. */
static inline bool
str_same(const struct str *a, const struct str *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	if (((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0)
		return true;
	return a->len > STR_INLINE_MAX && str_eq(a, b);
}

static inline __attribute__((always_inline)) bool
probe_equal(const struct keys *k, uint32_t gid, const struct column *cols,
	    uint32_t row, enum probe_by by)
{
	if (by == BY_I64)
		return k->col[0].i64[gid] == cols[0].i64[row];
	if (by == BY_STR)
		return str_same(&k->col[0].str[gid], &cols[0].str[row]);
	return row_equal(k, gid, cols, row);
}

/* Where a column has the gid's value; need not be a valid address. */
static inline __attribute__((always_inline)) const void *
key_at(const struct keys *k, unsigned c, uint32_t gid, uintptr_t bytes)
{
	return (const void *)((uintptr_t)k->col[c].data + gid * bytes);
}

#define COLUMNS_FETCHED 4 /* of a key of many: the others wait their turn */

static inline __attribute__((always_inline)) void
key_prefetch(const struct keys *k, uint32_t gid, enum probe_by by)
{
	unsigned n = k->ncols < COLUMNS_FETCHED ? k->ncols : COLUMNS_FETCHED;

	if (by == BY_STR)
		__builtin_prefetch(key_at(k, 0, gid, sizeof(struct str)));
	else if (by == BY_I64)
		__builtin_prefetch(key_at(k, 0, gid, sizeof(int64_t)));
	for (unsigned c = 0; by == BY_COLUMNS && c < n; c++)
		__builtin_prefetch(key_at(k, c, gid,
					  phys_bytes(k->col[c].phys)));
}

/* Behind a key of the same hash, or a new one. */
static uint32_t
probe_on(struct keys *k, const struct column *cols, uint32_t row,
	 uint32_t hash)
{
	uint32_t at = hash & k->mask, gid;

	while ((gid = k->place[at].gid) != KEYS_NONE) {
		if (k->place[at].hash == hash && row_equal(k, gid, cols, row))
			return gid;
		at = (at + 1) & k->mask;
	}
	return key_insert(k, hash, cols, row);
}

/* A small table: everything is in the cache, row after row. */
static inline __attribute__((always_inline)) void
probe_small(struct keys *k, const struct column *cols, const uint32_t *row,
	    const uint32_t *hash, uint32_t n, uint32_t *ret_gid,
	    enum probe_by by)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = hash[i] & k->mask, gid;

		while ((gid = k->place[at].gid) != KEYS_NONE) {
			if (k->place[at].hash == hash[i] &&
			    probe_equal(k, gid, cols, row[i], by))
				break;
			at = (at + 1) & k->mask;
		}
		if (gid == KEYS_NONE)
			gid = key_insert(k, hash[i], cols, row[i]);
		ret_gid[i] = gid;
	}
}

/* The first gid with that hash; KEYS_NONE: none. */
static inline uint32_t
place_find(const struct keys *k, uint32_t hash)
{
	uint32_t at = hash & k->mask;

	while (k->place[at].gid != KEYS_NONE && k->place[at].hash != hash)
		at = (at + 1) & k->mask;
	return k->place[at].gid;
}

/* Rows whose gid is not that key's, one behind the other in missed[]. */
static inline __attribute__((always_inline)) uint32_t
probe_check(const struct keys *k, const struct column *cols,
	    const uint32_t *row, const uint32_t *which, uint32_t n,
	    const uint32_t *gid, uint32_t *missed, enum probe_by by)
{
	uint32_t ngids = k->n, nmissed = 0;

	for (uint32_t m = 0; m < n; m++) {
		uint32_t i = which ? which[m] : m;
		bool found = gid[i] < ngids &&
			     probe_equal(k, gid[i], cols, row[i], by);

		missed[nmissed] = i;
		nmissed += !found;
	}
	return nmissed;
}

/* A large table: the cache misses of many rows overlap. Passes without
 * branches that depend on the data: which gid has the row's hash in its first
 * two places; is that its key? For the rest the same over all places. */
static inline __attribute__((always_inline)) void
probe_large(struct keys *k, const struct column *cols, const uint32_t *row,
	    const uint32_t *hash, uint32_t n, uint32_t *ret_gid,
	    enum probe_by by)
{
	const struct key_place *place = k->place;
	uint32_t missed[PIECE], nmissed, mask = k->mask;

	for (uint32_t i = 0; i < n; i++)
		__builtin_prefetch(&place[hash[i] & mask]);
	for (uint32_t i = 0; i < n; i++) {
		struct key_place a = place[hash[i] & mask];
		struct key_place b = place[(hash[i] + 1) & mask];
		uint32_t in_a = -(uint32_t)(a.hash == hash[i]);
		uint32_t in_b = -(uint32_t)(b.hash == hash[i]);

		ret_gid[i] = (a.gid & in_a) | (b.gid & in_b & ~in_a) |
			     ~(in_a | in_b);
		key_prefetch(k, ret_gid[i], by);
	}
	nmissed = probe_check(k, cols, row, NULL, n, ret_gid, missed, by);
	for (uint32_t m = 0; m < nmissed; m++) {
		ret_gid[missed[m]] = place_find(k, hash[missed[m]]);
		key_prefetch(k, ret_gid[missed[m]], by);
	}
	nmissed = probe_check(k, cols, row, missed, nmissed, ret_gid, missed,
			      by);
	for (uint32_t m = 0; m < nmissed; m++)
		ret_gid[missed[m]] = probe_on(k, cols, row[missed[m]],
					      hash[missed[m]]);
}

static inline __attribute__((always_inline)) void
probe(struct keys *k, const struct column *cols, const uint32_t *row,
      const uint32_t *hash, uint32_t n, uint32_t *ret_gid, enum probe_by by)
{
	if ((k->mask + 1) * sizeof(*k->place) <= CACHE_BYTES)
		probe_small(k, cols, row, hash, n, ret_gid, by);
	else
		probe_large(k, cols, row, hash, n, ret_gid, by);
}

/* One column without NULLs, the usual case, has loops of its own. */
static enum probe_by
probe_by(const struct keys *k, const struct column *cols)
{
	if (k->ncols != 1 || k->any_null || cols[0].nulls)
		return BY_COLUMNS;
	if (k->col[0].phys == PHYS_I64)
		return BY_I64;
	return k->col[0].phys == PHYS_STR ? BY_STR : BY_COLUMNS;
}

static void
lookup_piece(struct keys *k, const struct column *cols, const uint32_t *row,
	     uint32_t n, uint32_t *ret_gid)
{
	uint32_t hash[PIECE];

	switch (probe_by(k, cols)) {
	case BY_I64:
		hash_i64s(k, cols[0].i64, row, n, hash);
		probe(k, cols, row, hash, n, ret_gid, BY_I64);
		break;
	case BY_STR:
		hash_strs(k, cols[0].str, row, n, hash);
		probe(k, cols, row, hash, n, ret_gid, BY_STR);
		break;
	case BY_COLUMNS:
		hash_rows(k, cols, row, n, hash);
		probe(k, cols, row, hash, n, ret_gid, BY_COLUMNS);
		break;
	}
}

void
keys_lookup(struct keys *k, const struct column *cols, const uint32_t *row,
	    uint32_t n, uint32_t *ret_gid)
{
	for (uint32_t at = 0; at < n; at += PIECE) {
		uint32_t piece = n - at < PIECE ? n - at : PIECE;

		lookup_piece(k, cols, row + at, piece, ret_gid + at);
	}
}

uint32_t
keys_find(const struct keys *k, const struct column *cols, uint32_t row)
{
	uint32_t hash = hash_row(k, cols, row);
	uint32_t at = hash & k->mask, gid;

	while ((gid = k->place[at].gid) != KEYS_NONE) {
		if (k->place[at].hash == hash && row_equal(k, gid, cols, row))
			break;
		at = (at + 1) & k->mask;
	}
	return gid;
}

/* ---- freeing ---- */

/* Backward shift: a later key of the run moves up into the hole unless its
 * home lies behind it, so that no tombstones are left (Knuth 6.4, R). */
static void
table_remove(struct keys *k, uint32_t at)
{
	uint32_t hole = at;

	for (uint32_t i = (at + 1) & k->mask; k->place[i].gid != KEYS_NONE;
	     i = (i + 1) & k->mask) {
		uint32_t home = k->place[i].hash & k->mask;

		if (((i - home) & k->mask) >= ((i - hole) & k->mask)) {
			k->place[hole] = k->place[i];
			hole = i;
		}
	}
	k->place[hole].gid = KEYS_NONE;
}

void
keys_drop(struct keys *k, uint32_t gid)
{
	uint32_t at = hash_row(k, k->col, gid) & k->mask;

	CHECK(keys_is_live(k, gid));
	while (k->place[at].gid != gid) {
		CHECK(k->place[at].gid != KEYS_NONE);
		at = (at + 1) & k->mask;
	}
	table_remove(k, at);
	for (unsigned c = 0; c < k->ncols; c++)
		if (k->col[c].phys == PHYS_STR)
			strheap_free(&k->heap, &k->col[c].str[gid]);
	k->flags[gid] &= (uint8_t)~(KEY_LIVE | KEY_FRESH);
	keys_touch(k, gid);
	k->refs[gid] = k->free_first;
	k->free_first = gid;
	k->live--;
}

void
keys_drop_unused(struct keys *k, const uint32_t *gid, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (keys_is_live(k, gid[i]) && k->refs[gid[i]] == 0)
			keys_drop(k, gid[i]);
}

/* ---- values out ---- */

#define GATHER(member)                                             \
	do {                                                       \
		for (uint32_t i = 0; i < n; i++)                   \
			out->member[at + i] = col->member[gid[i]]; \
	} while (0)

void
keys_gather(const struct keys *k, uint16_t c, const uint32_t *gid, uint32_t n,
	    struct column *out, uint32_t at, uint32_t cap, struct arena *a)
{
	const struct column *col = &k->col[c];

	switch (col->phys) {
	case PHYS_U8:
		GATHER(u8);
		break;
	case PHYS_I64:
		GATHER(i64);
		break;
	case PHYS_I128:
		GATHER(i128);
		break;
	case PHYS_F64:
		GATHER(f64);
		break;
	case PHYS_STR:
		for (uint32_t i = 0; i < n; i++)
			out->str[at + i] = str_dup(a, col->str[gid[i]]);
		break;
	}
	if (!col->nulls)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (col->nulls[gid[i]])
			column_nulls(out, cap, a)[at + i] = 1;
}

unsigned
keys_slot(const struct keys *k, uint32_t gid)
{
	uint64_t h = 0;

	for (unsigned c = 0; c < k->ncols; c++) {
		const struct column *col = &k->col[c];
		uint64_t part[2] = { h, 0 };

		if (column_is_null(col, gid))
			part[1] = 1;
		else if (col->phys == PHYS_STR)
			part[1] = hash_stable(str_data(&col->str[gid]),
					      col->str[gid].len);
		else
			part[1] = hash_stable((char *)col->data +
					gid * phys_bytes(col->phys),
					phys_bytes(col->phys));
		h = hash_stable(part, sizeof(part));
	}
	return h % KEYS_SLOTS;
}

/* ---- checkpoints ---- */

void
keys_touch(struct keys *k, uint32_t gid)
{
	if (k->flags[gid] & KEY_LISTED)
		return;
	k->flags[gid] |= KEY_LISTED;
	if (k->nchanged == k->changed_cap) {
		k->changed_cap = k->changed_cap ? 2 * k->changed_cap : 32;
		k->changed = mem_realloc(k->changed, k->changed_cap *
						     sizeof(*k->changed));
	}
	k->changed[k->nchanged++] = gid;
}

static int
gid_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t
keys_changed(struct keys *k, const uint32_t **ret_gid)
{
	uint32_t i = 1;

	while (i < k->nchanged && k->changed[i - 1] < k->changed[i])
		i++;
	if (i < k->nchanged)
		qsort(k->changed, k->nchanged, sizeof(*k->changed), gid_cmp);
	*ret_gid = k->changed;
	return k->nchanged;
}

void
keys_saved(struct keys *k)
{
	for (uint32_t i = 0; i < k->nchanged; i++) {
		uint8_t *flags = &k->flags[k->changed[i]];

		*flags = *flags & KEY_LIVE ? KEY_LIVE | KEY_STORED : 0;
	}
	k->nchanged = 0;
}

void
keys_restore(struct keys *k, uint32_t gid, const struct column *cols,
	     uint32_t row)
{
	keys_reserve(k, gid + 1);
	if (gid >= k->n)
		k->n = gid + 1;
	CHECK(!keys_is_live(k, gid));
	key_store(k, gid, hash_row(k, cols, row), cols, row);
	k->flags[gid] |= KEY_STORED;
}

void
keys_restored(struct keys *k)
{
	k->free_first = KEYS_NONE;
	for (uint32_t gid = k->n; gid-- > 0;) {
		if (!(k->flags[gid] & KEY_LIVE)) {
			k->refs[gid] = k->free_first;
			k->free_first = gid;
		} else if (k->refs[gid] == 0) {
			keys_drop(k, gid);
		}
	}
}

size_t
keys_bytes(const struct keys *k)
{
	size_t bytes = ((size_t)k->mask + 1) * sizeof(*k->place) +
		       k->heap.held + k->changed_cap * sizeof(*k->changed) +
		       k->cap * (sizeof(*k->refs) + 1);

	for (unsigned c = 0; c < k->ncols; c++)
		bytes += k->cap * (phys_bytes(k->col[c].phys) +
				   (k->col[c].nulls ? 1 : 0));
	return bytes;
}
