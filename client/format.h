/* SPDX-License-Identifier: Apache-2.0
 * client/format.h - rows as csv, tsv, json and vertical: one at a time, as
 * bytes that programs and people can rely on.
 */
#ifndef CLIENT_FORMAT_H
#define CLIENT_FORMAT_H

#include "client/row.h"

enum output_format { OUTPUT_ALIGNED, OUTPUT_CSV, OUTPUT_TSV, OUTPUT_JSON,
		     OUTPUT_VERTICAL };

/* false: there is no such format. */
bool output_format_from(const char *name, enum output_format *ret);

/* What csv and tsv begin with; with_ops: a first column "op". Nothing for the
 * others. */
void format_header(enum output_format f, const struct columns *cols,
		   bool with_ops, struct buf *out);

struct format_look { /* of vertical */
	unsigned long long number; /* of the row, from 1 */
	bool names_nulls, colour;
};
/* One row, but for aligned, which is client/table.h's. */
void format_row(enum output_format f, const struct columns *cols,
		const struct row *r, const struct format_look *look,
		struct buf *out);

#endif
