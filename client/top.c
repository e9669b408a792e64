/* SPDX-License-Identifier: Apache-2.0
 * client/top.c - the jobs as a table of their own, from /v1/jobs.
 */
#include "client/top.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/str.h"
#include "client/run.h"

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

/* How far the watermark is behind the clock. */
static void
delay(const char *watermark, char out[24])
{
	struct tm tm = { .tm_isdst = 0 };
	double s;

	if (!strptime(watermark, "%Y-%m-%dT%H:%M:%S", &tm)) {
		snprintf(out, 24, "-");
		return;
	}
	s = difftime(time(NULL), timegm(&tm));
	if (s < 0)
		snprintf(out, 24, "0 s");
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

enum { COLUMNS = 10 };
static const char *const titles[COLUMNS] = {
	"NAME", "STATE", "IN/S", "OUT/S", "ROWS IN", "LAG", "BEHIND", "STATE B",
	"ERRORS", "",
};

struct table {
	char (*cell)[COLUMNS][160];
	unsigned n;
};

static void
fill(json_t *job, char cell[COLUMNS][160])
{
	static const struct {
		unsigned at;
		const char *key;
		double step;
	} numbers[] = {
		{ 2, "rows_in_per_s", 1000 }, { 3, "rows_out_per_s", 1000 },
		{ 4, "rows_in", 1000 },       { 5, "lag", 1000 },
		{ 7, "state_bytes", 1024 },   { 8, "bad_records", 1000 },
	};
	char short_text[24];

	snprintf(cell[0], 160, "%.40s", text(job, "name"));
	snprintf(cell[1], 160, "%s", text(job, "state"));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		double v = number(job, numbers[i].key);

		if (v < 0)
			snprintf(short_text, sizeof(short_text), "-");
		else
			human(v, numbers[i].step, short_text);
		snprintf(cell[numbers[i].at], 160, "%s", short_text);
	}
	delay(text(job, "watermark"), short_text);
	snprintf(cell[6], 160, "%s", short_text);
	snprintf(cell[9], 160, "%.150s", remark(job));
}

static bool
is_number_column(unsigned c)
{
	return c >= 2 && c <= 8;
}

static void
print_row(char *const cell[COLUMNS], const unsigned width[COLUMNS],
	  unsigned most)
{
	unsigned at = 0;

	for (unsigned c = 0; c < COLUMNS; c++) {
		unsigned n = (unsigned)utf8_length(cell[c], strlen(cell[c]));
		unsigned pad = c + 1 < COLUMNS && width[c] > n ? width[c] - n
							       : 0;
		size_t bytes = strlen(cell[c]);

		if (c + 1 == COLUMNS && most && at + n > most)
			bytes = most > at ? utf8_offset(cell[c], bytes,
							most - at) : 0;
		if (is_number_column(c))
			printf("%*s", (int)pad, "");
		printf("%.*s", (int)bytes, cell[c]);
		if (!is_number_column(c))
			printf("%*s", (int)pad, "");
		if (c + 1 < COLUMNS)
			fputs("  ", stdout);
		at += n + pad + 2;
	}
	putchar('\n');
}

/* most: the screen's width, 0: as wide as it is; rows: of the screen. */
static void
print_table(const struct table *t, unsigned most, unsigned rows)
{
	unsigned width[COLUMNS];
	char *cells[COLUMNS];

	for (unsigned c = 0; c < COLUMNS; c++) {
		width[c] = (unsigned)strlen(titles[c]);
		for (unsigned i = 0; i < t->n; i++) {
			const char *s = t->cell[i][c];
			unsigned n = (unsigned)utf8_length(s, strlen(s));

			width[c] = n > width[c] ? n : width[c];
		}
		cells[c] = (char *)titles[c];
	}
	print_row(cells, width, most);
	for (unsigned i = 0; i < t->n && (!rows || i < rows); i++) {
		for (unsigned c = 0; c < COLUMNS; c++)
			cells[c] = t->cell[i][c];
		print_row(cells, width, most);
	}
	if (rows && t->n > rows)
		printf("and %u more\n", t->n - rows);
}

/* Asks and prints; 0, or 3. */
static int
look(struct api *a, unsigned most, unsigned rows, const char *before)
{
	struct error err = ERROR_INIT;
	struct table t = { NULL, 0 };
	json_t *root, *jobs, *job;
	struct buf body;
	long status;
	size_t i;

	buf_init(&body);
	if (api_get(a, "/v1/jobs", &body, &status, &err) < 0) {
		fprintf(stderr, "sluice: %s\n", err.message);
		buf_release(&body);
		return 3;
	}
	root = json_loadb(body.data, body.len, 0, NULL);
	jobs = json_object_get(root, "jobs");
	t.cell = calloc(json_array_size(jobs) + 1, sizeof(*t.cell));
	CHECK(t.cell);
	json_array_foreach(jobs, i, job)
		fill(job, t.cell[t.n++]);
	fputs(before, stdout);
	print_table(&t, most, rows);
	fflush(stdout);
	free(t.cell);
	json_decref(root);
	buf_release(&body);
	return 0;
}

int
jobs_once(struct api *a)
{
	return look(a, 0, 0, "");
}

/* ---- live ---- */

/* Waits; false: q was typed, or Ctrl-C. */
static bool
wait_for_key(double seconds)
{
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	char c;

	if (poll(&in, 1, (int)(seconds * 1000)) > 0 &&
	    (read(STDIN_FILENO, &c, 1) != 1 || c == 'q'))
		return false;
	return !run_interrupted;
}

int
jobs_live(struct api *a, double every_s)
{
	struct termios before, quiet;
	bool keys = tcgetattr(STDIN_FILENO, &before) == 0;
	int rc;

	run_catch_signals();
	if (keys) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	}
	fputs("\033[?1049h", stdout); /* a screen of its own */
	do {
		struct winsize size = { .ws_row = 24, .ws_col = 80 };

		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
		rc = look(a, size.ws_col, size.ws_row > 4 ? size.ws_row - 3 : 1,
			  "\033[H\033[J");
	} while (rc == 0 && wait_for_key(every_s));
	fputs("\033[?1049l", stdout);
	fflush(stdout);
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return rc;
}
