/* SPDX-License-Identifier: Apache-2.0
 * parser/plan.c - making nodes of a plan and their schemas.
 */
#include "parser/plan.h"

#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

int
schema_find(const struct schema *s, const char *name)
{
	for (unsigned i = 0; i < s->ncols; i++)
		if (strcmp(s->cols[i].name, name) == 0)
			return (int)i;
	return -1;
}

void
schema_init(struct schema *s, unsigned ncols, struct arena *a)
{
	CHECK(ncols < 0xfe00);
	s->ncols = (uint16_t)ncols;
	s->cols = arena_array(a, ncols, struct schema_column);
}

struct plan_node *
plan_node_create(struct arena *a, enum plan_kind kind, unsigned ninputs,
		 struct plan_node *const *inputs)
{
	static const char *const names[] = {
		[PLAN_SCAN] = "scan",
		[PLAN_VALUES] = "values",
		[PLAN_WATERMARK] = "watermark",
		[PLAN_NORMALIZE] = "upsert_normalize",
		[PLAN_FILTER] = "filter",
		[PLAN_PROJECT] = "project",
		[PLAN_UNION] = "union",
		[PLAN_GROUPING_SETS] = "grouping_sets",
		[PLAN_WINDOW_ASSIGN] = "window_assign",
		[PLAN_SESSION_ASSIGN] = "session_assign",
		[PLAN_WINDOW_AGGREGATE] = "window_aggregate",
		[PLAN_SESSION_AGGREGATE] = "session_aggregate",
		[PLAN_GROUP_AGGREGATE] = "group_aggregate",
		[PLAN_MATERIALIZE] = "sink_materialize",
		[PLAN_TOP] = "top",
		[PLAN_LIMIT] = "limit",
		[PLAN_SCALAR] = "scalar",
		[PLAN_SINK] = "sink",
	};
	struct plan_node *n = arena_new(a, struct plan_node);

	n->kind = kind;
	n->name = names[kind];
	n->ninputs = ninputs;
	n->inputs = arena_array(a, ninputs, struct plan_node *);
	if (ninputs > 0)
		memcpy(n->inputs, inputs, ninputs * sizeof(*inputs));
	return n;
}

unsigned
plan_aggregate_columns(struct plan_aggregate *agg,
		       int *ret[PLAN_AGGREGATE_COLUMNS_MAX])
{
	unsigned n = 0;

	if (agg->arg >= 0)
		ret[n++] = &agg->arg;
	if (agg->filter >= 0)
		ret[n++] = &agg->filter;
	for (unsigned i = 0; i < agg->nmore; i++)
		if (agg->more[i].column >= 0)
			ret[n++] = &agg->more[i].column;
	return n;
}

struct plan_node *
plan_filter(struct arena *a, struct plan_node *in, struct expr *predicate)
{
	struct plan_node *n = plan_node_create(a, PLAN_FILTER, 1, &in);

	n->schema = in->schema;
	n->predicate = predicate;
	return n;
}

struct plan_node *
plan_project(struct arena *a, struct plan_node *in, unsigned n,
	     struct expr *const *exprs, const char *const *names)
{
	struct plan_node *p = plan_node_create(a, PLAN_PROJECT, 1, &in);

	schema_init(&p->schema, n, a);
	p->exprs = arena_array(a, n, struct expr *);
	for (unsigned i = 0; i < n; i++) {
		struct schema_column *c = &p->schema.cols[i];

		CHECK(exprs[i]->type.kind != TYPE_NULL);
		p->exprs[i] = exprs[i];
		c->name = names[i];
		c->type = exprs[i]->type;
		if (exprs[i]->kind == EXPR_COLUMN) {
			const struct schema_column *from =
				&in->schema.cols[exprs[i]->column];

			if (from->type.kind == c->type.kind)
				c->time = from->time;
		} else if (exprs[i]->kind == EXPR_CALL &&
			   exprs[i]->function == FN_PROCTIME) {
			c->time = TIME_ATTR_PROCTIME;
		}
	}
	return p;
}

struct plan_node *
plan_sets(struct arena *a, struct plan_node *in, unsigned nkeys,
	  const uint16_t *keys, unsigned nsets, const uint64_t *sets)
{
	struct plan_node *n = plan_node_create(a, PLAN_GROUPING_SETS, 1, &in);
	struct plan_sets *p = arena_new(a, struct plan_sets);
	struct schema_column *c;

	*p = (struct plan_sets){ .nkeys = (uint16_t)nkeys, .nsets = nsets,
				 .sets = sets };
	p->keys = arena_array(a, nkeys, uint16_t);
	n->sets = p;
	schema_init(&n->schema, in->schema.ncols + nkeys + 1u, a);
	memcpy(n->schema.cols, in->schema.cols,
	       in->schema.ncols * sizeof(*n->schema.cols));
	c = n->schema.cols + in->schema.ncols;
	for (unsigned k = 0; k < nkeys; k++, c++) {
		p->keys[k] = keys[k];
		*c = in->schema.cols[keys[k]];
		c->time = TIME_ATTR_NONE;
		for (unsigned s = 0; s < nsets; s++)
			if (!(sets[s] >> k & 1))
				c->type.nullable = true;
	}
	c->name = "grouping_set";
	c->type = TYPE_OF(TYPE_INT);
	c->type.nullable = false;
	return n;
}

struct plan_node *
plan_rows(struct arena *a, uint32_t rows)
{
	struct plan_node *n = plan_node_create(a, PLAN_SCAN, 0, NULL);
	struct plan_scan *scan = arena_new(a, struct plan_scan);
	struct options *options = arena_new(a, struct options);
	struct type type = TYPE_OF(TYPE_BIGINT);

	type.nullable = false;
	options->connector = "values";
	n->scan = scan;
	scan->table = arena_printf(a, "values(%u)", rows);
	scan->hints = "";
	scan->options = options;
	scan->rows = rows;
	scan->ncols = 1;
	scan->cols = arena_new(a, struct scan_column);
	*scan->cols = (struct scan_column){ .name = "row", .type = type,
					    .wanted = true };
	schema_init(&n->schema, 1, a);
	n->schema.cols[0] = (struct schema_column){ .name = "row",
						    .type = type };
	return n;
}

struct plan_node *
plan_top(struct arena *a, struct plan_node *in, const struct plan_top *top)
{
	struct plan_node *n = plan_node_create(a, PLAN_TOP, 1, &in);

	n->top = arena_new(a, struct plan_top);
	*n->top = *top;
	schema_init(&n->schema, in->schema.ncols, a);
	for (unsigned i = 0; i < in->schema.ncols; i++) {
		n->schema.cols[i] = in->schema.cols[i];
		if (top->nkeys > 0)
			n->schema.cols[i].time = TIME_ATTR_NONE;
	}
	return n;
}

struct plan_node *
plan_scalar(struct arena *a, struct plan_node *in, struct plan_node *value)
{
	struct plan_node *const inputs[2] = { in, value };
	struct plan_node *n = plan_node_create(a, PLAN_SCALAR, 2, inputs);
	struct schema_column *c;

	schema_init(&n->schema, in->schema.ncols + 1u, a);
	if (in->schema.ncols)
		memcpy(n->schema.cols, in->schema.cols,
		       in->schema.ncols * sizeof(*n->schema.cols));
	c = &n->schema.cols[in->schema.ncols];
	*c = value->schema.cols[0];
	c->type.nullable = true;
	c->time = TIME_ATTR_NONE;
	return n;
}
