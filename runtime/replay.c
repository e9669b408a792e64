/* SPDX-License-Identifier: Apache-2.0
 * runtime/replay.c - where quarantined rows begin again: records at the scan
 * of their table, results of a stateful operator at the one that refused them.
 * Each carries its number, by which a failure finds the row of the table.
 */
#include "runtime/replay.h"

#include <stdlib.h>

#include "base/check.h"
#include "runtime/driver.h"
#include "runtime/format.h"
#include "runtime/operators/scan.h"

const char *const replay_refusal_text[REPLAY_REFUSALS] = {
	[REPLAY_TAKEN] = NULL,
	[REPLAY_OLD] = "an older sluice quarantined them without all that it "
		       "takes",
	[REPLAY_CUT] = "their records are kept only in part (64 KiB)",
	[REPLAY_USED] = "other parts of the query have used their records, or "
			"rows that came later rest on them",
	[REPLAY_NO_SOURCE] = "the job does not read their table any more",
	[REPLAY_NO_PARTITION] = "their topic, partition or file is not among "
				"those that the job reads",
	[REPLAY_CHANGES] = "their table is one of changes, and newer ones may "
			   "rest on what came without them",
	[REPLAY_METADATA] = "their table has metadata that is not kept",
	[REPLAY_EARLY] = "the sub-query whose value they wait for has not "
			 "come to its end yet",
	[REPLAY_NO_PLACE] = "the operator that refused them is not there any "
			    "more, or reads other columns now",
};

/* ---- records ---- */

static enum replay_refusal
replay_record(struct pipeline *p, const struct bad_row *row, uint16_t number)
{
	for (unsigned i = 0; row->source && i < p->nscans; i++) {
		struct op *scan = p->scans[i];

		if (strcmp(op_source(scan), row->source) != 0)
			continue;
		return pipeline_scan_waits(p, scan)
			       ? REPLAY_EARLY
			       : scan_replay(scan, row, number);
	}
	return REPLAY_NO_SOURCE;
}

/* ---- results of stateful operators ---- */

static const char *
name_of(const struct op *op)
{
	return op->state_name ? op->state_name : op->type->name;
}

static struct decoder *
row_decoder(const struct op *op, const struct schema *schema, struct arena *a)
{
	static const struct options plain = { .connector = "json" };
	struct decode_column *cols = arena_array(a, schema->ncols + 1u,
						 struct decode_column);
	struct decoder_spec spec = { .options = &plain, .cols = cols,
				     .ncols = schema->ncols,
				     .record_bytes_max = INT32_MAX,
				     .zone = op_zone(op) };
	struct decoder *d;

	for (uint16_t c = 0; c < schema->ncols; c++)
		cols[c] = (struct decode_column){
			.name = schema->cols[c].name,
			.type = schema->cols[c].type,
			.out = c,
			.wanted = true,
		};
	return json_decoder_type.open(&d, &spec, NULL) < 0 ? NULL : d;
}

/* The row that this text was made of: it says the same again. */
static bool
reads_back(const struct batch *b, const char *text)
{
	struct buf again;
	bool same;

	buf_init(&again);
	json_row(&again, b, 0);
	same = strcmp(buf_cstr(&again), text) == 0;
	buf_release(&again);
	return same;
}

/* The row as an input of op; NULL: it is none. */
static struct batch *
row_batch(struct op *op, const struct bad_row *row, uint16_t number)
{
	const struct schema *schema = &op->in[0]->from->node->schema;
	struct batch *b = batch_create(op_pool(op), schema, 1);
	struct decode_result *result = arena_new(&b->arena,
						 struct decode_result);
	struct raw_record *rec = arena_new(&b->arena, struct raw_record);
	struct decoder *d = row_decoder(op, schema, &b->arena);

	rec->value = arena_strdup(&b->arena, row->row_json);
	rec->value_len = (uint32_t)strlen(rec->value);
	if (d) {
		b->rows = 1;
		d->type->decode(d, rec, false, NULL, 1, NULL, b, result);
		d->type->close(d);
		batch_seal(b, 1);
	}
	if (!d || result->nerrors > 0 || result->outcome[0] != DECODE_OK ||
	    !reads_back(b, row->row_json)) {
		batch_unref(b);
		return NULL;
	}
	rec->replay = number;
	b->raw = rec;
	b->now_us = op->p->now_us;
	return b;
}

static struct op *
stateful_op(struct pipeline *p, const char *name)
{
	for (unsigned i = 0; name && i < p->nops; i++)
		if (p->ops[i]->state_name &&
		    strcmp(p->ops[i]->state_name, name) == 0)
			return p->ops[i];
	return NULL;
}

