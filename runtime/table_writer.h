/* SPDX-License-Identifier: Apache-2.0
 * runtime/table_writer.h - rows of one state table on their way into a
 * snapshot, as many as a batch holds at a time.
 */
#ifndef RUNTIME_TABLE_WRITER_H
#define RUNTIME_TABLE_WRITER_H

#include "runtime/operator.h"
#include "runtime/snapshot.h"

struct table_writer {
	struct snapshot *s;
	struct op *op;
	unsigned table;
	const struct schema *schema; /* the table's, or of its key columns */
	bool drop;                   /* keys of rows to be deleted */
	struct batch *b;
	uint32_t n;
	int rc;
};

/* One more row, which the caller fills: w->b at the number returned. */
uint32_t table_writer_row(struct table_writer *w);
/* The rest goes into the snapshot; -1: some did not. */
int table_writer_end(struct table_writer *w);

#endif
