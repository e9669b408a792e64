/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/first_last.c - FIRST_VALUE and LAST_VALUE, NULLs skipped. The
 * order is that in which rows arrive; in a window the panes come first, in the
 * order of their time, and within a pane the rows as they arrived. Where rows
 * can be taken back all values are kept in that order, and of equal ones the
 * first to come is the first to go.
 */
#include "runtime/aggs/bag.h"
#include "runtime/aggs/held.h"

static inline bool
takes_first(const struct agg *a)
{
	return a->plan->function == FN_FIRST_VALUE;
}

static void
arrival_init(struct agg *a)
{
	if (a->retract)
		bag_init(a, (struct multiset_kind){
				    .phys = phys_of(a->arg_type),
				    .ordered = true,
			    }, 0);
	else
		held_init(a);
}

static void
arrival_add(const struct agg *a, const struct agg_rows *r,
	    const struct column *arg)
{
	if (a->collects) {
		bag_add(a, r, arg);
		return;
	}
	for (uint32_t i = 0; i < r->n; i++) {
		char *acc = agg_at(r->entry[i], a->off);

		if (*held_count(a, acc) == 0 || !takes_first(a))
			held_set(a, acc, held_cell(arg, r->row[i]));
		++*held_count(a, acc);
	}
}

static void
arrival_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	      char *const *src, uint32_t src_off, uint32_t n)
{
	if (a->collects) {
		bag_merge(a, dst, dst_off, src, src_off, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		char *d = agg_at(dst[i], dst_off);
		char *s = agg_at(src[i], src_off);

		if (*held_count(a, s) == 0)
			continue;
		if (*held_count(a, d) == 0 || !takes_first(a))
			held_set(a, d, s);
		*held_count(a, d) += *held_count(a, s);
	}
}

static void
arrival_value(const struct agg *a, char *const *entry, uint32_t off,
	      uint32_t n, struct column *out, uint32_t at, uint32_t cap,
	      struct arena *arena)
{
	if (!a->collects) {
		held_value(a, entry, off, n, out, at, cap, arena);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t root = bag_at(a, entry[i], off)->root;
		struct multiset_item item = { .value = NULL };

		if (takes_first(a))
			multiset_earliest(a->multiset, root, &item);
		else
			multiset_latest(a->multiset, root, &item);
		bag_give(out, at + i, cap, arena, item.value);
	}
}

static void
arrival_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	if (a->collects)
		bag_release(a, entry, off, stored);
	else
		held_release(a, entry, off, stored);
}

const struct agg_type agg_first_value_type = {
	.function = FN_FIRST_VALUE,
	.init = arrival_init,
	.add = arrival_add,
	.holds = bag_holds,
	.merge = arrival_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = arrival_value,
	.release = arrival_release,
	.restore = bag_restore,
	.view = VIEW_FIRST,
	.view_values = VIEW_EARLIEST,
};

const struct agg_type agg_last_value_type = {
	.function = FN_LAST_VALUE,
	.init = arrival_init,
	.add = arrival_add,
	.holds = bag_holds,
	.merge = arrival_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = arrival_value,
	.release = arrival_release,
	.restore = bag_restore,
	.view = VIEW_LAST,
	.view_values = VIEW_LATEST,
};
