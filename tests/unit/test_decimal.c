/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_decimal.c - exact numbers: rounding half away from zero, 38
 * digits to the last, and the texts that Flink writes.
 */
#include <math.h>

#include "base/check.h"
#include "base/decimal.h"
#include "tests/unit/test.h"

/* The parsed text in all digits, or why there is none. */
static const char *
parsed(const char *text, unsigned precision, unsigned scale)
{
	static char out[DECIMAL_TEXT_MAX + 1];
	i128 v;

	switch (decimal_parse(text, strlen(text), precision, scale, &v)) {
	case DECIMAL_OK:
		out[decimal_format(v, scale, out)] = '\0';
		return out;
	case DECIMAL_SYNTAX:
		return "syntax";
	default:
		return "overflow";
	}
}

static const char *
stripped(const char *text, unsigned scale)
{
	static char out[DECIMAL_TEXT_MAX + 1];
	i128 v;

	EXPECT_EQ(decimal_parse(text, strlen(text), 38, scale, &v),
		  DECIMAL_OK);
	out[decimal_format_stripped(v, scale, out)] = '\0';
	return out;
}

TEST(texts_are_read_and_written_with_their_scale)
{
	EXPECT_STR(parsed("12.5", 10, 4), "12.5000");
	EXPECT_STR(parsed("-0.05", 10, 2), "-0.05");
	EXPECT_STR(parsed("0.0000001", 10, 9), "0.000000100");
	EXPECT_STR(parsed("7", 1, 0), "7");
	EXPECT_STR(parsed(" \t+12.50\n", 10, 2), "12.50");
	EXPECT_STR(parsed("1e2", 10, 2), "100.00");
	EXPECT_STR(parsed("1.25E-1", 10, 3), "0.125");
	EXPECT_STR(parsed("12.", 10, 0), "12");
	EXPECT_STR(parsed(".5", 10, 1), "0.5");
	EXPECT_STR(parsed("-0", 10, 1), "0.0");
	EXPECT_STR(parsed("000000000000000000000000000000000000000000001", 1,
			  0),
		   "1");
}

TEST(halves_are_rounded_away_from_zero)
{
	EXPECT_STR(parsed("1.005", 10, 2), "1.01");
	EXPECT_STR(parsed("-1.005", 10, 2), "-1.01");
	EXPECT_STR(parsed("1.00499999999999999999999999999999999999999", 10,
			  2),
		   "1.00");
	EXPECT_STR(parsed("0.5", 10, 0), "1");
	EXPECT_STR(parsed("0.4", 10, 0), "0");
	EXPECT_STR(parsed("-0.5", 10, 0), "-1");
	EXPECT_STR(parsed("0.05", 10, 0), "0"); /* one rounding, not two */
	EXPECT_STR(parsed("0.49", 10, 0), "0");
	EXPECT_STR(parsed("5e-3", 10, 2), "0.01");
	EXPECT_STR(parsed("1e-100000000000", 10, 2), "0.00");
}

TEST(too_many_digits_are_an_overflow_also_by_rounding)
{
	EXPECT_STR(parsed("123456", 5, 2), "overflow");
	EXPECT_STR(parsed("999.99", 5, 2), "999.99");
	EXPECT_STR(parsed("999.995", 5, 2), "overflow");
	EXPECT_STR(parsed("99.95", 3, 1), "overflow");
	EXPECT_STR(parsed("0.95", 1, 1), "overflow");
	EXPECT_STR(parsed("1e400", 38, 0), "overflow");
	EXPECT_STR(parsed("1e99999999999999999999", 38, 0), "overflow");
	EXPECT_STR(parsed("0e99999999999999999999", 38, 0), "0");
	EXPECT_STR(parsed("99999999999999999999999999999999999999", 38, 0),
		   "99999999999999999999999999999999999999");
	EXPECT_STR(parsed("99999999999999999999999999999999999999.5", 38, 0),
		   "overflow");
	EXPECT_STR(parsed("-.99999999999999999999999999999999999999", 38, 38),
		   "-0.99999999999999999999999999999999999999");
}

