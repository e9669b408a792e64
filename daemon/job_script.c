/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_script.c - what a job's script says of it: whether two are the
 * same, its last statement, the tables and views that it uses.
 */
#include <string.h>

#include "base/arena.h"
#include "daemon/connections.h"
#include "daemon/job.h"
#include "daemon/planning.h"
#include "parser/parse.h"

bool
job_same_text(const char *a, const char *b)
{
	struct arena arena;
	char *ca, *cb;
	bool same;

	arena_init(&arena);
	ca = parse_canonical(a, strlen(a), &arena);
	cb = parse_canonical(b, strlen(b), &arena);
	same = ca && cb ? strcmp(ca, cb) == 0 : strcmp(a, b) == 0;
	arena_release(&arena);
	return same;
}

char *
job_last_statement(const char *script)
{
	struct ast_statement *stmt, *last = NULL;
	struct error ignored = ERROR_INIT;
	struct arena a;
	struct parse p;
	char *text;

	arena_init(&a);
	if (parse_begin(&p, script, strlen(script), NULL, &a,
			&parse_limits_default, &ignored) == 0)
		while (parse_next(&p, &stmt, &ignored) == 1)
			last = stmt;
	if (last) {
		text = mem_alloc(last->at.length + 1);
		memcpy(text, script + last->at.offset, last->at.length);
		text[last->at.length] = '\0';
	} else {
		text = mem_strdup(script);
	}
	arena_release(&a);
	return text;
}

static void
learn_connection(void *arg, const char *name)
{
	struct job *j = arg;

	for (unsigned i = 0; i < j->nconnections; i++)
		if (strcmp(j->connections[i], name) == 0)
			return;
	j->connections = mem_realloc(j->connections,
				     (j->nconnections + 1) *
					     sizeof(*j->connections));
	j->connections[j->nconnections++] = mem_strdup(name);
}

void
job_learn_objects(struct job *j)
{
	struct error ignored = ERROR_INIT;
	struct planned planned;
	struct arena a;

	arena_init(&a);
	if (plan_script(j->script, NULL, &a, &planned, &ignored) == 0) {
		j->once = plan_is_once(planned.plan);
		connections_of_plan(planned.plan, learn_connection, j);
		j->objects = mem_zalloc((planned.nobjects + 1) *
					sizeof(*j->objects));
		for (unsigned i = 0; i < planned.nobjects; i++)
			j->objects[j->nobjects++] =
				mem_strdup(planned.objects[i]);
	}
	arena_release(&a);
}

const char *
jobs_user_of(struct jobs *js, const char *object)
{
	for (struct job *j = js->first; j; j = j->next) {
		enum job_state s = job_state_of(j);

		if (s == JOB_FINISHED || s == JOB_FAILED || s == JOB_STOPPED)
			continue;
		for (unsigned i = 0; i < j->nobjects; i++)
			if (strcmp(j->objects[i], object) == 0)
				return j->name;
	}
	return NULL;
}
