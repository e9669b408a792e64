/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_group.c - GROUP BY: a projection that computes keys, arguments
 * and filters, an aggregate over it, and the select list lifted above that.
 */
#include <ctype.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/binder.h"

enum key_place { KEY_PLAIN, KEY_WINDOW_START, KEY_WINDOW_END, KEY_WINDOW_TIME };

struct group_builder {
	struct bind *b;
	const struct rel *in;
	struct grouping *g;
	bool window;
	bool cascade;    /* of the windows that the input's rows stand for */
	enum key_place *place; /* per g->keys */
	uint16_t *key_column;  /* in the aggregate's output, per g->keys */
	unsigned naggs;
	struct bound_aggregate **aggs;
	/* the projection below */
	unsigned nexprs;
	struct expr **exprs;
	struct plan_group *group;
	struct plan_node *node;
	uint16_t window_col;   /* of window_start in the output */
};

static const char *
text_of(const struct group_builder *gb, const struct expr *e)
{
	return expr_text(e, &gb->in->node->schema, gb->b->a);
}

/* ---- which aggregate it is ---- */

static enum window_role
key_role(const struct rel *in, const struct expr *e)
{
	if (e->kind != EXPR_COLUMN)
		return ROLE_NONE;
	if (IS_VIRTUAL(e->column))
		return (enum window_role)(e->column - VIRTUAL_COLUMN(0));
	for (unsigned i = 0; i < in->ncols; i++)
		if (in->cols[i].column == e->column)
			return in->cols[i].role;
	return ROLE_NONE;
}

static bool
is_key(const struct rel *in, const struct grouping *g, uint16_t column)
{
	for (unsigned k = 0; k < g->nkeys; k++)
		if (g->keys[k]->kind == EXPR_COLUMN &&
		    g->keys[k]->column == column &&
		    key_role(in, g->keys[k]) == ROLE_NONE)
			return true;
	return false;
}

/* Sessions can be grouped as such by those whose sessions they are, nobody
 * else (Flink's validGroupKeyPartitionKey). */
static bool
sessions_are_of_keys(const struct rel *in, const struct grouping *g)
{
	const struct plan_window *w = &in->window;

	if (w->kind != WINDOW_SESSION || in->group_window)
		return true;
	if (g->nsets > 0)
		return false;
	for (unsigned i = 0; i < w->npartition; i++)
		if (!is_key(in, g, w->partition[i]))
			return false;
	for (unsigned k = 0; k < g->nkeys; k++) {
		const struct expr *e = g->keys[k];
		bool found = key_role(in, e) != ROLE_NONE;

		for (unsigned i = 0; i < w->npartition && !found; i++)
			found = e->kind == EXPR_COLUMN &&
				e->column == w->partition[i];
		if (!found)
			return false;
	}
	return true;
}

static bool
groups_windows(const struct rel *in, const struct grouping *g)
{
	bool start = false, end = false;

	for (unsigned k = 0; k < g->nkeys; k++) {
		enum window_role role = key_role(in, g->keys[k]);

		start |= role == ROLE_START && grouping_has(g, k);
		end |= role == ROLE_END && grouping_has(g, k);
	}
	/* The clock that closed windows of processing time has gone on. */
	return in->state != NO_WINDOW && start && end &&
	       sessions_are_of_keys(in, g) &&
	       !(in->state == WINDOW_DONE && in->window.is_proctime);
}

/* Arguments of aggregates, with their conditions. */
static bool
aggregates_windows(const struct expr *e)
{
	if (expr_is_aggregate(e))
		return expr_reads_virtual(e);
	for (unsigned i = 0; i < e->nargs; i++)
		if (aggregates_windows(e->args[i]))
			return true;
	return false;
}

/* Before the aggregate something is to be computed from the windows. */
static bool
computes_windows(const struct grouping *g)
{
	for (unsigned k = 0; k < g->nkeys; k++)
		if (g->keys[k]->kind != EXPR_COLUMN &&
		    expr_reads_virtual(g->keys[k]))
			return true;
	for (unsigned i = 0; i < g->nitems; i++)
		if (aggregates_windows(g->items[i].expr))
			return true;
	return g->having && aggregates_windows(g->having);
}

