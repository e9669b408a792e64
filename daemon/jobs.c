/* SPDX-License-Identifier: Apache-2.0
 * daemon/jobs.c - the registry: who is there, who may start, who is told when
 * something has ended. Main thread only; job.c is the other side.
 */
#include "daemon/jobs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/job.h"
#include "daemon/log.h"
#include "daemon/planning.h"
#include "daemon/reset.h"
#include "parser/parse.h"

#define JOB_NAME_MAX 100
#define STORE_THREADS_MAX 4
#define SAVE_RETRY_MS 5000

/* ---- lives and ends ---- */

/* From here on it is not what it was, whatever that was. */
static enum job_state
begin_anew(struct job *j)
{
	enum job_state was;

	pthread_mutex_lock(&j->lock);
	was = j->info.state;
	j->info.state = JOB_CREATED;
	if (was != JOB_CREATED)
		j->info.since_us = clock_wall_us();
	error_clear(&j->info.error);
	*j->info.reason = *j->info.notice = *j->info.wal_held = '\0';
	pthread_mutex_unlock(&j->lock);
	j->command = COMMAND_NONE;
	j->ended = false;
	atomic_store(&j->alive_ns, 0);
	return was;
}

int
job_launch(struct job *j, struct error *err)
{
	enum job_state was;
	int rc;

	/* A script that was under way may come here. */
	if (j->js->shutting_down)
		return error_set(err, ERR_CANCELLED, "sluiced is stopping");
	if (job_request_is_at_work(j, err))
		return -1;
	was = begin_anew(j);
	CHECK(!j->has_thread);
	if (runner_init(&j->runner, err) < 0) {
		j->info.state = was;
		return -1;
	}
	j->has_thread = true;
	rc = pthread_create(&j->thread, NULL, job_thread, j);
	if (rc != 0) {
		runner_release(&j->runner);
		j->has_thread = false;
		j->info.state = was;
		error_errno(err, ERR_THREADS, rc,
			    "cannot start a thread for job \"%s\"", j->name);
		error_note(err, "raise ulimit -u, or TasksMax= of the unit; "
			   "then RESUME JOB '%s'", j->name);
		return -1;
	}
	return 0;
}

/* Into the catalog: what stands stays so, everything else runs again. */
static int
job_store(struct job *j, struct error *err)
{
	struct catalog_entry e = { .kind = CATALOG_JOB, .name = j->name,
				   .sql = j->script,
				   .created_us = j->created_us };
	struct error why;
	enum job_state state;

	pthread_mutex_lock(&j->lock);
	state = j->info.state;
	e.since_us = j->info.since_us;
	why = j->info.error;
	pthread_mutex_unlock(&j->lock);
	e.state = job_state_text[job_stands(state) ? state : JOB_RUNNING];
	if (j->dropping)
		e.state = j->keep_state ? JOB_LEAVING : JOB_DROPPING;
	if (state == JOB_FAILED) {
		e.error_code = error_name(why.code);
		e.error = why.message;
		e.note = *why.note ? why.note : NULL;
	}
	return store_catalog_put(j->js->env.store, &e, err);
}

static void on_unsaved(uv_timer_t *t);

/* What cannot be written (the disk is full) is written later. */
void
job_remember(struct job *j)
{
	struct error err = ERROR_INIT;

	j->unsaved = job_store(j, &err) < 0;
	if (!j->unsaved)
		return;
	log_error(LOG_ERROR, "catalog_write", j->name, &err);
	if (!uv_is_active((uv_handle_t *)&j->js->unsaved))
		uv_timer_start(&j->js->unsaved, on_unsaved, SAVE_RETRY_MS,
			       SAVE_RETRY_MS);
}

static void
on_unsaved(uv_timer_t *t)
{
	struct jobs *js = t->data;
	bool any = false;

	for (struct job *j = js->first; j; j = j->next) {
		if (j->unsaved)
			job_remember(j);
		any |= j->unsaved;
	}
	if (!any)
		uv_timer_stop(t);
}

static void
job_free(struct job *j)
{
	while (j->waits) {
		struct job_wait *w = j->waits;

		j->waits = w->next;
		free(w);
	}
	for (unsigned i = 0; i < j->nobjects; i++)
		free(j->objects[i]);
	free(j->objects);
	for (unsigned i = 0; i < j->nconnections; i++)
		free(j->connections[i]);
	free(j->connections);
	job_request_free(j->request);
	free(j->info.ops);
	free(j->info.parts);
	pthread_mutex_destroy(&j->lock);
	free(j->name);
	free(j->script);
	free(j->statement);
	free(j->path);
	free(j);
}

