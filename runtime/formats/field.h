/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/field.h - what the text of a field means as a value of its
 * column, as Flink's json and csv formats read it.
 */
#ifndef RUNTIME_FORMATS_FIELD_H
#define RUNTIME_FORMATS_FIELD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/types.h"
#include "parser/options.h"
#include "runtime/batch.h"
#include "runtime/format.h"

enum field_rc {
	FIELD_OK,
	FIELD_NULL, /* a DECIMAL over its precision */
	FIELD_BAD,
};

/* -?[0-9]+ within int64, nothing around it. */
bool field_digits(const char *text, size_t n, int64_t *ret);
/* Whether v is within the range of the integer type. */
bool field_in_range(struct type t, int64_t v);

/* Reads a text as type t: numbers and BOOLEAN with blanks around, times in
 * their strict forms with `sep` between date and time, BYTES in base64. A text
 * may point to `text`; what must be made (BYTES) lives in a. */
enum field_rc field_read(struct type t, char sep, const char *text, size_t n,
			 struct arena *a, struct value *ret);

/* Writes a value (not NULL) of column c at row `to`. */
void field_store(struct column *c, uint32_t to, struct value v);

/* Standard base64 with padding. */
bool base64_decode(const char *text, size_t n, char *out, size_t *ret_len);
size_t base64_decoded_max(size_t n);
void base64_encode(struct buf *out, const char *data, size_t n);

/* An option that is on; options may be NULL: all defaults, which are off. */
bool field_option(const struct options *o, const char *key);
/* Between date and time, by timestamp-format.standard. */
char field_time_separator(const struct options *o);

/* "cannot read "x" as INT", in the arena. */
const char *field_complaint(struct type t, const char *text, size_t n,
			    struct arena *a);

/* Adds the one entry of a bad record: outcome and error. */
void decode_fail(struct decode_result *r, uint32_t row, enum error_code code,
		 const char *column, const char *detail);

#endif
