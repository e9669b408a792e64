/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_wait.c - who waits for a job to be paused, stopped, over or gone,
 * and what they are told when it stands.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "daemon/job.h"

void
job_wait_add(struct job *j, enum wait_for what, jobs_done_fn *done, void *arg)
{
	struct job_wait *w = mem_zalloc(sizeof(*w));

	w->done = done;
	w->arg = arg;
	w->what = what;
	w->next = j->waits;
	j->waits = w;
}

bool
job_awaited(const struct job *j, enum wait_for what)
{
	for (const struct job_wait *w = j->waits; w; w = w->next)
		if (w->what == what)
			return true;
	return false;
}

/* Whether what came is what was waited for; else *err tells. */
static bool
outcome(struct job *j, enum wait_for what, struct error *err)
{
	static const enum job_state wanted[] = {
		[WAIT_PAUSED] = JOB_PAUSED, [WAIT_STOPPED] = JOB_STOPPED,
		[WAIT_END] = JOB_FINISHED, [WAIT_GONE] = JOB_FINISHED,
	};
	enum job_state state = job_state_of(j);

	error_clear(err);
	if (what == WAIT_GONE)
		return true;
	if (what == WAIT_OPERATORS && !j->dropping)
		return true;
	if (j->dropping) {
		error_set(err, ERR_JOB_STATE, "job \"%s\" was dropped",
			  j->name);
		return false;
	}
	if (state == wanted[what] ||
	    (what == WAIT_STOPPED && state == JOB_FINISHED))
		return true;
	if (state == JOB_FAILED) {
		pthread_mutex_lock(&j->lock);
		*err = j->info.error;
		pthread_mutex_unlock(&j->lock);
		error_context(err, "job \"%s\" failed", j->name);
		return false;
	}
	if (!job_stands(state)) {
		error_set(err, ERR_CANCELLED, "sluiced is stopping; job \"%s\" "
			  "goes on when it starts again", j->name);
		return false;
	}
	error_set(err, ERR_JOB_STATE, "job \"%s\" is %s", j->name,
		  job_state_text[state]);
	return false;
}

/* Those who are told now: of one kind, or all but those who wait for the end of
 * a job that is only paused. */
static struct job_wait *
take_waits(struct job *j, bool operators_only)
{
	bool paused = job_state_of(j) == JOB_PAUSED && !j->dropping;
	struct job_wait *told = NULL, **at = &j->waits;

	while (*at) {
		struct job_wait *w = *at;

		if (operators_only ? w->what != WAIT_OPERATORS
				   : paused && w->what == WAIT_END) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->next = told;
		told = w;
	}
	return told;
}

static void
tell(struct job *j, struct job_wait *told)
{
	for (struct job_wait *w = told; w; w = w->next)
		w->failed = !outcome(j, w->what, &w->err);
	while (told) {
		struct job_wait *w = told;

		told = w->next;
		w->done(w->arg, w->failed ? &w->err : NULL);
		free(w);
	}
}

void
job_waits_tell(struct job *j)
{
	tell(j, take_waits(j, false));
}

void
job_waits_tell_operators(struct job *j)
{
	tell(j, take_waits(j, true));
}

bool
job_has_operators(struct job *j)
{
	bool has;

	pthread_mutex_lock(&j->lock);
	has = j->info.nops > 0 && !j->info.of_file;
	pthread_mutex_unlock(&j->lock);
	return has;
}

void
job_operators_known(struct job *j, jobs_done_fn *done, void *arg)
{
	if (j->has_thread && !j->dropping && !job_has_operators(j))
		job_wait_add(j, WAIT_OPERATORS, done, arg);
	else
		done(arg, NULL);
}

void
jobs_forget(struct jobs *js, void *arg)
{
	for (struct job *j = js->first; j; j = j->next) {
		if (j->request && j->request->arg == arg)
			j->request->done = NULL;
		for (struct job_wait **w = &j->waits; *w;) {
			struct job_wait *gone = *w;

			if (gone->arg != arg) {
				w = &gone->next;
				continue;
			}
			*w = gone->next;
			free(gone);
		}
	}
}

void
job_wait(struct job *j, jobs_done_fn *done, void *arg)
{
	struct error err;

	if (j->has_thread || job_state_of(j) == JOB_PAUSED) {
		job_wait_add(j, WAIT_END, done, arg);
		return;
	}
	done(arg, outcome(j, WAIT_END, &err) ? NULL : &err);
}
