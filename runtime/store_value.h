/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_value.h - how a value of each SQL type lies in a column of
 * SQLite, so that it comes back bit for bit and reads well in sqlite3:
 *
 *	BOOLEAN, integers, dates, times,	INTEGER
 *	instants (microseconds), intervals
 *	DECIMAL					TEXT with all its digits;
 *						INTEGER where scale is 0 and
 *						63 bits are enough
 *	FLOAT, DOUBLE				REAL (-0.0 too); TEXT 'NaN',
 *						'Infinity', '-Infinity'
 *	text					TEXT, NUL characters included
 *	bytes					BLOB
 *	ARRAY, MULTISET, MAP, ROW		TEXT, JSON (formats/json_value.h)
 *	instants of bookkeeping tables		TEXT, ISO 8601 UTC
 *
 * DECIMAL and floating point columns have no affinity: SQLite would make REAL
 * of the one and 0.0 of the other's -0.0.
 */
#ifndef RUNTIME_STORE_VALUE_H
#define RUNTIME_STORE_VALUE_H

#include <sqlite3.h>

#include "runtime/batch.h"

struct store_column {
	const char *name;    /* in the file */
	const char *meaning;
	struct type type;
	bool iso;            /* an instant as ISO 8601 text */
};

/* "INTEGER", "TEXT", "BLOB" or "": the column's declared type. */
const char *store_column_decl(const struct store_column *c);
/* Text is bound by reference: the batch lives until the statement ran. */
void store_value_bind(sqlite3_stmt *st, int i, const struct store_column *c,
		      const struct column *from, uint32_t row);
/* Column i of the statement's row into `to`; false: what lies there is not
 * what store_value_bind() writes. */
bool store_value_read(sqlite3_stmt *st, int i, const struct store_column *c,
		      struct column *to, uint32_t row, uint32_t cap,
		      struct arena *a);

#endif
