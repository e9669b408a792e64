/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/eval_rig.h - bound expressions written as short texts and run
 * through compiled programs, so that tests can be tables.
 *
 *	INT'5'  STRING'abc'  DECIMAL(4,2)'1.25'  INTERVAL_MS'1000'   literals
 *	INT~                                                  a NULL of the type
 *	#0                                                  column of the input
 *	ADD:INT(INT'1', #0)             a call by function id, with result type
 *	CAST:INT(#0)  TRY:INT(#0)
 */
#ifndef TESTS_UNIT_EVAL_RIG_H
#define TESTS_UNIT_EVAL_RIG_H

#include "base/arena.h"
#include "parser/expr.h"
#include "parser/schema.h"
#include "runtime/batch.h"

struct zone;

struct eval_case {
	const char *expr;
	const char *want; /* text of the value, "NULL", or "!error_name" */
};

/* Runs each case as constants, with all literals turned into columns, and with
 * each of them alone turned into one; all must answer the same. */
void eval_cases(const struct eval_case *cases, size_t n,
		const struct zone *zone);
#define EVAL_CASES(cases) eval_cases(cases, ARRAY_LEN(cases), NULL)

struct type erig_type(const char *name);
struct value erig_value(struct type t, const char *text);
/* s may be NULL when the text has no columns. */
struct expr *erig_expr(struct arena *a, const char *text,
		      const struct schema *s);

/* Appends a column to s for each literal of e, its value to values, which has
 * room for `size`. */
void erig_literals_to_columns(struct expr *e, struct schema *s,
			      struct value *values, size_t size);
/* The value into a column of `cap` rows. */
void erig_put(struct column *c, uint32_t row, uint32_t cap, struct value v,
	      struct arena *a);

/* A batch by text: types "INT|STRING", rows "1|abc", "~|x" (~: NULL), a row
 * that begins with a full stop is dead. NULL ends the rows. */
struct schema *erig_schema(struct arena *a, const char *types);
struct batch *erig_batch(const struct schema *s, const char *const *rows);
/* Results of the expressions (separated by ';') over the batch: a word per row,
 * values joined by '|'; "." for dead rows, "!name@root" for errors. */
const char *erig_run(struct arena *a, const char *types, const char *exprs,
		    const char *const *rows);
/* The positions that the predicate keeps, and "!row" for each in error. */
const char *erig_filter(struct arena *a, const char *types, const char *expr,
		       const char *const *rows);

#endif
