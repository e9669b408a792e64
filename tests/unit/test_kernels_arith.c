/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_kernels_arith.c - numbers under + - * / %, as Flink 2.3
 * answers: wrap-around, truncation, rounding, and when a DECIMAL is NULL.
 */
#include "base/check.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

TEST(integers_wrap_at_the_width_of_their_type)
{
	static const struct eval_case cases[] = {
		{ "ADD:INT(INT'1', INT'2')", "3" },
		{ "ADD:INT(INT'2147483647', INT'1')", "-2147483648" },
		{ "MUL:INT(INT'2147483647', INT'2')", "-2" },
		{ "SUB:INT(NEG:INT(INT'2147483647'), INT'2')", "2147483647" },
		{ "ADD:BIGINT(BIGINT'9223372036854775807', BIGINT'1')",
		  "-9223372036854775808" },
		{ "SUB:BIGINT(BIGINT'-9223372036854775808', BIGINT'1')",
		  "9223372036854775807" },
		{ "MUL:BIGINT(BIGINT'9223372036854775807', BIGINT'2')", "-2" },
		{ "ADD:TINYINT(TINYINT'127', TINYINT'127')", "-2" },
		{ "ADD:TINYINT(TINYINT'127', TINYINT'1')", "-128" },
		{ "SUB:SMALLINT(SMALLINT'-32768', TINYINT'1')", "32767" },
		{ "MUL:SMALLINT(SMALLINT'300', SMALLINT'300')", "24464" },
		{ "ADD:BIGINT(INT'2147483647', BIGINT'1')", "2147483648" },
		{ "ABS:INT(INT'-2147483648')", "-2147483648" },
		{ "NEG:INT(INT'-2147483648')", "-2147483648" },
		{ "NEG:TINYINT(TINYINT'-128')", "-128" },
		{ "ABS:BIGINT(BIGINT'-9223372036854775808')",
		  "-9223372036854775808" },
		{ "ABS:INT(INT'-3')", "3" },
		{ "NEG:BIGINT(BIGINT'3')", "-3" },
		{ "MUL:INT(INT'6', INT'7')", "42" },
		{ "SUB:INT(INT'5', INT'7')", "-2" },
	};

	EVAL_CASES(cases);
}

TEST(integer_division_truncates_and_zero_is_an_error)
{
	static const struct eval_case cases[] = {
		{ "DIV:INT(INT'7', INT'2')", "3" },
		{ "DIV:INT(INT'-7', INT'2')", "-3" },
		{ "DIV:INT(INT'7', INT'-2')", "-3" },
		{ "DIV:INT(INT'10', INT'4')", "2" },
		{ "MOD:INT(INT'-7', INT'3')", "-1" },
		{ "MOD:INT(INT'7', INT'-3')", "1" },
		{ "MOD:INT(INT'-7', INT'-3')", "-1" },
		{ "DIV:INT(INT'10', INT'0')", "!division_by_zero" },
		{ "MOD:INT(INT'10', INT'0')", "!division_by_zero" },
		{ "DIV:BIGINT(BIGINT'0', BIGINT'0')", "!division_by_zero" },
		{ "DIV:INT(INT'-2147483648', INT'-1')", "-2147483648" },
		{ "DIV:BIGINT(BIGINT'-9223372036854775808', BIGINT'-1')",
		  "-9223372036854775808" },
		{ "MOD:BIGINT(BIGINT'-9223372036854775808', BIGINT'-1')",
		  "0" },
		{ "DIV:INT(INT~, INT'0')", "NULL" },
		{ "DIV:INT(INT'1', INT~)", "NULL" },
		{ "ADD:INT(DIV:INT(INT'1', INT'0'), INT'1')",
		  "!division_by_zero" },
	};

	EVAL_CASES(cases);
}

