/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle.h - random jobs over random rows, and what SQLite says
 * their answers are. Each query is written twice while it is made up: for
 * sluice, and for SQLite over the same rows, windows being a join against
 * bounds that a plain loop has listed.
 *
 * A case is one number: it holds the seed, and in its lowest byte the feature
 * that the case is to have at any rate (coverage is steered by that).
 *
 * In SQLite instants are integers (microseconds), BOOLEAN is 0 or 1, DECIMAL
 * is its unscaled integer. The tables of a job carry a column `wm` there: the
 * watermark that the row met, which decides what windows it is too late for.
 */
#ifndef TESTS_PROPERTY_ORACLE_H
#define TESTS_PROPERTY_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "base/types.h"

/* name, as the report prints it, what the query must be for it to show up */
#define ORACLE_FEATURES(F)                                  \
	F(PLAIN, "no aggregate", PLAIN)                     \
	F(TUMBLE, "TUMBLE", WINDOW)                         \
	F(HOP, "HOP", WINDOW)                               \
	F(CUMULATE, "CUMULATE", WINDOW)                     \
	F(SESSION, "SESSION", WINDOW)                       \
	F(SESSION_KEYS, "SESSION by other keys", GROUP)     \
	F(BARE, "rows of windows", PLAIN)                   \
	F(BARE_GROUP, "GROUP BY over rows of windows", GROUP) \
	F(WINDOW_CONDITION, "WHERE over window columns", WINDOW) \
	F(OFFSET, "window offset", WINDOW)                  \
	F(NEGATIVE_OFFSET, "negative offset", WINDOW)       \
	F(LOCAL_ZONE, "windows in a local zone", WINDOW)    \
	F(CLOCK_CHANGE, "windows where clocks are changed", WINDOW) \
	F(CASCADE, "windows over window_time", CASCADE)     \
	F(REGROUP, "windows grouped again", REGROUP)        \
	F(HOP_DISTINCT, "HOP with DISTINCT", WINDOW)        \
	F(HOP_MIN_MAX, "HOP with MIN, MAX", WINDOW)         \
	F(HOP_DOUBLE, "HOP with sums of DOUBLE", WINDOW)    \
	F(HOP_FILTER, "HOP with FILTER", WINDOW)            \
	F(CUMULATE_DISTINCT, "CUMULATE with DISTINCT", WINDOW) \
	F(GROUP, "GROUP BY without windows", GROUP)         \
	F(NO_KEY, "no key", AGGREGATE)                      \
	F(ONE_KEY, "one key", AGGREGATE)                    \
	F(TWO_KEYS, "two keys", AGGREGATE)                  \
	F(THREE_KEYS, "three keys", AGGREGATE)              \
	F(KEY_STRING, "key of STRING", AGGREGATE)           \
	F(KEY_INT, "key of INT", AGGREGATE)                 \
	F(KEY_BIGINT, "key of BIGINT", AGGREGATE)           \
	F(KEY_BOOLEAN, "key of BOOLEAN", AGGREGATE)         \
	F(KEY_DECIMAL, "key of DECIMAL", AGGREGATE)         \
	F(KEY_DOUBLE, "key of DOUBLE", AGGREGATE)           \
	F(KEY_TIMESTAMP, "key of TIMESTAMP", AGGREGATE)     \
	F(COUNT_ROWS, "COUNT(*)", AGGREGATE)                \
	F(COUNT_X, "COUNT(x)", AGGREGATE)                     \
	F(SUM, "SUM", AGGREGATE)                            \
	F(AVG, "AVG", AGGREGATE)                            \
	F(MIN, "MIN", AGGREGATE)                            \
	F(MAX, "MAX", AGGREGATE)                            \
	F(ANY_VALUE, "ANY_VALUE", AGGREGATE)                \
	F(BOOL_AND, "BOOL_AND", AGGREGATE)                  \
	F(BOOL_OR, "BOOL_OR", AGGREGATE)                    \
	F(COUNT_IF, "COUNT_IF", AGGREGATE)                  \
	F(VAR_POP, "VAR_POP", AGGREGATE)                    \
	F(VAR_SAMP, "VAR_SAMP", AGGREGATE)                  \
	F(STDDEV_POP, "STDDEV_POP", AGGREGATE)              \
	F(STDDEV_SAMP, "STDDEV_SAMP", AGGREGATE)            \
	F(MEDIAN, "MEDIAN", AGGREGATE)                      \
	F(PERCENTILE, "PERCENTILE", AGGREGATE)              \
	F(MODE, "MODE", AGGREGATE)                          \
	F(BIT_AND, "BIT_AND", AGGREGATE)                    \
	F(BIT_OR, "BIT_OR", AGGREGATE)                      \
	F(BIT_XOR, "BIT_XOR", AGGREGATE)                    \
	F(APPROX_DISTINCT, "APPROX_DISTINCT", AGGREGATE)    \
	F(COUNT_DISTINCT, "COUNT(DISTINCT x)", AGGREGATE)   \
	F(SUM_DISTINCT, "SUM(DISTINCT x)", AGGREGATE)       \
	F(AVG_DISTINCT, "AVG(DISTINCT x)", AGGREGATE)       \
	F(MIN_DISTINCT, "MIN(DISTINCT x)", AGGREGATE)       \
	F(MAX_DISTINCT, "MAX(DISTINCT x)", AGGREGATE)       \
	F(ANY_VALUE_DISTINCT, "ANY_VALUE(DISTINCT x)", AGGREGATE) \
	F(BOOL_AND_DISTINCT, "BOOL_AND(DISTINCT x)", AGGREGATE) \
	F(BOOL_OR_DISTINCT, "BOOL_OR(DISTINCT x)", AGGREGATE) \
	F(COUNT_IF_DISTINCT, "COUNT_IF(DISTINCT x)", AGGREGATE) \
	F(COUNT_ROWS_FILTER, "COUNT(*) FILTER", AGGREGATE)  \
	F(COUNT_X_FILTER, "COUNT(x) FILTER", AGGREGATE)       \
	F(SUM_FILTER, "SUM FILTER", AGGREGATE)              \
	F(AVG_FILTER, "AVG FILTER", AGGREGATE)              \
	F(MIN_FILTER, "MIN FILTER", AGGREGATE)              \
	F(MAX_FILTER, "MAX FILTER", AGGREGATE)              \
	F(ANY_VALUE_FILTER, "ANY_VALUE FILTER", AGGREGATE)  \
	F(BOOL_AND_FILTER, "BOOL_AND FILTER", AGGREGATE)    \
	F(BOOL_OR_FILTER, "BOOL_OR FILTER", AGGREGATE)      \
	F(COUNT_IF_FILTER, "COUNT_IF FILTER", AGGREGATE)    \
	F(VAR_POP_FILTER, "VAR_POP FILTER", AGGREGATE)      \
	F(VAR_SAMP_FILTER, "VAR_SAMP FILTER", AGGREGATE)    \
	F(STDDEV_POP_FILTER, "STDDEV_POP FILTER", AGGREGATE) \
	F(STDDEV_SAMP_FILTER, "STDDEV_SAMP FILTER", AGGREGATE) \
	F(MEDIAN_FILTER, "MEDIAN FILTER", AGGREGATE)        \
	F(PERCENTILE_FILTER, "PERCENTILE FILTER", AGGREGATE) \
	F(MODE_FILTER, "MODE FILTER", AGGREGATE)            \
	F(BIT_AND_FILTER, "BIT_AND FILTER", AGGREGATE)      \
	F(BIT_OR_FILTER, "BIT_OR FILTER", AGGREGATE)        \
	F(BIT_XOR_FILTER, "BIT_XOR FILTER", AGGREGATE)      \
	F(APPROX_DISTINCT_FILTER, "APPROX_DISTINCT FILTER", AGGREGATE) \
	F(DISTINCT_FILTER, "DISTINCT with FILTER", AGGREGATE) \
	F(OF_STRING, "aggregate of STRING", AGGREGATE)      \
	F(OF_INT, "aggregate of INT", AGGREGATE)            \
	F(OF_BIGINT, "aggregate of BIGINT", AGGREGATE)      \
	F(OF_BOOLEAN, "COUNT of BOOLEAN", AGGREGATE)        \
	F(OF_DECIMAL, "aggregate of DECIMAL", AGGREGATE)    \
	F(OF_DOUBLE, "aggregate of DOUBLE", AGGREGATE)      \
	F(OF_TIMESTAMP, "aggregate of TIMESTAMP", AGGREGATE) \
	F(HAVING, "HAVING", AGGREGATE)                      \
	F(ROLLUP, "ROLLUP", AGGREGATE)                      \
	F(CUBE, "CUBE", AGGREGATE)                          \
	F(GROUPING_SETS, "GROUPING SETS", AGGREGATE)        \
	F(OLD_TUMBLE, "TUMBLE in GROUP BY", WINDOW)         \
	F(OLD_HOP, "HOP in GROUP BY", WINDOW)               \
	F(OLD_SESSION, "SESSION in GROUP BY", WINDOW)       \
	F(OLD_HOP_UNEVEN, "HOP in GROUP BY, size no multiple", WINDOW) \
	F(WHERE, "WHERE", ANY)                              \
	F(VIEW, "view", ANY)                                \
	F(SUB_QUERY, "sub-query in FROM", ANY)              \
	F(UNION_ALL, "UNION ALL of rows", ANY)              \
	F(TWO_TABLES, "UNION ALL of two tables", ANY)       \
	F(EXPRESSION, "computed columns", ANY)              \
	F(DISTINCT_ROWS, "SELECT DISTINCT", PLAIN)          \
	F(TOP, "ORDER BY with LIMIT", PLAIN)                \
	F(VALUE, "value of a query, WITH, VALUES", PLAIN)   \
	F(KEY_EXPRESSION, "key that is computed", AGGREGATE) \
	F(OF_EXPRESSION, "aggregate of an expression", AGGREGATE) \
	F(RESULT_EXPRESSION, "expression of aggregates", AGGREGATE) \
	F(NESTED, "GROUP BY over GROUP BY", NESTED)         \
	F(NESTED_KEY, "GROUP BY a result that changes", NESTED) \
	F(NESTED_WHERE, "WHERE over results that change", NESTED) \
	F(NESTED_MIN_MAX, "MIN, MAX that are taken back", NESTED) \
	F(NESTED_DISTINCT, "DISTINCT that is taken back", NESTED) \
	F(NESTED_FILTER, "FILTER over rows taken back", NESTED) \
	F(NESTED_DOUBLE, "sums of DOUBLE taken back", NESTED) \
	F(OVER_WINDOWS, "GROUP BY over windows", OVER_WINDOWS) \
	F(DIAMOND, "GROUP BY over UNION ALL of GROUP BY", DIAMOND) \
	F(UNITED_WINDOWS, "GROUP BY over UNION ALL of windows", DIAMOND) \
	F(STATEMENT_SET, "several queries in a set", ANY)   \
	F(UPSERT, "upsert sink", AGGREGATE)                 \
	F(ON_EVENT, "watermark on-event", ANY)              \
	F(ON_PERIODIC, "watermark on-periodic", ANY)        \
	F(PARTITIONS, "several partitions", ANY)            \
	F(MANY_GROUPS, "more than 256 groups", GROUP_OR_WINDOW) \
	F(MANY_ROWS, "more than 2048 rows", ANY)            \
	F(NULL_KEY, "NULL in a key", AGGREGATE)             \
	F(NULL_VALUE, "NULL among values", ANY)             \
	F(NULL_TIME, "NULL as time", ANY)                   \
	F(LATE, "late rows", WINDOW)                        \
	F(PARTLY_LATE, "rows late for some windows only", WINDOW) \
	F(OUT_OF_ORDER, "rows out of order", ANY)           \
	F(TIES, "rows at the same time", ANY)               \
	F(LAST_MS, "rows in the last millisecond", WINDOW)  \
	F(BEFORE_1970, "times before 1970", ANY)            \
	F(EMPTY_STRING, "empty strings", ANY)               \
	F(EXTREME, "largest and smallest integers", ANY)    \
	F(STEPS, "rows cut into steps", ANY)                \
	F(EARLY_LOOK, "answers compared midway", ANY)       \
	F(CHECKPOINT, "checkpoint", ANY)                    \
	F(CRASH, "crash, rows read again", ANY)             \
	F(CRASH_CLEAN, "crash right after a checkpoint", ANY) \
	F(CRASH_TWICE, "second crash without progress", ANY) \
	F(UPDATE, "-U and +U", UPDATING)                    \
	F(DELETE, "-D", NESTED)

