/* SPDX-License-Identifier: Apache-2.0
 * Expressions and literals as the parser understands them, in prefix form.
 */
#include "parser/parse.h"
#include "tests/unit/sql.h"
#include "tests/unit/test.h"

TEST(operators_bind_as_in_calcite)
{
	EXPECT_STR(sql_expr("a OR b AND NOT c = d"),
		   "(OR a (AND b (NOT (= c d))))");
	EXPECT_STR(sql_expr("a + b * c - d"), "(- (+ a (* b c)) d)");
	EXPECT_STR(sql_expr("a || b * c"), "(* (|| a b) c)");
	EXPECT_STR(sql_expr("-a * b"), "(* (- a) b)");
	EXPECT_STR(sql_expr("- -a + +b"), "(+ (- (- a)) (+ b))");
	EXPECT_STR(sql_expr("a - b - c"), "(- (- a b) c)");
	EXPECT_STR(sql_expr("a / b % c"), "(% (/ a b) c)");
	EXPECT_STR(sql_expr("a = b = c"), "(= (= a b) c)");
	EXPECT_STR(sql_expr("a < b + 1"), "(< a (+ b 1))");
	EXPECT_STR(sql_expr("a = b IS NULL"), "(IS NULL (= a b))");
	EXPECT_STR(sql_expr("a <> b IN (1)"), "(<> a (IN b 1))");
	EXPECT_STR(sql_expr("a = b NOT IN (1)"), "(= a (NOT IN b 1))");
	EXPECT_STR(sql_expr("NOT a IS NULL"), "(NOT (IS NULL a))");
	EXPECT_STR(sql_expr("NOT a LIKE b"), "(NOT (LIKE a b))");
	EXPECT_STR(sql_expr("(a + b) * c"), "(* (+ a b) c)");
	EXPECT_STR(sql_expr("a != b"), "(<> a b)");
	EXPECT_STR(sql_expr("a <= b OR c >= d OR e > f"),
		   "(OR (OR (<= a b) (>= c d)) (> e f))");
}

TEST(predicates_have_their_negations)
{
	EXPECT_STR(sql_expr("a IS NULL"), "(IS NULL a)");
	EXPECT_STR(sql_expr("a IS NOT NULL"), "(IS NOT NULL a)");
	EXPECT_STR(sql_expr("a IS TRUE OR a IS NOT FALSE"),
		   "(OR (IS TRUE a) (IS NOT FALSE a))");
	EXPECT_STR(sql_expr("a IS UNKNOWN"), "(IS UNKNOWN a)");
	EXPECT_STR(sql_expr("a IS DISTINCT FROM b + 1"),
		   "(IS DISTINCT FROM a (+ b 1))");
	EXPECT_STR(sql_expr("a IS NOT DISTINCT FROM b AND c"),
		   "(AND (IS NOT DISTINCT FROM a b) c)");
	EXPECT_STR(sql_expr("a BETWEEN b AND c AND d"),
		   "(AND (BETWEEN a b c) d)");
	EXPECT_STR(sql_expr("a NOT BETWEEN SYMMETRIC b + 1 AND c OR d"),
		   "(OR (NOT BETWEEN SYMMETRIC a (+ b 1) c) d)");
	EXPECT_STR(sql_expr("a BETWEEN ASYMMETRIC 1 AND 2"),
		   "(BETWEEN a 1 2)");
	EXPECT_STR(sql_expr("a IN (1, b, 'c')"), "(IN a 1 b 'c')");
	EXPECT_STR(sql_expr("a NOT IN (1)"), "(NOT IN a 1)");
	EXPECT_STR(sql_expr("a LIKE 'x%'"), "(LIKE a 'x%')");
	EXPECT_STR(sql_expr("a NOT LIKE b || '%' ESCAPE '!' AND c"),
		   "(AND (NOT LIKE a (|| b '%') '!') c)");
}

