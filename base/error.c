/* SPDX-License-Identifier: Apache-2.0
 * base/error.c - fills and prints errors: fixed fields, no allocation, and
 * whatever text comes in, what goes out is valid UTF-8 without control
 * characters, fit for a terminal.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"

static const struct {
	const char *name;
	const char *help, *remedy, *example;
	int exit_status;
} codes[ERR_COUNT] = {
	[ERR_NONE] = { "none", "No error.", "", "", 0 },
#define ERROR(id, name, exit_class, help, remedy, example) \
	[ERR_##id] = { name, help, remedy, example, exit_class },
#include "base/error.def"
#undef ERROR
};

/* Formats into field[at..size) and marks a text that was cut. */
static void
field_vput(char *field, size_t size, size_t at, const char *format,
	   va_list args)
{
	int n = vsnprintf(field + at, size - at, format, args);
	size_t end;

	if (n < 0 || (size_t)n < size - at)
		return;
	end = size - sizeof("...");
	while (end > 0 && (field[end] & 0xc0) == 0x80)
		end--; /* not inside a code point */
	memcpy(field + end, "...", sizeof("..."));
}

static void
field_put(char *field, size_t size, size_t at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void
field_put(char *field, size_t size, size_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	field_vput(field, size, at, format, args);
	va_end(args);
}

void
error_clear(struct error *err)
{
	err->code = ERR_NONE;
	err->at = (struct error_at){ 0 };
	err->retriable = false;
	err->message[0] = '\0';
	err->hint[0] = '\0';
	err->note[0] = '\0';
	err->excerpt[0] = '\0';
	err->caret[0] = '\0';
}

int
error_set(struct error *err, enum error_code code, const char *format, ...)
{
	char message[sizeof(err->message)];
	va_list args;

	CHECK(code > ERR_NONE && code < ERR_COUNT);
	if (!err)
		return -1;
	/* By way of a copy: the arguments may be texts of this very error. */
	va_start(args, format);
	field_vput(message, sizeof(message), 0, format, args);
	va_end(args);
	error_clear(err);
	err->code = code;
	memcpy(err->message, message, strlen(message) + 1);
	return -1;
}

int
error_oom(struct error *err)
{
	return error_set(err, ERR_OOM, "out of memory");
}

int
error_errno(struct error *err, enum error_code code, int errnum,
	    const char *format, ...)
{
	char message[sizeof(err->message)];
	va_list args;

	va_start(args, format);
	field_vput(message, sizeof(message), 0, format, args);
	va_end(args);
	/* glibc's strerror() is safe from any thread since 2.32. */
	return error_set(err, code, "%s: %s", message, strerror(errnum));
}

void
error_hint(struct error *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	field_vput(err->hint, sizeof(err->hint), 0, format, args);
	va_end(args);
}

void
error_note(struct error *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	field_vput(err->note, sizeof(err->note), 0, format, args);
	va_end(args);
}

void
error_context(struct error *err, const char *format, ...)
{
	char message[sizeof(err->message)];
	va_list args;

	if (!err)
		return;
	memcpy(message, err->message, sizeof(message));
	va_start(args, format);
	field_vput(err->message, sizeof(err->message), 0, format, args);
	va_end(args);
	field_put(err->message, sizeof(err->message), strlen(err->message),
		  ": %s", message);
}

/* The bytes of one character as an editor counts: a code point, or one byte
 * that belongs to none. */
static size_t
step(const char *p, const char *end)
{
	unsigned bytes = utf8_measure(p, (size_t)(end - p));

	return bytes ? bytes : 1;
}

static unsigned
columns(const char *p, const char *end)
{
	unsigned count = 0;

	for (; p < end; p += step(p, end))
		count++;
	return count;
}

/* A line of the text, the token in it, and the part of it that is shown. */
struct place {
	const char *line, *line_end;
	const char *token, *token_end;
	const char *shown, *shown_end;
};

/* Leaves room for dots at both ends and the NUL in every field, also when all
 * of it must be repeated in the caret line. */
#define SHOWN_MAX ((ptrdiff_t)sizeof(((struct error *)NULL)->excerpt) - 8)
#define SHOWN_BEFORE 120 /* bytes before the token, of a line too long */

static void
place_show(struct place *at)
{
	at->shown = at->line;
	at->shown_end = at->line_end;
	if (at->line_end - at->line <= SHOWN_MAX)
		return;
	while (at->token - at->shown > SHOWN_BEFORE)
		at->shown += step(at->shown, at->line_end);
	if (at->line_end - at->shown <= SHOWN_MAX)
		return;
	at->shown_end = at->shown;
	for (;;) {
		size_t bytes = step(at->shown_end, at->line_end);

		if (at->shown_end + bytes - at->shown > SHOWN_MAX)
			break;
		at->shown_end += bytes;
	}
	if (at->token_end > at->shown_end)
		at->token_end = at->shown_end;
}

static char *
put_dots(char *out, bool wanted)
{
	return wanted ? (char *)memcpy(out, "...", 3) + 3 : out;
}

static void
put_excerpt(const struct place *at, char *out)
{
	out = put_dots(out, at->shown > at->line);
	for (const char *p = at->shown; p < at->shown_end;) {
		size_t bytes = step(p, at->shown_end);
		unsigned char c = (unsigned char)*p;

		if ((c < ' ' && c != '\t') || c == 0x7f ||
		    (c >= 0x80 && bytes == 1))
			*out++ = '?';
		else
			out = (char *)memcpy(out, p, bytes) + bytes;
		p += bytes;
	}
	*put_dots(out, at->shown_end < at->line_end) = '\0';
}

static void
put_caret(const struct place *at, char *out)
{
	unsigned marks = columns(at->token, at->token_end);

	if (at->shown > at->line) {
		memset(out, ' ', 3);
		out += 3;
	}
	for (const char *p = at->shown; p < at->token;
	     p += step(p, at->line_end))
		*out++ = *p == '\t' ? '\t' : ' ';
	do
		*out++ = '^';
	while (marks > 1 && --marks);
	*out = '\0';
}

void
error_place(struct error *err, const char *file, const char *text, size_t n,
	    size_t offset, size_t bytes)
{
	struct place at = { .line = text };
	unsigned line = 1;

	if (!err)
		return;
	CHECK(offset <= n);
	CHECK(bytes <= n - offset);
	at.token = text + offset;
	for (const char *p = text; p < at.token; p++) {
		if (*p == '\n') {
			line++;
			at.line = p + 1;
		}
	}
	at.line_end = at.token;
	while (at.line_end < text + n && *at.line_end != '\n')
		at.line_end++;
	at.token_end = at.token + bytes < at.line_end ? at.token + bytes
						      : at.line_end;
	if (at.line_end > at.line && at.line_end[-1] == '\r') {
		at.line_end--;
		if (at.token > at.line_end)
			at.token = at.line_end;
		if (at.token_end > at.line_end)
			at.token_end = at.line_end;
	}
	err->at.file = file;
	err->at.line = line;
	err->at.column = columns(at.line, at.token) + 1;
	err->at.length = columns(at.token, at.token_end);
	if (err->at.length == 0)
		err->at.length = 1;
	place_show(&at);
	put_excerpt(&at, err->excerpt);
	put_caret(&at, err->caret);
}

const char *
error_name(enum error_code code)
{
	CHECK(code < ERR_COUNT);
	return codes[code].name;
}

enum error_code
error_from_name(const char *name)
{
	for (int c = ERR_NONE + 1; name && c < ERR_COUNT; c++)
		if (strcmp(name, error_name((enum error_code)c)) == 0)
			return (enum error_code)c;
	return ERR_INTERNAL;
}

const char *
error_help(enum error_code code)
{
	CHECK(code < ERR_COUNT);
	return codes[code].help;
}

const char *
error_remedy(enum error_code code)
{
	CHECK(code < ERR_COUNT);
	return codes[code].remedy;
}

const char *
error_example(enum error_code code)
{
	CHECK(code < ERR_COUNT);
	return codes[code].example;
}

int
error_exit_status(enum error_code code)
{
	CHECK(code < ERR_COUNT);
	return codes[code].exit_status;
}

#define WORD_MAX 64

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Letters to insert, remove, replace or swap with their neighbour (optimal
 * string alignment), both words of 1..WORD_MAX bytes. */
static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *older = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *spare = older;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = fold(a[i - 1]), y = fold(b[j - 1]);

			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b[j - 2]) &&
			    y == fold(a[i - 2]) && older[j - 2] + 1 < row[j])
				row[j] = older[j - 2] + 1;
		}
		older = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

