/* SPDX-License-Identifier: Apache-2.0
 * runtime/pane_stack.h - the two stacks of the running window, for aggregates
 * that cannot be taken away (runtime/panes.h tells why). Per group:
 *
 *	front   the oldest pane of the older block, chained to newer ones; each
 *		of these panes' entries holds the merge of itself and all newer
 *		panes of that block (its suffix)
 *	back    the newest pane of the current block, chained to older ones;
 *		the running entry's accumulator is the merge of them
 *
 * A block is `size` long, so that a window [e - size, e) is one suffix and
 * one prefix. When the next block begins, back becomes front (a flip). Each
 * entry is pushed, flipped and popped once: O(1) per pane and group.
 */
#ifndef RUNTIME_PANE_STACK_H
#define RUNTIME_PANE_STACK_H

#include "runtime/panes.h"

/* The layout of panes' and running entries. */
void pane_stack_init(struct panes *p);
/* What a pane's entry owns beyond its accumulators. */
void pane_stack_release(const struct panes *p, char *entry);

/* The pane comes into the running window as its newest. */
void pane_stack_push(struct panes *p, struct pane *pane, uint32_t gid,
		     char *run, char *entry);
/* It leaves as its oldest. */
void pane_stack_pop(struct panes *p, struct pane *pane, uint32_t gid,
		    char *run, char *entry);
bool pane_stack_is_empty(const struct panes *p, const char *run);
/* The group's entry in a pane of the running window has changed or is new. */
void pane_stack_rebuild(struct panes *p, struct pane *pane, uint32_t gid);
/* The window's values: suffix and prefix merged. */
void pane_stack_value(struct panes *p, const struct agg *a,
		      const uint32_t *gid, char *const *run, uint32_t n,
		      struct column *out, uint32_t at, uint32_t cap,
		      struct arena *arena);

#endif