TEST(nested_values_are_made_and_reached_into)
{
	EXPECT_STR(sql_expr("ARRAY[1, a + 2]"), "(ARRAY 1 (+ a 2))");
	EXPECT_STR(sql_expr("MAP['a', 1, 'b', 2]"), "(MAP 'a' 1 'b' 2)");
	EXPECT_STR(sql_expr("ROW(a, ROW(b))"), "(ROW a (ROW b))");
	EXPECT_STR(sql_expr("(a, b) IN ((1, 2), (3, 4))"),
		   "(IN (ROW a b) (ROW 1 2) (ROW 3 4))");
	EXPECT_STR(sql_expr("a[1] + b['k']"),
		   "(+ (ITEM a 1) (ITEM b 'k'))");
	EXPECT_STR(sql_expr("-a[1][2].b.c[3]"),
		   "(- (ITEM (FIELD (FIELD (ITEM (ITEM a 1) 2) b) c) 3))");
	EXPECT_STR(sql_expr("t.r.f[i + 1]"), "(ITEM t.r.f (+ i 1))");
	EXPECT_STR(sql_expr("(a).f"), "(FIELD a f)");
	EXPECT_STR(sql_expr("f(x).a"), "(FIELD (f x) a)");
	EXPECT_STR(sql_expr("CAST(a AS ARRAY<INT>)[1]"),
		   "(ITEM (CAST a AS ARRAY<INT>) 1)");
	EXPECT_STR(sql_expr("a * (b) - (c, d)"), "(- (* a b) (ROW c d))");
}

TEST(a_word_map_is_a_name_where_nothing_else_fits)
{
	EXPECT_STR(sql_expr("map + 1"), "(+ map 1)");
	EXPECT_STR(sql_expr("map < 3"), "(< map 3)");
	EXPECT_STR(sql_expr("`map`['k']"), "(ITEM map 'k')");
	EXPECT_STR(sql_expr("map['k', 1]"), "(MAP 'k' 1)");
	EXPECT_STR(sql_expr("t.map"), "t.map");
}

TEST(nested_types_are_written_in_all_of_flinks_ways)
{
	EXPECT_STR(sql_expr("CAST(a AS ARRAY<ARRAY<INT NOT NULL>>)"),
		   "(CAST a AS ARRAY<ARRAY<INT NOT NULL>>)");
	EXPECT_STR(sql_expr("CAST(a AS MAP<STRING,MAP<INT,ROW<x INT>>>)"),
		   "(CAST a AS MAP<STRING, MAP<INT, ROW<`x` INT>>>)");
	EXPECT_STR(sql_expr("CAST(a AS ROW(x INT NOT NULL, y STRING))"),
		   "(CAST a AS ROW<`x` INT NOT NULL, `y` STRING>)");
	EXPECT_STR(sql_expr("CAST(a AS ROW<x INT 'what x is', `y z` INT>)"),
		   "(CAST a AS ROW<`x` INT, `y z` INT>)");
	EXPECT_STR(sql_expr("CAST(a AS INT ARRAY)"), "(CAST a AS ARRAY<INT>)");
	EXPECT_STR(sql_expr("CAST(a AS DECIMAL(4, 2) MULTISET)"),
		   "(CAST a AS MULTISET<DECIMAL(4, 2)>)");
	EXPECT_STR(sql_expr("CAST(a AS MULTISET<STRING>)"),
		   "(CAST a AS MULTISET<STRING>)");
}

TEST(case_has_both_forms)
{
	EXPECT_STR(sql_expr("CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END"),
		   "(CASE - a 1 b 2 3)");
	EXPECT_STR(sql_expr("CASE WHEN a = 1 THEN b END"),
		   "(CASE - (= a 1) b -)");
	EXPECT_STR(sql_expr("CASE x WHEN 1, 2 THEN 'a' WHEN 3 THEN 'b' END"),
		   "(CASE x 1 'a' 2 'a' 3 'b' -)");
	EXPECT_STR(sql_expr("CASE CASE a WHEN 1 THEN 2 END WHEN 2 THEN 3 END"),
		   "(CASE (CASE a 1 2 -) 2 3 -)");
}

