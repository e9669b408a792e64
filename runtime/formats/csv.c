/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/csv.c - a record as fields with delimiters between, read
 * with the rules of Jackson's CSV module, which is what Flink reads it with.
 * Fields stay where they are in the record unless a quote or an escape must be
 * taken out of them.
 */
#include "runtime/formats/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/nested.h"
#include "base/str.h"
#include "parser/format_types.h"
#include "runtime/format.h"
#include "runtime/formats/field.h"

/* ---- the dialect ---- */

/* The character that an option gives, Java's escapes allowed ('\t', '\u0001').
 * Returns its bytes in out, or 0. */
static size_t
read_character(const char *text, char out[5])
{
	static const char letters[] = "tnrbf\\'\"", values[] = "\t\n\r\b\f\\'\"";
	size_t n = strlen(text);
	const char *letter;
	unsigned code;
	int used = 0;

	if (n > 0 && utf8_measure(text, n) == n) {
		memcpy(out, text, n + 1);
		return n;
	}
	if (text[0] != '\\' || n < 2)
		return 0;
	letter = strchr(letters, text[1]);
	if (letter && n == 2) {
		out[0] = values[letter - letters];
		out[1] = '\0';
		return 1;
	}
	if (sscanf(text, "\\u%4x%n", &code, &used) != 1 ||
	    (size_t)used != n || code == 0)
		return 0;
	n = utf8_put(out, code);
	out[n] = '\0';
	return n;
}

static const char *
option_text(const struct options *o, const char *key)
{
	return o ? options_get(o, key) : NULL;
}

/* A quote or escape, one byte of ASCII; -1: none. */
static int
read_mark(const struct options *o, const char *key, int fallback, int *ret,
	  struct error *err)
{
	const char *text = option_text(o, key);
	char c[5];

	*ret = fallback;
	if (!text)
		return 0;
	if (read_character(text, c) != 1)
		return error_set(err, ERR_INVALID_OPTION,
				 "'csv.%s' = '%s' is not one ASCII character",
				 key, text);
	*ret = (unsigned char)c[0];
	return 0;
}

int
csv_dialect_init(struct csv_dialect *d, const struct options *options,
		 struct error *err)
{
	const char *delimiter = option_text(options, "field-delimiter");

	*d = (struct csv_dialect){ 0 };
	d->delimiter_len =
		read_character(delimiter ? delimiter : ",", d->delimiter);
	if (d->delimiter_len == 0)
		return error_set(err, ERR_INVALID_OPTION,
				 "'csv.field-delimiter' = '%s' is not one"
				 " character", delimiter);
	if (read_mark(options, "quote-character", '"', &d->quote, err) < 0 ||
	    read_mark(options, "escape-character", -1, &d->escape, err) < 0)
		return -1;
	if (field_option(options, "disable-quote-character"))
		d->quote = -1;
	d->comments = field_option(options, "allow-comments");
	d->null_literal = option_text(options, "null-literal");
	d->null_len = d->null_literal ? strlen(d->null_literal) : 0;
	d->between = option_text(options, "array-element-delimiter");
	if (!d->between || !*d->between)
		d->between = ";";
	d->between_len = strlen(d->between);
	return 0;
}

/* ---- fields of a record ---- */

struct cursor {
	const struct csv_dialect *d;
	const char *p, *end;
};

struct csv_field {
	const char *text; /* with quotes and escapes still inside */
	size_t len;
	bool quoted;
	bool plain; /* nothing to take out */
};

enum csv_next {
	CSV_MORE,   /* a delimiter follows */
	CSV_LAST,   /* the line ends here */
	CSV_BROKEN, /* a quote does not end, or more follows behind it */
};

static inline bool
at_delimiter(const struct cursor *c)
{
	const struct csv_dialect *d = c->d;

	return *c->p == d->delimiter[0] &&
	       (d->delimiter_len == 1 ||
		((size_t)(c->end - c->p) >= d->delimiter_len &&
		 memcmp(c->p, d->delimiter, d->delimiter_len) == 0));
}

static inline bool
at_line_end(const struct cursor *c)
{
	return *c->p == '\n' || *c->p == '\r';
}

