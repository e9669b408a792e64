/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/records.c - decoding in two phases: the columns that time
 * and the shared filter need for all records, the others for survivors only.
 * A record that cannot be used fails as a whole, once, for all queries.
 */
#include "base/check.h"
#include "base/time.h"
#include "runtime/operators/records.h"
#include "runtime/operators/scan.h"
#include "runtime/driver.h"

#define RECORD_BYTES_MAX (INT64_C(4) << 20)

/* ---- opening ---- */

static bool
is_true(const struct options *o, const char *key, const char *value)
{
	const char *given = options_get(o, key);

	return given && strcmp(given, value) == 0;
}

static void
records_settings(struct records *r)
{
	const struct options *o = r->plan->options;

	if (is_true(o, "scan.on-error", "skip"))
		r->on_error = ON_ERROR_SKIP;
	else if (is_true(o, "scan.on-error", "fail"))
		r->on_error = ON_ERROR_FAIL;
	r->bytes_max = options_get(o, "scan.max-record-bytes") ?
		       options_bytes(o, "scan.max-record-bytes") :
		       RECORD_BYTES_MAX;
}

static int
metadata_open(struct records *r, const struct scan_column *c, bool has_records,
	      struct error *err)
{
	static const struct { const char *key; enum phys phys; } own[] = {
		{ "topic", PHYS_STR }, { "partition", PHYS_I64 },
		{ "offset", PHYS_I64 }, { "timestamp", PHYS_I64 },
	};

	if (!has_records)
		return error_set(err, ERR_UNSUPPORTED, "column %s: connector"
				 " %s has no metadata", c->name,
				 r->plan->options->connector);
	for (unsigned i = 0; i < ARRAY_LEN(own); i++) {
		if (strcmp(own[i].key, c->metadata_key) == 0 &&
		    own[i].phys != phys_of(c->type))
			return error_set(err, ERR_TYPE_MISMATCH, "column %s"
					 " cannot hold metadata '%s'",
					 c->name, c->metadata_key);
	}
	r->metadata[r->nmetadata++] = (struct metadata_column){
		.out = c->out, .key = c->metadata_key,
	};
	return 0;
}

/* The name of a key column inside of the key. */
static const char *
key_name(const struct records *r, const struct scan_column *c)
{
	const char *prefix = options_get(r->plan->options, "key.fields-prefix");
	size_t n = prefix ? strlen(prefix) : 0;

	return n && strncmp(c->name, prefix, n) == 0 ? c->name + n : c->name;
}

static bool
is_upsert(const struct records *r)
{
	return r->plan->changes == CHANGE_UPSERT;
}

/* What the format is asked for, "source.table"; NULL: nothing. */
static const char *
format_metadata(const struct scan_column *c)
{
	const char *key = c->metadata_key;

	return key && strncmp(key, "value.", 6) == 0 ? key + 6 : NULL;
}

static struct decode_column
decode_column(const struct records *r, const struct scan_column *c, bool key)
{
	return (struct decode_column){
		.name = key ? key_name(r, c) : c->name,
		.type = c->type,
		.out = c->out,
		.wanted = c->wanted && (c->in_key == key || is_upsert(r)),
	};
}

/* In an UPSERT table in the order of its PRIMARY KEY. */
static unsigned
key_columns(const struct records *r, struct decode_column *out)
{
	const struct plan_scan *plan = r->plan;
	unsigned n = 0;

	if (is_upsert(r)) {
		for (unsigned k = 0; k < plan->nkeys; k++)
			out[n++] = decode_column(r, &plan->cols[plan->keys[k]],
						 true);
		return n;
	}
	for (unsigned i = 0; i < plan->ncols; i++)
		if (plan->cols[i].in_key)
			out[n++] = decode_column(r, &plan->cols[i], true);
	return n;
}

/* Columns of the key stand in the value as well unless the table says
 * EXCEPT_KEY. They are read from the key and only take a position there; of an
 * UPSERT table from both, and the value, if there is one, has the last word. */
