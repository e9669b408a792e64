/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_ordered.c - numbers in an order, against a sorted array.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "runtime/ordered.h"
#include "test.h"

#define NUMBERS 500

static int64_t value[NUMBERS];

static int
by_value(const void *arg, uint32_t a, uint32_t b)
{
	(void)arg;
	if (value[a] != value[b])
		return value[a] < value[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int
cmp_ids(const void *a, const void *b)
{
	return by_value(NULL, *(const uint32_t *)a, *(const uint32_t *)b);
}

static void
expect_same(const struct ordered *o, const bool *in)
{
	uint32_t ids[NUMBERS], n = 0, at;
	struct ordered_walk w;

	for (uint32_t i = 0; i < NUMBERS; i++)
		if (in[i])
			ids[n++] = i;
	qsort(ids, n, sizeof(*ids), cmp_ids);
	EXPECT_EQ(ordered_first(o), n ? ids[0] : ORDERED_NONE);
	EXPECT_EQ(ordered_last(o), n ? ids[n - 1] : ORDERED_NONE);
	at = ordered_walk_begin(o, &w);
	for (uint32_t i = 0; i < n; i++) {
		EXPECT_EQ(at, ids[i]);
		at = ordered_walk_next(o, &w);
	}
	EXPECT_EQ(at, ORDERED_NONE);
}

TEST(numbers_come_and_go_and_stay_in_their_order)
{
	bool in[NUMBERS] = { false };
	struct ordered o;

	ordered_init(&o, by_value, NULL, 7);
	for (uint32_t i = 0; i < NUMBERS; i++)
		value[i] = (int64_t)(hash_u64(i, 1) % 50);
	for (unsigned step = 0; step < 4000; step++) {
		uint32_t i = (uint32_t)(hash_u64(step, 2) % NUMBERS);

		ordered_reserve(&o, i + 1);
		if (in[i])
			ordered_take(&o, i);
		else
			ordered_put(&o, i);
		in[i] = !in[i];
		if (step % 100 == 0)
			expect_same(&o, in);
	}
	expect_same(&o, in);
	ordered_release(&o);
}

TEST(numbers_that_come_sorted_do_not_make_it_deep)
{
	static struct ordered_walk w;
	struct ordered o;
	uint32_t deepest = 0;

	ordered_init(&o, by_value, NULL, 3);
	ordered_reserve(&o, NUMBERS);
	for (uint32_t i = 0; i < NUMBERS; i++) {
		value[i] = i;
		ordered_put(&o, i);
	}
	for (uint32_t at = ordered_walk_begin(&o, &w); at != ORDERED_NONE;
	     at = ordered_walk_next(&o, &w))
		deepest = w.n > deepest ? w.n : deepest;
	EXPECT(deepest < 40);
	ordered_release(&o);
}
