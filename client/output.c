/* SPDX-License-Identifier: Apache-2.0
 * client/output.c - header, rows, end of each statement, and which way its
 * rows go; how a row looks is format.c's, table.c's and live.c's.
 */
#include "client/output.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "client/live.h"
#include "client/pager.h"
#include "client/shown.h"
#include "client/term.h"
#include "client/told.h"

#define ROWS_WAIT_MAX 200 /* whose widths decide the columns' */
#define FIRST_WAIT_MS 100 /* at most, for as many */

/* On a terminal: when a result has gone on for so long, or is so large, it is
 * not waited for any more. */
#define LIVE_AFTER_MS 300
#define LIVE_AFTER_BOUNDED_MS 1500
#define GATHER_BYTES_MAX (16 * (size_t)1024 * 1024)

void
output_init(struct output *o, enum output_format format)
{
	*o = (struct output){ .format = format };
}

static void
clear_rows(struct output *o)
{
	for (size_t i = 0; i < o->nrows; i++)
		row_release(&o->rows[i]);
	o->nrows = o->rows_bytes = 0;
}

static void
clear_statement(struct output *o)
{
	clear_rows(o);
	live_destroy(o->live);
	o->live = NULL;
	table_release(&o->table);
	for (unsigned i = 0; i < o->cols.n; i++) {
		free(o->cols.names[i]);
		free(o->cols.types[i]);
	}
	free(o->cols.names);
	free(o->cols.types);
	o->cols = (struct columns){ .n = 0 };
	o->stage = OUTPUT_PLAIN;
}

void
output_release(struct output *o)
{
	clear_statement(o);
	free(o->rows);
	free(o->jobs);
}

static long long
steady_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- writing ---- */

/* Right behind the write, while errno is its own. */
static void
check_stdout(struct output *o)
{
	if (!ferror(stdout) || o->closed)
		return;
	o->closed = true;
	o->write_errno = errno;
}

/* On a terminal no format lets control characters through. */
static void
put(struct output *o, const struct buf *text)
{
	struct buf safe;

	if (text->len == 0)
		return;
	if (o->format == OUTPUT_ALIGNED || o->format == OUTPUT_VERTICAL ||
	    !o->on_terminal) {
		fwrite(text->data, 1, text->len, stdout);
	} else {
		buf_init(&safe);
		shown_append(&safe, text->data, text->len,
			     SHOWN_KEEP_LINES | SHOWN_KEEP_TABS);
		fwrite(safe.data, 1, safe.len, stdout);
		buf_release(&safe);
	}
	check_stdout(o);
}

bool
output_is_live(const struct output *o)
{
	return o->format == OUTPUT_ALIGNED && term_is(STDOUT_FILENO);
}

