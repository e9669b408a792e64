/* SPDX-License-Identifier: Apache-2.0
 * daemon/stream.c - the thread, the buffer between it and the main loop, and
 * who frees what when a client leaves before the thread has ended.
 */
#include "daemon/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/job.h"
#include "daemon/ndjson.h"

struct stream {
	struct stream *next, **link; /* main only: of jobs.streams */
	struct jobs *js;
	const struct stream_type *type;
	void *self;
	struct stream_events ev;
	pthread_t thread;
	uv_async_t async;  /* thread to main loop */
	bool abandoned;    /* main only: nobody will take any more */
	bool joined;       /* main only */

	pthread_mutex_t lock;
	struct buf lines;  /* L */
	size_t lines_max;
	bool stop;         /* L */
	bool shutdown;     /* L: the whole daemon stops */
	bool ended;        /* L: nothing comes any more */
	int rc;            /* L: 0, or -1 with err */
	struct error err;  /* L */
	struct stream_figures figures; /* L */
	char message[256]; /* L: figures.message */
	int64_t stall_us;  /* constant: how long the client may take nothing */
	int64_t taken_us;  /* L: when the client last took something */
};

/* ---- its own thread ---- */

struct jobs *
stream_jobs(struct stream *s)
{
	return s->js;
}

bool
stream_stopped(struct stream *s, bool *ret_shutdown)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	stop = s->stop;
	*ret_shutdown = s->shutdown;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

int
stream_cancelled(struct error *err)
{
	return error_set(err, ERR_CANCELLED, "sluiced is stopping");
}

bool
stream_room(struct stream *s)
{
	bool room;

	pthread_mutex_lock(&s->lock);
	room = s->lines.len < s->lines_max;
	pthread_mutex_unlock(&s->lock);
	return room;
}

void
stream_put(struct stream *s, const struct buf *lines, uint64_t rows)
{
	bool was_empty;

	pthread_mutex_lock(&s->lock);
	was_empty = s->lines.len == 0;
	buf_append(&s->lines, lines->data, lines->len);
	s->figures.rows += rows;
	pthread_mutex_unlock(&s->lock);
	if (was_empty)
		uv_async_send(&s->async);
}

void
stream_notice(struct stream *s, const char *text)
{
	pthread_mutex_lock(&s->lock);
	ndjson_notice(&s->lines, s->ev.statement, text);
	pthread_mutex_unlock(&s->lock);
	uv_async_send(&s->async);
}

bool
stream_wants_progress(const struct stream *s)
{
	return s->ev.progress;
}

void
stream_progress(struct stream *s, uint64_t rows_in, int64_t wm_us)
{
	struct buf line;

	if (!stream_room(s))
		return;
	buf_init(&line);
	ndjson_progress(&line, s->ev.statement, rows_in, wm_us);
	stream_put(s, &line, 0);
	buf_release(&line);
}

int64_t
stream_deadline(struct stream *s)
{
	int64_t at_us;

	pthread_mutex_lock(&s->lock);
	at_us = s->lines.len ? s->taken_us + s->stall_us : TIME_END;
	pthread_mutex_unlock(&s->lock);
	return at_us;
}

int
stream_stalled(struct stream *s, struct error *err)
{
	return error_set(err, ERR_STALLED_CLIENT,
			 "the client has read nothing for %lld s",
			 (long long)(s->stall_us / US_PER_SECOND));
}

void
stream_set_bad(struct stream *s, uint64_t bad)
{
	pthread_mutex_lock(&s->lock);
	s->figures.bad = bad;
	pthread_mutex_unlock(&s->lock);
}

void
stream_set_skipped(struct stream *s, uint64_t skipped)
{
	pthread_mutex_lock(&s->lock);
	s->figures.skipped = skipped;
	pthread_mutex_unlock(&s->lock);
}

void
stream_set_message(struct stream *s, const char *text)
{
	pthread_mutex_lock(&s->lock);
	snprintf(s->message, sizeof(s->message), "%s", text);
	pthread_mutex_unlock(&s->lock);
}

static void *
stream_thread(void *arg)
{
	struct stream *s = arg;
	struct error err = ERROR_INIT;
	int rc = s->type->run(s, s->self, &err);

	pthread_mutex_lock(&s->lock);
	s->rc = rc;
	s->err = err;
	s->ended = true;
	pthread_mutex_unlock(&s->lock);
	uv_async_send(&s->async);
	return NULL;
}

/* ---- the main thread ---- */

static void
on_async_closed(uv_handle_t *h)
{
	struct stream *s = h->data;

	buf_release(&s->lines);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void
stream_free(struct stream *s)
{
	struct jobs *js = s->js;

	pthread_join(s->thread, NULL);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	s->type->free(s->self);
	uv_close((uv_handle_t *)&s->async, on_async_closed);
	jobs_stream_ended(js);
}

static void
on_async(uv_async_t *a)
{
	struct stream *s = a->data;
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
		stream_free(s);
	}
}

static void
stream_link(struct stream *s)
{
	struct jobs *js = s->js;

	s->next = js->streams;
	s->link = &js->streams;
	if (s->next)
		s->next->link = &s->next;
	js->streams = s;
}

int
stream_start(struct jobs *js, const struct stream_type *type, void *self,
	     const struct stream_events *ev, struct stream **ret,
	     struct error *err)
{
	struct stream *s;
	int rc;

	if (js->shutting_down) {
		type->free(self);
		return stream_cancelled(err);
	}
	s = mem_zalloc(sizeof(*s));
	s->js = js;
	s->type = type;
	s->self = self;
	s->ev = *ev;
	s->lines_max = (size_t)js->config->client_buffer_bytes;
	s->stall_us = js->config->client_stall_us;
	s->taken_us = clock_wall_us();
	buf_init(&s->lines);
	pthread_mutex_init(&s->lock, NULL);
	uv_async_init(js->env.loop, &s->async, on_async);
	s->async.data = s;
	rc = pthread_create(&s->thread, NULL, stream_thread, s);
	if (rc != 0) {
		type->free(self);
		uv_close((uv_handle_t *)&s->async, on_async_closed);
		return error_errno(err, ERR_TOO_MANY, rc,
				   "cannot start a thread for one more %s",
				   type->what);
	}
	stream_link(s);
	*ret = s;
	return 0;
}

unsigned
stream_count(const struct jobs *js, const struct stream_type *type)
{
	unsigned n = 0;

	for (const struct stream *s = js->streams; s; s = s->next)
		n += s->type == type;
	return n;
}

int
stream_take(struct stream *s, struct buf *out, struct stream_figures *ret,
	    struct error *err)
{
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
	*ret = s->figures;
	ret->message = *s->message ? s->message : NULL;
	pthread_mutex_unlock(&s->lock);
	s->type->wake(s->self);
	return rc;
}

void
stream_poke(struct stream *s)
{
	uv_async_send(&s->async);
}

void
streams_shutdown(struct jobs *js)
{
	for (struct stream *s = js->streams; s; s = s->next) {
		pthread_mutex_lock(&s->lock);
		s->stop = s->shutdown = true;
		pthread_mutex_unlock(&s->lock);
		s->type->wake(s->self);
	}
}

void
stream_end(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_mutex_unlock(&s->lock);
	s->abandoned = true;
	s->type->wake(s->self);
	uv_async_send(&s->async); /* it may have ended before */
}
