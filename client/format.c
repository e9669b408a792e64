/* SPDX-License-Identifier: Apache-2.0
 * client/format.c - the four formats that need no widths of other rows.
 */
#include "client/format.h"

#include <string.h>

#include "base/check.h"
#include "client/shown.h"
#include "client/term.h"

bool
output_format_from(const char *name, enum output_format *ret)
{
	static const char *const names[] = { "aligned", "csv", "tsv", "json",
					     "vertical" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum output_format)i;
			return true;
		}
	return false;
}

/* ---- csv and tsv ---- */

/* An empty text is quoted in CSV: nothing at all is a NULL. */
static void
csv_field(const char *text, size_t n, struct buf *out)
{
	bool quote = n == 0 || memchr(text, ',', n) || memchr(text, '"', n) ||
		     memchr(text, '\n', n) || memchr(text, '\r', n);

	if (!quote) {
		buf_append(out, text, n);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text[i]);
	}
	buf_putc(out, '"');
}

static void
tsv_field(const char *text, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *escaped = text[i] == '\t'	? "\\t"
				      : text[i] == '\n' ? "\\n"
				      : text[i] == '\r' ? "\\r"
				      : text[i] == '\\' ? "\\\\"
							: NULL;

		if (escaped)
			buf_puts(out, escaped);
		else
			buf_putc(out, text[i]);
	}
}

static void
field(char separator, const char *text, size_t n, struct buf *out)
{
	if (separator == ',')
		csv_field(text, n, out);
	else
		tsv_field(text, n, out);
}

static char
separator_of(enum output_format f)
{
	return f == OUTPUT_CSV ? ',' : '\t';
}

void
format_header(enum output_format f, const struct columns *cols, bool with_ops,
	      struct buf *out)
{
	char separator = separator_of(f);

	if (f != OUTPUT_CSV && f != OUTPUT_TSV)
		return;
	if (with_ops)
		buf_printf(out, "op%c", separator);
	for (unsigned i = 0; i < cols->n; i++) {
		if (i)
			buf_putc(out, separator);
		field(separator, cols->names[i], strlen(cols->names[i]), out);
	}
	buf_putc(out, '\n');
}

static void
row_separated(char separator, const struct columns *cols, const struct row *r,
	      struct buf *out)
{
	struct buf cell;

	buf_init(&cell);
	if (r->op)
		buf_printf(out, "%s%c", r->op, separator);
	for (unsigned i = 0; i < cols->n; i++) {
		if (i)
			buf_putc(out, separator);
		buf_clear(&cell);
		if (cell_is_null(&r->cells[i])) {
			buf_puts(out, separator == '\t' ? "\\N" : "");
			continue;
		}
		cell_text(&r->cells[i], &cell);
		field(separator, cell.data, cell.len, out);
	}
	buf_putc(out, '\n');
	buf_release(&cell);
}

/* ---- json ---- */

static void
row_json(const struct columns *cols, const struct row *r, struct buf *out)
{
	buf_putc(out, '{');
	if (r->op)
		buf_printf(out, "\"op\":\"%s\"", r->op);
	for (unsigned i = 0; i < cols->n; i++) {
		if (i || r->op)
			buf_putc(out, ',');
		buf_json_string(out, cols->names[i], strlen(cols->names[i]));
		buf_putc(out, ':');
		buf_append(out, r->cells[i].text, r->cells[i].n);
	}
	buf_puts(out, "}\n");
}

/* ---- vertical ---- */

/* The name, padded; blanks in its place where a value goes on. */
static void
put_name(const struct buf *name, size_t width, bool goes_on, bool colour,
	 struct buf *out)
{
	size_t n = goes_on ? 0 : shown_width(name->data, name->len);

	if (colour && !goes_on)
		buf_puts(out, term_paint(PAINT_HEAD));
	if (!goes_on)
		buf_append(out, name->data, name->len);
	if (colour && !goes_on)
		buf_puts(out, term_paint(PAINT_PLAIN));
	buf_printf(out, "%*s | ", (int)(width - n), "");
}

static void
put_value(const struct cell *c, const struct format_look *look,
	  const struct buf *name, size_t width, struct buf *out)
{
	struct buf text, safe;
	const char *end;
	size_t from = 0;

	buf_init(&text);
	buf_init(&safe);
	put_name(name, width, false, look->colour, out);
	cell_text(c, &text);
	shown_append(&safe, text.data, text.len,
		     SHOWN_KEEP_LINES | SHOWN_KEEP_TABS);
	if (cell_is_null(c) && look->names_nulls)
		buf_printf(out, "%sNULL%s",
			   look->colour ? term_paint(PAINT_DIM) : "",
			   look->colour ? term_paint(PAINT_PLAIN) : "");
	while (from < safe.len &&
	       (end = memchr(safe.data + from, '\n', safe.len - from))) {
		size_t n = (size_t)(end - safe.data) - from;

		buf_append(out, safe.data + from, n + 1);
		put_name(name, width, true, look->colour, out);
		from += n + 1;
	}
	if (from < safe.len)
		buf_append(out, safe.data + from, safe.len - from);
	buf_putc(out, '\n');
	buf_release(&text);
	buf_release(&safe);
}

static void
row_vertical(const struct columns *cols, const struct row *r,
	     const struct format_look *look, struct buf *out)
{
	struct buf name;
	size_t width = 2;

	buf_init(&name);
	for (unsigned i = 0; i < cols->n; i++) {
		size_t n;

		buf_clear(&name);
		shown_append(&name, cols->names[i], strlen(cols->names[i]),
			     SHOWN_KEEP_NOTHING);
		n = shown_width(name.data, name.len);
		width = n > width ? n : width;
	}
	buf_printf(out, "-[ row %llu ]-\n", look->number);
	if (r->op)
		buf_printf(out, "%-*s | %s\n", (int)width, "op", r->op);
	for (unsigned i = 0; i < cols->n; i++) {
		buf_clear(&name);
		shown_append(&name, cols->names[i], strlen(cols->names[i]),
			     SHOWN_KEEP_NOTHING);
		put_value(&r->cells[i], look, &name, width, out);
	}
	buf_release(&name);
}

void
format_row(enum output_format f, const struct columns *cols,
	   const struct row *r, const struct format_look *look,
	   struct buf *out)
{
	if (f == OUTPUT_JSON)
		row_json(cols, r, out);
	else if (f == OUTPUT_VERTICAL)
		row_vertical(cols, r, look, out);
	else
		row_separated(separator_of(f), cols, r, out);
}
