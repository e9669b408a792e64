/* SPDX-License-Identifier: Apache-2.0
 * tests/property/test_eval_property.c - random expressions over random rows:
 * compiled programs must answer as an interpreter does that walks the tree
 * once per row and knows nothing of selections, sharing or scratch. What it
 * guards: short circuits, whose error counts, equal parts computed once.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "runtime/eval.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

#define PROGRAMS 3000
#define COLUMNS 4
#define ROOTS 3

struct random {
	uint64_t state;
};

static unsigned
below(struct random *r, unsigned n)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned)(hash_u64(r->state, 1) % n);
}

/* ---- random expressions of INT and BOOLEAN ---- */

struct maker {
	struct random *r;
	struct arena *a;
	struct expr *pool[64]; /* made before: used again, to be shared */
	unsigned npool;
};

static struct expr *make(struct maker *m, enum type_kind kind, unsigned depth);

static struct expr *
make_leaf(struct maker *m, enum type_kind kind)
{
	struct expr *e = arena_new(m->a, struct expr);

	e->type = TYPE_OF(kind);
	if (below(m->r, 3) > 0) {
		e->kind = EXPR_COLUMN; /* INT columns first, then BOOLEAN */
		e->column = (uint16_t)(below(m->r, COLUMNS / 2) +
				       (kind == TYPE_INT ? 0 : COLUMNS / 2));
		return e;
	}
	e->kind = EXPR_LITERAL;
	e->value.is_null = below(m->r, 6) == 0;
	if (!e->value.is_null && kind == TYPE_INT)
		e->value.i64 = (int64_t)below(m->r, 4) - 1;
	else if (!e->value.is_null)
		e->value.u8 = (uint8_t)below(m->r, 2);
	return e;
}

/* A call of the function with arguments of these kinds: i, b. */
static struct expr *
make_call(struct maker *m, enum function_id function, enum type_kind kind,
	  const char *args, unsigned depth)
{
	struct expr *e = arena_new(m->a, struct expr);

	e->kind = EXPR_CALL;
	e->type = TYPE_OF(kind);
	e->function = function;
	e->nargs = (uint16_t)strlen(args);
	e->args = arena_array(m->a, e->nargs, struct expr *);
	for (unsigned i = 0; i < e->nargs; i++)
		e->args[i] = make(m,
				  args[i] == 'i' ? TYPE_INT : TYPE_BOOLEAN,
				  depth - 1);
	return e;
}

static const struct form {
	enum function_id function;
	enum type_kind result;
	const char *args;
} forms[] = {
	{ FN_ADD, TYPE_INT, "ii" },	     { FN_MUL, TYPE_INT, "ii" },
	{ FN_DIV, TYPE_INT, "ii" },	     { FN_DIV, TYPE_INT, "ii" },
	{ FN_MOD, TYPE_INT, "ii" },	     { FN_NEG, TYPE_INT, "i" },
	{ FN_CASE, TYPE_INT, "bii" },	     { FN_CASE, TYPE_INT, "bibii" },
	{ FN_IF, TYPE_INT, "bii" },	     { FN_COALESCE, TYPE_INT, "iii" },
	{ FN_NULLIF, TYPE_INT, "ii" },	     { FN_EQ, TYPE_BOOLEAN, "ii" },
	{ FN_LT, TYPE_BOOLEAN, "ii" },	     { FN_GE, TYPE_BOOLEAN, "ii" },
	{ FN_AND, TYPE_BOOLEAN, "bb" },	     { FN_AND, TYPE_BOOLEAN, "bb" },
	{ FN_OR, TYPE_BOOLEAN, "bb" },	     { FN_OR, TYPE_BOOLEAN, "bb" },
	{ FN_NOT, TYPE_BOOLEAN, "b" },	     { FN_IS_NULL, TYPE_BOOLEAN, "i" },
	{ FN_IS_TRUE, TYPE_BOOLEAN, "b" },   { FN_CASE, TYPE_BOOLEAN, "bbb" },
	{ FN_COALESCE, TYPE_BOOLEAN, "bb" }, { FN_IN, TYPE_BOOLEAN, "iii" },
	{ FN_DISTINCT_FROM, TYPE_BOOLEAN, "ii" },
};

