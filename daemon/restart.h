/* SPDX-License-Identifier: Apache-2.0
 * daemon/restart.h - when a job whose failure may pass is tried again: after a
 * wait that grows from try to try, begins anew once a life has lasted, and is
 * never the same for two jobs that fail at the same time.
 *
 * Which failures may pass is said where they happen: err->retriable.
 */
#ifndef DAEMON_RESTART_H
#define DAEMON_RESTART_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct settings;

struct restart_policy {
	int64_t first_us, max_us; /* the wait before the first try; at most */
	double factor;            /* from one wait to the next */
	double jitter;            /* each is longer or shorter by up to this */
	int64_t reset_us;         /* a life of this length makes all well */
	int64_t tries_max;        /* in a row; 0: none, -1: without end */
};

struct restart {
	struct restart_policy policy;
	uint64_t seed;  /* of the jitter */
	int64_t wait_us; /* before the next try, without jitter; 0: first */
	int64_t tries;   /* in a row */
};

/* The daemon's policy. */
struct restart_policy restart_policy_of(const struct config *c);
/* What the job's script has SET of 'restart-strategy.*' replaces its parts. */
void restart_policy_apply(struct restart_policy *p, const struct settings *s);

void restart_init(struct restart *r, const struct restart_policy *p,
		  uint64_t seed);
/* A life of this length has failed. False: enough tries; else how long to wait
 * before the next one. */
bool restart_next(struct restart *r, int64_t lived_us, int64_t *ret_wait_us);

#endif
