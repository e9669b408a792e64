/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/window_aggregate.c - TUMBLE, HOP and CUMULATE: a row waits
 * in the one pane of its time; the watermark fires windows, oldest first, each
 * once. A row is late when the last window of its pane is closed.
 */
#include <stdlib.h>

#include "base/time.h"
#include "runtime/agg_tables.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/window_rows.h"
#include "runtime/panes.h"

#define PLACES 4096 /* for the panes of one batch: twice BATCH_ROWS */
#define RUNS_MAX 64 /* of one pane each, in a batch that is nearly sorted */

/* The rows of a batch, sorted by pane. */
struct sorter {
	uint32_t row[BATCH_ROWS], sorted[BATCH_ROWS];
	int64_t wall_us[BATCH_ROWS];
	uint16_t bucket[BATCH_ROWS];      /* of row i */
	int64_t pane_us[BATCH_ROWS];      /* of a bucket */
	uint32_t end[BATCH_ROWS];         /* of a bucket in sorted[] */
	uint16_t place[PLACES];           /* hash table: bucket + 1 */
};

struct op_window {
	struct op op; /* first */
	const struct plan_group *g;
	struct aggs aggs;
	struct keys keys;
	struct panes panes;
	struct agg_tables tables;
	bool opened;
	int64_t wm_us; /* all windows up to it are fired; kept in state */
	bool wm_dirty;
	uint32_t refused; /* rows of those at hand */

	struct sorter *sorter;
	uint32_t *all_rows;       /* 0, 1, 2 ... */
	struct agg_scratch *rows; /* on their way into a pane */
	struct column *key_cols;  /* of the batch at hand */

	/* Firing goes on here after OP_MORE. */
	int64_t goal_us;     /* the watermark that is being answered */
	bool firing;         /* a window is open */
	uint32_t cursor;     /* its next chunk */
	struct batch *out;   /* rows of fired windows, not emitted yet */
	uint32_t nout;
};

static void
window_refused(void *arg, const struct batch *b, uint32_t row,
	       const struct agg_refusal *why)
{
	struct op_window *w = arg;

	op_quarantine(&w->op, b, row, why->code, why->expression, NULL,
		      why->detail);
	w->refused++;
}

static int
window_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);
	const struct plan_node *in = node->inputs[0];
	enum phys *phys = arena_array(op->arena, node->group->nkeys + 1u,
				      enum phys);

	CHECK(in->mode != CHANGE_UPSERT);
	w->g = node->group;
	for (unsigned k = 0; k < w->g->nkeys; k++)
		phys[k] = phys_of(in->schema.cols[w->g->keys[k]].type);
	aggs_init(&w->aggs, w->g, &in->schema,
		  in->mode == CHANGE_RETRACT ? AGGS_RETRACT : 0, op_seed(op),
		  op->arena);
	keys_init(&w->keys, w->g->nkeys, phys, op_seed(op));
	panes_init(&w->panes, &w->g->window, op_zone(op), &w->aggs, &w->keys,
		   op_seed(op));
	w->panes.refused = window_refused;
	w->panes.refused_arg = w;
	w->opened = true;
	w->wm_us = TIME_NONE;
	w->sorter = mem_zalloc(sizeof(*w->sorter));
	w->rows = mem_alloc(sizeof(*w->rows));
	w->all_rows = arena_array(op->arena, BATCH_ROWS, uint32_t);
	for (uint32_t i = 0; i < BATCH_ROWS; i++)
		w->all_rows[i] = i;
	w->key_cols = arena_array(op->arena, w->g->nkeys + 1u, struct column);
	return agg_tables_open(&w->tables, op, &w->aggs, NULL, NULL, err);
}

static void
window_count_state(struct op_window *w)
{
	stat_set(w->op.stats.state_rows,
		 w->keys.live + panes_rows(&w->panes));
	stat_set(w->op.stats.state_bytes,
		 keys_bytes(&w->keys) + panes_bytes(&w->panes));
}

/* ---- rows ---- */

/* Rows of one pane. */
static void
push_pane(struct op_window *w, struct batch *in, int64_t pane_us,
	  uint32_t *row, uint32_t n)
{
	struct agg_rows r = {
		.n = n, .row = row, .gid = w->rows->gid,
		.entry = w->rows->entry,
	};
	uint32_t unmatched;

	if (slicing_last_window(&w->panes.slicing, pane_us) <= pane_us)
		return; /* between two windows */
	if (panes_is_late(&w->panes, pane_us)) {
		op_late(&w->op, in, row, n, w->g->window.time_col);
		return;
	}
	if (in->weight) {
		r.w = w->rows->w;
		for (uint32_t i = 0; i < n; i++)
			r.w[i] = in->weight[row[i]];
	}
	keys_lookup(&w->keys, w->key_cols, row, n, r.gid);
	w->refused = 0;
	unmatched = panes_add(&w->panes, pane_us, in, &r);
	stat_add(w->op.stats.pane_updates, n - unmatched - w->refused);
	stat_add(w->op.stats.unmatched, unmatched);
	if (unmatched + w->refused > 0)
		keys_drop_unused(&w->keys, r.gid, n);
}

