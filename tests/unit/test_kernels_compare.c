/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_kernels_compare.c - comparisons of every type, truth tables
 * with NULL, IN lists.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

/* The six operators over `left op right`, as one word of T and F. */
static void
expect_order(const char *left, const char *right, const char *want)
{
	static const char *const names[] = { "EQ", "NE", "LT",
					     "LE", "GT", "GE" };
	struct eval_case c;
	char text[256];

	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "%s:BOOLEAN(%s, %s)", names[i],
			 left, right);
		c.expr = text;
		c.want = want[i] == 'T' ? "TRUE"
			 : want[i] == 'F' ? "FALSE"
					  : "NULL";
		eval_cases(&c, 1, NULL);
	}
}

#define LESS "FTTTFF"
#define EQUAL "TFFTFT"
#define GREATER "FTFFTT"
#define UNORDERED "FTFFFF"
#define UNKNOWN "NNNNNN"

TEST(numbers_compare_by_value)
{
	expect_order("INT'1'", "INT'2'", LESS);
	expect_order("INT'2'", "BIGINT'2'", EQUAL);
	expect_order("BIGINT'9223372036854775807'", "INT'-1'", GREATER);
	expect_order("INT'2'", "INT~", UNKNOWN);
	expect_order("INT~", "INT~", UNKNOWN);
	expect_order("DOUBLE'1.5'", "DOUBLE'2.5'", LESS);
	expect_order("DOUBLE'0.0'", "DOUBLE'-0.0'", EQUAL);
	expect_order("FLOAT'1.5'", "DOUBLE'1.5'", EQUAL);
	expect_order("BOOLEAN'false'", "BOOLEAN'true'", LESS);
	expect_order("BOOLEAN'true'", "BOOLEAN'true'", EQUAL);
}

TEST(nan_equals_nothing_and_is_in_no_order)
{
	expect_order("DOUBLE'nan'", "DOUBLE'1'", UNORDERED);
	expect_order("DOUBLE'nan'", "DOUBLE'nan'", UNORDERED);
	expect_order("DOUBLE'1'", "DOUBLE'nan'", UNORDERED);
	expect_order("DOUBLE'inf'", "DOUBLE'1e308'", GREATER);
}

TEST(decimals_of_different_scales_compare_by_value)
{
	expect_order("DECIMAL(4,2)'1.50'", "DECIMAL(4,1)'1.5'", EQUAL);
	expect_order("DECIMAL(4,2)'1.50'", "DECIMAL(4,2)'1.51'", LESS);
	expect_order("DECIMAL(4,2)'-1.50'", "DECIMAL(4,1)'-1.6'", GREATER);
	expect_order("DECIMAL(30,10)'1.5'", "DECIMAL(4,1)'1.5'", EQUAL);
	expect_order("DECIMAL(38,0)'99999999999999999999999999999999999999'",
		     "DECIMAL(38,38)'0.5'", GREATER);
	expect_order("DECIMAL(38,38)'0.5'",
		     "DECIMAL(38,0)'99999999999999999999999999999999999999'",
		     LESS);
	expect_order("DECIMAL(38,0)'-99999999999999999999999999999999999999'",
		     "DECIMAL(38,38)'-0.5'", LESS);
	expect_order("DECIMAL(20,0)'5'", "DECIMAL(20,0)'5'", EQUAL);
}

TEST(text_compares_by_code_point_without_padding)
{
	expect_order("STRING'a'", "STRING'a '", LESS);
	expect_order("STRING'a'", "STRING'B'", GREATER);
	expect_order("STRING'\xc3\xa9'", "STRING'z'", GREATER);
	expect_order("STRING''", "STRING'a'", LESS);
	expect_order("STRING'abcdefghijklm'", "STRING'abcdefghijklm'", EQUAL);
	expect_order("STRING'abcdefghijkl'", "STRING'abcdefghijklm'", LESS);
	expect_order("STRING'abcdefghijklmn'", "STRING'abcdefghijklmo'", LESS);
	expect_order("CHAR(3)'a  '", "CHAR(3)'a'", GREATER);
	expect_order("STRING''", "STRING''", EQUAL);
	expect_order("STRING~", "STRING''", UNKNOWN);
	expect_order("BYTES'\xff'", "BYTES'a'", GREATER);
}

