/* SPDX-License-Identifier: Apache-2.0
 * base/time_pattern_parse.c - instants read by a pattern, as
 * java.time does it with its SMART resolver: yyyyMMdd without separators works,
 * 02-30 is the last of February, 24:00 the next day's midnight.
 */
#include <string.h>

#include "base/time.h"
#include "base/time_pattern.h"

enum part {
	PART_YEAR, PART_ERA_YEAR, PART_BC, PART_MONTH, PART_DAY,
	PART_DAY_OF_YEAR, PART_WEEKDAY, PART_HOUR,
	PART_HOUR_OF_HALF, PART_PM, PART_MINUTE,
	PART_SECOND, PART_NANOS, PART_OFFSET, PART_COUNT
};

struct state {
	const char *text;
	size_t n, at;
	bool has[PART_COUNT];
	int64_t part[PART_COUNT];
};

/* Sets a part; the same part twice must say the same. */
static bool
set(struct state *s, enum part part, int64_t v)
{
	if (s->has[part])
		return s->part[part] == v;
	s->has[part] = true;
	s->part[part] = v;
	return true;
}

/* How many digits a number takes. */
struct width {
	unsigned least, most;
	bool sign_if_longer; /* more than `least` only behind a + */
	bool may_be_negative;
};

/* False: the field is text. */
static bool
width_of(const struct pattern_item *item, struct width *ret)
{
	unsigned count = item->count;

	*ret = (struct width){ count, count, false, false };
	switch (item->letter) {
	case 'G':
	case 'E':
	case 'a':
	case 'X':
	case 'x':
	case 'Z':
		return false;
	case 'M':
	case 'L':
		if (count > 2)
			return false;
		break;
	case 'D':
		ret->most = 3;
		return true;
	case 'n':
		ret->most = 19;
		return true;
	case 'u':
	case 'y':
		if (count != 2)
			*ret = (struct width){ count, 19, count >= 4, true };
		return true;
	default:
		break;
	}
	if (count == 1 && item->letter != 'S')
		*ret = (struct width){ 1, 19, false, true };
	return true;
}

/* Digits that the numbers directly behind item i will take for sure: as in
 * yyyyMMdd, where they limit the year. */
static unsigned
reserved_behind(const struct time_pattern *p, unsigned i)
{
	unsigned digits = 0;
	struct width w;

	for (i++; i < p->n && p->items[i].kind == ITEM_FIELD; i++) {
		if (!width_of(&p->items[i], &w) || w.least != w.most)
			break;
		digits += w.most;
	}
	return digits;
}

static bool
is_digit(const struct state *s, size_t at)
{
	return at < s->n && s->text[at] >= '0' && s->text[at] <= '9';
}

/* A number of w; *ret_digits is how many it had. */
static bool
take_number(struct state *s, struct width w, unsigned reserved, int64_t *ret)
{
	bool negative = false, plus = false;
	unsigned digits = 0, most = w.most;
	size_t at = s->at;
	int64_t v = 0;

	if (at < s->n && w.may_be_negative && s->text[at] == '-') {
		negative = true;
		at++;
	} else if (at < s->n && w.sign_if_longer && s->text[at] == '+') {
		plus = true;
		at++;
	}
	while (digits < most + reserved && is_digit(s, at + digits))
		digits++;
	if (w.least != w.most && reserved > 0)
		digits = digits > reserved + w.least ? digits - reserved
						     : w.least;
	if (digits > most)
		digits = most;
	if (digits < w.least || digits > 18 || at + digits > s->n)
		return false;
	if (w.sign_if_longer && !negative && plus != (digits > w.least))
		return false;
	for (unsigned i = 0; i < digits; i++) {
		if (!is_digit(s, at + i))
			return false;
		v = v * 10 + (s->text[at + i] - '0');
	}
	s->at = at + digits;
	*ret = negative ? -v : v;
	return true;
}

/* One of names[0..n), short (3 letters) or long. */
static bool
take_name(struct state *s, const char *const *names, unsigned n, unsigned count,
	  int64_t *ret)
{
	for (unsigned i = 0; i < n; i++) {
		size_t len = count == 4 ? strlen(names[i]) : 3;

		if (count == 5 || s->n - s->at < len ||
		    memcmp(s->text + s->at, names[i], len) != 0)
			continue;
		s->at += len;
		*ret = i;
		return true;
	}
	return false;
}

static bool
take_two(struct state *s, int64_t most, int64_t *ret)
{
	if (!is_digit(s, s->at) || !is_digit(s, s->at + 1))
		return false;
	*ret = (s->text[s->at] - '0') * 10 + (s->text[s->at + 1] - '0');
	s->at += 2;
	return *ret <= most;
}

