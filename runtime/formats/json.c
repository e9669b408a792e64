/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json.c - records of one JSON object each to columns. A chunk
 * of records is joined so that their tokens are found in one pass; each record
 * is then walked once for the texts of its wanted fields, and these texts
 * become values column by column.
 *
 *	gather -> index (json_simd) -> walk (json_walk) -> convert (field)
 *
 * Long strings stay where they are: in the record's own bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/float.h"
#include "parser/format_types.h"
#include "runtime/format.h"
#include "runtime/formats/field.h"
#include "runtime/formats/json_simd.h"
#include "runtime/formats/json_value.h"

/* Small enough that text, index and tokens stay in the L2 cache. */
#define CHUNK_DOCS 512
#define CHUNK_BYTES (128 * 1024)
/* A larger record's buffer is not kept. */
#define JOINED_KEPT (1024 * 1024)

struct json_column {
	const char *name;
	struct type type;
	uint16_t out;
	uint16_t position; /* in the spec */
};

struct json_decoder {
	struct decoder decoder;
	struct arena arena; /* names and tables of the decoder itself */
	int64_t record_bytes_max;
	struct json_reading reading; /* and its options */
	unsigned ncols; /* wanted ones */
	struct json_column *cols;
	struct json_walker walker;
	struct json_index *index;
	struct json_token *tokens; /* ncols * CHUNK_DOCS */

	/* of one call */
	struct batch *b;
	struct decode_result *ret;
	/* of one chunk */
	char *joined;
	size_t joined_size;
	unsigned ndocs, nbad;
	uint16_t row[CHUNK_DOCS];
	bool bad[CHUNK_DOCS];
	uint32_t start[CHUNK_DOCS + 1]; /* in joined; each ends with a \n */
	const char *home[CHUNK_DOCS];   /* the record's own bytes, and where */
	const char *from[CHUNK_DOCS];   /* they were read */
};

/* ---- lifetime ---- */

static void
json_decoder_close(struct decoder *decoder)
{
	struct json_decoder *d = (struct json_decoder *)decoder;

	if (!d)
		return;
	json_index_destroy(d->index);
	arena_release(&d->arena);
	free(d->joined);
	free(d);
}

static void
take_columns(struct json_decoder *d, const struct decoder_spec *spec)
{
	struct json_name *names =
		arena_array(&d->arena, spec->ncols, struct json_name);

	d->cols = arena_array(&d->arena, spec->ncols, struct json_column);
	for (unsigned i = 0; i < spec->ncols; i++) {
		const struct decode_column *c = &spec->cols[i];

		if (!c->wanted)
			continue;
		names[d->ncols] = (struct json_name){
			.text = arena_strdup(&d->arena, c->name),
			.len = (uint32_t)strlen(c->name),
		};
		d->cols[d->ncols] = (struct json_column){
			.name = names[d->ncols].text,
			.type = type_copy(&d->arena, c->type),
			.out = c->out,
			.position = (uint16_t)i,
		};
		d->ncols++;
	}
	json_walker_init(&d->walker, d->ncols, names, &d->arena);
	d->tokens = arena_alloc(&d->arena, sizeof(*d->tokens) * CHUNK_DOCS *
						   (d->ncols + 1));
}

static int
json_decoder_open(struct decoder **ret, const struct decoder_spec *spec,
		  struct error *err)
{
	struct json_decoder *d;
	char name[TYPE_NAME_MAX];

	for (unsigned i = 0; i < spec->ncols; i++) {
		if (!format_holds("json", spec->cols[i].type))
			return error_set(err, ERR_TYPE_MISMATCH,
					 "format 'json' cannot hold %s",
					 type_name(spec->cols[i].type, name));
	}
	d = mem_zalloc(sizeof(*d));
	arena_init(&d->arena);
	d->decoder.type = &json_decoder_type;
	d->record_bytes_max = spec->record_bytes_max;
	d->reading.fail_on_missing =
		field_option(spec->options, "fail-on-missing-field");
	d->reading.ignore_errors = field_option(spec->options, "ignore-parse-errors");
	d->reading.time_separator = field_time_separator(spec->options);
	d->index = json_index_create();
	take_columns(d, spec);
	*ret = &d->decoder;
	return 0;
}

