/* SPDX-License-Identifier: Apache-2.0
 * daemon/select.c - a SELECT over the socket: an ephemeral job with a thread
 * and a pipeline but no state file. Its sink writes NDJSON lines into a
 * stream's buffer; a full buffer stops the query, a client that takes nothing
 * for client.stall-timeout ends it.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/connections.h"
#include "daemon/job.h"
#include "daemon/ndjson.h"
#include "daemon/stream.h"
#include "runtime/format.h"

struct select {
	struct jobs *js;
	struct stream *stream; /* its thread only */
	struct plan *plan;
	struct arena arena;    /* of the plan */
	unsigned core;
	struct runner runner;
	bool told_bad;         /* why a row was left out */
	bool told_reason;      /* why a source cannot begin */
	int64_t progress_us;   /* when to tell next how far it is */
};

/* Of one batch as text: a query can make its rows as long as it likes. */
#define BATCH_TEXT_MAX (64 * (size_t)1024 * 1024)

/* ---- the sink: on the stream's thread ---- */

struct client_sink {
	struct sink sink;
	struct stream *stream;
	const struct schema *schema;
	struct buf buf;
};

static const struct sink_type client_sink_type;

static int
client_open(struct sink **ret, const struct sink_spec *spec, struct error *err)
{
	struct client_sink *c = mem_zalloc(sizeof(*c));

	(void)err;
	c->sink.type = &client_sink_type;
	c->stream = spec->client;
	c->schema = spec->schema;
	buf_init(&c->buf);
	*ret = &c->sink;
	return 0;
}

static int
client_write(struct sink *sink, const struct batch *b, const uint8_t *kinds,
	     struct error *err)
{
	struct client_sink *c = (struct client_sink *)sink;

	buf_clear(&c->buf);
	batch_each(b, row) {
		ndjson_row_of(&c->buf, c->schema, b, row,
			      kinds ? change_kind_text[kinds[row]] : NULL);
		if (c->buf.len > BATCH_TEXT_MAX)
			return error_set(err, ERR_LIMIT, "the rows are too "
					 "long: more than %zu MiB in one batch",
					 BATCH_TEXT_MAX >> 20);
	}
	stream_put(c->stream, &c->buf, b->nsel);
	return 0;
}

/* When there is room again, the runner is woken: see select_wake(). */
static bool
client_room(struct sink *sink)
{
	return stream_room(((struct client_sink *)sink)->stream);
}

static const char *
client_reason(struct sink *sink)
{
	(void)sink;
	return "the client does not read its rows";
}

static void
client_close(struct sink *sink)
{
	struct client_sink *c = (struct client_sink *)sink;

	if (!c)
		return;
	buf_release(&c->buf);
	free(c);
}

static const struct sink_type client_sink_type = {
	.name = "client",
	.open = client_open,
	.write = client_write,
	.room = client_room,
	.reason = client_reason,
	.close = client_close,
};

/* ---- the thread ---- */

static void
bad_row_text(const struct bad_row *bad, struct buf *out)
{
	buf_printf(out, "a row is left out: %s: %s", error_name(bad->code),
		   bad->message);
	if (bad->column_name)
		buf_printf(out, "; column %s", bad->column_name);
	if (bad->expression)
		buf_printf(out, "; %s", bad->expression);
	if (bad->source)
		buf_printf(out, "; table %s", bad->source);
	if (bad->topic && bad->offset >= 0)
		buf_printf(out, "; record %s:%d:%lld", bad->topic,
			   (int)bad->partition, (long long)bad->offset);
}

/* No file keeps what a SELECT leaves out, and one without an end says how
 * much it was to nobody: its client hears of the first at once. */
static void
pass_first_bad(struct select *s, struct pipeline *p)
{
	const struct bad_row *bad = pipeline_first_bad(p);
	struct buf text;

	if (!bad || s->told_bad)
		return;
	s->told_bad = true;
	buf_init(&text);
	bad_row_text(bad, &text);
	stream_notice(s->stream, buf_cstr(&text));
	buf_release(&text);
}

static void
pass_notices(struct select *s, struct pipeline *p)
{
	const char *text;

	while ((text = pipeline_notice(p)))
		stream_notice(s->stream, text);
	pass_first_bad(s, p);
}

static void
take_reason(const struct source_status *status, void *arg)
{
	struct buf *text = arg;

	if (status->reason && text->len == 0)
		buf_printf(text, "%s: %s", status->source, status->reason);
}

/* A source that cannot begin, in the client's words, once: nobody sees a
 * SELECT's state as they see a job's. */
