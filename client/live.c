/* SPDX-License-Identifier: Apache-2.0
 * client/live.c - the alternate screen for tables, so that nothing of what
 * stood above is lost and a new size is no trouble; a line that is wiped and
 * written again below rows that only come.
 */
#include "client/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "client/changed.h"
#include "client/pager.h"
#include "client/shown.h"
#include "client/table.h"
#include "client/term.h"

#define DRAW_MS 150
#define ROWS_KEPT_MAX 100000
#define BYTES_KEPT_MAX (64 * (size_t)1024 * 1024)
#define ROWS_WAITING_MAX 1000 /* of a result that only adds */
#define NOTES_MAX 65536

struct live {
	struct table table;
	bool updating;
	bool is_open;
	struct changed *rows;    /* updating */
	struct row *waiting;     /* else: not printed yet */
	unsigned nwaiting;
	unsigned below_header;   /* rows printed since the last one */
	bool header_old;         /* widths have grown since */
	uint64_t nrows, nchanges;
	long long began_ms, drawn_ms;
	uint64_t sampled; /* changes at drawn_ms */
	double rate;      /* a second, smoothed */
	unsigned long long rows_in; /* read for it, as the daemon tells */
	char watermark[40];
	char note[200];   /* the last one, for the line of figures */
	struct buf notes; /* all of them, for afterwards */
};

static long long
steady_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct live *
live_create(const struct live_options *o)
{
	struct live *l = mem_zalloc(sizeof(*l));

	table_init(&l->table, o->cols);
	l->table.colour = term_has_colour(STDOUT_FILENO);
	l->table.names_nulls = o->names_nulls;
	l->table.with_ops = o->with_ops;
	l->updating = o->updating;
	if (o->updating)
		l->rows = changed_create(ROWS_KEPT_MAX, BYTES_KEPT_MAX);
	else
		l->waiting = mem_zalloc(ROWS_WAITING_MAX *
					sizeof(*l->waiting));
	buf_init(&l->notes);
	l->began_ms = l->drawn_ms = steady_ms();
	return l;
}

void
live_destroy(struct live *l)
{
	if (!l)
		return;
	changed_destroy(l->rows);
	for (unsigned i = 0; i < l->nwaiting; i++)
		row_release(&l->waiting[i]);
	free(l->waiting);
	table_release(&l->table);
	buf_release(&l->notes);
	free(l);
}

/* ---- figures ---- */

