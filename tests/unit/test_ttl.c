/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_ttl.c - who is forgotten when: never before the TTL is over,
 * soon after it, whatever the ticks and the size of the state.
 */
#include "base/time.h"
#include "runtime/ttl.h"
#include "tests/unit/test.h"

#define S US_PER_SECOND
#define NOW (INT64_C(1767225600) * S)

struct forgotten {
	uint32_t n, last;
};

static void
count(void *arg, uint32_t entry)
{
	struct forgotten *f = arg;

	f->n++;
	f->last = entry;
}

static struct forgotten
sweep(struct ttl *t, uint32_t n, int64_t now_us)
{
	struct forgotten f = { 0, 0 };

	while (!ttl_sweep(t, n, now_us, count, &f))
		;
	return f;
}

TEST(without_a_ttl_nothing_is_kept_and_nothing_expires)
{
	struct ttl t;

	ttl_init(&t, 0);
	EXPECT(!ttl_touch(&t, 3, NOW));
	ttl_restore(&t, 3, NOW);
	EXPECT_EQ(ttl_touched_us(&t, 3), 0);
	EXPECT(ttl_next_us(&t, NOW) == TIME_END);
	EXPECT(!ttl_is_due(&t, TIME_END));
	EXPECT_EQ(ttl_bytes(&t), 0);
	ttl_release(&t);
}

TEST(an_entry_lives_for_the_ttl_and_two_ticks_at_most)
{
	struct ttl t;

	ttl_init(&t, 16 * S);
	EXPECT(ttl_touch(&t, 0, NOW + S - 1)); /* the end of a tick */
	EXPECT(!ttl_touch(&t, 0, NOW + S - 1));
	EXPECT_EQ(sweep(&t, 1, NOW + 16 * S + S - 2).n, 0);
	EXPECT_EQ(sweep(&t, 1, NOW + 17 * S).n, 1);
	ttl_release(&t);
}

TEST(a_touch_in_the_next_tick_keeps_it_alive)
{
	struct ttl t;

	ttl_init(&t, 16 * S);
	ttl_touch(&t, 0, NOW);
	ttl_touch(&t, 1, NOW);
	EXPECT(ttl_touch(&t, 1, NOW + 10 * S));
	EXPECT_EQ(sweep(&t, 2, NOW + 20 * S).n, 1);
	EXPECT_EQ(sweep(&t, 2, NOW + 27 * S).last, 1);
	ttl_release(&t);
}

TEST(a_large_state_is_swept_in_pieces)
{
	struct forgotten f = { 0, 0 };
	const uint32_t n = 2 * TTL_SWEEP_MAX + 7;
	unsigned pieces = 1;
	struct ttl t;

	ttl_init(&t, 16 * S);
	for (uint32_t i = 0; i < n; i++)
		ttl_touch(&t, i, NOW);
	while (!ttl_sweep(&t, n, NOW + 60 * S, count, &f)) {
		EXPECT(ttl_is_due(&t, NOW));
		pieces++;
	}
	EXPECT_EQ(pieces, 3);
	EXPECT_EQ(f.n, n);
	EXPECT(!ttl_is_due(&t, NOW + 60 * S));
	ttl_release(&t);
}

TEST(what_is_stored_is_an_instant_that_another_ttl_can_use)
{
	struct ttl old, new;

	ttl_init(&old, 16 * S);
	ttl_touch(&old, 5, NOW + 300);
	ttl_init(&new, 160 * S);
	ttl_restore(&new, 5, ttl_touched_us(&old, 5));
	EXPECT_EQ(sweep(&new, 6, NOW + 100 * S).n, 0);
	EXPECT_EQ(sweep(&new, 6, NOW + 171 * S).last, 5);
	ttl_release(&old);
	ttl_release(&new);
}

TEST(what_never_had_a_time_counts_from_the_first_sweep_on)
{
	struct ttl t;

	ttl_init(&t, 16 * S);
	ttl_restore(&t, 0, 0);
	EXPECT_EQ(sweep(&t, 1, NOW).n, 0);
	EXPECT_EQ(sweep(&t, 1, NOW + 10 * S).n, 0);
	EXPECT_EQ(sweep(&t, 1, NOW + 18 * S).n, 1);
	ttl_release(&t);
}
