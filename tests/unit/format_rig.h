/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/format_rig.h - a decoder or encoder with hand-made columns and
 * options; what comes out is text that a test can compare. Records lie in
 * blocks of exactly their size, so that the sanitizer sees a byte too many.
 */
#ifndef TESTS_UNIT_FORMAT_RIG_H
#define TESTS_UNIT_FORMAT_RIG_H

#include "runtime/format.h"

struct format_column {
	const char *name;
	struct type type;
};

struct format_rig {
	struct arena arena;
	struct options options;
	struct schema schema;
	struct decoder *decoder;
	struct encoder *encoder;
	struct batch *batch;
	struct raw_record *records;
	uint32_t nrecords;
	struct decode_result *result;
	struct buf text;
	struct error err;
};

/* options: key, value, ..., NULL. Opens both directions where the format has
 * them; r->decoder == NULL: refused, see r->err. */
struct format_rig *format_rig_open(const char *format, unsigned ncols,
				   const struct format_column *cols,
				   const char *const *options);
void format_rig_close(struct format_rig *r);

/* One more record; text NULL: a tombstone. */
void format_rig_add(struct format_rig *r, const char *text, size_t n);
void format_rig_decode(struct format_rig *r, const uint16_t *sel,
		       uint32_t nsel, const bool *only);
/* Forgets records and rows. */
void format_rig_clear(struct format_rig *r);
/* "a|5|NULL", "SKIP", "ABSENT", or "BAD code column: detail"; until the next call. */
const char *format_rig_row(struct format_rig *r, uint32_t row);
/* One record in, its row out. */
const char *format_rig_one(struct format_rig *r, const char *text);
const char *format_rig_bytes(struct format_rig *r, const char *text, size_t n);

/* A row to encode: fills row 0 of a fresh batch with the values. */
void format_rig_values(struct format_rig *r, const struct value *values);
/* The encoded row 0, or "NULL". */
const char *format_rig_encode(struct format_rig *r);

struct value value_i64(int64_t v);
struct value value_f64(double v);
struct value value_text_of(const char *text); /* text must stay */
struct value value_none(void);

#endif
