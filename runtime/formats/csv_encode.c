/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/csv_encode.c - rows as csv, byte for byte as Flink writes
 * them; when a text is put in quotes is Jackson's rule, odd as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/float.h"
#include "base/nested.h"
#include "base/time.h"
#include "parser/format_types.h"
#include "runtime/format.h"
#include "runtime/formats/csv.h"
#include "runtime/formats/field.h"

/* Longer texts are quoted without a look at them. */
#define QUOTE_CHECK_MAX 24

struct csv_encoder {
	struct encoder encoder;
	struct arena arena;
	struct csv_dialect dialect;
	uint32_t safe_min; /* code points below need quotes */
	unsigned ncols;
	struct encode_column *cols;
	struct buf text; /* of a value before it is quoted */
};

static void
csv_encoder_close(struct encoder *encoder)
{
	struct csv_encoder *e = (struct csv_encoder *)encoder;

	if (!e)
		return;
	buf_release(&e->text);
	arena_release(&e->arena);
	free(e);
}

/* One above the largest of delimiter, quote and line end. */
static uint32_t
safe_character(const struct csv_dialect *d)
{
	size_t pos = 0;
	uint32_t delimiter = utf8_next(d->delimiter, d->delimiter_len, &pos);
	uint32_t max = delimiter > '\n' ? delimiter : '\n';

	if (d->quote >= 0 && (uint32_t)d->quote > max)
		max = (uint32_t)d->quote;
	return max + 1;
}

static int
csv_encoder_open(struct encoder **ret, const struct encoder_spec *spec,
		 struct error *err)
{
	struct csv_dialect dialect;
	struct csv_encoder *e;
	char name[TYPE_NAME_MAX];

	if (csv_dialect_init(&dialect, spec->options, err) < 0)
		return -1;
	for (unsigned i = 0; i < spec->ncols; i++) {
		if (!format_holds("csv", spec->cols[i].type))
			return error_set(err, ERR_TYPE_MISMATCH,
					 "format 'csv' cannot hold %s",
					 type_name(spec->cols[i].type, name));
	}
	e = mem_zalloc(sizeof(*e));
	arena_init(&e->arena);
	buf_init(&e->text);
	e->encoder.type = &csv_encoder_type;
	e->dialect = dialect;
	if (dialect.null_literal)
		e->dialect.null_literal =
			arena_strdup(&e->arena, dialect.null_literal);
	e->dialect.between = arena_strdup(&e->arena, dialect.between);
	e->safe_min = safe_character(&dialect);
	e->ncols = spec->ncols;
	e->cols = arena_array(&e->arena, spec->ncols, struct encode_column);
	for (unsigned i = 0; i < spec->ncols; i++) {
		e->cols[i] = spec->cols[i];
		e->cols[i].type = type_copy(&e->arena, spec->cols[i].type);
	}
	*ret = &e->encoder;
	return 0;
}

/* As Java counts: characters beyond the BMP are two. */
static bool
needs_quotes(const struct csv_encoder *e, const char *text, size_t n)
{
	size_t units = 0;

	if (e->dialect.quote < 0)
		return false;
	for (size_t pos = 0; pos < n;) {
		uint32_t c = utf8_next(text, n, &pos);

		units += c > 0xffff ? 2 : 1;
		if (c < e->safe_min || (int64_t)c == e->dialect.escape ||
		    units > QUOTE_CHECK_MAX)
			return true;
	}
	return false;
}

static void
put_text(const struct csv_encoder *e, struct buf *out, const char *text,
	 size_t n)
{
	const struct csv_dialect *d = &e->dialect;
	bool quoted = needs_quotes(e, text, n);

	if (quoted)
		buf_putc(out, (char)d->quote);
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)text[i];

		if (c == d->escape)
			buf_putc(out, (char)d->escape);
		else if (quoted && c == d->quote)
			buf_putc(out, (char)(d->escape >= 0 ? d->escape
							    : d->quote));
		buf_putc(out, (char)c);
	}
	if (quoted)
		buf_putc(out, (char)d->quote);
}

static size_t
time_text(int64_t ms, char *out)
{
	unsigned digits = ms % 1000 == 0 ? 0 : ms % 100 == 0 ? 1 :
			  ms % 10 == 0	 ? 2 : 3;

	return time_format(ms, digits, out);
}

