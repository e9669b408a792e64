/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/debezium_json.c - change events of Debezium: an envelope of
 * "before", "after" and "op" around two objects that the json format reads.
 * A record has two positions in the batch, side by side: what it takes back
 * (weight -1, even), and what comes (+1, odd); either may be absent.
 *
 *	c, r: after    u: before, after    d: before
 *
 * Each envelope is walked on its own; the objects in it then go through the
 * json decoder together, as if they had been records.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/format.h"
#include "runtime/formats/field.h"
#include "runtime/formats/json_simd.h"
#include "runtime/formats/json_value.h"
#include "runtime/formats/json_walk.h"

#define TEXT_KEPT (1024 * 1024) /* a larger record's buffer is not kept */

enum envelope_field {
	F_BEFORE, F_AFTER, F_OP, F_SOURCE, F_TS_MS, F_PAYLOAD, F_SCHEMA,
	F_COUNT
};

enum source_field { S_DB, S_SCHEMA, S_TABLE, S_TS_MS, S_COUNT };

static const struct json_name envelope_names[F_COUNT] = {
	[F_BEFORE] = { "before", 6 }, [F_AFTER] = { "after", 5 },
	[F_OP] = { "op", 2 },	      [F_SOURCE] = { "source", 6 },
	[F_TS_MS] = { "ts_ms", 5 },   [F_PAYLOAD] = { "payload", 7 },
	[F_SCHEMA] = { "schema", 6 },
};
static const struct json_name source_names[S_COUNT] = {
	[S_DB] = { "db", 2 },
	[S_SCHEMA] = { "schema", 6 },
	[S_TABLE] = { "table", 5 },
	[S_TS_MS] = { "ts_ms", 5 },
};

enum metadata_key {
	M_SCHEMA, M_INGESTED, M_TIME, M_DB, M_DB_SCHEMA, M_TABLE, M_PROPERTIES,
	M_COUNT
};

enum metadata_form { AS_TEXT, AS_TIME, AS_MAP };

/* What Flink calls them, and where they stand. */
static const struct {
	const char *key;
	bool of_source;
	unsigned field; /* of the envelope, or of its source */
	enum metadata_form form;
} metadata[M_COUNT] = {
	[M_SCHEMA] = { "schema", false, F_SCHEMA, AS_TEXT },
	[M_INGESTED] = { "ingestion-timestamp", false, F_TS_MS, AS_TIME },
	[M_TIME] = { "source.timestamp", true, S_TS_MS, AS_TIME },
	[M_DB] = { "source.database", true, S_DB, AS_TEXT },
	[M_DB_SCHEMA] = { "source.schema", true, S_SCHEMA, AS_TEXT },
	[M_TABLE] = { "source.table", true, S_TABLE, AS_TEXT },
	[M_PROPERTIES] = { "source.properties", false, F_SOURCE, AS_MAP },
};

struct metadata_out {
	enum metadata_key key;
	struct type type;
	uint16_t out;
	const char *name;
};

/* An object whose fields are looked up by name. */
struct lookup {
	struct json_walker walker;
	struct json_token token[F_COUNT];
	struct json_token *slot[F_COUNT];
};

struct debezium_decoder {
	struct decoder decoder;
	struct arena arena;
	int64_t record_bytes_max;
	bool schema_include, ignore_errors, reads_source;
	struct decoder *rows;    /* of before and after: json */
	uint16_t *position;      /* its columns' positions in our spec */
	unsigned ncols, nout;
	uint16_t *out;           /* all columns of the batch that are ours */
	bool *only;              /* of its columns, in this call */
	unsigned nmetadata;
	struct metadata_out *metadata;
	struct json_index *index;
	struct lookup envelope, source;

	char *text; /* the record at hand, padded */
	size_t text_size;
	const char *from, *home; /* where it was read, where its bytes stay */

	/* of one call */
	struct batch *b;
	struct decode_result *ret;
	unsigned nbad;
	struct decode_error bad[BATCH_ROWS];
	uint32_t npicked;
	uint16_t picked[BATCH_ROWS];        /* positions with an object */
	struct raw_record part[BATCH_ROWS]; /* the object, by position */
};

/* ---- lifetime ---- */

static void
debezium_decoder_close(struct decoder *decoder)
{
	struct debezium_decoder *d = (struct debezium_decoder *)decoder;

	if (!d)
		return;
	if (d->rows)
		d->rows->type->close(d->rows);
	json_index_destroy(d->index);
	arena_release(&d->arena);
	free(d->text);
	free(d);
}