TEST(null_in_arithmetic_gives_null)
{
	static const struct eval_case cases[] = {
		{ "ADD:INT(INT~, INT'1')", "NULL" },
		{ "ADD:INT(INT'1', INT~)", "NULL" },
		{ "MUL:DOUBLE(DOUBLE~, DOUBLE'1')", "NULL" },
		{ "SUB:DECIMAL(5,2)(DECIMAL(4,2)~, DECIMAL(4,2)'1')", "NULL" },
		{ "NEG:INT(INT~)", "NULL" },
		{ "ABS:DECIMAL(20,2)(DECIMAL(20,2)~)", "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(doubles_follow_ieee_754)
{
	static const struct eval_case cases[] = {
		{ "ADD:DOUBLE(DOUBLE'0.1', DOUBLE'0.2')",
		  "0.30000000000000004" },
		{ "DIV:DOUBLE(DOUBLE'10', DOUBLE'0')", "Infinity" },
		{ "DIV:DOUBLE(DOUBLE'-10', DOUBLE'0')", "-Infinity" },
		{ "DIV:DOUBLE(DOUBLE'0', DOUBLE'0')", "NaN" },
		{ "SUB:DOUBLE(DOUBLE'inf', DOUBLE'inf')", "NaN" },
		{ "NEG:DOUBLE(DOUBLE'0')", "-0.0" },
		{ "ABS:DOUBLE(DOUBLE'-0')", "0.0" },
		{ "MUL:DOUBLE(DOUBLE'1e308', DOUBLE'10')", "Infinity" },
		{ "ADD:FLOAT(FLOAT'16777216', FLOAT'1')", "1.6777216E7" },
		{ "MUL:FLOAT(FLOAT'0.1', FLOAT'0.1')", "0.010000001" },
		{ "DIV:FLOAT(FLOAT'1', FLOAT'3')", "0.33333334" },
		{ "DIV:FLOAT(FLOAT'1', FLOAT'0')", "Infinity" },
		{ "NEG:FLOAT(FLOAT'1.5')", "-1.5" },
	};

	EVAL_CASES(cases);
}

TEST(decimal_sums_align_their_scales)
{
	static const struct eval_case cases[] = {
		{ "ADD:DECIMAL(5,2)(DECIMAL(4,2)'99.99', DECIMAL(2,1)'0.1')",
		  "100.09" },
		{ "SUB:DECIMAL(5,2)(DECIMAL(2,1)'0.1', DECIMAL(4,2)'99.99')",
		  "-99.89" },
		{ "ADD:DECIMAL(13,2)(DECIMAL(4,2)'1.25', DECIMAL(10,0)'7')",
		  "8.25" },
		{ "ADD:DECIMAL(21,1)(DECIMAL(20,0)'99999999999999999999', "
		  "DECIMAL(2,1)'0.1')",
		  "99999999999999999999.1" },
		{ "ADD:DECIMAL(38,0)("
		  "DECIMAL(38,0)'99999999999999999999999999999999999999', "
		  "DECIMAL(38,0)'1')",
		  "NULL" },
		{ "SUB:DECIMAL(38,0)("
		  "DECIMAL(38,0)'-99999999999999999999999999999999999999', "
		  "DECIMAL(38,0)'1')",
		  "NULL" },
		{ "ADD:DECIMAL(38,0)("
		  "DECIMAL(38,0)'99999999999999999999999999999999999998', "
		  "DECIMAL(38,0)'1')",
		  "99999999999999999999999999999999999999" },
		{ "NEG:DECIMAL(4,2)(DECIMAL(4,2)'-1.50')", "1.50" },
		{ "NEG:DECIMAL(20,2)(DECIMAL(20,2)'1.50')", "-1.50" },
		{ "ABS:DECIMAL(4,2)(DECIMAL(4,2)'-1.50')", "1.50" },
		{ "ABS:DECIMAL(20,2)(DECIMAL(20,2)'-1.50')", "1.50" },
	};

	EVAL_CASES(cases);
}

TEST(decimal_products_and_quotients_round_half_away_from_zero)
{
	static const struct eval_case cases[] = {
		{ "MUL:DECIMAL(9,4)(DECIMAL(4,2)'1.25', DECIMAL(4,2)'-2.50')",
		  "-3.1250" },
		{ "MUL:DECIMAL(24,3)(DECIMAL(4,3)'0.908', DECIMAL(19,0)'1000')",
		  "908.000" },
		{ "MUL:DECIMAL(38,0)(DECIMAL(38,0)'"
		  "10000000000000000000000000000000000000', DECIMAL(38,0)'10')",
		  "NULL" },
		{ "MUL:DECIMAL(38,0)(DECIMAL(38,0)'"
		  "10000000000000000000000000000000000000', "
		  "DECIMAL(38,0)'10000000000000000000000000000000000000')",
		  "NULL" },
		{ "MUL:DECIMAL(38,1)(DECIMAL(19,1)'0.5', DECIMAL(19,1)'0.5')",
		  "0.3" },
		{ "MUL:DECIMAL(38,1)(DECIMAL(19,1)'-0.5', DECIMAL(19,1)'0.5')",
		  "-0.3" },
		{ "DIV:DECIMAL(17,6)(DECIMAL(10,0)'10', DECIMAL(2,1)'4.0')",
		  "2.500000" },
		{ "DIV:DECIMAL(15,13)(DECIMAL(4,2)'1.00', DECIMAL(10,0)'3')",
		  "0.3333333333333" },
		{ "DIV:DECIMAL(15,6)(DECIMAL(4,0)'2', DECIMAL(4,0)'3')",
		  "0.666667" },
		{ "DIV:DECIMAL(15,6)(DECIMAL(4,0)'-2', DECIMAL(4,0)'3')",
		  "-0.666667" },
		{ "DIV:DECIMAL(15,6)(DECIMAL(4,0)'-2', DECIMAL(4,0)'-3')",
		  "0.666667" },
		{ "DIV:DECIMAL(15,0)(DECIMAL(4,1)'2.5', DECIMAL(4,0)'1')",
		  "3" },
		{ "DIV:DECIMAL(15,0)(DECIMAL(4,1)'-2.5', DECIMAL(4,0)'1')",
		  "-3" },
		{ "DIV:DECIMAL(15,6)(DECIMAL(4,0)'2', DECIMAL(4,0)'0')",
		  "!division_by_zero" },
		{ "MOD:DECIMAL(4,2)(DECIMAL(4,2)'-7.25', DECIMAL(4,1)'3.0')",
		  "-1.25" },
		{ "MOD:DECIMAL(4,2)(DECIMAL(4,2)'7.25', DECIMAL(4,1)'0.0')",
		  "!division_by_zero" },
		{ "DIV:DECIMAL(38,6)(DECIMAL(38,0)'"
		  "10000000000000000000000000000000000000', DECIMAL(1,0)'3')",
		  "NULL" },
	};

	EVAL_CASES(cases);
}

/* Products and quotients that need more than 128 bits before they are rounded
 * are exact all the same. */
TEST(decimals_are_exact_beyond_128_bits_on_the_way)
{
	static const struct eval_case cases[] = {
		{ "MUL:DECIMAL(38,6)(DECIMAL(38,18)'1000.5', "
		  "DECIMAL(38,18)'-1000.5')",
		  "-1001000.250000" },
		{ "MUL:DECIMAL(38,6)(DECIMAL(38,18)'12345678901234567890', "
		  "DECIMAL(38,18)'1234567890.123456789')",
		  "15241578753238836750190519987.501905" },
		{ "MUL:DECIMAL(38,6)(DECIMAL(38,18)'0.0000005', "
		  "DECIMAL(38,18)'1')",
		  "0.000001" },
		{ "MUL:DECIMAL(38,6)(DECIMAL(38,18)'99999999999999999999', "
		  "DECIMAL(38,18)'99999999999999999999')",
		  "NULL" },
		{ "MUL:DECIMAL(38,37)(DECIMAL(38,38)'0.5', "
		  "DECIMAL(38,38)'-0.5')",
		  "-0.2500000000000000000000000000000000000" },
		{ "MUL:DECIMAL(38,37)("
		  "DECIMAL(38,38)'0.99999999999999999999999999999999999999', "
		  "DECIMAL(38,38)'0.99999999999999999999999999999999999999')",
		  "1.0000000000000000000000000000000000000" },
		{ "DIV:DECIMAL(38,6)(DECIMAL(38,0)'1', DECIMAL(38,38)'0.25')",
		  "4.000000" },
		{ "DIV:DECIMAL(38,6)(DECIMAL(38,0)'10000000', "
		  "DECIMAL(38,38)'-0.3')",
		  "-33333333.333333" },
		{ "DIV:DECIMAL(38,6)(DECIMAL(38,0)'20000000', "
		  "DECIMAL(38,38)'0.3')",
		  "66666666.666667" },
		{ "DIV:DECIMAL(38,6)(DECIMAL(38,0)'"
		  "99999999999999999999999999999999999999', "
		  "DECIMAL(38,38)'0.00000000000000000000000000000000000001')",
		  "NULL" },
		{ "DIV:DECIMAL(38,13)(DECIMAL(38,20)'123456789012345678', "
		  "DECIMAL(38,0)'3')",
		  "41152263004115226.0000000000000" },
		{ "DIV:DECIMAL(38,6)(DECIMAL(38,38)'0.5', DECIMAL(38,0)'"
		  "99999999999999999999999999999999999999')",
		  "0.000000" },
		{ "ADD:DECIMAL(38,6)(DECIMAL(38,0)'123456', "
		  "DECIMAL(38,38)'0.5')",
		  "123456.500000" },
		{ "SUB:DECIMAL(38,6)(DECIMAL(38,0)'123456', "
		  "DECIMAL(38,38)'0.5')",
		  "123455.500000" },
		{ "SUB:DECIMAL(38,6)(DECIMAL(38,38)'0.5', "
		  "DECIMAL(38,0)'123456')",
		  "-123455.500000" },
		{ "ADD:DECIMAL(38,6)(DECIMAL(38,0)'"
		  "99999999999999999999999999999999999999', "
		  "DECIMAL(38,38)'0.5')",
		  "NULL" },
		{ "MOD:DECIMAL(38,38)(DECIMAL(38,0)'1234567', "
		  "DECIMAL(38,38)'0.3')",
		  "0.10000000000000000000000000000000000000" },
		{ "MOD:DECIMAL(38,38)(DECIMAL(38,38)'-0.3', "
		  "DECIMAL(38,0)'1234567')",
		  "-0.30000000000000000000000000000000000000" },
	};

	EVAL_CASES(cases);
}

TEST(intervals_are_multiplied_added_and_divided)
{
	static const struct eval_case cases[] = {
		{ "MUL:INTERVAL_MS(INTERVAL_MS'1000', INT'90')",
		  "+0 00:01:30.000" },
		{ "MUL:INTERVAL_MONTH(INT'7', INTERVAL_MONTH'2')", "+1-02" },
		{ "ADD:INTERVAL_MS(INTERVAL_MS'1000', INTERVAL_MS'-3000')",
		  "-0 00:00:02.000" },
		{ "SUB:INTERVAL_MONTH(INTERVAL_MONTH'1', INTERVAL_MONTH'15')",
		  "-1-02" },
		{ "DIV:INTERVAL_MS(INTERVAL_MS'1000', INT'3')",
		  "+0 00:00:00.333" },
		{ "NEG:INTERVAL_MS(INTERVAL_MS'86400000')",
		  "-1 00:00:00.000" },
	};

	EVAL_CASES(cases);
}
