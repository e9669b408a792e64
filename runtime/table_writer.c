/* SPDX-License-Identifier: Apache-2.0
 * runtime/table_writer.c - batches without a pool, since they change threads;
 * a full one is handed over before the next row.
 */
#include "runtime/table_writer.h"

int
table_writer_end(struct table_writer *w)
{
	struct batch *b = w->b;
	int rc;

	if (!b)
		return w->rc;
	batch_seal(b, w->n);
	w->b = NULL;
	w->n = 0;
	rc = w->drop ? snapshot_drop(w->s, w->op, w->table, b)
		     : snapshot_put(w->s, w->op, w->table, b);
	if (rc < 0)
		w->rc = -1;
	return w->rc;
}

uint32_t
table_writer_row(struct table_writer *w)
{
	if (w->n == BATCH_ROWS)
		table_writer_end(w);
	if (!w->b)
		w->b = batch_create(NULL, w->schema, BATCH_ROWS);
	return w->n++;
}
