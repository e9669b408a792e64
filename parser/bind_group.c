/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_group.c - GROUP BY: a projection that computes keys, arguments
 * and filters, an aggregate over it, and the select list lifted above that.
 */
#include <ctype.h>
#include <string.h>

#include "base/check.h"
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

static int
check_virtual_key(struct group_builder *gb, unsigned k)
{
	const struct expr *e = gb->g->keys[k];

	if (gb->window && gb->place[k] == KEY_WINDOW_TIME &&
	    !grouping_has(gb->g, k))
		return bind_error(gb->b, gb->g->key_at[k], ERR_UNSUPPORTED,
				  "window_time in only some of the grouping "
				  "sets is not supported");
	if (e->kind == EXPR_COLUMN || !expr_reads_virtual(e))
		return 0;
	return bind_error(gb->b, gb->g->key_at[k], ERR_UNSUPPORTED,
			  "an expression of window columns in GROUP BY is not "
			  "supported yet");
}

static int
place_keys(struct group_builder *gb)
{
	bool start = false, end = false;

	for (unsigned k = 0; k < gb->g->nkeys; k++) {
		enum window_role role = key_role(gb->in, gb->g->keys[k]);

		start |= role == ROLE_START && grouping_has(gb->g, k);
		end |= role == ROLE_END && grouping_has(gb->g, k);
	}
	gb->window = gb->in->state != NO_WINDOW && start && end;
	gb->cascade = gb->window && gb->in->state == WINDOW_DONE;
	if (!gb->window && gb->in->group_window)
		return bind_error(gb->b, gb->in->window_at, ERR_UNSUPPORTED,
				  "a window in only some of the grouping sets "
				  "is not supported");
	if (!gb->window &&
	    bind_refuse_pending(gb->b, gb->in, gb->in->window_at) < 0)
		return -1;
	for (unsigned k = 0; k < gb->g->nkeys; k++) {
		if (gb->window)
			gb->place[k] = (enum key_place)
				key_role(gb->in, gb->g->keys[k]);
		if (check_virtual_key(gb, k) < 0)
			return -1;
	}
	/* Windows of windows close with the last slide of the inner one; where
	 * they begin is then an ordinary key, unless they do not overlap. So
	 * is where they end, when they go by a local clock: ends that it jumps
	 * over are all reached in the same moment. */
	if (!gb->cascade || gb->in->window.slide_us == gb->in->window.size_us)
		return 0;
	for (unsigned k = 0; k < gb->g->nkeys; k++)
		if (gb->place[k] == KEY_WINDOW_START ||
		    (gb->place[k] == KEY_WINDOW_END && gb->in->window.is_ltz))
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

static int
check_argument(struct group_builder *gb, const struct expr *e)
{
	if (!expr_reads_virtual(e))
		return 0;
	bind_error(gb->b, e->at, ERR_UNSUPPORTED, "window columns inside of "
		   "aggregate functions are not supported yet");
	error_hint(gb->b->err, "aggregate a column of the input");
	return -1;
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

static int
add_aggregate(struct group_builder *gb, const struct bound_aggregate *agg)
{
	struct plan_aggregate *p = &gb->group->aggs[gb->group->naggs];

	for (unsigned i = 0; i < agg->e.nargs; i++)
		if (check_argument(gb, agg->e.args[i]) < 0)
			return -1;
	if (agg->filter && check_argument(gb, agg->filter) < 0)
		return -1;
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
	return 0;
}

static bool
is_aggregate(const struct expr *e)
{
	return e->kind == EXPR_CALL &&
	       function_get(e->function)->flags & FN_AGGREGATE;
}

static unsigned
count_aggregates(const struct expr *e)
{
	unsigned n = 0;

	if (is_aggregate(e))
		return 1;
	for (unsigned i = 0; i < e->nargs; i++)
		n += count_aggregates(e->args[i]);
	return n;
}

static int
collect(struct group_builder *gb, const struct expr *e)
{
	const struct bound_aggregate *agg = (const struct bound_aggregate *)e;

	if (!is_aggregate(e)) {
		for (unsigned i = 0; i < e->nargs; i++)
			if (collect(gb, e->args[i]) < 0)
				return -1;
		return 0;
	}
	for (unsigned i = 0; i < gb->naggs; i++)
		if (expr_equal_bound(&gb->aggs[i]->e, e))
			return 0;
	gb->aggs[gb->naggs++] = (struct bound_aggregate *)agg;
	return add_aggregate(gb, agg);
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
	if (is_aggregate(e)) {
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
	struct type ts = type_timestamp(3), time = ts;

	if (gb->group->window.is_ltz)
		time = type_timestamp_ltz(3);
	ts.nullable = time.nullable = false;
	gb->window_col = gb->node->schema.ncols;
	add_column(gb->node, "window_start", ts, TIME_ATTR_NONE);
	add_column(gb->node, "window_end", ts, TIME_ATTR_NONE);
	add_column(gb->node, "window_time", time, TIME_ATTR_ROWTIME);
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
	struct plan_node *n;

	if (gb->g->nsets > 0)
		in = add_sets(gb, in);
	n = plan_node_create(gb->b->a,
			     gb->window ? PLAN_WINDOW_AGGREGATE
					: PLAN_GROUP_AGGREGATE, 1, &in);
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
	if (gb->cascade) {
		w->kind = WINDOW_TUMBLE;
		w->offset_us = (w->offset_us + w->size_us) % w->slide_us;
		w->size_us = w->slide_us;
	}
	time = &gb->in->node->schema.cols[t];
	w->time_col = below(gb, expr_column(t, time->type,
					    (struct span){ 0, 0 }, gb->b->a));
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
	struct group_builder gb = { .b = b, .in = in, .g = g };
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
	if (place_keys(&gb) < 0)
		return -1;
	add_keys(&gb);
	set_window(&gb);
	for (unsigned i = 0; i < g->nitems; i++)
		if (collect(&gb, g->items[i].expr) < 0)
			return -1;
	if (g->having && collect(&gb, g->having) < 0)
		return -1;
	make_node(&gb);
	if (lift_all(&gb) < 0)
		return -1;
	name_state(&gb);
	make_relation(&gb, ret);
	return 0;
}
