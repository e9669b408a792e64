/* SPDX-License-Identifier: Apache-2.0
 * client/run.c - starts a private daemon, submits the scripts, shows how far
 * the jobs are, and ends when all of them have.
 */
#include "client/run.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "client/api.h"
#include "client/private.h"

#define POLL_MS 40
#define DRAW_MS 200

volatile int run_interrupted;

static void
on_signal(int number)
{
	(void)number;
	run_interrupted = 1;
}

void
run_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
run_read_file(const char *file, struct buf *out)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	size_t n;
	int rc = 0;

	if (!f) {
		fprintf(stderr, "sluice: cannot read %s: %s\n", file,
			strerror(errno));
		return -1;
	}
	do {
		n = fread(buf_room(out, 65536), 1, 65536, f);
		buf_added(out, n);
	} while (n > 0);
	if (ferror(f)) {
		fprintf(stderr, "sluice: cannot read %s: %s\n", file,
			strerror(errno));
		rc = -1;
	}
	if (f != stdin)
		fclose(f);
	return rc;
}

/* ---- progress ---- */

struct watch {
	const char *names; /* of our jobs, one a line; NULL: none */
	bool drawing;    /* live lines on a terminal */
	unsigned drawn;  /* lines on the screen now */
	bool all_ended, any_failed;
};

static double
number(json_t *job, const char *key)
{
	return json_number_value(json_object_get(job, key));
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

static void
draw_job(json_t *job)
{
	double read = number(job, "read"), end = number(job, "end");
	const char *state = json_string_value(json_object_get(job, "state"));
	const char *reason = json_string_value(json_object_get(job, "reason"));
	char rate[16], in[16], out[16];

	human(number(job, "rows_in_per_s"), rate);
	human(number(job, "rows_in"), in);
	human(number(job, "rows_out"), out);
	fprintf(stderr, "\033[K%s: %s, %s rows/s, %s in, %s out",
		json_string_value(json_object_get(job, "name")), state, rate,
		in, out);
	if (number(job, "lag") >= 0)
		fprintf(stderr, ", lag %.0f", number(job, "lag"));
	if (end > 0)
		fprintf(stderr, ", %.0f %%", 100 * read / end);
	if (reason)
		fprintf(stderr, " (%.80s)", reason);
	fputc('\n', stderr);
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
	size_t i;
	json_t *job;

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
		if (draw) {
			draw_job(job);
			w->drawn++;
		}
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
		fprintf(stderr, "job %s failed: error[%s]: %s\n", name,
			json_string_value(json_object_get(error, "code")),
			json_string_value(json_object_get(error, "message")));
		if (note)
			fprintf(stderr, "   = %s\n", note);
	}
	json_decref(root);
}

/* Waits for the jobs; the exit status. */
static int
wait_jobs(struct api *a, struct private_daemon *d, const char *names,
	  bool drawing)
{
	struct timespec pause = { 0, POLL_MS * 1000000 };
	struct watch w = { .names = names, .drawing = drawing };
	struct error err = ERROR_INIT;
	struct buf body;
	unsigned ms = 0;
	int rc = 0;

	buf_init(&body);
	while (!run_interrupted && rc == 0) {
		rc = poll_jobs(a, &w, drawing && ms % DRAW_MS == 0, &body,
			       &err);
		if (rc == 0 && w.all_ended)
			break;
		nanosleep(&pause, NULL);
		ms += POLL_MS;
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
	if (run_interrupted)
		return 130;
	return rc < 0 ? 3 : w.any_failed ? 4 : 0;
}

/* ---- scripts ---- */

static bool
on_line(void *arg, const char *text, size_t n)
{
	struct output *o = arg;

	output_line(o, text, n);
	return !run_interrupted && !o->closed;
}

static bool
on_idle(void *arg)
{
	struct output *o = arg;

	output_idle(o);
	return !run_interrupted && !o->closed;
}

struct api_lines
run_lines(struct output *o)
{
	return (struct api_lines){ on_line, on_idle, o };
}

static int
run_scripts(const struct run_options *o, struct api *a, struct output *out)
{
	struct api_lines lines = run_lines(out);
	int status = 0;

	for (unsigned i = 0; i < o->nfiles && status == 0 && !out->closed;
	     i++) {
		struct error err = ERROR_INIT;
		struct buf text;

		buf_init(&text);
		out->file = o->files[i];
		if (run_read_file(o->files[i], &text) < 0) {
			status = 1;
		} else if (api_sql(a, buf_cstr(&text), text.len, &lines,
				   &err) < 0) {
			status = err.code != ERR_CANCELLED ? 3
				 : run_interrupted	   ? 130
							   : output_status(out);
			if (status == 3)
				fprintf(stderr, "sluice: %s\n", err.message);
		} else if (out->failed) {
			status = 1;
		}
		output_flush(out);
		if (status == 0)
			status = output_status(out);
		buf_release(&text);
	}
	return status;
}

int
run_files(const struct run_options *o)
{
	struct error err = ERROR_INIT;
	struct private_daemon d;
	struct output out;
	struct api *a;
	int status;

	run_catch_signals();
	if (private_start(&d, o->state_dir, o->sets, o->nsets, &err) < 0) {
		char text[4096];

		error_print(&err, text, sizeof(text));
		fprintf(stderr, "sluice: %s", text);
		private_stop(&d);
		return err.code == ERR_USAGE ? 2 : 3;
	}
	a = api_create(d.socket);
	output_init(&out, o->format);
	out.quiet = true;
	status = api_open_session(a, &err) < 0 ? 3 : run_scripts(o, a, &out);
	if (status == 0 && !out.closed)
		status = wait_jobs(a, &d, out.jobs, o->progress);
	output_release(&out);
	api_destroy(a);
	private_stop(&d);
	return status;
}
