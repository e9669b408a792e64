/* SPDX-License-Identifier: Apache-2.0
 * client/changed.c - a hash table over the rows' texts, threaded by a list of
 * who changed last. Equal rows are kept as often as they came.
 */
#include "client/changed.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"

struct kept {
	struct kept *next_same_slot;
	struct kept *older, *newer; /* by their last change */
	uint64_t hash;
	uint64_t place; /* who came first has the lower one */
	struct row row;
};

struct changed {
	struct kept **slots;
	size_t nslots; /* a power of two */
	size_t n, rows_max;
	size_t bytes, bytes_max;
	struct kept *oldest, *newest;
	uint64_t places;    /* given so far */
	uint64_t forgotten; /* rows that are there but not here */
	/* The place of a row that -U has just taken away: +U stands there. */
	uint64_t vacant;
	bool has_vacant;
};

struct changed *
changed_create(size_t rows_max, size_t bytes_max)
{
	struct changed *c = mem_zalloc(sizeof(*c));

	c->rows_max = rows_max;
	c->bytes_max = bytes_max;
	c->nslots = 64;
	c->slots = mem_zalloc(c->nslots * sizeof(*c->slots));
	return c;
}

static size_t
kept_bytes(const struct kept *k)
{
	return sizeof(*k) + k->row.values_n;
}

static void
kept_free(struct kept *k)
{
	row_release(&k->row);
	free(k);
}

void
changed_destroy(struct changed *c)
{
	if (!c)
		return;
	for (struct kept *k = c->oldest, *next; k; k = next) {
		next = k->newer;
		kept_free(k);
	}
	free(c->slots);
	free(c);
}

/* ---- the table and the list ---- */

static void
grow(struct changed *c)
{
	size_t nslots = c->nslots * 2;
	struct kept **slots = mem_zalloc(nslots * sizeof(*slots));

	for (struct kept *k = c->oldest; k; k = k->newer) {
		struct kept **slot = &slots[k->hash & (nslots - 1)];

		k->next_same_slot = *slot;
		*slot = k;
	}
	free(c->slots);
	c->slots = slots;
	c->nslots = nslots;
}

static void
insert(struct changed *c, struct kept *k)
{
	struct kept **slot;

	if (c->n >= c->nslots)
		grow(c);
	slot = &c->slots[k->hash & (c->nslots - 1)];
	k->next_same_slot = *slot;
	*slot = k;
	k->older = c->newest;
	k->newer = NULL;
	if (c->newest)
		c->newest->newer = k;
	else
		c->oldest = k;
	c->newest = k;
	c->n++;
	c->bytes += kept_bytes(k);
}

static void
take_out(struct changed *c, struct kept *k)
{
	struct kept **link = &c->slots[k->hash & (c->nslots - 1)];

	while (*link != k)
		link = &(*link)->next_same_slot;
	*link = k->next_same_slot;
	if (k->older)
		k->older->newer = k->newer;
	else
		c->oldest = k->newer;
	if (k->newer)
		k->newer->older = k->older;
	else
		c->newest = k->older;
	c->n--;
	c->bytes -= kept_bytes(k);
}

static struct kept *
find(const struct changed *c, uint64_t hash, const struct row *r)
{
	struct kept *k = c->slots[hash & (c->nslots - 1)];

	while (k && (k->hash != hash || k->row.values_n != r->values_n ||
		     memcmp(k->row.values, r->values, r->values_n) != 0))
		k = k->next_same_slot;
	return k;
}

/* ---- changes ---- */

static void
bring(struct changed *c, uint64_t hash, struct row *take)
{
	struct kept *k = mem_zalloc(sizeof(*k));

	k->hash = hash;
	k->place = c->has_vacant && take->op && take->op[1] == 'U'
			   ? c->vacant : c->places++;
	k->row = *take;
	*take = (struct row){ .line = NULL };
	insert(c, k);
	c->has_vacant = false;
	while (c->n > 1 && (c->n > c->rows_max || c->bytes > c->bytes_max)) {
		struct kept *oldest = c->oldest;

		take_out(c, oldest);
		kept_free(oldest);
		c->forgotten++;
	}
}

static void
take_away(struct changed *c, uint64_t hash, const struct row *r)
{
	struct kept *k = find(c, hash, r);

	c->has_vacant = k && r->op[1] == 'U';
	if (!k) {
		c->forgotten -= c->forgotten > 0;
		return;
	}
	c->vacant = k->place;
	take_out(c, k);
	kept_free(k);
}

void
changed_apply(struct changed *c, struct row *take)
{
	uint64_t hash = hash_bytes(take->values, take->values_n, 0);

	if (!take->op || take->op[0] == '+') {
		bring(c, hash, take);
		return;
	}
	take_away(c, hash, take);
	row_release(take);
}

/* ---- looking ---- */

uint64_t
changed_total(const struct changed *c)
{
	return c->n + c->forgotten;
}

size_t
changed_kept(const struct changed *c)
{
	return c->n;
}

static int
by_place(const void *a, const void *b)
{
	const struct kept *const *k = a, *const *l = b;

	return (*k)->place < (*l)->place ? -1 : (*k)->place > (*l)->place;
}

size_t
changed_latest(const struct changed *c, size_t n, const struct row **ret)
{
	const struct kept **found;
	size_t i = 0;

	if (n > c->n)
		n = c->n;
	found = mem_alloc((n + 1) * sizeof(*found));
	for (const struct kept *k = c->newest; k && i < n; k = k->older)
		found[i++] = k;
	CHECK(i == n);
	qsort(found, n, sizeof(*found), by_place);
	for (i = 0; i < n; i++)
		ret[i] = &found[i]->row;
	free(found);
	return n;
}
