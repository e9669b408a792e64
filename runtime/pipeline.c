/* SPDX-License-Identifier: Apache-2.0
 * runtime/pipeline.c - the step: one pass over the operators in topological
 * order, at each of them rows, then time, then settle (runtime.md section 1).
 *
 * Everything a pass needs to go on stands in struct drive, nothing on the C
 * stack: a pass may stop before any hook (no room in a sink, pipeline_stop())
 * and goes on there with the next pipeline_step().
 *
 *	at rest --step--> pass --all operators passed--> at rest
 *	                  pass --rows held back--------> pass again, no polling
 *	                  pass --sink has no room------> BLOCKED, the same pass
 *
 * An operator whose out-edge is full waits inside its phase while those below
 * are given their rows early, deepest first; so an edge never has more than
 * EDGE_BATCHES_MAX batches and what one hook adds to them.
 */
#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/operators/scalar.h"
#include "runtime/operators/scan.h"
#include "runtime/operators/sink.h"
#include "runtime/operators/watermark.h"

/* Of a step that had rows to work on, no more than this counts as time in
 * which quiet partitions were polled: the rest was our own work. */
#define BUSY_GAP_MAX_US (100 * US_PER_MS)

/* ---- one hook ---- */

static int64_t
lap(struct pipeline *p)
{
	int64_t now_ns, spent_ns;

	if (!p->env.clock_ns)
		return 0;
	now_ns = p->env.clock_ns();
	spent_ns = now_ns - p->lap_ns;
	p->lap_ns = now_ns;
	return spent_ns;
}

static struct batch *
next_rows(struct op *op, unsigned *ret_port)
{
	for (unsigned port = 0; port < op->nin; port++) {
		struct batch *b = edge_pop(op->in[port]);

		if (b) {
			*ret_port = port;
			return b;
		}
	}
	return NULL;
}

static bool
has_rows(const struct op *op)
{
	for (unsigned port = 0; port < op->nin; port++) {
		if (op->in[port]->n > 0)
			return true;
	}
	return false;
}

static int
push_next(struct drive *d, struct error *err)
{
	struct op *op = d->op;
	unsigned port = 0;
	struct batch *b = next_rows(op, &port);
	int rc;

	d->touched = true;
	stat_add(op->stats.rows_in, b->nsel);
	rc = op->type->push(op, port, b, err);
	batch_unref(b);
	return rc;
}

/* ---- the phases of one operator ---- */

/* PHASE_ROWS of a scan: asked once in each pass of the step. */
static int
rows_of_scan(struct pipeline *p, struct drive *d, struct error *err)
{
	enum scan_may may = SCAN_MAY_POLL;

	d->phase = PHASE_TIME;
	if (!p->polling || d->skip || d->waits)
		may = SCAN_MAY_NOT;
	return scan_poll(d->op, may, p->polling ? p->gap_us : 0, err);
}

static int
phase_rows(struct pipeline *p, struct drive *d, struct error *err)
{
	if (d->op->node->kind == PLAN_SCAN)
		return rows_of_scan(p, d, err);
	if (d->due) {
		d->due = false;
		d->touched = true;
		return d->op->type->resume(d->op, err);
	}
	if (has_rows(d->op))
		return push_next(d, err);
	d->phase = PHASE_TIME;
	return OP_OK;
}

static void
out_edges_follow(struct drive *d)
{
	for (unsigned i = 0; i < d->op->nout; i++) {
		d->op->out[i]->wm_us = d->op->wm_us;
		d->op->out[i]->status = d->status;
	}
}

/* The minimum over active ports; a port that has ended holds nobody back, nor
 * does an idle one, unless all are: then no time is newer than theirs. */
static int64_t
time_of_inputs(const struct op *op, enum edge_status *ret_status)
{
	int64_t active_us = TIME_END, idle_us = TIME_END, ended_us = TIME_END;
	unsigned active = 0, idle = 0;

	for (unsigned port = 0; port < op->nin; port++) {
		const struct edge *e = op->in[port];

		if (e->status == EDGE_ACTIVE) {
			active++;
			if (e->wm_us < active_us)
				active_us = e->wm_us;
		} else if (e->status == EDGE_IDLE) {
			idle++;
			if (e->wm_us < idle_us)
				idle_us = e->wm_us;
		} else if (e->wm_us < ended_us) {
			ended_us = e->wm_us;
		}
	}
	*ret_status = active ? EDGE_ACTIVE : idle ? EDGE_IDLE : EDGE_ENDED;
	if (active)
		return active_us;
	return idle ? idle_us : ended_us;
}

