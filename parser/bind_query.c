/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_query.c - SELECT: FROM, WHERE, the list, GROUP BY where there is
 * one, HAVING, DISTINCT; each becomes a node over the last. And what stands
 * around any query: WITH.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"
#include "parser/types_infer.h"

/* ---- the select list ---- */

void
select_list_add(struct bind *b, struct select_list *l, struct select_item item)
{
	if (l->n == l->room) {
		struct select_item *more;

		l->room = l->room ? 2 * l->room : 16;
		more = arena_array(b->a, l->room, struct select_item);
		if (l->n)
			memcpy(more, l->items, l->n * sizeof(*more));
		l->items = more;
	}
	l->items[l->n++] = item;
}

/* r.*: the fields of a column of type ROW. */
static int
expand_row(struct bind *b, const struct rel *rel, const struct ast_expr *star,
	   struct select_list *l)
{
	struct scope scope = { .rel = rel, .clause = "SELECT" };
	struct expr *row, *field;

	if (bind_column(b, &scope, star, &row) < 0)
		return -1;
	if (row->type.kind != TYPE_ROW)
		return bind_error(b, star->at, ERR_TYPE_MISMATCH,
				  "before .* stands a table, an alias or a "
				  "column of type ROW");
	for (unsigned i = 0; i < row->type.length; i++) {
		const char *name = row->type.fields[i].name;

		if (bind_field(b, row, name, star->at, &field) < 0)
			return -1;
		select_list_add(b, l, (struct select_item){
			.expr = field, .name = name, .at = star->at,
		});
	}
	return 0;
}

static int
expand_star(struct bind *b, const struct rel *rel, const struct ast_expr *star,
	    struct select_list *l)
{
	const char *q = star->name.nparts
		? star->name.part[star->name.nparts - 1] : NULL;
	unsigned before = l->n;

	for (unsigned i = 0; i < rel->ncols; i++) {
		const struct rel_column *c = &rel->cols[i];

		if (q && (!c->qualifier || strcmp(c->qualifier, q) != 0))
			continue;
		select_list_add(b, l, (struct select_item){
			.expr = expr_column(c->column, c->type, star->at,
					    b->a),
			.name = c->name, .at = star->at,
		});
	}
	if (!q || l->n > before)
		return 0;
	for (unsigned i = 0; i < rel->ncols; i++)
		if (star->name.nparts > 1 ||
		    strcmp(rel->cols[i].name, q) == 0)
			return expand_row(b, rel, star, l);
	return bind_error(b, star->at, ERR_UNKNOWN_ALIAS,
			  "there is no table or alias \"%s\" in FROM", q);
}

/* The name of a column that has no alias: its own, else Flink's EXPR$n. */
static const char *
item_name(struct bind *b, const struct ast_select_item *item, unsigned i)
{
	const struct ast_name *n = &item->expr->name;

	if (item->alias)
		return arena_strdup(b->a, item->alias);
	if (item->expr->kind == AST_COLUMN || item->expr->kind == AST_FIELD)
		return arena_strdup(b->a, n->part[n->nparts - 1]);
	return arena_printf(b->a, "EXPR$%u", i);
}

static bool
is_grouped(const struct ast_query *q)
{
	if (q->has_group_by || q->having)
		return true;
	for (const struct ast_select_item *i = q->items; i; i = i->next)
		if (bind_has_aggregate(i->expr))
			return true;
	for (const struct ast_expr *e = q->order_by; e; e = e->next)
		if (bind_has_aggregate(e))
			return true;
	return false;
}

static int
bind_list(struct bind *b, const struct rel *rel, const struct ast_query *q,
	  struct select_list *l)
{
	struct scope scope = { .rel = rel, .clause = "SELECT", .queries = true,
			       .aggregates = true,
			       .grouped = is_grouped(q) };

