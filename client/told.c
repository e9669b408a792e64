/* SPDX-License-Identifier: Apache-2.0
 * client/told.c - colours are put into the finished text of an error, so that
 * there is one place which knows its form: base/error.c.
 */
#include "client/told.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "client/shown.h"
#include "client/term.h"

#define TEXT_MAX 4096

static void
write_safe(const char *text, size_t n)
{
	struct buf safe;

	if (n == 0)
		return;
	buf_init(&safe);
	shown_append(&safe, text, n, SHOWN_KEEP_LINES | SHOWN_KEEP_TABS);
	fwrite(safe.data, 1, safe.len, stderr);
	buf_release(&safe);
}

static void
painted(enum paint p, const char *text, size_t n)
{
	fputs(term_paint(p), stderr);
	write_safe(text, n);
	fputs(term_paint(PAINT_PLAIN), stderr);
}

/* Blanks, then nothing but carets and what is said behind them. */
static const char *
caret_of(const char *line, size_t n)
{
	const char *bar = memchr(line, '|', n), *p;

	if (!bar || memchr(line, '^', n) == NULL)
		return NULL;
	for (p = line; p < bar; p++)
		if (*p != ' ')
			return NULL; /* a line of the script: it has a number */
	p = bar + 1 + strspn(bar + 1, " \t");
	return *p == '^' ? p : NULL;
}

static void
colour_line(const char *line, size_t n)
{
	const char *caret = caret_of(line, n), *end;
	size_t blanks = strspn(line, " ");

	if (strncmp(line, "error[", 6) == 0 && (end = memchr(line, ']', n))) {
		size_t head = (size_t)(end - line) + 1;

		painted(PAINT_ERROR, line, head);
		write_safe(line + head, n - head);
	} else if (caret) {
		write_safe(line, (size_t)(caret - line));
		painted(PAINT_ERROR, caret, n - (size_t)(caret - line));
	} else if (strncmp(line + blanks, "-->", 3) == 0) {
		painted(PAINT_PLACE, line, n);
	} else {
		write_safe(line, n);
	}
	fputc('\n', stderr);
}

static void
print(const struct error *err)
{
	char text[TEXT_MAX];

	error_print(err, text, sizeof(text));
	if (!term_has_colour(STDERR_FILENO)) {
		write_safe(text, strlen(text));
		return;
	}
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");

		colour_line(p, n);
		p += n + (p[n] == '\n');
	}
}

void
told_error(const struct error *err)
{
	print(err);
}

void
told_failure(const struct error *err)
{
	fputs("sluice: ", stderr);
	print(err);
}

void
told_line(const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_safe(text, strlen(text));
	fputc('\n', stderr);
}
