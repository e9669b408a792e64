/* SPDX-License-Identifier: Apache-2.0
 * parser/rewrite_prune.c - only what is read is carried: needs go down from
 * the sinks, then columns are numbered anew from the scans up. And filters that
 * all readers of a scan share go into the scan.
 */
#include <string.h>

#include "base/check.h"
#include "parser/rewrite.h"

struct prune {
	struct arena *a;
	struct plan *p;
	bool **need;    /* per node, per column of its old schema */
	uint16_t **map; /* per node: old column to new */
};

/* ---- down: who needs what ---- */

static void
need_group(const struct plan_node *n, const bool *need, bool *below)
{
	const struct plan_group *g = n->group;
	bool window = plan_has_windows(n);
	unsigned first = g->nkeys + (window ? 3 : 0);

	for (unsigned i = 0; i < g->nkeys; i++)
		below[g->keys[i]] = true;
	if (window)
		below[g->window.time_col] = true;
	for (unsigned i = 0; i < g->naggs; i++) {
		int *col[PLAN_AGGREGATE_COLUMNS_MAX];
		unsigned ncols = plan_aggregate_columns(&g->aggs[i], col);

		for (unsigned k = 0; need[first + i] && k < ncols; k++)
			below[*col[k]] = true;
	}
}

static void
need_keys(const uint16_t *keys, unsigned nkeys, bool *below)
{
	for (unsigned i = 0; i < nkeys; i++)
		below[keys[i]] = true;
}

/* The window's three columns come behind the input's. */
static void
need_assign(const struct plan_node *n, const bool *need, bool *below)
{
	for (unsigned i = 0; i + 3 < n->schema.ncols; i++)
		below[i] |= need[i];
	below[n->window->time_col] = true;
	need_keys(n->window->partition, n->window->npartition, below);
}

static void
need_same(const struct plan_node *n, const bool *need, bool *below)
{
	for (unsigned i = 0; i < n->schema.ncols; i++)
		below[i] |= need[i];
}

static void
need_watermark(const struct plan_watermark *w, bool *below)
{
	expr_columns(w->watermark, below);
	if (w->time_col != PLAN_NO_COLUMN)
		below[w->time_col] = true;
}

static void
need_below(struct prune *pr, const struct plan_node *n)
{
	const bool *need = pr->need[n->number];
	bool *below = n->ninputs ? pr->need[n->inputs[0]->number] : NULL;

	switch (n->kind) {
	case PLAN_SCAN:
		break;
	case PLAN_VALUES:
		below[0] = true;
		break;
	case PLAN_SINK:
		memset(below, true, n->schema.ncols * sizeof(*below));
		break;
	case PLAN_WATERMARK:
		need_same(n, need, below);
		need_watermark(n->watermark, below);
		break;
	case PLAN_NORMALIZE:
	case PLAN_MATERIALIZE:
		need_same(n, need, below);
		need_keys(n->normalize->keys, n->normalize->nkeys, below);
		break;
	case PLAN_FILTER:
		need_same(n, need, below);
		expr_columns(n->predicate, below);
		break;
	case PLAN_SCALAR:
		for (unsigned i = 0; i + 1 < n->schema.ncols; i++)
			below[i] |= need[i];
		pr->need[n->inputs[1]->number][0] = true;
		break;
	case PLAN_TOP:
	case PLAN_LIMIT:
		need_same(n, need, below);
		for (unsigned k = 0; k < n->top->nkeys; k++)
			below[n->top->keys[k].column] = true;
		break;
	case PLAN_UNION:
		for (unsigned i = 0; i < n->ninputs; i++)
			need_same(n, need, pr->need[n->inputs[i]->number]);
		break;
	case PLAN_PROJECT:
		for (unsigned i = 0; i < n->schema.ncols; i++)
			if (need[i])
				expr_columns(n->exprs[i], below);
		break;
	case PLAN_GROUPING_SETS:
		for (unsigned i = 0; i < n->inputs[0]->schema.ncols; i++)
			below[i] |= need[i];
		need_keys(n->sets->keys, n->sets->nkeys, below);
		break;
	case PLAN_WINDOW_ASSIGN:
	case PLAN_SESSION_ASSIGN:
		need_assign(n, need, below);
		break;
	case PLAN_WINDOW_AGGREGATE:
	case PLAN_SESSION_AGGREGATE:
	case PLAN_GROUP_AGGREGATE:
		need_group(n, need, below);
		break;
	}
}

