/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/nested.h - what kernels of nested values share: values out of
 * arguments, items out of values, and the way back.
 */
#ifndef RUNTIME_KERNELS_NESTED_H
#define RUNTIME_KERNELS_NESTED_H

#include "base/buf.h"
#include "base/nested.h"
#include "runtime/kernels/loops.h"

/* The value of an argument in a row, NULL included. */
struct value arg_value(const struct frame *f, unsigned arg, uint32_t row);
/* The row's result: a value of f->call->type, or NULL. */
void put_result(struct frame *f, uint32_t row, struct value v);

/* All items of a value: of a MAP first the keys, then the values. */
struct items {
	uint32_t n;
	struct value *list; /* in the arena; text is borrowed from the value */
};
struct items items_of(const struct str *s, struct type t, struct arena *a);
/* Of an argument in a row where it is not NULL. */
struct items arg_items(const struct frame *f, unsigned arg, uint32_t row);
/* Room for n items, for a result. */
struct items items_new(const struct frame *f, uint32_t n);

/* The row's result is the ARRAY or ROW of these items, or the row fails: it
 * would be too large. */
void put_items(struct frame *f, uint32_t row, struct items items);
/* The same of a MAP; of equal keys the last one counts. */
void put_map(struct frame *f, uint32_t row, uint32_t n, struct value *keys,
	     struct value *values);

/* Text of a nested value as CAST(... AS STRING) gives it. */
void nested_text(struct buf *out, struct value v, struct type t,
		 const struct zone *zone, struct arena *a);

/* CAST between nested types, item by item. */
bool cast_pick_nested(struct kernel_call *k);

#endif