/* A source that has ended keeps its time, so that more rows can follow in
 * another run, until pipeline_finish() says that none will. Beside sources
 * without an end nobody will say so: then its time is over at once. So it is of
 * what only gives a value. */
static int64_t
time_of_scan(struct pipeline *p, const struct op *op,
	     enum edge_status *ret_status)
{
	bool ended = scan_has_ended(op);

	*ret_status = ended || p->final ? EDGE_ENDED : EDGE_ACTIVE;
	if (p->final || (ended && (!p->plan->bounded ||
				   pipeline_drive(op)->of_value)))
		return TIME_END;
	return TIME_NONE;
}

static int64_t
time_of_op(struct pipeline *p, struct op *op, enum edge_status *ret_status)
{
	if (op->node->kind == PLAN_SCAN)
		return time_of_scan(p, op, ret_status);
	if (op->node->kind == PLAN_WATERMARK)
		return watermark_now(op, ret_status);
	return time_of_inputs(op, ret_status);
}

/* Operators come back with the time of their state, before any row can be
 * judged late or not; what watermark() did at the time is in their state. */
static void
times_restore(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nops; i++) {
		struct drive *d = &p->drive[i];
		struct op *op = d->op;

		d->status = EDGE_ACTIVE;
		if (op->node->kind == PLAN_WATERMARK)
			op->wm_us = watermark_restored(op, &d->status);
		else if (op->nin > 0)
			op->wm_us = time_of_inputs(op, &d->status);
		stat_set(op->stats.watermark_us, op->wm_us);
		out_edges_follow(d);
	}
}

static int
phase_time(struct pipeline *p, struct drive *d, struct error *err)
{
	struct op *op = d->op;

	d->phase = PHASE_END;
	d->wm_us = time_of_op(p, op, &d->status);
	if (d->wm_us <= op->wm_us) {
		d->wm_us = op->wm_us;
		return OP_OK;
	}
	d->touched = true;
	return op->type->watermark ? op->type->watermark(op, d->wm_us, err)
				   : OP_OK;
}

/* The last port's end comes behind the final watermark. */
static int
phase_end(struct drive *d, struct error *err)
{
	struct op *op = d->op;

	op->wm_us = d->wm_us;
	stat_set(op->stats.watermark_us, d->wm_us);
	for (unsigned port = 0; port < op->nin; port++) {
		if (d->told_end[port] || op->in[port]->status != EDGE_ENDED)
			continue;
		if (d->status == EDGE_ENDED && op->wm_us != TIME_END)
			continue;
		d->told_end[port] = true;
		if (op->type->end) {
			d->touched = true;
			return op->type->end(op, port, err);
		}
	}
	d->phase = PHASE_TIMER;
	return OP_OK;
}

static int
phase_timer(struct pipeline *p, struct drive *d, struct error *err)
{
	struct op *op = d->op;

	d->phase = PHASE_SETTLE;
	if (!op->type->timer || op->timer_us > p->now_us)
		return OP_OK;
	op->timer_us = TIME_END;
	d->touched = true;
	return op->type->timer(op, p->now_us, err);
}

static int
phase_settle(struct drive *d, struct error *err)
{
	d->phase = PHASE_PASS;
	if (!d->touched || !d->op->type->settle)
		return OP_OK;
	return d->op->type->settle(d->op, err);
}

static int
phase_pass(struct pipeline *p, struct drive *d)
{
	out_edges_follow(d);
	p->at++;
	return OP_OK;
}

/* One call of one hook. The phases name the one that follows before they call:
 * OP_MORE then only puts resume() in between. */
static int
drive_once(struct pipeline *p, struct drive *d, struct error *err)
{
	int rc = OP_OK;

	if (d->more) {
		rc = d->op->type->resume(d->op, err);
	} else {
		switch (d->phase) {
		case PHASE_ROWS:
			rc = phase_rows(p, d, err);
			break;
		case PHASE_TIME:
			rc = phase_time(p, d, err);
			break;
		case PHASE_END:
			rc = phase_end(d, err);
			break;
		case PHASE_TIMER:
			rc = phase_timer(p, d, err);
			break;
		case PHASE_SETTLE:
			rc = phase_settle(d, err);
			break;
		case PHASE_PASS:
			rc = phase_pass(p, d);
			break;
		}
	}
	CHECK(rc != OP_MORE || d->op->type->resume);
	d->more = rc == OP_MORE;
	stat_add(d->op->stats.ns, lap(p));
	return rc;
}

