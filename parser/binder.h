/* SPDX-License-Identifier: Apache-2.0
 * parser/binder.h - what the bind_*.c files share. A query is bound to a
 * relation: a plan node and the columns that can be named above it, which may
 * be fewer than the node's (time attributes travel along unseen) or more (the
 * window columns of a table function before its GROUP BY).
 */
#ifndef PARSER_BINDER_H
#define PARSER_BINDER_H

#include "parser/bind.h"
#include "parser/catalog.h"
#include "parser/plan.h"

/* ---- relations ---- */

enum window_role { ROLE_NONE, ROLE_START, ROLE_END, ROLE_TIME };

/* A window column that exists only once the aggregate is made: an expression
 * refers to it by a column number that no node has. */
#define VIRTUAL_COLUMN(role) ((uint16_t)(0xff00 + (role)))
#define IS_VIRTUAL(column) ((column) >= 0xff00)

struct rel_column {
	const char *qualifier; /* table or alias, NULL: none */
	const char *name;
	struct type type;
	enum window_role role;
	uint16_t column; /* of the node, or VIRTUAL_COLUMN() */
	struct span at;  /* of the select item that made it */
};

enum window_state {
	NO_WINDOW,
	WINDOW_PENDING, /* a window function without its aggregate yet */
	WINDOW_DONE,    /* each row stands for a window, or lies in it */
};

struct rel {
	struct plan_node *node;
	unsigned ncols;
	struct rel_column *cols;
	enum window_state state;
	struct plan_window window; /* columns: of the node, in both states */
	struct span window_at;
	bool group_window; /* it stands in GROUP BY: its columns have no names,
			    * TUMBLE_START(...) and its like find them */
	/* A pending SESSION: the rows that its aggregate will be given (Flink
	 * asks before it looks for sessions), or else those that are kept when
	 * all are in their sessions; NULL: all. */
	struct expr *where;
	const char *name; /* for messages: the table or view, or NULL */
};

/* ---- queries as values ---- */

/* The value of a sub-query, before some node has it as a column. */
#define SCALARS_MAX 64
#define SCALAR_COLUMN(number) ((uint16_t)(0xfe00 + (number)))
#define SCALAR_NUMBER(column) ((unsigned)((column) - 0xfe00))
#define IS_SCALAR(column) ((column) >= 0xfe00 && (column) < 0xff00)

struct scalars { /* of one query */
	unsigned n;
	struct plan_node *value[SCALARS_MAX];
	uint16_t column[SCALARS_MAX]; /* PLAN_NO_COLUMN: not there yet */
};

/* ---- the binder ---- */

/* A name of WITH that a query can read, and those that its own query can. */
struct with_scope {
	const struct with_scope *outer;
	const struct ast_with *with;
};

struct bind {
	struct arena *a;
	const struct parse *parse;     /* the text being bound */
	const struct catalog *catalog;
	const struct with_scope *with; /* newest first; NULL: none */
	struct scalars *scalars;       /* of the query; NULL: it is none */
	/* Of the query around a sub-query, which cannot read it; or NULL. */
	const struct rel *around;
	const struct settings *settings;
	const struct zone *zone;
	struct error *err;
	/* Inside a view errors point at the statement that uses it. */
	const struct parse *script;
	const char *view;
	struct span view_at;
	unsigned depth;
	unsigned nreads; /* of tables, by way of views too */
	struct span *sink_at; /* per sink of the plan */
	unsigned nnotices;
	const char *notices[16];
};