	for (const struct ast_select_item *i = q->items; i; i = i->next) {
		struct select_item item = { .named = i->alias != NULL,
					    .at = i->expr->at };

		if (i->expr->kind == AST_STAR) {
			if (expand_star(b, rel, i->expr, l) < 0)
				return -1;
			continue;
		}
		if (bind_expr(b, &scope, i->expr, &item.expr) < 0)
			return -1;
		item.name = item_name(b, i, l->n);
		select_list_add(b, l, item);
	}
	return 0;
}

/* A name that is there already gets a number behind it: a, a0, a1. */
static void
unique_names(struct bind *b, struct select_list *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		const char *base = l->items[i].name;
		unsigned n = 0;

		for (unsigned j = 0; j < i; j++) {
			if (strcmp(l->items[j].name, l->items[i].name) != 0)
				continue;
			l->items[i].name = arena_printf(b->a, "%s%u", base,
							n++);
			j = (unsigned)-1; /* look again from the first */
		}
	}
}

/* ---- WHERE ---- */

static int
bind_where(struct bind *b, const struct ast_query *q, struct rel *rel)
{
	struct scope scope = { .rel = rel, .clause = "WHERE", .queries = true };
	struct expr *e;

	if (!q->where)
		return 0;
	if (bind_predicate(b, &scope, q->where, &e) < 0)
		return -1;
	bind_scalars_above(b, e, &rel->node);
	if (expr_reads_virtual(e)) {
		bind_assigned(e, bind_assign(b, rel));
	} else if (rel->state == WINDOW_PENDING &&
		   rel->window.kind == WINDOW_SESSION) {
		rel->where = rel->where ? expr_and(rel->where, e, b->a) : e;
		return 0;
	}
	rel->node = plan_filter(b->a, rel->node, e);
	return 0;
}

/* ---- the projection ---- */

static enum window_role
role_of(const struct rel *rel, const struct expr *e)
{
	if (e->kind != EXPR_COLUMN)
		return ROLE_NONE;
	if (IS_VIRTUAL(e->column))
		return (enum window_role)(e->column - VIRTUAL_COLUMN(0));
	for (unsigned i = 0; i < rel->ncols; i++)
		if (rel->cols[i].column == e->column)
			return rel->cols[i].role;
	return ROLE_NONE;
}

static int
check_untyped(struct bind *b, const struct select_item *item)
{
	if (item->expr->type.kind != TYPE_NULL)
		return 0;
	return bind_error(b, item->at, ERR_UNTYPED_NULL, "the type of NULL is "
			  "not known here: write CAST(NULL AS ...)");
}

/* A select list as columns of a node in the making. */
struct projection {
	unsigned n;
	struct expr **exprs;
	const char **names;
};

static uint16_t
carry_column(struct bind *b, const struct rel *in, struct projection *p,
	     uint16_t column)
{
	const struct schema_column *c = &in->node->schema.cols[column];

	for (unsigned i = 0; i < p->n; i++)
		if (p->exprs[i]->kind == EXPR_COLUMN &&
		    p->exprs[i]->column == column)
			return (uint16_t)i;
	p->exprs[p->n] = expr_column(column, c->type, (struct span){ 0, 0 },
				     b->a);
	p->names[p->n] = c->name;
	return (uint16_t)p->n++;
}

/* What the windows still have to know travels along unseen. */
static void
carry_window(struct bind *b, const struct rel *in, struct projection *p,
	     struct rel *ret)
{
	unsigned ncols = in->node->schema.ncols;
	struct plan_window *w = &ret->window;
	bool *read = arena_array(b->a, ncols, bool);
	uint16_t *map = arena_array(b->a, ncols, uint16_t);

	w->time_col = carry_column(b, in, p, in->window.time_col);
	w->partition = arena_array(b->a, w->npartition, uint16_t);
	for (unsigned i = 0; i < w->npartition; i++)
		w->partition[i] = carry_column(b, in, p,
					       in->window.partition[i]);
	if (!in->where)
		return;
	expr_columns(in->where, read);
	for (unsigned i = 0; i < ncols; i++)
		if (read[i])
			map[i] = carry_column(b, in, p, (uint16_t)i);
	ret->where = expr_remap(in->where, map, b->a);
}

