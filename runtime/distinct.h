/* SPDX-License-Identifier: Apache-2.0
 * runtime/distinct.h - sets of (group, value) with how often each occurs: what
 * a DISTINCT aggregate has seen, in a pane, in the running window (where n
 * counts the panes that hold the value) or in all of GROUP BY.
 */
#ifndef RUNTIME_DISTINCT_H
#define RUNTIME_DISTINCT_H

#include "runtime/agg.h"
#include "runtime/keys.h"

struct distinct {
	struct keys keys; /* columns: gid as int64, value */
	int64_t *n;       /* by id */
	uint32_t *next, *prev; /* the group's other values: id + 1, 0: none */
	uint32_t cap;
	uint32_t live;    /* with n > 0 */
};

void distinct_init(struct distinct *d, enum phys phys, uint64_t seed);
void distinct_release(struct distinct *d);

/* Counts the rows of r, cols[0] being the gids as int64 and cols[1] the
 * values at r->row[]; leaves in r those whose value came (w = 1) or went
 * (w = -1) in its group, in order. The groups' lists begin at `off` of each
 * entry. r's arrays are overwritten; r->w may be NULL before. */
void distinct_count(struct distinct *d, const struct column cols[2],
		    uint32_t off, struct agg_scratch *s, struct agg_rows *r);
/* The value comes n more times into a group, whose list begins at `off` of its
 * entry. True: it is new there. */
bool distinct_add(struct distinct *d, uint32_t gid, const struct column *value,
		  uint32_t row, int64_t n, char *entry, uint32_t off);
int64_t distinct_n(const struct distinct *d, uint32_t gid,
		   const struct column *value, uint32_t row);

/* ids of a group's values into ids[max]; returns how many it has. */
uint32_t distinct_values(const struct distinct *d, const char *entry,
			 uint32_t off, uint32_t *ids, uint32_t max);
/* The values of a group, gone at once; `entry` is left without a list. */
void distinct_clear(struct distinct *d, char *entry, uint32_t off);

/* A group's DOUBLE values in ascending order, NaN first; the caller frees
 * them. */
double *distinct_sorted_f64(const struct distinct *d, const char *entry,
			    uint32_t off, uint32_t *ret_n);
/* Sum of a group's DOUBLE values in ascending order, so that it does not
 * depend on the order in which they came; *ret_n: how many. */
double distinct_sum_f64(const struct distinct *d, const char *entry,
			uint32_t off, int64_t *ret_n);

/* ---- checkpoints ---- */
/* After keys_changed(): a value with n == 0 that KEY_STORED marks has to be
 * deleted, one with n > 0 to be written. */
void distinct_saved(struct distinct *d);
/* A row that was written once: the value comes, its count is n. Returns its
 * id. */
uint32_t distinct_restore(struct distinct *d, uint32_t gid,
			  const struct column *value, uint32_t row, int64_t n,
			  char *entry, uint32_t off);

size_t distinct_bytes(const struct distinct *d);

#endif
