/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/approx.c - APPROX_DISTINCT and APPROX_PERCENTILE: a sketch in a
 * string of the heap, beside it what it says, for readers of the state. Where
 * rows can be taken back APPROX_DISTINCT is exact instead: it counts the values
 * of a set, from which they can go.
 */
#include <math.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "runtime/aggs/ddsketch.h"
#include "runtime/aggs/hyperloglog.h"
#include "runtime/agg.h"
#include "runtime/keys.h"

struct approx {
	int64_t n; /* values */
	union {    /* before_save() */
		int64_t distinct;
		double percentile;
	} result;
	struct str sketch;
};

static inline struct approx *
approx_at(const struct agg *a, const char *entry, uint32_t off)
{
	return (struct approx *)(entry + off + a->body);
}

static void
approx_init(struct agg *a, enum type_kind result)
{
	struct type bytes = TYPE_OF(TYPE_VARBINARY), type = TYPE_OF(result);

	bytes.length = TYPE_LENGTH_MAX;
	a->bytes = sizeof(struct approx);
	a->owns = true;
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "", .type = type,
		.at = offsetof(struct approx, result),
		.null_at = offsetof(struct approx, n),
	};
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "_n", .type = TYPE_OF(TYPE_BIGINT),
		.at = offsetof(struct approx, n), .null_at = -1,
	};
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "_sketch", .type = bytes,
		.at = offsetof(struct approx, sketch),
		.null_at = offsetof(struct approx, n),
	};
}

static void
approx_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	(void)stored;
	strheap_free(a->heap, &approx_at(a, entry, off)->sketch);
}

/* ---- APPROX_DISTINCT ---- */

static void
distinct_init_sketch(struct agg *a)
{
	if (a->retract) { /* agg.c has made it a DISTINCT one */
		a->invertible = true;
		a->bytes = sizeof(int64_t);
		return;
	}
	approx_init(a, TYPE_BIGINT);
	a->makes_bytes = true;
}

static uint64_t
value_hash(const struct column *c, uint32_t row)
{
	const void *cell = (const char *)c->data + row * phys_bytes(c->phys);
	double canonical;

	if (c->phys == PHYS_STR)
		return hash_stable(str_data(cell), c->str[row].len);
	if (c->phys == PHYS_F64) {
		canonical = f64_canonical(c->f64[row]);
		cell = &canonical;
	}
	return hash_stable(cell, phys_bytes(c->phys));
}

static void
distinct_add(const struct agg *a, const struct agg_rows *r,
	     const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++) {
		struct approx *x = approx_at(a, r->entry[i], a->off);

		if (a->distinct) {
			*(int64_t *)x += r->w ? r->w[i] : 1;
			continue;
		}
		hyperloglog_add(a->heap, &x->sketch,
				value_hash(arg, r->row[i]));
		x->n++;
	}
}

static bool
distinct_holds(const struct agg *a, const char *entry, const struct batch *b,
	       uint32_t row, int64_t w)
{
	(void)a;
	(void)entry;
	(void)b;
	(void)row;
	return w > 0; /* the set is asked instead */
}

static void
distinct_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	       char *const *src, uint32_t src_off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct approx *d = approx_at(a, dst[i], dst_off);
		const struct approx *s = approx_at(a, src[i], src_off);

		hyperloglog_merge(a->heap, &d->sketch, &s->sketch);
		d->n += s->n;
	}
}

static void
distinct_before_save(const struct agg *a, char *const *entry, uint32_t n)
{
	for (uint32_t i = 0; !a->distinct && i < n; i++) {
		struct approx *x = approx_at(a, entry[i], a->off);

		x->result.distinct = hyperloglog_estimate(&x->sketch);
	}
}

static void
distinct_value(const struct agg *a, char *const *entry, uint32_t off,
	       uint32_t n, struct column *out, uint32_t at, uint32_t cap,
	       struct arena *arena)
{
	(void)cap;
	(void)arena;
	for (uint32_t i = 0; i < n; i++) {
		const struct approx *x = approx_at(a, entry[i], off);

		out->i64[at + i] = a->distinct
					   ? *(const int64_t *)x
					   : hyperloglog_estimate(&x->sketch);
	}
}