static bool
computes_windows(const struct select_list *l)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->items[i].expr->kind != EXPR_COLUMN &&
		    expr_reads_virtual(l->items[i].expr))
			return true;
	return false;
}

/* The relation of a select list over `in`; window columns that are still
 * promises stay so, and time attributes travel along. */
int
bind_project(struct bind *b, struct rel *in, const struct select_list *l,
	     struct rel *ret)
{
	struct projection p = { .n = 0 };
	unsigned room;

	for (unsigned i = 0; i < l->n; i++)
		bind_scalars_above(b, l->items[i].expr, &in->node);
	room = l->n + 1u + in->window.npartition + in->node->schema.ncols;
	p.exprs = arena_array(b->a, room, struct expr *);
	p.names = arena_array(b->a, room, const char *);
	if (in->state == WINDOW_PENDING && computes_windows(l)) {
		uint16_t first = bind_assign(b, in);

		for (unsigned i = 0; i < l->n; i++)
			bind_assigned(l->items[i].expr, first);
	}
	*ret = *in;
	ret->ncols = l->n;
	ret->cols = arena_array(b->a, l->n, struct rel_column);
	for (unsigned i = 0; i < l->n; i++) {
		const struct select_item *item = &l->items[i];
		struct rel_column *c = &ret->cols[i];

		if (check_untyped(b, item) < 0)
			return -1;
		*c = (struct rel_column){
			.name = item->name, .type = item->expr->type,
			.role = role_of(in, item->expr), .at = item->at,
			.column = (uint16_t)p.n,
		};
		if (expr_reads_virtual(item->expr)) {
			c->column = item->expr->column;
			continue;
		}
		p.exprs[p.n] = item->expr;
		p.names[p.n++] = item->name;
	}
	if (in->state != NO_WINDOW)
		carry_window(b, in, &p, ret);
	ret->node = plan_project(b->a, in->node, p.n, p.exprs, p.names);
	return 0;
}

/* ---- GROUP BY, HAVING, DISTINCT ---- */

static int
bind_grouped(struct bind *b, const struct ast_query *q,
	     struct query_context *qc, struct rel *rel, struct select_list *l)
{
	struct scope scope = { .rel = rel, .clause = "HAVING", .queries = true,
			       .aggregates = true, .grouped = true };
	struct grouping g = { .q = q, .nitems = l->n, .items = l->items,
			      .nnames = qc->nnames, .names = qc->names };
	struct rel out;

	if (bind_group_keys(b, rel, &g) < 0)
		return -1;
	if (q->having && bind_predicate(b, &scope, q->having, &g.having) < 0)
		return -1;
	for (unsigned i = 0; i < l->n; i++)
		bind_scalars_below(b, l->items[i].expr, &rel->node);
	if (g.having)
		bind_scalars_below(b, g.having, &rel->node);
	if (bind_group(b, rel, &g, &out) < 0 ||
	    bind_state_ttl(b, q, out.node) < 0)
		return -1;
	if (g.having)
		bind_scalars_above(b, g.having, &out.node);
	if (g.having)
		out.node = plan_filter(b->a, out.node, g.having);
	*rel = out;
	return 0;
}

int
bind_distinct(struct bind *b, const struct ast_query *q,
	      struct query_context *qc, struct rel *rel)
{
	struct select_list l = { 0, 0, NULL };
	struct grouping g = { .q = q, .nnames = qc->nnames,
			      .names = qc->names };
	struct rel out;

	g.keys = arena_array(b->a, rel->ncols, struct expr *);
	g.key_at = arena_array(b->a, rel->ncols, struct span);
	for (unsigned i = 0; i < rel->ncols; i++) {
		struct rel_column *c = &rel->cols[i];
		struct expr *e = expr_column(c->column, c->type, c->at, b->a);

		select_list_add(b, &l, (struct select_item){
			.expr = e, .name = c->name, .at = c->at });
		g.keys[g.nkeys] = e;
		g.key_at[g.nkeys++] = c->at;
	}
	g.nitems = l.n;
	g.items = l.items;
	if (bind_group(b, rel, &g, &out) < 0)
		return -1;
	return bind_project(b, &out, &l, rel);
}