/* ---- up: new numbers ---- */

static void
number_needed(const bool *need, unsigned n, uint16_t *map, unsigned *ret_n)
{
	*ret_n = 0;
	for (unsigned i = 0; i < n; i++)
		if (need[i])
			map[i] = (uint16_t)(*ret_n)++;
}

static void
keep_columns(struct prune *pr, struct plan_node *n, const bool *need)
{
	struct schema old = n->schema;
	uint16_t *map = pr->map[n->number];
	unsigned count;

	number_needed(need, old.ncols, map, &count);
	schema_init(&n->schema, count, pr->a);
	for (unsigned i = 0; i < old.ncols; i++)
		if (need[i])
			n->schema.cols[map[i]] = old.cols[i];
}

static void
prune_scan(struct prune *pr, struct plan_node *n)
{
	const bool *need = pr->need[n->number];
	struct plan_scan *scan = n->scan;

	keep_columns(pr, n, need);
	for (unsigned i = 0; i < scan->ncols; i++) {
		struct scan_column *c = &scan->cols[i];

		c->wanted = c->wanted && need[c->out];
		c->out = c->wanted ? pr->map[n->number][c->out] : 0;
	}
}

static void
prune_values(struct prune *pr, struct plan_node *n)
{
	const bool *need = pr->need[n->number];
	unsigned ncols = n->schema.ncols, out = 0;

	for (unsigned i = 0; i < n->values->nrows * ncols; i++)
		if (need[i % ncols])
			n->values->cells[out++] = n->values->cells[i];
	keep_columns(pr, n, need);
}

/* The schema is the input's, but for the mark that a watermark sets. */
static void
take_schema(struct prune *pr, struct plan_node *n)
{
	const struct plan_node *in = n->inputs[0];
	const uint16_t *map = pr->map[in->number];
	struct schema old = n->schema;

	memcpy(pr->map[n->number], map, old.ncols * sizeof(*map));
	schema_init(&n->schema, in->schema.ncols, pr->a);
	for (unsigned i = 0; i < in->schema.ncols; i++)
		n->schema.cols[i] = in->schema.cols[i];
	for (unsigned i = 0; i < old.ncols; i++)
		if (pr->need[in->number][i])
			n->schema.cols[map[i]].time = old.cols[i].time;
}

static void
prune_scalar(struct prune *pr, struct plan_node *n)
{
	const struct plan_node *in = n->inputs[0];
	unsigned old = n->schema.ncols, last = in->schema.ncols;
	struct schema_column value = n->schema.cols[old - 1];

	memcpy(pr->map[n->number], pr->map[in->number],
	       (old - 1) * sizeof(*pr->map[0]));
	pr->map[n->number][old - 1] = (uint16_t)last;
	schema_init(&n->schema, last + 1, pr->a);
	for (unsigned i = 0; i < last; i++)
		n->schema.cols[i] = in->schema.cols[i];
	n->schema.cols[last] = value;
}

static void
prune_project(struct prune *pr, struct plan_node *n)
{
	const bool *need = pr->need[n->number];
	const uint16_t *in_map = pr->map[n->inputs[0]->number];
	unsigned old = n->schema.ncols, out = 0;

	for (unsigned i = 0; i < old; i++)
		if (need[i])
			n->exprs[out++] = expr_remap(n->exprs[i], in_map,
						     pr->a);
	keep_columns(pr, n, need);
}

static void
prune_group(struct prune *pr, struct plan_node *n)
{
	const uint16_t *in_map = pr->map[n->inputs[0]->number];
	bool *need = pr->need[n->number];
	struct plan_group *g = n->group;
	bool window = plan_has_windows(n);
	unsigned first = g->nkeys + (window ? 3 : 0), kept = 0;

	for (unsigned i = 0; i < first; i++)
		need[i] = true;
	for (unsigned i = 0; i < g->nkeys; i++)
		g->keys[i] = in_map[g->keys[i]];
	if (window)
		g->window.time_col = in_map[g->window.time_col];
	for (unsigned i = 0; i < g->naggs; i++) {
		struct plan_aggregate agg = g->aggs[i];
		int *col[PLAN_AGGREGATE_COLUMNS_MAX];
		unsigned ncols = plan_aggregate_columns(&agg, col);

		if (!need[first + i])
			continue;
		for (unsigned k = 0; k < ncols; k++)
			*col[k] = in_map[*col[k]];
		g->aggs[kept++] = agg;
	}
	g->naggs = (uint16_t)kept;
	keep_columns(pr, n, need);
}

