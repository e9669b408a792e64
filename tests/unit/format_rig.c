/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/format_rig.c - formats between hand-made columns and text.
 */
#include "format_rig.h"

#include "runtime/eval.h"
#include "test.h"

static void
take_options(struct format_rig *r, const char *format,
	     const char *const *options)
{
	unsigned n = 0;

	while (options && options[2 * n])
		n++;
	r->options.connector = format;
	r->options.n = r->options.ngiven = n;
	r->options.keys = arena_array(&r->arena, n + 1, const char *);
	r->options.values = arena_array(&r->arena, n + 1, const char *);
	r->options.defs =
		arena_array(&r->arena, n + 1, const struct option_def *);
	for (unsigned i = 0; i < n; i++) {
		r->options.keys[i] = options[2 * i];
		r->options.values[i] = options[2 * i + 1];
	}
}

static void
open_decoder(struct format_rig *r, const char *format)
{
	unsigned n = r->schema.ncols;
	struct decode_column *cols =
		arena_array(&r->arena, n, struct decode_column);
	struct decoder_spec spec = { .options = &r->options,
				     .ncols = n,
				     .cols = cols,
				     .record_bytes_max = 4 << 20 };

	for (unsigned i = 0; i < n; i++)
		cols[i] = (struct decode_column){
			.name = r->schema.cols[i].name,
			.type = r->schema.cols[i].type,
			.out = (uint16_t)i,
			.wanted = true,
		};
	if (decoder_type_find(format)->open(&r->decoder, &spec, &r->err) < 0)
		r->decoder = NULL;
}

static void
open_encoder(struct format_rig *r, const char *format)
{
	unsigned n = r->schema.ncols;
	struct encode_column *cols =
		arena_array(&r->arena, n, struct encode_column);
	struct encoder_spec spec = { .options = &r->options,
				     .ncols = n,
				     .cols = cols };

	for (unsigned i = 0; i < n; i++)
		cols[i] = (struct encode_column){
			.name = r->schema.cols[i].name,
			.type = r->schema.cols[i].type,
			.in = (uint16_t)i,
		};
	if (encoder_type_find(format)->open(&r->encoder, &spec, &r->err) < 0)
		r->encoder = NULL;
}

struct format_rig *
format_rig_open(const char *format, unsigned ncols,
		const struct format_column *cols, const char *const *options)
{
	struct format_rig *r = mem_zalloc(sizeof(*r));

	arena_init(&r->arena);
	buf_init(&r->text);
	r->result = mem_zalloc(sizeof(*r->result));
	r->records = mem_zalloc(BATCH_ROWS * sizeof(*r->records));
	r->schema.ncols = (uint16_t)ncols;
	r->schema.cols = arena_array(&r->arena, ncols, struct schema_column);
	for (unsigned i = 0; i < ncols; i++) {
		r->schema.cols[i].name = cols[i].name;
		r->schema.cols[i].type = cols[i].type;
	}
	take_options(r, format, options);
	open_decoder(r, format);
	open_encoder(r, format);
	r->batch = batch_create(NULL, &r->schema, BATCH_ROWS);
	return r;
}

void
format_rig_clear(struct format_rig *r)
{
	for (uint32_t i = 0; i < r->nrecords; i++)
		free((char *)r->records[i].value);
	r->nrecords = 0;
	batch_unref(r->batch);
	r->batch = batch_create(NULL, &r->schema, BATCH_ROWS);
}

void
format_rig_close(struct format_rig *r)
{
	format_rig_clear(r);
	batch_unref(r->batch);
	if (r->decoder)
		r->decoder->type->close(r->decoder);
	if (r->encoder)
		r->encoder->type->close(r->encoder);
	free(r->records);
	free(r->result);
	buf_release(&r->text);
	arena_release(&r->arena);
	free(r);
}

void
format_rig_add(struct format_rig *r, const char *text, size_t n)
{
	struct raw_record *rec = &r->records[r->nrecords++];

	EXPECT(r->nrecords <= BATCH_ROWS);
	*rec = (struct raw_record){ .value_len = (uint32_t)n };
	if (text) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, text, n);
		rec->value = copy;
	}
}

void
format_rig_decode(struct format_rig *r, const uint16_t *sel, uint32_t nsel,
		  const bool *only)
{
	batch_seal(r->batch, r->nrecords);
	memset(r->result->outcome, 0xee, sizeof(r->result->outcome));
	r->decoder->type->decode(r->decoder, r->records, false, sel, nsel,
				 only, r->batch, r->result);
}