static inline bool
pane_holds(const struct slicing *s, int64_t pane_us, int64_t wall_us)
{
	return (uint64_t)(wall_us - pane_us) < (uint64_t)s->width_us;
}

/* The number of the bucket for a pane, a new one if there is none. */
static uint16_t
bucket_of(struct sorter *s, const struct slicing *slicing, int64_t pane_us,
	  uint16_t *n)
{
	uint64_t at = (uint64_t)(pane_us / slicing->width_us);

	for (;; at++) {
		uint16_t *place = &s->place[at % PLACES];

		if (*place == 0) {
			s->pane_us[*n] = pane_us;
			s->end[*n] = 0;
			*place = ++*n;
		}
		if (s->pane_us[*place - 1] == pane_us)
			return *place - 1;
	}
}

/* Sorts rows by pane, in order within each of them. */
static void
push_sorted(struct op_window *w, struct batch *in, const uint32_t *row,
	    const int64_t *wall_us, uint32_t n)
{
	const struct slicing *slicing = &w->panes.slicing;
	struct sorter *s = w->sorter;
	uint16_t nbuckets = 0, last = 0;
	uint32_t at = 0;

	memset(s->place, 0, sizeof(s->place));
	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 || !pane_holds(slicing, s->pane_us[last],
					  wall_us[i]))
			last = bucket_of(s, slicing,
					 slicing_pane(slicing, wall_us[i]),
					 &nbuckets);
		s->bucket[i] = last;
		s->end[last]++;
	}
	for (uint16_t k = 0; k < nbuckets; k++) {
		uint32_t size = s->end[k];

		s->end[k] = at;
		at += size;
	}
	for (uint32_t i = 0; i < n; i++)
		s->sorted[s->end[s->bucket[i]]++] = row[i];
	at = 0;
	for (uint16_t k = 0; k < nbuckets; k++) {
		push_pane(w, in, s->pane_us[k], &s->sorted[at],
			  s->end[k] - at);
		at = s->end[k];
	}
}

/* Cuts rows into runs of one pane; 0 when there are too many of them, or when
 * a pane comes again after another one. */
static unsigned
runs_find(struct op_window *w, const int64_t *wall_us, uint32_t n)
{
	const struct slicing *slicing = &w->panes.slicing;
	struct sorter *s = w->sorter;
	unsigned nruns = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (nruns > 0 &&
		    pane_holds(slicing, s->pane_us[nruns - 1], wall_us[i])) {
			s->end[nruns - 1] = i + 1;
			continue;
		}
		if (nruns == RUNS_MAX)
			return 0;
		s->pane_us[nruns] = slicing_pane(slicing, wall_us[i]);
		for (unsigned k = 0; k < nruns; k++)
			if (s->pane_us[k] == s->pane_us[nruns])
				return 0;
		s->end[nruns++] = i + 1;
	}
	return nruns;
}

static void
push_panes(struct op_window *w, struct batch *in, uint32_t *row,
	   const int64_t *wall_us, uint32_t n)
{
	struct sorter *s = w->sorter;
	unsigned nruns = runs_find(w, wall_us, n);
	uint32_t at = 0;

	if (nruns == 0 && n > 0)
		push_sorted(w, in, row, wall_us, n);
	for (unsigned k = 0; k < nruns; k++) {
		push_pane(w, in, s->pane_us[k], row + at, s->end[k] - at);
		at = s->end[k];
	}
}

/* Every row is live and has a time that can be used. */
static bool
times_are_plain(const struct op_window *w, const struct batch *in,
		int64_t *ret_min, int64_t *ret_max)
{
	const struct column *time = &in->col[w->g->window.time_col];
	int64_t min = TIME_END, max = TIME_NONE;

	if (in->sel || time->nulls || in->rows == 0 ||
	    w->g->window.is_proctime)
		return false;
	for (uint32_t i = 0; i < in->rows; i++) {
		min = time->i64[i] < min ? time->i64[i] : min;
		max = time->i64[i] > max ? time->i64[i] : max;
	}
	*ret_min = min;
	*ret_max = max;
	return min >= -SLICING_TIME_MAX && max <= SLICING_TIME_MAX;
}

/* Nearly always a whole batch lies in one pane: its first and last time tell,
 * unless clocks were changed in between. */