void
job_forget(struct job *j)
{
	struct jobs *js = j->js;
	struct error err = ERROR_INIT;

	for (struct job **at = &js->first; *at; at = &(*at)->next)
		if (*at == j) {
			*at = j->next;
			break;
		}
	js->tail = &js->first;
	while (*js->tail)
		js->tail = &(*js->tail)->next;
	js->n--;
	/* In this order: what was marked by job_drop() is done by the next
	 * start, should this one not come to its end. */
	if (!j->keep_state && store_remove(j->path, &err) < 0)
		log_error(LOG_ERROR, "state_not_removed", j->name, &err);
	if (store_catalog_drop(js->env.store, CATALOG_JOB, j->name, &err) < 0)
		log_error(LOG_ERROR, "catalog_write", j->name, &err);
	job_waits_tell(j);
	job_request_tell(j);
	job_free(j);
}

/* The thread has returned or is about to. */
static void
job_ended(struct job *j)
{
	pthread_join(j->thread, NULL);
	runner_release(&j->runner);
	j->has_thread = false;
	trim_soon(&j->js->trim);
	job_taps_end(j);
	job_request_abandon(j); /* on_news() comes again and tells */
	if (j->dropping) {
		job_forget(j);
		return;
	}
	/* STOP was asked for while PAUSE was under way. */
	if (job_state_of(j) == JOB_PAUSED && job_awaited(j, WAIT_STOPPED))
		job_set_state(j, JOB_STOPPED, "", NULL);
	/* Of a shutdown nothing is remembered: it goes on at the next start. */
	if (job_stands(job_state_of(j)))
		job_remember(j);
	job_waits_tell(j);
}

static void
check_shutdown(struct jobs *js)
{
	if (!js->shutting_down || !js->on_shutdown)
		return;
	for (struct job *j = js->first; j; j = j->next)
		if (j->has_thread || j->reset)
			return;
	if (js->streams || js->nworks > 0)
		return;
	void (*done)(void *) = js->on_shutdown;
	js->on_shutdown = NULL;
	done(js->shutdown_arg);
}

static struct job *
find_ended(struct jobs *js)
{
	for (struct job *j = js->first; j; j = j->next) {
		bool ended;

		if (!j->has_thread)
			continue;
		pthread_mutex_lock(&j->lock);
		ended = j->ended;
		pthread_mutex_unlock(&j->lock);
		if (ended)
			return j;
	}
	return NULL;
}

static struct job *
find_built(struct jobs *js)
{
	for (struct job *j = js->first; j; j = j->next)
		if (job_awaited(j, WAIT_OPERATORS) && job_has_operators(j))
			return j;
	return NULL;
}

static void
on_news(uv_async_t *a)
{
	struct jobs *js = a->data;
	struct job *j;

	job_requests_tell(js);
	/* Who is told of an end may drop any other job: look anew each time. */
	while ((j = find_ended(js)))
		job_ended(j);
	while ((j = find_built(js)))
		job_waits_tell_operators(j);
	check_shutdown(js);
}

void
jobs_stream_ended(struct jobs *js)
{
	trim_soon(&js->trim);
	check_shutdown(js);
}

/* ---- names and texts ---- */

