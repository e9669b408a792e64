/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_sql_expressions.c - expressions as users write them, through
 * parser, binder and program: the examples of functions.def, and statement and
 * answer of a real Flink 2.3, with the types that the results have there.
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

TEST(integers_as_flink)
{
	static const struct sql_case cases[] = {
		{ "imax + 1", "-2147483648", "INT" },
		{ "imax * 2", "-2", "INT" },
		{ "-imax - 2", "2147483647", "INT" },
		{ "bmax + 1", "-9223372036854775808", "BIGINT" },
		{ "tmax + tmax", "-2", "TINYINT" },
		{ "smax + tmax", "-32642", "SMALLINT" },
		{ "imax + bmax", "-9223372034707292162", "BIGINT" },
		{ "CAST(bmax AS INT)", "-1", "INT" },
		{ "ten / 0", "!division_by_zero", "INT" },
		{ "ten % 0", "!division_by_zero", "INT" },
		{ "MOD(ten, 0)", "!division_by_zero", "INT" },
		{ "-7 / 2", "-3", "INT" },
		{ "-7 % 3", "-1", "INT" },
		{ "7 % -3", "1", "INT" },
		{ "ten / 4", "2", "INT" },
		{ "12345678901", "12345678901", "BIGINT" },
		{ "ABS(-ten)", "10", "INT" },
	};

	SQL_CASES(cases);
}

TEST(decimals_and_doubles_as_flink)
{
	static const struct sql_case cases[] = {
		{ "1.5", "1.5", "DECIMAL(2, 1)" },
		{ "1e0", "1.0", "DOUBLE" },
		{ "ten / 4.0", "2.500000", "DECIMAL(17, 6)" },
		{ "d42 / ten", "1.2500000000000", "DECIMAL(15, 13)" },
		{ "d42 * bmax", "115292150460684697587.50", "DECIMAL(24, 2)" },
		{ "0.908 * bmax", "8374821809464136432.756",
		  "DECIMAL(24, 3)" },
		{ "d42 + ten", "22.50", "DECIMAL(13, 2)" },
		{ "d42 + nan", "NaN", "DOUBLE" },
		{ "d42 / 0", "!division_by_zero", NULL },
		{ "big * 10", "NULL", NULL },
		{ "big * big", "NULL", NULL },
		{ "CAST(99.95 AS DECIMAL(3, 1))", "NULL", "DECIMAL(3, 1)" },
		{ "CAST(imax AS DECIMAL(5, 2))", "NULL", "DECIMAL(5, 2)" },
		{ "1e0 / 0", "Infinity", "DOUBLE" },
		{ "-10 / 0.0e0", "-Infinity", "DOUBLE" },
		{ "0e0 / 0e0", "NaN", "DOUBLE" },
		{ "nan = nan", "FALSE", "BOOLEAN" },
		{ "nan > 1", "FALSE", "BOOLEAN" },
		{ "f = 9.99e0", "FALSE", "BOOLEAN" },
		{ "CAST(f AS DOUBLE)", "9.989999771118164", "DOUBLE" },
	};

	SQL_CASES(cases);
}

