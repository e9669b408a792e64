/* SPDX-License-Identifier: Apache-2.0
 * parser/signature.h - the little language of the signatures in functions.def.
 */
#ifndef PARSER_SIGNATURE_H
#define PARSER_SIGNATURE_H

#include <stdbool.h>

#include "base/types.h"

#define FORM_ARGS_MAX 4

/* "text integer... -> $1!" */
struct form {
	unsigned nargs;
	unsigned word[FORM_ARGS_MAX]; /* what signature.c knows them by */
	bool repeats; /* the last one, once or more */
	char result[24];
};

struct arena;
struct expr;

/* Reads the form at *pos and moves behind its ';'. False: no more. */
bool signature_next(const char **pos, struct form *ret);
/* Whether the arguments fit; says what each becomes, where NULLs and DOUBLEs
 * are left to signature_settle(), and the type that they share. */
bool signature_accepts(const struct form *form, unsigned n,
		       struct expr *const *exprs, struct arena *a,
		       struct type *ret_args, struct type *ret_shared);
void signature_settle(const struct form *form, unsigned n, struct type *args);
/* What an argument is called in messages. */
const char *signature_word(const struct form *form, unsigned arg);

#endif
