/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/bag.c - the hooks that all aggregates with a multiset share.
 * The multiset of a DISTINCT one is made of its set, so that no checkpoint
 * needs to see it.
 */
#include "runtime/aggs/bag.h"

void
bag_init(struct agg *a, struct multiset_kind kind, uint32_t more_bytes)
{
	a->invertible = true;
	a->collects = true;
	a->kind = kind;
	a->bytes = (uint32_t)sizeof(struct bag) + more_bytes;
}

void
bag_put(const struct agg *a, const struct agg_rows *r, uint32_t i,
	const struct column *value, const struct column *beside, int64_t w)
{
	const struct multiset_place place = {
		.pane_us = r->pane_us, .gid = r->gid[i],
		.transient = r->transient || a->distinct,
	};

	multiset_add(a->multiset, &bag_at(a, r->entry[i], a->off)->root,
		     &place, value, beside, r->row[i], w);
}

void
bag_add(const struct agg *a, const struct agg_rows *r,
	const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++)
		bag_put(a, r, i, arg, NULL, r->w ? r->w[i] : 1);
}

static int64_t
cell_weight(const struct column *c, uint32_t row)
{
	return !c || c->phys != PHYS_STR || column_is_null(c, row)
		       ? 0 : c->str[row].len;
}

const char *
bag_refuses(const struct agg *a, const char *entry, const struct batch *b,
	    uint32_t row, int64_t w, enum error_code *ret_code)
{
	int64_t weight = MULTISET_VALUE_WEIGHT +
			 cell_weight(agg_arg(a, b), row);

	for (unsigned i = 0; i < a->plan->nmore; i++)
		weight += cell_weight(agg_more(a, b, i), row);
	if (w > AGG_WEIGHT_MAX / weight)
		weight = AGG_WEIGHT_MAX;
	else if (a->kind.ordered)
		weight *= w;
	if (entry)
		weight += multiset_weight(a->multiset,
					  bag_at(a, entry, a->off)->root);
	*ret_code = ERR_GROUP_TOO_LARGE;
	return weight < AGG_WEIGHT_MAX
		       ? NULL
		       : "the group has 32 MiB of values already";
}

bool
bag_gives_all(const struct agg *a, uint64_t root)
{
	if (multiset_weight(a->multiset, root) < AGG_WEIGHT_MAX)
		return true;
	*a->too_large = a->plan->text;
	return false;
}

bool
bag_holds(const struct agg *a, const char *entry, const struct batch *b,
	  uint32_t row, int64_t w)
{
	uint64_t root = bag_at(a, entry, a->off)->root;

	return multiset_count(a->multiset, root, agg_arg(a, b), NULL, row) +
		       w >= 0;
}

void
bag_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	  char *const *src, uint32_t src_off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		multiset_merge(a->multiset, &bag_at(a, dst[i], dst_off)->root,
			       bag_at(a, src[i], src_off)->root);
}

void
bag_absorb(const struct agg *a, char *dst, uint32_t gid, char *src)
{
	const struct multiset_place place = { .gid = gid };

	multiset_move(a->multiset, &bag_at(a, dst, a->off)->root, &place,
		      &bag_at(a, src, a->off)->root);
}

void
bag_sub(const struct agg *a, char *const *dst, char *const *src, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		multiset_subtract(a->multiset,
				  &bag_at(a, dst[i], a->off)->root,
				  bag_at(a, src[i], a->off)->root);
}

void
bag_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	multiset_clear(a->multiset, &bag_at(a, entry, off)->root, stored);
}

void
bag_restore(const struct agg *a, char *entry, const struct agg_saved *s)
{
	multiset_restore(a->multiset, &bag_at(a, entry, a->off)->root,
			 &s->place, s->seq, s->value, s->beside, s->row, s->n);
}

void
bag_give(struct column *out, uint32_t at, uint32_t cap, struct arena *arena,
	 const void *value)
{
	const struct column from = { .phys = out->phys,
				     .data = (void *)value };

	if (value)
		column_copy(out, at, cap, &from, 0, arena);
	else
		column_set_null(out, at, cap, arena);
}
