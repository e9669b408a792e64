/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/text.h - what kernels of text share: their arguments, and
 * room for results that are longer than any part of them.
 */
#ifndef RUNTIME_KERNELS_TEXT_H
#define RUNTIME_KERNELS_TEXT_H

#include "runtime/kernels/loops.h"

/* Functions that make long texts out of short ones stop here, so that a number
 * in a record cannot take the machine's memory. */
#define TEXT_MADE_MAX ((size_t)16 << 20)

static inline struct str
arg_str(const struct frame *f, unsigned arg, uint32_t row)
{
	return f->arg[arg].str[row & f->arg[arg].mask];
}

static inline int64_t
arg_i64(const struct frame *f, unsigned arg, uint32_t row)
{
	return f->arg[arg].i64[row & f->arg[arg].mask];
}

static inline bool
arg_is_null(const struct frame *f, unsigned arg, uint32_t row)
{
	return vec_is_null(&f->arg[arg], row);
}

/* Bytes from..to of the text at `s`, which must outlive the call only when it
 * is long: short ones are copied. */
static inline struct str
str_part(const struct str *s, size_t from, size_t to)
{
	return str_ref(str_data(s) + from, (uint32_t)(to - from));
}

/* Room for a result of at most n bytes, to be given to text_put(); NULL, and
 * the row has failed: more than TEXT_MADE_MAX. */
char *text_room(struct frame *f, uint32_t row, size_t n);
/* The row's result: the n bytes at text, which live as long as f->arena. */
void text_put(struct frame *f, uint32_t row, const char *text, size_t n);
/* The first `ntext` arguments are text or bytes, others integers, the result of
 * the shape given. */
bool text_shape_is(const struct kernel_call *k, unsigned ntext,
		   enum phys result);

#endif
