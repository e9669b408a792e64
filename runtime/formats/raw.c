/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/raw.c - a record's bytes as the table's only column: text,
 * bytes, or a number of fixed width. NULL is a record without a value, in both
 * directions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "runtime/format.h"
#include "runtime/formats/field.h"

static bool
is_little_endian(const struct options *o)
{
	const char *value = o ? options_get(o, "endianness") : NULL;

	return value && strcmp(value, "little-endian") == 0;
}

/* Bytes of a value of fixed width; 0: any number; -1: raw cannot hold it. */
static int
raw_width(struct type t)
{
	switch (t.kind) {
	case TYPE_BOOLEAN:
	case TYPE_TINYINT:
		return 1;
	case TYPE_SMALLINT:
		return 2;
	case TYPE_INT:
	case TYPE_FLOAT:
		return 4;
	case TYPE_BIGINT:
	case TYPE_DOUBLE:
		return 8;
	default:
		return type_is_text(t) || type_is_binary(t) ? 0 : -1;
	}
}

static int
check_columns(unsigned ncols, struct type t, struct error *err)
{
	char name[TYPE_NAME_MAX];

	if (ncols != 1)
		return error_set(err, ERR_TYPE_MISMATCH,
				 "format 'raw' takes exactly one column, the"
				 " table has %u", ncols);
	if (raw_width(t) < 0)
		return error_set(err, ERR_TYPE_MISMATCH,
				 "format 'raw' cannot hold %s",
				 type_name(t, name));
	return 0;
}

/* ---- decoding ---- */

struct raw_decoder {
	struct decoder decoder;
	struct decode_column col;
	int64_t record_bytes_max;
	unsigned width;
	bool little_endian;
};

static int
raw_decoder_open(struct decoder **ret, const struct decoder_spec *spec,
		 struct error *err)
{
	struct raw_decoder *d;

	if (check_columns(spec->ncols,
			  spec->ncols ? spec->cols[0].type : TYPE_STRING_OF,
			  err) < 0)
		return -1;
	d = mem_zalloc(sizeof(*d));
	d->decoder.type = &raw_decoder_type;
	d->col = spec->cols[0];
	d->record_bytes_max = spec->record_bytes_max;
	d->width = (unsigned)raw_width(d->col.type);
	d->little_endian = is_little_endian(spec->options);
	*ret = &d->decoder;
	return 0;
}

static uint64_t
load_number(const char *p, unsigned width, bool little_endian)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++) {
		unsigned at = little_endian ? width - 1 - i : i;

		v = v << 8 | (unsigned char)p[at];
	}
	return v;
}

static void
store_number(struct column *c, uint32_t row, struct type t, uint64_t bits)
{
	uint32_t bits32 = (uint32_t)bits;
	float f;

	switch (t.kind) {
	case TYPE_BOOLEAN:
		c->u8[row] = bits != 0;
		break;
	case TYPE_TINYINT:
		c->i64[row] = (int8_t)bits;
		break;
	case TYPE_SMALLINT:
		c->i64[row] = (int16_t)bits;
		break;
	case TYPE_INT:
		c->i64[row] = (int32_t)bits;
		break;
	case TYPE_FLOAT:
		memcpy(&f, &bits32, sizeof(f));
		c->f64[row] = f;
		break;
	case TYPE_DOUBLE:
		memcpy(&c->f64[row], &bits, sizeof(bits));
		break;
	default:
		c->i64[row] = (int64_t)bits;
	}
}

/* One value at its row; all that is not plain text. */
static void
decode_value(struct raw_decoder *d, struct batch *b, uint32_t row,
	     const char *value, uint32_t len, struct decode_result *ret)
{
	struct column *c = &b->col[d->col.out];
	struct type t = d->col.type;
	char name[TYPE_NAME_MAX];

	if (d->width == 0) {
		c->str[row] = str_ref(value, len);
		return;
	}
	if (len == d->width) {
		store_number(c, row, t,
			     load_number(value, len, d->little_endian));
		return;
	}
	t.nullable = true;
	decode_fail(ret, row, ERR_BAD_FIELD, d->col.name,
		    arena_printf(&b->arena, "%s needs %u bytes, the record has"
				 " %u", type_name(t, name), d->width, len));
	column_set_null(c, row, BATCH_ROWS, &b->arena);
}

/* Whether up to 16 bytes are ASCII, by loads that overlap. */
static inline bool
is_short_ascii(const char *p, uint32_t n)
{
	uint64_t a = 0, b = 0;

	if (n > 16)
		return false;
	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
	} else if (n > 0) {
		a = (unsigned char)(p[0] | p[n / 2] | p[n - 1]);
	}
	return ((a | b) & UINT64_C(0x8080808080808080)) == 0;
}

/* The dense case of most topics of text: every record a text. Stops at the
 * first that is not, and returns its index. */
