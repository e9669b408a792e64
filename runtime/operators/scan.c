/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/scan.c - a source as an operator: asks the partition that
 * is furthest behind in time first, packs records of any partitions into
 * batches, and remembers how far each has gone. At rest these offsets and the
 * state of all operators above agree.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/operators/records.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/scan.h"
#include "runtime/operators/watermark.h"

struct op_scan {
	struct op op; /* first: see op_cast() */
	const struct source_type *type;
	struct source *source;
	struct records *records;
	unsigned nparts, parts_size;
	struct scan_part *parts;
	unsigned turn;        /* part to begin with among equals */
	unsigned nstart;      /* restored */
	struct start_offset *start;
	unsigned ncut;        /* as the open cut has them; for commit() */
	struct start_offset *cut;
	struct batch *spare;  /* made but not filled by the last poll */
	struct batch *replay; /* of the next step, or NULL */
	int64_t polled_us;
	bool busy;
	unsigned offsets_table;
};

static const struct op_scan *
scan_const(const struct op *op)
{
	return op_cast((struct op *)op, &op_scan_type);
}

/* ---- state: contract.md section 3 ---- */

enum { OFF_SOURCE, OFF_TOPIC, OFF_PARTITION, OFF_NEXT, OFF_END, OFF_TIME,
       OFF_CRC, OFF_COLS };

#define KEY_OF(k, len) { .kind = (k), .length = (len) }

static struct schema_column offsets_cols[OFF_COLS] = {
	{ "source", KEY_OF(TYPE_VARCHAR, TYPE_LENGTH_MAX), TIME_ATTR_NONE },
	{ "topic", KEY_OF(TYPE_VARCHAR, TYPE_LENGTH_MAX), TIME_ATTR_NONE },
	{ "partition", KEY_OF(TYPE_INT, 0), TIME_ATTR_NONE },
	{ "next_offset", KEY_OF(TYPE_BIGINT, 0), TIME_ATTR_NONE },
	{ "end_offset", { .kind = TYPE_BIGINT, .nullable = true },
	  TIME_ATTR_NONE },
	{ "record_time", { .kind = TYPE_TIMESTAMP, .nullable = true,
			   .precision = 3 }, TIME_ATTR_NONE },
	{ "record_crc", { .kind = TYPE_BIGINT, .nullable = true },
	  TIME_ATTR_NONE },
};
static const struct schema offsets_schema = { OFF_COLS, offsets_cols };
static const struct table_def offsets_def = {
	.kind = TABLE_SHARED,
	.suffix = "offsets",
	.schema = &offsets_schema,
	.nkeys = 3,
};

static int
scan_restore(struct op *op, unsigned table, const struct batch *rows,
	     struct error *err)
{
	struct op_scan *s = op_cast(op, &op_scan_type);
	const struct column *col = rows ? rows->col : NULL;

	(void)err;
	CHECK(table == s->offsets_table);
	if (!rows)
		return 0;
	s->start = mem_realloc(s->start, (s->nstart + rows->nsel) *
			       sizeof(*s->start));
	batch_each(rows, row) {
		s->start[s->nstart++] = (struct start_offset){
			.topic = str_dup(op->arena, col[OFF_TOPIC].str[row]),
			.partition = col[OFF_PARTITION].i64[row],
			.next_offset = col[OFF_NEXT].i64[row],
			.record_time_us =
				column_is_null(&col[OFF_TIME], row) ?
				TIME_NONE : col[OFF_TIME].i64[row],
			.record_crc = col[OFF_CRC].i64[row],
			.has_crc = !column_is_null(&col[OFF_CRC], row),
		};
	}
	return 0;
}

static void
i64_or_null(struct batch *b, unsigned c, uint32_t row, int64_t v, bool null)
{
	b->col[c].i64[row] = v;
	if (null)
		column_set_null(&b->col[c], row, BATCH_ROWS, &b->arena);
}