static bool
distinct_check(const struct agg *a, const char *entry)
{
	return a->distinct ||
	       hyperloglog_valid(&approx_at(a, entry, a->off)->sketch);
}

const struct agg_type agg_approx_distinct_type = {
	.function = FN_APPROX_DISTINCT,
	.init = distinct_init_sketch,
	.add = distinct_add,
	.holds = distinct_holds,
	.merge = distinct_merge,
	.value = distinct_value,
	.before_save = distinct_before_save,
	.check = distinct_check,
	.release = approx_release,
	.view = VIEW_ONE,
	.view_distinct = VIEW_DISTINCT,
};

/* ---- APPROX_PERCENTILE ---- */

static void
percentile_init(struct agg *a)
{
	approx_init(a, TYPE_DOUBLE);
	a->invertible = true;
}

static double
number_of(const struct agg *a, const struct column *c, uint32_t row)
{
	unsigned scale = a->arg_type.kind == TYPE_DECIMAL ? a->arg_type.scale
							  : 0;

	switch (c->phys) {
	case PHYS_F64:
		return c->f64[row];
	case PHYS_I128:
		return decimal_to_f64(c->i128[row], scale);
	default:
		return decimal_to_f64(c->i64[row], scale);
	}
}

static void
percentile_add(const struct agg *a, const struct agg_rows *r,
	       const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++) {
		struct approx *x = approx_at(a, r->entry[i], a->off);
		int64_t w = r->w ? r->w[i] : 1;

		ddsketch_add(a->heap, &x->sketch,
			     number_of(a, arg, r->row[i]), w);
		x->n += w;
	}
}

static bool
percentile_holds(const struct agg *a, const char *entry, const struct batch *b,
		 uint32_t row, int64_t w)
{
	const struct approx *x = approx_at(a, entry, a->off);
	double v = number_of(a, agg_arg(a, b), row);

	return ddsketch_count(&x->sketch, v) + w >= 0;
}

static void
percentile_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
		 char *const *src, uint32_t src_off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct approx *d = approx_at(a, dst[i], dst_off);
		const struct approx *s = approx_at(a, src[i], src_off);

		ddsketch_merge(a->heap, &d->sketch, &s->sketch, 1);
		d->n += s->n;
	}
}

static void
percentile_sub(const struct agg *a, char *const *dst, char *const *src,
	       uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct approx *d = approx_at(a, dst[i], a->off);
		const struct approx *s = approx_at(a, src[i], a->off);

		ddsketch_merge(a->heap, &d->sketch, &s->sketch, -1);
		d->n -= s->n;
	}
}

static double
percentile_of(const struct agg *a, const struct approx *x)
{
	double p = a->plan->more[0].literal->value.f64;

	return ddsketch_at(&x->sketch, (int64_t)floor(p * (double)(x->n - 1)));
}

static void
percentile_before_save(const struct agg *a, char *const *entry, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct approx *x = approx_at(a, entry[i], a->off);

		if (x->n > 0)
			x->result.percentile = percentile_of(a, x);
	}
}

static void
percentile_value(const struct agg *a, char *const *entry, uint32_t off,
		 uint32_t n, struct column *out, uint32_t at, uint32_t cap,
		 struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct approx *x = approx_at(a, entry[i], off);

		if (x->n > 0)
			out->f64[at + i] = percentile_of(a, x);
		else
			column_set_null(out, at + i, cap, arena);
	}
}

static bool
percentile_check(const struct agg *a, const char *entry)
{
	const struct approx *x = approx_at(a, entry, a->off);

	return ddsketch_valid(&x->sketch, x->n);
}

const struct agg_type agg_approx_percentile_type = {
	.function = FN_APPROX_PERCENTILE,
	.init = percentile_init,
	.add = percentile_add,
	.holds = percentile_holds,
	.merge = percentile_merge,
	.sub = percentile_sub,
	.value = percentile_value,
	.before_save = percentile_before_save,
	.check = percentile_check,
	.release = approx_release,
	.view = VIEW_ONE,
	.view_distinct = VIEW_NONE,
};