/* All columns that the input still has pass. */
static void
prune_sets(struct prune *pr, struct plan_node *n)
{
	const struct plan_node *in = n->inputs[0];
	const uint16_t *in_map = pr->map[in->number];
	uint16_t *map = pr->map[n->number];
	struct plan_sets *s = n->sets;
	unsigned added = s->nkeys + 1u, was = n->schema.ncols - added;
	struct schema old = n->schema;

	memcpy(map, in_map, was * sizeof(*map));
	schema_init(&n->schema, in->schema.ncols + added, pr->a);
	memcpy(n->schema.cols, in->schema.cols,
	       in->schema.ncols * sizeof(*n->schema.cols));
	for (unsigned i = 0; i < added; i++) {
		map[was + i] = (uint16_t)(in->schema.ncols + i);
		n->schema.cols[in->schema.ncols + i] = old.cols[was + i];
	}
	for (unsigned i = 0; i < s->nkeys; i++)
		s->keys[i] = in_map[s->keys[i]];
}

/* What the input has, whoever reads it, and the window's columns. */
static void
prune_assign(struct prune *pr, struct plan_node *n)
{
	const struct schema *in = &n->inputs[0]->schema;
	const uint16_t *in_map = pr->map[n->inputs[0]->number];
	struct plan_window *w = n->window;
	struct schema old = n->schema;
	uint16_t *map = pr->map[n->number];
	unsigned carried = old.ncols - 3u;

	memcpy(map, in_map, carried * sizeof(*map));
	schema_init(&n->schema, in->ncols + 3u, pr->a);
	memcpy(n->schema.cols, in->cols, in->ncols * sizeof(*in->cols));
	for (unsigned i = 0; i < carried; i++)
		if (pr->need[n->inputs[0]->number][i])
			n->schema.cols[map[i]].time = old.cols[i].time;
	for (unsigned i = 0; i < 3; i++) {
		map[carried + i] = (uint16_t)(in->ncols + i);
		n->schema.cols[in->ncols + i] = old.cols[carried + i];
	}
	w->time_col = in_map[w->time_col];
	for (unsigned i = 0; i < w->npartition; i++)
		w->partition[i] = in_map[w->partition[i]];
}

/* All inputs of a union have its columns, in its order. */
static void
prune_union(struct prune *pr, struct plan_node *n)
{
	const bool *need = pr->need[n->number];
	struct schema old = n->schema;

	keep_columns(pr, n, need);
	for (unsigned k = 0; k < n->ninputs; k++) {
		struct plan_node *in = n->inputs[k];
		const uint16_t *map = pr->map[in->number];
		unsigned count = n->schema.ncols, out = 0;
		struct expr **exprs = arena_array(pr->a, count, struct expr *);
		const char **names = arena_array(pr->a, count, const char *);
		bool same = in->schema.ncols == count;

		for (unsigned i = 0; i < old.ncols; i++) {
			if (!need[i])
				continue;
			same &= map[i] == out;
			names[out] = old.cols[i].name;
			exprs[out++] = expr_column(
				map[i], in->schema.cols[map[i]].type,
				(struct span){ 0, 0 }, pr->a);
		}
		if (!same)
			n->inputs[k] = plan_project(pr->a, in, count, exprs,
						    names);
	}
}

static void
prune_watermark(struct prune *pr, struct plan_node *n, const uint16_t *in_map)
{
	struct plan_watermark *w = n->watermark;

	take_schema(pr, n);
	w->watermark = expr_remap(w->watermark, in_map, pr->a);
	if (w->time_col != PLAN_NO_COLUMN)
		w->time_col = in_map[w->time_col];
}