static bool
take_character(struct state *s, char c)
{
	if (s->at >= s->n || s->text[s->at] != c)
		return false;
	s->at++;
	return true;
}

/* X +hh[mm], XX +hhmm, XXX +hh:mm, XXXX and XXXXX with seconds that may lack;
 * of zero X writes Z; x does not, nor Z, ZZ and ZZZ, which are xx. */
static bool
take_offset(struct state *s, const struct pattern_item *item)
{
	bool is_z = item->letter == 'Z';
	unsigned count = !is_z ? item->count : item->count < 4 ? 2 : 5;
	bool colon = count == 3 || count == 5, negative;
	int64_t hours, minutes = 0, seconds = 0;

	if ((item->letter == 'X' || (is_z && count == 5)) &&
	    take_character(s, 'Z'))
		return set(s, PART_OFFSET, 0);
	negative = take_character(s, '-');
	if (!negative && !take_character(s, '+'))
		return false;
	if (!take_two(s, 18, &hours))
		return false;
	if (count > 1 || is_digit(s, s->at)) {
		if ((colon && !take_character(s, ':')) ||
		    !take_two(s, 59, &minutes))
			return false;
	}
	if (count >= 4 && (colon ? take_character(s, ':')
				 : is_digit(s, s->at)) &&
	    !take_two(s, 59, &seconds))
		return false;
	seconds += (hours * 60 + minutes) * 60;
	return set(s, PART_OFFSET, negative ? -seconds : seconds);
}

static bool
take_text(struct state *s, const struct pattern_item *item)
{
	static const char *const months[] = {
		"January",   "February", "March",    "April",
		"May",	     "June",	 "July",     "August",
		"September", "October",	 "November", "December",
	};
	static const char *const weekdays[] = {
		"Sunday",   "Monday", "Tuesday",  "Wednesday",
		"Thursday", "Friday", "Saturday",
	};
	static const char *const halves[] = { "AM ", "PM " };
	static const char *const eras[] = { "AD ", "BC " };
	int64_t v;

	switch (item->letter) {
	case 'M':
	case 'L':
		return take_name(s, months, 12, item->count, &v) &&
		       set(s, PART_MONTH, v + 1);
	case 'E':
		return take_name(s, weekdays, 7, item->count, &v) &&
		       set(s, PART_WEEKDAY, v);
	case 'X':
	case 'x':
	case 'Z':
		return take_offset(s, item);
	default:
		break;
	}
	for (v = 0; v < 2; v++) {
		const char *word = item->letter == 'a' ? halves[v] : eras[v];

		if (s->n - s->at < 2 || memcmp(s->text + s->at, word, 2) != 0)
			continue;
		s->at += 2;
		return set(s, item->letter == 'a' ? PART_PM : PART_BC, v);
	}
	return false;
}

static bool
set_number(struct state *s, const struct pattern_item *item, int64_t v)
{
	switch (item->letter) {
	case 'u':
		return set(s, PART_YEAR, item->count == 2 ? 2000 + v : v);
	case 'y':
		return set(s, PART_ERA_YEAR, item->count == 2 ? 2000 + v : v);
	case 'M':
	case 'L':
		return set(s, PART_MONTH, v);
	case 'd':
		return set(s, PART_DAY, v);
	case 'D':
		return set(s, PART_DAY_OF_YEAR, v);
	case 'H':
		return set(s, PART_HOUR, v);
	case 'k':
		return v >= 1 && v <= 24 && set(s, PART_HOUR, v % 24);
	case 'K':
		return v >= 0 && v <= 11 && set(s, PART_HOUR_OF_HALF, v);
	case 'h':
		return v >= 1 && v <= 12 && set(s, PART_HOUR_OF_HALF, v % 12);
	case 'm':
		return set(s, PART_MINUTE, v);
	case 's':
		return set(s, PART_SECOND, v);
	case 'S':
		for (unsigned digits = item->count; digits < 9; digits++)
			v *= 10;
		return set(s, PART_NANOS, v);
	case 'n':
		return set(s, PART_NANOS, v);
	default:
		return false;
	}
}

static bool
take_item(struct state *s, const struct time_pattern *p, unsigned i)
{
	const struct pattern_item *item = &p->items[i];
	struct width w;
	int64_t v;

	if (item->kind == ITEM_TEXT) {
		if (s->n - s->at < item->n ||
		    memcmp(s->text + s->at, item->text, item->n) != 0)
			return false;
		s->at += item->n;
		return true;
	}
	if (!width_of(item, &w))
		return take_text(s, item);
	return take_number(s, w, reserved_behind(p, i), &v) &&
	       set_number(s, item, v);
}

