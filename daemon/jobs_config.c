/* SPDX-License-Identifier: Apache-2.0
 * daemon/jobs_config.c - the configuration that jobs run under: what a
 * pipeline gets of it, and what a reload changes.
 */
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "daemon/clock.h"
#include "daemon/job.h"

struct pipeline_env
jobs_pipeline_env(struct jobs *js, const struct config *c, const char *name,
		  int64_t now_us)
{
	struct pipeline_env env = {
		.connector = {
			.job = name,
			.embedded = js->env.embedded,
			.paths = (const char *const *)c->file_path_list,
			.secret_paths =
				(const char *const *)c->secret_path_list,
			.queue_bytes = c->kafka_queue_bytes,
			.inflight_bytes = c->kafka_inflight_bytes,
			.now_us = now_us,
			.out_fd = js->env.out_fd,
		},
		.clock_ns = clock_steady_ns,
		.step_batches = 4,
		.state_bytes_max = c->state_bytes_max,
		.late_rows_max = (uint64_t)c->late_rows_max,
		.errors_rows_max = (uint64_t)c->errors_rows_max,
		.errors_bytes_max = (uint64_t)c->errors_bytes_max,
	};

	CHECK(getrandom(&env.seed, sizeof(env.seed), 0) == sizeof(env.seed));
	env.connector.seed = env.seed;
	return env;
}

const char *const *
jobs_file_paths(const struct jobs *js)
{
	return (const char *const *)js->config->file_path_list;
}

struct config *
jobs_config(struct jobs *js)
{
	struct config *c;

	pthread_mutex_lock(&js->config_lock);
	c = config_ref(js->config);
	pthread_mutex_unlock(&js->config_lock);
	return c;
}

static bool
uses_one_of(const struct job *j, const char *const *names, unsigned n)
{
	for (unsigned i = 0; i < j->nconnections; i++)
		for (unsigned k = 0; k < n; k++)
			if (strcmp(j->connections[i], names[k]) == 0)
				return true;
	return false;
}

unsigned
jobs_of_connection(const struct jobs *js, const char *name)
{
	unsigned n = 0;

	for (struct job *j = js->first; j; j = j->next)
		n += j->has_thread && uses_one_of(j, &name, 1);
	return n;
}

unsigned
jobs_reconfigure(struct jobs *js, struct config *now,
		 const char *const *connections, unsigned n)
{
	struct config *old = js->config;
	unsigned told = 0;

	pthread_mutex_lock(&js->config_lock);
	js->config = config_ref(now);
	pthread_mutex_unlock(&js->config_lock);
	config_unref(old);
	for (struct job *j = js->first; j; j = j->next) {
		if (!j->has_thread || !uses_one_of(j, connections, n))
			continue;
		atomic_store(&j->reload, true);
		runner_wake(&j->runner);
		told++;
	}
	return told;
}
