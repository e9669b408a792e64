/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/nested.c - ARRAY[..], MAP[..], ROW(..), and what reaches into
 * them. A value taken out of another points into its bytes: nothing is copied
 * until it is put into a new one.
 */
#include "runtime/kernels/nested.h"

/* ---- values ---- */

struct value
arg_value(const struct frame *f, unsigned arg, uint32_t row)
{
	const struct vec *v = &f->arg[arg];
	struct column c = { .phys = phys_of(f->call->arg_type[arg]),
			    .data = (void *)v->data };

	if (vec_is_null(v, row))
		return (struct value){ .is_null = true };
	return column_value(&c, row & v->mask);
}

void
put_result(struct frame *f, uint32_t row, struct value v)
{
	struct column *out = f->out;

	if (v.is_null) {
		frame_null(f, row);
		return;
	}
	switch (out->phys) {
	case PHYS_U8:
		out->u8[row] = v.u8;
		break;
	case PHYS_I64:
		out->i64[row] = v.i64;
		break;
	case PHYS_I128:
		out->i128[row] = v.i128;
		break;
	case PHYS_F64:
		out->f64[row] = v.f64;
		break;
	case PHYS_STR:
		out->str[row] = v.str;
		break;
	}
}

struct items
items_of(const struct str *s, struct type t, struct arena *a)
{
	struct items items;
	struct nested v;

	nested_open(s, &v);
	items.n = v.n;
	items.list = arena_array(a, v.n, struct value);
	for (uint32_t i = 0; i < v.n; i++)
		items.list[i] = nested_get(&v, i, nested_item_type(&v, t, i));
	return items;
}

struct items
arg_items(const struct frame *f, unsigned arg, uint32_t row)
{
	const struct vec *v = &f->arg[arg];

	return items_of(&v->str[row & v->mask], f->call->arg_type[arg],
			f->arena);
}

struct items
items_new(const struct frame *f, uint32_t n)
{
	return (struct items){ n, arena_array(f->arena, n, struct value) };
}

static void
put_made(struct frame *f, uint32_t row, bool made, struct str s)
{
	if (made)
		f->out->str[row] = s;
	else
		frame_fail(f, row, ERR_VALUE_TOO_LARGE, NULL);
}

void
put_items(struct frame *f, uint32_t row, struct items items)
{
	struct str s = { 0 };
	bool made = nested_make(f->arena, f->call->type, items.n, items.list,
				&s);

	put_made(f, row, made, s);
}

void
put_map(struct frame *f, uint32_t row, uint32_t n, struct value *keys,
	struct value *values)
{
	struct str s = { 0 };
	bool made = nested_make_map(f->arena, f->call->type, n, keys, values,
				    &s);

	put_made(f, row, made, s);
}

/* ---- constructors ---- */

static void
make_items(struct frame *f)
{
	struct items items = items_new(f, f->call->nargs);

	frame_each(f, row) {
		for (unsigned i = 0; i < items.n; i++)
			items.list[i] = arg_value(f, i, row);
		put_items(f, row, items);
	}
}

static void
make_map(struct frame *f)
{
	uint32_t n = f->call->nargs / 2;
	struct items keys = items_new(f, n), values = items_new(f, n);

	frame_each(f, row) {
		for (unsigned i = 0; i < n; i++) {
			keys.list[i] = arg_value(f, 2 * i, row);
			values.list[i] = arg_value(f, 2 * i + 1, row);
		}
		put_map(f, row, n, keys.list, values.list);
	}
}

static bool
pick_items(struct kernel_call *k)
{
	return pick_sparse(k, make_items);
}

static bool
pick_map(struct kernel_call *k)
{
	return pick_sparse(k, make_map);
}

/* ---- access ---- */

/* Item i of the nested argument 0. */
static void
put_item(struct frame *f, uint32_t row, const struct nested *v, uint32_t i)
{
	put_result(f, row, nested_get(v, i, f->call->type));
}

static void
element(struct frame *f)
{
	const struct vec *array = &f->arg[0], *index = &f->arg[1];

	frame_each(f, row) {
		int64_t i = index->i64[row & index->mask];
		struct nested v;

		nested_open(&array->str[row & array->mask], &v);
		if (i < 1 || i > v.n)
			frame_null(f, row);
		else
			put_item(f, row, &v, (uint32_t)(i - 1));
	}
}

static void
value_of_key(struct frame *f)
{
	const struct vec *map = &f->arg[0];
	struct type t = f->call->arg_type[0];

	frame_each(f, row) {
		struct nested v;
		int64_t i;

		nested_open(&map->str[row & map->mask], &v);
		i = nested_find_key(&v, t, arg_value(f, 1, row));
		if (i < 0)
			frame_null(f, row);
		else
			put_item(f, row, &v, nested_entries(&v) + (uint32_t)i);
	}
}

static void
field(struct frame *f)
{
	const struct vec *r = &f->arg[0];
	uint32_t i = (uint32_t)f->call->factor[0];

	frame_each(f, row) {
		struct nested v;

		nested_open(&r->str[row & r->mask], &v);
		put_item(f, row, &v, i);
	}
}

static bool
pick_item(struct kernel_call *k)
{
	return pick_sparse(k, k->arg_type[0].kind == TYPE_MAP ? value_of_key
							      : element);
}

static bool
pick_field(struct kernel_call *k)
{
	CHECK(k->arg_type[0].kind == TYPE_ROW);
	CHECK(k->constant[1]);
	k->factor[0] = k->constant[1]->i64;
	CHECK(k->factor[0] < k->arg_type[0].length);
	return pick_sparse(k, field);
}

const struct kernel nested_kernels[] = {
	{ FN_ARRAY, pick_items },
	{ FN_ROW, pick_items },
	{ FN_MAP, pick_map },
	{ FN_ITEM, pick_item },
	{ FN_FIELD, pick_field },
	{ FN_NONE, NULL },
};
