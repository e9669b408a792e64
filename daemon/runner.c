/* SPDX-License-Identifier: Apache-2.0
 * daemon/runner.c - waiting without a tick: the loop sleeps until a descriptor
 * of the pipeline, another thread, or the next instant that matters.
 */
#include "daemon/runner.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"

#define SPARE_DESCRIPTORS 12

static void
on_async(uv_async_t *a)
{
	(void)a; /* waking the loop is all it is for */
}

static void
on_timer(uv_timer_t *t)
{
	(void)t;
}

static void
on_readable(uv_poll_t *p, int status, int events)
{
	struct runner *r = p->data;

	(void)status;
	(void)events;
	r->woken = true;
}

int
runner_init(struct runner *r, struct error *err)
{
	int rc;

	*r = (struct runner){ .p = NULL };
	rc = uv_loop_init(&r->loop);
	if (rc == 0) {
		rc = uv_async_init(&r->loop, &r->async, on_async);
		if (rc < 0)
			uv_loop_close(&r->loop);
	}
	if (rc < 0)
		return error_set(err, ERR_TOO_MANY,
				 "cannot make a loop for one more thread: %s",
				 uv_strerror(rc));
	uv_timer_init(&r->loop, &r->timer);
	return 0;
}

void
runner_release(struct runner *r)
{
	int rc;

	CHECK(r->npolls == 0);
	uv_close((uv_handle_t *)&r->async, NULL);
	uv_close((uv_handle_t *)&r->timer, NULL);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	rc = uv_loop_close(&r->loop);
	CHECK(rc == 0);
}

void
runner_pin(unsigned core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	/* A container may refuse: then it is dearer, not wrong. */
	(void)!sched_setaffinity(0, sizeof(set), &set);
}

static void *
worker_run(void *arg)
{
	struct runner_worker *w = arg;

	w->work.run(w->work.self);
	return NULL;
}

static int
start_workers(struct runner *r, struct pipeline *p, struct error *err)
{
	struct blocking_work work[RUNNER_WORK_MAX];
	unsigned n = pipeline_work(p, work, RUNNER_WORK_MAX);

	CHECK(n <= RUNNER_WORK_MAX);
	for (; r->nworkers < n; r->nworkers++) {
		struct runner_worker *w = &r->workers[r->nworkers];
		int rc;

		w->work = work[r->nworkers];
		rc = pthread_create(&w->thread, NULL, worker_run, w);
		if (rc != 0) {
			error_errno(err, ERR_THREADS, rc,
				    "cannot start a thread of a connector");
			error_note(err, "raise ulimit -u, or TasksMax= of the "
				   "unit");
			err->retriable = true;
			return -1;
		}
	}
	return 0;
}

/* The last descriptors are the main thread's: without one it cannot even
 * accept the client that would drop a job. */
static int
leave_descriptors(struct error *err)
{
	DIR *dir = opendir("/proc/self/fd");
	struct rlimit limit;
	rlim_t open = 0;

	/* Without a /proc nobody can count them. */
	if (!dir && errno != EMFILE && errno != ENFILE)
		return 0;
	while (dir && readdir(dir))
		open++;
	if (dir)
		closedir(dir);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && dir &&
	    open + SPARE_DESCRIPTORS <= limit.rlim_cur)
		return 0;
	error_set(err, ERR_TOO_MANY, "there are too few descriptors left for "
		  "one more query (ulimit -n, LimitNOFILE)");
	err->retriable = true;
	return -1;
}

int
runner_attach(struct runner *r, struct pipeline *p, struct error *err)
{
	int fds[PIPELINE_FDS_MAX];
	unsigned n;

	CHECK(!r->p);
	r->p = p;
	if (start_workers(r, p, err) < 0)
		return -1;
	n = pipeline_fds(p, fds);
	CHECK(n <= PIPELINE_FDS_MAX);
	for (unsigned i = 0; i < n; i++) {
		uv_poll_init(&r->loop, &r->polls[i], fds[i]);
		r->polls[i].data = r;
		uv_poll_start(&r->polls[i], UV_READABLE, on_readable);
	}
	r->npolls = n;
	r->woken = true; /* what was ready before we watched */
	return leave_descriptors(err);
}

void
runner_detach(struct runner *r)
{
	for (unsigned i = 0; i < r->npolls; i++)
		uv_close((uv_handle_t *)&r->polls[i], NULL);
	r->npolls = 0;
	uv_run(&r->loop, UV_RUN_NOWAIT);
	for (unsigned i = 0; i < r->nworkers; i++)
		r->workers[i].work.stop(r->workers[i].work.self);
	for (unsigned i = 0; i < r->nworkers; i++)
		pthread_join(r->workers[i].thread, NULL);
	r->nworkers = 0;
	r->p = NULL;
}

/* The loop's own time stands still during a step. */
static void
start_timer(struct runner *r, uint64_t ms)
{
	uv_update_time(&r->loop);
	uv_timer_start(&r->timer, on_timer, ms, 0);
}

void
runner_serve(struct runner *r, bool wait, int64_t until_us)
{
	if (wait && until_us != TIME_END) {
		int64_t ms = (until_us - clock_wall_us() + 999) / 1000;

		if (ms <= 0)
			wait = false;
		else
			start_timer(r, (uint64_t)ms);
	}
	uv_run(&r->loop, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	uv_timer_stop(&r->timer);
	if (r->woken && r->p)
		pipeline_woken(r->p);
	r->woken = false;
}

void
runner_wake(struct runner *r)
{
	uv_async_send(&r->async);
}
