/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_encode.c - rows as JSON objects, byte for byte as Flink
 * writes them: records of sinks, rows of the socket, rows in the errors table.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/float.h"
#include "base/nested.h"
#include "base/time.h"
#include "parser/format_types.h"
#include "runtime/eval.h"
#include "runtime/format.h"
#include "runtime/formats/json_value.h"
#include "runtime/kernels/cast.h"

/* What becomes of a MAP's entry whose key is NULL: JSON has no such name. */
enum null_key { NULL_KEY_FAIL, NULL_KEY_DROP, NULL_KEY_LITERAL };

struct json_style {
	char time_separator;
	bool plain_decimals;
	bool is_state;    /* see json_value.h */
	bool ignore_null; /* fields of rows that are NULL are left out */
	enum null_key null_key;
	const char *null_key_literal;
};

/* For people and their programs: a column of money keeps its cents. */
static const struct json_style style_shown = {
	.time_separator = ' ',
	.plain_decimals = true,
	.null_key = NULL_KEY_LITERAL,
	.null_key_literal = "null",
};

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

static bool put_nested(struct buf *out, struct str s, struct type t,
		       const struct json_style *style);

/* What state files hold as a number. */
static bool
is_counted(struct type t)
{
	return phys_of(t) == PHYS_I64 && t.kind != TYPE_DECIMAL;
}

/* False: a MAP has a NULL key, and the style has no name for it. */
static bool
put_value(struct buf *out, const struct column *c, uint32_t row, struct type t,
	  const struct json_style *style)
{
	if (style->is_state && is_counted(t)) {
		buf_i64(out, c->i64[row]);
		return true;
	}
	switch ((enum type_kind)t.kind) {
	case TYPE_BOOLEAN:
		buf_puts(out, c->u8[row] ? "true" : "false");
		break;
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		buf_i64(out, c->i64[row]);
		break;
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		put_float(out, c->f64[row], t.kind == TYPE_FLOAT);
		break;
	case TYPE_DECIMAL:
		put_decimal(out, c->phys == PHYS_I64 ? c->i64[row]
						     : c->i128[row],
			    t, style->plain_decimals);
		break;
	case TYPE_CHAR:
	case TYPE_VARCHAR:
		buf_json_string(out, str_data(&c->str[row]), c->str[row].len);
		break;
	case TYPE_BINARY:
	case TYPE_VARBINARY:
		buf_putc(out, '"');
		base64_encode(out, str_data(&c->str[row]), c->str[row].len);
		buf_putc(out, '"');
		break;
	case TYPE_DATE:
		put_date(out, c->i64[row]);
		break;
	case TYPE_TIME:
		put_time(out, c->i64[row]);
		break;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		put_instant(out, c->i64[row], t, style->time_separator);
		break;
	case TYPE_INTERVAL_MONTH:
	case TYPE_INTERVAL_MS:
		put_interval(out, c->i64[row], t);
		break;
	case TYPE_ARRAY:
	case TYPE_MULTISET:
	case TYPE_MAP:
	case TYPE_ROW:
		return put_nested(out, c->str[row], t, style);
	case TYPE_NULL:
	case TYPE_COUNT:
		buf_append(out, "null", 4);
		break;
	}
	return true;
}

/* ---- nested values ---- */

static bool
put_item(struct buf *out, struct value v, struct type t,
	 const struct json_style *style)
{
	struct column one = { .phys = phys_of(t), .data = &v.u8 };

	if (!v.is_null)
		return put_value(out, &one, 0, t, style);
	buf_append(out, "null", 4);
	return true;
}

static void
comma(struct buf *out, bool *first)
{
	if (!*first)
		buf_putc(out, ',');
	*first = false;
}

static bool
put_row(struct buf *out, const struct nested *v, struct type t,
	const struct json_style *style)
{
	bool first = true;

	for (uint32_t i = 0; i < v->n; i++) {
		const struct type_field *f = &t.fields[i];

		if (style->ignore_null && nested_is_null(v, i))
			continue;
		comma(out, &first);
		buf_json_string(out, f->name, strlen(f->name));
		buf_putc(out, ':');
		if (!put_item(out, nested_get(v, i, f->type), f->type, style))
			return false;
	}
	return true;
}

/* Keys of other types than text come from a SELECT only, not from formats. */
static void
put_key(struct buf *out, struct value key, struct type t)
{
	struct arena scratch;
	struct str text = key.str;

	if (type_is_text(t)) {
		buf_json_string(out, str_data(&text), text.len);
		return;
	}
	arena_init(&scratch);
	text = value_text(key, t, NULL, &scratch);
	buf_json_string(out, str_data(&text), text.len);
	arena_release(&scratch);
}

static bool
put_map(struct buf *out, const struct nested *v, struct type t,
	const struct json_style *style)
{
	uint32_t n = nested_entries(v);
	bool first = true;

	for (uint32_t i = 0; i < n; i++) {
		struct value key = nested_get(v, i, type_key(t));

		if (key.is_null && style->null_key == NULL_KEY_FAIL)
			return false;
		if (key.is_null && style->null_key == NULL_KEY_DROP)
			continue;
		comma(out, &first);
		if (key.is_null)
			buf_json_string(out, style->null_key_literal,
					strlen(style->null_key_literal));
		else
			put_key(out, key, type_key(t));
		buf_putc(out, ':');
		if (!put_item(out, nested_get(v, n + i, type_value(t)),
			      type_value(t), style))
			return false;
	}
	return true;
}

