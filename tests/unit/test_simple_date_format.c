/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_simple_date_format.c - patterns of SimpleDateFormat: what is
 * written can be read, in each zone, and no text harms the reader. What single
 * letters mean stands in tests/functions, with the functions that use them.
 */
#include "base/simple_date_format.h"

#include "base/arena.h"
#include "base/time.h"
#include "tests/unit/test.h"

static const struct simple_date_format *
format(const char *pattern, struct arena *a)
{
	return simple_date_create(pattern, strlen(pattern), a);
}

/* Whole seconds of all kinds from 1582 to 2400, by number. */
static int64_t
instant(unsigned i)
{
	int64_t span = INT64_C(25800000000);

	return ((int64_t)i * INT64_C(7919777777) % span - span / 2) *
	       US_PER_SECOND;
}

TEST(what_is_written_can_be_read)
{
	static const char *const patterns[] = {
		"yyyy-MM-dd HH:mm:ss", "yyyyMMddHHmmss", "d MMM yyyy hh:mm:ss a",
		"EEEE, dd MMMM yyyy kk.mm.ss", "yyyy DDD HH:mm:ss",
		"G yyyy/M/d K:m:s a", "yyyy-MM-dd'T'HH:mm:ssXXX",
		"yyyy-MM-dd HH:mm:ss Z",
	};
	static const char *const zones[] = { "UTC", "Asia/Kolkata" };
	struct arena a;
	struct buf out;

	arena_init(&a);
	buf_init(&out);
	for (unsigned p = 0; p < sizeof(patterns) / sizeof(*patterns); p++) {
		const struct simple_date_format *f = format(patterns[p], &a);

		EXPECT(!simple_date_problem(f));
		EXPECT(!simple_date_writes_only(f));
		for (unsigned i = 0; i < 500; i++) {
			const struct zone *zone = zone_get(zones[i % 2]);
			int64_t us = instant(i), back = 0;

			/* the mean time of places had seconds */
			if (i % 2 && us < -INT64_C(1000000000000000))
				continue;
			buf_clear(&out);
			simple_date_write(f, us, zone, &out);
			EXPECT(simple_date_read(f, out.data, out.len, zone,
						&back));
			EXPECT_EQ(back, us);
		}
	}
	buf_release(&out);
	arena_release(&a);
}

TEST(a_pattern_with_a_problem_says_which)
{
	struct arena a;

	arena_init(&a);
	EXPECT_STR(simple_date_problem(format("yyyy-bb", &a)),
		   "unknown letter 'b' in the format 'yyyy-bb'");
	EXPECT_STR(simple_date_problem(format("XXXX", &a)),
		   "too many of the letter 'X' in the format 'XXXX'");
	EXPECT_STR(simple_date_problem(format("HH 'h", &a)),
		   "no end of text after ' in the format 'HH 'h'");
	EXPECT(!simple_date_problem(format("", &a)));
	EXPECT(simple_date_writes_only(format("yyyy ww", &a)));
	arena_release(&a);
}

TEST(cut_and_wild_texts_are_refused_or_read)
{
	static const char text[] = "Fri, 99999999999999999999 Jan -5 +99:99 PM";
	static const char *const patterns[] = {
		"yyyy", "EEE, d MMM y X a", "d", "M", "s", "S", "D", "H", "hh a",
		"yyyyMMdd", "Z", "XXX", "'Fri'", "G",
	};
	struct arena a;
	int64_t us;

	arena_init(&a);
	for (unsigned p = 0; p < sizeof(patterns) / sizeof(*patterns); p++) {
		const struct simple_date_format *f = format(patterns[p], &a);

		for (size_t from = 0; from < sizeof(text); from++)
			for (size_t n = 0; n < sizeof(text) - from; n++)
				simple_date_read(f, text + from, n, NULL, &us);
	}
	arena_release(&a);
}
