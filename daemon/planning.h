/* SPDX-License-Identifier: Apache-2.0
 * daemon/planning.h - a job's script, which says everything, to its plan.
 */
#ifndef DAEMON_PLANNING_H
#define DAEMON_PLANNING_H

#include "base/error.h"
#include "daemon/restart.h"
#include "parser/plan.h"

struct planned {
	struct plan *plan;
	int64_t checkpoint_interval_us; /* 0: the daemon's default */
	struct restart_policy restart;  /* replaced in part, see below */
	const char *settings_json;      /* {"key":"value"} of its SETs */
	unsigned nobjects;
	const char **objects;           /* tables and views that it creates */
};

/* Any thread; everything lives in the arena. ret->restart becomes `restart`
 * with what the script has SET of it; NULL: nobody asks. */
int plan_script(const char *script, const struct restart_policy *restart,
		struct arena *a, struct planned *ret, struct error *err);
/* True when all rows that it reads stand in the statement (VALUES): it ends by
 * itself, and to run it again means to write them again. */
bool plan_is_once(const struct plan *p);
/* True when a source or sink of the plan is the embedded Kafka. */
bool plan_is_embedded(const struct plan *p);

#endif
