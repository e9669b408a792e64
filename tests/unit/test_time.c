/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_time.c - the calendar on both sides of 1970, and the texts
 * of instants. What is accepted was tried with java.time's formatters, built
 * as Flink builds them.
 */
#include "base/check.h"
#include "base/time.h"
#include "tests/unit/test.h"

#define DAY(y, m, d) days_from_civil(y, m, d)

/* "2026-01-02 03:04:05" in microseconds */
static int64_t
at(const char *text)
{
	int64_t us;

	if (!us_parse_strict(text, strlen(text), ' ', false, &us))
		FAIL("\"%s\" is no instant", text);
	return us;
}

static void
expect_at(int64_t us, const char *want)
{
	char out[TIME_TEXT_MAX + 1];

	out[us_format(us, 6, ' ', out)] = '\0';
	EXPECT_STR(out, want);
}

TEST(division_rounds_down_before_zero_too)
{
	EXPECT_EQ(floor_div(7, 2), 3);
	EXPECT_EQ(floor_div(-7, 2), -4);
	EXPECT_EQ(floor_div(7, -2), -4);
	EXPECT_EQ(floor_div(-7, -2), 3);
	EXPECT_EQ(floor_div(-6, 2), -3);
	EXPECT_EQ(floor_div(INT64_MIN, US_PER_DAY), -106751992);
	EXPECT_EQ(floor_mod(7, 5), 2);
	EXPECT_EQ(floor_mod(-7, 5), 3);
	EXPECT_EQ(floor_mod(-5, 5), 0);
	EXPECT_EQ(common_divisor(12, 18), 6);
	EXPECT_EQ(common_divisor(7, 0), 7);
	EXPECT_EQ(common_divisor(1, 1000000), 1);
}

TEST(the_calendar_counts_every_day_once)
{
	int64_t days = DAY(1583, 1, 1);

	for (int64_t year = 1583; year <= 2420; year++)
		for (unsigned month = 1; month <= 12; month++)
			for (unsigned day = 1;
			     day <= days_in_month(year, month); day++) {
				struct civil c;

				civil_from_days(days, &c);
				if (c.year != year || c.month != month ||
				    c.day != day ||
				    DAY(year, month, day) != days)
					FAIL("day %" PRId64, days);
				days++;
			}
	EXPECT_EQ(DAY(1970, 1, 1), 0);
	EXPECT_EQ(DAY(1969, 12, 31), -1);
	EXPECT_EQ(DAY(2000, 3, 1), 11017);
	EXPECT_EQ(DAY(0, 3, 1), -719468);
}

TEST(leap_years_follow_gregory)
{
	EXPECT(year_is_leap(2024));
	EXPECT(!year_is_leap(2026));
	EXPECT(!year_is_leap(1900));
	EXPECT(year_is_leap(2000));
	EXPECT(year_is_leap(0));
	EXPECT(year_is_leap(-4));
	EXPECT_EQ(days_in_month(2024, 2), 29);
	EXPECT_EQ(days_in_month(2100, 2), 28);
	EXPECT_EQ(days_in_month(2026, 12), 31);
}

TEST(instants_before_1970_have_positive_parts)
{
	struct civil c;

	civil_from_us(-1, &c);
	EXPECT_EQ(c.year, 1969);
	EXPECT_EQ(c.month, 12);
	EXPECT_EQ(c.day, 31);
	EXPECT_EQ(c.hour, 23);
	EXPECT_EQ(c.minute, 59);
	EXPECT_EQ(c.second, 59);
	EXPECT_EQ(c.micros, 999999);
	EXPECT_EQ(us_from_civil(&c), -1);
	expect_at(-1500000, "1969-12-31 23:59:58.500000");
}

TEST(the_first_and_last_instants_can_be_taken_apart)
{
	struct civil c;

	civil_from_us(TIME_END, &c);
	EXPECT_EQ(c.year, 294247);
	EXPECT_EQ(us_from_civil(&c), TIME_END);
	civil_from_us(TIME_NONE, &c);
	EXPECT_EQ(c.year, -290308);
	EXPECT_EQ(c.micros, 224192);
}