static void
prune_node(struct prune *pr, struct plan_node *n)
{
	const uint16_t *in_map = n->ninputs ? pr->map[n->inputs[0]->number]
					    : NULL;

	switch (n->kind) {
	case PLAN_SCAN:
		prune_scan(pr, n);
		break;
	case PLAN_VALUES:
		prune_values(pr, n);
		break;
	case PLAN_WATERMARK:
		prune_watermark(pr, n, in_map);
		break;
	case PLAN_NORMALIZE:
	case PLAN_MATERIALIZE:
		take_schema(pr, n);
		for (unsigned i = 0; i < n->normalize->nkeys; i++)
			n->normalize->keys[i] =
				in_map[n->normalize->keys[i]];
		break;
	case PLAN_FILTER:
		take_schema(pr, n);
		n->predicate = expr_remap(n->predicate, in_map, pr->a);
		break;
	case PLAN_SCALAR:
		prune_scalar(pr, n);
		break;
	case PLAN_TOP:
	case PLAN_LIMIT:
		take_schema(pr, n);
		for (unsigned k = 0; k < n->top->nkeys; k++)
			n->top->keys[k].column =
				in_map[n->top->keys[k].column];
		break;
	case PLAN_PROJECT:
		prune_project(pr, n);
		break;
	case PLAN_UNION:
		prune_union(pr, n);
		break;
	case PLAN_GROUPING_SETS:
		prune_sets(pr, n);
		break;
	case PLAN_WINDOW_ASSIGN:
	case PLAN_SESSION_ASSIGN:
		prune_assign(pr, n);
		break;
	case PLAN_WINDOW_AGGREGATE:
	case PLAN_SESSION_AGGREGATE:
	case PLAN_GROUP_AGGREGATE:
		prune_group(pr, n);
		break;
	case PLAN_SINK:
		CHECK(n->inputs[0]->schema.ncols == n->schema.ncols);
		break;
	}
}

void
rewrite_prune(struct plan *p)
{
	struct prune pr = { .a = p->arena, .p = p };

	pr.need = arena_array(p->arena, p->n, bool *);
	pr.map = arena_array(p->arena, p->n, uint16_t *);
	for (unsigned i = 0; i < p->n; i++) {
		unsigned ncols = p->nodes[i]->schema.ncols;

		pr.need[i] = arena_array(p->arena, ncols, bool);
		pr.map[i] = arena_array(p->arena, ncols, uint16_t);
	}
	for (unsigned i = p->n; i-- > 0;)
		need_below(&pr, p->nodes[i]);
	for (unsigned i = 0; i < p->n; i++)
		prune_node(&pr, p->nodes[i]);
	plan_number(p);
}

/* ---- filters into the scan ---- */

static struct plan_node *
only_reader(const struct plan *p, const struct plan_node *n)
{
	if (n->nreaders != 1)
		return NULL;
	for (unsigned i = n->number + 1; i < p->n; i++)
		for (unsigned k = 0; k < p->nodes[i]->ninputs; k++)
			if (p->nodes[i]->inputs[k] == n)
				return p->nodes[i];
	return NULL;
}

/* Takes the conjuncts that cannot fail. To ask them first is safe: what others
 * are then asked for fewer rows is what AND promises anyway. */
static struct expr *
take_safe(struct expr **e, struct arena *a)
{
	struct expr *left, *right, *l, *r;

	if ((*e)->kind == EXPR_CALL && (*e)->function == FN_AND) {
		left = (*e)->args[0];
		right = (*e)->args[1];
		l = take_safe(&left, a);
		r = take_safe(&right, a);
		*e = expr_and(left, right, a);
		return expr_and(l, r, a);
	}
	if (expr_can_fail(*e) || expr_is_volatile(*e))
		return NULL;
	l = *e;
	*e = NULL;
	return l;
}

static void
bypass(struct plan *p, struct plan_node *gone)
{
	for (unsigned i = 0; i < p->n; i++)
		for (unsigned k = 0; k < p->nodes[i]->ninputs; k++)
			if (p->nodes[i]->inputs[k] == gone)
				p->nodes[i]->inputs[k] = gone->inputs[0];
}

static void
push_into(struct plan *p, struct plan_node *scan)
{
	struct plan_node *above = only_reader(p, scan), *filter = above;
	const struct plan_watermark *w = NULL;
	bool *early;

	if (above && above->kind == PLAN_WATERMARK) {
		w = above->watermark;
		filter = only_reader(p, above);
	}
	if (!filter || filter->kind != PLAN_FILTER)
		return;
	scan->scan->filter = take_safe(&filter->predicate, p->arena);
	if (!filter->predicate)
		bypass(p, filter);
	if (!scan->scan->filter)
		return;
	early = arena_array(p->arena, scan->schema.ncols, bool);
	expr_columns(scan->scan->filter, early);
	if (w) {
		expr_columns(w->watermark, early);
		if (w->time_col != PLAN_NO_COLUMN)
			early[w->time_col] = true;
	}
	scan->scan->early = early;
}

void
rewrite_push_filters(struct plan *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->nodes[i]->kind == PLAN_SCAN)
			push_into(p, p->nodes[i]);
	plan_number(p);
}
