/* SPDX-License-Identifier: Apache-2.0
 * daemon/ndjson.c - JSON by appending; nesting is the caller's.
 */
#include "daemon/ndjson.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "runtime/format.h"

static void
comma(struct buf *out)
{
	char last = out->len ? out->data[out->len - 1] : '\n';

	if (last != '{' && last != '[' && last != '\n')
		buf_putc(out, ',');
}

void
json_text(struct buf *out, const char *text)
{
	if (text)
		buf_json_string(out, text, strlen(text));
	else
		buf_puts(out, "null");
}

void
json_key(struct buf *out, const char *key)
{
	comma(out);
	json_text(out, key);
	buf_putc(out, ':');
}

void
json_pair(struct buf *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

void
json_pair_i64(struct buf *out, const char *key, int64_t v)
{
	json_key(out, key);
	buf_i64(out, v);
}

void
json_pair_f64(struct buf *out, const char *key, double v)
{
	json_key(out, key);
	buf_printf(out, "%.1f", v);
}

void
json_pair_time(struct buf *out, const char *key, int64_t us)
{
	char text[TIME_TEXT_MAX];

	if (us != TIME_NONE)
		us_format_iso(us, text);
	json_pair(out, key, us == TIME_NONE ? NULL : text);
}

static void
header_begin(struct buf *out, unsigned statement)
{
	buf_printf(out, "{\"statement\":%u,\"kind\":\"rows\",\"columns\":[",
		   statement);
}

static void
header_column(struct buf *out, const char *name, const char *type)
{
	comma(out);
	buf_putc(out, '{');
	json_pair(out, "name", name);
	json_pair(out, "type", type);
	buf_putc(out, '}');
}

void
ndjson_header(struct buf *out, unsigned statement, const struct schema *s,
	      enum ndjson_rows rows, bool bounded)
{
	struct arena a;

	arena_init(&a);
	header_begin(out, statement);
	for (uint16_t i = 0; i < s->ncols; i++)
		header_column(out, s->cols[i].name,
			      type_string(s->cols[i].type, &a));
	buf_putc(out, ']');
	if (rows != NDJSON_PASSING)
		buf_printf(out, ",\"updating\":%s",
			   rows == NDJSON_UPDATING ? "true" : "false");
	buf_printf(out, ",\"bounded\":%s}\n", bounded ? "true" : "false");
	arena_release(&a);
}

void
ndjson_header_of(struct buf *out, unsigned statement, unsigned n,
		 const char *const *names)
{
	header_begin(out, statement);
	for (unsigned i = 0; i < n; i++) {
		bool number = names[i][0] == '#';

		header_column(out, names[i] + number,
			      number ? "BIGINT" : "STRING");
	}
	buf_puts(out, "]}\n");
}

void
ndjson_row_begin(struct buf *out)
{
	buf_puts(out, "{\"row\":[");
}

void
ndjson_cell(struct buf *out, const char *text)
{
	comma(out);
	json_text(out, text);
}

void
ndjson_cell_i64(struct buf *out, int64_t v)
{
	comma(out);
	buf_i64(out, v);
}

void
ndjson_row_end(struct buf *out)
{
	buf_puts(out, "]}\n");
}

void
ndjson_row_of(struct buf *out, const struct schema *s, const struct batch *b,
	      uint32_t row, const char *op)
{
	if (op)
		buf_printf(out, "{\"op\":\"%s\",\"row\":[", op);
	else
		ndjson_row_begin(out);
	for (uint16_t i = 0; i < s->ncols; i++) {
		if (i)
			buf_putc(out, ',');
		json_value(out, &b->col[i], row, s->cols[i].type);
	}
	ndjson_row_end(out);
}

void
ndjson_progress(struct buf *out, unsigned statement, uint64_t rows_in,
		int64_t wm_us)
{
	buf_printf(out, "{\"statement\":%u,\"progress\":{", statement);
	json_pair_i64(out, "rows_in", (int64_t)rows_in);
	json_pair_time(out, "watermark", wm_us == TIME_END ? TIME_NONE : wm_us);
	buf_puts(out, "}}\n");
}

void
ndjson_notice(struct buf *out, unsigned statement, const char *text)
{
	buf_printf(out, "{\"statement\":%u", statement);
	json_pair(out, "notice", text);
	buf_puts(out, "}\n");
}

void
ndjson_error(struct buf *out, unsigned statement, const struct error *err)
{
	buf_printf(out, "{\"statement\":%u,\"end\":\"error\"", statement);
	json_pair(out, "code", error_name(err->code));
	if (err->at.line) {
		json_pair_i64(out, "line", err->at.line);
		json_pair_i64(out, "column", err->at.column);
	}
	json_pair(out, "message", err->message);
	if (*err->hint)
		json_pair(out, "hint", err->hint);
	if (*err->note)
		json_pair(out, "note", err->note);
	if (*err->excerpt) {
		json_pair(out, "excerpt", err->excerpt);
		json_pair(out, "caret", err->caret);
	}
	buf_puts(out, "}\n");
}

void
ndjson_end_begin(struct buf *out, unsigned statement)
{
	buf_printf(out, "{\"statement\":%u,\"end\":\"ok\"", statement);
}

void
ndjson_end(struct buf *out, double ms)
{
	json_key(out, "ms");
	buf_printf(out, "%.1f}\n", ms);
}