static const struct decode_error *
error_of(const struct format_rig *r, uint32_t row)
{
	const struct decode_error *found = NULL;

	for (unsigned i = 0; i < r->result->nerrors; i++) {
		if (r->result->errors[i].row != row)
			continue;
		if (found)
			FAIL("row %u has two errors", row);
		found = &r->result->errors[i];
	}
	return found;
}

static void
put_row(struct format_rig *r, uint32_t row)
{
	for (unsigned i = 0; i < r->schema.ncols; i++) {
		const struct column *c = &r->batch->col[i];
		struct value v = column_value(c, row);
		struct str s;

		if (i > 0)
			buf_putc(&r->text, '|');
		if (v.is_null) {
			buf_puts(&r->text, "NULL");
			continue;
		}
		s = value_text(v, r->schema.cols[i].type, NULL, &r->arena);
		buf_str(&r->text, s);
	}
}

/* A record that is not used leaves nothing behind that a kernel could meet. */
static void
expect_nulls(const struct format_rig *r, uint32_t row)
{
	for (unsigned i = 0; i < r->schema.ncols; i++)
		EXPECT(column_is_null(&r->batch->col[i], row));
}

const char *
format_rig_row(struct format_rig *r, uint32_t row)
{
	const struct decode_error *e = error_of(r, row);

	buf_clear(&r->text);
	switch (r->result->outcome[row]) {
	case DECODE_OK:
		EXPECT(!e);
		put_row(r, row);
		break;
	case DECODE_ABSENT:
		EXPECT(!e);
		buf_puts(&r->text, "ABSENT");
		break;
	case DECODE_SKIP:
		EXPECT(!e);
		expect_nulls(r, row);
		buf_puts(&r->text, "SKIP");
		break;
	case DECODE_BAD:
		EXPECT(e);
		expect_nulls(r, row);
		buf_printf(&r->text, "BAD %s %s: %s", error_name(e->code),
			   e->column ? e->column : "-",
			   e->detail ? e->detail : "-");
		break;
	default:
		FAIL("row %u has no outcome", row);
	}
	return buf_cstr(&r->text);
}

const char *
format_rig_bytes(struct format_rig *r, const char *text, size_t n)
{
	format_rig_clear(r);
	format_rig_add(r, text, n);
	format_rig_decode(r, NULL, 1, NULL);
	return format_rig_row(r, 0);
}

const char *
format_rig_one(struct format_rig *r, const char *text)
{
	return format_rig_bytes(r, text, text ? strlen(text) : 0);
}

/* ---- encoding ---- */

static void
set_value(struct format_rig *r, unsigned i, struct value v)
{
	struct column *c = &r->batch->col[i];

	if (v.is_null) {
		column_set_null(c, 0, BATCH_ROWS, &r->batch->arena);
		return;
	}
	switch (c->phys) {
	case PHYS_U8:
		c->u8[0] = v.i64 != 0;
		break;
	case PHYS_I64:
		c->i64[0] = v.i64;
		break;
	case PHYS_I128:
		c->i128[0] = v.i64;
		break;
	case PHYS_F64:
		c->f64[0] = v.f64;
		break;
	case PHYS_STR:
		c->str[0] = v.str;
		break;
	}
}

void
format_rig_values(struct format_rig *r, const struct value *values)
{
	format_rig_clear(r);
	for (unsigned i = 0; i < r->schema.ncols; i++)
		set_value(r, i, values[i]);
	batch_seal(r->batch, 1);
}

const char *
format_rig_encode(struct format_rig *r)
{
	bool null;

	buf_clear(&r->text);
	if (r->encoder->type->encode(r->encoder, r->batch, 0, &r->text, &null,
				     &r->err) < 0)
		FAIL("%s", r->err.message);
	if (null)
		return "NULL";
	return buf_cstr(&r->text);
}

struct value
value_i64(int64_t v)
{
	return (struct value){ .i64 = v };
}

struct value
value_f64(double v)
{
	return (struct value){ .f64 = v };
}

struct value
value_text_of(const char *text)
{
	return (struct value){ .str = str_ref(text, (uint32_t)strlen(text)) };
}

struct value
value_none(void)
{
	return (struct value){ .is_null = true };
}
