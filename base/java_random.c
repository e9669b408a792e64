/* SPDX-License-Identifier: Apache-2.0
 * base/java_random.c - as the documentation of java.util.Random specifies
 * next(), nextDouble() and nextInt(bound), bit by bit.
 */
#include "base/java_random.h"

#include "base/check.h"

#define MULTIPLIER UINT64_C(0x5deece66d)
#define INCREMENT 0xb
#define MASK ((UINT64_C(1) << 48) - 1)

void
java_random_init(struct java_random *r, int64_t seed)
{
	r->state = ((uint64_t)seed ^ MULTIPLIER) & MASK;
}

/* The upper bits of the next state: at most 31 here, so never negative. */
static uint32_t
next(struct java_random *r, unsigned bits)
{
	r->state = (r->state * MULTIPLIER + INCREMENT) & MASK;
	return (uint32_t)(r->state >> (48 - bits));
}

double
java_random_double(struct java_random *r)
{
	uint64_t high = next(r, 26);

	return (double)((high << 27) + next(r, 27)) * 0x1p-53;
}

int32_t
java_random_int(struct java_random *r, int32_t bound)
{
	uint32_t most = (uint32_t)bound - 1, drawn = next(r, 31), rest;

	CHECK(bound > 0);
	if (((uint32_t)bound & most) == 0) /* a power of 2: the upper bits */
		return (int32_t)(((uint64_t)(uint32_t)bound * drawn) >> 31);
	/* Draws from the last, incomplete range would favour small numbers. */
	while (rest = drawn % (uint32_t)bound,
	       drawn - rest + most > INT32_MAX)
		drawn = next(r, 31);
	return (int32_t)rest;
}
