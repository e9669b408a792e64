/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/texts.c - aggregates that put texts together: LISTAGG and
 * JSON_ARRAYAGG in the order of arrival, JSON_OBJECTAGG by its keys. The JSON
 * ones get JSON texts: the binder has wrapped their values in JSON_STRING.
 */
#include <stdlib.h>

#include "base/json_doc.h"
#include "runtime/aggs/bag.h"

/* ---- the occurrences of a group ---- */

struct items {
	struct multiset_item *item; /* they point into the multiset */
	uint32_t n, cap;
};

static void
items_put(const struct multiset_item *item, void *arg)
{
	struct items *l = arg;

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->item = mem_realloc(l->item, l->cap * sizeof(*l->item));
	}
	l->item[l->n++] = *item;
}

static int
by_arrival(const void *x, const void *y)
{
	const struct multiset_item *a = x, *b = y;

	if (a->pane_us != b->pane_us)
		return a->pane_us < b->pane_us ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

static bool
same_text(const struct str *a, const struct str *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

/* Of equal values the one that came first, once: they stand side by side. */
static void
items_once(struct items *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		if (n > 0 && same_text(l->item[n - 1].value, l->item[i].value))
			continue;
		l->item[n] = l->item[i];
		l->item[n++].n = 1;
	}
	l->n = n;
}

static struct items
items_of(const struct agg *a, uint64_t root)
{
	struct items l = { .n = 0 };

	multiset_each(a->multiset, root, items_put, &l);
	return l;
}

/* ---- LISTAGG, JSON_ARRAYAGG ---- */

static bool
is_array(const struct agg *a)
{
	return a->plan->function == FN_JSON_ARRAYAGG;
}

/* The mode of a JSON aggregate is its last argument. */
static bool
keeps_nulls(const struct agg *a)
{
	const struct plan_aggregate *p = a->plan;

	return p->more[p->nmore - 1].literal->value.u8;
}

static void
list_init(struct agg *a)
{
	a->nulls = is_array(a) && keeps_nulls(a);
	bag_init(a, (struct multiset_kind){
			    .phys = PHYS_STR, .ordered = true,
		    }, 0);
}

static struct str
separator_of(const struct agg *a)
{
	return is_array(a) || a->plan->nmore == 0
		       ? str_ref(",", 1)
		       : a->plan->more[0].literal->value.str;
}

static void
list_write(const struct agg *a, const struct items *l, struct buf *out)
{
	struct str separator = separator_of(a);
	bool first = true;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct str *text = l->item[i].value;

		for (int64_t k = 0; k < l->item[i].n; k++) {
			if (!first)
				buf_str(out, separator);
			if (text)
				buf_str(out, *text);
			else
				buf_puts(out, "null");
			first = false;
		}
	}
}

static struct str
list_of(const struct agg *a, uint64_t root, struct buf *out,
	struct arena *arena)
{
	struct items l = items_of(a, root);

	if (a->plan->distinct)
		items_once(&l);
	if (l.n > 0)
		qsort(l.item, l.n, sizeof(*l.item), by_arrival);
	buf_clear(out);
	if (is_array(a))
		buf_putc(out, '[');
	list_write(a, &l, out);
	if (is_array(a))
		buf_putc(out, ']');
	free(l.item);
	return str_from(arena, out->data, out->len);
}

/* A separator counts as often as it is written; short ones are within what
 * each value weighs. */
static bool
separators_fit(const struct agg *a, uint64_t root)
{
	uint32_t len = separator_of(a).len;

	if (len <= MULTISET_VALUE_WEIGHT ||
	    multiset_total(a->multiset, root) < AGG_WEIGHT_MAX / len)
		return true;
	*a->too_large = a->plan->text;
	return false;
}

static void
list_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	   struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	struct buf text;

	buf_init(&text);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t root = bag_at(a, entry[i], off)->root;

		if ((root == 0 && !is_array(a)) || !bag_gives_all(a, root) ||
		    !separators_fit(a, root))
			column_set_null(out, at + i, cap, arena);
		else
			out->str[at + i] = list_of(a, root, &text, arena);
	}
	buf_release(&text);
}

/* ---- JSON_OBJECTAGG ---- */

static void
object_init(struct agg *a)
{
	CHECK(a->plan->nmore == 2);
	CHECK(a->plan->more[0].column >= 0);
	a->nulls = true; /* to be refused */
	bag_init(a, (struct multiset_kind){
			    .phys = PHYS_STR, .ordered = true, .pairs = true,
			    .beside = PHYS_STR,
		    }, 0);
	a->value_type = a->arg_type;
	a->value_name = "key";
	a->beside_type = a->more_type[0];
	a->beside_name = "value";
}