static void
lookup_init(struct lookup *l, unsigned n, const struct json_name *names,
	    struct arena *a)
{
	json_walker_init(&l->walker, n, names, a);
	for (unsigned i = 0; i < n; i++)
		l->walker.slots[i] = &l->token[i];
}

static void
take_metadata(struct debezium_decoder *d, const struct decode_column *c)
{
	for (unsigned key = 0; key < M_COUNT; key++) {
		if (strcmp(metadata[key].key, c->metadata) != 0)
			continue;
		d->metadata[d->nmetadata++] = (struct metadata_out){
			.key = key, .type = c->type, .out = c->out,
			.name = c->name,
		};
		d->reads_source |= metadata[key].of_source;
	}
}

static int
rows_open(struct debezium_decoder *d, const struct decoder_spec *spec,
	  struct error *err)
{
	struct decoder_spec rows = *spec;
	struct decode_column *cols =
		arena_array(&d->arena, spec->ncols, struct decode_column);

	d->position = arena_array(&d->arena, spec->ncols, uint16_t);
	d->out = arena_array(&d->arena, spec->ncols, uint16_t);
	d->only = arena_array(&d->arena, spec->ncols + 1u, bool);
	d->metadata = arena_array(&d->arena, spec->ncols,
				  struct metadata_out);
	for (unsigned i = 0; i < spec->ncols; i++) {
		const struct decode_column *c = &spec->cols[i];

		if (c->wanted)
			d->out[d->nout++] = c->out;
		if (!c->metadata) {
			d->position[d->ncols] = (uint16_t)i;
			cols[d->ncols++] = *c;
		} else if (c->wanted) {
			take_metadata(d, c);
		}
	}
	rows.ncols = d->ncols;
	rows.cols = cols;
	return json_decoder_type.open(&d->rows, &rows, err);
}

static int
debezium_decoder_open(struct decoder **ret, const struct decoder_spec *spec,
		      struct error *err)
{
	struct debezium_decoder *d = mem_zalloc(sizeof(*d));

	arena_init(&d->arena);
	d->decoder.type = &debezium_json_decoder_type;
	d->record_bytes_max = spec->record_bytes_max;
	d->schema_include = field_option(spec->options, "schema-include");
	d->ignore_errors = field_option(spec->options, "ignore-parse-errors");
	d->index = json_index_create();
	lookup_init(&d->envelope, F_COUNT, envelope_names, &d->arena);
	lookup_init(&d->source, S_COUNT, source_names, &d->arena);
	if (rows_open(d, spec, err) < 0) {
		debezium_decoder_close(&d->decoder);
		return -1;
	}
	*ret = &d->decoder;
	return 0;
}

/* ---- bad records ---- */

/* Said once, at the position of what comes. Always false. */
static bool
refuse(struct debezium_decoder *d, uint32_t pair, enum error_code code,
       const char *column, const char *detail)
{
	d->bad[d->nbad++] = (struct decode_error){
		.row = (uint16_t)(pair + 1), .code = (uint8_t)code,
		.column = column, .detail = detail,
	};
	return false;
}

static bool
refuse_fault(struct debezium_decoder *d, uint32_t pair,
	     struct json_fault fault)
{
	return refuse(d, pair, ERR_BAD_JSON, NULL,
		      arena_printf(&d->b->arena, "%s at byte %zu", fault.what,
				   fault.at));
}

/* ---- the envelope ---- */

static void
text_take(struct debezium_decoder *d, const struct raw_record *rec)
{
	size_t need = rec->value_len + (size_t)JSON_PADDING;

	if (need > d->text_size) {
		d->text_size = 2 * need;
		d->text = mem_realloc(d->text, d->text_size);
	}
	memcpy(d->text, rec->value, rec->value_len);
	memset(d->text + rec->value_len, ' ', JSON_PADDING);
	d->from = d->text;
	d->home = rec->value;
}

static bool
is_object(struct json_token t)
{
	return t.text && t.text[0] == '{';
}

static bool
is_absent(struct json_token t)
{
	return !t.text || t.text[0] == 'n';
}

/* The fields of one object, which is text[0..n) and padded. */
static bool
walk_object(struct debezium_decoder *d, struct lookup *l, uint32_t pair,
	    const char *text, size_t n)
{
	const uint32_t *pos;
	struct json_fault fault;

	memset(l->token, 0, sizeof(l->token));
	if (json_index_text(d->index, text, n, &pos) < 0)
		return refuse_fault(d, pair, (struct json_fault){
				    "a string has no end", n });
	fault = json_walk(&l->walker, text, 0, n, &pos, 0);
	return !fault.what || refuse_fault(d, pair, fault);
}