TEST(time_compares_within_its_kind)
{
	expect_order("TIMESTAMP(3)'2026-01-02 03:04:05'",
		     "TIMESTAMP(6)'2026-01-02 03:04:05.000001'", LESS);
	expect_order("DATE'2026-01-02'", "DATE'2026-01-02'", EQUAL);
	expect_order("TIME'03:04:05'", "TIME'03:04:04'", GREATER);
	expect_order("LTZ'2026-01-02 00:00:00'", "LTZ'1960-01-02 00:00:00'",
		     GREATER);
	expect_order("INTERVAL_MS'1'", "INTERVAL_MS'2'", LESS);
}

TEST(distinct_from_takes_null_for_a_value)
{
	static const struct eval_case cases[] = {
		{ "DISTINCT_FROM:BOOLEAN(INT'1', INT'2')", "TRUE" },
		{ "DISTINCT_FROM:BOOLEAN(INT'1', INT'1')", "FALSE" },
		{ "DISTINCT_FROM:BOOLEAN(INT~, INT'0')", "TRUE" },
		{ "DISTINCT_FROM:BOOLEAN(INT'0', INT~)", "TRUE" },
		{ "DISTINCT_FROM:BOOLEAN(INT~, INT~)", "FALSE" },
		{ "NOT_DISTINCT_FROM:BOOLEAN(STRING~, STRING'')", "FALSE" },
		{ "NOT_DISTINCT_FROM:BOOLEAN(STRING'', STRING~)", "FALSE" },
		{ "NOT_DISTINCT_FROM:BOOLEAN(STRING~, STRING~)", "TRUE" },
		{ "NOT_DISTINCT_FROM:BOOLEAN(STRING'a', STRING'a')", "TRUE" },
		{ "NOT_DISTINCT_FROM:BOOLEAN(STRING'abcdefghijklmn', "
		  "STRING'abcdefghijklmn')",
		  "TRUE" },
		{ "NOT_DISTINCT_FROM:BOOLEAN(DECIMAL(20,1)'1.5', "
		  "DECIMAL(4,2)'1.50')",
		  "TRUE" },
		{ "NOT_DISTINCT_FROM:BOOLEAN(DOUBLE'nan', DOUBLE'nan')",
		  "FALSE" },
	};

	EVAL_CASES(cases);
}

TEST(logic_has_three_values)
{
	static const char *const values[] = { "true", "false", "~" };
	static const char *const and_table[] = {
		"TRUE", "FALSE", "NULL",  "FALSE", "FALSE",
		"FALSE", "NULL", "FALSE", "NULL",
	};
	static const char *const or_table[] = {
		"TRUE", "TRUE", "TRUE", "TRUE", "FALSE",
		"NULL", "TRUE", "NULL", "NULL",
	};
	struct eval_case c;
	char text[128], x[32], y[32];

	for (int i = 0; i < 9; i++) {
		const char *a = values[i / 3], *b = values[i % 3];

		snprintf(x, sizeof(x), a[0] == '~' ? "BOOLEAN~" : "BOOLEAN'%s'",
			 a);
		snprintf(y, sizeof(y), b[0] == '~' ? "BOOLEAN~" : "BOOLEAN'%s'",
			 b);
		snprintf(text, sizeof(text), "AND:BOOLEAN(%s, %s)", x, y);
		c = (struct eval_case){ text, and_table[i] };
		eval_cases(&c, 1, NULL);
		snprintf(text, sizeof(text), "OR:BOOLEAN(%s, %s)", x, y);
		c = (struct eval_case){ text, or_table[i] };
		eval_cases(&c, 1, NULL);
		/* the same with a right side that narrows the selection */
		snprintf(text, sizeof(text),
			 "AND:BOOLEAN(%s, CAST:BOOLEAN(CAST:STRING(%s)))", x,
			 y);
		c = (struct eval_case){ text, and_table[i] };
		eval_cases(&c, 1, NULL);
		snprintf(text, sizeof(text),
			 "OR:BOOLEAN(%s, CAST:BOOLEAN(CAST:STRING(%s)))", x, y);
		c = (struct eval_case){ text, or_table[i] };
		eval_cases(&c, 1, NULL);
	}
}