enum feature {
#define FEATURE(name, text, need) F_##name,
	ORACLE_FEATURES(FEATURE)
#undef FEATURE
	FEATURES
};

_Static_assert(FEATURES <= 256, "a wish is the lowest byte of a case");

/* What a wish asks of the shape of a query. */
enum need {
	NEED_ANY, NEED_PLAIN, NEED_AGGREGATE, NEED_WINDOW, NEED_GROUP,
	NEED_GROUP_OR_WINDOW, NEED_UPDATING, NEED_CASCADE, NEED_REGROUP,
	NEED_NESTED, NEED_OVER_WINDOWS, NEED_DIAMOND
};

struct feature_info {
	const char *text;
	enum need need;
};
extern const struct feature_info feature_info[FEATURES];

struct dice {
	uint64_t seed, n;
};
unsigned dice_roll(struct dice *d, unsigned sides);

/* ---- what the tables hold ---- */

/* Two columns of most types: one that may be summed, one with extremes. */
enum {
	COL_S, COL_I, COL_N, COL_B, COL_V, COL_F, COL_E, COL_D, COL_Y, COL_X,
	COL_U, COL_TS, BASE_COLS
};

struct col {
	char name[16];
	struct type type;
	bool sums;   /* its sum is exact and far from overflow */
	bool orders; /* MIN and MAX have one answer (not so for -0.0) */
	bool changes; /* a result that rows of the input replace */
};

