/* SPDX-License-Identifier: Apache-2.0
 * client/output.c - header, rows, end of each statement, in five formats.
 */
#include "client/output.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

#define ROWS_WAIT_MAX 200 /* whose widths decide the columns' */
#define FIRST_WAIT_MS 100 /* at most, for as many */

struct cell {
	const char *text; /* JSON */
	size_t n;
};

struct output_row {
	char *line;  /* owned; cells point into it */
	const char *op; /* or NULL */
	struct cell *cells;
};

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

void
output_init(struct output *o, enum output_format format)
{
	*o = (struct output){ .format = format };
}

static void
clear_columns(struct output *o)
{
	for (unsigned i = 0; i < o->ncols; i++) {
		free(o->names[i]);
		free(o->types[i]);
	}
	free(o->names);
	free(o->types);
	free(o->widths);
	o->names = o->types = NULL;
	o->widths = NULL;
	o->ncols = 0;
}

static void
clear_rows(struct output *o)
{
	for (unsigned i = 0; i < o->nrows; i++) {
		free(o->rows[i].line);
		free(o->rows[i].cells);
	}
	o->nrows = 0;
}

void
output_release(struct output *o)
{
	clear_rows(o);
	clear_columns(o);
	free(o->rows);
	free(o->jobs);
}

/* ---- cells ---- */

/* Cuts the array that begins at *p ('[') into its elements' texts. */
static unsigned
split(const char *p, const char *end, struct cell *cells, unsigned max)
{
	unsigned n = 0;
	int depth = 0;
	bool quoted = false;
	const char *began = ++p;

	for (; p < end; p++) {
		if (quoted) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				quoted = false;
		} else if (*p == '"') {
			quoted = true;
		} else if (*p == '[' || *p == '{') {
			depth++;
		} else if (depth > 0 && (*p == ']' || *p == '}')) {
			depth--;
		} else if (depth == 0 && (*p == ',' || *p == ']')) {
			if (n < max && p > began)
				cells[n++] = (struct cell){ began,
							    (size_t)(p - began) };
			began = p + 1;
			if (*p == ']')
				break;
		}
	}
	return n;
}

static bool
is_null(const struct cell *c)
{
	return c->n == 4 && memcmp(c->text, "null", 4) == 0;
}

