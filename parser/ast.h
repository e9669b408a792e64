/* SPDX-License-Identifier: Apache-2.0
 * parser/ast.h - what was written, before anybody asks what it means. All of
 * it lives in the arena given to parse(); names are NUL-terminated, unquoted
 * and keep their case. Every node knows its place in the script, so that any
 * later error can point at it.
 */
#ifndef PARSER_AST_H
#define PARSER_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/types.h"

/* Bytes of the script text; length 0: nowhere (made by the planner). */
struct span {
	uint32_t offset;
	uint32_t length;
};

/* A list in source order. `next` links live in the nodes' own structs below;
 * counts are kept by who builds the list. */

/* ---- names, options, types ---- */

/* catalog.database.table.column and the fields of ROWs within. */
#define AST_NAME_PARTS_MAX 8

struct ast_name { /* a.b.c: parts in order; one part is the usual case */
	struct span at;
	unsigned nparts;
	const char *part[AST_NAME_PARTS_MAX];
	struct span part_at[AST_NAME_PARTS_MAX];
};

struct ast_option { /* 'key' = 'value' */
	struct ast_option *next;
	struct span key_at, value_at;
	const char *key;
	const char *value;
};

struct ast_type {
	struct span at;
	struct type type; /* .nullable false: NOT NULL was written */
};

/* ---- expressions ---- */

enum ast_expr_kind {
	AST_COLUMN,    /* name */
	AST_STAR,      /* * or t.*, t.r.* (name); select list, COUNT(*) */
	AST_LITERAL,   /* value, of type */
	AST_CALL,      /* function f(args) [FILTER (WHERE filter)], distinct */
	AST_UNARY,     /* op: AST_NEG, AST_NOT, AST_PLUS */
	AST_BINARY,    /* op, args[0], args[1] */
	AST_IS,        /* args[0] IS [NOT] what */
	AST_BETWEEN,   /* args[0] [NOT] BETWEEN args[1] AND args[2] */
	AST_IN,        /* args[0] [NOT] IN (args[1..]) */
	AST_LIKE,      /* args[0] [NOT] LIKE args[1] [ESCAPE args[2]] */
	AST_SIMILAR,   /* args[0] [NOT] SIMILAR TO args[1] [ESCAPE args[2]] */
	AST_CASE,      /* see below */
	AST_CAST,      /* CAST(args[0] AS cast_type), is_try: TRY_CAST */
	AST_QUERY,     /* (query): the value of its one row */
	AST_INTERVAL,  /* INTERVAL args[0] unit, when args[0] is no literal */
	AST_ARRAY,     /* ARRAY[args] */
	AST_MAP,       /* MAP[key, value, ...] */
	AST_ROW,       /* ROW(args), (a, b) */
	AST_ITEM,      /* args[0][args[1]] */
	AST_FIELD,     /* (args[0]).name; r.f is an AST_COLUMN */
};

enum ast_op {
	AST_OP_NONE,
	AST_NEG, AST_PLUS, AST_NOT,
	AST_ADD, AST_SUB, AST_MUL, AST_DIV, AST_MOD, AST_CONCAT,
	AST_EQ, AST_NE, AST_LT, AST_LE, AST_GT, AST_GE,
	AST_AND, AST_OR,
};

enum ast_is { AST_IS_NULL, AST_IS_TRUE, AST_IS_FALSE, AST_IS_UNKNOWN,
	      AST_IS_DISTINCT_FROM /* args[1] */,
	      AST_IS_JSON_VALUE, AST_IS_JSON_SCALAR, AST_IS_JSON_ARRAY,
	      AST_IS_JSON_OBJECT };

enum ast_unit { AST_YEAR, AST_QUARTER, AST_MONTH, AST_WEEK, AST_DAY, AST_HOUR,
		AST_MINUTE, AST_SECOND, AST_MILLISECOND };

/* What a JSON function does where there is nothing, or nothing it can use. */
enum json_on { JSON_ON_NULL, JSON_ON_ERROR, JSON_ON_DEFAULT, JSON_ON_TRUE,
	       JSON_ON_FALSE, JSON_ON_UNKNOWN, JSON_ON_EMPTY_ARRAY,
	       JSON_ON_EMPTY_OBJECT };
enum json_wrapper { JSON_WRAPPER_NONE, JSON_WRAPPER_CONDITIONAL,
		    JSON_WRAPPER_ALWAYS };

/* The words behind its arguments. */
struct json_clauses {
	uint8_t on_empty, on_error; /* enum json_on */
	uint8_t wrapper;            /* enum json_wrapper */
	bool absent;                /* ABSENT ON NULL */
};

