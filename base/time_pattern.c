/* SPDX-License-Identifier: Apache-2.0
 * base/time_pattern.c - patterns taken apart, and instants written
 * by them; time_pattern_parse.c reads. Widths are those of
 * DateTimeFormatterBuilder.appendPattern().
 */
#include "base/time_pattern.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"

/* ---- taking a pattern apart ---- */

/* The letters, how often each may stand, and whether we read it back. */
static const struct letter {
	char letter;
	uint8_t most;
	bool readable;
} letters[] = {
	{ 'G', 5, true },  { 'u', 19, true },  { 'y', 19, true },
	{ 'Y', 19, false }, { 'Q', 5, false }, { 'q', 5, false },
	{ 'M', 5, true },  { 'L', 5, true },   { 'w', 2, false },
	{ 'W', 1, false }, { 'F', 1, false },  { 'd', 2, true },
	{ 'D', 3, true },  { 'E', 5, true },   { 'e', 5, false },
	{ 'c', 5, false }, { 'a', 1, true },   { 'H', 2, true },
	{ 'k', 2, true },  { 'K', 2, true },   { 'h', 2, true },
	{ 'm', 2, true },  { 's', 2, true },   { 'S', 9, true },
	{ 'A', 19, false }, { 'n', 19, true }, { 'N', 19, false },
	{ 'X', 5, true },   { 'x', 5, true },  { 'Z', 5, true },
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const struct letter *
letter_find(char c)
{
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (letters[i].letter == c)
			return &letters[i];
	}
	return NULL;
}

struct reader {
	struct time_pattern *p;
	struct arena *a;
	const char *text;
	size_t n, at;
	unsigned open[16]; /* items of [ without their ] */
	unsigned nopen;
};

static void
refuse(struct reader *r, const char *what, char c)
{
	r->p->problem = arena_printf(r->a, "%s '%c' in the format '%.*s'", what,
				     c, (int)r->n, r->text);
}

static void
add_item(struct reader *r, struct pattern_item item)
{
	r->p->items[r->p->n++] = item;
}

static void
read_field(struct reader *r)
{
	char c = r->text[r->at];
	const struct letter *l = letter_find(c);
	size_t start = r->at;

	while (r->at < r->n && r->text[r->at] == c)
		r->at++;
	if (!l) {
		refuse(r, "unknown letter", c);
		return;
	}
	/* two c are nothing: java.time refuses them too */
	if (r->at - start > l->most || (c == 'c' && r->at - start == 2)) {
		refuse(r, "too many of the letter", c);
		return;
	}
	/* ZZZZ is GMT+1, which nobody writes */
	if (c == 'Z' && r->at - start == 4) {
		refuse(r, "no time zones are read by", c);
		return;
	}
	r->p->writes_only |= !l->readable;
	r->p->reads_only |= c == 'X' || c == 'x' || c == 'Z';
	add_item(r, (struct pattern_item){ .kind = ITEM_FIELD, .letter = c,
					   .count = (uint8_t)(r->at - start) });
}

/* 'text', in which '' is one quote; outside of quotes too. */
static void
read_quoted(struct reader *r)
{
	char *out = arena_bytes(r->a, r->n);
	size_t n = 0, start = ++r->at;

	for (;; r->at++) {
		if (r->at == r->n) {
			refuse(r, "no end of text after", '\'');
			return;
		}
		if (r->text[r->at] != '\'') {
			out[n++] = r->text[r->at];
		} else if (r->at + 1 < r->n && r->text[r->at + 1] == '\'') {
			out[n++] = '\'';
			r->at++;
		} else {
			break;
		}
	}
	if (r->at == start)
		out[n++] = '\'';
	r->at++;
	add_item(r, (struct pattern_item){ .kind = ITEM_TEXT, .text = out,
					   .n = n });
}