static unsigned
decode_columns(const struct records *r, bool key, struct decode_column *out)
{
	bool except_key = is_true(r->plan->options, "value.fields-include",
				  "EXCEPT_KEY");
	unsigned n = 0;

	if (key)
		return key_columns(r, out);
	for (unsigned i = 0; i < r->plan->ncols; i++) {
		const struct scan_column *c = &r->plan->cols[i];
		const char *metadata = format_metadata(c);

		if ((c->metadata_key && !metadata) ||
		    (c->in_key && except_key))
			continue;
		out[n] = decode_column(r, c, false);
		out[n++].metadata = metadata;
	}
	return n;
}

static int
decoder_open(struct records *r, const char *which, struct decoder **ret,
	     struct decoder_spec *ret_spec, struct error *err)
{
	struct arena *a = r->op->arena;
	bool key = strcmp(which, "key") == 0;
	const struct options *o = options_of_format(r->plan->options, which, a);
	struct decode_column *cols;
	const struct decoder_type *type;

	*ret_spec = (struct decoder_spec){ 0 };
	if (!o)
		return 0;
	type = decoder_type_find(o->connector);
	if (!type)
		return error_set(err, ERR_UNKNOWN_FORMAT,
				 "no format is named '%s'", o->connector);
	cols = arena_array(a, r->plan->ncols, struct decode_column);
	*ret_spec = (struct decoder_spec){
		.options = o,
		.ncols = decode_columns(r, key, cols),
		.cols = cols,
		.record_bytes_max = r->bytes_max,
		.zone = op_zone(r->op),
	};
	return type->open(ret, ret_spec, err);
}

/* Splits the value's columns into those before the filter and those behind. */
static int
filter_open(struct records *r, const struct decoder_spec *value,
	    struct error *err)
{
	const struct expr *filter = r->plan->filter;
	struct arena *a = r->op->arena;

	if (!filter)
		return 0;
	r->early = arena_array(a, value->ncols, bool);
	r->late = arena_array(a, value->ncols, bool);
	r->late_out = arena_array(a, r->schema->ncols, bool);
	for (unsigned i = 0; i < value->ncols; i++) {
		const struct decode_column *c = &value->cols[i];

		if (!c->wanted)
			continue;
		r->early[i] = r->plan->early[c->out];
		r->late[i] = !r->early[i];
		r->late_out[c->out] = r->late[i];
	}
	return program_compile(&filter, 1, r->schema, op_zone(r->op), a,
			       &r->filter, err);
}

/* Metadata is of the record, with or without a value. */
static void
upsert_open(struct records *r)
{
	bool except_key = is_true(r->plan->options, "value.fields-include",
				  "EXCEPT_KEY");

	r->of_key = arena_array(r->op->arena, r->schema->ncols, bool);
	r->of_both = arena_array(r->op->arena, r->schema->ncols, bool);
	for (unsigned i = 0; i < r->plan->ncols; i++) {
		const struct scan_column *c = &r->plan->cols[i];

		if (!c->wanted)
			continue;
		r->of_key[c->out] = c->in_key || c->metadata_key;
		r->of_both[c->out] = c->in_key && !except_key;
	}
}

int
records_open(struct records *r, struct op *op, bool has_format,
	     struct error *err)
{
	struct decoder_spec key, value = { 0 };

	r->op = op;
	r->plan = op->node->scan;
	r->schema = &op->node->schema;
	r->metadata = arena_array(op->arena, r->plan->ncols,
				  struct metadata_column);
	records_settings(r);
	if (is_upsert(r))
		upsert_open(r);
	for (unsigned i = 0; i < r->plan->ncols; i++) {
		const struct scan_column *c = &r->plan->cols[i];

		if (c->metadata_key && c->wanted && !format_metadata(c) &&
		    metadata_open(r, c, has_format, err) < 0)
			return -1;
	}
	if (has_format &&
	    (decoder_open(r, "key", &r->key, &key, err) < 0 ||
	     decoder_open(r, "value", &r->value, &value, err) < 0))
		return -1;
	return filter_open(r, &value, err);
}

void
records_source(struct records *r, const struct source_type *type,
	       struct source *source)
{
	r->source_type = type;
	r->source = source;
}

uint32_t
records_width(const struct records *r)
{
	return r->value && r->value->type->pairs ? 2 : 1;
}