struct row {
	struct value v[BASE_COLS];
	int64_t wm_us; /* that it met; set while the job runs */
	uint8_t table, partition;
};

struct oracle_table {
	unsigned nparts;
	int64_t delay_us;
	bool on_event;
};

/* ---- queries ---- */

/* The same text for sluice and for SQLite. */
struct text {
	struct buf flink, lite;
};

enum oracle_window {
	ORACLE_TUMBLE, ORACLE_HOP, ORACLE_CUMULATE, ORACLE_SESSION
};

/* TABLE(TUMBLE(...)) number i of query q joins table w<q>_<i>(ws, we). */
struct window {
	enum oracle_window kind;
	int64_t size_us, slide_us, offset_us;
	bool over_rows;  /* not over windows: rows of tables can be late */
	bool bare;       /* gives rows at once, late or not */
	uint8_t tables;  /* bits: those whose rows it gets */
};

#define COLS_MAX 24
#define WINDOWS_MAX 4
#define QUERIES_MAX 3
#define TABLES 2

enum oracle_sink { SINK_CLIENT, SINK_PRINT, SINK_KAFKA, SINK_UPSERT };

struct query {
	struct text sql; /* SELECT ... */
	struct col cols[COLS_MAX];
	unsigned ncols, nkeys; /* nkeys: the first ones, unique; 0: unknown */
	bool updating;
	uint8_t tables;  /* bits */
	struct window windows[WINDOWS_MAX];
	unsigned nwindows;
	enum oracle_sink sink;
	char topic[16];
	bool has[FEATURES];
};

