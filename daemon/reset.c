/* SPDX-License-Identifier: Apache-2.0
 * daemon/reset.c - plans the job's script anew, asks its sources where to go,
 * and has the store change the file in one transaction. While that goes on
 * nothing else may start the job: j->reset says so.
 */
#include "daemon/reset.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "daemon/clock.h"
#include "daemon/connections.h"
#include "daemon/job.h"
#include "daemon/job_errors.h"
#include "daemon/log.h"
#include "daemon/planning.h"
#include "runtime/connectors/filesystem.h"
#include "runtime/store_look.h"

struct reset {
	uv_work_t work;
	struct job *j;         /* stays: j->reset keeps it */
	struct arena arena;    /* of texts, plan and answer */
	struct reset_order order;
	char *savepoint;       /* its real path, for free(), or NULL */
	atomic_bool stop;
	bool from_disk;

	/* of the worker */
	struct planned planned;
	struct pipeline *p;
	struct store_reset_scan *scans;
	unsigned nscans;
	int rc;
	struct error err;
	struct reset_answer answer;

	reset_done_fn *done;   /* NULL: forgotten */
	void *arg;
};

/* ---- on the worker: what is to be moved ---- */

static const char *
tables_of(struct reset *r)
{
	const struct plan *plan = r->planned.plan;
	const char *list = "";

	for (unsigned i = 0; i < plan->n; i++) {
		const struct plan_scan *scan = plan->nodes[i]->scan;
		bool told = plan->nodes[i]->kind != PLAN_SCAN || scan->rows;

		for (unsigned k = 0; k < i && !told; k++)
			told = plan->nodes[k]->kind == PLAN_SCAN &&
			       strcmp(plan->nodes[k]->scan->table,
				      scan->table) == 0;
		if (!told)
			list = arena_printf(&r->arena, "%s%s%s", list,
					    *list ? ", " : "", scan->table);
	}
	return list;
}

/* A table that is scanned twice moves as a whole. Rows of the statement itself
 * come again with the state that they made. */
static bool
is_meant(const struct reset *r, const struct plan_scan *scan)
{
	if (scan->rows)
		return !r->order.table && !r->order.keep_state &&
		       !r->order.savepoint;
	return !r->order.table || strcmp(scan->table, r->order.table) == 0;
}

static int
find_scans(struct reset *r, struct error *err)
{
	unsigned n;
	struct op *const *ops = pipeline_ops(r->p, &n);

	r->scans = arena_array(&r->arena, n, struct store_reset_scan);
	for (unsigned i = 0; i < n; i++)
		if (ops[i]->node->kind == PLAN_SCAN &&
		    is_meant(r, ops[i]->node->scan))
			r->scans[r->nscans++].scan = ops[i];
	if (r->nscans == 0) {
		error_set(err, ERR_UNKNOWN_TABLE, "job \"%s\" does not read a "
			  "table \"%s\"", r->j->name, r->order.table);
		error_note(err, "it reads %s", tables_of(r));
		return -1;
	}
	return 0;
}

static int
check_order(const struct reset *r, struct error *err)
{
	const struct plan *plan = r->planned.plan;
	const struct reset_order *o = &r->order;

	if (plan_is_once(plan)) {
		error_set(err, ERR_UNSUPPORTED, "the rows of job \"%s\" stand "
			  "in its statement: it has no offsets", r->j->name);
		error_note(err, "send the statement again to write them once "
			   "more");
		return -1;
	}
	if (r->from_disk && plan_is_embedded(plan) &&
	    (o->table || o->keep_state || o->savepoint)) {
		error_set(err, ERR_UNSUPPORTED, "the embedded Kafka forgets "
			  "its topics when the daemon ends, and job \"%s\" "
			  "was stopped before that", r->j->name);
		error_note(err, "RESUME JOB '%s' begins anew", r->j->name);
		return -1;
	}
	return 0;
}

/* Offsets of one partition are of one table. */
static int
check_single(struct reset *r, struct error *err)
{
	if (r->order.savepoint || r->order.to.to != SEEK_OFFSETS ||
	    r->order.table)
		return 0;
	for (unsigned i = 1; i < r->nscans; i++) {
		const char *first = r->scans[0].scan->node->scan->table;

		if (strcmp(r->scans[i].scan->node->scan->table, first) == 0)
			continue;
		error_set(err, ERR_MISSING_OPTION, "job \"%s\" reads several "
			  "tables: whose offsets are these?", r->j->name);
		error_note(err, "write FOR TABLE with one of %s",
			   tables_of(r));
		return -1;
	}
	return 0;
}

