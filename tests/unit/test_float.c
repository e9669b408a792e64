/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_float.c - doubles as Java writes and reads them; the pairs
 * are Flink's or come from the documentation of Double.toString().
 */
#include <float.h>
#include <math.h>

#include "base/float.h"
#include "tests/unit/test.h"

static void
expect_f64(double v, const char *want)
{
	char out[F64_TEXT_MAX + 1];

	out[f64_format(v, out)] = '\0';
	EXPECT_STR(out, want);
}

static void
expect_f32(float v, const char *want)
{
	char out[F64_TEXT_MAX + 1];

	out[f32_format(v, out)] = '\0';
	EXPECT_STR(out, want);
}

TEST(doubles_are_written_as_java_does)
{
	expect_f64(1.0, "1.0");
	expect_f64(0.0, "0.0");
	expect_f64(-0.0, "-0.0");
	expect_f64(-12.5, "-12.5");
	expect_f64(100, "100.0");
	expect_f64(0.001, "0.001");
	expect_f64(0.00099999, "9.9999E-4");
	expect_f64(1e-4, "1.0E-4");
	expect_f64(1e-5, "1.0E-5");
	expect_f64(9999999.0, "9999999.0");
	expect_f64(1e7, "1.0E7");
	expect_f64(1e10, "1.0E10");
	expect_f64(123456789.125, "1.23456789125E8");
	expect_f64(123456789012.0, "1.23456789012E11");
	expect_f64(9223372036854775807.0, "9.223372036854776E18");
	expect_f64(NAN, "NaN");
	expect_f64(-NAN, "NaN");
	expect_f64(INFINITY, "Infinity");
	expect_f64(-INFINITY, "-Infinity");
}

TEST(doubles_have_the_fewest_digits_that_bring_them_back)
{
	expect_f64(0.1, "0.1");
	expect_f64(0.1 + 0.2, "0.30000000000000004");
	expect_f64(1.0 / 3, "0.3333333333333333");
	expect_f64(9.99 * 3, "29.97");
	expect_f64(2.675, "2.675");
	expect_f64(DBL_MAX, "1.7976931348623157E308");
	expect_f64(DBL_MIN, "2.2250738585072014E-308");
	expect_f64(0x1p-1074, "4.9E-324"); /* two digits at least */
	expect_f64(4 * 0x1p-1074, "2.0E-323");
	expect_f64(1e23, "1.0E23");
	/* a power of two: its upper neighbour is twice as far */
	expect_f64(0x1p-44, "5.684341886080802E-14");
}

TEST(floats_need_fewer_digits)
{
	expect_f32(0.1f, "0.1");
	expect_f32(9.99f, "9.99");
	expect_f32(1e10f, "1.0E10");
	expect_f32(16777216.0f, "1.6777216E7");
	expect_f32(FLT_MAX, "3.4028235E38");
	expect_f32(FLT_MIN, "1.1754944E-38");
	expect_f32(0x1p-149f, "1.4E-45");
	expect_f32(-0.0f, "-0.0");
	expect_f32(3.0f, "3.0");
}

TEST(what_is_written_reads_as_the_same_number)
{
	uint64_t bits = UINT64_C(88172645463325252);

	for (int i = 0; i < 20000; i++) {
		char out[F64_TEXT_MAX];
		double v, back;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&v, &bits, sizeof(v));
		if (i % 2)
			v = (double)(bits >> 32) / 1000;
		if (isnan(v))
			continue;
		EXPECT(f64_parse(out, f64_format(v, out), &back));
		if (memcmp(&v, &back, sizeof(v)) != 0)
			FAIL("%a became %a", v, back);
	}
}

static double
parsed(const char *text)
{
	double v = -42;

	if (!f64_parse(text, strlen(text), &v))
		FAIL("\"%s\" is a number", text);
	return v;
}

TEST(java_reads_these_as_doubles)
{
	EXPECT(parsed("1.5") == 1.5);
	EXPECT(parsed(" 1.5\t") == 1.5);
	EXPECT(parsed("1e3") == 1000);
	EXPECT(parsed("+1E+3") == 1000);
	EXPECT(parsed(".5") == 0.5);
	EXPECT(parsed("5.") == 5);
	EXPECT(parsed("-0") == 0 && signbit(parsed("-0")));
	EXPECT(parsed("1d") == 1);
	EXPECT(parsed("1.5e1F") == 15);
	EXPECT(parsed("0x1p3") == 8);
	EXPECT(isinf(parsed("1E400")));
	EXPECT(parsed("1E-400") == 0);
	EXPECT(isnan(parsed("NaN")));
	EXPECT(parsed("Infinity") == INFINITY);
	EXPECT(parsed("-Infinity") == -INFINITY);
}

TEST(java_does_not_read_these)
{
	static const char *const bad[] = {
		"", " ", "inf", "nan", "infinity", "INFINITY", "NaNd",
		"Infinityf", "abc", "1_000", "1,5", "1.5x", "1e", "0x10", "0x",
		"--1", "+", ".", "1 2", "1dd", "nan(1)", "e5",
	};
	double v;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (f64_parse(bad[i], strlen(bad[i]), &v))
			FAIL("\"%s\" was read as %g", bad[i], v);
	EXPECT(!f64_parse("1\0" "2", 3, &v));
}

TEST(a_number_of_any_length_is_read_up_to_the_limit)
{
	char text[1001];
	double v;

	memset(text, '0', sizeof(text));
	text[999] = '7';
	EXPECT(f64_parse(text, 1000, &v));
	EXPECT(v == 7);
	EXPECT(!f64_parse(text, 1001, &v));
}
