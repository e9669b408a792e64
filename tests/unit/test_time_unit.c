/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_time_unit.c - calendar units over the whole calendar: what
 * holds for each instant and each unit.
 */
#include "base/time.h"
#include "base/time_unit.h"
#include "tests/unit/test.h"

/* Instants of all kinds: around 1970, leap days, far away. */
static int64_t
instant(unsigned i)
{
	static const int64_t fixed[] = {
		0, -1, 1, INT64_C(951782400000000), -INT64_C(2208988800000000),
		INT64_C(253402300799999999), -INT64_C(62135596800000000),
		-INT64_C(62135596800000001), INT64_C(4102444800000000),
	};

	if (i < sizeof(fixed) / sizeof(fixed[0]))
		return fixed[i];
	return (int64_t)i * INT64_C(2654435761123457) % (400 * 365 * US_PER_DAY);
}

TEST(names_are_found_in_any_case)
{
	enum time_unit unit;

	for (unsigned u = 0; u < UNIT_COUNT; u++) {
		const char *name = time_unit_name((enum time_unit)u);

		EXPECT(time_unit_find(name, strlen(name), &unit));
		EXPECT_EQ(unit, u);
		EXPECT_STR(time_unit_names()[u], name);
	}
	EXPECT(time_unit_find("isoDow", 6, &unit));
	EXPECT_EQ(unit, UNIT_ISODOW);
	EXPECT(!time_unit_find("days", 4, &unit));
	EXPECT(!time_unit_find("", 0, &unit));
}

TEST(a_floor_is_the_last_beginning_and_a_ceiling_the_next)
{
	for (unsigned i = 0; i < 2000; i++) {
		int64_t us = instant(i);

		for (unsigned u = 0; u < UNIT_COUNT; u++) {
			enum time_unit unit = (enum time_unit)u;
			int64_t low, high;

			if (!time_unit_rounds(unit))
				continue;
			low = time_unit_floor(unit, us);
			high = time_unit_ceil(unit, us);
			EXPECT(low <= us && us <= high);
			EXPECT_EQ(time_unit_floor(unit, low), low);
			EXPECT_EQ(time_unit_ceil(unit, low), low);
			EXPECT_EQ(low == us, high == us);
			if (high > low) {
				EXPECT_EQ(time_unit_floor(unit, high), high);
				EXPECT_EQ(time_unit_floor(unit, high - 1), low);
			}
		}
	}
}

TEST(a_unit_does_not_change_between_its_beginnings)
{
	static const enum time_unit units[] = {
		UNIT_YEAR, UNIT_QUARTER, UNIT_MONTH, UNIT_DAY, UNIT_HOUR,
		UNIT_MINUTE, UNIT_SECOND, UNIT_DECADE, UNIT_CENTURY,
		UNIT_MILLENNIUM,
	};

	for (unsigned i = 0; i < 500; i++) {
		for (unsigned k = 0; k < 10; k++) {
			int64_t us = instant(i);
			int64_t low = time_unit_floor(units[k], us);
			int64_t last = time_unit_ceil(units[k], low + 1) - 1;
			int64_t v = time_unit_extract(units[k], us);

			if (k >= 7 && us < -INT64_C(62135596800000000))
				continue; /* no rule before the year 1 */
			EXPECT_EQ(time_unit_extract(units[k], low), v);
			EXPECT_EQ(time_unit_extract(units[k], last), v);
		}
	}
}

TEST(what_lies_between_two_instants_adds_up)
{
	for (unsigned i = 0; i < 300; i++) {
		int64_t from = instant(i), to = instant(i + 1), n;

		n = time_unit_between(UNIT_DAY, from, to);
		EXPECT_EQ(n, -time_unit_between(UNIT_DAY, to, from));
		EXPECT_EQ(n / 7, time_unit_between(UNIT_WEEK, from, to));
		if (from > to)
			continue;
		n = time_unit_between(UNIT_MONTH, from, to);
		EXPECT(us_add_months(from, n) <= to);
		EXPECT(us_add_months(from, n + 1) > to);
		EXPECT_EQ(n / 12, time_unit_between(UNIT_YEAR, from, to));
		EXPECT_EQ(n / 3, time_unit_between(UNIT_QUARTER, from, to));
	}
}
