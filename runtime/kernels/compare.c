/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/compare.c - = <> < <= > >= and IS [NOT] DISTINCT FROM, for
 * all physical types. Doubles as IEEE 754 has it: NaN equals nothing. Text by
 * bytes, which is the order of code points; no padding (Flink).
 */
#include "base/decimal.h"
#include "runtime/kernels/loops.h"

/* The six comparisons of one type of operand. */
#define DENSE_COMPARISONS(suffix, ctype, member)                           \
	DENSE_BINARY(eq_##suffix, ctype, member, uint8_t, u8, x == y)      \
	DENSE_BINARY(ne_##suffix, ctype, member, uint8_t, u8, x != y)      \
	DENSE_BINARY(lt_##suffix, ctype, member, uint8_t, u8, x < y)       \
	DENSE_BINARY(le_##suffix, ctype, member, uint8_t, u8, x <= y)      \
	DENSE_BINARY(gt_##suffix, ctype, member, uint8_t, u8, x > y)       \
	DENSE_BINARY(ge_##suffix, ctype, member, uint8_t, u8, x >= y)      \
	static void (*const suffix##_loops[])(struct frame *f) = {         \
		eq_##suffix, ne_##suffix, lt_##suffix,                     \
		le_##suffix, gt_##suffix, ge_##suffix,                     \
	};

DENSE_COMPARISONS(u8, uint8_t, u8)
DENSE_COMPARISONS(i64, int64_t, i64)
DENSE_COMPARISONS(f64, double, f64)

/* What a comparison says of a sign: bit 0 for <, 1 for =, 2 for >. */
static unsigned
accepted_signs(enum function_id function)
{
	switch (function) {
	case FN_EQ:
		return 2;
	case FN_NE:
		return 1 | 4;
	case FN_LT:
		return 1;
	case FN_LE:
		return 1 | 2;
	case FN_GT:
		return 4;
	case FN_GE:
		return 2 | 4;
	default:
		return 0;
	}
}

static void
compare_decimals(struct frame *f)
{
	unsigned accepted = (unsigned)f->call->factor[0];
	const struct type *t = f->call->arg_type;
	enum phys px = phys_of(t[0]), py = phys_of(t[1]);

	frame_each(f, row) {
		int sign = decimal_compare(
			vec_decimal(&f->arg[0], row, px), t[0].scale,
			vec_decimal(&f->arg[1], row, py), t[1].scale);

		f->out->u8[row] = accepted >> (sign + 1) & 1;
	}
}

/* ---- text ---- */

static void
compare_str(struct frame *f)
{
	unsigned accepted = (unsigned)f->call->factor[0];
	const struct vec *a = &f->arg[0], *b = &f->arg[1];

	frame_each(f, row) {
		int order = str_cmp(&a->str[row & a->mask],
				    &b->str[row & b->mask]);
		int sign = order < 0 ? -1 : order > 0;

		f->out->u8[row] = accepted >> (sign + 1) & 1;
	}
}

/* factor[0]: 1 for =, 0 for <>. */
static void
equal_str(struct frame *f)
{
	const struct vec *a = &f->arg[0], *b = &f->arg[1];
	bool wanted = f->call->factor[0];

	frame_each(f, row)
		f->out->u8[row] = str_eq(&a->str[row & a->mask],
					 &b->str[row & b->mask]) == wanted;
}

/* With a constant of up to 12 bytes no pointer is followed: 16 bytes against
 * 16 bytes, for all rows. The constant is argument 1 (see pick). */
static void
equal_short_str(struct frame *f)
{
	const struct str *a = f->arg[0].str;
	uint8_t *restrict out = f->out->u8;
	uint8_t flip = !f->call->factor[0];
	uint64_t want[2], have[2];

	memcpy(want, f->arg[1].str, sizeof(want));
	for (uint32_t i = 0; i < f->rows; i++) {
		memcpy(have, &a[i], sizeof(have));
		out[i] = (uint8_t)((have[0] == want[0]) &
				   (have[1] == want[1])) ^ flip;
	}
}

static bool
is_short(const struct value *v)
{
	return v && !v->is_null && v->str.len <= STR_INLINE_MAX;
}

static bool
pick_str(struct kernel_call *k)
{
	if (k->function != FN_EQ && k->function != FN_NE) {
		k->factor[0] = accepted_signs(k->function);
		return pick_sparse(k, compare_str);
	}
	k->factor[0] = k->function == FN_EQ;
	if (is_short(k->constant[1]))
		return pick_dense(k, equal_short_str);
	return pick_sparse(k, equal_str);
}

static bool
pick_compare(struct kernel_call *k)
{
	const struct type *t = k->arg_type;
	enum phys phys = phys_of(t[0]);
	unsigned which = (unsigned)(k->function - FN_EQ);

	if (t[0].kind == TYPE_DECIMAL && t[1].kind == TYPE_DECIMAL &&
	    (phys != PHYS_I64 || !type_equal(t[0], t[1]))) {
		k->factor[0] = accepted_signs(k->function);
		return pick_sparse(k, compare_decimals);
	}
	if (phys != phys_of(t[1]))
		return false;
	switch (phys) {
	case PHYS_U8:
		return pick_dense(k, u8_loops[which]);
	case PHYS_I64:
		return pick_dense(k, i64_loops[which]);
	case PHYS_F64:
		return pick_dense(k, f64_loops[which]);
	case PHYS_STR:
		return pick_str(k);
	default:
		return false;
	}
}

_Static_assert(FN_NE == FN_EQ + 1 && FN_LT == FN_EQ + 2 &&
		       FN_LE == FN_EQ + 3 && FN_GT == FN_EQ + 4 &&
		       FN_GE == FN_EQ + 5,
	       "DENSE_COMPARISONS lists them in the order of functions.def");

/* ---- with NULL as a value ---- */

/* Values under NULL are 0, so that the comparison may run everywhere; its
 * answer is put right where a NULL takes part. */
static void
distinct(struct frame *f)
{
	const struct vec *a = &f->arg[0], *b = &f->arg[1];
	uint8_t *out = f->out->u8;
	bool same = f->call->function == FN_NOT_DISTINCT_FROM;

	f->call->inner(f);
	frame_each(f, row) {
		bool x = vec_is_null(a, row), y = vec_is_null(b, row);
		bool equal = x || y ? x && y : out[row];

		out[row] = equal == same;
	}
}

bool
compare_pick_eq(struct kernel_call *k)
{
	enum function_id function = k->function;
	bool known;

	k->function = FN_EQ;
	known = pick_compare(k);
	k->function = function;
	return known;
}

static bool
pick_distinct(struct kernel_call *k)
{
	if (!compare_pick_eq(k))
		return false;
	k->inner = k->run;
	return pick_sparse(k, distinct);
}

const struct kernel compare_kernels[] = {
	{ FN_EQ, pick_compare },
	{ FN_NE, pick_compare },
	{ FN_LT, pick_compare },
	{ FN_LE, pick_compare },
	{ FN_GT, pick_compare },
	{ FN_GE, pick_compare },
	{ FN_DISTINCT_FROM, pick_distinct },
	{ FN_NOT_DISTINCT_FROM, pick_distinct },
	{ FN_IN, in_pick },
	{ FN_NONE, NULL },
};
