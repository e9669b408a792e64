/* SPDX-License-Identifier: Apache-2.0
 * runtime/operator.h - what every operator promises.
 *
 * Calls come from one thread, in this order:
 *	open restore* { push* | watermark | timer | settle | end | checkpoint }* close
 * Within one step: all rows of all ports, then time, then settle. Between
 * steps every edge is empty. After OP_FAIL only close() follows. OP_MORE:
 * an out-edge is full (op_full()); resume() comes before anything else of
 * this operator. Hooks that have nothing to do are NULL in the op_type.
 */
#ifndef RUNTIME_OPERATOR_H
#define RUNTIME_OPERATOR_H

#include <stdatomic.h>

#include "base/error.h"
#include "parser/plan.h"
#include "runtime/batch.h"
#include "runtime/eval.h"

enum op_rc { OP_FAIL = -1, OP_OK = 0, OP_MORE = 1 };

#define EDGE_BATCHES_MAX 16

struct op;
struct pipeline;
struct snapshot;
struct tap;

/* ---- state tables: state travels as batches, only the store knows SQL ---- */

enum table_kind {
	TABLE_STATE,  /* named <operator>_<n><suffix> */
	TABLE_SHARED, /* a bookkeeping table of contract.md section 3, named
		       * `suffix`; its first column is `source`, a STRING that
		       * tells operators apart: restore() gets the rows whose
		       * source is op_source() */
};

struct table_def {
	enum table_kind kind;
	const char *suffix; /* "_groups", "_panes"; or "offsets" */
	const struct schema *schema; /* names as SQL columns */
	uint16_t nkeys;  /* the first columns, never NULL: the primary key */
	bool first_is_pane; /* drop_below() works on column 0 */
	/* How the store finds tables and columns again when only aliases or
	 * their order have changed. meaning: canonical text, "distinct(user)";
	 * NULL: the suffix says it all. column_meanings: per column of the
	 * schema the canonical text of the user's key or aggregate that it
	 * belongs to ("sum(price) sum", "sum(price) n"), different for each
	 * column; an entry of NULL: a column of our own, whose name is its
	 * meaning (_id, _rows); NULL: all are. A user's name that begins with
	 * `_` is stored with one more. */
	const char *meaning;
	const char *const *column_meanings;
};

/* What `select * from window_aggregate_1` shows, told to the store without
 * SQL (runtime.md section 8). Column numbers refer to the tables' schemas. */
enum view_how {
	VIEW_KEY,          /* column `col` of _groups */
	VIEW_WINDOW_START, VIEW_WINDOW_END,
	VIEW_SUM,          /* sum of pane column col over the window's panes;
			    * NULL when col2 is not 0 and its sum is 0 */
	VIEW_MIN, VIEW_MAX,
	VIEW_AVG,          /* sum of col / sum of col2 */
	VIEW_DISTINCT,     /* number of different values in table `table`: its
			    * last key column, where column col is > 0 (the
			    * count of a FILTER; col 0: wherever it is) */
	VIEW_DISTINCT_SUM, VIEW_DISTINCT_AVG, /* of these values */
	VIEW_DISTINCT_TRUE, /* how many of these values are TRUE */
	/* Of col and what follows it: n, sum, squares and their high part; or
	 * n, mean, m2 in DOUBLE. In table of values: of these. */
	VIEW_VAR_POP, VIEW_VAR_SAMP, VIEW_STDDEV_POP, VIEW_STDDEV_SAMP,
	VIEW_FIRST, VIEW_LAST, /* col of the first, last pane that has it */
	VIEW_ALL_TRUE, VIEW_ANY_TRUE, /* col of col2 values are TRUE */
	VIEW_VALUE,        /* GROUP BY: the column itself (of _groups) */
	VIEW_ONE,          /* col, where the window has a single pane */
	VIEW_NONE,         /* NULL: SQLite cannot tell */
	/* col of the pane (or group, or row of values) with the smallest,
	 * largest col2; of several the earliest */
	VIEW_ARG_MIN, VIEW_ARG_MAX,
	/* Of values (col) and how often each is there (col2), in `table`: */
	VIEW_PERCENTILE, VIEW_MODE,
	VIEW_EARLIEST, VIEW_LATEST, /* its _pane and _seq tell */
	VIEW_LIST,   /* all of them as JSON, in that order */
	VIEW_COUNTS, /* as JSON: each with how often it is there */
	/* Texts in that order, with `separator` between them; as elements of a
	 * JSON array; by the keys in col2 as members of a JSON object. */
	VIEW_JOINED, VIEW_JSON_ARRAY, VIEW_JSON_OBJECT,
};
struct view_column {
	const char *name;
	enum view_how how;
	uint16_t col, col2;
	unsigned table;    /* as op_table() numbered them */
	struct type type;  /* scale of DECIMAL, kind of key */
	bool once;         /* values count once, however often they are there */
	double percentage; /* 0 to 1 */
	const char *separator;
};
struct view_def {
	const struct plan_window *window; /* NULL: GROUP BY; all columns but
					   * VIEW_DISTINCT are then of _groups */
	unsigned groups_table, panes_table;
	uint16_t ncols;
	const struct view_column *cols;
};

