/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_functions_regex.c - regular expressions: Java's patterns and
 * Flink's answers, through PCRE2.
 */
#include "tests/unit/expr_rig.h"
#include "tests/unit/test.h"

TEST(regexp_finds_a_pattern_anywhere)
{
	static const struct sql_case cases[] = {
		{ "REGEXP(s, 'c.e')", "TRUE", "BOOLEAN" },
		{ "REGEXP(s, '^b')", "FALSE", "BOOLEAN" },
		{ "REGEXP(s, '')", "FALSE", "BOOLEAN" },
		{ "REGEXP('', 'a*')", "TRUE", "BOOLEAN" },
		{ "REGEXP(s, '(')", "FALSE", "BOOLEAN" },
		{ "REGEXP('é😀', '^..$')", "TRUE", "BOOLEAN" },
		{ "REGEXP(snul, 'a')", "NULL", "BOOLEAN" },
		{ "REGEXP(s, snul)", "NULL", "BOOLEAN" },
		{ "REGEXP(ten, 'a')", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(extraction_of_groups)
{
	static const struct sql_case cases[] = {
		{ "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", "bar",
		  "STRING" },
		{ "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)')", "foothebar",
		  "STRING" },
		{ "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 0)",
		  "foothebar", "STRING" },
		{ "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 3)", "NULL",
		  "STRING" },
		{ "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', -1)", "NULL",
		  "STRING" },
		{ "REGEXP_EXTRACT('b', '(a)|b', 1)", "NULL", "STRING" },
		{ "REGEXP_EXTRACT(s, 'x')", "NULL", "STRING" },
		{ "REGEXP_EXTRACT(s, '(')", "NULL", "STRING" },
		{ "REGEXP_EXTRACT('http://a.b/?channel_id=541&x=1', "
		  "'(&|^|\\?)channel_id=([^&]*)', 2)", "541", "STRING" },
		{ "REGEXP_EXTRACT('&channel_id=the quick brown', "
		  "'(&|^)channel_id=([^&]*)', 2)", "the quick brown",
		  "STRING" },
		{ "REGEXP_EXTRACT(s, 'b', nul)", "NULL", "STRING" },
		{ "REGEXP_EXTRACT(snul, 'b')", "NULL", "STRING" },
		{ "REGEXP_SUBSTR('a12b3', '[0-9]+')", "12", "STRING" },
		{ "REGEXP_SUBSTR('ab', '[0-9]+')", "NULL", "STRING" },
		{ "REGEXP_SUBSTR('ab', '[')", "NULL", "STRING" },
		{ "REGEXP_SUBSTR('ab', snul)", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(replacement_is_literal)
{
	static const struct sql_case cases[] = {
		{ "REGEXP_REPLACE('foobar', 'oo|ar', '')", "fb", "STRING" },
		{ "REGEXP_REPLACE('foobar', 'o+', '$0x')", "f$0xbar",
		  "STRING" },
		{ "REGEXP_REPLACE('foobar', '(o)', '\\1')", "f\\1\\1bar",
		  "STRING" },
		{ "REGEXP_REPLACE('aab', 'a*', '-')", "--b-", "STRING" },
		{ "REGEXP_REPLACE('é😀', '', '-')", "-é-😀-", "STRING" },
		{ "REGEXP_REPLACE('', 'x*', '-')", "-", "STRING" },
		{ "REGEXP_REPLACE('the quick brown fox', '[aeiou]', '')",
		  "th qck brwn fx", "STRING" },
		{ "REGEXP_REPLACE(s, 'z', '-')", "abcdef", "STRING" },
		{ "REGEXP_REPLACE(s, '(', '-')", "NULL", "STRING" },
		{ "REGEXP_REPLACE(s, 'a', snul)", "NULL", "STRING" },
		{ "REGEXP_REPLACE(REPEAT('a', 10000), 'a', "
		  "REPEAT('b', 10000))", "!out_of_range", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(matches_are_counted_and_placed)
{
	static const struct sql_case cases[] = {
		{ "REGEXP_COUNT('banana', 'an')", "2", "INT" },
		{ "REGEXP_COUNT('banana', 'x')", "0", "INT" },
		{ "REGEXP_COUNT('abc', '')", "4", "INT" },
		{ "REGEXP_COUNT('é😀', '')", "3", "INT" },
		{ "REGEXP_COUNT('aab', 'a*')", "3", "INT" },
		{ "REGEXP_COUNT('abc', '(')", "NULL", "INT" },
		{ "REGEXP_COUNT(snul, 'a')", "NULL", "INT" },
		{ "REGEXP_INSTR('é😀b', 'b')", "3", "INT" },
		{ "REGEXP_INSTR('abc', 'x')", "0", "INT" },
		{ "REGEXP_INSTR('abc', '')", "1", "INT" },
		{ "REGEXP_INSTR('abc', '(')", "NULL", "INT" },
		{ "REGEXP_INSTR('abc', snul)", "NULL", "INT" },
	};

	SQL_CASES(cases);
}

TEST(patterns_are_those_of_java)
{
	static const struct sql_case cases[] = {
		{ "REGEXP('a', '^\\p{Alpha}$')", "TRUE", NULL },
		{ "REGEXP('é', '^\\p{Alpha}$')", "FALSE", NULL },
		{ "REGEXP('é', '^\\P{Alpha}$')", "TRUE", NULL },
		{ "REGEXP('1', '^[\\p{Alpha}\\p{Digit}]$')", "TRUE", NULL },
		{ "REGEXP('é', '^\\p{L}$')", "TRUE", NULL },
		{ "REGEXP('É', '^\\p{Lu}$')", "TRUE", NULL },
		{ "REGEXP('é', '^\\w$')", "FALSE", NULL },
		{ "REGEXP('é', '^\\u00e9$')", "TRUE", NULL },
		{ "REGEXP('😀', '^\\uD83D\\uDE00$')", "TRUE", NULL },
		{ "REGEXP('a.c', '\\Qa.c\\E')", "TRUE", NULL },
		{ "REGEXP('abc', '\\Qa.c\\E')", "FALSE", NULL },
		{ "REGEXP('ABC', '(?i)abc')", "TRUE", NULL },
		{ "REGEXP('ABC', '(?i:a)bc')", "FALSE", NULL },
		{ "REGEXP('aXb', 'a(?<mid>.)b')", "TRUE", NULL },
		{ "REGEXP('ab', '(?<=a)b')", "TRUE", NULL },
		{ "REGEXP(']', '^[]a]$')", "TRUE", NULL },
		{ "REGEXP('b', '^[^]a]$')", "TRUE", NULL },
		/* what PCRE2 would read otherwise */
		{ "REGEXP('a', '[a-z&&[^b]]')", "!invalid_argument", NULL },
		{ "REGEXP('a', '[a[bc]]')", "!invalid_argument", NULL },
		{ "REGEXP('a', '(?U)a')", "!invalid_argument", NULL },
		{ "REGEXP('a', '\\p{IsLatin}')", "!invalid_argument", NULL },
		{ "REGEXP('a', '\\0141')", "!invalid_argument", NULL },
		/* what Java does not know */
		{ "REGEXP('a', '(*UCP)a')", "FALSE", NULL },
		{ "REGEXP('a', '(?R)')", "FALSE", NULL },
		{ "REGEXP('a', '\\u00')", "FALSE", NULL },
		{ "REGEXP('a', '\\')", "FALSE", NULL },
	};

	SQL_CASES(cases);
}

TEST(a_pattern_cannot_hold_a_job_up)
{
	static const struct sql_case cases[] = {
		{ "REGEXP(REPEAT('a', 60), '(a+)+$')", "TRUE", "BOOLEAN" },
		{ "REGEXP(REPEAT('a', 60) || 'b', '(a|aa)+$')",
		  "!invalid_argument", "BOOLEAN" },
		{ "REGEXP_REPLACE(REPEAT('a', 60) || 'b', '(a|aa)+$', '')",
		  "!invalid_argument", "STRING" },
		{ "REGEXP_COUNT(REPEAT('a', 60) || 'b', '(a|aa)+$')",
		  "!invalid_argument", "INT" },
		{ "REGEXP_INSTR(REPEAT('a', 60) || 'b', '(a|aa)+$')",
		  "!invalid_argument", "INT" },
		{ "REGEXP_SUBSTR(REPEAT('a', 60) || 'b', '(a|aa)+$')",
		  "!invalid_argument", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(similar_to_matches_the_whole_text)
{
	static const struct sql_case cases[] = {
		{ "s SIMILAR TO 'abc%'", "TRUE", "BOOLEAN" },
		{ "s SIMILAR TO 'abc'", "FALSE", "BOOLEAN" },
		{ "s NOT SIMILAR TO 'abc'", "TRUE", "BOOLEAN" },
		{ "'x' SIMILAR TO 'x|y'", "TRUE", "BOOLEAN" },
		{ "'xz' SIMILAR TO 'x|y'", "FALSE", "BOOLEAN" },
		{ "'aab' SIMILAR TO 'a{2}b'", "TRUE", "BOOLEAN" },
		{ "'aab' SIMILAR TO '(a|b)+'", "TRUE", "BOOLEAN" },
		{ "'aab' SIMILAR TO 'a_b'", "TRUE", "BOOLEAN" },
		{ "'é' SIMILAR TO '_'", "TRUE", "BOOLEAN" },
		{ "'b1' SIMILAR TO '[a-c][[:digit:]]'", "TRUE", "BOOLEAN" },
		{ "'d1' SIMILAR TO '[^a-c][[:DIGIT:]]'", "TRUE", "BOOLEAN" },
		{ "'a$b' SIMILAR TO 'a$b'", "TRUE", "BOOLEAN" },
		{ "'a\\b' SIMILAR TO 'a\\b'", "TRUE", "BOOLEAN" },
		{ "'a%' SIMILAR TO 'a!%' ESCAPE '!'", "TRUE", "BOOLEAN" },
		{ "'ab' SIMILAR TO 'a!%' ESCAPE '!'", "FALSE", "BOOLEAN" },
		{ "'a!' SIMILAR TO 'a!!' ESCAPE '!'", "TRUE", "BOOLEAN" },
		{ "'a|b' SIMILAR TO 'a\\|b' ESCAPE '\\'", "TRUE", "BOOLEAN" },
		{ "'ab' SIMILAR TO 'a!b' ESCAPE '!'", "!invalid_argument",
		  "BOOLEAN" },
		{ "'ab' SIMILAR TO 'ab!' ESCAPE '!'", "!invalid_argument",
		  "BOOLEAN" },
		{ "'ab' SIMILAR TO 'ab' ESCAPE '!!'", "!invalid_argument",
		  "BOOLEAN" },
		{ "'ab' SIMILAR TO 'a('", "!invalid_argument", "BOOLEAN" },
		{ "'ab' SIMILAR TO 'a]'", "!invalid_argument", "BOOLEAN" },
		{ "'ab' SIMILAR TO '[a'", "!invalid_argument", "BOOLEAN" },
		{ "'ab' SIMILAR TO '[[:nope:]]'", "!invalid_argument",
		  "BOOLEAN" },
		{ "'' SIMILAR TO ''", "TRUE", "BOOLEAN" },
		{ "'' SIMILAR TO '%'", "TRUE", "BOOLEAN" },
		{ "snul SIMILAR TO 'a'", "NULL", "BOOLEAN" },
		{ "s SIMILAR TO snul", "NULL", "BOOLEAN" },
		{ "s SIMILAR TO 'a' OR s SIMILAR TO 'ab%'", "TRUE",
		  "BOOLEAN" },
	};

	SQL_CASES(cases);
}

TEST(texts_of_letters_or_digits)
{
	static const struct sql_case cases[] = {
		{ "IS_ALPHA('abc')", "TRUE", "BOOLEAN" },
		{ "IS_ALPHA('éß日')", "TRUE", "BOOLEAN" },
		{ "IS_ALPHA('a1')", "FALSE", "BOOLEAN" },
		{ "IS_ALPHA('')", "FALSE", "BOOLEAN" },
		{ "IS_ALPHA(snul)", "FALSE", "BOOLEAN" },
		{ "IS_ALPHA(ten)", "FALSE", "BOOLEAN" },
		{ "IS_DIGIT('123')", "TRUE", "BOOLEAN" },
		{ "IS_DIGIT('١٢')", "TRUE", "BOOLEAN" },
		{ "IS_DIGIT('11.4445')", "FALSE", "BOOLEAN" },
		{ "IS_DIGIT('')", "FALSE", "BOOLEAN" },
		{ "IS_DIGIT(snul)", "FALSE", "BOOLEAN" },
		{ "IS_DIGIT(ten)", "TRUE", "BOOLEAN" },
		{ "IS_DIGIT(d42)", "FALSE", "BOOLEAN" },
		{ "IS_DIGIT(nul)", "FALSE", "BOOLEAN" },
	};

	SQL_CASES(cases);
}
