/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/array.c - functions of arrays. Elements are equal as = has
 * it, so that no NaN is found, with NULL beside NULL as one value; arrays may
 * be long, so nothing here compares each with each.
 */
#include <stdlib.h>

#include "runtime/kernels/nested.h"
#include "runtime/kernels/text.h"

static struct type
element_type(const struct frame *f, unsigned arg)
{
	return type_element(f->call->arg_type[arg]);
}

static bool
is_nan(struct value v, struct type t)
{
	return !v.is_null && phys_of(t) == PHYS_F64 && v.f64 != v.f64;
}

static bool
same_element(const struct value *a, const struct value *b, struct type t)
{
	return value_same(a, b, t) && !is_nan(*a, t);
}

/* ---- elements in order ---- */

struct ordered {
	const struct value *value;
	uint32_t place;
	const struct type *type;
};

static int
ordered_compare(const void *x, const void *y)
{
	const struct ordered *a = x, *b = y;
	int order = value_order(a->value, b->value, *a->type);

	return order ? order : (a->place > b->place) - (a->place < b->place);
}

/* The elements by value, equal ones by place. */
static struct ordered *
ordered_of(const struct frame *f, struct items items, const struct type *t)
{
	struct ordered *list = arena_array(f->arena, items.n, struct ordered);

	for (uint32_t i = 0; i < items.n; i++)
		list[i] = (struct ordered){ &items.list[i], i, t };
	if (items.n > 1)
		qsort(list, items.n, sizeof(*list), ordered_compare);
	return list;
}

static bool
ordered_has(const struct ordered *list, uint32_t n, const struct value *v,
	    struct type t)
{
	uint32_t low = 0, high = n;