/* ---- the pass ---- */

static int
sinks_check(const struct pipeline *p, struct error *err)
{
	for (unsigned i = 0; i < p->nsinks; i++)
		if (sink_check(p->sinks[i], err) < 0)
			return -1;
	return 0;
}

static bool
sinks_have_room(const struct pipeline *p)
{
	for (unsigned i = 0; i < p->nsinks; i++) {
		if (!sink_room(p->sinks[i]))
			return false;
	}
	return true;
}

/* Below the operator that waits: the deepest one with something to do. */
static struct drive *
deepest_busy(struct pipeline *p)
{
	for (unsigned i = p->nops - 1; i > p->at; i--) {
		struct drive *d = &p->drive[i];

		if (d->more || has_rows(d->op))
			return d;
	}
	return NULL;
}

/* PIPELINE_BUSY: the pass is through. */
static enum pipeline_rc
pass_run(struct pipeline *p, struct error *err)
{
	while (p->at < p->nops) {
		struct drive *d = &p->drive[p->at];
		int rc;

		if (atomic_load_explicit(&p->stop, memory_order_relaxed)) {
			error_set(err, ERR_CANCELLED, "the job was stopped");
			return PIPELINE_FAIL;
		}
		if (d->more || op_full(d->op)) {
			struct drive *below = deepest_busy(p);

			if (!sinks_have_room(p)) {
				p->waited = p->no_room = true;
				return PIPELINE_BLOCKED;
			}
			if (below)
				d = below;
		}
		rc = drive_once(p, d, err);
		if (rc == OP_FAIL)
			return PIPELINE_FAIL;
	}
	return PIPELINE_BUSY;
}

static void
pass_begin(struct pipeline *p, bool polling)
{
	p->at = 0;
	p->polling = polling;
	p->nheld = 0;
	for (unsigned i = 0; i < p->nops; i++) {
		struct drive *d = &p->drive[i];

		CHECK(!d->more);
		d->phase = PHASE_ROWS;
		d->touched = false;
		d->due = d->held;
		d->held = false;
		d->op->now_us = p->now_us;
	}
}

/* ---- the step ---- */

static int64_t
polled_gap_us(const struct pipeline *p, int64_t now_us)
{
	int64_t gap_us = now_us - p->now_us;

	if (!p->polled || gap_us < 0)
		return 0;
	if (p->last == PIPELINE_BUSY && gap_us > BUSY_GAP_MAX_US)
		return BUSY_GAP_MAX_US;
	return p->last == PIPELINE_IDLE || p->last == PIPELINE_BUSY ? gap_us
								    : 0;
}

/* Of scans whose rows meet further down only those with the lowest time are
 * read while they have more to read: the others would only pile up in state.
 * (Kafka Streams' PartitionGroup does so for partitions.) */
static void
scans_align(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nscans; i++) {
		struct drive *d = pipeline_drive(p->scans[i]);
		int64_t time_us = scan_time_us(d->op);

		d->skip = false;
		if (time_us == TIME_NONE || !scan_is_busy(d->op))
			continue;
		for (unsigned j = 0; j < p->nscans && !d->skip; j++) {
			struct op *other = p->scans[j];
			int64_t other_us = scan_time_us(other);

			d->skip = pipeline_drive(other)->group == d->group &&
				  scan_is_busy(other) &&
				  other_us != TIME_NONE && other_us < time_us;
		}
	}
}

bool
pipeline_scan_waits(const struct pipeline *p, const struct op *scan)
{
	bool waits = false;

	for (unsigned s = 0; s < p->nscalars; s++)
		waits |= p->reads[s][scan->node->number] &&
			 scalar_waits(p->scalars[s]);
	return waits;
}

static void
scans_wait(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nscans; i++)
		pipeline_drive(p->scans[i])->waits =
			pipeline_scan_waits(p, p->scans[i]);
}