static inline bool
json_clauses_equal(const struct json_clauses *a, const struct json_clauses *b)
{
	return a->on_empty == b->on_empty && a->on_error == b->on_error &&
	       a->wrapper == b->wrapper && a->absent == b->absent;
}

enum ast_nulls { AST_NULLS_LOW, AST_NULLS_FIRST, AST_NULLS_LAST };

struct ast_expr {
	struct ast_expr *next; /* in an argument or select list */
	enum ast_expr_kind kind;
	struct span at; /* of the whole expression */
	struct span op_at; /* of the operator or the function's name */
	enum ast_op op;
	enum ast_is is;
	enum ast_unit unit; /* AST_INTERVAL; EXTRACT and the like later */
	bool negated;  /* NOT BETWEEN, NOT IN, NOT LIKE, IS NOT */
	bool distinct; /* COUNT(DISTINCT x) */
	bool is_try;
	bool symmetric; /* BETWEEN SYMMETRIC */
	enum ast_nulls nulls; /* of ORDER BY */
	bool braces;   /* the function was written with parentheses */
	struct ast_name name;   /* AST_COLUMN, AST_STAR, AST_FIELD */
	const char *function;   /* AST_CALL: as written; special syntax becomes
				 * plain arguments: SUBSTRING(a FROM b FOR c)
				 * (a, b, c), POSITION(a IN b) (a, b), TRIM
				 * (text, characters), LTRIM and RTRIM for
				 * TRIM(LEADING ..) and TRIM(TRAILING ..);
				 * a row of VALUES is ROW(...) */
	struct type type;       /* AST_LITERAL: NULL, BOOLEAN, INT or BIGINT by
				 * size, DECIMAL for 1.5, DOUBLE for 1e0,
				 * CHAR(n) for 'x' (n code points, at least 1),
				 * BINARY(n) for X'00', DATE, TIME, TIMESTAMP
				 * (with the digits written) and INTERVAL 'x';
				 * nullable only for NULL and UNKNOWN */
	struct value value;
	struct ast_type cast_type; /* also RETURNING of a JSON function */
	bool returning;
	struct json_clauses json;  /* of JSON functions: their defaults are
				    * behind the other arguments, ON EMPTY's
				    * first */
	unsigned nargs;
	struct ast_expr **args; /* AST_CASE: [operand or NULL, when, then, ...,
				 * else or NULL] */
	struct ast_expr *filter;
	struct ast_query *query; /* AST_QUERY */
	unsigned height;        /* levels of the tree below and with this one:
				 * at most parse_limits.depth_max. The left
				 * operands of a chain of AST_BINARY (a + b +
				 * c ...) are one level, however long it is:
				 * go down them in a loop */
};

/* ---- queries ---- */

enum ast_from_kind {
	AST_FROM_TABLE,    /* name [hints] [AS alias] */
	AST_FROM_QUERY,    /* (query) [AS alias] */
	AST_FROM_WINDOW,   /* TABLE(TUMBLE(...)) or TUMBLE(...) */
};

enum ast_window_kind { AST_TUMBLE, AST_HOP, AST_CUMULATE, AST_SESSION };

struct ast_from {
	enum ast_from_kind kind;
	struct span at;
	struct ast_name name;
	const char *alias; /* or NULL */
	struct span alias_at;
	struct ast_expr *columns; /* AS t (a, b): list of AST_COLUMN, or NULL */
	struct ast_option *hints; /* OPTIONS('k'='v') hint: / *+ ... * / */
	struct ast_query *query;
	/* AST_FROM_WINDOW; arguments already sorted from named form */
	enum ast_window_kind window;
	struct ast_from *table;       /* TABLE t or a sub-query */
	struct ast_name time_column;  /* DESCRIPTOR(c) */
	struct ast_expr *partition;   /* SESSION: columns, or NULL */
	struct ast_expr *size;        /* CUMULATE: max size; SESSION: gap */
	struct ast_expr *slide;       /* HOP slide, CUMULATE step */
	struct ast_expr *offset;      /* or NULL */
	bool grouped;                 /* it stood in GROUP BY */
};

struct ast_select_item {
	struct ast_select_item *next;
	struct ast_expr *expr;
	const char *alias; /* or NULL */
	struct span alias_at;
};