/* ---- the operator ---- */

struct op_type {
	const char *name;       /* as EXPLAIN prints it */
	size_t bytes;           /* of the struct that begins with struct op */
	unsigned state_version; /* raise when the meaning of a column changes */

	/* Reads its settings from the plan node, which outlives the operator,
	 * and declares its state tables with op_table(). */
	int (*open)(struct op *, const struct plan_node *, struct error *);
	/* The rows that checkpoint() once put, maybe by a newer build; any
	 * number of batches per table. rows == NULL: the table is complete. */
	int (*restore)(struct op *, unsigned table, const struct batch *rows,
		       struct error *);
	/* May emit any number of batches; keeps `in` only by batch_ref(). */
	int (*push)(struct op *, unsigned port, struct batch *in,
		    struct error *);
	/* No later row has time <= wm_us, the minimum over active inputs.
	 * NULL: nothing to do; the pipeline passes wm_us on by itself. */
	int (*watermark)(struct op *, int64_t wm_us, struct error *);
	int (*timer)(struct op *, int64_t now_us, struct error *);
	/* Once per step after rows and time: updating operators answer here. */
	int (*settle)(struct op *, struct error *);
	/* Goes on where OP_MORE stopped. */
	int (*resume)(struct op *, struct error *);
	/* Port will bring nothing more. */
	int (*end)(struct op *, unsigned port, struct error *);
	/* Copies dirty rows into the snapshot and clears their marks. */
	int (*checkpoint)(struct op *, struct snapshot *, struct error *);
	/* Takes any operator, half-opened included; cannot fail. */
	void (*close)(struct op *);
};

/* Written by the job thread only, read by anybody: relaxed atomics. */
struct op_stats {
	atomic_uint_fast64_t rows_in, rows_out, rows_retracted, batches;
	atomic_uint_fast64_t late, errors, skipped;
	atomic_uint_fast64_t unmatched; /* rows taken back that were not there */
	atomic_uint_fast64_t expired;   /* entries of state, by their TTL */
	atomic_uint_fast64_t pane_updates; /* rows added to panes */
	atomic_uint_fast64_t state_rows, state_bytes, ns;
	atomic_int_fast64_t watermark_us;
};
#define stat_add(counter, n) \
	atomic_fetch_add_explicit(&(counter), (n), memory_order_relaxed)
#define stat_set(counter, n) \
	atomic_store_explicit(&(counter), (n), memory_order_relaxed)
#define stat_get(counter) \
	atomic_load_explicit(&(counter), memory_order_relaxed)

enum edge_status { EDGE_ACTIVE, EDGE_IDLE, EDGE_ENDED };

/* From one operator to one port of another. */
struct edge {
	struct op *from, *to;
	unsigned port;
	struct batch **queue; /* ring owned by the pipeline */
	unsigned head, n, size;
	unsigned n_most; /* the most batches it ever held */
	int64_t wm_us; /* TIME_NONE until the first */
	enum edge_status status;
	bool done; /* the reader wants nothing more (LIMIT) */
};

