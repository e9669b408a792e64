/* SPDX-License-Identifier: Apache-2.0
 * base/u256.c - limb by limb, as on paper: at these lengths nothing cleverer
 * is faster.
 */
#include "base/u256.h"

#include <math.h>

#include "base/check.h"

struct u256
u256_product(u128 a, u128 b)
{
	struct u256 low = u256_of(0, a), high = low;
	bool fits = u256_mul(&low, (uint64_t)b);

	fits &= u256_mul(&high, (uint64_t)(b >> 64));
	high = (struct u256){ { 0, high.w[0], high.w[1], high.w[2] } };
	fits &= u256_add(&low, &high);
	CHECK(fits);
	return low;
}

bool
u256_add(struct u256 *a, const struct u256 *b)
{
	u128 carry = 0;

	for (unsigned i = 0; i < 4; i++) {
		carry += (u128)a->w[i] + b->w[i];
		a->w[i] = (uint64_t)carry;
		carry >>= 64;
	}
	return carry == 0;
}

bool
u256_sub(struct u256 *a, const struct u256 *b)
{
	bool borrow = false;

	for (unsigned i = 0; i < 4; i++) {
		u128 take = (u128)b->w[i] + borrow;

		borrow = a->w[i] < take;
		a->w[i] -= (uint64_t)take;
	}
	return !borrow;
}

bool
u256_mul(struct u256 *a, uint64_t m)
{
	u128 carry = 0;

	for (unsigned i = 0; i < 4; i++) {
		carry += (u128)a->w[i] * m;
		a->w[i] = (uint64_t)carry;
		carry >>= 64;
	}
	return carry == 0;
}

uint64_t
u256_div(struct u256 *a, uint64_t d)
{
	u128 rest = 0;

	CHECK(d > 0);
	for (unsigned i = 4; i-- > 0;) {
		rest = rest << 64 | a->w[i];
		a->w[i] = (uint64_t)(rest / d);
		rest %= d;
	}
	return (uint64_t)rest;
}

double
u256_to_f64(const struct u256 *a)
{
	double v = 0;

	for (unsigned i = 4; i-- > 0;)
		v = v * 0x1p64 + (double)a->w[i];
	return v;
}

uint64_t
u128_sqrt(u128 v)
{
	double guess = sqrt((double)v);
	uint64_t r = guess >= 0x1p64 ? UINT64_MAX : (uint64_t)guess;

	/* The guess is good for 52 bits: one step of Newton's, then by hand. */
	if (r > 0) {
		u128 next = ((u128)r + v / r) / 2;

		r = next > UINT64_MAX ? UINT64_MAX : (uint64_t)next;
	}
	while ((u128)r * r > v)
		r--;
	while (r < UINT64_MAX && (u128)(r + 1) * (r + 1) <= v)
		r++;
	return r;
}
