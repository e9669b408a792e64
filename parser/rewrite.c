/* SPDX-License-Identifier: Apache-2.0
 * parser/rewrite.c - each sink's own tree made simpler: constants folded,
 * projections merged, filters moved towards the source. An expression that can
 * fail is never moved before another, hoisted or folded away.
 */
#include "parser/rewrite.h"

#include <string.h>

#include "base/check.h"

/* ---- expressions ---- */

static struct expr *
fold_and(struct expr *e)
{
	if (expr_is_boolean(e->args[0], true))
		return e->args[1];
	if (expr_is_boolean(e->args[1], true))
		return e->args[0];
	if (expr_is_boolean(e->args[0], false))
		return e->args[0];
	if (expr_is_boolean(e->args[1], false) && !expr_can_fail(e->args[0]))
		return e->args[1];
	return e;
}

static struct expr *
fold_or(struct expr *e)
{
	if (expr_is_boolean(e->args[0], false))
		return e->args[1];
	if (expr_is_boolean(e->args[1], false))
		return e->args[0];
	if (expr_is_boolean(e->args[0], true))
		return e->args[0];
	if (expr_is_boolean(e->args[1], true) && !expr_can_fail(e->args[0]))
		return e->args[1];
	return e;
}

static struct expr *
fold_not(struct expr *e, struct arena *a)
{
	struct expr *x = e->args[0];

	if (expr_is_boolean(x, true) || expr_is_boolean(x, false))
		return expr_boolean(!x->value.u8, a);
	if (x->kind == EXPR_CALL && x->function == FN_NOT)
		return x->args[0];
	return e;
}

struct expr *
rewrite_fold(struct expr *e, struct arena *a)
{
	for (unsigned i = 0; i < e->nargs; i++)
		e->args[i] = rewrite_fold(e->args[i], a);
	if (e->kind != EXPR_CALL)
		return e;
	switch (e->function) {
	case FN_AND:
		return fold_and(e);
	case FN_OR:
		return fold_or(e);
	case FN_NOT:
		return fold_not(e, a);
	default:
		return e;
	}
}

/* ---- filters ---- */

/* A column of a projection's input, or of that of rows that get windows. */
static bool
passes(const struct plan_node *n, uint16_t column)
{
	return n->kind == PLAN_PROJECT ? expr_is_column(n->exprs[column])
				       : column + 3 < n->schema.ncols;
}

static bool
reads_plain_columns(const struct expr *e, const struct plan_node *n)
{
	if (e->kind == EXPR_COLUMN)
		return passes(n, e->column);
	for (unsigned i = 0; i < e->nargs; i++)
		if (!reads_plain_columns(e->args[i], n))
			return false;
	return true;
}

/* Takes those conjuncts out of *e that can be asked before the node; returns
 * them over its input. */
static struct expr *
take_pushable(struct expr **e, const struct plan_node *n, struct arena *a)
{
	struct expr *left, *right, *l, *r;

	if (*e && (*e)->kind == EXPR_CALL && (*e)->function == FN_AND) {
		left = (*e)->args[0];
		right = (*e)->args[1];
		l = take_pushable(&left, n, a);
		r = take_pushable(&right, n, a);
		*e = expr_and(left, right, a);
		return expr_and(l, r, a);
	}
	if (expr_can_fail(*e) || !reads_plain_columns(*e, n) ||
	    (n->kind != PLAN_PROJECT && expr_is_volatile(*e)))
		return NULL;
	left = n->kind == PLAN_PROJECT ? expr_substitute(*e, n->exprs, a) : *e;
	*e = NULL;
	return left;
}

static struct plan_node *
simplify_filter(struct arena *a, struct plan_node *n)
{
	struct plan_node *in = n->inputs[0], *below;
	struct expr *pushed;

	n->predicate = rewrite_fold(n->predicate, a);
	if (expr_is_boolean(n->predicate, true))
		return in;
	if (in->kind == PLAN_FILTER) {
		n->predicate = expr_and(in->predicate, n->predicate, a);
		n->inputs[0] = in->inputs[0];
		return simplify_filter(a, n);
	}
	if (in->kind != PLAN_PROJECT && in->kind != PLAN_WINDOW_ASSIGN)
		return n;
	pushed = take_pushable(&n->predicate, in, a);
	if (!pushed)
		return n;
	below = plan_filter(a, in->inputs[0], pushed);
	in->inputs[0] = simplify_filter(a, below);
	if (!n->predicate)
		return in;
	return n;
}

/* ---- projections ---- */

static void
count_uses(const struct expr *e, unsigned *uses)
{
	if (e->kind == EXPR_COLUMN)
		uses[e->column]++;
	for (unsigned i = 0; i < e->nargs; i++)
		count_uses(e->args[i], uses);
}

static uint32_t
deepest(const struct plan_node *project)
{
	uint32_t depth = 0;

	for (unsigned i = 0; i < project->schema.ncols; i++)
		if (project->exprs[i]->depth > depth)
			depth = project->exprs[i]->depth;
	return depth;
}

/* No expression of the lower projection would be computed twice. */
static bool
mergeable(const struct plan_node *upper, const struct plan_node *lower,
	  struct arena *a)
{
	unsigned *uses = arena_array(a, lower->schema.ncols, unsigned);

