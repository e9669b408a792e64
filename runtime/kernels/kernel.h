/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/kernel.h - what eval and the kernels promise each other: a
 * call is picked once by its types, then run per batch over plain arrays.
 *
 * - A *dense* kernel is total and cheap: it computes all rows 0..rows, dead
 *   ones included, in loops that the compiler vectorises; it never follows the
 *   pointer of a string, and knows nothing of NULL (eval clears the values
 *   under NULLs afterwards).
 * - Any other kernel computes the rows of frame_each() only; for a function
 *   with NULLS_STRICT these are rows whose arguments are all not NULL. The
 *   values of all other rows are 0 already.
 * - NULLS_SEEN kernels read arg[i].nulls and write out->nulls themselves.
 * - A row that cannot be computed: frame_fail() or frame_null(), no value.
 */
#ifndef RUNTIME_KERNELS_KERNEL_H
#define RUNTIME_KERNELS_KERNEL_H

#include "base/error.h"
#include "parser/ast.h"
#include "parser/functions.h"
#include "runtime/batch.h"

struct zone;
struct frame;
struct eval_error;

/* An argument: a column, or one value for all rows. */
struct vec {
	union {
		const void *data;
		const uint8_t *u8;
		const int64_t *i64;
		const i128 *i128;
		const double *f64;
		const struct str *str;
	};
	const uint8_t *nulls; /* NULL: none; of a constant: one byte */
	uint32_t mask; /* row & mask is its place: UINT32_MAX; 0: constant */
};

static inline bool
vec_is_const(const struct vec *v)
{
	return v->mask == 0;
}

static inline bool
vec_is_null(const struct vec *v, uint32_t row)
{
	return v->nulls && v->nulls[row & v->mask];
}

/* A call or cast as eval asks for it (upper half) and as the kernel's pick()
 * answers (lower half). Lives in the program's arena. */
struct kernel_call {
	enum function_id function; /* FN_NONE: CAST */
	bool is_try;
	struct json_clauses json;
	unsigned nargs;
	const struct type *arg_type;
	const struct value **constant; /* per argument; NULL: not constant */
	struct type type;
	const struct zone *zone;
	struct arena *arena;

	void (*run)(struct frame *f);
	void (*inner)(struct frame *f); /* a kernel that run() builds upon */
	bool dense;
	const void *prepared; /* what could be made of constant arguments */
	void *state; /* of a call that goes on from batch to batch */
	unsigned number; /* of the instruction in its program */
	int64_t factor[2]; /* of the arguments: scales, units */
};

/* One run of a call over one batch. */
struct frame {
	const struct kernel_call *call;
	const struct vec *arg;
	struct column *out;   /* data has room for `rows` values */
	uint8_t *null_room;   /* becomes out->nulls when it is needed */
	const uint16_t *sel;  /* NULL: rows 0..n */
	uint32_t n;
	uint32_t rows;
	struct arena *arena;  /* text of the results */
	struct failures *failures;
	int64_t now_us; /* of the batch */
	int64_t wm_us;  /* of its edge, TIME_NONE: none yet */
	uint64_t seed;  /* of the program: see program_seed() */
};

/* for (row over the rows to compute), row is uint32_t. */
#define frame_each(f, row)                                           \
	for (uint32_t row##_i_ = 0, row;                             \
	     row##_i_ < (f)->n &&                                    \
	     (row = (f)->sel ? (f)->sel[row##_i_] : row##_i_, true); \
	     row##_i_++)

/* The writable null map of the result. */
uint8_t *frame_nulls(struct frame *f);
/* The row's result is NULL, its value 0. */
void frame_null(struct frame *f, uint32_t row);
/* The row cannot be computed; detail lives in f->arena, or NULL. */
void frame_fail(struct frame *f, uint32_t row, enum error_code code,
		const char *detail);

/* Rows that failed in a run, by row; the first failure of a row counts. */
struct failures {
	unsigned n;
	bool *failed;              /* per row */
	struct eval_error *by_row; /* made at the first failure */
	struct arena *arena;       /* of the program */
	uint16_t root;             /* of the instruction at work */
	struct span at;
	bool untold; /* folding: only n counts */
};

/* The kernel of a function. pick() looks at the types (and constants) of the
 * call and sets its lower half; false: not for these types. */
struct kernel {
	enum function_id function;
	bool (*pick)(struct kernel_call *k);
};

/* NULL for aggregates and for what eval compiles to blocks by itself. */
const struct kernel *kernel_get(enum function_id function);
/* By k->function; false: no kernel for these types. */
bool kernel_pick(struct kernel_call *k);

/* The kernels, by file. */
extern const struct kernel json_kernels[], json_make_kernels[],
	arith_kernels[], compare_kernels[], logic_kernels[],
	math_kernels[], round_kernels[], text_kernels[], text_find_kernels[],
	text_make_kernels[], text_code_kernels[], hash_kernels[],
	choose_kernels[], regex_kernels[], charset_kernels[], url_kernels[],
	time_kernels[], unit_kernels[], now_kernels[],
	time_simple_kernels[], time_ltz_kernels[], random_kernels[], typeof_kernels[],
	printf_kernels[],
	nested_kernels[], array_kernels[], map_kernels[],
	regex_list_kernels[]; /* ended by FN_NONE */
bool cast_pick(struct kernel_call *k);
/* unit.c: FLOOR and CEIL of a time to a unit */
bool unit_pick_round(struct kernel_call *k);
/* time.c: instants, dates, times and intervals under + - * / */
bool time_pick_add(struct kernel_call *k);
bool time_pick_sub(struct kernel_call *k);
/* time_simple.c: DATE_FORMAT of a text */
bool time_pick_format_text(struct kernel_call *k);
/* decimal.c */
bool decimal_pick_add(struct kernel_call *k);
bool decimal_pick_sub(struct kernel_call *k);
bool decimal_pick_mul(struct kernel_call *k);
bool decimal_pick_div(struct kernel_call *k);
bool decimal_pick_mod(struct kernel_call *k);
bool decimal_pick_neg(struct kernel_call *k);
bool decimal_pick_abs(struct kernel_call *k);
/* < 0, 0, > 0 as a < b, a = b, a > b, for values of these scales. */
int decimal_compare(i128 a, unsigned a_scale, i128 b, unsigned b_scale);
/* in.c, like.c */
bool in_pick(struct kernel_call *k);
bool like_pick(struct kernel_call *k);
/* An EQ kernel for two types, for whatever builds on equality. */
bool compare_pick_eq(struct kernel_call *k);

/* The integer as its type holds it: wraps to 8, 16 or 32 bits. */
static inline int64_t
int_narrow(int64_t v, enum type_kind kind)
{
	switch (kind) {
	case TYPE_TINYINT:
		return (int8_t)v;
	case TYPE_SMALLINT:
		return (int16_t)v;
	case TYPE_INT:
		return (int32_t)v;
	default:
		return v;
	}
}
/* The same for a whole column of results. */
void int_narrow_all(int64_t *v, uint32_t n, enum type_kind kind);

/* A DECIMAL of either width. */
static inline i128
vec_decimal(const struct vec *v, uint32_t row, enum phys phys)
{
	return phys == PHYS_I64 ? v->i64[row & v->mask]
				: v->i128[row & v->mask];
}

#endif