/* What a window function promises is kept by the aggregate, where it can be;
 * else each row gets its windows first. */
static int
settle_input(struct bind *b, struct rel *in, struct grouping *g)
{
	uint16_t first;

	if (in->state != WINDOW_PENDING)
		return 0;
	if (in->group_window && computes_windows(g)) {
		bind_error(b, in->window_at, ERR_UNSUPPORTED, "bounds of a "
			   "window in GROUP BY are not supported inside of "
			   "keys and aggregate functions");
		error_note(b->err, "the window table function gives them as "
			   "columns: FROM TABLE(TUMBLE(TABLE t, ...))");
		return -1;
	}
	if (in->group_window ||
	    (groups_windows(in, g) && !computes_windows(g))) {
		if (in->where)
			in->node = plan_filter(b->a, in->node, in->where);
		return 0;
	}
	first = bind_assign(b, in);
	for (unsigned k = 0; k < g->nkeys; k++)
		bind_assigned(g->keys[k], first);
	for (unsigned i = 0; i < g->nitems; i++)
		bind_assigned(g->items[i].expr, first);
	if (g->having)
		bind_assigned(g->having, first);
	return 0;
}

static int
place_keys(struct group_builder *gb)
{
	const struct plan_window *w = &gb->in->window;

	gb->window = groups_windows(gb->in, gb->g);
	gb->cascade = gb->window && gb->in->state == WINDOW_DONE;
	if (!gb->window && gb->in->group_window)
		return bind_error(gb->b, gb->in->window_at, ERR_UNSUPPORTED,
				  "a window in only some of the grouping sets "
				  "is not supported");
	for (unsigned k = 0; gb->window && k < gb->g->nkeys; k++) {
		gb->place[k] = (enum key_place)key_role(gb->in,
							gb->g->keys[k]);
		if (gb->place[k] == KEY_WINDOW_TIME && !grouping_has(gb->g, k))
			return bind_error(gb->b, gb->g->key_at[k],
					  ERR_UNSUPPORTED, "window_time in "
					  "only some of the grouping sets is "
					  "not supported");
	}
	/* Windows of windows close with the last slide of the inner one; where
	 * they begin is then an ordinary key, unless they do not overlap. So
	 * is where they end, when they go by a local clock: ends that it jumps
	 * over are all reached in the same moment. And for sessions. */
	if (!gb->cascade || (w->slide_us == w->size_us &&
			     w->kind != WINDOW_SESSION))
		return 0;
	for (unsigned k = 0; k < gb->g->nkeys; k++)
		if (gb->place[k] == KEY_WINDOW_START ||
		    (gb->place[k] == KEY_WINDOW_END &&
		     (w->is_ltz || w->kind == WINDOW_SESSION)))
			gb->place[k] = KEY_PLAIN;
	return 0;
}

/* ---- the projection below ---- */

static uint16_t
below(struct group_builder *gb, struct expr *e)
{
	for (unsigned i = 0; i < gb->nexprs; i++)
		if (expr_equal(gb->exprs[i], e))
			return (uint16_t)i;
	gb->exprs[gb->nexprs] = e;
	return (uint16_t)gb->nexprs++;
}

static struct plan_node *
make_projection(struct group_builder *gb)
{
	const char **names = arena_array(gb->b->a, gb->nexprs, const char *);

	for (unsigned i = 0; i < gb->nexprs; i++)
		names[i] = text_of(gb, gb->exprs[i]);
	return plan_project(gb->b->a, gb->in->node, gb->nexprs, gb->exprs,
			    names);
}

/* ---- aggregates ---- */

