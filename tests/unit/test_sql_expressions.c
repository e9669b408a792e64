/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_sql_expressions.c - expressions as users write them, through
 * parser, binder and program: the examples of functions.def, and long chains of
 * operators. What each function answers stands in tests/functions.
 */
#include "base/arena.h"
#include "base/check.h"
#include "parser/functions.h"
#include "tests/unit/expr_rig.h"
#include "tests/unit/test.h"

TEST(the_examples_of_all_functions_are_true)
{
	for (unsigned id = FN_NONE + 1; id < FN_COUNT_OF; id++) {
		const struct function *f = function_get(id);
		struct sql_case c = { f->example, f->result, NULL };

		if (!(f->flags & (FN_AGGREGATE | FN_OF_SETS)) && *f->result)
			sql_cases(&c, 1, NULL);
	}
}

/* "first", then "again" n times. */
static const char *
chain(struct arena *a, const char *first, const char *again, unsigned n)
{
	size_t bytes = strlen(first) + n * strlen(again) + 1, at;
	char *text = arena_bytes(a, bytes);

	at = (size_t)sprintf(text, "%s", first);
	for (unsigned i = 0; i < n; i++)
		at += (size_t)sprintf(text + at, "%s", again);
	return text;
}

TEST(a_long_chain_of_operators_is_no_deep_tree)
{
	const char *type, *text;
	struct arena a;

	arena_init(&a);
	EXPECT_STR(sql_answer(chain(&a, "ten = 10", " AND imax > ten", 2400), &a,
			    &type), "TRUE");
	EXPECT_STR(sql_answer(chain(&a, "ten = 1", " OR ten = imax", 2400), &a,
			    &type), "FALSE");
	EXPECT_STR(sql_answer(chain(&a, "ten = 1 OR NULL", " OR ten = imax",
				      2400), &a, &type), "NULL");
	EXPECT_STR(sql_answer(chain(&a, "ten = 1 OR 1 / ten = 0",
				      " OR 1 / (ten - 10) = 1", 1000), &a, &type),
		   "TRUE");
	EXPECT_STR(sql_answer(chain(&a, "ten", " + 1 - 2", 500), &a, &type),
		   "-490");
	text = chain(&a, "s", " || s", 3000);
	EXPECT_EQ(strlen(sql_answer(text, &a, &type)), 6 * 3001);
	EXPECT_STR(type, "STRING");
	EXPECT_STR(sql_answer(chain(&a, "s", " || snul", 100), &a, &type),
		   "NULL");
	EXPECT_STR(sql_answer(chain(&a, "ten", " + 1", 1001), &a, &type),
		   "!nested_too_deep: the expression has more than 1000 levels");
	EXPECT_STR(sql_answer(chain(&a, "ten = 1", " OR ten = 1", 4000), &a,
			    &type),
		   "!limit_exceeded: the expression has more than 10000 parts");
	arena_release(&a);
}
