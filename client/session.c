/* SPDX-License-Identifier: Apache-2.0
 * client/session.c - sends statements and shows what comes back; cuts scripts
 * where a line is for the shell.
 */
#include "client/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "client/commands.h"
#include "client/told.h"
#include "client/typed.h"

#define FILE_BYTES_MAX (64 * (size_t)1024 * 1024)

volatile sig_atomic_t session_interrupted;

static void
on_signal(int number)
{
	session_interrupted = number;
}

void
session_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
session_read_file(const char *file, struct buf *out)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	size_t n;
	int rc = 0;

	if (!f) {
		told_line("sluice: cannot read %s: %s", file, strerror(errno));
		return -1;
	}
	do {
		n = fread(buf_room(out, 65536), 1, 65536, f);
		buf_added(out, n);
	} while (n > 0 && out->len <= FILE_BYTES_MAX);
	if (ferror(f)) {
		told_line("sluice: cannot read %s: %s", file, strerror(errno));
		rc = -1;
	} else if (n > 0) {
		told_line("sluice: %s is no script: it has more than %zu MiB",
			  file, FILE_BYTES_MAX >> 20);
		rc = -1;
	}
	if (f != stdin)
		fclose(f);
	return rc;
}

void
session_init(struct session *s, struct api *a, enum output_format format)
{
	*s = (struct session){ .api = a, .format = format, .to_fd = -1 };
	output_init(&s->out, format);
	buf_init(&s->last);
}

void
session_release(struct session *s)
{
	if (s->to_fd >= 0)
		close(s->to_fd);
	output_release(&s->out);
	buf_release(&s->last);
}

int
session_open(struct session *s)
{
	struct error err = ERROR_INIT;

	if (s->opened && !s->lost)
		return 0;
	if (api_open_session(s->api, &err) < 0) {
		told_failure(&err);
		return 3;
	}
	if (s->lost)
		told_line("notice: the daemon has forgotten what was SET and "
			  "what was TEMPORARY");
	s->opened = true;
	s->lost = false;
	return 0;
}

/* ---- sending ---- */

static bool
wanted(struct session *s)
{
	return !session_interrupted && output_wanted(&s->out);
}

static bool
on_line(void *arg, const char *text, size_t n)
{
	struct session *s = arg;

	output_line(&s->out, text, n);
	return wanted(s);
}

static bool
on_idle(void *arg)
{
	struct session *s = arg;

	output_turn(&s->out);
	return wanted(s);
}

/* Rows go where \o says while a script runs; the answer is for restore(). */
static int
redirect(struct session *s)
{
	int saved;

	if (s->to_fd < 0)
		return -1;
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(s->to_fd, STDOUT_FILENO);
	return saved;
}

static void
restore(int saved)
{
	fflush(stdout);
	if (saved < 0)
		return;
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

/* The request ended before its answer did. */
static int
broken_status(struct session *s, const struct error *err)
{
	if (err->code != ERR_CANCELLED) {
		told_failure(err);
		return 3;
	}
	if (!session_interrupted)
		return s->out.closed ? output_status(&s->out) : 0;
	if (s->is_shell)
		told_line("cancelled");
	return 130;
}

static int
send_once(struct session *s, const char *text, size_t n)
{
	struct error err = ERROR_INIT;
	struct api_lines lines;
	int rc, saved = redirect(s);

	lines = (struct api_lines){ on_line, on_idle, s,
				    output_is_live(&s->out) };
	s->out.failed = s->out.left = s->out.forgotten = false;
	if (s->is_shell) { /* a file that was full is not the screen */
		clearerr(stdout);
		s->out.closed = false;
	}
	rc = api_sql(s->api, text, n, &lines, &err);
	output_stop(&s->out);
	restore(saved);
	if (rc < 0)
		return broken_status(s, &err);
	if (s->out.failed)
		return 1;
	return output_status(&s->out);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
session_send(struct session *s, const char *text, size_t n)
{
	double began = seconds();
	int status;

	if (s->lost && session_open(s) != 0)
		return 3;
	status = send_once(s, text, n);
	if (s->out.forgotten) {
		s->lost = true;
		status = session_open(s);
		if (status == 0)
			status = send_once(s, text, n);
	}
	if (s->timing)
		told_line("time: %.3f ms", (seconds() - began) * 1e3);
	return status;
}

/* ---- scripts ---- */

/* Only blanks and comments need not be sent. */
static int
send_piece(struct session *s, struct typed *t, const char *text, size_t n)
{
	int status = 0;

	if (t->has_text) {
		buf_clear(&s->last);
		buf_append(&s->last, text, n);
		status = session_send(s, text, n);
	}
	*t = (struct typed){ 0 };
	return status;
}

static int
run_line(struct session *s, const char *text, size_t n)
{
	struct buf line;
	int status;

	buf_init(&line);
	buf_append(&line, text, n);
	while (line.len && strchr(" \t\r\n", line.data[line.len - 1]))
		line.len--;
	status = commands_run(s, buf_cstr(&line));
	buf_release(&line);
	return status;
}

static bool
has_commands(const char *text, size_t n)
{
	return n > 0 && (text[0] == '\\' || memmem(text, n, "\n\\", 2));
}

/* Pieces between the lines that begin with a backslash. */
static int
run_pieces(struct session *s, const char *text, size_t n)
{
	struct typed t = { 0 };
	unsigned line = 0;
	size_t from = 0;
	int status = session_open(s);

	for (size_t i = 0; i < n && status == 0 && !s->leave; line++) {
		const char *end = memchr(text + i, '\n', n - i);
		size_t len = end ? (size_t)(end - text) - i + 1 : n - i;

		if (text[i] == '\\' && typed_is_empty(&t)) {
			status = send_piece(s, &t, text + from, i - from);
			if (status == 0)
				status = run_line(s, text + i, len);
			from = i + len;
			s->out.line_before = line + 1;
		} else {
			typed_feed(&t, text + i, len);
		}
		i += len;
	}
	if (status == 0 && !s->leave)
		status = send_piece(s, &t, text + from, n - from);
	return status;
}

int
session_script(struct session *s, const char *name, const char *text, size_t n)
{
	const char *file_before = s->out.file, *dir_before = s->file;
	unsigned line_before = s->out.line_before;
	int status;

	s->out.file = s->file = name;
	s->out.line_before = 0;
	s->depth++;
	if (has_commands(text, n))
		status = run_pieces(s, text, n);
	else
		status = session_send(s, text, n);
	s->depth--;
	s->out.file = file_before;
	s->file = dir_before;
	s->out.line_before = line_before;
	return status;
}

int
session_file(struct session *s, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct buf text;
	int status = 1;

	buf_init(&text);
	if (session_read_file(path, &text) == 0)
		status = session_script(s, is_stdin ? "<stdin>" : path,
					buf_cstr(&text), text.len);
	buf_release(&text);
	return status;
}
