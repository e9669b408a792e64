/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/held.c - a value in an accumulator: long texts are the heap's,
 * or borrowed where there is none.
 */
#include "runtime/aggs/held.h"

void
held_init(struct agg *a)
{
	a->align = phys_bytes(phys_of(a->arg_type)) > 8 ? 16 : 8;
	a->bytes = held_count_at(a) + 8;
	a->owns = phys_of(a->arg_type) == PHYS_STR;
	a->column[a->ncolumns] = (struct agg_column){
		.suffix = "", .type = a->arg_type,
		.null_at = (int)held_count_at(a),
	};
	a->column[a->ncolumns++].type.nullable = true;
}

void
held_set(const struct agg *a, char *acc, const void *v)
{
	enum phys phys = phys_of(a->arg_type);

	if (phys != PHYS_STR || !a->heap) {
		memcpy(acc, v, phys_bytes(phys));
		return;
	}
	if (*held_count(a, acc) > 0)
		strheap_free(a->heap, (struct str *)acc);
	*(struct str *)acc = strheap_put(a->heap, v);
}

void
held_value(const struct agg *a, char *const *entry, uint32_t off, uint32_t n,
	   struct column *out, uint32_t at, uint32_t cap, struct arena *arena)
{
	size_t bytes = phys_bytes(out->phys);

	for (uint32_t i = 0; i < n; i++) {
		char *acc = agg_at(entry[i], off);

		if (*held_count(a, acc) == 0)
			column_set_null(out, at + i, cap, arena);
		else if (out->phys == PHYS_STR)
			out->str[at + i] = str_dup(arena, *(struct str *)acc);
		else
			memcpy((char *)out->data + (at + i) * bytes, acc,
			       bytes);
	}
}

void
held_release(const struct agg *a, char *entry, uint32_t off, bool stored)
{
	char *acc = agg_at(entry, off);

	(void)stored;
	if (phys_of(a->arg_type) == PHYS_STR && *held_count(a, acc) > 0)
		strheap_free(a->heap, (struct str *)acc);
}
