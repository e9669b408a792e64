/* SPDX-License-Identifier: Apache-2.0
 * client/progress.c - asks for all jobs a few times a second and draws those
 * that are ours over what was drawn before.
 */
#include "client/progress.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/session.h"
#include "client/shown.h"
#include "client/term.h"
#include "client/told.h"

#define POLL_MS 40
#define DRAW_MS 200

struct watch {
	const char *names; /* of our jobs, one a line; NULL: none */
	double elapsed_s;
	unsigned drawn;  /* lines on the screen now */
	bool all_ended, any_failed;
};

static double
number(json_t *job, const char *key)
{
	return json_number_value(json_object_get(job, key));
}

static const char *
text_of(json_t *job, const char *key)
{
	const char *text = json_string_value(json_object_get(job, key));

	return text ? text : "";
}

static void
human(double v, char out[16])
{
	if (v >= 1e6)
		snprintf(out, 16, "%.2f M", v / 1e6);
	else if (v >= 1e4)
		snprintf(out, 16, "%.0f k", v / 1e3);
	else
		snprintf(out, 16, "%.0f", v);
}

/* "47 %, 12 s left", by how fast it came that far. */
static void
append_part_read(json_t *job, double elapsed_s, struct buf *out)
{
	double read = number(job, "read"), end = number(job, "end");
	double left_s = read > 0 ? (end - read) * elapsed_s / read : 0;

	if (end <= 0)
		return;
	buf_printf(out, ", %.0f %%", read < end ? 100 * read / end : 100.0);
	if (left_s >= 1 && elapsed_s >= 2)
		buf_printf(out, left_s < 600 ? ", %.0f s left"
					     : ", %.0f min left",
			   left_s < 600 ? left_s : left_s / 60);
}

static enum paint
paint_of(const char *state)
{
	if (strcmp(state, "FAILED") == 0)
		return PAINT_ERROR;
	if (strcmp(state, "BLOCKED") == 0 || strcmp(state, "RESTARTING") == 0)
		return PAINT_CHANGED;
	return PAINT_ADDED;
}

/* One line, no longer than the terminal: a broken one could not be erased. */
static void
draw_job(json_t *job, double elapsed_s)
{
	const char *state = text_of(job, "state");
	bool colour = term_has_colour(STDERR_FILENO);
	struct buf line, cut;
	char rate[16], in[16], out[16];

	buf_init(&line);
	buf_init(&cut);
	human(number(job, "rows_in_per_s"), rate);
	human(number(job, "rows_in"), in);
	human(number(job, "rows_out"), out);
	buf_printf(&line, "%s: %s%s%s, %s rows/s, %s in, %s out",
		   text_of(job, "name"),
		   colour ? term_paint(paint_of(state)) : "", state,
		   colour ? term_paint(PAINT_PLAIN) : "", rate, in, out);
	if (number(job, "lag") >= 0)
		buf_printf(&line, ", lag %.0f", number(job, "lag"));
	append_part_read(job, elapsed_s, &line);
	if (*text_of(job, "reason")) {
		buf_puts(&line, " (");
		shown_append(&line, text_of(job, "reason"),
			     strlen(text_of(job, "reason")),
			     SHOWN_KEEP_NOTHING);
		buf_putc(&line, ')');
	}
	shown_append_cut(&cut, line.data, line.len, term_size().columns - 1);
	fprintf(stderr, "\033[K%.*s\n", (int)cut.len, cut.data);
	buf_release(&line);
	buf_release(&cut);
}

static void
erase(struct watch *w)
{
	if (w->drawn)
		fprintf(stderr, "\033[%uA\033[J", w->drawn);
	w->drawn = 0;
}

static bool
has_ended(const char *state)
{
	return strcmp(state, "FINISHED") == 0 || strcmp(state, "FAILED") == 0 ||
	       strcmp(state, "STOPPED") == 0 || strcmp(state, "PAUSED") == 0;
}

/* Other jobs of a --state-dir go their own way. */
static bool
is_ours(const struct watch *w, const char *name)
{
	size_t n = name ? strlen(name) : 0;

	for (const char *p = w->names; p && *p; p = strchr(p, '\n') + 1)
		if (n && strncmp(p, name, n) == 0 && p[n] == '\n')
			return true;
	return false;
}

static void
look_at(struct watch *w, json_t *jobs, bool draw)
{
	unsigned room = term_size().rows - 1, n = 0;
	size_t i;
	json_t *job;

	room -= room > 1; /* of which one may be needed to say so */
	w->all_ended = true;
	w->any_failed = false;
	if (draw)
		erase(w);
	json_array_foreach(jobs, i, job) {
		const char *state =
			json_string_value(json_object_get(job, "state"));

		if (!is_ours(w, json_string_value(json_object_get(job,
								  "name"))))
			continue;
		if (!state || !has_ended(state))
			w->all_ended = false;
		if (state && strcmp(state, "FAILED") == 0)
			w->any_failed = true;
		if (draw && w->drawn < room) {
			draw_job(job, w->elapsed_s);
			w->drawn++;
		}
		n++;
	}
	if (draw && n > room) {
		fprintf(stderr, "\033[Kand %u more\n", n - room);
		w->drawn++;
	}
}

static int
poll_jobs(struct api *a, struct watch *w, bool draw, struct buf *body,
	  struct error *err)
{
	json_t *root;
	long status;

	if (api_get(a, "/v1/jobs", body, &status, err) < 0)
		return -1;
	root = json_loadb(body->data, body->len, 0, NULL);
	look_at(w, json_object_get(root, "jobs"), draw);
	json_decref(root);
	return 0;
}

static void
report_failures(const struct watch *w, const struct buf *body)
{
	json_t *root = json_loadb(body->data, body->len, 0, NULL), *job;
	size_t i;

	json_array_foreach(json_object_get(root, "jobs"), i, job) {
		json_t *error = json_object_get(job, "error");
		const char *name =
			json_string_value(json_object_get(job, "name"));
		const char *note =
			json_string_value(json_object_get(error, "note"));

		if (!json_is_object(error) || !is_ours(w, name))
			continue;
		told_line("job %s failed: error[%s]: %s", name,
			json_string_value(json_object_get(error, "code")),
			json_string_value(json_object_get(error, "message")));
		if (note)
			told_line("   = %s", note);
	}
	json_decref(root);
}

int
progress_wait(struct api *a, struct private_daemon *d, const char *names,
	      bool drawing)
{
	struct timespec pause = { 0, POLL_MS * 1000000 };
	struct watch w = { .names = names };
	struct error err = ERROR_INIT;
	struct buf body;
	unsigned ms = 0;
	int rc = 0;

	buf_init(&body);
	while (!session_interrupted && rc == 0) {
		rc = poll_jobs(a, &w, drawing && ms % DRAW_MS == 0, &body,
			       &err);
		if (rc == 0 && w.all_ended)
			break;
		nanosleep(&pause, NULL);
		ms += POLL_MS;
		w.elapsed_s = ms / 1e3;
	}
	if (drawing && rc == 0)
		poll_jobs(a, &w, true, &body, &err);
	if (rc < 0) {
		fprintf(stderr, "sluice: %s\n",
			private_alive(d) ? err.message
					 : "the private sluiced has died");
	} else if (w.any_failed) {
		report_failures(&w, &body);
	}
	buf_release(&body);
	if (session_interrupted)
		return 130;
	return rc < 0 ? 3 : w.any_failed ? 4 : 0;
}
