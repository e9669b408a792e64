/* SPDX-License-Identifier: Apache-2.0
 * runtime/cut.c - a checkpoint seen from the pipeline: at rest offsets and
 * state agree, so a cut is one walk over the sinks and one over the operators.
 */
#include "base/check.h"
#include "runtime/driver.h"
#include "runtime/operators/scan.h"
#include "runtime/operators/sink.h"

static void
cut_totals(struct pipeline *p, struct snapshot *s)
{
	s->rows_in = pipeline_rows_in(p);
	s->rows_out = pipeline_rows_out(p);
	s->rows_late = pipeline_late(p);
	s->rows_bad = pipeline_errors(p);
	s->clock_moves = p->before.clock_moves + p->clock_moves;
	s->ops = arena_array(&s->arena, p->nops, struct op_summary);
	for (unsigned i = 0; i < p->nops; i++) {
		const struct op *op = p->ops[i];

		if (!op->state_name)
			continue;
		s->ops[s->nops++] = (struct op_summary){
			.state_name = arena_strdup(&s->arena, op->state_name),
			.rows = stat_get(op->stats.state_rows),
			.bytes = stat_get(op->stats.state_bytes),
		};
	}
}

static int64_t
clock_ns(const struct pipeline *p)
{
	return p->env.clock_ns ? p->env.clock_ns() : 0;
}

int
pipeline_cut(struct pipeline *p, uint64_t epoch, int64_t now_us,
	     struct snapshot **ret, struct error *err)
{
	int64_t begin_ns = clock_ns(p);
	struct snapshot *s;

	CHECK(pipeline_at_rest(p));
	CHECK(p->cut_epoch == 0);
	for (unsigned i = 0; i < p->nsinks; i++) {
		if (sink_cut(p->sinks[i], epoch, err) < 0)
			return -1;
	}
	s = snapshot_create(epoch, now_us);
	bad_rows_move(&p->errors, s);
	replay_move(p, s);
	for (unsigned i = 0; i < p->nops; i++) {
		struct op *op = p->ops[i];

		if (op->type->checkpoint &&
		    op->type->checkpoint(op, s, err) < 0) {
			snapshot_destroy(s);
			return -1;
		}
	}
	cut_totals(p, s);
	s->clock_ns = p->env.clock_ns;
	s->stop_ns = clock_ns(p) - begin_ns;
	p->cut_epoch = epoch;
	*ret = s;
	return 0;
}

bool
pipeline_owes(const struct pipeline *p)
{
	for (unsigned i = 0; i < p->nsinks; i++)
		if (sink_owes(p->sinks[i]))
			return true;
	return false;
}

void
pipeline_abandon(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nsinks; i++)
		sink_abandon(p->sinks[i]);
}

int
pipeline_acked(struct pipeline *p, uint64_t *ret_epoch, struct error *err)
{
	uint64_t lowest = UINT64_MAX;

	for (unsigned i = 0; i < p->nsinks; i++) {
		uint64_t epoch = 0;

		if (sink_acked(p->sinks[i], &epoch, err) < 0)
			return -1;
		if (epoch < lowest)
			lowest = epoch;
	}
	*ret_epoch = lowest;
	return 0;
}

int
pipeline_committed(struct pipeline *p, uint64_t epoch, struct error *err)
{
	CHECK(p->cut_epoch == epoch);
	p->cut_epoch = 0;
	for (unsigned i = 0; i < p->nsinks; i++) {
		if (sink_committed(p->sinks[i], epoch, err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < p->nscans; i++)
		scan_committed(p->scans[i]);
	return 0;
}
