/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/min_max.c - MIN and MAX of every ordered type. On rows that
 * only come, the best value so far; where rows can go, it is the end of an
 * ordered multiset. -0.0 counts as 0.0 and NaN as above every number.
 * ANY_VALUE is MIN by another name: a value that no order of rows changes.
 *
 * The accumulator: the value that is held, and the root of the multiset where
 * there is one.
 */
#include "runtime/aggs/held.h"
#include "runtime/keys.h"

static inline bool
takes_least(const struct agg *a)
{
	return a->plan->function != FN_MAX;
}

static inline uint64_t *
root_of(const struct agg *a, char *acc)
{
	return (uint64_t *)(acc + held_count_at(a) + 8);
}

static void
extreme_init(struct agg *a)
{
	held_init(a);
	if (!a->retract)
		return;
	a->collects = true;
	a->kind.phys = phys_of(a->arg_type);
	a->bytes += 8;
}

static inline bool
is_better(const struct agg *a, const void *v, const void *than)
{
	int cmp = phys_cmp(phys_of(a->arg_type), v, than);

	return takes_least(a) ? cmp < 0 : cmp > 0;
}

/* The usual case, without a call per row. */
static void
add_i64(const struct agg *a, const struct agg_rows *r, const int64_t *v)
{
	bool min = takes_least(a);

	for (uint32_t i = 0; i < r->n; i++) {
		struct {
			int64_t value, n;
		} *acc = agg_at(r->entry[i], a->off);
		int64_t x = v[r->row[i]];

		if (acc->n == 0 || (min ? x < acc->value : x > acc->value))
			acc->value = x;
		acc->n++;
	}
}

static void
add_any(const struct agg *a, const struct agg_rows *r,
	const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++) {
		char *acc = agg_at(r->entry[i], a->off);
		const void *v = held_cell(arg, r->row[i]);
		double canonical;

		if (arg->phys == PHYS_F64) {
			canonical = f64_canonical(arg->f64[r->row[i]]);
			v = &canonical;
		}
		if (*held_count(a, acc) == 0 || is_better(a, v, acc))
			held_set(a, acc, v);
		++*held_count(a, acc);
	}
}

/* The value is the set's own: not copied, not freed here. */
static void
take_best(const struct agg *a, char *acc)
{
	uint64_t root = *root_of(a, acc);
	size_t bytes = phys_bytes(phys_of(a->arg_type));
	struct multiset_item best;

	if (takes_least(a) ? multiset_first(a->multiset, root, &best)
			   : multiset_last(a->multiset, root, &best))
		memcpy(acc, best.value, bytes);
	else
		memset(acc, 0, bytes);
}

static void
add_multiset(const struct agg *a, const struct agg_rows *r,
	     const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++) {
		char *acc = agg_at(r->entry[i], a->off);
		int64_t w = r->w ? r->w[i] : 1;
		const struct multiset_place place = { r->pane_us, r->gid[i],
						      r->transient };

		multiset_add(a->multiset, root_of(a, acc), &place, arg, NULL,
			     r->row[i], w);
		*held_count(a, acc) += w;
		take_best(a, acc);
	}
}

static void
extreme_add(const struct agg *a, const struct agg_rows *r,
	    const struct column *arg)
{
	if (a->multiset)
		add_multiset(a, r, arg);
	else if (arg->phys == PHYS_I64)
		add_i64(a, r, arg->i64);
	else
		add_any(a, r, arg);
}

static bool
extreme_holds(const struct agg *a, const char *entry, const struct batch *b,
	      uint32_t row, int64_t w)
{
	char *acc = agg_at((char *)entry, a->off);

	return multiset_count(a->multiset, *root_of(a, acc), agg_arg(a, b),
			      NULL, row) + w >= 0;
}

static void
extreme_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	      char *const *src, uint32_t src_off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		char *d = agg_at(dst[i], dst_off);
		char *s = agg_at(src[i], src_off);

		if (*held_count(a, s) == 0)
			continue;
		if (*held_count(a, d) == 0 || is_better(a, s, d))
			held_set(a, d, s);
		*held_count(a, d) += *held_count(a, s);
	}
}

static void
extreme_absorb(const struct agg *a, char *dst, uint32_t gid, char *src)
{
	char *d = agg_at(dst, a->off), *s = agg_at(src, a->off);
	const struct multiset_place place = { .gid = gid };

	multiset_move(a->multiset, root_of(a, d), &place, root_of(a, s));
	*held_count(a, d) += *held_count(a, s);
	*held_count(a, s) = 0;
	take_best(a, d);
}

static void
extreme_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	char *acc = agg_at(entry, off);

	if (a->multiset && *root_of(a, acc))
		multiset_clear(a->multiset, root_of(a, acc), stored);
	else
		held_release(a, entry, off, stored);
}

static void
extreme_restore(const struct agg *a, char *entry, const struct agg_saved *s)
{
	char *acc = agg_at(entry, a->off);

	multiset_restore(a->multiset, root_of(a, acc), &s->place, s->seq,
			 s->value, NULL, s->row, s->n);
	*held_count(a, acc) += s->n;
	take_best(a, acc);
}

const struct agg_type agg_min_type = {
	.function = FN_MIN,
	.init = extreme_init,
	.add = extreme_add,
	.holds = extreme_holds,
	.merge = extreme_merge,
	.absorb = extreme_absorb,
	.value = held_value,
	.release = extreme_release,
	.restore = extreme_restore,
	.view = VIEW_MIN,
};

const struct agg_type agg_max_type = {
	.function = FN_MAX,
	.init = extreme_init,
	.add = extreme_add,
	.holds = extreme_holds,
	.merge = extreme_merge,
	.absorb = extreme_absorb,
	.value = held_value,
	.release = extreme_release,
	.restore = extreme_restore,
	.view = VIEW_MAX,
};

const struct agg_type agg_any_value_type = {
	.function = FN_ANY_VALUE,
	.init = extreme_init,
	.add = extreme_add,
	.holds = extreme_holds,
	.merge = extreme_merge,
	.absorb = extreme_absorb,
	.value = held_value,
	.release = extreme_release,
	.restore = extreme_restore,
	.view = VIEW_MIN,
};
