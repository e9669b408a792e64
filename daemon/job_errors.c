/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_errors.c - see job_errors.h. A job that does not run has its
 * errors deleted on a thread of libuv's, and is not started meanwhile.
 */
#include "daemon/job_errors.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/job.h"

#define READ_BYTES_MAX (UINT64_C(4) << 20)
#define START_NS_MAX (10 * US_PER_SECOND * 1000)

void
job_set_errors(struct job *j, struct store_errors e)
{
	pthread_mutex_lock(&j->lock);
	j->info.errors_kept = e.rows;
	j->info.errors_lost = e.lost;
	j->info.errors_ever = e.ever;
	j->info.errors_full = e.full;
	pthread_mutex_unlock(&j->lock);
}

/* ---- requests: main thread ---- */

static struct job_request *
request_new(struct job *j, enum errors_what what,
	    const struct errors_where *where, jobs_errors_fn *done, void *arg)
{
	struct job_request *rq = mem_zalloc(sizeof(*rq));

	arena_init(&rq->arena);
	rq->j = j;
	rq->what = what;
	rq->where = *where;
	for (unsigned i = 0; i < where->n; i++)
		if (where->term[i].text)
			rq->where.term[i].text =
				arena_strdup(&rq->arena, where->term[i].text);
	rq->done = done;
	rq->arg = arg;
	return rq;
}

void
job_request_free(struct job_request *rq)
{
	if (!rq)
		return;
	arena_release(&rq->arena);
	free(rq->path);
	free(rq);
}

static void
finish(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	j->request->finished = true;
	pthread_mutex_unlock(&j->lock);
	uv_async_send(&j->js->async);
}

static struct job_request *
take_finished(struct job *j)
{
	struct job_request *rq;

	pthread_mutex_lock(&j->lock);
	rq = j->request && j->request->finished ? j->request : NULL;
	if (rq)
		j->request = NULL;
	pthread_mutex_unlock(&j->lock);
	return rq;
}

static bool
tell(struct job *j)
{
	struct job_request *rq = take_finished(j);

	if (!rq)
		return false;
	if (rq->done)
		rq->done(rq->arg, &rq->answer,
			 rq->err.code != ERR_NONE ? &rq->err : NULL);
	job_request_free(rq);
	return true;
}

void
job_request_tell(struct job *j)
{
	tell(j);
}

/* Who is told may drop jobs: look anew each time. */
void
job_requests_tell(struct jobs *js)
{
	struct job *j = js->first;

	while (j)
		j = tell(j) ? js->first : j->next;
}

void
job_request_abandon(struct job *j)
{
	const char *state = job_state_text[job_state_of(j)];
	struct job_request *rq;

	pthread_mutex_lock(&j->lock);
	rq = j->request;
	if (rq && !rq->finished) {
		error_set(&rq->err, ERR_JOB_STATE, "job \"%s\" is %s", j->name,
			  state);
		rq->finished = true;
		uv_async_send(&j->js->async);
	}
	pthread_mutex_unlock(&j->lock);
}

static int
refuse_busy(const struct job *j, struct error *err)
{
	err->retriable = true;
	error_set(err, ERR_JOB_BUSY, "the errors of job \"%s\" are being %s",
		  j->name, j->request->what == ERRORS_DELETE ? "deleted"
							     : "replayed");
	error_note(err, "try again when that is done");
	return -1;
}

bool
job_request_is_at_work(struct job *j, struct error *err)
{
	return j->request && j->request->path && refuse_busy(j, err) < 0;
}

/* ---- where no thread of the job's has the file ---- */

static void
answer_deleted(struct job_request *rq, const struct store *store)
{
	struct store_errors left = store_errors(store);

	rq->answer.kept = left.rows;
	job_set_errors(rq->j, left);
}

static void
on_work(uv_work_t *work)
{
	struct job_request *rq = work->data;
	struct store *store = NULL;

	if (store_open(rq->path, STORE_UNCHECKED, clock_wall_us(), &store,
		       &rq->err) < 0)
		return;
	store_limit_errors(store, rq->rows_max, rq->bytes_max);
	if (store_delete_errors(store, &rq->where, &rq->answer.deleted,
				&rq->err) == 0)
		answer_deleted(rq, store);
	store_close(store);
}

static void
on_worked(uv_work_t *work, int status)
{
	struct job_request *rq = work->data;
	struct job *j = rq->j;

	if (status != 0)
		error_set(&rq->err, ERR_CANCELLED, "sluiced is stopping");
	j->js->nworks--;
	finish(j);
}