static const char *
aggregate_text(struct group_builder *gb, const struct bound_aggregate *agg)
{
	struct arena *a = gb->b->a;
	const char *name = function_get(agg->e.function)->name, *text;
	char lower[32];
	size_t n = 0;

	for (; name[n] && n < sizeof(lower) - 1; n++)
		lower[n] = (char)tolower((unsigned char)name[n]);
	lower[n] = '\0';
	text = arena_printf(a, "%s(%s%s", lower,
			    agg->distinct ? "distinct " : "",
			    agg->e.nargs ? text_of(gb, agg->e.args[0]) : "*");
	for (unsigned i = 1; i < agg->e.nargs; i++)
		text = arena_printf(a, "%s, %s", text,
				    text_of(gb, agg->e.args[i]));
	text = arena_printf(a, "%s)", text);
	if (agg->filter)
		text = arena_printf(a, "%s filter(%s)", text,
				    text_of(gb, agg->filter));
	return text;
}

/* The arguments behind the first. */
static void
add_more(struct group_builder *gb, const struct expr *call,
	 struct plan_aggregate *p)
{
	for (unsigned i = 1; i < call->nargs; i++) {
		struct plan_argument *arg = &p->more[p->nmore++];

		CHECK(p->nmore <= PLAN_MORE_MAX);
		if (call->args[i]->kind == EXPR_LITERAL)
			*arg = (struct plan_argument){ -1, call->args[i] };
		else
			arg->column = below(gb, call->args[i]);
	}
}

static void
add_aggregate(struct group_builder *gb, const struct bound_aggregate *agg)
{
	struct plan_aggregate *p = &gb->group->aggs[gb->group->naggs];

	p->function = agg->e.function;
	p->distinct = agg->distinct &&
		      !(function_get(agg->e.function)->flags & FN_ONCE);
	p->arg = agg->e.nargs ? below(gb, agg->e.args[0]) : -1;
	p->filter = agg->filter ? below(gb, agg->filter) : -1;
	add_more(gb, &agg->e, p);
	p->type = agg->e.type;
	p->text = aggregate_text(gb, agg);
	p->state_name = p->text;
	gb->group->naggs++;
}

static unsigned
count_aggregates(const struct expr *e)
{
	unsigned n = 0;

	if (expr_is_aggregate(e))
		return 1;
	for (unsigned i = 0; i < e->nargs; i++)
		n += count_aggregates(e->args[i]);
	return n;
}

static void
collect(struct group_builder *gb, const struct expr *e)
{
	const struct bound_aggregate *agg = (const struct bound_aggregate *)e;

	if (!expr_is_aggregate(e)) {
		for (unsigned i = 0; i < e->nargs; i++)
			collect(gb, e->args[i]);
		return;
	}
	for (unsigned i = 0; i < gb->naggs; i++)
		if (expr_equal_bound(&gb->aggs[i]->e, e))
			return;
	gb->aggs[gb->naggs++] = (struct bound_aggregate *)agg;
	add_aggregate(gb, agg);
}

/* ---- lifting the select list above the aggregate ---- */

static int
not_grouped(struct group_builder *gb, const struct expr *e)
{
	const char *name = "?";

	for (unsigned i = 0; i < gb->in->ncols; i++)
		if (gb->in->cols[i].column == e->column)
			name = gb->in->cols[i].name;
	bind_error(gb->b, e->at, ERR_NOT_GROUPED, "column \"%s\" stands neither "
		   "in GROUP BY nor in an aggregate function", name);
	error_hint(gb->b->err, "add it to GROUP BY, or take MIN(%s)", name);
	return -1;
}

static struct expr *
key_of(struct group_builder *gb, const struct expr *e)
{
	for (unsigned k = 0; k < gb->g->nkeys; k++) {
		const struct expr *key = gb->g->keys[k];
		struct type type = e->type;

		if (!bind_same_key(e, key))
			continue;
		type.nullable |= !grouping_has(gb->g, k);
		return expr_column(gb->key_column[k], type, e->at, gb->b->a);
	}
	return NULL;
}

