/* SPDX-License-Identifier: Apache-2.0
 * parser/rewrite.h - the steps between the bound trees and the finished plan,
 * in the order in which plan_finish() takes them.
 */
#ifndef PARSER_REWRITE_H
#define PARSER_REWRITE_H

#include "parser/binder.h"

/* Folds what is constant, merges projections, moves filters down. */
struct plan_node *rewrite_simplify(struct arena *a, struct plan_node *n);
/* A projection that changes nothing, not even a name. */
bool rewrite_is_identity(const struct plan_node *n);
struct expr *rewrite_fold(struct expr *e, struct arena *a);

/* Numbers the nodes reachable from the sinks, inputs before readers, and
 * counts readers. */
void plan_number(struct plan *p);
/* Makes one node of equal ones. early: before pruning, when a projection that
 * can fail must stay with its reader. */
void rewrite_share(struct plan *p, bool early);
/* Leaves out the columns that nobody reads. */
void rewrite_prune(struct plan *p);
/* Makes one window aggregate of those over equal input, keys and windows. */
void rewrite_unite(struct plan *p);
/* A filter that all readers of a scan share becomes the scan's. */
void rewrite_push_filters(struct plan *p);

/* Change modes, keys, units; what a sink cannot take is an error. */
int plan_modes(struct bind *b, struct plan *p);
/* Writes rows by their key, so that their other columns are never compared. */
bool plan_sink_upserts(const struct plan_node *sink);
/* No value that changes by itself in a row that is taken back. */
int plan_volatile(struct bind *b, const struct plan *p);
/* meaning_* and ids. */
void plan_meaning(struct plan *p);
/* "group_aggregate(keys=[k])", for messages and EXPLAIN. */
const char *plan_node_label(const struct plan_node *n, struct arena *a);
/* "(a, b), (a), ()", with the text of each input column given. */
const char *plan_sets_text(const struct plan_sets *s, const char *const *cols,
			   struct arena *a);
/* "by v desc limit 3"; columns: what each column of the input is called. */
const char *plan_top_text(const struct plan_top *top,
			  const char *const *columns, struct arena *a);
const char *plan_window_text(const struct plan_window *w, const char *column,
			     struct arena *a);

/* e is a column and nothing else. */
static inline bool
expr_is_column(const struct expr *e)
{
	return e->kind == EXPR_COLUMN;
}

#endif
