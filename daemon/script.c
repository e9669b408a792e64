/* SPDX-License-Identifier: Apache-2.0
 * daemon/script.c - reads, runs, answers; see script.h.
 */
#include "daemon/script.h"

#include <stdlib.h>

#include "base/check.h"
#include "daemon/clock.h"
#include "daemon/ndjson.h"
#include "daemon/reset.h"
#include "daemon/savepoint.h"

static void
script_free(struct script *s)
{
	if (s->stream)
		stream_end(s->stream);
	jobs_forget(s->d->jobs, s);
	if (s->savepoint)
		savepoint_forget(s->savepoint);
	if (s->reset)
		reset_forget(s->reset);
	session_leave(&s->d->sessions, s->session, clock_wall_us());
	arena_release(&s->arena);
	buf_release(&s->out);
	free(s);
}

void
script_flush(struct script *s)
{
	if (s->out.len)
		http_write(s->rq, s->out.data, s->out.len);
	buf_clear(&s->out);
}

/* The client has gone: its stream ends, jobs that it started go on. */
static void
on_gone(void *arg)
{
	script_free(arg);
}

static void
pull_stream(struct script *s)
{
	struct error err = ERROR_INIT;
	struct stream_figures n;
	int rc;

	/* At the end of the daemon there is no waiting for a slow client. */
	if (!s->stream || (!http_room(s->rq) && !s->d->stopping))
		return;
	rc = stream_take(s->stream, &s->out, &n, &err);
	s->rows = (int64_t)n.rows;
	s->bad = (int64_t)n.bad;
	s->skipped = (int64_t)n.skipped;
	script_flush(s);
	if (rc == 1)
		return;
	if (n.message)
		s->message = arena_strdup(&s->arena, n.message);
	stream_end(s->stream);
	s->stream = NULL;
	script_go_on(s, rc < 0 ? &err : NULL);
}

static void
on_room(void *arg)
{
	struct script *s = arg;

	/* Called from within the server's reader: the rows that wait are
	 * announced again instead of being written from here. */
	if (s->stream)
		stream_poke(s->stream);
}

void
script_on_stream(void *arg)
{
	pull_stream(arg);
}

static void
end_line(struct script *s)
{
	ndjson_end_begin(&s->out, s->number);
	if (s->rows >= 0)
		json_pair_i64(&s->out, "rows", s->rows);
	if (s->bad > 0)
		json_pair_i64(&s->out, "bad_records", s->bad);
	if (s->skipped > 0)
		json_pair_i64(&s->out, "skipped", s->skipped);
	if (s->job)
		json_pair(&s->out, "job", s->job);
	if (s->message)
		json_pair(&s->out, "message", s->message);
	ndjson_end(&s->out, (double)(clock_steady_ns() - s->began_ns) / 1e6);
}

static void
finish(struct script *s)
{
	struct http_request *rq = s->rq;

	script_flush(s);
	http_watch(rq, NULL, NULL, NULL);
	http_end(rq);
	script_free(s);
}

static void
fail(struct script *s)
{
	s->d->statement_errors++;
	ndjson_error(&s->out, s->number, &s->err);
	finish(s);
}

/* Runs statements until one waits, fails, or the script is over. */
static void
advance(struct script *s)
{
	for (;;) {
		int rc;

		s->number++;
		s->began_ns = clock_steady_ns();
		s->message = s->job = NULL;
		s->rows = -1;
		s->bad = s->skipped = 0;
		error_clear(&s->err);
		rc = parse_next(&s->parse, &s->stmt, &s->err);
		if (rc == 0) {
			finish(s);
			return;
		}
		if (rc < 0) {
			fail(s);
			return;
		}
		s->d->statements++;
		switch (statement_run(s)) {
		case STATEMENT_FAILED:
			fail(s);
			return;
		case STATEMENT_WAITS:
			script_flush(s);
			return;
		case STATEMENT_OK:
			end_line(s);
			script_flush(s);
		}
	}
}

void
script_go_on(struct script *s, const struct error *err)
{
	if (err) {
		s->err = *err;
		if (!s->err.at.line)
			parse_error_at(&s->parse, s->stmt->at, &s->err);
		fail(s);
		return;
	}
	end_line(s);
	script_flush(s);
	advance(s);
}

void
script_begin(struct daemon *d, struct http_request *rq)
{
	struct script *s = mem_zalloc(sizeof(*s));
	const char *text;
	struct error err = ERROR_INIT;
	size_t n;

	if (session_enter(&d->sessions, http_header(rq, "Sluice-Session"),
			  clock_wall_us(), &s->session, &err) < 0) {
		struct buf out;

		buf_init(&out);
		ndjson_error(&out, 0, &err);
		http_reply(rq, 404, "application/x-ndjson", out.data, out.len);
		buf_release(&out);
		free(s);
		return;
	}
	s->d = d;
	s->rq = rq;
	s->progress = http_query(rq, "progress") != NULL;
	arena_init(&s->arena);
	buf_init(&s->out);
	http_watch(rq, on_gone, on_room, s);
	http_begin(rq, 200, "application/x-ndjson");
	text = http_body(rq, &n);
	if (parse_begin(&s->parse, text, n, NULL, &s->arena, &d->limits,
			&s->err) < 0) {
		s->number = 1;
		fail(s);
		return;
	}
	advance(s);
}
