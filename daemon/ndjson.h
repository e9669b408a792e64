/* SPDX-License-Identifier: Apache-2.0
 * daemon/ndjson.h - the lines of an answer (contract.md section 4).
 */
#ifndef DAEMON_NDJSON_H
#define DAEMON_NDJSON_H

#include "base/buf.h"
#include "base/error.h"
#include "parser/schema.h"
#include "runtime/batch.h"

/* "key": with a comma before it unless it is the first in its object. */
void json_key(struct buf *out, const char *key);
void json_text(struct buf *out, const char *text); /* NULL: null */
void json_pair(struct buf *out, const char *key, const char *text);
void json_pair_i64(struct buf *out, const char *key, int64_t v);
void json_pair_f64(struct buf *out, const char *key, double v);
/* ISO 8601, or null for TIME_NONE */
void json_pair_time(struct buf *out, const char *key, int64_t us);

/* What the rows of a query do: only come, take each other's place (they carry
 * "op"), or pass by, whatever they are (TAP). */
enum ndjson_rows { NDJSON_ADDED, NDJSON_UPDATING, NDJSON_PASSING };
/* {"statement":n,"kind":"rows","columns":[...],"updating":b,"bounded":b}, the
 * former not of rows that pass; bounded: they end by themselves. */
void ndjson_header(struct buf *out, unsigned statement, const struct schema *s,
		   enum ndjson_rows rows, bool bounded);
/* Without the last two, for columns of these names: all STRING but those that
 * begin with '#', which are BIGINT. */
void ndjson_header_of(struct buf *out, unsigned statement, unsigned n,
		      const char *const *names);
/* {"row":[...]}: begin, cells, end */
void ndjson_row_begin(struct buf *out);
void ndjson_cell(struct buf *out, const char *text);
void ndjson_cell_i64(struct buf *out, int64_t v);
void ndjson_row_end(struct buf *out);
/* A live row of a batch whose columns are as in the schema; op: "+I", or NULL
 * where rows are only added. */
void ndjson_row_of(struct buf *out, const struct schema *s,
		   const struct batch *b, uint32_t row, const char *op);
/* {"statement":n,"progress":{"rows_in":n,"watermark":t}} */
void ndjson_progress(struct buf *out, unsigned statement, uint64_t rows_in,
		     int64_t wm_us);
void ndjson_notice(struct buf *out, unsigned statement, const char *text);
void ndjson_error(struct buf *out, unsigned statement, const struct error *err);
/* {"statement":n,"end":"ok", ... the caller adds pairs and then "}\n" */
void ndjson_end_begin(struct buf *out, unsigned statement);
void ndjson_end(struct buf *out, double ms);

#endif