static bool
is_one_pane(const struct slicing *s, int64_t min, int64_t max,
	    int64_t *ret_pane)
{
	int64_t wall_us = slicing_wall(s, min);

	*ret_pane = slicing_pane(s, wall_us);
	if (s->zone && (max - min >= US_PER_DAY ||
			slicing_wall(s, max) - wall_us != max - min))
		return false;
	return pane_holds(s, *ret_pane, wall_us + (max - min));
}

/* With processing time: to be woken when the next window ends. */
static void
window_wake(struct op_window *w)
{
	int64_t end_us;

	if (!w->g->window.is_proctime)
		return;
	end_us = panes_next_end(&w->panes);
	op_timer(&w->op, end_us == TIME_END
			 ? TIME_END
			 : slicing_close_utc(&w->panes.slicing, end_us));
}

static int
window_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);
	const struct slicing *slicing = &w->panes.slicing;
	const int64_t *time_us = in->col[w->g->window.time_col].i64;
	struct sorter *s = w->sorter;
	int64_t min, max, pane_us;
	bool plain = times_are_plain(w, in, &min, &max);

	(void)err;
	CHECK(port == 0);
	CHECK(!w->firing);
	for (unsigned k = 0; k < w->g->nkeys; k++)
		w->key_cols[k] = in->col[w->g->keys[k]];
	if (plain && is_one_pane(slicing, min, max, &pane_us)) {
		push_pane(w, in, pane_us, w->all_rows, in->rows);
	} else if (plain && !slicing->zone) {
		push_panes(w, in, w->all_rows, time_us, in->rows);
	} else {
		uint32_t n = window_rows(op, &w->g->window, slicing, in,
					 w->wm_us, s->row, s->wall_us);

		push_panes(w, in, s->row, s->wall_us, n);
	}
	window_count_state(w);
	window_wake(w);
	return OP_OK;
}

/* ---- firing ---- */

static void
out_flush(struct op_window *w)
{
	if (!w->out)
		return;
	batch_seal(w->out, w->nout);
	w->out->now_us = w->op.now_us;
	op_emit(&w->op, w->out);
	w->out = NULL;
	w->nout = 0;
}

static void
column_fill(struct column *c, uint32_t at, uint32_t n, int64_t v)
{
	for (uint32_t i = 0; i < n; i++)
		c->i64[at + i] = v;
}

/* n groups of the open window, at most CHUNK_GIDS. */
static void
out_append(struct op_window *w, const uint32_t *gid, char *const *entry,
	   uint32_t n)
{
	const struct slicing *s = &w->panes.slicing;
	int64_t end_us = w->panes.run_end_us;
	uint16_t col = 0;
	struct batch *b;

	if (w->nout + n > BATCH_ROWS)
		out_flush(w);
	if (!w->out)
		w->out = batch_create(op_pool(&w->op), &w->op.node->schema,
				      BATCH_ROWS);
	b = w->out;
	for (uint16_t k = 0; k < w->g->nkeys; k++)
		keys_gather(&w->keys, k, gid, n, &b->col[col++], w->nout,
			    BATCH_ROWS, &b->arena);
	column_fill(&b->col[col++], w->nout, n, slicing_start(s, end_us));
	column_fill(&b->col[col++], w->nout, n, end_us);
	column_fill(&b->col[col++], w->nout, n,
		    w->g->window.is_proctime
			    ? window_proctime(w->op.now_us)
			    : slicing_close_utc(s, end_us) - US_PER_MS);
	for (unsigned i = 0; i < w->aggs.n; i++)
		panes_value(&w->panes, i, gid, entry, n, &b->col[col++],
			    w->nout, BATCH_ROWS, &b->arena);
	w->nout += n;
}

/* The next groups of the open window that have rows. */
static void
fire_chunk(struct op_window *w)
{
	uint32_t gid[CHUNK_GIDS], n, kept = 0;
	char *entry[CHUNK_GIDS];

	n = accs_chunk(panes_window(&w->panes), w->cursor++, gid, entry);
	for (uint32_t i = 0; i < n; i++) {
		gid[kept] = gid[i];
		entry[kept] = entry[i];
		kept += entry_rows(entry[i]) > 0;
	}
	if (kept > 0)
		out_append(w, gid, entry, kept);
}