/* What is text for Jackson: a value of text, bytes or time as it is. */
static void
put_plain_text(struct buf *out, const struct column *c, uint32_t row,
	       struct type t)
{
	char text[TIME_TEXT_MAX + 1];
	size_t n;

	if (type_is_text(t)) {
		buf_str(out, c->str[row]);
		return;
	}
	if (type_is_binary(t)) {
		base64_encode(out, str_data(&c->str[row]), c->str[row].len);
		return;
	}
	if (t.kind == TYPE_DATE)
		n = date_format(c->i64[row], text);
	else if (t.kind == TYPE_TIME)
		n = time_text(c->i64[row], text);
	else
		n = us_format_short(c->i64[row], ' ', text);
	if (t.kind == TYPE_TIMESTAMP_LTZ)
		text[n++] = 'Z';
	buf_append(out, text, n);
}

static void
put_number(struct buf *out, const struct column *c, uint32_t row,
	   struct type t)
{
	char *p;

	switch (t.kind) {
	case TYPE_BOOLEAN:
		buf_puts(out, c->u8[row] ? "true" : "false");
		break;
	case TYPE_FLOAT:
		buf_f32(out, (float)c->f64[row]);
		break;
	case TYPE_DOUBLE:
		buf_f64(out, c->f64[row]);
		break;
	case TYPE_DECIMAL:
		p = buf_room(out, DECIMAL_TEXT_MAX);
		buf_added(out, decimal_format(c->phys == PHYS_I64
						      ? c->i64[row]
						      : c->i128[row],
					      t.scale, p));
		break;
	default:
		buf_i64(out, c->i64[row]);
	}
}

static bool
is_number(struct type t)
{
	return type_is_numeric(t) || t.kind == TYPE_BOOLEAN;
}

/* The elements of an ARRAY or ROW, which are one text for csv. */
static void
put_elements(const struct csv_encoder *e, struct buf *out, struct str s,
	     struct type t)
{
	const struct csv_dialect *d = &e->dialect;
	struct nested v;

	nested_open(&s, &v);
	for (uint32_t i = 0; i < v.n; i++) {
		struct type item = nested_item_type(&v, t, i);
		struct value x = nested_get(&v, i, item);
		struct column one = { .phys = phys_of(item), .data = &x.u8 };

		if (i > 0)
			buf_append(out, d->between, d->between_len);
		if (x.is_null)
			buf_append(out, d->null_literal ? d->null_literal : "",
				   d->null_len);
		else if (is_number(item))
			put_number(out, &one, 0, item);
		else
			put_plain_text(out, &one, 0, item);
	}
}

static void
put_value(struct csv_encoder *e, struct buf *out, const struct column *c,
	  uint32_t row, struct type t)
{
	if (is_number(t)) {
		put_number(out, c, row, t);
		return;
	}
	if (type_is_text(t)) {
		put_text(e, out, str_data(&c->str[row]), c->str[row].len);
		return;
	}
	buf_clear(&e->text);
	if (type_is_nested(t))
		put_elements(e, &e->text, c->str[row], t);
	else
		put_plain_text(&e->text, c, row, t);
	put_text(e, out, e->text.data, e->text.len);
}

static int
csv_encode(struct encoder *encoder, const struct batch *b, uint32_t row,
	   struct buf *out, bool *ret_null, struct error *err)
{
	struct csv_encoder *e = (struct csv_encoder *)encoder;

	(void)err;
	*ret_null = false;
	for (unsigned i = 0; i < e->ncols; i++) {
		const struct column *c = &b->col[e->cols[i].in];

		if (i > 0)
			buf_append(out, e->dialect.delimiter,
				   e->dialect.delimiter_len);
		if (!column_is_null(c, row))
			put_value(e, out, c, row, e->cols[i].type);
		else if (e->dialect.null_literal)
			buf_append(out, e->dialect.null_literal,
				   e->dialect.null_len);
	}
	return 0;
}

const struct encoder_type csv_encoder_type = {
	.name = "csv",
	.open = csv_encoder_open,
	.encode = csv_encode,
	.close = csv_encoder_close,
};