TEST(months_are_added_with_the_day_clamped)
{
	EXPECT_EQ(us_add_months(at("2026-01-31 10:00:00"), 1),
		  at("2026-02-28 10:00:00"));
	EXPECT_EQ(us_add_months(at("2024-01-31 10:00:00"), 1),
		  at("2024-02-29 10:00:00"));
	EXPECT_EQ(us_add_months(at("2024-02-29 00:00:00.5"), 12),
		  at("2025-02-28 00:00:00.5"));
	EXPECT_EQ(us_add_months(at("2026-03-31 00:00:00"), -1),
		  at("2026-02-28 00:00:00"));
	EXPECT_EQ(us_add_months(at("2026-01-15 00:00:00"), -13),
		  at("2024-12-15 00:00:00"));
	EXPECT_EQ(us_add_months(at("1969-12-31 23:59:59"), 2),
		  at("1970-02-28 23:59:59"));
	EXPECT_EQ(us_add_months(at("2026-05-31 00:00:00"), 0),
		  at("2026-05-31 00:00:00"));
}

TEST(no_interval_leads_out_of_the_calendar)
{
	struct civil c;

	civil_from_us(us_add_months(0, INT64_MAX), &c);
	EXPECT_EQ(c.year, 290000);
	civil_from_us(us_add_months(0, INT64_MIN), &c);
	EXPECT_EQ(c.year, -290000);
}

static void
expect_short(int64_t us, const char *want)
{
	char out[TIME_TEXT_MAX + 1];

	out[us_format_short(us, ' ', out)] = '\0';
	EXPECT_STR(out, want);
}

TEST(instants_are_written_in_all_their_forms)
{
	int64_t us = at("2026-01-02 03:04:05.12");
	char out[TIME_TEXT_MAX + 1];

	out[us_format(us, 3, ' ', out)] = '\0';
	EXPECT_STR(out, "2026-01-02 03:04:05.120");
	out[us_format(us, 0, 'T', out)] = '\0';
	EXPECT_STR(out, "2026-01-02T03:04:05");
	out[us_format(us + 999, 3, ' ', out)] = '\0';
	EXPECT_STR(out, "2026-01-02 03:04:05.120"); /* cut, not rounded */
	out[us_format_iso(us, out)] = '\0';
	EXPECT_STR(out, "2026-01-02T03:04:05.120Z");
	expect_short(us, "2026-01-02 03:04:05.12");
	expect_short(us + 1, "2026-01-02 03:04:05.120001");
	expect_short(at("2026-01-02 03:04:00"), "2026-01-02 03:04:00");
	expect_short(-1, "1969-12-31 23:59:59.999999");
}

TEST(dates_and_times_are_written)
{
	char out[TIME_TEXT_MAX + 1];

	out[date_format(DAY(2026, 1, 2), out)] = '\0';
	EXPECT_STR(out, "2026-01-02");
	out[date_format(DAY(-44, 3, 15), out)] = '\0';
	EXPECT_STR(out, "-0044-03-15");
	out[date_format(INT32_MAX, out)] = '\0';
	EXPECT_STR(out, "5881580-07-11");
	out[time_format(11045678, 0, out)] = '\0';
	EXPECT_STR(out, "03:04:05");
	out[time_format(11045678, 3, out)] = '\0';
	EXPECT_STR(out, "03:04:05.678");
	out[time_format(86400000 + 1000, 0, out)] = '\0';
	EXPECT_STR(out, "00:00:01");
	out[us_format(TIME_NONE, 6, ' ', out)] = '\0';
	EXPECT_STR(out, "-290308-12-21 19:59:05.224192");
}

/* The instant read, or "no". */
static const char *
strict(const char *text, char sep, bool with_z)
{
	static char out[TIME_TEXT_MAX + 1];
	int64_t us;

	if (!us_parse_strict(text, strlen(text), sep, with_z, &us))
		return "no";
	out[us_format_short(us, ' ', out)] = '\0';
	return out;
}

