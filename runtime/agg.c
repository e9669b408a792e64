/* SPDX-License-Identifier: Apache-2.0
 * runtime/agg.c - the table of aggregate functions, how their accumulators
 * are laid out in an entry, and which rows each of them sees.
 */
#include "runtime/agg.h"
#include "runtime/distinct.h"
#include "runtime/operator.h"

static const struct agg_type *const types[] = {
	&agg_count_type,     &agg_sum_type,      &agg_avg_type,
	&agg_min_type,       &agg_max_type,      &agg_any_value_type,
	&agg_bool_and_type,  &agg_bool_or_type,  &agg_count_if_type,
	&agg_var_pop_type,   &agg_var_samp_type, &agg_stddev_pop_type,
	&agg_stddev_samp_type, &agg_first_value_type, &agg_last_value_type,
	&agg_median_type,    &agg_percentile_type, &agg_mode_type,
	&agg_arg_min_type,   &agg_arg_max_type,  &agg_bit_and_type,
	&agg_bit_or_type,    &agg_bit_xor_type,  &agg_approx_distinct_type,
	&agg_approx_percentile_type, &agg_array_agg_type, &agg_collect_type,
	&agg_histogram_type, &agg_top_k_type,
	&agg_listagg_type,   &agg_json_arrayagg_type,
	&agg_json_objectagg_type,
};

const struct agg_type *
agg_type_of(enum function_id function)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i]->function == function)
			return types[i];
	return NULL;
}

static uint32_t
round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static void
agg_init(struct agg *a, const struct plan_aggregate *plan,
	 const struct schema *in, unsigned flags)
{
	const unsigned f = function_get(plan->function)->flags;
	bool own = f & (FN_ONCE | FN_OWN_DISTINCT);

	*a = (struct agg){
		.type = agg_type_of(plan->function),
		.plan = plan,
		.retract = flags & AGGS_RETRACT,
	};
	/* A sketch forgets nothing: a set of values does instead. */
	a->distinct = plan->function == FN_APPROX_DISTINCT
			      ? a->retract : plan->distinct && !own;
	CHECK(a->type);
	CHECK(plan->arg < in->ncols);
	/* A set holds values of the first argument alone. */
	for (unsigned i = 0; i < plan->nmore; i++)
		CHECK(!a->distinct || plan->more[i].column < 0);
	if (plan->arg >= 0)
		a->arg_type = in->cols[plan->arg].type;
	for (unsigned i = 0; i < plan->nmore; i++)
		a->more_type[i] = plan->more[i].column < 0
					  ? plan->more[i].literal->type
					  : in->cols[plan->more[i].column].type;
	a->value_type = a->arg_type;
	a->align = 8;
	if (a->distinct) /* keeps a wide accumulator aligned */
		a->body = 2 * sizeof(struct agg_values);
	a->type->init(a);
	a->owns |= a->collects;
	a->bytes = round_up(a->body + a->bytes, a->align);
	CHECK(a->ncolumns <= AGG_COLUMNS_MAX);
	CHECK(!a->collects || a->type->absorb);
	/* What a set of values can tell is not stored twice. */
	if (a->distinct)
		a->ncolumns = 0;
}

void
aggs_init(struct aggs *s, const struct plan_group *g, const struct schema *in,
	  unsigned flags, uint64_t seed, struct arena *arena)
{
	*s = (struct aggs){ .n = g->naggs, .bytes = sizeof(struct entry) };
	s->agg = arena_array(arena, g->naggs + 1, struct agg);
	strheap_init(&s->heap);
	for (unsigned i = 0; i < g->naggs; i++) {
		struct agg *a = &s->agg[i];

		agg_init(a, &g->aggs[i], in, flags);
		a->heap = &s->heap;
		if (a->by_rows)
			continue;
		a->off = round_up(s->bytes, a->align);
		s->bytes = a->off + a->bytes;
		if (a->distinct)
			a->set = s->nsets++;
		else if (!a->invertible)
			s->stack = true;
		s->owns |= a->owns;
		s->choosy |= a->type->refuses && !a->takes_all;
		a->too_large = &s->too_large;
		if (a->collects)
			a->multiset = multiset_create(a->kind, seed);
	}
	s->bytes = round_up(s->bytes, s->bytes > 16 ? 16 : 8);
}

