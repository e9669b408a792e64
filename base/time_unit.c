/* SPDX-License-Identifier: Apache-2.0
 * base/time_unit.c - calendar units: taken out of an instant, rounded to, and
 * counted between two.
 */
#include "base/time_unit.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/time.h"

static const char *const names[UNIT_COUNT] = {
	"MILLENNIUM", "CENTURY", "DECADE", "ISOYEAR", "YEAR", "QUARTER",
	"MONTH", "WEEK", "ISODOW", "DOW", "DOY", "DAY", "HOUR", "MINUTE",
	"SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND", "EPOCH",
};

bool
time_unit_find(const char *text, size_t n, enum time_unit *ret)
{
	for (unsigned i = 0; i < UNIT_COUNT; i++) {
		if (strlen(names[i]) == n &&
		    strncasecmp(names[i], text, n) == 0) {
			*ret = (enum time_unit)i;
			return true;
		}
	}
	return false;
}

const char *
time_unit_name(enum time_unit unit)
{
	CHECK(unit < UNIT_COUNT);
	return names[unit];
}

const char *const *
time_unit_names(void)
{
	return names;
}

/* ---- taking out ---- */

/* Sunday 0; 1970-01-01 was a Thursday. */
static int64_t
weekday_of(int64_t days)
{
	return floor_mod(days + 4, 7);
}

/* The week of ISO 8601 is the year's in which its Thursday lies. */
static void
iso_week(int64_t days, int64_t *ret_year, int64_t *ret_week)
{
	int64_t thursday = days + 3 - floor_mod(days + 3, 7);
	struct civil c;

	civil_from_days(thursday, &c);
	*ret_year = c.year;
	*ret_week = (thursday - days_from_civil(c.year, 1, 1)) / 7 + 1;
}

/* There was no year 0 to the left of the first century. */
static int64_t
count_of_years(int64_t year, int64_t years)
{
	return year > 0 ? (year + years - 1) / years
			: (year - years + 1) / years;
}

static int64_t
extract_date(enum time_unit unit, int64_t days)
{
	int64_t year, week;
	struct civil c;

	civil_from_days(days, &c);
	iso_week(days, &year, &week);
	switch (unit) {
	case UNIT_MILLENNIUM:
		return count_of_years(c.year, 1000);
	case UNIT_CENTURY:
		return count_of_years(c.year, 100);
	case UNIT_DECADE:
		return c.year / 10;
	case UNIT_ISOYEAR:
		return year;
	case UNIT_YEAR:
		return c.year;
	case UNIT_QUARTER:
		return (c.month + 2) / 3;
	case UNIT_MONTH:
		return c.month;
	case UNIT_WEEK:
		return week;
	case UNIT_ISODOW:
		return floor_mod(days + 3, 7) + 1;
	case UNIT_DOW:
		return weekday_of(days) + 1;
	case UNIT_DOY:
		return days - days_from_civil(c.year, 1, 1) + 1;
	default:
		return c.day;
	}
}

int64_t
time_unit_extract(enum time_unit unit, int64_t us)
{
	switch (unit) {
	case UNIT_HOUR:
		return floor_mod(us, US_PER_DAY) / US_PER_HOUR;
	case UNIT_MINUTE:
		return floor_mod(us, US_PER_HOUR) / US_PER_MINUTE;
	case UNIT_SECOND:
		return floor_mod(us, US_PER_MINUTE) / US_PER_SECOND;
	case UNIT_MILLISECOND:
		return floor_mod(us, US_PER_SECOND) / US_PER_MS;
	case UNIT_MICROSECOND:
		return floor_mod(us, US_PER_SECOND);
	case UNIT_NANOSECOND:
		return floor_mod(us, US_PER_SECOND) * 1000;
	case UNIT_EPOCH:
		return floor_div(us, US_PER_SECOND);
	default:
		return extract_date(unit, floor_div(us, US_PER_DAY));
	}
}

/* ---- rounding ---- */

/* Of a unit of fixed length; 0: the calendar decides. */
static int64_t
length_us(enum time_unit unit)
{
	switch (unit) {
	case UNIT_WEEK:
		return 7 * US_PER_DAY;
	case UNIT_DAY:
		return US_PER_DAY;
	case UNIT_HOUR:
		return US_PER_HOUR;
	case UNIT_MINUTE:
		return US_PER_MINUTE;
	case UNIT_SECOND:
		return US_PER_SECOND;
	case UNIT_MILLISECOND:
		return US_PER_MS;
	default:
		return 0;
	}
}