static int
lift_grouping(struct group_builder *gb, const struct expr *e,
	      struct expr **ret)
{
	const struct plan_group *p = gb->group;
	struct type type = TYPE_OF(TYPE_INT);

	type.nullable = false; /* the number of the set is the last key */
	return bind_grouping_call(gb->b, gb->g, e,
				  expr_column((uint16_t)(p->nkeys - 1), type,
					      e->at, gb->b->a), ret);
}

static int
lift(struct group_builder *gb, struct expr *e, struct expr **ret)
{
	struct expr *copy = e->kind == EXPR_LITERAL ? NULL : key_of(gb, e);

	if (copy) {
		*ret = copy;
		return 0;
	}
	if (e->kind == EXPR_CALL &&
	    function_get(e->function)->flags & FN_OF_SETS)
		return lift_grouping(gb, e, ret);
	if (expr_is_aggregate(e)) {
		unsigned first = gb->group->nkeys + (gb->window ? 3 : 0);

		for (unsigned i = 0; i < gb->naggs; i++) {
			if (!expr_equal_bound(&gb->aggs[i]->e, e))
				continue;
			*ret = expr_column((uint16_t)(first + i), e->type,
					   e->at, gb->b->a);
			return 0;
		}
	}
	if (e->kind == EXPR_COLUMN && gb->window && IS_VIRTUAL(e->column)) {
		*ret = expr_column((uint16_t)(gb->window_col + e->column -
					      VIRTUAL_COLUMN(ROLE_START)),
				   e->type, e->at, gb->b->a);
		return 0;
	}
	if (e->kind == EXPR_COLUMN && IS_SCALAR(e->column)) {
		*ret = e;
		return 0;
	}
	if (e->kind == EXPR_COLUMN)
		return not_grouped(gb, e);
	copy = arena_new(gb->b->a, struct expr);
	*copy = *e;
	copy->args = arena_array(gb->b->a, e->nargs, struct expr *);
	for (unsigned i = 0; i < e->nargs; i++) {
		if (lift(gb, e->args[i], &copy->args[i]) < 0)
			return -1;
		/* A key that a grouping set lacks is NULL there. */
		if (copy->args[i]->type.nullable && !e->args[i]->type.nullable)
			copy->type.nullable = true;
	}
	*ret = copy;
	return 0;
}

/* ---- names for state tables and views ---- */

/* What the query calls output column `column`: its alias, else the sink's
 * name for it; NULL: neither. */
static const char *
given_name(const struct grouping *g, uint16_t column)
{
	for (unsigned i = 0; i < g->nitems; i++) {
		const struct expr *e = g->items[i].expr;

		if (e->kind != EXPR_COLUMN || e->column != column)
			continue;
		if (g->items[i].named)
			return g->items[i].name;
		if (i < g->nnames && strncmp(g->items[i].name, "EXPR$", 5) == 0)
			return g->names[i];
	}
	return NULL;
}

static void
name_state(struct group_builder *gb)
{
	struct plan_group *p = gb->group;
	unsigned first = p->nkeys + (gb->window ? 3 : 0);

	for (unsigned i = 0; i < p->nkeys; i++) {
		const char *name = given_name(gb->g, (uint16_t)i);

		if (name && !(gb->window && strncmp(name, "window_", 7) == 0))
			p->key_names[i] = name;
	}
	for (unsigned i = 0; i < p->naggs; i++) {
		const char *name = given_name(gb->g, (uint16_t)(first + i));

		if (name)
			p->aggs[i].state_name = name;
	}
}

/* ---- the node ---- */

static void
add_column(struct plan_node *n, const char *name, struct type type,
	   enum time_attribute time)
{
	n->schema.cols[n->schema.ncols++] = (struct schema_column){
		.name = name, .type = type, .time = time,
	};
}

static void
add_window_columns(struct group_builder *gb)
{
	struct schema *s = &gb->node->schema;

	gb->window_col = s->ncols;
	window_columns(&gb->group->window, s->cols + s->ncols);
	s->ncols += 3;
}

