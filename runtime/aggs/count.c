/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/count.c - COUNT(*) and COUNT(x). Without FILTER, COUNT(*) is
 * the number of the group's rows, which every entry has anyway.
 */
#include "runtime/agg.h"

struct count {
	int64_t n;
};

static void
count_init(struct agg *a)
{
	a->invertible = true;
	a->by_rows = a->plan->arg < 0 && a->plan->filter < 0;
	a->bytes = sizeof(struct count);
	if (a->by_rows)
		return;
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "", .type = TYPE_OF(TYPE_BIGINT), .null_at = -1,
	};
}

static void
count_add(const struct agg *a, const struct agg_rows *r,
	  const struct column *arg)
{
	uint32_t off = a->off + a->body;

	(void)arg;
	for (uint32_t i = 0; i < r->n; i++) {
		struct count *c = agg_at(r->entry[i], off);

		c->n += r->w ? r->w[i] : 1;
	}
}

static bool
count_holds(const struct agg *a, const char *entry, const struct batch *b,
	    uint32_t row, int64_t w)
{
	const struct count *c = (const void *)(entry + a->off + a->body);

	(void)b;
	(void)row;
	return c->n + w >= 0;
}

static void
count_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	    char *const *src, uint32_t src_off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct count *d = agg_at(dst[i], dst_off + a->body);
		struct count *s = agg_at(src[i], src_off + a->body);

		d->n += s->n;
	}
}

static void
count_sub(const struct agg *a, char *const *dst, char *const *src, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct count *d = agg_at(dst[i], a->off + a->body);
		struct count *s = agg_at(src[i], a->off + a->body);

		d->n -= s->n;
	}
}

static void
count_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	    struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	(void)cap;
	(void)arena;
	off = a->by_rows ? 0 : off + a->body;
	for (uint32_t i = 0; i < n; i++)
		out->i64[at + i] =
			((struct count *)agg_at(entry[i], off))->n;
}

const struct agg_type agg_count_type = {
	.function = FN_COUNT,
	.init = count_init,
	.add = count_add,
	.holds = count_holds,
	.merge = count_merge,
	.sub = count_sub,
	.value = count_value,
	.view = VIEW_SUM,
	.view_distinct = VIEW_DISTINCT,
};