/* The whole record: what the index refuses is no UTF-8, or has raw control
 * characters in its strings, which Flink accepts. */
static bool
walk_record(struct debezium_decoder *d, uint32_t pair,
	    const struct raw_record *rec)
{
	size_t n = rec->value_len;
	const uint32_t *pos;

	text_take(d, rec);
	if (json_index_text(d->index, d->text, n, &pos) < 0) {
		if (!utf8_valid(d->text, n))
			return refuse(d, pair, ERR_BAD_UTF8, NULL, NULL);
		d->from = d->home = json_repair(d->text, n, &d->b->arena, &n);
	}
	return walk_object(d, &d->envelope, pair, d->from, n);
}

/* {"schema": ..., "payload": {...}}: the payload's fields take the place of
 * the record's; the schema stays. */
static bool
unwrap(struct debezium_decoder *d, uint32_t pair)
{
	struct json_token schema = d->envelope.token[F_SCHEMA];
	struct json_token payload = d->envelope.token[F_PAYLOAD];

	if (!is_object(payload))
		return refuse(d, pair, ERR_BAD_JSON, NULL,
			      "no \"payload\": the message has no schema; "
			      "leave 'debezium-json.schema-include' out");
	if (!walk_object(d, &d->envelope, pair, payload.text, payload.len))
		return false;
	d->envelope.token[F_SCHEMA] = schema;
	return true;
}

/* The object of one side as a record of its own. */
static bool
take_side(struct debezium_decoder *d, uint32_t pair, bool after,
	  const struct raw_record *rec)
{
	struct json_token t = d->envelope.token[after ? F_AFTER : F_BEFORE];
	uint32_t at = pair + after;

	if (!is_object(t))
		return refuse(d, pair, ERR_BAD_JSON, NULL,
			      after ? "\"after\" is no object"
				    : "\"before\" is no object");
	d->part[at] = *rec;
	d->part[at].value = d->home + (t.text - d->from);
	d->part[at].value_len = t.len;
	return true;
}

static bool
unknown_op(struct debezium_decoder *d, uint32_t pair, struct json_token op)
{
	struct arena *a = &d->b->arena;

	if (!op.text && d->envelope.token[F_PAYLOAD].text)
		return refuse(d, pair, ERR_BAD_JSON, NULL,
			      "no \"op\" but a \"payload\": set "
			      "'debezium-json.schema-include' = 'true'");
	return refuse(d, pair, ERR_BAD_JSON, NULL,
		      op.text ? arena_printf(a, "unknown \"op\" value %.*s",
					     op.len < 40 ? (int)op.len : 40,
					     op.text)
			      : "no \"op\"");
}

/* Flink's own words for what a table that is not set up for it sends. */
static bool
check_before(struct debezium_decoder *d, uint32_t pair, char op)
{
	if (op == 'c' || op == 'r' || !is_absent(d->envelope.token[F_BEFORE]))
		return true;
	return refuse(d, pair, ERR_BAD_JSON, NULL,
		      op == 'u' ? "an update without \"before\": in Postgres "
				  "set the table's REPLICA IDENTITY to FULL"
				: "a delete without \"before\": in Postgres "
				  "set the table's REPLICA IDENTITY to FULL");
}

static bool
take_sides(struct debezium_decoder *d, uint32_t pair,
	   const struct raw_record *rec)
{
	struct json_token op = d->envelope.token[F_OP];
	char c = op.text && op.len == 3 && op.text[0] == '"' ? op.text[1] : 0;

	if (c != 'c' && c != 'r' && c != 'u' && c != 'd')
		return unknown_op(d, pair, op);
	if (!check_before(d, pair, c))
		return false;
	if ((c == 'u' || c == 'd') && !take_side(d, pair, false, rec))
		return false;
	return c == 'd' || take_side(d, pair, true, rec);
}

/* ---- metadata ---- */

static bool
metadata_time(struct debezium_decoder *d, uint32_t pair,
	      const struct metadata_out *m, struct json_token t,
	      struct column *c)
{
	int64_t ms;

	if (!field_digits(t.text, t.len, &ms) || ms > INT64_MAX / US_PER_MS ||
	    ms < INT64_MIN / US_PER_MS)
		return refuse(d, pair, ERR_BAD_FIELD, m->name,
			      "\"ts_ms\" is no number of milliseconds");
	c->i64[pair] = c->i64[pair + 1] = ms * US_PER_MS;
	return true;
}