/* Copies of the keys for each set, and the set's number as one more key. */
static struct plan_node *
add_sets(struct group_builder *gb, struct plan_node *in)
{
	struct plan_group *p = gb->group;
	uint64_t *sets = arena_array(gb->b->a, gb->g->nsets, uint64_t);
	uint16_t first = in->schema.ncols;

	for (unsigned s = 0; s < gb->g->nsets; s++)
		for (unsigned k = 0; k < gb->g->nkeys; k++)
			if (gb->place[k] == KEY_PLAIN &&
			    gb->g->sets[s] >> k & 1)
				sets[s] |= UINT64_C(1) << gb->key_column[k];
	in = plan_sets(gb->b->a, in, p->nkeys, p->keys, gb->g->nsets, sets);
	for (uint16_t k = 0; k <= p->nkeys; k++)
		p->keys[k] = first + k;
	p->key_names[p->nkeys++] = "grouping_set";
	return in;
}

static void
make_node(struct group_builder *gb)
{
	struct plan_group *p = gb->group;
	struct plan_node *in = make_projection(gb);
	enum plan_kind kind = PLAN_GROUP_AGGREGATE;
	struct plan_node *n;

	if (gb->g->nsets > 0)
		in = add_sets(gb, in);
	if (gb->window)
		kind = p->window.kind == WINDOW_SESSION
			       ? PLAN_SESSION_AGGREGATE : PLAN_WINDOW_AGGREGATE;
	n = plan_node_create(gb->b->a, kind, 1, &in);
	n->group = p;
	gb->node = n;
	schema_init(&n->schema, p->nkeys + 3u + p->naggs, gb->b->a);
	n->schema.ncols = 0;
	for (unsigned i = 0; i < p->nkeys; i++)
		add_column(n, p->key_names[i],
			   in->schema.cols[p->keys[i]].type, TIME_ATTR_NONE);
	if (gb->window)
		add_window_columns(gb);
	for (unsigned i = 0; i < p->naggs; i++)
		add_column(n, p->aggs[i].text, p->aggs[i].type,
			   TIME_ATTR_NONE);
	for (unsigned k = 0; k < gb->g->nkeys; k++)
		if (gb->place[k] != KEY_PLAIN)
			gb->key_column[k] = (uint16_t)(gb->window_col +
						       gb->place[k] - 1);
}

/* A window's bound that is an ordinary key. */
static void
name_bound(const struct group_builder *gb, unsigned k, const char **name)
{
	enum window_role role = key_role(gb->in, gb->g->keys[k]);

	if (role == ROLE_START)
		*name = "outer_start";
	else if (role == ROLE_END)
		*name = "outer_end";
}

static void
add_keys(struct group_builder *gb)
{
	struct plan_group *p = gb->group;
	unsigned n = gb->g->nkeys;

	p->keys = arena_array(gb->b->a, n + 1, uint16_t);
	p->key_names = arena_array(gb->b->a, n + 1, const char *);
	for (unsigned k = 0; k < n; k++) {
		uint16_t column, i;

		if (gb->place[k] != KEY_PLAIN)
			continue;
		column = below(gb, gb->g->keys[k]);
		for (i = 0; i < p->nkeys && p->keys[i] != column; i++)
			;
		gb->key_column[k] = i;
		if (i < p->nkeys)
			continue; /* GROUP BY a, a */
		p->keys[i] = column;
		p->key_names[i] = text_of(gb, gb->g->keys[k]);
		if (gb->cascade)
			name_bound(gb, k, &p->key_names[i]);
		p->nkeys++;
	}
}

static void
set_window(struct group_builder *gb)
{
	struct plan_window *w = &gb->group->window;
	const struct schema_column *time;
	uint16_t t = gb->in->window.time_col;

	if (!gb->window)
		return;
	*w = gb->in->window;
	w->npartition = 0;
	if (gb->cascade && w->kind == WINDOW_SESSION) {
		/* All rows of a group have one time: the session's. */
		w->size_us = w->slide_us = US_PER_MS;
	} else if (gb->cascade) {
		w->kind = WINDOW_TUMBLE;
		w->offset_us = (w->offset_us + w->size_us) % w->slide_us;
		w->size_us = w->slide_us;
	}
	time = &gb->in->node->schema.cols[t];
	w->time_col = below(gb, expr_column(t, time->type,
					    (struct span){ 0, 0 }, gb->b->a));
}