bool
output_wanted(const struct output *o)
{
	return !o->closed && !o->left;
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

/* ---- aligned and vertical: text of many rows ---- */

/* While more rows may come: what they are likely to need. */
static unsigned
width_expected(const char *type)
{
	if (strncmp(type, "TIMESTAMP", 9) == 0)
		return 23;
	return type_is_number(type) ? 8 : 12;
}

static void
begin_table(struct output *o)
{
	table_init(&o->table, &o->cols);
	o->table.with_ops = o->updating;
	o->table.colour = o->colour;
	o->table.names_nulls = o->is_query;
	for (unsigned i = 0; i < o->cols.n && !o->ending; i++)
		table_widen(&o->table, i, width_expected(o->cols.types[i]));
	for (size_t i = 0; i < o->nrows; i++)
		table_fit(&o->table, &o->rows[i]);
}

static void
append_aligned(struct output *o, struct buf *out)
{
	if (!o->header_done) {
		begin_table(o);
		table_header(&o->table, out);
		o->header_done = true;
	}
	for (size_t i = 0; i < o->nrows; i++)
		table_row(&o->table, &o->rows[i], out);
	clear_rows(o);
}

static void
append_row(struct output *o, const struct row *r, struct buf *out)
{
	struct format_look look = {
		.number = ++o->count,
		.names_nulls = o->is_query,
		.colour = o->colour,
	};

	if (!o->header_done)
		format_header(o->format, &o->cols, o->updating, out);
	o->header_done = true;
	format_row(o->format, &o->cols, r, &look, out);
}

/* What waits, as it is. */
static void
flush(struct output *o)
{
	struct buf out;

	buf_init(&out);
	if (o->format == OUTPUT_ALIGNED) {
		if (o->nrows)
			append_aligned(o, &out);
	} else {
		for (size_t i = 0; i < o->nrows; i++)
			append_row(o, &o->rows[i], &out);
		clear_rows(o);
	}
	put(o, &out);
	buf_release(&out);
	fflush(stdout);
	check_stdout(o);
}

/* ---- a result that goes on ---- */

static void
begin_live(struct output *o)
{
	struct live_options options = {
		.cols = &o->cols,
		.updating = o->updating && o->is_table,
		.names_nulls = o->is_query,
		.with_ops = o->updating && !o->is_table,
	};

	o->live = live_create(&options);
	o->stage = OUTPUT_LIVE;
	for (size_t i = 0; i < o->nrows; i++)
		live_take(o->live, &o->rows[i]);
	clear_rows(o);
}

static void
end_live(struct output *o, bool finished)
{
	live_close(o->live, finished);
	live_destroy(o->live);
	o->live = NULL;
	o->stage = OUTPUT_PLAIN;
}

/* It was not over as soon as one could wait for. */
static void
stop_gathering(struct output *o)
{
	o->stage = OUTPUT_PLAIN;
	if (o->format == OUTPUT_ALIGNED)
		begin_live(o);
	else
		flush(o);
}

void
output_turn(struct output *o)
{
	long long waited_ms = steady_ms() - o->began_ms;

	switch (o->stage) {
	case OUTPUT_LIVE:
		o->left |= !live_turn(o->live);
		break;
	case OUTPUT_GATHERING:
		if (waited_ms >= (o->bounded ? LIVE_AFTER_BOUNDED_MS
					     : LIVE_AFTER_MS))
			stop_gathering(o);
		break;
	case OUTPUT_PLAIN:
		if (o->format != OUTPUT_ALIGNED || o->header_done ||
		    waited_ms >= FIRST_WAIT_MS)
			flush(o);
	}
}

/* ---- rows ---- */

static void
keep_row(struct output *o, struct row *r, size_t bytes)
{
	if (o->nrows == o->rows_size) {
		o->rows_size = o->rows_size ? 2 * o->rows_size : 64;
		o->rows = mem_realloc(o->rows, o->rows_size * sizeof(*o->rows));
	}
	if (o->count == 0 && o->nrows == 0 && o->stage == OUTPUT_PLAIN)
		o->began_ms = steady_ms();
	o->rows[o->nrows++] = *r;
	o->rows_bytes += bytes;
}

static void
put_row(struct output *o, struct row *r)
{
	struct buf out;

	buf_init(&out);
	append_row(o, r, &out);
	put(o, &out);
	buf_release(&out);
	row_release(r);
}

static void
take_row(struct output *o, const char *text, size_t n)
{
	struct row r;

	if (!row_read(&r, text, n, o->cols.n)) {
		told_line("sluice: cannot read the row %.*s",
			  (int)(n < 300 ? n : 300), text);
		return;
	}
	o->updating |= r.op != NULL;
	o->taken++;
	switch (o->stage) {
	case OUTPUT_LIVE:
		live_take(o->live, &r);
		output_turn(o);
		return;
	case OUTPUT_GATHERING:
		keep_row(o, &r, n);
		if (o->rows_bytes > GATHER_BYTES_MAX)
			stop_gathering(o);
		else if (o->nrows % 256 == 0)
			output_turn(o);
		return;
	case OUTPUT_PLAIN:
		if (o->format != OUTPUT_ALIGNED) {
			put_row(o, &r);
			return;
		}
		keep_row(o, &r, n);
		o->count++;
		if (o->nrows >= ROWS_WAIT_MAX)
			flush(o);
	}
}

/* ---- the end of a table ---- */

static void
append_count(long long rows, struct buf *out)
{
	buf_printf(out, "(%lld row%s)\n", rows, rows == 1 ? "" : "s");
}

/* A result that is whole: its header, too, if it has no rows. */
static void
show_whole(struct output *o, long long rows)
{
	bool gathered = o->stage == OUTPUT_GATHERING;
	struct buf out;

	buf_init(&out);
	if (o->format == OUTPUT_ALIGNED) {
		append_aligned(o, &out);
		append_count(rows, &out);
	} else {
		for (size_t i = 0; i < o->nrows; i++)
			append_row(o, &o->rows[i], &out);
		if (!o->header_done)
			format_header(o->format, &o->cols, o->updating, &out);
	}
	if (gathered)
		pager_show(&out);
	else
		put(o, &out);
	buf_release(&out);
}

static void
end_rows(struct output *o, long long rows)
{
	if (o->stage == OUTPUT_GATHERING && o->format == OUTPUT_ALIGNED &&
	    o->updating && o->is_table)
		begin_live(o);
	if (o->stage == OUTPUT_LIVE)
		end_live(o, true);
	else
		show_whole(o, rows);
	fflush(stdout);
	check_stdout(o);
}

/* A statement may have more than one: each is counted by itself. */
static void
end_earlier_table(struct output *o)
{
	o->ending = true;
	if (o->stage == OUTPUT_GATHERING)
		o->stage = OUTPUT_PLAIN; /* the pager is for the last one */
	if (o->cols.n)
		end_rows(o, o->taken - o->earlier);
	else
		o->taken = 0; /* of the statement before */
	o->earlier = o->taken;
}

/* ---- the other lines ---- */

static const char *
text_of(json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

static void
take_header(struct output *o, json_t *root)
{
	json_t *columns = json_object_get(root, "columns");
	size_t n = json_array_size(columns);
	bool for_people = o->format == OUTPUT_ALIGNED ||
			  o->format == OUTPUT_VERTICAL;

	end_earlier_table(o);
	clear_statement(o);
	o->cols.names = mem_zalloc((n + 1) * sizeof(*o->cols.names));
	o->cols.types = mem_zalloc((n + 1) * sizeof(*o->cols.types));
	for (size_t i = 0; i < n; i++) {
		json_t *c = json_array_get(columns, i);
		const char *name = text_of(c, "name");
		const char *type = text_of(c, "type");

		o->cols.names[i] = mem_strdup(name ? name : "");
		o->cols.types[i] = mem_strdup(type ? type : "");
	}
	o->cols.n = (unsigned)n;
	o->is_query = json_object_get(root, "bounded") != NULL;
	o->is_table = json_object_get(root, "updating") && !o->shows_changes;
	o->updating = json_is_true(json_object_get(root, "updating"));
	o->bounded = json_is_true(json_object_get(root, "bounded"));
	o->on_terminal = isatty(STDOUT_FILENO);
	o->colour = term_has_colour(STDOUT_FILENO);
	o->header_done = o->ending = false;
	o->count = 0;
	o->began_ms = steady_ms();
	o->stage = for_people && term_is(STDOUT_FILENO) ? OUTPUT_GATHERING
							: OUTPUT_PLAIN;
}

static void
copy_text(char *to, size_t size, json_t *root, const char *key)
{
	const char *text = text_of(root, key);

	snprintf(to, size, "%s", text ? text : "");
}

static void
take_error(struct output *o, json_t *root)
{
	struct error err = ERROR_INIT;

	err.code = error_from_name(text_of(root, "code"));
	err.at.file = o->file;
	err.at.line = (unsigned)json_integer_value(
		json_object_get(root, "line"));
	if (err.at.line)
		err.at.line += o->line_before;
	err.at.column = (unsigned)json_integer_value(
		json_object_get(root, "column"));
	copy_text(err.message, sizeof(err.message), root, "message");
	copy_text(err.hint, sizeof(err.hint), root, "hint");
	copy_text(err.note, sizeof(err.note), root, "note");
	copy_text(err.excerpt, sizeof(err.excerpt), root, "excerpt");
	copy_text(err.caret, sizeof(err.caret), root, "caret");
	output_stop(o);
	o->failed = true;
	o->forgotten = err.code == ERR_NO_SESSION;
	if (!o->forgotten)
		told_error(&err);
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

static void
take_end(struct output *o, json_t *root)
{
	const char *message = text_of(root, "message");
	const char *job = text_of(root, "job");
	json_t *rows = json_object_get(root, "rows");
	json_t *bad = json_object_get(root, "bad_records");
	json_t *skipped = json_object_get(root, "skipped");

	o->ending = true;
	if (rows && o->cols.n)
		end_rows(o, (long long)json_integer_value(rows) - o->earlier);
	if (bad)
		told_line("%lld bad record%s left out",
			  (long long)json_integer_value(bad),
			  json_integer_value(bad) == 1 ? "" : "s");
	if (skipped)
		told_line("%lld row%s skipped: the job was faster than what "
			  "read them", (long long)json_integer_value(skipped),
			  json_integer_value(skipped) == 1 ? "" : "s");
	if (job)
		remember_job(o, job);
	if (message)
		told_line("%s", message);
	else if (!o->quiet && !rows && job)
		told_line("ok: job %s", job);
	else if (!o->quiet && !rows)
		told_line("ok");
	clear_statement(o);
}

static void
take_notice(struct output *o, const char *text)
{
	char line[1024];

	snprintf(line, sizeof(line), "notice: %s", text);
	if (o->stage == OUTPUT_LIVE)
		live_note(o->live, line);
	else
		told_line("%s", line);
}

static void
take_progress(struct output *o, json_t *progress)
{
	if (o->stage == OUTPUT_LIVE)
		live_progress(o->live,
			      (unsigned long long)json_integer_value(
				      json_object_get(progress, "rows_in")),
			      text_of(progress, "watermark"));
}

void
output_line(struct output *o, const char *text, size_t n)
{
	const char *end, *notice;
	json_t *root;

	if (row_is_here(text, n)) {
		take_row(o, text, n);
		return;
	}
	root = json_loadb(text, n, 0, NULL);
	end = text_of(root, "end");
	notice = text_of(root, "notice");
	if (notice)
		take_notice(o, notice);
	else if (end && strcmp(end, "error") == 0)
		take_error(o, root);
	else if (end)
		take_end(o, root);
	else if (json_object_get(root, "columns"))
		take_header(o, root);
	else if (json_object_get(root, "progress"))
		take_progress(o, json_object_get(root, "progress"));
	else
		told_line("sluice: cannot read the answer %.*s",
			  (int)(n < 300 ? n : 300), text);
	json_decref(root);
}

void
output_stop(struct output *o)
{
	if (o->stage == OUTPUT_LIVE)
		end_live(o, false);
	else
		flush(o);
	clear_statement(o);
}
