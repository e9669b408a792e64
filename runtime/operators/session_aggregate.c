/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/session_aggregate.c - SESSION windows: each row extends a
 * session of its key, begins one, or makes two of them one; the watermark, or
 * the clock, closes them in the order of their ends. Whether a row is late is
 * asked when it has found no open session: then its own one has ended.
 */
#include <stdlib.h>

#include "base/time.h"
#include "runtime/agg_tables.h"
#include "runtime/multiset.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/window_rows.h"
#include "runtime/slicing.h"

struct op_session {
	struct op op; /* first */
	const struct plan_group *g;
	struct aggs aggs;
	struct keys keys;         /* a reference for each session */
	struct session_set sessions;
	struct accs accs;         /* by session */
	struct distinct *sets;    /* (session, value) */
	struct agg_tables tables;
	struct slicing slicing;   /* clocks alone: a session has no panes */
	bool opened;
	int64_t wm_us; /* all that it closes is closed; kept in state */
	bool wm_dirty;

	/* Rows of the batch at hand that have found their session. */
	struct agg_rows found;
	struct agg_scratch *rows, *pick;
	int64_t *row_gid;
	uint32_t *row, *key; /* of the batch: rows with a time, their keys */
	int64_t *wall_us;
	struct column *key_cols;

	/* Closing goes on here after OP_MORE. */
	int64_t goal_us;   /* the watermark that is being answered */
	struct batch *out; /* not emitted yet */
	uint32_t nout;
};

static void
sets_open(struct op_session *s)
{
	s->sets = mem_zalloc((s->aggs.nsets + 1) * sizeof(*s->sets));
	for (unsigned i = 0; i < s->aggs.n; i++)
		if (s->aggs.agg[i].distinct)
			distinct_init(&s->sets[s->aggs.agg[i].set],
				      phys_of(s->aggs.agg[i].arg_type),
				      op_seed(&s->op));
}

static void
buffers_open(struct op_session *s)
{
	struct arena *a = s->op.arena;

	s->rows = mem_alloc(sizeof(*s->rows));
	s->pick = mem_alloc(sizeof(*s->pick));
	s->row_gid = mem_alloc(BATCH_ROWS * sizeof(*s->row_gid));
	s->row = arena_array(a, BATCH_ROWS, uint32_t);
	s->key = arena_array(a, BATCH_ROWS, uint32_t);
	s->wall_us = arena_array(a, BATCH_ROWS, int64_t);
	s->key_cols = arena_array(a, s->g->nkeys + 1u, struct column);
	s->found = (struct agg_rows){
		.row = s->rows->row, .gid = s->rows->gid,
		.entry = s->rows->entry,
	};
}

static int
session_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);
	const struct plan_node *in = node->inputs[0];
	enum phys *phys = arena_array(op->arena, node->group->nkeys + 1u,
				      enum phys);

	CHECK(in->mode != CHANGE_UPSERT);
	s->g = node->group;
	CHECK(s->g->window.kind == WINDOW_SESSION);
	for (unsigned k = 0; k < s->g->nkeys; k++)
		phys[k] = phys_of(in->schema.cols[s->g->keys[k]].type);
	aggs_init(&s->aggs, s->g, &in->schema,
		  in->mode == CHANGE_RETRACT ? AGGS_RETRACT : 0, op_seed(op),
		  op->arena);
	s->opened = true;
	s->aggs.stack = false;
	keys_init(&s->keys, s->g->nkeys, phys, op_seed(op));
	session_set_init(&s->sessions, s->g->window.size_us);
	slicing_init(&s->slicing, &s->g->window, op_zone(op));
	accs_init(&s->accs, s->aggs.bytes);
	sets_open(s);
	buffers_open(s);
	s->wm_us = TIME_NONE;
	return agg_tables_open(&s->tables, op, &s->aggs, NULL, &s->sessions,
			       err);
}

static void
session_count_state(struct op_session *s)
{
	size_t bytes = keys_bytes(&s->keys) + session_set_bytes(&s->sessions) +
		       accs_bytes(&s->accs) + s->aggs.heap.held;
	uint64_t rows = s->sessions.live;

	for (unsigned i = 0; i < s->aggs.nsets; i++) {
		rows += s->sets[i].live;
		bytes += distinct_bytes(&s->sets[i]);
	}
	for (unsigned i = 0; i < s->aggs.n; i++) {
		if (!s->aggs.agg[i].multiset)
			continue;
		rows += multiset_rows(s->aggs.agg[i].multiset);
		bytes += multiset_bytes(s->aggs.agg[i].multiset);
	}
	stat_set(s->op.stats.state_rows, rows);
	stat_set(s->op.stats.state_bytes, bytes);
}

/* ---- time ---- */