TEST(json_takes_these_timestamps)
{
	EXPECT_STR(strict("2026-01-02 03:04:05", ' ', false),
		   "2026-01-02 03:04:05");
	EXPECT_STR(strict("2026-01-02 03:04:05.123456789", ' ', false),
		   "2026-01-02 03:04:05.123456");
	EXPECT_STR(strict("2026-01-02 03:04:05.", ' ', false),
		   "2026-01-02 03:04:05");
	EXPECT_STR(strict("2026-01-02 03:04:05.5Z", ' ', true),
		   "2026-01-02 03:04:05.5");
	EXPECT_STR(strict("2026-01-02T03:04:05Z", 'T', true),
		   "2026-01-02 03:04:05");
	EXPECT_STR(strict("-0001-01-02 00:00:00", ' ', false),
		   "-0001-01-02 00:00:00");
	EXPECT_STR(strict("+12026-01-02 00:00:00", ' ', false),
		   "12026-01-02 00:00:00");
	/* java.time's smart style */
	EXPECT_STR(strict("2026-02-30 00:00:00", ' ', false),
		   "2026-02-28 00:00:00");
	EXPECT_STR(strict("2026-01-31 24:00:00", ' ', false),
		   "2026-02-01 00:00:00");
	EXPECT_STR(strict("2026-04-31T00:00:00Z", 'T', true),
		   "2026-04-30 00:00:00");
	/* ISO-8601 may leave the seconds out */
	EXPECT_STR(strict("2026-01-02T03:04", 'T', false),
		   "2026-01-02 03:04:00");
	EXPECT_STR(strict("2026-01-02T03:04Z", 'T', true),
		   "2026-01-02 03:04:00");
}

TEST(json_refuses_these_timestamps)
{
	static const char *const sql[] = {
		"", "2026-01-02", "2026-01-02T03:04:05",
		"2026-01-02 03:04:05Z", "2026-01-02 03:04:05+01:00",
		"2026-01-02 03:04", "2026-1-2 03:04:05", "2026-01-02 3:04:05",
		" 2026-01-02 03:04:05", "2026-01-02 03:04:05 ",
		"2026-01-02 03:04:05.1234567890", "2026-01-02 03:04:60",
		"2026-01-02 24:00:01", "2026-01-02 25:00:00",
		"2026-01-02 03:60:00", "2026-13-02 00:00:00",
		"2026-00-02 00:00:00", "2026-01-00 00:00:00",
		"2026-01-32 00:00:00", "1767323045", "12026-01-02 00:00:00",
		"+2026-01-02 00:00:00", "300000-01-01 00:00:00",
	};

	for (size_t i = 0; i < ARRAY_LEN(sql); i++)
		if (strcmp(strict(sql[i], ' ', false), "no") != 0)
			FAIL("\"%s\" was read", sql[i]);
	EXPECT_STR(strict("2026-01-02 03:04:05", ' ', true), "no");
	EXPECT_STR(strict("2026-01-02 03:04:05+01:00", ' ', true), "no");
	EXPECT_STR(strict("2026-01-02T03:04:05+01:00", 'T', true), "no");
	EXPECT_STR(strict("2026-01-02 03:04:05", 'T', false), "no");
	/* java.time's own formatter is strict */
	EXPECT_STR(strict("2026-02-30T00:00:00", 'T', false), "no");
	EXPECT_STR(strict("2026-01-31T24:00:00", 'T', false), "no");
}

static const char *
lenient(const char *text)
{
	static char out[TIME_TEXT_MAX + 1];
	int64_t us;

	if (!us_parse_lenient(text, strlen(text), &us))
		return "no";
	out[us_format_short(us, ' ', out)] = '\0';
	return out;
}

TEST(cast_takes_these_timestamps)
{
	EXPECT_STR(lenient("2026-01-02 03:04:05"), "2026-01-02 03:04:05");
	EXPECT_STR(lenient("2026-1-2 3:4:5"), "2026-01-02 03:04:05");
	EXPECT_STR(lenient("2026-01-02"), "2026-01-02 00:00:00");
	EXPECT_STR(lenient("2026-1-2 3:4:5.9999"), "2026-01-02 03:04:05.9999");
	EXPECT_STR(lenient("2026-01-02 03:04:05.999999999"),
		   "2026-01-02 03:04:05.999999");
	EXPECT_STR(lenient("2025-12-31 24:00:00"), "2026-01-01 00:00:00");
	EXPECT_STR(lenient("2026-02-30 00:00:00"), "2026-02-28 00:00:00");
	EXPECT_STR(lenient("2026-02-30"), "2026-02-28 00:00:00");
	EXPECT_STR(lenient("+12026-01-02"), "12026-01-02 00:00:00");
}

