/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/like.c - LIKE. Patterns are taken apart once when constant,
 * else for each row.
 */
#include "base/like_pattern.h"
#include "runtime/kernels/loops.h"

static void
match(struct frame *f, uint32_t row, const struct like_pattern *p)
{
	const struct vec *v = &f->arg[0];
	const struct str *s = &v->str[row & v->mask];

	if (p->problem)
		frame_fail(f, row, ERR_INVALID_ARGUMENT, p->problem);
	else
		f->out->u8[row] = like_pattern_matches(p, str_data(s), s->len);
}

static void
like_constant(struct frame *f)
{
	frame_each(f, row)
		match(f, row, f->call->prepared);
}

static void
like_any(struct frame *f)
{
	const struct vec *pattern = &f->arg[1], *escape = &f->arg[2];
	bool has_escape = f->call->nargs == 3;

	frame_each(f, row) {
		const struct str *e = has_escape
					      ? &escape->str[row & escape->mask]
					      : NULL;

		match(f, row, like_pattern_create(
				      &pattern->str[row & pattern->mask], e,
				      f->arena));
	}
}

bool
like_pick(struct kernel_call *k)
{
	const struct value *pattern = k->constant[1], *escape = NULL;

	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_STR)
			return false;
	}
	if (k->nargs == 3)
		escape = k->constant[2];
	if (!pattern || pattern->is_null ||
	    (k->nargs == 3 && (!escape || escape->is_null)))
		return pick_sparse(k, like_any);
	k->prepared = like_pattern_create(&pattern->str,
					  escape ? &escape->str : NULL, k->arena);
	return pick_sparse(k, like_constant);
}
