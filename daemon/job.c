/* SPDX-License-Identifier: Apache-2.0
 * daemon/job.c - the life of a job on its own thread: build the pipeline from
 * the script, restore, run in steps, cut checkpoints, end.
 *
 *	             life_build               life_run             life_end
 *	job_thread ----> CONNECTING/RECOVERING ----> RUNNING ----> final state
 *	     ^                                          | transient failure
 *	     '---------------- RESTARTING <-------------'
 *
 * A checkpoint goes CP_NONE -> CP_ACKING (the cut is copied; its output is not
 * acknowledged yet) -> CP_COMMITTING (on the store thread) -> CP_NONE, while
 * the pipeline goes on; CP_FULL waits for disk space (or for another program
 * to let go of the file) with the source stopped.
 */
#include "daemon/job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/version.h"
#include "daemon/clock.h"
#include "daemon/connections.h"
#include "daemon/log.h"
#include "daemon/planning.h"

#define PUBLISH_US (200 * US_PER_MS)
#define PUBLISH_IDLE_US US_PER_SECOND
#define FULL_RETRY_US (5 * US_PER_SECOND)
#define STOP_DEADLINE_US (15 * US_PER_SECOND)

const double job_stop_bounds_ms[11] = { 0.1, 0.25, 0.5, 1, 2.5, 5,
					10,  20,   50,	100, 1000 };

/* What the thread is about to do with its pipeline. */
enum goal {
	GOAL_RUN,
	GOAL_STOP,   /* come to rest, last cut, end */
	GOAL_FINISH, /* bounded input is over, or DRAIN: cut, then the final
		      * watermark, whose output is awaited but whose state is
		      * not kept: more rows in a next run reopen the windows
		      * in full (decision 0004) */
};

enum cp_phase { CP_NONE, CP_ACKING, CP_COMMITTING, CP_FULL };

struct commit_task {
	struct store_task task;
	struct life *life;
	_Atomic bool done;
	int rc;
	struct error err;
	struct store_wal wal; /* after it */
};

struct life {
	struct job *j;
	struct config *config; /* in force when it began */
	struct arena arena;
	struct planned planned;
	struct pipeline *p;
	struct store *store;
	uint64_t number; /* tells it from the other lives of the job */

	enum goal goal;
	enum job_state end_state; /* when a command ends it */
	bool draining; /* GOAL_FINISH: by command */
	bool reloading; /* GOAL_STOP: to begin again at once */
	int64_t deadline_us;      /* of the goal; TIME_END: none */
	bool done;     /* the pipeline gives nothing more */
	bool flushing; /* GOAL_FINISH: behind the last kept cut */
	bool over;
	bool dropped;  /* by command: its state goes with it */
	bool forgotten; /* its file was removed: it begins anew */

	enum cp_phase cp;
	enum goal cut_goal; /* what the cut was taken for */
	uint64_t epoch;    /* last cut */
	struct snapshot *snap;
	struct commit_task commit;
	int64_t interval_us, next_cut_us, full_retry_us;
	uint64_t cut_rows_in, cut_rows_out; /* at the last cut */
	int64_t cut_wm_us;

	struct errand errand;

	int64_t next_publish_us;
	uint64_t published_rows_in;
	int64_t clock_us; /* wall clock less the steady one */
	bool blocked, disk_full;
	bool connecting; /* no source has got through to what it reads */
	char why[JOB_REASON_MAX];   /* in the client's own words */
};

/* ---- building ---- */