/* One more pass, in which those are asked that need not wait any more. */
static void
pass_of_freed(struct pipeline *p)
{
	p->value_known = false;
	for (unsigned i = 0; i < p->nscans; i++) {
		struct drive *d = pipeline_drive(p->scans[i]);

		d->skip = !d->waits;
	}
	scans_wait(p);
	pass_begin(p, p->polled);
}

/* Keyed state never shrinks while sources wait, but by time and timers. */
static bool
is_over_budget(const struct pipeline *p)
{
	return p->env.state_bytes_max > 0 &&
	       pipeline_state_bytes(p) > (uint64_t)p->env.state_bytes_max;
}

static void
step_begin(struct pipeline *p, int64_t now_us)
{
	p->gap_us = polled_gap_us(p, now_us);
	p->now_us = now_us;
	p->final = p->finishing;
	p->over_budget = is_over_budget(p);
	p->polled = !replay_step_begin(p) && !p->paused && !p->final &&
		    !p->over_budget;
	p->open = true;
	p->waited = false;
	scans_align(p);
	scans_wait(p);
	pass_begin(p, p->polled);
}

static bool
sinks_are_done(const struct pipeline *p)
{
	for (unsigned i = 0; i < p->nsinks; i++) {
		if (!sink_is_done(p->sinks[i]))
			return false;
	}
	return true;
}

static enum pipeline_rc
step_end(struct pipeline *p)
{
	bool ended = true, busy = false;

	for (unsigned i = 0; i < p->nedges; i++)
		CHECK(p->edges[i].n == 0);
	p->open = false;
	replay_step_end(p);
	if (p->final || sinks_are_done(p))
		return PIPELINE_DONE;
	for (unsigned i = 0; i < p->nscans; i++) {
		ended &= scan_has_ended(p->scans[i]);
		busy |= scan_is_busy(p->scans[i]);
	}
	if (ended)
		return PIPELINE_ENDED;
	if (p->over_budget)
		return PIPELINE_BLOCKED;
	/* While a step was blocked, rows came of which nobody tells again. */
	busy |= p->waited;
	return busy && !p->paused ? PIPELINE_BUSY : PIPELINE_IDLE;
}

static enum pipeline_rc
step_run(struct pipeline *p, struct error *err)
{
	enum pipeline_rc rc;

	for (;;) {
		rc = pass_run(p, err);
		if (rc != PIPELINE_BUSY)
			return rc;
		if (p->value_known && p->nheld == 0)
			pass_of_freed(p);
		else if (p->nheld == 0)
			return step_end(p);
		else
			pass_begin(p, false);
	}
}

int
pipeline_start(struct pipeline *p, int64_t now_us, struct error *err)
{
	pipeline_check(p);
	CHECK(!p->started);
	p->now_us = now_us;
	p->env.connector.now_us = now_us;
	for (unsigned i = 0; i < p->nsinks; i++) {
		if (sink_start(p->sinks[i], &p->env.connector, p->env.client,
			       err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < p->nscans; i++) {
		if (scan_start(p->scans[i], &p->env.connector, err) < 0)
			return -1;
	}
	times_restore(p);
	p->started = true;
	return 0;
}

enum pipeline_rc
pipeline_step(struct pipeline *p, int64_t now_us, struct error *err)
{
	pipeline_check(p);
	CHECK(p->started);
	CHECK(!p->failed);
	if (sinks_check(p, err) < 0) {
		p->failed = true;
		return p->last = PIPELINE_FAIL;
	}
	p->no_room = !p->open && !sinks_have_room(p);
	if (p->no_room)
		return p->last = PIPELINE_BLOCKED;
	if (!p->open)
		step_begin(p, now_us);
	if (p->env.clock_ns)
		p->lap_ns = p->env.clock_ns();
	p->last = step_run(p, err);
	p->failed = p->last == PIPELINE_FAIL;
	return p->last;
}

void
pipeline_finish(struct pipeline *p)
{
	pipeline_check(p)->finishing = true;
}

void
pipeline_pause(struct pipeline *p, bool paused)
{
	pipeline_check(p)->paused = paused;
}

void
pipeline_stop(struct pipeline *p)
{
	atomic_store(&pipeline_check(p)->stop, true);
}

bool
pipeline_at_rest(const struct pipeline *p)
{
	return !p->open;
}
