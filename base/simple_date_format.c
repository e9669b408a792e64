/* SPDX-License-Identifier: Apache-2.0
 * base/simple_date_format.c - dates written and read as SimpleDateFormat and
 * its lenient GregorianCalendar do, in English and with weeks of the US; on the
 * proleptic calendar, so before 1582-10-15 Java's dates are other ones.
 */
#include "base/simple_date_format.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"

#define YEARS_MAX 290000
/* Two digits are a year from here on; Java takes the 80 years before today. */
#define TWO_DIGITS_FROM 1946

struct item {
	char letter; /* 0: text */
	unsigned count;
	const char *text;
	size_t n;
};

struct simple_date_format {
	const char *problem;
	bool writes_only;
	unsigned n;
	struct item *items;
};

static const char *const months[] = {
	"January", "February", "March",	    "April",   "May",	   "June",
	"July",	   "August",   "September", "October", "November", "December",
};
static const char *const weekdays[] = {
	"Sunday",   "Monday", "Tuesday",  "Wednesday",
	"Thursday", "Friday", "Saturday",
};
static const char *const halves[] = { "AM", "PM" };
static const char *const eras[] = { "BC", "AD" };

/* ---- taking a pattern apart ---- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
add_text(struct simple_date_format *f, const char *text, size_t n)
{
	f->items[f->n++] = (struct item){ .text = text, .n = n };
}

/* 'text', in which '' is one quote; false: it does not end. */
static bool
add_quoted(struct simple_date_format *f, const char *pattern, size_t n,
	   size_t *at, struct arena *a)
{
	char *out = arena_bytes(a, n);
	size_t len = 0, i = *at + 1;

	if (i < n && pattern[i] == '\'') {
		*at = i + 1;
		add_text(f, "'", 1);
		return true;
	}
	for (; i < n; i++) {
		if (pattern[i] != '\'') {
			out[len++] = pattern[i];
		} else if (i + 1 < n && pattern[i + 1] == '\'') {
			out[len++] = '\'';
			i++;
		} else {
			*at = i + 1;
			add_text(f, out, len);
			return true;
		}
	}
	return false;
}

static void
add_field(struct simple_date_format *f, const char *pattern, size_t n,
	  size_t *at, struct arena *a)
{
	static const char known[] = "GyYMLwWDdFEuaHkKhmsSZX";
	static const char unread[] = "YwWFu";
	char c = pattern[*at];
	unsigned count = 0;

	while (*at < n && pattern[*at] == c) {
		count++;
		++*at;
	}
	if (!strchr(known, c))
		f->problem = arena_printf(a, "unknown letter '%c' in the "
					  "format '%.*s'", c, (int)n, pattern);
	else if (c == 'X' && count > 3)
		f->problem = arena_printf(a, "too many of the letter 'X' in "
					  "the format '%.*s'", (int)n, pattern);
	f->writes_only |= strchr(unread, c) != NULL;
	f->items[f->n++] = (struct item){ .letter = c, .count = count };
}

const struct simple_date_format *
simple_date_create(const char *pattern, size_t n, struct arena *a)
{
	struct simple_date_format *f = arena_new(a, struct simple_date_format);
	const char *copy = arena_strndup(a, pattern, n);
	size_t at = 0;

	f->items = arena_array(a, n, struct item); /* one a byte at most */
	while (at < n && !f->problem) {
		if (is_letter(copy[at])) {
			add_field(f, copy, n, &at, a);
		} else if (copy[at] == '\'') {
			if (!add_quoted(f, copy, n, &at, a))
				f->problem = arena_printf(
					a, "no end of text after ' in the "
					"format '%s'", copy);
		} else {
			add_text(f, copy + at++, 1);
		}
	}
	return f;
}

const char *
simple_date_problem(const struct simple_date_format *f)
{
	return f->problem;
}

bool
simple_date_writes_only(const struct simple_date_format *f)
{
	return f->writes_only;
}

/* ---- writing ---- */

struct moment {
	struct civil c;
	int64_t offset_us;
	unsigned day;     /* of the year, from 0 */
	unsigned weekday; /* Sunday 0 */
};

