/* SPDX-License-Identifier: Apache-2.0
 * daemon/script.h - a script on its way: one statement after the other, each
 * answered by a group of NDJSON lines; stops at the first error. Statements
 * that wait for another thread return STATEMENT_WAITS and go on through
 * script_go_on().
 */
#ifndef DAEMON_SCRIPT_H
#define DAEMON_SCRIPT_H

#include "daemon/daemon.h"
#include "parser/bind.h"

enum statement_rc {
	STATEMENT_FAILED = -1, /* s->err says why */
	STATEMENT_OK,          /* its lines are in s->out but the end line */
	STATEMENT_WAITS,
};

struct script {
	struct daemon *d;
	struct http_request *rq;
	struct session *session;
	struct arena arena;      /* AST; of the whole script */
	struct parse parse;
	struct ast_statement *stmt; /* the one that runs */
	unsigned number;         /* of it, from 1 */
	bool progress;           /* the client wants to know how far it is */
	int64_t began_ns;
	struct buf out;          /* lines not yet handed to http */
	struct error err;
	/* of the end line */
	const char *message;     /* or NULL; in the arena */
	const char *job;         /* or NULL; in the arena */
	int64_t rows;            /* -1: no rows */
	int64_t bad, skipped;
	struct stream *stream;   /* while one goes on */
	bool inside, answered;   /* statements.c: a job's command */
	struct savepoint *savepoint; /* while one is copied */
	const char *savepoint_path;  /* stop_job.c; in the arena */
	struct reset *reset;     /* while a job's offsets are reset */
	const struct plan *plan; /* of the INSERT that waits for it */
};

/* statements.c: runs s->stmt. */
enum statement_rc statement_run(struct script *s);
/* show.c: SHOW and DESCRIBE of everything but jobs; s->err may lack a place. */
enum statement_rc show_run(struct script *s);
/* show_jobs.c: the same for jobs, and EXPLAIN STALL. */
enum statement_rc show_jobs_run(struct script *s);

/* analyze.c: EXPLAIN ANALYZE. */
enum statement_rc analyze_run(struct script *s);
/* stop_job.c: STOP JOB ... WITH SAVEPOINT. */
enum statement_rc stop_job_run(struct script *s);
/* alter_job.c: ALTER JOB. */
enum statement_rc alter_job_run(struct script *s);
/* Logs who did it: every change of tables and jobs. */
void script_audit(struct script *s, const char *what, const char *name);

/* After STATEMENT_WAITS: the statement has ended well (err NULL) or not. */
void script_go_on(struct script *s, const struct error *err);
/* A stream of this script has rows or its end. */
void script_on_stream(void *script);
/* Sends what is in s->out. */
void script_flush(struct script *s);

#endif
