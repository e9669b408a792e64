/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/held.h - accumulators that hold one of the values they have
 * seen: MIN, MAX, ANY_VALUE, FIRST_VALUE, LAST_VALUE. The value comes first (8
 * or 16 bytes), then how many values there were, then what the function adds.
 */
#ifndef RUNTIME_AGGS_HELD_H
#define RUNTIME_AGGS_HELD_H

#include "runtime/agg.h"

/* Where the count is: as wide as the value. */
static inline uint32_t
held_count_at(const struct agg *a)
{
	return a->align;
}

static inline int64_t *
held_count(const struct agg *a, char *acc)
{
	return (int64_t *)(acc + held_count_at(a));
}

static inline const void *
held_cell(const struct column *arg, uint32_t row)
{
	return (const char *)arg->data + row * phys_bytes(arg->phys);
}

/* Its size and its state column. */
void held_init(struct agg *a);
/* v in place of the value; whoever calls counts it afterwards. */
void held_set(const struct agg *a, char *acc, const void *v);
/* As agg_type.value and agg_type.release. */
void held_value(const struct agg *a, char *const *entry, uint32_t off,
		uint32_t n, struct column *out, uint32_t at, uint32_t cap,
		struct arena *arena);
void held_release(const struct agg *a, char *entry, uint32_t off, bool stored);

#endif