static struct expr *
make(struct maker *m, enum type_kind kind, unsigned depth)
{
	const struct form *form;
	struct expr *e;

	if (m->npool > 0 && below(m->r, 4) == 0) {
		e = m->pool[below(m->r, m->npool)];
		if (e->type.kind == kind)
			return e;
	}
	if (depth == 0)
		return make_leaf(m, kind);
	do
		form = &forms[below(m->r, ARRAY_LEN(forms))];
	while (form->result != kind);
	e = make_call(m, form->function, kind, form->args, depth);
	if (m->npool < ARRAY_LEN(m->pool))
		m->pool[m->npool++] = e;
	return e;
}

/* ---- the interpreter ---- */

struct walk {
	const struct batch *b;
	uint32_t row;
	bool failed;
};

static struct value walk(struct walk *w, const struct expr *e);

static struct value
null_value(void)
{
	return (struct value){ .is_null = true };
}

static struct value
int_value(int64_t v)
{
	return (struct value){ .i64 = (int32_t)v };
}

static struct value
truth(bool v)
{
	return (struct value){ .u8 = v };
}

static bool
is_true(struct value v)
{
	return !v.is_null && v.u8;
}

static bool
is_false(struct value v)
{
	return !v.is_null && !v.u8;
}

static struct value
walk_logic(struct walk *w, const struct expr *e)
{
	bool is_and = e->function == FN_AND;
	struct value x = walk(w, e->args[0]), y;

	if (is_and ? is_false(x) : is_true(x))
		return x;
	y = walk(w, e->args[1]);
	if (is_and ? is_false(y) : is_true(y))
		return y;
	return x.is_null || y.is_null ? null_value() : truth(is_and);
}

static struct value
walk_case(struct walk *w, const struct expr *e)
{
	for (unsigned i = 0; i + 1 < e->nargs; i += 2) {
		if (is_true(walk(w, e->args[i])))
			return walk(w, e->args[i + 1]);
	}
	return walk(w, e->args[e->nargs - 1]);
}

static struct value
walk_coalesce(struct walk *w, const struct expr *e)
{
	struct value v = null_value();

	for (unsigned i = 0; i < e->nargs && v.is_null; i++)
		v = walk(w, e->args[i]);
	return v;
}

static struct value
walk_in(const struct value *v, unsigned n)
{
	bool has_null = false;

	for (unsigned i = 1; i < n; i++) {
		has_null |= v[i].is_null;
		if (!v[0].is_null && !v[i].is_null && v[0].i64 == v[i].i64)
			return truth(true);
	}
	return has_null || v[0].is_null ? null_value() : truth(false);
}

/* Functions of the arguments' values, once all of them are known. */
static struct value
walk_call(struct walk *w, enum function_id function, const struct value *v)
{
	int64_t x = v[0].i64, y = v[1].i64;

	if (function == FN_IS_NULL)
		return truth(v[0].is_null);
	if (function == FN_IS_TRUE)
		return truth(is_true(v[0]));
	if (function == FN_DISTINCT_FROM)
		return truth(v[0].is_null || v[1].is_null
				     ? v[0].is_null != v[1].is_null
				     : x != y);
	if (v[0].is_null || v[1].is_null)
		return null_value();
	switch (function) {
	case FN_ADD:
		return int_value(x + y);
	case FN_MUL:
		return int_value(x * y);
	case FN_NEG:
		return int_value(-x);
	case FN_NOT:
		return truth(!v[0].u8);
	case FN_EQ:
		return truth(x == y);
	case FN_LT:
		return truth(x < y);
	case FN_GE:
		return truth(x >= y);
	default:
		break;
	}
	CHECK(function == FN_DIV || function == FN_MOD);
	if (y == 0) {
		w->failed = true;
		return null_value();
	}
	return int_value(function == FN_DIV ? x / y : x % y);
}

static struct value
walk(struct walk *w, const struct expr *e)
{
	struct value v[4] = { { .i64 = 0 } };

	if (e->kind == EXPR_LITERAL)
		return e->value;
	if (e->kind == EXPR_COLUMN)
		return column_value(&w->b->col[e->column], w->row);
	switch (e->function) {
	case FN_AND:
	case FN_OR:
		return walk_logic(w, e);
	case FN_CASE:
	case FN_IF:
		return walk_case(w, e);
	case FN_COALESCE:
		return walk_coalesce(w, e);
	default:
		break;
	}
	for (unsigned i = 0; i < e->nargs; i++)
		v[i] = walk(w, e->args[i]);
	if (e->function == FN_IN)
		return walk_in(v, e->nargs);
	if (e->function != FN_NULLIF)
		return walk_call(w, e->function, v);
	return is_true(walk_call(w, FN_EQ, v)) ? null_value() : v[0];
}

