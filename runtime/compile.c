/* SPDX-License-Identifier: Apache-2.0
 * runtime/compile.c - a plan becomes operators and edges, one each per node
 * and input; and the way back. Nothing here can be the user's mistake but what
 * an operator finds in open().
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"

static struct op *
op_create(struct pipeline *p, const struct plan_node *node)
{
	const struct op_type *type = op_type_of(node->kind);
	struct op *op;

	CHECK(type->bytes >= sizeof(struct op));
	op = arena_zalloc(&p->arena, type->bytes);
	op->magic = OP_MAGIC;
	op->type = type;
	op->node = node;
	op->p = p;
	op->arena = &p->arena;
	op->wm_us = TIME_NONE;
	op->timer_us = TIME_END;
	op->nin = node->ninputs;
	op->in = arena_array(&p->arena, node->ninputs, struct edge *);
	stat_set(op->stats.watermark_us, TIME_NONE);
	return op;
}

static const char *
table_of(const struct plan_node *node)
{
	return node->scan ? node->scan->table :
	       node->watermark ? node->watermark->table : NULL;
}

/* Offsets and watermarks are kept by source: no two may share a name. */
static const char *
source_name(struct pipeline *p, const struct plan_node *node)
{
	const char *table = table_of(node);
	unsigned n = 1;

	if (!table)
		return NULL;
	for (unsigned i = 0; i < node->number; i++) {
		const struct plan_node *other = p->plan->nodes[i];

		n += other->kind == node->kind &&
		     strcmp(table_of(other), table) == 0;
	}
	return n == 1 ? table : arena_printf(&p->arena, "%s#%u", table, n);
}

static void
edge_init(struct edge *e, struct op *from, struct op *to, unsigned port)
{
	e->from = from;
	e->to = to;
	e->port = port;
	e->wm_us = TIME_NONE;
	e->status = EDGE_ACTIVE;
	to->in[port] = e;
	from->nout++;
}

static const char *
label_of(struct pipeline *p, const struct plan_node *node)
{
	struct buf text;
	const char *label;

	buf_init(&text);
	plan_explain_node(node, &text);
	label = arena_strndup(&p->arena, text.data, text.len);
	buf_release(&text);
	return label;
}

static void
compile_ops(struct pipeline *p)
{
	const struct plan *plan = p->plan;

	p->nops = plan->n;
	p->ops = arena_array(&p->arena, plan->n, struct op *);
	p->drive = arena_array(&p->arena, plan->n, struct drive);
	p->views = arena_array(&p->arena, plan->n, const struct view_def *);
	p->sources = arena_array(&p->arena, plan->n, const char *);
	p->scans = arena_array(&p->arena, plan->n, struct op *);
	p->sinks = arena_array(&p->arena, plan->n, struct op *);
	p->scalars = arena_array(&p->arena, plan->n, struct op *);
	for (unsigned i = 0; i < plan->n; i++) {
		const struct plan_node *node = plan->nodes[i];
		struct op *op;

		CHECK(node->number == i);
		op = op_create(p, node);
		op->label = label_of(p, node);
		p->ops[i] = op;
		p->sources[i] = source_name(p, node);
		p->drive[i].op = op;
		p->drive[i].told_end = arena_array(&p->arena, node->ninputs,
						   bool);
		if (node->kind == PLAN_SCAN)
			p->scans[p->nscans++] = op;
		if (node->kind == PLAN_SINK)
			p->sinks[p->nsinks++] = op;
		if (node->kind == PLAN_SCALAR)
			p->scalars[p->nscalars++] = op;
		p->nedges += node->ninputs;
	}
}

static void
compile_edges(struct pipeline *p)
{
	struct edge *e;

	p->edges = arena_array(&p->arena, p->nedges, struct edge);
	e = p->edges;
	for (unsigned i = 0; i < p->nops; i++) {
		const struct plan_node *node = p->ops[i]->node;

		for (unsigned port = 0; port < node->ninputs; port++) {
			unsigned from = node->inputs[port]->number;

			CHECK(from < i);
			edge_init(e++, p->ops[from], p->ops[i], port);
		}
	}
	for (unsigned i = 0; i < p->nops; i++) {
		struct op *op = p->ops[i];

		op->out = arena_array(&p->arena, op->nout, struct edge *);
		op->nout = 0;
	}
	for (unsigned i = 0; i < p->nedges; i++) {
		struct op *from = p->edges[i].from;

		from->out[from->nout++] = &p->edges[i];
	}
}

