/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/math.c - functions of doubles, as Java's Math has them: out
 * of their domain they give NaN, never an error.
 */
#include <math.h>

#include "runtime/kernels/loops.h"

/* Java's constants; each of them is one rounding away from the product. */
#define DEGREES_PER_RADIAN 57.29577951308232
#define RADIANS_PER_DEGREE 0.017453292519943295

/* Calls of the mathematical library, for live rows only. */
#define SPARSE_UNARY(name, expression)                            \
	static void name(struct frame *f)                         \
	{                                                         \
		const struct vec *a = &f->arg[0];                 \
                                                                  \
		frame_each(f, row) {                              \
			const double x = a->f64[row & a->mask];   \
                                                                  \
			f->out->f64[row] = (expression);          \
		}                                                 \
	}

#define SPARSE_BINARY(name, expression)                           \
	static void name(struct frame *f)                         \
	{                                                         \
		const struct vec *a = &f->arg[0], *b = &f->arg[1]; \
                                                                  \
		frame_each(f, row) {                              \
			const double x = a->f64[row & a->mask];   \
			const double y = b->f64[row & b->mask];   \
                                                                  \
			f->out->f64[row] = (expression);          \
		}                                                 \
	}

/* C has 1 where Java has NaN: for 1 to the power of what is no number. */
static double
java_pow(double x, double y)
{
	if (isnan(y) || (isinf(y) && fabs(x) == 1))
		return NAN;
	return pow(x, y);
}

SPARSE_UNARY(exp_f64, exp(x))
SPARSE_UNARY(ln_f64, log(x))
SPARSE_UNARY(log10_f64, log10(x))
SPARSE_UNARY(log2_f64, log(x) / M_LN2)
SPARSE_UNARY(sin_f64, sin(x))
SPARSE_UNARY(cos_f64, cos(x))
SPARSE_UNARY(tan_f64, tan(x))
SPARSE_UNARY(cot_f64, 1 / tan(x))
SPARSE_UNARY(asin_f64, asin(x))
SPARSE_UNARY(acos_f64, acos(x))
SPARSE_UNARY(atan_f64, atan(x))
SPARSE_UNARY(sinh_f64, sinh(x))
SPARSE_UNARY(cosh_f64, cosh(x))
SPARSE_UNARY(tanh_f64, tanh(x))
SPARSE_BINARY(power_f64, java_pow(x, y))
SPARSE_BINARY(log_of_base, log(y) / log(x))
SPARSE_BINARY(atan2_f64, atan2(x, y))
DENSE_UNARY(sqrt_f64, double, f64, double, f64, sqrt(x))
DENSE_UNARY(degrees, double, f64, double, f64, x * DEGREES_PER_RADIAN)
DENSE_UNARY(radians, double, f64, double, f64, x * RADIANS_PER_DEGREE)

static void
constant(struct frame *f)
{
	double v = f->call->function == FN_PI ? M_PI : M_E;

	for (uint32_t i = 0; i < f->rows; i++)
		f->out->f64[i] = v;
}

/* ---- picks ---- */

static bool
pick_constant(struct kernel_call *k)
{
	return k->nargs == 0 && pick_dense(k, constant);
}

static bool
all_f64(const struct kernel_call *k)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_F64)
			return false;
	}
	return phys_of(k->type) == PHYS_F64;
}

static bool
pick_cheap(struct kernel_call *k)
{
	if (!all_f64(k))
		return false;
	if (k->function == FN_SQRT)
		return pick_dense(k, sqrt_f64);
	return pick_dense(k, k->function == FN_DEGREES ? degrees : radians);
}

static bool
pick_dear(struct kernel_call *k)
{
	static void (*const loops[])(struct frame *f) = {
		[FN_POWER] = power_f64, [FN_EXP] = exp_f64, [FN_LN] = ln_f64,
		[FN_LOG10] = log10_f64, [FN_LOG2] = log2_f64,
		[FN_LOG] = ln_f64, [FN_SIN] = sin_f64, [FN_COS] = cos_f64,
		[FN_TAN] = tan_f64, [FN_COT] = cot_f64, [FN_ASIN] = asin_f64,
		[FN_ACOS] = acos_f64, [FN_ATAN] = atan_f64,
		[FN_ATAN2] = atan2_f64, [FN_SINH] = sinh_f64,
		[FN_COSH] = cosh_f64, [FN_TANH] = tanh_f64,
	};

	if (!all_f64(k))
		return false;
	if (k->function == FN_LOG && k->nargs == 2)
		return pick_sparse(k, log_of_base);
	return pick_sparse(k, loops[k->function]);
}

const struct kernel math_kernels[] = {
	{ FN_POWER, pick_dear },   { FN_SQRT, pick_cheap },
	{ FN_EXP, pick_dear },     { FN_LN, pick_dear },
	{ FN_LOG10, pick_dear },   { FN_LOG2, pick_dear },
	{ FN_LOG, pick_dear },     { FN_SIN, pick_dear },
	{ FN_COS, pick_dear },     { FN_TAN, pick_dear },
	{ FN_COT, pick_dear },     { FN_ASIN, pick_dear },
	{ FN_ACOS, pick_dear },    { FN_ATAN, pick_dear },
	{ FN_ATAN2, pick_dear },   { FN_SINH, pick_dear },
	{ FN_COSH, pick_dear },    { FN_TANH, pick_dear },
	{ FN_DEGREES, pick_cheap }, { FN_RADIANS, pick_cheap },
	{ FN_PI, pick_constant },  { FN_E, pick_constant },
	{ FN_NONE, NULL },
};
