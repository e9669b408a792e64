/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/loops.h - the shapes of dense kernels: one expression over
 * whole columns, in forms for column and constant operands, so simple that the
 * compiler vectorises them.
 */
#ifndef RUNTIME_KERNELS_LOOPS_H
#define RUNTIME_KERNELS_LOOPS_H

#include "runtime/kernels/kernel.h"

/* `expression` of x and y. Two constants come only when eval folds them, with
 * a single row. */
#define DENSE_BINARY(name, in_type, in, out_type, result, expression)       \
	static void name(struct frame *f)                                   \
	{                                                                   \
		const in_type *a = f->arg[0].in, *b = f->arg[1].in;         \
		out_type *restrict out = f->out->result;                    \
		const int64_t fx = f->call->factor[0];                      \
		const int64_t fy = f->call->factor[1];                      \
		uint32_t n = f->rows;                                       \
                                                                            \
		(void)fx, (void)fy;                                         \
		if (vec_is_const(&f->arg[1])) {                             \
			const in_type y = b[0];                             \
			for (uint32_t i = 0; i < n; i++) {                  \
				const in_type x = a[i];                     \
				out[i] = (out_type)(expression);            \
			}                                                   \
		} else if (vec_is_const(&f->arg[0])) {                      \
			const in_type x = a[0];                             \
			for (uint32_t i = 0; i < n; i++) {                  \
				const in_type y = b[i];                     \
				out[i] = (out_type)(expression);            \
			}                                                   \
		} else {                                                    \
			for (uint32_t i = 0; i < n; i++) {                  \
				const in_type x = a[i], y = b[i];           \
				out[i] = (out_type)(expression);            \
			}                                                   \
		}                                                           \
	}

/* `expression` of x. */
#define DENSE_UNARY(name, in_type, in, out_type, result, expression) \
	static void name(struct frame *f)                            \
	{                                                            \
		const in_type *a = f->arg[0].in;                     \
		out_type *restrict out = f->out->result;             \
		uint32_t n = f->rows;                                \
                                                                     \
		for (uint32_t i = 0; i < n; i++) {                   \
			const in_type x = a[i];                      \
			out[i] = (out_type)(expression);             \
		}                                                    \
	}

/* Integer arithmetic that wraps. */
#define WRAP_ADD(x, y) ((int64_t)((uint64_t)(x) + (uint64_t)(y)))
#define WRAP_SUB(x, y) ((int64_t)((uint64_t)(x) - (uint64_t)(y)))
#define WRAP_MUL(x, y) ((int64_t)((uint64_t)(x) * (uint64_t)(y)))

/* pick() with a kernel of the one or the other kind. */
static inline bool
pick_dense(struct kernel_call *k, void (*run)(struct frame *f))
{
	k->run = run;
	k->dense = true;
	return true;
}

static inline bool
pick_sparse(struct kernel_call *k, void (*run)(struct frame *f))
{
	k->run = run;
	k->dense = false;
	return true;
}

#endif
