/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_encode.c - rows as JSON objects, byte for byte as Flink
 * writes them: records of sinks, rows of the socket, rows in the errors table.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/float.h"
#include "base/time.h"
#include "runtime/format.h"
#include "runtime/formats/field.h"
#include "runtime/kernels/cast.h"

struct json_style {
	char time_separator;
	bool plain_decimals;
};

static const struct json_style style_default = { .time_separator = ' ' };

/* ---- one value ---- */

static void
put_float(struct buf *out, double v, bool narrow)
{
	char text[F64_TEXT_MAX];
	size_t n = narrow ? f32_format((float)v, text) : f64_format(v, text);

	if (isfinite(v))
		buf_append(out, text, n);
	else
		buf_json_string(out, text, n);
}

static void
put_decimal(struct buf *out, i128 v, struct type t, bool plain)
{
	char *p = buf_room(out, DECIMAL_TEXT_MAX);

	buf_added(out, plain ? decimal_format(v, t.scale, p)
			     : decimal_format_stripped(v, t.scale, p));
}

static void
put_quoted(struct buf *out, const char *text, size_t n)
{
	char *p = buf_room(out, n + 2);

	p[0] = '"';
	memcpy(p + 1, text, n);
	p[n + 1] = '"';
	buf_added(out, n + 2);
}

static void
put_instant(struct buf *out, int64_t us, struct type t, char separator)
{
	char text[TIME_TEXT_MAX + 1];
	size_t n = us_format_short(us, separator, text);

	if (t.kind == TYPE_TIMESTAMP_LTZ)
		text[n++] = 'Z';
	put_quoted(out, text, n);
}

static void
put_time(struct buf *out, int64_t ms)
{
	char text[TIME_TEXT_MAX];
	unsigned digits = ms % 1000 == 0 ? 0 : ms % 100 == 0 ? 1 :
			  ms % 10 == 0	 ? 2 : 3;

	put_quoted(out, text, time_format(ms, digits, text));
}

static void
put_date(struct buf *out, int64_t days)
{
	char text[TIME_TEXT_MAX];

	put_quoted(out, text, date_format(days, text));
}

/* Flink's format has no intervals; a SELECT may give some. */
static void
put_interval(struct buf *out, int64_t v, struct type t)
{
	char text[CAST_TEXT_MAX];
	struct value value = { .i64 = v };

	put_quoted(out, text, cast_text(value, t, NULL, text));
}

static void
put_value(struct buf *out, const struct column *c, uint32_t row, struct type t,
	  const struct json_style *style)
{
	switch ((enum type_kind)t.kind) {
	case TYPE_BOOLEAN:
		buf_puts(out, c->u8[row] ? "true" : "false");
		return;
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		buf_i64(out, c->i64[row]);
		return;
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		put_float(out, c->f64[row], t.kind == TYPE_FLOAT);
		return;
	case TYPE_DECIMAL:
		put_decimal(out, c->phys == PHYS_I64 ? c->i64[row]
						     : c->i128[row],
			    t, style->plain_decimals);
		return;
	case TYPE_CHAR:
	case TYPE_VARCHAR:
		buf_json_string(out, str_data(&c->str[row]), c->str[row].len);
		return;
	case TYPE_BINARY:
	case TYPE_VARBINARY:
		buf_putc(out, '"');
		base64_encode(out, str_data(&c->str[row]), c->str[row].len);
		buf_putc(out, '"');
		return;
	case TYPE_DATE:
		put_date(out, c->i64[row]);
		return;
	case TYPE_TIME:
		put_time(out, c->i64[row]);
		return;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		put_instant(out, c->i64[row], t, style->time_separator);
		return;
	case TYPE_INTERVAL_MONTH:
	case TYPE_INTERVAL_MS:
		put_interval(out, c->i64[row], t);
		return;
	case TYPE_NULL:
	case TYPE_ARRAY:
	case TYPE_MULTISET:
	case TYPE_MAP:
	case TYPE_ROW:
	case TYPE_COUNT:
		break;
	}
	buf_append(out, "null", 4);
}

void
json_value(struct buf *out, const struct column *c, uint32_t row,
	   struct type t)
{
	if (column_is_null(c, row))
		buf_append(out, "null", 4);
	else
		put_value(out, c, row, t, &style_default);
}

