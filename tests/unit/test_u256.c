/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_u256.c - wide integers against what 128 bits can tell, and
 * at the edges where they cannot.
 */
#include "base/check.h"
#include "base/u256.h"
#include "tests/unit/test.h"

#define U128_MAX ((u128)-1)

static bool
is(const struct u256 *a, u128 hi, u128 lo)
{
	return u256_hi(a) == hi && u256_lo(a) == lo;
}

TEST(the_largest_product_fits)
{
	struct u256 a = u256_product(U128_MAX, U128_MAX);

	EXPECT(is(&a, U128_MAX - 1, 1));
	a = u256_product(U128_MAX, 0);
	EXPECT(is(&a, 0, 0));
	a = u256_product((u128)1 << 100, (u128)1 << 100);
	EXPECT(is(&a, (u128)1 << 72, 0));
}

TEST(sums_and_differences_tell_when_they_wrap)
{
	struct u256 one = u256_of(0, 1), a = u256_of(U128_MAX, U128_MAX);

	EXPECT(!u256_add(&a, &one));
	EXPECT(is(&a, 0, 0));
	EXPECT(!u256_sub(&a, &one));
	EXPECT(is(&a, U128_MAX, U128_MAX));
	a = u256_of(1, 0);
	EXPECT(u256_sub(&a, &one));
	EXPECT(is(&a, 0, U128_MAX));
	EXPECT(u256_add(&a, &one));
	EXPECT(is(&a, 1, 0));
}

TEST(a_product_that_does_not_fit_is_told)
{
	struct u256 a = u256_of((u128)1 << 126, 0);

	EXPECT(u256_mul(&a, 3));
	EXPECT(is(&a, (u128)3 << 126, 0));
	EXPECT(!u256_mul(&a, 2));
}

TEST(quotient_times_divisor_and_rest_give_the_number_back)
{
	const uint64_t divisors[] = { 1, 2, 3, 10, UINT32_MAX, UINT64_MAX,
				      UINT64_C(10000000000000000000) };

	for (unsigned i = 0; i < ARRAY_LEN(divisors); i++) {
		struct u256 all = u256_product(U128_MAX - 12345, U128_MAX / 7);
		struct u256 a = all, rest = u256_of(0, 0);

		rest.w[0] = u256_div(&a, divisors[i]);
		EXPECT(rest.w[0] < divisors[i]);
		EXPECT(u256_mul(&a, divisors[i]));
		EXPECT(u256_add(&a, &rest));
		EXPECT(is(&a, u256_hi(&all), u256_lo(&all)));
	}
}

TEST(a_wide_number_is_near_its_double)
{
	struct u256 a = u256_of((u128)1 << 64, 0);

	EXPECT(u256_to_f64(&a) == 0x1p192);
	a = u256_of(0, 12345);
	EXPECT(u256_to_f64(&a) == 12345.0);
}

TEST(a_root_is_the_largest_whose_square_is_not_larger)
{
	const uint64_t roots[] = { 0, 1, 2, 3, 94906265, 94906266, 94906267,
				   UINT32_MAX, INT64_MAX, UINT64_MAX - 1,
				   UINT64_MAX, UINT64_C(3037000500) };

	for (unsigned i = 0; i < ARRAY_LEN(roots); i++) {
		u128 square = (u128)roots[i] * roots[i];

		EXPECT(u128_sqrt(square) == roots[i]);
		EXPECT(u128_sqrt(square + roots[i]) == roots[i]);
		if (roots[i] > 0)
			EXPECT(u128_sqrt(square - 1) == roots[i] - 1);
	}
	EXPECT(u128_sqrt(U128_MAX) == UINT64_MAX);
}
