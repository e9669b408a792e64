/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/lists.c - aggregates that give all of a group's values, or the
 * most frequent ones: ARRAY_AGG in the order of arrival, COLLECT as a MULTISET,
 * HISTOGRAM as a MAP, TOP_K. What they give grows with the group; a row that
 * would make it larger than AGG_WEIGHT_MAX is refused.
 */
#include <stdlib.h>

#include "base/nested.h"
#include "runtime/aggs/bag.h"

/* ---- values on their way into a result ---- */

struct list_item {
	struct value v;
	int64_t n;
	int64_t pane_us;
	uint64_t seq;
};

/* Of one group; the bytes of texts stay the multiset's. */
struct list {
	enum phys phys;
	bool once; /* equal values count once: the earliest of them */
	struct list_item *item;
	uint32_t n, cap;
};

static struct value
cell_value(enum phys phys, const void *cell)
{
	const struct column c = { .phys = phys, .data = (void *)cell };

	return cell ? column_value(&c, 0) : (struct value){ .is_null = true };
}

static void
list_put(const struct multiset_item *m, void *arg)
{
	struct list *l = arg;
	struct value v = cell_value(l->phys, m->value);
	const struct value *last = l->n ? &l->item[l->n - 1].v : NULL;

	/* Values ascend, equal ones by arrival. */
	if (l->once && last && last->is_null == v.is_null &&
	    (v.is_null || phys_cmp(l->phys, &last->u8, &v.u8) == 0))
		return;
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->item = mem_realloc(l->item, l->cap * sizeof(*l->item));
	}
	l->item[l->n++] = (struct list_item){
		.v = v, .n = l->once ? 1 : m->n, .pane_us = m->pane_us,
		.seq = m->seq,
	};
}

static struct list
list_of(const struct agg *a, uint64_t root)
{
	struct list l = { .phys = phys_of(a->arg_type),
			  .once = a->kind.ordered && a->plan->distinct };

	multiset_each(a->multiset, root, list_put, &l);
	return l;
}

static int
by_arrival(const void *x, const void *y)
{
	const struct list_item *a = x, *b = y;

	if (a->pane_us != b->pane_us)
		return a->pane_us < b->pane_us ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

/* ---- ARRAY_AGG ---- */

static void
array_init(struct agg *a)
{
	a->nulls = true;
	bag_init(a, (struct multiset_kind){
			    .phys = phys_of(a->arg_type), .ordered = true,
		    }, 0);
}

static struct str
array_of(const struct agg *a, uint64_t root, struct arena *arena)
{
	struct list l = list_of(a, root);
	struct value *v;
	uint32_t n = 0;
	struct str ret;

	qsort(l.item, l.n, sizeof(*l.item), by_arrival);
	for (uint32_t i = 0; i < l.n; i++)
		n += (uint32_t)l.item[i].n;
	v = mem_alloc((n + 1) * sizeof(*v));
	n = 0;
	for (uint32_t i = 0; i < l.n; i++)
		for (int64_t k = 0; k < l.item[i].n; k++)
			v[n++] = l.item[i].v;
	CHECK(nested_make(arena, a->plan->type, n, v, &ret));
	free(v);
	free(l.item);
	return ret;
}

static void
array_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	    struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t root = bag_at(a, entry[i], off)->root;

		if (root && bag_gives_all(a, root))
			out->str[at + i] = array_of(a, root, arena);
		else
			column_set_null(out, at + i, cap, arena);
	}
}

/* ---- COLLECT and HISTOGRAM: values with how often they are there ---- */

static void
counts_init(struct agg *a)
{
	bag_init(a, (struct multiset_kind){
			    .phys = phys_of(a->arg_type), .ranked = true,
		    }, 0);
}

/* An INT in a MULTISET, a BIGINT in a MAP: both are int64 here. */
static struct str
counts_of(const struct agg *a, uint64_t root, struct arena *arena)
{
	struct list l = list_of(a, root);
	struct value *key = mem_alloc((l.n + 1) * sizeof(*key));
	struct value *n = mem_alloc((l.n + 1) * sizeof(*n));
	struct str ret;

	for (uint32_t i = 0; i < l.n; i++) {
		key[i] = l.item[i].v;
		n[i] = (struct value){ .i64 = l.item[i].n };
	}
	CHECK(nested_make_map(arena, a->plan->type, l.n, key, n, &ret));
	free(key);
	free(n);
	free(l.item);
	return ret;
}

static void
counts_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	     struct column *out, uint32_t at, uint32_t cap,
	     struct arena *arena)
{
	bool empty_is_null = a->plan->function != FN_COLLECT;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t root = bag_at(a, entry[i], off)->root;

		if (!bag_gives_all(a, root) || (root == 0 && empty_is_null))
			column_set_null(out, at + i, cap, arena);
		else
			out->str[at + i] = counts_of(a, root, arena);
	}
}

/* ---- TOP_K ---- */

/* The most frequent first, of equally frequent ones the smaller. */
static int
by_frequency(const void *x, const void *y)
{
	const struct list_item *a = x, *b = y;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

static struct str
top_of(const struct agg *a, uint64_t root, struct arena *arena)
{
	const struct type row = type_element(a->plan->type);
	int64_t k = a->plan->more[0].literal->value.i64;
	struct list l = list_of(a, root);
	struct value *v;
	struct str ret;

	for (uint32_t i = 0; i < l.n; i++)
		l.item[i].seq = i; /* they ascend */
	qsort(l.item, l.n, sizeof(*l.item), by_frequency);
	if (l.n > k)
		l.n = (uint32_t)k;
	v = mem_alloc((l.n + 1) * sizeof(*v));
	for (uint32_t i = 0; i < l.n; i++) {
		struct value field[2] = { l.item[i].v,
					  { .i64 = l.item[i].n } };

		v[i] = (struct value){ 0 };
		CHECK(nested_make(arena, row, 2, field, &v[i].str));
	}
	CHECK(nested_make(arena, a->plan->type, l.n, v, &ret));
	free(v);
	free(l.item);
	return ret;
}

static void
top_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	  struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t root = bag_at(a, entry[i], off)->root;

		if (root && bag_gives_all(a, root))
			out->str[at + i] = top_of(a, root, arena);
		else
			column_set_null(out, at + i, cap, arena);
	}
}

#define LIST_TYPE(name, id, init_, value_, shown)                        \
	const struct agg_type agg_##name##_type = {                      \
		.function = id, .init = init_, .add = bag_add,           \
		.refuses = bag_refuses, .holds = bag_holds,              \
		.merge = bag_merge, .absorb = bag_absorb,                \
		.sub = bag_sub, .value = value_,                         \
		.release = bag_release, .restore = bag_restore,          \
		.view = shown, .view_values = shown,                     \
		.view_distinct = shown,                                  \
	}

LIST_TYPE(array_agg, FN_ARRAY_AGG, array_init, array_value, VIEW_LIST);
LIST_TYPE(collect, FN_COLLECT, counts_init, counts_value, VIEW_COUNTS);
LIST_TYPE(histogram, FN_HISTOGRAM, counts_init, counts_value, VIEW_COUNTS);
LIST_TYPE(top_k, FN_TOP_K, counts_init, top_value, VIEW_COUNTS);
