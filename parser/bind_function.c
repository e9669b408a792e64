/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_function.c - CREATE FUNCTION: another name for a function that is
 * there. Of the Java classes that scripts name some do what one of ours does.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

static const struct known_class {
	const char *class, *function;
} known_classes[] = {
	{ "com.github.nexmark.flink.udf.CountChar", "COUNT_CHAR" },
};

static int
unknown_class(struct bind *b, const struct ast_statement *stmt)
{
	size_t n;
	const char *const *names = function_names(&n);
	const char *near = error_nearest(stmt->value, names, n);

	if (strchr(stmt->value, '.')) {
		bind_error(b, stmt->value_at, ERR_UNKNOWN_FUNCTION,
			   "the class %s is not one that sluice has a function "
			   "for", stmt->value);
		error_note(b->err, "sluice runs no Java: AS takes the name of "
			   "a function, AS 'UPPER'; of classes it knows %s",
			   known_classes[0].class);
		return -1;
	}
	bind_error(b, stmt->value_at, ERR_UNKNOWN_FUNCTION,
		   "there is no function %s", stmt->value);
	if (near)
		error_hint(b->err, "did you mean '%s'?", near);
	return -1;
}

int
bind_function_definition(struct bind *b, const struct ast_statement *stmt,
			 const struct function **ret)
{
	const char *name = stmt->name.part[stmt->name.nparts - 1];
	const char *stands_for = stmt->value;

	for (size_t i = 0; i < ARRAY_LEN(known_classes); i++)
		if (strcmp(stmt->value, known_classes[i].class) == 0)
			stands_for = known_classes[i].function;
	*ret = function_find(stands_for);
	if (!*ret)
		return unknown_class(b, stmt);
	if ((*ret)->flags & FN_AGGREGATE)
		return bind_error(b, stmt->value_at, ERR_UNSUPPORTED,
				  "another name for the aggregate function %s "
				  "is not supported", (*ret)->name);
	if (function_find(name) && function_find(name) != *ret)
		return bind_error(b, stmt->name.at, ERR_EXISTS,
				  "%s is a function of sluice itself", name);
	return 0;
}