void
json_row(struct buf *out, const struct batch *b, uint32_t row)
{
	buf_putc(out, '{');
	for (unsigned c = 0; c < b->schema->ncols; c++) {
		const struct schema_column *col = &b->schema->cols[c];

		if (c > 0)
			buf_putc(out, ',');
		buf_json_string(out, col->name, strlen(col->name));
		buf_putc(out, ':');
		json_value(out, &b->col[c], row, col->type);
	}
	buf_putc(out, '}');
}

/* ---- the encoder of a sink ---- */

struct json_field {
	char *literal; /* ,"name": */
	size_t literal_len;
	struct type type;
	uint16_t in;
	/* The text of the last instant: rows of one window share theirs. */
	int64_t instant_us;
	size_t instant_len;
	char instant[TIME_TEXT_MAX + 3];
};

struct json_encoder {
	struct encoder encoder;
	struct arena arena;
	struct json_style style;
	bool ignore_null;
	unsigned nfields;
	struct json_field *fields;
};

static void
json_encoder_close(struct encoder *encoder)
{
	struct json_encoder *e = (struct json_encoder *)encoder;

	if (!e)
		return;
	arena_release(&e->arena);
	free(e);
}

static void
take_field(struct json_encoder *e, struct json_field *f,
	   const struct encode_column *col)
{
	struct buf text;

	buf_init(&text);
	buf_putc(&text, ',');
	buf_json_string(&text, col->name, strlen(col->name));
	buf_putc(&text, ':');
	f->literal = arena_strndup(&e->arena, text.data, text.len);
	f->literal_len = text.len;
	f->type = col->type;
	f->in = col->in;
	f->instant_us = TIME_NONE;
	buf_release(&text);
}

static int
json_encoder_open(struct encoder **ret, const struct encoder_spec *spec,
		  struct error *err)
{
	struct json_encoder *e;
	char name[TYPE_NAME_MAX];

	for (unsigned i = 0; i < spec->ncols; i++) {
		if (!field_type_allowed(spec->cols[i].type))
			return error_set(err, ERR_TYPE_MISMATCH,
					 "format 'json' cannot hold %s",
					 type_name(spec->cols[i].type, name));
	}
	e = mem_zalloc(sizeof(*e));
	arena_init(&e->arena);
	e->encoder.type = &json_encoder_type;
	e->style.time_separator = field_time_separator(spec->options);
	e->style.plain_decimals = field_option(spec->options,
					       "encode.decimal-as-plain-number");
	e->ignore_null = field_option(spec->options,
				      "encode.ignore-null-fields");
	e->nfields = spec->ncols;
	e->fields = arena_array(&e->arena, spec->ncols, struct json_field);
	for (unsigned i = 0; i < spec->ncols; i++)
		take_field(e, &e->fields[i], &spec->cols[i]);
	*ret = &e->encoder;
	return 0;
}

static void
put_cached_instant(struct buf *out, struct json_field *f, int64_t us,
		   char separator)
{
	if (us != f->instant_us || f->instant_len == 0) {
		size_t before = out->len;

		put_instant(out, us, f->type, separator);
		f->instant_us = us;
		f->instant_len = out->len - before;
		CHECK(f->instant_len <= sizeof(f->instant));
		memcpy(f->instant, out->data + before, f->instant_len);
		return;
	}
	buf_append(out, f->instant, f->instant_len);
}

static int
json_encode(struct encoder *encoder, const struct batch *b, uint32_t row,
	    struct buf *out, bool *ret_null, struct error *err)
{
	struct json_encoder *e = (struct json_encoder *)encoder;
	size_t first = 1; /* no comma before the first field */

	(void)err;
	*ret_null = false;
	buf_putc(out, '{');
	for (unsigned i = 0; i < e->nfields; i++) {
		struct json_field *f = &e->fields[i];
		const struct column *c = &b->col[f->in];
		bool null = column_is_null(c, row);

		if (null && e->ignore_null)
			continue;
		buf_append(out, f->literal + first, f->literal_len - first);
		first = 0;
		if (null)
			buf_append(out, "null", 4);
		else if (type_is_instant(f->type))
			put_cached_instant(out, f, c->i64[row],
					   e->style.time_separator);
		else
			put_value(out, c, row, f->type, &e->style);
	}
	buf_putc(out, '}');
	return 0;
}

const struct encoder_type json_encoder_type = {
	.name = "json",
	.open = json_encoder_open,
	.encode = json_encode,
	.close = json_encoder_close,
};
