/* SPDX-License-Identifier: Apache-2.0
 * runtime/format.h - bytes of a record to columns and back. A format is one
 * file in runtime/formats/, a row in its registry, and its options in
 * parser/options.def.
 */
#ifndef RUNTIME_FORMAT_H
#define RUNTIME_FORMAT_H

#include "base/buf.h"
#include "base/error.h"
#include "parser/options.h"
#include "runtime/batch.h"

/* ---- decoding ---- */

struct decode_column {
	const char *name;   /* as in the record: key.fields-prefix cut off */
	struct type type;
	uint16_t out;       /* column of the batch */
	bool wanted;        /* false: only takes a position (csv, raw) */
	const char *metadata; /* of the format, "source.table"; NULL: a field */
};

struct decoder_spec {
	const struct options *options; /* of the format */
	unsigned ncols;                /* in declared order */
	const struct decode_column *cols;
	int64_t record_bytes_max;
	const struct zone *zone;
};

enum decode_outcome {
	DECODE_OK,
	DECODE_SKIP, /* tombstone, empty: no row, counted */
	DECODE_BAD,  /* one entry in errors */
	DECODE_ABSENT, /* the record has no row at this position of its pair:
			* its values are left as they were */
};

struct decode_error {
	uint16_t row;
	uint8_t code;       /* enum error_code */
	const char *column; /* or NULL */
	const char *detail; /* in the batch's arena */
};

struct decode_result {
	uint8_t outcome[BATCH_ROWS]; /* per record looked at */
	unsigned nerrors;
	struct decode_error errors[BATCH_ROWS];
};

struct decoder; /* each format's own struct begins with one */

struct decoder_type {
	const char *name;
	int (*open)(struct decoder **ret, const struct decoder_spec *spec,
		    struct error *err);
	/* Decodes value (or key) of rec[sel[0..nsel)] (sel NULL: the first
	 * nsel) into b's columns at the same positions; texts may point into
	 * the records' bytes or live in b's arena. With `ignore-parse-errors` a
	 * bad field is NULL and a bad record DECODE_SKIP. Values of rows that
	 * are not DECODE_OK are NULL afterwards, or zero. `only`: columns (by
	 * spec position) to decode in this call, NULL: all wanted ones. */
	void (*decode)(struct decoder *, const struct raw_record *rec,
		       bool key, const uint16_t *sel, uint32_t nsel,
		       const bool *only, struct batch *b,
		       struct decode_result *ret);
	void (*close)(struct decoder *);
	bool tombstone_is_row; /* raw: a NULL value is a row with NULL */
	/* A format of changes: each record stands at two positions, an even
	 * one for the row that it takes back (weight -1) and the next one for
	 * the row that comes (+1). Errors are at the latter. */
	bool pairs;
};

struct decoder {
	const struct decoder_type *type;
};

/* ---- encoding ---- */

enum change_kind { KIND_INSERT, KIND_UPDATE_BEFORE, KIND_UPDATE_AFTER,
		   KIND_DELETE };
extern const char *const change_kind_text[4]; /* "+I" "-U" "+U" "-D" */

struct encode_column {
	const char *name;
	struct type type;
	uint16_t in; /* column of the batch */
};

struct encoder_spec {
	const struct options *options;
	unsigned ncols;
	const struct encode_column *cols;
	const struct zone *zone;
};

struct encoder;

struct encoder_type {
	const char *name;
	int (*open)(struct encoder **ret, const struct encoder_spec *spec,
		    struct error *err);
	/* Appends one row's bytes, without a line end. *ret_null: the value is
	 * NULL rather than empty (raw). -1: this row cannot be written. */
	int (*encode)(struct encoder *, const struct batch *b, uint32_t row,
		      struct buf *out, bool *ret_null, struct error *err);
	/* The same of a format of changes, which can say what becomes of the
	 * row (enum change_kind). NULL: the format only knows rows. */
	int (*encode_change)(struct encoder *, const struct batch *b,
			     uint32_t row, uint8_t kind, struct buf *out,
			     bool *ret_null, struct error *err);
	void (*close)(struct encoder *);
};

struct encoder {
	const struct encoder_type *type;
};

/* Each in the file of its name in runtime/formats/. */
extern const struct decoder_type json_decoder_type, csv_decoder_type,
	raw_decoder_type, debezium_json_decoder_type;
extern const struct encoder_type json_encoder_type, csv_encoder_type,
	raw_encoder_type, debezium_json_encoder_type;

/* Of a row that becomes what kind says: encode_change(), where there is one. */
int encode_row(struct encoder *e, const struct batch *b, uint32_t row,
	       uint8_t kind, struct buf *out, bool *ret_null,
	       struct error *err);

const struct decoder_type *decoder_type_find(const char *format);
const struct encoder_type *encoder_type_find(const char *format);

/* The JSON text of one value, as the json format writes it but with all digits
 * of a DECIMAL's scale: for the NDJSON of the socket and the errors table. */
void json_value(struct buf *out, const struct column *c, uint32_t row,
		struct type t);
/* A nested value as state files hold it (runtime/formats/json_value.h). */
void json_state_put(struct buf *out, struct str s, struct type t);
/* {"a":1,...} of a whole row. */
void json_row(struct buf *out, const struct batch *b, uint32_t row);

#endif