/* Fires all windows that the goal closes. */
static int
window_fire(struct op_window *w, struct error *err)
{
	for (;;) {
		int64_t end_us = panes_next_end(&w->panes);

		if (!w->firing) {
			if (end_us == TIME_END ||
			    !wm_closes(w->goal_us,
				       slicing_close_utc(&w->panes.slicing,
							 end_us)))
				break;
			panes_open(&w->panes, end_us);
			w->firing = true;
			w->cursor = slicing_is_end(&w->panes.slicing, end_us)
				? 0 : panes_window(&w->panes)->nchunks;
		}
		while (w->cursor < panes_window(&w->panes)->nchunks) {
			if (op_full(&w->op))
				return OP_MORE;
			fire_chunk(w);
			if (aggs_check_results(&w->aggs, err) < 0)
				return OP_FAIL;
		}
		panes_retire(&w->panes);
		w->firing = false;
	}
	out_flush(w);
	panes_closed(&w->panes,
		     slicing_closed(&w->panes.slicing, w->goal_us));
	w->wm_us = w->goal_us;
	w->wm_dirty = true;
	window_count_state(w);
	window_wake(w);
	return OP_OK;
}

static int
window_watermark(struct op *op, int64_t wm_us, struct error *err)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);

	/* Of processing time only the end of all rows counts. */
	if (w->g->window.is_proctime && wm_us != TIME_END)
		return OP_OK;
	/* A restored operator may be ahead of its inputs: nothing fires twice */
	if (wm_us <= w->wm_us)
		return OP_OK;
	w->goal_us = wm_us;
	return window_fire(w, err);
}

static int
window_timer(struct op *op, int64_t now_us, struct error *err)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);

	w->goal_us = window_proctime(now_us) - US_PER_MS;
	return w->goal_us > w->wm_us ? window_fire(w, err) : OP_OK;
}

static int
window_resume(struct op *op, struct error *err)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);

	return window_fire(w, err);
}

/* ---- state ---- */

static int
window_checkpoint(struct op *op, struct snapshot *s, struct error *err)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);
	struct panes *p = &w->panes;

	(void)err;
	CHECK(!w->firing);
	if (p->dropped &&
	    agg_tables_drop_below(&w->tables, s,
				  p->n > 0 ? panes_at(p, 0)->start_us
					   : TIME_END) < 0)
		return -1;
	p->dropped = false;
	if (agg_tables_put_groups(&w->tables, s, &w->keys) < 0)
		return -1;
	for (uint32_t i = 0; i < p->n; i++) {
		struct pane *pane = panes_at(p, i);

		if (accs_is_dirty(&pane->accs) &&
		    agg_tables_put_entries(&w->tables, s, &w->keys,
					   &pane->accs, pane->sets,
					   pane->start_us) < 0)
			return -1;
	}
	if (agg_tables_put_multisets(&w->tables, s) < 0)
		return -1;
	/* The final watermark is not kept: more rows may follow in a next run */
	if (w->wm_dirty && w->wm_us != TIME_END &&
	    agg_tables_put_time(&w->tables, s, w->wm_us) < 0)
		return -1;
	w->wm_dirty = false;
	return 0;
}

static char *
window_entry(void *arg, int64_t pane_us, uint32_t gid,
	     struct distinct **ret_sets)
{
	struct op_window *w = arg;
	struct pane *pane;
	char *entry;

	if (!slicing_may_be_pane(&w->panes.slicing, pane_us))
		return NULL;
	pane = panes_get(&w->panes, pane_us);
	accs_touch(&pane->accs, &w->keys, &gid, 1, 0, &entry);
	*ret_sets = pane->sets;
	return entry;
}

static int
window_restore(struct op *op, unsigned table, const struct batch *rows,
	       struct error *err)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);
	const struct agg_restore to = {
		.keys = &w->keys, .entry = window_entry, .arg = w,
		.wm_us = &w->wm_us,
	};
	int rc = agg_tables_restore(&w->tables, table, rows, &to, err);

	if (rc <= 0)
		return rc;
	keys_restored(&w->keys);
	for (uint32_t i = 0; i < w->panes.n; i++)
		pane_account(&w->panes, panes_at(&w->panes, i));
	panes_restored(&w->panes, slicing_closed(&w->panes.slicing, w->wm_us));
	window_count_state(w);
	window_wake(w);
	return 0;
}

static void
window_close(struct op *op)
{
	struct op_window *w = op_cast(op, &op_window_aggregate_type);

	if (!w->opened)
		return;
	batch_unref(w->out);
	panes_release(&w->panes);
	keys_release(&w->keys);
	aggs_release(&w->aggs);
	free(w->sorter);
	free(w->rows);
	w->opened = false;
}

const struct op_type op_window_aggregate_type = {
	.name = "window_aggregate",
	.bytes = sizeof(struct op_window),
	.state_version = 1,
	.open = window_open,
	.restore = window_restore,
	.push = window_push,
	.watermark = window_watermark,
	.timer = window_timer,
	.resume = window_resume,
	.checkpoint = window_checkpoint,
	.close = window_close,
};
