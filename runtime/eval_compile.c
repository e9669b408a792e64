/* SPDX-License-Identifier: Apache-2.0
 * runtime/eval_compile.c - from bound expressions to the flat program: equal
 * instructions are written once (value numbering), constant calls folded,
 * AND, OR, CASE and their kin turned into narrowed selections.
 */
#include "base/time.h"
#include "parser/functions.h"
#include "runtime/eval_program.h"

/* How far back equal instructions are looked for: keeps a CASE of thousands
 * of branches from taking quadratic time. */
#define SHARE_WINDOW 1024

struct compiler {
	struct program *p;
	struct arena *a;
	const struct zone *zone;
	struct error *err;
	bool failed;
	uint16_t root;
	unsigned regs_size, sels_size, insns_size;
};

/* An array in the arena that doubles; its old halves stay until the end. */
#define GROW(c, items, n, size)                                          \
	do {                                                             \
		if ((n) < (size))                                        \
			break;                                           \
		(size) = (size) ? 2 * (size) : 16;                       \
		void *more_ = arena_zalloc((c)->a,                       \
					   (size) * sizeof(*(items)));   \
		if ((n) > 0)                                             \
			memcpy(more_, (items), (n) * sizeof(*(items)));  \
		(items) = more_;                                         \
	} while (0)

static unsigned compile(struct compiler *c, const struct expr *e, unsigned sel);

/* ---- registers, selections, instructions ---- */

static unsigned
reg_new(struct compiler *c, enum reg_kind kind, struct type type)
{
	struct program *p = c->p;

	GROW(c, p->regs, p->nregs, c->regs_size);
	p->regs[p->nregs] = (struct reg){ .kind = kind, .type = type };
	return p->nregs++;
}

static unsigned
sel_new(struct compiler *c, unsigned parent)
{
	struct program *p = c->p;

	GROW(c, p->sels, p->nsels, c->sels_size);
	p->sels[p->nsels] = (struct selection){ .parent = parent };
	return p->nsels++;
}

static bool
sel_is_within(const struct program *p, unsigned sel, unsigned outer)
{
	while (sel > outer)
		sel = p->sels[sel].parent;
	return sel == outer;
}

static bool
numbers_equal(const unsigned *a, const unsigned *b, unsigned n)
{
	return n == 0 || memcmp(a, b, n * sizeof(*a)) == 0;
}

static bool
insn_equal(const struct insn *a, const struct insn *b)
{
	if (a->kind != b->kind || a->n != b->n ||
	    !numbers_equal(a->regs, b->regs, a->n))
		return false;
	switch (a->kind) {
	case INSN_CALL:
		return a->call->function == b->call->function &&
		       a->call->is_try == b->call->is_try &&
		       json_clauses_equal(&a->call->json, &b->call->json) &&
		       type_equal(a->call->type, b->call->type) &&
		       (a->call->function != FN_IN || a->expr == b->expr) &&
		       expr_same_draw(a->expr, b->expr);
	case INSN_NARROW:
		return a->sel == b->sel && a->narrow == b->narrow;
	case INSN_MERGE:
		return numbers_equal(a->sels, b->sels, a->n);
	}
	return false;
}

/* An instruction that has computed the same already, for all rows of the new
 * one's selection. */
static const struct insn *
insn_find(const struct compiler *c, const struct insn *like)
{
	const struct program *p = c->p;
	unsigned first = p->ninsns > SHARE_WINDOW ? p->ninsns - SHARE_WINDOW
						  : 0;

	for (unsigned i = p->ninsns; i-- > first;) {
		const struct insn *insn = &p->insns[i];

		if (sel_is_within(p, like->sel, insn->sel) &&
		    insn_equal(insn, like))
			return insn;
	}
	return NULL;
}

/* Adds the instruction, or finds its equal; returns what it writes. */
static unsigned
emit(struct compiler *c, struct insn insn, struct type type)
{
	struct program *p = c->p;
	const struct insn *equal = insn_find(c, &insn);

	if (equal)
		return equal->out;
	insn.root = c->root;
	insn.out = insn.kind == INSN_NARROW ? sel_new(c, insn.sel)
					    : reg_new(c, REG_TEMP, type);
	GROW(c, p->insns, p->ninsns, c->insns_size);
	p->insns[p->ninsns++] = insn;
	if (insn.n > p->args_max)
		p->args_max = insn.n;
	return insn.out;
}

