/* SPDX-License-Identifier: Apache-2.0
 * daemon/reset.h - ALTER JOB ... RESET OFFSETS: a job that stands is moved to
 * other places of its sources. Brokers and disks may take their time: the work
 * is done on a thread of libuv's pool. Main thread only.
 */
#ifndef DAEMON_RESET_H
#define DAEMON_RESET_H

#include "daemon/jobs.h"
#include "runtime/store.h"

struct reset;

struct reset_order {
	const char *table;     /* NULL: all that the job reads */
	const char *savepoint; /* its path; NULL: to, without `stop` */
	struct seek to;
	bool keep_state;
};

struct reset_answer {
	struct store_reset_done done;
	bool savepoint, keep_state;
	bool anew; /* the file was missing, and was made */
};

/* Once on the main loop, from within no call here, unless reset_forget() came
 * first; either answer or err is NULL. */
typedef void reset_done_fn(void *arg, const struct reset_answer *answer,
			   const struct error *err);

/* Texts are copied. -1: the job runs, or is being reset; nothing was begun. */
int reset_begin(struct job *j, const struct reset_order *order,
		reset_done_fn *done, void *arg, struct reset **ret,
		struct error *err);
/* Nobody waits any more; it is finished all the same. */
void reset_forget(struct reset *r);
/* It gives up waiting for brokers. */
void reset_cancel(struct reset *r);

#endif
