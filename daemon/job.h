/* SPDX-License-Identifier: Apache-2.0
 * daemon/job.h - one job from the inside; only jobs.c and job*.c see it.
 *
 * Who may touch what: fields marked M belong to the main thread, T to the
 * job's thread (to the main thread while there is none), L are read and
 * written under `lock`.
 */
#ifndef DAEMON_JOB_H
#define DAEMON_JOB_H

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/job_errors.h"
#include "daemon/jobs.h"
#include "daemon/restart.h"
#include "daemon/runner.h"
#include "daemon/store_pool.h"
#include "daemon/trim.h"
#include "runtime/store_wal.h"

enum job_command { COMMAND_NONE, COMMAND_PAUSE, COMMAND_HALT, COMMAND_DRAIN,
		   COMMAND_SHUTDOWN, COMMAND_DROP };

/* What somebody waits for: another end is an error for them. */
enum wait_for { WAIT_PAUSED, WAIT_STOPPED, WAIT_END, WAIT_GONE,
		WAIT_OPERATORS };

struct job_wait {
	struct job_wait *next;
	jobs_done_fn *done;
	void *arg;
	enum wait_for what;
	bool failed; /* told with err */
	struct error err;
};

struct job {
	struct job *next;      /* M */
	struct jobs *js;       /* constant, as are the next five */
	char *name;
	char *script, *statement;
	char *path;            /* of its state file */
	char **objects;        /* names of the tables and views it uses */
	unsigned nobjects;
	char **connections;    /* names of those it uses */
	unsigned nconnections;
	bool once;             /* plan_is_once() */
	char uuid[37];
	int64_t created_us;
	unsigned core, store_thread;

	struct job_wait *waits; /* M */
	bool dropping, keep_state; /* M: forget it when it stands */
	bool unsaved;          /* M: the catalog does not know its state yet */
	bool has_thread;       /* M */
	struct reset *reset;   /* M: its offsets are being reset, else NULL;
				* then nothing may start it or free it */
	bool from_disk;        /* M: not started in this process yet */
	pthread_t thread;      /* M */
	struct runner runner;  /* T; exists while has_thread */
	struct restart restart; /* T */

	pthread_mutex_t lock;
	enum job_command command; /* L */
	_Atomic bool reload;   /* begin again with the new configuration */
	struct job_request *request; /* L, set and cleared by M; or NULL */
	_Atomic int64_t alive_ns; /* the thread's last turn; 0: not in turns */
	bool ended;            /* L: the thread is about to return */
	struct job_tap *taps;  /* L; tap.c links them */
	atomic_bool taps_changed; /* the thread has to look at them */
	struct job_info info;  /* L; ops and parts are malloc'ed */
};

struct jobs {
	struct jobs_env env;
	pthread_mutex_t config_lock;
	struct config *config; /* owned; only the main thread changes it, others
				* come by jobs_config() */
	struct store_pool *pool;
	struct job *first, **tail;
	unsigned n;
	unsigned next_core, ncores;
	uv_async_t async;      /* a job's thread has news */
	uv_timer_t unsaved;    /* runs while a job is */
	struct trim trim;
	unsigned nhandles;     /* of these that are not closed */
	struct stream *streams; /* that have not ended; stream.c links them */
	unsigned nworks;       /* requests on threads of libuv's */
	bool pin;
	bool shutting_down;
	void (*on_shutdown)(void *);
	void *shutdown_arg;
};

/* States that only the catalog knows: DROP JOB was begun. */
#define JOB_DROPPING "DROPPING"
#define JOB_LEAVING "LEAVING" /* KEEP STATE */

/* Into the registry, without a thread. */
struct job *job_new(struct jobs *js, const char *name, const char *script);
/* Begins its thread. */
int job_launch(struct job *j, struct error *err);
/* The same of one that stands, remembered over restarts of the daemon. */
int job_start_again(struct job *j, struct error *err);
/* Its state as it is now, into the catalog. */
void job_remember(struct job *j);
/* Out of registry and catalog, with its file unless it is to be kept; frees
 * it. */
void job_forget(struct job *j);
/* job_file.c: what its file says into j->info, of a job without a thread. */
void job_info_load(struct job *j);
/* Where its file is or would be; for free(). */
char *job_path_of(const struct jobs *js, const char *name);

/* job_thread.c: lives of the pipeline until one ends for good. */
void *job_thread(void *arg);
/* One of them. Returns the state that it ended in, with err where it failed;
 * RESTARTING: to be tried again later, RECOVERING: now. */
enum job_state job_live(struct job *j, struct error *err);
/* What a job is once it has done as told. */
enum job_state job_state_of_command(enum job_command c);

/* Under the lock: the state, since when, why; then wakes the main thread. */
void job_set_state(struct job *j, enum job_state state, const char *reason,
		   const struct error *err);
/* What it is tried again for: counted and remembered. */
void job_note_failure(struct job *j, const struct error *err);
enum job_command job_command_of(struct job *j);
enum job_state job_state_of(struct job *j);

static inline bool
job_stands(enum job_state s)
{
	return s == JOB_PAUSED || s == JOB_STOPPED || s == JOB_FINISHED ||
	       s == JOB_FAILED;
}

/* job_wal.c */
void job_record_wal(struct job *j, const struct store_wal *wal);

/* job_script.c */

/* Equal tokens: comments and blanks aside. */
bool job_same_text(const char *a, const char *b);
/* The last statement of a script, what people want to see of it; for free(). */
char *job_last_statement(const char *script);
/* Fills objects and once from the script. */
void job_learn_objects(struct job *j);

/* job_wait.c: main thread only. */
void job_wait_add(struct job *j, enum wait_for what, jobs_done_fn *done,
		  void *arg);
bool job_awaited(const struct job *j, enum wait_for what);
/* The job stands: tells all who waited, but for those who wait for the end of
 * one that is only paused. They may do anything with other jobs meanwhile. */
void job_waits_tell(struct job *j);

/* The same for those who wait for its operators. */
void job_waits_tell_operators(struct job *j);
/* info.ops is filled. */
bool job_has_operators(struct job *j);

/* tap.c */

/* The job's thread, between steps: p is tapped as the job's list says, if that
 * has changed. `life` tells pipelines of the job apart. */
void job_taps_follow(struct job *j, struct pipeline *p, uint64_t life);
/* Main thread, the job's own has ended: its taps are over. */
void job_taps_end(struct job *j);

/* Copies figures of the running pipeline into j->info. True while no source
 * has reached what it reads from; why has the client's words then, or those of
 * the first partition with a problem. */
bool job_publish(struct job *j, struct pipeline *p, int64_t now_us,
		 char why[JOB_REASON_MAX]);
/* The life that published is over: the next one counts from zero. */
void job_keep_lost(struct job *j);

/* A stream's thread has been joined. */
void jobs_stream_ended(struct jobs *js);
/* They end with an error that says so. */
void streams_shutdown(struct jobs *js);

/* [files] paths, or NULL: everywhere. Main thread. */
const char *const *jobs_file_paths(const struct jobs *js);
/* The configuration in force, for config_unref(). Any thread. */
struct config *jobs_config(struct jobs *js);
/* What every pipeline of this daemon gets; it goes by c as long as it lives. */
struct pipeline_env jobs_pipeline_env(struct jobs *js, const struct config *c,
				      const char *name, int64_t now_us);

#endif
