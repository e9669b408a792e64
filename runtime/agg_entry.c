/* SPDX-License-Identifier: Apache-2.0
 * runtime/agg_entry.c - entries filled, emptied and made one, with the sets of
 * values that belong to them.
 */
#include <stdlib.h>

#include "runtime/agg.h"
#include "runtime/distinct.h"

void
aggs_add(const struct aggs *s, struct distinct *sets, const struct batch *b,
	 struct agg_rows *r, struct agg_scratch *scratch, int64_t *row_gid)
{
	entries_count(r, r->entry);
	for (unsigned i = 0; i < s->n; i++) {
		const struct agg *a = &s->agg[i];
		struct column cols[2] = { { .phys = PHYS_I64,
					    .i64 = row_gid } };
		struct agg_rows pick;

		if (a->by_rows)
			continue;
		agg_pick(a, b, r, scratch, a->distinct, &pick);
		if (a->plan->arg >= 0)
			cols[1] = *agg_arg(a, b);
		for (uint32_t k = 0; a->distinct && k < pick.n; k++)
			row_gid[pick.row[k]] = pick.gid[k];
		if (a->distinct)
			distinct_count(&sets[a->set], cols, a->off, scratch,
				       &pick);
		a->type->add(a, &pick, &cols[1]);
	}
}

void
aggs_clear(const struct aggs *s, struct distinct *sets, char *entry,
	   bool stored)
{
	for (unsigned i = 0; s->nsets > 0 && i < s->n; i++)
		if (s->agg[i].distinct)
			distinct_clear(&sets[s->agg[i].set], entry,
				       s->agg[i].off);
	aggs_clear_entry(s, entry, stored);
}

/* One value of a set, apart from it: it may move while another one comes. */
union cell {
	uint8_t u8;
	int64_t i64;
	i128 i128;
	double f64;
	struct str str;
};

static void
absorb_value(const struct agg *a, struct distinct *set, uint32_t id,
	     char *dst, uint32_t gid)
{
	const struct column *from = &set->keys.col[1];
	size_t bytes = phys_bytes(from->phys);
	union cell cell;
	struct column value = { .phys = from->phys, .data = &cell };
	uint32_t zero = 0;
	int64_t one = 1;
	struct agg_rows r = { .n = 1, .row = &zero, .gid = &gid,
			      .entry = &dst, .w = &one };

	memcpy(&cell, (const char *)from->data + id * bytes, bytes);
	if (distinct_add(set, gid, &value, 0, set->n[id], dst, a->off))
		a->type->add(a, &r, &value);
}

/* The values in the order in which they came. */
static void
absorb_values(const struct agg *a, struct distinct *set, char *dst,
	      uint32_t gid, const char *src)
{
	uint32_t n = distinct_values(set, src, a->off, NULL, 0);
	uint32_t *ids = mem_alloc((n + 1u) * sizeof(*ids));

	distinct_values(set, src, a->off, ids, n);
	while (n-- > 0)
		absorb_value(a, set, ids[n], dst, gid);
	free(ids);
}

void
aggs_absorb(const struct aggs *s, struct distinct *sets, char *dst,
	    uint32_t gid, char *src)
{
	((struct entry *)dst)->rows += entry_rows(src);
	for (unsigned i = 0; i < s->n; i++) {
		const struct agg *a = &s->agg[i];

		if (a->by_rows)
			continue;
		if (a->distinct)
			absorb_values(a, &sets[a->set], dst, gid, src);
		else if (a->collects)
			a->type->absorb(a, dst, gid, src);
		else
			a->type->merge(a, &dst, a->off, &src, a->off, 1);
	}
	aggs_clear(s, sets, src, true);
	((struct entry *)src)->rows = 0;
}