	if (deepest(upper) + deepest(lower) > EXPR_DEPTH_MAX)
		return false;
	for (unsigned i = 0; i < upper->schema.ncols; i++)
		count_uses(upper->exprs[i], uses);
	for (unsigned i = 0; i < lower->schema.ncols; i++)
		if (uses[i] > 1 && (lower->exprs[i]->nargs > 0 ||
				    expr_is_random(lower->exprs[i])))
			return false;
	return true;
}

bool
rewrite_is_identity(const struct plan_node *n)
{
	const struct schema *in = &n->inputs[0]->schema;

	if (in->ncols != n->schema.ncols)
		return false;
	for (unsigned i = 0; i < in->ncols; i++) {
		const struct schema_column *x = &in->cols[i];
		const struct schema_column *y = &n->schema.cols[i];

		if (!expr_is_column(n->exprs[i]) || n->exprs[i]->column != i ||
		    strcmp(x->name, y->name) != 0 || x->time != y->time ||
		    !type_equal(x->type, y->type) ||
		    x->type.nullable != y->type.nullable)
			return false;
	}
	return true;
}

static struct plan_node *
simplify_project(struct arena *a, struct plan_node *n)
{
	struct plan_node *in = n->inputs[0];

	for (unsigned i = 0; i < n->schema.ncols; i++)
		n->exprs[i] = rewrite_fold(n->exprs[i], a);
	while (in->kind == PLAN_PROJECT && mergeable(n, in, a)) {
		for (unsigned i = 0; i < n->schema.ncols; i++)
			n->exprs[i] = expr_substitute(n->exprs[i], in->exprs,
						      a);
		in = n->inputs[0] = in->inputs[0];
	}
	return rewrite_is_identity(n) ? in : n;
}

/* ---- aggregates over plain columns read their input directly ---- */

static bool
plain(const struct plan_node *project, int column)
{
	return column < 0 || expr_is_column(project->exprs[column]);
}

static bool
reads_only_plain(const struct plan_node *n, const struct plan_node *project)
{
	const struct plan_group *g = n->group;

	for (unsigned i = 0; i < g->nkeys; i++)
		if (!plain(project, g->keys[i]))
			return false;
	for (unsigned i = 0; i < g->naggs; i++) {
		int *col[PLAN_AGGREGATE_COLUMNS_MAX];
		unsigned ncols = plan_aggregate_columns(&g->aggs[i], col);

		for (unsigned k = 0; k < ncols; k++)
			if (!plain(project, *col[k]))
				return false;
	}
	return !plan_has_windows(n) ||
	       plain(project, g->window.time_col);
}

static int
through(const struct plan_node *project, int column)
{
	return column < 0 ? column : project->exprs[column]->column;
}

static void
skip_projection(struct plan_node *n)
{
	struct plan_node *in = n->inputs[0];
	struct plan_group *g = n->group;

	if (in->kind != PLAN_PROJECT || !reads_only_plain(n, in))
		return;
	for (unsigned i = 0; i < g->nkeys; i++)
		g->keys[i] = (uint16_t)through(in, g->keys[i]);
	for (unsigned i = 0; i < g->naggs; i++) {
		int *col[PLAN_AGGREGATE_COLUMNS_MAX];
		unsigned ncols = plan_aggregate_columns(&g->aggs[i], col);

		for (unsigned k = 0; k < ncols; k++)
			*col[k] = through(in, *col[k]);
	}
	if (plan_has_windows(n))
		g->window.time_col = (uint16_t)through(in, g->window.time_col);
	n->inputs[0] = in->inputs[0];
}

struct plan_node *
rewrite_simplify(struct arena *a, struct plan_node *n)
{
	for (unsigned i = 0; i < n->ninputs; i++)
		n->inputs[i] = rewrite_simplify(a, n->inputs[i]);
	switch (n->kind) {
	case PLAN_VALUES:
		for (unsigned i = 0; i < n->values->nrows * n->schema.ncols;
		     i++)
			n->values->cells[i] = rewrite_fold(n->values->cells[i],
							   a);
		return n;
	case PLAN_FILTER:
		return simplify_filter(a, n);
	case PLAN_PROJECT:
		return simplify_project(a, n);
	case PLAN_WINDOW_AGGREGATE:
	case PLAN_SESSION_AGGREGATE:
	case PLAN_GROUP_AGGREGATE:
		skip_projection(n);
		return n;
	default:
		return n;
	}
}

/* ---- all steps ---- */

int
plan_finish(struct bind *b, struct plan *p)
{
	for (unsigned i = 0; i < p->nsinks; i++)
		p->sinks[i] = rewrite_simplify(b->a, p->sinks[i]);
	plan_number(p);
	rewrite_share(p, true);
	rewrite_prune(p);
	rewrite_share(p, false);
	rewrite_unite(p);
	rewrite_share(p, false);
	rewrite_push_filters(p);
	if (plan_modes(b, p) < 0 || plan_volatile(b, p) < 0)
		return -1;
	plan_meaning(p);
	p->nnotices = b->nnotices;
	p->notices = arena_array(b->a, b->nnotices, const char *);
	if (b->nnotices)
		memcpy(p->notices, b->notices,
		       b->nnotices * sizeof(*p->notices));
	return 0;
}
