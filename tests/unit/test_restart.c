/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_restart.c - how long a job waits before it is tried again,
 * and when enough is enough.
 */
#include "base/check.h"
#include "base/time.h"
#include "daemon/restart.h"
#include "parser/settings.h"
#include "tests/unit/test.h"

static const struct restart_policy policy = {
	.first_us = US_PER_SECOND,
	.max_us = 10 * US_PER_SECOND,
	.factor = 2,
	.reset_us = 60 * US_PER_SECOND,
	.tries_max = -1,
};

/* Of a life that failed after lived_us; -1: no more tries. */
static int64_t
wait_us(struct restart *r, int64_t lived_us)
{
	int64_t us;

	return restart_next(r, lived_us, &us) ? us : -1;
}

TEST(waits_grow_up_to_their_limit)
{
	static const int seconds[] = { 1, 2, 4, 8, 10, 10, 10 };
	struct restart r;

	restart_init(&r, &policy, 1);
	for (size_t i = 0; i < ARRAY_LEN(seconds); i++)
		EXPECT_EQ(wait_us(&r, 0), seconds[i] * US_PER_SECOND);
}

TEST(a_wait_of_nothing_grows_as_well)
{
	struct restart_policy p = policy;
	struct restart r;

	p.first_us = 0;
	restart_init(&r, &p, 1);
	EXPECT_EQ(wait_us(&r, 0), US_PER_MS);
	EXPECT_EQ(wait_us(&r, 0), 2 * US_PER_MS);
	p.max_us = 0;
	restart_init(&r, &p, 1);
	EXPECT_EQ(wait_us(&r, 0), US_PER_MS);
	EXPECT_EQ(wait_us(&r, 0), US_PER_MS);
}

TEST(a_life_that_lasted_makes_them_short_again)
{
	struct restart r;

	restart_init(&r, &policy, 1);
	EXPECT_EQ(wait_us(&r, 0), US_PER_SECOND);
	EXPECT_EQ(wait_us(&r, 59 * US_PER_SECOND), 2 * US_PER_SECOND);
	EXPECT_EQ(wait_us(&r, 60 * US_PER_SECOND), US_PER_SECOND);
	EXPECT_EQ(r.tries, 1);
}

TEST(tries_in_a_row_have_an_end_where_the_policy_says_so)
{
	struct restart_policy p = policy;
	struct restart r;

	p.tries_max = 2;
	restart_init(&r, &p, 1);
	EXPECT(wait_us(&r, 0) > 0);
	EXPECT(wait_us(&r, 0) > 0);
	EXPECT_EQ(wait_us(&r, 0), -1);
	EXPECT(wait_us(&r, 60 * US_PER_SECOND) > 0);
	p.tries_max = 0;
	restart_init(&r, &p, 1);
	EXPECT_EQ(wait_us(&r, 0), -1);
}

TEST(jitter_stays_in_its_bounds_and_differs_from_job_to_job)
{
	struct restart_policy p = policy;
	struct restart a, b;
	int64_t least = INT64_MAX, most = 0;
	int equal = 0;

	p.factor = 1;
	p.jitter = 0.1;
	restart_init(&a, &p, 1);
	restart_init(&b, &p, 2);
	for (int i = 0; i < 1000; i++) {
		int64_t us = wait_us(&a, 0);

		least = us < least ? us : least;
		most = us > most ? us : most;
		equal += us == wait_us(&b, 0);
	}
	EXPECT(least >= 900000);
	EXPECT(least < 905000);
	EXPECT(most <= 1100000);
	EXPECT(most > 1095000);
	EXPECT(equal < 10);
}

/* The policy with one more SET. */
static struct restart_policy
with(struct settings *s, const char *key, const char *value)
{
	struct restart_policy p = policy;
	struct error err = ERROR_INIT;
	const char *notice;

	if (settings_set(s, key, value, &notice, &err) < 0)
		FAIL("%s", err.message);
	restart_policy_apply(&p, s);
	return p;
}

TEST(flinks_strategies_replace_parts_of_it)
{
	struct settings s = SETTINGS_INIT;
	struct restart_policy p;

	p = with(&s, "restart-strategy.exponential-delay.max-backoff", "20 s");
	EXPECT_EQ(p.first_us, US_PER_SECOND);
	EXPECT_EQ(p.max_us, 20 * US_PER_SECOND);
	EXPECT_EQ(p.tries_max, -1);
	p = with(&s, "restart-strategy.exponential-delay.backoff-multiplier",
		 "1.25");
	EXPECT(p.factor == 1.25);
	p = with(&s, "restart-strategy.exponential-delay."
		     "attempts-before-reset-backoff", "7");
	EXPECT_EQ(p.tries_max, 7);
	p = with(&s, "restart-strategy.type", "fixed-delay");
	EXPECT_EQ(p.tries_max, 1);
	EXPECT_EQ(p.max_us, US_PER_SECOND);
	p = with(&s, "restart-strategy.fixed-delay.attempts", "3");
	EXPECT_EQ(p.tries_max, 3);
	p = with(&s, "restart-strategy.type", "none");
	EXPECT_EQ(p.tries_max, 0);
	settings_release(&s);
}