static void
put_number(struct buf *out, int64_t v, unsigned width)
{
	buf_printf(out, "%0*lld", (int)(width > 64 ? 64 : width),
		   (long long)v);
}

static void
put_name(struct buf *out, const char *name, unsigned count)
{
	buf_append(out, name, count >= 4 ? strlen(name) : 3);
}

/* Z: +0100; X, XX, XXX: +01, +0100, +01:00, and Z for none. */
static void
put_offset(struct buf *out, int64_t offset_us, char letter, unsigned count)
{
	int64_t minutes = (offset_us < 0 ? -offset_us : offset_us) /
			  US_PER_MINUTE;
	char sign = offset_us < 0 ? '-' : '+';

	if (letter == 'X' && offset_us == 0)
		buf_putc(out, 'Z');
	else if (letter == 'X' && count == 1)
		buf_printf(out, "%c%02lld", sign, (long long)(minutes / 60));
	else
		buf_printf(out, "%c%02lld%s%02lld", sign,
			   (long long)(minutes / 60),
			   letter == 'X' && count == 3 ? ":" : "",
			   (long long)(minutes % 60));
}

static void
put_year(struct buf *out, int64_t year, unsigned count)
{
	if (year <= 0) /* of the era */
		year = 1 - year;
	if (count == 2)
		put_number(out, year % 100, 2);
	else
		put_number(out, year, count);
}

/* A field that is a number of at least `count` digits. */
static int64_t
number_of(const struct moment *m, char letter)
{
	unsigned hour = m->c.hour, day = m->c.day - 1, week;
	int64_t year;

	switch (letter) {
	case 'w':
		us_week(m->c.year, m->day, m->weekday, &year, &week);
		return week;
	case 'W':
		return (day + (m->weekday + 35 - day) % 7) / 7 + 1;
	case 'D':
		return m->day + 1;
	case 'd':
		return m->c.day;
	case 'F':
		return day / 7 + 1;
	case 'u':
		return (m->weekday + 6) % 7 + 1;
	case 'H':
		return hour;
	case 'k':
		return hour == 0 ? 24 : hour;
	case 'K':
		return hour % 12;
	case 'h':
		return hour % 12 == 0 ? 12 : hour % 12;
	case 'm':
		return m->c.minute;
	case 's':
		return m->c.second;
	default: /* S */
		return m->c.micros / 1000;
	}
}

static void
put_field(struct buf *out, const struct moment *m, const struct item *item)
{
	unsigned week;
	int64_t year;

	switch (item->letter) {
	case 'G':
		buf_puts(out, eras[m->c.year > 0]);
		break;
	case 'y':
		put_year(out, m->c.year, item->count);
		break;
	case 'Y':
		us_week(m->c.year, m->day, m->weekday, &year, &week);
		put_year(out, year, item->count);
		break;
	case 'M':
	case 'L':
		if (item->count <= 2)
			put_number(out, m->c.month, item->count);
		else
			put_name(out, months[m->c.month - 1], item->count);
		break;
	case 'E':
		put_name(out, weekdays[m->weekday], item->count);
		break;
	case 'a':
		buf_puts(out, halves[m->c.hour >= 12]);
		break;
	case 'Z':
	case 'X':
		put_offset(out, m->offset_us, item->letter, item->count);
		break;
	default:
		put_number(out, number_of(m, item->letter), item->count);
		break;
	}
}

void
simple_date_write(const struct simple_date_format *f, int64_t utc_us,
		  const struct zone *zone, struct buf *out)
{
	struct moment m;
	int64_t days;

	CHECK(!f->problem);
	m.offset_us = zone ? zone_offset_us(zone, utc_us) : 0;
	civil_from_us(utc_us + m.offset_us, &m.c);
	days = days_from_civil(m.c.year, m.c.month, m.c.day);
	m.day = (unsigned)(days - days_from_civil(m.c.year, 1, 1));
	m.weekday = (unsigned)floor_mod(days + 4, 7);
	for (unsigned i = 0; i < f->n; i++) {
		const struct item *item = &f->items[i];

		if (item->letter)
			put_field(out, &m, item);
		else
			buf_append(out, item->text, item->n);
	}
}

/* ---- reading ---- */

