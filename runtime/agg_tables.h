/* SPDX-License-Identifier: Apache-2.0
 * runtime/agg_tables.h - the state of aggregates as tables (runtime.md 8):
 *
 *	windows		_groups(_id, keys...)
 *			_panes(_pane, _id, _rows, accumulators...)
 *			_time(_id, _watermark), one row: what has been fired
 *	sessions	_sessions(_id, keys..., _start, _end, _rows,
 *			accumulators...), on the wall clock of slicing.h
 *			_time as above
 *	GROUP BY	_groups(_id, keys..., _rows, _touched, accumulators...)
 *	all		_distinct_<aggregate>([_pane,] _id, value, n)
 *			_multiset_<aggregate>([_pane,] _id, value, n), or where
 *			order of arrival counts ([_pane,] _id, _seq, value, n)
 *
 * _id is the gid, or the session's id. What sets of values can tell has no
 * accumulator columns.
 */
#ifndef RUNTIME_AGG_TABLES_H
#define RUNTIME_AGG_TABLES_H

#include "runtime/accs.h"
#include "runtime/distinct.h"
#include "runtime/session_set.h"
#include "runtime/snapshot.h"
#include "runtime/ttl.h"

#define AGG_TABLE_NONE UINT32_MAX

struct agg_table {
	unsigned number; /* as op_table() gave it; AGG_TABLE_NONE */
	struct table_def def;
	struct schema schema, key_schema; /* all columns; the key's */
};

struct agg_tables {
	struct op *op;
	const struct plan_group *g;
	const struct aggs *aggs;
	bool panes; /* windows */
	struct session_set *sessions; /* NULL: windows or GROUP BY */
	struct ttl *ttl; /* of the groups; NULL with windows and sessions */
	struct agg_table groups, entries, time;
	struct agg_table *values; /* per aggregate: its _distinct or _multiset */
	unsigned n, complete;     /* tables; those restored to their end */
};

/* Declares the tables and the view. The operator's arena keeps them. With
 * `ttl` they are those of GROUP BY, with `sessions` of these, else those of
 * windows. */
int agg_tables_open(struct agg_tables *t, struct op *op,
		    const struct aggs *aggs, struct ttl *ttl,
		    struct session_set *sessions, struct error *err);

/* ---- checkpoints ---- */
/* The rows of panes that begin before `bound` go from all tables. */
int agg_tables_drop_below(const struct agg_tables *t, struct snapshot *s,
			  int64_t bound);
/* Freed groups; with windows new ones too. */
int agg_tables_put_groups(const struct agg_tables *t, struct snapshot *s,
			  struct keys *keys);
/* Dirty entries, of the pane; changed values of its sets. */
int agg_tables_put_entries(const struct agg_tables *t, struct snapshot *s,
			   const struct keys *keys, struct accs *accs,
			   struct distinct *sets, int64_t pane_us);
/* The rows of sessions that are gone. */
int agg_tables_drop_sessions(const struct agg_tables *t, struct snapshot *s);
int agg_tables_put_multisets(const struct agg_tables *t, struct snapshot *s);
int agg_tables_put_time(const struct agg_tables *t, struct snapshot *s,
			int64_t wm_us);

/* ---- restore ---- */
/* Where restored rows go. */
struct agg_restore {
	struct keys *keys;
	/* The entry of a group, made if there is none; and its pane's sets.
	 * Of a session: NULL if there is none. */
	char *(*entry)(void *arg, int64_t pane_us, uint32_t gid,
		       struct distinct **ret_sets);
	/* A session that was written, from the key's columns at `row` on;
	 * false: it cannot have been. */
	bool (*session)(void *arg, uint32_t id, const struct column *key,
			uint32_t row, int64_t start_us, int64_t end_us);
	void *arg;
	int64_t *wm_us;
};
/* As op_type.restore(); returns 1 when all tables are complete. */
int agg_tables_restore(struct agg_tables *t, unsigned table,
		       const struct batch *rows, const struct agg_restore *to,
		       struct error *err);

#endif
