/* SPDX-License-Identifier: Apache-2.0
 * daemon/select.c - a SELECT over the socket: an ephemeral job with a thread
 * and a pipeline but no state file. Its sink writes NDJSON lines into a buffer
 * that the main loop takes from; a full buffer stops the query, a client that
 * takes nothing for client.stall-timeout ends it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/job.h"
#include "daemon/ndjson.h"
#include "runtime/format.h"

struct select {
	struct select *next, **link; /* main only: of jobs.selects */
	struct jobs *js;
	struct plan *plan;
	struct arena arena;
	struct select_events ev;
	pthread_t thread;
	unsigned core;
	struct runner runner;
	uv_async_t async;  /* thread to main loop */
	int room_fd;       /* main loop to sink: there is room again */
	bool told_bad;     /* thread only: why a row was left out */
	bool told_reason; /* why a source cannot begin */
	bool joined;       /* main only */
	bool abandoned;    /* main only: nobody will take any more */

	pthread_mutex_t lock;
	struct buf lines;  /* L */
	size_t lines_max;
	bool stop;         /* L */
	bool shutdown;     /* L: the whole daemon stops */
	bool ended;        /* L: nothing comes any more */
	int rc;            /* L: 0, or -1 with err */
	struct error err;  /* L */
	uint64_t rows, bad; /* L */
	int64_t taken_us;  /* L: when the client last took something */
};

/* Of one batch as text: a query can make its rows as long as it likes. */
#define BATCH_TEXT_MAX (64 * (size_t)1024 * 1024)

/* ---- the sink: on the select's thread ---- */

struct client_sink {
	struct sink sink;
	struct select *s;
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
	c->s = spec->client;
	c->schema = spec->schema;
	buf_init(&c->buf);
	*ret = &c->sink;
	return 0;
}

static void
write_row(struct buf *out, const struct schema *schema, const struct batch *b,
	  uint32_t row, const uint8_t *kinds)
{
	if (kinds)
		buf_printf(out, "{\"op\":\"%s\",\"row\":[",
			   change_kind_text[kinds[row]]);
	else
		buf_puts(out, "{\"row\":[");
	for (uint16_t i = 0; i < schema->ncols; i++) {
		if (i)
			buf_putc(out, ',');
		json_value(out, &b->col[i], row, schema->cols[i].type);
	}
	buf_puts(out, "]}\n");
}

static int
client_write(struct sink *sink, const struct batch *b, const uint8_t *kinds,
	     struct error *err)
{
	struct client_sink *c = (struct client_sink *)sink;
	struct select *s = c->s;
	bool was_empty;

	buf_clear(&c->buf);
	batch_each(b, row) {
		write_row(&c->buf, c->schema, b, row, kinds);
		if (c->buf.len > BATCH_TEXT_MAX)
			return error_set(err, ERR_LIMIT, "the rows are too "
					 "long: more than %zu MiB in one batch",
					 BATCH_TEXT_MAX >> 20);
	}
	pthread_mutex_lock(&s->lock);
	was_empty = s->lines.len == 0;
	buf_append(&s->lines, c->buf.data, c->buf.len);
	s->rows += b->nsel;
	pthread_mutex_unlock(&s->lock);
	if (was_empty)
		uv_async_send(&s->async);
	return 0;
}

static bool
client_room(struct sink *sink)
{
	struct select *s = ((struct client_sink *)sink)->s;
	bool room;

	pthread_mutex_lock(&s->lock);
	room = s->lines.len < s->lines_max;
	pthread_mutex_unlock(&s->lock);
	return room;
}

static int
client_wake_fd(struct sink *sink)
{
	return ((struct client_sink *)sink)->s->room_fd;
}

static void
client_woken(struct sink *sink)
{
	uint64_t n;

	(void)!read(((struct client_sink *)sink)->s->room_fd, &n, sizeof(n));
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
	.wake_fd = client_wake_fd,
	.woken = client_woken,
	.reason = client_reason,
	.close = client_close,
};

/* ---- the thread ---- */

static bool
stopped(struct select *s, bool *ret_shutdown)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	stop = s->stop;
	*ret_shutdown = s->shutdown;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

/* Until when a blocked query waits for its client. */
static int64_t
stall_deadline(struct select *s)
{
	int64_t at_us;

	pthread_mutex_lock(&s->lock);
	at_us = s->lines.len ? s->taken_us +
				       s->js->env.config->client_stall_us
			     : TIME_END;
	pthread_mutex_unlock(&s->lock);
	return at_us;
}

static void
pass_notice(struct select *s, const char *text)
{
	pthread_mutex_lock(&s->lock);
	ndjson_notice(&s->lines, s->ev.statement, text);
	pthread_mutex_unlock(&s->lock);
	uv_async_send(&s->async);
}

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
	pass_notice(s, buf_cstr(&text));
	buf_release(&text);
}

static void
pass_notices(struct select *s, struct pipeline *p)
{
	const char *text;

	while ((text = pipeline_notice(p)))
		pass_notice(s, text);
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
		pass_notice(s, buf_cstr(&text));
	}
	buf_release(&text);
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
select_run(struct select *s, struct pipeline *p, struct error *err)
{
	bool shutdown;

	while (!stopped(s, &shutdown)) {
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
		deadline_us = rc == PIPELINE_BLOCKED ? stall_deadline(s)
						     : TIME_END;
		if (now_us >= deadline_us)
			return error_set(err, ERR_STALLED_CLIENT,
					 "the client has read nothing for %lld s",
					 (long long)(s->js->env.config
							     ->client_stall_us /
						     US_PER_SECOND));
		next_us = pipeline_next_us(p);
		if (next_us > reason_deadline(s, p, now_us))
			next_us = reason_deadline(s, p, now_us);
		runner_serve(&s->runner, rc != PIPELINE_BUSY,
			     deadline_us < next_us ? deadline_us : next_us);
	}
	return shutdown ? error_set(err, ERR_CANCELLED, "sluiced is stopping")
			: 0;
}

