/* SPDX-License-Identifier: Apache-2.0
 * daemon/jobs.h - the jobs of this daemon: submitted, running, waiting,
 * remembered. All calls from the main thread; what has to wait for another
 * thread reports through a callback on the main loop.
 *
 * States (contract.md section 2):
 *
 *	CREATED -> CONNECTING -> RECOVERING -> RUNNING <-> PAUSED
 *	RUNNING -> RESTARTING -> RECOVERING	transient failure, backoff
 *	RUNNING -> BLOCKED -> RUNNING		sink, disk, budget
 *	any of these -> FINISHED | STOPPED | FAILED
 *
 * Every arrow is taken by the job's own thread (daemon/job.c) and told to the
 * main thread, which writes PAUSED, STOPPED, FINISHED and FAILED into the
 * catalog, so that they survive a restart.
 */
#ifndef DAEMON_JOBS_H
#define DAEMON_JOBS_H

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "daemon/config.h"
#include "parser/plan.h"
#include "runtime/replay.h"
#include "runtime/store.h"
#include "runtime/store_errors.h"

enum job_state {
	JOB_CREATED, JOB_CONNECTING, JOB_RECOVERING, JOB_RUNNING, JOB_PAUSED,
	JOB_BLOCKED, JOB_RESTARTING, JOB_FINISHED, JOB_STOPPED, JOB_FAILED,
};
extern const char *const job_state_text[];

struct jobs;
struct job;

/* What a client library has to say, and what to do about it. */
#define JOB_REASON_MAX 512

/* How the jobs learn what to run: the daemon's catalog and settings. */
struct jobs_env {
	uv_loop_t *loop;             /* main */
	struct config *config;       /* in force at the beginning */
	struct store_catalog *store; /* catalog.db */
	const char *embedded;        /* bootstrap address, or NULL */
	int out_fd;                  /* where `print` writes */
};

/* NULL: the system gives no thread to commit checkpoints on. */
struct jobs *jobs_create(const struct jobs_env *env, struct error *err);
/* A reload: what begins from now on goes by `now`. Jobs that use one of these
 * connections begin again from a last checkpoint; returns how many. */
unsigned jobs_reconfigure(struct jobs *js, struct config *now,
			  const char *const *connections, unsigned n);
/* After the catalog is loaded: all jobs are there, none runs yet. */
int jobs_load(struct jobs *js, struct error *err);
/* Those that ran go on; their threads recover them side by side. */
void jobs_start(struct jobs *js);

/* ---- statements ---- */

/* What a job is made of: one script that says everything, so that nothing can
 * change it under way: SET statements, CREATE statements of all tables and
 * views that it uses, and last the INSERT or EXECUTE STATEMENT SET. */
struct job_text {
	const char *name;      /* pipeline.name, or the first sink's */
	const char *script;
	const char *statement; /* the last of them, for people */
	bool restored;         /* a savepoint has just become its file, which
				* goes when the job cannot come to be */
};

/* A job may be submitted under this name: there is none, or one whose rows
 * stood in its statement (plan_is_once()) and are written. */
bool jobs_name_is_free(struct jobs *js, const char *name);

/* Starts a job (in the place of one that jobs_name_is_free()), or says that it runs already (*ret_noop), or lets a STOPPED,
 * FINISHED or FAILED one go on from its state. Another text under a taken
 * name: ERR_JOB_CHANGED. */
int jobs_submit(struct jobs *js, const struct job_text *text, struct job **ret,
		bool *ret_noop, struct error *err);
/* Where the file of a new job will be, for free(); NULL: the name is none, is
 * taken, or a file is there (DROP JOB ... KEEP STATE). */
char *jobs_new_path(struct jobs *js, const char *name, struct error *err);
struct job *jobs_find(struct jobs *js, const char *name, struct error *err);
/* Calls back on the main loop when it is done (err NULL) or failed; at once,
 * from within the call, when there is nothing to wait for. */
typedef void jobs_done_fn(void *arg, const struct error *err);
void job_pause(struct job *j, jobs_done_fn *done, void *arg);
void job_resume(struct job *j, jobs_done_fn *done, void *arg);
void job_halt(struct job *j, bool drain, jobs_done_fn *done, void *arg);
void job_drop(struct job *j, bool keep_state, jobs_done_fn *done, void *arg);
/* When it is FINISHED; every other end is an error. */
void job_wait(struct job *j, jobs_done_fn *done, void *arg);
/* When job_info.ops tells its operators; at once for one that has no thread.
 * One that is dropped is an error. */
void job_operators_known(struct job *j, jobs_done_fn *done, void *arg);
/* REPLAY ERRORS and DELETE ERRORS. The answer comes on the main loop, never
 * from within the call; -1: there is none, since it cannot be done now. */
enum errors_what { ERRORS_REPLAY, ERRORS_DELETE };
struct errors_answer {
	uint64_t deleted, kept; /* rows that went, and are there still */
	struct replay_counts replayed;
};
typedef void jobs_errors_fn(void *arg, const struct errors_answer *a,
			    const struct error *err);
int job_errors(struct job *j, enum errors_what what,
	       const struct errors_where *where, jobs_errors_fn *done,
	       void *arg, struct error *err);
/* Forgets all waits of this arg: its client is gone. */
void jobs_forget(struct jobs *js, void *arg);
/* Names of a job that uses this table or view, or NULL. */
const char *jobs_user_of(struct jobs *js, const char *object);

/* ---- looking ---- */

