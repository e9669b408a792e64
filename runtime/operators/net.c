/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/net.c - two passes with a hash table each: equal rows add
 * up their weights, then what is left is put together by key. Survivors keep
 * their order: the first retractions of a row, the last insertions.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "runtime/operators/net.h"

#define NONE UINT32_MAX

void
net_init(struct net *n, enum net_how how, const struct schema *schema,
	 uint16_t nkeys, const uint16_t *keys, uint64_t seed)
{
	CHECK(how == NET_CHANGELOG || nkeys > 0);
	*n = (struct net){
		.how = how, .schema = schema, .nkeys = nkeys, .keys = keys,
		.seed = seed,
	};
}

void
net_clear(struct net *n)
{
	for (unsigned i = 0; i < n->nbatches; i++)
		batch_unref(n->batches[i]);
	n->nbatches = 0;
	n->nrows = 0;
	n->nchanges = 0;
	n->bytes = 0;
}

void
net_release(struct net *n)
{
	net_clear(n);
	free(n->batches);
	free(n->rows);
	free(n->changes);
}

static void *
grow(void *list, uint32_t n, uint32_t more, uint32_t *size, size_t bytes)
{
	if (n + more <= *size)
		return list;
	*size = 2 * (n + more);
	return mem_realloc(list, *size * bytes);
}

static size_t
batch_bytes(const struct batch *b)
{
	size_t bytes = 0;

	for (; b; b = b->base)
		bytes += b->arena.bytes + sizeof(*b);
	return bytes;
}

void
net_add(struct net *n, struct batch *b)
{
	n->batches = grow(n->batches, n->nbatches, 1, &n->batches_size,
			  sizeof(*n->batches));
	n->rows = grow(n->rows, n->nrows, b->nsel, &n->rows_size,
		       sizeof(*n->rows));
	batch_each(b, row)
		n->rows[n->nrows++] = (struct net_row){ n->nbatches, row };
	n->batches[n->nbatches++] = batch_ref(b);
	n->bytes += batch_bytes(b) + b->nsel * sizeof(*n->rows);
}

/* ---- equality of rows over some columns ---- */

struct over { /* columns to look at; NULL: all */
	const struct net *net;
	uint16_t ncols;
	const uint16_t *cols;
};

static uint64_t
value_hash(const struct column *c, uint32_t row, uint64_t h)
{
	size_t bytes = phys_bytes(c->phys);

	if (column_is_null(c, row))
		return hash_u64(UINT64_C(0x9e3779b97f4a7c15), h);
	if (c->phys == PHYS_STR)
		return hash_bytes(str_data(&c->str[row]), c->str[row].len, h);
	return hash_bytes((const char *)c->data + row * bytes, bytes, h);
}

static uint64_t
row_hash(const struct over *o, struct net_row r)
{
	const struct batch *b = o->net->batches[r.batch];
	uint64_t h = o->net->seed;

	for (unsigned i = 0; i < o->ncols; i++)
		h = value_hash(&b->col[o->cols ? o->cols[i] : i], r.row, h);
	return h;
}

static bool
row_equal(const struct over *o, struct net_row r, struct net_row s)
{
	const struct batch *a = o->net->batches[r.batch];
	const struct batch *b = o->net->batches[s.batch];

	for (unsigned i = 0; i < o->ncols; i++) {
		unsigned c = o->cols ? o->cols[i] : i;

		if (!column_same(&a->col[c], r.row, &b->col[c], s.row))
			return false;
	}
	return true;
}

/* Gives equal rows the same number, in the order of their first appearance.
 * ids has room for n->nrows; returns how many different ones there are. */
static uint32_t
number_rows(const struct over *o, const struct net_row *rows, uint32_t n,
	    uint32_t *ids)
{
	uint32_t size = 16, next = 0;
	uint32_t *slots, *first = mem_alloc((n + 1) * sizeof(*first));

	while (size < 2 * n)
		size *= 2;
	slots = mem_alloc(size * sizeof(*slots));
	memset(slots, 0xff, size * sizeof(*slots)); /* NONE */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = row_hash(o, rows[i]) & (size - 1);

		while (slots[at] != NONE &&
		       !row_equal(o, rows[first[slots[at]]], rows[i]))
			at = (at + 1) & (size - 1);
		if (slots[at] == NONE) {
			first[next] = i;
			slots[at] = next++;
		}
		ids[i] = slots[at];
	}
	free(slots);
	free(first);
	return next;
}

/* ---- what is left ---- */

static int64_t
weight_of(const struct net *n, uint32_t i)
{
	return batch_weight(n->batches[n->rows[i].batch], n->rows[i].row);
}

static void
change_add(struct net *n, struct net_row at, bool gone)
{
	n->changes = grow(n->changes, n->nchanges, 1, &n->changes_size,
			  sizeof(*n->changes));
	n->changes[n->nchanges++] = (struct net_change){
		at, gone ? KIND_DELETE : KIND_INSERT,
	};
}

