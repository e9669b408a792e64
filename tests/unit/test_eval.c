/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_eval.c - compiled programs: what is evaluated for which row,
 * whose error counts, what is shared, and what a result looks like.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/time.h"
#include "runtime/eval.h"
#include "runtime/kernels/kernel.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

#define ROWS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct arena arena;

static const char *
run(const char *types, const char *exprs, const char *const *rows)
{
	arena_release(&arena);
	arena_init(&arena);
	return erig_run(&arena, types, exprs, rows);
}

static const char *
filter(const char *types, const char *expr, const char *const *rows)
{
	arena_release(&arena);
	arena_init(&arena);
	return erig_filter(&arena, types, expr, rows);
}

static void __attribute__((destructor))
release(void)
{
	arena_release(&arena);
}

#define TEN_BY_X "DIV:INT(INT'10', #0)"
#define X_NOT_0 "NE:BOOLEAN(#0, INT'0')"

TEST(each_row_has_its_own_value_or_error)
{
	EXPECT_STR(run("INT", TEN_BY_X, ROWS("5", "0", "~", "-3")),
		   "2 !division_by_zero@0 NULL -3");
}

TEST(dead_rows_are_not_evaluated)
{
	EXPECT_STR(run("INT", TEN_BY_X, ROWS(".0", "5", ".0", "2", ".~")),
		   ". 2 . 5 .");
	EXPECT_STR(run("INT", TEN_BY_X, ROWS(".0", ".0")), ". .");
	EXPECT_STR(run("INT", "ADD:INT(#0, INT'1')", ROWS(".0", "5")), ". 6");
}

TEST(and_guards_its_right_side)
{
	const char *expr = "AND:BOOLEAN(" X_NOT_0 ", GT:BOOLEAN(" TEN_BY_X
			   ", INT'1'))";

	EXPECT_STR(run("INT", expr, ROWS("5", "0", "~", "20")),
		   "TRUE FALSE NULL FALSE");
}

TEST(the_right_side_of_and_is_evaluated_where_the_left_is_null)
{
	EXPECT_STR(run("BOOLEAN|INT",
		       "AND:BOOLEAN(#0, EQ:BOOLEAN(DIV:INT(INT'1', #1), "
		       "INT'1'))",
		       ROWS("~|0", "false|0", "true|0", "~|1", "~|2")),
		   "!division_by_zero@0 FALSE !division_by_zero@0 NULL FALSE");
}

TEST(or_guards_its_right_side)
{
	EXPECT_STR(run("INT",
		       "OR:BOOLEAN(EQ:BOOLEAN(#0, INT'0'), GT:BOOLEAN(" TEN_BY_X
		       ", INT'1'))",
		       ROWS("0", "5", "20", "~")),
		   "TRUE TRUE FALSE NULL");
	EXPECT_STR(run("BOOLEAN|INT",
		       "OR:BOOLEAN(#0, EQ:BOOLEAN(DIV:INT(INT'1', #1), "
		       "INT'1'))",
		       ROWS("~|0", "true|0", "~|1", "~|2")),
		   "!division_by_zero@0 TRUE TRUE NULL");
}

TEST(a_failing_left_side_is_not_guarded_by_the_right)
{
	EXPECT_STR(run("INT",
		       "AND:BOOLEAN(GT:BOOLEAN(" TEN_BY_X ", INT'1'), " X_NOT_0
		       ")",
		       ROWS("0", "5")),
		   "!division_by_zero@0 TRUE");
}

TEST(a_chain_of_ands_narrows_from_left_to_right)
{
	const char *chain =
		"AND:BOOLEAN(AND:BOOLEAN(" X_NOT_0
		", NE:BOOLEAN(DIV:INT(INT'10', #0), INT'0')), "
		"EQ:BOOLEAN(DIV:INT(INT'2', DIV:INT(INT'10', #0)), INT'1'))";

	EXPECT_STR(run("INT", chain, ROWS("0", "20", "5", "2")),
		   "FALSE FALSE TRUE FALSE");
	EXPECT_STR(filter("INT", chain, ROWS("0", "20", "5", ".5", "2")), "2");
}