/* ---- bad records and fields ---- */

static void
doc_fail(struct json_decoder *d, unsigned doc, enum error_code code,
	 const char *column, const char *detail)
{
	d->bad[doc] = true;
	d->nbad++;
	if (d->reading.ignore_errors)
		d->ret->outcome[d->row[doc]] = DECODE_SKIP;
	else
		decode_fail(d->ret, d->row[doc], code, column, detail);
}

static void
doc_refuse(struct json_decoder *d, unsigned doc, struct json_fault fault)
{
	doc_fail(d, doc, ERR_BAD_JSON, NULL,
		 arena_printf(&d->b->arena, "%s at byte %zu", fault.what,
			      fault.at));
}

static void
set_null(struct json_decoder *d, const struct json_column *col, uint32_t row)
{
	column_set_null(&d->b->col[col->out], row, BATCH_ROWS, &d->b->arena);
}

/* d->reading tells why. */
static void
field_fail(struct json_decoder *d, const struct json_column *col, unsigned doc)
{
	if (d->reading.ignore_errors)
		set_null(d, col, d->row[doc]);
	else
		doc_fail(d, doc, ERR_BAD_FIELD, col->name,
			 json_complaint(&d->reading));
}

/* ---- gather: records into one text ---- */

static void
joined_reserve(struct json_decoder *d, size_t n)
{
	size_t size = d->joined_size ? d->joined_size : 2 * CHUNK_BYTES;

	while (size < n)
		size *= 2;
	if (size == d->joined_size)
		return;
	d->joined = mem_realloc(d->joined, size);
	d->joined_size = size;
}

/* Records that are not even looked at: without bytes, or with too many. */
static void
leave_out(struct json_decoder *d, uint32_t row, bool too_large)
{
	d->ret->outcome[row] = DECODE_SKIP;
	if (too_large)
		decode_fail(d->ret, row, ERR_RECORD_TOO_LARGE, NULL, NULL);
	for (unsigned c = 0; c < d->ncols; c++) {
		if (d->walker.slots[c])
			set_null(d, &d->cols[c], row);
	}
}

/* Takes records from *pos on until the chunk is full. */
static void
gather(struct json_decoder *d, const struct raw_record *rec, bool key,
       const uint16_t *sel, uint32_t nsel, uint32_t *pos)
{
	size_t used = 0;
	uint32_t i;

	d->ndocs = d->nbad = 0;
	for (i = *pos; i < nsel && d->ndocs < CHUNK_DOCS; i++) {
		uint32_t row = sel ? sel[i] : i;
		const char *text = key ? rec[row].key : rec[row].value;
		uint32_t len = key ? rec[row].key_len : rec[row].value_len;

		if (!text || len == 0 || len > d->record_bytes_max) {
			leave_out(d, row, text && len > 0);
			continue;
		}
		if (d->ndocs > 0 && used + len >= CHUNK_BYTES)
			break;
		joined_reserve(d, used + len + 1 + JSON_PADDING);
		memcpy(d->joined + used, text, len);
		d->joined[used + len] = '\n';
		d->ret->outcome[row] = DECODE_OK;
		d->row[d->ndocs] = (uint16_t)row;
		d->bad[d->ndocs] = false;
		d->home[d->ndocs] = text;
		d->start[d->ndocs++] = (uint32_t)used;
		used += len + 1;
	}
	*pos = i;
	joined_reserve(d, used + JSON_PADDING);
	memset(d->joined + used, ' ', JSON_PADDING);
	d->start[d->ndocs] = (uint32_t)used;
	for (unsigned k = 0; k < d->ndocs; k++)
		d->from[k] = d->joined + d->start[k];
}

/* ---- index and walk: text to tokens ---- */

/* A record that the index refuses on its own: it is no UTF-8, has raw control
 * characters in its strings (which Flink accepts), or a string does not end. */