/* What stands between the commas of GROUP BY. */
enum ast_group_kind {
	AST_GROUP_SET,    /* keys: a, (a, b) or () */
	AST_GROUP_SETS,   /* GROUPING SETS (items) */
	AST_GROUP_ROLLUP, /* ROLLUP (items, each of them a set) */
	AST_GROUP_CUBE,   /* CUBE (items, likewise) */
};

struct ast_group_item {
	struct ast_group_item *next;
	enum ast_group_kind kind;
	struct span at;
	struct ast_expr *keys;         /* list, of a set */
	struct ast_group_item *items;  /* of the others */
};

/* WITH name [(columns)] AS (query): a query that others call by its name. */
struct ast_with {
	struct ast_with *next;
	const char *name;
	struct span name_at;
	struct ast_expr *columns; /* list of AST_COLUMN, or NULL */
	struct ast_query *query;
};

enum ast_query_kind { AST_SELECT, AST_UNION, AST_INTERSECT, AST_EXCEPT,
		      AST_VALUES_QUERY };

struct ast_query {
	struct ast_query *next; /* in a UNION's list of branches */
	enum ast_query_kind kind;
	struct span at;
	bool parens;     /* it stands in parentheses */
	unsigned height; /* of queries within queries, with this one */
	unsigned exprs;  /* the highest of the expressions in all of them */
	/* AST_SELECT */
	struct ast_option *state_ttl; /* the hint STATE_TTL(...), or NULL */
	bool distinct;
	struct ast_select_item *items;
	struct ast_from *from; /* NULL: SELECT without FROM */
	struct ast_expr *where;
	bool has_group_by;
	bool group_distinct; /* GROUP BY DISTINCT: equal sets are one */
	struct ast_group_item *group_by; /* list */
	struct ast_expr *having;
	/* AST_UNION: flat list for a UNION ALL b UNION ALL c; AST_INTERSECT
	 * and AST_EXCEPT have two */
	struct ast_query *branches;
	bool all; /* false: UNION (distinct) */
	/* AST_VALUES_QUERY: rows linked by next, columns in args */
	struct ast_expr *rows;
	struct ast_with *with; /* before the whole query */
	/* behind the whole query */
	struct ast_expr *order_by;   /* list; `negated`: DESC */
	struct ast_expr *limit;      /* literal or NULL */
	struct ast_expr *offset;     /* likewise */
	struct span order_at, limit_at; /* of both */
};

/* ---- statements ---- */

enum ast_column_kind { AST_PHYSICAL, AST_METADATA, AST_COMPUTED };

struct ast_column {
	struct ast_column *next;
	enum ast_column_kind kind;
	struct span at;
	const char *name;
	struct ast_type type;      /* not of computed ones */
	const char *metadata_key;  /* FROM 'key', or NULL: the name */
	struct span metadata_at;
	bool is_virtual;
	struct ast_expr *expr;     /* AST_COMPUTED */
	const char *comment;
	bool primary_key;          /* written at the column */
};

/* What LIKE takes from the other table, and how. */
enum ast_like_part { AST_LIKE_CONSTRAINTS, AST_LIKE_GENERATED,
		     AST_LIKE_METADATA, AST_LIKE_OPTIONS, AST_LIKE_WATERMARKS,
		     AST_LIKE_PARTITIONS, AST_LIKE_PARTS };
enum ast_like_how { AST_INCLUDING, AST_EXCLUDING, AST_OVERWRITING };

struct ast_like {
	struct span at;
	struct ast_name name;
	uint8_t how[AST_LIKE_PARTS]; /* enum ast_like_how */
};

struct ast_create_table {
	struct ast_name name;
	bool temporary, if_not_exists;
	struct ast_column *columns;
	struct ast_name watermark_column; /* nparts 0: no WATERMARK */
	struct ast_expr *watermark;
	struct span watermark_at;
	struct span key_at;          /* of PRIMARY KEY; length 0: none */
	struct ast_expr *key;        /* list of AST_COLUMN; also when it was
				      * written at the column */
	bool key_enforced;           /* NOT ENFORCED was not written */
	struct ast_expr *partitioned_by; /* list of AST_COLUMN */
	struct ast_option *options;
	struct span with_at;         /* the word; length 0: none */
	const char *comment;
	struct ast_like *like;       /* LIKE name (...), or NULL */
	struct ast_query *query;     /* AS query, or NULL */
};

struct ast_create_view {
	struct ast_name name;
	bool temporary, if_not_exists;
	struct ast_expr *columns; /* list of AST_COLUMN, or NULL */
	struct ast_query *query;
	struct span query_at;     /* the text that the catalog keeps */
	const char *comment;
};

