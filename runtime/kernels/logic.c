/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/logic.c - three-valued logic over byte maps. AND and OR get
 * their right side from a narrowed selection: where it was not evaluated its
 * bytes mean nothing, and the formulas below do not look at them.
 */
#include "runtime/kernels/loops.h"

DENSE_UNARY(not_u8, uint8_t, u8, uint8_t, u8, x ^ 1)

/* A constant written out for all rows, so that one loop does for all forms. */
static const uint8_t *
spread(const uint8_t *bytes, const struct vec *v, uint8_t room[BATCH_ROWS],
       uint32_t rows)
{
	if (bytes && !vec_is_const(v))
		return bytes;
	memset(room, bytes ? bytes[0] : 0, rows);
	return room;
}

/* Both operands of AND or OR, values and NULLs. */
struct operands {
	const uint8_t *x, *y, *x_null, *y_null;
	uint8_t room[4][BATCH_ROWS];
};

static void
operands_read(struct operands *o, const struct frame *f)
{
	const struct vec *a = &f->arg[0], *b = &f->arg[1];

	o->x = spread(a->u8, a, o->room[0], f->rows);
	o->y = spread(b->u8, b, o->room[1], f->rows);
	if (!a->nulls && !b->nulls)
		return;
	o->x_null = spread(a->nulls, a, o->room[2], f->rows);
	o->y_null = spread(b->nulls, b, o->room[3], f->rows);
}

/* value: x & y, of NULL 0. NULL: one is NULL and the other not FALSE. */
static void
and_u8(struct frame *f)
{
	uint8_t *restrict out = f->out->u8, *restrict nulls;
	struct operands o;

	operands_read(&o, f);
	for (uint32_t i = 0; i < f->rows; i++)
		out[i] = o.x[i] & o.y[i] & 1;
	if (!f->arg[0].nulls && !f->arg[1].nulls)
		return;
	nulls = frame_nulls(f);
	for (uint32_t i = 0; i < f->rows; i++)
		nulls[i] = ((o.x_null[i] & o.y_null[i]) |
			    (o.x_null[i] & o.y[i]) | (o.y_null[i] & o.x[i])) & 1;
}

/* NULL: one is NULL and none is TRUE. */
static void
or_u8(struct frame *f)
{
	uint8_t *restrict out = f->out->u8, *restrict nulls;
	struct operands o;

	operands_read(&o, f);
	for (uint32_t i = 0; i < f->rows; i++)
		out[i] = (o.x[i] | o.y[i]) & 1;
	if (!f->arg[0].nulls && !f->arg[1].nulls)
		return;
	nulls = frame_nulls(f);
	for (uint32_t i = 0; i < f->rows; i++)
		nulls[i] = (o.x_null[i] | o.y_null[i]) & (out[i] ^ 1);
}

/* ---- tests: of one operand, which is a column or folded ---- */

static void
is_null(struct frame *f)
{
	if (f->arg[0].nulls)
		memcpy(f->out->u8, f->arg[0].nulls, f->rows);
	else
		memset(f->out->u8, 0, f->rows);
}

static void
is_not_null(struct frame *f)
{
	is_null(f);
	for (uint32_t i = 0; i < f->rows; i++)
		f->out->u8[i] ^= 1;
}

static void
is_true(struct frame *f)
{
	memcpy(f->out->u8, f->arg[0].u8, f->rows);
}

static void
is_false(struct frame *f)
{
	is_null(f);
	for (uint32_t i = 0; i < f->rows; i++)
		f->out->u8[i] = (f->out->u8[i] | f->arg[0].u8[i]) ^ 1;
}

static bool
all_boolean(const struct kernel_call *k)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_U8)
			return false;
	}
	return phys_of(k->type) == PHYS_U8;
}

static bool
pick_not(struct kernel_call *k)
{
	return all_boolean(k) && pick_dense(k, not_u8);
}

static bool
pick_and(struct kernel_call *k)
{
	return all_boolean(k) && pick_dense(k, and_u8);
}

static bool
pick_or(struct kernel_call *k)
{
	return all_boolean(k) && pick_dense(k, or_u8);
}

static bool
pick_is_null(struct kernel_call *k)
{
	return pick_dense(k, is_null);
}

static bool
pick_is_not_null(struct kernel_call *k)
{
	return pick_dense(k, is_not_null);
}

static bool
pick_is_true(struct kernel_call *k)
{
	return all_boolean(k) && pick_dense(k, is_true);
}

static bool
pick_is_false(struct kernel_call *k)
{
	return all_boolean(k) && pick_dense(k, is_false);
}

const struct kernel logic_kernels[] = {
	{ FN_NOT, pick_not },
	{ FN_AND, pick_and },
	{ FN_OR, pick_or },
	{ FN_IS_NULL, pick_is_null },
	{ FN_IS_NOT_NULL, pick_is_not_null },
	{ FN_IS_TRUE, pick_is_true },
	{ FN_IS_FALSE, pick_is_false },
	{ FN_NONE, NULL },
};