static void
pass_reason(struct select *s, struct pipeline *p)
{
	struct buf text;

	if (s->told_reason)
		return;
	buf_init(&text);
	pipeline_sources(p, take_reason, &text);
	if (text.len > 0) {
		s->told_reason = true;
		stream_notice(s->stream, buf_cstr(&text));
	}
	buf_release(&text);
}

/* About once a second, if the client asked for it. */
static void
pass_progress(struct select *s, const struct pipeline *p, int64_t now_us)
{
	if (!stream_wants_progress(s->stream) || now_us < s->progress_us)
		return;
	s->progress_us = now_us + US_PER_SECOND;
	stream_progress(s->stream, pipeline_rows_in(p), pipeline_watermark(p));
}

/* When to look for that again; TIME_END: it is known, or rows came. */
static int64_t
reason_deadline(const struct select *s, const struct pipeline *p,
		int64_t now_us)
{
	return s->told_reason || pipeline_rows_in(p) > 0
		       ? TIME_END : now_us + US_PER_SECOND;
}

static int
run_steps(struct select *s, struct pipeline *p, struct error *err)
{
	bool shutdown;

	while (!stream_stopped(s->stream, &shutdown)) {
		int64_t now_us = clock_wall_us(), next_us, deadline_us;
		enum pipeline_rc rc = pipeline_step(p, now_us, err);

		switch (rc) {
		case PIPELINE_FAIL:
			return -1;
		case PIPELINE_DONE:
			return 0;
		case PIPELINE_ENDED:
			pipeline_finish(p);
			continue;
		default:
			break;
		}
		pass_notices(s, p);
		pass_reason(s, p);
		pass_progress(s, p, now_us);
		deadline_us = rc == PIPELINE_BLOCKED
				      ? stream_deadline(s->stream) : TIME_END;
		if (now_us >= deadline_us)
			return stream_stalled(s->stream, err);
		next_us = pipeline_next_us(p);
		if (next_us > reason_deadline(s, p, now_us))
			next_us = reason_deadline(s, p, now_us);
		if (stream_wants_progress(s->stream) &&
		    next_us > s->progress_us)
			next_us = s->progress_us;
		runner_serve(&s->runner, rc != PIPELINE_BUSY,
			     deadline_us < next_us ? deadline_us : next_us);
	}
	return shutdown ? stream_cancelled(err) : 0;
}

static int
select_run(struct stream *stream, void *self, struct error *err)
{
	struct select *s = self;
	struct pipeline *p = NULL;
	struct config *c = jobs_config(s->js);
	struct pipeline_env env;
	int rc;

	s->stream = stream;
	if (s->js->pin)
		runner_pin(s->core);
	env = jobs_pipeline_env(s->js, c, "select", clock_wall_us());
	env.client_sink = &client_sink_type;
	env.client = stream;
	env.connector.ephemeral = true;
	/* Nothing takes bad rows away: the first is told, others counted. */
	env.errors_rows_max = 1;
	env.late_rows_max = 0;
	rc = pipeline_create(s->plan, &env, &p, err);
	if (rc == 0)
		rc = pipeline_start(p, clock_wall_us(), err);
	if (rc == 0) {
		rc = runner_attach(&s->runner, p, err);
		if (rc == 0)
			rc = run_steps(s, p, err);
		pass_notices(s, p);
		stream_set_bad(stream, pipeline_errors(p));
		runner_detach(&s->runner);
	}
	pipeline_destroy(p);
	config_unref(c);
	return rc;
}

/* ---- the main thread ---- */

static void
select_wake(void *self)
{
	struct select *s = self;

	runner_wake(&s->runner);
}

static void
select_free(void *self)
{
	struct select *s = self;

	runner_release(&s->runner);
	arena_release(&s->arena);
	free(s);
}

static const struct stream_type select_stream_type = {
	.what = "SELECT",
	.run = select_run,
	.wake = select_wake,
	.free = select_free,
};

int
select_start(struct jobs *js, struct plan *plan, struct arena *arena_take,
	     const struct stream_events *ev, struct stream **ret,
	     struct error *err)
{
	unsigned n = stream_count(js, &select_stream_type);
	struct select *s;

	if (n >= (unsigned)js->config->selects_max)
		return error_set(err, ERR_TOO_MANY,
				 "%u SELECTs run already: [limits] selects", n);
	if (connections_apply(js->config, plan, arena_take, err) < 0)
		return -1;
	s = mem_zalloc(sizeof(*s));
	if (runner_init(&s->runner, err) < 0) {
		free(s);
		return -1;
	}
	s->js = js;
	s->plan = plan;
	s->core = js->next_core++ % js->ncores;
	s->arena = *arena_take;
	arena_init(arena_take);
	return stream_start(js, &select_stream_type, s, ev, ret, err);
}