/* Down the only way from the operator whose result it is. Two places that
 * would take the row are as bad as none. */
static enum replay_refusal
replay_row(struct pipeline *p, const struct bad_row *row, uint16_t number)
{
	struct op *from = stateful_op(p, row->place), *at = NULL;
	struct batch *found = NULL;

	while (from && row->row_json && from->nout == 1) {
		struct op *to = from->out[0]->to;
		struct batch *b = NULL;

		if (from->node->mode == CHANGE_APPEND && to->nin == 1 &&
		    strcmp(name_of(to), row->op_name) == 0)
			b = row_batch(to, row, number);
		if (b && found) {
			batch_unref(b);
			batch_unref(found);
			return REPLAY_NO_PLACE;
		}
		if (b) {
			found = b;
			at = to;
		}
		from = op_passes_rows(to) ? to : NULL;
	}
	if (!found)
		return REPLAY_NO_PLACE;
	edge_push(at->in[0], found);
	return REPLAY_TAKEN;
}

/* ---- a step of them ---- */

static enum replay_refusal
replay_one(struct pipeline *p, const struct bad_row *row, uint16_t number)
{
	switch (row->replay) {
	case BAD_REPLAY_RECORD:
		return replay_record(p, row, number);
	case BAD_REPLAY_ROW:
		return replay_row(p, row, number);
	case BAD_REPLAY_CUT:
		return REPLAY_CUT;
	case BAD_REPLAY_NO:
		return REPLAY_USED;
	case BAD_REPLAY_UNKNOWN:
		break;
	}
	return REPLAY_OLD;
}

void
pipeline_replay(struct pipeline *p, const struct bad_row *rows)
{
	struct replay *r = &p->replay;

	CHECK(pipeline_at_rest(p));
	CHECK(r->phase == REPLAY_NONE);
	r->n = 0;
	for (; rows; rows = rows->next) {
		enum replay_refusal why;

		CHECK(r->n < REPLAY_ROWS_MAX);
		why = replay_one(p, rows, (uint16_t)(r->n + 1));
		if (why != REPLAY_TAKEN) {
			r->counts.refused[why]++;
			continue;
		}
		r->item[r->n++] = (struct replay_item){ .id = rows->id };
	}
	r->counts.taken += r->n;
	if (r->n > 0)
		r->phase = REPLAY_WAITS;
}

bool
pipeline_replaying(const struct pipeline *p)
{
	return p->replay.phase != REPLAY_NONE;
}

void
pipeline_take_replayed(struct pipeline *p, struct replay_counts *ret)
{
	*ret = p->replay.counts;
	p->replay.counts = (struct replay_counts){ 0 };
}

bool
replay_step_begin(struct pipeline *p)
{
	struct replay *r = &p->replay;

	if (r->phase != REPLAY_WAITS)
		return false;
	r->phase = REPLAY_RUNS;
	r->late_before = pipeline_late(p);
	return true;
}

void
replay_step_end(struct pipeline *p)
{
	struct replay *r = &p->replay;

	if (r->phase != REPLAY_RUNS)
		return;
	r->phase = REPLAY_NONE;
	r->counts.late += pipeline_late(p) - r->late_before;
	if (r->ngone + r->n > r->gone_size) {
		r->gone_size = 2 * (r->ngone + r->n);
		r->gone = mem_realloc(r->gone,
				      r->gone_size * sizeof(*r->gone));
	}
	for (unsigned i = 0; i < r->n; i++) {
		if (r->item[i].failed)
			r->counts.failed++;
		else
			r->gone[r->ngone++] = r->item[i].id;
	}
}

struct replay_item *
replay_failed(struct pipeline *p, const struct raw_record *rec)
{
	struct replay *r = &p->replay;
	struct replay_item *item;

	if (!rec || rec->replay == 0)
		return NULL;
	CHECK(r->phase == REPLAY_RUNS);
	CHECK(rec->replay <= r->n);
	item = &r->item[rec->replay - 1];
	if (item->failed)
		return NULL;
	item->failed = true;
	return item;
}

void
replay_move(struct pipeline *p, struct snapshot *s)
{
	struct replay *r = &p->replay;

	s->ngone = r->ngone;
	s->gone = arena_array(&s->arena, r->ngone + 1, int64_t);
	if (r->ngone > 0)
		memcpy(s->gone, r->gone, r->ngone * sizeof(*s->gone));
	r->ngone = 0;
}

void
replay_release(struct pipeline *p)
{
	free(p->replay.gone);
}
