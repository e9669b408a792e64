/* SPDX-License-Identifier: Apache-2.0
 * base/time_text.c - instants as text and back. The strict and the lenient
 * forms are those of Flink's formatters, which are java.time's.
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"

#define YEAR_MAX 290000
#define MS_PER_DAY (US_PER_DAY / US_PER_MS)

static char *
put_padded(char *out, uint64_t v, int width)
{
	char text[20];
	int n = 0;

	for (; v > 0 || n < width; v /= 10)
		text[n++] = (char)('0' + v % 10);
	while (n > 0)
		*out++ = text[--n];
	return out;
}

static char *
put_date(char *out, const struct civil *c)
{
	if (c->year < 0)
		*out++ = '-';
	out = put_padded(out, (uint64_t)(c->year < 0 ? -c->year : c->year), 4);
	*out++ = '-';
	out = put_padded(out, c->month, 2);
	*out++ = '-';
	return put_padded(out, c->day, 2);
}

static char *
put_time(char *out, const struct civil *c)
{
	out = put_padded(out, c->hour, 2);
	*out++ = ':';
	out = put_padded(out, c->minute, 2);
	*out++ = ':';
	return put_padded(out, c->second, 2);
}

static char *
put_fraction(char *out, unsigned micros, unsigned digits)
{
	CHECK(digits <= 6);
	if (digits == 0)
		return out;
	for (unsigned cut = digits; cut < 6; cut++)
		micros /= 10;
	*out++ = '.';
	return put_padded(out, micros, (int)digits);
}

static size_t
text_end(const char *out, char *end)
{
	*end = '\0';
	return (size_t)(end - out);
}

size_t
us_format(int64_t us, unsigned digits, char sep, char out[TIME_TEXT_MAX])
{
	struct civil c;
	char *p;

	civil_from_us(us, &c);
	p = put_date(out, &c);
	*p++ = sep;
	p = put_fraction(put_time(p, &c), c.micros, digits);
	return text_end(out, p);
}

size_t
us_format_short(int64_t us, char sep, char out[TIME_TEXT_MAX])
{
	unsigned micros = (unsigned)floor_mod(us, US_PER_SECOND);
	unsigned digits = micros ? 6 : 0;

	for (; micros && micros % 10 == 0; micros /= 10)
		digits--;
	return us_format(us, digits, sep, out);
}

size_t
us_format_iso(int64_t us, char out[TIME_TEXT_MAX])
{
	size_t n = us_format(us, 3, 'T', out);

	out[n] = 'Z';
	out[n + 1] = '\0';
	return n + 1;
}

size_t
date_format(int64_t days, char out[TIME_TEXT_MAX])
{
	struct civil c;

	civil_from_days(days, &c);
	return text_end(out, put_date(out, &c));
}

size_t
time_format(int64_t ms, unsigned digits, char out[TIME_TEXT_MAX])
{
	struct civil c;
	char *p;

	civil_from_us(floor_mod(ms, MS_PER_DAY) * US_PER_MS, &c);
	p = put_fraction(put_time(out, &c), c.micros, digits);
	return text_end(out, p);
}

/* What is left to read. The readers below move it only when they succeed. */
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

static void
skip_blanks(struct text *t)
{
	while (t->p < t->end && (unsigned char)*t->p <= ' ')
		t->p++;
}

static void
trim(struct text *t)
{
	skip_blanks(t);
	while (t->p < t->end && (unsigned char)t->end[-1] <= ' ')
		t->end--;
}

/* As many digits as there are, but `most` at most; false when they are fewer
 * than `least`. */
static bool
take_number(struct text *t, unsigned least, unsigned most, unsigned *ret)
{
	const char *p = t->p;
	unsigned v = 0;

	while (p < t->end && *p >= '0' && *p <= '9' && p - t->p < most)
		v = v * 10 + (unsigned)(*p++ - '0');
	if (p - t->p < least)
		return false;
	t->p = p;
	*ret = v;
	return true;
}

/* java.time's year: four digits, more only behind a sign. */
static bool
take_year(struct text *t, int64_t *ret)
{
	bool negative = take(t, '-');
	bool sign = negative || take(t, '+');
	const char *p = t->p;
	unsigned year;

	if (!take_number(t, 4, sign ? 6 : 4, &year) || year > YEAR_MAX)
		return false;
	if (sign && !negative && t->p - p == 4)
		return false; /* a + says that there are more than four */
	*ret = negative ? -(int64_t)year : (int64_t)year;
	return true;
}

/* Each field has `least` to 2 digits. */
static bool
take_date(struct text *t, unsigned least, struct civil *c)
{
	return take_year(t, &c->year) && take(t, '-') &&
	       take_number(t, least, 2, &c->month) && take(t, '-') &&
	       take_number(t, least, 2, &c->day);
}

/* [.f{0,9}]: nanoseconds are cut to microseconds. */
static void
take_fraction(struct text *t, struct civil *c)
{
	const char *p;
	unsigned nanos;

	if (!take(t, '.'))
		return;
	p = t->p;
	if (!take_number(t, 1, 9, &nanos))
		return;
	for (ptrdiff_t digits = t->p - p; digits < 9; digits++)
		nanos *= 10;
	c->micros = nanos / 1000;
}

static bool
take_time(struct text *t, unsigned least, struct civil *c)
{
	if (!take_number(t, least, 2, &c->hour) || !take(t, ':') ||
	    !take_number(t, least, 2, &c->minute) || !take(t, ':') ||
	    !take_number(t, least, 2, &c->second))
		return false;
	take_fraction(t, c);
	return true;
}

static bool
date_is_valid(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= days_in_month(c->year, c->month);
}

