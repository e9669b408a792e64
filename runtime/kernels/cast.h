/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/cast.h - between the files of CAST: cast.c has numbers and
 * time and knows which kernel goes where, cast_parse.c reads text, cast_text.c
 * writes it.
 */
#ifndef RUNTIME_KERNELS_CAST_H
#define RUNTIME_KERNELS_CAST_H

#include "base/types.h"
#include "runtime/kernels/kernel.h"

struct zone;

/* Kernels from text by the target's kind, to text, between binaries. */
bool cast_pick_parse(struct kernel_call *k);
bool cast_pick_text(struct kernel_call *k);
bool cast_pick_binary(struct kernel_call *k);

/* The row's value cannot be converted: NULL under TRY_CAST, else an error
 * that shows the value. */
void cast_fail(struct frame *f, uint32_t row);

/* An instant or time of day cut to `precision` digits of the second. */
int64_t us_cut(int64_t us, unsigned precision);
int64_t ms_cut(int64_t ms, unsigned precision);

/* Text of a value that is not of PHYS_STR; returns the length. */
#define CAST_TEXT_MAX 64
size_t cast_text(struct value v, struct type t, const struct zone *zone,
		 char out[CAST_TEXT_MAX]);

#endif
