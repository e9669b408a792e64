/* SPDX-License-Identifier: Apache-2.0
 * runtime/status.c - looking into a pipeline from its own thread: what it
 * waits for, how far its sources are, and what it has counted.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/operators/scan.h"
#include "runtime/operators/sink.h"
#include "runtime/operators/watermark.h"
#include "runtime/tap.h"

/* ---- waiting ---- */

static void
fd_add(int fds[PIPELINE_FDS_MAX], unsigned *n, int fd)
{
	if (fd >= 0 && *n < PIPELINE_FDS_MAX)
		fds[(*n)++] = fd;
}

unsigned
pipeline_fds(struct pipeline *p, int fds[PIPELINE_FDS_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->nscans; i++)
		fd_add(fds, &n, scan_wake_fd(p->scans[i]));
	for (unsigned i = 0; i < p->nsinks; i++)
		fd_add(fds, &n, sink_wake_fd(p->sinks[i]));
	return n;
}

void
pipeline_woken(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nscans; i++)
		scan_woken(p->scans[i]);
	for (unsigned i = 0; i < p->nsinks; i++)
		sink_woken(p->sinks[i]);
}

int64_t
pipeline_next_us(const struct pipeline *p)
{
	int64_t next_us = TIME_END;

	if (p->no_room) /* no timer runs until there is some */
		return TIME_END;
	for (unsigned i = 0; i < p->nops; i++) {
		if (p->ops[i]->timer_us < next_us)
			next_us = p->ops[i]->timer_us;
	}
	/* A blocked pipeline polls nothing, whatever its sources have. */
	if (p->paused || p->last == PIPELINE_BLOCKED)
		return next_us;
	for (unsigned i = 0; i < p->nscans; i++) {
		int64_t scan_us = scan_next_us(p->scans[i]);

		if (pipeline_drive(p->scans[i])->waits)
			continue;
		if (scan_us < next_us)
			next_us = scan_us;
	}
	return next_us;
}

unsigned
pipeline_work(struct pipeline *p, struct blocking_work *ret, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->nscans && n < max; i++)
		n += scan_work(p->scans[i], &ret[n]);
	for (unsigned i = 0; i < p->nsinks && n < max; i++)
		n += sink_work(p->sinks[i], &ret[n]);
	return n;
}

/* ---- looking in ---- */

struct op *const *
pipeline_ops(const struct pipeline *p, unsigned *ret_n)
{
	*ret_n = p->nops;
	return p->ops;
}

const struct plan *
pipeline_plan(const struct pipeline *p)
{
	return p->plan;
}

static bool
is_state_name(const struct pipeline *p, const char *name)
{
	for (unsigned i = 0; i < p->nops; i++) {
		const char *state_name = p->ops[i]->state_name;

		if (state_name && strcmp(state_name, name) == 0)
			return true;
	}
	return false;
}

/* State has its names for ever; who has none is called by its place, or by
 * that beyond the last one if the name is taken. */
void
pipeline_op_name(const struct pipeline *p, unsigned i, char ret[64])
{
	const struct op *op = p->ops[i];
	unsigned number = i + 1;

	if (op->state_name) {
		snprintf(ret, 64, "%s", op->state_name);
		return;
	}
	do {
		snprintf(ret, 64, "%s_%u", op->type->name, number);
		number += p->nops;
	} while (is_state_name(p, ret));
}

void
pipeline_tap(struct pipeline *p, unsigned i, struct tap *t)
{
	CHECK(i < p->nops);
	tap_link(tap_ref(t), p->ops[i]->tap);
	p->ops[i]->tap = t;
}

void
pipeline_untap(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nops; i++) {
		struct op *op = p->ops[i];

		while (op->tap) {
			struct tap *t = op->tap;

			op->tap = tap_next(t);
			tap_unref(t);
		}
	}
}

/* The first watermark operator above a scan, or NULL. */
static const struct op *
watermark_above(const struct op *scan)
{
	for (unsigned i = 0; i < scan->nout; i++) {
		if (scan->out[i]->to->node->kind == PLAN_WATERMARK)
			return scan->out[i]->to;
	}
	return NULL;
}

static void
source_status(const struct op *scan, const struct scan_part *part,
	      unsigned number, struct source_status *ret)
{
	const struct op *wm = watermark_above(scan);
	struct watermark_part time = { TIME_NONE, TIME_NONE, false };

	if (wm)
		watermark_part(wm, number, &time);
	*ret = (struct source_status){
		.source = op_source(scan),
		.topic = part->topic,
		.partition = part->partition,
		.next_offset = part->next_offset,
		.end_offset = part->end_offset,
		.record_time_us = part->record_time_us,
		.wm_us = time.wm_us,
		.idle_since_us = time.idle_since_us,
		.lost = part->lost,
		.state = part->state,
		.reason = part->reason,
	};
	if (!ret->reason && time.all_future)
		ret->reason = "for a minute all rows have been further in the"
			      " future than scan.watermark.max-future";
}

static void
source_unknown(const struct op *scan,
	       void (*fn)(const struct source_status *, void *), void *arg)
{
	struct source_status status = {
		.source = op_source(scan),
		.partition = -1,
		.next_offset = -1,
		.end_offset = -1,
		.record_time_us = TIME_NONE,
		.wm_us = TIME_NONE,
		.idle_since_us = TIME_NONE,
		.state = PART_CONNECTING,
		.reason = scan_reason(scan),
	};

	fn(&status, arg);
}

/* ---- windows ---- */

