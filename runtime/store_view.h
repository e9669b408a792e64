/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_view.h - for store_view.c, which puts a view together, and
 * store_view_agg.c, which knows what its aggregates say.
 */
#ifndef RUNTIME_STORE_VIEW_H
#define RUNTIME_STORE_VIEW_H

#include "runtime/operator.h"
#include "runtime/store_impl.h"

struct view {
	struct store *s;
	const struct stored_op *o;
	const struct view_def *def;
	const struct plan_window *window; /* NULL: GROUP BY */
	const struct zone *zone; /* of windows on a local clock, or NULL */
	const struct store_table *groups;
	const struct store_table *panes;  /* NULL: GROUP BY */
	const struct store_table *values; /* where accumulators lie: panes, or
					   * groups */
	struct buf sql;
};

/* Pieces of SQL, in the store's arena. */
/* g."name" */
const char *view_column_text(struct view *v, char table,
			     const struct store_table *t, unsigned col);
/* Of the table that holds accumulators: p is its alias everywhere. */
const char *view_accumulator_text(struct view *v, unsigned col);
/* An instant in microseconds as 2026-01-01 00:00:05.000, or as it is where
 * SQLite's calendar ends. */
const char *view_instant_text(struct view *v, const char *x,
			      unsigned precision);
/* A value as people read it. */
const char *view_shown_text(struct view *v, struct type t, const char *x);

/* What the column shows of a window's panes, of a group. */
const char *view_pane_text(struct view *v, const struct view_column *c);
const char *view_group_text(struct view *v, const struct view_column *c);

#endif
