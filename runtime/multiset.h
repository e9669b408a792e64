/* SPDX-License-Identifier: Apache-2.0
 * runtime/multiset.h - ordered multisets of values, one per group (and pane),
 * for MIN and MAX of rows that may be taken back. Many small treaps share one
 * pool; a set is a root number that its owner keeps, 0 when empty.
 *
 * Order: numbers as usual, -0.0 equals 0.0, NaN above everything, text by
 * bytes.
 */
#ifndef RUNTIME_MULTISET_H
#define RUNTIME_MULTISET_H

#include "runtime/batch.h"

struct multiset;

struct multiset *multiset_create(enum phys phys, uint64_t seed);
void multiset_destroy(struct multiset *m); /* NULL is allowed */

/* Adds value[row] n times, n > 0; takes it out -n times where n < 0, which
 * must not be more often than multiset_count(). The set of (pane, gid). */
void multiset_add(struct multiset *m, uint64_t *root, int64_t pane_us,
		  uint32_t gid, const struct column *value, uint32_t row,
		  int64_t n);
int64_t multiset_count(const struct multiset *m, uint64_t root,
		       const struct column *value, uint32_t row);
/* The smallest (largest) value, valid until the set changes; NULL: empty.
 * It points to a value of the set's physical type. */
const void *multiset_first(const struct multiset *m, uint64_t root);
const void *multiset_last(const struct multiset *m, uint64_t root);
/* Empties it. stored: the next checkpoint deletes its rows one by one; else
 * they go with their pane. */
void multiset_clear(struct multiset *m, uint64_t *root, bool stored);

/* ---- checkpoints: rows (pane?, gid, value, n) ---- */
/* Calls put for changed values and drop for gone ones, drops first. */
struct multiset_row {
	int64_t pane_us;
	uint32_t gid;
	const void *value;
	int64_t n;
};
void multiset_changes(struct multiset *m,
		      void (*fn)(const struct multiset_row *row, void *arg),
		      void *arg);
/* All of that is in a snapshot. */
void multiset_saved(struct multiset *m);
/* A row that was written once. */
void multiset_restore(struct multiset *m, uint64_t *root, int64_t pane_us,
		      uint32_t gid, const struct column *value, uint32_t row,
		      int64_t n);

size_t multiset_rows(const struct multiset *m);
size_t multiset_bytes(const struct multiset *m);

/* How a compares with b, both of that physical type: < 0, 0, > 0. */
int phys_cmp(enum phys phys, const void *a, const void *b);

#endif
