/* SPDX-License-Identifier: Apache-2.0
 * runtime/kept_rows.c - columns that grow by doubling; only strings are more
 * than a copy.
 */
#include <stdlib.h>

#include "base/check.h"
#include "runtime/kept_rows.h"

#define ROWS_MIN 64

void
kept_rows_init(struct kept_rows *k, uint16_t ncols, const enum phys *phys)
{
	*k = (struct kept_rows){ .ncols = ncols };
	k->col = mem_zalloc((ncols + 1u) * sizeof(*k->col));
	for (uint16_t c = 0; c < ncols; c++)
		k->col[c].phys = phys[c];
	strheap_init(&k->heap);
}

void
kept_rows_release(struct kept_rows *k)
{
	for (uint16_t c = 0; c < k->ncols; c++) {
		free(k->col[c].data);
		free(k->col[c].nulls);
	}
	free(k->col);
	strheap_release(&k->heap);
	*k = (struct kept_rows){ 0 };
}

static void
rows_reserve(struct kept_rows *k, uint32_t number)
{
	uint32_t cap = k->cap ? k->cap : ROWS_MIN;

	if (number < k->cap)
		return;
	while (cap <= number)
		cap *= 2;
	for (uint16_t c = 0; c < k->ncols; c++) {
		struct column *col = &k->col[c];
		size_t bytes = phys_bytes(col->phys);

		col->data = mem_realloc(col->data, cap * bytes);
		col->nulls = mem_realloc(col->nulls, cap);
		memset((char *)col->data + k->cap * bytes, 0,
		       (cap - k->cap) * bytes);
		memset(col->nulls + k->cap, 1, cap - k->cap);
	}
	k->cap = cap;
}

static void
cell_clear(struct kept_rows *k, struct column *col, uint32_t number)
{
	size_t bytes = phys_bytes(col->phys);

	if (col->phys == PHYS_STR)
		strheap_free(&k->heap, &col->str[number]);
	memset((char *)col->data + number * bytes, 0, bytes);
	col->nulls[number] = 1;
}

static void
cell_put(struct kept_rows *k, struct column *col, uint32_t number,
	 const struct column *from, uint32_t row)
{
	size_t bytes = phys_bytes(col->phys);

	CHECK(col->phys == from->phys);
	if (col->phys == PHYS_STR) {
		/* The copy first: `from` may be this very string. */
		struct str copy = strheap_put(&k->heap, &from->str[row]);

		strheap_free(&k->heap, &col->str[number]);
		col->str[number] = copy;
	} else {
		memcpy((char *)col->data + number * bytes,
		       (const char *)from->data + row * bytes, bytes);
	}
	col->nulls[number] = 0;
}

void
kept_rows_put(struct kept_rows *k, uint32_t number, const struct column *cols,
	      uint32_t row)
{
	rows_reserve(k, number);
	for (uint16_t c = 0; c < k->ncols; c++) {
		if (column_is_null(&cols[c], row))
			cell_clear(k, &k->col[c], number);
		else
			cell_put(k, &k->col[c], number, &cols[c], row);
	}
}

void
kept_rows_forget(struct kept_rows *k, uint32_t number)
{
	CHECK(number < k->cap || k->ncols == 0);
	for (uint16_t c = 0; c < k->ncols; c++)
		cell_clear(k, &k->col[c], number);
}

static bool
cell_equal(const struct column *a, uint32_t i, const struct column *b,
	   uint32_t j)
{
	size_t bytes = phys_bytes(a->phys);

	if (column_is_null(a, i) || column_is_null(b, j))
		return column_is_null(a, i) && column_is_null(b, j);
	if (a->phys == PHYS_STR)
		return str_eq(&a->str[i], &b->str[j]);
	if (a->phys == PHYS_F64 && a->f64[i] != a->f64[i])
		return b->f64[j] != b->f64[j];
	return memcmp((const char *)a->data + i * bytes,
		      (const char *)b->data + j * bytes, bytes) == 0;
}

bool
kept_rows_equal(const struct kept_rows *k, uint32_t number,
		const struct column *cols, uint32_t row)
{
	for (uint16_t c = 0; c < k->ncols; c++)
		if (!cell_equal(&k->col[c], number, &cols[c], row))
			return false;
	return true;
}

void
kept_rows_get(const struct kept_rows *k, uint16_t c, uint32_t number,
	      struct column *out, uint32_t at, uint32_t cap, struct arena *a)
{
	CHECK(number < k->cap);
	column_copy(out, at, cap, &k->col[c], number, a);
}

size_t
kept_rows_bytes(const struct kept_rows *k)
{
	size_t bytes = k->heap.held;

	for (uint16_t c = 0; c < k->ncols; c++)
		bytes += k->cap * (phys_bytes(k->col[c].phys) + 1);
	return bytes;
}
