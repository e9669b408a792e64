/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_tap_threads.c - the ring between an operator and who looks
 * on: order, bounds, what is skipped; and both ends at once, for TSan.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "runtime/connector.h"
#include "runtime/tap.h"
#include "tests/unit/test.h"

static struct schema_column cols[] = {
	{ .name = "word", .type = TYPE_STRING_OF },
	{ .name = "n", .type = TYPE_OF(TYPE_BIGINT) },
};
static const struct schema schema = { 2, cols };

static struct tap *
tap_of(uint64_t rows_max, uint64_t bytes_max)
{
	struct error err = ERROR_INIT;
	struct tap *t;

	if (tap_create(&schema, rows_max, bytes_max, &t, &err) < 0)
		FAIL("%s", err.message);
	return t;
}

/* n counts on from `first`; words of 20 bytes lie in the batch's arena. */
static struct batch *
numbers(int64_t first, uint32_t rows)
{
	struct batch *b = batch_create(NULL, &schema, rows);

	for (uint32_t i = 0; i < rows; i++) {
		b->col[0].str[i] = str_from(&b->arena, "twenty bytes of text",
					    20);
		b->col[1].i64[i] = first + i;
	}
	batch_seal(b, rows);
	return b;
}

static void
put(struct tap *t, int64_t first, uint32_t rows)
{
	struct batch *b = numbers(first, rows);

	tap_put(t, b, NULL);
	batch_unref(b);
}

/* Takes one batch and expects it to count on from `first`. */
static uint32_t
take(struct tap *t, int64_t first)
{
	const uint8_t *kinds;
	struct batch *b = tap_take(t, &kinds);
	uint32_t rows;

	if (!b)
		return 0;
	batch_check(b);
	EXPECT(!kinds);
	EXPECT(b->schema == &schema);
	batch_each(b, row) {
		EXPECT_EQ(b->col[1].i64[row], first + row);
		EXPECT_EQ(b->col[0].str[row].len, 20);
	}
	rows = b->nsel;
	batch_unref(b);
	return rows;
}

TEST(what_is_put_is_taken_in_order)
{
	struct tap *t = tap_of(1000, 1 << 20);

	EXPECT_EQ(take(t, 0), 0);
	put(t, 0, 3);
	put(t, 3, 5);
	EXPECT_EQ(take(t, 0), 3);
	EXPECT_EQ(take(t, 3), 5);
	EXPECT_EQ(take(t, 8), 0);
	EXPECT_EQ(tap_skipped(t), 0);
	tap_unref(t);
}

TEST(only_live_rows_are_seen_with_their_kinds)
{
	static const uint16_t sel[] = { 1, 4 };
	static const uint8_t kinds[] = { KIND_INSERT, KIND_DELETE, KIND_INSERT,
					 KIND_INSERT, KIND_UPDATE_AFTER };
	struct tap *t = tap_of(1000, 1 << 20);
	struct batch *b = numbers(0, 5), *copy;
	const uint8_t *copied;

	b->sel = sel;
	b->nsel = 2;
	tap_put(t, b, kinds);
	b->nsel = 0;
	tap_put(t, b, kinds);
	batch_unref(b);
	copy = tap_take(t, &copied);
	EXPECT_EQ(copy->rows, 2);
	EXPECT_EQ(copy->col[1].i64[0], 1);
	EXPECT_EQ(copy->col[1].i64[1], 4);
	EXPECT_EQ(copied[0], KIND_DELETE);
	EXPECT_EQ(copied[1], KIND_UPDATE_AFTER);
	batch_unref(copy);
	EXPECT(!tap_take(t, &copied));
	tap_unref(t);
}

TEST(rows_beyond_the_bound_are_skipped_and_counted)
{
	struct tap *t = tap_of(10, 1 << 20);

	put(t, 0, 7);
	put(t, 7, 7); /* three of them have room */
	put(t, 14, 7);
	EXPECT_EQ(tap_skipped(t), 4 + 7);
	EXPECT_EQ(take(t, 0), 7);
	EXPECT_EQ(take(t, 7), 3);
	put(t, 21, 7);
	EXPECT_EQ(take(t, 21), 7);
	EXPECT_EQ(tap_skipped(t), 11);
	tap_unref(t);
}

TEST(bytes_have_a_bound_and_a_large_row_passes_alone)
{
	struct tap *t = tap_of(1000, 100); /* a row takes about 54 */

	put(t, 0, 5);
	EXPECT_EQ(tap_skipped(t), 4);
	EXPECT_EQ(take(t, 0), 1);
	tap_unref(t);
	t = tap_of(1000, 10);
	put(t, 0, 2);
	put(t, 2, 1);
	EXPECT_EQ(tap_skipped(t), 2);
	EXPECT_EQ(take(t, 0), 1);
	tap_unref(t);
}

TEST(many_small_batches_have_a_bound_of_their_own)
{
	struct tap *t = tap_of(1000000, 1 << 30);

	for (int i = 0; i < 5000; i++)
		put(t, i, 1);
	EXPECT(tap_skipped(t) > 0);
	for (int i = 0; i < 5000 - (int)tap_skipped(t); i++)
		EXPECT_EQ(take(t, i), 1);
	EXPECT_EQ(take(t, 0), 0);
	tap_unref(t);
}

TEST(a_closed_tap_takes_nothing)
{
	struct tap *t = tap_of(1000, 1 << 20);

	put(t, 0, 3);
	tap_close(t);
	put(t, 3, 3);
	EXPECT_EQ(take(t, 0), 3);
	EXPECT_EQ(take(t, 3), 0);
	EXPECT_EQ(tap_skipped(t), 0);
	put(t, 6, 1);
	tap_unref(t);
}

/* ---- both ends at once ---- */

#define ROUNDS 3000

static void *
put_all(void *arg)
{
	struct tap *t = arg;
	struct batch *b;

	for (int i = 0; i < ROUNDS; i++) {
		b = numbers(i * 10, 10);
		tap_put(t, b, NULL);
		batch_unref(b);
	}
	tap_unref(t);
	return NULL;
}

TEST(each_row_is_taken_or_counted)
{
	struct tap *t = tap_of(300, 1 << 20);
	uint64_t taken = 0;
	int64_t last = -1;
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, put_all, tap_ref(t)) == 0);
	while (taken + tap_skipped(t) < ROUNDS * 10) {
		const uint8_t *kinds;
		struct batch *b = tap_take(t, &kinds);

		if (!b) {
			tap_wait(t, true, 1000);
			continue;
		}
		EXPECT(b->col[1].i64[0] > last);
		last = b->col[1].i64[b->rows - 1];
		taken += b->nsel;
		batch_unref(b);
	}
	pthread_join(thread, NULL);
	EXPECT(taken > 0);
	EXPECT_EQ(take(t, 0), 0);
	tap_unref(t);
}

TEST(who_leaves_first_takes_nothing_with_him)
{
	struct tap *t = tap_of(100000, 1 << 20);
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, put_all, tap_ref(t)) == 0);
	tap_wait(t, true, 10000);
	EXPECT(take(t, 0) > 0);
	tap_close(t);
	tap_unref(t);
	pthread_join(thread, NULL);
}

TEST(a_wake_ends_any_sleep)
{
	struct tap *t = tap_of(10, 1 << 20);

	tap_wake(t);
	tap_wait(t, true, -1);
	tap_wake(t);
	tap_wait(t, false, -1);
	put(t, 0, 1); /* nobody sleeps for rows: they wake nobody */
	tap_wait(t, false, 1);
	tap_wait(t, true, -1);
	EXPECT_EQ(take(t, 0), 1);
	tap_unref(t);
}