TEST(casts_name_their_type)
{
	EXPECT_STR(sql_expr("CAST(a AS DECIMAL(10, 2))"),
		   "(CAST a AS DECIMAL(10, 2))");
	EXPECT_STR(sql_expr("TRY_CAST(a || b AS STRING)"),
		   "(TRY_CAST (|| a b) AS STRING)");
	EXPECT_STR(sql_expr("CAST(NULL AS TIMESTAMP(3) WITH LOCAL TIME ZONE)"),
		   "(CAST NULL AS TIMESTAMP_LTZ(3))");
}

TEST(functions_are_called_in_every_way)
{
	EXPECT_STR(sql_expr("f()"), "(f)");
	EXPECT_STR(sql_expr("My_Function(a, 1 + 2)"), "(My_Function a (+ 1 2))");
	EXPECT_STR(sql_expr("COUNT(*)"), "(COUNT *)");
	EXPECT_STR(sql_expr("count(DISTINCT a)"), "(count DISTINCT a)");
	EXPECT_STR(sql_expr("SUM(ALL a) FILTER (WHERE b > 1)"),
		   "(SUM a FILTER (> b 1))");
	EXPECT_STR(sql_expr("COALESCE(a, b)"), "(COALESCE a b)");
	EXPECT_STR(sql_expr("IF(a, 1, 2)"), "(IF a 1 2)");
	EXPECT_STR(sql_expr("LEFT(a, 1) || RIGHT(a, 1)"),
		   "(|| (LEFT a 1) (RIGHT a 1))");
	EXPECT_STR(sql_expr("YEAR(ts) + SECOND(ts)"),
		   "(+ (YEAR ts) (SECOND ts))");
	EXPECT_STR(sql_expr("`f`(1)"), "(f 1)");
}

TEST(special_syntax_becomes_plain_arguments)
{
	EXPECT_STR(sql_expr("SUBSTRING(a FROM 2)"), "(SUBSTRING a 2)");
	EXPECT_STR(sql_expr("SUBSTRING(a FROM 2 FOR 3)"), "(SUBSTRING a 2 3)");
	EXPECT_STR(sql_expr("SUBSTRING(a, 2, 3)"), "(SUBSTRING a 2 3)");
	EXPECT_STR(sql_expr("TRIM(a)"), "(TRIM a)");
	EXPECT_STR(sql_expr("TRIM('x' FROM a)"), "(TRIM a 'x')");
	EXPECT_STR(sql_expr("TRIM(BOTH FROM a)"), "(TRIM a)");
	EXPECT_STR(sql_expr("TRIM(BOTH 'x' FROM a)"), "(TRIM a 'x')");
	EXPECT_STR(sql_expr("TRIM(LEADING 'x' FROM a)"), "(LTRIM a 'x')");
	EXPECT_STR(sql_expr("TRIM(TRAILING FROM a)"), "(RTRIM a)");
	EXPECT_STR(sql_expr("POSITION('x' IN a)"), "(POSITION 'x' a)");
	EXPECT_STR(sql_expr("POSITION(f(b IN (1)) IN a || 'c')"),
		   "(POSITION (f (IN b 1)) (|| a 'c'))");
	EXPECT_STR(sql_expr("POSITION('x' IN a) IN (1, 2)"),
		   "(IN (POSITION 'x' a) 1 2)");
}

TEST(some_functions_need_no_parentheses)
{
	EXPECT_STR(sql_expr("CURRENT_TIMESTAMP"), "(CURRENT_TIMESTAMP bare)");
	EXPECT_STR(sql_expr("localtime"), "(localtime bare)");
	EXPECT_STR(sql_expr("CURRENT_DATE()"), "(CURRENT_DATE)");
	EXPECT_STR(sql_expr("LOCALTIMESTAMP(3)"), "(LOCALTIMESTAMP 3)");
}