TEST(case_evaluates_the_branch_that_a_row_reaches)
{
	EXPECT_STR(run("INT",
		       "CASE:INT(EQ:BOOLEAN(#0, INT'0'), INT'-1', " TEN_BY_X
		       ")",
		       ROWS("5", "0", "~", ".0")),
		   "2 -1 NULL .");
	EXPECT_STR(run("INT",
		       "CASE:INT(BOOLEAN'false', DIV:INT(INT'1', INT'0'), #0)",
		       ROWS("5", "6")),
		   "5 6");
	EXPECT_STR(run("INT",
		       "CASE:STRING(LT:BOOLEAN(#0, INT'0'), STRING'minus', "
		       "EQ:BOOLEAN(#0, INT'0'), STRING~, STRING'plus')",
		       ROWS("5", "0", "-5", "~")),
		   "plus NULL minus plus");
}

TEST(later_conditions_are_not_evaluated_for_taken_rows)
{
	EXPECT_STR(run("INT",
		       "CASE:INT(EQ:BOOLEAN(#0, INT'0'), INT'0', "
		       "GT:BOOLEAN(" TEN_BY_X ", INT'1'), INT'1', INT'2')",
		       ROWS("0", "5", "100", "~")),
		   "0 1 2 2");
}

TEST(an_error_in_a_branch_or_a_condition_is_the_rows)
{
	EXPECT_STR(run("INT",
		       "CASE:INT(EQ:BOOLEAN(#0, INT'0'), " TEN_BY_X ", INT'3')",
		       ROWS("0", "5")),
		   "!division_by_zero@0 3");
	EXPECT_STR(run("INT",
		       "CASE:INT(EQ:BOOLEAN(" TEN_BY_X ", INT'2'), INT'1', "
		       "INT'3')",
		       ROWS("0", "5", "6")),
		   "!division_by_zero@0 1 3");
}

TEST(if_coalesce_and_nullif_are_lazy)
{
	EXPECT_STR(run("INT", "IF:INT(" X_NOT_0 ", " TEN_BY_X ", INT'7')",
		       ROWS("0", "5", "~")),
		   "7 2 7");
	EXPECT_STR(run("INT|INT", "COALESCE:INT(#0, DIV:INT(INT'10', #1))",
		       ROWS("1|0", "~|5", "~|0", "~|~")),
		   "1 2 !division_by_zero@0 NULL");
	EXPECT_STR(run("INT|INT", "COALESCE:INT(#0, #1, INT'9')",
		       ROWS("1|0", "~|5", "~|~")),
		   "1 5 9");
	EXPECT_STR(run("INT|INT", "NULLIF:INT(#0, #1)",
		       ROWS("1|2", "1|1", "~|1", "1|~", "~|~")),
		   "1 NULL NULL 1 NULL");
	EXPECT_STR(run("STRING", "COALESCE:STRING(#0, STRING'none')",
		       ROWS("a", "~", "the quick brown fox")),
		   "a none the quick brown fox");
}

TEST(a_coalesced_failure_is_still_a_failure)
{
	EXPECT_STR(run("INT", "COALESCE:INT(" TEN_BY_X ", INT'1')",
		       ROWS("0", "5", "~")),
		   "!division_by_zero@0 2 1");
}

TEST(the_first_expression_that_fails_names_the_error)
{
	EXPECT_STR(run("INT|STRING",
		       "#0;DIV:INT(INT'1', #0);CAST:INT(#1);DIV:INT(INT'2', "
		       "#0)",
		       ROWS("1|5", "0|x", "1|x", "0|5")),
		   "1|1|5|2 !division_by_zero@1 !cast_failed@2 "
		   "!division_by_zero@1");
}