int
records_spread(const struct records *r, struct batch *b, uint32_t at, int n)
{
	struct raw_record *rec = (struct raw_record *)b->raw + at;

	if (records_width(r) == 1)
		return n;
	for (int i = n; i-- > 0;)
		rec[2 * i] = rec[2 * i + 1] = rec[i];
	return 2 * n;
}

void
records_close(struct records *r)
{
	if (r->key)
		r->key->type->close(r->key);
	if (r->value)
		r->value->type->close(r->value);
}

/* ---- records that fail ---- */

static int
record_fatal(struct records *r, const struct batch *b, uint32_t row,
	     enum error_code code, const char *column, const char *detail,
	     struct error *err)
{
	const struct raw_record *rec = b->raw ? &b->raw[row] : NULL;
	int32_t partition = -1;
	const char *topic = rec ? scan_topic(r->op, rec->part, &partition)
				: NULL;

	error_set(err, code, "table %s: %s%s%s", r->plan->table,
		  column ? column : "record", ": ",
		  detail ? detail : error_help(code));
	if (rec)
		error_note(err, "topic %s, partition %d, offset %lld; with "
			   "'scan.on-error' = 'quarantine' such records go to "
			   "the job's errors and it goes on",
			   topic, (int)partition, (long long)rec->offset);
	return -1;
}

/* The record is out, for every query, with both of its rows. */
static int
record_fail(struct records *r, const struct batch *b, uint32_t row,
	    enum error_code code, const char *column, const char *detail,
	    struct error *err)
{
	bool pairs = records_width(r) == 2;
	bool again = b->raw && b->raw[row].replay;

	if (pairs && r->failed[row])
		return 0; /* for its other row */
	if (pairs)
		r->failed[row & ~1u] = r->failed[row | 1] = true;
	row |= pairs; /* the weight of a record is +1 */
	r->failed[row] = true;
	r->any_failed = true;
	/* What has been quarantined stays so, whatever the table says now. */
	switch (again ? ON_ERROR_QUARANTINE : r->on_error) {
	case ON_ERROR_QUARANTINE:
		op_quarantine_record(r->op, b, row, code, column, detail);
		return 0;
	case ON_ERROR_SKIP:
		stat_add(r->op->stats.skipped, 1);
		return 0;
	case ON_ERROR_FAIL:
		break;
	}
	return record_fatal(r, b, row, code, column, detail, err);
}

static void
record_skip(struct records *r, uint32_t row)
{
	r->failed[row] = true;
	r->any_failed = true;
	stat_add(r->op->stats.skipped, 1);
}

/* Takes failed rows out of the selection and makes them NULL everywhere: the
 * kernels may run over them, and they must not move a watermark. */
static void
drop_failed(struct records *r, struct batch *b)
{
	uint16_t *sel;
	uint32_t n = 0;

	if (!r->any_failed)
		return;
	sel = arena_alloc(&b->arena, b->rows * sizeof(*sel));
	batch_each(b, row) {
		if (!r->failed[row])
			sel[n++] = row;
	}
	b->sel = sel;
	b->nsel = n;
	for (uint32_t row = 0; row < b->rows; row++) {
		if (!r->failed[row])
			continue;
		for (unsigned c = 0; c < r->schema->ncols; c++)
			column_set_null(&b->col[c], row, b->rows, &b->arena);
	}
}

/* ---- the steps of decoding ---- */

static int
check_sizes(struct records *r, const struct batch *b, struct error *err)
{
	for (uint32_t row = 0; b->raw && row < b->rows; row++) {
		const struct raw_record *rec = &b->raw[row];

		if (rec->value_len <= r->bytes_max &&
		    rec->key_len <= r->bytes_max &&
		    rec->headers.len <= r->bytes_max &&
		    !rec->headers_too_large)
			continue;
		if (record_fail(r, b, row, ERR_RECORD_TOO_LARGE, NULL, NULL,
				err) < 0)
			return -1;
	}
	return 0;
}

/* Rows of a batch: those that a decoder looks at. */
struct picked {
	const uint16_t *sel;
	uint32_t n;
};

static struct picked
live_rows(const struct batch *b)
{
	return (struct picked){ b->sel, b->nsel };
}

