/* SPDX-License-Identifier: Apache-2.0
 * client/table.h - rows as columns in line, for people. Widths grow with what
 * is shown to them; every line is safe for a terminal.
 */
#ifndef CLIENT_TABLE_H
#define CLIENT_TABLE_H

#include "client/row.h"

struct table {
	struct columns cols;   /* borrowed */
	bool with_ops;         /* a first column: +I -U +U -D */
	bool colour;
	bool names_nulls;      /* NULL as a word, else as nothing */
	unsigned columns_max;  /* longer lines are cut to it; 0: they are not */
	size_t *widths;        /* owned */
};

/* The columns are as wide as their names. */
void table_init(struct table *t, const struct columns *cols);
void table_release(struct table *t);

/* A column is at least so wide. */
void table_widen(struct table *t, unsigned column, size_t width);
/* True when a column had to become wider. */
bool table_fit(struct table *t, const struct row *r);

/* Both append lines, each with its line break. */
void table_header(const struct table *t, struct buf *out);
void table_row(const struct table *t, const struct row *r, struct buf *out);

#endif