static int
check_name(const char *name, struct error *err)
{
	size_t n = strlen(name);

	if (n >= 1 && n <= JOB_NAME_MAX && name[0] != '.' &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789._-") == n)
		return 0;
	error_set(err, ERR_JOB_NAME, "\"%.120s\" cannot be a job's name", name);
	error_note(err, "a name has 1 to %d of A-Z a-z 0-9 . _ - and does not "
		   "begin with a dot; give one by SET 'pipeline.name' = '...'",
		   JOB_NAME_MAX);
	return -1;
}

static struct job *
find(struct jobs *js, const char *name)
{
	for (struct job *j = js->first; j; j = j->next)
		if (strcasecmp(j->name, name) == 0)
			return j;
	return NULL;
}

static bool
is_over(struct job *j)
{
	return j->once && !j->has_thread && !j->request && !j->reset &&
	       job_state_of(j) == JOB_FINISHED;
}

bool
jobs_name_is_free(struct jobs *js, const char *name)
{
	struct job *j = find(js, name);

	return !j || is_over(j);
}

struct job *
jobs_find(struct jobs *js, const char *name, struct error *err)
{
	struct job *j = find(js, name);
	const char **names, *near;
	size_t n = 0;

	if (j)
		return j;
	names = mem_zalloc((js->n + 1) * sizeof(*names));
	for (j = js->first; j; j = j->next)
		names[n++] = j->name;
	error_set(err, ERR_UNKNOWN_JOB, "there is no job \"%.120s\"", name);
	near = error_nearest(name, names, n);
	if (near)
		error_hint(err, "did you mean '%s'?", near);
	error_note(err, "SHOW JOBS lists them");
	free(names);
	return NULL;
}

char *
job_path_of(const struct jobs *js, const char *name)
{
	size_t n = strlen(js->config->state_dir) + strlen(name) + 16;
	char *path = mem_alloc(n);

	snprintf(path, n, "%s/jobs/%s.db", js->config->state_dir, name);
	return path;
}

struct job *
job_new(struct jobs *js, const char *name, const char *script)
{
	struct job *j = mem_zalloc(sizeof(*j));

	j->js = js;
	j->name = mem_strdup(name);
	j->script = mem_strdup(script);
	j->statement = job_last_statement(script);
	j->path = job_path_of(js, name);
	j->created_us = clock_wall_us();
	j->core = js->next_core++ % js->ncores;
	j->store_thread = store_pool_bind(js->pool);
	j->info.since_us = j->created_us;
	j->info.wm_us = TIME_NONE;
	j->info.lag = j->info.end_total = j->info.read_total = -1;
	pthread_mutex_init(&j->lock, NULL);
	job_learn_objects(j);
	*js->tail = j;
	js->tail = &j->next;
	js->n++;
	return j;
}

/* ---- statements ---- */

static int
submit_known(struct job *j, const struct job_text *text, bool *ret_noop,
	     struct error *err)
{
	if (!job_same_text(j->script, text->script)) {
		error_set(err, ERR_JOB_CHANGED,
			  "job \"%s\" exists with another text", j->name);
		error_note(err, "DROP JOB '%s' forgets it and its state; DROP "
			   "JOB '%s' KEEP STATE leaves the state to this one; "
			   "or give this one another name: SET "
			   "'pipeline.name' = '...'", j->name, j->name);
		return -1;
	}
	if (j->dropping || j->reset ||
	    (j->has_thread && job_command_of(j) != COMMAND_NONE)) {
		err->retriable = true;
		return error_set(err, ERR_JOB_STATE,
				 "job \"%s\" is just %s: try again", j->name,
				 j->reset ? "being reset" : "ending");
	}
	*ret_noop = j->has_thread || job_state_of(j) == JOB_PAUSED;
	return *ret_noop ? 0 : job_launch(j, err);
}

/* Made before anything else is known of the job, so that a file which is not
 * there later has been taken away. One that is there was kept on purpose:
 * DROP JOB ... KEEP STATE. */
static int
make_state_file(struct job *j, struct error *err)
{
	struct store *store;

	if (access(j->path, F_OK) == 0)
		return 0;
	if (store_open(j->path, STORE_CREATE, clock_wall_us(), &store, err) < 0)
		return -1;
	store_close(store);
	return 0;
}

char *
jobs_new_path(struct jobs *js, const char *name, struct error *err)
{
	char *path;

	if (check_name(name, err) < 0)
		return NULL;
	path = job_path_of(js, name);
	if (!find(js, name) && access(path, F_OK) != 0)
		return path;
	error_set(err, ERR_EXISTS, "there is state of a job \"%s\" already",
		  name);
	error_note(err, "give the new job another name: SET 'pipeline.name' = "
		   "'...'; or take %s away first", path);
	free(path);
	return NULL;
}

/* What a script asks for behind its STOP JOB while everything stops. */
static int
refuse_at_end(const struct jobs *js, struct error *err)
{
	return js->shutting_down
		       ? error_set(err, ERR_CANCELLED, "sluiced is stopping")
		       : 0;
}

static int
submit(struct jobs *js, const struct job_text *text, struct job **ret,
       bool *ret_noop, struct error *err)
{
	struct job *j;
	bool kept;

	*ret_noop = false;
	if (refuse_at_end(js, err) < 0)
		return -1;
	if (check_name(text->name, err) < 0)
		return -1;
	j = find(js, text->name);
	if (j && is_over(j)) {
		job_forget(j);
		j = NULL;
	}
	if (j) {
		*ret = j;
		if (submit_known(j, text, ret_noop, err) < 0)
			return -1;
		if (!*ret_noop)
			job_remember(j);
		return 0;
	}
	if (js->n >= (unsigned)js->config->jobs_max)
		return error_set(err, ERR_TOO_MANY,
				 "there are %u jobs already: [limits] jobs",
				 js->n);
	j = job_new(js, text->name, text->script);
	kept = access(j->path, F_OK) == 0;
	if (make_state_file(j, err) < 0 || job_store(j, err) < 0 ||
	    store_catalog_settle(js->env.store, err) < 0 ||
	    job_launch(j, err) < 0) {
		j->keep_state = kept;
		job_forget(j);
		return -1;
	}
	*ret = j;
	return 0;
}

int
jobs_submit(struct jobs *js, const struct job_text *text, struct job **ret,
	    bool *ret_noop, struct error *err)
{
	struct error ignored = ERROR_INIT;
	char *path;

	if (submit(js, text, ret, ret_noop, err) == 0)
		return 0;
	if (text->restored && !find(js, text->name)) {
		path = job_path_of(js, text->name);
		if (store_remove(path, &ignored) < 0)
			log_error(LOG_ERROR, "state_not_removed", text->name,
				  &ignored);
		free(path);
	}
	return -1;
}

static void
command(struct job *j, enum job_command c)
{
	pthread_mutex_lock(&j->lock);
	j->command = c;
	pthread_mutex_unlock(&j->lock);
	runner_wake(&j->runner);
}

static void
wrong_state(struct job *j, const char *what, const char *remedy,
	    jobs_done_fn *done, void *arg)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERR_JOB_STATE, "job \"%s\" is %s and cannot be %s",
		  j->name, job_state_text[job_state_of(j)], what);
	error_note(&err, "%s", remedy);
	done(arg, &err);
}