static uint32_t
decode_texts(const struct raw_decoder *d, const struct raw_record *rec,
	     uint32_t n, struct str *out)
{
	for (uint32_t i = 0; i < n; i++) {
		const char *value = rec[i].value;
		uint32_t len = rec[i].value_len;

		if (!value || len > d->record_bytes_max ||
		    (!is_short_ascii(value, len) && !utf8_valid(value, len)))
			return i;
		out[i] = str_ref(value, len);
	}
	return n;
}

static void
decode_record(struct raw_decoder *d, const struct raw_record *rec, bool key,
	      uint32_t row, bool wanted, struct batch *b,
	      struct decode_result *ret)
{
	const char *value = key ? rec->key : rec->value;
	uint32_t len = key ? rec->key_len : rec->value_len;
	enum error_code code = ERR_NONE;

	ret->outcome[row] = DECODE_OK;
	if (value && len > d->record_bytes_max)
		code = ERR_RECORD_TOO_LARGE;
	else if (value && type_is_text(d->col.type) && !utf8_valid(value, len))
		code = ERR_BAD_UTF8;
	if (code != ERR_NONE)
		decode_fail(ret, row, code, d->col.name, NULL);
	if (!wanted)
		return;
	if (!value || code != ERR_NONE)
		column_set_null(&b->col[d->col.out], row, BATCH_ROWS,
				&b->arena);
	else
		decode_value(d, b, row, value, len, ret);
}

static void
raw_decode(struct decoder *decoder, const struct raw_record *rec, bool key,
	   const uint16_t *sel, uint32_t nsel, const bool *only,
	   struct batch *b, struct decode_result *ret)
{
	struct raw_decoder *d = (struct raw_decoder *)decoder;
	bool wanted = d->col.wanted && (!only || only[0]);
	uint32_t done = 0;

	ret->nerrors = 0;
	if (wanted && !sel && !key && type_is_text(d->col.type)) {
		done = decode_texts(d, rec, nsel, b->col[d->col.out].str);
		memset(ret->outcome, DECODE_OK, done);
	}
	for (uint32_t i = done; i < nsel; i++) {
		uint32_t row = sel ? sel[i] : i;

		decode_record(d, &rec[row], key, row, wanted, b, ret);
	}
}

static void
raw_decoder_close(struct decoder *decoder)
{
	free(decoder);
}

const struct decoder_type raw_decoder_type = {
	.name = "raw",
	.open = raw_decoder_open,
	.decode = raw_decode,
	.close = raw_decoder_close,
	.tombstone_is_row = true,
};

/* ---- encoding ---- */

struct raw_encoder {
	struct encoder encoder;
	struct encode_column col;
	unsigned width;
	bool little_endian;
};

static int
raw_encoder_open(struct encoder **ret, const struct encoder_spec *spec,
		 struct error *err)
{
	struct raw_encoder *e;

	if (check_columns(spec->ncols,
			  spec->ncols ? spec->cols[0].type : TYPE_STRING_OF,
			  err) < 0)
		return -1;
	e = mem_zalloc(sizeof(*e));
	e->encoder.type = &raw_encoder_type;
	e->col = spec->cols[0];
	e->width = (unsigned)raw_width(e->col.type);
	e->little_endian = is_little_endian(spec->options);
	*ret = &e->encoder;
	return 0;
}

static uint64_t
number_bits(const struct column *c, uint32_t row, struct type t)
{
	uint64_t bits;
	uint32_t bits32;
	float f;

	switch (t.kind) {
	case TYPE_BOOLEAN:
		return c->u8[row];
	case TYPE_FLOAT:
		f = (float)c->f64[row];
		memcpy(&bits32, &f, sizeof(bits32));
		return bits32;
	case TYPE_DOUBLE:
		memcpy(&bits, &c->f64[row], sizeof(bits));
		return bits;
	default:
		return (uint64_t)c->i64[row];
	}
}

static int
raw_encode(struct encoder *encoder, const struct batch *b, uint32_t row,
	   struct buf *out, bool *ret_null, struct error *err)
{
	const struct raw_encoder *e = (const struct raw_encoder *)encoder;
	const struct column *c = &b->col[e->col.in];
	uint64_t bits;
	char *p;

	(void)err;
	*ret_null = column_is_null(c, row);
	if (*ret_null)
		return 0;
	if (e->width == 0) {
		buf_str(out, c->str[row]);
		return 0;
	}
	bits = number_bits(c, row, e->col.type);
	p = buf_room(out, e->width);
	for (unsigned i = 0; i < e->width; i++) {
		unsigned at = e->little_endian ? i : e->width - 1 - i;

		p[at] = (char)(bits >> (8 * i));
	}
	buf_added(out, e->width);
	return 0;
}

static void
raw_encoder_close(struct encoder *encoder)
{
	free(encoder);
}

const struct encoder_type raw_encoder_type = {
	.name = "raw",
	.open = raw_encoder_open,
	.encode = raw_encode,
	.close = raw_encoder_close,
};