/* A local clock: what it is ahead of UTC before and after its change. */
struct clock {
	const char *zone; /* NULL: UTC */
	int64_t change_us, before_us, after_us;
};

enum event_kind {
	EVENT_ROW, EVENT_STEP, EVENT_CHECKPOINT, EVENT_CRASH, EVENT_LOOK
};

struct event {
	enum event_kind kind;
	uint32_t row;
};

struct oracle_case {
	uint64_t number;
	struct dice dice;
	enum feature wish;
	bool has[FEATURES]; /* of data and run; queries have their own */
	bool ltz;          /* ts is TIMESTAMP_LTZ */
	struct clock clock; /* that its windows go by */
	int64_t begin_us;  /* the first rows are of this time */
	bool strict;       /* one table, one partition: rows may be late */
	struct oracle_table tables[TABLES];
	unsigned ntables;
	struct text ddl;   /* tables and views */
	struct query queries[QUERIES_MAX];
	unsigned nqueries;
	struct row *rows;
	unsigned nrows;
	struct event *events;
	unsigned nevents;
};

/* oracle_query.c: tables, views and queries. oracle_rows.c: rows, and what
 * happens to the job. All from the case's number. */
void oracle_case_init(struct oracle_case *c, uint64_t number);
void oracle_case_release(struct oracle_case *c);
void oracle_make_queries(struct oracle_case *c);
void oracle_make_rows(struct oracle_case *c);
/* The feature is wished for, or chance has it. */
bool oracle_wants(const struct oracle_case *c, struct dice *d,
		  enum feature f, unsigned percent);