/* What is NULL and nothing else is of the type of the column that it goes
 * into. */
static void
type_nulls(struct bind *b, const struct query_context *qc, struct select_list *l)
{
	for (unsigned i = 0; i < l->n && i < qc->ntypes; i++) {
		struct select_item *item = &l->items[i];

		if (item->expr->type.kind == TYPE_NULL &&
		    item->expr->kind == EXPR_LITERAL)
			item->expr = expr_null(qc->types[i], item->at, b->a);
	}
}

static int
bind_no_from(struct bind *b, const struct ast_query *q, struct rel *ret)
{
	for (const struct ast_select_item *i = q->items; i; i = i->next)
		if (i->expr->kind == AST_STAR)
			return bind_error(b, i->expr->at, ERR_SYNTAX,
					  "* stands for the columns of FROM, "
					  "and there is no FROM");
	*ret = (struct rel){ .node = plan_rows(b->a, 1) };
	return 0;
}

static int
bind_select_query(struct bind *b, const struct ast_query *q,
		  struct query_context *qc, struct rel *ret)
{
	struct select_list l = { 0, 0, NULL };
	struct order order;
	unsigned visible;
	struct rel rel;

	if ((q->from ? bind_from(b, q->from, &rel)
		     : bind_no_from(b, q, &rel)) < 0 ||
	    bind_where(b, q, &rel) < 0 || bind_group_window(b, q, &rel) < 0 ||
	    bind_list(b, &rel, q, &l) < 0)
		return -1;
	type_nulls(b, qc, &l);
	visible = l.n;
	if (bind_order(b, q, &rel, is_grouped(q), q->distinct, &l, &order) < 0)
		return -1;
	if (is_grouped(q) ? bind_grouped(b, q, qc, &rel, &l) < 0
			  : bind_state_ttl(b, q, NULL) < 0)
		return -1;
	unique_names(b, &l);
	if (bind_project(b, &rel, &l, ret) < 0)
		return -1;
	ret->name = NULL;
	if (q->distinct && bind_distinct(b, q, qc, ret) < 0)
		return -1;
	bind_top(b, q, qc, &order, visible, ret);
	return 0;
}

/* ---- any query ---- */

/* Each name of WITH can be read by those behind it. All are bound once here,
 * so that one which nobody reads is right as well. */
static int
bind_with(struct bind *b, const struct ast_with *with)
{
	for (; with; with = with->next) {
		struct with_scope *s = arena_new(b->a, struct with_scope);
		struct rel rel;

		s->outer = b->with;
		s->with = with;
		if (bind_with_query(b, s, &rel) < 0)
			return -1;
		b->with = s;
	}
	return 0;
}

static int
bind_body(struct bind *b, const struct ast_query *q, struct query_context *qc,
	  struct rel *ret)
{
	struct order order = { .nkeys = 0 };
	unsigned ncols;

	if (q->kind == AST_SELECT)
		return bind_select_query(b, q, qc, ret);
	if ((q->kind == AST_VALUES_QUERY ? bind_values(b, q, qc, ret)
					 : bind_set(b, q, qc, ret)) < 0)
		return -1;
	ncols = ret->ncols;
	if (bind_order_columns(b, q, ret, &order) < 0)
		return -1;
	bind_top(b, q, qc, &order, ncols, ret);
	return 0;
}

int
bind_query(struct bind *b, const struct ast_query *q, struct query_context *qc,
	   struct rel *ret)
{
	const struct with_scope *outer = b->with;
	struct scalars *around = b->scalars;
	int rc = bind_with(b, q->with);

	b->scalars = arena_new(b->a, struct scalars);
	if (rc == 0)
		rc = bind_body(b, q, qc, ret);
	b->scalars = around;
	b->with = outer;
	return rc;
}
