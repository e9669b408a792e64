/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_thread.c - the thread of a job: one life after another (job.c)
 * until one ends for good, with waits between those that failed by what may
 * pass (restart.c).
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/clock.h"
#include "daemon/job.h"
#include "daemon/job_errors.h"
#include "daemon/log.h"

/* Waits out the backoff; true when a command came meanwhile. */
static bool
back_off(struct job *j, int64_t us)
{
	int64_t until_us = clock_steady_ns() / 1000 + us, left_us = us;

	while (left_us > 0 && job_command_of(j) == COMMAND_NONE &&
	       !atomic_load(&j->reload)) {
		runner_serve(&j->runner, true, clock_wall_us() + left_us);
		left_us = until_us - clock_steady_ns() / 1000;
	}
	return job_command_of(j) != COMMAND_NONE;
}

/* A life has ended by what may pass. False: this was the last one. */
static bool
try_again(struct job *j, int64_t lived_us, int64_t *ret_wait_us,
	  struct error *err)
{
	char reason[640];

	if (!restart_next(&j->restart, lived_us, ret_wait_us)) {
		if (j->restart.tries > 0)
			error_context(err, "given up after %lld restarts",
				      (long long)j->restart.tries);
		return false;
	}
	snprintf(reason, sizeof(reason), "retrying in %.1f s: %s",
		 (double)*ret_wait_us / 1e6, err->message);
	log_error(LOG_WARN, "job_restarting", j->name, err);
	job_note_failure(j, err);
	job_set_state(j, JOB_RESTARTING, reason, NULL);
	job_request_abandon(j);
	return true;
}

/* Lives until one ends for good; returns how. */
static enum job_state
live_on(struct job *j, struct error *err)
{
	for (;;) {
		int64_t began_us = clock_steady_ns() / 1000, wait_us;
		enum job_state end;

		error_clear(err);
		end = job_live(j, err);
		if (end == JOB_RECOVERING) {
			log_event(LOG_INFO, "job_begins_again", j->name,
				  "reason=\"its connection has changed\"");
			continue;
		}
		if (end != JOB_RESTARTING)
			return end;
		if (job_command_of(j) == COMMAND_DRAIN)
			return JOB_FAILED; /* who asked for it is told why */
		if (!try_again(j, clock_steady_ns() / 1000 - began_us, &wait_us,
			       err))
			return JOB_FAILED;
		/* To drain takes one more life. */
		if (back_off(j, wait_us) &&
		    job_command_of(j) != COMMAND_DRAIN)
			return job_state_of_command(job_command_of(j));
	}
}

void *
job_thread(void *arg)
{
	struct job *j = arg;
	struct config *config = jobs_config(j->js);
	struct restart_policy restart = restart_policy_of(config);
	struct error err = ERROR_INIT;
	enum job_state end;

	if (j->js->pin)
		runner_pin(j->core);
	config_unref(config);
	restart_init(&j->restart, &restart,
		     hash_stable(j->name, strlen(j->name)));
	end = live_on(j, &err);
	if (end == JOB_FAILED)
		log_error(LOG_ERROR, "job_failed", j->name, &err);
	else
		log_event(LOG_INFO, "job_ended", j->name, "state=%s",
			  job_state_text[end]);
	pthread_mutex_lock(&j->lock);
	j->ended = true;
	pthread_mutex_unlock(&j->lock);
	job_set_state(j, end, "", end == JOB_FAILED ? &err : NULL);
	return NULL;
}