void
aggs_release(struct aggs *s)
{
	for (unsigned i = 0; i < s->n; i++)
		multiset_destroy(s->agg[i].multiset);
	strheap_release(&s->heap);
	*s = (struct aggs){ 0 };
}

/* ---- which rows ---- */

bool
agg_takes(const struct agg *a, const struct batch *b, uint32_t row)
{
	const struct column *arg = agg_arg(a, b);

	if (a->plan->filter >= 0) {
		const struct column *f = &b->col[a->plan->filter];

		if (column_is_null(f, row) || !f->u8[row])
			return false;
	}
	return !arg || a->nulls || !column_is_null(arg, row);
}

void
agg_pick(const struct agg *a, const struct batch *b, const struct agg_rows *r,
	 struct agg_scratch *scratch, bool own, struct agg_rows *ret)
{
	const struct column *arg = agg_arg(a, b);
	bool all = a->plan->filter < 0 && (!arg || a->nulls || !arg->nulls);
	uint32_t n = 0;

	*ret = *r;
	for (unsigned i = 0; i < a->plan->nmore; i++)
		ret->more[i] = agg_more(a, b, i);
	if (all && !own)
		return;
	for (uint32_t i = 0; i < r->n; i++) {
		scratch->row[n] = r->row[i];
		scratch->gid[n] = r->gid[i];
		scratch->entry[n] = r->entry[i];
		scratch->w[n] = r->w ? r->w[i] : 1;
		n += all || agg_takes(a, b, r->row[i]);
	}
	ret->n = n;
	ret->row = scratch->row;
	ret->gid = scratch->gid;
	ret->entry = scratch->entry;
	ret->w = r->w ? scratch->w : NULL;
}

struct agg_rows
agg_rows_part(const struct aggs *s, const struct agg_rows *r, uint32_t at)
{
	struct agg_rows part = *r;
	uint32_t n = 0;

	while (!s->choosy && at + n < r->n && (!r->w || r->w[at + n] > 0))
		n++;
	part.n = n > 0 ? n : 1;
	part.row += at;
	part.gid += at;
	part.w = r->w ? r->w + at : NULL;
	return part;
}

bool
aggs_refuse_row(const struct aggs *s, const char *entry, const struct batch *b,
		uint32_t row, int64_t w, struct agg_refusal *ret)
{
	for (unsigned i = 0; s->choosy && i < s->n; i++) {
		const struct agg *a = &s->agg[i];

		if (!a->type->refuses || !agg_takes(a, b, row))
			continue;
		ret->detail = a->type->refuses(a, entry, b, row, w,
					       &ret->code);
		ret->expression = a->plan->text;
		if (ret->detail)
			return true;
	}
	return false;
}

int
aggs_check_results(struct aggs *s, struct error *err)
{
	const char *text = s->too_large;

	s->too_large = NULL;
	return text ? error_set(err, ERR_GROUP_TOO_LARGE,
				"the values of %s in one group are more than "
				"%d MiB", text, AGG_WEIGHT_MAX >> 20)
		    : 0;
}

bool
aggs_hold_row(const struct aggs *s, const struct distinct *sets,
	      const char *entry, const struct batch *b, uint32_t row,
	      uint32_t gid, int64_t w)
{
	if (!entry || entry_rows(entry) + w < 0)
		return false;
	for (unsigned i = 0; i < s->n; i++) {
		const struct agg *a = &s->agg[i];
		const struct column *arg = agg_arg(a, b);

		if (a->by_rows || !agg_takes(a, b, row))
			continue;
		if (a->distinct &&
		    distinct_n(&sets[a->set], gid, arg, row) + w < 0)
			return false;
		if (!a->distinct && !a->type->holds(a, entry, b, row, w))
			return false;
	}
	return true;
}