static bool
metadata_text(struct debezium_decoder *d, uint32_t pair,
	      const struct metadata_out *m, struct json_token t,
	      struct column *c)
{
	char *out = arena_bytes(&d->b->arena, t.len);
	size_t n;

	if (t.text[0] != '"')
		n = json_compact(t.text, t.len, out);
	else if (!json_unescape(t.text + 1, t.len - 2, out, &n))
		return refuse(d, pair, ERR_BAD_JSON, m->name,
			      "a string has an escape that stands for no "
			      "character");
	c->str[pair] = c->str[pair + 1] = str_ref(out, (uint32_t)n);
	return true;
}

static bool
metadata_map(struct debezium_decoder *d, uint32_t pair,
	     const struct metadata_out *m, struct json_token t,
	     struct column *c)
{
	struct json_reading reading = { .time_separator = ' ',
					.a = &d->b->arena };
	struct value v;

	if (json_read(&reading, m->type, t, &v) != FIELD_OK)
		return refuse(d, pair, ERR_BAD_FIELD, m->name,
			      json_complaint(&reading));
	c->str[pair] = c->str[pair + 1] = v.str;
	return true;
}

static bool
fill_one(struct debezium_decoder *d, uint32_t pair,
	 const struct metadata_out *m, struct json_token t)
{
	struct column *c = &d->b->col[m->out];

	if (is_absent(t)) {
		column_set_null(c, pair, BATCH_ROWS, &d->b->arena);
		column_set_null(c, pair + 1, BATCH_ROWS, &d->b->arena);
		return true;
	}
	switch (metadata[m->key].form) {
	case AS_TIME:
		return metadata_time(d, pair, m, t, c);
	case AS_MAP:
		return metadata_map(d, pair, m, t, c);
	case AS_TEXT:
		break;
	}
	return metadata_text(d, pair, m, t, c);
}

/* The same at both positions. */
static bool
fill_metadata(struct debezium_decoder *d, uint32_t pair)
{
	struct json_token source = d->envelope.token[F_SOURCE];
	bool has_source = d->reads_source && is_object(source);

	if (has_source && !walk_object(d, &d->source, pair, source.text,
				       source.len))
		return false;
	for (unsigned i = 0; i < d->nmetadata; i++) {
		const struct metadata_out *m = &d->metadata[i];
		unsigned field = metadata[m->key].field;
		struct json_token t = { NULL, 0 };

		if (!metadata[m->key].of_source)
			t = d->envelope.token[field];
		else if (has_source)
			t = d->source.token[field];
		if (!fill_one(d, pair, m, t))
			return false;
	}
	return true;
}

/* ---- decode ---- */

static void
set_outcome(struct debezium_decoder *d, uint32_t pair, enum decode_outcome o)
{
	d->ret->outcome[pair] = DECODE_ABSENT;
	d->ret->outcome[pair + 1] = (uint8_t)o;
	for (unsigned i = 0; o == DECODE_SKIP && i < d->nout; i++)
		column_set_null(&d->b->col[d->out[i]], pair + 1, BATCH_ROWS,
				&d->b->arena);
}

/* False: the record is bad, and that is said. */
static bool
open_envelope(struct debezium_decoder *d, uint32_t pair,
	      const struct raw_record *rec)
{
	if (!walk_record(d, pair, rec) ||
	    (d->schema_include && !unwrap(d, pair)))
		return false;
	if (!take_sides(d, pair, rec))
		return false;
	return d->nmetadata == 0 || fill_metadata(d, pair);
}

/* Both positions of a record, whichever of them are asked for. */
static void
take_record(struct debezium_decoder *d, uint32_t pair,
	    const struct raw_record *rec)
{
	d->part[pair].value = d->part[pair + 1].value = NULL;
	if (!rec->value || rec->value_len == 0) {
		set_outcome(d, pair, DECODE_SKIP); /* a tombstone */
	} else if (rec->value_len > d->record_bytes_max) {
		set_outcome(d, pair, DECODE_SKIP);
		refuse(d, pair, ERR_RECORD_TOO_LARGE, NULL, NULL);
	} else if (open_envelope(d, pair, rec)) {
		set_outcome(d, pair, DECODE_ABSENT); /* the sides tell */
	} else {
		set_outcome(d, pair, DECODE_SKIP);
		d->part[pair].value = d->part[pair + 1].value = NULL;
		if (d->ignore_errors)
			d->nbad--;
	}
}

