/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_union.c - queries put together: UNION ALL as it stands, UNION as
 * the groups of that, INTERSECT and EXCEPT as those groups that both sides
 * have, or only the first.
 */
#include "base/check.h"
#include "parser/binder.h"
#include "parser/types_infer.h"

static const char *
set_name(const struct ast_query *q)
{
	if (q->kind == AST_INTERSECT)
		return "INTERSECT";
	if (q->kind == AST_EXCEPT)
		return "EXCEPT";
	return q->all ? "UNION ALL" : "UNION";
}

/* ---- one type for each column ---- */

static int
check_width(struct bind *b, const struct ast_query *branch, const char *name,
	    const struct rel *first, const struct rel *rel)
{
	if (rel->ncols == first->ncols)
		return 0;
	return bind_error(b, branch->at, ERR_COLUMN_COUNT,
			  "the parts of %s have different numbers of "
			  "columns: %u and %u", name, first->ncols,
			  rel->ncols);
}

static int
common_types(struct bind *b, const struct ast_query *q, unsigned n,
	     struct rel *rels, struct type *types)
{
	const struct ast_query *branch = q->branches;
	const char *name = set_name(q);

	for (unsigned r = 0; r < n; r++, branch = branch->next) {
		if (check_width(b, branch, name, &rels[0], &rels[r]) < 0)
			return -1;
		for (unsigned i = 0; i < rels[r].ncols; i++) {
			struct type t = rels[r].cols[i].type;
			char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];

			if (r == 0) {
				types[i] = t;
			} else if (!type_common(types[i], t, b->a,
						&types[i])) {
				return bind_error(
					b, rels[r].cols[i].at,
					ERR_NO_COMMON_TYPE,
					"column %u of %s is %s before "
					"and %s here", i + 1, name,
					type_name(types[i], na),
					type_name(t, nb));
			}
		}
	}
	return 0;
}

/* ---- UNION ALL ---- */

static bool
same_windows(unsigned n, const struct rel *rels)
{
	for (unsigned r = 0; r < n; r++) {
		if (rels[r].state != WINDOW_DONE ||
		    !window_equal(&rels[0].window, &rels[r].window))
			return false;
		for (unsigned i = 0; i < rels[0].ncols; i++)
			if (rels[r].cols[i].role != rels[0].cols[i].role)
				return false;
	}
	return true;
}

/* One branch with the columns of all: converted, in order, and the windows'
 * hidden time behind them. */
static int
align_branch(struct bind *b, const struct rel *rel, const struct type *types,
	     const struct rel *first, bool windows, struct plan_node **ret)
{
	unsigned n = rel->ncols;
	struct expr **exprs = arena_array(b->a, n + 1, struct expr *);
	const char **names = arena_array(b->a, n + 1, const char *);

	for (unsigned i = 0; i < n; i++) {
		const struct rel_column *c = &rel->cols[i];
		struct expr *e = expr_column(c->column, c->type, c->at, b->a);

		if (bind_convert(b, e, types[i], &exprs[i]) < 0)
			return -1;
		names[i] = first->cols[i].name;
	}
	if (windows) {
		uint16_t t = rel->window.time_col;

		exprs[n] = expr_column(t, rel->node->schema.cols[t].type,
				       (struct span){ 0, 0 }, b->a);
		names[n++] = "window_time";
	}
	*ret = plan_project(b->a, rel->node, n, exprs, names);
	return 0;
}

/* A column is a time attribute of the union where it is one in each part. */
static void
union_schema(struct bind *b, struct plan_node *u, const struct type *types,
	     unsigned ntypes)
{
	const struct schema *first = &u->inputs[0]->schema;

	schema_init(&u->schema, first->ncols, b->a);
	for (unsigned i = 0; i < first->ncols; i++) {
		struct schema_column *c = &u->schema.cols[i];

		*c = first->cols[i];
		if (i < ntypes)
			c->type.nullable = types[i].nullable;
		for (unsigned r = 1; r < u->ninputs; r++)
			if (u->inputs[r]->schema.cols[i].time != c->time)
				c->time = TIME_ATTR_NONE;
	}
}

static void
union_columns(struct bind *b, const struct rel *first,
	      const struct type *types, bool windows, struct rel *ret)
{
	ret->name = NULL;
	ret->state = windows ? WINDOW_DONE : NO_WINDOW;
	ret->window.time_col = (uint16_t)ret->ncols;
	ret->cols = arena_array(b->a, ret->ncols, struct rel_column);
	for (unsigned i = 0; i < ret->ncols; i++) {
		ret->cols[i] = first->cols[i];
		ret->cols[i].column = (uint16_t)i;
		ret->cols[i].type = types[i];
		ret->cols[i].qualifier = NULL;
		if (!windows)
			ret->cols[i].role = ROLE_NONE;
	}
}

static int
make_union(struct bind *b, unsigned n, const struct rel *rels,
	   const struct type *types, struct rel *ret)
{
	struct plan_node **inputs = arena_array(b->a, n, struct plan_node *);
	bool windows = same_windows(n, rels);

	for (unsigned r = 0; r < n; r++)
		if (align_branch(b, &rels[r], types, &rels[0], windows,
				 &inputs[r]) < 0)
			return -1;
	*ret = rels[0];
	ret->node = plan_node_create(b->a, PLAN_UNION, n, inputs);
	union_schema(b, ret->node, types, ret->ncols);
	union_columns(b, &rels[0], types, windows, ret);
	return 0;
}

static int
bind_branches(struct bind *b, const struct ast_query *q,
	      struct query_context *qc, unsigned *ret_n, struct rel **ret)
{
	unsigned n = 0, r = 0;

