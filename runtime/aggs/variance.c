/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/variance.c - VAR_POP, VAR_SAMP and their roots. Of integers and
 * DECIMAL exact: count, sum and sum of squares in 256 bits, which can be taken
 * away again. Of FLOAT and DOUBLE by Welford, merged by Chan: no digits are
 * lost where values lie far from 0. Nothing can be taken away from that; where
 * rows can be, all values are kept and it is computed again of them, so that
 * what came and went leaves no trace in the last digits.
 */
#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/u256.h"
#include "runtime/aggs/bag.h"
#include "runtime/aggs/sum.h"
#include "runtime/distinct.h"

#define LOW_BITS 127 /* of a sum of squares; both halves are never negative */

struct squares {
	struct sum_i128 s;
	i128 low, high;
};

struct spread {
	int64_t n;
	double mean, m2; /* m2: sum of (x - mean)^2 */
};

/* Where it collects: the spread is for readers of the state. */
struct bag_spread {
	struct bag bag;
	struct spread spread;
};

static bool
is_root(const struct agg *a)
{
	return a->plan->function == FN_STDDEV_POP ||
	       a->plan->function == FN_STDDEV_SAMP;
}

/* What the squares are divided by; 0: there is no result. */
static int64_t
divisor(const struct agg *a, int64_t n)
{
	bool sample = a->plan->function == FN_VAR_SAMP ||
		      a->plan->function == FN_STDDEV_SAMP;

	return sample && n > 0 ? n - 1 : n;
}

/* ---- layout ---- */

static void
column_add(struct agg *a, const char *suffix, struct type type, size_t at)
{
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = suffix, .type = type, .at = (uint32_t)at,
		.null_at = -1,
	};
}

static void
init_spread(struct agg *a)
{
	size_t at = 0;

	a->by_set = a->distinct;
	a->bytes = a->by_set ? 0 : sizeof(struct spread);
	if (a->retract && !a->distinct) {
		bag_init(a, (struct multiset_kind){ .phys = PHYS_F64 },
			 sizeof(struct spread));
		at = offsetof(struct bag_spread, spread);
	}
	column_add(a, "_n", TYPE_OF(TYPE_BIGINT),
		   at + offsetof(struct spread, n));
	column_add(a, "_mean", TYPE_OF(TYPE_DOUBLE),
		   at + offsetof(struct spread, mean));
	column_add(a, "_m2", TYPE_OF(TYPE_DOUBLE),
		   at + offsetof(struct spread, m2));
}

static void
variance_init(struct agg *a)
{
	struct type whole = type_decimal(DECIMAL_MAX, 0);

	if (phys_of(a->arg_type) == PHYS_F64) {
		init_spread(a);
		return;
	}
	a->invertible = true;
	a->bytes = sizeof(struct squares);
	a->align = 16;
	column_add(a, "_n", TYPE_OF(TYPE_BIGINT),
		   offsetof(struct squares, s.n));
	column_add(a, "_sum", type_decimal(DECIMAL_MAX, a->arg_type.scale),
		   offsetof(struct squares, s.sum));
	column_add(a, "_squares", whole, offsetof(struct squares, low));
	column_add(a, "_squares_high", whole, offsetof(struct squares, high));
	if (phys_of(a->arg_type) == PHYS_I128)
		column_add(a, "_carry", TYPE_OF(TYPE_BIGINT),
			   offsetof(struct squares, s.carry));
}

/* ---- squares ---- */

static void
squares_put(struct squares *q, i128 low, i128 high)
{
	u128 sum = (u128)q->low + (u128)low;

	q->low = (i128)(sum & (((u128)1 << LOW_BITS) - 1));
	q->high += high + (i128)(sum >> LOW_BITS);
}

static void
squares_take(struct squares *q, i128 low, i128 high)
{
	bool borrow = q->low < low;

	q->low = (i128)((u128)q->low + ((u128)borrow << LOW_BITS) - (u128)low);
	q->high -= high + borrow;
}

static void
squares_add(struct squares *q, i128 v, int64_t w)
{
	struct u256 square = u256_product(i128_abs(v), i128_abs(v));
	i128 low, high;

	/* Weights are small: 2^253 values of 10^38 are not. */
	u256_mul(&square, w < 0 ? -(uint64_t)w : (uint64_t)w);
	low = (i128)(u256_lo(&square) & (((u128)1 << LOW_BITS) - 1));
	high = (i128)(u256_hi(&square) << 1 | u256_lo(&square) >> LOW_BITS);
	if (w > 0)
		squares_put(q, low, high);
	else
		squares_take(q, low, high);
	sum_i128_add(&q->s, v, w);
}

