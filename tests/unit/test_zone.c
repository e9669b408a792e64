/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_zone.c - local clocks: hours that do not exist, hours that
 * come twice, years for which the zone file has only a rule.
 */
#include "base/check.h"
#include "base/time.h"
#include "base/zone.h"
#include "tests/unit/test.h"

#define HOUR US_PER_HOUR
#define MINUTE US_PER_MINUTE

static int64_t
at(const char *text)
{
	int64_t us;

	if (!us_parse_strict(text, strlen(text), ' ', false, &us))
		FAIL("\"%s\" is no instant", text);
	return us;
}

static int64_t
offset(const char *zone, const char *utc)
{
	const struct zone *z = zone_get(zone);

	if (!z)
		FAIL("no zone %s", zone);
	return zone_offset_us(z, at(utc));
}

static void
expect_utc(const char *zone, const char *local, const char *want)
{
	const struct zone *z = zone_get(zone);
	char out[TIME_TEXT_MAX + 1];

	if (!z)
		FAIL("no zone %s", zone);
	out[us_format(zone_to_utc(z, at(local)), 0, ' ', out)] = '\0';
	EXPECT_STR(out, want);
}

TEST(berlin_changes_its_clocks_twice_a_year)
{
	EXPECT_EQ(offset("Europe/Berlin", "2026-03-29 00:59:59"), HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "2026-03-29 01:00:00"), 2 * HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "2026-10-25 00:59:59"), 2 * HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "2026-10-25 01:00:00"), HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "1945-06-01 00:00:00"), 3 * HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "1960-07-01 00:00:00"), HOUR);
	/* local mean time before there were zones: +0:53:28 */
	EXPECT_EQ(offset("Europe/Berlin", "1850-01-01 00:00:00"),
		  3208 * US_PER_SECOND);
}

TEST(an_hour_that_does_not_exist_is_read_with_the_offset_before)
{
	expect_utc("Europe/Berlin", "2026-03-29 01:59:59",
		   "2026-03-29 00:59:59");
	expect_utc("Europe/Berlin", "2026-03-29 02:00:00",
		   "2026-03-29 01:00:00");
	expect_utc("Europe/Berlin", "2026-03-29 02:30:00",
		   "2026-03-29 01:30:00");
	expect_utc("Europe/Berlin", "2026-03-29 03:00:00",
		   "2026-03-29 01:00:00");
}

TEST(an_hour_that_comes_twice_is_the_earlier_one)
{
	expect_utc("Europe/Berlin", "2026-10-25 01:59:59",
		   "2026-10-24 23:59:59");
	expect_utc("Europe/Berlin", "2026-10-25 02:30:00",
		   "2026-10-25 00:30:00");
	expect_utc("Europe/Berlin", "2026-10-25 02:59:59",
		   "2026-10-25 00:59:59");
	expect_utc("Europe/Berlin", "2026-10-25 03:00:00",
		   "2026-10-25 02:00:00");
}

TEST(behind_the_last_transition_the_rule_goes_on)
{
	EXPECT_EQ(offset("Europe/Berlin", "2100-07-01 00:00:00"), 2 * HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "2100-12-01 00:00:00"), HOUR);
	/* 2100-03-28 and 2100-10-31 are the last Sundays */
	EXPECT_EQ(offset("Europe/Berlin", "2100-03-28 00:59:59"), HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "2100-03-28 01:00:00"), 2 * HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "2100-10-31 00:59:59"), 2 * HOUR);
	EXPECT_EQ(offset("Europe/Berlin", "2100-10-31 01:00:00"), HOUR);
	EXPECT_EQ(offset("America/New_York", "2300-07-04 12:00:00"),
		  -4 * HOUR);
	EXPECT_EQ(offset("Australia/Sydney", "2300-01-01 12:00:00"),
		  11 * HOUR);
	EXPECT_EQ(offset("Australia/Sydney", "2300-07-01 12:00:00"),
		  10 * HOUR);
	/* winter time is the exception there, with an offset of its own */
	EXPECT_EQ(offset("Europe/Dublin", "2300-07-01 12:00:00"), HOUR);
	EXPECT_EQ(offset("Europe/Dublin", "2300-01-01 12:00:00"), 0);
}

TEST(zones_need_not_lie_on_the_hour)
{
	EXPECT_EQ(offset("Asia/Kolkata", "2026-01-02 00:00:00"),
		  5 * HOUR + 30 * MINUTE);
	expect_utc("Asia/Kolkata", "2026-01-02 00:00:00",
		   "2026-01-01 18:30:00");
	EXPECT_EQ(offset("Asia/Kathmandu", "2026-01-02 00:00:00"),
		  5 * HOUR + 45 * MINUTE);
	/* half an hour of summer time */
	EXPECT_EQ(offset("Australia/Lord_Howe", "2026-01-02 00:00:00"),
		  11 * HOUR);
	EXPECT_EQ(offset("Australia/Lord_Howe", "2026-07-02 00:00:00"),
		  10 * HOUR + 30 * MINUTE);
}