struct ast_insert {
	struct ast_insert *next; /* in a statement set */
	struct span at;
	struct ast_name table;
	struct ast_option *hints;
	struct ast_expr *columns; /* list of AST_COLUMN, or NULL */
	struct ast_query *query;
	struct span conflict; /* ON CONFLICT DO DEDUPLICATE, or empty */
};

enum ast_kind {
	AST_STMT_CREATE_TABLE,
	AST_STMT_CREATE_VIEW,
	AST_STMT_DROP_TABLE,  /* name, if_exists, temporary */
	AST_STMT_DROP_VIEW,
	AST_STMT_INSERT,      /* inserts: one */
	AST_STMT_SET_OF,      /* inserts: EXECUTE STATEMENT SET / BEGIN ... */
	AST_STMT_SELECT,      /* query */
	AST_STMT_EXPLAIN,     /* inserts or query */
	AST_STMT_SHOW_TABLES,
	AST_STMT_SHOW_VIEWS,
	AST_STMT_SHOW_CONNECTIONS, /* of the configuration */
	AST_STMT_SHOW_JOBS,
	AST_STMT_DESCRIBE_JOB,   /* job */
	AST_STMT_EXPLAIN_STALL,  /* job */
	AST_STMT_EXPLAIN_ANALYZE, /* job */
	AST_STMT_TAP,            /* job, value: the operator; where, limit */
	AST_STMT_SHOW_WATERMARKS, /* job, or NULL: of all */
	AST_STMT_SHOW_ERRORS,    /* job, where; or neither: how many of each */
	AST_STMT_REPLAY_ERRORS,  /* job, where */
	AST_STMT_DELETE_ERRORS,
	AST_STMT_SHOW_STATE,     /* job */
	AST_STMT_CREATE_SAVEPOINT, /* job, value: the file */
	AST_STMT_SHOW_FUNCTIONS,
	AST_STMT_SHOW_USER_FUNCTIONS,
	AST_STMT_CREATE_FUNCTION, /* name, value; if_exists: IF NOT EXISTS */
	AST_STMT_DROP_FUNCTION,
	AST_STMT_SHOW_COLUMNS, /* name, like */
	AST_STMT_SHOW_CATALOGS,
	AST_STMT_SHOW_DATABASES,
	AST_STMT_SHOW_CURRENT_CATALOG,
	AST_STMT_SHOW_CURRENT_DATABASE,
	AST_STMT_SHOW_CREATE_TABLE,
	AST_STMT_SHOW_CREATE_VIEW,
	AST_STMT_DESCRIBE,    /* name */
	AST_STMT_DESCRIBE_SAMPLE, /* name */
	AST_STMT_DESCRIBE_FUNCTION, /* name, of one part */
	AST_STMT_USE,         /* name: a database */
	AST_STMT_USE_CATALOG, /* name */
	AST_STMT_NOTHING,     /* accepted; its notice says why */
	AST_STMT_SET,         /* key, value; both NULL: list all */
	AST_STMT_RESET,       /* key or NULL: all */
	AST_STMT_PAUSE_JOB,   /* job */
	AST_STMT_RESUME_JOB,
	AST_STMT_STOP_JOB,    /* job, savepoint, drain */
	AST_STMT_DROP_JOB,    /* job, if_exists, keep_state */
	AST_STMT_RESET_OFFSETS, /* job, position, value, name: of a table or
				 * none, keep_state */
};

/* Where ALTER JOB ... RESET OFFSETS goes to. */
enum ast_position {
	AST_AT_EARLIEST,
	AST_AT_LATEST,
	AST_AT_TIMESTAMP, /* value: the instant */
	AST_AT_SAVEPOINT, /* value: the file */
	AST_AT_OFFSETS,   /* value: 'partition:0,offset:42;...' */
};

struct ast_statement {
	struct ast_statement *next;
	enum ast_kind kind;
	struct span at; /* without the semicolon */
	struct ast_create_table *create_table;
	struct ast_create_view *create_view;
	struct ast_insert *inserts;
	struct ast_query *query;
	struct ast_expr *where; /* or NULL */
	struct ast_name name;
	const char *key, *value; /* SET, RESET */
	struct span key_at, value_at;
	const char *job;
	struct span job_at;
	struct ast_expr *limit; /* TAP, or NULL */
	enum ast_position position;
	const char *like; /* SHOW TABLES LIKE '...' */
	const char *notice; /* what was read otherwise than written, or NULL */
	bool if_exists, temporary, savepoint, drain, keep_state, not_like;
};

#endif