	if (is_nan(*v, t))
		return false;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = value_order(list[mid].value, v, t);

		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Takes out what is there before already; the others keep their places. */
static struct items
distinct_items(const struct frame *f, struct items items, struct type t)
{
	struct ordered *list = ordered_of(f, items, &t);
	bool *again = arena_array(f->arena, items.n, bool);
	struct items ret = items_new(f, items.n);

	for (uint32_t i = 1; i < items.n; i++)
		if (same_element(list[i].value, list[i - 1].value, t))
			again[list[i].place] = true;
	ret.n = 0;
	for (uint32_t i = 0; i < items.n; i++)
		if (!again[i])
			ret.list[ret.n++] = items.list[i];
	return ret;
}

/* ---- one array ---- */

static void
cardinality(struct frame *f)
{
	const struct vec *a = &f->arg[0];
	bool entries = f->call->arg_type[0].kind != TYPE_ARRAY;
	struct nested v;

	frame_each(f, row) {
		nested_open(&a->str[row & a->mask], &v);
		f->out->i64[row] = entries ? nested_entries(&v) : v.n;
	}
}

static void
only_element(struct frame *f)
{
	const struct vec *a = &f->arg[0];
	struct nested v;

	frame_each(f, row) {
		nested_open(&a->str[row & a->mask], &v);
		if (v.n == 0)
			frame_null(f, row);
		else if (v.n == 1)
			put_result(f, row, nested_get(&v, 0, f->call->type));
		else
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the array has more than one element");
	}
}

static void
distinct(struct frame *f)
{
	frame_each(f, row)
		put_items(f, row, distinct_items(f, arg_items(f, 0, row),
						 element_type(f, 0)));
}

static void
reverse(struct frame *f)
{
	frame_each(f, row) {
		struct items in = arg_items(f, 0, row);
		struct items out = items_new(f, in.n);

		for (uint32_t i = 0; i < in.n; i++)
			out.list[i] = in.list[in.n - 1 - i];
		put_items(f, row, out);
	}
}

/* ARRAY_MAX, ARRAY_MIN: as MAX and MIN, a NaN stays where it came first. */
static void
extreme(struct frame *f)
{
	bool max = f->call->function == FN_ARRAY_MAX;
	struct type t = element_type(f, 0);

	frame_each(f, row) {
		struct items in = arg_items(f, 0, row);
		struct value best = { .is_null = true };

		for (uint32_t i = 0; i < in.n; i++) {
			int order = value_order(&in.list[i], &best, t);

			if (in.list[i].is_null)
				continue;
			if (best.is_null ||
			    (!is_nan(best, t) && !is_nan(in.list[i], t) &&
			     (max ? order > 0 : order < 0)))
				best = in.list[i];
		}
		put_result(f, row, best);
	}
}

/* Whether the argument is absent or TRUE. */
static bool
flag(const struct frame *f, unsigned arg, uint32_t row, bool otherwise)
{
	if (f->call->nargs <= arg)
		return otherwise;
	return f->arg[arg].u8[row & f->arg[arg].mask];
}

static void
sort(struct frame *f)
{
	struct type t = element_type(f, 0);

	frame_each(f, row) {
		struct items in = arg_items(f, 0, row);
		struct items out = items_new(f, in.n);
		struct ordered *list = ordered_of(f, in, &t);
		bool up = flag(f, 1, row, true);
		bool null_first = flag(f, 2, row, up);
		uint32_t nulls = 0, at;

		while (nulls < in.n && list[nulls].value->is_null)
			nulls++;
		at = null_first ? nulls : 0;
		for (uint32_t i = 0; i < nulls; i++)
			out.list[null_first ? i : in.n - 1 - i].is_null = true;
		for (uint32_t i = nulls; i < in.n; i++)
			out.list[at++] = *list[up ? i : in.n - 1 - i + nulls]
						  .value;
		put_items(f, row, out);
	}
}

/* The range of places, from 1 and from the end: *ret_n of them from *ret_from,
 * counted from 0. */
static void
slice_range(int64_t start, int64_t end, uint32_t size, uint32_t *ret_from,
	    uint32_t *ret_n)
{
	start += start < 0 ? (int64_t)size + 1 : 0;
	end += end < 0 ? (int64_t)size + 1 : 0;
	start = start < 1 ? 1 : start;
	end = end == 0 ? 1 : end > size ? size : end;
	*ret_n = end < start ? 0 : (uint32_t)(end - start + 1);
	*ret_from = *ret_n ? (uint32_t)(start - 1) : 0;
}

static void
slice(struct frame *f)
{
	frame_each(f, row) {
		struct items in = arg_items(f, 0, row);
		int64_t start = arg_i64(f, 1, row);
		int64_t end = f->call->nargs == 3 ? arg_i64(f, 2, row) : in.n;
		uint32_t from, n;

		if (in.n == 0)
			end = 0;
		slice_range(start, end, in.n, &from, &n);
		n = in.n == 0 ? 0 : n;
		put_items(f, row, (struct items){ n, in.list + from });
	}
}

/* ---- an array and an element ---- */

static int64_t
find_element(const struct frame *f, uint32_t row, struct value wanted)
{
	struct items in = arg_items(f, 0, row);
	struct type t = element_type(f, 0);

	for (uint32_t i = 0; i < in.n; i++)
		if (same_element(&in.list[i], &wanted, t))
			return i;
	return -1;
}

static void
contains(struct frame *f)
{
	frame_each(f, row) {
		if (arg_is_null(f, 0, row))
			frame_null(f, row);
		else
			f->out->u8[row] = find_element(
				f, row, arg_value(f, 1, row)) >= 0;
	}
}

static void
position(struct frame *f)
{
	frame_each(f, row)
		f->out->i64[row] =
			find_element(f, row, arg_value(f, 1, row)) + 1;
}

static void
without(struct frame *f)
{
	struct type t = element_type(f, 0);

	frame_each(f, row) {
		struct value gone = arg_value(f, 1, row);
		struct items in, out;

		if (arg_is_null(f, 0, row)) {
			frame_null(f, row);
			continue;
		}
		in = arg_items(f, 0, row);
		out = items_new(f, in.n);
		out.n = 0;
		for (uint32_t i = 0; i < in.n; i++)
			if (!same_element(&in.list[i], &gone, t))
				out.list[out.n++] = in.list[i];
		put_items(f, row, out);
	}
}

/* ARRAY_APPEND, ARRAY_PREPEND */
static void
with_one_more(struct frame *f)
{
	bool behind = f->call->function == FN_ARRAY_APPEND;

	frame_each(f, row) {
		struct items in, out;

		if (arg_is_null(f, 0, row)) {
			frame_null(f, row);
			continue;
		}
		in = arg_items(f, 0, row);
		out = items_new(f, in.n + 1);
		memcpy(out.list + !behind, in.list,
		       in.n * sizeof(*in.list));
		out.list[behind ? in.n : 0] = arg_value(f, 1, row);
		put_items(f, row, out);
	}
}

/* ---- several arrays ---- */

static struct items
joined(const struct frame *f, uint32_t row)
{
	struct items all = { 0 };

	for (unsigned i = 0; i < f->call->nargs; i++) {
		struct items in = arg_items(f, i, row);
		struct items more = items_new(f, all.n + in.n);

		if (all.n > 0)
			memcpy(more.list, all.list, all.n * sizeof(*all.list));
		if (in.n > 0)
			memcpy(more.list + all.n, in.list,
			       in.n * sizeof(*in.list));
		all = more;
	}
	return all;
}

static void
concat(struct frame *f)
{
	frame_each(f, row)
		put_items(f, row, joined(f, row));
}

static void
set_union(struct frame *f)
{
	frame_each(f, row)
		put_items(f, row, distinct_items(f, joined(f, row),
						 element_type(f, 0)));
}

static void
intersect(struct frame *f)
{
	struct type t = element_type(f, 0);

	frame_each(f, row) {
		struct items a = distinct_items(f, arg_items(f, 0, row), t);
		struct items b = arg_items(f, 1, row);
		const struct ordered *list = ordered_of(f, b, &t);
		struct items out = items_new(f, a.n);

		out.n = 0;
		for (uint32_t i = 0; i < a.n; i++)
			if (ordered_has(list, b.n, &a.list[i], t))
				out.list[out.n++] = a.list[i];
		put_items(f, row, out);
	}
}

/* Without NULL among the first array's elements, which comes last. */
static void
except(struct frame *f)
{
	struct type t = element_type(f, 0);

	frame_each(f, row) {
		struct value null = { .is_null = true };
		struct items a, b = { 0 }, out;
		const struct ordered *list;
		bool has_null = false;

		if (arg_is_null(f, 0, row)) {
			frame_null(f, row);
			continue;
		}
		a = distinct_items(f, arg_items(f, 0, row), t);
		if (!arg_is_null(f, 1, row))
			b = arg_items(f, 1, row);
		list = ordered_of(f, b, &t);
		out = items_new(f, a.n);
		out.n = 0;
		for (uint32_t i = 0; i < a.n; i++) {
			has_null |= a.list[i].is_null;
			if (!a.list[i].is_null &&
			    !ordered_has(list, b.n, &a.list[i], t))
				out.list[out.n++] = a.list[i];
		}
		if (has_null && !ordered_has(list, b.n, &null, t))
			out.list[out.n++] = null;
		put_items(f, row, out);
	}
}

/* ---- text ---- */

static void
join(struct frame *f)
{
	bool shows_null = f->call->nargs == 3;

	frame_each(f, row) {
		struct str between = arg_str(f, 1, row);
		struct str null = shows_null ? arg_str(f, 2, row) : between;
		struct items in = arg_items(f, 0, row);
		bool first = true;
		struct buf out;
		char *text;

		buf_init(&out);
		for (uint32_t i = 0; i < in.n; i++) {
			if (in.list[i].is_null && !shows_null)
				continue;
			if (!first)
				buf_str(&out, between);
			first = false;
			buf_str(&out, in.list[i].is_null ? null
							 : in.list[i].str);
		}
		text = text_room(f, row, out.len);
		if (text && out.len > 0)
			memcpy(text, out.data, out.len);
		if (text)
			text_put(f, row, text, out.len);
		buf_release(&out);
	}
}

static struct items
split_characters(const struct frame *f, const struct str *s)
{
	struct items out = items_new(f, s->len);
	const char *data = str_data(s);
	size_t at = 0;

	out.n = 0;
	while (at < s->len) {
		size_t from = at;

		utf8_next(data, s->len, &at);
		out.list[out.n++].str = str_part(s, from, at);
	}
	return out;
}

static uint32_t
count_parts(const struct str *s, const struct str *by)
{
	const char *p = str_data(s), *end = p + s->len;
	uint32_t n = 1;

	while ((p = memmem(p, (size_t)(end - p), str_data(by), by->len))) {
		p += by->len;
		n++;
	}
	return n;
}

/* Pieces point into the text; nothing gives no piece. */
static struct items
split_by(const struct frame *f, const struct str *s, const struct str *by)
{
	struct items out = items_new(f, count_parts(s, by));
	const char *data = str_data(s), *end = data + s->len;
	const char *p = data;

	for (uint32_t i = 0; i < out.n; i++) {
		const char *next = memmem(p, (size_t)(end - p), str_data(by),
					  by->len);

		next = next ? next : end;
		out.list[i].str = str_ref(p, (uint32_t)(next - p));
		p = next + by->len;
	}
	if (s->len == 0)
		out.n = 0;
	return out;
}

static void
split(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), by = arg_str(f, 1, row);

