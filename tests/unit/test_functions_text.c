/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_functions_text.c - functions of text, digests and choices, as
 * Flink 2.3 answers; lengths and places in code points.
 */
#include "tests/unit/expr_rig.h"
#include "tests/unit/test.h"

TEST(places_are_counted_from_one)
{
	static const struct sql_case cases[] = {
		{ "POSITION('c' IN s)", "3", "INT" },
		{ "POSITION('x' IN s)", "0", "INT" },
		{ "POSITION('' IN s)", "1", "INT" },
		{ "POSITION('' IN '')", "1", "INT" },
		{ "POSITION('😀' IN 'é😀')", "2", "INT" },
		{ "POSITION('abcdefg' IN s)", "0", "INT" },
		{ "POSITION(snul IN s)", "NULL", "INT" },
		{ "POSITION('a' IN snul)", "NULL", "INT" },
		{ "INSTR(s, 'ef')", "5", "INT" },
		{ "INSTR(s, '')", "1", "INT" },
		{ "INSTR('', 'a')", "0", "INT" },
		{ "INSTR(snul, 'a')", "NULL", "INT" },
		{ "LOCATE('a', 'banana')", "2", "INT" },
		{ "LOCATE('a', 'banana', 3)", "4", "INT" },
		{ "LOCATE('a', 'banana', 7)", "0", "INT" },
		{ "LOCATE('a', 'banana', 0)", "2", "INT" },
		{ "LOCATE('a', 'banana', -5)", "2", "INT" },
		{ "LOCATE('a', 'banana', imax)", "0", "INT" },
		{ "LOCATE('', 'banana', 4)", "1", "INT" },
		{ "LOCATE('a', 'ééaéa', 4)", "5", "INT" },
		{ "LOCATE('a', 'banana', nul)", "NULL", "INT" },
		{ "INSTR(1, 'a')", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(beginnings_and_ends)
{
	static const struct sql_case cases[] = {
		{ "STARTSWITH(s, 'abc')", "TRUE", "BOOLEAN" },
		{ "STARTSWITH(s, 'bc')", "FALSE", "BOOLEAN" },
		{ "STARTSWITH(s, '')", "TRUE", "BOOLEAN" },
		{ "STARTSWITH('', 'a')", "FALSE", "BOOLEAN" },
		{ "STARTSWITH('the quick brown fox', 'the quick brown')",
		  "TRUE", "BOOLEAN" },
		{ "STARTSWITH(s, snul)", "NULL", "BOOLEAN" },
		{ "ENDSWITH(s, 'def')", "TRUE", "BOOLEAN" },
		{ "ENDSWITH(s, 'de')", "FALSE", "BOOLEAN" },
		{ "ENDSWITH(s, 'xabcdef')", "FALSE", "BOOLEAN" },
		{ "ENDSWITH(s, '')", "TRUE", "BOOLEAN" },
		{ "ENDSWITH(snul, 'a')", "NULL", "BOOLEAN" },
		{ "ENDSWITH(UNHEX('0102'), UNHEX('02'))", "TRUE", "BOOLEAN" },
		{ "STARTSWITH(s, UNHEX('02'))", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(replacement_of_texts_and_characters)
{
	static const struct sql_case cases[] = {
		{ "REPLACE('banana', 'an', 'o')", "booa", "STRING" },
		{ "REPLACE('aaa', '', 'x')", "xaxaxax", "STRING" },
		{ "REPLACE('é😀', '', '-')", "-é-😀-", "STRING" },
		{ "REPLACE('', '', 'x')", "x", "STRING" },
		{ "REPLACE('aaa', 'aa', 'b')", "ba", "STRING" },
		{ "REPLACE(s, 'z', 'y')", "abcdef", "STRING" },
		{ "REPLACE(s, 'abcdef', '')", "", "STRING" },
		{ "REPLACE('the quick brown fox', 'quick', 'slow and lazy')",
		  "the slow and lazy brown fox", "STRING" },
		{ "REPLACE(s, snul, 'x')", "NULL", "STRING" },
		{ "REPLACE(s, 'a', snul)", "NULL", "STRING" },
		{ "REPLACE(REPEAT('a', 10000), 'a', REPEAT('b', 10000))",
		  "!out_of_range", "STRING" },
		{ "TRANSLATE('abcd', 'abc', '12')", "12d", "STRING" },
		{ "TRANSLATE('abcd', 'aa', '12')", "1bcd", "STRING" },
		{ "TRANSLATE('aéb', 'éb', '😀x')", "a😀x", "STRING" },
		{ "TRANSLATE('abc', '', 'x')", "abc", "STRING" },
		{ "TRANSLATE('abc', 'a', '')", "bc", "STRING" },
		{ "TRANSLATE('abc', 'abc', 'xyzw')", "xyz", "STRING" },
		{ "TRANSLATE('', 'abc', 'x')", "", "STRING" },
		{ "TRANSLATE(s, snul, 'x')", "abcdef", "STRING" },
		{ "TRANSLATE(s, 'ace', snul)", "bdf", "STRING" },
		{ "TRANSLATE(snul, 'a', 'b')", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(items_are_counted_from_zero)
{
	static const struct sql_case cases[] = {
		{ "SPLIT_INDEX('a,b,c', ',', 0)", "a", "STRING" },
		{ "SPLIT_INDEX('a,b,c', ',', 2)", "c", "STRING" },
		{ "SPLIT_INDEX('a,b,c', ',', 3)", "NULL", "STRING" },
		{ "SPLIT_INDEX('a,b,c', ',', -1)", "NULL", "STRING" },
		{ "SPLIT_INDEX('a,,c', ',', 1)", "", "STRING" },
		{ "SPLIT_INDEX('a,', ',', 1)", "", "STRING" },
		{ "SPLIT_INDEX('', ',', 0)", "NULL", "STRING" },
		{ "SPLIT_INDEX('abc', ',', 0)", "abc", "STRING" },
		{ "SPLIT_INDEX('a--b--c', '--', 1)", "b", "STRING" },
		{ "SPLIT_INDEX('the quick brown fox', ' ', 2)", "brown",
		  "STRING" },
		{ "SPLIT_INDEX('a  b', '', 2)", "b", "STRING" },
		{ "SPLIT_INDEX('a,b', 44, 1)", "b", "STRING" },
		{ "SPLIT_INDEX('aéb', 233, 1)", "b", "STRING" },
		{ "SPLIT_INDEX('a,b', 0, 0)", "NULL", "STRING" },
		{ "SPLIT_INDEX('a,b', 256, 0)", "NULL", "STRING" },
		{ "SPLIT_INDEX(snul, ',', 0)", "NULL", "STRING" },
		{ "SPLIT_INDEX(s, snul, 0)", "NULL", "STRING" },
		{ "SPLIT_INDEX(s, ',', nul)", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(texts_are_joined_without_their_nulls)
{
	static const struct sql_case cases[] = {
		{ "CONCAT_WS('-', 'a', 'b', 'c')", "a-b-c", "STRING" },
		{ "CONCAT_WS('-', 'a', snul, 'c')", "a-c", "STRING" },
		{ "CONCAT_WS('-', snul, snul)", "", "STRING" },
		{ "CONCAT_WS('-', snul, 'a')", "a", "STRING" },
		{ "CONCAT_WS(snul, 'a', 'b')", "NULL", "STRING" },
		{ "CONCAT_WS('', 'a', 'b')", "ab", "STRING" },
		{ "CONCAT_WS(', ', '', 'the quick brown fox')",
		  ", the quick brown fox", "STRING" },
		{ "CONCAT_WS('-', 1, 'b')", "!wrong_arguments", NULL },
		{ "ELT(2, 'a', 'b')", "b", "STRING" },
		{ "ELT(1, 'the quick brown fox', s)", "the quick brown fox",
		  "STRING" },
		{ "ELT(0, 'a', 'b')", "NULL", "STRING" },
		{ "ELT(3, 'a', 'b')", "NULL", "STRING" },
		{ "ELT(bmax, 'a')", "NULL", "STRING" },
		{ "ELT(nul, 'a')", "NULL", "STRING" },
		{ "ELT(1, snul)", "NULL", "STRING" },
		{ "ELT(2, snul, 'b')", "b", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(texts_are_filled_and_cut_to_a_length)
{
	static const struct sql_case cases[] = {
		{ "LPAD('7', 3, '0')", "007", "STRING" },
		{ "RPAD('7', 3, '0')", "700", "STRING" },
		{ "LPAD('hi', 7, 'abc')", "abcabhi", "STRING" },
		{ "RPAD('hi', 7, 'abc')", "hiabcab", "STRING" },
		{ "LPAD(s, 3, 'x')", "abc", "STRING" },
		{ "RPAD(s, 3, 'x')", "abc", "STRING" },
		{ "LPAD(s, 6, 'x')", "abcdef", "STRING" },
		{ "LPAD('é', 3, '😀-')", "😀-é", "STRING" },
		{ "LPAD('a', 20, 'xy')", "xyxyxyxyxyxyxyxyxyxa", "STRING" },
		{ "LPAD(s, 0, 'x')", "", "STRING" },
		{ "LPAD(s, -1, 'x')", "NULL", "STRING" },
		{ "LPAD(s, 4, '')", "NULL", "STRING" },
		{ "RPAD(s, nul, 'x')", "NULL", "STRING" },
		{ "LPAD(s, imax, 'x')", "!out_of_range", "STRING" },
		{ "LPAD(s, bmax, 'x')", "!out_of_range", "STRING" },
		{ "LEFT(s, 3)", "abc", "STRING" },
		{ "LEFT(s, 0)", "", "STRING" },
		{ "LEFT(s, -1)", "", "STRING" },
		{ "LEFT(s, 10)", "abcdef", "STRING" },
		{ "LEFT('é😀b', 2)", "é😀", "STRING" },
		{ "LEFT(s, nul)", "NULL", "STRING" },
		{ "RIGHT(s, 3)", "def", "STRING" },
		{ "RIGHT(s, 0)", "", "STRING" },
		{ "RIGHT(s, -1)", "", "STRING" },
		{ "RIGHT(s, 10)", "abcdef", "STRING" },
		{ "RIGHT('é😀b', 2)", "😀b", "STRING" },
		{ "RIGHT('the quick brown fox', 15)", "quick brown fox",
		  "STRING" },
		{ "RIGHT(snul, 1)", "NULL", "STRING" },
		{ "BTRIM('  a ')", "a", "STRING" },
		{ "BTRIM('xyaxy', 'xy')", "a", "STRING" },
		{ "BTRIM('a', snul)", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(texts_are_repeated_overlaid_and_turned)
{
	static const struct sql_case cases[] = {
		{ "REPEAT('ab', 3)", "ababab", "STRING" },
		{ "REPEAT('ab', 7)", "ababababababab", "STRING" },
		{ "REPEAT('ab', 0)", "", "STRING" },
		{ "REPEAT('ab', -1)", "", "STRING" },
		{ "REPEAT('', bmax)", "", "STRING" },
		{ "REPEAT('ab', imax)", "!out_of_range", "STRING" },
		{ "REPEAT('ab', bmax)", "!out_of_range", "STRING" },
		{ "REPEAT(snul, 2)", "NULL", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 3)", "abxxef", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 3 FOR 3)", "abxxf", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 3 FOR 4)", "abxx", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 3 FOR 0)", "abxx", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 3 FOR -1)", "abxx", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 1 FOR 1)", "xxbcdef",
		  "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 6)", "abcdexx", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 7)", "abcdef", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 0)", "abcdef", "STRING" },
		{ "OVERLAY(s PLACING 'xx' FROM 2 FOR bmax)", "axx", "STRING" },
		{ "OVERLAY('é😀éb' PLACING '-' FROM 2 FOR 2)", "é-b",
		  "STRING" },
		{ "OVERLAY(s, 'xx', 3)", "abxxef", "STRING" },
		{ "OVERLAY(s PLACING snul FROM 3)", "NULL", "STRING" },
		{ "OVERLAY(s PLACING 'x' FROM nul)", "NULL", "STRING" },
		{ "INITCAP('hello wORLD-x')", "Hello World-X", "STRING" },
		{ "INITCAP('3abc éABC')", "3abc éAbc", "STRING" },
		{ "INITCAP('')", "", "STRING" },
		{ "INITCAP('tHE qUICK bROWN fOX')", "The Quick Brown Fox",
		  "STRING" },
		{ "INITCAP(snul)", "NULL", "STRING" },
		{ "REVERSE('abc')", "cba", "STRING" },
		{ "REVERSE('aé😀')", "😀éa", "STRING" },
		{ "REVERSE('')", "", "STRING" },
		{ "REVERSE('the quick brown fox')", "xof nworb kciuq eht",
		  "STRING" },
		{ "REVERSE(snul)", "NULL", "STRING" },
	};

	SQL_CASES(cases);
}

TEST(codes_and_digits)
{
	static const struct sql_case cases[] = {
		{ "ASCII('abc')", "97", "INT" },
		{ "ASCII('é')", "-61", "INT" },
		{ "ASCII('')", "0", "INT" },
		{ "ASCII(snul)", "NULL", "INT" },
		{ "CHR(97)", "a", "STRING" },
		{ "CHR(353)", "a", "STRING" },
		{ "CHR(233)", "é", "STRING" },
		{ "CHR(-1)", "", "STRING" },
		{ "CHAR_LENGTH(CHR(0))", "1", "INT" },
		{ "CHR(nul)", "NULL", "STRING" },
		{ "BIN(4)", "100", "STRING" },
		{ "BIN(0)", "0", "STRING" },
		{ "BIN(-4)",
		  "1111111111111111111111111111111111111111111111111111111111"
		  "111100", "STRING" },
		{ "BIN(nul)", "NULL", "STRING" },
		{ "BIN(1.5)", "!wrong_arguments", NULL },
		{ "HEX(255)", "FF", "STRING" },
		{ "HEX(0)", "0", "STRING" },
		{ "HEX(-1)", "FFFFFFFFFFFFFFFF", "STRING" },
		{ "HEX('Aé')", "41C3A9", "STRING" },
		{ "HEX('')", "", "STRING" },
		{ "HEX('the quick')", "74686520717569636B", "STRING" },
		{ "HEX(snul)", "NULL", "STRING" },
		{ "CAST(UNHEX('616263') AS STRING)", "abc", "STRING" },
		{ "UNHEX('')", "", "BYTES" },
		{ "CAST(UNHEX('c3a9') AS STRING)", "é", "STRING" },
		{ "UNHEX('6g')", "NULL", "BYTES" },
		{ "UNHEX('g61')", "NULL", "BYTES" },
		{ "ENDSWITH(UNHEX('761'), UNHEX('0061'))", "TRUE",
		  "BOOLEAN" },
		{ "UNHEX(snul)", "NULL", "BYTES" },
	};

	SQL_CASES(cases);
}

TEST(texts_that_are_numbers)
{
	static const struct sql_case cases[] = {
		{ "IS_DECIMAL('12')", "TRUE", "BOOLEAN" },
		{ "IS_DECIMAL('-1.5e3')", "TRUE", "BOOLEAN" },
		{ "IS_DECIMAL('abc')", "FALSE", "BOOLEAN" },
		{ "IS_DECIMAL('')", "FALSE", "BOOLEAN" },
		{ "IS_DECIMAL('1,5')", "FALSE", "BOOLEAN" },
		{ "IS_DECIMAL(snul)", "FALSE", "BOOLEAN" },
		{ "IS_DECIMAL(d42)", "TRUE", "BOOLEAN" },
		{ "IS_DECIMAL(nul)", "FALSE", "BOOLEAN" },
		{ "IS_DECIMAL(yes)", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(digests_are_hexadecimal)
{
	static const struct sql_case cases[] = {
		{ "MD5('abc')", "900150983cd24fb0d6963f7d28e17f72",
		  "CHAR(32)" },
		{ "MD5('')", "d41d8cd98f00b204e9800998ecf8427e", "CHAR(32)" },
		{ "MD5('é')", "66ddcd97cfdeabb2f6fb8a999b4bc76f",
		  "CHAR(32)" },
		{ "MD5(snul)", "NULL", "CHAR(32)" },
		{ "SHA1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d",
		  "CHAR(40)" },
		{ "SHA224('abc')",
		  "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
		  "CHAR(56)" },
		{ "SHA256('')",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b785"
		  "2b855", "CHAR(64)" },
		{ "SHA384('abc')",
		  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43f"
		  "f5bed8086072ba1e7cc2358baeca134c825a7", "CHAR(96)" },
		{ "SHA512('abc')",
		  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b5"
		  "5d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac9"
		  "4fa54ca49f", "CHAR(128)" },
		{ "SHA2('abc', 224) = SHA224('abc')", "TRUE", "BOOLEAN" },
		{ "SHA2('abc', 256) = SHA256('abc')", "TRUE", "BOOLEAN" },
		{ "SHA2('abc', 384) = SHA384('abc')", "TRUE", "BOOLEAN" },
		{ "SHA2('abc', 512) = SHA512('abc')", "TRUE", "BOOLEAN" },
		{ "SHA2('abc', 1)", "!invalid_argument", "VARCHAR(128)" },
		{ "SHA2(snul, 256)", "NULL", "VARCHAR(128)" },
		{ "SHA2('abc', nul)", "NULL", "VARCHAR(128)" },
		{ "SHA256(1)", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(the_largest_and_the_smallest)
{
	static const struct sql_case cases[] = {
		{ "GREATEST(1, 3, 2)", "3", "INT" },
		{ "LEAST(3, 1, 2)", "1", "INT" },
		{ "GREATEST(1, 2.5)", "2.5", "DECIMAL(11, 1)" },
		{ "LEAST(1, 2.5)", "1.0", "DECIMAL(11, 1)" },
		{ "LEAST('a', 'B')", "B", NULL },
		{ "GREATEST('z', 'é')", "é", NULL },
		{ "GREATEST('the quick brown fox', 'the quick')",
		  "the quick brown fox", NULL },
		{ "GREATEST(big, -big, 0)",
		  "99999999999999999999999999999999999999", NULL },
		{ "LEAST(1.5e0, 0.5e0)", "0.5", "DOUBLE" },
		{ "GREATEST(yes, FALSE)", "TRUE", "BOOLEAN" },
		{ "LEAST(yes, FALSE)", "FALSE", "BOOLEAN" },
		{ "LEAST(DATE '2026-01-02', dt)", "2026-01-02", "DATE" },
		{ "GREATEST(ten, nul)", "NULL", "INT" },
		{ "LEAST(nul, ten, 3)", "NULL", "INT" },
		{ "GREATEST(7)", "7", "INT" },
		{ "GREATEST(1, 'a')", "!wrong_arguments", NULL },
		{ "GREATEST()", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}