static void
offsets_put(struct op_scan *s, struct batch *b, uint32_t row,
	    struct scan_part *part)
{
	const char *source = op_source(&s->op);

	b->col[OFF_SOURCE].str[row] = str_from(&b->arena, source,
					       strlen(source));
	b->col[OFF_TOPIC].str[row] = str_from(&b->arena, part->topic,
					      strlen(part->topic));
	b->col[OFF_PARTITION].i64[row] = part->partition;
	b->col[OFF_NEXT].i64[row] = part->next_offset;
	i64_or_null(b, OFF_END, row, part->end_offset, part->end_offset < 0);
	i64_or_null(b, OFF_TIME, row, part->record_time_us,
		    part->record_time_us == TIME_NONE);
	i64_or_null(b, OFF_CRC, row, part->record_crc, !part->has_crc);
	part->saved_offset = part->next_offset;
}

static void
cut_offsets(struct op_scan *s)
{
	s->cut = mem_realloc(s->cut, (s->nparts + 1) * sizeof(*s->cut));
	s->ncut = 0;
	for (unsigned i = 0; i < s->nparts; i++) {
		const struct scan_part *part = &s->parts[i];

		if (part->next_offset < 0)
			continue;
		s->cut[s->ncut++] = (struct start_offset){
			.topic = str_ref(part->topic, strlen(part->topic)),
			.partition = part->partition,
			.next_offset = part->next_offset,
			.record_time_us = part->record_time_us,
			.record_crc = part->record_crc,
			.has_crc = part->has_crc,
		};
	}
}

static int
scan_checkpoint(struct op *op, struct snapshot *snap, struct error *err)
{
	struct op_scan *s = op_cast(op, &op_scan_type);
	struct batch *b = NULL;
	uint32_t n = 0;

	(void)err;
	for (unsigned i = 0; i < s->nparts; i++) {
		struct scan_part *part = &s->parts[i];

		if (part->next_offset < 0 ||
		    part->next_offset == part->saved_offset)
			continue;
		if (!b)
			b = batch_create(NULL, &offsets_schema, BATCH_ROWS);
		offsets_put(s, b, n++, part);
		if (n == BATCH_ROWS) {
			batch_seal(b, n);
			snapshot_put(snap, op, s->offsets_table, b);
			b = NULL;
			n = 0;
		}
	}
	if (b) {
		batch_seal(b, n);
		snapshot_put(snap, op, s->offsets_table, b);
	}
	cut_offsets(s);
	return OP_OK;
}

void
scan_committed(struct op *op)
{
	struct op_scan *s = op_cast(op, &op_scan_type);

	if (s->ncut > 0 && s->type->commit)
		s->type->commit(s->source, s->cut, s->ncut);
}

/* ---- opening and closing ---- */

static int
scan_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_scan *s = op_cast(op, &op_scan_type);
	const char *connector = node->scan->options->connector;

	if (node->scan->rows)
		s->type = &values_source_type;
	else
		s->type = op->p->env.find_source
				  ? op->p->env.find_source(connector)
				  : source_type_find(connector);
	if (!s->type)
		return error_set(err, ERR_NOT_A_SOURCE, "connector '%s' cannot"
				 " be read from", connector);
	s->records = arena_new(op->arena, struct records);
	if (records_open(s->records, op, s->type->poll != NULL, err) < 0)
		return -1;
	return op_table(op, &offsets_def, &s->offsets_table, err);
}

int
scan_start(struct op *op, const struct connector_env *env, struct error *err)
{
	struct op_scan *s = op_cast(op, &op_scan_type);
	struct source_spec spec = {
		.options = op->node->scan->options,
		.scan = op->node->scan,
		.schema = &op->node->schema,
		.start = s->start,
		.nstart = s->nstart,
		.env = env,
	};

	if (s->type->open(&s->source, &spec, err) < 0)
		return -1;
	records_source(s->records, s->type, s->source);
	return 0;
}

