/* SPDX-License-Identifier: Apache-2.0
 * daemon/planning.c - runs a job's script against an empty catalog of its own.
 */
#include "daemon/planning.h"

#include <string.h>

#include "base/check.h"
#include "parser/bind.h"
#include "parser/catalog.h"
#include "parser/parse.h"
#include "parser/settings.h"

static const char *
settings_json(const struct settings *s, struct arena *a)
{
	const struct setting_def *defs;
	struct buf out;
	const char *text;
	bool first = true;
	size_t n;

	buf_init(&out);
	buf_putc(&out, '{');
	defs = setting_defs(&n);
	for (size_t i = 0; i < n; i++) {
		const char *value;

		if (!settings_given(s, defs[i].key))
			continue;
		value = settings_get(s, defs[i].key);
		if (!first)
			buf_putc(&out, ',');
		first = false;
		buf_json_string(&out, defs[i].key, strlen(defs[i].key));
		buf_putc(&out, ':');
		buf_json_string(&out, value, strlen(value));
	}
	buf_putc(&out, '}');
	text = arena_strndup(a, out.data, out.len);
	buf_release(&out);
	return text;
}

static void
list_objects(const struct catalog *c, struct arena *a, struct planned *ret)
{
	const struct object *o = NULL;
	unsigned n = 0;

	while ((o = catalog_next(c, o)))
		n++;
	ret->objects = arena_array(a, n, const char *);
	while ((o = catalog_next(c, o)))
		ret->objects[ret->nobjects++] = arena_strdup(a, o->name);
}

static int
run_one(const struct parse *p, const struct ast_statement *stmt,
	struct catalog *c, struct settings *s, struct arena *a,
	struct planned *ret, struct error *err)
{
	enum catalog_result result;
	const char *notice;

	switch (stmt->kind) {
	case AST_STMT_SET:
		return settings_apply(s, p, stmt, &notice, err);
	case AST_STMT_CREATE_TABLE:
	case AST_STMT_CREATE_VIEW:
	case AST_STMT_CREATE_FUNCTION:
		return catalog_add(c, p, stmt, s, &result, err);
	default:
		return plan_statement(a, p, stmt, c, s, &ret->plan, err);
	}
}

int
plan_script(const char *script, const struct restart_policy *restart,
	    struct arena *a, struct planned *ret, struct error *err)
{
	struct catalog *c = catalog_create(NULL);
	struct settings s = SETTINGS_INIT;
	struct ast_statement *stmt;
	struct parse p;
	int rc;

	*ret = (struct planned){ .plan = NULL };
	rc = parse_begin(&p, script, strlen(script), NULL, a,
			 &parse_limits_default, err);
	if (rc == 0)
		while ((rc = parse_next(&p, &stmt, err)) == 1 &&
		       run_one(&p, stmt, c, &s, a, ret, err) == 0)
			;
	if (rc == 0 && !ret->plan)
		rc = error_set(err, ERR_INTERNAL,
			       "the job's script has no INSERT");
	if (rc == 0) {
		list_objects(c, a, ret);
		ret->settings_json = settings_json(&s, a);
		if (settings_given(&s, "execution.checkpointing.interval"))
			ret->checkpoint_interval_us = settings_duration_us(
				&s, "execution.checkpointing.interval");
	}
	if (rc == 0 && restart) {
		ret->restart = *restart;
		restart_policy_apply(&ret->restart, &s);
	}
	settings_release(&s);
	catalog_destroy(c);
	return rc == 0 ? 0 : -1;
}

bool
plan_is_once(const struct plan *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->nodes[i]->kind == PLAN_SCAN &&
		    !p->nodes[i]->scan->rows)
			return false;
	return true;
}

static bool
is_embedded(const struct options *o)
{
	const char *servers =
		o ? options_get(o, "properties.bootstrap.servers") : NULL;

	return servers && strcmp(servers, "embedded") == 0;
}

bool
plan_is_embedded(const struct plan *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct plan_node *node = p->nodes[i];

		if (node->kind == PLAN_SCAN &&
		    is_embedded(node->scan->options))
			return true;
		if (node->kind == PLAN_SINK && is_embedded(node->sink->options))
			return true;
	}
	return false;
}