struct partition_info {
	char source[128], topic[128];
	int32_t partition;
	int64_t next_offset, end_offset, record_time_us, wm_us, idle_since_us;
	uint64_t lost;       /* records gone before they were read */
	double records_s;    /* read in a second, over the last ones */
	const char *state;   /* "reading" ... static text */
	char reason[JOB_REASON_MAX];
};
struct operator_info {
	char name[64];       /* "window_aggregate_1", "scan_1" */
	char label[200];     /* what it does, as EXPLAIN says */
	bool is_filter, is_window;
	int64_t next_close_us; /* its next window ends; TIME_NONE */
	uint64_t rows_in, rows_out, late, errors, skipped, unmatched,
		expired, pane_updates, state_rows, state_bytes, ns;
	double rows_in_s, rows_out_s; /* over the last seconds */
	int64_t wm_us;
};
/* A copy that the job's thread refreshes every 200 ms and at each state. */
struct job_info {
	const char *name;
	enum job_state state;
	int64_t since_us, created_us, figures_us; /* when; 0: never */
	uint64_t rows_in, rows_out, errors, late; /* since the job was made */
	uint64_t errors_kept; /* in the table errors, as of its last commit */
	uint64_t errors_lost; /* of errors: past the table's caps */
	uint64_t errors_ever; /* errors, as of that commit */
	bool errors_full;
	char full[160];      /* in words; empty while it is not */
	uint64_t skipped;    /* records that give no row, by format or choice */
	uint64_t restarts;   /* after failures that may pass, in this process */
	int64_t failure_us;  /* the last of them; 0: none */
	char failure[512];
	/* Records that were gone before they were read (scan.on-loss = skip),
	 * in this process; before: of earlier lives of the job. */
	uint64_t lost, lost_before;
	double rows_in_s, rows_out_s;             /* over the last seconds */
	int64_t lag;         /* records behind; -1: not known */
	int64_t end_total, read_total; /* of bounded sources: progress; -1 */
	int64_t wm_us;       /* TIME_NONE: none */
	uint64_t checkpoint; int64_t checkpoint_us; /* last committed */
	int64_t checkpoint_duration_ns, checkpoint_bytes, checkpoint_rows;
	uint64_t state_rows, state_bytes;
	char reason[JOB_REASON_MAX]; /* why BLOCKED, CONNECTING, RESTARTING */
	struct error error;  /* of FAILED, code ERR_NONE otherwise */
	char notice[256];
	uint64_t wal_bytes;  /* of the state file's -wal */
	char wal_held[160];  /* who keeps it from shrinking; "": nobody */
	/* histogram of the pipeline's stop for a cut, upper bounds in
	 * job_stop_bounds_ms, last is +Inf */
	uint64_t stop_counts[12]; uint64_t stop_count; double stop_sum_s;
	/* Since when no record came in, and the watermark has not moved; 0:
	 * not known. */
	int64_t quiet_since_us, wm_since_us;
	/* ops and parts are out of its file: only operators with state, no
	 * counts, no rates. */
	bool of_file;
	unsigned nops; struct operator_info *ops;
	unsigned nparts; struct partition_info *parts;
};
extern const double job_stop_bounds_ms[11];
/* Copied into the arena. */
void job_info_get(struct job *j, struct arena *a, struct job_info *ret);
/* Calls fn for each job in order of creation. */
void jobs_each(struct jobs *js, void (*fn)(struct job *, void *), void *arg);
unsigned jobs_count(struct jobs *js);
/* Name of a job whose thread has not taken a turn since then, or NULL. */
const char *jobs_stuck(struct jobs *js, int64_t since_ns);
/* How many that have not ended use this connection. */
unsigned jobs_of_connection(const struct jobs *js, const char *name);
/* A checkpoint's commit has not come back since then. */
bool jobs_store_stuck(const struct jobs *js, int64_t since_ns);
/* "3 jobs: 2 RUNNING, 1 FAILED" */
void jobs_summary(struct jobs *js, char *out, size_t size);
struct job_text job_text_of(const struct job *j);
const char *job_path(const struct job *j); /* of its state file */

/* ---- answers that go on: SELECT, TAP, DESCRIBE ... FROM SAMPLE ---- */

struct stream;
/* What the stream's own thread has for its client; taken on the main loop
 * when `ready` was called: NDJSON lines, at most client_buffer_bytes. */
struct stream_events {
	void (*ready)(void *arg); /* main loop: rows or the end are there */
	void *arg;
	unsigned statement;       /* its number, for notices */
	bool progress;            /* lines that tell how far it is, too */
};
struct stream_figures {
	uint64_t rows, bad, skipped;
	const char *message; /* for the end line, or NULL; valid until
			      * stream_end() */
};
/* An ephemeral job. The plan's arena is taken over. */
int select_start(struct jobs *js, struct plan *plan, struct arena *arena_take,
		 const struct stream_events *ev, struct stream **ret,
		 struct error *err);
/* Moves what is there into out. Returns 1 while more may come, 0 at the end,
 * -1: it failed. */
int stream_take(struct stream *s, struct buf *out, struct stream_figures *ret,
		struct error *err);
/* Calls `ready` again soon: there may be room now for what waits. */
void stream_poke(struct stream *s);
/* The client left or the end was taken; returns at once. */
void stream_end(struct stream *s);

/* ---- end ---- */
/* Final checkpoint of all jobs in parallel; done() when all stand. Jobs stay
 * "running" in the catalog and go on at the next start. */
void jobs_shutdown(struct jobs *js, void (*done)(void *), void *arg);
void jobs_destroy(struct jobs *js);

#endif