/* A source that knows no places but its beginning. */
static int
seek_begin(struct op *op, struct source *source, const struct seek *to,
	   struct arena *a, struct seek_part **ret, unsigned *ret_n,
	   struct error *err)
{
	const struct plan_scan *scan = op->node->scan;
	const struct part_info *info;

	if (to->to != SEEK_EARLIEST) {
		error_set(err, ERR_UNSUPPORTED, "table \"%s\" can be read "
			  "again from its beginning only: connector '%s' has "
			  "no times and no other places", scan->table,
			  scan->options->connector);
		error_note(err, "write TO EARLIEST, or FOR TABLE with another "
			   "table");
		return -1;
	}
	*ret_n = source->type->parts(source, &info);
	*ret = arena_array(a, *ret_n, struct seek_part);
	for (unsigned i = 0; i < *ret_n; i++)
		(*ret)[i] = (struct seek_part){
			.topic = arena_strdup(a, info[i].topic),
			.partition = info[i].partition,
			.end_offset = info[i].end_offset,
		};
	return 0;
}

int
op_seek(struct op *op, const struct seek *to, struct arena *a,
	struct seek_part **ret, unsigned *ret_n, struct error *err)
{
	struct op_scan *s = op_cast(op, &op_scan_type);
	struct source_spec spec = {
		.options = op->node->scan->options,
		.scan = op->node->scan,
		.schema = &op->node->schema,
		.env = &op->p->env.connector,
	};
	struct source *source = NULL;
	int rc = s->type->open(&source, &spec, err);

	if (rc == 0)
		rc = s->type->seek ? s->type->seek(source, to, a, ret, ret_n,
						   err)
				   : seek_begin(op, source, to, a, ret, ret_n,
						err);
	s->type->close(source);
	return rc;
}

static void
scan_close(struct op *op)
{
	struct op_scan *s = op_cast(op, &op_scan_type);

	batch_unref(s->spare);
	batch_unref(s->replay);
	if (s->type)
		s->type->close(s->source);
	if (s->records)
		records_close(s->records);
	free(s->parts);
	free(s->start);
	free(s->cut);
}

/* ---- partitions ---- */

static void
part_init(struct op_scan *s, struct scan_part *part,
	  const struct part_info *info)
{
	struct str topic = str_ref(info->topic, strlen(info->topic));

	*part = (struct scan_part){
		.topic = info->topic,
		.partition = info->partition,
		.record_time_us = TIME_NONE,
		.wm_us = TIME_NONE,
		.saved_offset = -1,
	};
	for (unsigned i = 0; i < s->nstart; i++) {
		const struct start_offset *start = &s->start[i];

		if (start->partition != info->partition ||
		    !str_eq(&start->topic, &topic))
			continue;
		part->record_time_us = start->record_time_us;
		part->record_crc = start->record_crc;
		part->has_crc = start->has_crc;
		part->saved_offset = start->next_offset;
	}
}

static void
parts_refresh(struct op_scan *s)
{
	const struct part_info *info;
	unsigned n = s->type->parts(s->source, &info);

	CHECK(n >= s->nparts);
	if (n > s->parts_size) {
		s->parts_size = n;
		s->parts = mem_realloc(s->parts, n * sizeof(*s->parts));
	}
	while (s->nparts < n) {
		part_init(s, &s->parts[s->nparts], &info[s->nparts]);
		s->nparts++;
	}
	for (unsigned i = 0; i < n; i++) {
		s->parts[i].state = info[i].state;
		s->parts[i].reason = info[i].reason;
		s->parts[i].next_offset = info[i].next_offset;
		s->parts[i].end_offset = info[i].end_offset;
		s->parts[i].lost = info[i].lost;
	}
}

/* How far each partition is in time, for whose turn it is. */
static void
parts_times(struct op_scan *s)
{
	for (unsigned i = 0; i < s->nparts; i++) {
		int64_t lowest_us = TIME_END;

		for (unsigned r = 0; r < s->op.nout; r++) {
			const struct op *reader = s->op.out[r]->to;
			struct watermark_part time;

			if (reader->node->kind != PLAN_WATERMARK)
				continue;
			watermark_part(reader, i, &time);
			if (time.wm_us < lowest_us)
				lowest_us = time.wm_us;
		}
		s->parts[i].wm_us = lowest_us == TIME_END ? TIME_NONE
							  : lowest_us;
	}
}

