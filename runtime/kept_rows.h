/* SPDX-License-Identifier: Apache-2.0
 * runtime/kept_rows.h - whole rows that keyed state holds, by a dense number
 * (a gid of keys.h): column by column, long strings in a heap of their own.
 * Numbers that hold no row have zeros and NULLs.
 */
#ifndef RUNTIME_KEPT_ROWS_H
#define RUNTIME_KEPT_ROWS_H

#include "runtime/batch.h"
#include "runtime/strheap.h"

struct kept_rows {
	uint16_t ncols;
	struct column *col; /* values by number; null maps are always there */
	struct strheap heap;
	uint32_t cap;       /* numbers that the columns have room for */
};

void kept_rows_init(struct kept_rows *k, uint16_t ncols,
		    const enum phys *phys);
void kept_rows_release(struct kept_rows *k);

/* Row `row` of cols[] becomes the row of this number, instead of what it
 * held before. */
void kept_rows_put(struct kept_rows *k, uint32_t number,
		   const struct column *cols, uint32_t row);
void kept_rows_forget(struct kept_rows *k, uint32_t number);
/* The same values, NULL where the other is NULL; every NaN is the same. */
bool kept_rows_equal(const struct kept_rows *k, uint32_t number,
		     const struct column *cols, uint32_t row);
/* Column c of a row to row `at` of `out`, which has room for `cap`; a long
 * string goes into arena a. */
void kept_rows_get(const struct kept_rows *k, uint16_t c, uint32_t number,
		   struct column *out, uint32_t at, uint32_t cap,
		   struct arena *a);
size_t kept_rows_bytes(const struct kept_rows *k);

#endif
