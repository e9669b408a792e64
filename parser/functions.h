/* SPDX-License-Identifier: Apache-2.0
 * parser/functions.h - the table of functions (parser/functions.def).
 */
#ifndef PARSER_FUNCTIONS_H
#define PARSER_FUNCTIONS_H

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

#endif