static bool
part_may_give(const struct scan_part *part)
{
	return !part->dry && part->state != PART_ENDED &&
	       part->state != PART_LOST;
}

static int64_t
part_time_us(const struct scan_part *part)
{
	return part->wm_us != TIME_NONE ? part->wm_us : part->record_time_us;
}

/* The partition with the lowest time, in turn among equals; -1: none left. */
static int
parts_next(struct op_scan *s)
{
	int best = -1;

	for (unsigned i = 0; i < s->nparts; i++) {
		unsigned at = (s->turn + i) % s->nparts;
		const struct scan_part *part = &s->parts[at];

		if (!part_may_give(part))
			continue;
		if (best < 0 ||
		    part_time_us(part) < part_time_us(&s->parts[best]))
			best = at;
	}
	if (best >= 0)
		s->turn = best + 1;
	return best;
}

unsigned
scan_parts(const struct op *op, struct scan_part **ret)
{
	const struct op_scan *s = scan_const(op);

	*ret = s->parts;
	return s->nparts;
}

const char *
scan_topic(const struct op *op, uint32_t part, int32_t *ret_part)
{
	const struct op_scan *s = scan_const(op);

	CHECK(part < s->nparts);
	*ret_part = s->parts[part].partition;
	return s->parts[part].topic;
}

/* ---- polling ---- */

static struct batch *
scan_batch(struct op_scan *s)
{
	struct batch *b = s->spare;

	s->spare = NULL;
	if (b)
		return b;
	b = batch_create(op_pool(&s->op), &s->op.node->schema, BATCH_ROWS);
	if (s->type->poll)
		b->raw = arena_alloc(&b->arena,
				     BATCH_ROWS * sizeof(struct raw_record));
	return b;
}

static void
part_took(struct scan_part *part, const struct raw_record *rec, uint32_t n)
{
	part->step_rows += n;
	if (!rec || n == 0)
		return;
	part->record_time_us = rec[n - 1].timestamp_us;
	part->record_crc = raw_record_crc(&rec[n - 1]);
	part->has_crc = true;
}

/* Up to max rows of one partition, from row `at` of the batch on. */
static int
part_poll(struct op_scan *s, unsigned number, struct batch *b, uint32_t at,
	  uint32_t max, struct error *err)
{
	struct scan_part *part = &s->parts[number];
	struct raw_record *rec = (struct raw_record *)b->raw;
	int got;

	if (s->type->poll)
		got = s->type->poll(s->source, number, rec + at, max,
				    &b->arena, s->op.now_us, err);
	else
		got = s->type->fill(s->source, number, b, max, s->op.now_us,
				    err);
	if (got < 0)
		return -1;
	CHECK((uint32_t)got <= max);
	part->asked = true;
	part->dry = (uint32_t)got < max;
	part_took(part, rec ? rec + at : NULL, got);
	return got;
}

/* Packs rows of as many partitions as needed; a source that fills columns by
 * itself gives one partition a batch. Returns the rows, or -1. */
static int
batch_poll(struct op_scan *s, struct batch *b, struct error *err)
{
	struct run *runs = NULL;
	uint32_t rows = 0, width = records_width(s->records);
	int number;

	b->nrun = 0;
	while (rows < BATCH_ROWS && (number = parts_next(s)) >= 0) {
		int64_t first = s->parts[number].next_offset;
		int got = part_poll(s, number, b, rows,
				    (BATCH_ROWS - rows) / width, err);

		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		got = records_spread(s->records, b, rows, got);
		if (!runs)
			runs = arena_array(&b->arena, s->nparts + 1,
					   struct run);
		rows += got;
		runs[b->nrun++] = (struct run){
			.part = number, .row_end = rows, .offset_first =
				b->raw ? b->raw[rows - got].offset : first,
		};
		if (!b->raw)
			break;
	}
	b->run = runs;
	return rows;
}