static int
begin_work(struct job *j, struct job_request *rq, struct error *err)
{
	int rc;

	rq->path = mem_strdup(j->path);
	rq->rows_max = (uint64_t)j->js->env.config->errors_rows_max;
	rq->bytes_max = (uint64_t)j->js->env.config->errors_bytes_max;
	rq->work.data = rq;
	rc = uv_queue_work(j->js->env.loop, &rq->work, on_work, on_worked);
	if (rc != 0)
		return error_set(err, ERR_TOO_MANY, "cannot start a thread: %s",
				 uv_strerror(rc));
	j->js->nworks++;
	return 0;
}

/* ---- the statements ---- */

static int
refuse_replay(struct job *j, enum job_state state, struct error *err)
{
	error_set(err, ERR_JOB_STATE, "job \"%s\" is %s: only a job that runs "
		  "can take its errors up again", j->name,
		  job_state_text[state]);
	if (state == JOB_PAUSED || state == JOB_STOPPED)
		error_note(err, "RESUME JOB '%s' first", j->name);
	else if (state == JOB_FAILED)
		error_note(err, "mend what it has failed of, then RESUME JOB "
			   "'%s'", j->name);
	else
		error_note(err, "SHOW JOBS tells when it is RUNNING");
	return -1;
}

static bool
is_starting(const struct job *j, enum job_state state)
{
	return j->has_thread &&
	       (state == JOB_CREATED || state == JOB_RECOVERING ||
		state == JOB_CONNECTING);
}

static int
check_request(struct job *j, enum errors_what what, struct error *err)
{
	enum job_state state = job_state_of(j);

	if (j->js->shutting_down)
		return error_set(err, ERR_CANCELLED, "sluiced is stopping");
	if (j->dropping || j->reset ||
	    (j->has_thread && job_command_of(j) != COMMAND_NONE)) {
		err->retriable = true;
		return error_set(err, ERR_JOB_STATE, "job \"%s\" is just %s: "
				 "try again", j->name,
				 j->reset ? "being reset" : "ending");
	}
	if (j->request)
		return refuse_busy(j, err);
	if (is_starting(j, state))
		return 0;
	if (what == ERRORS_REPLAY && !j->has_thread && state == JOB_FINISHED)
		return 0;
	if (what == ERRORS_REPLAY &&
	    (!j->has_thread ||
	     (state != JOB_RUNNING && state != JOB_BLOCKED)))
		return refuse_replay(j, state, err);
	if (!j->has_thread || state == JOB_RUNNING || state == JOB_BLOCKED)
		return 0;
	/* Nobody knows when it comes to it. */
	error_set(err, ERR_JOB_STATE, "job \"%s\" is %s", j->name,
		  job_state_text[state]);
	error_note(err, "try again when it runs, or PAUSE JOB '%s' first",
		   j->name);
	return -1;
}

static void
set_request(struct job *j, struct job_request *rq)
{
	pthread_mutex_lock(&j->lock);
	j->request = rq;
	pthread_mutex_unlock(&j->lock);
}

/* A job that is starting comes to it when it runs, so that INSERT and REPLAY
 * may stand in one script. One that has FINISHED is started again for its
 * errors: it finds them before it can end. */
int
job_errors(struct job *j, enum errors_what what,
	   const struct errors_where *where, jobs_errors_fn *done, void *arg,
	   struct error *err)
{
	struct job_request *rq;

	if (check_request(j, what, err) < 0)
		return -1;
	rq = request_new(j, what, where, done, arg);
	if (what == ERRORS_REPLAY && is_starting(j, job_state_of(j)))
		rq->until_ns = clock_steady_ns() + START_NS_MAX;
	if (!j->has_thread && what == ERRORS_DELETE &&
	    begin_work(j, rq, err) < 0) {
		job_request_free(rq);
		return -1;
	}
	set_request(j, rq);
	if (j->has_thread) {
		runner_wake(&j->runner);
	} else if (what == ERRORS_REPLAY && job_start_again(j, err) < 0) {
		set_request(j, NULL);
		job_request_free(rq);
		return -1;
	}
	return 0;
}

/* ---- errands: store thread ---- */

static int
read_rows(struct errand *e, struct error *err)
{
	if (e->last_id < 0 &&
	    store_last_error(e->store, &e->last_id, err) < 0)
		return -1;
	return store_read_errors(e->store, &e->rq->where, e->next_id,
				 e->last_id, REPLAY_ROWS_MAX, READ_BYTES_MAX,
				 &e->arena, &e->rows, err);
}

static void
errand_run(struct store_task *task)
{
	struct errand_task *t = (struct errand_task *)task;
	struct errand *e = t->e;

	if (e->rq->what == ERRORS_REPLAY)
		t->rc = read_rows(e, &t->err);
	else
		t->rc = store_delete_errors(e->store, &e->rq->where,
					    &e->rq->answer.deleted, &t->err);
	if (e->rq->what == ERRORS_DELETE && t->rc == 0)
		answer_deleted(e->rq, e->store);
	atomic_store(&t->done, true);
	runner_wake(&e->j->runner);
}

/* ---- errands: job's thread ---- */

