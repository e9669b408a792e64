/* SPDX-License-Identifier: Apache-2.0
 * runtime/eval.h - expressions as flat programs of typed kernels over columns.
 *
 * A program computes several expressions over one input schema; equal parts
 * are computed once. AND, OR, CASE, COALESCE, IF, NULLIF narrow the selection,
 * left to right, so that guarded failures do not happen (runtime.md 4).
 * A row that cannot be evaluated gets an error code and no value; it is the
 * operator that takes it out of its batch. eval_run() itself fails only for
 * mistakes of ours.
 */
#ifndef RUNTIME_EVAL_H
#define RUNTIME_EVAL_H

#include "base/error.h"
#include "parser/expr.h"
#include "runtime/batch.h"

struct zone;
struct program;

/* Compiles n expressions; they and the schema must outlive the program, which
 * lives in the arena. Fails with ERR_UNSUPPORTED for a call that has no kernel
 * for its types (the binder let something through). */
int program_compile(const struct expr *const *exprs, unsigned n,
		    const struct schema *in, const struct zone *zone,
		    struct arena *a, struct program **ret, struct error *err);

/* What RAND() and its kin draw from: different for each program of a job, and
 * for each run of it. Without one it is 0. */
void program_seed(struct program *p, uint64_t seed);

/* Why row has no value: of all expressions the first that failed. */
struct eval_error {
	uint16_t row;
	uint8_t code; /* enum error_code */
	uint16_t root; /* which of the n expressions */
	struct span at; /* of the failing part in the statement */
	const char *detail; /* in the arena of the run, or NULL */
};

struct eval_result {
	struct column *col; /* n columns of in->rows values; values of dead or
			     * failed rows are 0. Columns of the input are
			     * passed by sharing their arrays. */
	unsigned nerrors;   /* rows with an error, each once, ascending */
	struct eval_error *errors;
};

/* Evaluates over the live rows of `in`; results live in the arena `a` or in
 * the input batch. NOW() and its kin are in->now_us, CURRENT_WATERMARK is
 * wm_us. Not re-entrant per program. */
void program_run(struct program *p, const struct batch *in, int64_t wm_us,
		 struct arena *a, struct eval_result *ret);

/* The same with one BOOLEAN expression as predicate: *ret_sel is the
 * selection of rows that are TRUE (NULL when all live rows are and the input
 * has none, else in the arena), *ret_n their count. Rows in error are not in
 * it; *ret gets the errors, and no columns. */
void program_filter(struct program *p, const struct batch *in, int64_t wm_us,
		    struct arena *a, const uint16_t **ret_sel, uint32_t *ret_n,
		    struct eval_result *ret);

/* Evaluates one constant expression: defaults, tests, EXPLAIN's folding. */
int eval_constant(const struct expr *e, const struct zone *zone,
		  struct arena *a, struct value *ret, struct error *err);

/* Text of a value as CAST(... AS STRING) gives it, in the arena. */
struct str value_text(struct value v, struct type t, const struct zone *zone,
		      struct arena *a);

#endif