void
job_pause(struct job *j, jobs_done_fn *done, void *arg)
{
	if (j->has_thread) {
		job_wait_add(j, WAIT_PAUSED, done, arg);
		command(j, COMMAND_PAUSE);
	} else if (job_state_of(j) == JOB_PAUSED) {
		done(arg, NULL);
	} else {
		wrong_state(j, "paused", "only a job that runs can be paused",
			    done, arg);
	}
}

int
job_start_again(struct job *j, struct error *err)
{
	if (refuse_at_end(j->js, err) < 0 || job_launch(j, err) < 0)
		return -1;
	job_remember(j);
	return 0;
}

void
job_resume(struct job *j, jobs_done_fn *done, void *arg)
{
	enum job_state state = job_state_of(j);
	struct error err = ERROR_INIT;

	if (j->has_thread && job_command_of(j) == COMMAND_NONE) {
		done(arg, NULL);
	} else if (j->has_thread) {
		wrong_state(j, "resumed", "it is just ending: try again", done,
			    arg);
	} else if (j->reset) {
		wrong_state(j, "resumed", "its offsets are just being reset: "
			    "try again", done, arg);
	} else if (state == JOB_FINISHED) {
		wrong_state(j, "resumed",
			    "send its statements again to run it once more",
			    done, arg);
	} else {
		done(arg, job_start_again(j, &err) < 0 ? &err : NULL);
	}
}

void
job_halt(struct job *j, bool drain, jobs_done_fn *done, void *arg)
{
	enum job_state state = job_state_of(j);

	if (j->has_thread) {
		job_wait_add(j, WAIT_STOPPED, done, arg);
		command(j, drain ? COMMAND_DRAIN : COMMAND_HALT);
	} else if (state == JOB_FINISHED || state == JOB_FAILED) {
		wrong_state(j, "stopped", "it runs no more; DROP JOB forgets "
			    "it", done, arg);
	} else if (drain) {
		wrong_state(j, "drained", "only a job that runs can be drained: "
			    "RESUME JOB first", done, arg);
	} else {
		if (state == JOB_PAUSED) {
			job_set_state(j, JOB_STOPPED, "", NULL);
			job_remember(j);
			job_waits_tell(j);
		}
		done(arg, NULL);
	}
}