static unsigned
narrow(struct compiler *c, unsigned sel, unsigned reg, enum narrow how)
{
	unsigned *regs = arena_array(c->a, 1, unsigned);

	regs[0] = reg;
	return emit(c,
		    (struct insn){ .kind = INSN_NARROW, .narrow = how,
				   .sel = sel, .n = 1, .regs = regs },
		    (struct type){ 0 });
}

/* ---- constants ---- */

static bool
value_equal(const struct value *a, const struct value *b, enum phys phys)
{
	if (a->is_null || b->is_null)
		return a->is_null && b->is_null;
	switch (phys) {
	case PHYS_U8:
		return a->u8 == b->u8;
	case PHYS_I64:
		return a->i64 == b->i64;
	case PHYS_I128:
		return a->i128 == b->i128;
	case PHYS_F64: /* by bits: 0.0 and -0.0 are different constants */
		return memcmp(&a->f64, &b->f64, sizeof(a->f64)) == 0;
	case PHYS_STR:
		return str_eq(&a->str, &b->str);
	}
	return false;
}

static unsigned
constant(struct compiler *c, struct value v, struct type type)
{
	struct program *p = c->p;
	unsigned first = p->nregs > SHARE_WINDOW ? p->nregs - SHARE_WINDOW : 0;
	enum phys phys = phys_of(type);
	unsigned reg;

	if (v.is_null)
		v = (struct value){ .is_null = true };
	for (unsigned i = p->nregs; i-- > first;) {
		const struct reg *r = &p->regs[i];

		if (r->kind == REG_CONST && type_equal(r->type, type) &&
		    value_equal(&r->value, &v, phys))
			return i;
	}
	reg = reg_new(c, REG_CONST, type);
	p->regs[reg].value = v;
	return reg;
}

/* vec points into the register, so it is set where the register stays. */
static void
constant_show(struct reg *r)
{
	r->null_byte = r->value.is_null;
	r->vec.data = r->value.is_null ? NULL : &r->value.u8;
	r->vec.nulls = r->value.is_null ? &r->null_byte : NULL;
	r->vec.mask = 0;
	switch (phys_of(r->type)) {
	case PHYS_U8:
		r->vec.u8 = &r->value.u8;
		break;
	case PHYS_I64:
		r->vec.i64 = &r->value.i64;
		break;
	case PHYS_I128:
		r->vec.i128 = &r->value.i128;
		break;
	case PHYS_F64:
		r->vec.f64 = &r->value.f64;
		break;
	case PHYS_STR:
		r->vec.str = &r->value.str;
		break;
	}
}

static unsigned
column(struct compiler *c, const struct expr *e)
{
	struct program *p = c->p;
	unsigned reg;

	CHECK(e->column < p->in->ncols);
	for (unsigned i = 0; i < p->nregs; i++) {
		if (p->regs[i].kind == REG_INPUT &&
		    p->regs[i].column == e->column)
			return i;
	}
	reg = reg_new(c, REG_INPUT, e->type);
	p->regs[reg].column = e->column;
	return reg;
}

/* ---- calls ---- */

static unsigned
fail(struct compiler *c, const struct expr *e)
{
	char from[TYPE_NAME_MAX], to[TYPE_NAME_MAX];

	if (c->failed)
		return 0;
	c->failed = true;
	type_name(e->type, to);
	if (e->nargs > 0)
		type_name(e->args[0]->type, from);
	if (e->kind == EXPR_CAST)
		error_set(c->err, ERR_UNSUPPORTED,
			  "there is no conversion from %s to %s", from, to);
	else
		error_set(c->err, ERR_UNSUPPORTED,
			  "%s is not implemented for %s",
			  function_get(e->function)->name,
			  e->nargs > 0 ? from : "no arguments");
	return 0;
}

