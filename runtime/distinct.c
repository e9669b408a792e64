/* SPDX-License-Identifier: Apache-2.0
 * runtime/distinct.c - a dictionary of (gid, value) with counts beside it, and
 * the values of each group chained. A value that is gone but has a row in the
 * store keeps its id, with n = 0, until a checkpoint has deleted the row.
 */
#include <stdlib.h>

#include "runtime/distinct.h"

void
distinct_init(struct distinct *d, enum phys phys, uint64_t seed)
{
	const enum phys cols[2] = { PHYS_I64, phys };

	*d = (struct distinct){ 0 };
	keys_init(&d->keys, 2, cols, seed);
}

void
distinct_release(struct distinct *d)
{
	keys_release(&d->keys);
	free(d->n);
	free(d->next);
	free(d->prev);
	*d = (struct distinct){ 0 };
}

static void
distinct_reserve(struct distinct *d)
{
	if (d->cap >= d->keys.cap)
		return;
	d->n = mem_realloc(d->n, d->keys.cap * sizeof(*d->n));
	d->next = mem_realloc(d->next, d->keys.cap * sizeof(*d->next));
	d->prev = mem_realloc(d->prev, d->keys.cap * sizeof(*d->prev));
	memset(d->n + d->cap, 0, (d->keys.cap - d->cap) * sizeof(*d->n));
	d->cap = d->keys.cap;
}

static void
list_add(struct distinct *d, struct agg_values *list, uint32_t id)
{
	d->prev[id] = 0;
	d->next[id] = (uint32_t)list->first;
	if (list->first)
		d->prev[list->first - 1] = id + 1;
	list->first = (uint64_t)id + 1;
}

static void
list_remove(struct distinct *d, struct agg_values *list, uint32_t id)
{
	if (d->prev[id])
		d->next[d->prev[id] - 1] = d->next[id];
	else
		list->first = d->next[id];
	if (d->next[id])
		d->prev[d->next[id] - 1] = d->prev[id];
}

/* n of the id has become 0. */
static void
value_gone(struct distinct *d, uint32_t id)
{
	d->live--;
	if (!(d->keys.flags[id] & KEY_STORED))
		keys_unref(&d->keys, id);
}

/* n grows by w. Returns 1: the value came, -1: it went, else 0. */
static int
value_count(struct distinct *d, uint32_t id, int64_t w,
	    struct agg_values *list)
{
	int64_t old = d->n[id];

	d->n[id] += w;
	CHECK(d->n[id] >= 0);
	keys_touch(&d->keys, id);
	if (old == 0 && d->n[id] > 0) {
		if (d->keys.refs[id] == 0)
			keys_ref(&d->keys, id);
		list_add(d, list, id);
		d->live++;
		return 1;
	}
	if (old > 0 && d->n[id] == 0) {
		list_remove(d, list, id);
		value_gone(d, id);
		return -1;
	}
	return 0;
}

void
distinct_count(struct distinct *d, const struct column cols[2], uint32_t off,
	       struct agg_scratch *s, struct agg_rows *r)
{
	uint32_t id[BATCH_ROWS], n = 0;

	CHECK(r->n <= BATCH_ROWS);
	keys_lookup(&d->keys, cols, r->row, r->n, id);
	distinct_reserve(d);
	for (uint32_t i = 0; i < r->n; i++) {
		int change = value_count(d, id[i], r->w ? r->w[i] : 1,
					 agg_at(r->entry[i], off));

		s->row[n] = r->row[i];
		s->gid[n] = r->gid[i];
		s->entry[n] = r->entry[i];
		s->w[n] = change;
		n += change != 0;
	}
	*r = (struct agg_rows){
		.n = n, .row = s->row, .gid = s->gid, .entry = s->entry,
		.w = s->w, .pane_us = r->pane_us, .transient = r->transient,
	};
}

int64_t
distinct_n(const struct distinct *d, uint32_t gid, const struct column *value,
	   uint32_t row)
{
	int64_t group = gid;
	/* keys_find() takes one position for both columns */
	struct column cols[2] = {
		{ .phys = PHYS_I64, .data = (char *)(&group) },
		{ .phys = value->phys },
	};
	uint32_t id;

	cols[1].data = (char *)value->data + row * phys_bytes(value->phys);
	id = keys_find(&d->keys, cols, 0);
	return id == KEYS_NONE ? 0 : d->n[id];
}

