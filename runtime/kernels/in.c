/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/in.c - x IN (a, b, ...): constants are put into a hash table
 * once, other values compared one by one. No match, but a NULL among the
 * values: the answer is NULL.
 */
#include "base/decimal.h"
#include "base/hash.h"
#include "runtime/kernels/loops.h"

/* So few are found faster by looking at each. */
#define LINEAR_MAX 8

/* The constants, at the scale of the left side; open addressing. */
struct set {
	enum phys phys;
	bool has_null;
	unsigned n;
	struct value *values;
	uint32_t mask; /* of slots */
	uint32_t *slots; /* index in values + 1; NULL: n <= LINEAR_MAX */
	unsigned *others; /* arguments that are no constants */
	unsigned nothers;
};

static uint64_t
value_hash(const struct value *v, enum phys phys)
{
	double d;
	uint64_t bits;

	switch (phys) {
	case PHYS_U8:
		return hash_u64(v->u8, 0);
	case PHYS_I64:
		return hash_u64((uint64_t)v->i64, 0);
	case PHYS_I128:
		return hash_bytes(&v->i128, sizeof(v->i128), 0);
	case PHYS_F64:
		d = v->f64 == 0 ? 0 : v->f64; /* -0.0 equals 0.0 */
		memcpy(&bits, &d, sizeof(bits));
		return hash_u64(bits, 0);
	case PHYS_STR:
		return hash_bytes(str_data(&v->str), v->str.len, 0);
	}
	return 0;
}

static bool
value_equals(const struct value *a, const struct value *b, enum phys phys)
{
	switch (phys) {
	case PHYS_U8:
		return a->u8 == b->u8;
	case PHYS_I64:
		return a->i64 == b->i64;
	case PHYS_I128:
		return a->i128 == b->i128;
	case PHYS_F64:
		return a->f64 == b->f64;
	case PHYS_STR:
		return str_eq(&a->str, &b->str);
	}
	return false;
}

static bool
set_has(const struct set *s, const struct value *v)
{
	uint32_t at;

	if (!s->slots) {
		for (unsigned i = 0; i < s->n; i++) {
			if (value_equals(&s->values[i], v, s->phys))
				return true;
		}
		return false;
	}
	at = (uint32_t)value_hash(v, s->phys) & s->mask;
	for (; s->slots[at]; at = (at + 1) & s->mask) {
		if (value_equals(&s->values[s->slots[at] - 1], v, s->phys))
			return true;
	}
	return false;
}

static void
set_build_slots(struct set *s, struct arena *a)
{
	uint32_t size = 16;

	if (s->n <= LINEAR_MAX)
		return;
	while (size < 2 * s->n)
		size *= 2;
	s->mask = size - 1;
	s->slots = arena_array(a, size, uint32_t);
	for (unsigned i = 0; i < s->n; i++) {
		uint32_t at =
			(uint32_t)value_hash(&s->values[i], s->phys) & s->mask;

		while (s->slots[at])
			at = (at + 1) & s->mask;
		s->slots[at] = i + 1;
	}
}

/* A DECIMAL constant at the scale and width of the left side; false: no value
 * of the left side's type can be equal to it. */
static bool
fit_decimal(const struct value *v, struct type from, struct type to,
	    struct value *ret)
{
	i128 digits = phys_of(from) == PHYS_I64 ? v->i64 : v->i128, back;
	i128 scaled;

	if (!decimal_rescale(digits, from.scale, to.scale, &scaled) ||
	    !decimal_fits(scaled, to.precision) ||
	    !decimal_rescale(scaled, to.scale, from.scale, &back) ||
	    back != digits)
		return false;
	*ret = (struct value){ .is_null = false };
	if (phys_of(to) == PHYS_I64)
		ret->i64 = (int64_t)scaled;
	else
		ret->i128 = scaled;
	return true;
}

static const struct set *
set_create(const struct kernel_call *k)
{
	struct set *s = arena_new(k->arena, struct set);
	struct type left = k->arg_type[0];

	s->phys = phys_of(left);
	s->values = arena_array(k->arena, k->nargs, struct value);
	s->others = arena_array(k->arena, k->nargs, unsigned);
	for (unsigned i = 1; i < k->nargs; i++) {
		const struct value *v = k->constant[i];

		if (!v)
			s->others[s->nothers++] = i;
		else if (v->is_null)
			s->has_null = true;
		else if (left.kind != TYPE_DECIMAL)
			s->values[s->n++] = *v;
		else if (fit_decimal(v, k->arg_type[i], left, &s->values[s->n]))
			s->n++;
	}
	set_build_slots(s, k->arena);
	return s;
}

static struct value
vec_value(const struct vec *v, uint32_t row, enum phys phys)
{
	struct value value = { .is_null = vec_is_null(v, row) };
	uint32_t at = row & v->mask;

	switch (phys) {
	case PHYS_U8:
		value.u8 = v->u8[at];
		break;
	case PHYS_I64:
		value.i64 = v->i64[at];
		break;
	case PHYS_I128:
		value.i128 = v->i128[at];
		break;
	case PHYS_F64:
		value.f64 = v->f64[at];
		break;
	case PHYS_STR:
		value.str = v->str[at];
		break;
	}
	return value;
}

/* Is the value equal to one that is no constant? */
static bool
others_have(const struct frame *f, const struct set *s, uint32_t row,
	    const struct value *left, bool *has_null)
{
	const struct type *types = f->call->arg_type;

	for (unsigned i = 0; i < s->nothers; i++) {
		unsigned arg = s->others[i];
		struct value v = vec_value(&f->arg[arg], row,
					   phys_of(types[arg]));

		if (v.is_null)
			*has_null = true;
		else if (types[0].kind == TYPE_DECIMAL &&
			 !fit_decimal(&v, types[arg], types[0], &v))
			continue;
		else if (value_equals(left, &v, s->phys))
			return true;
	}
	return false;
}

static void
in(struct frame *f)
{
	const struct set *s = f->call->prepared;

	frame_each(f, row) {
		struct value left = vec_value(&f->arg[0], row, s->phys);
		bool has_null = s->has_null;

		if (left.is_null)
			frame_null(f, row);
		else if (set_has(s, &left) ||
			 others_have(f, s, row, &left, &has_null))
			f->out->u8[row] = 1;
		else if (has_null)
			frame_null(f, row);
		else
			f->out->u8[row] = 0;
	}
}

bool
in_pick(struct kernel_call *k)
{
	enum phys phys = phys_of(k->arg_type[0]);
	bool decimal = k->arg_type[0].kind == TYPE_DECIMAL;

	for (unsigned i = 1; i < k->nargs; i++) {
		if (decimal ? k->arg_type[i].kind != TYPE_DECIMAL
			    : phys_of(k->arg_type[i]) != phys)
			return false;
	}
	k->prepared = set_create(k);
	return pick_sparse(k, in);
}
