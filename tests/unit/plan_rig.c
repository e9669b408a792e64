/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/plan_rig.c - a session without a daemon, for tests of the
 * planner.
 */
#include "plan_rig.h"

#include "test.h"

void
plan_rig_open(struct plan_rig *r)
{
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena);
	r->permanent = catalog_create(NULL);
	r->catalog = catalog_create(r->permanent);
}

void
plan_rig_close(struct plan_rig *r)
{
	catalog_destroy(r->catalog);
	catalog_destroy(r->permanent);
	settings_release(&r->settings);
	arena_release(&r->arena);
}

static int
run_statement(struct plan_rig *r, const struct parse *p,
	      const struct ast_statement *s)
{
	enum catalog_result result;
	const char *notice;

	switch (s->kind) {
	case AST_STMT_CREATE_TABLE:
	case AST_STMT_CREATE_VIEW:
	case AST_STMT_CREATE_FUNCTION:
		return catalog_add(r->catalog, p, s, &r->settings, &result,
				   &r->err);
	case AST_STMT_DROP_TABLE:
	case AST_STMT_DROP_VIEW:
	case AST_STMT_DROP_FUNCTION:
		return catalog_drop(r->catalog, p, s, &result, &r->err);
	case AST_STMT_SET:
	case AST_STMT_RESET:
		return settings_apply(&r->settings, p, s, &notice, &r->err);
	case AST_STMT_INSERT:
	case AST_STMT_SET_OF:
	case AST_STMT_SELECT:
	case AST_STMT_EXPLAIN:
		return plan_statement(&r->arena, p, s, r->catalog,
				      &r->settings, &r->plan, &r->err);
	default:
		return 0; /* SHOW, DESCRIBE, jobs: not the planner's */
	}
}

int
plan_rig_run(struct plan_rig *r, const char *script)
{
	struct ast_statement *s;
	struct parse p;
	int rc;

	error_clear(&r->err);
	if (parse_begin(&p, script, strlen(script), "test.sql", &r->arena,
			&parse_limits_default, &r->err) < 0)
		return -1;
	while ((rc = parse_next(&p, &s, &r->err)) == 1)
		if (run_statement(r, &p, s) < 0)
			return -1;
	return rc;
}

void
plan_rig_must(struct plan_rig *r, const char *script)
{
	char text[4096];

	if (plan_rig_run(r, script) == 0)
		return;
	error_print(&r->err, text, sizeof(text));
	FAIL("%s", text);
}

const char *
plan_rig_text(struct plan_rig *r, const char *script)
{
	char text[4096];
	struct buf out;
	const char *copy;

	if (plan_rig_run(r, script) < 0) {
		error_print(&r->err, text, sizeof(text));
		return arena_strdup(&r->arena, text);
	}
	buf_init(&out);
	if (r->plan)
		plan_explain(r->plan, &out);
	copy = arena_strndup(&r->arena, out.data ? out.data : "", out.len);
	buf_release(&out);
	return copy;
}

const struct plan_node *
plan_rig_node(struct plan_rig *r, enum plan_kind kind)
{
	EXPECT_EQ(plan_rig_count(r, kind), 1);
	for (unsigned i = 0; i < r->plan->n; i++)
		if (r->plan->nodes[i]->kind == kind)
			return r->plan->nodes[i];
	return NULL;
}

unsigned
plan_rig_count(struct plan_rig *r, enum plan_kind kind)
{
	unsigned n = 0;

	EXPECT(r->plan);
	for (unsigned i = 0; i < r->plan->n; i++)
		n += r->plan->nodes[i]->kind == kind;
	return n;
}