struct parts {
	const char *p, *end;
	int64_t year, month, day, day_of_year; /* month from 0 */
	int64_t hour, half_hour, pm, minute, second, ms;
	bool has_day_of_year, has_month, has_hour, is_bc;
	bool has_offset;
	int64_t offset_us;
};

/* As java.text.NumberFormat reads integers: a minus sign, then digits; `most`
 * characters at most. */
static bool
take_number(struct parts *s, size_t most, int64_t *ret)
{
	const char *p = s->p, *end = s->end, *digits;
	bool negative;
	int64_t v = 0;

	if (most < (size_t)(end - p))
		end = p + most;
	else if (most != SIZE_MAX && most > (size_t)(end - p))
		return false;
	negative = p < end && *p == '-';
	p += negative;
	for (digits = p; p < end && *p >= '0' && *p <= '9'; p++)
		if (p - digits < 18)
			v = v * 10 + (*p - '0');
	if (p == digits)
		return false;
	s->p = p;
	*ret = negative ? -v : v;
	return true;
}

/* The longest of names that stands here, long or short, in any case. */
static bool
take_name(struct parts *s, const char *const *names, int64_t n, size_t brief,
	  int64_t *ret)
{
	size_t best = 0;

	for (int64_t i = 0; i < n; i++) {
		size_t lengths[2] = { strlen(names[i]), brief };

		for (unsigned k = 0; k < 2; k++) {
			if (lengths[k] <= best ||
			    (size_t)(s->end - s->p) < lengths[k] ||
			    strncasecmp(s->p, names[i], lengths[k]) != 0)
				continue;
			best = lengths[k];
			*ret = i;
		}
	}
	s->p += best;
	return best > 0;
}

static bool
take_two(struct parts *s, int64_t *ret)
{
	const char *p = s->p;

	if (s->end - p < 2 || p[0] < '0' || p[0] > '9' || p[1] < '0' ||
	    p[1] > '9')
		return false;
	*ret = (p[0] - '0') * 10 + (p[1] - '0');
	s->p += 2;
	return true;
}

/* Z, GMT, UTC; +hh (X), +hhmm, +hh:mm (XXX, Z) */
static bool
take_offset(struct parts *s, const struct item *item)
{
	bool negative, short_form = item->letter == 'X' && item->count == 1;
	int64_t hours, minutes = 0;

	s->has_offset = true;
	s->offset_us = 0;
	if (s->p < s->end && *s->p == 'Z') {
		s->p++;
		return true;
	}
	if (item->letter == 'Z' && s->end - s->p >= 3 &&
	    (strncasecmp(s->p, "GMT", 3) == 0 ||
	     strncasecmp(s->p, "UTC", 3) == 0)) {
		s->p += 3;
		return true;
	}
	if (s->p == s->end || (*s->p != '+' && *s->p != '-'))
		return false;
	negative = *s->p++ == '-';
	if (!take_two(s, &hours) || hours > 23)
		return false;
	if (!short_form) {
		if (s->p < s->end && *s->p == ':')
			s->p++;
		if (!take_two(s, &minutes) || minutes > 59)
			return false;
	}
	s->offset_us = (hours * 60 + minutes) * US_PER_MINUTE;
	if (negative)
		s->offset_us = -s->offset_us;
	return true;
}

static bool
take_year(struct parts *s, const struct item *item, size_t most)
{
	const char *start = s->p;

	if (!take_number(s, most, &s->year))
		return false;
	if (item->count <= 2 && s->p - start == 2 && start[0] != '-')
		s->year += s->year < TWO_DIGITS_FROM % 100
				   ? TWO_DIGITS_FROM / 100 * 100 + 100
				   : TWO_DIGITS_FROM / 100 * 100;
	return true;
}

static bool
set_number(struct parts *s, char letter, int64_t v)
{
	switch (letter) {
	case 'M':
	case 'L':
		s->month = v - 1;
		s->has_month = true;
		return true;
	case 'd':
		s->day = v;
		return true;
	case 'D':
		s->day_of_year = v;
		s->has_day_of_year = true;
		return true;
	case 'H':
	case 'k':
		s->hour = letter == 'k' && v == 24 ? 0 : v;
		s->has_hour = true;
		return true;
	case 'K':
	case 'h':
		s->half_hour = letter == 'h' && v == 12 ? 0 : v;
		return true;
	case 'm':
		s->minute = v;
		return true;
	case 's':
		s->second = v;
		return true;
	case 'S':
		s->ms = v;
		return true;
	default:
		return false;
	}
}

