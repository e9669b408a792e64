/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_assign.c - a window function whose rows are wanted one by one:
 * the node that gives each its windows. It is made as late as possible, since
 * GROUP BY of the windows needs no such rows.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

/* window_start0 where the input has a window_start of its own. */
static const char *
name_of_role(const struct rel *rel, enum window_role role, const char *fallback)
{
	for (unsigned i = 0; i < rel->ncols; i++)
		if (rel->cols[i].role == role)
			return rel->cols[i].name;
	return fallback;
}

void
window_columns(const struct plan_window *w, struct schema_column *cols)
{
	struct type ts = type_timestamp(3), time = ts;

	if (w->is_ltz)
		time = type_timestamp_ltz(3);
	ts.nullable = time.nullable = false;
	cols[0] = (struct schema_column){ .name = "window_start", .type = ts };
	cols[1] = (struct schema_column){ .name = "window_end", .type = ts };
	cols[2] = (struct schema_column){
		.name = "window_time", .type = time,
		.time = w->is_proctime ? TIME_ATTR_PROCTIME
				       : TIME_ATTR_ROWTIME,
	};
}

static struct plan_node *
assign_node(struct bind *b, const struct rel *rel)
{
	struct plan_node *in = rel->node, *n;
	uint16_t first = in->schema.ncols;
	bool session = rel->window.kind == WINDOW_SESSION;

	n = plan_node_create(b->a, session ? PLAN_SESSION_ASSIGN
					   : PLAN_WINDOW_ASSIGN, 1, &in);
	n->window = arena_new(b->a, struct plan_window);
	*n->window = rel->window;
	schema_init(&n->schema, first + 3u, b->a);
	memcpy(n->schema.cols, in->schema.cols,
	       first * sizeof(*n->schema.cols));
	/* Rows wait for the end of their session: by their own times all of
	 * them would be late. */
	for (uint16_t i = 0; session && i < first; i++)
		if (n->schema.cols[i].time == TIME_ATTR_ROWTIME)
			n->schema.cols[i].time = TIME_ATTR_NONE;
	window_columns(&rel->window, n->schema.cols + first);
	for (enum window_role r = ROLE_START; r <= ROLE_TIME; r++) {
		struct schema_column *c = &n->schema.cols[first + r -
							  ROLE_START];

		c->name = name_of_role(rel, r, c->name);
	}
	return n;
}

uint16_t
bind_assign(struct bind *b, struct rel *rel)
{
	uint16_t first = rel->node->schema.ncols;
	struct rel_column *cols = arena_array(b->a, rel->ncols,
					      struct rel_column);

	CHECK(rel->state == WINDOW_PENDING);
	CHECK(!rel->group_window);
	rel->node = assign_node(b, rel);
	if (rel->where)
		rel->node = plan_filter(b->a, rel->node, rel->where);
	for (unsigned i = 0; i < rel->ncols; i++) {
		cols[i] = rel->cols[i];
		if (IS_VIRTUAL(cols[i].column))
			cols[i].column = (uint16_t)(first + cols[i].column -
						    VIRTUAL_COLUMN(ROLE_START));
	}
	rel->cols = cols;
	rel->where = NULL;
	rel->state = WINDOW_DONE;
	rel->window.time_col = (uint16_t)(first + 2);
	return first;
}

void
bind_assigned(struct expr *e, uint16_t first)
{
	if (e->kind == EXPR_COLUMN && IS_VIRTUAL(e->column))
		e->column = (uint16_t)(first + e->column -
				       VIRTUAL_COLUMN(ROLE_START));
	for (unsigned i = 0; i < e->nargs; i++)
		bind_assigned(e->args[i], first);
	if (expr_is_aggregate(e)) {
		struct bound_aggregate *agg = (struct bound_aggregate *)e;

		if (agg->filter)
			bind_assigned(agg->filter, first);
	}
}
