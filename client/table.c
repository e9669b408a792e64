/* SPDX-License-Identifier: Apache-2.0
 * client/table.c - a row is composed line by line from the lines of its cells;
 * a cell that goes on in the next line has a + behind it, as in psql.
 */
#include "client/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "client/shown.h"
#include "client/term.h"

#define TAB 8

void
table_init(struct table *t, const struct columns *cols)
{
	*t = (struct table){ .cols = *cols };
	t->widths = mem_zalloc((cols->n + 1) * sizeof(*t->widths));
	for (unsigned i = 0; i < cols->n; i++) {
		struct buf name;

		buf_init(&name);
		shown_append(&name, cols->names[i], strlen(cols->names[i]),
			     SHOWN_KEEP_NOTHING);
		t->widths[i] = shown_width(name.data, name.len);
		buf_release(&name);
	}
}

void
table_release(struct table *t)
{
	free(t->widths);
	t->widths = NULL;
}

void
table_widen(struct table *t, unsigned column, size_t width)
{
	if (t->widths[column] < width)
		t->widths[column] = width;
}

/* ---- cells ---- */

/* Tabs as blanks: they would stand elsewhere in the middle of a line. */
static void
expand_tabs(struct buf *text)
{
	struct buf out;
	size_t at = 0;

	if (!text->len || !memchr(text->data, '\t', text->len))
		return;
	buf_init(&out);
	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] != '\t') {
			buf_putc(&out, text->data[i]);
			/* bytes behind the first of a character are no step */
			at = text->data[i] == '\n'
				     ? 0
				     : at + ((text->data[i] & 0xC0) != 0x80);
			continue;
		}
		do
			buf_putc(&out, ' ');
		while (++at % TAB != 0);
	}
	buf_release(text);
	*text = out;
}

static void
cell_shown(const struct table *t, const struct cell *c, struct buf *out)
{
	struct buf text;

	buf_clear(out);
	if (cell_is_null(c)) {
		if (t->names_nulls)
			buf_puts(out, "NULL");
		return;
	}
	buf_init(&text);
	cell_text(c, &text);
	shown_append(out, text.data, text.len,
		     SHOWN_KEEP_LINES | SHOWN_KEEP_TABS);
	expand_tabs(out);
	buf_release(&text);
}

/* Of the longest line. */
static size_t
lines_width(const struct buf *text)
{
	size_t width = 0;

	for (size_t i = 0; i < text->len;) {
		const char *end = memchr(text->data + i, '\n', text->len - i);
		size_t n = end ? (size_t)(end - text->data) - i : text->len - i;
		size_t w = shown_width(text->data + i, n);

		width = w > width ? w : width;
		i += n + 1;
	}
	return width;
}

bool
table_fit(struct table *t, const struct row *r)
{
	bool grown = false;
	struct buf text;

	buf_init(&text);
	for (unsigned i = 0; i < t->cols.n; i++) {
		size_t width;

		cell_shown(t, &r->cells[i], &text);
		width = lines_width(&text);
		grown |= width > t->widths[i];
		table_widen(t, i, width);
	}
	buf_release(&text);
	return grown;
}

/* ---- lines ---- */

static void
fill(struct buf *out, char c, size_t n)
{
	memset(buf_room(out, n), c, n);
	buf_added(out, n);
}

static void
paint(const struct table *t, enum paint p, struct buf *out)
{
	if (t->colour)
		buf_puts(out, term_paint(p));
}

/* Moves a composed line over, cut if it has to be. */
static void
end_line(const struct table *t, struct buf *line, struct buf *out)
{
	if (t->columns_max)
		shown_append_cut(out, line->data, line->len, t->columns_max);
	else
		buf_append(out, line->data, line->len);
	buf_putc(out, '\n');
	buf_clear(line);
}

void
table_header(const struct table *t, struct buf *out)
{
	struct buf line, name;

	buf_init(&line);
	buf_init(&name);
	buf_puts(&line, t->with_ops ? " op | " : " ");
	for (unsigned i = 0; i < t->cols.n; i++) {
		buf_clear(&name);
		shown_append(&name, t->cols.names[i], strlen(t->cols.names[i]),
			     SHOWN_KEEP_NOTHING);
		if (i)
			buf_puts(&line, " | ");
		paint(t, PAINT_HEAD, &line);
		buf_append(&line, name.data, name.len);
		paint(t, PAINT_PLAIN, &line);
		fill(&line, ' ', t->widths[i] - shown_width(name.data,
							    name.len));
	}
	end_line(t, &line, out);
	buf_puts(&line, t->with_ops ? "----+-" : "-");
	for (unsigned i = 0; i < t->cols.n; i++) {
		if (i)
			buf_puts(&line, "-+-");
		fill(&line, '-', t->widths[i]);
	}
	end_line(t, &line, out);
	buf_release(&name);
	buf_release(&line);
}

/* One line of a cell, in its column; *pos moves behind it. Returns true when
 * more of the cell follows. */
static bool
put_line(const struct table *t, unsigned column, const struct buf *text,
	 size_t *pos, bool dim, struct buf *line)
{
	const char *from = text->len ? text->data + *pos : "", *end = NULL;
	size_t n = text->len - *pos, width, blanks;
	bool right = type_is_number(t->cols.types[column]);

	if (n)
		end = memchr(from, '\n', n);
	if (end)
		n = (size_t)(end - from);
	*pos += n + (end != NULL);
	width = n ? shown_width(from, n) : 0;
	blanks = t->widths[column] > width ? t->widths[column] - width : 0;
	if (right)
		fill(line, ' ', blanks);
	if (dim)
		paint(t, PAINT_DIM, line);
	buf_append(line, from, n);
	if (dim)
		paint(t, PAINT_PLAIN, line);
	if (!right)
		fill(line, ' ', blanks);
	return end != NULL;
}

static void
put_op(const struct table *t, const char *op, struct buf *line)
{
	enum paint p = op[0] == '-' ? PAINT_GONE
		       : op[1] == 'U' ? PAINT_CHANGED
				      : PAINT_ADDED;

	buf_putc(line, ' ');
	paint(t, p, line);
	buf_puts(line, op);
	paint(t, PAINT_PLAIN, line);
	buf_puts(line, " | ");
}

void
table_row(const struct table *t, const struct row *r, struct buf *out)
{
	unsigned n = t->cols.n;
	struct buf *texts = mem_zalloc((n + 1) * sizeof(*texts)), line;
	size_t *pos = mem_zalloc((n + 1) * sizeof(*pos));
	bool first = true, more = true;

	buf_init(&line);
	for (unsigned i = 0; i < n; i++)
		cell_shown(t, &r->cells[i], &texts[i]);
	for (; more; first = false) {
		more = false;
		if (t->with_ops && first)
			put_op(t, r->op ? r->op : "+I", &line);
		else
			buf_puts(&line, t->with_ops ? "    | " : " ");
		for (unsigned i = 0; i < n; i++) {
			bool goes_on = put_line(t, i, &texts[i], &pos[i],
						cell_is_null(&r->cells[i]),
						&line);

			more |= goes_on;
			if (i + 1 < n)
				buf_puts(&line, goes_on ? "+| " : " | ");
			else if (goes_on && n > 1) /* else: to be copied */
				buf_putc(&line, '+');
		}
		end_line(t, &line, out);
	}
	for (unsigned i = 0; i < n; i++)
		buf_release(&texts[i]);
	buf_release(&line);
	free(texts);
	free(pos);
}