static int
seek(struct reset *r, struct error *err)
{
	static const struct seek begin = { .to = SEEK_EARLIEST };

	if (r->order.savepoint)
		return 0;
	for (unsigned i = 0; i < r->nscans; i++) {
		struct store_reset_scan *scan = &r->scans[i];
		const struct plan_scan *plan = scan->scan->node->scan;
		struct seek_part *parts;

		if (op_seek((struct op *)scan->scan,
			    plan->rows ? &begin : &r->order.to, &r->arena,
			    &parts, &scan->nparts, err) < 0)
			return -1;
		scan->parts = parts;
	}
	return 0;
}

/* ---- on the worker: the file ---- */

static const char *
beside(struct reset *r, const char *suffix)
{
	return arena_printf(&r->arena, "%s.%s", r->j->path, suffix);
}

/* A missing file, which may have been damaged, is made anew only where nothing
 * of it would have stayed. */
static bool
is_made_anew(const struct reset *r)
{
	return access(r->j->path, F_OK) < 0 && !r->order.keep_state &&
	       !r->order.table;
}

static int
change_file(struct reset *r, const char *path, const char *savepoint,
	    struct error *err)
{
	struct store_reset what = {
		.scans = r->scans,
		.nscans = r->nscans,
		.keep_state = r->order.keep_state,
		.savepoint = savepoint,
		.state = job_state_text[JOB_STOPPED],
	};
	struct store *store;
	int rc;

	if (job_state_of(r->j) == JOB_PAUSED)
		what.state = job_state_text[JOB_PAUSED];
	if (store_open(path, r->answer.anew ? STORE_CREATE | STORE_ANEW : 0,
		       clock_wall_us(), &store, err) < 0) {
		if (err->code == ERR_FILE)
			error_note(err, "without KEEP STATE and FOR TABLE it "
				   "is made anew");
		return -1;
	}
	rc = store_reset(store, r->p, &what, &r->arena, &r->answer.done, err);
	store_close(store);
	return rc;
}

/* A file that is made anew gets its name when all is in it. */
static int
change(struct reset *r, const char *savepoint, struct error *err)
{
	const char *anew = beside(r, "anew");
	int rc;

	r->answer.anew = is_made_anew(r);
	if (!r->answer.anew)
		return change_file(r, r->j->path, savepoint, err);
	rc = store_remove(anew, err);
	if (rc == 0)
		rc = change_file(r, anew, savepoint, err);
	if (rc == 0)
		rc = store_copy(anew, r->j->path, 0, err);
	store_remove(anew, NULL);
	return rc;
}

struct whose {
	struct arena *arena;
	const char *name;
};

static void
take_name(void *arg, unsigned n, const struct store_cell *cells)
{
	struct whose *w = arg;

	if (n == 1 && cells[0].kind == CELL_TEXT)
		w->name = arena_printf(w->arena, "%.*s", (int)cells[0].n,
				       cells[0].text);
}

/* The job that a savepoint is of. */
static const char *
job_of_savepoint(struct reset *r)
{
	struct whose w = { &r->arena, "?" };
	struct error unheard = ERROR_INIT;
	struct store_look *look;

	if (store_look_open(r->savepoint, &look, &unheard) < 0)
		return w.name;
	store_look(look, "SELECT name FROM job", take_name, &w, &unheard);
	store_look_close(look);
	return w.name;
}

static void
tell_misfit(struct reset *r, struct error *err)
{
	error_context(err, "%.200s is a savepoint of job \"%s\"", r->savepoint,
		      job_of_savepoint(r));
	error_note(err, "name a savepoint of job \"%s\" that was taken of the "
		   "query it has now", r->j->name);
}

/* What a savepoint holds is looked at in a copy of ours. */
static int
change_with_copy(struct reset *r, struct error *err)
{
	const char *copy = beside(r, "reset");
	int rc;

	if (!r->savepoint)
		return change(r, NULL, err);
	rc = store_remove(copy, err);
	if (rc == 0)
		rc = store_copy(r->savepoint, copy, STORE_COPY_NEW_JOB, err);
	if (rc == 0)
		rc = change(r, copy, err);
	if (rc < 0 && err->code == ERR_PLAN_CHANGED && !r->order.keep_state)
		tell_misfit(r, err);
	store_remove(copy, NULL);
	return rc;
}

