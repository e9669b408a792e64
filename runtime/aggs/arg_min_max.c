/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/arg_min_max.c - ARG_MIN(x, y) and ARG_MAX(x, y): the x, NULL or
 * not, of the row with the smallest (largest) y, of several the row that came
 * first. Rows without y do not count. Rows that only come leave one pair;
 * where they can be taken back all pairs are kept, ordered by y.
 */
#include "runtime/aggs/bag.h"
#include "runtime/keys.h"

/* One of each type that a column can hold. */
union cell {
	uint8_t u8;
	int64_t i64;
	i128 i128;
	double f64;
	struct str str;
};

struct pair {
	union cell x, by;
	int64_t n;       /* pairs seen */
	int64_t x_there; /* x is not NULL */
};

static inline bool
takes_least(const struct agg *a)
{
	return a->plan->function == FN_ARG_MIN;
}

static inline enum phys
by_phys(const struct agg *a)
{
	return phys_of(a->more_type[0]);
}

static inline struct pair *
pair_at(const char *entry, uint32_t off)
{
	return (struct pair *)(entry + off);
}

/* ---- layout ---- */

static void
init_pair(struct agg *a)
{
	struct type x = a->arg_type, by = a->more_type[0];

	x.nullable = by.nullable = true;
	a->bytes = sizeof(struct pair);
	a->align = 16;
	a->owns = phys_of(x) == PHYS_STR || phys_of(by) == PHYS_STR;
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "", .type = x, .at = offsetof(struct pair, x),
		.null_at = offsetof(struct pair, x_there),
	};
	a->column[a->ncolumns++] = (struct agg_column){
		.suffix = "_by", .type = by, .at = offsetof(struct pair, by),
		.null_at = offsetof(struct pair, n),
	};
}

static void
arg_init(struct agg *a)
{
	a->nulls = true;
	if (!a->retract) {
		init_pair(a);
		return;
	}
	bag_init(a, (struct multiset_kind){
			    .phys = by_phys(a), .ordered = true, .pairs = true,
			    .beside = phys_of(a->arg_type),
		    }, 0);
	a->value_type = a->more_type[0];
	a->value_name = "by";
	a->beside_type = a->arg_type;
	a->beside_name = "value";
}

/* ---- one pair ---- */

static void
cell_put(const struct agg *a, union cell *to, enum phys phys, const void *v)
{
	if (phys == PHYS_STR && a->heap)
		to->str = strheap_put(a->heap, v);
	else
		memcpy(to, v, phys_bytes(phys));
}

static void
pair_clear(const struct agg *a, struct pair *p)
{
	if (a->heap && p->x_there && phys_of(a->arg_type) == PHYS_STR)
		strheap_free(a->heap, &p->x.str);
	if (a->heap && p->n > 0 && by_phys(a) == PHYS_STR)
		strheap_free(a->heap, &p->by.str);
	p->x_there = 0;
}

/* x: NULL for NULL. Whoever calls counts the pair afterwards. */
static void
pair_offer(const struct agg *a, struct pair *p, const void *x, const void *by)
{
	int cmp = p->n ? phys_cmp(by_phys(a), by, &p->by) : 0;

	if (p->n > 0 && (takes_least(a) ? cmp >= 0 : cmp <= 0))
		return;
	pair_clear(a, p);
	memset(&p->x, 0, sizeof(p->x));
	cell_put(a, &p->by, by_phys(a), by);
	if (x)
		cell_put(a, &p->x, phys_of(a->arg_type), x);
	p->x_there = x != NULL;
}

static const void *
cell_of(const struct column *c, uint32_t row)
{
	return (const char *)c->data + row * phys_bytes(c->phys);
}

static void
add_pairs(const struct agg *a, const struct agg_rows *r,
	  const struct column *x, const struct column *by)
{
	for (uint32_t i = 0; i < r->n; i++) {
		struct pair *p = pair_at(r->entry[i], a->off);
		uint32_t row = r->row[i];

		if (column_is_null(by, row))
			continue;
		pair_offer(a, p, column_is_null(x, row) ? NULL : cell_of(x, row),
			   cell_of(by, row));
		p->n++;
	}
}

/* ---- rows ---- */

static void
arg_add(const struct agg *a, const struct agg_rows *r, const struct column *x)
{
	const struct column *by = r->more[0];

	if (!a->collects) {
		add_pairs(a, r, x, by);
		return;
	}
	for (uint32_t i = 0; i < r->n; i++)
		if (!column_is_null(by, r->row[i]))
			bag_put(a, r, i, by, x, r->w ? r->w[i] : 1);
}

static bool
arg_holds(const struct agg *a, const char *entry, const struct batch *b,
	  uint32_t row, int64_t w)
{
	const struct column *by = agg_more(a, b, 0);

	return column_is_null(by, row) ||
	       multiset_count(a->multiset, bag_at(a, entry, a->off)->root, by,
			      agg_arg(a, b), row) + w >= 0;
}

static void
arg_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	  char *const *src, uint32_t src_off, uint32_t n)
{
	if (a->collects) {
		bag_merge(a, dst, dst_off, src, src_off, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct pair *d = pair_at(dst[i], dst_off);
		const struct pair *s = pair_at(src[i], src_off);

		if (s->n == 0)
			continue;
		pair_offer(a, d, s->x_there ? &s->x : NULL, &s->by);
		d->n += s->n;
	}
}

static const void *
best_of(const struct agg *a, uint64_t root)
{
	struct multiset_item best;
	bool any = takes_least(a) ? multiset_first(a->multiset, root, &best)
				  : multiset_last(a->multiset, root, &best);

	if (!any)
		return NULL;
	return multiset_earliest_of(a->multiset, root, best.value).beside;
}

static void
arg_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	  struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct pair *p = pair_at(entry[i], off);
		const void *x = a->collects
					? best_of(a, bag_at(a, entry[i],
							    off)->root)
				: p->x_there ? &p->x : NULL;

		bag_give(out, at + i, cap, arena, x);
	}
}

static void
arg_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	if (a->collects)
		bag_release(a, entry, off, stored);
	else
		pair_clear(a, pair_at(entry, off));
}

#define ARG_TYPE(name, id, shown, shown_values)                        \
	const struct agg_type agg_##name##_type = {                    \
		.function = id, .init = arg_init, .add = arg_add,      \
		.holds = arg_holds, .merge = arg_merge, .sub = bag_sub, \
		.absorb = bag_absorb,					\
		.value = arg_value, .release = arg_release,            \
		.restore = bag_restore, .view = shown, .view_n = 1,    \
		.view_values = shown_values,                           \
	}

ARG_TYPE(arg_min, FN_ARG_MIN, VIEW_ARG_MIN, VIEW_ARG_MIN);
ARG_TYPE(arg_max, FN_ARG_MAX, VIEW_ARG_MAX, VIEW_ARG_MAX);
