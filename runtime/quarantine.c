/* SPDX-License-Identifier: Apache-2.0
 * runtime/quarantine.c - rows that could not be used, copied at once with the
 * record they came from, so that nothing else needs to outlive its batch. They
 * leave with the next cut; past the caps they are only counted.
 */
#include "base/check.h"
#include "base/time.h"
#include "parser/expr.h"
#include "runtime/driver.h"
#include "runtime/format.h"
#include "runtime/operators/scan.h"

const char *const bad_replay_text[] = {
	[BAD_REPLAY_UNKNOWN] = NULL, [BAD_REPLAY_RECORD] = "record",
	[BAD_REPLAY_ROW] = "row",    [BAD_REPLAY_CUT] = "cut",
	[BAD_REPLAY_NO] = "no",
};

#define RAW_BYTES_MAX 65536 /* kept of a record (reliability.md section 4) */

void
bad_rows_init(struct bad_rows *bad)
{
	*bad = (struct bad_rows){ 0 };
	arena_init(&bad->arena);
	bad->tail = &bad->first;
	bad->late_tail = &bad->late;
}

void
bad_rows_release(struct bad_rows *bad)
{
	arena_release(&bad->arena);
}

void
bad_rows_move(struct bad_rows *bad, struct snapshot *s)
{
	CHECK(!s->errors);
	s->errors = bad->first;
	s->errors_tail = bad->first ? bad->tail : &s->errors;
	s->nerrors = bad->n;
	s->errors_bytes = bad->bytes;
	s->errors_counted = bad->counted;
	s->late = bad->late;
	arena_release(&s->arena);
	s->arena = bad->arena;
	bad_rows_init(bad);
}

/* The scan whose record became this row: the batch at the bottom is its. */
static struct op *
scan_of(const struct op *op, const struct batch *b)
{
	while (b->base)
		b = b->base;
	for (unsigned i = 0; i < op->p->nscans; i++) {
		if (b->schema == &op->p->scans[i]->node->schema)
			return op->p->scans[i];
	}
	return NULL;
}

bool
op_passes_rows(const struct op *op)
{
	enum plan_kind kind = op->node->kind;

	return kind == PLAN_SCAN || kind == PLAN_WATERMARK ||
	       kind == PLAN_FILTER || kind == PLAN_PROJECT ||
	       kind == PLAN_UNION;
}

/* The only way from there is to op, so rows that op refused have had no effect
 * at all. */
static bool
leads_only_to(const struct op *from, const struct op *op)
{
	while (from != op) {
		if (from->nout != 1 || !op_passes_rows(from))
			return false;
		from = from->out[0]->to;
	}
	return true;
}

/* The stateful operator whose results only go to op, if they are only added;
 * NULL: there is none. */
static const struct op *
place_of(const struct op *op)
{
	const struct op *from = op;

	do {
		if (from->nin != 1)
			return NULL;
		from = from->in[0]->from;
		if (from->nout != 1)
			return NULL;
	} while (!from->state_name && op_passes_rows(from));
	return from->state_name && from->node->mode == CHANGE_APPEND ? from
								    : NULL;
}

/* A copy of all n bytes, or of none. */
static bool
keep_bytes(struct arena *a, const char *data, size_t n, struct str *ret)
{
	if (!data || n > RAW_BYTES_MAX)
		return false;
	*ret = str_from(a, data, n);
	return true;
}

static enum bad_replay
replay_of_record(struct bad_row *bad, const struct op *scan,
		 const struct op *op, const struct raw_record *rec,
		 struct arena *a)
{
	bad->has_key = keep_bytes(a, rec->key, rec->key_len, &bad->key);
	bad->has_headers = rec->headers.len > 0 &&
			   keep_bytes(a, str_data(&rec->headers),
				      rec->headers.len, &bad->headers);
	if (!leads_only_to(scan, op))
		return BAD_REPLAY_NO;
	if (rec->value_len > RAW_BYTES_MAX || bad->has_key != !!rec->key ||
	    bad->has_headers != (rec->headers.len > 0) ||
	    rec->headers_too_large)
		return BAD_REPLAY_CUT;
	return BAD_REPLAY_RECORD;
}