/* Behind a field: its delimiter or line end is passed. */
static enum csv_next
field_ends(struct cursor *c)
{
	if (c->p == c->end)
		return CSV_LAST;
	if (at_delimiter(c)) {
		c->p += c->d->delimiter_len;
		return CSV_MORE;
	}
	if (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n')
		c->p++;
	c->p++;
	return CSV_LAST;
}

/* Behind the opening quote. */
static enum csv_next
next_quoted(struct cursor *c, struct csv_field *ret)
{
	const struct csv_dialect *d = c->d;

	ret->text = c->p;
	for (;; c->p++) {
		if (c->p == c->end)
			return CSV_BROKEN;
		if ((unsigned char)*c->p == d->escape) {
			ret->plain = false;
			c->p++;
			if (c->p == c->end)
				return CSV_BROKEN;
		} else if ((unsigned char)*c->p == d->quote) {
			if (c->p + 1 == c->end || c->p[1] != *c->p)
				break;
			ret->plain = false;
			c->p++;
		}
	}
	ret->len = (size_t)(c->p - ret->text);
	c->p++;
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t') &&
	       !at_delimiter(c))
		c->p++;
	if (c->p < c->end && !at_delimiter(c) && !at_line_end(c))
		return CSV_BROKEN;
	return field_ends(c);
}

static enum csv_next
next_field(struct cursor *c, struct csv_field *ret)
{
	*ret = (struct csv_field){ .text = c->p, .plain = true };
	if (c->p < c->end && (unsigned char)*c->p == c->d->quote) {
		c->p++;
		ret->quoted = true;
		return next_quoted(c, ret);
	}
	while (c->p < c->end && !at_delimiter(c) && !at_line_end(c)) {
		if ((unsigned char)*c->p == c->d->escape &&
		    c->p + 1 < c->end) {
			ret->plain = false;
			c->p++;
		}
		c->p++;
	}
	ret->len = (size_t)(c->p - ret->text);
	return field_ends(c);
}

