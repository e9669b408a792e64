/* SPDX-License-Identifier: Apache-2.0
 * runtime/shape.c - counting what values are, and choosing a type that loses
 * none of them: where they are of several kinds, a text.
 */
#include "runtime/shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/time.h"
#include "parser/parse.h"

#define DEPTH_MAX 8     /* of nested types; deeper values are texts */
#define EXAMPLE_MAX 60
#define FIELDS_MAX 500  /* of one object; then it is a map or a text */
#define MAP_FIELDS 16   /* objects with more names than this may be maps */

void
shape_init(struct shape *s)
{
	*s = (struct shape){ .tail = NULL };
}

/* ---- texts ---- */

static bool
two_digits(const char *p, unsigned max, unsigned *ret)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*ret = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	return *ret <= max;
}

static bool
is_date(const char *p)
{
	unsigned century, year, month, day;

	return two_digits(p, 99, &century) && two_digits(p + 2, 99, &year) &&
	       p[4] == '-' && two_digits(p + 5, 12, &month) && month > 0 &&
	       p[7] == '-' && two_digits(p + 8, 31, &day) && day > 0 &&
	       century * 100 + year > 0 &&
	       day <= days_in_month((int64_t)century * 100 + year, month);
}

static bool
is_clock(const char *p)
{
	unsigned hour, minute, second;

	return two_digits(p, 23, &hour) && p[2] == ':' &&
	       two_digits(p + 3, 59, &minute) && p[5] == ':' &&
	       two_digits(p + 6, 59, &second);
}

static enum text_form
form_of(const char *text, size_t n, unsigned *ret_fraction)
{
	bool iso, zulu;
	size_t i = 19;

	*ret_fraction = 0;
	if (n < 10 || n > 30 || !is_date(text))
		return FORM_TEXT;
	if (n == 10)
		return FORM_DATE;
	if (n < 19 || (text[10] != ' ' && text[10] != 'T') ||
	    !is_clock(text + 11))
		return FORM_TEXT;
	if (i < n && text[i] == '.') {
		for (i++; i < n && text[i] >= '0' && text[i] <= '9'; i++)
			++*ret_fraction;
		if (*ret_fraction == 0 || *ret_fraction > 9)
			return FORM_TEXT;
	}
	zulu = i < n && text[i] == 'Z';
	if (i + zulu != n)
		return FORM_TEXT;
	iso = text[10] == 'T';
	return zulu ? iso ? FORM_INSTANT_ISO : FORM_INSTANT
		    : iso ? FORM_TIMESTAMP_ISO : FORM_TIMESTAMP;
}

static const char *
example_of(const char *text, size_t n, struct arena *a)
{
	if (n <= EXAMPLE_MAX)
		return arena_strndup(a, text, n);
	n = EXAMPLE_MAX;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(a, "%.*s...", (int)n, text);
}

static void
add_string(struct shape *s, const char *text, size_t n, struct arena *a)
{
	unsigned fraction;

	s->strings++;
	s->forms[form_of(text, n, &fraction)]++;
	if (fraction > s->fraction)
		s->fraction = fraction;
	if (!s->example)
		s->example = example_of(text, n, a);
}

/* ---- numbers ---- */

/* Digits before and behind the point of a number as JSON writes it. */
static void
add_digits(struct shape *s, const char *text, size_t n)
{
	unsigned before = 0, behind = 0;
	bool point = false;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '.')
			point = true;
		else if (text[i] == 'e' || text[i] == 'E')
			break;
		else if (text[i] >= '0' && text[i] <= '9')
			point ? behind++ : before++;
	}
	if (before > s->digits)
		s->digits = before;
	if (behind > s->scale)
		s->scale = behind;
}