/* Items [i, end); an option that does not fit is as if it were not there. */
static bool
take_items(struct state *s, const struct time_pattern *p, unsigned i,
	   unsigned end)
{
	for (; i < end; i++) {
		const struct pattern_item *item = &p->items[i];

		if (item->kind == ITEM_OPTION) {
			struct state before = *s;

			if (!take_items(s, p, i + 1, item->end))
				*s = before;
			i = item->end;
		} else if (item->kind != ITEM_END && !take_item(s, p, i)) {
			return false;
		}
	}
	return true;
}

/* ---- from parts to an instant ---- */

static bool
part_is(const struct state *s, enum part part, int64_t low, int64_t high)
{
	return !s->has[part] ||
	       (s->part[part] >= low && s->part[part] <= high);
}

static int64_t
part_or(const struct state *s, enum part part, int64_t otherwise)
{
	return s->has[part] ? s->part[part] : otherwise;
}

static bool
resolve_year(struct state *s)
{
	int64_t year = part_or(s, PART_ERA_YEAR, 0);

	if (!s->has[PART_ERA_YEAR])
		return true;
	if (part_or(s, PART_BC, 0))
		year = 1 - year;
	return set(s, PART_YEAR, year);
}

static bool
resolve_date(struct state *s, int64_t *ret_days)
{
	int64_t year, day = part_or(s, PART_DAY, 1);
	unsigned month = (unsigned)part_or(s, PART_MONTH, 1), last;

	if (!resolve_year(s) || !part_is(s, PART_YEAR, -290000, 290000) ||
	    !part_is(s, PART_MONTH, 1, 12) || !part_is(s, PART_DAY, 1, 31) ||
	    !part_is(s, PART_DAY_OF_YEAR, 1, 366))
		return false;
	year = part_or(s, PART_YEAR, 1970);
	last = days_in_month(year, month);
	if (day > last) {
		if (!s->has[PART_YEAR])
			return false; /* nothing to be smart about */
		day = last;
	}
	*ret_days = days_from_civil(year, month, (unsigned)day);
	if (s->has[PART_DAY_OF_YEAR] && s->has[PART_YEAR] &&
	    !s->has[PART_MONTH]) {
		if (s->part[PART_DAY_OF_YEAR] == 366 && !year_is_leap(year))
			return false;
		*ret_days = days_from_civil(year, 1, 1) +
			    s->part[PART_DAY_OF_YEAR] - 1;
	}
	return !s->has[PART_WEEKDAY] || !s->has[PART_YEAR] ||
	       s->part[PART_WEEKDAY] == floor_mod(*ret_days + 4, 7);
}

static bool
resolve_time(struct state *s, int64_t *ret_us)
{
	int64_t hour, minute, second, nanos;

	if (s->has[PART_PM] && s->has[PART_HOUR_OF_HALF] &&
	    !set(s, PART_HOUR,
		 s->part[PART_PM] * 12 + s->part[PART_HOUR_OF_HALF]))
		return false;
	if (!part_is(s, PART_HOUR, 0, 24) || !part_is(s, PART_MINUTE, 0, 59) ||
	    !part_is(s, PART_SECOND, 0, 59) ||
	    !part_is(s, PART_NANOS, 0, 999999999))
		return false;
	hour = part_or(s, PART_HOUR, 0);
	minute = part_or(s, PART_MINUTE, 0);
	second = part_or(s, PART_SECOND, 0);
	nanos = part_or(s, PART_NANOS, 0);
	if (hour == 24 && minute + second + nanos > 0)
		return false;
	*ret_us = hour * US_PER_HOUR + minute * US_PER_MINUTE +
		  second * US_PER_SECOND + nanos / 1000;
	return true;
}

bool
time_pattern_parse(const struct time_pattern *p, const char *text, size_t n,
		   int64_t *ret_us)
{
	int64_t offset_us;
	bool has_offset;

	return time_pattern_parse_offset(p, text, n, ret_us, &has_offset,
					 &offset_us);
}

bool
time_pattern_parse_offset(const struct time_pattern *p, const char *text,
			  size_t n, int64_t *ret_us, bool *ret_has_offset,
			  int64_t *ret_offset_us)
{
	struct state s = { .text = text, .n = n };
	int64_t days, us;

	if (!take_items(&s, p, 0, p->n) || s.at != n)
		return false;
	if (!resolve_date(&s, &days) || !resolve_time(&s, &us))
		return false;
	*ret_us = days * US_PER_DAY + us;
	*ret_has_offset = s.has[PART_OFFSET];
	*ret_offset_us = part_or(&s, PART_OFFSET, 0) * US_PER_SECOND;
	return true;
}