		put_items(f, row, by.len > 0 ? split_by(f, &s, &by)
					     : split_characters(f, &s));
	}
}

/* ---- picks ---- */

static bool
pick(struct kernel_call *k)
{
	static const struct {
		enum function_id function;
		void (*run)(struct frame *f);
	} runs[] = {
		{ FN_CARDINALITY, cardinality },
		{ FN_ELEMENT, only_element },
		{ FN_ARRAY_DISTINCT, distinct },
		{ FN_ARRAY_REVERSE, reverse },
		{ FN_ARRAY_SLICE, slice },
		{ FN_ARRAY_CONTAINS, contains },
		{ FN_ARRAY_POSITION, position },
		{ FN_ARRAY_REMOVE, without },
		{ FN_ARRAY_APPEND, with_one_more },
		{ FN_ARRAY_PREPEND, with_one_more },
		{ FN_ARRAY_CONCAT, concat },
		{ FN_ARRAY_UNION, set_union },
		{ FN_ARRAY_INTERSECT, intersect },
		{ FN_ARRAY_EXCEPT, except },
		{ FN_ARRAY_JOIN, join },
		{ FN_SPLIT, split },
	};

	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		if (runs[i].function == k->function)
			return pick_sparse(k, runs[i].run);
	return false;
}

/* Those that need an order: there is none of nested values. */
static bool
pick_in_order(struct kernel_call *k)
{
	if (type_is_nested(type_element(k->arg_type[0])))
		return false;
	return pick_sparse(k, k->function == FN_ARRAY_SORT ? sort : extreme);
}

const struct kernel array_kernels[] = {
	{ FN_CARDINALITY, pick },
	{ FN_ELEMENT, pick },
	{ FN_ARRAY_APPEND, pick },
	{ FN_ARRAY_CONCAT, pick },
	{ FN_ARRAY_CONTAINS, pick },
	{ FN_ARRAY_DISTINCT, pick },
	{ FN_ARRAY_EXCEPT, pick },
	{ FN_ARRAY_INTERSECT, pick },
	{ FN_ARRAY_JOIN, pick },
	{ FN_ARRAY_MAX, pick_in_order },
	{ FN_ARRAY_MIN, pick_in_order },
	{ FN_ARRAY_POSITION, pick },
	{ FN_ARRAY_PREPEND, pick },
	{ FN_ARRAY_REMOVE, pick },
	{ FN_ARRAY_REVERSE, pick },
	{ FN_ARRAY_SLICE, pick },
	{ FN_ARRAY_SORT, pick_in_order },
	{ FN_ARRAY_UNION, pick },
	{ FN_SPLIT, pick },
	{ FN_NONE, NULL },
};
