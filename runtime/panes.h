/* SPDX-License-Identifier: Apache-2.0
 * runtime/panes.h - the open panes of a windowed aggregate, and the running
 * window that is made of them. Every row goes into exactly one pane; a window
 * is fired by adding the newest pane to the running total and taking the
 * oldest away, so that its cost does not depend on size / slide.
 *
 *	panes_add() rows, panes_next_end(), panes_open() the window,
 *	read panes_window() ... panes_retire() it, panes_closed() time.
 *
 * Aggregates that cannot be taken away (sums of DOUBLE, MIN, MAX) use two
 * stacks per group, kept within the panes' own entries: suffixes of the
 * older panes and a running prefix of the newer ones. They meet at multiples
 * of the window's size since the epoch, so that a sum does not depend on when
 * the job was restarted. (Tangwongsan, Hirzel, Schneider, DEBS 2017.)
 */
#ifndef RUNTIME_PANES_H
#define RUNTIME_PANES_H

#include "runtime/accs.h"
#include "runtime/distinct.h"
#include "runtime/slicing.h"

struct pane {
	int64_t start_us;
	struct accs accs;
	struct distinct *sets; /* one per DISTINCT aggregate */
	bool in_run;           /* part of the running window */
	uint64_t rows;         /* of state: entries and distinct values */
	size_t bytes;
};

struct panes {
	struct slicing slicing;
	struct aggs *aggs;
	struct keys *keys;
	uint64_t seed;
	uint32_t entry_bytes;  /* of panes */
	uint32_t link_off;     /* behind the accumulators */

	struct pane **pane;    /* by start; the first lives at [first] */
	uint32_t first, n, cap;
	struct pane *last;     /* found last */

	struct accs run;       /* of the panes with in_run */
	struct distinct *run_sets;
	int64_t run_end_us;    /* end of the last fired window; TIME_NONE */
	int64_t closed_us;     /* windows up to here are closed; TIME_NONE */
	uint64_t rows;         /* of all panes, as is bytes */
	size_t bytes;
	bool dropped;          /* some pane since the last checkpoint */
	/* Set by the owner. */
	void (*refused)(void *arg, const struct batch *b, uint32_t row,
			const struct agg_refusal *why);
	void *refused_arg;
	struct agg_scratch *scratch[2];
	char **run_entry;      /* BATCH_ROWS of each */
	int64_t *row_gid;
};

void panes_init(struct panes *p, const struct plan_window *w,
		const struct zone *zone, struct aggs *aggs, struct keys *keys,
		uint64_t seed);
void panes_release(struct panes *p);

/* True: all windows of the pane are closed, its rows are late. */
static inline bool
panes_is_late(const struct panes *p, int64_t pane_us)
{
	return p->closed_us != TIME_NONE &&
	       (p->closed_us == TIME_END ||
		slicing_last_window(&p->slicing, pane_us) <= p->closed_us);
}

/* Adds rows r (row, gid, w) of b to the pane that begins there. Returns how
 * many could not be taken away, because they were never added; those that were
 * refused are told to p->refused(). */
uint32_t panes_add(struct panes *p, int64_t pane_us, const struct batch *b,
		   struct agg_rows *r);

/* ---- firing ---- */
/* End of the next window that can have rows; TIME_END: there is none. */
int64_t panes_next_end(const struct panes *p);
void panes_open(struct panes *p, int64_t end_us);
/* The groups of the open window are the entries of these, chunk by chunk;
 * those without rows are not in it. */
const struct accs *panes_window(const struct panes *p);
/* The values of aggregate i of n of these entries. */
void panes_value(struct panes *p, unsigned i, const uint32_t *gid,
		 char *const *entry, uint32_t n, struct column *out,
		 uint32_t at, uint32_t cap, struct arena *arena);
/* The window is done: panes that no later one needs are dropped. */
void panes_retire(struct panes *p);
/* All windows that end until there are done. */
void panes_closed(struct panes *p, int64_t closed_us);

/* ---- state ---- */
/* The pane, made if there is none. */
struct pane *panes_get(struct panes *p, int64_t start_us);
/* The running window from restored panes, as it was after panes_closed(). */
void panes_restored(struct panes *p, int64_t closed_us);
static inline struct pane *
panes_at(const struct panes *p, uint32_t i)
{
	return p->pane[p->first + i];
}
/* To be called when rows of a pane were restored. */
void pane_account(struct panes *p, struct pane *pane);
uint64_t panes_rows(const struct panes *p);
size_t panes_bytes(const struct panes *p);

#endif