TEST(comparisons_and_logic_as_flink)
{
	static const struct sql_case cases[] = {
		{ "ten = 10 AND d42 = 12.5", "TRUE", "BOOLEAN" },
		{ "ten = d42", "FALSE", "BOOLEAN" },
		{ "ten < d42", "TRUE", "BOOLEAN" },
		{ "big > bmax", "TRUE", "BOOLEAN" },
		{ "ten BETWEEN 1 AND 10", "TRUE", "BOOLEAN" },
		{ "ten NOT BETWEEN 1 AND 10", "FALSE", "BOOLEAN" },
		{ "ten IN (1, 10)", "TRUE", "BOOLEAN" },
		{ "ten IN (1, nul)", "NULL", "BOOLEAN" },
		{ "ten NOT IN (1, 2)", "TRUE", "BOOLEAN" },
		{ "ten NOT IN (1, nul)", "NULL", "BOOLEAN" },
		{ "nul IS NULL", "TRUE", "BOOLEAN" },
		{ "nul IS NOT DISTINCT FROM nul", "TRUE", "BOOLEAN" },
		{ "ten IS DISTINCT FROM nul", "TRUE", "BOOLEAN" },
		{ "nul = nul", "NULL", "BOOLEAN" },
		{ "NOT (nul = 1)", "NULL", "BOOLEAN" },
		{ "(nul = 1) IS TRUE", "FALSE", "BOOLEAN" },
		{ "(nul = 1) IS NOT TRUE", "TRUE", "BOOLEAN" },
		{ "(nul = 1) IS UNKNOWN", "TRUE", "BOOLEAN" },
		{ "ten <> 10 AND 10 / (ten - 10) > 1", "FALSE", "BOOLEAN" },
		{ "ten = 10 OR 10 / (ten - 10) > 1", "TRUE", "BOOLEAN" },
		{ "ts > '2026-01-01 00:00:00'", "TRUE", "BOOLEAN" },
		{ "dt = '2026-01-31'", "TRUE", "BOOLEAN" },
		{ "'a' = 'a '", "FALSE", "BOOLEAN" },
		{ "'a' < 'B'", "FALSE", "BOOLEAN" },
		{ "s LIKE 'ab%'", "TRUE", "BOOLEAN" },
		{ "s NOT LIKE '%x%'", "TRUE", "BOOLEAN" },
		{ "'a%c' LIKE 'a!%c' ESCAPE '!'", "TRUE", "BOOLEAN" },
	};

	SQL_CASES(cases);
}

TEST(conditionals_as_flink)
{
	static const struct sql_case cases[] = {
		{ "CASE WHEN FALSE THEN 1 / 0 ELSE 2 END", "2", "INT" },
		{ "CASE ten WHEN 1 THEN 'a' WHEN 10 THEN 'bc' END", "bc",
		  NULL },
		{ "CASE WHEN nul = 1 THEN 1 END", "NULL", "INT" },
		{ "COALESCE(nul, bmax)", "9223372036854775807", "BIGINT" },
		{ "COALESCE(nul, 1e0)", "1.0", "DOUBLE" },
		{ "COALESCE(1, 2.5)", "1.0", "DECIMAL(11, 1)" },
		{ "COALESCE(snul, s)", "abcdef", NULL },
		{ "IF(nul = 1, 1, 2)", "2", "INT" },
		{ "NULLIF(ten, 10)", "NULL", "INT" },
		{ "NULLIF(ten, 11)", "10", "INT" },
	};

	SQL_CASES(cases);
}

