/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/watermark.c - makes event time: the highest watermark of
 * each partition, and of these the lowest over the partitions that are not
 * idle. It looks at all positions of a batch, also at rows that a filter in
 * the scan has stopped: a predicate never hides a row from time.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/scan.h"
#include "runtime/operators/watermark.h"

/* Rows beyond max-future alone for so long are worth a word in the status. */
#define ALL_FUTURE_US US_PER_MINUTE

struct wm_part {
	int64_t wm_us;         /* TIME_NONE: none yet */
	int64_t quiet_us;      /* polled time without a row */
	int64_t idle_since_us; /* TIME_NONE: not idle */
	bool unproved;         /* idle in an earlier run: not heard of yet */
	int64_t future_since_us; /* TIME_NONE: its last rows were usable */
	int64_t saved_wm_us;
	bool saved_idle;
};

struct restored {
	struct str topic;
	int32_t partition;
	int64_t wm_us;
	int64_t idle_since_us;
};

/* A batch with the watermark of each of its positions. */
struct timed {
	struct batch *b;      /* as it goes on, without runs; owned */
	const struct run *run; /* of the batch below */
	uint16_t nrun;
	struct column times;
	uint32_t from; /* rows before it have gone on (on-event) */
};

struct op_watermark {
	struct op op; /* first: see op_cast() */
	const struct plan_watermark *plan;
	struct program *program;
	unsigned nparts;
	struct wm_part *parts; /* numbered as the scan numbers them */
	int64_t table_us;      /* of the whole table; never falls */
	int64_t saved_table_us;
	int64_t limit_us;      /* of this step: beyond it time is not moved */
	unsigned nheld, held_size;
	struct timed *held;    /* rows behind a cut, in order (on-event) */
	unsigned nrestored;
	struct restored *restored;
	unsigned state_table;
};

static const struct op_watermark *
watermark_const(const struct op *op)
{
	return op_cast((struct op *)op, &op_watermark_type);
}

/* ---- state: contract.md section 3 ---- */

enum { WM_SOURCE, WM_TOPIC, WM_PARTITION, WM_WATERMARK, WM_IDLE, WM_COLS };

#define INSTANT { .kind = TYPE_TIMESTAMP, .nullable = true, .precision = 3 }
#define TEXT { .kind = TYPE_VARCHAR, .length = TYPE_LENGTH_MAX }

static struct schema_column watermarks_cols[WM_COLS] = {
	{ "source", TEXT, TIME_ATTR_NONE },
	{ "topic", TEXT, TIME_ATTR_NONE },
	{ "partition", { .kind = TYPE_INT }, TIME_ATTR_NONE },
	{ "watermark", INSTANT, TIME_ATTR_NONE },
	{ "idle_since", INSTANT, TIME_ATTR_NONE },
};
static const struct schema watermarks_schema = { WM_COLS, watermarks_cols };
static const struct table_def watermarks_def = {
	.kind = TABLE_SHARED,
	.suffix = "watermarks",
	.schema = &watermarks_schema,
	.nkeys = 3,
};

static int64_t
instant(const struct column *c, uint32_t row)
{
	return column_is_null(c, row) ? TIME_NONE : c->i64[row];
}

static int
watermark_restore(struct op *op, unsigned table, const struct batch *rows,
		  struct error *err)
{
	struct op_watermark *w = op_cast(op, &op_watermark_type);
	const struct column *col = rows ? rows->col : NULL;

	(void)err;
	CHECK(table == w->state_table);
	if (!rows)
		return 0;
	w->restored = mem_realloc(w->restored, (w->nrestored + rows->nsel) *
				  sizeof(*w->restored));
	batch_each(rows, row) {
		int64_t wm_us = instant(&col[WM_WATERMARK], row);

		if (col[WM_PARTITION].i64[row] < 0) {
			w->table_us = wm_us;
			w->saved_table_us = wm_us;
			continue;
		}
		w->restored[w->nrestored++] = (struct restored){
			.topic = str_dup(op->arena, col[WM_TOPIC].str[row]),
			.partition = col[WM_PARTITION].i64[row],
			.wm_us = wm_us,
			.idle_since_us = instant(&col[WM_IDLE], row),
		};
	}
	return 0;
}

static void
put_instant(struct batch *b, unsigned c, uint32_t row, int64_t us)
{
	b->col[c].i64[row] = us;
	if (us == TIME_NONE)
		column_set_null(&b->col[c], row, BATCH_ROWS, &b->arena);
}

