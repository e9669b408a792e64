/* SPDX-License-Identifier: Apache-2.0
 * runtime/eval.c - the machine that runs compiled programs over batches: one
 * instruction after the other, each over whole columns; temporary columns in
 * the program's scratch, results in the caller's arena.
 */
#include "parser/functions.h"
#include "runtime/eval_program.h"

/* ---- calls ---- */

/* out->nulls = the NULLs of all arguments, for functions that are NULL where
 * an argument is. */
static void
nulls_of_args(struct frame *f)
{
	for (unsigned i = 0; i < f->call->nargs; i++) {
		const uint8_t *arg = f->arg[i].nulls;

		if (!arg)
			continue;
		CHECK(!vec_is_const(&f->arg[i]) || f->rows == 1);
		if (!f->out->nulls) {
			f->out->nulls = f->null_room;
			memcpy(f->out->nulls, arg, f->rows);
			continue;
		}
		for (uint32_t r = 0; r < f->rows; r++)
			f->out->nulls[r] |= arg[r];
	}
}

/* Values under NULLs become 0: the rule of columns. */
static void
clear_nulls(struct column *c, uint32_t rows)
{
	const uint8_t *restrict nulls = c->nulls;

	if (!nulls)
		return;
	switch (c->phys) {
	case PHYS_U8:
		for (uint32_t i = 0; i < rows; i++)
			c->u8[i] &= (uint8_t)(nulls[i] - 1);
		break;
	case PHYS_I64:
		for (uint32_t i = 0; i < rows; i++)
			c->i64[i] &= (int64_t)nulls[i] - 1;
		break;
	case PHYS_I128:
		for (uint32_t i = 0; i < rows; i++)
			c->i128[i] &= (i128)nulls[i] - 1;
		break;
	case PHYS_F64:
		for (uint32_t i = 0; i < rows; i++)
			c->f64[i] = nulls[i] ? 0 : c->f64[i];
		break;
	case PHYS_STR:
		for (uint32_t i = 0; i < rows; i++) {
			if (nulls[i])
				c->str[i] = (struct str){ .len = 0 };
		}
		break;
	}
}

/* The rows of f whose result is not NULL yet. */
static void
skip_nulls(struct frame *f, uint16_t room[BATCH_ROWS])
{
	const uint8_t *nulls = f->out->nulls;
	uint32_t n = 0;

	frame_each(f, row) {
		room[n] = (uint16_t)row;
		n += !nulls[row];
	}
	f->sel = room;
	f->n = n;
}

static void
call_run(struct frame *f, enum null_rule rule)
{
	const struct kernel_call *call = f->call;
	uint16_t room[BATCH_ROWS];

	if (rule == NULLS_STRICT)
		nulls_of_args(f);
	if (call->dense) {
		call->run(f);
		clear_nulls(f->out, f->rows);
		return;
	}
	if (rule == NULLS_STRICT && f->out->nulls)
		skip_nulls(f, room);
	if (f->n < f->rows)
		memset(f->out->data, 0, f->rows * phys_bytes(f->out->phys));
	call->run(f);
}

/* ---- registers ---- */

static void
reg_show(struct reg *r)
{
	r->vec.data = r->now.data;
	r->vec.nulls = r->now.nulls;
	r->vec.mask = UINT32_MAX;
}

/* Memory for a register that is about to be written. */
static uint8_t *
reg_prepare(struct program *p, struct reg *r, uint32_t rows, struct arena *a)
{
	r->now.phys = phys_of(r->type);
	r->now.nulls = NULL;
	if (r->is_root) {
		r->now.data = arena_alloc(a, rows * phys_bytes(r->now.phys));
		return arena_alloc(a, rows);
	}
	r->now.data = p->slots[r->slot].data;
	return p->slots[r->slot].nulls;
}

/* ---- instructions ---- */

/* One run of a program over one batch. */
struct pass {
	const struct batch *in;
	struct arena *arena;
	uint32_t rows;
	int64_t wm_us;
};

