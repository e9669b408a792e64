/* SPDX-License-Identifier: Apache-2.0
 * parser/expr.h - bound expressions: every name resolved, every type known,
 * every conversion written out. Read-only once bound; live in the plan's arena.
 *
 * What the binder promises to whoever evaluates:
 * - Arguments of a call are of the families that its kernels know: both sides
 *   of arithmetic and comparison are both integers (any widths), both DECIMAL
 *   (any precision and scale: the kernel aligns scales by the types), both
 *   FLOAT/DOUBLE, both text, both BOOLEAN, both of one temporal kind (any
 *   precision), or instant/date/time and interval.
 * - CASE, IF, COALESCE: all values have the call's own type exactly.
 * - A literal NULL has the type that its place demands.
 */
#ifndef PARSER_EXPR_H
#define PARSER_EXPR_H

#include "base/types.h"
#include "parser/ast.h"
#include "parser/functions.h"

enum expr_kind {
	EXPR_COLUMN,  /* column of the input */
	EXPR_LITERAL, /* value; strings live in the plan's arena */
	EXPR_CALL,    /* function, args; FN_CASE: [when, then]... else (always) */
	EXPR_CAST,    /* args[0] to type; is_try: NULL instead of failure */
};

struct expr {
	enum expr_kind kind;
	struct type type;
	struct span at; /* in the statement, for the errors table */
	uint16_t column;
	struct value value; /* EXPR_CALL of an FN_RANDOM: i64, which call */
	enum function_id function;
	bool is_try;
	struct json_clauses json; /* of JSON functions */
	uint16_t nargs;
	uint32_t size; /* nodes of the tree, shared ones each time; 0 is 1 */
	uint32_t depth; /* levels of the tree below this one */
	struct expr **args;
};

/* A BETWEEN or CASE reads its operand several times: without a limit a script
 * of 1 KiB could stand for a tree of 2^100 nodes. */
#define EXPR_SIZE_MAX 10000
/* Whoever walks a tree recursively is safe with this: a + b + c ... has as many
 * levels as operators (AND, OR and || are rearranged: bind_chain.c). */
#define EXPR_DEPTH_MAX 1000

struct arena;
struct schema;

/* Some part of it can fail for some row (FN_FAILS, CAST): never moved before
 * another conjunct, hoisted, or folded away. */
bool expr_can_fail(const struct expr *e);
/* A call, without its arguments, that has another value when it is evaluated
 * again: FN_VOLATILE. */
bool expr_call_is_volatile(const struct expr *call);
/* Some part of it is such a call. */
bool expr_is_volatile(const struct expr *e);
/* Some part of it is drawn by chance for each row (FN_RANDOM): to write it
 * twice makes two values of one. */
bool expr_is_random(const struct expr *e);
/* Two calls of one function: the same call, or one that is not drawn. A copy
 * of a drawn call is the same call. */
bool expr_same_draw(const struct expr *a, const struct expr *b);
bool expr_equal(const struct expr *a, const struct expr *b);
/* Canonical text: `sum(price)` style lower-case functions, columns by the
 * names in `input`, no aliases: EXPLAIN, node ids, names of state columns. */
const char *expr_text(const struct expr *e, const struct schema *input,
		      struct arena *a);
/* The same with the text of each input column given. */
const char *expr_text_named(const struct expr *e, const char *const *names,
			    struct arena *a);
/* 5 s, 1 min 30 s, ...: only the units that are there. */
struct buf;
void duration_text(struct buf *out, int64_t ms);
/* Sets used[c] for every column c that it reads. */
void expr_columns(const struct expr *e, bool *used);
/* A copy with column c replaced by map[c]. */
struct expr *expr_remap(const struct expr *e, const uint16_t *map,
			struct arena *a);
/* A copy with column c replaced by the expression by[c]. */
struct expr *expr_substitute(const struct expr *e, struct expr *const *by,
			     struct arena *a);

/* Its size after that, before it is done. */
uint32_t expr_substituted_size(const struct expr *e, struct expr *const *by);

struct expr *expr_column(uint16_t column, struct type type, struct span at,
			 struct arena *a);
struct expr *expr_call(enum function_id f, struct type type, struct span at,
		       unsigned nargs, struct expr **args, struct arena *a);
struct expr *expr_cast(struct expr *arg, struct type type, struct arena *a);
struct expr *expr_null(struct type type, struct span at, struct arena *a);
struct expr *expr_boolean(bool value, struct arena *a);
bool expr_is_boolean(const struct expr *e, bool value);
/* a AND b; NULL stands for TRUE. */
struct expr *expr_and(struct expr *a, struct expr *b, struct arena *arena);

#endif
