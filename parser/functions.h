/* SPDX-License-Identifier: Apache-2.0
 * parser/functions.h - the table of functions (parser/functions.def).
 */
#ifndef PARSER_FUNCTIONS_H
#define PARSER_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/types.h"

enum function_id {
	FN_NONE,
#define FUNCTION(id, name, signatures, nulls, flags, help, example, result) \
	FN_##id,
#include "parser/functions.def"
#undef FUNCTION
	FN_COUNT_OF
};

enum null_rule { NULLS_STRICT, NULLS_SEEN };

enum function_flags {
	FN_FAILS = 1,
	FN_DEAR = 2,
	FN_OPERATOR = 4,
	FN_SPECIAL = 8,
	FN_AGGREGATE = 16,
	FN_VOLATILE = 32,
	FN_ONCE = 64,
	FN_KEEPS_BACK = 128,
	FN_COLLECTS = 256,
	FN_OF_SETS = 512,
	FN_RANDOM = 1024,
	FN_REWRITTEN = 2048,
	FN_OWN_DISTINCT = 4096,
};

struct function {
	enum function_id id;
	const char *name;
	const char *signatures;
	enum null_rule nulls;
	unsigned flags;
	const char *help, *example, *result;
};

const struct function *function_get(enum function_id id);
/* By name without regard to case; operators and aliases (SUBSTR,
 * CHARACTER_LENGTH, ...) included where they can be called. NULL: unknown. */
const struct function *function_find(const char *name);
/* All names, for did-you-mean; *ret_n gets how many. */
const char *const *function_names(size_t *ret_n);
/* What Flink has for a function that other databases call so, as it is written;
 * NULL: nothing (functions_foreign.c). */
const char *function_of_others(const char *name);
/* Flink has a function of this name and sluice has not yet. */
bool function_is_planned(const char *name);
/* Says that there is no function of this name, or none yet, and which is meant;
 * -1. The place is the caller's. */
struct error;
int function_unknown(const char *name, struct error *err);

/* Finds the form that the arguments fit and says what each is converted to
 * (ret_args, n of them) and what comes out. `args` may be literals: text beside
 * a time is read as one, TO_TIMESTAMP_LTZ(n, 6) has six digits. Fails with
 * ERR_ARGUMENTS, its note listing the forms. Nested types live in the arena. */
struct expr;
struct error;
int function_resolve(const struct function *f, unsigned n,
		     struct expr *const *args, struct arena *a,
		     struct type *ret_args, struct type *ret,
		     struct error *err);
/* "SUBSTRING(text, integer), SUBSTRING(text, integer, integer)" */
void function_forms(const struct function *f, char *out, size_t size);

#endif
