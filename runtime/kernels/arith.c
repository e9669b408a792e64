/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/arith.c - + - * / % of integers and doubles, and the picks
 * that send other types on. Integers wrap around at the width of their type,
 * as in Flink; FLOAT is rounded after each operation.
 */
#include <math.h>

#include "runtime/kernels/loops.h"

DENSE_BINARY(add_i64, int64_t, i64, int64_t, i64, WRAP_ADD(x, y))
DENSE_BINARY(sub_i64, int64_t, i64, int64_t, i64, WRAP_SUB(x, y))
DENSE_BINARY(mul_i64, int64_t, i64, int64_t, i64, WRAP_MUL(x, y))
DENSE_UNARY(neg_i64, int64_t, i64, int64_t, i64, WRAP_SUB(0, x))
DENSE_UNARY(abs_i64, int64_t, i64, int64_t, i64, x < 0 ? WRAP_SUB(0, x) : x)

DENSE_BINARY(add_f64, double, f64, double, f64, x + y)
DENSE_BINARY(sub_f64, double, f64, double, f64, x - y)
DENSE_BINARY(mul_f64, double, f64, double, f64, x * y)
DENSE_BINARY(div_f64, double, f64, double, f64, x / y)
DENSE_UNARY(neg_f64, double, f64, double, f64, -x)
DENSE_UNARY(abs_f64, double, f64, double, f64, fabs(x))

/* The narrow types: the loop of the wide one, then a pass that wraps. */
static void
narrowed(struct frame *f)
{
	f->call->inner(f);
	int_narrow_all(f->out->i64, f->rows, f->call->type.kind);
}

static void
rounded(struct frame *f)
{
	double *out = f->out->f64;

	f->call->inner(f);
	for (uint32_t i = 0; i < f->rows; i++)
		out[i] = (double)(float)out[i];
}

static bool
pick_i64(struct kernel_call *k, void (*loop)(struct frame *f))
{
	bool narrow = type_is_integer(k->type) && k->type.kind != TYPE_BIGINT;

	k->inner = loop;
	return pick_dense(k, narrow ? narrowed : loop);
}

static bool
pick_f64(struct kernel_call *k, void (*loop)(struct frame *f))
{
	k->inner = loop;
	return pick_dense(k, k->type.kind == TYPE_FLOAT ? rounded : loop);
}

/* ---- integer division ---- */

static void
div_i64(struct frame *f)
{
	const struct vec *a = &f->arg[0], *b = &f->arg[1];
	enum type_kind kind = f->call->type.kind;

	frame_each(f, row) {
		int64_t x = a->i64[row & a->mask], y = b->i64[row & b->mask];

		if (y == 0)
			frame_fail(f, row, ERR_DIVISION_BY_ZERO, NULL);
		else if (y == -1) /* INT64_MIN / -1 wraps, the CPU traps */
			f->out->i64[row] = int_narrow(WRAP_SUB(0, x), kind);
		else
			f->out->i64[row] = int_narrow(x / y, kind);
	}
}

static void
mod_i64(struct frame *f)
{
	const struct vec *a = &f->arg[0], *b = &f->arg[1];
	enum type_kind kind = f->call->type.kind;

	frame_each(f, row) {
		int64_t x = a->i64[row & a->mask], y = b->i64[row & b->mask];

		if (y == 0)
			frame_fail(f, row, ERR_DIVISION_BY_ZERO, NULL);
		else
			f->out->i64[row] = y == -1 ? 0 : int_narrow(x % y, kind);
	}
}

/* By a constant other than 0 and -1 nothing can fail. */
DENSE_BINARY(div_i64_const, int64_t, i64, int64_t, i64, x / y)
DENSE_BINARY(mod_i64_const, int64_t, i64, int64_t, i64, x % y)

static bool
pick_division(struct kernel_call *k, void (*any)(struct frame *f),
	      void (*by_const)(struct frame *f))
{
	const struct value *y = k->constant[1];

	if (y && !y->is_null && y->i64 != 0 && y->i64 != -1)
		return pick_i64(k, by_const);
	return pick_sparse(k, any);
}

/* ---- picks ---- */

/* Both integers, or an interval and an integer in any order. */
static bool
is_integral(const struct kernel_call *k)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		if (!type_is_integer(k->arg_type[i]) &&
		    !type_is_interval(k->arg_type[i]))
			return false;
	}
	return true;
}

static bool
is_decimal(const struct kernel_call *k)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		if (k->arg_type[i].kind != TYPE_DECIMAL)
			return false;
	}
	return k->type.kind == TYPE_DECIMAL;
}

static bool
is_double(const struct kernel_call *k)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_F64)
			return false;
	}
	return phys_of(k->type) == PHYS_F64;
}

static bool
pick_add(struct kernel_call *k)
{
	if (is_double(k))
		return pick_f64(k, add_f64);
	if (is_decimal(k))
		return decimal_pick_add(k);
	if (is_integral(k))
		return pick_i64(k, add_i64);
	return time_pick_add(k);
}

static bool
pick_sub(struct kernel_call *k)
{
	if (is_double(k))
		return pick_f64(k, sub_f64);
	if (is_decimal(k))
		return decimal_pick_sub(k);
	if (is_integral(k))
		return pick_i64(k, sub_i64);
	return time_pick_sub(k);
}

static bool
pick_mul(struct kernel_call *k)
{
	if (is_double(k))
		return pick_f64(k, mul_f64);
	if (is_decimal(k))
		return decimal_pick_mul(k);
	return is_integral(k) && pick_i64(k, mul_i64);
}

static bool
pick_div(struct kernel_call *k)
{
	if (is_double(k))
		return pick_f64(k, div_f64);
	if (is_decimal(k))
		return decimal_pick_div(k);
	return is_integral(k) && pick_division(k, div_i64, div_i64_const);
}

static bool
pick_mod(struct kernel_call *k)
{
	if (is_decimal(k))
		return decimal_pick_mod(k);
	return is_integral(k) && pick_division(k, mod_i64, mod_i64_const);
}

static bool
pick_neg(struct kernel_call *k)
{
	if (is_double(k))
		return pick_f64(k, neg_f64);
	if (is_decimal(k))
		return decimal_pick_neg(k);
	return is_integral(k) && pick_i64(k, neg_i64);
}

static bool
pick_abs(struct kernel_call *k)
{
	if (is_double(k))
		return pick_f64(k, abs_f64);
	if (is_decimal(k))
		return decimal_pick_abs(k);
	return is_integral(k) && pick_i64(k, abs_i64);
}

const struct kernel arith_kernels[] = {
	{ FN_ADD, pick_add }, { FN_SUB, pick_sub }, { FN_MUL, pick_mul },
	{ FN_DIV, pick_div }, { FN_MOD, pick_mod }, { FN_NEG, pick_neg },
	{ FN_ABS, pick_abs }, { FN_NONE, NULL },
};
