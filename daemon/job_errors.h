/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_errors.h - REPLAY ERRORS and DELETE ERRORS of one job: a request
 * that the main thread leaves in the job's box, and the errand by which the
 * job's thread serves it beside its steps. All that touches the file goes
 * through the job's store thread.
 *
 *	REPLAY: { read some -> a step of them }* -> a cut -> answer
 *	DELETE: delete -> answer
 */
#ifndef DAEMON_JOB_ERRORS_H
#define DAEMON_JOB_ERRORS_H

#include "daemon/jobs.h"
#include "daemon/store_pool.h"

/* One at a time; in job.request under the job's lock. Until `finished` it
 * belongs to whoever serves it, but for done and arg, which are the main
 * thread's. */
struct job_request {
	struct job *j;
	struct arena arena; /* texts of where */
	enum errors_what what;
	struct errors_where where;
	struct errors_answer answer;
	struct error err; /* ERR_NONE: all well */
	bool taken;       /* L: by the job's thread */
	bool finished;    /* L */
	int64_t until_ns; /* REPLAY of a job that starts: when it has to be on
			   * its way, by the steady clock; 0: it is */
	jobs_errors_fn *done; /* NULL: its client has left */
	void *arg;
	uv_work_t work; /* where no job's thread has the file */
	char *path;
	uint64_t rows_max, bytes_max; /* of the table */
};

/* ---- main thread ---- */

/* Tells those that are finished; the callbacks may do anything with jobs. */
void job_requests_tell(struct jobs *js);
/* The same of one job, which is about to be forgotten. */
void job_request_tell(struct job *j);
/* Its thread is gone, or waits for another try (then it calls this itself):
 * what is left of a request ends with an error. */
void job_request_abandon(struct job *j);
/* A request works on the file of a job without a thread: err says so. */
bool job_request_is_at_work(struct job *j, struct error *err);
void job_request_free(struct job_request *rq);

/* What the table holds, for SHOW JOBS and the like; from any thread. */
void job_set_errors(struct job *j, struct store_errors e);

/* ---- job's thread ---- */

struct errand;

struct errand_task {
	struct store_task task; /* first */
	struct errand *e;
	_Atomic bool done;
	int rc;
	struct error err;
};

struct errand {
	struct job *j;
	struct pipeline *p;
	struct store *store;
	struct job_request *rq; /* NULL: there is nothing to do */
	enum { ERRAND_STORE, ERRAND_READ, ERRAND_STEP, ERRAND_CUT } phase;
	struct errand_task task;
	struct arena arena;   /* of rows */
	struct bad_row *rows; /* read, not yet on their way */
	int64_t next_id, last_id; /* last_id < 0: not known yet */
	uint64_t cut_epoch;   /* of ERRAND_CUT; 0: not cut yet */
};

void errand_init(struct errand *e, struct job *j, struct pipeline *p,
		 struct store *store);
/* One turn of the job's loop, before its step. may_step: the job runs and
 * nothing holds it up. */
void errand_turn(struct errand *e, bool may_step);
/* Its rows are on their way: the loop must not wait. */
bool errand_is_busy(const struct errand *e);
/* Bounded input is over, but not the job: its errors come behind it. */
bool errand_holds_end(const struct errand *e);
bool errand_wants_cut(const struct errand *e);
void errand_was_cut(struct errand *e, uint64_t epoch);
void errand_committed(struct errand *e, uint64_t epoch);
/* The life of the pipeline is over; waits for the store thread. */
void errand_end(struct errand *e, const struct error *why);

#endif
