/* SPDX-License-Identifier: Apache-2.0
 * base/time.c - days, months and years as arithmetic. The calendar begins in
 * March: leap days come last, and a month's first day is a straight line.
 */
#include "base/time.h"

#define YEAR_MAX 290000

int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t quotient = a / b;

	return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t
floor_mod(int64_t a, int64_t b)
{
	int64_t rest = a % b;

	return rest != 0 && (a < 0) != (b < 0) ? rest + b : rest;
}

int64_t
common_divisor(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

int64_t
days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t from_march = month > 2 ? month - 3 : month + 9;
	int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - 719468;
}

void
civil_from_days(int64_t days, struct civil *ret)
{
	int64_t since_march = days + 719468; /* of the year 0 */
	int64_t era = floor_div(since_march, 146097);
	unsigned day_of_era = (unsigned)(since_march - era * 146097);
	unsigned year_of_era = (day_of_era - day_of_era / 1460 +
				day_of_era / 36524 - day_of_era / 146096) /
			       365;
	unsigned day_of_year = day_of_era -
			       (365 * year_of_era + year_of_era / 4 -
				year_of_era / 100);
	unsigned from_march = (5 * day_of_year + 2) / 153;

	ret->day = day_of_year - (153 * from_march + 2) / 5 + 1;
	ret->month = from_march < 10 ? from_march + 3 : from_march - 9;
	ret->year = era * 400 + year_of_era + (ret->month <= 2);
}

void
civil_from_us(int64_t us, struct civil *ret)
{
	int64_t rest = floor_mod(us, US_PER_DAY);

	civil_from_days(floor_div(us, US_PER_DAY), ret);
	ret->hour = (unsigned)(rest / US_PER_HOUR);
	ret->minute = (unsigned)(rest / US_PER_MINUTE % 60);
	ret->second = (unsigned)(rest / US_PER_SECOND % 60);
	ret->micros = (unsigned)(rest % US_PER_SECOND);
}

int64_t
us_from_civil(const struct civil *c)
{
	return days_from_civil(c->year, c->month, c->day) * US_PER_DAY +
	       c->hour * US_PER_HOUR + c->minute * US_PER_MINUTE +
	       c->second * US_PER_SECOND + c->micros;
}

bool
year_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

void
us_week(int64_t year, unsigned day, unsigned weekday, int64_t *ret_year,
	unsigned *ret_week)
{
	unsigned first = (weekday + 371 - day) % 7; /* January 1 */
	unsigned days = year_is_leap(year) ? 366 : 365;

	*ret_year = year;
	*ret_week = (day + first) / 7 + 1;
	if (day + (6 - weekday) >= days) { /* its Saturday */
		*ret_year = year + 1;
		*ret_week = 1;
	}
}

unsigned
days_in_month(int64_t year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30,
					      31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && year_is_leap(year));
}

int64_t
us_add_months(int64_t us, int64_t months)
{
	struct civil c;
	int64_t total;
	unsigned last;

	civil_from_us(us, &c);
	/* Any interval is accepted; no result leaves the calendar. */
	if (months > 24 * YEAR_MAX)
		months = 24 * YEAR_MAX;
	else if (months < -24 * YEAR_MAX)
		months = -24 * YEAR_MAX;
	total = c.year * 12 + (c.month - 1) + months;
	c.year = floor_div(total, 12);
	c.month = (unsigned)floor_mod(total, 12) + 1;
	if (c.year > YEAR_MAX)
		c.year = YEAR_MAX;
	else if (c.year < -YEAR_MAX)
		c.year = -YEAR_MAX;
	last = days_in_month(c.year, c.month);
	if (c.day > last)
		c.day = last;
	return us_from_civil(&c);
}