TEST(a_day_that_was_left_out_is_read_with_the_offset_before)
{
	/* Samoa crossed the date line: there was no 2011-12-30 */
	expect_utc("Pacific/Apia", "2011-12-29 23:59:59",
		   "2011-12-30 09:59:59");
	expect_utc("Pacific/Apia", "2011-12-30 12:00:00",
		   "2011-12-30 22:00:00");
	expect_utc("Pacific/Apia", "2011-12-31 00:00:00",
		   "2011-12-30 10:00:00");
}

TEST(fixed_offsets_are_zones)
{
	const struct zone *z = zone_get("+02:00");

	EXPECT(z);
	EXPECT_STR(zone_name(z), "+02:00");
	EXPECT_EQ(zone_offset_us(z, 0), 2 * HOUR);
	EXPECT_EQ(zone_to_utc(z, 0), -2 * HOUR);
	EXPECT_EQ(offset("-05:30", "2026-01-01 00:00:00"),
		  -5 * HOUR - 30 * MINUTE);
	EXPECT_EQ(offset("GMT+2", "2026-01-01 00:00:00"), 2 * HOUR);
	EXPECT_EQ(offset("UTC-08:00", "2026-01-01 00:00:00"), -8 * HOUR);
	EXPECT_EQ(offset("+18:00", "2026-01-01 00:00:00"), 18 * HOUR);
	EXPECT_EQ(offset("UTC", "2026-01-01 00:00:00"), 0);
	EXPECT_EQ(offset("Z", "2026-01-01 00:00:00"), 0);
}

TEST(a_zone_is_loaded_once)
{
	EXPECT(zone_get("Europe/Berlin") == zone_get("Europe/Berlin"));
	EXPECT(zone_get("UTC") == zone_get("UTC"));
}

TEST(names_that_are_no_zone_are_refused)
{
	static const char *const bad[] = {
		"", "Mars/Olympus", "../../../etc/passwd", "/etc/localtime",
		"Europe", "Europe/", "Europe/../UTC", "zone.tab",
		"tzdata.zi", "+19:00", "+2:60", "+", "+02:", "+02:00x",
		"GMT+", "utc ", "Europe/Berlin ",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (zone_get(bad[i]))
			FAIL("\"%s\" is a zone", bad[i]);
}

TEST(no_instant_and_the_end_of_time_are_the_same_everywhere)
{
	const struct zone *z = zone_get("America/New_York");

	EXPECT_EQ(zone_to_utc(z, TIME_NONE), TIME_NONE);
	EXPECT_EQ(zone_to_utc(z, TIME_END), TIME_END);
	EXPECT(zone_offset_us(z, TIME_NONE) < 0);
	EXPECT(zone_offset_us(z, TIME_END) < 0);
}

static bool
rule(const char *text, struct zone_rule *ret)
{
	return zone_rule_parse(text, strlen(text), ret);
}

TEST(rules_of_all_three_forms_are_read)
{
	struct zone_rule r;

	EXPECT(rule("<+0330>-3:30", &r));
	EXPECT(!r.has_daylight);
	EXPECT_EQ(r.standard, 12600);
	EXPECT(rule("IST-1GMT0,M10.5.0,M3.5.0/1", &r));
	EXPECT_EQ(r.standard, 3600);
	EXPECT_EQ(r.daylight, 0);
	EXPECT(rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", &r)); /* Nuuk */
	EXPECT_EQ(r.begin.second, -3600);
	/* day 60 of either count: 1 March without, 29 February with leap days */
	EXPECT(rule("AAA0BBB,J60/0,300/0", &r));
	EXPECT_EQ(zone_rule_offset(&r, days_from_civil(2024, 2, 29) * 86400),
		  0);
	EXPECT_EQ(zone_rule_offset(&r, days_from_civil(2024, 3, 1) * 86400),
		  3600);
	EXPECT(rule("AAA0BBB,59/0,300/0", &r));
	EXPECT_EQ(zone_rule_offset(&r, days_from_civil(2024, 2, 29) * 86400),
		  3600);
	EXPECT_EQ(zone_rule_offset(&r, days_from_civil(2023, 2, 28) * 86400),
		  0);
}

TEST(broken_rules_are_refused)
{
	static const char *const bad[] = {
		"", "CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365",
		"CET-1CEST,366,1", "CET-1CEST,M3.5.0,M10.5.0x", "<CET-1",
		"CET-200", "CET-1:60",
	};
	struct zone_rule r;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (rule(bad[i], &r))
			FAIL("\"%s\" is a rule", bad[i]);
}
