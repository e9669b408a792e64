/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/choose.c - GREATEST and LEAST of values of one type. Text is
 * in the order of its code points; of NaNs, which are in no order, the first
 * argument stays.
 */
#include "runtime/kernels/loops.h"

/* Runs `better`, a condition on best and next, over all arguments of a row. */
#define CHOOSE(name, type, member, better)                                   \
	static void name(struct frame *f)                                    \
	{                                                                    \
		unsigned nargs = f->call->nargs;                             \
                                                                             \
		frame_each(f, row) {                                         \
			type best = f->arg[0].member[row & f->arg[0].mask];  \
                                                                             \
			for (unsigned i = 1; i < nargs; i++) {               \
				const struct vec *v = &f->arg[i];            \
				type next = v->member[row & v->mask];        \
                                                                             \
				if (better)                                  \
					best = next;                         \
			}                                                    \
			f->out->member[row] = best;                          \
		}                                                            \
	}

CHOOSE(greatest_u8, uint8_t, u8, next > best)
CHOOSE(greatest_i64, int64_t, i64, next > best)
CHOOSE(greatest_i128, i128, i128, next > best)
CHOOSE(greatest_f64, double, f64, next > best)
CHOOSE(greatest_str, struct str, str, str_cmp(&next, &best) > 0)
CHOOSE(least_u8, uint8_t, u8, next < best)
CHOOSE(least_i64, int64_t, i64, next < best)
CHOOSE(least_i128, i128, i128, next < best)
CHOOSE(least_f64, double, f64, next < best)
CHOOSE(least_str, struct str, str, str_cmp(&next, &best) < 0)

static bool
pick_choice(struct kernel_call *k)
{
	static void (*const loops[][2])(struct frame *f) = {
		[PHYS_U8] = { least_u8, greatest_u8 },
		[PHYS_I64] = { least_i64, greatest_i64 },
		[PHYS_I128] = { least_i128, greatest_i128 },
		[PHYS_F64] = { least_f64, greatest_f64 },
		[PHYS_STR] = { least_str, greatest_str },
	};
	enum phys phys = phys_of(k->type);

	if (type_is_nested(k->type))
		return false;
	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != phys)
			return false;
	}
	return pick_sparse(k, loops[phys][k->function == FN_GREATEST]);
}

const struct kernel choose_kernels[] = {
	{ FN_GREATEST, pick_choice },
	{ FN_LEAST, pick_choice },
	{ FN_NONE, NULL },
};
