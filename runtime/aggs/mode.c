/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/mode.c - MODE: the most frequent value; of several the smallest,
 * so that it depends on no order.
 */
#include "runtime/aggs/bag.h"

static void
mode_init(struct agg *a)
{
	bag_init(a, (struct multiset_kind){
			    .phys = phys_of(a->arg_type), .ranked = true,
		    }, 0);
}

static void
mode_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	   struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		struct multiset_item item = { .value = NULL };

		multiset_most(a->multiset, bag_at(a, entry[i], off)->root,
			      &item);
		bag_give(out, at + i, cap, arena, item.value);
	}
}

const struct agg_type agg_mode_type = {
	.function = FN_MODE,
	.init = mode_init,
	.add = bag_add,
	.holds = bag_holds,
	.merge = bag_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = mode_value,
	.release = bag_release,
	.restore = bag_restore,
	.view = VIEW_MODE,
	.view_values = VIEW_MODE,
	.view_distinct = VIEW_MODE,
};