TEST(a_guarded_part_is_not_taken_for_an_unguarded_one)
{
	/* 10 / x under the guard knows nothing of x = 0; computed again. */
	EXPECT_STR(run("INT",
		       "AND:BOOLEAN(" X_NOT_0 ", GT:BOOLEAN(" TEN_BY_X
		       ", INT'1'));" TEN_BY_X,
		       ROWS("0", "5", "20")),
		   "!division_by_zero@1 TRUE|2 FALSE|0");
	/* The other way round it is known under the guard too. */
	EXPECT_STR(run("INT",
		       TEN_BY_X ";AND:BOOLEAN(" X_NOT_0
				", GT:BOOLEAN(" TEN_BY_X ", INT'1'))",
		       ROWS("0", "5", "20")),
		   "!division_by_zero@0 2|TRUE 0|FALSE");
}

TEST(branches_do_not_share_what_only_one_computed)
{
	EXPECT_STR(run("INT|INT",
		       "CASE:INT(GT:BOOLEAN(#1, INT'0'), DIV:INT(#0, #1), "
		       "LT:BOOLEAN(#1, INT'0'), SUB:INT(INT'0', DIV:INT(#0, "
		       "#1)), INT'0')",
		       ROWS("10|2", "10|-2", "10|0", "9|3")),
		   "5 5 0 3");
}

TEST(constants_and_columns_can_be_results)
{
	EXPECT_STR(run("INT|STRING",
		       "INT'7';#1;STRING~;#0;STRING'thirteen bytes';#1",
		       ROWS("1|a", "~|~", ".5|x")),
		   "7|a|NULL|1|thirteen bytes|a "
		   "7|NULL|NULL|NULL|thirteen bytes|NULL .");
}

TEST(results_of_input_columns_share_their_arrays)
{
	struct arena a;
	struct schema *s;
	struct batch *b;
	const struct expr *exprs[2];
	struct error err = ERROR_INIT;
	struct eval_result res;
	struct program *p;

	arena_init(&a);
	s = erig_schema(&a, "INT|STRING");
	b = erig_batch(s, ROWS("1|a", "2|b"));
	exprs[0] = erig_expr(&a, "#1", s);
	exprs[1] = erig_expr(&a, "ADD:INT(#0, INT'1')", s);
	EXPECT(program_compile(exprs, 2, s, NULL, &a, &p, &err) == 0);
	program_run(p, b, TIME_NONE, &a, &res);
	EXPECT(res.col[0].data == b->col[1].data);
	EXPECT(res.col[1].data != b->col[0].data);
	EXPECT(res.col[1].nulls == NULL);
	batch_unref(b);
	arena_release(&a);
}

TEST(results_of_one_run_outlive_the_next)
{
	struct arena a;
	struct schema *s;
	struct batch *b[2];
	const struct expr *e;
	struct error err = ERROR_INIT;
	struct eval_result res[2];
	struct program *p;

	arena_init(&a);
	s = erig_schema(&a, "STRING");
	b[0] = erig_batch(s, ROWS("the quick brown fox"));
	b[1] = erig_batch(s, ROWS("jumps over the lazy dog"));
	e = erig_expr(&a, "UPPER:STRING(CONCAT:STRING(#0, STRING'!'))", s);
	EXPECT(program_compile(&e, 1, s, NULL, &a, &p, &err) == 0);
	for (int i = 0; i < 2; i++)
		program_run(p, b[i], TIME_NONE, &a, &res[i]);
	EXPECT(memcmp(str_data(&res[0].col[0].str[0]), "THE QUICK BROWN FOX!",
		      20) == 0);
	EXPECT(memcmp(str_data(&res[1].col[0].str[0]), "JUMPS OVER", 10) == 0);
	batch_unref(b[0]);
	batch_unref(b[1]);
	arena_release(&a);
}

