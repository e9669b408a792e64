/* SPDX-License-Identifier: Apache-2.0
 * runtime/eval_scratch.c - memory for what a program computes on the way: as
 * few slots as can be, so that they stay in the cache; two registers share one
 * when the last reader of the first comes before the second is written.
 */
#include "runtime/eval_program.h"

/* Slots of one size, and which of them are free. */
struct slots {
	size_t bytes;
	bool with_nulls;
	unsigned *free;
	unsigned nfree;
};

struct allocator {
	struct program *p;
	unsigned *reg_last, *sel_last; /* last instruction that reads it */
	struct slots values[3];        /* of 1, 8, 16 bytes */
	struct slots selections;
};

static struct slots *
slots_for(struct allocator *al, enum phys phys)
{
	size_t bytes = phys_bytes(phys);

	return &al->values[bytes == 1 ? 0 : bytes == 8 ? 1 : 2];
}

static unsigned
slot_take(struct allocator *al, struct slots *s)
{
	struct program *p = al->p;
	struct slot *slot;

	if (s->nfree > 0)
		return s->free[--s->nfree];
	slot = &p->slots[p->nslots];
	slot->data = arena_alloc(p->arena, BATCH_ROWS * s->bytes);
	if (s->with_nulls)
		slot->nulls = arena_alloc(p->arena, BATCH_ROWS);
	return p->nslots++;
}

static void
find_last_reads(struct allocator *al)
{
	const struct program *p = al->p;

	for (unsigned i = 0; i < p->ninsns; i++) {
		const struct insn *insn = &p->insns[i];

		al->sel_last[insn->sel] = i;
		for (unsigned k = 0; k < insn->n; k++) {
			al->reg_last[insn->regs[k]] = i;
			if (insn->sels)
				al->sel_last[insn->sels[k]] = i;
		}
		if (insn->kind == INSN_NARROW) /* read by nobody: gone at once */
			al->sel_last[insn->out] = i;
		else
			al->reg_last[insn->out] = i;
	}
}

static void
give_reg(struct allocator *al, struct reg *r)
{
	if (!r->is_root)
		r->slot = slot_take(al, slots_for(al, phys_of(r->type)));
}

static void
free_reg(struct allocator *al, unsigned reg, unsigned insn)
{
	struct reg *r = &al->p->regs[reg];
	struct slots *s = slots_for(al, phys_of(r->type));

	if (r->kind != REG_TEMP || r->is_root || al->reg_last[reg] != insn)
		return;
	al->reg_last[reg] = UINT32_MAX; /* once, though read twice here */
	s->free[s->nfree++] = r->slot;
}

static void
free_sel(struct allocator *al, unsigned sel, unsigned insn)
{
	struct slots *s = &al->selections;

	if (sel == 0 || al->sel_last[sel] != insn)
		return;
	al->sel_last[sel] = UINT32_MAX;
	s->free[s->nfree++] = al->p->sels[sel].slot;
}

/* What an instruction writes gets its memory before what it reads last gives
 * its own back: no kernel works in place. */
static void
take_slots(struct allocator *al)
{
	struct program *p = al->p;

	for (unsigned i = 0; i < p->ninsns; i++) {
		const struct insn *insn = &p->insns[i];

		if (insn->kind == INSN_NARROW) {
			p->sels[insn->out].slot =
				slot_take(al, &al->selections);
			free_sel(al, insn->out, i);
		} else {
			give_reg(al, &p->regs[insn->out]);
			free_reg(al, insn->out, i);
		}
		for (unsigned k = 0; k < insn->n; k++) {
			free_reg(al, insn->regs[k], i);
			if (insn->sels)
				free_sel(al, insn->sels[k], i);
		}
		free_sel(al, insn->sel, i);
	}
}

void
program_give_scratch(struct program *p)
{
	static const size_t sizes[] = { 1, 8, 16 };
	struct allocator al = { .p = p };
	struct arena *a = p->arena;

	p->slots = arena_array(a, p->nregs + p->nsels, struct slot);
	al.reg_last = arena_array(a, p->nregs, unsigned);
	al.sel_last = arena_array(a, p->nsels, unsigned);
	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
		al.values[i].bytes = sizes[i];
		al.values[i].with_nulls = true;
		al.values[i].free = arena_array(a, p->nregs, unsigned);
	}
	al.selections.bytes = sizeof(uint16_t);
	al.selections.free = arena_array(a, p->nsels, unsigned);
	find_last_reads(&al);
	take_slots(&al);
}