static bool
fits_i64(const char *text, size_t n, int64_t *ret)
{
	bool minus = n > 0 && *text == '-';
	uint64_t v = 0, max = (uint64_t)INT64_MAX + minus;

	for (size_t i = minus; i < n; i++) {
		uint64_t digit = (uint64_t)(text[i] - '0');

		if (v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static void
add_integer(struct shape *s, const char *text, size_t n)
{
	bool first = s->integers == s->wide;
	int64_t v;

	s->integers++;
	add_digits(s, text, n);
	if (!fits_i64(text, n, &v)) {
		s->wide++;
		return;
	}
	if (first || v < s->min)
		s->min = v;
	if (first || v > s->max)
		s->max = v;
}

static void
add_decimal(struct shape *s, const char *text, size_t n)
{
	s->decimals++;
	s->exponents += memchr(text, 'e', n) || memchr(text, 'E', n);
	add_digits(s, text, n);
}

/* ---- JSON ---- */

static void
add_element(struct shape *s, const struct json_doc *d, uint32_t array,
	    struct arena *a)
{
	uint32_t node = json_first(array);

	if (d->node[array].n > 0 && !s->element) {
		s->element = arena_new(a, struct shape);
		shape_init(s->element);
	}
	for (uint32_t i = 0; i < d->node[array].n; i++) {
		shape_add(s->element, d, node, a);
		node = d->node[node].next;
	}
}

static struct shape_field *
field_of(struct shape *s, const char *name, size_t n, struct arena *a)
{
	struct shape_field *f;

	for (f = s->fields; f; f = f->next)
		if (strlen(f->name) == n && memcmp(f->name, name, n) == 0)
			return f;
	s->nfields++;
	if (s->nfields > FIELDS_MAX)
		return NULL;
	f = arena_new(a, struct shape_field);
	f->name = arena_strndup(a, name, n);
	shape_init(&f->shape);
	if (!s->tail)
		s->tail = &s->fields;
	*s->tail = f;
	s->tail = &f->next;
	return f;
}

/* In back-ticks anything but nothing, and what would break the line. */
static bool
is_column_name(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ')
			return false;
	return n > 0;
}

static void
add_fields(struct shape *s, const struct json_doc *d, uint32_t object,
	   struct arena *a)
{
	uint32_t pairs = d->node[object].n, n;
	uint32_t *keys = mem_alloc((pairs + 1) * sizeof(*keys));
	uint32_t *values = mem_alloc((pairs + 1) * sizeof(*values));

	n = json_members(d, object, keys, values);
	for (uint32_t i = 0; i < n; i++) {
		const struct json_node *k = &d->node[keys[i]];
		char *name = arena_bytes(a, k->len + 1);
		size_t len = json_string(k, name);
		struct shape_field *f = NULL;

		if (is_column_name(name, len))
			f = field_of(s, name, len, a);
		else
			s->unnamed++;
		if (f)
			shape_add(&f->shape, d, values[i], a);
	}
	free(keys);
	free(values);
}

static void
add_text_node(struct shape *s, const struct json_node *t, struct arena *a)
{
	char *text = arena_bytes(a, t->len + 1);

	add_string(s, text, json_string(t, text), a);
}

static void
set_example(struct shape *s, const struct json_doc *d, uint32_t node,
	    struct arena *a)
{
	struct buf text;

	if (s->example || d->node[node].kind == JSON_NULL ||
	    d->node[node].kind == JSON_STRING)
		return;
	buf_init(&text);
	json_write(d, node, &text);
	s->example = example_of(text.data, text.len, a);
	buf_release(&text);
}

void
shape_add(struct shape *s, const struct json_doc *d, uint32_t node,
	  struct arena *a)
{
	const struct json_node *t = &d->node[node];

	s->n++;
	set_example(s, d, node, a);
	switch ((enum json_kind)t->kind) {
	case JSON_NULL:
		s->nulls++;
		break;
	case JSON_FALSE:
	case JSON_TRUE:
		s->booleans++;
		break;
	case JSON_INTEGER:
		add_integer(s, t->text, t->len);
		break;
	case JSON_DECIMAL:
		add_decimal(s, t->text, t->len);
		break;
	case JSON_STRING:
		add_text_node(s, t, a);
		break;
	case JSON_ARRAY:
		s->arrays++;
		add_element(s, d, node, a);
		break;
	case JSON_OBJECT:
		s->objects++;
		add_fields(s, d, node, a);
		break;
	}
}

/* ---- fields of lines ---- */

/* As JSON writes numbers: 007 and +1 are texts that somebody meant so. */
static bool
is_integer(const char *text, size_t n)
{
	size_t i = n > 0 && *text == '-';

	if (i == n || n - i > 38 || (text[i] == '0' && n - i > 1))
		return false;
	for (; i < n; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

static bool
is_decimal(const char *text, size_t n)
{
	const char *point = memchr(text, '.', n);
	size_t before = point ? (size_t)(point - text) : n;

	if (!point || before + 1 == n || !is_integer(text, before))
		return false;
	for (size_t i = before + 1; i < n; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return n <= 40;
}

static bool
is_word(const char *text, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(text, word, n) == 0;
}

void
shape_add_text(struct shape *s, const char *text, size_t n, struct arena *a)
{
	s->n++;
	if (n == 0) {
		s->nulls++;
		return;
	}
	if (!s->example)
		s->example = example_of(text, n, a);
	if (is_integer(text, n))
		add_integer(s, text, n);
	else if (is_decimal(text, n))
		add_decimal(s, text, n);
	else if (is_word(text, n, "true") || is_word(text, n, "false"))
		s->booleans++;
	else
		add_string(s, text, n, a);
}

/* ---- types ---- */

static void
count_standards(const struct shape *s, unsigned *iso, unsigned *sql)
{
	*iso += s->forms[FORM_TIMESTAMP_ISO] + s->forms[FORM_INSTANT_ISO];
	*sql += s->forms[FORM_TIMESTAMP] + s->forms[FORM_INSTANT];
	if (s->element)
		count_standards(s->element, iso, sql);
	for (const struct shape_field *f = s->fields; f; f = f->next)
		count_standards(&f->shape, iso, sql);
}

bool
shape_is_iso(const struct shape *s)
{
	unsigned iso = 0, sql = 0;

	count_standards(s, &iso, &sql);
	return iso > sql;
}

static unsigned
kinds_of(const struct shape *s)
{
	return (s->booleans > 0) + (s->integers + s->decimals > 0) +
	       (s->strings > 0) + (s->arrays > 0) + (s->objects > 0);
}

enum text_form
shape_form(const struct shape *s, bool iso)
{
	if (s->strings == 0 || kinds_of(s) != 1)
		return FORM_TEXT;
	for (enum text_form f = FORM_DATE; f < FORM_COUNT_OF; f++) {
		bool other = iso ? f == FORM_TIMESTAMP || f == FORM_INSTANT
				 : f == FORM_TIMESTAMP_ISO ||
					   f == FORM_INSTANT_ISO;

		if (s->forms[f] == s->strings && !other)
			return f;
	}
	return FORM_TEXT;
}

struct typing {
	bool iso;
	struct buf *type, *note;
	char path[200]; /* of the value inside of its column; "" itself */
	unsigned depth;
};

static void __attribute__((format(printf, 2, 3)))
remark(struct typing *t, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_printf(t->note, "%s%s%s%s", t->note->len ? "; " : "", t->path,
		   *t->path ? ": " : "", text);
}

static void name_value(struct typing *t, const struct shape *s);

/* The same below a part of the value. */
static void
name_part(struct typing *t, const struct shape *s, const char *name)
{
	size_t n = strlen(t->path);

	snprintf(t->path + n, sizeof(t->path) - n, "%s%s", n ? "." : "", name);
	t->depth++;
	name_value(t, s);
	t->depth--;
	t->path[n] = '\0';
}

static void
name_mixed(struct typing *t, const struct shape *s)
{
	const struct {
		unsigned n;
		const char *what;
	} parts[] = {
		{ s->booleans, "booleans" },
		{ s->integers + s->decimals, "numbers" },
		{ s->strings, "texts" },
		{ s->arrays, "arrays" },
		{ s->objects, "objects" },
	};
	char text[160] = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t n = strlen(text);

		if (parts[i].n)
			snprintf(text + n, sizeof(text) - n, "%s%u %s",
				 n ? ", " : "", parts[i].n, parts[i].what);
	}
	remark(t, "mixed: %s", text);
	buf_puts(t->type, "STRING");
}

static void
name_number(struct typing *t, const struct shape *s)
{
	if (s->decimals > 0) {
		buf_puts(t->type, "DOUBLE");
		if (!s->exponents && s->digits + s->scale <= 38)
			remark(t, "DECIMAL(%u, %u) holds these exactly",
			       s->digits + s->scale, s->scale);
	} else if (s->wide == 0) {
		buf_puts(t->type, "BIGINT");
	} else if (s->digits <= 38) {
		remark(t, "beyond BIGINT");
		buf_puts(t->type, "DECIMAL(38, 0)");
	} else {
		remark(t, "numbers of %u digits", s->digits);
		buf_puts(t->type, "STRING");
	}
}

static bool
has_times(const struct shape *s)
{
	return s->forms[FORM_TEXT] < s->strings;
}

static void
name_string(struct typing *t, const struct shape *s)
{
	unsigned precision = s->fraction <= 3 ? 3 : 6;

	switch (shape_form(s, t->iso)) {
	case FORM_DATE:
		buf_puts(t->type, "DATE");
		return;
	case FORM_TIMESTAMP:
	case FORM_TIMESTAMP_ISO:
		buf_printf(t->type, "TIMESTAMP(%u)", precision);
		return;
	case FORM_INSTANT:
	case FORM_INSTANT_ISO:
		buf_printf(t->type, "TIMESTAMP_LTZ(%u)", precision);
		return;
	default:
		if (has_times(s))
			remark(t, "%u of %u texts are dates or times, not all "
			       "of them in one form",
			       s->strings - s->forms[FORM_TEXT], s->strings);
		buf_puts(t->type, "STRING");
	}
}

static void
name_array(struct typing *t, const struct shape *s)
{
	buf_puts(t->type, "ARRAY<");
	if (s->element) {
		name_part(t, s->element, "[]");
	} else {
		remark(t, "always empty");
		buf_puts(t->type, "STRING");
	}
	buf_putc(t->type, '>');
}

/* Objects whose names differ from one to the next, with values of one type. */
static bool
is_map(const struct shape *s, bool iso)
{
	struct buf first, type, unheard;
	uint64_t values = 0;
	bool same = true;

	for (const struct shape_field *f = s->fields; f; f = f->next)
		values += f->shape.n;
	if (s->nfields <= MAP_FIELDS || s->nfields > FIELDS_MAX ||
	    values * 2 > (uint64_t)s->nfields * s->objects)
		return false;
	buf_init(&first);
	buf_init(&type);
	buf_init(&unheard);
	for (const struct shape_field *f = s->fields; f && same; f = f->next) {
		buf_clear(&type);
		shape_type(&f->shape, iso, &type, &unheard);
		if (f == s->fields)
			buf_append(&first, type.data, type.len);
		same = first.len == type.len &&
		       memcmp(first.data, type.data, type.len) == 0;
	}
	buf_release(&first);
	buf_release(&type);
	buf_release(&unheard);
	return same;
}

static void
name_row(struct typing *t, const struct shape *s)
{
	struct arena a;

	if (s->unnamed)
		remark(t, "fields with names that no column can have are left "
		       "out");
	arena_init(&a);
	buf_puts(t->type, "ROW<");
	for (const struct shape_field *f = s->fields; f; f = f->next) {
		buf_printf(t->type, "%s%s ", f == s->fields ? "" : ", ",
			   parse_quoted(f->name, &a));
		name_part(t, &f->shape, f->name);
	}
	buf_putc(t->type, '>');
	arena_release(&a);
}

static void
name_object(struct typing *t, const struct shape *s)
{
	if (s->nfields == 0) {
		remark(t, "always empty");
		buf_puts(t->type, "MAP<STRING, STRING>");
	} else if (is_map(s, t->iso)) {
		remark(t, "%u names", s->nfields);
		buf_puts(t->type, "MAP<STRING, ");
		name_part(t, &s->fields->shape, "value");
		buf_putc(t->type, '>');
	} else if (s->nfields > FIELDS_MAX || t->depth >= DEPTH_MAX) {
		remark(t, s->nfields > FIELDS_MAX ? "too many names"
						  : "nested too deep");
		buf_puts(t->type, "STRING");
	} else {
		name_row(t, s);
	}
}

static void
name_value(struct typing *t, const struct shape *s)
{
	if (s->n == s->nulls) {
		remark(t, "only NULL in the sample");
		buf_puts(t->type, "STRING");
	} else if (kinds_of(s) > 1) {
		name_mixed(t, s);
	} else if (s->booleans) {
		buf_puts(t->type, "BOOLEAN");
	} else if (s->integers + s->decimals) {
		name_number(t, s);
	} else if (s->strings) {
		name_string(t, s);
	} else if (s->arrays) {
		name_array(t, s);
	} else {
		name_object(t, s);
	}
}

void
shape_type(const struct shape *s, bool iso, struct buf *type, struct buf *note)
{
	struct typing t = { .iso = iso, .type = type, .note = note };

	name_value(&t, s);
}
