/* SPDX-License-Identifier: Apache-2.0
 * runtime/accs.c - chunks of entries with two bits per entry in front, so that
 * a row touches two cache lines: the bits' and the entry's.
 */
#include <stdlib.h>

#include "runtime/accs.h"

void
accs_init(struct accs *a, uint32_t entry_bytes)
{
	*a = (struct accs){ .bytes = entry_bytes };
}

void
accs_release(struct accs *a)
{
	for (uint32_t i = 0; i < a->nchunks; i++)
		free(a->chunk[i]);
	free(a->chunk);
	free(a->dirty);
	*a = (struct accs){ .bytes = a->bytes };
}

static inline char *
chunk_entry(const struct accs *a, const struct acc_chunk *c, uint32_t gid)
{
	return (char *)c->entries + (gid % CHUNK_GIDS) * (size_t)a->bytes;
}

static struct acc_chunk *
chunk_make(struct accs *a, uint32_t i)
{
	if (i >= a->nchunks) {
		uint32_t n = a->nchunks ? a->nchunks : 1;

		while (n <= i)
			n *= 2;
		a->chunk = mem_realloc(a->chunk, n * sizeof(*a->chunk));
		memset(a->chunk + a->nchunks, 0,
		       (n - a->nchunks) * sizeof(*a->chunk));
		a->nchunks = n;
	}
	if (!a->chunk[i]) {
		a->chunk[i] = mem_zalloc(sizeof(struct acc_chunk) +
					 CHUNK_GIDS * (size_t)a->bytes);
		a->made++;
	}
	return a->chunk[i];
}

static void
chunk_list_dirty(struct accs *a, uint32_t i)
{
	if (a->ndirty == a->dirty_cap) {
		a->dirty_cap = a->dirty_cap ? 2 * a->dirty_cap : 4;
		a->dirty = mem_realloc(a->dirty,
				       a->dirty_cap * sizeof(*a->dirty));
	}
	a->dirty[a->ndirty++] = i;
	a->chunk[i]->listed = true;
}

#define PIECE 256 /* rows at a time: what they prefetch fits the cache */

/* Where the entries are, in chunks that are made where they lack. */
static void
find_piece(struct accs *a, const uint32_t *gid, uint32_t n, char **ret_entry)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = gid[i] / CHUNK_GIDS;
		struct acc_chunk *c = at < a->nchunks ? a->chunk[at] : NULL;

		if (!c)
			c = chunk_make(a, at);
		ret_entry[i] = chunk_entry(a, c, gid[i]);
		__builtin_prefetch(c, 1);
		__builtin_prefetch(ret_entry[i], 1);
	}
}

/* Sets their bits. Without branches that depend on the rows, so that the
 * cache misses of many groups overlap. */
static void
mark_piece(struct accs *a, struct keys *keys, const uint32_t *gid, uint32_t n,
	   bool dirty)
{
	uint32_t fresh[PIECE], nfresh = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t g = gid[i], word = g / 64 % CHUNK_WORDS;
		struct acc_chunk *c = a->chunk[g / CHUNK_GIDS];
		uint64_t touched = c->touched[word];
		uint64_t bit = UINT64_C(1) << (g % 64);

		fresh[nfresh] = g;
		nfresh += (touched & bit) == 0;
		c->touched[word] = touched | bit;
		c->dirty[word] |= dirty ? bit : 0;
		if (dirty && !c->listed)
			chunk_list_dirty(a, g / CHUNK_GIDS);
	}
	for (uint32_t i = 0; i < nfresh; i++) {
		a->chunk[fresh[i] / CHUNK_GIDS]->ntouched++;
		if (keys)
			keys_ref(keys, fresh[i]);
	}
	a->n += nfresh;
}

void
accs_touch(struct accs *a, struct keys *keys, const uint32_t *gid, uint32_t n,
	   unsigned flags, char **ret_entry)
{
	for (uint32_t i = 0; i < n; i += PIECE) {
		uint32_t piece = n - i < PIECE ? n - i : PIECE;

		find_piece(a, gid + i, piece, ret_entry + i);
		mark_piece(a, keys, gid + i, piece, flags & ACCS_DIRTY);
	}
}

