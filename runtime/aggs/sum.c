/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/sum.c - SUM: NULL without values; of integers in the argument's
 * type, of DECIMAL(p,s) DECIMAL(38,s), NULL where that is too narrow.
 */
#include <math.h>

#include "base/decimal.h"
#include "runtime/aggs/sum.h"
#include "runtime/distinct.h"

static void
column_add(struct agg *a, const char *suffix, struct type type, size_t at)
{
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = suffix, .type = type, .at = (uint32_t)at,
		.null_at = -1,
	};
}

static void
init_f64(struct agg *a)
{
	struct type count = TYPE_OF(TYPE_BIGINT);

	a->invertible = false;
	a->by_set = a->distinct;
	a->bytes = a->by_set ? 0 : sizeof(struct sum_f64);
	column_add(a, "", TYPE_OF(TYPE_DOUBLE), offsetof(struct sum_f64, sum));
	column_add(a, "_n", count, offsetof(struct sum_f64, n));
	if (!a->retract) {
		a->bytes = a->by_set ? 0 : offsetof(struct sum_f64, nan);
		return;
	}
	column_add(a, "_nan", count, offsetof(struct sum_f64, nan));
	column_add(a, "_pinf", count, offsetof(struct sum_f64, pinf));
	column_add(a, "_ninf", count, offsetof(struct sum_f64, ninf));
	column_add(a, "_low", TYPE_OF(TYPE_DOUBLE),
		   offsetof(struct sum_f64, low));
}

static void
init_i128(struct agg *a)
{
	struct type count = TYPE_OF(TYPE_BIGINT);

	a->invertible = true;
	a->bytes = sizeof(struct sum_i128);
	a->align = 16;
	column_add(a, "", type_decimal(DECIMAL_MAX, a->arg_type.scale),
		   offsetof(struct sum_i128, sum));
	column_add(a, "_n", count, offsetof(struct sum_i128, n));
	if (phys_of(a->arg_type) == PHYS_I128)
		column_add(a, "_carry", count,
			   offsetof(struct sum_i128, carry));
}

void
sum_init(struct agg *a)
{
	if (phys_of(a->arg_type) == PHYS_F64) {
		init_f64(a);
	} else if (a->arg_type.kind == TYPE_DECIMAL) {
		init_i128(a);
	} else {
		a->invertible = true;
		a->bytes = sizeof(struct sum_i64);
		column_add(a, "", TYPE_OF(TYPE_BIGINT),
			   offsetof(struct sum_i64, sum));
		column_add(a, "_n", TYPE_OF(TYPE_BIGINT),
			   offsetof(struct sum_i64, n));
	}
}

/* ---- one value or sum into another ---- */

static inline void
i128_add(struct sum_i128 *s, i128 v)
{
	if (__builtin_add_overflow(s->sum, v, &s->sum))
		s->carry += v < 0 ? -1 : 1;
}

static inline void
i128_sub(struct sum_i128 *s, i128 v)
{
	if (__builtin_sub_overflow(s->sum, v, &s->sum))
		s->carry += v < 0 ? 1 : -1;
}

void
sum_i128_add(struct sum_i128 *s, i128 v, int64_t w)
{
	i128 product;

	s->n += w;
	if (!__builtin_mul_overflow(v, (i128)w, &product)) {
		i128_add(s, product);
		return;
	}
	for (; w > 0; w--)
		i128_add(s, v);
	for (; w < 0; w++)
		i128_sub(s, v);
}

void
sum_i128_merge(struct sum_i128 *d, const struct sum_i128 *s)
{
	i128_add(d, s->sum);
	d->carry += s->carry;
	d->n += s->n;
}

void
sum_i128_sub(struct sum_i128 *d, const struct sum_i128 *s)
{
	i128_sub(d, s->sum);
	d->carry -= s->carry;
	d->n -= s->n;
}

/* Where such a value is counted, or NULL: it is finite. */
static int64_t *
f64_special(struct sum_f64 *s, double v)
{
	if (isfinite(v))
		return NULL;
	return v != v ? &s->nan : v > 0 ? &s->pinf : &s->ninf;
}

/* sum + low grows by v, to twice as many digits as sum has (Knuth's TwoSum).
 * Beyond the largest DOUBLE there is nothing left to be exact about. */
static void
f64_add_exactly(struct sum_f64 *s, double v)
{
	double sum = s->sum + v, part = sum - s->sum;

	if (isfinite(sum))
		s->low += (s->sum - (sum - part)) + (v - part);
	s->sum = sum;
}

static void
f64_add_retractable(struct sum_f64 *s, double v, int64_t w)
{
	int64_t *special = f64_special(s, v);

	s->n += w;
	if (special)
		*special += w;
	else
		f64_add_exactly(s, v * (double)w);
	if (s->n == s->nan + s->pinf + s->ninf)
		s->sum = s->low = 0;
}

/* ---- rows ---- */

static void
add_i64(const struct agg *a, const struct agg_rows *r, const int64_t *v)
{
	uint32_t off = a->off + a->body;

	for (uint32_t i = 0; i < r->n; i++) {
		struct sum_i64 *s = agg_at(r->entry[i], off);
		int64_t w = r->w ? r->w[i] : 1;

		s->n += w;
		s->sum += (uint64_t)v[r->row[i]] * (uint64_t)w;
	}
}

static void
add_i128(const struct agg *a, const struct agg_rows *r,
	 const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++) {
		i128 v = arg->phys == PHYS_I64 ? arg->i64[r->row[i]]
					       : arg->i128[r->row[i]];

		sum_i128_add(sum_at(a, r->entry[i], a->off), v,
				  r->w ? r->w[i] : 1);
	}
}

