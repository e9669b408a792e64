/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/registry.c - kernels by function id, and what all of them
 * use: a frame's NULLs and failures.
 */
#include "runtime/eval.h"
#include "runtime/kernels/kernel.h"

const struct kernel *
kernel_get(enum function_id function)
{
	static const struct kernel *const tables[] = {
		json_kernels,	   json_make_kernels,
		arith_kernels,	   compare_kernels,   logic_kernels,
		math_kernels,	   round_kernels,     text_kernels,
		text_find_kernels, text_make_kernels, text_code_kernels,
		hash_kernels,	   choose_kernels,    regex_kernels,
		charset_kernels,   url_kernels,	      time_kernels,
		unit_kernels,	   now_kernels,	      time_simple_kernels, time_ltz_kernels,
		random_kernels,	   typeof_kernels,    printf_kernels,
		nested_kernels,	   array_kernels,     map_kernels,
		regex_list_kernels,
	};

	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		const struct kernel *k = tables[t];

		for (; k->function != FN_NONE; k++) {
			if (k->function == function)
				return k;
		}
	}
	return NULL;
}

bool
kernel_pick(struct kernel_call *k)
{
	const struct kernel *kernel;

	if (k->function == FN_NONE)
		return cast_pick(k);
	kernel = kernel_get(k->function);
	return kernel && kernel->pick(k);
}

uint8_t *
frame_nulls(struct frame *f)
{
	if (!f->out->nulls) {
		memset(f->null_room, 0, f->rows);
		f->out->nulls = f->null_room;
	}
	return f->out->nulls;
}

void
frame_null(struct frame *f, uint32_t row)
{
	size_t bytes = phys_bytes(f->out->phys);

	frame_nulls(f)[row] = 1;
	memset((char *)f->out->data + row * bytes, 0, bytes);
}

void
frame_fail(struct frame *f, uint32_t row, enum error_code code,
	   const char *detail)
{
	struct failures *fails = f->failures;

	frame_null(f, row);
	if (fails->untold) {
		fails->n++;
		return;
	}
	if (fails->failed[row])
		return;
	if (!fails->by_row)
		fails->by_row = arena_array(fails->arena, BATCH_ROWS,
					    struct eval_error);
	fails->failed[row] = true;
	fails->n++;
	fails->by_row[row] = (struct eval_error){
		.row = (uint16_t)row,
		.code = (uint8_t)code,
		.root = fails->root,
		.at = fails->at,
		.detail = detail,
	};
}

void
int_narrow_all(int64_t *v, uint32_t n, enum type_kind kind)
{
	switch (kind) {
	case TYPE_TINYINT:
		for (uint32_t i = 0; i < n; i++)
			v[i] = (int8_t)v[i];
		break;
	case TYPE_SMALLINT:
		for (uint32_t i = 0; i < n; i++)
			v[i] = (int16_t)v[i];
		break;
	case TYPE_INT:
		for (uint32_t i = 0; i < n; i++)
			v[i] = (int32_t)v[i];
		break;
	default:
		break;
	}
}