/* One batch into the pipeline; 0: nothing there. */
static int
scan_one(struct op_scan *s, struct error *err)
{
	struct batch *b = scan_batch(s);
	int rows = batch_poll(s, b, err);

	if (rows <= 0) {
		s->spare = b;
		return rows;
	}
	batch_seal(b, rows);
	b->now_us = s->op.now_us;
	stat_add(s->op.stats.rows_in, rows / records_width(s->records));
	if (records_decode(s->records, b, err) < 0) {
		batch_unref(b);
		return -1;
	}
	op_emit(&s->op, b);
	return rows;
}

/* ---- records of the table errors ---- */

/* The connector's own metadata is of records just read. */
static bool
metadata_is_kept(const struct op_scan *s)
{
	static const char *const kept[] = { "topic", "partition", "offset",
					    "timestamp", "headers" };
	const struct records *r = s->records;

	for (unsigned i = 0; i < r->nmetadata; i++) {
		bool found = false;

		for (unsigned k = 0; k < ARRAY_LEN(kept); k++)
			found |= strcmp(r->metadata[i].key, kept[k]) == 0;
		if (!found)
			return false;
	}
	return true;
}

static int
part_of(const struct op_scan *s, const struct bad_row *row)
{
	for (unsigned i = 0; row->topic && i < s->nparts; i++)
		if (s->parts[i].partition == row->partition &&
		    strcmp(s->parts[i].topic, row->topic) == 0)
			return (int)i;
	return -1;
}

static const char *
bytes_or_null(struct arena *a, const struct str *s, bool has)
{
	return has ? arena_strndup(a, str_data(s), s->len) : NULL;
}

enum replay_refusal
scan_replay(struct op *op, const struct bad_row *row, uint16_t number)
{
	struct op_scan *s = op_cast(op, &op_scan_type);
	struct raw_record *rec;
	struct arena *a;
	int part;

	parts_refresh(s);
	part = part_of(s, row);
	/* Records with keys of their own may have been followed by newer
	 * ones, and changes by changes that rest on them. */
	if (op->node->mode != CHANGE_APPEND || records_width(s->records) != 1)
		return REPLAY_CHANGES;
	if (!s->type->poll || part < 0)
		return REPLAY_NO_PARTITION;
	if (!metadata_is_kept(s))
		return REPLAY_METADATA;
	if (!s->replay)
		s->replay = scan_batch(s);
	CHECK(s->replay->rows < BATCH_ROWS);
	a = &s->replay->arena;
	rec = (struct raw_record *)&s->replay->raw[s->replay->rows++];
	*rec = (struct raw_record){
		.value = bytes_or_null(a, &row->raw, row->has_raw),
		.value_len = row->raw.len,
		.key = bytes_or_null(a, &row->key, row->has_key),
		.key_len = row->key.len,
		.offset = row->offset,
		.timestamp_us = row->record_time_us,
		.part = (uint32_t)part,
		.replay = number,
	};
	if (row->has_headers)
		rec->headers = str_from(a, str_data(&row->headers),
					row->headers.len);
	return REPLAY_TAKEN;
}

/* Without runs, so that watermark operators do not look at it. */
static int
replay_records(struct op_scan *s, struct error *err)
{
	struct batch *b = s->replay;

	s->replay = NULL;
	b->run = NULL;
	b->nrun = 0;
	batch_seal(b, b->rows);
	b->now_us = s->op.now_us;
	if (records_decode(s->records, b, err) < 0) {
		batch_unref(b);
		return OP_FAIL;
	}
	op_emit(&s->op, b);
	return OP_OK;
}

/* ---- a step ---- */

static void
step_begins(struct op_scan *s)
{
	for (unsigned i = 0; i < s->nparts; i++) {
		struct scan_part *part = &s->parts[i];

		part->step_rows = 0;
		part->asked = false;
		part->quiet = false;
		part->dry = false;
	}
}

