/* SPDX-License-Identifier: Apache-2.0
 * daemon/runner.h - what a thread needs around its pipeline: a libuv loop to
 * wait on, threads for the connectors' blocking work, a core to stay on.
 * Used by jobs and by SELECTs; all calls but runner_wake() from that thread.
 */
#ifndef DAEMON_RUNNER_H
#define DAEMON_RUNNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "runtime/pipeline.h"

#define RUNNER_WORK_MAX PIPELINE_FDS_MAX

struct runner_worker {
	struct blocking_work work;
	pthread_t thread;
};

struct runner {
	uv_loop_t loop;
	uv_async_t async;
	uv_timer_t timer;
	struct pipeline *p;  /* watched; borrowed */
	uv_poll_t polls[PIPELINE_FDS_MAX];
	unsigned npolls;
	struct runner_worker workers[RUNNER_WORK_MAX];
	unsigned nworkers;
	bool woken;          /* a descriptor was ready */
};

/* ERR_TOO_MANY: no more descriptors; then nothing is to be released. */
int runner_init(struct runner *r, struct error *err);
void runner_release(struct runner *r);
/* Keeps this thread, and all that it starts from here on, on one core. */
void runner_pin(unsigned core);

/* After pipeline_start(): starts the blocking work, watches descriptors.
 * After -1 (no more threads or descriptors) runner_detach() still follows. */
int runner_attach(struct runner *r, struct pipeline *p, struct error *err);
/* Stops and joins the work; before pipeline_destroy(). */
void runner_detach(struct runner *r);

/* Serves what is ready; waits for it, a wake or until_us (wall clock; TIME_END:
 * without end) when `wait` is set. Then pipeline_woken() has been called. */
void runner_serve(struct runner *r, bool wait, int64_t until_us);
/* From any thread between runner_init() and runner_release(). */
void runner_wake(struct runner *r);

#endif