static int
run(struct reset *r, const struct config *c, struct error *err)
{
	struct job *j = r->j;
	struct pipeline_env env =
		jobs_pipeline_env(j->js, c, j->name, clock_wall_us());

	if (plan_script(j->script, NULL, &r->arena, &r->planned, err) < 0 ||
	    connections_apply(c, r->planned.plan, &r->arena, err) < 0 ||
	    check_order(r, err) < 0 ||
	    pipeline_create(r->planned.plan, &env, &r->p, err) < 0 ||
	    find_scans(r, err) < 0 || check_single(r, err) < 0 ||
	    seek(r, err) < 0)
		return -1;
	return change_with_copy(r, err);
}

static void
on_work(uv_work_t *work)
{
	struct reset *r = work->data;
	struct config *c = jobs_config(r->j->js);

	r->rc = run(r, c, &r->err);
	pipeline_destroy(r->p);
	config_unref(c);
}

/* ---- on the main thread ---- */

/* It has something to read again, whatever it ended by. */
static void
moved(struct reset *r)
{
	struct job *j = r->j;

	j->from_disk = false;
	job_info_load(j);
	pthread_mutex_lock(&j->lock);
	error_clear(&j->info.error);
	*j->info.notice = '\0';
	pthread_mutex_unlock(&j->lock);
	if (job_state_of(j) != JOB_PAUSED)
		job_set_state(j, JOB_STOPPED, "", NULL);
	job_remember(j);
	log_event(LOG_INFO, "offsets_reset", j->name,
		  "partitions=%u state_rows_before=%llu state_rows=%llu",
		  r->answer.done.nmoved,
		  (unsigned long long)r->answer.done.rows_before,
		  (unsigned long long)r->answer.done.rows);
}

static void
on_done(uv_work_t *work, int status)
{
	struct reset *r = work->data;
	struct jobs *js = r->j->js;

	if (status != 0)
		r->rc = error_set(&r->err, ERR_CANCELLED,
				  "sluiced is stopping");
	r->j->reset = NULL;
	if (r->rc == 0)
		moved(r);
	if (r->j->dropping)
		job_forget(r->j);
	if (r->done)
		r->done(r->arg, r->rc < 0 ? NULL : &r->answer,
			r->rc < 0 ? &r->err : NULL);
	uv_async_send(&js->async); /* the last that a shutdown waits for? */
	free(r->savepoint);
	arena_release(&r->arena);
	free(r);
}

static int
check_state(struct job *j, struct error *err)
{
	if (j->js->shutting_down)
		return error_set(err, ERR_CANCELLED, "sluiced is stopping");
	if (j->reset || j->dropping) {
		err->retriable = true;
		return error_set(err, ERR_JOB_STATE, "job \"%s\" is just being "
				 "%s: try again", j->name,
				 j->reset ? "reset" : "dropped");
	}
	if (!j->has_thread)
		return job_request_is_at_work(j, err) ? -1 : 0;
	error_set(err, ERR_JOB_STATE, "job \"%s\" is %s: its offsets can be "
		  "reset only while it stands still", j->name,
		  job_state_text[job_state_of(j)]);
	error_note(err, "PAUSE JOB '%s' first, and RESUME JOB '%s' behind it",
		   j->name, j->name);
	return -1;
}

static const char *
copied(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

int
reset_begin(struct job *j, const struct reset_order *order,
	    reset_done_fn *done, void *arg, struct reset **ret,
	    struct error *err)
{
	struct reset *r;
	char *savepoint = NULL;
	int rc;

	if (check_state(j, err) < 0 ||
	    (order->savepoint &&
	     filesystem_resolve(order->savepoint, jobs_file_paths(j->js),
				&savepoint, err) < 0))
		return -1;
	r = mem_zalloc(sizeof(*r));
	*r = (struct reset){
		.j = j, .order = *order, .savepoint = savepoint, .done = done,
		.arg = arg, .from_disk = j->from_disk,
		.answer = { .savepoint = savepoint,
			    .keep_state = order->keep_state },
	};
	arena_init(&r->arena);
	r->order.table = copied(&r->arena, order->table);
	r->order.to.offsets = copied(&r->arena, order->to.offsets);
	r->order.to.stop = &r->stop;
	r->work.data = r;
	rc = uv_queue_work(j->js->env.loop, &r->work, on_work, on_done);
	if (rc != 0) {
		free(savepoint);
		arena_release(&r->arena);
		free(r);
		return error_set(err, ERR_TOO_MANY, "cannot start a thread: %s",
				 uv_strerror(rc));
	}
	j->reset = *ret = r;
	return 0;
}

void
reset_forget(struct reset *r)
{
	r->done = NULL;
}

void
reset_cancel(struct reset *r)
{
	atomic_store(&r->stop, true);
}
