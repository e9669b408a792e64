/* SPDX-License-Identifier: Apache-2.0
 * daemon/daemon.h - the process as a whole: what its parts share.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <uv.h>

#include "daemon/config.h"
#include "daemon/http.h"
#include "daemon/jobs.h"
#include "daemon/session.h"
#include "runtime/store.h"

struct embedded_kafka;

struct daemon {
	uv_loop_t loop;
	uv_work_t warm_up;
	struct config *config;       /* in force; owned */
	const struct config_source *source; /* what a reload reads */
	const char *version;
	int lock_fd;                 /* flock on STATE_DIR/LOCK */
	struct catalog *catalog;     /* permanent tables and views */
	struct store_catalog *store; /* catalog.db */
	struct embedded_kafka *embedded;
	struct jobs *jobs;
	struct sessions sessions;
	struct http_server *http;
	struct parse_limits limits;
	uv_signal_t signals[4];
	uv_timer_t watchdog;
	char status[256];    /* told last */
	int64_t watchdog_us; /* in which systemd wants to hear; 0: never */
	int64_t started_us;
	uint64_t requests, statements, statement_errors;
	bool ready, stopping;
};

/* Runs until it is told to stop, first with c, which came from `source`. */
int daemon_run(struct config *c, const struct config_source *source,
	       struct error *err);
/* What of the configuration the process itself goes by, and can change. */
void daemon_apply(struct daemon *d);
/* SIGHUP: reads the configuration anew and answers key by key. */
void daemon_reload(struct daemon *d);
/* To systemd, when it has changed. */
void daemon_tell_status(struct daemon *d);
/* Tells the log of secrets that cannot be read. */
void daemon_read_secrets(struct config *c);

/* Routes a request: sql, jobs, sessions, metrics, health. */
void api_handle(struct http_request *rq, void *daemon);
/* Runs the body as a script and streams its answer (script.c). */
void script_begin(struct daemon *d, struct http_request *rq);
/* The words of the language as JSON, for who completes what is typed. */
void words_write(struct buf *out);
/* The text of /metrics. */
void metrics_write(struct daemon *d, struct buf *out);
/* {"jobs":[...]} or one of them in full. */
void api_job_json(struct job *j, bool full, struct buf *out);

/* `sluiced check FILE...`: every error of every file on stderr. Returns the
 * exit status. */
int check_files(char *const *files, unsigned n);

/* `sluiced state check|show|export FILE`: a job's file without a daemon, or
 * beside one. Returns the exit status: 65 for a damaged one. */
int state_command(int argc, char *const *argv);

#endif
