/* SPDX-License-Identifier: Apache-2.0
 * parser/plan.h - the typed plan: a DAG of operators with everything decided
 * that can be a user's error. Read-only after rewrite(); lives in one arena.
 *
 * Column numbers in a node refer to its input's schema (inputs[0] unless said
 * otherwise); `schema` is what the node puts out.
 */
#ifndef PARSER_PLAN_H
#define PARSER_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "parser/expr.h"
#include "parser/options.h"
#include "parser/schema.h"

enum plan_kind {
	PLAN_SCAN,
	PLAN_VALUES,
	PLAN_WATERMARK,
	PLAN_NORMALIZE,
	PLAN_FILTER,
	PLAN_PROJECT,
	PLAN_UNION,
	PLAN_GROUPING_SETS,
	PLAN_WINDOW_ASSIGN,
	PLAN_SESSION_ASSIGN,
	PLAN_WINDOW_AGGREGATE,
	PLAN_SESSION_AGGREGATE,
	PLAN_GROUP_AGGREGATE,
	PLAN_MATERIALIZE,
	PLAN_TOP,
	PLAN_LIMIT,
	PLAN_SCALAR, /* the rows of inputs[0], and behind their columns the one
		      * of inputs[1], which ends with one row or none (NULL) */
	PLAN_SINK,
};

#define PLAN_NO_COLUMN UINT16_MAX

/* runtime.md section 5 */
enum change_mode { CHANGE_APPEND, CHANGE_RETRACT, CHANGE_UPSERT };

/* A column of a scanned table: physical (decoded) or metadata. */
struct scan_column {
	const char *name;         /* of the table's column */
	struct type type;         /* as declared */
	const char *metadata_key; /* NULL: physical, from the format */
	uint16_t position;        /* among the table's physical columns */
	bool in_key;              /* comes from the message key (key.fields) */
	bool wanted;              /* false: declared but nobody reads it; csv
				   * and raw need it for its position */
	uint16_t out;             /* column in the scan's schema, if wanted */
};

struct plan_scan {
	const char *table; /* full name as the catalog has it */
	const char *hints; /* of the query: "k=v, ..."; "" for none */
	const struct options *options;
	uint32_t rows; /* of a statement's own (plan_rows()): not of a table, the
			* options are those of connector "values"; else 0 */
	uint16_t ncols;
	struct scan_column *cols; /* all columns but computed ones, in order */
	/* What its records say. APPEND: a row each. UPSERT: the row of the key
	 * now, without a value that the key is gone; then only the key's
	 * columns and metadata are valid. RETRACT: rows with weights. */
	enum change_mode changes;
	uint16_t nkeys; /* PRIMARY KEY, where they change: of cols */
	uint16_t *keys;
	/* Conjuncts that every reader of the scan shares and that cannot fail,
	 * over the scan's schema, or NULL. Rows that do not pass are left out
	 * of `sel` but have been seen by the watermark, and columns outside of
	 * `filter` and `early` need not be decoded for them. */
	struct expr *filter;
	const bool *early; /* per column of the schema: decode before filter */
};

/* VALUES: its input counts rows, cell (r, c) is what column c is in row r. */
struct plan_values {
	uint32_t nrows;
	struct expr **cells; /* row by row, over no columns */
};

struct plan_watermark {
	const char *table;
	/* The rowtime: a column of the input, or PLAN_NO_COLUMN where the table
	 * computes it (then only the branches above have it as a column). */
	uint16_t time_col;
	struct expr *watermark; /* TIMESTAMP-like; NULL values are ignored */
	int64_t idle_timeout_us; /* 0: off */
	int64_t max_future_us;   /* 0: off */
	bool on_event; /* scan.watermark.emit.strategy = 'on-event' */
};

/* NORMALIZE: the last row of each key, so that an UPSERT stream retracts what
 * it replaces, and a stream of changes with repetitions repeats none.
 * MATERIALIZE, the other way: of a stream of changes the row that came last to
 * each key of the table and is there still, as UPSERT. */
struct plan_normalize {
	uint16_t nkeys;
	uint16_t *keys; /* of the input */
};

enum window_kind { WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE, WINDOW_SESSION };

struct plan_window {
	enum window_kind kind;
	uint16_t time_col;
	bool is_ltz;       /* windows align to the session's zone */
	bool is_proctime;  /* the clock closes them, not the watermark */
	int64_t size_us;   /* CUMULATE: the largest; SESSION: the gap */
	int64_t slide_us;  /* TUMBLE, SESSION: = size; CUMULATE: the step */
	int64_t offset_us;
	/* SESSION_ASSIGN: whose sessions they are, columns of the input; those
	 * of SESSION_AGGREGATE are its keys'. */
	uint16_t npartition;
	uint16_t *partition;
};

/* An argument of an aggregate behind the first: what changes from row to row is
 * a column of the input, what does not is a literal. */
struct plan_argument {
	int column; /* -1: a literal */
	const struct expr *literal;
};
#define PLAN_MORE_MAX 3

struct plan_aggregate {
	enum function_id function;
	bool distinct; /* values of the first argument */
	int arg;    /* column of the input, -1: COUNT(*) */
	int filter; /* BOOLEAN column of the input, -1: none */
	unsigned nmore;
	struct plan_argument more[PLAN_MORE_MAX];
	struct type type;       /* of the result */
	const char *text;       /* canonical: "sum(price) filter(...)" */
	const char *state_name; /* as state tables and views call it */
};

/* WINDOW_AGGREGATE and SESSION_AGGREGATE put out: keys, window_start,
 * window_end, window_time (TIMESTAMP(3), TIMESTAMP(3), time attribute = end -
 * 1 ms, of processing time the time at which the window closed), aggregates.
 * GROUP_AGGREGATE: keys, aggregates; without keys one row, which exists from
 * the first input row on. */
