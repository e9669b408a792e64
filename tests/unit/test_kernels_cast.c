/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_kernels_cast.c - CAST and TRY_CAST: the answers of Flink 2.3
 * (flags of the cases: "!cast_failed" fails the row, NULL does not).
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"
#include "runtime/eval.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

TEST(null_stays_null_in_every_type)
{
	static const struct eval_case cases[] = {
		{ "CAST:INT(STRING~)", "NULL" },
		{ "CAST:STRING(INT~)", "NULL" },
		{ "CAST:DECIMAL(4,2)(DOUBLE~)", "NULL" },
		{ "CAST:BOOLEAN(INT~)", "NULL" },
		{ "CAST:TIMESTAMP(3)(STRING~)", "NULL" },
		{ "TRY:INT(STRING~)", "NULL" },
		{ "CAST:BIGINT(INT~)", "NULL" },
		{ "CAST:CHAR(3)(STRING~)", "NULL" },
		{ "CAST:BYTES(STRING~)", "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(numbers_are_true_unless_zero)
{
	static const struct eval_case cases[] = {
		{ "CAST:BOOLEAN(INT'0')", "FALSE" },
		{ "CAST:BOOLEAN(INT'-7')", "TRUE" },
		{ "CAST:BOOLEAN(BIGINT'4294967296')", "TRUE" },
		{ "CAST:BOOLEAN(DOUBLE'0')", "FALSE" },
		{ "CAST:BOOLEAN(DOUBLE'-0')", "FALSE" },
		{ "CAST:BOOLEAN(DOUBLE'0.5')", "TRUE" },
		{ "CAST:BOOLEAN(DOUBLE'nan')", "TRUE" },
		{ "CAST:BOOLEAN(DECIMAL(4,2)'99.95')", "TRUE" },
		{ "CAST:BOOLEAN(DECIMAL(4,2)'0.00')", "FALSE" },
		{ "CAST:BOOLEAN(DECIMAL(30,2)'0.00')", "FALSE" },
		{ "CAST:BOOLEAN(DECIMAL(30,2)'0.01')", "TRUE" },
		{ "CAST:BOOLEAN(BOOLEAN'true')", "TRUE" },
		{ "CAST:INT(BOOLEAN'true')", "1" },
		{ "CAST:BIGINT(BOOLEAN'false')", "0" },
		{ "CAST:DOUBLE(BOOLEAN'true')", "1.0" },
		{ "CAST:FLOAT(BOOLEAN'true')", "1.0" },
		{ "CAST:DECIMAL(3,2)(BOOLEAN'true')", "1.00" },
		{ "CAST:DECIMAL(30,2)(BOOLEAN'true')", "1.00" },
	};

	EVAL_CASES(cases);
}

TEST(text_to_boolean)
{
	static const char *const yes[] = { "true", "TRUE", "True", "t", "T",
					   "yes",  "YES",  "y",	   "Y", "1" };
	static const char *const no[] = { "false", "FALSE", "f", "F", "no",
					  "No",	   "n",	    "N", "0" };
	static const char *const bad[] = { "2", " true ", "on", "", "tr",
					   "truee", "10" };
	struct eval_case c;
	char text[128];

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		snprintf(text, sizeof(text), "CAST:BOOLEAN(STRING'%s')",
			 yes[i]);
		c = (struct eval_case){ text, "TRUE" };
		eval_cases(&c, 1, NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		snprintf(text, sizeof(text), "CAST:BOOLEAN(STRING'%s')", no[i]);
		c = (struct eval_case){ text, "FALSE" };
		eval_cases(&c, 1, NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(text, sizeof(text), "CAST:BOOLEAN(STRING'%s')",
			 bad[i]);
		c = (struct eval_case){ text, "!cast_failed" };
		eval_cases(&c, 1, NULL);
		snprintf(text, sizeof(text), "TRY:BOOLEAN(STRING'%s')", bad[i]);
		c = (struct eval_case){ text, "NULL" };
		eval_cases(&c, 1, NULL);
	}
}

TEST(integers_narrow_by_wrapping)
{
	static const struct eval_case cases[] = {
		{ "CAST:TINYINT(INT'1000')", "-24" },
		{ "CAST:SMALLINT(INT'40000')", "-25536" },
		{ "CAST:INT(BIGINT'9223372036854775807')", "-1" },
		{ "CAST:BIGINT(INT'-5')", "-5" },
		{ "CAST:INT(TINYINT'-5')", "-5" },
		{ "CAST:TINYINT(BIGINT'128')", "-128" },
		{ "CAST:INT(INT'5')", "5" },
	};

	EVAL_CASES(cases);
}

TEST(doubles_saturate_and_truncate_to_integers)
{
	static const struct eval_case cases[] = {
		{ "CAST:INT(DOUBLE'1.5e10')", "2147483647" },
		{ "CAST:INT(DOUBLE'-1.5e10')", "-2147483648" },
		{ "CAST:BIGINT(DOUBLE'1.5e20')", "9223372036854775807" },
		{ "CAST:BIGINT(DOUBLE'-1.5e20')", "-9223372036854775808" },
		{ "CAST:BIGINT(DOUBLE'9223372036854775807')",
		  "9223372036854775807" },
		{ "CAST:INT(DOUBLE'2.9')", "2" },
		{ "CAST:INT(DOUBLE'-2.9')", "-2" },
		{ "CAST:INT(DOUBLE'nan')", "0" },
		{ "CAST:BIGINT(DOUBLE'inf')", "9223372036854775807" },
		{ "CAST:TINYINT(DOUBLE'300')", "44" },
		{ "CAST:SMALLINT(DOUBLE'1e10')", "-1" },
		{ "CAST:INT(FLOAT'3.99')", "3" },
	};

	EVAL_CASES(cases);
}

TEST(decimals_truncate_then_wrap_to_integers)
{
	static const struct eval_case cases[] = {
		{ "CAST:INT(DECIMAL(4,2)'12.99')", "12" },
		{ "CAST:INT(DECIMAL(4,2)'-12.99')", "-12" },
		{ "CAST:INT(DECIMAL(12,0)'4294967297')", "1" },
		{ "CAST:BIGINT(DECIMAL(38,0)'18446744073709551617')", "1" },
		{ "CAST:BIGINT(DECIMAL(38,2)'18446744073709551617.99')", "1" },
		{ "CAST:TINYINT(DECIMAL(4,0)'1000')", "-24" },
	};

	EVAL_CASES(cases);
}

TEST(text_to_integers)
{
	static const struct eval_case cases[] = {
		{ "CAST:INT(STRING'12')", "12" },
		{ "CAST:INT(STRING' 12 ')", "12" },
		{ "CAST:INT(STRING'+12')", "12" },
		{ "CAST:INT(STRING'-12')", "-12" },
		{ "CAST:INT(STRING'12.7')", "12" },
		{ "CAST:INT(STRING'-12.7')", "-12" },
		{ "CAST:INT(STRING'12.')", "12" },
		{ "CAST:INT(STRING'.5')", "0" },
		{ "CAST:INT(STRING'007')", "7" },
		{ "CAST:INT(STRING'')", "!cast_failed" },
		{ "CAST:INT(STRING'   ')", "!cast_failed" },
		{ "CAST:INT(STRING'+')", "!cast_failed" },
		{ "CAST:INT(STRING'-')", "!cast_failed" },
		{ "CAST:INT(STRING'1e3')", "!cast_failed" },
		{ "CAST:INT(STRING'0x10')", "!cast_failed" },
		{ "CAST:INT(STRING'1_000')", "!cast_failed" },
		{ "CAST:INT(STRING'abc')", "!cast_failed" },
		{ "CAST:INT(STRING'1 2')", "!cast_failed" },
		{ "CAST:INT(STRING'1.2.3')", "!cast_failed" },
		{ "CAST:INT(STRING'--1')", "!cast_failed" },
		{ "CAST:INT(STRING'2147483647')", "2147483647" },
		{ "CAST:INT(STRING'-2147483648')", "-2147483648" },
		{ "CAST:INT(STRING'2147483648')", "!cast_failed" },
		{ "CAST:INT(STRING'-2147483649')", "!cast_failed" },
		{ "CAST:TINYINT(STRING'300')", "!cast_failed" },
		{ "CAST:TINYINT(STRING'127')", "127" },
		{ "CAST:TINYINT(STRING'-128')", "-128" },
		{ "CAST:SMALLINT(STRING'32768')", "!cast_failed" },
		{ "CAST:BIGINT(STRING'9223372036854775807')",
		  "9223372036854775807" },
		{ "CAST:BIGINT(STRING'-9223372036854775808')",
		  "-9223372036854775808" },
		{ "CAST:BIGINT(STRING'9223372036854775808')", "!cast_failed" },
		{ "CAST:BIGINT(STRING'99999999999999999999999999')",
		  "!cast_failed" },
		{ "TRY:INT(STRING'abc')", "NULL" },
		{ "TRY:TINYINT(STRING'300')", "NULL" },
		{ "TRY:INT(STRING'12')", "12" },
		{ "CAST:INT(CHAR(4)'12  ')", "12" },
	};

	EVAL_CASES(cases);
}

TEST(text_to_doubles_is_javas_parser)
{
	static const struct eval_case cases[] = {
		{ "CAST:DOUBLE(STRING' 1.5 ')", "1.5" },
		{ "CAST:DOUBLE(STRING'1e3')", "1000.0" },
		{ "CAST:DOUBLE(STRING'1E400')", "Infinity" },
		{ "CAST:DOUBLE(STRING'-1E400')", "-Infinity" },
		{ "CAST:DOUBLE(STRING'NaN')", "NaN" },
		{ "CAST:DOUBLE(STRING'Infinity')", "Infinity" },
		{ "CAST:DOUBLE(STRING'-Infinity')", "-Infinity" },
		{ "CAST:DOUBLE(STRING'1d')", "1.0" },
		{ "CAST:DOUBLE(STRING'0x1p3')", "8.0" },
		{ "CAST:DOUBLE(STRING'inf')", "!cast_failed" },
		{ "CAST:DOUBLE(STRING'')", "!cast_failed" },
		{ "CAST:DOUBLE(STRING'1,5')", "!cast_failed" },
		{ "CAST:FLOAT(STRING'0.1')", "0.1" },
		{ "CAST:FLOAT(STRING'1e39')", "Infinity" },
		{ "TRY:DOUBLE(STRING'x')", "NULL" },
		{ "CAST:DOUBLE(INT'5')", "5.0" },
		{ "CAST:DOUBLE(BIGINT'9223372036854775807')",
		  "9.223372036854776E18" },
		{ "CAST:FLOAT(INT'16777217')", "1.6777216E7" },
		{ "CAST:DOUBLE(FLOAT'9.99')", "9.989999771118164" },
		{ "CAST:FLOAT(DOUBLE'0.1')", "0.1" },
		{ "CAST:DOUBLE(DECIMAL(4,2)'1.25')", "1.25" },
		{ "CAST:DOUBLE(DECIMAL(30,2)'-1.25')", "-1.25" },
		{ "CAST:FLOAT(DECIMAL(4,2)'0.10')", "0.1" },
	};

	EVAL_CASES(cases);
}

TEST(to_decimal_rounds_and_is_null_over_the_precision)
{
	static const struct eval_case cases[] = {
		{ "CAST:DECIMAL(3,1)(DECIMAL(4,2)'99.95')", "NULL" },
		{ "CAST:DECIMAL(3,1)(DECIMAL(4,2)'99.94')", "99.9" },
		{ "CAST:DECIMAL(5,2)(INT'2147483647')", "NULL" },
		{ "CAST:DECIMAL(5,2)(INT'999')", "999.00" },
		{ "CAST:DECIMAL(5,2)(INT'-1000')", "NULL" },
		{ "CAST:DECIMAL(12,2)(INT'5')", "5.00" },
		{ "CAST:DECIMAL(30,10)(BIGINT'-9223372036854775808')",
		  "-9223372036854775808.0000000000" },
		{ "CAST:DECIMAL(5,2)(STRING'123456')", "!cast_failed" },
		{ "TRY:DECIMAL(5,2)(STRING'123456')", "NULL" },
		{ "CAST:DECIMAL(5,2)(STRING'1.005')", "1.01" },
		{ "CAST:DECIMAL(5,2)(STRING'-1.005')", "-1.01" },
		{ "CAST:DECIMAL(5,2)(STRING' 1e2 ')", "100.00" },
		{ "CAST:DECIMAL(5,2)(STRING'abc')", "!cast_failed" },
		{ "CAST:DECIMAL(5,2)(STRING'')", "!cast_failed" },
		{ "CAST:DECIMAL(38,2)(STRING'123456789012345678901234567890')",
		  "123456789012345678901234567890.00" },
		{ "CAST:DECIMAL(1,0)(DOUBLE'1.5')", "2" },
		{ "CAST:DECIMAL(1,0)(DOUBLE'2.5')", "3" },
		{ "CAST:DECIMAL(1,0)(DOUBLE'-2.5')", "-3" },
		{ "CAST:DECIMAL(1,0)(DOUBLE'12')", "NULL" },
		{ "CAST:DECIMAL(10,3)(DOUBLE'1.0005')", "1.001" },
		{ "CAST:DECIMAL(10,3)(DOUBLE'nan')", "!cast_failed" },
		{ "TRY:DECIMAL(10,3)(DOUBLE'inf')", "NULL" },
		{ "CAST:DECIMAL(30,3)(DOUBLE'1e20')",
		  "100000000000000000000.000" },
		{ "CAST:DECIMAL(20,4)(DECIMAL(10,2)'1.25')", "1.2500" },
		{ "CAST:DECIMAL(10,2)(DECIMAL(30,4)'1.2550')", "1.26" },
		{ "CAST:DECIMAL(10,2)(DECIMAL(30,4)'-1.2550')", "-1.26" },
		{ "CAST:DECIMAL(12,4)(DECIMAL(10,2)'-1.25')", "-1.2500" },
	};

	EVAL_CASES(cases);
}

TEST(text_of_numbers_is_javas)
{
	static const struct eval_case cases[] = {
		{ "CAST:STRING(BOOLEAN'true')", "TRUE" },
		{ "CAST:STRING(BOOLEAN'false')", "FALSE" },
		{ "CAST:STRING(INT'-42')", "-42" },
		{ "CAST:STRING(INT'0')", "0" },
		{ "CAST:STRING(BIGINT'-9223372036854775808')",
		  "-9223372036854775808" },
		{ "CAST:STRING(DOUBLE'1')", "1.0" },
		{ "CAST:STRING(DOUBLE'1e10')", "1.0E10" },
		{ "CAST:STRING(DOUBLE'1e7')", "1.0E7" },
		{ "CAST:STRING(DOUBLE'9999999')", "9999999.0" },
		{ "CAST:STRING(DOUBLE'0.001')", "0.001" },
		{ "CAST:STRING(DOUBLE'0.0001')", "1.0E-4" },
		{ "CAST:STRING(FLOAT'0.1')", "0.1" },
		{ "CAST:STRING(DOUBLE'-0')", "-0.0" },
		{ "CAST:STRING(DOUBLE'nan')", "NaN" },
		{ "CAST:STRING(DOUBLE'inf')", "Infinity" },
		{ "CAST:STRING(DOUBLE'123456789.125')", "1.23456789125E8" },
		{ "CAST:STRING(DECIMAL(6,4)'12.5')", "12.5000" },
		{ "CAST:STRING(DECIMAL(9,9)'0.0000001')", "0.000000100" },
		{ "CAST:STRING(DECIMAL(38,10)'-0.5')", "-0.5000000000" },
	};

	EVAL_CASES(cases);
}

TEST(text_of_time_keeps_all_digits_of_its_precision)
{
	static const struct eval_case cases[] = {
		{ "CAST:STRING(TIMESTAMP(3)'2026-01-02 03:04:05')",
		  "2026-01-02 03:04:05.000" },
		{ "CAST:STRING(TIMESTAMP(0)'2026-01-02 03:04:05')",
		  "2026-01-02 03:04:05" },
		{ "CAST:STRING(TIMESTAMP(6)'2026-01-02 03:04:05.12')",
		  "2026-01-02 03:04:05.120000" },
		{ "CAST:STRING(TIMESTAMP(3)'1969-12-31 23:59:59.999')",
		  "1969-12-31 23:59:59.999" },
		{ "CAST:STRING(LTZ(3)'2026-01-02 03:04:05')",
		  "2026-01-02 03:04:05.000" },
		{ "CAST:STRING(DATE'2026-01-02')", "2026-01-02" },
		{ "CAST:STRING(TIME(0)'03:04:05')", "03:04:05" },
		{ "CAST:STRING(TIME(3)'03:04:05.678')", "03:04:05.678" },
		{ "CAST:STRING(INTERVAL_MS'93784567')", "+1 02:03:04.567" },
		{ "CAST:STRING(INTERVAL_MS'-86400000')", "-1 00:00:00.000" },
		{ "CAST:STRING(INTERVAL_MS'0')", "+0 00:00:00.000" },
		{ "CAST:STRING(INTERVAL_MONTH'14')", "+1-02" },
		{ "CAST:STRING(INTERVAL_MONTH'-14')", "-1-02" },
	};

	EVAL_CASES(cases);
}

TEST(text_is_cut_and_padded_to_its_type)
{
	static const struct eval_case cases[] = {
		{ "CAST:VARCHAR(3)(STRING'12345')", "123" },
		{ "CAST:VARCHAR(3)(INT'12345')", "123" },
		{ "CAST:VARCHAR(2)(BOOLEAN'true')", "TR" },
		{ "CAST:CHAR(4)(STRING'ab')", "ab  " },
		{ "CAST:CHAR(4)(STRING'abcdef')", "abcd" },
		{ "CAST:CHAR(20)(STRING'thirteen bytes')",
		  "thirteen bytes      " },
		{ "CAST:CHAR(4)(INT'7')", "7   " },
		{ "CAST:CHAR(4)(STRING'é😀')", "é😀  " },
		{ "CAST:CHAR(4)(STRING'ééé')", "ééé " },
		{ "CAST:VARCHAR(2)(STRING'é😀x')", "é😀" },
		{ "CAST:VARCHAR(14)(STRING'thirteen bytes!')",
		  "thirteen bytes" },
		{ "CAST:VARCHAR(3)(STRING'ab')", "ab" },
		{ "CAST:STRING(CHAR(4)'ab  ')", "ab  " },
		{ "CAST:STRING(VARCHAR(20)'thirteen bytes')",
		  "thirteen bytes" },
	};

	EVAL_CASES(cases);
}

TEST(bytes_are_utf_8_text)
{
	static const struct eval_case cases[] = {
		{ "CAST:BYTES(STRING'abc')", "abc" },
		{ "CAST:STRING(BYTES'abcé')", "abcé" },
		{ "CAST:STRING(BYTES'a\xff"
		  "b')",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "CHAR_LENGTH:INT(CAST:STRING(CAST:BINARY(5)(STRING'abc')))",
		  "5" },
		{ "CAST:STRING(CAST:BINARY(2)(STRING'abc'))", "ab" },
		{ "CAST:STRING(CAST:VARBINARY(2)(BYTES'abc'))", "ab" },
	};

	EVAL_CASES(cases);
}

TEST(text_to_date_and_time)
{
	static const struct eval_case cases[] = {
		{ "CAST:DATE(STRING'2026-01-02')", "2026-01-02" },
		{ "CAST:DATE(STRING'2026-1-2')", "2026-01-02" },
		{ "CAST:DATE(STRING' 2026-01-02 ')", "2026-01-02" },
		{ "CAST:DATE(STRING'2026')", "2026-01-01" },
		{ "CAST:DATE(STRING'2026-05')", "2026-05-01" },
		{ "CAST:DATE(STRING'2026-01-02 03:04:05')", "2026-01-02" },
		{ "CAST:DATE(STRING'2026-13-02')", "!cast_failed" },
		{ "CAST:DATE(STRING'2026-02-30')", "!cast_failed" },
		{ "CAST:DATE(STRING'20260102')", "!cast_failed" },
		{ "CAST:DATE(STRING'')", "!cast_failed" },
		{ "TRY:DATE(STRING'junk')", "NULL" },
		{ "CAST:TIME(0)(STRING'03:04:05')", "03:04:05" },
		{ "CAST:TIME(0)(STRING'03:04')", "03:04:00" },
		{ "CAST:TIME(0)(STRING'03')", "03:00:00" },
		{ "CAST:TIME(3)(STRING'03:04:05.678')", "03:04:05.678" },
		{ "CAST:TIME(0)(STRING'03:04:05.678')", "03:04:05" },
		{ "CAST:TIME(1)(STRING'03:04:05.678')", "03:04:05.6" },
		{ "CAST:TIME(0)(STRING'25:00:00')", "!cast_failed" },
		{ "TRY:TIME(0)(STRING'25:00:00')", "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(text_to_timestamp)
{
	static const struct eval_case cases[] = {
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02 03:04:05')",
		  "2026-01-02 03:04:05.000" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02 03:04:05.9999')",
		  "2026-01-02 03:04:05.999" },
		{ "CAST:TIMESTAMP(6)(STRING'2026-01-02 03:04:05.123456789')",
		  "2026-01-02 03:04:05.123456" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-1-2 3:4:5')",
		  "2026-01-02 03:04:05.000" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02')",
		  "2026-01-02 00:00:00.000" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02 24:00:00')",
		  "2026-01-03 00:00:00.000" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-02-30 00:00:00')",
		  "2026-02-28 00:00:00.000" },
		{ "CAST:TIMESTAMP(3)(STRING'1969-12-31 23:59:59.9999')",
		  "1969-12-31 23:59:59.999" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02T03:04:05')",
		  "!cast_failed" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02 03:04:05Z')",
		  "!cast_failed" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02 03:04:05+01:00')",
		  "!cast_failed" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02 03:04')",
		  "!cast_failed" },
		{ "CAST:TIMESTAMP(3)(STRING' 2026-01-02 03:04:05 ')",
		  "!cast_failed" },
		{ "CAST:TIMESTAMP(3)(STRING'2026-01-02 03:04:05.1234567890')",
		  "!cast_failed" },
		{ "CAST:TIMESTAMP(3)(STRING'1767322800')", "!cast_failed" },
		{ "TRY:TIMESTAMP(3)(STRING'junk')", "NULL" },
		{ "CAST:LTZ(3)(STRING'2026-01-02 03:04:05')",
		  "2026-01-02 03:04:05.000" },
		{ "CAST:LTZ(3)(STRING'2026-01-02 03:04:05Z')",
		  "!cast_failed" },
	};

	EVAL_CASES(cases);
}

TEST(between_dates_times_and_timestamps)
{
	static const struct eval_case cases[] = {
		{ "CAST:TIMESTAMP(3)(DATE'2026-01-02')",
		  "2026-01-02 00:00:00.000" },
		{ "CAST:DATE(TIMESTAMP(3)'2026-01-02 03:04:05')",
		  "2026-01-02" },
		{ "CAST:DATE(TIMESTAMP(3)'1969-12-31 23:59:59')",
		  "1969-12-31" },
		{ "CAST:TIME(3)(TIMESTAMP(3)'2026-01-02 03:04:05.678')",
		  "03:04:05.678" },
		{ "CAST:TIME(0)(TIMESTAMP(3)'2026-01-02 03:04:05.678')",
		  "03:04:05" },
		{ "CAST:TIMESTAMP(3)(TIME'03:04:05')",
		  "1970-01-01 03:04:05.000" },
		{ "CAST:TIMESTAMP(0)(TIMESTAMP(3)'2026-01-02 03:04:05.678')",
		  "2026-01-02 03:04:05" },
		{ "CAST:TIMESTAMP(6)(TIMESTAMP(3)'2026-01-02 03:04:05.678')",
		  "2026-01-02 03:04:05.678000" },
		{ "CAST:LTZ(3)(TIMESTAMP(3)'2026-01-02 03:04:05')",
		  "2026-01-02 03:04:05.000" },
		{ "CAST:DATE(DATE'2026-01-02')", "2026-01-02" },
	};

	EVAL_CASES(cases);
}

TEST(local_time_is_that_of_the_sessions_zone)
{
	static const struct eval_case cases[] = {
		{ "CAST:STRING(LTZ(3)'2026-07-01 12:00:00')",
		  "2026-07-01 14:00:00.000" },
		{ "CAST:STRING(LTZ(3)'2026-01-01 12:00:00')",
		  "2026-01-01 13:00:00.000" },
		{ "CAST:TIMESTAMP(3)(LTZ(3)'2026-07-01 12:00:00')",
		  "2026-07-01 14:00:00.000" },
		{ "CAST:DATE(LTZ(3)'2026-07-01 23:00:00')", "2026-07-02" },
		{ "CAST:TIME(0)(LTZ(3)'2026-07-01 23:00:00')", "01:00:00" },
		/* shown in the zone again: what was written */
		{ "CAST:LTZ(3)(STRING'2026-07-01 12:00:00')",
		  "2026-07-01 12:00:00.000" },
		{ "CAST:LTZ(3)(TIMESTAMP(3)'2026-07-01 12:00:00')",
		  "2026-07-01 12:00:00.000" },
		{ "CAST:LTZ(3)(DATE'2026-07-01')",
		  "2026-07-01 00:00:00.000" },
		{ "CAST:TIMESTAMP(3)(TIMESTAMP(6)'2026-07-01 12:00:00')",
		  "2026-07-01 12:00:00.000" },
		{ "SUB:LTZ(3)(CAST:LTZ(3)(STRING'2026-07-01 12:00:00'), "
		  "INTERVAL_MS'0')",
		  "2026-07-01 12:00:00.000" },
	};
	const struct zone *berlin = zone_get("Europe/Berlin");

	if (!berlin)
		SKIP("no /usr/share/zoneinfo");
	eval_cases(cases, ARRAY_LEN(cases), berlin);
}

TEST(try_cast_guards_the_cast_alone)
{
	static const struct eval_case cases[] = {
		{ "TRY:INT(CAST:STRING(DIV:INT(INT'1', INT'0')))",
		  "!division_by_zero" },
		{ "COALESCE:INT(TRY:INT(STRING'x'), INT'-1')", "-1" },
	};

	EVAL_CASES(cases);
}

TEST(the_detail_of_a_failed_cast_is_the_value_cut_short)
{
	struct arena a;
	struct error err = ERROR_INIT;
	struct value v;

	arena_init(&a);
	EXPECT(eval_constant(
		       erig_expr(&a,
				 "CAST:DATE(STRING'a very long text that goes "
				 "on and on, and does not want to come to its "
				 "end')",
				 NULL),
		       NULL, &a, &v, &err) < 0);
	EXPECT_STR(err.message,
		   "'a very long text that goes on and on, and does not want "
		   "to come '... cannot be cast to DATE");
	arena_release(&a);
}
