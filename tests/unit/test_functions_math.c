/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_functions_math.c - functions of numbers, as Flink 2.3
 * answers.
 */
#include "tests/unit/expr_rig.h"
#include "tests/unit/test.h"

TEST(powers_and_logarithms_are_doubles)
{
	static const struct sql_case cases[] = {
		{ "POWER(2, 10)", "1024.0", "DOUBLE" },
		{ "POWER(2.5, 2)", "6.25", "DOUBLE" },
		{ "POWER(d42, 2)", "156.25", "DOUBLE" },
		{ "POWER(-8, 0.5)", "NaN", "DOUBLE" },
		{ "POWER(0, -1)", "Infinity", "DOUBLE" },
		{ "POWER(1, nan)", "NaN", "DOUBLE" },
		{ "POWER(-1, 1e0 / 0)", "NaN", "DOUBLE" },
		{ "POWER(nan, 0)", "1.0", "DOUBLE" },
		{ "POWER(nul, 2)", "NULL", "DOUBLE" },
		{ "POWER(2, nul)", "NULL", "DOUBLE" },
		{ "SQRT(2)", "1.4142135623730951", "DOUBLE" },
		{ "SQRT(-1)", "NaN", "DOUBLE" },
		{ "SQRT(nul)", "NULL", "DOUBLE" },
		{ "EXP(1)", "2.718281828459045", "DOUBLE" },
		{ "EXP(1000)", "Infinity", "DOUBLE" },
		{ "LN(-1)", "NaN", "DOUBLE" },
		{ "LN(0)", "-Infinity", "DOUBLE" },
		{ "LN(E())", "1.0", "DOUBLE" },
		{ "LN(nul)", "NULL", "DOUBLE" },
		{ "LOG10(1e-3)", "-3.0", "DOUBLE" },
		{ "LOG2(1024)", "10.0", "DOUBLE" },
		{ "LOG(1)", "0.0", "DOUBLE" },
		{ "LOG(2, 8)", "3.0", "DOUBLE" },
		{ "LOG(10, nul)", "NULL", "DOUBLE" },
		{ "POWER('2', 2)", "!wrong_arguments", NULL },
		{ "SQRT()", "!wrong_arguments", NULL },
		{ "PI(1)", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(angles_are_radians)
{
	static const struct sql_case cases[] = {
		{ "SIN(PI() / 2)", "1.0", "DOUBLE" },
		{ "COS(PI())", "-1.0", "DOUBLE" },
		{ "TAN(0.5)", "0.5463024898437905", "DOUBLE" },
		{ "COT(0.5)", "1.830487721712452", "DOUBLE" },
		{ "ASIN(1)", "1.5707963267948966", "DOUBLE" },
		{ "ACOS(2)", "NaN", "DOUBLE" },
		{ "ACOS(0)", "1.5707963267948966", "DOUBLE" },
		{ "ATAN(1)", "0.7853981633974483", "DOUBLE" },
		{ "ATAN2(1, -1)", "2.356194490192345", "DOUBLE" },
		{ "ATAN2(nul, 1)", "NULL", "DOUBLE" },
		{ "SINH(1)", "1.1752011936438014", "DOUBLE" },
		{ "COSH(1)", "1.5430806348152437", "DOUBLE" },
		{ "TANH(1)", "0.7615941559557649", "DOUBLE" },
		{ "DEGREES(PI() / 2)", "90.0", "DOUBLE" },
		{ "RADIANS(90)", "1.5707963267948966", "DOUBLE" },
		{ "SIN(nul)", "NULL", "DOUBLE" },
		{ "DEGREES(nul)", "NULL", "DOUBLE" },
		{ "SIN(1e0 / 0)", "NaN", "DOUBLE" },
	};

	SQL_CASES(cases);
}

TEST(signs_keep_their_type)
{
	static const struct sql_case cases[] = {
		{ "SIGN(-3)", "-1", "INT" },
		{ "SIGN(0)", "0", "INT" },
		{ "SIGN(bmax)", "1", "BIGINT" },
		{ "SIGN(-2.5)", "-1.0", "DECIMAL(2, 1)" },
		{ "SIGN(d42)", "1.00", "DECIMAL(4, 2)" },
		{ "SIGN(big)", "1", "DECIMAL(38, 0)" },
		{ "SIGN(0.00)", "0.00", NULL },
		{ "SIGN(-2.5e0)", "-1.0", "DOUBLE" },
		{ "SIGN(nan)", "NaN", "DOUBLE" },
		{ "SIGN(f)", "1.0", "FLOAT" },
		{ "SIGN(nul)", "NULL", "INT" },
		{ "SIGN('1')", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(ceil_and_floor_have_no_fraction)
{
	static const struct sql_case cases[] = {
		{ "CEIL(-2.5)", "-2", "DECIMAL(2, 0)" },
		{ "CEIL(2.5)", "3", "DECIMAL(2, 0)" },
		{ "CEIL(9.9)", "10", "DECIMAL(2, 0)" },
		{ "FLOOR(-2.5)", "-3", "DECIMAL(2, 0)" },
		{ "FLOOR(2.5)", "2", "DECIMAL(2, 0)" },
		{ "CEILING(2.1)", "3", "DECIMAL(2, 0)" },
		{ "CEIL(d42)", "13", "DECIMAL(4, 0)" },
		{ "FLOOR(d42)", "12", "DECIMAL(4, 0)" },
		{ "CEIL(CAST(-0.5 AS DECIMAL(38, 10)))", "0",
		  "DECIMAL(38, 0)" },
		{ "FLOOR(CAST(-0.5 AS DECIMAL(38, 10)))", "-1",
		  "DECIMAL(38, 0)" },
		{ "CEIL(big)", "99999999999999999999999999999999999999",
		  "DECIMAL(38, 0)" },
		{ "FLOOR(2.7e0)", "2.0", "DOUBLE" },
		{ "CEIL(-0.5e0)", "-0.0", "DOUBLE" },
		{ "FLOOR(nan)", "NaN", "DOUBLE" },
		{ "CEIL(f)", "10.0", "FLOAT" },
		{ "CEIL(ten)", "10", "INT" },
		{ "FLOOR(tmax)", "127", "TINYINT" },
		{ "CEIL(nul)", "NULL", "INT" },
		{ "FLOOR('a')", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(halves_are_rounded_away_from_zero)
{
	static const struct sql_case cases[] = {
		{ "ROUND(2.5)", "3", "DECIMAL(2, 0)" },
		{ "ROUND(-2.5)", "-3", "DECIMAL(2, 0)" },
		{ "ROUND(2.5e0)", "3.0", "DOUBLE" },
		{ "ROUND(-2.5e0)", "-3.0", "DOUBLE" },
		{ "ROUND(1.005, 2)", "1.01", "DECIMAL(4, 2)" },
		{ "ROUND(1.005e0, 2)", "1.01", "DOUBLE" },
		{ "ROUND(2.675e0, 2)", "2.68", "DOUBLE" },
		{ "ROUND(1.5e300, -300)", "2.0E300", "DOUBLE" },
		{ "ROUND(1.25e-7, 8)", "1.3E-7", "DOUBLE" },
		{ "ROUND(1.25e-7, 3)", "0.0", "DOUBLE" },
		{ "ROUND(-0.2e0)", "0.0", "DOUBLE" },
		{ "ROUND(123.456e0, 20)", "123.456", "DOUBLE" },
		{ "ROUND(nan, 2)", "NaN", "DOUBLE" },
		{ "ROUND(1e0 / 0, 2)", "Infinity", "DOUBLE" },
		{ "ROUND(f, 1)", "10.0", "FLOAT" },
		{ "ROUND(-1250, -2)", "-1300", "INT" },
		{ "ROUND(1249, -2)", "1200", "INT" },
		{ "ROUND(ten, 5)", "10", "INT" },
		{ "ROUND(ten, -40)", "0", "INT" },
		{ "ROUND(imax, -10)", "0", "INT" },
		{ "ROUND(bmax, -19)", "-8446744073709551616", "BIGINT" },
		{ "ROUND(tmax, -1)", "-126", "TINYINT" },
		{ "ROUND(d42, 1)", "12.5", "DECIMAL(4, 1)" },
		{ "ROUND(d42)", "13", "DECIMAL(3, 0)" },
		{ "ROUND(d42, 2)", "12.50", "DECIMAL(4, 2)" },
		{ "ROUND(d42, -1)", "10", "DECIMAL(3, 0)" },
		{ "ROUND(d42, -2)", "0", "DECIMAL(3, 0)" },
		{ "ROUND(99.95, 1)", "100.0", "DECIMAL(4, 1)" },
		{ "ROUND(d42, tmax - 127)", "13.00", "DECIMAL(4, 2)" },
		{ "ROUND(99.95, ten - 9)", "NULL", "DECIMAL(4, 2)" },
		{ "ROUND(d42, ten - 60)", "0.00", "DECIMAL(4, 2)" },
		{ "ROUND(d42, -bmax)", "0.00", "DECIMAL(4, 2)" },
		{ "ROUND(big, -38)", "NULL", "DECIMAL(38, 0)" },
		{ "ROUND(nul, 1)", "NULL", "INT" },
		{ "ROUND(2.5, nul)", "NULL", "DECIMAL(2, 1)" },
		{ "ROUND(2.5, 1.0)", "!wrong_arguments", NULL },
	};

	SQL_CASES(cases);
}

TEST(truncate_goes_toward_zero)
{
	static const struct sql_case cases[] = {
		{ "TRUNCATE(-2.55, 1)", "-2.5", "DECIMAL(3, 1)" },
		{ "TRUNCATE(42.345)", "42", "DECIMAL(3, 0)" },
		{ "TRUNCATE(1299, -2)", "1200", "INT" },
		{ "TRUNCATE(-1299, -2)", "-1200", "INT" },
		{ "TRUNCATE(2.999e0, 2)", "2.99", "DOUBLE" },
		{ "TRUNCATE(-2.999e0)", "-2.0", "DOUBLE" },
		{ "TRUNCATE(nan)", "NaN", "DOUBLE" },
		{ "TRUNCATE(f, 1)", "9.9", "FLOAT" },
		{ "TRUNCATE(big, -37)",
		  "90000000000000000000000000000000000000",
		  "DECIMAL(38, 0)" },
		{ "TRUNCATE(nul)", "NULL", "INT" },
		{ "TRUNCATE(2.5, nul)", "NULL", "DECIMAL(2, 1)" },
	};

	SQL_CASES(cases);
}
