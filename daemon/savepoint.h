/* SPDX-License-Identifier: Apache-2.0
 * daemon/savepoint.h - a consistent copy of a job's file, made beside the
 * running job, and a job that begins with such a copy. Copying takes as long
 * as the disk does: it runs on a thread of libuv's pool. Main thread only.
 */
#ifndef DAEMON_SAVEPOINT_H
#define DAEMON_SAVEPOINT_H

#include "daemon/jobs.h"

struct savepoint;

/* What is copied: a job's file into `path`, which must not exist yet and lie
 * where SQL may write; or the savepoint `path` into the place of the new job
 * `job`, whose own totals and identity begin with it. done() is called once on
 * the main loop, from within no call here, unless savepoint_forget() came
 * first; -1: nothing was begun. */
int savepoint_create(struct jobs *js, const struct job *j, const char *path,
		     jobs_done_fn *done, void *arg, struct savepoint **ret,
		     struct error *err);
int savepoint_restore(struct jobs *js, const char *job, const char *path,
		      jobs_done_fn *done, void *arg, struct savepoint **ret,
		      struct error *err);
/* A savepoint could be written there. */
int savepoint_check(struct jobs *js, const char *path, struct error *err);
/* Nobody waits any more; the copy is finished all the same. */
void savepoint_forget(struct savepoint *sp);

#endif