static struct kernel_call *
call_new(struct compiler *c, const struct expr *e, const unsigned *regs,
	 unsigned n)
{
	struct kernel_call *k = arena_new(c->a, struct kernel_call);
	struct type *types = arena_array(c->a, n, struct type);
	const struct value **constants =
		arena_array(c->a, n, const struct value *);

	for (unsigned i = 0; i < n; i++) {
		struct reg *r = &c->p->regs[regs[i]];
		struct value *v;

		types[i] = r->type;
		if (r->kind != REG_CONST)
			continue;
		v = arena_new(c->a, struct value);
		*v = r->value;
		constants[i] = v;
	}
	*k = (struct kernel_call){
		.function = e->kind == EXPR_CAST ? FN_NONE : e->function,
		.is_try = e->is_try,
		.json = e->json,
		.nargs = n,
		.arg_type = types,
		.constant = constants,
		.type = e->type,
		.zone = c->zone,
		.arena = c->a,
		.number = c->p->ninsns,
	};
	return k;
}

static bool
all_constant(const struct insn *insn)
{
	for (unsigned i = 0; i < insn->n; i++) {
		if (!insn->call->constant[i])
			return false;
	}
	return true;
}

static bool
any_null(const struct insn *insn)
{
	for (unsigned i = 0; i < insn->n; i++) {
		if (insn->call->constant[i] && insn->call->constant[i]->is_null)
			return true;
	}
	return false;
}

/* The call over registers, folded where that is possible: a call of constants
 * that fails is left to fail row by row, where rows reach it. */
static unsigned
call_emit(struct compiler *c, const struct expr *e, const unsigned *regs,
	  unsigned n, unsigned sel)
{
	struct insn insn = {
		.kind = INSN_CALL,
		.sel = sel,
		.n = n,
		.regs = regs,
		.expr = e,
		.call = call_new(c, e, regs, n),
		.nulls = NULLS_STRICT,
	};
	bool is_volatile = false;
	struct value v;

	if (e->kind == EXPR_CALL) {
		insn.nulls = function_get(e->function)->nulls;
		is_volatile = expr_call_is_volatile(e);
	}
	if (!kernel_pick(insn.call))
		return fail(c, e);
	if (insn.nulls == NULLS_STRICT && any_null(&insn))
		return constant(c, (struct value){ .is_null = true }, e->type);
	if (all_constant(&insn) && !is_volatile) {
		for (unsigned i = 0; i < n; i++)
			constant_show(&c->p->regs[regs[i]]);
		if (program_fold(c->p, &insn, &v))
			return constant(c, v, e->type);
	}
	return emit(c, insn, e->type);
}

/* `const = x` as `x = const`: fewer forms, more equal parts. */
static void
constant_second(const struct program *p, const struct expr *e, unsigned *regs)
{
	bool symmetric = e->kind == EXPR_CALL &&
			 (e->function == FN_EQ || e->function == FN_NE ||
			  e->function == FN_DISTINCT_FROM ||
			  e->function == FN_NOT_DISTINCT_FROM);
	unsigned first = regs[0];

	if (!symmetric || p->regs[first].kind != REG_CONST ||
	    p->regs[regs[1]].kind == REG_CONST)
		return;
	regs[0] = regs[1];
	regs[1] = first;
}

static unsigned
compile_call(struct compiler *c, const struct expr *e, unsigned sel)
{
	unsigned *regs = arena_array(c->a, e->nargs, unsigned);

	for (unsigned i = 0; i < e->nargs; i++)
		regs[i] = compile(c, e->args[i], sel);
	if (c->failed)
		return 0;
	if (e->nargs == 2)
		constant_second(c->p, e, regs);
	return call_emit(c, e, regs, e->nargs, sel);
}

/* ---- blocks that narrow the selection ---- */

/* Cannot fail and is cheaper than a selection: computed for all rows. */
static bool
is_dense(const struct compiler *c, const struct expr *e)
{
	struct type types[4];
	const struct value *constants[4] = { NULL };
	struct value literal[4];
	struct kernel_call k = {
		.function = e->kind == EXPR_CAST ? FN_NONE : e->function,
		.is_try = e->is_try, .nargs = e->nargs, .arg_type = types,
		.constant = constants, .type = e->type, .zone = c->zone,
		.arena = c->a,
	};

	if (e->kind == EXPR_COLUMN || e->kind == EXPR_LITERAL)
		return true;
	if (e->nargs > ARRAY_LEN(types))
		return false;
	if (e->kind == EXPR_CALL && !kernel_get(e->function))
		return false; /* CASE and its kin */
	for (unsigned i = 0; i < e->nargs; i++) {
		if (!is_dense(c, e->args[i]))
			return false;
		types[i] = e->args[i]->type;
		if (e->args[i]->kind != EXPR_LITERAL)
			continue;
		literal[i] = e->args[i]->value;
		constants[i] = &literal[i];
	}
	return kernel_pick(&k) && k.dense;
}