/* When a session with that end closes, as an instant. */
static int64_t
close_utc(const struct op_session *s, int64_t end_us)
{
	return slicing_close_utc(&s->slicing, end_us);
}

/* With processing time: to be woken when the next session ends. */
static void
session_wake(struct op_session *s)
{
	uint32_t next;

	if (!s->g->window.is_proctime)
		return;
	next = session_set_next(&s->sessions);
	op_timer(&s->op, next == SESSION_NONE
			 ? TIME_END : close_utc(s, s->sessions.end_us[next]));
}

/* ---- rows ---- */

/* What takes rows one by one may not take this one. */
static bool
refuse_row(struct op_session *s, const struct batch *in,
	   const struct agg_rows *r)
{
	struct agg_refusal why;

	if (!s->aggs.choosy ||
	    !aggs_refuse_row(&s->aggs, accs_find(&s->accs, r->gid[0]), in,
			     r->row[0], r->w ? r->w[0] : 1, &why))
		return false;
	op_quarantine(&s->op, in, r->row[0], why.code, why.expression, NULL,
		      why.detail);
	return true;
}

/* Adds what has been found so far. */
static void
flush_found(struct op_session *s, const struct batch *in)
{
	struct agg_rows r = s->found;

	if (r.n == 0)
		return;
	s->found.n = 0;
	r.w = in->weight ? s->rows->w : NULL;
	if (refuse_row(s, in, &r))
		return;
	accs_touch(&s->accs, NULL, r.gid, r.n, ACCS_DIRTY, r.entry);
	aggs_add(&s->aggs, s->sets, in, &r, s->pick, s->row_gid);
}

static void
session_begin(struct op_session *s, uint32_t id)
{
	char *entry;

	keys_ref(&s->keys, s->sessions.key[id]);
	accs_touch(&s->accs, NULL, &id, 1, ACCS_DIRTY, &entry);
}

/* Frees the id and all that the entry has. */
static void
session_end(struct op_session *s, uint32_t id)
{
	uint32_t key = s->sessions.key[id];

	aggs_clear(&s->aggs, s->sets, accs_find(&s->accs, id), true);
	accs_untouch(&s->accs, id);
	session_set_close(&s->sessions, id);
	keys_unref(&s->keys, key);
}

/* Two sessions that touch now become the older one. */
static void
session_merge(struct op_session *s, uint32_t older, uint32_t newer)
{
	uint32_t key = s->sessions.key[newer];
	char *dst;

	accs_touch(&s->accs, NULL, &older, 1, ACCS_DIRTY, &dst);
	aggs_absorb(&s->aggs, s->sets, dst, older,
		    accs_find(&s->accs, newer));
	accs_untouch(&s->accs, newer);
	session_set_join(&s->sessions, older, newer);
	keys_unref(&s->keys, key);
}

/* The session of a row that comes; SESSION_NONE: it is late. */
static uint32_t
session_of_row(struct op_session *s, const struct batch *in, uint32_t key,
	       int64_t wall_us)
{
	struct session_set *all = &s->sessions;
	uint32_t id = session_set_find(all, key, wall_us), older;

	if (id == SESSION_NONE) {
		if (wm_closes(s->wm_us, close_utc(s, wall_us + all->gap_us)))
			return SESSION_NONE;
		id = session_set_open(all, key, wall_us);
		session_begin(s, id);
		return id;
	}
	older = session_set_extend(all, id, wall_us);
	if (older == SESSION_NONE)
		return id;
	flush_found(s, in);
	session_merge(s, older, id);
	return older;
}

/* A row that goes; the session keeps its bounds. */
static void
take_row(struct op_session *s, const struct batch *in, uint32_t row,
	 uint32_t key, int64_t wall_us, int64_t w)
{
	uint32_t id = session_set_find(&s->sessions, key, wall_us);
	struct agg_rows r = s->found;
	char *entry;

	if (id == SESSION_NONE &&
	    wm_closes(s->wm_us, close_utc(s, wall_us + s->sessions.gap_us))) {
		op_late(&s->op, in, &row, 1, s->g->window.time_col);
		return;
	}
	entry = id == SESSION_NONE ? NULL : accs_find(&s->accs, id);
	if (!aggs_hold_row(&s->aggs, s->sets, entry, in, row, id, w)) {
		stat_add(s->op.stats.unmatched, 1);
		return;
	}
	r.n = 1;
	r.w = s->rows->w;
	r.row[0] = row;
	r.gid[0] = id;
	r.w[0] = w;
	accs_touch(&s->accs, NULL, r.gid, 1, ACCS_DIRTY, r.entry);
	aggs_add(&s->aggs, s->sets, in, &r, s->pick, s->row_gid);
	if (entry_rows(entry) == 0)
		aggs_clear(&s->aggs, s->sets, entry, true);
}