void
job_drop(struct job *j, bool keep_state, jobs_done_fn *done, void *arg)
{
	struct error err = ERROR_INIT;

	if (j->dropping) {
		if (j->keep_state == keep_state) {
			job_wait_add(j, WAIT_GONE, done, arg);
			return;
		}
		error_set(&err, ERR_JOB_STATE, "job \"%s\" is being dropped %s "
			  "its state", j->name,
			  j->keep_state ? "and keeps" : "with");
		error_note(&err, "SHOW JOBS no longer lists it once it is gone");
		done(arg, &err);
		return;
	}
	if (job_request_is_at_work(j, &err)) {
		done(arg, &err);
		return;
	}
	j->dropping = true;
	j->keep_state = keep_state;
	if (job_store(j, &err) < 0) {
		j->dropping = false;
		done(arg, &err);
		return;
	}
	job_wait_add(j, WAIT_GONE, done, arg);
	if (j->has_thread)
		command(j, keep_state ? COMMAND_HALT : COMMAND_DROP);
	else if (j->reset)
		reset_cancel(j->reset); /* forgets it at its end */
	else
		job_forget(j);
}

/* ---- looking ---- */

void
jobs_each(struct jobs *js, void (*fn)(struct job *, void *), void *arg)
{
	for (struct job *j = js->first; j; j = j->next)
		fn(j, arg);
}

unsigned
jobs_count(struct jobs *js)
{
	return js->n;
}

const char *
jobs_stuck(struct jobs *js, int64_t since_ns)
{
	for (struct job *j = js->first; j; j = j->next) {
		int64_t alive_ns = atomic_load(&j->alive_ns);

		if (j->has_thread && alive_ns && alive_ns < since_ns)
			return j->name;
	}
	return NULL;
}

bool
jobs_store_stuck(const struct jobs *js, int64_t since_ns)
{
	return store_pool_stuck(js->pool, since_ns);
}

const char *
job_path(const struct job *j)
{
	return j->path;
}

struct job_text
job_text_of(const struct job *j)
{
	return (struct job_text){ .name = j->name,
				  .script = j->script,
				  .statement = j->statement };
}

/* ---- beginning and end ---- */

struct jobs *
jobs_create(const struct jobs_env *env, struct error *err)
{
	struct jobs *js = mem_zalloc(sizeof(*js));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned nstore = (unsigned)env->config->store_threads;
	const char *pin = env->config->pin_threads;

	js->env = *env;
	js->tail = &js->first;
	js->ncores = cores > 0 ? (unsigned)cores : 1;
	js->pin = strcmp(pin, "on") == 0 ||
		  (strcmp(pin, "auto") == 0 && js->ncores >= 2);
	if (nstore == 0)
		nstore = js->ncores < STORE_THREADS_MAX ? js->ncores
							: STORE_THREADS_MAX;
	js->pool = store_pool_create(nstore);
	if (!js->pool) {
		free(js);
		error_errno(err, ERR_THREADS, errno, "cannot start a thread");
		error_note(err, "raise ulimit -u, or TasksMax= of the unit");
		return NULL;
	}
	js->config = config_ref(env->config);
	pthread_mutex_init(&js->config_lock, NULL);
	uv_async_init(env->loop, &js->async, on_news);
	js->async.data = js;
	uv_timer_init(env->loop, &js->unsaved);
	js->unsaved.data = js;
	trim_init(&js->trim, env->loop);
	js->trim.timer.data = js;
	js->nhandles = 3;
	return js;
}

void
jobs_shutdown(struct jobs *js, void (*done)(void *), void *arg)
{
	js->shutting_down = true;
	js->on_shutdown = done;
	js->shutdown_arg = arg;
	for (struct job *j = js->first; j; j = j->next) {
		if (j->has_thread)
			command(j, COMMAND_SHUTDOWN);
		if (j->reset)
			reset_cancel(j->reset);
	}
	streams_shutdown(js);
	uv_async_send(&js->async);
}

static void
on_closed(uv_handle_t *h)
{
	struct jobs *js = h->data;

	if (--js->nhandles > 0)
		return;
	config_unref(js->config);
	pthread_mutex_destroy(&js->config_lock);
	free(js);
}

void
jobs_destroy(struct jobs *js)
{
	if (!js)
		return;
	while (js->first) {
		struct job *j = js->first;

		CHECK(!j->has_thread);
		js->first = j->next;
		job_free(j);
	}
	store_pool_destroy(js->pool);
	uv_close((uv_handle_t *)&js->async, on_closed);
	uv_close((uv_handle_t *)&js->unsaved, on_closed);
	uv_close((uv_handle_t *)&js->trim.timer, on_closed);
}