void
errand_init(struct errand *e, struct job *j, struct pipeline *p,
	    struct store *store)
{
	*e = (struct errand){ .j = j, .p = p, .store = store };
	arena_init(&e->arena);
}

static void
ask_store(struct errand *e)
{
	arena_release(&e->arena);
	arena_init(&e->arena);
	e->rows = NULL;
	e->phase = ERRAND_STORE;
	e->task.e = e;
	e->task.task.run = errand_run;
	error_clear(&e->task.err);
	atomic_store(&e->task.done, false);
	store_pool_put(e->j->js->pool, e->j->store_thread, &e->task.task);
}

static void
answer(struct errand *e, const struct error *err)
{
	if (err)
		e->rq->err = *err;
	e->rq = NULL;
	finish(e->j);
}

static void
take_request(struct errand *e)
{
	struct job *j = e->j;

	pthread_mutex_lock(&j->lock);
	if (j->request && !j->request->taken && !j->request->finished) {
		e->rq = j->request;
		e->rq->taken = true;
	}
	pthread_mutex_unlock(&j->lock);
	if (!e->rq)
		return;
	e->next_id = 0;
	e->last_id = -1;
	e->cut_epoch = 0;
	ask_store(e);
}

/* The store thread has answered. */
static void
stored(struct errand *e)
{
	if (e->task.rc < 0) {
		answer(e, &e->task.err);
	} else if (e->rq->what == ERRORS_DELETE) {
		answer(e, NULL);
	} else if (e->rows) {
		e->phase = ERRAND_READ;
	} else if (e->rq->answer.replayed.taken > 0) {
		e->phase = ERRAND_CUT;
	} else {
		answer(e, NULL);
	}
}

static void
step_rows(struct errand *e)
{
	for (const struct bad_row *r = e->rows; r; r = r->next)
		e->next_id = r->id + 1;
	pipeline_replay(e->p, e->rows);
	e->phase = ERRAND_STEP;
}

/* The step of the rows is over: what has come of them. */
static void
add_counts(struct errand *e)
{
	struct replay_counts *sum = &e->rq->answer.replayed, more;

	pipeline_take_replayed(e->p, &more);
	sum->taken += more.taken;
	sum->failed += more.failed;
	sum->late += more.late;
	for (int i = 0; i < REPLAY_REFUSALS; i++)
		sum->refused[i] += more.refused[i];
}

/* A broker that does not answer keeps nobody waiting. */
static void
give_up_start(struct errand *e)
{
	struct error err = ERROR_INIT;

	refuse_replay(e->j, job_state_of(e->j), &err);
	answer(e, &err);
}

void
errand_turn(struct errand *e, bool may_step)
{
	if (!e->rq)
		take_request(e);
	if (!e->rq)
		return;
	if (may_step)
		e->rq->until_ns = 0;
	if (e->phase == ERRAND_STORE && atomic_load(&e->task.done))
		stored(e);
	if (e->rq && e->phase == ERRAND_STEP && !pipeline_replaying(e->p)) {
		add_counts(e);
		ask_store(e);
	}
	if (!e->rq || e->phase != ERRAND_READ)
		return;
	if (may_step && pipeline_at_rest(e->p))
		step_rows(e);
	else if (e->rq->until_ns && clock_steady_ns() >= e->rq->until_ns)
		give_up_start(e);
}

bool
errand_is_busy(const struct errand *e)
{
	return e->rq && e->phase == ERRAND_STEP;
}

bool
errand_holds_end(const struct errand *e)
{
	return e->rq && e->rq->what == ERRORS_REPLAY;
}

bool
errand_wants_cut(const struct errand *e)
{
	return e->rq && e->phase == ERRAND_CUT && e->cut_epoch == 0;
}

void
errand_was_cut(struct errand *e, uint64_t epoch)
{
	if (errand_wants_cut(e))
		e->cut_epoch = epoch;
}

void
errand_committed(struct errand *e, uint64_t epoch)
{
	if (e->rq && e->phase == ERRAND_CUT && e->cut_epoch &&
	    e->cut_epoch <= epoch)
		answer(e, NULL);
}

void
errand_end(struct errand *e, const struct error *why)
{
	struct error err = ERROR_INIT;

	if (!e->j) /* never begun */
		return;
	while (e->rq && e->phase == ERRAND_STORE &&
	       !atomic_load(&e->task.done))
		runner_serve(&e->j->runner, true,
			     clock_wall_us() + 200 * US_PER_MS);
	if (e->rq) {
		error_set(&err, ERR_JOB_STATE, "job \"%s\" ended under way: "
			  "errors that were not replayed by then are still "
			  "there", e->j->name);
		if (why && why->code != ERR_NONE)
			error_note(&err, "it has failed: %s", why->message);
		answer(e, &err);
	}
	arena_release(&e->arena);
	e->j = NULL;
}
