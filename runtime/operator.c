/* SPDX-License-Identifier: Apache-2.0
 * runtime/operator.c - what an operator may ask of the pipeline around it.
 * op_emit() is the only door for rows: it never calls another operator, it
 * appends to the queues of the edges, so that every step can stop anywhere.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/tap.h"

struct op *
op_check(struct op *op, const struct op_type *type)
{
	CHECK(op != NULL);
	CHECK(op->magic == OP_MAGIC);
	CHECK(op->type == type);
	return op;
}

struct pipeline *
pipeline_check(struct pipeline *p)
{
	CHECK(p != NULL);
	CHECK(p->magic == PIPELINE_MAGIC);
	return p;
}

struct drive *
pipeline_drive(const struct op *op)
{
	struct drive *d = &op->p->drive[op->node->number];

	CHECK(d->op == op);
	return d;
}

/* ---- edges ---- */

static void
edge_grow(struct edge *e)
{
	unsigned size = e->size ? 2 * e->size : EDGE_BATCHES_MAX;
	struct batch **ring = mem_alloc(size * sizeof(struct batch *));

	for (unsigned i = 0; i < e->n; i++)
		ring[i] = e->queue[(e->head + i) % e->size];
	free(e->queue);
	e->queue = ring;
	e->size = size;
	e->head = 0;
}

void
edge_push(struct edge *e, struct batch *b_take)
{
	if (e->n == e->size)
		edge_grow(e);
	e->queue[(e->head + e->n) % e->size] = b_take;
	e->n++;
	if (e->n > e->n_most)
		e->n_most = e->n;
}

struct batch *
edge_pop(struct edge *e)
{
	struct batch *b;

	if (e->n == 0)
		return NULL;
	b = e->queue[e->head];
	e->head = (e->head + 1) % e->size;
	e->n--;
	return b;
}

void
edge_clear(struct edge *e)
{
	struct batch *b;

	while ((b = edge_pop(e)))
		batch_unref(b);
}

/* ---- rows out ---- */

static uint64_t
rows_retracted(const struct batch *b)
{
	uint64_t n = 0;

	if (!b->weight)
		return 0;
	batch_each(b, row)
		n += b->weight[row] < 0;
	return n;
}

/* A scan's dead rows are still seen by the watermark operators above it. */
static bool
edge_wants(const struct edge *e, const struct batch *b)
{
	if (e->done)
		return false;
	return b->nsel > 0 || e->to->node->kind == PLAN_WATERMARK;
}

void
op_emit(struct op *op, struct batch *out_take)
{
	struct batch *b = out_take;

	CHECK(b->schema->ncols == op->node->schema.ncols);
#if defined(__SANITIZE_ADDRESS__) || defined(SLUICE_DEBUG)
	batch_check(b);
#endif
	if (b->now_us == 0) /* made here, not derived from rows that came */
		b->now_us = op->now_us;
	if (b->nsel > 0) {
		stat_add(op->stats.rows_out, b->nsel);
		stat_add(op->stats.rows_retracted, rows_retracted(b));
		stat_add(op->stats.batches, 1);
	}
	if (op->tap)
		op_show(op, b, NULL);
	for (unsigned i = 0; i < op->nout; i++) {
		if (edge_wants(op->out[i], b))
			edge_push(op->out[i], batch_ref(b));
	}
	batch_unref(b);
}

void
op_show(struct op *op, const struct batch *b, const uint8_t *kinds)
{
	for (struct tap *t = op->tap; t; t = tap_next(t))
		tap_put(t, b, kinds);
}

bool
op_full(const struct op *op)
{
	for (unsigned i = 0; i < op->nout; i++) {
		if (op->out[i]->n >= EDGE_BATCHES_MAX)
			return true;
	}
	return false;
}

bool
op_is_dead(const struct op *op)
{
	for (unsigned i = 0; i < op->nout; i++) {
		if (!op->out[i]->done)
			return false;
	}
	return op->nout > 0;
}

/* The operator wants no rows any more; nor do those below it that fed nobody
 * else. The depth is that of the plan. */
void
op_done(struct op *op)
{
	for (unsigned i = 0; i < op->nin; i++) {
		struct edge *e = op->in[i];

		if (e->done)
			continue;
		e->done = true;
		edge_clear(e);
		if (op_is_dead(e->from))
			op_done(e->from);
	}
}

void
op_hold(struct op *op)
{
	struct drive *d = pipeline_drive(op);

	if (!d->held)
		op->p->nheld++;
	d->held = true;
}

void
op_value_known(struct op *op)
{
	op->p->value_known = true;
}

/* ---- surroundings ---- */

void
op_timer(struct op *op, int64_t at_us)
{
	op->timer_us = at_us;
}

void
op_clock_moved(struct op *op)
{
	op->p->clock_moves++;
}

struct batch_pool *
op_pool(const struct op *op)
{
	return op->p->pool;
}

const struct zone *
op_zone(const struct op *op)
{
	return op->p->plan->zone;
}

uint64_t
op_seed(const struct op *op)
{
	return op->p->env.seed;
}

const char *
op_source(const struct op *op)
{
	const char *source = op->p->sources[op->node->number];

	CHECK(source != NULL);
	return source;
}

/* ---- state ---- */

int
op_table(struct op *op, const struct table_def *def, unsigned *ret_table,
	 struct error *err)
{
	struct pipeline *p = op->p;
	unsigned number = 0;

	if (def->nkeys == 0 || def->nkeys > def->schema->ncols)
		return error_set(err, ERR_INTERNAL,
				 "%s declares table %s with %u key columns",
				 op->type->name, def->suffix, def->nkeys);
	for (unsigned i = 0; i < p->ntables; i++)
		number += p->tables[i].op == op;
	if (p->ntables == p->tables_size) {
		p->tables_size = p->tables_size ? 2 * p->tables_size : 8;
		p->tables = mem_realloc(p->tables, p->tables_size *
					sizeof(*p->tables));
	}
	p->tables[p->ntables++] = (struct state_table){
		.op = op, .number = number, .def = def,
	};
	*ret_table = number;
	return 0;
}

void
op_view(struct op *op, const struct view_def *view)
{
	op->p->views[op->node->number] = view;
}

void
op_name_state(struct op *op, const char *state_name)
{
	op->state_name = arena_strdup(op->arena, state_name);
}

int
op_state_damaged(const struct op *op, struct error *err)
{
	return error_set(err, ERR_STORE_DAMAGED,
			 "a row of %s cannot be one that was written",
			 op->state_name ? op->state_name : "the state");
}