/* ---- one program against the interpreter ---- */

static struct batch *
random_batch(struct random *r, const struct schema *s)
{
	uint32_t rows = below(r, 40);
	struct batch *b = batch_create(NULL, s, rows);
	uint16_t *sel = arena_array(&b->arena, rows, uint16_t);
	uint32_t live = 0;

	for (unsigned c = 0; c < COLUMNS; c++) {
		for (uint32_t row = 0; row < rows; row++) {
			if (below(r, 5) == 0)
				column_set_null(&b->col[c], row, rows,
						&b->arena);
			else if (c < COLUMNS / 2)
				b->col[c].i64[row] = (int64_t)below(r, 5) - 2;
			else
				b->col[c].u8[row] = (uint8_t)below(r, 2);
		}
	}
	batch_seal(b, rows);
	if (below(r, 2))
		return b;
	for (uint32_t row = 0; row < rows; row++) {
		if (below(r, 3))
			sel[live++] = (uint16_t)row;
	}
	b->sel = sel;
	b->nsel = live;
	return b;
}

/* The row's values; the first root that fails, or ROOTS. */
static unsigned
walk_row(const struct batch *b, uint32_t row, struct expr *const *roots,
	 struct value *ret)
{
	for (unsigned i = 0; i < ROOTS; i++) {
		struct walk w = { .b = b, .row = row };

		ret[i] = walk(&w, roots[i]);
		if (w.failed)
			return i;
	}
	return ROOTS;
}

static bool
same_value(const struct value *a, const struct value *b, struct type t)
{
	if (a->is_null || b->is_null)
		return a->is_null && b->is_null;
	return t.kind == TYPE_INT ? a->i64 == b->i64 : a->u8 == b->u8;
}

static void
expect_row(uint64_t seed, const struct batch *b, uint32_t row,
	   struct expr *const *roots, const struct eval_result *res,
	   unsigned *error)
{
	struct value want[ROOTS], got;
	unsigned failed = walk_row(b, row, roots, want);

	if (failed < ROOTS) {
		if (*error >= res->nerrors || res->errors[*error].row != row ||
		    res->errors[*error].root != failed)
			FAIL("seed %" PRIu64 " row %u: no error in "
			     "expression %u",
			     seed, row, failed);
		(*error)++;
		return;
	}
	for (unsigned i = 0; i < ROOTS; i++) {
		got = column_value(&res->col[i], row);
		if (!same_value(&got, &want[i], roots[i]->type))
			FAIL("seed %" PRIu64 " row %u: expression %u differs",
			     seed, row, i);
	}
}

static void
run_seed(uint64_t seed)
{
	struct random r = { seed };
	struct arena a;
	struct maker m = { .r = &r, .a = &a };
	struct expr *roots[ROOTS];
	struct error err = ERROR_INIT;
	struct eval_result res;
	struct schema *s;
	struct program *p;

	arena_init(&a);
	s = erig_schema(&a, "INT|INT|BOOLEAN|BOOLEAN");
	for (unsigned i = 0; i < ROOTS; i++)
		roots[i] = make(&m, below(&r, 2) ? TYPE_INT : TYPE_BOOLEAN,
				1 + below(&r, 5));
	if (program_compile((const struct expr *const *)roots, ROOTS, s, NULL,
			    &a, &p, &err) < 0)
		FAIL("seed %" PRIu64 ": %s", seed, err.message);
	for (int run = 0; run < 3; run++) {
		struct batch *b = random_batch(&r, s);
		unsigned error = 0;

		program_run(p, b, TIME_NONE, &a, &res);
		batch_each(b, row)
			expect_row(seed, b, row, roots, &res, &error);
		if (error != res.nerrors)
			FAIL("seed %" PRIu64 ": %u errors too many", seed,
			     res.nerrors - error);
		batch_unref(b);
	}
	arena_release(&a);
}

TEST(programs_answer_as_a_walk_over_the_tree)
{
	const char *one = getenv("SEED");

	if (one) {
		run_seed(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= PROGRAMS; seed++)
		run_seed(seed);
}
