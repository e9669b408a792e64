/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/avg.c - AVG as Flink has it: of integers truncated toward zero
 * in the argument's type; of DECIMAL with at least six digits of fraction,
 * rounded half up; of FLOAT and DOUBLE the quotient.
 */
#include "base/decimal.h"
#include "runtime/aggs/sum.h"
#include "runtime/distinct.h"

/* sum / n at the result's scale without a product of more than 128 bits:
 * the quotient and the remainder are scaled apart. */
static bool
decimal_mean(const struct sum_i128 *s, unsigned from, unsigned to, i128 *ret)
{
	i128 scale = decimal_pow10[to - from];
	i128 whole = s->sum / s->n, rest = s->sum % s->n;
	i128 part, tail;

	if (s->carry != 0 || !decimal_fits(s->sum, DECIMAL_MAX))
		return false;
	if (__builtin_mul_overflow(whole, scale, &whole))
		return false;
	part = rest * scale / s->n;
	tail = rest * scale % s->n;
	if ((tail < 0 ? -tail : tail) * 2 >= s->n)
		part += tail < 0 ? -1 : 1;
	*ret = whole + part;
	return decimal_fits(*ret, DECIMAL_MAX);
}

static bool
value_of(const struct agg *a, const void *acc, struct column *out, uint32_t at)
{
	struct type t = a->plan->type;

	if (*(const int64_t *)acc == 0)
		return false;
	if (phys_of(a->arg_type) == PHYS_F64) {
		const struct sum_f64 *s = acc;
		double v = sum_f64_total(a, s) / (double)s->n;

		out->f64[at] = t.kind == TYPE_FLOAT ? (float)v : v;
	} else if (a->arg_type.kind == TYPE_DECIMAL) {
		return decimal_mean(acc, a->arg_type.scale, t.scale,
				    &out->i128[at]);
	} else {
		const struct sum_i64 *s = acc;

		out->i64[at] = sum_narrow((uint64_t)((int64_t)s->sum / s->n),
					  t);
	}
	return true;
}

static void
avg_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	  struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++)
		if (!value_of(a, sum_at(a, entry[i], off), out, at + i))
			column_set_null(out, at + i, cap, arena);
}

static void
avg_set_value(const struct agg *a, const struct distinct *set,
	      char *const *entry, uint32_t n, struct column *out, uint32_t at,
	      uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		int64_t count;
		double v = distinct_sum_f64(set, entry[i], a->off, &count);

		if (count == 0) {
			column_set_null(out, at + i, cap, arena);
			continue;
		}
		v /= (double)count;
		out->f64[at + i] = a->plan->type.kind == TYPE_FLOAT ? (float)v
								    : v;
	}
}

const struct agg_type agg_avg_type = {
	.function = FN_AVG,
	.init = sum_init,
	.add = sum_add,
	.holds = sum_holds,
	.merge = sum_merge,
	.sub = sum_sub,
	.value = avg_value,
	.set_value = avg_set_value,
	.view = VIEW_AVG,
	.view_n = 1,
	.view_distinct = VIEW_DISTINCT_AVG,
};
