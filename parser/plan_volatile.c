/* SPDX-License-Identifier: Apache-2.0
 * parser/plan_volatile.c - values that are other ones at the next evaluation
 * (NOW(), RAND(), UUID()) over rows that are taken back: the retraction would
 * not find the row that it takes back, so the query is refused.
 */
#include "parser/rewrite.h"

/* The first part that changes. */
static const struct expr *
volatile_part(const struct expr *e)
{
	const struct expr *found = NULL;

	if (e->kind == EXPR_CALL && expr_call_is_volatile(e))
		return e;
	for (unsigned i = 0; i < e->nargs && !found; i++)
		found = volatile_part(e->args[i]);
	return found;
}

/* Whether rows of n only ever replace each other by the key that n has; then
 * the columns outside of the key are never compared. */
static bool
only_replaces(const struct plan *p, const struct plan_node *n)
{
	if (n->nkey == 0)
		return false;
	for (unsigned i = n->number + 1; i < p->n; i++) {
		const struct plan_node *r = p->nodes[i];

		for (unsigned k = 0; k < r->ninputs; k++) {
			if (r->inputs[k] != n)
				continue;
			if (r->kind == PLAN_SINK ? !plan_sink_upserts(r)
			    : r->kind != PLAN_PROJECT || !only_replaces(p, r))
				return false;
		}
	}
	return true;
}

/* What changes in rows of n that are taken back, or NULL. Columns of the key
 * come through projections unchanged. */
static const struct expr *
untakable(const struct plan *p, const struct plan_node *n)
{
	const struct expr *found = NULL;

	if (n->ninputs == 0 || n->inputs[0]->mode == CHANGE_APPEND)
		return NULL;
	if (n->kind == PLAN_FILTER)
		return volatile_part(n->predicate);
	if (n->kind != PLAN_PROJECT)
		return NULL;
	for (unsigned i = 0; i < n->schema.ncols && !found; i++)
		found = volatile_part(n->exprs[i]);
	return found && !only_replaces(p, n) ? found : NULL;
}

static int
check_below(struct bind *b, const struct plan *p, const struct plan_node *n,
	    struct span at)
{
	const struct expr *e = untakable(p, n);
	const char *name;

	if (e) {
		name = function_get(e->function)->name;
		bind_error(b, at, ERR_NOT_REPEATABLE,
			   "%s has another value when %s takes a row back", name,
			   plan_node_label(n->inputs[0], b->a));
		error_note(b->err, "use it below the aggregate, where each row "
			   "comes once, or write to 'upsert-kafka' by the keys "
			   "of the query");
		return -1;
	}
	for (unsigned i = 0; i < n->ninputs; i++)
		if (check_below(b, p, n->inputs[i], at) < 0)
			return -1;
	return 0;
}

int
plan_volatile(struct bind *b, const struct plan *p)
{
	for (unsigned i = 0; i < p->nsinks; i++)
		if (check_below(b, p, p->sinks[i], b->sink_at[i]) < 0)
			return -1;
	return 0;
}
