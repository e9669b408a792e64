/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/bits.c - BIT_AND, BIT_OR and BIT_XOR of integers. XOR takes
 * itself back; AND and OR of rows that can go are kept over all values, in the
 * sums of their multiset's subtrees.
 */
#include "runtime/aggs/bag.h"

struct bits {
	struct bag bag; /* where it collects: then the rest is for readers */
	int64_t n;
	int64_t value;
};

static inline struct bits *
bits_at(const struct agg *a, const char *entry, uint32_t off)
{
	return (struct bits *)(entry + off + a->body);
}

static void
bits_init(struct agg *a)
{
	bool is_xor = a->plan->function == FN_BIT_XOR;
	struct type value = TYPE_OF(TYPE_BIGINT);

	if (a->retract && !is_xor)
		bag_init(a, (struct multiset_kind){ .phys = PHYS_I64,
						    .bits = true }, 0);
	a->invertible |= is_xor;
	a->bytes = sizeof(struct bits);
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "", .type = value,
		.at = offsetof(struct bits, value),
		.null_at = offsetof(struct bits, n),
	};
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "_n", .type = value, .at = offsetof(struct bits, n),
		.null_at = -1,
	};
}

static void
bits_put(const struct agg *a, struct bits *d, int64_t v, int64_t n)
{
	switch (a->plan->function) {
	case FN_BIT_AND:
		d->value = d->n == 0 ? v : d->value & v;
		break;
	case FN_BIT_OR:
		d->value |= v;
		break;
	default:
		d->value ^= v;
		break;
	}
	d->n += n;
}

static void
bits_add(const struct agg *a, const struct agg_rows *r,
	 const struct column *arg)
{
	bool is_xor = a->plan->function == FN_BIT_XOR;

	if (a->collects) {
		bag_add(a, r, arg);
		return;
	}
	for (uint32_t i = 0; i < r->n; i++) {
		int64_t w = r->w ? r->w[i] : 1;
		int64_t v = arg->i64[r->row[i]];

		/* Twice the same is nothing. */
		bits_put(a, bits_at(a, r->entry[i], a->off),
			 is_xor && w % 2 == 0 ? 0 : v, w);
	}
}

static bool
bits_holds(const struct agg *a, const char *entry, const struct batch *b,
	   uint32_t row, int64_t w)
{
	return a->collects ? bag_holds(a, entry, b, row, w)
			   : bits_at(a, entry, a->off)->n + w >= 0;
}

static void
bits_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	   char *const *src, uint32_t src_off, uint32_t n)
{
	if (a->collects) {
		bag_merge(a, dst, dst_off, src, src_off, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct bits *s = bits_at(a, src[i], src_off);

		if (s->n > 0)
			bits_put(a, bits_at(a, dst[i], dst_off), s->value,
				 s->n);
	}
}

static void
bits_sub(const struct agg *a, char *const *dst, char *const *src, uint32_t n)
{
	if (a->collects) {
		bag_sub(a, dst, src, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct bits *s = bits_at(a, src[i], a->off);

		bits_put(a, bits_at(a, dst[i], a->off), s->value, -s->n);
	}
}

/* The bits of all values in a multiset. */
static void
bits_refresh(const struct agg *a, struct bits *b)
{
	const struct multiset *m = a->multiset;

	b->n = multiset_total(m, b->bag.root);
	if (b->n > 0)
		b->value = a->plan->function == FN_BIT_AND
				   ? multiset_all(m, b->bag.root)
				   : multiset_any(m, b->bag.root);
}

static void
bits_before_save(const struct agg *a, char *const *entry, uint32_t n)
{
	for (uint32_t i = 0; a->collects && i < n; i++)
		bits_refresh(a, bits_at(a, entry[i], a->off));
}

static void
bits_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	   struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		struct bits b = *bits_at(a, entry[i], off);

		if (a->collects)
			bits_refresh(a, &b);
		if (b.n == 0)
			column_set_null(out, at + i, cap, arena);
		else
			out->i64[at + i] = b.value;
	}
}

static void
bits_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	CHECK(a->collects);
	bag_release(a, entry, off, stored);
}

#define BITS_TYPE(name, id)                                              \
	const struct agg_type agg_##name##_type = {                      \
		.function = id, .init = bits_init, .add = bits_add,      \
		.holds = bits_holds, .merge = bits_merge,                \
		.absorb = bag_absorb,                                    \
		.sub = bits_sub, .value = bits_value,                    \
		.release = bits_release, .restore = bag_restore,         \
		.before_save = bits_before_save, .view = VIEW_ONE,       \
		.view_distinct = VIEW_NONE,                              \
	}

BITS_TYPE(bit_and, FN_BIT_AND);
BITS_TYPE(bit_or, FN_BIT_OR);
BITS_TYPE(bit_xor, FN_BIT_XOR);