static void
set_partition(const struct group_builder *gb, struct plan_window *w)
{
	w->npartition = 0;
	w->partition = arena_array(gb->b->a, gb->g->nkeys, uint16_t);
	for (unsigned k = 0; k < gb->g->nkeys; k++)
		if (key_role(gb->in, gb->g->keys[k]) == ROLE_NONE)
			w->partition[w->npartition++] = gb->key_column[k];
}

/* The relation above: items are columns of the node only where they are lifted
 * plain columns; whoever projects gives names. Here: all of the node's. */
static void
make_relation(struct group_builder *gb, struct rel *ret)
{
	const struct schema *s = &gb->node->schema;

	*ret = (struct rel){ .node = gb->node, .ncols = s->ncols };
	ret->cols = arena_array(gb->b->a, s->ncols, struct rel_column);
	for (uint16_t i = 0; i < s->ncols; i++)
		ret->cols[i] = (struct rel_column){
			.name = s->cols[i].name, .type = s->cols[i].type,
			.column = i,
		};
	if (!gb->window)
		return;
	ret->state = WINDOW_DONE;
	ret->window = gb->in->window;
	ret->window_at = gb->in->window_at;
	ret->window.time_col = (uint16_t)(gb->window_col + 2);
	set_partition(gb, &ret->window);
	for (enum window_role r = ROLE_START; r <= ROLE_TIME; r++)
		ret->cols[gb->window_col + r - 1].role = r;
	for (unsigned k = 0; gb->cascade && k < gb->g->nkeys; k++) {
		enum window_role role = key_role(gb->in, gb->g->keys[k]);

		if (gb->place[k] != KEY_PLAIN || role == ROLE_NONE)
			continue;
		ret->cols[gb->window_col + role - ROLE_START].role = ROLE_NONE;
		ret->cols[gb->key_column[k]].role = role;
	}
}

static int
lift_all(struct group_builder *gb)
{
	struct grouping *g = gb->g;

	for (unsigned i = 0; i < g->nitems; i++)
		if (lift(gb, g->items[i].expr, &g->items[i].expr) < 0)
			return -1;
	return g->having ? lift(gb, g->having, &g->having) : 0;
}

int
bind_group(struct bind *b, const struct rel *in, struct grouping *g,
	   struct rel *ret)
{
	struct rel settled = *in;
	struct group_builder gb = { .b = b, .in = &settled, .g = g };
	unsigned n = g->having ? count_aggregates(g->having) : 0;

	for (unsigned i = 0; i < g->nitems; i++)
		n += count_aggregates(g->items[i].expr);
	gb.place = arena_array(b->a, g->nkeys, enum key_place);
	gb.key_column = arena_array(b->a, g->nkeys, uint16_t);
	gb.aggs = arena_array(b->a, n, struct bound_aggregate *);
	gb.exprs = arena_array(b->a, g->nkeys + (2 + PLAN_MORE_MAX) * n + 1,
			       struct expr *);
	gb.group = arena_new(b->a, struct plan_group);
	gb.group->aggs = arena_array(b->a, n, struct plan_aggregate);
	if (settle_input(b, &settled, g) < 0 || place_keys(&gb) < 0)
		return -1;
	add_keys(&gb);
	set_window(&gb);
	for (unsigned i = 0; i < g->nitems; i++)
		collect(&gb, g->items[i].expr);
	if (g->having)
		collect(&gb, g->having);
	make_node(&gb);
	if (lift_all(&gb) < 0)
		return -1;
	name_state(&gb);
	make_relation(&gb, ret);
	return 0;
}