void
entries_count(const struct agg_rows *r, char *const *entry)
{
	if (!r->w) {
		for (uint32_t i = 0; i < r->n; i++)
			((struct entry *)entry[i])->rows++;
		return;
	}
	for (uint32_t i = 0; i < r->n; i++)
		((struct entry *)entry[i])->rows += r->w[i];
}

void
aggs_clear_entry(const struct aggs *s, char *entry, bool stored)
{
	for (unsigned i = 0; s->owns && i < s->n; i++)
		if (s->agg[i].owns)
			s->agg[i].type->release(&s->agg[i], entry,
						s->agg[i].off, stored);
	memset(entry + sizeof(struct entry), 0,
	       s->bytes - sizeof(struct entry));
}

/* ---- columns of state tables ---- */

unsigned
aggs_ncolumns(const struct aggs *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->agg[i].ncolumns;
	return n;
}

#define SAVE(member, type)                                                \
	do {                                                              \
		for (uint32_t i = 0; i < n; i++)                          \
			out->member[at + i] =                             \
				*(const type *)agg_at(entry[i], off);     \
	} while (0)

static void
column_save(struct column *out, char *const *entry, uint32_t off, uint32_t n,
	    uint32_t at, struct arena *a)
{
	switch (out->phys) {
	case PHYS_U8:
		SAVE(u8, uint8_t);
		break;
	case PHYS_I64:
		SAVE(i64, int64_t);
		break;
	case PHYS_I128:
		SAVE(i128, i128);
		break;
	case PHYS_F64:
		SAVE(f64, double);
		break;
	case PHYS_STR:
		for (uint32_t i = 0; i < n; i++)
			out->str[at + i] =
				str_dup(a, *(struct str *)agg_at(entry[i],
								 off));
		break;
	}
}

void
aggs_save(const struct aggs *s, char *const *entry, uint32_t n,
	  struct batch *b, unsigned first, uint32_t at, uint32_t cap)
{
	for (unsigned k = 0; k < s->n; k++) {
		const struct agg *a = &s->agg[k];

		if (a->type->before_save)
			a->type->before_save(a, entry, n);
		for (unsigned c = 0; c < a->ncolumns; c++) {
			const struct agg_column *ac = &a->column[c];
			struct column *out = &b->col[first++];

			column_save(out, entry, a->off + ac->at, n, at,
				    &b->arena);
			for (uint32_t i = 0; ac->null_at >= 0 && i < n; i++)
				if (*(int64_t *)agg_at(entry[i],
						a->off + ac->null_at) == 0)
					column_set_null(out, at + i, cap,
							&b->arena);
		}
	}
}

/* False: it cannot have been saved. */
static bool
value_load(const struct agg *a, char *entry, const struct agg_column *ac,
	   const struct column *in, uint32_t row)
{
	void *to = agg_at(entry, a->off + ac->at);
	int64_t *count = ac->null_at < 0 ? NULL
			 : agg_at(entry, a->off + (uint32_t)ac->null_at);

	if (column_is_null(in, row) || a->collects)
		return true;
	if (strcmp(ac->suffix, "_n") == 0 && !state_may_be_count(in->i64[row]))
		return false;
	if (in->phys == PHYS_STR)
		*(struct str *)to = strheap_put(a->heap, &in->str[row]);
	else
		memcpy(to, (char *)in->data + row * phys_bytes(in->phys),
		       phys_bytes(in->phys));
	/* A column of the count, if there is one, comes later. */
	if (count && *count == 0)
		*count = 1;
	return true;
}

bool
aggs_load(const struct aggs *s, char *entry, const struct batch *b,
	  unsigned first, uint32_t row)
{
	for (unsigned k = 0; k < s->n; k++) {
		const struct agg *a = &s->agg[k];

		for (unsigned c = 0; c < a->ncolumns; c++)
			if (!value_load(a, entry, &a->column[c],
					&b->col[first++], row))
				return false;
		if (a->type->check && !a->type->check(a, entry))
			return false;
	}
	return true;
}