/* ABSENT ON NULL. */
static bool
is_left_out(const struct agg *a, const struct column *value, uint32_t row)
{
	return column_is_null(value, row) && !keeps_nulls(a);
}

static void
object_add(const struct agg *a, const struct agg_rows *r,
	   const struct column *arg)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (!is_left_out(a, r->more[0], r->row[i]))
			bag_put(a, r, i, arg, r->more[0],
				r->w ? r->w[i] : 1);
}

static bool
object_holds(const struct agg *a, const char *entry, const struct batch *b,
	     uint32_t row, int64_t w)
{
	const struct column *value = agg_more(a, b, 0);

	return is_left_out(a, value, row) ||
	       multiset_count(a->multiset, bag_at(a, entry, a->off)->root,
			      agg_arg(a, b), value, row) + w >= 0;
}

/* A key comes once; with DISTINCT the same member may come again. */
static const char *
object_refuses(const struct agg *a, const char *entry, const struct batch *b,
	       uint32_t row, int64_t w, enum error_code *ret_code)
{
	const struct column *key = agg_arg(a, b), *value = agg_more(a, b, 0);
	uint64_t root = entry ? bag_at(a, entry, a->off)->root : 0;

	if (column_is_null(key, row)) {
		*ret_code = ERR_NULL_VALUE;
		return "the key is NULL";
	}
	if (is_left_out(a, value, row))
		return NULL;
	if (a->plan->distinct
		    ? multiset_has(a->multiset, root, &key->str[row]) &&
			      multiset_count(a->multiset, root, key, value,
					     row) == 0
		    : w > 1 ||
			      multiset_has(a->multiset, root, &key->str[row])) {
		*ret_code = ERR_DUPLICATE_KEY;
		return "the group has this key already";
	}
	return bag_refuses(a, entry, b, row, w, ret_code);
}

static int
by_key(const void *x, const void *y)
{
	const struct multiset_item *a = x, *b = y;
	const struct str *k = a->value, *l = b->value;
	int cmp = json_key_cmp(str_data(k), k->len, str_data(l), l->len);

	return cmp ? cmp : by_arrival(x, y);
}

/* Panes of one window may have the same key: the newest one counts. */
static struct str
object_of(const struct agg *a, uint64_t root, struct buf *out,
	  struct arena *arena)
{
	struct items l = items_of(a, root);

	if (l.n > 0)
		qsort(l.item, l.n, sizeof(*l.item), by_key);
	buf_clear(out);
	buf_putc(out, '{');
	for (uint32_t i = 0; i < l.n; i++) {
		const struct str *key = l.item[i].value;
		const struct str *value = l.item[i].beside;

		if (i + 1 < l.n && str_eq(key, l.item[i + 1].value))
			continue;
		if (out->len > 1)
			buf_putc(out, ',');
		json_write_string(out, str_data(key), key->len);
		buf_putc(out, ':');
		if (value)
			buf_str(out, *value);
		else
			buf_puts(out, "null");
	}
	buf_putc(out, '}');
	free(l.item);
	return str_from(arena, out->data, out->len);
}

static void
object_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	     struct column *out, uint32_t at, uint32_t cap,
	     struct arena *arena)
{
	struct buf text;

	buf_init(&text);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t root = bag_at(a, entry[i], off)->root;

		if (bag_gives_all(a, root))
			out->str[at + i] = object_of(a, root, &text, arena);
		else
			column_set_null(out, at + i, cap, arena);
	}
	buf_release(&text);
}

const struct agg_type agg_listagg_type = {
	.function = FN_LISTAGG,
	.init = list_init,
	.add = bag_add,
	.refuses = bag_refuses,
	.holds = bag_holds,
	.merge = bag_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = list_value,
	.release = bag_release,
	.restore = bag_restore,
	.view_values = VIEW_JOINED,
};

const struct agg_type agg_json_arrayagg_type = {
	.function = FN_JSON_ARRAYAGG,
	.init = list_init,
	.add = bag_add,
	.refuses = bag_refuses,
	.holds = bag_holds,
	.merge = bag_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = list_value,
	.release = bag_release,
	.restore = bag_restore,
	.view_values = VIEW_JSON_ARRAY,
};

const struct agg_type agg_json_objectagg_type = {
	.function = FN_JSON_OBJECTAGG,
	.init = object_init,
	.add = object_add,
	.refuses = object_refuses,
	.holds = object_holds,
	.merge = bag_merge,
	.absorb = bag_absorb,
	.sub = bag_sub,
	.value = object_value,
	.release = bag_release,
	.restore = bag_restore,
	.view_values = VIEW_JSON_OBJECT,
};