static void
put_row(struct op_watermark *w, struct snapshot *snap, struct batch **b,
	const char *topic, int32_t partition, int64_t wm_us, int64_t idle_us)
{
	uint32_t row;

	if (!*b)
		*b = batch_create(NULL, &watermarks_schema, BATCH_ROWS);
	row = (*b)->rows++;
	(*b)->col[WM_SOURCE].str[row] =
		str_from(&(*b)->arena, op_source(&w->op),
			 strlen(op_source(&w->op)));
	(*b)->col[WM_TOPIC].str[row] = str_from(&(*b)->arena, topic,
						strlen(topic));
	(*b)->col[WM_PARTITION].i64[row] = partition;
	put_instant(*b, WM_WATERMARK, row, wm_us);
	put_instant(*b, WM_IDLE, row, idle_us);
	if ((*b)->rows < BATCH_ROWS)
		return;
	batch_seal(*b, BATCH_ROWS);
	snapshot_put(snap, &w->op, w->state_table, *b);
	*b = NULL;
}

static int
watermark_checkpoint(struct op *op, struct snapshot *snap, struct error *err)
{
	struct op_watermark *w = op_cast(op, &op_watermark_type);
	struct scan_part *sources;
	struct batch *b = NULL;

	(void)err;
	CHECK(w->nheld == 0);
	scan_parts(op->in[0]->from, &sources);
	for (unsigned i = 0; i < w->nparts; i++) {
		struct wm_part *part = &w->parts[i];
		bool idle = part->idle_since_us != TIME_NONE;

		if (part->wm_us == part->saved_wm_us &&
		    idle == part->saved_idle)
			continue;
		put_row(w, snap, &b, sources[i].topic, sources[i].partition,
			part->wm_us, part->idle_since_us);
		part->saved_wm_us = part->wm_us;
		part->saved_idle = idle;
	}
	if (w->table_us != w->saved_table_us) {
		put_row(w, snap, &b, "", -1, w->table_us, TIME_NONE);
		w->saved_table_us = w->table_us;
	}
	if (b) {
		batch_seal(b, b->rows);
		snapshot_put(snap, op, w->state_table, b);
	}
	return OP_OK;
}

/* ---- opening and closing ---- */

static int
watermark_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_watermark *w = op_cast(op, &op_watermark_type);
	const struct expr *watermark = node->watermark->watermark;

	CHECK(node->inputs[0]->kind == PLAN_SCAN);
	w->plan = node->watermark;
	w->table_us = TIME_NONE;
	w->saved_table_us = TIME_NONE;
	if (program_compile(&watermark, 1, &node->inputs[0]->schema,
			    op_zone(op), op->arena, &w->program, err) < 0)
		return -1;
	return op_table(op, &watermarks_def, &w->state_table, err);
}

static void
watermark_close(struct op *op)
{
	struct op_watermark *w = op_cast(op, &op_watermark_type);

	for (unsigned i = 0; i < w->nheld; i++)
		batch_unref(w->held[i].b);
	free(w->held);
	free(w->restored);
	free(w->parts);
}

/* ---- partitions ---- */

static void
part_init(struct op_watermark *w, struct wm_part *part,
	  const struct scan_part *source)
{
	struct str topic = str_ref(source->topic, strlen(source->topic));

	*part = (struct wm_part){
		.wm_us = TIME_NONE,
		.idle_since_us = TIME_NONE,
		.future_since_us = TIME_NONE,
		.saved_wm_us = TIME_NONE,
	};
	for (unsigned i = 0; i < w->nrestored; i++) {
		const struct restored *r = &w->restored[i];

		if (r->partition != source->partition ||
		    !str_eq(&r->topic, &topic))
			continue;
		part->wm_us = part->saved_wm_us = r->wm_us;
		part->idle_since_us = r->idle_since_us;
		part->saved_idle = r->idle_since_us != TIME_NONE;
		part->unproved = part->saved_idle;
	}
}

/* A partition added later starts without a watermark: the table's stays. */
static void
parts_follow(struct op_watermark *w)
{
	struct scan_part *sources;
	unsigned n = scan_parts(w->op.in[0]->from, &sources);

	if (n == w->nparts)
		return;
	w->parts = mem_realloc(w->parts, n * sizeof(*w->parts));
	while (w->nparts < n) {
		part_init(w, &w->parts[w->nparts], &sources[w->nparts]);
		w->nparts++;
	}
}