static void
read_option(struct reader *r)
{
	if (r->text[r->at] == '[') {
		if (r->nopen == ARRAY_LEN(r->open)) {
			refuse(r, "too deep nesting of", '[');
			return;
		}
		r->open[r->nopen++] = r->p->n;
		add_item(r, (struct pattern_item){ .kind = ITEM_OPTION });
	} else {
		if (r->nopen == 0) {
			refuse(r, "unexpected", ']');
			return;
		}
		r->p->items[r->open[--r->nopen]].end = r->p->n;
		add_item(r, (struct pattern_item){ .kind = ITEM_END });
	}
	r->at++;
}

static void
read_item(struct reader *r)
{
	char c = r->text[r->at];

	if (is_letter(c)) {
		read_field(r);
	} else if (c == '\'') {
		read_quoted(r);
	} else if (c == '[' || c == ']') {
		read_option(r);
	} else if (c == '{' || c == '}' || c == '#') {
		refuse(r, "reserved character", c);
	} else {
		char *copy = arena_strndup(r->a, &c, 1);

		r->at++;
		add_item(r, (struct pattern_item){ .kind = ITEM_TEXT,
						   .text = copy, .n = 1 });
	}
}

const struct time_pattern *
time_pattern_create(const char *text, size_t n, struct arena *a)
{
	struct time_pattern *p = arena_new(a, struct time_pattern);
	struct reader r = { .p = p, .a = a, .text = text, .n = n };

	/* one item a byte at most, and one ] for each [ left open */
	p->items = arena_array(a, n + ARRAY_LEN(r.open),
			       struct pattern_item);
	while (r.at < n && !p->problem)
		read_item(&r);
	while (r.nopen > 0) {
		p->items[r.open[--r.nopen]].end = p->n;
		add_item(&r, (struct pattern_item){ .kind = ITEM_END });
	}
	return p;
}

/* ---- writing ---- */

static const char *const months[] = {
	"January", "February", "March",	    "April",   "May",	   "June",
	"July",	   "August",   "September", "October", "November", "December",
};
static const char *const weekdays[] = {
	"Sunday",   "Monday", "Tuesday",  "Wednesday",
	"Thursday", "Friday", "Saturday",
};

/* The instant in all the ways that letters look at it. */
struct moment {
	struct civil c;
	int64_t us_of_day;
	int64_t days;      /* since 1970-01-01 */
	unsigned day;      /* of the year, from 0 */
	unsigned weekday;  /* Sunday 0 */
};

static void
moment_init(struct moment *m, int64_t us)
{
	civil_from_us(us, &m->c);
	m->us_of_day = floor_mod(us, US_PER_DAY);
	m->days = floor_div(us, US_PER_DAY);
	m->day = (unsigned)(m->days - days_from_civil(m->c.year, 1, 1));
	m->weekday = (unsigned)floor_mod(m->days + 4, 7);
}

/* At least `width` digits; v is not negative. */
static void
put_number(struct buf *out, int64_t v, unsigned width)
{
	char digits[20], *end = digits + sizeof(digits), *p = end;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	while (p > digits && end - p < width)
		*--p = '0';
	buf_append(out, p, (size_t)(end - p));
}

/* 1..3 letters the short name, 4 the long one, 5 its first letter. */
static void
put_name(struct buf *out, const char *name, unsigned count)
{
	buf_append(out, name, count <= 3 ? 3 : count == 4 ? strlen(name) : 1);
}

/* yy is two digits; four and more are exceeded only behind a sign. */
static void
put_year(struct buf *out, int64_t year, unsigned count)
{
	if (count == 2) {
		put_number(out, (year < 0 ? -year : year) % 100, 2);
		return;
	}
	if (year < 0) {
		buf_putc(out, '-');
		year = -year;
	} else if (count >= 4 && year > 9999) {
		buf_putc(out, '+');
	}
	put_number(out, year, count);
}

static void
put_era(struct buf *out, int64_t year, unsigned count)
{
	static const char *const names[2][3] = {
		{ "BC", "Before Christ", "B" },
		{ "AD", "Anno Domini", "A" },
	};

	buf_puts(out, names[year > 0][count <= 3 ? 0 : count - 3]);
}