const char *
error_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word);
	unsigned limit = len < 6 ? 1 : (unsigned)(len / 3);
	const char *nearest = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t name_len = strlen(names[i]);
		unsigned d;

		if (name_len == 0 || name_len > WORD_MAX)
			continue;
		d = distance(word, len, names[i], name_len);
		/* Something must be left in common. */
		if (d > limit || (d > 0 && d >= len) || (nearest && d == limit))
			continue;
		nearest = names[i];
		if (d == 0)
			break;
		limit = d;
	}
	return nearest;
}

/* Like a FILE of fixed size that counts what does not fit. */
struct printer {
	char *out;
	size_t size;
	size_t len;
};

static void
print(struct printer *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
print(struct printer *p, const char *format, ...)
{
	size_t at = p->len < p->size ? p->len : p->size;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(at < p->size ? p->out + at : NULL, p->size - at, format,
		      args);
	va_end(args);
	CHECK(n >= 0);
	p->len += (size_t)n;
}

/* "  = text", further lines of it indented below the first. */
static void
print_note(struct printer *p, int gutter, const char *text)
{
	const char *mark = "=";

	for (;;) {
		size_t n = strcspn(text, "\n");

		print(p, "%*s %s %.*s\n", gutter, "", mark, (int)n, text);
		if (!text[n] || !text[n + 1])
			return;
		text += n + 1;
		mark = " ";
	}
}

void
error_hide(struct error *err)
{
	if (!err || !err->excerpt[0])
		return;
	snprintf(err->excerpt, sizeof(err->excerpt),
		 "(not shown: the line has a secret in it)");
	err->caret[0] = '\0';
}

size_t
error_print(const struct error *err, char *out, size_t size)
{
	struct printer p = { out, size, 0 };
	int gutter = 1; /* columns left of the frame but for its blanks */

	print(&p, "error[%s]: %s\n", error_name(err->code), err->message);
	if (err->at.line > 0) {
		gutter = snprintf(NULL, 0, "%u", err->at.line) + 1;
		if (err->at.file)
			print(&p, "%*s--> %s:%u:%u\n", gutter, "",
			      err->at.file, err->at.line, err->at.column);
		else
			print(&p, "%*s--> line %u, column %u\n", gutter, "",
			      err->at.line, err->at.column);
		print(&p, "%*s |\n", gutter, "");
		print(&p, " %u | %s\n", err->at.line, err->excerpt);
		print(&p, "%*s | %s%s%s\n", gutter, "", err->caret,
		      err->hint[0] ? " " : "", err->hint);
	} else if (err->hint[0]) {
		print_note(&p, gutter, err->hint);
	}
	if (err->note[0])
		print_note(&p, gutter, err->note);
	return p.len;
}
