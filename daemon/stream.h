/* SPDX-License-Identifier: Apache-2.0
 * daemon/stream.h - an answer that goes on for a while: a thread of its own
 * makes NDJSON lines, a bounded buffer holds them, the main loop takes them for
 * the client. What the thread does is its owner's: select.c, tap.c, sample.c.
 */
#ifndef DAEMON_STREAM_H
#define DAEMON_STREAM_H

#include <pthread.h>
#include <uv.h>

#include "daemon/jobs.h"

struct stream;

struct stream_type {
	const char *what; /* "SELECT", for messages */
	/* On the thread: 0 at its end, -1: it failed. Returns soon after
	 * stream_stopped() has become true. */
	int (*run)(struct stream *, void *self, struct error *err);
	/* Main thread, while run() is under way: there is room again, or it has
	 * to stop; run() may be waiting. */
	void (*wake)(void *self);
	/* Main thread, after the end of the thread or instead of its start. */
	void (*free)(void *self);
};

/* ---- main thread ---- */

/* Takes over `self`, whatever comes of it: ERR_TOO_MANY, ERR_CANCELLED. */
int stream_start(struct jobs *js, const struct stream_type *type, void *self,
		 const struct stream_events *ev, struct stream **ret,
		 struct error *err);

/* How many of this type have not ended. */
unsigned stream_count(const struct jobs *js, const struct stream_type *type);

/* ---- its own thread ---- */

struct jobs *stream_jobs(struct stream *s);
/* *ret_shutdown: since the whole daemon stops. */
bool stream_stopped(struct stream *s, bool *ret_shutdown);
/* False: the buffer is full; wake() follows. What is put is taken all the
 * same. */
bool stream_room(struct stream *s);
/* Lines with `rows` rows among them. */
void stream_put(struct stream *s, const struct buf *lines, uint64_t rows);
void stream_notice(struct stream *s, const char *text);
/* The client has asked for stream_progress(): now and then, how many rows were
 * read and the watermark (TIME_NONE: none yet). Left out while there is no
 * room. */
bool stream_wants_progress(const struct stream *s);
void stream_progress(struct stream *s, uint64_t rows_in, int64_t wm_us);
/* Until when a full buffer may wait for its client; TIME_END: it is empty.
 * Then run() ends with stream_stalled(). */
int64_t stream_deadline(struct stream *s);
int stream_stalled(struct stream *s, struct error *err);
void stream_set_bad(struct stream *s, uint64_t bad);
void stream_set_skipped(struct stream *s, uint64_t skipped);
/* Why it ends well, for the end line. */
void stream_set_message(struct stream *s, const char *text);
/* The error of one that was stopped with the daemon. */
int stream_cancelled(struct error *err);

#endif