static bool
take_field(struct parts *s, const struct item *item, bool obey_count)
{
	size_t most = obey_count ? item->count : SIZE_MAX;
	int64_t v;

	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
	switch (item->letter) {
	case 'y':
		return take_year(s, item, most);
	case 'G':
		if (!take_name(s, eras, 2, 2, &v))
			return false;
		s->is_bc = v == 0;
		return true;
	case 'a':
		return take_name(s, halves, 2, 2, &s->pm);
	case 'E': /* says nothing that the date does not */
		return take_name(s, weekdays, 7, 3, &v);
	case 'Z':
	case 'X':
		return take_offset(s, item);
	case 'M':
	case 'L':
		if (item->count > 2)
			return take_name(s, months, 12, 3, &v) &&
			       set_number(s, 'M', v + 1);
		break;
	default:
		break;
	}
	return take_number(s, most, &v) && set_number(s, item->letter, v);
}

static bool
small(int64_t v)
{
	return v > -INT32_MAX && v < INT32_MAX;
}

/* On a lenient calendar: the 30th of February is the 2nd of March. */
static bool
local_us(const struct parts *s, int64_t *ret_us)
{
	int64_t hour = s->has_hour ? s->hour : s->half_hour + 12 * s->pm;
	int64_t year = s->is_bc ? 1 - s->year : s->year, month = s->month;
	int64_t days = s->day - 1;

	if (year > YEARS_MAX || year < -YEARS_MAX || !small(month) ||
	    !small(days) || !small(hour) || !small(s->minute) ||
	    !small(s->second) || !small(s->ms) || !small(s->day_of_year))
		return false;
	if (s->has_day_of_year && !s->has_month) {
		days = s->day_of_year - 1;
		month = 0;
	}
	year += floor_div(month, 12);
	if (year > YEARS_MAX || year < -YEARS_MAX)
		return false;
	days += days_from_civil(year, (unsigned)floor_mod(month, 12) + 1, 1);
	if (days > INT64_MAX / US_PER_DAY / 2 ||
	    days < -(INT64_MAX / US_PER_DAY / 2))
		return false;
	return !__builtin_add_overflow(
		days * US_PER_DAY,
		hour * US_PER_HOUR + s->minute * US_PER_MINUTE +
			s->second * US_PER_SECOND + s->ms * US_PER_MS,
		ret_us);
}

/* Of an hour that comes twice Java takes the second, in standard time. */
static int64_t
to_utc(const struct zone *zone, int64_t us)
{
	int64_t utc = zone_to_utc(zone, us);
	int64_t later = us - zone_offset_us(zone, utc + US_PER_DAY);

	return later > utc && later + zone_offset_us(zone, later) == us
		       ? later
		       : utc;
}

bool
simple_date_read(const struct simple_date_format *f, const char *text,
		 size_t n, const struct zone *zone, int64_t *ret_utc_us)
{
	struct parts s = { .p = text, .end = text + n, .year = 1970,
			   .day = 1 };
	int64_t us;

	CHECK(!f->problem);
	CHECK(!f->writes_only);
	for (unsigned i = 0; i < f->n; i++) {
		const struct item *item = &f->items[i];
		/* as in yyyyMMdd, where the letters tell the widths */
		bool followed = i + 1 < f->n && f->items[i + 1].letter;

		if (item->letter) {
			if (!take_field(&s, item, followed))
				return false;
			continue;
		}
		if ((size_t)(s.end - s.p) < item->n ||
		    memcmp(s.p, item->text, item->n) != 0)
			return false;
		s.p += item->n;
	}
	if (!local_us(&s, &us))
		return false;
	if (s.has_offset)
		us -= s.offset_us;
	else if (zone)
		us = to_utc(zone, us);
	*ret_utc_us = us;
	return true;
}