/* AND, OR: the right side only where the left one leaves the answer open. */
static unsigned
compile_logic(struct compiler *c, const struct expr *e, unsigned sel)
{
	enum narrow open = e->function == FN_AND ? NARROW_NOT_FALSE
						 : NARROW_NOT_TRUE;
	unsigned left = compile(c, e->args[0], sel), within = sel;

	for (unsigned i = 1; i < e->nargs; i++) {
		unsigned *regs = arena_array(c->a, 2, unsigned);

		if (!is_dense(c, e->args[i]))
			within = narrow(c, within, left, open);
		regs[0] = left;
		regs[1] = compile(c, e->args[i], within);
		if (c->failed)
			return 0;
		left = call_emit(c, e, regs, 2, sel);
	}
	return left;
}

/* The parts of a CASE: registers under disjoint selections. */
struct parts {
	unsigned n;
	unsigned *regs, *sels;
};

static void
parts_init(struct compiler *c, struct parts *parts, unsigned max)
{
	parts->n = 0;
	parts->regs = arena_array(c->a, max, unsigned);
	parts->sels = arena_array(c->a, max, unsigned);
}

static void
parts_add(struct parts *parts, unsigned reg, unsigned sel)
{
	parts->regs[parts->n] = reg;
	parts->sels[parts->n++] = sel;
}

static unsigned
parts_merge(struct compiler *c, const struct parts *parts,
	    const struct expr *e, unsigned sel)
{
	for (unsigned i = 0; !c->failed && i < parts->n; i++) {
		struct type type = c->p->regs[parts->regs[i]].type;

		if (phys_of(type) != phys_of(e->type))
			return fail(c, e);
	}
	if (c->failed)
		return 0;
	return emit(c,
		    (struct insn){ .kind = INSN_MERGE, .sel = sel,
				   .n = parts->n, .regs = parts->regs,
				   .sels = parts->sels, .expr = e },
		    e->type);
}

/* [when, then]... else; IF(when, then, else) has the same shape. */
static unsigned
compile_case(struct compiler *c, const struct expr *e, unsigned sel)
{
	struct parts parts;
	unsigned open = sel;

	if (e->nargs % 2 == 0)
		return fail(c, e);
	parts_init(c, &parts, e->nargs / 2 + 1);
	for (unsigned i = 0; i + 1 < e->nargs; i += 2) {
		unsigned when = compile(c, e->args[i], open);
		unsigned then = narrow(c, open, when, NARROW_TRUE);

		parts_add(&parts, compile(c, e->args[i + 1], then), then);
		open = narrow(c, open, when, NARROW_NOT_TRUE);
	}
	parts_add(&parts, compile(c, e->args[e->nargs - 1], open), open);
	return parts_merge(c, &parts, e, sel);
}

static unsigned
compile_coalesce(struct compiler *c, const struct expr *e, unsigned sel)
{
	struct parts parts;
	unsigned open = sel;

	if (e->nargs == 0)
		return fail(c, e);
	parts_init(c, &parts, e->nargs);
	for (unsigned i = 0; i + 1 < e->nargs; i++) {
		unsigned reg = compile(c, e->args[i], open);

		parts_add(&parts, reg, narrow(c, open, reg, NARROW_NOT_NULL));
		open = narrow(c, open, reg, NARROW_NULL);
	}
	parts_add(&parts, compile(c, e->args[e->nargs - 1], open), open);
	return parts_merge(c, &parts, e, sel);
}

/* NULLIF(a, b): NULL where a = b, else a. */
static unsigned
compile_nullif(struct compiler *c, const struct expr *e, unsigned sel)
{
	struct expr *equal = arena_new(c->a, struct expr);
	struct parts parts;
	unsigned value, same, yes, no;

	if (e->nargs != 2)
		return fail(c, e);
	*equal = *e;
	equal->function = FN_EQ;
	equal->type = TYPE_OF(TYPE_BOOLEAN);
	value = compile(c, e->args[0], sel);
	same = compile(c, equal, sel);
	if (c->failed)
		return 0;
	yes = narrow(c, sel, same, NARROW_TRUE);
	no = narrow(c, sel, same, NARROW_NOT_TRUE);
	parts_init(c, &parts, 2);
	parts_add(&parts,
		  constant(c, (struct value){ .is_null = true }, e->type), yes);
	parts_add(&parts, value, no);
	return parts_merge(c, &parts, e, sel);
}