/* java.time's SMART style: 02-30 is the last of February. */
static void
clamp_day(struct civil *c)
{
	unsigned last;

	if (c->month < 1 || c->month > 12 || c->day > 31)
		return; /* not valid either way */
	last = days_in_month(c->year, c->month);
	if (c->day > last)
		c->day = last;
}

static bool
time_is_valid(const struct civil *c)
{
	return c->hour <= 23 && c->minute <= 59 && c->second <= 59;
}

static bool
is_midnight_24(const struct civil *c)
{
	return c->hour == 24 && c->minute == 0 && c->second == 0 &&
	       c->micros == 0;
}

static bool
finish_instant(struct civil *c, bool smart, int64_t *ret_us)
{
	if (smart)
		clamp_day(c);
	if (!date_is_valid(c))
		return false;
	if (!time_is_valid(c) && !(smart && is_midnight_24(c)))
		return false;
	*ret_us = us_from_civil(c); /* 24:00 is the next day's 00:00 */
	return true;
}

/* Of the four formatters behind this, one is java.time's own and strict: that
 * of ISO-8601 without zone. Both of ISO-8601 may leave the seconds out. */
bool
us_parse_strict(const char *text, size_t n, char sep, bool with_z,
		int64_t *ret_us)
{
	struct text t = { text, text + n };
	struct civil c = { 0 };
	bool iso = sep == 'T';

	if (!take_date(&t, 2, &c) || !take(&t, sep))
		return false;
	if (!take_number(&t, 2, 2, &c.hour) || !take(&t, ':') ||
	    !take_number(&t, 2, 2, &c.minute))
		return false;
	if (take(&t, ':')) {
		if (!take_number(&t, 2, 2, &c.second))
			return false;
		take_fraction(&t, &c);
	} else if (!iso) {
		return false;
	}
	if (with_z && !take(&t, 'Z'))
		return false;
	return t.p == t.end && finish_instant(&c, !iso || with_z, ret_us);
}

bool
us_parse_lenient(const char *text, size_t n, int64_t *ret_us)
{
	struct text t = { text, text + n };
	struct civil c = { 0 };

	if (!take_date(&t, 1, &c) || c.year < 1)
		return false;
	if (take(&t, ' ') && !take_time(&t, 1, &c))
		return false;
	return t.p == t.end && finish_instant(&c, true, ret_us);
}

bool
us_parse_sql(const char *text, size_t n, int64_t *ret_us)
{
	struct text t = { text, text + n };
	struct civil c = { 0 };
	unsigned year;

	trim(&t);
	if (!take_number(&t, 4, 4, &year) || !take(&t, '-') ||
	    !take_number(&t, 1, 2, &c.month) || !take(&t, '-') ||
	    !take_number(&t, 1, 2, &c.day) || c.month < 1 || c.month > 12 ||
	    c.day < 1 || c.day > 31)
		return false;
	if (take(&t, ' ')) {
		if (!take_number(&t, 1, 6, &c.hour) || !take(&t, ':') ||
		    !take_number(&t, 1, 6, &c.minute) || !take(&t, ':') ||
		    !take_number(&t, 1, 6, &c.second))
			return false;
		take_fraction(&t, &c);
	}
	if (t.p != t.end)
		return false;
	*ret_us = (days_from_civil(year, c.month, 1) + c.day - 1) * US_PER_DAY +
		  c.hour * US_PER_HOUR + c.minute * US_PER_MINUTE +
		  c.second * US_PER_SECOND + c.micros;
	return true;
}

bool
date_parse_strict(const char *text, size_t n, int64_t *ret_days)
{
	struct text t = { text, text + n };
	struct civil c = { 0 };

	if (!take_date(&t, 2, &c) || t.p != t.end || !date_is_valid(&c))
		return false;
	*ret_days = days_from_civil(c.year, c.month, c.day);
	return true;
}

bool
date_parse_lenient(const char *text, size_t n, int64_t *ret_days)
{
	struct text t = { text, text + n };
	struct civil c = { .month = 1, .day = 1 };
	unsigned year;

	trim(&t);
	if (!take_number(&t, 1, 4, &year))
		return false;
	c.year = year;
	if (take(&t, '-') && !take_number(&t, 1, 2, &c.month))
		return false;
	if (take(&t, '-') && !take_number(&t, 1, 2, &c.day))
		return false;
	/* A time of day behind the date is not looked at. */
	if ((t.p != t.end && *t.p != ' ') || !date_is_valid(&c))
		return false;
	*ret_days = days_from_civil(c.year, c.month, c.day);
	return true;
}

static bool
finish_time(const struct text *t, const struct civil *c, int64_t *ret_ms)
{
	if (t->p != t->end || !time_is_valid(c))
		return false;
	*ret_ms = ((c->hour * 60 + c->minute) * 60 + c->second) * 1000 +
		  c->micros / 1000;
	return true;
}

bool
time_parse_strict(const char *text, size_t n, int64_t *ret_ms)
{
	struct text t = { text, text + n };
	struct civil c = { 0 };

	if (!take_time(&t, 2, &c))
		return false;
	if (is_midnight_24(&c))
		c.hour = 0;
	return finish_time(&t, &c, ret_ms);
}

bool
time_parse(const char *text, size_t n, int64_t *ret_ms)
{
	struct text t = { text, text + n };
	struct civil c = { 0 };

	trim(&t);
	if (!take_number(&t, 1, 2, &c.hour))
		return false;
	if (take(&t, ':') && !take_number(&t, 1, 2, &c.minute))
		return false;
	if (take(&t, ':')) {
		if (!take_number(&t, 1, 2, &c.second))
			return false;
		take_fraction(&t, &c);
	}
	return finish_time(&t, &c, ret_ms);
}