/* Names and types of the tables' columns, and literals that values of them
 * are taken from; the first `plain` ones may stand in queries. */
struct base_col {
	const char *name, *sql_type;
	struct type type;
	bool sums, orders;
	unsigned nvalues, nplain;
};
extern const struct base_col base_cols[BASE_COLS];
/* Value number i of a column other than ts. */
struct value base_value(unsigned column, unsigned i);

/* The script for sluice: ddl, then the queries and their sinks. */
void oracle_script(struct oracle_case *c, struct buf *out);
/* The script, the rows and the events, for people. */
void oracle_case_print(struct oracle_case *c);

static inline int64_t
clock_local(const struct clock *c, int64_t us)
{
	return us + (us < c->change_us ? c->before_us : c->after_us);
}
/* The instant from which on the clock never shows less than this. */
int64_t clock_reaches(const struct clock *c, int64_t local_us);

/* oracle_run.c: runs the job; true if all answers were as SQLite has them.
 * Else `why` says what was not. The rig is closed either way. */
bool oracle_run(struct oracle_case *c, struct buf *why);

/* oracle_lite.c: SQLite's side. */
struct sqlite3;
struct sqlite3 *oracle_lite_open(struct oracle_case *c);
void oracle_lite_close(struct sqlite3 *db);
/* oracle_values.c: MEDIAN and its like as functions of SQLite. */
void oracle_values_add(struct sqlite3 *db);
/* The first n rows were read: with the watermark wm_us of the query (TIME_END:
 * the final one), which rows has it? "+I a b\n" each, in no order. */
void oracle_lite_answer(struct sqlite3 *db, struct oracle_case *c,
			const struct row *const *rows, unsigned n,
			struct query *q, int64_t wm_us, struct buf *out);

/* oracle_log.c: is the changelog well-formed? False and why if not. is_one: the
 * lines are of one step. */
bool oracle_log_step(const struct query *q, const char *lines, size_t n,
		     bool is_one, struct oracle_case *c, struct buf *why);
bool oracle_log_whole(const struct query *q, const char *lines, size_t n,
		      struct buf *why);
/* What a reader has who keeps the last row of each key. */
void oracle_log_last(const struct query *q, const char *lines, size_t n,
		     struct buf *out);

#endif
