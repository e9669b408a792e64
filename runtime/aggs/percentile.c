/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/percentile.c - MEDIAN and PERCENTILE: of n values in order, the
 * one at p * (n - 1), interpolated between its neighbours as Flink does.
 * PERCENTILE(x, p, f) counts a value f times, and none where f < 1.
 */
#include <math.h>

#include "base/decimal.h"
#include "base/nested.h"
#include "runtime/aggs/bag.h"

/* Values of a group, each as often as it counts: ranks are exact as DOUBLE up
 * to here, and the slices of a window together stay within an int64. */
#define VALUES_MAX (INT64_C(1) << 53)

static void
percentile_init(struct agg *a)
{
	a->takes_all = a->plan->nmore < 2;
	bag_init(a, (struct multiset_kind){
			    .phys = phys_of(a->arg_type), .ranked = true,
		    }, 0);
}

/* The column of how often values count; NULL: once each. */
static const struct plan_argument *
frequency_of(const struct agg *a)
{
	return a->plan->nmore > 1 ? &a->plan->more[1] : NULL;
}

/* How often a value counts, where it counts at all. */
static int64_t
times_of(const struct plan_argument *f, const struct column *column,
	 uint32_t row)
{
	if (!f)
		return 1;
	if (column)
		return column_is_null(column, row) ? 0 : column->i64[row];
	return f->literal->value.is_null ? 0 : f->literal->value.i64;
}

static void
percentile_add(const struct agg *a, const struct agg_rows *r,
	       const struct column *arg)
{
	const struct plan_argument *f = frequency_of(a);

	for (uint32_t i = 0; i < r->n; i++) {
		int64_t times = times_of(f, r->more[1], r->row[i]);

		if (times > 0)
			bag_put(a, r, i, arg, NULL,
				(r->w ? r->w[i] : 1) * times);
	}
}

static bool
percentile_holds(const struct agg *a, const char *entry, const struct batch *b,
		 uint32_t row, int64_t w)
{
	int64_t times = times_of(frequency_of(a), agg_more(a, b, 1), row);

	return times <= 0 || bag_holds(a, entry, b, row, w * times);
}

static const char *
percentile_refuses(const struct agg *a, const char *entry,
		   const struct batch *b, uint32_t row, int64_t w,
		   enum error_code *ret_code)
{
	int64_t times = times_of(frequency_of(a), agg_more(a, b, 1), row), n;
	int64_t before = entry ? multiset_total(a->multiset,
						bag_at(a, entry, a->off)->root)
			       : 0;

	if (times <= 0 || (!__builtin_mul_overflow(times, w, &n) &&
			   n <= VALUES_MAX - before))
		return NULL;
	*ret_code = ERR_OUT_OF_RANGE;
	return "the values of a group would count more than 2^53 times";
}

static double
number_at(const struct agg *a, uint64_t root, int64_t rank)
{
	const struct multiset_item item = multiset_at(a->multiset, root, rank);
	struct type t = a->arg_type;
	unsigned scale = t.kind == TYPE_DECIMAL ? t.scale : 0;

	switch (phys_of(t)) {
	case PHYS_F64:
		return *(const double *)item.value;
	case PHYS_I128:
		return decimal_to_f64(*(const i128 *)item.value, scale);
	default:
		return decimal_to_f64(*(const int64_t *)item.value, scale);
	}
}

static double
percentile_of(const struct agg *a, uint64_t root, double p)
{
	int64_t n = multiset_total(a->multiset, root);
	double at = p * (double)(n - 1);
	int64_t low = (int64_t)floor(at), high = (int64_t)ceil(at);
	double below = number_at(a, root, low), above;

	if (low == high)
		return below;
	above = number_at(a, root, high);
	if (below == above)
		return below;
	return ((double)high - at) * below + (at - (double)low) * above;
}

/* One for each of an ARRAY of percentages. */
static struct str
percentiles_of(const struct agg *a, uint64_t root, struct arena *arena)
{
	const struct expr *literal = a->plan->more[0].literal;
	const struct type t = type_element(literal->type);
	struct nested p;
	struct value *v;
	struct str ret;

	nested_open(&literal->value.str, &p);
	v = arena_array(arena, p.n, struct value);
	for (uint32_t i = 0; i < p.n; i++)
		v[i].f64 = percentile_of(a, root, nested_get(&p, i, t).f64);
	CHECK(nested_make(arena, a->plan->type, p.n, v, &ret));
	return ret;
}

static void
percentile_value(const struct agg *a, char *const *entry, uint32_t off,
		 uint32_t n, struct column *out, uint32_t at, uint32_t cap,
		 struct arena *arena)
{
	bool many = type_is_nested(a->plan->type);
	double p = many			? 0
		   : a->plan->nmore > 0 ? a->plan->more[0].literal->value.f64
					: 0.5;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t root = bag_at(a, entry[i], off)->root;

		if (root && many)
			out->str[at + i] = percentiles_of(a, root, arena);
		else if (root)
			out->f64[at + i] = percentile_of(a, root, p);
		else
			column_set_null(out, at + i, cap, arena);
	}
}

const struct agg_type agg_median_type = {
	.function = FN_MEDIAN,
	.init = percentile_init,
	.add = percentile_add,
	.holds = percentile_holds,
	.merge = bag_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = percentile_value,
	.release = bag_release,
	.restore = bag_restore,
	.view = VIEW_PERCENTILE,
	.view_values = VIEW_PERCENTILE,
	.view_distinct = VIEW_PERCENTILE,
};

const struct agg_type agg_percentile_type = {
	.function = FN_PERCENTILE,
	.init = percentile_init,
	.add = percentile_add,
	.refuses = percentile_refuses,
	.holds = percentile_holds,
	.merge = bag_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = percentile_value,
	.release = bag_release,
	.restore = bag_restore,
	.view = VIEW_PERCENTILE,
	.view_values = VIEW_PERCENTILE,
	.view_distinct = VIEW_PERCENTILE,
};