	for (const struct ast_query *i = q->branches; i; i = i->next)
		n++;
	*ret = arena_array(b->a, n, struct rel);
	for (const struct ast_query *i = q->branches; i; i = i->next, r++) {
		struct query_context inner = { .inner = true,
					       .nnames = qc->nnames,
					       .names = qc->names,
					       .ntypes = qc->ntypes,
					       .types = qc->types };

		if (bind_query(b, i, &inner, &(*ret)[r]) < 0)
			return -1;
		if ((*ret)[r].state == WINDOW_PENDING)
			bind_assign(b, &(*ret)[r]);
	}
	*ret_n = n;
	return 0;
}

/* ---- INTERSECT, EXCEPT ---- */

/* The columns of a side and whether it is that side: TRUE, NULL. */
static struct plan_node *
marked(struct bind *b, struct plan_node *in, bool left)
{
	unsigned n = in->schema.ncols;
	struct expr **exprs = arena_array(b->a, n + 2, struct expr *);
	const char **names = arena_array(b->a, n + 2, const char *);

	for (uint16_t i = 0; i < n; i++) {
		exprs[i] = expr_column(i, in->schema.cols[i].type,
				       (struct span){ 0, 0 }, b->a);
		names[i] = in->schema.cols[i].name;
	}
	exprs[n] = expr_boolean(left, b->a);
	exprs[n + 1] = expr_boolean(!left, b->a);
	names[n] = "in_first";
	names[n + 1] = "in_second";
	return plan_project(b->a, in, n + 2, exprs, names);
}

/* COUNT(*) FILTER (WHERE column) > 0, or = 0. */
static int
count_of_side(struct bind *b, struct span at, uint16_t column, bool some,
	      struct expr **ret)
{
	struct bound_aggregate *agg = arena_new(b->a, struct bound_aggregate);
	struct expr *args[2] = { &agg->e, arena_new(b->a, struct expr) };
	struct expr *count;

	if (bind_make_call(b, FN_COUNT, at, at, 0, NULL, &count) < 0)
		return -1;
	agg->e = *count;
	agg->filter = expr_column(column, TYPE_OF(TYPE_BOOLEAN), at, b->a);
	args[1]->kind = EXPR_LITERAL;
	args[1]->type = TYPE_OF(TYPE_BIGINT);
	args[1]->type.nullable = false;
	return bind_make_call(b, some ? FN_GT : FN_EQ, at, at, 2, args, ret);
}

/* Groups by all columns of `u` but the two marks behind them. */
static int
keep_groups(struct bind *b, const struct ast_query *q, const struct rel *u,
	    struct rel *ret)
{
	unsigned n = u->ncols;
	struct grouping g = { .q = q, .nkeys = n, .nitems = n };
	struct expr *both[2], **exprs = arena_array(b->a, n, struct expr *);
	const char **names = arena_array(b->a, n, const char *);
	struct rel out;

	g.keys = arena_array(b->a, n, struct expr *);
	g.key_at = arena_array(b->a, n, struct span);
	g.items = arena_array(b->a, n, struct select_item);
	for (unsigned i = 0; i < n; i++) {
		const struct rel_column *c = &u->cols[i];

		g.keys[i] = expr_column(c->column, c->type, c->at, b->a);
		g.key_at[i] = c->at;
		g.items[i] = (struct select_item){
			.expr = g.keys[i], .name = c->name, .at = c->at,
		};
	}
	if (count_of_side(b, q->at, (uint16_t)n, true, &both[0]) < 0 ||
	    count_of_side(b, q->at, (uint16_t)(n + 1),
			  q->kind == AST_INTERSECT, &both[1]) < 0)
		return -1;
	if (bind_make_call(b, FN_AND, q->at, q->at, 2, both, &g.having) < 0 ||
	    bind_group(b, u, &g, &out) < 0)
		return -1;
	out.node = plan_filter(b->a, out.node, g.having);
	for (unsigned i = 0; i < n; i++) {
		exprs[i] = g.items[i].expr;
		names[i] = g.items[i].name;
	}
	*ret = *u;
	ret->node = plan_project(b->a, out.node, n, exprs, names);
	return 0;
}

static int
refuse_all(struct bind *b, const struct ast_query *q)
{
	bind_error(b, q->at, ERR_UNSUPPORTED, "%s ALL is not supported yet",
		   set_name(q));
	error_note(b->err, "without ALL each row of the answer comes once");
	return -1;
}

static int
bind_marked(struct bind *b, const struct ast_query *q, const struct rel *rels,
	    const struct type *types, struct rel *ret)
{
	struct plan_node *inputs[2];
	struct rel u = rels[0];

	for (unsigned i = 0; i < 2; i++) {
		if (align_branch(b, &rels[i], types, &rels[0], false,
				 &inputs[i]) < 0)
			return -1;
		inputs[i] = marked(b, inputs[i], i == 0);
	}
	u.node = plan_node_create(b->a, PLAN_UNION, 2, inputs);
	union_schema(b, u.node, types, u.ncols);
	union_columns(b, &rels[0], types, false, &u);
	return keep_groups(b, q, &u, ret);
}

int
bind_set(struct bind *b, const struct ast_query *q, struct query_context *qc,
	 struct rel *ret)
{
	struct rel *rels;
	struct type *types;
	unsigned n;

	if (q->kind != AST_UNION && q->all)
		return refuse_all(b, q);
	if (bind_branches(b, q, qc, &n, &rels) < 0)
		return -1;
	types = arena_array(b->a, rels[0].ncols, struct type);
	if (common_types(b, q, n, rels, types) < 0)
		return -1;
	if (q->kind != AST_UNION)
		return bind_marked(b, q, rels, types, ret);
	if (make_union(b, n, rels, types, ret) < 0)
		return -1;
	return q->all ? 0 : bind_distinct(b, q, qc, ret);
}