TEST(casts_as_flink)
{
	static const struct sql_case cases[] = {
		{ "CAST(' 12 ' AS INT)", "12", "INT" },
		{ "CAST('12.7' AS INT)", "12", "INT" },
		{ "CAST('1e3' AS INT)", "!cast_failed", "INT" },
		{ "TRY_CAST('abc' AS INT)", "NULL", "INT" },
		{ "CAST(1000 AS TINYINT)", "-24", "TINYINT" },
		{ "CAST(1.5e10 AS INT)", "2147483647", "INT" },
		{ "CAST('yes' AS BOOLEAN)", "TRUE", "BOOLEAN" },
		{ "CAST(yes AS STRING)", "TRUE", "STRING" },
		{ "CAST(ten AS BOOLEAN)", "TRUE", "BOOLEAN" },
		{ "CAST('12345' AS VARCHAR(3))", "123", "VARCHAR(3)" },
		{ "CAST('ab' AS CHAR(4))", "ab  ", "CHAR(4)" },
		{ "CAST(d42 AS STRING)", "12.50", "STRING" },
		{ "CAST(1e10 AS STRING)", "1.0E10", "STRING" },
		{ "CAST(ts AS STRING)", "2026-01-31 03:04:05.678", "STRING" },
		{ "CAST('2026-02-30 00:00:00' AS TIMESTAMP(3))",
		  "2026-02-28 00:00:00.000", "TIMESTAMP(3)" },
		{ "CAST('2026-01-02T03:04:05' AS TIMESTAMP(3))",
		  "!cast_failed", NULL },
		{ "CAST('2026-13-02' AS DATE)", "!cast_failed", "DATE" },
		{ "CAST('2026-05' AS DATE)", "2026-05-01", "DATE" },
		{ "CAST(ts AS DATE)", "2026-01-31", "DATE" },
		{ "CAST(dt AS TIMESTAMP(3))", "2026-01-31 00:00:00.000",
		  "TIMESTAMP(3)" },
		{ "CAST(ts AS TIME)", "03:04:05", NULL },
		{ "CAST(ten AS TIMESTAMP(3))", "!invalid_cast", NULL },
		{ "CAST('1.005' AS DECIMAL(5, 2))", "1.01", "DECIMAL(5, 2)" },
		{ "CAST(INTERVAL '1 02:03:04.567' DAY TO SECOND AS STRING)",
		  "+1 02:03:04.567", "STRING" },
		{ "CAST(INTERVAL '1-2' YEAR TO MONTH AS STRING)", "+1-02",
		  "STRING" },
	};

	SQL_CASES(cases);
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

TEST(text_as_flink)
{
	static const struct sql_case cases[] = {
		{ "s || '-' || s", "abcdef-abcdef", NULL },
		{ "s || snul", "NULL", NULL },
		{ "UPPER('ß')", "SS", NULL },
		{ "SUBSTRING(s, 0, 2)", "ab", NULL },
		{ "SUBSTRING(s FROM -2 FOR 1)", "e", NULL },
		{ "SUBSTRING('abcdef', 2, -1)", "NULL", NULL },
		{ "COALESCE(SUBSTRING('abcdef', 2, -1), 'x')", "x", NULL },
		{ "SUBSTR(s, 2, -1)", "NULL", NULL },
		{ "CHARACTER_LENGTH(s)", "6", "INT" },
		{ "TRIM('xy' FROM 'xyaxy')", "a", NULL },
		{ "TRIM(BOTH 'x' FROM 'xax')", "a", NULL },
		{ "TRIM(LEADING 'x' FROM 'xax')", "ax", NULL },
		{ "TRIM(TRAILING 'x' FROM 'xax')", "xa", NULL },
		{ "TRIM(LEADING FROM ' a ')", "a ", NULL },
		{ "LTRIM('xxa', 'x')", "a", NULL },
		{ "CONCAT('a', s, 'b')", "aabcdefb", NULL },
	};

	SQL_CASES(cases);
}

TEST(time_as_flink)
{
	static const struct sql_case cases[] = {
		{ "ts + INTERVAL '1' MONTH", "2026-02-28 03:04:05.678",
		  "TIMESTAMP(3)" },
		{ "ts - INTERVAL '4' SECOND", "2026-01-31 03:04:01.678",
		  "TIMESTAMP(3)" },
		{ "ts + INTERVAL '1 2:3' DAY TO MINUTE",
		  "2026-02-01 05:07:05.678", "TIMESTAMP(3)" },
		{ "INTERVAL '1' DAY + ts", "2026-02-01 03:04:05.678", NULL },
		{ "dt + INTERVAL '1' HOUR", "2026-01-31", "DATE" },
		{ "dt + INTERVAL '1' DAY", "2026-02-01", "DATE" },
		{ "dt + INTERVAL '1' MONTH", "2026-02-28", "DATE" },
		{ "tm + INTERVAL '2' HOUR", "01:00:00", NULL },
		{ "ts + ten * INTERVAL '1' MINUTE",
		  "2026-01-31 03:14:05.678", "TIMESTAMP(3)" },
		{ "TO_TIMESTAMP('junk')", "NULL", "TIMESTAMP(3)" },
		{ "TO_TIMESTAMP('02.01.2026', 'dd.MM.yyyy')",
		  "2026-01-02 00:00:00.000", "TIMESTAMP(3)" },
		{ "TO_TIMESTAMP_LTZ(1767322800, 0)",
		  "2026-01-02 03:00:00.000", "TIMESTAMP_LTZ(3)" },
		{ "TO_TIMESTAMP_LTZ(1767322800123456, 6)",
		  "2026-01-02 03:00:00.123456", "TIMESTAMP_LTZ(6)" },
		{ "DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm')", "2026-01-31 03:04",
		  NULL },
		{ "DATE_FORMAT('junk', 'yyyy')", "NULL", NULL },
		{ "DATE_FORMAT(ts, 'T')", "!invalid_pattern", NULL },
		{ "TIMESTAMP '2026-01-02 03:04:05.5' = TIMESTAMP '2026-01-02 "
		  "03:04:05.500'",
		  "TRUE", "BOOLEAN" },
	};

	SQL_CASES(cases);
}