static void
append_elapsed(const struct live *l, long long now_ms, struct buf *out)
{
	long long s = (now_ms - l->began_ms) / 1000;

	if (s >= 3600)
		buf_printf(out, "%lld h %lld min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		buf_printf(out, "%lld min %lld s", s / 60, s % 60);
	else
		buf_printf(out, "%lld s", s);
}

static void
measure_rate(struct live *l, long long now_ms)
{
	double seconds = (double)(now_ms - l->drawn_ms) / 1000;
	double rate, weight;

	if (seconds <= 0)
		return;
	rate = (double)(l->nchanges - l->sampled) / seconds;
	weight = seconds >= 3 ? 1 : seconds / 3;
	l->rate = l->sampled ? l->rate + (rate - l->rate) * weight : rate;
	l->sampled = l->nchanges;
}

static void
append_figures(struct live *l, long long now_ms, struct buf *out)
{
	uint64_t rows = l->updating ? changed_total(l->rows) : l->nrows;
	unsigned columns = term_size().columns;
	struct buf line;

	measure_rate(l, now_ms);
	buf_init(&line);
	buf_printf(&line, "%llu row%s", (unsigned long long)rows,
		   rows == 1 ? "" : "s");
	if (l->updating)
		buf_printf(&line, "  %llu changes",
			   (unsigned long long)l->nchanges);
	buf_printf(&line, "  %.0f/s  ", l->rate);
	append_elapsed(l, now_ms, &line);
	if (l->rows_in)
		buf_printf(&line, "  of %llu read", l->rows_in);
	if (*l->watermark)
		buf_printf(&line, "  watermark %s", l->watermark);
	buf_puts(&line, term_keys_come() ? "  (q ends)" : "  (Ctrl-C ends)");
	if (*l->note)
		buf_printf(&line, "  %s", l->note);
	if (l->table.colour)
		buf_puts(out, term_paint(PAINT_DIM));
	shown_append_cut(out, line.data, line.len, columns - 1);
	if (l->table.colour)
		buf_puts(out, term_paint(PAINT_PLAIN));
	buf_release(&line);
}

/* In one piece, so that no half picture is seen. */
static void
write_out(struct buf *out)
{
	fwrite(out->data, 1, out->len, stdout);
	fflush(stdout);
	buf_release(out);
}

/* ---- a table ---- */

/* The n rows that changed last, below their header. */
static void
append_table(struct live *l, size_t n, struct buf *out)
{
	const struct row **rows = mem_alloc((n + 1) * sizeof(*rows));

	n = changed_latest(l->rows, n, rows);
	for (size_t i = 0; i < n; i++)
		table_fit(&l->table, rows[i]);
	table_header(&l->table, out);
	for (size_t i = 0; i < n; i++)
		table_row(&l->table, rows[i], out);
	free(rows);
}

/* How many lines of `text` are above its last `keep`. */
static size_t
lines_above(const struct buf *text, unsigned keep)
{
	size_t lines = 0;

	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines > keep ? lines - keep : 0;
}

/* Header, as many of its last lines as there is room for, what is not seen. */
static void
append_screen(struct live *l, struct term_size size, struct buf *out)
{
	unsigned room = size.rows > 5 ? size.rows - 4 : 1;
	uint64_t total = changed_total(l->rows);
	size_t above, line = 0;
	struct buf table;

	buf_init(&table);
	l->table.columns_max = size.columns - 1;
	append_table(l, room, &table);
	/* Rows of several lines need more room than was thought. */
	above = lines_above(&table, room + 2);
	for (size_t i = 0; i < table.len;) {
		char *end = memchr(table.data + i, '\n', table.len - i);
		size_t n = (size_t)(end - table.data) - i + 1;

		if (line < 2 || line >= 2 + above) {
			buf_append(out, table.data + i, n - 1);
			buf_puts(out, "\033[K\n");
		}
		line++;
		i += n;
	}
	if (total > room)
		buf_printf(out, "… %llu row%s more\033[K\n",
			   (unsigned long long)(total - room),
			   total - room == 1 ? "" : "s");
	buf_release(&table);
}

static void
draw_table(struct live *l, long long now_ms)
{
	struct term_size size = term_size();
	struct buf out;

	buf_init(&out);
	if (!l->is_open)
		term_open_screen();
	buf_puts(&out, "\033[H");
	append_screen(l, size, &out);
	append_figures(l, now_ms, &out);
	buf_puts(&out, "\033[K\033[J");
	write_out(&out);
	l->is_open = true;
}

/* ---- rows that only come ---- */

static void
append_waiting(struct live *l, struct buf *out)
{
	if (l->nwaiting == 0 && l->is_open)
		return;
	for (unsigned i = 0; i < l->nwaiting; i++)
		l->header_old |= table_fit(&l->table, &l->waiting[i]);
	/* A header again when its columns have moved, but not all the time. */
	if (!l->is_open ||
	    (l->header_old && l->below_header >= term_size().rows)) {
		table_header(&l->table, out);
		l->below_header = 0;
		l->header_old = false;
	}
	for (unsigned i = 0; i < l->nwaiting; i++) {
		table_row(&l->table, &l->waiting[i], out);
		row_release(&l->waiting[i]);
	}
	l->below_header += l->nwaiting;
	l->nwaiting = 0;
}

static void
draw_rows(struct live *l, long long now_ms)
{
	struct buf out;

	buf_init(&out);
	if (l->is_open)
		buf_puts(&out, "\r\033[K");
	append_waiting(l, &out);
	append_figures(l, now_ms, &out);
	write_out(&out);
	l->is_open = true;
}

/* ---- from outside ---- */

static void
draw(struct live *l, long long now_ms)
{
	if (!l->is_open)
		term_keys_begin();
	if (l->updating)
		draw_table(l, now_ms);
	else
		draw_rows(l, now_ms);
	l->drawn_ms = now_ms;
}

void
live_take(struct live *l, struct row *take)
{
	l->nchanges++;
	l->nrows++;
	if (l->updating) {
		changed_apply(l->rows, take);
		return;
	}
	l->waiting[l->nwaiting++] = *take;
	*take = (struct row){ .line = NULL };
	if (l->nwaiting == ROWS_WAITING_MAX)
		draw(l, steady_ms());
}

void
live_note(struct live *l, const char *text)
{
	snprintf(l->note, sizeof(l->note), "%s", text);
	l->note[strcspn(l->note, "\n")] = '\0';
	if (l->notes.len < NOTES_MAX)
		buf_printf(&l->notes, "%s\n", text);
}

void
live_progress(struct live *l, unsigned long long rows_in,
	      const char *watermark)
{
	l->rows_in = rows_in;
	snprintf(l->watermark, sizeof(l->watermark), "%s",
		 watermark ? watermark : "");
}

bool
live_turn(struct live *l)
{
	long long now_ms = steady_ms();

	if (!l->is_open || now_ms - l->drawn_ms >= DRAW_MS || term_stop() ||
	    term_resized())
		draw(l, now_ms);
	else
		return true;
	return !term_key_typed('q');
}

/* What was to be seen last, and what of the rows was not. */
static void
append_last(struct live *l, bool finished, struct buf *out)
{
	unsigned room = term_size().rows;
	uint64_t total = changed_total(l->rows), hidden;
	size_t n = changed_kept(l->rows);

	room = room > 5 ? room - 4 : 1;
	if (!finished && n > room)
		n = room;
	append_table(l, n, out);
	hidden = total - n;
	if (hidden > 0)
		buf_printf(out, "… %llu row%s more\n",
			   (unsigned long long)hidden, hidden == 1 ? "" : "s");
	buf_printf(out, "(%llu row%s, %llu change%s)\n",
		   (unsigned long long)total, total == 1 ? "" : "s",
		   (unsigned long long)l->nchanges,
		   l->nchanges == 1 ? "" : "s");
}

static void
append_all(struct live *l, struct buf *out)
{
	append_waiting(l, out);
	buf_printf(out, "(%llu row%s)\n", (unsigned long long)l->nrows,
		   l->nrows == 1 ? "" : "s");
}

void
live_close(struct live *l, bool finished)
{
	struct buf out;

	buf_init(&out);
	if (l->is_open && l->updating)
		term_close_screen();
	else if (l->is_open)
		fputs("\r\033[K", stdout);
	if (l->is_open)
		term_keys_end();
	l->table.columns_max = 0;
	if (l->updating)
		append_last(l, finished, &out);
	else
		append_all(l, &out);
	if (finished && l->updating)
		pager_show(&out);
	else
		fwrite(out.data, 1, out.len, stdout);
	l->is_open = false;
	fflush(stdout);
	if (l->notes.len)
		fwrite(l->notes.data, 1, l->notes.len, stderr);
	buf_release(&out);
}
