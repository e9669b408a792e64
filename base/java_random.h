/* SPDX-License-Identifier: Apache-2.0
 * base/java_random.h - the numbers that java.util.Random draws: RAND(1) of
 * Flink is a documented sequence (a 48-bit linear congruence), and so is ours.
 */
#ifndef BASE_JAVA_RANDOM_H
#define BASE_JAVA_RANDOM_H

#include <stdint.h>

struct java_random {
	uint64_t state; /* 48 bits */
};

void java_random_init(struct java_random *r, int64_t seed);
/* 0 <= x < 1 */
double java_random_double(struct java_random *r);
/* 0 <= n < bound, which is positive */
int32_t java_random_int(struct java_random *r, int32_t bound);

#endif