static bool
all_are_ok(const struct decode_result *result, struct picked rows)
{
	unsigned any = 0;

	if (result->nerrors > 0)
		return false;
	if (rows.sel) {
		for (uint32_t i = 0; i < rows.n; i++)
			any |= result->outcome[rows.sel[i]];
	} else {
		for (uint32_t i = 0; i < rows.n; i++)
			any |= result->outcome[i];
	}
	return any == 0; /* DECODE_OK */
}

/* What the table calls a column that the decoder complains about. */
static const char *
column_of(const struct records *r, bool key, const char *name)
{
	for (unsigned i = 0; key && name && i < r->plan->ncols; i++) {
		const struct scan_column *c = &r->plan->cols[i];

		if (c->in_key && strcmp(key_name(r, c), name) == 0)
			return c->name;
	}
	return name;
}

static int
decode_with(struct records *r, struct decoder *d, const bool *only,
	    struct picked rows, struct batch *b, struct error *err)
{
	struct decode_result *result = &r->result;

	if (!d || rows.n == 0)
		return 0;
	result->nerrors = 0;
	d->type->decode(d, b->raw, d == r->key, rows.sel, rows.n, only, b,
			result);
	if (all_are_ok(result, rows))
		return 0;
	for (unsigned i = 0; i < result->nerrors; i++) {
		const struct decode_error *e = &result->errors[i];

		if (record_fail(r, b, e->row, e->code,
				column_of(r, d == r->key, e->column),
				e->detail, err) < 0)
			return -1;
	}
	for (uint32_t i = 0; i < rows.n; i++) {
		uint32_t row = rows.sel ? rows.sel[i] : i;

		if (result->outcome[row] == DECODE_SKIP)
			record_skip(r, row);
		else if (result->outcome[row] == DECODE_ABSENT)
			r->any_failed = r->failed[row] = true;
	}
	drop_failed(r, b);
	return 0;
}

static int
fill_metadata(struct records *r, const struct metadata_column *m,
	      struct batch *b, struct error *err)
{
	const struct raw_record *rec = b->raw;
	struct column *c = &b->col[m->out];
	int32_t partition = 0;

	if (strcmp(m->key, "topic") == 0) {
		for (uint32_t i = 0; i < b->rows; i++) {
			const char *topic = scan_topic(r->op, rec[i].part,
						       &partition);

			c->str[i] = str_ref(topic, strlen(topic));
		}
	} else if (strcmp(m->key, "partition") == 0) {
		for (uint32_t i = 0; i < b->rows; i++) {
			scan_topic(r->op, rec[i].part, &partition);
			c->i64[i] = partition;
		}
	} else if (strcmp(m->key, "offset") == 0) {
		for (uint32_t i = 0; i < b->rows; i++)
			c->i64[i] = rec[i].offset;
	} else if (strcmp(m->key, "timestamp") == 0) {
		for (uint32_t i = 0; i < b->rows; i++) {
			c->i64[i] = rec[i].timestamp_us;
			if (rec[i].timestamp_us == TIME_NONE)
				column_set_null(c, i, b->rows, &b->arena);
		}
	} else if (r->source_type->metadata) {
		return r->source_type->metadata(r->source, m->key, rec,
						b->rows, c, &b->arena, err);
	} else {
		return error_set(err, ERR_UNSUPPORTED, "connector %s has no"
				 " metadata '%s'", r->source_type->name,
				 m->key);
	}
	return 0;
}

/* Metadata columns are filled densely, so before rows begin to fail. */
static int
fill_all_metadata(struct records *r, struct batch *b, struct error *err)
{
	for (unsigned i = 0; i < r->nmetadata; i++) {
		if (fill_metadata(r, &r->metadata[i], b, err) < 0)
			return -1;
	}
	return 0;
}

static bool
is_late(const struct records *r, unsigned c)
{
	return r->late_out && r->late_out[c];
}

static int
check_not_null(struct records *r, bool late, struct batch *b,
	       struct error *err)
{
	for (unsigned c = 0; c < r->schema->ncols; c++) {
		const struct schema_column *col = &r->schema->cols[c];

		if (col->type.nullable || !b->col[c].nulls ||
		    is_late(r, c) != late)
			continue;
		batch_each(b, row) {
			if (!b->col[c].nulls[row] || r->failed[row])
				continue;
			if (r->any_gone && r->gone[row] && !r->of_key[c])
				continue;
			if (record_fail(r, b, row, ERR_NULL_VALUE, col->name,
					NULL, err) < 0)
				return -1;
		}
	}
	drop_failed(r, b);
	return 0;
}