struct plan_group {
	struct plan_window window; /* of windows and sessions */
	uint16_t nkeys;
	uint16_t *keys;
	const char **key_names; /* as state tables and views call them */
	const char **key_texts; /* canonical: what the keys mean */
	uint16_t naggs;
	struct plan_aggregate *aggs;
	bool has_ttl; /* STATE_TTL: its groups live for ttl_us (0: for ever), */
	int64_t ttl_us; /* whatever table.exec.state.ttl says */
};

/* GROUPING_SETS puts out each row once for every set: the columns of the input,
 * a copy of each key that is NULL where the set lacks it, and the number of the
 * set (INT NOT NULL, from 0). */
struct plan_sets {
	uint16_t nkeys;
	uint16_t *keys;       /* columns of the input */
	unsigned nsets;
	const uint64_t *sets; /* bit k: keys[k] is in it */
};

struct plan_sort {
	uint16_t column;
	bool desc, nulls_last;
};

enum top_how {
	TOP_LIVE, /* the first rows, kept up to date: RETRACT */
	TOP_END,  /* once, when the input has ended */
	TOP_TIME, /* each row when the watermark has passed the first key, which
		   * is a time attribute in ascending order */
};

/* TOP puts out its input's rows in order; LIMIT, which has no keys, the first
 * that come of an input that only appends. */
struct plan_top {
	enum top_how how; /* decided by plan_modes() */
	uint16_t nkeys;
	struct plan_sort *keys;
	int64_t offset; /* rows left out before the first */
	int64_t limit;  /* -1: all that follow */
	struct span at; /* in the statement; length 0: in a view */
};

struct plan_sink {
	const char *table; /* NULL: a SELECT, rows go to the client */
	const struct options *options;
	/* The input has exactly the table's columns that can be written, in
	 * table order, of exactly their types. */
	const char **metadata_keys; /* per column; NULL: physical */
	uint16_t nkeys;     /* PRIMARY KEY, in the order of the clause */
	uint16_t *keys;
	bool not_null_drop; /* table.exec.sink.not-null-enforcer = DROP */
	bool at_checkpoint; /* sink.emit: nothing goes out before it is in one */
	int64_t limit;         /* of a SELECT: rows after which it is done; -1 */
	const char *statement; /* "INSERT INTO t": for messages */
};

struct plan_node {
	enum plan_kind kind;
	unsigned number;   /* position in plan->nodes */
	const char *name;  /* "window_aggregate", for EXPLAIN and messages */
	struct schema schema;
	unsigned ninputs;
	struct plan_node **inputs;
	unsigned nreaders; /* nodes that have this one as input */

	enum change_mode mode; /* of what it puts out */
	uint16_t nkey;         /* upsert key of its output; 0: none known */
	uint16_t *key;
	bool bounded;  /* all its input ends by itself */
	bool unit;     /* weights are only +1 and -1 */
	bool need_old; /* GROUP_AGGREGATE: emit -old before +new */
	const char *unbounded; /* why its state has no bound, or NULL */
	int64_t state_ttl_us;  /* what was not written for so long is
				* forgotten; 0: nothing is */
	bool tells_life; /* nodes above forget, too: they are told that a row
			  * lives on, as -row +row, though it has not changed */

	/* What the operator means, for finding its state again (runtime.md
	 * section 8): canonical texts without aliases or positions. */
	const char *meaning_inputs;
	const char *meaning_keys;
	const char *meaning_window;
	const char *meaning_predicate;
	const char *meaning_sink;
	uint64_t id; /* stable hash over the node and all below it */

	struct plan_scan *scan;
	struct plan_values *values;
	struct plan_watermark *watermark;
	struct plan_normalize *normalize;
	struct expr *predicate;    /* FILTER */
	struct expr **exprs;       /* PROJECT: one per column of the schema */
	struct plan_sets *sets;    /* GROUPING_SETS */
	/* WINDOW_ASSIGN, SESSION_ASSIGN: behind the input's columns come
	 * window_start, window_end and window_time; a row stands once for each
	 * window that holds it. */
	struct plan_window *window;
	struct plan_group *group;  /* all aggregates */
	struct plan_top *top;      /* TOP, LIMIT */
	struct plan_sink *sink;
};

static inline bool
plan_has_windows(const struct plan_node *n)
{
	return n->kind == PLAN_WINDOW_AGGREGATE ||
	       n->kind == PLAN_SESSION_AGGREGATE;
}

struct plan {
	struct arena *arena;
	unsigned n;
	struct plan_node **nodes; /* topological: inputs before readers */
	unsigned nsinks;
	struct plan_node **sinks;
	bool bounded;      /* every scan ends by itself */
	const struct zone *zone; /* table.local-time-zone */
	unsigned nnotices;
	const char **notices; /* for the user, at submit and in EXPLAIN */
};

/* The columns of the input that the aggregate reads: where their numbers stand,
 * to be read or changed. Returns how many. */
#define PLAN_AGGREGATE_COLUMNS_MAX (2 + PLAN_MORE_MAX)
unsigned plan_aggregate_columns(struct plan_aggregate *agg,
				int *ret[PLAN_AGGREGATE_COLUMNS_MAX]);

struct buf;
/* The tree as EXPLAIN shows it, lines ending with \n. */
void plan_explain(const struct plan *p, struct buf *out);
/* Its lines one by one; n: the node that it is about, NULL: another remark. */
typedef void plan_line_fn(void *arg, const struct plan_node *n,
			  const char *line);
void plan_explain_lines(const struct plan *p, plan_line_fn *fn, void *arg);
/* What one node does, as its line there: "filter n > 5". */
void plan_explain_node(const struct plan_node *n, struct buf *out);

#endif
