/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/cast_nested.c - CAST between nested types: the kernels that
 * convert single values run over the items of each row. One item that cannot
 * be converted fails the whole value.
 */
#include "runtime/kernels/cast.h"
#include "runtime/kernels/nested.h"

/* How each field of the type is converted; NULL: it stays as it is. */
struct nested_cast {
	struct kernel_call **field; /* type_nfields() of them */
};

/* ---- one run over a piece of the items ---- */

struct piece {
	uint32_t n;
	uint16_t live[BATCH_ROWS]; /* items that are not NULL */
};

static void
piece_load(struct piece *p, struct column *in, const struct value *v,
	   uint32_t n)
{
	struct frame f = { .out = in }; /* put_result() fills a column */

	p->n = 0;
	memset(in->data, 0, n * phys_bytes(in->phys));
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].is_null)
			continue;
		put_result(&f, i, v[i]);
		p->live[p->n++] = (uint16_t)i;
	}
}

/* Converts n values (at most BATCH_ROWS) where they lie; false: one of them
 * has no value of the other type. */
static bool
convert_piece(const struct frame *of, const struct kernel_call *k,
	      struct value *v, uint32_t n)
{
	struct failures failures = { .untold = true };
	struct column in, out;
	struct vec arg = { .mask = UINT32_MAX };
	struct piece p;
	struct frame f = {
		.call = k, .arg = &arg, .out = &out, .sel = p.live,
		.rows = n, .arena = of->arena, .failures = &failures,
		.null_room = (uint8_t *)arena_bytes(of->arena, n),
	};

	column_alloc(&in, phys_of(k->arg_type[0]), n, of->arena);
	column_alloc(&out, phys_of(k->type), n, of->arena);
	memset(out.data, 0, n * phys_bytes(out.phys));
	piece_load(&p, &in, v, n);
	arg.data = in.data;
	f.n = p.n;
	k->run(&f);
	for (uint32_t i = 0; i < p.n; i++)
		v[p.live[i]] = column_value(&out, p.live[i]);
	return failures.n == 0;
}

static bool
convert_items(const struct frame *f, const struct kernel_call *k,
	      struct value *v, uint32_t n)
{
	while (k && n > 0) {
		uint32_t piece = n < BATCH_ROWS ? n : BATCH_ROWS;

		if (!convert_piece(f, k, v, piece))
			return false;
		v += piece;
		n -= piece;
	}
	return true;
}

/* ---- whole values ---- */

static void
cast_array(struct frame *f)
{
	const struct nested_cast *c = f->call->prepared;

	frame_each(f, row) {
		struct items items = arg_items(f, 0, row);

		if (convert_items(f, c->field[0], items.list, items.n))
			put_items(f, row, items);
		else
			cast_fail(f, row);
	}
}

static void
cast_row(struct frame *f)
{
	const struct nested_cast *c = f->call->prepared;

	frame_each(f, row) {
		struct items items = arg_items(f, 0, row);
		bool fits = true;

		for (uint32_t i = 0; i < items.n && fits; i++)
			fits = convert_items(f, c->field[i], &items.list[i], 1);
		if (fits)
			put_items(f, row, items);
		else
			cast_fail(f, row);
	}
}

static void
cast_map(struct frame *f)
{
	const struct nested_cast *c = f->call->prepared;
	bool is_map = f->call->type.kind == TYPE_MAP;

	frame_each(f, row) {
		struct items items = arg_items(f, 0, row);
		uint32_t n = items.n / 2;
		struct value *values = items.list + n;

		if (convert_items(f, c->field[0], items.list, n) &&
		    convert_items(f, is_map ? c->field[1] : NULL, values, n))
			put_map(f, row, n, items.list, values);
		else
			cast_fail(f, row);
	}
}

static bool
pick_field_cast(const struct kernel_call *k, unsigned i,
		struct kernel_call **ret)
{
	static const struct value *no_constant[1];
	struct kernel_call *field = arena_new(k->arena, struct kernel_call);

	*ret = NULL;
	if (type_equal(k->arg_type[0].fields[i].type, k->type.fields[i].type))
		return true;
	*ret = field;
	*field = (struct kernel_call){
		.function = FN_NONE, .nargs = 1, .constant = no_constant,
		.arg_type = &k->arg_type[0].fields[i].type,
		.type = k->type.fields[i].type, .zone = k->zone,
		.arena = k->arena,
	};
	return cast_pick(field);
}

bool
cast_pick_nested(struct kernel_call *k)
{
	unsigned n = type_nfields(k->type);
	struct nested_cast *c;

	if (k->arg_type[0].kind != k->type.kind ||
	    type_nfields(k->arg_type[0]) != n)
		return false;
	c = arena_new(k->arena, struct nested_cast);
	c->field = arena_array(k->arena, n, struct kernel_call *);
	for (unsigned i = 0; i < n; i++)
		if (!pick_field_cast(k, i, &c->field[i]))
			return false;
	k->prepared = c;
	if (k->type.kind == TYPE_ROW)
		return pick_sparse(k, cast_row);
	return pick_sparse(k, k->type.kind == TYPE_ARRAY ? cast_array
							 : cast_map);
}
