/* SPDX-License-Identifier: Apache-2.0
 * client/top.c - the jobs as a table of their own, from /v1/jobs: once, or on
 * a screen of its own that outlives the daemon's absence.
 */
#include "client/top.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "client/session.h"
#include "client/shown.h"
#include "client/term.h"
#include "client/told.h"

/* ---- a cell ---- */

static double
number(json_t *job, const char *key)
{
	return json_number_value(json_object_get(job, key));
}

static const char *
text(json_t *job, const char *key)
{
	const char *s = json_string_value(json_object_get(job, key));

	return s ? s : "";
}

/* 1234567 as 1.23 M, with the unit's steps. */
static void
human(double v, double step, char out[24])
{
	static const char *const units[] = { "", " k", " M", " G", " T" };
	unsigned u = 0;

	while (v >= (u ? step : 10 * step) && u + 1 < ARRAY_LEN(units)) {
		v /= step;
		u++;
	}
	snprintf(out, 24, u ? "%.2f%s" : "%.0f%s", v, units[u]);
}

/* How far the watermark is behind the clock; -1: there is none. */
static double
behind_s(const char *watermark)
{
	struct tm tm = { .tm_isdst = 0 };
	double s;

	if (!strptime(watermark, "%Y-%m-%dT%H:%M:%S", &tm))
		return -1;
	s = difftime(time(NULL), timegm(&tm));
	return s < 0 ? 0 : s;
}

static void
delay(double s, char out[24])
{
	if (s < 0)
		snprintf(out, 24, "-");
	else if (s < 600)
		snprintf(out, 24, "%.0f s", s);
	else if (s < 36000)
		snprintf(out, 24, "%.0f min", s / 60);
	else
		snprintf(out, 24, "%.0f h", s / 3600);
}

/* Why it stands where it stands. */
static const char *
remark(json_t *job)
{
	const char *error = text(json_object_get(job, "error"), "message");

	if (*error)
		return error;
	return *text(job, "reason") ? text(job, "reason") : text(job, "notice");
}

/* ---- the table ---- */

enum { NAME, STATE, REMARK = 9, COLUMNS };

/* A key of the keyboard sorts by its column: names upwards, numbers with the
 * largest first. */
static const struct column {
	const char *title;
	char key;
	const char *figure; /* of the job's JSON; NULL: a text */
	double step;        /* of k, M, ... */
} columns[COLUMNS] = {
	{ "NAME", 'n', NULL, 0 },
	{ "STATE", 's', NULL, 0 },
	{ "IN/S", 'i', "rows_in_per_s", 1000 },
	{ "OUT/S", 'o', "rows_out_per_s", 1000 },
	{ "ROWS IN", 'r', "rows_in", 1000 },
	{ "LAG", 'l', "lag", 1000 },
	{ "BEHIND", 'b', NULL, 0 },
	{ "STATE B", 'm', "state_bytes", 1024 },
	{ "ERRORS", 'e', "bad_records", 1000 },
	{ "", '\0', NULL, 0 },
};
#define BEHIND 6

struct line { /* one job */
	char cell[COLUMNS][160];
	double value[COLUMNS]; /* to sort by */
};

struct top {
	struct line *lines;
	size_t n;
	unsigned sorted;  /* column */
	bool turned;      /* the other way round */
	char trouble[512]; /* why there is nothing newer; "": there is */
};

static void
fill(json_t *job, struct line *l)
{
	char short_text[24];
	struct buf safe;

	snprintf(l->cell[NAME], 160, "%.40s", text(job, "name"));
	snprintf(l->cell[STATE], 160, "%s", text(job, "state"));
	for (unsigned c = 0; c < COLUMNS; c++) {
		if (!columns[c].figure)
			continue;
		l->value[c] = number(job, columns[c].figure);
		if (l->value[c] < 0)
			snprintf(short_text, sizeof(short_text), "-");
		else
			human(l->value[c], columns[c].step, short_text);
		snprintf(l->cell[c], 160, "%s", short_text);
	}
	l->value[BEHIND] = behind_s(text(job, "watermark"));
	delay(l->value[BEHIND], l->cell[BEHIND]);
	buf_init(&safe);
	shown_append(&safe, remark(job), strlen(remark(job)),
		     SHOWN_KEEP_NOTHING);
	snprintf(l->cell[REMARK], 160, "%.150s", buf_cstr(&safe));
	buf_release(&safe);
}

static bool
is_number_column(unsigned c)
{
	return c > STATE && c < REMARK;
}

static int
compare(const void *a, const void *b, void *arg)
{
	const struct top *t = arg;
	const struct line *l = a, *m = b;
	double x = l->value[t->sorted], y = m->value[t->sorted];
	int order = is_number_column(t->sorted)
			    ? (x < y) - (x > y)
			    : strcmp(l->cell[t->sorted], m->cell[t->sorted]);

	if (order == 0)
		return strcmp(l->cell[NAME], m->cell[NAME]);
	return t->turned ? -order : order;
}

/* most: the screen's width, 0: as long as it is. */
static void
append_line(const char *const cell[COLUMNS], const size_t width[COLUMNS],
	    size_t most, struct buf *out)
{
	struct buf line;

	buf_init(&line);
	for (unsigned c = 0; c < COLUMNS; c++) {
		size_t n = shown_width(cell[c], strlen(cell[c]));
		int pad = width[c] > n ? (int)(width[c] - n) : 0;

		if (c == REMARK)
			buf_puts(&line, cell[c]);
		else if (is_number_column(c))
			buf_printf(&line, "%*s%s  ", pad, "", cell[c]);
		else
			buf_printf(&line, "%s%*s  ", cell[c], pad, "");
	}
	while (line.len && line.data[line.len - 1] == ' ')
		line.len--;
	if (most)
		shown_append_cut(out, line.data, line.len, most);
	else
		buf_append(out, line.data, line.len);
	buf_release(&line);
}