struct balance { /* of all rows that are equal */
	int64_t sum;  /* what is left: insertions if > 0 */
	int64_t plus; /* insertions still to come */
};

/* How many copies of this row are left at this place. */
static int64_t
left_here(struct balance *bal, int64_t w)
{
	int64_t left;

	if (w > 0) {
		bal->plus -= w;
		left = bal->sum - bal->plus; /* the last ones survive */
		if (left < 0)
			left = 0;
		left = left < w ? left : w;
		bal->sum -= left;
		return left;
	}
	left = bal->sum < 0 ? -bal->sum : 0; /* the first ones survive */
	left = left < -w ? left : -w;
	bal->sum += left;
	return left;
}

static bool
any_retraction(const struct net *n)
{
	for (uint32_t i = 0; i < n->nrows; i++) {
		if (weight_of(n, i) < 0)
			return true;
	}
	return false;
}

/* changes: the survivors in order, as KIND_INSERT and KIND_DELETE. */
static void
cancel(struct net *n)
{
	struct over all = { n, n->schema->ncols, NULL };
	uint32_t *ids = mem_alloc((n->nrows + 1) * sizeof(*ids));
	struct balance *bal;
	uint32_t nids = 0;

	if (any_retraction(n))
		nids = number_rows(&all, n->rows, n->nrows, ids);
	bal = mem_zalloc((nids + 1) * sizeof(*bal));
	for (uint32_t i = 0; i < n->nrows && nids > 0; i++) {
		int64_t w = weight_of(n, i);

		bal[ids[i]].sum += w;
		bal[ids[i]].plus += w > 0 ? w : 0;
	}
	for (uint32_t i = 0; i < n->nrows; i++) {
		int64_t w = weight_of(n, i);
		int64_t left = nids > 0 ? left_here(&bal[ids[i]], w) : w;

		for (; left > 0; left--)
			change_add(n, n->rows[i], w < 0);
	}
	free(bal);
	free(ids);
}

/* ---- kinds ---- */

/* Without a key: a retraction directly before an insertion is an update. */
static void
pair_neighbours(struct net *n)
{
	for (uint32_t i = 0; i + 1 < n->nchanges; i++) {
		struct net_change *c = &n->changes[i];

		if (c[0].kind != KIND_DELETE || c[1].kind != KIND_INSERT)
			continue;
		c[0].kind = KIND_UPDATE_BEFORE;
		c[1].kind = KIND_UPDATE_AFTER;
		i++;
	}
}

/* changes of one key, in order -> -U +U pairs, then what is left over. */
static void
pair_key(struct net_change *c, uint32_t n, struct net_change *out)
{
	uint32_t gone = 0, came = 0, to = 0;

	for (;;) {
		while (gone < n && c[gone].kind != KIND_DELETE)
			gone++;
		while (came < n && c[came].kind != KIND_INSERT)
			came++;
		if (gone == n && came == n)
			return;
		if (gone < n) {
			out[to] = c[gone++];
			if (came < n)
				out[to].kind = KIND_UPDATE_BEFORE;
			to++;
		}
		if (came < n) {
			out[to] = c[came++];
			if (to > 0 && out[to - 1].kind == KIND_UPDATE_BEFORE)
				out[to].kind = KIND_UPDATE_AFTER;
			to++;
		}
	}
}

/* changes of one key -> the one that stands for all of them. */
static struct net_change
last_of_key(const struct net_change *c, uint32_t n)
{
	struct net_change last = c[n - 1];
	bool came = false, gone = false;

	for (uint32_t i = 0; i < n; i++) {
		if (c[i].kind == KIND_INSERT) {
			last = c[i];
			came = true;
		} else {
			gone = true;
		}
	}
	if (came && gone)
		last.kind = KIND_UPDATE_AFTER;
	return last;
}

/* Sorts changes by key, keys by first appearance; starts[k] is where key k
 * begins, starts[nkeys] the end. Returns the number of keys. */
static uint32_t
sort_by_key(struct net *n, uint32_t **ret_starts)
{
	struct over key = { n, n->nkeys, n->keys };
	uint32_t count = n->nchanges, nkeys;
	struct net_row *rows = mem_alloc((count + 1) * sizeof(*rows));
	uint32_t *ids = mem_alloc((count + 1) * sizeof(*ids));
	struct net_change *sorted = mem_alloc((count + 1) * sizeof(*sorted));
	uint32_t *starts;

	for (uint32_t i = 0; i < count; i++)
		rows[i] = n->changes[i].at;
	nkeys = number_rows(&key, rows, count, ids);
	starts = mem_zalloc((nkeys + 2) * sizeof(*starts));
	for (uint32_t i = 0; i < count; i++)
		starts[ids[i] + 2]++;
	for (uint32_t k = 2; k < nkeys + 2; k++)
		starts[k] += starts[k - 1];
	for (uint32_t i = 0; i < count; i++)
		sorted[starts[ids[i] + 1]++] = n->changes[i];
	memcpy(n->changes, sorted, count * sizeof(*sorted));
	free(rows);
	free(ids);
	free(sorted);
	*ret_starts = starts;
	return nkeys;
}