static void
push_row(struct op_session *s, const struct batch *in, uint32_t i)
{
	int64_t w = batch_weight(in, s->row[i]);
	struct agg_rows *found = &s->found;
	uint32_t id;

	if (w < 0) {
		flush_found(s, in);
		take_row(s, in, s->row[i], s->key[i], s->wall_us[i], w);
		return;
	}
	id = session_of_row(s, in, s->key[i], s->wall_us[i]);
	if (id == SESSION_NONE) {
		op_late(&s->op, in, &s->row[i], 1, s->g->window.time_col);
		return;
	}
	found->row[found->n] = s->row[i];
	found->gid[found->n] = id;
	s->rows->w[found->n++] = w;
	if (s->aggs.choosy)
		flush_found(s, in);
}

static int
session_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);
	uint32_t n;

	(void)err;
	CHECK(port == 0);
	n = window_rows(op, &s->g->window, &s->slicing, in, s->wm_us, s->row,
			s->wall_us);
	for (unsigned k = 0; k < s->g->nkeys; k++)
		s->key_cols[k] = in->col[s->g->keys[k]];
	keys_lookup(&s->keys, s->key_cols, s->row, n, s->key);
	session_set_prefetch(&s->sessions, s->key, n);
	for (uint32_t i = 0; i < n; i++)
		push_row(s, in, i);
	flush_found(s, in);
	keys_drop_unused(&s->keys, s->key, n);
	session_count_state(s);
	session_wake(s);
	return OP_OK;
}

/* ---- closing ---- */

static void
out_flush(struct op_session *s)
{
	if (!s->out)
		return;
	batch_seal(s->out, s->nout);
	s->out->now_us = s->op.now_us;
	op_emit(&s->op, s->out);
	s->out = NULL;
	s->nout = 0;
}

static void
put_bounds(struct op_session *s, const uint32_t *id, uint32_t n, uint16_t col)
{
	struct column *c = &s->out->col[col];

	for (uint32_t i = 0; i < n; i++) {
		int64_t end_us = s->sessions.end_us[id[i]];

		c[0].i64[s->nout + i] = s->sessions.start_us[id[i]];
		c[1].i64[s->nout + i] = end_us;
		c[2].i64[s->nout + i] =
			s->g->window.is_proctime
				? window_proctime(s->op.now_us)
				: close_utc(s, end_us) - US_PER_MS;
	}
}

/* n sessions that have rows, at most CHUNK_GIDS. */
static void
out_append(struct op_session *s, const uint32_t *id, char *const *entry,
	   uint32_t n)
{
	uint32_t gid[CHUNK_GIDS];
	uint16_t col = 0;
	struct batch *b;

	if (s->nout + n > BATCH_ROWS)
		out_flush(s);
	if (!s->out)
		s->out = batch_create(op_pool(&s->op), &s->op.node->schema,
				      BATCH_ROWS);
	b = s->out;
	for (uint32_t i = 0; i < n; i++)
		gid[i] = s->sessions.key[id[i]];
	for (uint16_t k = 0; k < s->g->nkeys; k++)
		keys_gather(&s->keys, k, gid, n, &b->col[col++], s->nout,
			    BATCH_ROWS, &b->arena);
	put_bounds(s, id, n, col);
	col = (uint16_t)(col + 3);
	for (unsigned i = 0; i < s->aggs.n; i++, col++) {
		const struct agg *a = &s->aggs.agg[i];

		if (a->by_set)
			a->type->set_value(a, &s->sets[a->set], entry, n,
					   &b->col[col], s->nout, BATCH_ROWS,
					   &b->arena);
		else
			a->type->value(a, entry, a->off, n, &b->col[col],
				       s->nout, BATCH_ROWS, &b->arena);
	}
	s->nout += n;
}

/* Takes the next sessions that the goal closes out of the order of ends; their
 * entries stay until they are answered. */
static uint32_t
next_closed(struct op_session *s, uint32_t *ret_id)
{
	uint32_t n = 0, id;

	while (n < CHUNK_GIDS) {
		id = session_set_next(&s->sessions);
		if (id == SESSION_NONE ||
		    !wm_closes(s->goal_us,
			       close_utc(s, s->sessions.end_us[id])))
			break;
		session_set_retire(&s->sessions, id);
		ret_id[n++] = id;
	}
	return n;
}