/* The cell as text: strings without quotes and escapes. NULL is nothing. */
static void
cell_text(const struct cell *c, struct buf *out)
{
	json_t *s;

	if (is_null(c))
		return;
	if (c->text[0] != '"') {
		buf_append(out, c->text, c->n);
		return;
	}
	s = json_loadb(c->text, c->n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (s)
		buf_append(out, json_string_value(s), json_string_length(s));
	json_decref(s);
}

static bool
is_number(const char *type)
{
	static const char *const numbers[] = {
		"TINYINT", "SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT",
		"DOUBLE",
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		size_t n = strlen(numbers[i]);

		if (strncmp(type, numbers[i], n) == 0 &&
		    (type[n] == '\0' || type[n] == ' ' || type[n] == '('))
			return true;
	}
	return false;
}

/* ---- formats ---- */

static void
put(const struct buf *b)
{
	fwrite(b->data, 1, b->len, stdout);
}

/* An empty text is quoted in CSV: nothing at all is a NULL. */
static void
separated_cell(const char *text, size_t n, char separator, struct buf *out)
{
	bool quote = separator == ',' && (n == 0 || memchr(text, ',', n) ||
					  memchr(text, '"', n) ||
					  memchr(text, '\n', n) ||
					  memchr(text, '\r', n));

	if (!quote && separator == '\t') {
		for (size_t i = 0; i < n; i++) {
			const char *escaped = text[i] == '\t'	? "\\t"
					      : text[i] == '\n' ? "\\n"
					      : text[i] == '\\' ? "\\\\"
								: NULL;

			if (escaped)
				buf_puts(out, escaped);
			else
				buf_putc(out, text[i]);
		}
		return;
	}
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
separated_header(struct output *o, bool updating, char separator,
		 struct buf *out)
{
	if (updating)
		buf_printf(out, "op%c", separator);
	for (unsigned i = 0; i < o->ncols; i++) {
		if (i)
			buf_putc(out, separator);
		separated_cell(o->names[i], strlen(o->names[i]), separator,
			       out);
	}
	buf_putc(out, '\n');
	o->header_done = true;
}

static void
row_separated(struct output *o, const struct output_row *r, char separator)
{
	struct buf out, cell;

	buf_init(&out);
	buf_init(&cell);
	if (!o->header_done)
		separated_header(o, r->op != NULL, separator, &out);
	if (r->op)
		buf_printf(&out, "%s%c", r->op, separator);
	for (unsigned i = 0; i < o->ncols; i++) {
		if (i)
			buf_putc(&out, separator);
		buf_clear(&cell);
		if (is_null(&r->cells[i])) {
			buf_puts(&out, separator == '\t' ? "\\N" : "");
			continue;
		}
		cell_text(&r->cells[i], &cell);
		separated_cell(buf_cstr(&cell), cell.len, separator, &out);
	}
	buf_putc(&out, '\n');
	put(&out);
	buf_release(&out);
	buf_release(&cell);
}

static void
row_json(struct output *o, const struct output_row *r)
{
	struct buf out;

	buf_init(&out);
	buf_putc(&out, '{');
	if (r->op)
		buf_printf(&out, "\"op\":\"%s\"", r->op);
	for (unsigned i = 0; i < o->ncols; i++) {
		if (i || r->op)
			buf_putc(&out, ',');
		buf_json_string(&out, o->names[i], strlen(o->names[i]));
		buf_putc(&out, ':');
		buf_append(&out, r->cells[i].text, r->cells[i].n);
	}
	buf_puts(&out, "}\n");
	put(&out);
	buf_release(&out);
}

static void
row_vertical(struct output *o, const struct output_row *r)
{
	struct buf cell;
	size_t width = 2;

	buf_init(&cell);
	for (unsigned i = 0; i < o->ncols; i++)
		if (strlen(o->names[i]) > width)
			width = strlen(o->names[i]);
	printf("-[ row %llu ]-\n", o->count + 1);
	if (r->op)
		printf("%-*s | %s\n", (int)width, "op", r->op);
	for (unsigned i = 0; i < o->ncols; i++) {
		buf_clear(&cell);
		cell_text(&r->cells[i], &cell);
		printf("%-*s | %.*s\n", (int)width, o->names[i], (int)cell.len,
		       cell.data ? cell.data : "");
	}
	buf_release(&cell);
}

/* ---- aligned ---- */

static size_t
text_width(const char *text, size_t n)
{
	return utf8_valid(text, n) ? utf8_length(text, n) : n;
}

/* Of the longest line. */
static size_t
cell_width(const char *text, size_t n)
{
	const char *end;
	size_t width = 0;

	for (; (end = memchr(text, '\n', n)); text = end + 1) {
		size_t line = (size_t)(end - text);

		if (text_width(text, line) > width)
			width = text_width(text, line);
		n -= line + 1;
	}
	return text_width(text, n) > width ? text_width(text, n) : width;
}

static void
pad(const char *text, size_t n, unsigned width, bool right)
{
	const char *break_at = memrchr(text, '\n', n);
	const char *last = break_at ? break_at + 1 : text;
	size_t length = text_width(last, n - (size_t)(last - text));
	int blanks = width > length ? (int)(width - length) : 0;

	if (right)
		printf("%*s%.*s", blanks, "", (int)n, text);
	else
		printf("%.*s%*s", (int)n, text, blanks, "");
}

static void
aligned_header(struct output *o)
{
	if (o->updating)
		printf(" op | ");
	else
		putchar(' ');
	for (unsigned i = 0; i < o->ncols; i++) {
		if (i)
			fputs(" | ", stdout);
		pad(o->names[i], strlen(o->names[i]), o->widths[i], false);
	}
	fputs(o->updating ? "\n----+-" : "\n-", stdout);
	for (unsigned i = 0; i < o->ncols; i++) {
		if (i)
			fputs("-+-", stdout);
		for (unsigned k = 0; k < o->widths[i]; k++)
			putchar('-');
	}
	putchar('\n');
	o->header_done = true;
}

/* While more rows may come: what they are likely to need. */
static unsigned
width_expected(const char *type)
{
	if (strncmp(type, "TIMESTAMP", 9) == 0)
		return 23;
	return is_number(type) ? 8 : 12;
}

static void
aligned_widths(struct output *o, const struct buf *texts)
{
	o->widths = mem_zalloc((o->ncols + 1) * sizeof(*o->widths));
	for (unsigned i = 0; i < o->ncols; i++) {
		o->widths[i] = (unsigned)utf8_length(o->names[i],
						     strlen(o->names[i]));
		if (!o->ending && o->widths[i] < width_expected(o->types[i]))
			o->widths[i] = width_expected(o->types[i]);
		for (unsigned r = 0; r < o->nrows; r++) {
			const struct buf *t = &texts[r * o->ncols + i];
			unsigned n = (unsigned)cell_width(
				t->data ? t->data : "", t->len);

			if (n > o->widths[i])
				o->widths[i] = n;
		}
	}
}

static void
aligned_rows(struct output *o)
{
	size_t n = (size_t)o->nrows * o->ncols;
	struct buf *texts = mem_zalloc((n + 1) * sizeof(*texts));

	for (size_t i = 0; i < n; i++) {
		buf_init(&texts[i]);
		cell_text(&o->rows[i / o->ncols].cells[i % o->ncols],
			  &texts[i]);
	}
	if (!o->header_done) {
		aligned_widths(o, texts);
		aligned_header(o);
	}
	for (unsigned r = 0; r < o->nrows; r++) {
		if (o->updating)
			printf(" %s | ", o->rows[r].op ? o->rows[r].op : "+I");
		else
			putchar(' ');
		for (unsigned i = 0; i < o->ncols; i++) {
			struct buf *t = &texts[r * o->ncols + i];

			if (i)
				fputs(" | ", stdout);
			pad(t->data ? t->data : "", t->len, o->widths[i],
			    is_number(o->types[i]));
		}
		putchar('\n');
	}
	for (size_t i = 0; i < n; i++)
		buf_release(&texts[i]);
	free(texts);
	clear_rows(o);
}

static long long
steady_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Right behind the write, while errno is its own. */
static void
check_stdout(struct output *o)
{
	if (!ferror(stdout) || o->closed)
		return;
	o->closed = true;
	o->write_errno = errno;
}

void
output_flush(struct output *o)
{
	if (o->format == OUTPUT_ALIGNED && o->nrows && o->ncols)
		aligned_rows(o);
	fflush(stdout);
	check_stdout(o);
}

void
output_idle(struct output *o)
{
	if (o->format == OUTPUT_ALIGNED && !o->header_done &&
	    steady_ms() - o->first_ms < FIRST_WAIT_MS)
		return;
	output_flush(o);
}

int
output_status(const struct output *o)
{
	if (!o->closed || o->write_errno == EPIPE)
		return 0;
	fprintf(stderr, "sluice: cannot write the rows: %s\n",
		strerror(o->write_errno));
	return 1;
}

/* ---- lines ---- */

static void
take_row(struct output *o, const char *text, size_t n)
{
	struct output_row r = { .line = mem_alloc(n + 1) };
	char *at;

	memcpy(r.line, text, n);
	r.line[n] = '\0';
	if (strncmp(r.line, "{\"op\":\"", 7) == 0) {
		r.op = r.line + 7;
		r.line[9] = '\0';
		at = r.line + 10;
		o->updating = true;
	} else {
		at = r.line;
	}
	at = memchr(at, '[', n - (size_t)(at - r.line));
	r.cells = mem_zalloc((o->ncols + 1) * sizeof(*r.cells));
	if (!at || split(at, r.line + n, r.cells, o->ncols) != o->ncols) {
		fprintf(stderr, "sluice: cannot read the row %.*s\n", (int)n,
			text);
		free(r.line);
		free(r.cells);
		return;
	}
	switch (o->format) {
	case OUTPUT_ALIGNED:
		if (o->nrows == o->rows_size) {
			o->rows_size = o->rows_size ? 2 * o->rows_size : 64;
			o->rows = mem_realloc(o->rows,
					      o->rows_size * sizeof(*o->rows));
		}
		if (o->count == 0)
			o->first_ms = steady_ms();
		o->rows[o->nrows++] = r;
		o->count++;
		if (o->nrows >= ROWS_WAIT_MAX)
			output_flush(o);
		return;
	case OUTPUT_CSV:
		row_separated(o, &r, ',');
		break;
	case OUTPUT_TSV:
		row_separated(o, &r, '\t');
		break;
	case OUTPUT_JSON:
		row_json(o, &r);
		break;
	case OUTPUT_VERTICAL:
		row_vertical(o, &r);
		break;
	}
	check_stdout(o);
	o->count++;
	free(r.line);
	free(r.cells);
}

static void
take_header(struct output *o, json_t *root)
{
	json_t *columns = json_object_get(root, "columns");
	size_t n = json_array_size(columns);

	clear_columns(o);
	o->names = mem_zalloc((n + 1) * sizeof(*o->names));
	o->types = mem_zalloc((n + 1) * sizeof(*o->types));
	for (size_t i = 0; i < n; i++) {
		json_t *c = json_array_get(columns, i);
		const char *name = json_string_value(json_object_get(c, "name"));
		const char *type = json_string_value(json_object_get(c, "type"));

		o->names[i] = mem_strdup(name ? name : "");
		o->types[i] = mem_strdup(type ? type : "");
	}
	o->ncols = (unsigned)n;
	o->header_done = o->updating = o->ending = false;
	o->count = 0;
}

static const char *
text_of(json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

static void
copy_text(char *to, size_t size, json_t *root, const char *key)
{
	const char *text = text_of(root, key);

	snprintf(to, size, "%s", text ? text : "");
}

static void
show_error(struct output *o, json_t *root)
{
	struct error err = ERROR_INIT;
	char text[4096];

	err.code = error_from_name(text_of(root, "code"));
	err.at.file = o->file;
	err.at.line = (unsigned)json_integer_value(
		json_object_get(root, "line"));
	err.at.column = (unsigned)json_integer_value(
		json_object_get(root, "column"));
	copy_text(err.message, sizeof(err.message), root, "message");
	copy_text(err.hint, sizeof(err.hint), root, "hint");
	copy_text(err.note, sizeof(err.note), root, "note");
	copy_text(err.excerpt, sizeof(err.excerpt), root, "excerpt");
	copy_text(err.caret, sizeof(err.caret), root, "caret");
	error_print(&err, text, sizeof(text));
	fputs(text, stderr);
	o->failed = true;
}

static void
remember_job(struct output *o, const char *name)
{
	size_t n = strlen(name);

	o->jobs = mem_realloc(o->jobs, o->jobs_len + n + 2);
	memcpy(o->jobs + o->jobs_len, name, n);
	o->jobs_len += n;
	o->jobs[o->jobs_len++] = '\n';
	o->jobs[o->jobs_len] = '\0';
}

/* An empty answer still shows its columns. */
static void
header_alone(struct output *o)
{
	struct buf out;

	buf_init(&out);
	if (o->format == OUTPUT_ALIGNED) {
		aligned_widths(o, NULL);
		aligned_header(o);
	} else if (o->format == OUTPUT_CSV || o->format == OUTPUT_TSV) {
		separated_header(o, false,
				 o->format == OUTPUT_CSV ? ',' : '\t', &out);
		put(&out);
	}
	buf_release(&out);
}

static void
take_end(struct output *o, json_t *root)
{
	const char *message = text_of(root, "message");
	const char *job = text_of(root, "job");
	json_t *rows = json_object_get(root, "rows");
	json_t *bad = json_object_get(root, "bad_records");
	json_t *skipped = json_object_get(root, "skipped");

	o->ending = true;
	if (rows && o->ncols && !o->header_done && o->nrows == 0)
		header_alone(o);
	output_flush(o);
	if (o->format == OUTPUT_ALIGNED && rows)
		printf("(%lld row%s)\n", (long long)json_integer_value(rows),
		       json_integer_value(rows) == 1 ? "" : "s");
	fflush(stdout);
	if (bad)
		fprintf(stderr, "%lld bad record%s left out\n",
			(long long)json_integer_value(bad),
			json_integer_value(bad) == 1 ? "" : "s");
	if (skipped)
		fprintf(stderr, "%lld row%s skipped: the job was faster than "
			"what read them\n",
			(long long)json_integer_value(skipped),
			json_integer_value(skipped) == 1 ? "" : "s");
	if (job)
		remember_job(o, job);
	if (message)
		fprintf(stderr, "%s\n", message);
	else if (!o->quiet && !rows && job)
		fprintf(stderr, "ok: job %s\n", job);
	else if (!o->quiet && !rows)
		fprintf(stderr, "ok\n");
	clear_columns(o);
}

void
output_line(struct output *o, const char *text, size_t n)
{
	const char *end, *notice;
	json_t *root;

	if (n > 6 && (memcmp(text, "{\"row\"", 6) == 0 ||
		      memcmp(text, "{\"op\":", 6) == 0)) {
		take_row(o, text, n);
		return;
	}
	root = json_loadb(text, n, 0, NULL);
	end = text_of(root, "end");
	notice = text_of(root, "notice");
	if (notice)
		fprintf(stderr, "notice: %s\n", notice);
	else if (end && strcmp(end, "error") == 0) {
		output_flush(o);
		show_error(o, root);
	} else if (end)
		take_end(o, root);
	else if (json_object_get(root, "columns"))
		take_header(o, root);
	else
		fprintf(stderr, "sluice: cannot read the answer %.*s\n",
			(int)(n < 300 ? n : 300), text);
	json_decref(root);
}