/* A map for which an object of JSON has no room. */
static bool
is_odd_map(const struct nested *v, struct type t)
{
	return !type_is_text(type_key(t)) ||
	       (v->n > 0 && nested_is_null(v, 0)); /* it is the first key */
}

static bool
put_pairs(struct buf *out, const struct nested *v, struct type t,
	  const struct json_style *style)
{
	uint32_t n = nested_entries(v);

	for (uint32_t i = 0; i < n; i++) {
		buf_puts(out, i > 0 ? ",[" : "[");
		put_item(out, nested_get(v, i, type_key(t)), type_key(t),
			 style);
		buf_putc(out, ',');
		put_item(out, nested_get(v, n + i, type_value(t)),
			 type_value(t), style);
		buf_putc(out, ']');
	}
	return true;
}

static bool
put_array(struct buf *out, const struct nested *v, struct type t,
	  const struct json_style *style)
{
	for (uint32_t i = 0; i < v->n; i++) {
		if (i > 0)
			buf_putc(out, ',');
		if (!put_item(out, nested_get(v, i, type_element(t)),
			      type_element(t), style))
			return false;
	}
	return true;
}

static bool
put_nested(struct buf *out, struct str s, struct type t,
	   const struct json_style *style)
{
	bool is_map = t.kind == TYPE_MAP || t.kind == TYPE_MULTISET;
	struct nested v;
	bool pairs, list, done;

	nested_open(&s, &v);
	pairs = is_map && style->is_state && is_odd_map(&v, t);
	list = pairs || t.kind == TYPE_ARRAY;
	buf_putc(out, list ? '[' : '{');
	done = pairs	? put_pairs(out, &v, t, style)
	       : list	? put_array(out, &v, t, style)
	       : is_map ? put_map(out, &v, t, style)
			: put_row(out, &v, t, style);
	buf_putc(out, list ? ']' : '}');
	return done;
}

void
json_state_put(struct buf *out, struct str s, struct type t)
{
	static const struct json_style style = {
		.is_state = true, .plain_decimals = true,
	};

	put_nested(out, s, t, &style);
}

/* ---- rows ---- */

void
json_value(struct buf *out, const struct column *c, uint32_t row,
	   struct type t)
{
	if (column_is_null(c, row))
		buf_append(out, "null", 4);
	else
		put_value(out, c, row, t, &style_shown);
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
	f->type = type_copy(&e->arena, col->type);
	f->in = col->in;
	f->instant_us = TIME_NONE;
	buf_release(&text);
}

static struct json_style
style_of(const struct options *o, struct arena *a)
{
	const char *mode = o ? options_get(o, "map-null-key.mode") : NULL;
	const char *literal = o ? options_get(o, "map-null-key.literal") : NULL;
	struct json_style style = {
		.time_separator = field_time_separator(o),
		.plain_decimals =
			field_option(o, "encode.decimal-as-plain-number"),
		.ignore_null = field_option(o, "encode.ignore-null-fields"),
		.null_key = NULL_KEY_FAIL,
		.null_key_literal = arena_strdup(a, literal ? literal : "null"),
	};

	if (mode && strcasecmp(mode, "DROP") == 0)
		style.null_key = NULL_KEY_DROP;
	else if (mode && strcasecmp(mode, "LITERAL") == 0)
		style.null_key = NULL_KEY_LITERAL;
	return style;
}

static int
json_encoder_open(struct encoder **ret, const struct encoder_spec *spec,
		  struct error *err)
{
	struct json_encoder *e;
	char name[TYPE_NAME_MAX];

	for (unsigned i = 0; i < spec->ncols; i++) {
		if (!format_holds("json", spec->cols[i].type))
			return error_set(err, ERR_TYPE_MISMATCH,
					 "format 'json' cannot hold %s",
					 type_name(spec->cols[i].type, name));
	}
	e = mem_zalloc(sizeof(*e));
	arena_init(&e->arena);
	e->encoder.type = &json_encoder_type;
	e->style = style_of(spec->options, &e->arena);
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
null_key(struct error *err)
{
	error_set(err, ERR_NULL_VALUE, "JSON has no name for the NULL key of a "
		  "MAP");
	error_hint(err, "'json.map-null-key.mode' = 'DROP' leaves the entry "
		   "out, 'LITERAL' gives it a name");
	return -1;
}

static int
json_encode(struct encoder *encoder, const struct batch *b, uint32_t row,
	    struct buf *out, bool *ret_null, struct error *err)
{
	struct json_encoder *e = (struct json_encoder *)encoder;
	size_t first = 1; /* no comma before the first field */

	*ret_null = false;
	buf_putc(out, '{');
	for (unsigned i = 0; i < e->nfields; i++) {
		struct json_field *f = &e->fields[i];
		const struct column *c = &b->col[f->in];
		bool null = column_is_null(c, row);

		if (null && e->style.ignore_null)
			continue;
		buf_append(out, f->literal + first, f->literal_len - first);
		first = 0;
		if (null)
			buf_append(out, "null", 4);
		else if (type_is_instant(f->type))
			put_cached_instant(out, f, c->i64[row],
					   e->style.time_separator);
		else if (!put_value(out, c, row, f->type, &e->style))
			return null_key(err);
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
