/* SPDX-License-Identifier: Apache-2.0
 * parser/rewrite_unite.c - window aggregates over equal input, keys and windows
 * (or sessions) become one with the aggregates of all, so that panes are kept and filled once
 * (runtime.md section 7). Their results appear together anyway; those of GROUP
 * BY do not: there an aggregate of one query would wake the readers of another.
 */
#include <string.h>

#include "base/check.h"
#include "parser/rewrite.h"

/* An aggregate with its input seen through the projection between them. */
struct side {
	struct plan_node *agg;
	struct plan_node *base;
	struct expr *const *exprs; /* per column of agg's input, over base */
	unsigned n;
};

static struct side
side_of(struct arena *a, struct plan_node *agg)
{
	struct plan_node *in = agg->inputs[0];
	struct side s = { .agg = agg, .base = in, .n = in->schema.ncols };
	struct expr **exprs;

	if (in->kind == PLAN_PROJECT) {
		s.base = in->inputs[0];
		s.exprs = in->exprs;
		return s;
	}
	exprs = arena_array(a, s.n, struct expr *);
	for (uint16_t i = 0; i < s.n; i++)
		exprs[i] = expr_column(i, in->schema.cols[i].type,
				       (struct span){ 0, 0 }, a);
	s.exprs = exprs;
	return s;
}

/* ---- may they be one? ---- */

static bool
same_windows(const struct side *x, const struct side *y)
{
	struct plan_window w = x->agg->group->window;
	struct plan_window v = y->agg->group->window;

	return x->agg->kind == y->agg->kind && w.kind == v.kind &&
	       w.is_ltz == v.is_ltz && w.is_proctime == v.is_proctime &&
	       w.size_us == v.size_us && w.slide_us == v.slide_us &&
	       w.offset_us == v.offset_us &&
	       expr_equal(x->exprs[w.time_col], y->exprs[v.time_col]);
}

static bool
same_keys(const struct side *x, const struct side *y)
{
	const struct plan_group *g = x->agg->group, *h = y->agg->group;

	if (g->nkeys != h->nkeys)
		return false;
	for (unsigned i = 0; i < g->nkeys; i++)
		if (!expr_equal(x->exprs[g->keys[i]], y->exprs[h->keys[i]]))
			return false;
	return true;
}

static bool
has(const struct side *s, const struct expr *e)
{
	for (unsigned i = 0; i < s->n; i++)
		if (expr_equal(s->exprs[i], e))
			return true;
	return false;
}

/* A row on which an expression of x fails is lost for x alone: y must not
 * begin to compute it. And two values of RAND() are two. */
static bool
harmless_for(const struct side *x, const struct side *y)
{
	for (unsigned i = 0; i < x->n; i++)
		if (expr_is_volatile(x->exprs[i]) ||
		    (expr_can_fail(x->exprs[i]) && !has(y, x->exprs[i])))
			return false;
	return true;
}

#define AGGREGATES_MAX 256 /* of a united node: columns of its tables */

static bool
unitable(const struct side *x, const struct side *y)
{
	return x->base == y->base && same_windows(x, y) && same_keys(x, y) &&
	       harmless_for(x, y) && harmless_for(y, x) &&
	       x->agg->group->naggs + y->agg->group->naggs <= AGGREGATES_MAX;
}

/* ---- the input of both ---- */

struct united {
	unsigned n;
	struct expr **exprs;
	const char **names;
};

static int
column_of(struct united *u, const struct side *s, int column)
{
	struct expr *e;

	if (column < 0)
		return column;
	e = s->exprs[column];
	for (unsigned i = 0; i < u->n; i++)
		if (expr_equal(u->exprs[i], e))
			return (int)i;
	u->exprs[u->n] = e;
	u->names[u->n] = s->agg->inputs[0]->schema.cols[column].name;
	return (int)u->n++;
}

static void
number_side(struct united *u, const struct side *s)
{
	struct plan_group *g = s->agg->group;

	for (unsigned i = 0; i < g->nkeys; i++)
		g->keys[i] = (uint16_t)column_of(u, s, g->keys[i]);
	g->window.time_col = (uint16_t)column_of(u, s, g->window.time_col);
	for (unsigned i = 0; i < g->naggs; i++) {
		int *col[PLAN_AGGREGATE_COLUMNS_MAX];
		unsigned n = plan_aggregate_columns(&g->aggs[i], col);

		for (unsigned k = 0; k < n; k++)
			*col[k] = column_of(u, s, *col[k]);
	}
}

/* Plain columns alone need no projection: `base` has them under its numbers. */
static bool
all_plain(const struct united *u)
{
	for (unsigned i = 0; i < u->n; i++)
		if (!expr_is_column(u->exprs[i]))
			return false;
	return true;
}

static void
skip_plain(const struct united *u, struct plan_group *g)
{
	for (unsigned i = 0; i < g->nkeys; i++)
		g->keys[i] = u->exprs[g->keys[i]]->column;
	g->window.time_col = u->exprs[g->window.time_col]->column;
	for (unsigned i = 0; i < g->naggs; i++) {
		int *col[PLAN_AGGREGATE_COLUMNS_MAX];
		unsigned n = plan_aggregate_columns(&g->aggs[i], col);

		for (unsigned k = 0; k < n; k++)
			*col[k] = u->exprs[*col[k]]->column;
	}
}

static void
join_inputs(struct arena *a, const struct side *x, const struct side *y)
{
	struct united u = { .n = 0 };

	u.exprs = arena_array(a, x->n + y->n, struct expr *);
	u.names = arena_array(a, x->n + y->n, const char *);
	number_side(&u, x);
	number_side(&u, y);
	if (!all_plain(&u)) {
		x->agg->inputs[0] = plan_project(a, x->base, u.n, u.exprs,
						 u.names);
		return;
	}
	skip_plain(&u, x->agg->group);
	skip_plain(&u, y->agg->group);
	x->agg->inputs[0] = x->base;
}