TEST(what_is_no_number_is_refused)
{
	static const char *const bad[] = {
		"", " ", "+", "-", ".", "e1", "1e", "1e+", "1e1.5", "1.2.3",
		"1 2", "0x10", "1_000", "NaN", "12a", "--1", "1e--1", "1,5",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (strcmp(parsed(bad[i], 10, 2), "syntax") != 0)
			FAIL("\"%s\" was read as %s", bad[i],
			     parsed(bad[i], 10, 2));
}

TEST(json_output_is_stripped_as_flink_strips_it)
{
	EXPECT_STR(stripped("12.5000", 4), "12.5");
	EXPECT_STR(stripped("100", 0), "1E+2");
	EXPECT_STR(stripped("100", 20), "1E+2");
	EXPECT_STR(stripped("1e22", 0), "1E+22");
	EXPECT_STR(stripped("1e-11", 20), "1E-11");
	EXPECT_STR(stripped("0", 5), "0");
	EXPECT_STR(stripped("-1.50", 2), "-1.5");
	EXPECT_STR(stripped("-1200", 2), "-1.2E+3");
	EXPECT_STR(stripped("0.000001", 10), "0.000001");
	EXPECT_STR(stripped("0.0000015", 10), "0.0000015");
	EXPECT_STR(stripped("0.0000001", 10), "1E-7");
	EXPECT_STR(stripped("-0.00000012", 10), "-1.2E-7");
	EXPECT_STR(stripped("99999999999999999999999999999999999999", 0),
		   "99999999999999999999999999999999999999");
}

TEST(scales_change_exactly_or_rounded)
{
	i128 v;

	EXPECT(decimal_rescale(125, 2, 4, &v));
	EXPECT_EQ(v, 12500);
	EXPECT(decimal_rescale(125, 2, 1, &v));
	EXPECT_EQ(v, 13);
	EXPECT(decimal_rescale(-125, 2, 1, &v));
	EXPECT_EQ(v, -13);
	EXPECT(decimal_rescale(-124, 2, 1, &v));
	EXPECT_EQ(v, -12);
	EXPECT(decimal_rescale(7, 0, 0, &v));
	EXPECT_EQ(v, 7);
	EXPECT(decimal_rescale(0, 0, 38, &v));
	EXPECT_EQ(v, 0);
	EXPECT(decimal_rescale(decimal_pow10[38] - 1, 38, 0, &v));
	EXPECT_EQ(v, 1); /* 0.99... */
	EXPECT(decimal_rescale(decimal_pow10[37] * 4, 38, 0, &v));
	EXPECT_EQ(v, 0);
}

TEST(a_scale_that_needs_more_than_38_digits_is_refused)
{
	i128 v = 42;

	EXPECT(!decimal_rescale(1, 0, 38, &v));
	EXPECT(decimal_rescale(1, 0, 37, &v));
	EXPECT(v == decimal_pow10[37]);
	EXPECT(!decimal_rescale(decimal_pow10[37], 0, 30, &v));
	EXPECT(!decimal_rescale(-decimal_pow10[37], 0, 1, &v));
	EXPECT(v == decimal_pow10[37]); /* not touched */
}

TEST(fits_is_exact_at_its_borders)
{
	for (unsigned p = 0; p <= DECIMAL_MAX; p++) {
		i128 limit = decimal_pow10[p];

		EXPECT(decimal_fits(limit - 1, p));
		EXPECT(!decimal_fits(limit, p));
		EXPECT(decimal_fits(-limit + 1, p));
		EXPECT(!decimal_fits(-limit, p));
		EXPECT(p == 0 || limit == decimal_pow10[p - 1] * 10);
	}
}

TEST(integers_of_128_bits_are_written_whole)
{
	i128 min = (i128)1 << 126;
	char out[DECIMAL_TEXT_MAX];

	min = -min - min;
	out[i128_format(min, out)] = '\0';
	EXPECT_STR(out, "-170141183460469231731687303715884105728");
	out[i128_format(~min, out)] = '\0';
	EXPECT_STR(out, "170141183460469231731687303715884105727");
	out[i128_format(decimal_pow10[38], out)] = '\0';
	EXPECT_STR(out, "100000000000000000000000000000000000000");
	out[i128_format((i128)UINT64_MAX + 1, out)] = '\0';
	EXPECT_STR(out, "18446744073709551616");
	out[i128_format(0, out)] = '\0';
	EXPECT_STR(out, "0");
	out[i128_format(-7, out)] = '\0';
	EXPECT_STR(out, "-7");
}

TEST(doubles_become_decimals_by_their_decimal_text)
{
	i128 v;

	EXPECT(decimal_from_f64(1.005, 10, 2, &v)); /* below it in binary */
	EXPECT_EQ(v, 101);
	EXPECT(decimal_from_f64(-2.5, 1, 0, &v));
	EXPECT_EQ(v, -3);
	EXPECT(decimal_from_f64(1e22, 38, 0, &v));
	EXPECT(v == decimal_pow10[22]);
	EXPECT(!decimal_from_f64(99.95, 3, 1, &v));
	EXPECT(!decimal_from_f64(1e38, 38, 0, &v));
	EXPECT(!decimal_from_f64(NAN, 38, 0, &v));
	EXPECT(!decimal_from_f64(INFINITY, 38, 0, &v));
	EXPECT(!decimal_from_f64(-INFINITY, 38, 0, &v));
}

TEST(decimals_become_the_nearest_double)
{
	EXPECT(decimal_to_f64(999, 2) == 9.99);
	EXPECT(decimal_to_f64(-1, 1) == -0.1);
	EXPECT(decimal_to_f64(1, 38) == 1e-38);
	EXPECT(decimal_to_f64(decimal_pow10[38] - 1, 0) == 1e38);
	EXPECT(decimal_to_f64(((i128)1 << 53) + 1, 0) == 0x1p53);
	EXPECT(decimal_to_f64(((i128)1 << 53) + 3, 0) == 0x1p53 + 4);
	EXPECT(decimal_to_f64(0, 5) == 0);
}
