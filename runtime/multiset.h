/* SPDX-License-Identifier: Apache-2.0
 * runtime/multiset.h - ordered multisets of values, one per group (and pane),
 * for aggregates that have to know all their values: those of rows that may be
 * taken back, and those whose answer is about ranks, frequencies or order of
 * arrival. Many small treaps share one pool; a set is a root number that its
 * owner keeps, 0 when empty.
 *
 * Order: numbers as usual, -0.0 equals 0.0, NaN above everything, text by
 * bytes, NULL (of ordered ones) below everything.
 */
#ifndef RUNTIME_MULTISET_H
#define RUNTIME_MULTISET_H

#include "runtime/batch.h"

struct multiset;

struct multiset_kind {
	enum phys phys;
	bool ranked;  /* multiset_at(), multiset_most() */
	bool bits;    /* of int64: multiset_all(), multiset_any() */
	/* By arrival: equal values stay apart and may be NULL; what is taken
	 * out is the occurrence that came first. */
	bool ordered;
	bool pairs;   /* each value has another beside it, compared second */
	enum phys beside;
};

struct multiset *multiset_create(struct multiset_kind kind, uint64_t seed);
void multiset_destroy(struct multiset *m); /* NULL is allowed */

/* Where a set belongs: its rows in the store are found by that. */
struct multiset_place {
	int64_t pane_us;
	uint32_t gid;
	bool transient; /* no checkpoint sees it: a running window's */
};

/* Adds value[row] n times, n > 0; takes it out -n times where n < 0, which
 * must not be more often than multiset_count(). `beside` is NULL but for
 * pairs. */
void multiset_add(struct multiset *m, uint64_t *root,
		  const struct multiset_place *place,
		  const struct column *value, const struct column *beside,
		  uint32_t row, int64_t n);
int64_t multiset_count(const struct multiset *m, uint64_t root,
		       const struct column *value,
		       const struct column *beside, uint32_t row);
/* Empties it. stored: the next checkpoint deletes its rows one by one; else
 * they go with their pane. */
void multiset_clear(struct multiset *m, uint64_t *root, bool stored);

/* dst += src and dst -= src, dst being transient; panes stay apart in it. */
void multiset_merge(struct multiset *m, uint64_t *dst, uint64_t src);
void multiset_subtract(struct multiset *m, uint64_t *dst, uint64_t src);
/* All of src into dst, which has that place; src is left empty. */
void multiset_move(struct multiset *m, uint64_t *dst,
		   const struct multiset_place *place, uint64_t *src);

/* ---- what is in it ---- */
/* Values are of the set's physical types and valid until it changes; a pointer
 * is NULL for NULL. */
struct multiset_item {
	const void *value, *beside;
	int64_t n;
	int64_t pane_us;
	uint64_t seq; /* of ordered ones: grows with time */
};
/* False: it is empty. */
bool multiset_first(const struct multiset *m, uint64_t root,
		    struct multiset_item *ret);
bool multiset_last(const struct multiset *m, uint64_t root,
		   struct multiset_item *ret);
/* In ascending order. */
void multiset_each(const struct multiset *m, uint64_t root,
		   void (*fn)(const struct multiset_item *item, void *arg),
		   void *arg);
/* How many values there are, counted n times each (of all but plain ones).
 * Ranked ones: the value with `rank` values before it, rank < total; the most
 * frequent one, of several the smallest. */
int64_t multiset_total(const struct multiset *m, uint64_t root);
struct multiset_item multiset_at(const struct multiset *m, uint64_t root,
				 int64_t rank);
bool multiset_most(const struct multiset *m, uint64_t root,
		   struct multiset_item *ret);
/* Ordered ones: panes by time, within them by arrival. */
bool multiset_earliest(const struct multiset *m, uint64_t root,
		       struct multiset_item *ret);
bool multiset_latest(const struct multiset *m, uint64_t root,
		     struct multiset_item *ret);
/* The earliest of those that equal this value, which is there. */
struct multiset_item multiset_earliest_of(const struct multiset *m,
					  uint64_t root, const void *value);
/* The value is there; what lies beside it is no matter. */
bool multiset_has(const struct multiset *m, uint64_t root, const void *value);
/* The bits that all, that any of the values have. */
int64_t multiset_all(const struct multiset *m, uint64_t root);
int64_t multiset_any(const struct multiset *m, uint64_t root);
/* Bytes that a result with all the values takes, or a little less (of all but
 * plain ones): 32 for each, and the bytes of texts. */
#define MULTISET_VALUE_WEIGHT 32
int64_t multiset_weight(const struct multiset *m, uint64_t root);

/* ---- checkpoints: rows (pane?, gid, value, n) ---- */
/* Calls fn for gone values (n == 0) first, then for changed ones. */
struct multiset_row {
	int64_t pane_us;
	uint32_t gid;
	uint64_t seq;
	const void *value, *beside;
	int64_t n;
};
void multiset_changes(struct multiset *m,
		      void (*fn)(const struct multiset_row *row, void *arg),
		      void *arg);
/* All of that is in a snapshot. */
void multiset_saved(struct multiset *m);
/* A row that was written once. */
void multiset_restore(struct multiset *m, uint64_t *root,
		      const struct multiset_place *place, uint64_t seq,
		      const struct column *value, const struct column *beside,
		      uint32_t row, int64_t n);

const struct multiset_kind *multiset_kind(const struct multiset *m);
size_t multiset_rows(const struct multiset *m);
size_t multiset_bytes(const struct multiset *m);

/* How a compares with b, both of that physical type: < 0, 0, > 0. */
int phys_cmp(enum phys phys, const void *a, const void *b);

#endif