struct op {
	unsigned magic;
	const struct op_type *type;
	const struct plan_node *node;
	struct pipeline *p;
	struct arena *arena;  /* of the pipeline: lives until close() */
	unsigned nin, nout;
	struct edge **in;     /* by port */
	struct edge **out;
	int64_t wm_us;        /* already handled by watermark(); TIME_NONE */
	int64_t now_us;       /* of this step */
	int64_t timer_us;     /* TIME_END: none */
	const char *state_name; /* "window_aggregate_1"; NULL without state */
	const char *label;      /* "filter n > 5", for people */
	struct tap *tap;        /* first of those who look on; NULL: nobody */
	struct op_stats stats;
};

#define OP_MAGIC 0x0b5e55edu

/* CHECKs that op is an operator of this type, which begins with struct op. */
#define op_cast(op_, type_) ((void *)op_check((op_), (type_)))
struct op *op_check(struct op *op, const struct op_type *type);

/* The only way rows leave an operator: checks, counts, queues on the edges.
 * A batch without live rows is dropped. */
void op_emit(struct op *op, struct batch *out_take);
/* Shows rows to those who look on, if anybody does: op_emit() does it, and a
 * sink for what it writes. kinds as in tap_put(). */
void op_show(struct op *op, const struct batch *b, const uint8_t *kinds);
/* True when an out-edge has EDGE_BATCHES_MAX batches: return OP_MORE. */
bool op_full(const struct op *op);
/* The reader of these rows is satisfied: nothing more is wanted. */
void op_done(struct op *op);
void op_timer(struct op *op, int64_t at_us);
struct batch_pool *op_pool(const struct op *op);
const struct zone *op_zone(const struct op *op);
uint64_t op_seed(const struct op *op); /* for hash tables, and by chance */

/* In open(): declares a table (def is kept by pointer), and the view. */
int op_table(struct op *op, const struct table_def *def, unsigned *ret_table,
	     struct error *err);
/* Counts of rows in a state file are below: no job lives to see more. */
#define STATE_COUNT_MAX (INT64_C(1) << 60)
static inline bool
state_may_be_count(int64_t n)
{
	return n >= 0 && n < STATE_COUNT_MAX;
}
/* For restore(): a row that no checkpoint has put. Sets err, returns -1. */
int op_state_damaged(const struct op *op, struct error *err);
void op_view(struct op *op, const struct view_def *view);
/* Of scan and watermark: the table's name; a second scan of the same table
 * that the planner could not join with the first is "table#2". */
const char *op_source(const struct op *op);

/* A row that cannot be used: copied with its source record into the job's
 * errors at once (quarantine), subject to the caps. The caller takes it out
 * of its selection. column and detail may be NULL. */
void op_quarantine(struct op *op, const struct batch *b, uint32_t row,
		   enum error_code code, const char *expression,
		   const char *column, const char *detail);
/* Rows behind the last window that could hold them: counted, and some of them
 * kept (late_rows). Their times are in column time_col. */
void op_late(struct op *op, const struct batch *b, const uint32_t *rows,
	     uint32_t n, uint16_t time_col);
/* As op_quarantine() for all errors of an evaluation; returns b's live rows without
 * them as a new selection in b's arena (*ret_n rows). `exprs` tells the text
 * of each root. */
const uint16_t *op_quarantine_errors(struct op *op, struct batch *b,
				     const struct eval_result *r,
				     struct expr *const *exprs,
				     uint32_t *ret_n);

/* The one place that knows when a window [s, end) closes (runtime.md 6). */
static inline bool
wm_closes(int64_t wm_us, int64_t end_us)
{
	return wm_us != INT64_MIN && end_us - 1000 <= wm_us;
}

/* Every operator of the runtime, by plan_kind; runtime/operators/ registry. */
const struct op_type *op_type_of(enum plan_kind kind);

#endif