/* Kernels that follow may run over rows that are never decoded further. */
static void
zero_late(struct records *r, struct batch *b)
{
	for (unsigned c = 0; c < r->schema->ncols; c++) {
		struct column *col = &b->col[c];

		if (r->late_out[c])
			memset(col->data, 0, b->rows * phys_bytes(col->phys));
	}
}

static int
decode_late(struct records *r, struct batch *b, struct error *err)
{
	struct eval_result cannot_fail;
	const uint16_t *sel;
	uint32_t n;

	program_filter(r->filter, b, r->op->wm_us, &b->arena, &sel, &n,
		       &cannot_fail);
	b->sel = sel;
	b->nsel = n;
	if (!r->value)
		return 0;
	if (decode_with(r, r->value, r->late, live_rows(b), b, err) < 0)
		return -1;
	return check_not_null(r, true, b, err);
}

/* ---- UPSERT ---- */

/* A record without a key says nothing; one without a value, that its key is
 * gone. What an empty one says is the format's to know. */
static void
find_gone(struct records *r, struct batch *b)
{
	int64_t *weight;

	if (r->any_gone)
		memset(r->gone, 0, sizeof(r->gone));
	r->any_gone = false;
	batch_each(b, row) {
		const struct raw_record *rec = &b->raw[row];

		if (!rec->key)
			record_skip(r, row);
		else
			r->any_gone |= r->gone[row] = !rec->value;
	}
	drop_failed(r, b);
	if (!r->any_gone)
		return;
	weight = arena_alloc(&b->arena, b->rows * sizeof(*weight));
	for (uint32_t row = 0; row < b->rows; row++)
		weight[row] = r->gone[row] ? -1 : 1;
	b->weight = weight;
}

static struct picked
rows_with_value(const struct records *r, struct batch *b)
{
	uint16_t *sel;
	uint32_t n = 0;

	if (!r->any_gone)
		return live_rows(b);
	sel = arena_alloc(&b->arena, b->nsel * sizeof(*sel));
	batch_each(b, row)
		if (!r->gone[row])
			sel[n++] = (uint16_t)row;
	return (struct picked){ sel, n };
}

/* What the value says replaces what the key said; a row that is gone has
 * nothing but its key. */
static void
prepare_values(struct records *r, struct batch *b)
{
	for (unsigned c = 0; c < r->schema->ncols; c++) {
		struct column *col = &b->col[c];

		batch_each(b, row) {
			if (r->gone[row] && !r->of_key[c])
				column_set_null(col, row, b->rows, &b->arena);
			else if (!r->gone[row] && r->of_both[c] && col->nulls)
				col->nulls[row] = 0;
		}
	}
}

static int
decode_values(struct records *r, struct batch *b, struct error *err)
{
	if (is_upsert(r))
		prepare_values(r, b);
	return decode_with(r, r->value, r->early,
			   is_upsert(r) ? rows_with_value(r, b)
					: live_rows(b),
			   b, err);
}

static void
weigh_pairs(struct batch *b)
{
	int64_t *weight = arena_alloc(&b->arena, b->rows * sizeof(*weight));

	for (uint32_t row = 0; row < b->rows; row++)
		weight[row] = row & 1 ? 1 : -1;
	b->weight = weight;
}

int
records_decode(struct records *r, struct batch *b, struct error *err)
{
	if (r->any_failed)
		memset(r->failed, 0, sizeof(r->failed));
	r->any_failed = false;
	if (r->filter && r->value)
		zero_late(r, b);
	if (fill_all_metadata(r, b, err) < 0)
		return -1;
	if (check_sizes(r, b, err) < 0)
		return -1;
	drop_failed(r, b);
	if (is_upsert(r))
		find_gone(r, b);
	if (records_width(r) == 2)
		weigh_pairs(b);
	if (decode_with(r, r->key, NULL, live_rows(b), b, err) < 0)
		return -1;
	if (decode_values(r, b, err) < 0)
		return -1;
	if (check_not_null(r, false, b, err) < 0)
		return -1;
	return r->filter ? decode_late(r, b, err) : 0;
}