int64_t
pipeline_next_close(const struct pipeline *p, const struct op *op)
{
	const struct zone *zone = p->plan->zone;
	const struct plan_window *w;
	int64_t local_us, end_us;

	if (op->node->kind != PLAN_WINDOW_AGGREGATE || op->wm_us == TIME_NONE ||
	    op->wm_us == TIME_END || stat_get(op->stats.state_rows) == 0)
		return TIME_NONE;
	w = &op->node->group->window;
	if (w->is_proctime)
		return op->timer_us == TIME_END ? TIME_NONE : op->timer_us;
	local_us = op->wm_us + US_PER_MS;
	if (w->is_ltz)
		local_us += zone_offset_us(zone, op->wm_us);
	end_us = local_us - w->offset_us;
	end_us += w->slide_us - floor_mod(end_us, w->slide_us) + w->offset_us;
	return w->is_ltz ? zone_to_utc(zone, end_us) : end_us;
}

void
pipeline_sources(struct pipeline *p,
		 void (*fn)(const struct source_status *, void *), void *arg)
{
	for (unsigned i = 0; i < p->nscans; i++) {
		struct scan_part *parts;
		unsigned n = scan_parts(p->scans[i], &parts);

		if (n == 0)
			source_unknown(p->scans[i], fn, arg);
		for (unsigned j = 0; j < n; j++) {
			struct source_status status;

			source_status(p->scans[i], &parts[j], j, &status);
			fn(&status, arg);
		}
	}
}

uint64_t
pipeline_state_bytes(const struct pipeline *p)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < p->nops; i++)
		bytes += stat_get(p->ops[i]->stats.state_bytes);
	return bytes;
}

static const char *
budget_reason(struct pipeline *p)
{
	snprintf(p->reason, sizeof(p->reason), "the state takes %llu MiB and"
		 " may take %lld: raise the budget, set"
		 " table.exec.state.ttl, or stop the job",
		 (unsigned long long)(pipeline_state_bytes(p) >> 20),
		 (long long)(p->env.state_bytes_max >> 20));
	return p->reason;
}

const char *
pipeline_reason(struct pipeline *p)
{
	if (p->over_budget)
		return budget_reason(p);
	for (unsigned i = 0; i < p->nsinks; i++) {
		const char *reason;

		if (sink_room(p->sinks[i]))
			continue;
		reason = sink_reason(p->sinks[i]);
		return reason ? reason : "the sink has no room";
	}
	return NULL;
}

const char *
pipeline_trouble(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nsinks; i++) {
		const char *reason = sink_reason(p->sinks[i]);

		if (reason)
			return reason;
	}
	return NULL;
}

/* The first time that some operator is told to take back what it does not
 * have; how often it goes on is in its figures. */
static const char *
unmatched_notice(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nops && !p->told_unmatched; i++) {
		const struct op *op = p->ops[i];
		uint64_t n = stat_get(op->stats.unmatched);

		if (n == 0)
			continue;
		p->told_unmatched = true;
		snprintf(p->notice, sizeof(p->notice), "%s was to take back"
			 " %llu row%s that it does not have, and took none:"
			 " the changes of its input are incomplete, rows of it"
			 " are in the errors, or its state has expired"
			 " (table.exec.state.ttl)",
			 op->state_name ? op->state_name : op->type->name,
			 (unsigned long long)n, n == 1 ? "" : "s");
		return p->notice;
	}
	return NULL;
}

const char *
pipeline_notice(struct pipeline *p)
{
	for (unsigned i = 0; i < p->nscans; i++) {
		const char *notice = scan_notice(p->scans[i]);

		if (notice)
			return notice;
	}
	return unmatched_notice(p);
}

int64_t
pipeline_watermark(const struct pipeline *p)
{
	int64_t lowest_us = TIME_END;

	for (unsigned i = 0; i < p->nsinks; i++) {
		if (p->sinks[i]->wm_us < lowest_us)
			lowest_us = p->sinks[i]->wm_us;
	}
	return lowest_us;
}

uint64_t
pipeline_rows_in(const struct pipeline *p)
{
	uint64_t n = p->before.rows_in;

	for (unsigned i = 0; i < p->nscans; i++)
		n += stat_get(p->scans[i]->stats.rows_in);
	return n;
}

uint64_t
pipeline_rows_out(const struct pipeline *p)
{
	uint64_t n = p->before.rows_out;

	for (unsigned i = 0; i < p->nsinks; i++)
		n += stat_get(p->sinks[i]->stats.rows_out);
	return n;
}

uint64_t
pipeline_late(const struct pipeline *p)
{
	uint64_t n = p->before.rows_late;

	for (unsigned i = 0; i < p->nops; i++)
		n += stat_get(p->ops[i]->stats.late);
	return n;
}

uint64_t
pipeline_errors(const struct pipeline *p)
{
	return p->before.errors + stat_get(p->nerrors);
}

const struct bad_row *
pipeline_first_bad(const struct pipeline *p)
{
	return p->errors.first;
}

void
pipeline_set_totals(struct pipeline *p, const struct pipeline_totals *t)
{
	CHECK(!p->started);
	p->before = *t;
}

void
pipeline_set_epoch(struct pipeline *p, uint64_t epoch)
{
	CHECK(!p->started);
	p->env.connector.epoch = epoch;
}

unsigned
pipeline_tables(struct pipeline *p, const struct state_table **ret)
{
	*ret = p->tables;
	return p->ntables;
}

const struct view_def *
pipeline_view(struct pipeline *p, const struct op *op)
{
	return p->views[op->node->number];
}