static void
take_records(struct debezium_decoder *d, const struct raw_record *rec,
	     const uint16_t *sel, uint32_t nsel)
{
	uint32_t last = UINT32_MAX;

	d->nbad = 0;
	d->npicked = 0;
	for (uint32_t i = 0; i < nsel; i++) {
		uint32_t row = sel ? sel[i] : i, pair = row & ~UINT32_C(1);

		if (pair != last)
			take_record(d, pair, &rec[row]);
		last = pair;
		if (d->part[row].value)
			d->picked[d->npicked++] = (uint16_t)row;
	}
}

static const bool *
only_of_rows(struct debezium_decoder *d, const bool *only)
{
	for (unsigned i = 0; only && i < d->ncols; i++)
		d->only[i] = only[d->position[i]];
	return only ? d->only : NULL;
}

static void
debezium_decode(struct decoder *decoder, const struct raw_record *rec,
		bool key, const uint16_t *sel, uint32_t nsel, const bool *only,
		struct batch *b, struct decode_result *ret)
{
	struct debezium_decoder *d = (struct debezium_decoder *)decoder;

	CHECK(!key);
	d->b = b;
	d->ret = ret;
	ret->nerrors = 0;
	take_records(d, rec, sel, nsel);
	if (d->npicked > 0)
		d->rows->type->decode(d->rows, d->part, false, d->picked,
				      d->npicked, only_of_rows(d, only), b,
				      ret);
	for (unsigned i = 0; i < d->nbad; i++)
		decode_fail(ret, d->bad[i].row, d->bad[i].code,
			    d->bad[i].column, d->bad[i].detail);
	if (d->text_size > TEXT_KEPT) {
		free(d->text);
		d->text = NULL;
		d->text_size = 0;
	}
}

const struct decoder_type debezium_json_decoder_type = {
	.name = "debezium-json",
	.open = debezium_decoder_open,
	.decode = debezium_decode,
	.close = debezium_decoder_close,
	.pairs = true,
};

/* ---- encode ---- */

struct debezium_encoder {
	struct encoder encoder;
	struct encoder *rows;
	bool ignore_null;
};

static void
debezium_encoder_close(struct encoder *encoder)
{
	struct debezium_encoder *e = (struct debezium_encoder *)encoder;

	if (!e)
		return;
	if (e->rows)
		e->rows->type->close(e->rows);
	free(e);
}

static int
debezium_encoder_open(struct encoder **ret, const struct encoder_spec *spec,
		      struct error *err)
{
	struct debezium_encoder *e = mem_zalloc(sizeof(*e));

	e->encoder.type = &debezium_json_encoder_type;
	e->ignore_null = field_option(spec->options,
				      "encode.ignore-null-fields");
	if (json_encoder_type.open(&e->rows, spec, err) < 0) {
		debezium_encoder_close(&e->encoder);
		return -1;
	}
	*ret = &e->encoder;
	return 0;
}

/* An update is two records: what goes, then what comes. */
static int
debezium_encode_change(struct encoder *encoder, const struct batch *b,
		       uint32_t row, uint8_t kind, struct buf *out,
		       bool *ret_null, struct error *err)
{
	struct debezium_encoder *e = (struct debezium_encoder *)encoder;
	bool gone = kind == KIND_DELETE || kind == KIND_UPDATE_BEFORE;

	buf_puts(out, gone	       ? "{\"before\":"
		      : e->ignore_null ? "{\"after\":"
				       : "{\"before\":null,\"after\":");
	if (e->rows->type->encode(e->rows, b, row, out, ret_null, err) < 0)
		return -1;
	if (!gone)
		buf_puts(out, ",\"op\":\"c\"}");
	else
		buf_puts(out, e->ignore_null ? ",\"op\":\"d\"}"
					     : ",\"after\":null,\"op\":\"d\"}");
	return 0;
}

static int
debezium_encode(struct encoder *encoder, const struct batch *b, uint32_t row,
		struct buf *out, bool *ret_null, struct error *err)
{
	return debezium_encode_change(encoder, b, row, KIND_INSERT, out,
				      ret_null, err);
}

const struct encoder_type debezium_json_encoder_type = {
	.name = "debezium-json",
	.open = debezium_encoder_open,
	.encode = debezium_encode,
	.encode_change = debezium_encode_change,
	.close = debezium_encoder_close,
};
