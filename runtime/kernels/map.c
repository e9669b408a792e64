/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/map.c - functions of maps, whose entries lie in the order of
 * their keys.
 */
#include "runtime/kernels/nested.h"

static void
keys(struct frame *f)
{
	frame_each(f, row) {
		struct items in = arg_items(f, 0, row);

		put_items(f, row, (struct items){ in.n / 2, in.list });
	}
}

static void
values(struct frame *f)
{
	frame_each(f, row) {
		struct items in = arg_items(f, 0, row);

		put_items(f, row,
			  (struct items){ in.n / 2, in.list + in.n / 2 });
	}
}

static void
entries(struct frame *f)
{
	struct type t = type_element(f->call->type);

	frame_each(f, row) {
		struct items in = arg_items(f, 0, row);
		uint32_t n = in.n / 2;
		struct items out = items_new(f, n);
		bool fits = true;

		for (uint32_t i = 0; i < n && fits; i++) {
			struct value entry[2] = { in.list[i], in.list[n + i] };

			fits = nested_make(f->arena, t, 2, entry,
					   &out.list[i].str);
		}
		if (fits)
			put_items(f, row, out);
		else
			frame_fail(f, row, ERR_VALUE_TOO_LARGE, NULL);
	}
}

/* Of equal keys the last map's value counts: put_map() sees to it. */
static void
map_union(struct frame *f)
{
	frame_each(f, row) {
		struct items *maps = arena_array(f->arena, f->call->nargs,
						 struct items);
		struct items k, v;
		uint32_t n = 0, at = 0;

		for (unsigned i = 0; i < f->call->nargs; i++) {
			maps[i] = arg_items(f, i, row);
			n += maps[i].n / 2;
		}
		k = items_new(f, n);
		v = items_new(f, n);
		for (unsigned i = 0; i < f->call->nargs; i++) {
			for (uint32_t j = 0; j < maps[i].n / 2; j++, at++) {
				k.list[at] = maps[i].list[j];
				v.list[at] = maps[i].list[maps[i].n / 2 + j];
			}
		}
		put_map(f, row, n, k.list, v.list);
	}
}

static void
from_arrays(struct frame *f)
{
	frame_each(f, row) {
		struct items k = arg_items(f, 0, row);
		struct items v = arg_items(f, 1, row);

		if (k.n == v.n)
			put_map(f, row, k.n, k.list, v.list);
		else
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "there are not as many values as keys");
	}
}

static bool
pick(struct kernel_call *k)
{
	switch (k->function) {
	case FN_MAP_KEYS:
		return pick_sparse(k, keys);
	case FN_MAP_VALUES:
		return pick_sparse(k, values);
	case FN_MAP_ENTRIES:
		return pick_sparse(k, entries);
	case FN_MAP_UNION:
		return pick_sparse(k, map_union);
	default:
		return pick_sparse(k, from_arrays);
	}
}

const struct kernel map_kernels[] = {
	{ FN_MAP_ENTRIES, pick }, { FN_MAP_FROM_ARRAYS, pick },
	{ FN_MAP_KEYS, pick },	  { FN_MAP_UNION, pick },
	{ FN_MAP_VALUES, pick },  { FN_NONE, NULL },
};