TEST(numbers_have_the_type_that_they_are_written_as)
{
	EXPECT_STR(sql_expr("0"), "0");
	EXPECT_STR(sql_expr("2147483647"), "2147483647");
	EXPECT_STR(sql_expr("2147483648"), "2147483648:BIGINT");
	EXPECT_STR(sql_expr("9223372036854775807"),
		   "9223372036854775807:BIGINT");
	EXPECT_STR(sql_expr("-9223372036854775808"),
		   "-9223372036854775808:BIGINT");
	EXPECT_STR(sql_expr("- 9223372036854775808 + 1"),
		   "(+ -9223372036854775808:BIGINT 1)");
	EXPECT_STR(sql_expr("a - 9223372036854775808"),
		   "error: the number is out of range");
	EXPECT_STR(sql_expr("-(9223372036854775808)"),
		   "error: the number is out of range");
	EXPECT_STR(sql_expr("1.5"), "1.5:DECIMAL(2, 1)");
	EXPECT_STR(sql_expr("0.908"), "0.908:DECIMAL(4, 3)");
	EXPECT_STR(sql_expr(".50"), "0.50:DECIMAL(2, 2)");
	EXPECT_STR(sql_expr("5."), "5");
	EXPECT_STR(sql_expr("1234567890123456789.5"),
		   "1234567890123456789.5:DECIMAL(20, 1)");
	EXPECT_STR(sql_expr("0.00000000000000000000000000000000000001"),
		   "error: the number is out of range");
	EXPECT_STR(sql_expr(".00000000000000000000000000000000000001"),
		   "0.00000000000000000000000000000000000001:DECIMAL(38, 38)");
	EXPECT_STR(sql_expr("1e0"), "1.0");
	EXPECT_STR(sql_expr("1.5E-3"), "0.0015");
	EXPECT_STR(sql_expr("1e-400"), "0.0");
}

TEST(texts_are_freed_of_quotes_and_escapes)
{
	EXPECT_STR(sql_expr("'it''s'"), "'it''s'");
	EXPECT_STR(sql_expr("''"), "''");
	EXPECT_STR(sql_expr("'a\nb'"), "'a\nb'");
	EXPECT_STR(sql_expr("'\\n'"), "'\\n'");
	EXPECT_STR(sql_expr("E'a\\n\\t\\\\\\'\\x41\\u00e9\\U0001F600\\101'''"),
		   "'a\n\t\\''A\xc3\xa9\xf0\x9f\x98\x80" "A'''");
	EXPECT_STR(sql_expr("U&'\\00e9 \\+01F600 \\D83D\\DE00 \\\\'"),
		   "'\xc3\xa9 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \\'");
	EXPECT_STR(sql_expr("u&'!00e9''!!' UESCAPE '!'"), "'\xc3\xa9''!'");
	EXPECT_STR(sql_expr("'x' UESCAPE '!'"),
		   "error: UESCAPE belongs behind U&'...'");
	EXPECT_STR(sql_expr("U&'\\D83D'"),
		   "error: an escape in this text names U+D83D, which is no "
		   "character of a text");
	EXPECT_STR(sql_expr("X'00fF'"), "X'00FF'");
}

TEST(a_text_knows_its_length_in_characters)
{
	struct arena a;
	struct ast_expr *e;
	struct error err = ERROR_INIT;

	arena_init(&a);
	EXPECT_EQ(parse_expression("'h\xc3\xa9'", 5, &a, &e, &err), 0);
	EXPECT_EQ(e->type.kind, TYPE_CHAR);
	EXPECT_EQ(e->type.length, 2);
	EXPECT(!e->type.nullable);
	EXPECT_EQ(parse_expression("''", 2, &a, &e, &err), 0);
	EXPECT_EQ(e->type.length, 1);
	EXPECT_EQ(parse_expression("NULL", 4, &a, &e, &err), 0);
	EXPECT(e->type.nullable && e->value.is_null);
	arena_release(&a);
}

