/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/regex_list.c - lists and maps out of texts by regular
 * expressions: REGEXP_EXTRACT_ALL, and STR_TO_MAP, whose delimiters are
 * patterns of Java's String.split().
 */
#include "runtime/kernels/nested.h"
#include "runtime/kernels/regex.h"

/* ---- patterns, compiled once where they are constant ---- */

struct patterns {
	const struct regex *constant[3]; /* per argument, or NULL */
};

static struct patterns *
prepare(struct kernel_call *k)
{
	struct patterns *p = arena_new(k->arena, struct patterns);

	for (unsigned i = 1; i < k->nargs && i < 3; i++) {
		const struct value *v = k->constant[i];

		if (v && !v->is_null && phys_of(k->arg_type[i]) == PHYS_STR)
			p->constant[i] = regex_of_java(v->str, k->arena);
	}
	return p;
}

/* NULL, and the row has failed: it is no pattern. */
static const struct regex *
pattern(struct frame *f, uint32_t row, unsigned arg)
{
	const struct patterns *p = f->call->prepared;
	const struct regex *re = p->constant[arg];

	if (!re)
		re = regex_of_java(arg_str(f, arg, row), f->arena);
	if (regex_is_usable(re))
		return re;
	frame_fail(f, row, ERR_INVALID_ARGUMENT,
		   "invalid regular expression");
	return NULL;
}

/* ---- a list that grows ---- */

static void
items_add(const struct frame *f, struct items *items, uint32_t *room,
	  struct value v)
{
	struct items more;

	if (items->n == *room) {
		*room = *room ? 2 * *room : 8;
		more = items_new(f, *room);
		if (items->n > 0)
			memcpy(more.list, items->list,
			       items->n * sizeof(v));
		items->list = more.list;
	}
	items->list[items->n++] = v;
}

/* ---- REGEXP_EXTRACT_ALL ---- */

static void
extract_all_of(struct frame *f, uint32_t row, const struct regex *re,
	       int64_t group)
{
	struct str s = arg_str(f, 0, row);
	struct regex_walk w = { .next = 0 };
	struct items found = { 0 };
	uint32_t room = 0;
	int rc;

	while ((rc = regex_walk_next(f, row, re, &s, &w)) > 0) {
		struct value v = { .is_null = true };
		size_t start, end;

		if (regex_group(re, group, &start, &end))
			v = (struct value){ .str = str_part(&s, start, end) };
		items_add(f, &found, &room, v);
	}
	if (rc == 0)
		put_items(f, row, found);
}

static void
extract_all(struct frame *f)
{
	frame_each(f, row) {
		int64_t group = f->call->nargs == 3 ? arg_i64(f, 2, row) : 1;
		const struct regex *re = pattern(f, row, 1);

		if (!re)
			continue;
		if (group < 0 || group > regex_groups(re))
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the regular expression has no group of "
				   "that number");
		else
			extract_all_of(f, row, re, group);
	}
}

/* ---- STR_TO_MAP ---- */

/* Where Java's split() cuts a text: at matches, but not at an empty one at its
 * beginning. 1: a part ends at w->start and the next begins at w->end. */
static int
next_cut(struct frame *f, uint32_t row, const struct regex *re,
	 const struct str *s, struct regex_walk *w)
{
	int rc;

	do
		rc = regex_walk_next(f, row, re, s, w);
	while (rc > 0 && w->end == 0);
	/* An empty match at the end cuts nothing off. */
	return rc > 0 && w->start == w->end && w->end == s->len ? 0 : rc;
}

static struct value
part(const struct str *s, size_t from, size_t to)
{
	return (struct value){ .str = str_part(s, from, to) };
}

/* All parts but empty ones at the end; false: the row has failed. */
static bool
split_pairs(struct frame *f, uint32_t row, const struct regex *re,
	    const struct str *s, struct items *ret)
{
	struct regex_walk w = { .next = 0 };
	uint32_t room = 0;
	size_t from = 0;
	int rc;

	*ret = (struct items){ 0 };
	while ((rc = next_cut(f, row, re, s, &w)) > 0) {
		items_add(f, ret, &room, part(s, from, w.start));
		from = w.end;
	}
	items_add(f, ret, &room, part(s, from, s->len));
	while (ret->n > 1 && ret->list[ret->n - 1].str.len == 0)
		ret->n--;
	return rc == 0;
}

static bool
split_pair(struct frame *f, uint32_t row, const struct regex *re,
	   const struct str *pair, struct value *ret_key,
	   struct value *ret_value)
{
	struct regex_walk w = { .next = 0 };
	int rc = next_cut(f, row, re, pair, &w);

	*ret_key = part(pair, 0, rc > 0 ? w.start : pair->len);
	*ret_value = (struct value){ .is_null = true };
	if (rc > 0)
		*ret_value = part(pair, w.end, pair->len);
	return rc >= 0;
}

static bool
is_blank(const struct str *s)
{
	const char *data = str_data(s);

	for (uint32_t i = 0; i < s->len; i++)
		if ((unsigned char)data[i] > ' ')
			return false;
	return true;
}

static void
map_of_text(struct frame *f, uint32_t row, const struct regex *between,
	    const struct regex *within)
{
	struct str s = arg_str(f, 0, row);
	struct items pairs = { 0 }, values;
	bool fits = true;

	if (!is_blank(&s) && !split_pairs(f, row, between, &s, &pairs))
		return;
	values = items_new(f, pairs.n);
	for (uint32_t i = 0; i < pairs.n && fits; i++) {
		struct str pair = pairs.list[i].str;

		fits = split_pair(f, row, within, &pair, &pairs.list[i],
				  &values.list[i]);
	}
	if (fits)
		put_map(f, row, pairs.n, pairs.list, values.list);
}

static void
str_to_map(struct frame *f)
{
	bool usual = f->call->nargs == 1;
	const struct regex *comma = usual
		? regex_of_java(str_ref(",", 1), f->arena) : NULL;
	const struct regex *equals = usual
		? regex_of_java(str_ref("=", 1), f->arena) : NULL;

	frame_each(f, row) {
		const struct regex *between = usual ? comma
						    : pattern(f, row, 1);
		const struct regex *within = usual || !between
			? equals : pattern(f, row, 2);

		if (between && within)
			map_of_text(f, row, between, within);
	}
}

static bool
pick(struct kernel_call *k)
{
	k->prepared = prepare(k);
	return pick_sparse(k, k->function == FN_STR_TO_MAP ? str_to_map
							   : extract_all);
}

const struct kernel regex_list_kernels[] = {
	{ FN_REGEXP_EXTRACT_ALL, pick },
	{ FN_STR_TO_MAP, pick },
	{ FN_NONE, NULL },
};