static void
run_call(struct program *p, const struct insn *insn, const struct pass *pass)
{
	const struct selection *sel = &p->sels[insn->sel];
	struct reg *out = &p->regs[insn->out];
	struct frame f = {
		.call = insn->call,
		.arg = p->args,
		.out = &out->now,
		.sel = sel->rows,
		.n = sel->n,
		.rows = pass->rows,
		.arena = pass->arena,
		.failures = &p->failures,
		.now_us = pass->in->now_us,
		.wm_us = pass->wm_us,
		.seed = p->seed,
	};

	f.null_room = reg_prepare(p, out, pass->rows, pass->arena);
	for (unsigned i = 0; i < insn->n; i++)
		p->args[i] = p->regs[insn->regs[i]].vec;
	p->failures.root = insn->root;
	p->failures.at = insn->expr->at;
	if (sel->n > 0)
		call_run(&f, insn->nulls);
	reg_show(out);
}

/* Writes each row and moves on only if it is wanted: no branch to guess. */
#define NARROW_LOOP(wanted)                            \
	do {                                           \
		for (uint32_t i = 0; i < from->n; i++) { \
			uint32_t row = from->rows ? from->rows[i] : i; \
			uint32_t at = row & v->mask;   \
			(void)at;                      \
			room[n] = (uint16_t)row;       \
			n += (wanted);                 \
		}                                      \
	} while (0)

static uint32_t
narrow_rows(const struct selection *from, const struct vec *v,
	    enum narrow narrow, uint16_t *room)
{
	const uint8_t *values = v->u8, *nulls = v->nulls;
	uint32_t n = 0;

	switch (narrow) {
	case NARROW_TRUE: /* values under NULLs are 0 */
		NARROW_LOOP(values[at] & 1);
		break;
	case NARROW_NOT_TRUE:
		NARROW_LOOP((values[at] & 1) ^ 1);
		break;
	case NARROW_NOT_FALSE:
		if (nulls)
			NARROW_LOOP((values[at] | nulls[at]) & 1);
		else
			NARROW_LOOP(values[at] & 1);
		break;
	case NARROW_NULL:
		if (nulls)
			NARROW_LOOP(nulls[at]);
		break;
	case NARROW_NOT_NULL:
		if (nulls)
			NARROW_LOOP(nulls[at] ^ 1);
		else
			NARROW_LOOP(true);
		break;
	}
	return n;
}

static void
run_narrow(struct program *p, const struct insn *insn)
{
	const struct selection *from = &p->sels[insn->sel];
	struct selection *to = &p->sels[insn->out];
	const struct vec *v = &p->regs[insn->regs[0]].vec;
	uint16_t *room = p->slots[to->slot].data;

	to->rows = room;
	to->n = narrow_rows(from, v, insn->narrow, room);
}

#define MERGE_LOOP(member)                                                  \
	do {                                                                \
		for (uint32_t i = 0; i < s->n; i++) {                       \
			uint32_t row = s->rows ? s->rows[i] : i;            \
			out->member[row] = v->member[row & v->mask];        \
		}                                                           \
	} while (0)

static void
merge_part(struct column *out, const struct selection *s, const struct vec *v)
{
	switch (out->phys) {
	case PHYS_U8:
		MERGE_LOOP(u8);
		break;
	case PHYS_I64:
		MERGE_LOOP(i64);
		break;
	case PHYS_I128:
		MERGE_LOOP(i128);
		break;
	case PHYS_F64:
		MERGE_LOOP(f64);
		break;
	case PHYS_STR:
		MERGE_LOOP(str);
		break;
	}
	if (!out->nulls)
		return;
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t row = s->rows ? s->rows[i] : i;

		out->nulls[row] = vec_is_null(v, row);
	}
}