TEST(truth_and_nothing_are_literals)
{
	EXPECT_STR(sql_expr("TRUE AND false OR NULL"),
		   "(OR (AND TRUE FALSE) NULL)");
	EXPECT_STR(sql_expr("UNKNOWN"), "UNKNOWN");
}

TEST(instants_are_checked_and_keep_their_digits)
{
	EXPECT_STR(sql_expr("DATE '2026-01-31'"), "DATE '2026-01-31'");
	EXPECT_STR(sql_expr("DATE '2026-02-30'"),
		   "error: '2026-02-30' is no DATE");
	EXPECT_STR(sql_expr("TIME '23:59:59'"), "TIME '23:59:59'");
	EXPECT_STR(sql_expr("TIME '03:04:05.67'"), "TIME '03:04:05.67'");
	EXPECT_STR(sql_expr("TIMESTAMP '2026-01-31 23:59:59'"),
		   "TIMESTAMP '2026-01-31 23:59:59'");
	EXPECT_STR(sql_expr("timestamp '2026-01-31 23:59:59.120'"),
		   "TIMESTAMP '2026-01-31 23:59:59.120'");
	EXPECT_STR(sql_expr("TIMESTAMP '2026-01-31 23:59:59.123456789'"),
		   "TIMESTAMP '2026-01-31 23:59:59.123456'");
	EXPECT_STR(sql_expr("TIMESTAMP '2026-01-31'"),
		   "TIMESTAMP '2026-01-31 00:00:00'");
	EXPECT_STR(sql_expr("TIMESTAMP '2026-01-31T00:00:00'"),
		   "error: '2026-01-31T00:00:00' is no TIMESTAMP");
}

TEST(intervals_are_months_or_milliseconds)
{
	EXPECT_STR(sql_expr("INTERVAL '5' SECOND"), "5000ms");
	EXPECT_STR(sql_expr("INTERVAL '0.001' SECOND"), "1ms");
	EXPECT_STR(sql_expr("INTERVAL '0.0010' SECOND"), "1ms");
	EXPECT_STR(sql_expr("INTERVAL -'1.5' SECONDS"), "-1500ms");
	EXPECT_STR(sql_expr("INTERVAL '-2' MINUTES"), "-120000ms");
	EXPECT_STR(sql_expr("INTERVAL -'-2' HOUR"), "7200000ms");
	EXPECT_STR(sql_expr("INTERVAL '100' DAY"), "8640000000ms");
	EXPECT_STR(sql_expr("INTERVAL '100' DAY(3)"), "8640000000ms");
	EXPECT_STR(sql_expr("INTERVAL '1' WEEK"), "604800000ms");
	EXPECT_STR(sql_expr("INTERVAL '1' QUARTER"), "3months");
	EXPECT_STR(sql_expr("INTERVAL '2' YEAR"), "24months");
	EXPECT_STR(sql_expr("INTERVAL '1-6' YEAR TO MONTH"), "18months");
	EXPECT_STR(sql_expr("INTERVAL '1 10' DAY TO HOUR"), "122400000ms");
	EXPECT_STR(sql_expr("INTERVAL '1 02:03:04.567' DAY(1) TO SECOND(3)"),
		   "93784567ms");
	EXPECT_STR(sql_expr("INTERVAL '10:20.5' MINUTE TO SECOND"),
		   "620500ms");
	EXPECT_STR(sql_expr("INTERVAL '1:60' HOUR TO MINUTE"),
		   "error: this is no interval of its unit");
	EXPECT_STR(sql_expr("INTERVAL '1:2:3' HOUR TO MINUTE"),
		   "error: this is no interval of its unit");
	EXPECT_STR(sql_expr("INTERVAL '9999999999999' DAY"),
		   "error: the interval is out of range");
	EXPECT_STR(sql_expr("INTERVAL '1' SECOND TO DAY"),
		   "error: there is no interval of this range");
}

