/* SPDX-License-Identifier: Apache-2.0
 * client/row.h - one row of an answer. Its cells stay the JSON text that the
 * daemon sent, so that no digit of a number is lost.
 */
#ifndef CLIENT_ROW_H
#define CLIENT_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct cell {
	const char *text; /* JSON */
	size_t n;
};

/* Borrowed from whoever has the answer's header. */
struct columns {
	unsigned n;
	char **names, **types;
};

struct row {
	char *line;          /* owned; all else points into it */
	const char *op;      /* "+I", "-U", "+U", "-D", or NULL */
	const char *values;  /* the array as text: equal rows have equal ones */
	size_t values_n;
	struct cell *cells;  /* owned */
};

/* True for a line that holds a row. */
bool row_is_here(const char *line, size_t n);
/* False: the line is not one of ncols cells. */
bool row_read(struct row *r, const char *line, size_t n, unsigned ncols);
void row_release(struct row *r);

bool cell_is_null(const struct cell *c);
/* Appends strings without quotes and escapes, all else as it came, nothing
 * for NULL. */
void cell_text(const struct cell *c, struct buf *out);
/* By the column's type. */
bool type_is_number(const char *type);

#endif