/* NET_LAST: of an UPSERT stream, where a row replaces its key's. */
static void
keep_last(struct net *n)
{
	for (uint32_t i = 0; i < n->nrows; i++)
		change_add(n, n->rows[i], weight_of(n, i) < 0);
}

static void
settle_keys(struct net *n)
{
	uint32_t *starts;
	uint32_t nkeys = sort_by_key(n, &starts), to = 0;
	struct net_change *out = mem_alloc((n->nchanges + 1) * sizeof(*out));

	for (uint32_t k = 0; k < nkeys; k++) {
		struct net_change *c = n->changes + starts[k];
		uint32_t count = starts[k + 1] - starts[k];

		if (n->how == NET_CHANGELOG) {
			pair_key(c, count, out + to);
			to += count;
		} else if (n->how == NET_UPSERT) {
			out[to++] = last_of_key(c, count);
		} else {
			out[to] = c[count - 1];
			if (out[to].kind == KIND_INSERT)
				out[to].kind = KIND_UPDATE_AFTER;
			to++;
		}
	}
	memcpy(n->changes, out, to * sizeof(*out));
	n->nchanges = to;
	free(out);
	free(starts);
}

void
net_settle(struct net *n)
{
	n->nchanges = 0;
	if (n->how == NET_LAST)
		keep_last(n);
	else
		cancel(n);
	if (n->nkeys > 0 && n->nchanges > 0)
		settle_keys(n);
	else
		pair_neighbours(n);
}

struct batch *
net_batch(const struct net *n, struct batch_pool *pool, uint32_t from,
	  uint32_t to, const uint8_t **ret_kinds)
{
	uint32_t rows = to - from;
	struct batch *out = batch_create(pool, n->schema, rows);
	uint8_t *kinds = arena_alloc(&out->arena, rows);

	for (uint32_t i = 0; i < rows; i++) {
		const struct net_change *c = &n->changes[from + i];
		const struct batch *b = n->batches[c->at.batch];

		kinds[i] = c->kind;
		out->now_us = b->now_us;
		for (unsigned col = 0; col < n->schema->ncols; col++)
			column_copy(&out->col[col], i, rows, &b->col[col],
				    c->at.row, &out->arena);
	}
	batch_seal(out, rows);
	*ret_kinds = kinds;
	return out;
}

/* ---- changes that come once ---- */

static bool
same_values(const struct batch *b, unsigned ncols, const uint16_t *cols,
	    uint32_t i, uint32_t j)
{
	for (unsigned k = 0; k < ncols; k++) {
		const struct column *c = &b->col[cols ? cols[k] : k];

		if (!column_same(c, i, c, j))
			return false;
	}
	return true;
}

static bool
is_pair(const struct net *n, const struct batch *b, uint32_t old, uint32_t new)
{
	return b->weight[old] < 0 && b->weight[new] > 0 &&
	       same_values(b, n->nkeys, n->keys, old, new);
}

/* What becomes of -old and +new; returns how many rows stay in sel. */
static uint32_t
settle_pair(const struct net *n, const struct batch *b, uint32_t old,
	    uint32_t new, uint8_t *kinds, uint16_t *sel)
{
	uint32_t kept = 0;

	if (same_values(b, b->schema->ncols, NULL, old, new))
		return 0;
	kinds[old] = KIND_UPDATE_BEFORE;
	kinds[new] = KIND_UPDATE_AFTER;
	if (n->how == NET_CHANGELOG)
		sel[kept++] = (uint16_t)old;
	sel[kept++] = (uint16_t)new;
	return kept;
}

const uint8_t *
net_pairs(const struct net *n, struct batch *b)
{
	uint8_t *kinds = arena_alloc(&b->arena, b->rows);
	uint16_t *sel;
	uint32_t kept = 0;

	memset(kinds, n->how == NET_LAST ? KIND_UPDATE_AFTER : KIND_INSERT,
	       b->rows);
	if (!b->weight)
		return kinds;
	sel = arena_alloc(&b->arena, b->nsel * sizeof(*sel));
	for (uint32_t i = 0; i < b->nsel; i++) {
		uint32_t row = b->sel ? b->sel[i] : i, next = row;

		if (i + 1 < b->nsel)
			next = b->sel ? b->sel[i + 1] : i + 1;
		if (n->how != NET_LAST && is_pair(n, b, row, next)) {
			kept += settle_pair(n, b, row, next, kinds,
					    sel + kept);
			i++;
			continue;
		}
		if (b->weight[row] < 0)
			kinds[row] = KIND_DELETE;
		sel[kept++] = (uint16_t)row;
	}
	b->sel = sel;
	b->nsel = kept;
	return kinds;
}