char *
accs_find(const struct accs *a, uint32_t gid)
{
	uint32_t at = gid / CHUNK_GIDS;
	const struct acc_chunk *c = at < a->nchunks ? a->chunk[at] : NULL;

	if (!c || !(c->touched[gid / 64 % CHUNK_WORDS] >> (gid % 64) & 1))
		return NULL;
	return chunk_entry(a, c, gid);
}

void
accs_find_all(const struct accs *a, const uint32_t *gid, uint32_t n,
	      char **ret_entry)
{
	for (uint32_t from = 0; from < n; from += PIECE) {
		uint32_t to = n - from < PIECE ? n : from + PIECE;

		for (uint32_t i = from; i < to; i++) {
			uint32_t at = gid[i] / CHUNK_GIDS;

			if (at >= a->nchunks || !a->chunk[at])
				continue;
			__builtin_prefetch(a->chunk[at]);
			__builtin_prefetch(chunk_entry(a, a->chunk[at],
						       gid[i]));
		}
		for (uint32_t i = from; i < to; i++)
			ret_entry[i] = accs_find(a, gid[i]);
	}
}

void
accs_untouch(struct accs *a, uint32_t gid)
{
	uint32_t at = gid / CHUNK_GIDS, word = gid / 64 % CHUNK_WORDS;
	struct acc_chunk *c = a->chunk[at];
	uint64_t bit = UINT64_C(1) << (gid % 64);

	CHECK(c->touched[word] & bit);
	c->touched[word] &= ~bit;
	c->dirty[word] &= ~bit;
	memset(chunk_entry(a, c, gid), 0, a->bytes);
	c->ntouched--;
	a->n--;
	if (c->ntouched == 0 && !c->listed) {
		free(c);
		a->chunk[at] = NULL;
		a->made--;
	}
}

static uint32_t
bits_to_entries(const struct accs *a, uint32_t chunk, const uint64_t *bits,
		uint32_t *ret_gid, char **ret_entry)
{
	const struct acc_chunk *c = a->chunk[chunk];
	uint32_t n = 0;

	for (uint32_t word = 0; word < CHUNK_WORDS; word++) {
		for (uint64_t b = bits[word]; b; b &= b - 1) {
			uint32_t gid = chunk * CHUNK_GIDS + word * 64 +
				       (uint32_t)__builtin_ctzll(b);

			ret_gid[n] = gid;
			ret_entry[n++] = chunk_entry(a, c, gid);
		}
	}
	return n;
}

uint32_t
accs_chunk(const struct accs *a, uint32_t chunk, uint32_t *ret_gid,
	   char **ret_entry)
{
	if (chunk >= a->nchunks || !a->chunk[chunk])
		return 0;
	return bits_to_entries(a, chunk, a->chunk[chunk]->touched, ret_gid,
			       ret_entry);
}

static int
chunk_cmp(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

uint32_t
accs_take_dirty(struct accs *a, uint32_t *cursor, uint32_t *ret_gid,
		char **ret_entry)
{
	uint32_t n = 0;

	if (*cursor == 0 && a->ndirty > 1)
		qsort(a->dirty, a->ndirty, sizeof(*a->dirty), chunk_cmp);
	while (n == 0 && *cursor < a->ndirty) {
		uint32_t at = a->dirty[(*cursor)++];
		struct acc_chunk *c = a->chunk[at];

		n = bits_to_entries(a, at, c->dirty, ret_gid, ret_entry);
		memset(c->dirty, 0, sizeof(c->dirty));
		c->listed = false;
		if (c->ntouched == 0) {
			free(c);
			a->chunk[at] = NULL;
			a->made--;
		}
	}
	if (n == 0)
		a->ndirty = 0;
	return n;
}

size_t
accs_bytes(const struct accs *a)
{
	return a->nchunks * sizeof(*a->chunk) +
	       a->dirty_cap * sizeof(*a->dirty) +
	       a->made * (sizeof(struct acc_chunk) +
			  CHUNK_GIDS * (size_t)a->bytes);
}
