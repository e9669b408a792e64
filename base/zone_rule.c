/* SPDX-License-Identifier: Apache-2.0
 * base/zone_rule.c - the yearly rules in the footer of a zone file: POSIX TZ
 * strings with the wider hours of RFC 8536, section 3.3.1.
 */
#include "base/time.h"
#include "base/zone.h"

#define SECONDS_PER_DAY 86400

struct text {
	const char *p;
	const char *end;
};

static bool
take(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* CET or <+0330>: nobody asks for it. */
static bool
skip_name(struct text *t)
{
	const char *begin = t->p;

	if (take(t, '<')) {
		while (t->p < t->end && *t->p != '>')
			t->p++;
		return take(t, '>');
	}
	while (t->p < t->end && is_letter(*t->p))
		t->p++;
	return t->p - begin >= 3;
}

static bool
take_number(struct text *t, int least, int most, int *ret)
{
	const char *begin = t->p;
	int v = 0;

	while (t->p < t->end && *t->p >= '0' && *t->p <= '9' &&
	       t->p - begin < 3)
		v = v * 10 + (*t->p++ - '0');
	*ret = v;
	return t->p > begin && v >= least && v <= most;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
take_clock(struct text *t, int64_t *ret)
{
	bool negative = take(t, '-');
	int hour, minute = 0, second = 0;

	if (!negative)
		take(t, '+');
	if (!take_number(t, 0, 167, &hour))
		return false;
	if (take(t, ':')) {
		if (!take_number(t, 0, 59, &minute))
			return false;
		if (take(t, ':') && !take_number(t, 0, 59, &second))
			return false;
	}
	*ret = ((int64_t)hour * 60 + minute) * 60 + second;
	if (negative)
		*ret = -*ret;
	return true;
}

static bool
take_day(struct text *t, struct zone_day *ret)
{
	*ret = (struct zone_day){ .second = 2 * 3600 };
	if (!take(t, ','))
		return false;
	if (take(t, 'M')) {
		ret->form = ZONE_MONTH_WEEK;
		if (!take_number(t, 1, 12, &ret->month) || !take(t, '.') ||
		    !take_number(t, 1, 5, &ret->week) || !take(t, '.') ||
		    !take_number(t, 0, 6, &ret->weekday))
			return false;
	} else if (take(t, 'J')) {
		ret->form = ZONE_JULIAN;
		if (!take_number(t, 1, 365, &ret->day))
			return false;
	} else {
		ret->form = ZONE_DAY_OF_YEAR;
		if (!take_number(t, 0, 365, &ret->day))
			return false;
	}
	return !take(t, '/') || take_clock(t, &ret->second);
}

bool
zone_rule_parse(const char *text, size_t n, struct zone_rule *ret)
{
	struct text t = { text, text + n };
	struct zone_rule rule = { 0 };

	if (!skip_name(&t) || !take_clock(&t, &rule.standard))
		return false;
	rule.standard = -rule.standard; /* POSIX counts to the west */
	if (t.p < t.end) {
		rule.has_daylight = true;
		rule.daylight = rule.standard + 3600;
		if (!skip_name(&t))
			return false;
		if (t.p < t.end && *t.p != ',') {
			if (!take_clock(&t, &rule.daylight))
				return false;
			rule.daylight = -rule.daylight;
		}
		if (!take_day(&t, &rule.begin) || !take_day(&t, &rule.end))
			return false;
	}
	if (t.p != t.end)
		return false;
	*ret = rule;
	return true;
}

static int64_t
month_week_day(int64_t year, const struct zone_day *d)
{
	unsigned month = (unsigned)d->month;
	int64_t first = days_from_civil(year, month, 1);
	/* 1970-01-01 was a Thursday */
	int64_t day = floor_mod(d->weekday - (first + 4), 7) +
		      7 * (d->week - 1);

	/* the fifth is the last */
	while (day >= days_in_month(year, month))
		day -= 7;
	return first + day;
}

/* Seconds since 1970 of the day's moment in a year, on the local clock. */
static int64_t
day_second(int64_t year, const struct zone_day *d)
{
	int64_t days = days_from_civil(year, 1, 1);

	switch (d->form) {
	case ZONE_MONTH_WEEK:
		days = month_week_day(year, d);
		break;
	case ZONE_JULIAN: /* February 29 is never counted */
		days += d->day - 1 + (d->day >= 60 && year_is_leap(year));
		break;
	case ZONE_DAY_OF_YEAR:
		days += d->day;
		break;
	}
	return days * SECONDS_PER_DAY + d->second;
}

int64_t
zone_rule_offset(const struct zone_rule *rule, int64_t utc_second)
{
	struct civil c;
	int64_t begin, end;
	bool daylight;

	if (!rule->has_daylight)
		return rule->standard;
	civil_from_days(floor_div(utc_second + rule->standard,
				  SECONDS_PER_DAY), &c);
	begin = day_second(c.year, &rule->begin) - rule->standard;
	end = day_second(c.year, &rule->end) - rule->daylight;
	if (begin < end) /* north of the equator */
		daylight = utc_second >= begin && utc_second < end;
	else
		daylight = utc_second >= begin || utc_second < end;
	return daylight ? rule->daylight : rule->standard;
}
