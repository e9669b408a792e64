/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/bools.c - BOOL_AND, BOOL_OR and COUNT_IF: how many values there
 * are and how many of them are TRUE tells all three, and can be taken away.
 */
#include "runtime/agg.h"

struct bools {
	int64_t n_true;
	int64_t n; /* values that are not NULL */
};

static inline struct bools *
bools_at(const struct agg *a, const char *entry, uint32_t off)
{
	return (struct bools *)(entry + off + a->body);
}

static void
bools_init(struct agg *a)
{
	struct type count = TYPE_OF(TYPE_BIGINT);
	bool only_true = a->plan->function == FN_COUNT_IF;

	a->invertible = true;
	a->bytes = sizeof(struct bools);
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = only_true ? "" : "_true", .type = count,
		.at = offsetof(struct bools, n_true), .null_at = -1,
	};
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "_n", .type = count,
		.at = offsetof(struct bools, n), .null_at = -1,
	};
}

static void
bools_add(const struct agg *a, const struct agg_rows *r,
	  const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++) {
		struct bools *b = bools_at(a, r->entry[i], a->off);
		int64_t w = r->w ? r->w[i] : 1;

		b->n += w;
		b->n_true += arg->u8[r->row[i]] ? w : 0;
	}
}

static bool
bools_holds(const struct agg *a, const char *entry, const struct batch *b,
	    uint32_t row, int64_t w)
{
	const struct bools *acc = bools_at(a, entry, a->off);
	int64_t n_true = acc->n_true;

	return (agg_arg(a, b)->u8[row] ? n_true : acc->n - n_true) + w >= 0;
}

static void
bools_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	    char *const *src, uint32_t src_off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct bools *d = bools_at(a, dst[i], dst_off);
		const struct bools *s = bools_at(a, src[i], src_off);

		d->n += s->n;
		d->n_true += s->n_true;
	}
}

static void
bools_sub(const struct agg *a, char *const *dst, char *const *src, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct bools *d = bools_at(a, dst[i], a->off);
		const struct bools *s = bools_at(a, src[i], a->off);

		d->n -= s->n;
		d->n_true -= s->n_true;
	}
}

static void
bools_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	    struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	bool all = a->plan->function == FN_BOOL_AND;

	for (uint32_t i = 0; i < n; i++) {
		const struct bools *b = bools_at(a, entry[i], off);

		if (b->n == 0)
			column_set_null(out, at + i, cap, arena);
		else
			out->u8[at + i] = all ? b->n_true == b->n
					      : b->n_true > 0;
	}
}

static void
count_if_value(const struct agg *a, char *const *entry, uint32_t off,
	       uint32_t n, struct column *out, uint32_t at, uint32_t cap,
	       struct arena *arena)
{
	(void)cap;
	(void)arena;
	for (uint32_t i = 0; i < n; i++)
		out->i64[at + i] = bools_at(a, entry[i], off)->n_true;
}

const struct agg_type agg_bool_and_type = {
	.function = FN_BOOL_AND,
	.init = bools_init,
	.add = bools_add,
	.holds = bools_holds,
	.merge = bools_merge,
	.sub = bools_sub,
	.value = bools_value,
	.view = VIEW_ALL_TRUE,
	.view_n = 1,
};

const struct agg_type agg_bool_or_type = {
	.function = FN_BOOL_OR,
	.init = bools_init,
	.add = bools_add,
	.holds = bools_holds,
	.merge = bools_merge,
	.sub = bools_sub,
	.value = bools_value,
	.view = VIEW_ANY_TRUE,
	.view_n = 1,
};

const struct agg_type agg_count_if_type = {
	.function = FN_COUNT_IF,
	.init = bools_init,
	.add = bools_add,
	.holds = bools_holds,
	.merge = bools_merge,
	.sub = bools_sub,
	.value = count_if_value,
	.view = VIEW_SUM,
	.view_distinct = VIEW_DISTINCT_TRUE,
};