/* The lowest over partitions that hold time back. When all have ended, the
 * lowest of their last ones; when all others are idle, none. */
static int64_t
parts_lowest(const struct op_watermark *w, enum edge_status *ret_status)
{
	struct scan_part *sources;
	int64_t active_us = TIME_END, ended_us = TIME_END;
	unsigned active = 0, idle = 0;

	scan_parts(w->op.in[0]->from, &sources);
	for (unsigned i = 0; i < w->nparts; i++) {
		const struct wm_part *part = &w->parts[i];

		if (sources[i].state == PART_ENDED) {
			if (part->wm_us != TIME_NONE &&
			    part->wm_us < ended_us)
				ended_us = part->wm_us;
		} else if (part->idle_since_us != TIME_NONE &&
			   !part->unproved) {
			idle++;
		} else {
			active++;
			if (part->wm_us < active_us)
				active_us = part->wm_us;
		}
	}
	*ret_status = active || w->nparts == 0 ? EDGE_ACTIVE :
		      idle ? EDGE_IDLE : EDGE_ENDED;
	if (active)
		return active_us;
	return idle || ended_us == TIME_END ? TIME_NONE : ended_us;
}

void
watermark_part(const struct op *op, unsigned number,
	       struct watermark_part *ret)
{
	const struct op_watermark *w = watermark_const(op);
	const struct wm_part *part;

	*ret = (struct watermark_part){
		.wm_us = TIME_NONE, .idle_since_us = TIME_NONE,
	};
	if (number >= w->nparts)
		return;
	part = &w->parts[number];
	ret->wm_us = part->wm_us;
	ret->idle_since_us = part->idle_since_us;
	ret->all_future = part->future_since_us != TIME_NONE &&
			  op->now_us - part->future_since_us >= ALL_FUTURE_US;
}

/* ---- rows ---- */

/* Highest value of a stretch that is not beyond the limit; TIME_NONE: none.
 * *ret_beyond is set when one is. */
static int64_t
highest(const struct column *c, uint32_t from, uint32_t to, int64_t limit_us,
	bool *ret_beyond)
{
	int64_t max_us = TIME_NONE;
	bool beyond = false;

	for (uint32_t row = from; row < to; row++) {
		int64_t us = c->i64[row];

		if (c->nulls && c->nulls[row])
			continue;
		beyond |= us > limit_us;
		if (us <= limit_us && us > max_us)
			max_us = us;
	}
	*ret_beyond = beyond;
	return max_us;
}

static void
part_observe(struct op_watermark *w, struct wm_part *part,
	     const struct column *times, uint32_t from, uint32_t to)
{
	bool beyond;
	int64_t max_us = highest(times, from, to, w->limit_us, &beyond);

	if (max_us > part->wm_us)
		part->wm_us = max_us;
	if (beyond)
		op_clock_moved(&w->op);
	if (max_us != TIME_NONE)
		part->future_since_us = TIME_NONE;
	else if (beyond && part->future_since_us == TIME_NONE)
		part->future_since_us = w->op.now_us;
}

static void
observe(struct op_watermark *w, const struct timed *t, uint32_t from,
	uint32_t to)
{
	uint32_t begin = 0;

	for (unsigned i = 0; i < t->nrun && begin < to; i++) {
		uint32_t end = t->run[i].row_end;

		CHECK(t->run[i].part < w->nparts);
		if (end > from)
			part_observe(w, &w->parts[t->run[i].part], &t->times,
				     begin > from ? begin : from,
				     end < to ? end : to);
		begin = end;
	}
}

/* The kernel may have passed an input's null map, which is not ours. */
static void
own_nulls(struct column *c, struct batch *b)
{
	const uint8_t *theirs = c->nulls;

	c->nulls = NULL;
	column_nulls(c, b->rows, &b->arena);
	if (theirs)
		memcpy(c->nulls, theirs, b->rows);
}

/* Only rows that are alive can be missed by anybody. */
static void
keep_live_errors(const struct batch *b, struct eval_result *r)
{
	unsigned n = 0, next = 0;

	batch_each(b, row) {
		while (next < r->nerrors && r->errors[next].row < row)
			next++;
		if (next < r->nerrors && r->errors[next].row == row)
			r->errors[n++] = r->errors[next];
	}
	r->nerrors = n;
}

/* The watermark of every position, dead or alive. A row for which it cannot
 * be computed moves nothing, and is out for all queries. */