/* Sets the error and its place; returns -1. */
int bind_error(struct bind *b, struct span at, enum error_code code,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Gives an error that is set already its place. */
int bind_place(struct bind *b, struct span at);
void bind_notice(struct bind *b, const char *text);

/* ---- bind_expr.c ---- */

/* An aggregate call before it is lifted: only between bind_expr() and
 * bind_group(). */
struct bound_aggregate {
	struct expr e; /* EXPR_CALL of an FN_AGGREGATE */
	bool distinct;
	struct expr *filter;
};

/* What the types do not say; a list of percentages becomes a literal. */
int bind_check_aggregate(struct bind *b, struct bound_aggregate *agg);

struct scope {
	const struct rel *rel;
	const char *clause;    /* "WHERE", for messages */
	const struct select_list *items; /* whose aliases are names here, too */
	bool aggregates;       /* may stand here */
	bool grouped;          /* GROUPING() may: of a query with GROUP BY */
	bool in_aggregate;     /* inside the arguments of one */
	bool queries;          /* may stand here as values */
};

int bind_expr(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	      struct expr **ret);
/* The same, and it must be BOOLEAN. */
int bind_predicate(struct bind *b, const struct scope *s,
		   const struct ast_expr *ast, struct expr **ret);
/* Converts by a cast, folded into a literal where that is possible. */
int bind_convert(struct bind *b, struct expr *e, struct type to,
		 struct expr **ret);
bool bind_has_aggregate(const struct ast_expr *ast);
/* Reads a window column before its aggregate. */
bool expr_reads_virtual(const struct expr *e);
bool expr_is_aggregate(const struct expr *e);
/* An aggregate may be inside. */
bool expr_equal_bound(const struct expr *a, const struct expr *b);

/* Resolves and converts; the error, if there is one, is at `err`. */
int bind_make_call(struct bind *b, enum function_id id, struct span at,
		   struct span err, unsigned n, struct expr **args,
		   struct expr **ret);
int bind_check_size(struct bind *b, struct span at, const struct expr *e);

/* INTERVAL n unit, over any n. */
int bind_interval_of(struct bind *b, struct span at, enum ast_unit in,
		     struct expr *n, struct expr **ret);

/* The arguments of a call, in order. */
int bind_args(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	      struct expr **args);

/* ---- bind_column.c ---- */

int bind_column(struct bind *b, const struct scope *s,
		const struct ast_expr *ast, struct expr **ret);

/* ---- bind_nested.c ---- */

/* ARRAY[..], MAP[..], ROW(..), a[i], (r).f */
int bind_nested(struct bind *b, const struct scope *s,
		const struct ast_expr *ast, struct expr **ret);
/* The field of that name of a ROW. */
int bind_field(struct bind *b, struct expr *row, const char *name,
	       struct span at, struct expr **ret);

/* ---- bind_time.c ---- */

/* A unit that is named must fit the type: EXTRACT, FLOOR, CEIL,
 * TIMESTAMPDIFF. */
int bind_check_unit(struct bind *b, const struct expr *call);
int bind_check_braces(struct bind *b, const struct ast_expr *ast,
		      const struct function *f);
/* Of CURRENT_WATERMARK: a rowtime. */
int bind_check_rowtime(struct bind *b, const struct scope *s,
		       const struct expr *arg);
/* The calls that an FN_REWRITTEN stands for. */
int bind_rewritten(struct bind *b, const struct ast_expr *ast,
		   const struct function *f, struct expr **args,
		   struct expr **ret);

/* ---- bind_count.c ---- */

/* What COUNT(a, b, ...) counts, as one value. */
int bind_count_several(struct bind *b, const struct scope *s,
		       const struct ast_expr *call, struct expr **ret);

/* ---- bind_scalar.c ---- */

/* (SELECT ...) as a SCALAR_COLUMN(). */
int bind_scalar(struct bind *b, const struct scope *s,
		const struct ast_expr *ast, struct expr **ret);
/* Gives the rows of *node those that e reads, and e their columns; `below`:
 * only what stands inside of aggregates. */
void bind_scalars_above(struct bind *b, struct expr *e,
			struct plan_node **node);
void bind_scalars_below(struct bind *b, struct expr *e,
			struct plan_node **node);

/* ---- bind_chain.c ---- */

/* AST_BINARY and all its left operands of that kind. */
int bind_chain(struct bind *b, const struct scope *s,
	       const struct ast_expr *ast, struct expr **ret);

/* ---- bind_json.c ---- */

/* Functions whose calls bind_json() binds. */
bool bind_is_json(enum function_id id);
int bind_json(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	      enum function_id id, struct expr **ret);
/* The arguments of a JSON aggregate: values become JSON texts, and a literal
 * behind them says whether NULLs are kept. */
int bind_json_aggregate(struct bind *b, const struct ast_expr *ast,
			enum function_id id, struct expr ***args, unsigned *n);
/* The value as JSON text: JSON_STRING of it, unless it is JSON already. */
int bind_as_json(struct bind *b, struct span at, struct expr *e,
		 struct expr **ret);

/* ---- bind_cast.c ---- */

int bind_cast(struct bind *b, const struct ast_expr *ast, struct expr *arg,
	      struct expr **ret);
/* The text of a literal as a value of type `to` (a time); NULL: it is none. */
struct expr *bind_literal_time(struct bind *b, const struct expr *text,
			       struct type to);

/* ---- bind_pattern.c ---- */

/* Literal patterns of LIKE, TO_TIMESTAMP and DATE_FORMAT, and units. */
int bind_check_patterns(struct bind *b, const struct expr *call);

/* ---- bind_function.c ---- */

/* What CREATE FUNCTION ... AS 'class' stands for. */
int bind_function_definition(struct bind *b, const struct ast_statement *stmt,
			     const struct function **ret);

/* ---- bind_table.c ---- */

/* A table as one statement uses it: what it binds goes into its own arena, and
 * the table may be gone before the statement's plan is. */
struct table *table_for_statement(const struct table *t, struct arena *a);
/* The names that may stand for '#' in the table's options: those of columns,
 * and of what is in nested ones: r.f, a.element, m.key, m.value. */
unsigned table_option_names(const struct table *t, struct arena *a,
			    const char *const **ret);
/* The table's static side: columns, options, keys. */
int bind_table_definition(struct bind *b, const struct ast_create_table *ct,
			  struct table **ret);
/* A relation of all columns of a table that is read; also checks computed
 * columns and the watermark, whose types it fills in. */
int bind_table(struct bind *b, const struct object *o, struct table *t,
	       const struct ast_from *from, struct rel *ret);

/* ---- bind_query.c ---- */

/* names: what the columns are called where the query does not say so (the
 * sink's), n of them; NULL: none. types: of a column that is only NULL (again
 * the sink's). inner: others read its rows, in no order. */
struct query_context {
	unsigned nnames;
	const char *const *names;
	unsigned ntypes;
	const struct type *types;
	bool inner;
};
int bind_query(struct bind *b, const struct ast_query *q,
	       struct query_context *qc, struct rel *ret);

/* The relation of a select list over `in`. */
int bind_project(struct bind *b, struct rel *in, const struct select_list *l,
		 struct rel *ret);
/* DISTINCT: grouped by all columns. */
int bind_distinct(struct bind *b, const struct ast_query *q,
		  struct query_context *qc, struct rel *rel);

/* ---- bind_order.c: ORDER BY, LIMIT, OFFSET ---- */

struct order {
	unsigned nkeys;
	struct plan_sort *keys; /* column: place in the select list */
	struct span *at;
};
/* What q is ordered by, as items of the list: those that are not there yet are
 * added behind, unless `all`: the list has all that can be asked for. */
int bind_order(struct bind *b, const struct ast_query *q, const struct rel *rel,
	       bool grouped, bool all, struct select_list *l,
	       struct order *ret);
/* The same by the columns of `rel`, which gets more behind where it must. */
int bind_order_columns(struct bind *b, const struct ast_query *q,
		       struct rel *rel, struct order *ret);
/* The first ncols columns of rel, in that order and within q's limits. */
void bind_top(struct bind *b, const struct ast_query *q,
	      const struct query_context *qc, const struct order *order,
	      unsigned ncols, struct rel *rel);

/* ---- bind_union.c: UNION, INTERSECT, EXCEPT ---- */

int bind_set(struct bind *b, const struct ast_query *q,
	     struct query_context *qc, struct rel *ret);

/* ---- bind_values.c ---- */

int bind_values(struct bind *b, const struct ast_query *q,
		struct query_context *qc, struct rel *ret);

/* ---- bind_from.c ---- */

int bind_from(struct bind *b, const struct ast_from *from, struct rel *ret);
/* The table or view of that name. */
int bind_named(struct bind *b, const struct ast_from *from, struct rel *ret);
int bind_view_query(struct bind *b, const struct object *o, struct rel *ret);
/* The query of s, which reads what lies outside of s. */
int bind_with_query(struct bind *b, const struct with_scope *s,
		    struct rel *ret);

/* ---- bind_window.c ---- */

int bind_window(struct bind *b, const struct ast_from *from, struct rel *ret);
/* Sessions are never equal: they are found, not laid out. */
bool window_equal(const struct plan_window *a, const struct plan_window *b);
/* The time column, sizes and offset that `from` writes, over `in`. */
int bind_window_arguments(struct bind *b, const struct ast_from *from,
			  const struct rel *in, struct plan_window *ret);

/* ---- bind_group_window.c ---- */

/* A window in GROUP BY makes rel a relation with that window pending. */
int bind_group_window(struct bind *b, const struct ast_query *q,
		      struct rel *rel);
/* 1: a key is that window, and stands for these two; 0: it is another key. */
int bind_window_key(struct bind *b, const struct rel *rel,
		    const struct ast_expr *ast, struct expr **ret_start,
		    struct expr **ret_end);
/* 1: a call of TUMBLE_START and the like is bound; 0: it is none. */
int bind_window_call(struct bind *b, const struct scope *s,
		     const struct ast_expr *ast, struct expr **ret);

/* ---- bind_assign.c ---- */

/* window_start, window_end and window_time as columns of a node. */
void window_columns(const struct plan_window *w, struct schema_column *cols);
/* Gives each row of a pending window function its windows, so that nothing is
 * pending any more. Returns the column of window_start in the node: where
 * expressions that are bound already have to look (bind_assigned()). */
uint16_t bind_assign(struct bind *b, struct rel *rel);
void bind_assigned(struct expr *e, uint16_t first);

/* ---- bind_group.c, bind_sets.c ---- */

struct select_item {
	struct expr *expr;
	const char *name;  /* of the column */
	bool named;        /* by an alias */
	struct span at;
};
struct select_list {
	unsigned n, room;
	struct select_item *items;
};
void select_list_add(struct bind *b, struct select_list *l,
		     struct select_item item);
struct grouping {
	const struct ast_query *q;
	unsigned nkeys;
	struct expr **keys;   /* over the input, no two alike */
	struct span *key_at;
	unsigned nsets;       /* 0: one, of all keys */
	const uint64_t *sets; /* bit k: keys[k] is in it */
	unsigned nitems;
	struct select_item *items; /* exprs over the input, then over ret */
	struct expr *having;       /* likewise, or NULL */
	unsigned nnames;           /* of the sink's columns */
	const char *const *names;
};
/* The keys and sets of g->q. */
int bind_group_keys(struct bind *b, const struct rel *rel, struct grouping *g);
/* Key k is in every set. */
bool grouping_has(const struct grouping *g, unsigned k);
bool bind_same_key(const struct expr *a, const struct expr *b);
/* GROUPING() and the like as an expression over `set`, the column with the
 * number of a row's set. */
int bind_grouping_call(struct bind *b, const struct grouping *g,
		       const struct expr *e, struct expr *set,
		       struct expr **ret);
/* Builds the aggregate over `in`; afterwards the items (and having) refer to
 * ret->node. */
int bind_group(struct bind *b, const struct rel *in, struct grouping *g,
	       struct rel *ret);

/* ---- bind_ttl.c ---- */

/* The hint behind SELECT, for the query's aggregate; NULL: it has none. */
int bind_state_ttl(struct bind *b, const struct ast_query *q,
		   struct plan_node *node);

/* ---- bind_sink.c ---- */

int bind_insert(struct bind *b, const struct ast_insert *ins,
		struct plan_node **ret);
int bind_select(struct bind *b, const struct ast_query *q,
		struct plan_node **ret);

/* ---- plan.c ---- */

struct plan_node *plan_node_create(struct arena *a, enum plan_kind kind,
				   unsigned ninputs,
				   struct plan_node *const *inputs);
/* FILTER over `in`. */
struct plan_node *plan_filter(struct arena *a, struct plan_node *in,
			      struct expr *predicate);
/* PROJECT over `in`; schema columns have the expressions' types. */
struct plan_node *plan_project(struct arena *a, struct plan_node *in,
			       unsigned n, struct expr *const *exprs,
			       const char *const *names);
/* GROUPING_SETS over `in`: see plan.h. */
struct plan_node *plan_sets(struct arena *a, struct plan_node *in,
			    unsigned nkeys, const uint16_t *keys,
			    unsigned nsets, const uint64_t *sets);
/* TOP over `in`; its rows are in no order of time any more, if it has keys. */
struct plan_node *plan_top(struct arena *a, struct plan_node *in,
			   const struct plan_top *top);
/* SCALAR: the rows of `in` and the value of `value`, which has one column. */
struct plan_node *plan_scalar(struct arena *a, struct plan_node *in,
			      struct plan_node *value);
/* A source of n rows, which ends by itself: (row BIGINT), counted from 0. */
struct plan_node *plan_rows(struct arena *a, uint32_t n);
void schema_init(struct schema *s, unsigned ncols, struct arena *a);

/* ---- rewrite.c ---- */

/* Turns the sinks' trees into one DAG with everything of plan.h filled in.
 * Fails with a change mode or a key that a sink cannot take. */
int plan_finish(struct bind *b, struct plan *p);

#endif