static bool
step_is_full(const struct op_scan *s, unsigned batches)
{
	return batches == s->op.p->env.step_batches || op_full(&s->op);
}

int
scan_poll(struct op *op, enum scan_may may, int64_t gap_us, struct error *err)
{
	struct op_scan *s = op_cast(op, &op_scan_type);
	unsigned batches;

	step_begins(s);
	s->polled_us = 0;
	if (s->replay)
		return replay_records(s, err);
	if (may == SCAN_MAY_NOT || op_is_dead(op))
		return OP_OK;
	s->polled_us = gap_us;
	if (s->type->check && s->type->check(s->source, err) < 0)
		return OP_FAIL;
	parts_refresh(s);
	parts_times(s);
	for (batches = 0; !step_is_full(s, batches); batches++) {
		int rows = scan_one(s, err);

		if (rows < 0)
			return OP_FAIL;
		if (rows == 0)
			break;
	}
	s->busy = step_is_full(s, batches);
	parts_refresh(s);
	for (unsigned i = 0; i < s->nparts; i++) {
		struct scan_part *part = &s->parts[i];

		part->quiet = part->asked && part->step_rows == 0 &&
			      part->state == PART_CAUGHT_UP;
	}
	return OP_OK;
}

int64_t
scan_polled_us(const struct op *op)
{
	const struct op_scan *s = scan_const(op);

	return s->polled_us;
}

bool
scan_is_busy(const struct op *op)
{
	const struct op_scan *s = scan_const(op);

	return s->busy && !scan_has_ended(op);
}

bool
scan_has_ended(const struct op *op)
{
	const struct op_scan *s = scan_const(op);

	if (op_is_dead(op))
		return true;
	for (unsigned i = 0; i < s->nparts; i++) {
		if (s->parts[i].state != PART_ENDED)
			return false;
	}
	return s->nparts > 0;
}

int64_t
scan_time_us(const struct op *op)
{
	const struct op_scan *s = scan_const(op);
	int64_t lowest_us = TIME_END;

	for (unsigned i = 0; i < s->nparts; i++) {
		const struct scan_part *part = &s->parts[i];

		if (part_may_give(part) && part->wm_us < lowest_us)
			lowest_us = part->wm_us;
	}
	return lowest_us == TIME_END ? TIME_NONE : lowest_us;
}

/* ---- the source behind it ---- */

int
scan_wake_fd(const struct op *op)
{
	const struct op_scan *s = scan_const(op);

	return s->source && s->type->wake_fd ? s->type->wake_fd(s->source)
					     : -1;
}

void
scan_woken(struct op *op)
{
	const struct op_scan *s = scan_const(op);

	if (s->source && s->type->woken)
		s->type->woken(s->source);
}

const char *
scan_reason(const struct op *op)
{
	const struct op_scan *s = scan_const(op);

	return s->source && s->type->reason ? s->type->reason(s->source)
					    : NULL;
}

const char *
scan_notice(struct op *op)
{
	const struct op_scan *s = scan_const(op);

	return s->source && s->type->notice ? s->type->notice(s->source)
					    : NULL;
}

int64_t
scan_next_us(const struct op *op)
{
	const struct op_scan *s = scan_const(op);

	if (!s->source || !s->type->next_us || scan_has_ended(op))
		return TIME_END;
	return s->type->next_us(s->source);
}

bool
scan_work(const struct op *op, struct blocking_work *ret)
{
	const struct op_scan *s = scan_const(op);

	if (!s->source || !s->type->work)
		return false;
	*ret = s->type->work(s->source);
	return ret->run != NULL;
}

const struct op_type op_scan_type = {
	.name = "scan",
	.bytes = sizeof(struct op_scan),
	.state_version = 1,
	.open = scan_open,
	.restore = scan_restore,
	.checkpoint = scan_checkpoint,
	.close = scan_close,
};