static void
make_uuid(char out[37])
{
	uint8_t b[16];

	CHECK(getrandom(b, sizeof(b), 0) == sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* RFC 9562: version 4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(out, 37,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
		 b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* The embedded Kafka forgets everything when the daemon ends: offsets and
 * windows of an earlier one mean nothing. */
static int
forget_embedded(struct life *l, struct error *err)
{
	if (!l->j->from_disk || !plan_is_embedded(l->planned.plan))
		return 0;
	if (store_remove(l->j->path, err) < 0)
		return -1;
	l->forgotten = true;
	log_event(LOG_WARN, "embedded_state_dropped", l->j->name,
		  "reason=\"the embedded Kafka starts empty with the daemon\"");
	pthread_mutex_lock(&l->j->lock);
	snprintf(l->j->info.notice, sizeof(l->j->info.notice),
		 "started empty: the embedded Kafka forgets its topics when "
		 "the daemon ends");
	pthread_mutex_unlock(&l->j->lock);
	return 0;
}

/* jobs_submit() has made the file: a job never comes up empty by itself. */
static void
note_missing_file(const struct job *j, struct error *err)
{
	if (err->code != ERR_FILE || access(j->path, F_OK) == 0)
		return;
	error_set(err, ERR_STORE_DAMAGED, "the state of job \"%s\" is missing: "
		  "there is no %s", j->name, j->path);
	error_note(err, "put the file back and RESUME JOB '%s'; or DROP JOB "
		   "'%s' and send its statements again: it begins anew then",
		   j->name, j->name);
}

static int
open_store(struct life *l, int64_t now_us, struct error *err)
{
	struct job *j = l->j;
	struct store_job row = {
		.name = j->name,
		.uuid = j->uuid,
		.state = "RUNNING",
		.sql = j->script,
		.plan = "",
		.settings = l->planned.settings_json,
		.sluice_version = SLUICE_VERSION,
		.created_at_us = j->created_us,
		.slots = 256,
	};
	struct store_job old;
	struct buf plan;
	int rc;

	if (store_open(j->path, l->forgotten ? STORE_CREATE : 0, now_us,
		       &l->store, err) < 0) {
		note_missing_file(j, err);
		return -1;
	}
	store_limit_late(l->store, (uint64_t)l->config->late_rows_max);
	store_limit_errors(l->store,
			   (uint64_t)l->config->errors_rows_max,
			   (uint64_t)l->config->errors_bytes_max);
	rc = store_get_job(l->store, &l->arena, &old, err);
	if (rc < 0)
		return -1;
	if (rc == 1) {
		snprintf(j->uuid, sizeof(j->uuid), "%s", old.uuid);
		row.created_at_us = old.created_at_us;
	} else {
		make_uuid(j->uuid);
	}
	buf_init(&plan);
	plan_explain(l->planned.plan, &plan);
	row.plan = buf_cstr(&plan);
	rc = store_put_job(l->store, &row, err);
	buf_release(&plan);
	return rc;
}

static int
life_build(struct life *l, struct error *err)
{
	struct job *j = l->j;
	struct restart_policy restart;
	int64_t now_us = clock_wall_us();
	struct pipeline_env env;

	job_set_state(j, JOB_RECOVERING, "", NULL);
	atomic_store(&j->reload, false);
	l->config = jobs_config(j->js);
	restart = restart_policy_of(l->config);
	if (plan_script(j->script, &restart, &l->arena, &l->planned, err) < 0 ||
	    connections_apply(l->config, l->planned.plan, &l->arena, err) < 0)
		return -1;
	j->restart.policy = l->planned.restart;
	if (forget_embedded(l, err) < 0)
		return -1;
	j->from_disk = false;
	l->interval_us = l->planned.checkpoint_interval_us;
	if (!l->interval_us)
		l->interval_us = l->config->checkpoint_interval_us;
	env = jobs_pipeline_env(j->js, l->config, j->name, now_us);
	/* What is read again after a crash must be the same rows. */
	env.connector.seed = hash_stable(j->name, strlen(j->name));
	if (pipeline_create(l->planned.plan, &env, &l->p, err) < 0 ||
	    open_store(l, now_us, err) < 0 ||
	    store_attach(l->store, l->p, &l->epoch, err) < 0)
		return -1;
	errand_init(&l->errand, j, l->p, l->store);
	job_set_errors(j, store_errors(l->store));
	job_set_state(j, JOB_CONNECTING, "", NULL);
	if (pipeline_start(l->p, now_us, err) < 0)
		return -1;
	if (runner_attach(&j->runner, l->p, err) < 0)
		return -1;
	/* Taps of an earlier life go on. */
	atomic_store(&j->taps_changed, true);
	l->number = (uint64_t)clock_steady_ns();
	l->clock_us = now_us - clock_steady_ns() / 1000;
	l->next_cut_us = now_us + l->interval_us;
	return 0;
}

static void
life_release(struct life *l)
{
	errand_end(&l->errand, NULL);
	/* The store thread may still hold the snapshot. */
	while (l->cp == CP_COMMITTING && !atomic_load(&l->commit.done))
		runner_serve(&l->j->runner, true, clock_wall_us() + PUBLISH_US);
	if (l->j->runner.p)
		runner_detach(&l->j->runner);
	snapshot_destroy(l->snap);
	if (l->dropped)
		pipeline_abandon(l->p);
	pipeline_destroy(l->p);
	store_close(l->store);
	config_unref(l->config);
	arena_release(&l->arena);
}

/* ---- checkpoints ---- */

static void
commit_run(struct store_task *task)
{
	struct commit_task *c = (struct commit_task *)task;
	struct life *l = c->life;

	c->rc = store_commit(l->store, l->snap, &c->err);
	store_wal_look(l->store, &c->wal);
	atomic_store(&c->done, true);
	runner_wake(&l->j->runner);
}

static void
commit_begin(struct life *l)
{
	l->cp = CP_COMMITTING;
	l->commit.life = l;
	l->commit.task.run = commit_run;
	error_clear(&l->commit.err);
	atomic_store(&l->commit.done, false);
	store_pool_put(l->j->js->pool, l->j->store_thread, &l->commit.task);
}

static void
count_stop(struct job *j, int64_t ns)
{
	unsigned i = 0;

	while (i < ARRAY_LEN(job_stop_bounds_ms) &&
	       (double)ns / 1e6 > job_stop_bounds_ms[i])
		i++;
	pthread_mutex_lock(&j->lock);
	j->info.stop_counts[i]++;
	j->info.stop_count++;
	j->info.stop_sum_s += (double)ns / 1e9;
	pthread_mutex_unlock(&j->lock);
}

/* Nothing came, went or moved since the last cut: no need for another. */
static bool
nothing_new(const struct life *l)
{
	return pipeline_rows_in(l->p) == l->cut_rows_in &&
	       pipeline_rows_out(l->p) == l->cut_rows_out &&
	       pipeline_watermark(l->p) == l->cut_wm_us;
}

static bool
cut_wanted(const struct life *l, int64_t now_us)
{
	if (!pipeline_at_rest(l->p))
		return false;
	switch (l->goal) {
	case GOAL_RUN:
		return (now_us >= l->next_cut_us && !nothing_new(l)) ||
		       errand_wants_cut(&l->errand);
	case GOAL_STOP:
		return true;
	case GOAL_FINISH:
		return !l->flushing || l->done;
	}
	return false;
}

static int
cut(struct life *l, int64_t now_us, struct error *err)
{
	int64_t began_ns = clock_steady_ns();

	if (pipeline_cut(l->p, l->epoch + 1, now_us, &l->snap, err) < 0)
		return -1;
	l->epoch++;
	CHECK(getrandom(l->snap->random_id, sizeof(l->snap->random_id), 0) ==
	      sizeof(l->snap->random_id));
	l->snap->stop_ns = clock_steady_ns() - began_ns;
	count_stop(l->j, l->snap->stop_ns);
	l->cut_rows_in = pipeline_rows_in(l->p);
	l->cut_rows_out = pipeline_rows_out(l->p);
	l->cut_wm_us = pipeline_watermark(l->p);
	l->cut_goal = l->goal;
	l->cp = CP_ACKING;
	errand_was_cut(&l->errand, l->epoch);
	return 0;
}

static void
record_commit(struct life *l, int64_t now_us)
{
	struct job_info *info = &l->j->info;

	pthread_mutex_lock(&l->j->lock);
	info->checkpoint = l->snap->epoch;
	info->checkpoint_us = now_us;
	info->checkpoint_duration_ns = l->snap->duration_ns;
	info->checkpoint_bytes = (int64_t)l->snap->bytes_written;
	info->checkpoint_rows = (int64_t)l->snap->rows;
	info->errors_kept = l->snap->errors_kept;
	info->errors_lost = l->snap->errors_lost;
	info->errors_ever = l->snap->rows_bad;
	info->errors_full = l->snap->errors_full;
	pthread_mutex_unlock(&l->j->lock);
	log_event(LOG_DEBUG, "checkpoint", l->j->name,
		  "id=%llu rows=%llu ms=%.1f stop_ms=%.2f",
		  (unsigned long long)l->snap->epoch,
		  (unsigned long long)l->snap->rows,
		  (double)l->snap->duration_ns / 1e6,
		  (double)l->snap->stop_ns / 1e6);
}

/* The cut is safe (or, when flushing, only its output is). */
static int
cut_complete(struct life *l, int64_t now_us, struct error *err)
{
	int64_t took_us = l->snap->duration_ns / 1000;

	if (pipeline_committed(l->p, l->snap->epoch, err) < 0)
		return -1;
	if (!l->flushing) {
		record_commit(l, now_us);
		errand_committed(&l->errand, l->snap->epoch);
		job_record_wal(l->j, &l->commit.wal);
	}
	snapshot_destroy(l->snap);
	l->snap = NULL;
	l->cp = CP_NONE;
	/* A disk slower than the interval makes the interval longer. */
	l->next_cut_us = now_us + (l->interval_us > 2 * took_us ? l->interval_us
								: 2 * took_us);
	/* It was on its way when the goal changed: the last one is to come. */
	if (l->cut_goal != l->goal)
		return 0;
	if (l->goal != GOAL_RUN && pipeline_owes(l->p))
		return 0; /* another one waits for its output, and forgets it */
	if (l->goal == GOAL_STOP || l->flushing) {
		l->over = true;
	} else if (l->goal == GOAL_FINISH) {
		l->flushing = true;
		pipeline_pause(l->p, false);
		pipeline_finish(l->p);
	}
	return 0;
}

static int
commit_result(struct life *l, int64_t now_us, struct error *err)
{
	if (l->commit.rc == 0) {
		l->disk_full = false;
		if (l->goal == GOAL_RUN)
			pipeline_pause(l->p, false);
		return cut_complete(l, now_us, err);
	}
	if (!l->commit.err.retriable) {
		*err = l->commit.err;
		return -1;
	}
	log_error(LOG_ERROR, "checkpoint_waits", l->j->name, &l->commit.err);
	job_set_state(l->j, JOB_BLOCKED, l->commit.err.message, NULL);
	pipeline_pause(l->p, true);
	l->full_retry_us = now_us + FULL_RETRY_US;
	l->disk_full = true;
	l->cp = CP_FULL;
	return 0;
}

static int
life_checkpoint(struct life *l, int64_t now_us, struct error *err)
{
	uint64_t acked;

	switch (l->cp) {
	case CP_NONE:
		if (!l->over && cut_wanted(l, now_us))
			return cut(l, now_us, err);
		return 0;
	case CP_ACKING:
		if (pipeline_acked(l->p, &acked, err) < 0)
			return -1;
		if (acked < l->snap->epoch)
			return 0;
		if (l->flushing)
			return cut_complete(l, now_us, err);
		commit_begin(l);
		return 0;
	case CP_COMMITTING:
		return atomic_load(&l->commit.done)
			       ? commit_result(l, now_us, err)
			       : 0;
	case CP_FULL:
		if (now_us >= l->full_retry_us)
			commit_begin(l);
		return 0;
	}
	return 0;
}

/* ---- running ---- */

enum job_state
job_state_of_command(enum job_command c)
{
	return c == COMMAND_PAUSE      ? JOB_PAUSED
	       : c == COMMAND_SHUTDOWN ? JOB_RUNNING
				       : JOB_STOPPED;
}

/* Wall clocks get set: what is due in a while stays due in that while. */
static int64_t
life_clock(struct life *l)
{
	int64_t now_us = clock_wall_us();
	int64_t clock_us = now_us - clock_steady_ns() / 1000;
	int64_t jump_us = clock_us - l->clock_us;

	l->clock_us = clock_us;
	l->next_cut_us += jump_us;
	l->next_publish_us += jump_us;
	l->full_retry_us += jump_us;
	if (l->deadline_us != TIME_END)
		l->deadline_us += jump_us;
	return now_us;
}

/* A connection has changed: a last checkpoint, then another life. */
static void
take_reload(struct life *l, int64_t now_us)
{
	if (l->goal != GOAL_RUN || !atomic_exchange(&l->j->reload, false))
		return;
	l->reloading = true;
	l->goal = GOAL_STOP;
	l->deadline_us = now_us + STOP_DEADLINE_US;
	pipeline_pause(l->p, true);
}

static void
take_command(struct life *l, int64_t now_us)
{
	enum job_command c = job_command_of(l->j);

	if (c == COMMAND_DROP)
		l->over = l->dropped = true;
	if (c == COMMAND_NONE && l->deadline_us == TIME_END)
		take_reload(l, now_us);
	if (c == COMMAND_NONE || c == COMMAND_DROP ||
	    l->deadline_us != TIME_END)
		return;
	l->end_state = job_state_of_command(c);
	l->deadline_us = now_us + STOP_DEADLINE_US;
	if (l->flushing)
		return; /* it is as good as finished */
	l->draining = c == COMMAND_DRAIN;
	l->goal = l->draining ? GOAL_FINISH : GOAL_STOP;
	pipeline_pause(l->p, true);
}

/* Says BLOCKED and CONNECTING while they hold, RUNNING otherwise. */
static void
show_state(struct life *l)
{
	const char *reason;

	if (l->disk_full) /* commit_result() has told */
		return;
	if (l->blocked) {
		reason = pipeline_reason(l->p);
		job_set_state(l->j, JOB_BLOCKED, reason ? reason : "", NULL);
	} else {
		/* A sink in trouble is told long before it has no room. */
		reason = *l->why ? l->why : pipeline_trouble(l->p);
		job_set_state(l->j, l->connecting ? JOB_CONNECTING
						  : JOB_RUNNING,
			      reason ? reason : "", NULL);
	}
}

static void
publish(struct life *l, int64_t now_us)
{
	uint64_t rows_in = pipeline_rows_in(l->p);
	bool quiet = rows_in == l->published_rows_in && !l->connecting;

	l->connecting = job_publish(l->j, l->p, now_us, l->why);
	l->published_rows_in = rows_in;
	l->next_publish_us = now_us + (quiet ? PUBLISH_IDLE_US : PUBLISH_US);
}

static int
life_step(struct life *l, int64_t now_us, bool *ret_busy, struct error *err)
{
	enum pipeline_rc rc;

	if (l->done || l->over)
		return 0;
	rc = pipeline_step(l->p, now_us, err);
	switch (rc) {
	case PIPELINE_FAIL:
		return -1;
	case PIPELINE_BUSY:
		*ret_busy = l->goal != GOAL_STOP;
		break;
	case PIPELINE_IDLE:
	case PIPELINE_BLOCKED:
		break;
	case PIPELINE_ENDED:
		if (l->goal == GOAL_RUN && !errand_holds_end(&l->errand))
			l->goal = GOAL_FINISH;
		else if (l->flushing)
			*ret_busy = true;
		break;
	case PIPELINE_DONE:
		/* A satisfied LIMIT or a drained input; what is bounded
		 * still wants its last cut before its end is told. */
		if (l->goal == GOAL_RUN)
			l->goal = GOAL_FINISH;
		l->done = true;
		break;
	}
	l->blocked = rc == PIPELINE_BLOCKED;
	return 0;
}

static bool
may_replay(const struct life *l)
{
	return l->goal == GOAL_RUN && !l->blocked && !l->disk_full &&
	       !l->connecting && !l->done && !l->over;
}

static int64_t
life_next_us(const struct life *l)
{
	int64_t next = pipeline_next_us(l->p);

	if (l->next_publish_us < next)
		next = l->next_publish_us;
	if (l->cp == CP_NONE && l->goal == GOAL_RUN && l->next_cut_us < next &&
	    pipeline_at_rest(l->p) && !nothing_new(l))
		next = l->next_cut_us;
	if (l->cp == CP_FULL && l->full_retry_us < next)
		next = l->full_retry_us;
	if (l->deadline_us < next && l->cp != CP_COMMITTING)
		next = l->deadline_us;
	return next;
}

/* Its output was not acknowledged in time, or its file could not be written. */
static void
give_up_checkpoint(struct life *l)
{
	unsigned long long epoch = l->epoch - (l->snap != NULL);
	const char *why = "output is not acknowledged";
	struct job *j = l->j;

	if (l->disk_full)
		why = "the state file cannot be written";
	log_event(LOG_WARN, "stop_without_checkpoint", j->name,
		  "reason=\"%s\" effect=\"goes on from checkpoint %llu\"", why,
		  epoch);
	pthread_mutex_lock(&j->lock);
	if (l->disk_full)
		snprintf(j->info.notice, sizeof(j->info.notice),
			 "stopped without a last checkpoint: it will go on "
			 "from checkpoint %llu. %.160s", epoch,
			 l->commit.err.message);
	else
		snprintf(j->info.notice, sizeof(j->info.notice),
			 "stopped without a last checkpoint, since its output "
			 "was not acknowledged: it will go on from checkpoint "
			 "%llu", epoch);
	pthread_mutex_unlock(&j->lock);
	l->goal = GOAL_STOP; /* not FINISHED, should it have been that */
}

static int
life_run(struct life *l, struct error *err)
{
	while (!l->over) {
		int64_t now_us = life_clock(l);
		enum cp_phase before;
		bool busy = false;

		take_command(l, now_us);
		job_taps_follow(l->j, l->p, l->number);
		errand_turn(&l->errand, may_replay(l));
		if (life_step(l, now_us, &busy, err) < 0)
			return -1;
		busy |= errand_is_busy(&l->errand) && !l->blocked;
		do {
			before = l->cp;
			if (life_checkpoint(l, now_us, err) < 0)
				return -1;
		} while (l->cp != before && !l->over);
		/* A commit is soon over, and then it counts. */
		if (now_us >= l->deadline_us && !l->over &&
		    l->cp != CP_COMMITTING) {
			give_up_checkpoint(l);
			return 0;
		}
		if (now_us >= l->next_publish_us)
			publish(l, now_us);
		show_state(l);
		atomic_store(&l->j->alive_ns, clock_steady_ns());
		if (!l->over)
			runner_serve(&l->j->runner, !busy, life_next_us(l));
	}
	return 0;
}

/* ---- a whole life ---- */

static void
put_totals(struct life *l, struct error *err)
{
	const struct pipeline_totals t = {
		.rows_in = pipeline_rows_in(l->p),
		.rows_out = pipeline_rows_out(l->p),
		.rows_late = pipeline_late(l->p),
	};

	store_put_totals(l->store, &t, err);
}

enum job_state
job_live(struct job *j, struct error *err)
{
	struct life l = { .j = j, .goal = GOAL_RUN, .deadline_us = TIME_END,
			  .end_state = JOB_STOPPED, .connecting = true };
	enum job_state end;
	int rc;

	arena_init(&l.arena);
	rc = life_build(&l, err);
	if (rc == 0)
		rc = life_run(&l, err);
	atomic_store(&j->alive_ns, 0);
	errand_end(&l.errand, rc < 0 ? err : NULL);
	if (l.p)
		publish(&l, clock_wall_us());
	if (rc < 0 && err->code == ERR_STORE && !err->retriable)
		error_note(err, "look for the disk's fault in the kernel's log "
			   "(dmesg); then RESUME JOB '%s': it goes on from its "
			   "last checkpoint", j->name);
	if (rc < 0)
		end = err->retriable ? JOB_RESTARTING : JOB_FAILED;
	else if (l.reloading)
		end = JOB_RECOVERING;
	else
		end = l.goal == GOAL_FINISH && !l.draining ? JOB_FINISHED
							   : l.end_state;
	if (l.store && (rc == 0 || err->code != ERR_STORE)) {
		struct error ignored = ERROR_INIT;

		while (l.cp == CP_COMMITTING && !atomic_load(&l.commit.done))
			runner_serve(&j->runner, true,
				     clock_wall_us() + PUBLISH_US);
		if (rc == 0 && l.flushing)
			put_totals(&l, &ignored);
		store_set_state(l.store, job_state_text[end],
				rc < 0 ? err->message : NULL, &ignored);
	}
	life_release(&l);
	job_keep_lost(j);
	return end;
}
