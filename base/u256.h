/* SPDX-License-Identifier: Apache-2.0
 * base/u256.h - unsigned integers of 256 bits: as much arithmetic as sums of
 * squares of 128-bit numbers need, with every overflow reported.
 */
#ifndef BASE_U256_H
#define BASE_U256_H

#include <stdbool.h>
#include <stdint.h>

#include "base/types.h"

typedef unsigned __int128 u128; /* as i128 */

struct u256 {
	uint64_t w[4]; /* least significant first */
};

static inline struct u256
u256_of(u128 hi, u128 lo)
{
	return (struct u256){ { (uint64_t)lo, (uint64_t)(lo >> 64),
				(uint64_t)hi, (uint64_t)(hi >> 64) } };
}

static inline u128
u256_lo(const struct u256 *a)
{
	return (u128)a->w[1] << 64 | a->w[0];
}

static inline u128
u256_hi(const struct u256 *a)
{
	return (u128)a->w[3] << 64 | a->w[2];
}

static inline u128
i128_abs(i128 v)
{
	return v < 0 ? -(u128)v : (u128)v;
}

/* Of two factors below 2^128: always fits. */
struct u256 u256_product(u128 a, u128 b);
/* a += b; false: it wrapped around. */
bool u256_add(struct u256 *a, const struct u256 *b);
/* a -= b; false: b was larger. */
bool u256_sub(struct u256 *a, const struct u256 *b);
/* a *= m; false: the product does not fit. */
bool u256_mul(struct u256 *a, uint64_t m);
/* a /= d, truncated; returns the remainder. */
uint64_t u256_div(struct u256 *a, uint64_t d);
double u256_to_f64(const struct u256 *a);
/* The root, truncated. */
uint64_t u128_sqrt(u128 v);

#endif