static void
evaluate(struct op_watermark *w, struct batch *in, struct timed *ret)
{
	struct batch *all = batch_derive(in), *b;
	struct expr *watermark = w->plan->watermark;
	struct eval_result r;

	all->sel = NULL;
	all->nsel = all->rows;
	program_run(w->program, all, w->op.wm_us, &all->arena, &r);
	b = batch_derive(all);
	batch_unref(all); /* b holds it */
	b->sel = in->sel;
	b->nsel = in->nsel;
	b->run = NULL;
	b->nrun = 0;
	b->schema = &w->op.node->schema;
	*ret = (struct timed){
		.b = b, .run = in->run, .nrun = in->nrun, .times = r.col[0],
	};
	if (r.nerrors == 0)
		return;
	own_nulls(&ret->times, b);
	for (unsigned i = 0; i < r.nerrors; i++)
		ret->times.nulls[r.errors[i].row] = 1;
	keep_live_errors(b, &r);
	b->sel = op_quarantine_errors(&w->op, b, &r, &watermark, &b->nsel);
}

/* Rows [from, to). */
static void
emit_rows(struct op_watermark *w, struct batch *b, uint32_t from, uint32_t to)
{
	struct batch *out;
	uint16_t *sel;
	uint32_t n = 0;

	if (from == 0 && to == b->rows) {
		op_emit(&w->op, batch_ref(b));
		return;
	}
	out = batch_derive(b);
	sel = arena_alloc(&out->arena, b->nsel * sizeof(*sel));
	batch_each(b, row) {
		if (row >= from && row < to)
			sel[n++] = row;
	}
	out->sel = sel;
	out->nsel = n;
	op_emit(&w->op, out);
}

static int64_t
table_after(const struct op_watermark *w)
{
	enum edge_status status;
	int64_t us = parts_lowest(w, &status);

	return us > w->table_us ? us : w->table_us;
}

/* on-event: looks at rows one by one, as far as the first one that would be
 * late if the watermark of the rows before it had been sent already. */
static uint32_t
observe_to_cut(struct op_watermark *w, const struct timed *t)
{
	const struct column *time = w->plan->time_col == PLAN_NO_COLUMN ?
				    &t->times : &t->b->col[w->plan->time_col];
	int64_t running_us = table_after(w);

	for (uint32_t row = t->from; row < t->b->rows; row++) {
		if (!column_is_null(time, row) && running_us > w->op.wm_us &&
		    time->i64[row] <= running_us)
			return row;
		observe(w, t, row, row + 1);
		running_us = table_after(w);
	}
	return t->b->rows;
}

/* Emits rows up to the end or a cut; true: all have gone on. */
static bool
take_rows(struct op_watermark *w, struct timed *t)
{
	uint32_t from = t->from;

	if (w->plan->on_event) {
		t->from = observe_to_cut(w, t);
	} else {
		t->from = t->b->rows;
		observe(w, t, from, t->from);
	}
	emit_rows(w, t->b, from, t->from);
	return t->from == t->b->rows;
}

static void
hold_rows(struct op_watermark *w, const struct timed *t)
{
	if (w->nheld == w->held_size) {
		w->held_size = w->held_size ? 2 * w->held_size : 16;
		w->held = mem_realloc(w->held, w->held_size *
				      sizeof(*w->held));
	}
	w->held[w->nheld++] = *t;
	op_hold(&w->op);
}

static int64_t
future_limit_us(const struct op_watermark *w)
{
	const struct op *op = &w->op;
	int64_t now_us = op->now_us;

	if (op->p->plan->bounded || w->plan->max_future_us <= 0)
		return TIME_END;
	if (w->plan->watermark->type.kind == TYPE_TIMESTAMP)
		now_us += zone_offset_us(op_zone(op), now_us);
	return now_us + w->plan->max_future_us;
}

static int
watermark_push(struct op *op, unsigned port, struct batch *in,
	       struct error *err)
{
	struct op_watermark *w = op_cast(op, &op_watermark_type);
	struct timed t;

	(void)port;
	(void)err;
	parts_follow(w);
	w->limit_us = future_limit_us(w);
	evaluate(w, in, &t);
	if (w->nheld == 0 && take_rows(w, &t))
		batch_unref(t.b);
	else
		hold_rows(w, &t);
	return OP_OK;
}