static void
walk_refused(struct json_decoder *d, unsigned doc)
{
	const char *text = d->from[doc];
	size_t n = d->start[doc + 1] - d->start[doc] - 1;
	const uint32_t *pos;
	struct json_fault fault;

	if (!utf8_valid(text, n)) {
		doc_fail(d, doc, ERR_BAD_UTF8, NULL, NULL);
		return;
	}
	text = json_repair(text, n, &d->b->arena, &n);
	if (json_index_text(d->index, text, n, &pos) < 0) {
		doc_refuse(d, doc, (struct json_fault){
					   "a string has no end", n });
		return;
	}
	d->home[doc] = d->from[doc] = text;
	fault = json_walk(&d->walker, text, 0, n, &pos, doc);
	if (fault.what)
		doc_refuse(d, doc, fault);
}

/* The index takes the whole text or none; if none, halves tell which record
 * is the culprit, and the others keep their pace. */
static void
walk_range(struct json_decoder *d, unsigned lo, unsigned hi)
{
	const char *text = d->joined + d->start[lo];
	const uint32_t *pos;

	if (json_index_text(d->index, text, d->start[hi] - d->start[lo],
			    &pos) < 0) {
		unsigned middle = lo + (hi - lo) / 2;

		if (hi - lo == 1) {
			walk_refused(d, lo);
			return;
		}
		walk_range(d, lo, middle);
		walk_range(d, middle, hi);
		return;
	}
	for (unsigned doc = lo; doc < hi; doc++) {
		struct json_fault fault =
			json_walk(&d->walker, text,
				  d->start[doc] - d->start[lo],
				  d->start[doc + 1] - 1 - d->start[lo], &pos,
				  doc);

		if (fault.what)
			doc_refuse(d, doc, fault);
	}
}

/* ---- convert: tokens to values ---- */

/* Readable for 8 bytes behind the end, as tokens are. */
static inline bool
has_backslash(const char *p, size_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = ones << 7, slashes = ones * '\\';
	uint64_t x;

	for (; n > 8; n -= 8, p += 8) {
		memcpy(&x, p, 8);
		x ^= slashes;
		if ((x - ones) & ~x & tops)
			return true;
	}
	memcpy(&x, p, 8);
	x ^= slashes;
	if (n < 8)
		x |= ~UINT64_C(0) << (8 * n); /* little-endian */
	return ((x - ones) & ~x & tops) != 0;
}

/* A string that lives as long as the batch. */
static inline struct str
keep(const struct json_decoder *d, unsigned doc, const char *text, size_t n)
{
	if (n > STR_INLINE_MAX)
		text = d->home[doc] + (text - d->from[doc]);
	return str_ref(text, (uint32_t)n);
}

/* The inside of a string token without its escapes: the text itself where
 * there are none. False: the record is bad, and that is said. */
static bool
string_inside(struct json_decoder *d, const struct json_column *col,
	      unsigned doc, struct json_token t, const char **ret_text,
	      size_t *ret_len)
{
	const char *inside = t.text + 1;
	size_t n = t.len - 2;
	char *out;

	*ret_text = inside;
	*ret_len = n;
	if (!has_backslash(inside, n))
		return true;
	out = arena_bytes(&d->b->arena, n);
	*ret_text = out;
	if (json_unescape(inside, n, out, ret_len))
		return true;
	doc_fail(d, doc, ERR_BAD_JSON, col->name,
		 "a string has an escape that stands for no character");
	return false;
}

static bool
is_null(struct json_token t)
{
	return t.text[0] == 'n';
}

static void
field_missing(struct json_decoder *d, const struct json_column *col,
	      unsigned doc)
{
	if (d->reading.fail_on_missing)
		doc_fail(d, doc, ERR_BAD_FIELD, col->name,
			 "the field is missing");
	else
		set_null(d, col, d->row[doc]);
}

/* A text that is more than a string without escapes. */
static void
convert_text(struct json_decoder *d, const struct json_column *col,
	     unsigned doc, struct json_token t)
{
	struct str *out = &d->b->col[col->out].str[d->row[doc]];
	const char *text;
	size_t n;

	if (t.text[0] == '"') {
		if (!string_inside(d, col, doc, t, &text, &n))
			return;
		*out = str_ref(text, (uint32_t)n);
	} else if (t.text[0] == '{' || t.text[0] == '[') {
		char *compact = arena_bytes(&d->b->arena, t.len);

		n = json_compact(t.text, t.len, compact);
		*out = str_ref(compact, (uint32_t)n);
	} else {
		*out = keep(d, doc, t.text, t.len);
	}
}