TEST(an_error_has_place_and_detail)
{
	struct arena a;
	struct schema *s;
	struct batch *b;
	struct expr *e;
	const struct expr *root;
	struct error err = ERROR_INIT;
	struct eval_result res;
	struct program *p;

	arena_init(&a);
	s = erig_schema(&a, "STRING");
	b = erig_batch(s, ROWS("1", "abc", "2", "x y"));
	e = erig_expr(&a, "ADD:INT(CAST:INT(#0), INT'1')", s);
	e->args[0]->at = (struct span){ .offset = 17, .length = 4 };
	root = e;
	EXPECT(program_compile(&root, 1, s, NULL, &a, &p, &err) == 0);
	program_run(p, b, TIME_NONE, &a, &res);
	EXPECT_EQ(res.nerrors, 2);
	EXPECT_EQ(res.errors[0].row, 1);
	EXPECT_EQ(res.errors[1].row, 3);
	EXPECT_EQ(res.errors[0].code, ERR_CAST_FAILED);
	EXPECT_EQ(res.errors[0].at.offset, 17);
	EXPECT_STR(res.errors[0].detail, "'abc' cannot be cast to INT");
	EXPECT_EQ(res.col[0].i64[1], 0);
	EXPECT_EQ(res.col[0].i64[2], 3);
	/* and nothing of it is left for the next batch */
	b->rows = b->nsel = 1;
	program_run(p, b, TIME_NONE, &a, &res);
	EXPECT_EQ(res.nerrors, 0);
	batch_unref(b);
	arena_release(&a);
}

TEST(a_filter_keeps_the_rows_that_are_true)
{
	EXPECT_STR(filter("INT", "GT:BOOLEAN(#0, INT'1')",
			  ROWS("1", "2", "~", ".7", "3")),
		   "1 4");
	EXPECT_STR(filter("INT", "GT:BOOLEAN(#0, INT'1')", ROWS("5", "2")),
		   "0 1 all");
	EXPECT_STR(filter("INT", "GT:BOOLEAN(#0, INT'1')", ROWS("5", ".2")),
		   "0");
	EXPECT_STR(filter("INT", "GT:BOOLEAN(#0, INT'1')", ROWS("0")), "");
	EXPECT_STR(filter("BOOLEAN", "#0", ROWS("true", "false", "~")), "0");
	EXPECT_STR(filter("INT", "BOOLEAN'true'", ROWS("1", ".2", "3")),
		   "0 2");
	EXPECT_STR(filter("INT", "BOOLEAN~", ROWS("1", "2")), "");
}

TEST(a_filter_tells_rows_in_error_apart)
{
	EXPECT_STR(filter("INT", "GT:BOOLEAN(" TEN_BY_X ", INT'1')",
			  ROWS("0", "5", "0", "20", ".0")),
		   "1 !0 !2");
	EXPECT_STR(filter("INT",
			  "OR:BOOLEAN(GT:BOOLEAN(" TEN_BY_X
			  ", INT'1'), BOOLEAN'true')",
			  ROWS("0", "5")),
		   "1 !0");
}

TEST(a_filter_by_short_text_compares_sixteen_bytes)
{
	EXPECT_STR(filter("STRING", "EQ:BOOLEAN(#0, STRING'the')",
			  ROWS("the", "then", "~", "th", ".the", "the")),
		   "0 5");
	EXPECT_STR(filter("STRING", "EQ:BOOLEAN(STRING'twelve bytes', #0)",
			  ROWS("twelve bytes", "twelve bytes!")),
		   "0");
	EXPECT_STR(filter("STRING", "EQ:BOOLEAN(#0, STRING'')",
			  ROWS("~", "", "a")),
		   "1");
	EXPECT_STR(filter("STRING", "EQ:BOOLEAN(#0, STRING'thirteen bytes')",
			  ROWS("thirteen bytes", "thirteen bytez", "a")),
		   "0");
	EXPECT_STR(filter("STRING", "EQ:BOOLEAN(#0, STRING~)", ROWS("a")), "");
	EXPECT_STR(filter("STRING", "NE:BOOLEAN(#0, STRING'a')",
			  ROWS("a", "b", "~")),
		   "1");
}

TEST(many_branches_share_scratch_without_mixing_values)
{
	char expr[8192] = "CASE:INT(";
	size_t n = strlen(expr);

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(
			expr + n, sizeof(expr) - n,
			"EQ:BOOLEAN(#0, INT'%d'), ADD:INT(MUL:INT(#0, "
			"INT'%d'), DIV:INT(INT'%d', #0)), ",
			i, i + 1, i * 10);
	snprintf(expr + n, sizeof(expr) - n, "INT'-1')");
	EXPECT_STR(run("INT", expr, ROWS("0", "1", "7", "39", "40", "~")),
		   "!division_by_zero@0 12 66 1570 -1 -1");
}