TEST(tests_of_truth_and_null)
{
	static const struct eval_case cases[] = {
		{ "NOT:BOOLEAN(BOOLEAN'true')", "FALSE" },
		{ "NOT:BOOLEAN(BOOLEAN'false')", "TRUE" },
		{ "NOT:BOOLEAN(BOOLEAN~)", "NULL" },
		{ "IS_NULL:BOOLEAN(INT~)", "TRUE" },
		{ "IS_NULL:BOOLEAN(INT'0')", "FALSE" },
		{ "IS_NOT_NULL:BOOLEAN(STRING~)", "FALSE" },
		{ "IS_NOT_NULL:BOOLEAN(STRING'')", "TRUE" },
		{ "IS_TRUE:BOOLEAN(BOOLEAN'true')", "TRUE" },
		{ "IS_TRUE:BOOLEAN(BOOLEAN'false')", "FALSE" },
		{ "IS_TRUE:BOOLEAN(BOOLEAN~)", "FALSE" },
		{ "IS_FALSE:BOOLEAN(BOOLEAN'true')", "FALSE" },
		{ "IS_FALSE:BOOLEAN(BOOLEAN'false')", "TRUE" },
		{ "IS_FALSE:BOOLEAN(BOOLEAN~)", "FALSE" },
		{ "NOT:BOOLEAN(EQ:BOOLEAN(INT'1', INT~))", "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(in_is_null_without_a_match_but_with_a_null)
{
	static const struct eval_case cases[] = {
		{ "IN:BOOLEAN(INT'2', INT'1', INT'2')", "TRUE" },
		{ "IN:BOOLEAN(INT'3', INT'1', INT'2')", "FALSE" },
		{ "IN:BOOLEAN(INT'10', INT'1', INT~)", "NULL" },
		{ "IN:BOOLEAN(INT'1', INT'1', INT~)", "TRUE" },
		{ "IN:BOOLEAN(INT~, INT'1')", "NULL" },
		{ "NOT:BOOLEAN(IN:BOOLEAN(INT'3', INT'1', INT~))", "NULL" },
		{ "IN:BOOLEAN(STRING'b', STRING'a', STRING'b')", "TRUE" },
		{ "IN:BOOLEAN(STRING'', STRING'a', STRING~)", "NULL" },
		{ "IN:BOOLEAN(DOUBLE'nan', DOUBLE'nan')", "FALSE" },
		{ "IN:BOOLEAN(DOUBLE'-0', DOUBLE'0')", "TRUE" },
		{ "IN:BOOLEAN(DECIMAL(4,1)'1.5', DECIMAL(4,2)'1.50')", "TRUE" },
		{ "IN:BOOLEAN(DECIMAL(4,1)'1.5', DECIMAL(4,2)'1.55')",
		  "FALSE" },
		{ "IN:BOOLEAN(DECIMAL(30,1)'1.5', DECIMAL(4,2)'1.50')",
		  "TRUE" },
		{ "IN:BOOLEAN(BOOLEAN'true', BOOLEAN'false')", "FALSE" },
		{ "IN:BOOLEAN(DATE'2026-01-01', DATE'2026-01-01')", "TRUE" },
	};

	EVAL_CASES(cases);
}

/* More than a few constants are hashed. */
static void
expect_long_list(const char *type, const char *value, int numbers,
		 const char *want)
{
	struct eval_case c = { .want = want };
	struct buf text;

	buf_init(&text);
	buf_printf(&text, "IN:BOOLEAN(%s'%s'", type, value);
	for (int i = 0; i < numbers; i++)
		buf_printf(&text, ", %s'%d'", type, i * 3);
	buf_puts(&text, ")");
	c.expr = buf_cstr(&text);
	eval_cases(&c, 1, NULL);
	buf_release(&text);
}

TEST(long_lists_find_what_is_in_them)
{
	static const char *const types[] = { "INT", "STRING", "DOUBLE",
					     "DECIMAL(10,0)", "DECIMAL(30,0)" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		expect_long_list(types[i], "27", 30, "TRUE");
		expect_long_list(types[i], "28", 30, "FALSE");
		expect_long_list(types[i], "0", 30, "TRUE");
		expect_long_list(types[i], "87", 30, "TRUE");
		expect_long_list(types[i], "90", 30, "FALSE");
	}
}