static void
convert_texts(struct json_decoder *d, const struct json_column *col,
	      const struct json_token *tokens)
{
	struct str *out = d->b->col[col->out].str;

	for (unsigned doc = 0; doc < d->ndocs; doc++) {
		struct json_token t = tokens[doc];

		if (d->bad[doc])
			continue;
		if (!t.text)
			field_missing(d, col, doc);
		else if (t.text[0] == '"' &&
			 !has_backslash(t.text + 1, t.len - 2))
			out[d->row[doc]] =
				keep(d, doc, t.text + 1, t.len - 2);
		else if (is_null(t))
			set_null(d, col, d->row[doc]);
		else
			convert_text(d, col, doc, t);
	}
}

static void
convert_value(struct json_decoder *d, const struct json_column *col,
	      unsigned doc, struct json_token t)
{
	struct json_reading *r = &d->reading;
	struct value v;

	r->a = &d->b->arena;
	switch (json_read(r, col->type, t, &v)) {
	case FIELD_OK:
		field_store(&d->b->col[col->out], d->row[doc], v);
		break;
	case FIELD_NULL:
		set_null(d, col, d->row[doc]);
		break;
	case FIELD_BAD:
		field_fail(d, col, doc);
		break;
	}
}

static void
convert_values(struct json_decoder *d, const struct json_column *col,
	       const struct json_token *tokens)
{
	bool integer = type_is_integer(col->type);
	int64_t *out = d->b->col[col->out].i64, v;

	for (unsigned doc = 0; doc < d->ndocs; doc++) {
		struct json_token t = tokens[doc];

		if (d->bad[doc])
			continue;
		if (!t.text)
			field_missing(d, col, doc);
		else if (integer && field_digits(t.text, t.len, &v) &&
			 field_in_range(col->type, v))
			out[d->row[doc]] = v;
		else if (is_null(t))
			set_null(d, col, d->row[doc]);
		else
			convert_value(d, col, doc, t);
	}
}

/* ---- decode ---- */

static void
decode_chunk(struct json_decoder *d)
{
	for (unsigned c = 0; c < d->ncols; c++) {
		if (d->walker.slots[c])
			memset(d->walker.slots[c], 0,
			       d->ndocs * sizeof(*d->tokens));
	}
	walk_range(d, 0, d->ndocs);
	for (unsigned c = 0; c < d->ncols; c++) {
		const struct json_column *col = &d->cols[c];

		if (!d->walker.slots[c])
			continue;
		if (type_is_text(col->type))
			convert_texts(d, col, d->walker.slots[c]);
		else
			convert_values(d, col, d->walker.slots[c]);
	}
	if (d->nbad == 0)
		return;
	for (unsigned c = 0; c < d->ncols; c++) {
		for (unsigned doc = 0; doc < d->ndocs; doc++)
			if (d->walker.slots[c] && d->bad[doc])
				set_null(d, &d->cols[c], d->row[doc]);
	}
}

static void
json_decode(struct decoder *decoder, const struct raw_record *rec, bool key,
	    const uint16_t *sel, uint32_t nsel, const bool *only,
	    struct batch *b, struct decode_result *ret)
{
	struct json_decoder *d = (struct json_decoder *)decoder;
	uint32_t pos = 0;

	d->b = b;
	d->ret = ret;
	ret->nerrors = 0;
	for (unsigned c = 0; c < d->ncols; c++) {
		bool active = !only || only[d->cols[c].position];

		d->walker.slots[c] =
			active ? d->tokens + (size_t)c * CHUNK_DOCS : NULL;
	}
	while (pos < nsel) {
		gather(d, rec, key, sel, nsel, &pos);
		if (d->ndocs > 0)
			decode_chunk(d);
	}
	if (d->joined_size > JOINED_KEPT) {
		free(d->joined);
		d->joined = NULL;
		d->joined_size = 0;
	}
}

const struct decoder_type json_decoder_type = {
	.name = "json",
	.open = json_decoder_open,
	.decode = json_decode,
	.close = json_decoder_close,
};