static int
session_fire(struct op_session *s, struct error *err)
{
	uint32_t id[CHUNK_GIDS], full[CHUNK_GIDS], n, nfull;
	char *entry[CHUNK_GIDS];

	for (;;) {
		if (op_full(&s->op))
			return OP_MORE;
		n = next_closed(s, id);
		if (n == 0)
			break;
		nfull = 0;
		for (uint32_t i = 0; i < n; i++) {
			full[nfull] = id[i];
			entry[nfull] = accs_find(&s->accs, id[i]);
			nfull += entry_rows(entry[nfull]) > 0;
		}
		if (nfull > 0)
			out_append(s, full, entry, nfull);
		if (aggs_check_results(&s->aggs, err) < 0)
			return OP_FAIL;
		for (uint32_t i = 0; i < n; i++)
			session_end(s, id[i]);
	}
	out_flush(s);
	s->wm_us = s->goal_us;
	s->wm_dirty = true;
	session_count_state(s);
	session_wake(s);
	return OP_OK;
}

static int
session_resume(struct op *op, struct error *err)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);

	return session_fire(s, err);
}

/* Of processing time only the end of all rows counts. */
static int
session_watermark(struct op *op, int64_t wm_us, struct error *err)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);

	if (s->g->window.is_proctime && wm_us != TIME_END)
		return OP_OK;
	/* A restored operator may be ahead of its inputs: nothing fires twice */
	if (wm_us <= s->wm_us)
		return OP_OK;
	s->goal_us = wm_us;
	return session_fire(s, err);
}

static int
session_timer(struct op *op, int64_t now_us, struct error *err)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);

	s->goal_us = window_proctime(now_us) - US_PER_MS;
	return s->goal_us > s->wm_us ? session_fire(s, err) : OP_OK;
}

/* ---- state ---- */

static int
session_checkpoint(struct op *op, struct snapshot *snap, struct error *err)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);

	(void)err;
	CHECK(!s->out);
	if (agg_tables_drop_sessions(&s->tables, snap) < 0 ||
	    agg_tables_put_entries(&s->tables, snap, &s->keys, &s->accs,
				   s->sets, 0) < 0 ||
	    agg_tables_put_multisets(&s->tables, snap) < 0)
		return -1;
	/* The final watermark is not kept: more rows may follow in a next run */
	if (s->wm_dirty && s->wm_us != TIME_END &&
	    agg_tables_put_time(&s->tables, snap, s->wm_us) < 0)
		return -1;
	s->wm_dirty = false;
	return 0;
}

static bool
session_restored(void *arg, uint32_t id, const struct column *key,
		 uint32_t row, int64_t start_us, int64_t end_us)
{
	struct op_session *s = arg;
	uint32_t gid;

	if (!slicing_may_be_bound(start_us) || !slicing_may_be_bound(end_us) ||
	    end_us < start_us)
		return false;
	keys_lookup(&s->keys, key, &row, 1, &gid);
	if (!session_set_restore(&s->sessions, id, gid, start_us, end_us)) {
		keys_drop_unused(&s->keys, &gid, 1);
		return false;
	}
	keys_ref(&s->keys, gid);
	return true;
}

static char *
session_entry(void *arg, int64_t pane_us, uint32_t id,
	      struct distinct **ret_sets)
{
	struct op_session *s = arg;
	char *entry;

	(void)pane_us;
	if (!session_set_is_open(&s->sessions, id))
		return NULL;
	accs_touch(&s->accs, NULL, &id, 1, 0, &entry);
	*ret_sets = s->sets;
	return entry;
}

static int
session_restore(struct op *op, unsigned table, const struct batch *rows,
		struct error *err)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);
	const struct agg_restore to = {
		.keys = &s->keys, .entry = session_entry,
		.session = session_restored, .arg = s, .wm_us = &s->wm_us,
	};
	int rc = agg_tables_restore(&s->tables, table, rows, &to, err);

	if (rc <= 0)
		return rc;
	session_set_restored(&s->sessions);
	session_count_state(s);
	session_wake(s);
	return 0;
}

static void
session_close(struct op *op)
{
	struct op_session *s = op_cast(op, &op_session_aggregate_type);

	if (!s->opened)
		return;
	batch_unref(s->out);
	for (unsigned i = 0; i < s->aggs.nsets; i++)
		distinct_release(&s->sets[i]);
	free(s->sets);
	accs_release(&s->accs);
	session_set_release(&s->sessions);
	keys_release(&s->keys);
	aggs_release(&s->aggs);
	free(s->rows);
	free(s->pick);
	free(s->row_gid);
	s->opened = false;
}

const struct op_type op_session_aggregate_type = {
	.name = "session_aggregate",
	.bytes = sizeof(struct op_session),
	.state_version = 1,
	.open = session_open,
	.restore = session_restore,
	.push = session_push,
	.watermark = session_watermark,
	.timer = session_timer,
	.resume = session_resume,
	.checkpoint = session_checkpoint,
	.close = session_close,
};