static void
run_merge(struct program *p, const struct insn *insn, const struct pass *pass)
{
	struct reg *r = &p->regs[insn->out];
	uint8_t *null_room = reg_prepare(p, r, pass->rows, pass->arena);

	for (unsigned i = 0; i < insn->n; i++) {
		if (p->sels[insn->sels[i]].n > 0 &&
		    p->regs[insn->regs[i]].vec.nulls) {
			memset(null_room, 0, pass->rows);
			r->now.nulls = null_room;
			break;
		}
	}
	if (p->sels[insn->sel].n < pass->rows)
		memset(r->now.data, 0,
		       pass->rows * phys_bytes(r->now.phys));
	for (unsigned i = 0; i < insn->n; i++)
		merge_part(&r->now, &p->sels[insn->sels[i]],
			   &p->regs[insn->regs[i]].vec);
	reg_show(r);
}

static void
run_all(struct program *p, const struct pass *pass)
{
	for (unsigned i = 0; i < p->nregs; i++) {
		struct reg *r = &p->regs[i];

		if (r->kind == REG_INPUT) {
			r->now = pass->in->col[r->column];
			reg_show(r);
		}
	}
	p->sels[0].rows = pass->in->sel;
	p->sels[0].n = pass->in->nsel;
	for (unsigned i = 0; i < p->ninsns; i++) {
		const struct insn *insn = &p->insns[i];

		switch (insn->kind) {
		case INSN_CALL:
			run_call(p, insn, pass);
			break;
		case INSN_NARROW:
			run_narrow(p, insn);
			break;
		case INSN_MERGE:
			run_merge(p, insn, pass);
			break;
		}
	}
}

/* ---- results ---- */

static void
clear_row(struct column *c, uint32_t row)
{
	size_t bytes = phys_bytes(c->phys);

	memset((char *)c->data + row * bytes, 0, bytes);
}

static void
clear_dead_rows(struct column *c, const struct batch *in)
{
	uint32_t live = 0;

	if (!in->sel)
		return;
	for (uint32_t row = 0; row < in->rows; row++) {
		if (live < in->nsel && in->sel[live] == row)
			live++;
		else
			clear_row(c, row);
	}
}

/* A constant as a column. */
static void
spread(const struct reg *r, uint32_t rows, struct arena *a, struct column *c)
{
	column_alloc(c, phys_of(r->type), rows, a);
	if (r->value.is_null) {
		memset(c->data, 0, rows * phys_bytes(c->phys));
		memset(column_nulls(c, rows, a), 1, rows);
		return;
	}
	for (uint32_t i = 0; i < rows; i++) {
		switch (c->phys) {
		case PHYS_U8:
			c->u8[i] = r->value.u8;
			break;
		case PHYS_I64:
			c->i64[i] = r->value.i64;
			break;
		case PHYS_I128:
			c->i128[i] = r->value.i128;
			break;
		case PHYS_F64:
			c->f64[i] = r->value.f64;
			break;
		case PHYS_STR:
			c->str[i] = r->value.str;
			break;
		}
	}
}

static void
tell_failures(struct program *p, const struct pass *pass,
	      struct eval_result *ret)
{
	struct failures *f = &p->failures;
	unsigned n = 0;

	ret->nerrors = f->n;
	ret->errors = NULL;
	if (f->n == 0)
		return;
	ret->errors = arena_array(pass->arena, f->n, struct eval_error);
	batch_each(pass->in, row) {
		if (!f->failed[row])
			continue;
		ret->errors[n++] = f->by_row[row];
		f->failed[row] = false;
	}
	CHECK(n == f->n);
	f->n = 0;
}

static struct pass
run_begin(struct program *p, const struct batch *in, int64_t wm_us,
	  struct arena *a)
{
	CHECK(in->rows <= BATCH_ROWS);
	CHECK(in->schema->ncols >= p->in->ncols);
	CHECK(p->failures.n == 0);
	return (struct pass){ .in = in, .arena = a, .rows = in->rows,
			      .wm_us = wm_us };
}

void
program_seed(struct program *p, uint64_t seed)
{
	p->seed = seed;
}

