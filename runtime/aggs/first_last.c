/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/first_last.c - FIRST_VALUE and LAST_VALUE, NULLs skipped. The
 * order is that in which rows arrive; in a window the panes come first, in the
 * order of their time, and within a pane the rows as they arrived. Nothing can
 * be taken back: the planner refuses that by name.
 */
#include "runtime/aggs/held.h"

static inline bool
takes_first(const struct agg *a)
{
	return a->plan->function == FN_FIRST_VALUE;
}

static void
arrival_add(const struct agg *a, const struct agg_rows *r,
	    const struct column *arg)
{
	CHECK(!a->retract);
	for (uint32_t i = 0; i < r->n; i++) {
		char *acc = agg_at(r->entry[i], a->off);

		if (*held_count(a, acc) == 0 || !takes_first(a))
			held_set(a, acc, held_cell(arg, r->row[i]));
		++*held_count(a, acc);
	}
}

static bool
arrival_holds(const struct agg *a, const char *entry,
	      const struct batch *b, uint32_t row, int64_t w)
{
	(void)a;
	(void)entry;
	(void)b;
	(void)row;
	return w > 0;
}

static void
arrival_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	      char *const *src, uint32_t src_off, uint32_t n)
{
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

const struct agg_type agg_first_value_type = {
	.function = FN_FIRST_VALUE,
	.init = held_init,
	.add = arrival_add,
	.holds = arrival_holds,
	.merge = arrival_merge,
	.value = held_value,
	.release = held_release,
	.view = VIEW_FIRST,
};

const struct agg_type agg_last_value_type = {
	.function = FN_LAST_VALUE,
	.init = held_init,
	.add = arrival_add,
	.holds = arrival_holds,
	.merge = arrival_merge,
	.value = held_value,
	.release = held_release,
	.view = VIEW_LAST,
};