/* rows: there is room for, 0: for all. end: of each line. */
static void
append_table(const struct top *t, size_t most, size_t rows, const char *end,
	     struct buf *out)
{
	const char *cells[COLUMNS];
	size_t width[COLUMNS];

	for (unsigned c = 0; c < COLUMNS; c++) {
		width[c] = strlen(columns[c].title);
		for (size_t i = 0; i < t->n; i++) {
			const char *s = t->lines[i].cell[c];
			size_t n = shown_width(s, strlen(s));

			width[c] = n > width[c] ? n : width[c];
		}
		cells[c] = columns[c].title;
	}
	append_line(cells, width, most, out);
	buf_puts(out, end);
	for (size_t i = 0; i < t->n && (!rows || i < rows); i++) {
		for (unsigned c = 0; c < COLUMNS; c++)
			cells[c] = t->lines[i].cell[c];
		append_line(cells, width, most, out);
		buf_puts(out, end);
	}
	if (rows && t->n > rows)
		buf_printf(out, "and %zu more%s", t->n - rows, end);
}

/* Asks for the jobs; keeps the old ones when that fails. */
static int
look(struct api *a, struct top *t, struct error *err)
{
	json_t *root, *jobs, *job;
	struct buf body;
	long status;
	size_t i;

	buf_init(&body);
	if (api_get(a, "/v1/jobs", &body, &status, err) < 0) {
		buf_release(&body);
		return -1;
	}
	root = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
	jobs = json_object_get(root, "jobs");
	if (json_is_array(jobs)) {
		free(t->lines);
		t->n = 0;
		t->lines = mem_zalloc((json_array_size(jobs) + 1) *
				      sizeof(*t->lines));
		json_array_foreach(jobs, i, job)
			fill(job, &t->lines[t->n++]);
		qsort_r(t->lines, t->n, sizeof(*t->lines), compare, t);
	} else {
		error_set(err, ERR_CONNECTION, "no sluiced answers there, but "
			  "something else: HTTP status %ld", status);
	}
	json_decref(root);
	buf_release(&body);
	return err->code == ERR_NONE ? 0 : -1;
}

int
jobs_once(struct api *a)
{
	struct error err = ERROR_INIT;
	struct top t = { .lines = NULL };
	struct buf out;
	int rc;

	buf_init(&out);
	rc = look(a, &t, &err);
	if (rc < 0) {
		told_failure(&err);
	} else {
		append_table(&t, 0, 0, "\n", &out);
		fwrite(out.data, 1, out.len, stdout);
		fflush(stdout);
	}
	buf_release(&out);
	free(t.lines);
	return rc < 0 ? 3 : 0;
}

/* ---- live ---- */

static void
append_head(const struct top *t, size_t most, struct buf *out)
{
	bool colour = term_has_colour(STDOUT_FILENO);
	size_t running = 0;
	struct buf line;

	for (size_t i = 0; i < t->n; i++)
		running += strcmp(t->lines[i].cell[STATE], "RUNNING") == 0;
	buf_init(&line);
	if (*t->trouble)
		buf_printf(&line, "%s: trying again (q ends)", t->trouble);
	else
		buf_printf(&line, "%zu job%s, %zu running, by %s  (q ends; "
			   "n s i o r l b m e sort, again turns)", t->n,
			   t->n == 1 ? "" : "s", running,
			   columns[t->sorted].title);
	if (colour)
		buf_puts(out, term_paint(*t->trouble ? PAINT_ERROR
						     : PAINT_DIM));
	shown_append_cut(out, line.data, line.len, most);
	if (colour)
		buf_puts(out, term_paint(PAINT_PLAIN));
	buf_puts(out, "\033[K\n");
	buf_release(&line);
}

static void
draw(const struct top *t)
{
	struct term_size size = term_size();
	struct buf out;

	buf_init(&out);
	buf_puts(&out, "\033[H");
	if (size.rows > 4)
		append_head(t, size.columns - 1, &out);
	append_table(t, size.columns - 1, size.rows > 5 ? size.rows - 4 : 1,
		     "\033[K\n", &out);
	buf_puts(&out, "\033[J");
	fwrite(out.data, 1, out.len, stdout);
	fflush(stdout);
	buf_release(&out);
}

static void
sort_by_key(struct top *t, int key)
{
	for (unsigned c = 0; c < REMARK; c++) {
		if (columns[c].key != key)
			continue;
		t->turned = c == t->sorted && !t->turned;
		t->sorted = c;
		qsort_r(t->lines, t->n, sizeof(*t->lines), compare, t);
	}
}

/* The first look has been taken. */
static void
turn(struct api *a, struct top *t, double every_s)
{
	for (;;) {
		struct error err = ERROR_INIT;
		int key;

		draw(t);
		key = term_read_key((int)(every_s * 1000));
		if (key == 'q' || key == TERM_GONE || session_interrupted)
			return;
		if (key >= 0)
			sort_by_key(t, key);
		if (key >= 0 || term_stop())
			continue;
		*t->trouble = '\0';
		if (look(a, t, &err) < 0)
			snprintf(t->trouble, sizeof(t->trouble), "%s",
				 err.message);
	}
}

int
jobs_live(struct api *a, double every_s)
{
	struct error err = ERROR_INIT;
	struct top t = { .lines = NULL };

	session_catch_signals();
	if (look(a, &t, &err) < 0) {
		told_failure(&err);
		free(t.lines);
		return 3;
	}
	term_keys_begin();
	term_open_screen();
	turn(a, &t, every_s);
	term_close_screen();
	term_keys_end();
	free(t.lines);
	return 0;
}