uint32_t
distinct_values(const struct distinct *d, const char *entry, uint32_t off,
		uint32_t *ids, uint32_t max)
{
	const struct agg_values *list = (const void *)(entry + off);
	uint32_t n = 0;

	for (uint64_t id = list->first; id; id = d->next[id - 1], n++)
		if (n < max)
			ids[n] = (uint32_t)id - 1;
	return n;
}

void
distinct_clear(struct distinct *d, char *entry, uint32_t off)
{
	struct agg_values *list = agg_at(entry, off);

	while (list->first) {
		uint32_t id = (uint32_t)list->first - 1;

		list->first = d->next[id];
		d->n[id] = 0;
		keys_touch(&d->keys, id);
		value_gone(d, id);
	}
}

static int
f64_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (x != x || y != y)
		return (y != y) - (x != x);
	return (x > y) - (x < y);
}

double *
distinct_sorted_f64(const struct distinct *d, const char *entry, uint32_t off,
		    uint32_t *ret_n)
{
	uint32_t n = distinct_values(d, entry, off, NULL, 0), at = 0;
	const struct agg_values *list = (const void *)(entry + off);
	double *v = mem_alloc((n + 1) * sizeof(*v));

	for (uint64_t id = list->first; id; id = d->next[id - 1])
		v[at++] = d->keys.col[1].f64[id - 1];
	qsort(v, n, sizeof(*v), f64_order);
	*ret_n = n;
	return v;
}

double
distinct_sum_f64(const struct distinct *d, const char *entry, uint32_t off,
		 int64_t *ret_n)
{
	uint32_t n;
	double *v = distinct_sorted_f64(d, entry, off, &n), sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += v[i];
	free(v);
	*ret_n = n;
	return sum;
}

void
distinct_saved(struct distinct *d)
{
	const uint32_t *id;
	uint32_t n = keys_changed(&d->keys, &id);

	for (uint32_t i = 0; i < n; i++) {
		if (!keys_is_live(&d->keys, id[i]) || d->n[id[i]] > 0)
			continue;
		d->keys.flags[id[i]] &= (uint8_t)~KEY_STORED;
		keys_unref(&d->keys, id[i]);
	}
	keys_saved(&d->keys);
}

/* Returns the id; *ret_new: the value has come to the group. */
static uint32_t
value_add(struct distinct *d, uint32_t gid, const struct column *value,
	  uint32_t row, int64_t n, struct agg_values *list, bool *ret_new)
{
	int64_t group = gid;
	struct column cols[2] = {
		{ .phys = PHYS_I64, .data = (char *)(&group) },
		{ .phys = value->phys },
	};
	uint32_t id, zero = 0;

	cols[1].data = (char *)value->data + row * phys_bytes(value->phys);
	keys_lookup(&d->keys, cols, &zero, 1, &id);
	distinct_reserve(d);
	*ret_new = value_count(d, id, n, list) > 0;
	return id;
}

bool
distinct_add(struct distinct *d, uint32_t gid, const struct column *value,
	     uint32_t row, int64_t n, char *entry, uint32_t off)
{
	bool came;

	value_add(d, gid, value, row, n, agg_at(entry, off), &came);
	return came;
}

uint32_t
distinct_restore(struct distinct *d, uint32_t gid, const struct column *value,
		 uint32_t row, int64_t n, char *entry, uint32_t off)
{
	bool came;
	uint32_t id = value_add(d, gid, value, row, n, agg_at(entry, off),
				&came);

	d->keys.flags[id] |= KEY_STORED;
	d->keys.flags[id] &= (uint8_t)~KEY_FRESH;
	return id;
}

size_t
distinct_bytes(const struct distinct *d)
{
	return keys_bytes(&d->keys) +
	       d->cap * (sizeof(*d->n) + sizeof(*d->next) + sizeof(*d->prev));
}