static void *
select_thread(void *arg)
{
	struct select *s = arg;
	struct error err = ERROR_INIT;
	struct pipeline *p = NULL;
	struct pipeline_env env;
	uint64_t bad = 0;
	int rc;

	if (s->js->pin)
		runner_pin(s->core);
	env = jobs_pipeline_env(s->js, "select", clock_wall_us());
	env.client_sink = &client_sink_type;
	env.client = s;
	env.connector.ephemeral = true;
	/* Nothing takes bad rows away: the first is told, others counted. */
	env.errors_rows_max = 1;
	rc = pipeline_create(s->plan, &env, &p, &err);
	if (rc == 0)
		rc = pipeline_start(p, clock_wall_us(), &err);
	if (rc == 0) {
		rc = runner_attach(&s->runner, p, &err);
		if (rc == 0)
			rc = select_run(s, p, &err);
		pass_notices(s, p);
		bad = pipeline_errors(p);
		runner_detach(&s->runner);
	}
	pipeline_destroy(p);
	pthread_mutex_lock(&s->lock);
	s->rc = rc;
	s->err = err;
	s->bad = bad;
	s->ended = true;
	pthread_mutex_unlock(&s->lock);
	uv_async_send(&s->async);
	return NULL;
}

/* ---- the main thread ---- */

static void
on_async_closed(uv_handle_t *h)
{
	struct select *s = h->data;

	close(s->room_fd);
	buf_release(&s->lines);
	arena_release(&s->arena);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void
select_free(struct select *s)
{
	struct jobs *js = s->js;

	pthread_join(s->thread, NULL);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	runner_release(&s->runner);
	uv_close((uv_handle_t *)&s->async, on_async_closed);
	jobs_select_ended(js);
}

static void
on_async(uv_async_t *a)
{
	struct select *s = a->data;
	bool ended;

	if (!s->abandoned) {
		s->ev.ready(s->ev.arg);
		return;
	}
	pthread_mutex_lock(&s->lock);
	ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	if (ended && !s->joined) {
		s->joined = true;
		select_free(s);
	}
}

static struct select *
select_new(struct jobs *js, struct plan *plan, const struct select_events *ev,
	   struct error *err)
{
	struct select *s = mem_zalloc(sizeof(*s));

	s->js = js;
	s->plan = plan;
	s->ev = *ev;
	s->lines_max = (size_t)js->env.config->client_buffer_bytes;
	s->taken_us = clock_wall_us();
	s->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->room_fd < 0) {
		error_errno(err, ERR_TOO_MANY, errno,
			    "cannot start one more SELECT");
		free(s);
		return NULL;
	}
	if (runner_init(&s->runner, err) < 0) {
		close(s->room_fd);
		free(s);
		return NULL;
	}
	buf_init(&s->lines);
	arena_init(&s->arena);
	pthread_mutex_init(&s->lock, NULL);
	uv_async_init(js->env.loop, &s->async, on_async);
	s->async.data = s;
	return s;
}

int
select_start(struct jobs *js, struct plan *plan, struct arena *arena_take,
	     const struct select_events *ev, struct select **ret,
	     struct error *err)
{
	struct select *s;
	int rc;

	if (js->shutting_down)
		return error_set(err, ERR_CANCELLED, "sluiced is stopping");
	if (js->nselects >= (unsigned)js->env.config->selects_max)
		return error_set(err, ERR_TOO_MANY,
				 "%u SELECTs run already: [limits] selects",
				 js->nselects);
	s = select_new(js, plan, ev, err);
	if (!s)
		return -1;
	s->arena = *arena_take;
	arena_init(arena_take);
	rc = pthread_create(&s->thread, NULL, select_thread, s);
	if (rc != 0) {
		runner_release(&s->runner);
		uv_close((uv_handle_t *)&s->async, on_async_closed);
		return error_errno(err, ERR_TOO_MANY, rc,
				   "cannot start a thread");
	}
	js->nselects++;
	s->next = js->selects;
	s->link = &js->selects;
	if (s->next)
		s->next->link = &s->next;
	js->selects = s;
	*ret = s;
	return 0;
}

int
select_take(struct select *s, struct buf *out, uint64_t *ret_rows,
	    uint64_t *ret_bad, struct error *err)
{
	uint64_t one = 1;
	int rc = 1;

	pthread_mutex_lock(&s->lock);
	buf_append(out, s->lines.data, s->lines.len);
	buf_clear(&s->lines);
	s->taken_us = clock_wall_us();
	if (s->ended) {
		rc = s->rc;
		if (rc < 0)
			*err = s->err;
	}
	*ret_rows = s->rows;
	*ret_bad = s->bad;
	pthread_mutex_unlock(&s->lock);
	(void)!write(s->room_fd, &one, sizeof(one));
	return rc;
}

void
select_poke(struct select *s)
{
	uv_async_send(&s->async);
}

void
selects_shutdown(struct jobs *js)
{
	for (struct select *s = js->selects; s; s = s->next) {
		pthread_mutex_lock(&s->lock);
		s->stop = s->shutdown = true;
		pthread_mutex_unlock(&s->lock);
		runner_wake(&s->runner);
	}
}

void
select_end(struct select *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_mutex_unlock(&s->lock);
	s->abandoned = true;
	runner_wake(&s->runner);
	uv_async_send(&s->async); /* it may have ended before */
}