TEST(cast_refuses_these_timestamps)
{
	static const char *const bad[] = {
		"", "junk", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
		"2026-01-02 03:04:05+01:00", "2026-01-02 03:04",
		" 2026-01-02", "2026-01-02 ", "2026-01-02 03:04:05 ",
		"2026-01-02 03:04:05.1234567890", "1767323045", "2026-13-01",
		"2026-01-32", "2026-01-00", "0000-01-01", "-2026-01-02",
		"2026-01", "2026--02", "2026-123-01", "26-01-02",
		"2026-01-02 111:1:1", "2026-01-02 24:00:01",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (strcmp(lenient(bad[i]), "no") != 0)
			FAIL("\"%s\" was read as %s", bad[i], lenient(bad[i]));
}

/* -1: not a date */
static int64_t
date(const char *text, bool strictly)
{
	int64_t days = 0;
	bool ok = strictly ? date_parse_strict(text, strlen(text), &days)
			   : date_parse_lenient(text, strlen(text), &days);

	return ok ? days : -1;
}

TEST(cast_takes_parts_of_dates_and_json_does_not)
{
	EXPECT_EQ(date("2026-01-02", true), DAY(2026, 1, 2));
	EXPECT_EQ(date("2024-02-29", true), DAY(2024, 2, 29));
	EXPECT_EQ(date("2026-1-2", true), -1);
	EXPECT_EQ(date("2026-02-30", true), -1);
	EXPECT_EQ(date("2026-01-02 ", true), -1);
	EXPECT_EQ(date("20260102", true), -1);

	EXPECT_EQ(date("2026-01-02", false), DAY(2026, 1, 2));
	EXPECT_EQ(date("2026-1-2", false), DAY(2026, 1, 2));
	EXPECT_EQ(date(" 2026-01-02\t", false), DAY(2026, 1, 2));
	EXPECT_EQ(date("2026", false), DAY(2026, 1, 1));
	EXPECT_EQ(date("2026-05", false), DAY(2026, 5, 1));
	EXPECT_EQ(date("2026-01-02 03:04:05", false), DAY(2026, 1, 2));
	EXPECT_EQ(date("2026-13-02", false), -1);
	EXPECT_EQ(date("2026-02-30", false), -1);
	EXPECT_EQ(date("20260102", false), -1);
	EXPECT_EQ(date("2026-", false), -1);
	EXPECT_EQ(date("2026-01-02T03:04:05", false), -1);
	EXPECT_EQ(date("", false), -1);
}

static int64_t
time_of(const char *text, bool strictly)
{
	int64_t ms = 0;
	bool ok = strictly ? time_parse_strict(text, strlen(text), &ms)
			   : time_parse(text, strlen(text), &ms);

	return ok ? ms : -1;
}

TEST(cast_takes_parts_of_times_and_json_does_not)
{
	EXPECT_EQ(time_of("03:04:05", false), 11045000);
	EXPECT_EQ(time_of("03:04", false), 11040000);
	EXPECT_EQ(time_of("03", false), 10800000);
	EXPECT_EQ(time_of("03:04:05.678", false), 11045678);
	EXPECT_EQ(time_of(" 3:4:5 ", false), 11045000);
	EXPECT_EQ(time_of("23:59:59.9999", false), 86399999);
	EXPECT_EQ(time_of("25:00:00", false), -1);
	EXPECT_EQ(time_of("03:60", false), -1);
	EXPECT_EQ(time_of("", false), -1);
	EXPECT_EQ(time_of("03:04:05Z", false), -1);

	EXPECT_EQ(time_of("03:04:05", true), 11045000);
	EXPECT_EQ(time_of("03:04:05.678", true), 11045678);
	EXPECT_EQ(time_of("24:00:00", true), 0);
	EXPECT_EQ(time_of("03:04", true), -1);
	EXPECT_EQ(time_of("3:04:05", true), -1);
	EXPECT_EQ(time_of("03:04:05Z", true), -1);
	EXPECT_EQ(time_of(" 03:04:05", true), -1);
}

TEST(texts_end_with_a_nul)
{
	char out[TIME_TEXT_MAX];

	memset(out, 'x', sizeof(out));
	us_format(0, 0, ' ', out);
	EXPECT_STR(out, "1970-01-01 00:00:00");
	memset(out, 'x', sizeof(out));
	us_format_iso(0, out);
	EXPECT_STR(out, "1970-01-01T00:00:00.000Z");
	memset(out, 'x', sizeof(out));
	date_format(0, out);
	EXPECT_STR(out, "1970-01-01");
	memset(out, 'x', sizeof(out));
	time_format(0, 0, out);
	EXPECT_STR(out, "00:00:00");
}