static void
add_f64(const struct agg *a, const struct agg_rows *r, const double *v)
{
	for (uint32_t i = 0; i < r->n; i++) {
		struct sum_f64 *s = sum_at(a, r->entry[i], a->off);
		int64_t w = r->w ? r->w[i] : 1;

		if (a->retract) {
			f64_add_retractable(s, v[r->row[i]], w);
		} else {
			s->n += w;
			s->sum += v[r->row[i]] * (double)w;
		}
	}
}

void
sum_add(const struct agg *a, const struct agg_rows *r,
	const struct column *arg)
{
	if (a->by_set)
		return;
	if (arg->phys == PHYS_F64)
		add_f64(a, r, arg->f64);
	else if (a->arg_type.kind == TYPE_DECIMAL)
		add_i128(a, r, arg);
	else
		add_i64(a, r, arg->i64);
}

bool
sum_holds(const struct agg *a, const char *entry, const struct batch *b,
	  uint32_t row, int64_t w)
{
	const struct column *arg = agg_arg(a, b);
	const int64_t *n = sum_at(a, entry, a->off);
	int64_t *special;

	if (a->by_set)
		return true; /* its set was asked */
	if (*n + w < 0)
		return false;
	if (arg->phys != PHYS_F64 || !a->retract)
		return true;
	special = f64_special(sum_at(a, entry, a->off), arg->f64[row]);
	return !special || *special + w >= 0;
}

/* ---- sums ---- */

static void
merge_f64(const struct agg *a, struct sum_f64 *d, const struct sum_f64 *s)
{
	d->n += s->n;
	if (!a->retract) {
		d->sum += s->sum;
		return;
	}
	f64_add_exactly(d, s->sum);
	d->low += s->low;
	d->nan += s->nan;
	d->pinf += s->pinf;
	d->ninf += s->ninf;
}

void
sum_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	  char *const *src, uint32_t src_off, uint32_t n)
{
	if (a->by_set)
		return;
	for (uint32_t i = 0; i < n; i++) {
		void *to = sum_at(a, dst[i], dst_off);
		const void *from = sum_at(a, src[i], src_off);

		if (phys_of(a->arg_type) == PHYS_F64) {
			merge_f64(a, to, from);
		} else if (a->arg_type.kind == TYPE_DECIMAL) {
			sum_i128_merge(to, from);
		} else {
			((struct sum_i64 *)to)->n +=
				((const struct sum_i64 *)from)->n;
			((struct sum_i64 *)to)->sum +=
				((const struct sum_i64 *)from)->sum;
		}
	}
}

void
sum_sub(const struct agg *a, char *const *dst, char *const *src, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		void *to = sum_at(a, dst[i], a->off);
		const void *from = sum_at(a, src[i], a->off);

		if (a->arg_type.kind == TYPE_DECIMAL) {
			sum_i128_sub(to, from);
		} else {
			((struct sum_i64 *)to)->n -=
				((const struct sum_i64 *)from)->n;
			((struct sum_i64 *)to)->sum -=
				((const struct sum_i64 *)from)->sum;
		}
	}
}

double
sum_f64_total(const struct agg *a, const struct sum_f64 *s)
{
	if (!a->retract)
		return s->sum;
	if (s->nan > 0 || (s->pinf > 0 && s->ninf > 0))
		return NAN;
	if (s->pinf > 0)
		return INFINITY;
	return s->ninf > 0 ? -INFINITY : s->sum + s->low;
}

int64_t
sum_narrow(uint64_t v, struct type t)
{
	switch (t.kind) {
	case TYPE_TINYINT:
		return (int8_t)v;
	case TYPE_SMALLINT:
		return (int16_t)v;
	case TYPE_INT:
		return (int32_t)v;
	default:
		return (int64_t)v;
	}
}

static bool
value_of(const struct agg *a, const void *acc, struct column *out, uint32_t at)
{
	struct type t = a->plan->type;

	if (*(const int64_t *)acc == 0)
		return false;
	if (phys_of(a->arg_type) == PHYS_F64) {
		double v = sum_f64_total(a, acc);

		out->f64[at] = t.kind == TYPE_FLOAT ? (float)v : v;
	} else if (a->arg_type.kind == TYPE_DECIMAL) {
		const struct sum_i128 *s = acc;

		if (s->carry != 0 || !decimal_fits(s->sum, DECIMAL_MAX))
			return false;
		out->i128[at] = s->sum;
	} else {
		const struct sum_i64 *s = acc;

		out->i64[at] = sum_narrow(s->sum, t);
	}
	return true;
}

static void
sum_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	  struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++)
		if (!value_of(a, sum_at(a, entry[i], off), out, at + i))
			column_set_null(out, at + i, cap, arena);
}

static void
sum_set_value(const struct agg *a, const struct distinct *set,
	      char *const *entry, uint32_t n, struct column *out, uint32_t at,
	      uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		int64_t count;
		double v = distinct_sum_f64(set, entry[i], a->off, &count);

		if (count == 0)
			column_set_null(out, at + i, cap, arena);
		else
			out->f64[at + i] = a->plan->type.kind == TYPE_FLOAT
						   ? (float)v : v;
	}
}

const struct agg_type agg_sum_type = {
	.function = FN_SUM,
	.init = sum_init,
	.add = sum_add,
	.holds = sum_holds,
	.merge = sum_merge,
	.sub = sum_sub,
	.value = sum_value,
	.set_value = sum_set_value,
	.view = VIEW_SUM,
	.view_n = 1,
	.view_distinct = VIEW_DISTINCT_SUM,
};