static void
bad_row_set_record(struct bad_row *bad, struct op *op, const struct batch *b,
		   uint32_t row, struct arena *a)
{
	const struct raw_record *rec = b->raw ? &b->raw[row] : NULL;
	struct op *scan = scan_of(op, b);
	const char *topic;

	bad->partition = -1;
	bad->offset = -1;
	bad->record_time_us = TIME_NONE;
	bad->replay = BAD_REPLAY_NO;
	if (scan)
		bad->source = arena_strdup(a, op_source(scan));
	if (!rec || !scan)
		return;
	topic = scan_topic(scan, rec->part, &bad->partition);
	bad->topic = topic ? arena_strdup(a, topic) : NULL;
	bad->offset = rec->offset;
	bad->record_time_us = rec->timestamp_us;
	if (rec->value) {
		uint32_t len = rec->value_len < RAW_BYTES_MAX ? rec->value_len
							     : RAW_BYTES_MAX;

		bad->raw = str_from(a, rec->value, len);
		bad->has_raw = true;
	}
	bad->replay = replay_of_record(bad, scan, op, rec, a);
}

/* A result of stateful operators is of no source. */
static void
bad_row_set_place(struct bad_row *bad, const struct op *op, struct arena *a)
{
	const struct op *place = bad->source ? NULL : place_of(op);

	if (!place)
		return;
	bad->replay = BAD_REPLAY_ROW;
	bad->place = arena_strdup(a, place->state_name);
}

static const char *
row_text(const struct batch *b, uint32_t row, struct arena *a)
{
	struct buf text;
	const char *copy;

	buf_init(&text);
	json_row(&text, b, row);
	copy = arena_strndup(a, text.data, text.len);
	buf_release(&text);
	return copy;
}

static const char *
copy_or_null(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

/* NULL when the caps are reached. */
static struct bad_row *
bad_row_add(struct op *op, const struct batch *b, uint32_t row,
	    enum error_code code, const char *column, const char *detail)
{
	struct pipeline *p = op->p;
	struct arena *a = &p->errors.arena;
	struct replay_item *again = replay_failed(p, b->raw ? &b->raw[row]
							    : NULL);
	struct bad_row *bad;

	if (!again) {
		stat_add(op->stats.errors, 1);
		stat_add(p->nerrors, 1);
		p->errors.counted++;
	}
	if (p->errors.n >= p->env.errors_rows_max ||
	    a->bytes >= p->env.errors_bytes_max)
		return NULL;
	bad = arena_new(a, struct bad_row);
	bad->id = again ? again->id : 0;
	bad->at_us = op->now_us;
	bad->op_name = arena_strdup(a, op->state_name ? op->state_name
						      : op->type->name);
	bad->code = code;
	bad->column_name = copy_or_null(a, column);
	bad->message = detail ? arena_strdup(a, detail) : error_help(code);
	bad->weight = batch_weight(b, row);
	bad_row_set_record(bad, op, b, row, a);
	*p->errors.tail = bad;
	p->errors.tail = &bad->next;
	p->errors.n++;
	return bad;
}

void
op_quarantine_record(struct op *op, const struct batch *b, uint32_t row,
		     enum error_code code, const char *column,
		     const char *detail)
{
	bad_row_add(op, b, row, code, column, detail);
	op->p->errors.bytes = op->p->errors.arena.bytes;
}

void
op_quarantine(struct op *op, const struct batch *b, uint32_t row,
	      enum error_code code, const char *expression,
	      const char *column, const char *detail)
{
	struct arena *a = &op->p->errors.arena;
	struct bad_row *bad = bad_row_add(op, b, row, code, column, detail);

	if (bad) {
		bad->expression = copy_or_null(a, expression);
		bad->row_json = row_text(b, row, a);
		bad_row_set_place(bad, op, a);
	}
	op->p->errors.bytes = a->bytes;
}

const uint16_t *
op_quarantine_errors(struct op *op, struct batch *b,
		     const struct eval_result *r, struct expr *const *exprs,
		     uint32_t *ret_n)
{
	const struct schema *schema = b->schema;
	uint16_t *sel;
	uint32_t n = 0;
	unsigned next = 0;

	if (r->nerrors == 0) {
		*ret_n = b->nsel;
		return b->sel;
	}
	for (unsigned i = 0; i < r->nerrors; i++) {
		const struct eval_error *e = &r->errors[i];
		const char *text = expr_text(exprs[e->root], schema,
					     &b->arena);

		op_quarantine(op, b, e->row, e->code, text, NULL, e->detail);
	}
	sel = arena_alloc(&b->arena, b->nsel * sizeof(*sel));
	batch_each(b, row) {
		while (next < r->nerrors && r->errors[next].row < row)
			next++;
		if (next < r->nerrors && r->errors[next].row == row)
			continue;
		sel[n++] = row;
	}
	*ret_n = n;
	return sel;
}
