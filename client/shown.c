/* SPDX-License-Identifier: Apache-2.0
 * client/shown.c - widths by wcwidth(), escapes by code point. Plain ASCII,
 * which is most of what comes, takes the short way.
 */
#include "client/shown.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void
shown_init(void)
{
	if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX < 4)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* ---- what a terminal would obey ---- */

static bool
is_obeyed(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) ||
	       c == 0x2028 || c == 0x2029 ||     /* line separators */
	       (c >= 0x202A && c <= 0x202E) ||   /* directions */
	       (c >= 0x2066 && c <= 0x2069);
}

static void
append_escape(struct buf *out, uint32_t c)
{
	static const char letters[] = "abtnvfr"; /* from 7 on */

	if (c >= 7 && c <= 13)
		buf_printf(out, "\\%c", letters[c - 7]);
	else
		buf_printf(out, c < 0x100 ? "\\x%02X" : "\\u%04X",
			   (unsigned)c);
}

/* Bytes from the beginning that need no look: printable ASCII. */
static size_t
plain_bytes(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] >= 0x20 && text[i] < 0x7F)
		i++;
	return i;
}

void
shown_append(struct buf *out, const char *text, size_t n, enum shown_keep keep)
{
	size_t i = 0;

	for (;;) {
		size_t plain = plain_bytes(text + i, n - i), from;
		uint32_t c;

		buf_append(out, text + i, plain);
		i += plain;
		if (i >= n)
			return;
		from = i;
		if (!utf8_measure(text + i, n - i)) {
			append_escape(out, (unsigned char)text[i++]);
			continue;
		}
		c = utf8_next(text, n, &i);
		if (!is_obeyed(c) || (c == '\n' && (keep & SHOWN_KEEP_LINES)) ||
		    (c == '\t' && (keep & SHOWN_KEEP_TABS)))
			buf_append(out, text + from, i - from);
		else
			append_escape(out, c);
	}
}

/* ---- columns ---- */

/* Of the next character, which *pos is moved behind. */
static size_t
next_width(const char *text, size_t n, size_t *pos)
{
	int width;

	if (text[*pos] == '\033') {
		while (*pos < n && text[*pos] != 'm')
			(*pos)++;
		*pos += *pos < n;
		return 0;
	}
	if (!utf8_measure(text + *pos, n - *pos)) {
		(*pos)++;
		return 1;
	}
	width = wcwidth((wchar_t)utf8_next(text, n, pos));
	return width < 0 ? 1 : (size_t)width;
}

size_t
shown_width(const char *text, size_t n)
{
	size_t i = plain_bytes(text, n), width = i;

	while (i < n)
		width += next_width(text, n, &i);
	return width;
}

size_t
shown_cut(const char *text, size_t n, size_t columns)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		size_t from = i;

		width += next_width(text, n, &i);
		if (width > columns)
			return from;
	}
	return n;
}

void
shown_append_cut(struct buf *out, const char *text, size_t n, size_t columns)
{
	size_t fits;

	if (n <= columns || shown_width(text, n) <= columns) {
		buf_append(out, text, n);
		return;
	}
	fits = shown_cut(text, n, columns ? columns - 1 : 0);
	buf_append(out, text, fits);
	if (memchr(text, '\033', n)) /* a colour may be on */
		buf_puts(out, "\033[0m");
	if (columns)
		buf_puts(out, "…");
}