void
program_run(struct program *p, const struct batch *in, int64_t wm_us,
	    struct arena *a, struct eval_result *ret)
{
	struct pass pass = run_begin(p, in, wm_us, a);

	run_all(p, &pass);
	tell_failures(p, &pass, ret);
	ret->col = arena_array(a, p->nroots, struct column);
	for (unsigned i = 0; i < p->nroots; i++) {
		struct reg *r = &p->regs[p->roots[i]];

		if (r->kind == REG_CONST) {
			spread(r, pass.rows, a, &ret->col[i]);
			continue;
		}
		ret->col[i] = r->now;
		if (r->kind == REG_INPUT)
			continue;
		clear_dead_rows(&r->now, in);
		for (unsigned e = 0; e < ret->nerrors; e++)
			clear_row(&r->now, ret->errors[e].row);
	}
}

/* ---- filters ---- */

static uint32_t
filter_equal(const struct program *p, const struct batch *in, uint16_t *room)
{
	const struct column *c = &in->col[p->equal_column->column];
	uint64_t want[2], have[2];
	uint32_t n = 0;

	/* A NULL is 16 bytes of 0, as '' is. */
	if (c->nulls && p->equal_to.len == 0) {
		batch_each(in, row) {
			room[n] = (uint16_t)row;
			n += !c->nulls[row] && c->str[row].len == 0;
		}
		return n;
	}
	memcpy(want, &p->equal_to, sizeof(want));
	batch_each(in, row) {
		memcpy(have, &c->str[row], sizeof(have));
		room[n] = (uint16_t)row;
		n += (have[0] == want[0]) & (have[1] == want[1]);
	}
	return n;
}

/* Takes the rows in error out of the selection; both ascend. */
static uint32_t
drop_failed(uint16_t *rows, uint32_t n, const struct eval_result *res)
{
	uint32_t kept = 0;
	unsigned e = 0;

	for (uint32_t i = 0; i < n; i++) {
		while (e < res->nerrors && res->errors[e].row < rows[i])
			e++;
		if (e == res->nerrors || res->errors[e].row != rows[i])
			rows[kept++] = rows[i];
	}
	return kept;
}

void
program_filter(struct program *p, const struct batch *in, int64_t wm_us,
	       struct arena *a, const uint16_t **ret_sel, uint32_t *ret_n,
	       struct eval_result *ret)
{
	struct pass pass = run_begin(p, in, wm_us, a);
	uint16_t *room = arena_alloc(a, in->rows * sizeof(*room));
	uint32_t n;

	CHECK(p->nroots == 1);
	*ret = (struct eval_result){ .col = NULL };
	if (p->equal_column) {
		n = filter_equal(p, in, room);
	} else {
		run_all(p, &pass);
		tell_failures(p, &pass, ret);
		n = narrow_rows(&p->sels[0], &p->regs[p->roots[0]].vec,
				NARROW_TRUE, room);
		n = drop_failed(room, n, ret);
	}
	*ret_n = n;
	*ret_sel = n == in->nsel ? in->sel : room;
}

/* ---- constants ---- */

bool
program_fold(struct program *p, const struct insn *insn, struct value *ret)
{
	const struct kernel_call *call = insn->call;
	struct vec *args = arena_array(p->arena, call->nargs, struct vec);
	struct failures failures = { .untold = true };
	struct column out;
	uint8_t null_byte = 0;
	struct frame f = {
		.call = call,
		.arg = args,
		.out = &out,
		.null_room = &null_byte,
		.n = 1,
		.rows = 1,
		.arena = p->arena,
		.failures = &failures,
	};

	for (unsigned i = 0; i < call->nargs; i++)
		args[i] = p->regs[insn->regs[i]].vec;
	column_alloc(&out, phys_of(call->type), 1, p->arena);
	call_run(&f, insn->nulls);
	if (failures.n > 0)
		return false;
	*ret = column_value(&out, 0);
	return true;
}