static char
unescape(char c)
{
	switch (c) {
	case '0':
		return '\0';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

/* Takes quotes and escapes out, into memory of the arena. */
static void
field_clean(const struct csv_dialect *d, struct csv_field *f, struct arena *a)
{
	const char *p = f->text, *end = p + f->len;
	char *out, *o;

	if (f->plain)
		return;
	out = o = arena_bytes(a, f->len);
	while (p < end) {
		if ((unsigned char)*p == d->escape && p + 1 < end) {
			*o++ = unescape(p[1]);
			p += 2;
			continue;
		}
		/* of two quotes one */
		if (f->quoted && (unsigned char)*p == d->quote)
			p++;
		*o++ = *p++;
	}
	f->text = out;
	f->len = (size_t)(o - out);
	f->plain = true;
}

static bool
is_comment(const struct csv_dialect *d, const char *data, size_t n)
{
	return d->comments && n > 0 && *data == '#';
}

size_t
csv_record_length(const struct csv_dialect *d, const char *data, size_t n)
{
	struct cursor c = { d, data, data + n };
	const char *newline;
	struct csv_field f;
	enum csv_next next;

	if (is_comment(d, data, n)) {
		newline = memchr(data, '\n', n);
		return newline ? (size_t)(newline + 1 - data) : 0;
	}
	do {
		const char *from = c.p;

		next = next_field(&c, &f);
		/* What follows a broken quote is one line more. */
		if (next == CSV_BROKEN) {
			if (c.p == c.end)
				return 0;
			newline = memchr(c.p, '\n', (size_t)(c.end - c.p));
			return newline ? (size_t)(newline + 1 - data) : 0;
		}
		if (c.p == from)
			return 0;
	} while (next == CSV_MORE);
	/* A lone \r at the end may be half of a line end. */
	return c.p[-1] == '\n' || (c.p[-1] == '\r' && c.p < c.end)
		       ? (size_t)(c.p - data)
		       : 0;
}

/* ---- decoding ---- */

struct csv_column {
	const char *name;
	struct type type;
	uint16_t out;
	bool wanted;
};

struct csv_decoder {
	struct decoder decoder;
	struct arena arena;
	struct csv_dialect dialect;
	int64_t record_bytes_max;
	bool ignore_errors;
	unsigned ncols;
	struct csv_column *cols;
	struct csv_field *fields; /* of the record at hand */

	/* of one call */
	const bool *only;
	struct batch *b;
	struct decode_result *ret;
};

static void
csv_decoder_close(struct decoder *decoder)
{
	struct csv_decoder *d = (struct csv_decoder *)decoder;

	if (!d)
		return;
	arena_release(&d->arena);
	free(d);
}

static int
check_types(const struct decoder_spec *spec, struct error *err)
{
	char name[TYPE_NAME_MAX];

	for (unsigned i = 0; i < spec->ncols; i++) {
		if (!format_holds("csv", spec->cols[i].type))
			return error_set(err, ERR_TYPE_MISMATCH,
					 "format 'csv' cannot hold %s",
					 type_name(spec->cols[i].type, name));
	}
	return 0;
}

static int
csv_decoder_open(struct decoder **ret, const struct decoder_spec *spec,
		 struct error *err)
{
	struct csv_dialect dialect;
	struct csv_decoder *d;

	if (csv_dialect_init(&dialect, spec->options, err) < 0 ||
	    check_types(spec, err) < 0)
		return -1;
	d = mem_zalloc(sizeof(*d));
	arena_init(&d->arena);
	d->decoder.type = &csv_decoder_type;
	d->dialect = dialect;
	if (dialect.null_literal)
		d->dialect.null_literal =
			arena_strdup(&d->arena, dialect.null_literal);
	d->dialect.between = arena_strdup(&d->arena, dialect.between);
	d->record_bytes_max = spec->record_bytes_max;
	d->ignore_errors = field_option(spec->options, "ignore-parse-errors");
	d->ncols = spec->ncols;
	d->cols = arena_array(&d->arena, spec->ncols, struct csv_column);
	d->fields = arena_array(&d->arena, spec->ncols + 1, struct csv_field);
	for (unsigned i = 0; i < spec->ncols; i++)
		d->cols[i] = (struct csv_column){
			.name = arena_strdup(&d->arena, spec->cols[i].name),
			.type = type_copy(&d->arena, spec->cols[i].type),
			.out = spec->cols[i].out,
			.wanted = spec->cols[i].wanted,
		};
	*ret = &d->decoder;
	return 0;
}

static bool
is_active(const struct csv_decoder *d, unsigned c)
{
	return d->cols[c].wanted && (!d->only || d->only[c]);
}

static void
set_null(struct csv_decoder *d, unsigned c, uint32_t row)
{
	column_set_null(&d->b->col[d->cols[c].out], row, BATCH_ROWS,
			&d->b->arena);
}

static void
record_fail(struct csv_decoder *d, uint32_t row, enum error_code code,
	    const char *column, const char *detail)
{
	if (d->ignore_errors)
		d->ret->outcome[row] = DECODE_SKIP;
	else
		decode_fail(d->ret, row, code, column, detail);
}

/* Splits the record's first line; the rest of it does not count, as in Flink.
 * Returns how many fields there are, or -1 when the record is done with. */
static int
split_record(struct csv_decoder *d, uint32_t row, const char *text, size_t len)
{
	struct cursor c = { &d->dialect, text, text + len };
	struct csv_field beyond;
	enum csv_next next = CSV_MORE;
	unsigned n = 0;

	while (next == CSV_MORE && n < d->ncols) {
		next = next_field(&c, &d->fields[n++]);
		if (next == CSV_BROKEN) {
			record_fail(d, row, ERR_BAD_CSV, d->cols[n - 1].name,
				    "a quoted field does not end as one");
			return -1;
		}
	}
	if (next != CSV_MORE)
		return (int)n;
	/* A delimiter behind the last field is allowed, a field is not. */
	next = next_field(&c, &beyond);
	if (next == CSV_LAST && beyond.len == 0 && !beyond.quoted)
		return (int)n;
	record_fail(d, row, ERR_BAD_CSV, NULL,
		    arena_printf(&d->b->arena,
				 "the record has more than %u fields",
				 d->ncols));
	return -1;
}

/* ---- arrays and rows in one field ---- */

/* The next element; false: there is none. */
static bool
next_element(const struct csv_dialect *d, const char **text, const char *end,
	     struct csv_field *ret)
{
	const char *next;

	if (!*text)
		return false;
	next = memmem(*text, (size_t)(end - *text), d->between,
		      d->between_len);
	ret->text = *text;
	ret->len = (size_t)((next ? next : end) - *text);
	*text = next ? next + d->between_len : NULL;
	return true;
}

static bool
is_null_literal(const struct csv_dialect *d, const struct csv_field *f)
{
	return d->null_literal && f->len == d->null_len &&
	       memcmp(f->text, d->null_literal, f->len) == 0;
}

static bool
is_blank(const struct csv_field *f)
{
	for (size_t i = 0; i < f->len; i++)
		if ((unsigned char)f->text[i] > ' ')
			return false;
	return true;
}

static unsigned
count_elements(const struct csv_dialect *d, const struct csv_field *f)
{
	const char *text = f->text;
	struct csv_field element;
	unsigned n = 0;

	while (!is_blank(f) &&
	       next_element(d, &text, f->text + f->len, &element))
		n++;
	return n;
}

static enum field_rc
read_element(const struct csv_decoder *d, struct type t,
	     const struct csv_field *f, struct value *ret)
{
	enum field_rc rc = FIELD_NULL;

	if (!is_null_literal(&d->dialect, f))
		rc = field_read(t, ' ', f->text, f->len, &d->b->arena, ret);
	if (rc == FIELD_OK)
		return FIELD_OK;
	*ret = (struct value){ .is_null = true };
	if (d->ignore_errors)
		return FIELD_OK;
	return rc == FIELD_NULL && t.nullable ? FIELD_OK : FIELD_BAD;
}

/* Blanks only are an empty array. */
static enum field_rc
read_nested(const struct csv_decoder *d, struct type t,
	    const struct csv_field *f, struct value *ret)
{
	unsigned n = count_elements(&d->dialect, f);
	struct value *items = arena_array(&d->b->arena, n, struct value);
	const char *text = f->text;
	struct csv_field element;

	if (t.kind == TYPE_ROW && n != t.length)
		return FIELD_BAD;
	for (unsigned i = 0;
	     i < n && next_element(&d->dialect, &text, f->text + f->len,
				   &element);
	     i++) {
		struct type item = t.fields[t.kind == TYPE_ROW ? i : 0].type;

		if (read_element(d, item, &element, &items[i]) == FIELD_BAD)
			return FIELD_BAD;
	}
	ret->is_null = false;
	return nested_make(&d->b->arena, t, n, items, &ret->str) ? FIELD_OK
								 : FIELD_BAD;
}

/* False: the record is bad. */
static bool
decode_field(struct csv_decoder *d, unsigned col, uint32_t row)
{
	const struct csv_dialect *dialect = &d->dialect;
	const struct csv_column *column = &d->cols[col];
	struct csv_field *f = &d->fields[col];
	enum field_rc rc;
	struct value v;

	field_clean(dialect, f, &d->b->arena);
	if (is_null_literal(dialect, f)) {
		set_null(d, col, row);
		return true;
	}
	if (type_is_nested(column->type))
		rc = read_nested(d, column->type, f, &v);
	else
		rc = field_read(column->type, ' ', f->text, f->len,
				&d->b->arena, &v);
	if (rc == FIELD_OK) {
		field_store(&d->b->col[column->out], row, v);
		return true;
	}
	if (rc == FIELD_BAD && !d->ignore_errors) {
		decode_fail(d->ret, row, ERR_BAD_FIELD, column->name,
			    field_complaint(column->type, f->text, f->len,
					    &d->b->arena));
		return false;
	}
	set_null(d, col, row);
	return true;
}

/* Writes the row, or leaves an outcome other than DECODE_OK. */
static void
decode_record(struct csv_decoder *d, uint32_t row, const char *text,
	      size_t len)
{
	int n;

	if (!text || len == 0 || is_comment(&d->dialect, text, len)) {
		d->ret->outcome[row] = DECODE_SKIP;
		return;
	}
	if ((int64_t)len > d->record_bytes_max) {
		decode_fail(d->ret, row, ERR_RECORD_TOO_LARGE, NULL, NULL);
		return;
	}
	if (!utf8_valid(text, len)) {
		record_fail(d, row, ERR_BAD_UTF8, NULL, NULL);
		return;
	}
	n = split_record(d, row, text, len);
	if (n < 0)
		return;
	if ((unsigned)n < d->ncols && !d->ignore_errors) {
		decode_fail(d->ret, row, ERR_BAD_CSV, NULL,
			    arena_printf(&d->b->arena, "%u fields expected but"
					 " the record has %d", d->ncols, n));
		return;
	}
	for (unsigned c = 0; c < d->ncols; c++) {
		if (!is_active(d, c))
			continue;
		if (c >= (unsigned)n)
			set_null(d, c, row);
		else if (!decode_field(d, c, row))
			return;
	}
}

static void
csv_decode(struct decoder *decoder, const struct raw_record *rec, bool key,
	   const uint16_t *sel, uint32_t nsel, const bool *only,
	   struct batch *b, struct decode_result *ret)
{
	struct csv_decoder *d = (struct csv_decoder *)decoder;

	d->only = only;
	d->b = b;
	d->ret = ret;
	ret->nerrors = 0;
	for (uint32_t i = 0; i < nsel; i++) {
		uint32_t row = sel ? sel[i] : i;

		ret->outcome[row] = DECODE_OK;
		decode_record(d, row, key ? rec[row].key : rec[row].value,
			      key ? rec[row].key_len : rec[row].value_len);
		if (ret->outcome[row] == DECODE_OK)
			continue;
		for (unsigned c = 0; c < d->ncols; c++) {
			if (is_active(d, c))
				set_null(d, c, row);
		}
	}
}

const struct decoder_type csv_decoder_type = {
	.name = "csv",
	.open = csv_decoder_open,
	.decode = csv_decode,
	.close = csv_decoder_close,
};