TEST(intervals_of_numbers_and_columns_need_no_quotes)
{
	EXPECT_STR(sql_expr("INTERVAL 1 DAY"), "86400000ms");
	EXPECT_STR(sql_expr("INTERVAL 1.5 SECOND"), "1500ms");
	EXPECT_STR(sql_expr("ts - INTERVAL n SECOND"),
		   "(- ts (INTERVAL n SECOND))");
	EXPECT_STR(sql_expr("INTERVAL t.n MINUTES"), "(INTERVAL t.n MINUTE)");
	EXPECT_STR(sql_expr("INTERVAL (n + 1) HOUR"),
		   "(INTERVAL (+ n 1) HOUR)");
}

TEST(an_expression_stands_alone)
{
	EXPECT_STR(sql_expr("a + 1 b"),
		   "error: expected an operator or the end of the statement, "
		   "found \"b\"");
	EXPECT_STR(sql_expr("a; b"), "error: nothing may follow here");
	EXPECT_STR(sql_expr("a;"), "a");
	EXPECT_STR(sql_expr(""),
		   "error: expected an expression, found the end of the text");
}

/* Spans: what a later error points at. */
static const char *
slice(const char *sql, struct span at)
{
	static char out[80];

	snprintf(out, sizeof(out), "%.*s", (int)at.length, sql + at.offset);
	return out;
}

TEST(every_node_knows_its_place)
{
	const char *sql = "1 + CAST( (b) AS INT ) * f(x, 'y') IS NOT NULL";
	struct arena a;
	struct ast_expr *e;
	struct error err = ERROR_INIT;

	arena_init(&a);
	EXPECT_EQ(parse_expression(sql, strlen(sql), &a, &e, &err), 0);
	EXPECT_STR(slice(sql, e->at), sql);
	EXPECT_STR(slice(sql, e->op_at), "IS NOT NULL");
	e = e->args[0];
	EXPECT_STR(slice(sql, e->at), "1 + CAST( (b) AS INT ) * f(x, 'y')");
	EXPECT_STR(slice(sql, e->op_at), "+");
	e = e->args[1];
	EXPECT_STR(slice(sql, e->at), "CAST( (b) AS INT ) * f(x, 'y')");
	EXPECT_STR(slice(sql, e->args[1]->at), "f(x, 'y')");
	EXPECT_STR(slice(sql, e->args[1]->op_at), "f");
	EXPECT_STR(slice(sql, e->args[0]->cast_type.at), "INT");
	EXPECT_STR(slice(sql, e->args[0]->args[0]->at), "(b)");
	arena_release(&a);
}

TEST(a_query_and_its_clauses_know_their_place)
{
	const char *sql = "SELECT a AS x FROM s.t AS u WHERE a > 1 GROUP BY a"
			  " HAVING a < 2 ORDER BY a LIMIT 7 ;";
	struct arena a;
	struct ast_query *q;
	struct error err = ERROR_INIT;

	arena_init(&a);
	EXPECT_EQ(parse_query(sql, strlen(sql), &a, &q, &err), 0);
	EXPECT_EQ(q->at.offset, 0);
	EXPECT_EQ(q->at.length, strlen(sql) - 2);
	EXPECT_STR(slice(sql, q->items->alias_at), "x");
	EXPECT_STR(slice(sql, q->from->at), "s.t AS u");
	EXPECT_STR(slice(sql, q->from->name.part_at[1]), "t");
	EXPECT_STR(slice(sql, q->from->alias_at), "u");
	EXPECT_STR(slice(sql, q->order_at), "ORDER BY a");
	EXPECT_STR(slice(sql, q->limit_at), "7");
	arena_release(&a);
}