/* n * sum of squares - square of the sum: n^2 times the variance, without the
 * scale. False: too wide. */
static bool
squares_spread(const struct squares *q, struct u256 *ret)
{
	u128 sum = i128_abs(q->s.sum);
	struct u256 square = u256_product(sum, sum);

	*ret = u256_of((u128)q->high >> 1,
		       (u128)q->high << LOW_BITS | (u128)q->low);
	return q->s.carry == 0 && u256_mul(ret, (uint64_t)q->s.n) &&
	       u256_sub(ret, &square);
}

/* As Flink's integers: each of its divisions truncates, the first of them
 * the square of the sum by n. */
static bool
integer_of(const struct agg *a, const struct squares *q, int64_t *ret)
{
	static const int64_t most[] = {
		[TYPE_TINYINT] = INT8_MAX, [TYPE_SMALLINT] = INT16_MAX,
		[TYPE_INT] = INT32_MAX, [TYPE_BIGINT] = INT64_MAX,
	};
	const struct u256 one = u256_of(0, 1);
	struct u256 v;
	u128 result;

	if (!squares_spread(q, &v))
		return false;
	if (u256_div(&v, (uint64_t)q->s.n) > 0)
		u256_add(&v, &one);
	u256_div(&v, (uint64_t)divisor(a, q->s.n));
	if (u256_hi(&v) > 0)
		return false;
	result = u256_lo(&v);
	if (is_root(a))
		result = u128_sqrt(result);
	*ret = (int64_t)result;
	return result <= (u128)most[a->plan->type.kind];
}

/* 10^digits, as often as it takes: false when the product is too wide. */
static bool
scale_up(struct u256 *v, unsigned digits)
{
	bool fits = true;

	for (; digits > 0 && fits; digits--)
		fits = u256_mul(v, 10);
	return fits;
}

static bool
decimal_of(const struct agg *a, const struct squares *q, i128 *ret)
{
	unsigned from = 2 * a->arg_type.scale, to = a->plan->type.scale;
	uint64_t n = (uint64_t)q->s.n, d = (uint64_t)divisor(a, q->s.n);
	struct u256 v;

	if (!squares_spread(q, &v))
		return false;
	if (is_root(a)) {
		double square = u256_to_f64(&v) / (double)n / (double)d;

		return decimal_from_f64(sqrt(square) /
					(double)decimal_pow10[from / 2],
					DECIMAL_MAX, to, ret);
	}
	/* Twice the result, truncated, tells how to round its half. */
	if (!u256_mul(&v, 2) || !scale_up(&v, to > from ? to - from : 0))
		return false;
	u256_div(&v, n);
	u256_div(&v, d);
	for (; from > to; from--)
		u256_div(&v, 10);
	if (u256_hi(&v) > 0)
		return false;
	*ret = (i128)(u256_lo(&v) / 2 + u256_lo(&v) % 2);
	return decimal_fits(*ret, DECIMAL_MAX);
}

/* ---- spread ---- */

static void
spread_merge(struct spread *d, const struct spread *s)
{
	double delta = s->mean - d->mean;
	int64_t n = d->n + s->n;

	if (s->n == 0)
		return;
	if (d->n == 0) {
		*d = *s;
		return;
	}
	d->m2 += s->m2 + delta * delta * ((double)d->n * (double)s->n /
					  (double)n);
	d->mean += delta * ((double)s->n / (double)n);
	d->n = n;
}

static void
spread_add(struct spread *d, double x, int64_t w)
{
	double delta = x - d->mean;

	d->n += w;
	d->mean += delta * ((double)w / (double)d->n);
	d->m2 += delta * (x - d->mean) * (double)w;
}

static void
spread_add_item(const struct multiset_item *item, void *arg)
{
	spread_add(arg, *(const double *)item->value, item->n);
}

/* Of all values, in their order. */
static struct spread
spread_of_bag(const struct agg *a, uint64_t root)
{
	struct spread s = { 0 };

	multiset_each(a->multiset, root, spread_add_item, &s);
	return s;
}

static void
variance_before_save(const struct agg *a, char *const *entry, uint32_t n)
{
	for (uint32_t i = 0; a->collects && i < n; i++) {
		struct bag_spread *b = sum_at(a, entry[i], a->off);

		b->spread = spread_of_bag(a, b->bag.root);
	}
}

static bool
spread_value(const struct agg *a, const struct spread *s, double *ret)
{
	int64_t d = divisor(a, s->n);
	double v;

	if (d == 0)
		return false;
	v = s->m2 / (double)d;
	if (is_root(a))
		v = sqrt(v);
	*ret = a->plan->type.kind == TYPE_FLOAT ? (double)(float)v : v;
	return true;
}

/* ---- rows ---- */