/* ---- the aggregates of both ---- */

static bool
same_aggregate(const struct plan_aggregate *x, const struct plan_aggregate *y)
{
	if (x->nmore != y->nmore)
		return false;
	for (unsigned i = 0; i < x->nmore; i++)
		if (x->more[i].column != y->more[i].column ||
		    (x->more[i].column < 0 &&
		     !expr_equal(x->more[i].literal, y->more[i].literal)))
			return false;
	return x->function == y->function && x->distinct == y->distinct &&
	       x->arg == y->arg && x->filter == y->filter;
}

/* Says in map where each column of `gone` is now. */
static void
join_aggregates(struct arena *a, struct plan_node *kept,
		const struct plan_node *gone, uint16_t *map)
{
	struct plan_group *g = kept->group, *h = gone->group;
	unsigned first = g->nkeys + 3u, n = g->naggs;
	struct plan_aggregate *aggs = arena_array(a, n + h->naggs,
						  struct plan_aggregate);
	struct schema s;

	schema_init(&s, first + n + h->naggs, a);
	memcpy(s.cols, kept->schema.cols, (first + n) * sizeof(*s.cols));
	memcpy(aggs, g->aggs, n * sizeof(*aggs));
	for (uint16_t i = 0; i < first; i++)
		map[i] = i;
	for (unsigned i = 0; i < h->naggs; i++) {
		unsigned k;

		for (k = 0; k < n && !same_aggregate(&aggs[k], &h->aggs[i]);
		     k++)
			;
		if (k == n) {
			s.cols[first + n] = gone->schema.cols[first + i];
			aggs[n++] = h->aggs[i];
		}
		map[first + i] = (uint16_t)(first + k);
	}
	s.ncols = (uint16_t)(first + n);
	kept->schema = s;
	g->aggs = aggs;
	g->naggs = (uint16_t)n;
}

/* The columns that `was` had, for readers that have them by number. */
static struct plan_node *
columns_again(struct arena *a, struct plan_node *kept,
	      const struct schema *was, const uint16_t *map)
{
	struct expr **exprs = arena_array(a, was->ncols, struct expr *);
	const char **names = arena_array(a, was->ncols, const char *);

	for (unsigned i = 0; i < was->ncols; i++) {
		uint16_t at = map ? map[i] : (uint16_t)i;

		exprs[i] = expr_column(at, kept->schema.cols[at].type,
				       (struct span){ 0, 0 }, a);
		names[i] = was->cols[i].name;
	}
	return plan_project(a, kept, was->ncols, exprs, names);
}

static void redirect(struct plan *p, const struct plan_node *from,
		     struct plan_node *to, const struct schema *was,
		     const uint16_t *map);

static void
remap_project(struct plan *p, struct plan_node *n, const uint16_t *map)
{
	for (unsigned i = 0; map && i < n->schema.ncols; i++)
		n->exprs[i] = expr_remap(n->exprs[i], map, p->arena);
}

/* A filter has its input's columns: its readers change with it. */
static void
remap_filter(struct plan *p, struct plan_node *n, const struct plan_node *to,
	     const uint16_t *map)
{
	struct schema was = n->schema;

	if (map)
		n->predicate = expr_remap(n->predicate, map, p->arena);
	n->schema = to->schema;
	redirect(p, n, n, &was, map);
}

/* Readers of `from` read `to` instead, as if nothing had changed. */
static void
redirect(struct plan *p, const struct plan_node *from, struct plan_node *to,
	 const struct schema *was, const uint16_t *map)
{
	struct plan_node *same = NULL;

	for (unsigned i = 0; i < p->n; i++) {
		struct plan_node *r = p->nodes[i];

		for (unsigned k = 0; k < r->ninputs; k++) {
			if (r->inputs[k] != from)
				continue;
			if (r->kind == PLAN_PROJECT) {
				remap_project(p, r, map);
				r->inputs[k] = to;
			} else if (r->kind == PLAN_FILTER) {
				r->inputs[k] = to;
				remap_filter(p, r, to, map);
			} else {
				if (!same)
					same = columns_again(p->arena, to, was,
							     map);
				r->inputs[k] = same;
			}
		}
	}
}

static void
unite(struct plan *p, const struct side *kept, const struct side *gone)
{
	struct schema was = kept->agg->schema;
	uint16_t *map = arena_array(p->arena, gone->agg->schema.ncols,
				    uint16_t);

	join_inputs(p->arena, kept, gone);
	join_aggregates(p->arena, kept->agg, gone->agg, map);
	if (kept->agg->schema.ncols > was.ncols)
		redirect(p, kept->agg, kept->agg, &was, NULL);
	redirect(p, gone->agg, kept->agg, &gone->agg->schema, map);
}

/* Inputs come before their readers: windows of windows find their inputs
 * united already. */
void
rewrite_unite(struct plan *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct side y;

		if (!plan_has_windows(p->nodes[i]))
			continue;
		y = side_of(p->arena, p->nodes[i]);
		for (unsigned k = 0; k < i; k++) {
			struct side x;

			if (!plan_has_windows(p->nodes[k]) ||
			    p->nodes[k]->nreaders == 0)
				continue;
			x = side_of(p->arena, p->nodes[k]);
			if (!unitable(&x, &y))
				continue;
			unite(p, &x, &y);
			p->nodes[i]->nreaders = 0; /* nobody's any more */
			break;
		}
	}
	plan_number(p);
}