static int64_t
length_months(enum time_unit unit)
{
	switch (unit) {
	case UNIT_MILLENNIUM:
		return 12000;
	case UNIT_CENTURY:
		return 1200;
	case UNIT_DECADE:
		return 120;
	case UNIT_YEAR:
		return 12;
	case UNIT_QUARTER:
		return 3;
	case UNIT_MONTH:
		return 1;
	default:
		return 0;
	}
}

bool
time_unit_rounds(enum time_unit unit)
{
	return length_us(unit) || length_months(unit);
}

/* Months of year 0 on; centuries begin with the year 1, decades with 0. */
static int64_t
floor_months(enum time_unit unit, int64_t us)
{
	bool from_one = unit == UNIT_CENTURY || unit == UNIT_MILLENNIUM;
	int64_t length = length_months(unit), first = from_one ? 12 : 0, total;
	struct civil c;

	civil_from_us(us, &c);
	total = c.year * 12 + c.month - 1 - first;
	total = total - floor_mod(total, length) + first;
	return days_from_civil(floor_div(total, 12),
			       (unsigned)floor_mod(total, 12) + 1, 1) *
	       US_PER_DAY;
}

int64_t
time_unit_floor(enum time_unit unit, int64_t us)
{
	/* the Sunday before 1970-01-01 */
	int64_t phase = unit == UNIT_WEEK ? 4 * US_PER_DAY : 0;
	int64_t length = length_us(unit);

	CHECK(time_unit_rounds(unit));
	if (length == 0)
		return floor_months(unit, us);
	return us - floor_mod(us + phase, length);
}

int64_t
time_unit_ceil(enum time_unit unit, int64_t us)
{
	int64_t below = time_unit_floor(unit, us);

	if (below == us)
		return us;
	if (length_us(unit))
		return below + length_us(unit);
	return us_add_months(below, length_months(unit));
}

/* ---- counting ---- */

bool
time_unit_counts(enum time_unit unit)
{
	return unit == UNIT_YEAR || unit == UNIT_QUARTER ||
	       unit == UNIT_MONTH || unit == UNIT_WEEK ||
	       (unit >= UNIT_DAY && unit <= UNIT_SECOND);
}

static int64_t
days_add_months(int64_t days, int64_t months)
{
	return floor_div(us_add_months(days * US_PER_DAY, months),
			 US_PER_DAY);
}

/* The largest n for which early + n months, its day clamped to the month's
 * last, is not behind late. */
static int64_t
months_of_days(int64_t early, int64_t late)
{
	struct civil a, b;
	int64_t n;

	civil_from_days(early, &a);
	civil_from_days(late, &b);
	n = (b.year - a.year) * 12 + (int64_t)b.month - (int64_t)a.month - 1;
	if (n < 0)
		n = 0;
	while (days_add_months(early, n) < late &&
	       days_add_months(early, n + 1) <= late)
		n++;
	return n;
}

/* As Flink counts (Avatica's subtractMonths): by days first; on the last of
 * them the time of day decides, whatever the sign is. */
static int64_t
months_between(int64_t from_us, int64_t to_us)
{
	int64_t from = floor_div(from_us, US_PER_DAY);
	int64_t to = floor_div(to_us, US_PER_DAY);
	int64_t n = to < from ? -months_of_days(to, from)
			      : months_of_days(from, to);

	if (days_add_months(from, n) == to &&
	    floor_mod(to_us, US_PER_DAY) < floor_mod(from_us, US_PER_DAY))
		n--;
	return n;
}

int64_t
time_unit_between(enum time_unit unit, int64_t from_us, int64_t to_us)
{
	CHECK(time_unit_counts(unit));
	if (length_us(unit)) /* of milliseconds: finer parts do not count */
		return (floor_div(to_us, US_PER_MS) -
			floor_div(from_us, US_PER_MS)) /
		       (length_us(unit) / US_PER_MS);
	return months_between(from_us, to_us) / length_months(unit);
}
