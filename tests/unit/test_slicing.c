/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_slicing.c - which panes windows are made of, and when they
 * close.
 */
#include "runtime/operator.h"
#include "runtime/slicing.h"
#include "tests/unit/test.h"

static struct slicing
slicing(enum window_kind kind, int64_t size, int64_t slide, int64_t offset)
{
	const struct plan_window w = {
		.kind = kind, .size_us = size * US_PER_SECOND,
		.slide_us = slide * US_PER_SECOND,
		.offset_us = offset * US_PER_SECOND,
	};
	struct slicing s;

	slicing_init(&s, &w, NULL);
	return s;
}

#define S US_PER_SECOND

TEST(panes_begin_at_multiples_counted_from_1970_and_the_offset)
{
	struct slicing s = slicing(WINDOW_HOP, 60, 5, 2);

	EXPECT_EQ(slicing_pane(&s, 7 * S), 7 * S);
	EXPECT_EQ(slicing_pane(&s, 7 * S - 1), 2 * S);
	EXPECT_EQ(slicing_pane(&s, 0), -3 * S);
	EXPECT_EQ(slicing_pane(&s, -3 * S - 1), -8 * S);
}

TEST(a_pane_of_hop_is_in_size_over_slide_windows)
{
	struct slicing s = slicing(WINDOW_HOP, 60, 5, 0);

	EXPECT_EQ(slicing_first_end(&s, 10 * S), 15 * S);
	EXPECT_EQ(slicing_last_end(&s, 10 * S), 70 * S);
	EXPECT_EQ(slicing_start(&s, 70 * S), 10 * S);
}

TEST(a_pane_of_cumulate_is_in_all_longer_windows_of_its_size)
{
	struct slicing s = slicing(WINDOW_CUMULATE, 60, 5, 0);

	EXPECT_EQ(slicing_first_end(&s, -5 * S), 0);
	EXPECT_EQ(slicing_last_end(&s, -5 * S), 0);
	EXPECT_EQ(slicing_last_end(&s, -10 * S), 0);
	EXPECT_EQ(slicing_start(&s, 0), -60 * S);
	EXPECT_EQ(slicing_start(&s, 5 * S), 0);
	EXPECT_EQ(slicing_start(&s, 60 * S), 0);
}

TEST(hop_by_its_own_size_is_tumble)
{
	struct slicing s = slicing(WINDOW_HOP, 60, 60, 0);

	EXPECT_EQ(s.kind, WINDOW_TUMBLE);
	EXPECT_EQ(slicing_last_end(&s, 60 * S), 120 * S);
}

TEST(panes_of_hop_divide_its_size_and_its_slide)
{
	struct slicing s = slicing(WINDOW_HOP, 10, 4, 1);

	EXPECT_EQ(s.width_us, 2 * S);
	EXPECT_EQ(slicing_pane(&s, 4 * S), 3 * S);
	/* Windows end at 11, 15, 19 ...: the pane [3, 5) is in the last that
	 * begins before it is over. */
	EXPECT(slicing_is_end(&s, 11 * S));
	EXPECT(!slicing_is_end(&s, 13 * S));
	EXPECT(slicing_is_end(&s, -S));
	EXPECT_EQ(slicing_last_window(&s, 3 * S), 11 * S);
	EXPECT_EQ(slicing_last_window(&s, 5 * S), 15 * S);
	EXPECT_EQ(slicing_last_window(&s, -3 * S), 7 * S);
}

TEST(a_slide_longer_than_the_size_leaves_panes_without_windows)
{
	struct slicing s = slicing(WINDOW_HOP, 4, 10, 0);

	EXPECT_EQ(s.width_us, 2 * S);
	EXPECT_EQ(slicing_last_window(&s, 2 * S), 4 * S);
	EXPECT(slicing_last_window(&s, 4 * S) <= 4 * S);
	EXPECT(slicing_last_window(&s, 8 * S) <= 8 * S);
	EXPECT_EQ(slicing_last_window(&s, 10 * S), 14 * S);
}

TEST(the_last_closed_end_follows_the_watermark_by_a_millisecond)
{
	struct slicing s = slicing(WINDOW_HOP, 60, 5, 2);

	EXPECT_EQ(slicing_closed(&s, 7 * S - 1000), 7 * S);
	EXPECT_EQ(slicing_closed(&s, 7 * S - 1001), 2 * S);
	EXPECT_EQ(slicing_closed(&s, -S), -3 * S);
	EXPECT_EQ(slicing_closed(&s, TIME_NONE), TIME_NONE);
	EXPECT_EQ(slicing_closed(&s, TIME_END), TIME_END);
}

/* Everywhere around both changes of a year: an end is closed from the instant
 * on at which the wall clock never reads less again. */
TEST(windows_close_when_the_wall_clock_will_not_go_back_behind_them)
{
	const struct plan_window w = { .kind = WINDOW_HOP, .is_ltz = true,
				       .size_us = US_PER_HOUR,
				       .slide_us = 15 * US_PER_MINUTE };
	const int64_t changes[] = { INT64_C(1743296400) * S,
				    INT64_C(1761440400) * S };
	struct slicing s;

	slicing_init(&s, &w, zone_get("Europe/Berlin"));
	for (unsigned c = 0; c < 2; c++) {
		int64_t from = changes[c] - 5 * US_PER_HOUR;
		int64_t until = changes[c] + 5 * US_PER_HOUR;
		int64_t last = TIME_NONE;

		for (int64_t t = from; t < until; t += 5 * US_PER_MINUTE) {
			int64_t end = slicing_pane(&s, slicing_wall(&s, t));
			int64_t close = slicing_close_utc(&s, end);

			for (int64_t u = close; u < until; u += US_PER_MINUTE)
				EXPECT(slicing_wall(&s, u) >= end);
			EXPECT(slicing_wall(&s, close - 1) < end);
			EXPECT(slicing_closed(&s, t) >= last);
			last = slicing_closed(&s, t);
			EXPECT(wm_closes(t, slicing_close_utc(&s, last)));
			EXPECT(!wm_closes(t, slicing_close_utc(
						&s, last + s.width_us)) ||
			       slicing_close_utc(&s, last + s.width_us) ==
				       slicing_close_utc(&s, last));
		}
	}
}

TEST(walls_of_many_rows_are_those_of_each)
{
	const struct plan_window w = { .kind = WINDOW_TUMBLE, .is_ltz = true,
				       .size_us = US_PER_HOUR,
				       .slide_us = US_PER_HOUR };
	const int64_t change = INT64_C(1761440400) * S;
	int64_t time[100], wall[100];
	uint32_t row[100];
	struct slicing s;

	slicing_init(&s, &w, zone_get("Europe/Berlin"));
	for (int64_t step = 1; step <= 100; step *= 10) {
		for (uint32_t i = 0; i < 100; i++) {
			row[i] = 99 - i;
			time[i] = change + ((int64_t)i - 50) * step *
						   US_PER_HOUR;
		}
		slicing_walls(&s, time, row, 100, wall);
		for (uint32_t i = 0; i < 100; i++)
			EXPECT_EQ(wall[i], slicing_wall(&s, time[99 - i]));
	}
}