TEST(nested_blocks_keep_their_selections)
{
	const char *expr =
		"CASE:INT(GT:BOOLEAN(#0, INT'0'), "
		"CASE:INT(GT:BOOLEAN(#0, INT'10'), INT'2', "
		"COALESCE:INT(NULLIF:INT(#1, INT'0'), DIV:INT(#0, #1))), "
		"IF:INT(IS_NULL:BOOLEAN(#0), INT'-1', INT'0'))";

	EXPECT_STR(run("INT|INT", expr,
		       ROWS("20|0", "5|3", "5|0", "-5|0", "~|0", ".5|0")),
		   "2 3 !division_by_zero@0 0 -1 .");
}

TEST(every_scalar_function_has_a_kernel)
{
	for (unsigned id = FN_NONE + 1; id < FN_COUNT_OF; id++) {
		const struct function *f = function_get(id);
		const struct kernel *k = kernel_get(id);

		if (f->flags & (FN_AGGREGATE | FN_OF_SETS)) {
			if (k)
				FAIL("%s is an aggregate", f->name);
		} else if (!(f->flags & (FN_SPECIAL | FN_REWRITTEN))) {
			if (!k)
				FAIL("%s has no kernel", f->name);
			EXPECT_EQ(k->function, id);
		}
	}
}

TEST(every_special_function_compiles_to_a_block)
{
	static const struct eval_case cases[] = {
		{ "AND:BOOLEAN(BOOLEAN'true', BOOLEAN'true')", "TRUE" },
		{ "OR:BOOLEAN(BOOLEAN'false', BOOLEAN'true')", "TRUE" },
		{ "CASE:INT(BOOLEAN'true', INT'1', INT'2')", "1" },
		{ "IF:INT(BOOLEAN'false', INT'1', INT'2')", "2" },
		{ "COALESCE:INT(INT~, INT'7')", "7" },
		{ "NULLIF:INT(INT'1', INT'2')", "1" },
	};
	unsigned special = 0;

	EVAL_CASES(cases);
	for (unsigned id = FN_NONE + 1; id < FN_COUNT_OF; id++)
		special += (function_get(id)->flags & FN_SPECIAL) != 0;
	EXPECT_EQ(special, ARRAY_LEN(cases));
}

TEST(a_call_without_a_kernel_for_its_types_is_refused)
{
	struct arena a;
	struct error err = ERROR_INIT;
	const struct expr *e;
	struct schema *s;
	struct program *p;

	arena_init(&a);
	s = erig_schema(&a, "INT|STRING");
	e = erig_expr(&a, "ADD:INT(#0, #1)", s);
	EXPECT(program_compile(&e, 1, s, NULL, &a, &p, &err) < 0);
	EXPECT_EQ(err.code, ERR_UNSUPPORTED);
	EXPECT_STR(err.message, "+ is not implemented for INT");
	e = erig_expr(&a, "CAST:DATE(#0)", s);
	EXPECT(program_compile(&e, 1, s, NULL, &a, &p, &err) < 0);
	EXPECT_EQ(err.code, ERR_UNSUPPORTED);
	EXPECT_STR(err.message, "there is no conversion from INT to DATE");
	arena_release(&a);
}

TEST(a_constant_that_fails_says_why)
{
	struct arena a;
	struct error err = ERROR_INIT;
	struct value v;

	arena_init(&a);
	EXPECT(eval_constant(erig_expr(&a, "CAST:INT(STRING'x')", NULL), NULL,
			     &a, &v, &err) < 0);
	EXPECT_EQ(err.code, ERR_CAST_FAILED);
	EXPECT_STR(err.message, "'x' cannot be cast to INT");
	arena_release(&a);
}

TEST(an_empty_batch_gives_empty_columns)
{
	EXPECT_STR(run("INT|STRING", "ADD:INT(#0, INT'1');UPPER:STRING(#1)",
		       ((const char *const[]){ NULL })),
		   "");
}
