/* SPDX-License-Identifier: Apache-2.0
 * runtime/eval_program.h - the inside of a compiled program, between its
 * compiler (eval_compile.c) and its machine (eval.c).
 *
 * A program is a flat list of instructions in static single assignment: each
 * writes one register (a column) or one selection, under a selection that was
 * made before. Selections form a tree with the batch's live rows as root 0;
 * what was computed under a selection may be read under it and all below.
 */
#ifndef RUNTIME_EVAL_PROGRAM_H
#define RUNTIME_EVAL_PROGRAM_H

#include "runtime/eval.h"
#include "runtime/kernels/kernel.h"

enum reg_kind {
	REG_INPUT, /* column of the batch */
	REG_CONST,
	REG_TEMP, /* written by one instruction */
};

struct reg {
	enum reg_kind kind;
	struct type type;
	uint16_t column;    /* REG_INPUT */
	struct value value; /* REG_CONST */
	uint8_t null_byte;  /* REG_CONST: what vec.nulls points to */
	bool is_root;       /* its memory is the caller's, not scratch */
	unsigned slot;      /* else: which scratch */
	struct column now;  /* of the running batch; not for constants */
	struct vec vec;
};

enum narrow {
	NARROW_TRUE,
	NARROW_NOT_TRUE,
	NARROW_NOT_FALSE,
	NARROW_NULL,
	NARROW_NOT_NULL,
};

struct selection {
	unsigned parent; /* of 0: 0 */
	unsigned slot;
	const uint16_t *rows; /* of the running batch; NULL: 0..n */
	uint32_t n;
};

enum insn_kind {
	INSN_CALL,   /* regs -> out by call */
	INSN_NARROW, /* selection out: rows of `sel` where regs[0] is `narrow` */
	INSN_MERGE,  /* out: of regs[i] the rows of sels[i], which are disjoint
		      * and together `sel` */
};

struct insn {
	enum insn_kind kind;
	enum narrow narrow;
	unsigned sel;
	unsigned out; /* register, or selection of INSN_NARROW */
	unsigned n;
	const unsigned *regs;
	const unsigned *sels;
	struct kernel_call *call;
	const struct expr *expr;
	enum null_rule nulls;
	uint16_t root;
};

/* Memory for registers and selections, reused once nobody reads them. */
struct slot {
	void *data;
	uint8_t *nulls; /* not for selections */
};

struct program {
	const struct schema *in;
	unsigned nroots;
	const unsigned *roots; /* registers */
	unsigned nregs, nsels, ninsns, nslots, args_max;
	struct reg *regs;
	struct selection *sels;
	struct insn *insns;
	struct slot *slots;
	struct vec *args; /* room for one call's */
	struct arena *arena;
	uint64_t seed;
	struct failures failures;
	/* WHERE text = 'short': the predicate in one loop (program_filter) */
	const struct reg *equal_column;
	struct str equal_to;
};

/* Gives each register and selection its slot (eval_scratch.c). */
void program_give_scratch(struct program *p);
/* Computes one row of constants while compiling; false: it failed. */
bool program_fold(struct program *p, const struct insn *insn,
		  struct value *ret);

#endif