/* The rows held back, now that the watermark before them has been sent. */
static int
watermark_resume(struct op *op, struct error *err)
{
	struct op_watermark *w = op_cast(op, &op_watermark_type);
	unsigned done = 0;

	(void)err;
	while (done < w->nheld && take_rows(w, &w->held[done]))
		batch_unref(w->held[done++].b);
	w->nheld -= done;
	memmove(w->held, w->held + done, w->nheld * sizeof(*w->held));
	if (w->nheld > 0)
		op_hold(op);
	return OP_OK;
}

/* ---- time ---- */

/* Caught up and silent for the timeout of polled time (runtime.md section 6).
 * No single stretch counts for more than half of it, so that a process that
 * was stopped asks its source once more before it calls anybody idle. */
static bool
part_turns_idle(struct op_watermark *w, struct wm_part *part,
	   const struct scan_part *source, int64_t polled_us)
{
	int64_t timeout_us = w->plan->idle_timeout_us;

	if (source->state != PART_CONNECTING)
		part->unproved = false;
	if (source->asked && !source->quiet) {
		part->quiet_us = 0;
		if (source->step_rows > 0 || source->state == PART_READING)
			part->idle_since_us = TIME_NONE;
		return false;
	}
	if (!source->quiet || timeout_us <= 0 ||
	    part->idle_since_us != TIME_NONE)
		return false;
	part->quiet_us += polled_us < timeout_us / 2 ? polled_us
						     : (timeout_us + 1) / 2;
	if (part->quiet_us < timeout_us)
		return false;
	part->idle_since_us = w->op.now_us - part->quiet_us;
	op_clock_moved(&w->op);
	return true;
}

/* Those that turn idle in the same step do so in the order of their times: if
 * nobody is left, the last of them has led for a moment. */
static int64_t
idle_together_us(struct op_watermark *w, const struct scan_part *sources)
{
	int64_t polled_us = scan_polled_us(w->op.in[0]->from);
	int64_t last_us = TIME_NONE;
	enum edge_status status;

	for (unsigned i = 0; i < w->nparts; i++) {
		struct wm_part *part = &w->parts[i];

		if (part_turns_idle(w, part, &sources[i], polled_us) &&
		    part->wm_us > last_us)
			last_us = part->wm_us;
	}
	parts_lowest(w, &status);
	return status == EDGE_IDLE ? last_us : TIME_NONE;
}

/* When to look again, should nothing else wake the pipeline. */
static void
set_timer(struct op_watermark *w, const struct scan_part *sources)
{
	int64_t timeout_us = w->plan->idle_timeout_us, in_us = TIME_END;

	for (unsigned i = 0; i < w->nparts; i++) {
		int64_t left_us = timeout_us - w->parts[i].quiet_us;

		if (!sources[i].quiet || timeout_us <= 0 ||
		    w->parts[i].idle_since_us != TIME_NONE)
			continue;
		if (left_us > (timeout_us + 1) / 2)
			left_us = (timeout_us + 1) / 2;
		if (left_us < in_us)
			in_us = left_us;
	}
	op_timer(&w->op, in_us == TIME_END ? TIME_END : w->op.now_us + in_us);
}

int64_t
watermark_now(struct op *op, enum edge_status *ret_status)
{
	struct op_watermark *w = op_cast(op, &op_watermark_type);
	struct scan_part *sources;
	int64_t idle_us;

	parts_follow(w);
	if (op->in[0]->wm_us == TIME_END && w->nheld == 0) {
		op_timer(op, TIME_END);
		*ret_status = EDGE_ENDED;
		return TIME_END;
	}
	scan_parts(op->in[0]->from, &sources);
	idle_us = idle_together_us(w, sources);
	set_timer(w, sources);
	w->table_us = table_after(w);
	if (idle_us > w->table_us)
		w->table_us = idle_us;
	parts_lowest(w, ret_status);
	return w->table_us;
}

int64_t
watermark_restored(const struct op *op, enum edge_status *ret_status)
{
	const struct op_watermark *w = watermark_const(op);
	bool idle = w->nrestored > 0;

	for (unsigned i = 0; i < w->nrestored; i++)
		idle &= w->restored[i].idle_since_us != TIME_NONE;
	*ret_status = idle ? EDGE_IDLE : EDGE_ACTIVE;
	return w->table_us;
}

const struct op_type op_watermark_type = {
	.name = "watermark",
	.bytes = sizeof(struct op_watermark),
	.state_version = 1,
	.open = watermark_open,
	.restore = watermark_restore,
	.push = watermark_push,
	.resume = watermark_resume,
	.checkpoint = watermark_checkpoint,
	.close = watermark_close,
};