static void
groups_join(struct pipeline *p, unsigned a, unsigned b)
{
	for (unsigned i = 0; i < p->nops; i++) {
		if (p->drive[i].group == b)
			p->drive[i].group = a;
	}
}

/* Operators with several inputs tie the groups of these together. */
static void
compile_groups(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nops; i++) {
		const struct op *op = p->ops[i];

		p->drive[i].group = i;
		for (unsigned port = 0; port < op->nin; port++) {
			unsigned in = op->in[port]->from->node->number;

			if (port == 0)
				p->drive[i].group = p->drive[in].group;
			else if (op->node->kind != PLAN_SCALAR)
				groups_join(p, p->drive[i].group,
					    p->drive[in].group);
		}
	}
}

static bool
goes_to_values(const struct pipeline *p, const struct op *op)
{
	for (unsigned k = 0; k < op->nout; k++) {
		const struct edge *e = op->out[k];
		bool value = e->to->node->kind == PLAN_SCALAR && e->port == 1;

		if (!value && !p->drive[e->to->node->number].of_value)
			return false;
	}
	return op->nout > 0;
}

/* Marks all operators that rows of the marked ones come from, but for those of
 * other values. */
static void
mark_inputs(const struct pipeline *p, bool *marks)
{
	for (unsigned i = p->nops; i-- > 0;) {
		const struct op *op = p->ops[i];
		unsigned nin = op->node->kind == PLAN_SCALAR ? 1 : op->nin;

		for (unsigned port = 0; marks[i] && port < nin; port++)
			marks[op->in[port]->from->node->number] = true;
	}
}

/* Whose rows go to a value and nowhere else, and from whom the rows come that
 * wait for one. */
static void
compile_values(struct pipeline *p)
{
	for (unsigned i = p->nops; i-- > 0;)
		p->drive[i].of_value = goes_to_values(p, p->ops[i]);
	p->reads = arena_array(&p->arena, p->nscalars, bool *);
	for (unsigned s = 0; s < p->nscalars; s++) {
		p->reads[s] = arena_array(&p->arena, p->nops, bool);
		p->reads[s][p->scalars[s]->node->number] = true;
		mark_inputs(p, p->reads[s]);
	}
}

int
pipeline_create(const struct plan *plan, const struct pipeline_env *env,
		struct pipeline **ret, struct error *err)
{
	struct pipeline *p = mem_zalloc(sizeof(*p));

	p->magic = PIPELINE_MAGIC;
	p->plan = plan;
	p->env = *env;
	if (p->env.step_batches == 0)
		p->env.step_batches = 4;
	p->last = PIPELINE_IDLE;
	arena_init(&p->arena);
	bad_rows_init(&p->errors);
	p->pool = batch_pool_create();
	compile_ops(p);
	compile_edges(p);
	compile_groups(p);
	compile_values(p);
	if (p->nscans + p->nsinks > PIPELINE_FDS_MAX) {
		error_set(err, ERR_LIMIT,
			  "the statements read %u and write %u tables; one job "
			  "can have %d of both", p->nscans, p->nsinks,
			  PIPELINE_FDS_MAX);
		error_note(err, "divide the statement set into several jobs");
		goto fail;
	}
	for (unsigned i = 0; i < p->nops; i++) {
		struct op *op = p->ops[i];

		if (op->type->open && op->type->open(op, op->node, err) < 0)
			goto fail;
	}
	*ret = p;
	return 0;
fail:
	pipeline_destroy(p);
	return -1;
}

/* Rows first: batches on edges and in operators go back to the pool. */
void
pipeline_destroy(struct pipeline *p)
{
	if (!p)
		return;
	pipeline_check(p);
	pipeline_untap(p);
	for (unsigned i = 0; i < p->nedges; i++) {
		edge_clear(&p->edges[i]);
		free(p->edges[i].queue);
	}
	for (unsigned i = 0; i < p->nops; i++) {
		if (p->ops[i]->type->close)
			p->ops[i]->type->close(p->ops[i]);
	}
	free(p->tables);
	batch_pool_destroy(p->pool);
	bad_rows_release(&p->errors);
	replay_release(p);
	arena_release(&p->arena);
	free(p);
}