static void
variance_add(const struct agg *a, const struct agg_rows *r,
	     const struct column *arg)
{
	if (a->collects)
		bag_add(a, r, arg);
	for (uint32_t i = 0; !a->by_set && !a->collects && i < r->n; i++) {
		void *acc = sum_at(a, r->entry[i], a->off);
		int64_t w = r->w ? r->w[i] : 1;
		uint32_t row = r->row[i];

		if (arg->phys == PHYS_F64)
			spread_add(acc, arg->f64[row], w);
		else
			squares_add(acc, arg->phys == PHYS_I128
						 ? arg->i128[row]
						 : arg->i64[row], w);
	}
}

static bool
variance_holds(const struct agg *a, const char *entry,
	       const struct batch *b, uint32_t row, int64_t w)
{
	const int64_t *n = sum_at(a, entry, a->off);

	if (a->collects)
		return bag_holds(a, entry, b, row, w);
	return a->by_set || *n + w >= 0;
}

static void
variance_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	       char *const *src, uint32_t src_off, uint32_t n)
{
	if (a->collects)
		bag_merge(a, dst, dst_off, src, src_off, n);
	for (uint32_t i = 0; !a->by_set && !a->collects && i < n; i++) {
		void *to = sum_at(a, dst[i], dst_off);
		const void *from = sum_at(a, src[i], src_off);
		const struct squares *s = from;

		if (phys_of(a->arg_type) == PHYS_F64) {
			spread_merge(to, from);
		} else {
			squares_put(to, s->low, s->high);
			sum_i128_merge(&((struct squares *)to)->s, &s->s);
		}
	}
}

static void
variance_sub(const struct agg *a, char *const *dst, char *const *src,
	     uint32_t n)
{
	if (a->collects)
		bag_sub(a, dst, src, n);
	for (uint32_t i = 0; !a->collects && i < n; i++) {
		struct squares *d = sum_at(a, dst[i], a->off);
		const struct squares *s = sum_at(a, src[i], a->off);

		squares_take(d, s->low, s->high);
		sum_i128_sub(&d->s, &s->s);
	}
}

/* ---- results ---- */

static bool
value_of(const struct agg *a, const void *acc, struct column *out, uint32_t at)
{
	const struct squares *q = acc;
	struct spread s;

	if (a->collects) {
		s = spread_of_bag(a, ((const struct bag *)acc)->root);
		return spread_value(a, &s, &out->f64[at]);
	}
	if (phys_of(a->arg_type) == PHYS_F64)
		return spread_value(a, acc, &out->f64[at]);
	if (divisor(a, q->s.n) == 0)
		return false;
	if (a->arg_type.kind == TYPE_DECIMAL)
		return decimal_of(a, q, &out->i128[at]);
	return integer_of(a, q, &out->i64[at]);
}

static void
variance_value(const struct agg *a, char *const *entry, uint32_t off,
	       uint32_t n, struct column *out, uint32_t at, uint32_t cap,
	       struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++)
		if (!value_of(a, sum_at(a, entry[i], off), out, at + i))
			column_set_null(out, at + i, cap, arena);
}

static void
variance_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	CHECK(a->collects);
	bag_release(a, entry, off, stored);
}

static void
variance_set_value(const struct agg *a, const struct distinct *set,
		   char *const *entry, uint32_t n, struct column *out,
		   uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		struct spread s = { 0 };
		uint32_t count;
		double *v = distinct_sorted_f64(set, entry[i], a->off, &count);

		for (uint32_t k = 0; k < count; k++)
			spread_add(&s, v[k], 1);
		free(v);
		if (!spread_value(a, &s, &out->f64[at + i]))
			column_set_null(out, at + i, cap, arena);
	}
}

#define VARIANCE_TYPE(name, id, shown)                                    \
	const struct agg_type agg_##name##_type = {                       \
		.function = id, .init = variance_init,                    \
		.add = variance_add, .holds = variance_holds,             \
		.merge = variance_merge, .sub = variance_sub,             \
		.absorb = bag_absorb,                                     \
		.value = variance_value, .set_value = variance_set_value, \
		.before_save = variance_before_save,                      \
		.release = variance_release, .restore = bag_restore,      \
		.view = shown, .view_distinct = shown,                    \
	}

VARIANCE_TYPE(var_pop, FN_VAR_POP, VIEW_VAR_POP);
VARIANCE_TYPE(var_samp, FN_VAR_SAMP, VIEW_VAR_SAMP);
VARIANCE_TYPE(stddev_pop, FN_STDDEV_POP, VIEW_STDDEV_POP);
VARIANCE_TYPE(stddev_samp, FN_STDDEV_SAMP, VIEW_STDDEV_SAMP);