static void
put_quarter(struct buf *out, unsigned quarter, unsigned count)
{
	static const char *const suffix[] = { "st", "nd", "rd", "th" };

	if (count <= 2)
		put_number(out, quarter, count);
	else if (count == 3)
		buf_printf(out, "Q%u", quarter);
	else if (count == 4)
		buf_printf(out, "%u%s quarter", quarter, suffix[quarter - 1]);
	else
		put_number(out, quarter, 1);
}

static void
put_week(struct buf *out, const struct moment *m, char letter, unsigned count)
{
	unsigned week, day = m->c.day - 1;
	int64_t year;

	us_week(m->c.year, m->day, m->weekday, &year, &week);
	if (letter == 'Y')
		put_year(out, year, count);
	else if (letter == 'w')
		put_number(out, week, count);
	else if (letter == 'W')
		put_number(out, (day + (m->weekday + 35 - day) % 7) / 7 + 1, 1);
	else
		put_number(out, day / 7 + 1, 1);
}

static void
put_weekday(struct buf *out, const struct moment *m, char letter,
	    unsigned count)
{
	if (letter != 'E' && count <= 2)
		put_number(out, m->weekday + 1, count);
	else
		put_name(out, weekdays[m->weekday], count);
}

static void
put_month(struct buf *out, unsigned month, unsigned count)
{
	if (count <= 2)
		put_number(out, month, count);
	else
		put_name(out, months[month - 1], count);
}

/* The first `count` of nine digits. */
static void
put_fraction(struct buf *out, unsigned micros, unsigned count)
{
	int64_t v = (int64_t)micros * 1000;

	for (unsigned cut = count; cut < 9; cut++)
		v /= 10;
	put_number(out, v, count);
}

/* Hours, minutes, seconds and below: plain numbers all. */
static int64_t
time_number(const struct moment *m, char letter)
{
	unsigned hour = m->c.hour;

	switch (letter) {
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
	case 'A':
		return m->us_of_day / 1000;
	case 'n':
		return (int64_t)m->c.micros * 1000;
	default: /* N */
		return m->us_of_day * 1000;
	}
}

static void
put_field(struct buf *out, const struct moment *m, char letter, unsigned count)
{
	int64_t year = m->c.year;

	switch (letter) {
	case 'G':
		put_era(out, year, count);
		break;
	case 'u':
		put_year(out, year, count);
		break;
	case 'y': /* of the era: 1 BC is the year 0 */
		put_year(out, year > 0 ? year : 1 - year, count);
		break;
	case 'Q':
	case 'q':
		put_quarter(out, (m->c.month - 1) / 3 + 1, count);
		break;
	case 'M':
	case 'L':
		put_month(out, m->c.month, count);
		break;
	case 'd':
		put_number(out, m->c.day, count);
		break;
	case 'D':
		put_number(out, m->day + 1, count);
		break;
	case 'E':
	case 'e':
	case 'c':
		put_weekday(out, m, letter, count);
		break;
	case 'Y':
	case 'w':
	case 'W':
	case 'F':
		put_week(out, m, letter, count);
		break;
	case 'a':
		buf_puts(out, m->c.hour < 12 ? "AM" : "PM");
		break;
	case 'S':
		put_fraction(out, m->c.micros, count);
		break;
	default:
		put_number(out, time_number(m, letter), count);
		break;
	}
}

void
time_pattern_format(const struct time_pattern *p, int64_t us, struct buf *out)
{
	struct moment m;

	CHECK(!p->problem);
	moment_init(&m, us);
	for (unsigned i = 0; i < p->n; i++) {
		const struct pattern_item *item = &p->items[i];

		if (item->kind == ITEM_TEXT)
			buf_append(out, item->text, item->n);
		else if (item->kind == ITEM_FIELD)
			put_field(out, &m, item->letter, item->count);
	}
}