static unsigned
compile(struct compiler *c, const struct expr *e, unsigned sel)
{
	if (c->failed)
		return 0;
	if (e->kind == EXPR_COLUMN)
		return column(c, e);
	if (e->kind == EXPR_LITERAL)
		return constant(c, e->value, e->type);
	if (e->kind == EXPR_CAST)
		return compile_call(c, e, sel);
	switch (e->function) {
	case FN_AND:
	case FN_OR:
		return compile_logic(c, e, sel);
	case FN_CASE:
	case FN_IF:
		return compile_case(c, e, sel);
	case FN_COALESCE:
		return compile_coalesce(c, e, sel);
	case FN_NULLIF:
		return compile_nullif(c, e, sel);
	default:
		return compile_call(c, e, sel);
	}
}

/* ---- the program ---- */

/* WHERE column = 'short' needs no column of truth values. */
static void
find_equal_filter(struct program *p)
{
	const struct insn *insn = &p->insns[0];
	const struct reg *column, *constant;

	if (p->nroots != 1 || p->ninsns != 1 || insn->kind != INSN_CALL ||
	    insn->call->function != FN_EQ)
		return;
	column = &p->regs[insn->regs[0]];
	constant = &p->regs[insn->regs[1]];
	if (column->kind != REG_INPUT || constant->kind != REG_CONST ||
	    phys_of(column->type) != PHYS_STR ||
	    constant->value.str.len > STR_INLINE_MAX)
		return;
	p->equal_column = column;
	p->equal_to = constant->value.str;
}

static void
program_finish(struct compiler *c, const unsigned *roots)
{
	struct program *p = c->p;

	p->roots = roots;
	for (unsigned i = 0; i < p->nroots; i++)
		p->regs[roots[i]].is_root = true;
	for (unsigned i = 0; i < p->nregs; i++) {
		if (p->regs[i].kind == REG_CONST)
			constant_show(&p->regs[i]);
	}
	program_give_scratch(p);
	p->args = arena_array(c->a, p->args_max, struct vec);
	p->failures.failed = arena_array(c->a, BATCH_ROWS, bool);
	p->failures.arena = c->a;
	if (p->ninsns > 0)
		find_equal_filter(p);
}

int
program_compile(const struct expr *const *exprs, unsigned n,
		const struct schema *in, const struct zone *zone,
		struct arena *a, struct program **ret, struct error *err)
{
	struct program *p = arena_new(a, struct program);
	struct compiler c = { .p = p, .a = a, .zone = zone, .err = err };
	unsigned *roots = arena_array(a, n, unsigned);

	p->in = in;
	p->nroots = n;
	p->arena = a;
	sel_new(&c, 0);
	for (unsigned i = 0; i < n; i++) {
		c.root = (uint16_t)i;
		roots[i] = compile(&c, exprs[i], 0);
		if (c.failed)
			return -1;
	}
	program_finish(&c, roots);
	*ret = p;
	return 0;
}

int
eval_constant(const struct expr *e, const struct zone *zone, struct arena *a,
	      struct value *ret, struct error *err)
{
	const struct schema none = { .ncols = 0 };
	struct batch row = { .refs = 1, .rows = 1, .nsel = 1, .schema = &none };
	struct eval_result res;
	struct arena scratch; /* the program is not worth keeping */
	struct program *p;
	int rc = -1;

	arena_init(&scratch);
	if (program_compile(&e, 1, &none, zone, &scratch, &p, err) < 0)
		goto out;
	program_run(p, &row, TIME_NONE, &scratch, &res);
	if (res.nerrors > 0) {
		error_set(err, res.errors[0].code, "%s",
			  res.errors[0].detail
				  ? res.errors[0].detail
				  : error_help(res.errors[0].code));
		goto out;
	}
	*ret = column_value(&res.col[0], 0);
	if (res.col[0].phys == PHYS_STR)
		ret->str = str_dup(a, ret->str);
	rc = 0;
out:
	arena_release(&scratch);
	return rc;
}
