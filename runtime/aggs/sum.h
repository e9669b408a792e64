/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/sum.h - the accumulators that SUM and AVG have in common.
 *
 * Integers are summed modulo 2^64: what narrowing at the end gives is what
 * Flink's wrapping addition gives, and nothing is lost by adding and taking
 * away. DECIMAL is exact in 128 bits, with a count of wraps where the
 * arguments are wide. DOUBLE cannot be taken away exactly: windows merge it;
 * where rows can be retracted, what never leaves a sum (NaN, infinities) is
 * counted apart, what rounding loses is summed beside it (Neumaier, 1974), and
 * a sum of nothing is exactly 0 again.
 */
#ifndef RUNTIME_AGGS_SUM_H
#define RUNTIME_AGGS_SUM_H

#include "runtime/agg.h"

struct sum_i64 {
	int64_t n; /* values: first in each of them */
	uint64_t sum;
};
struct sum_f64 {
	int64_t n;
	double sum; /* retracting: of the finite values */
	int64_t nan, pinf, ninf;
	double low; /* what rounding has taken from sum */
};
struct sum_i128 {
	int64_t n;
	int64_t carry; /* wraps of sum */
	i128 sum;
};

static inline void *
sum_at(const struct agg *a, const char *entry, uint32_t off)
{
	return (void *)(entry + off + a->body);
}

void sum_init(struct agg *a);
void sum_add(const struct agg *a, const struct agg_rows *r,
	     const struct column *arg);
bool sum_holds(const struct agg *a, const char *entry, const struct batch *b,
	       uint32_t row, int64_t w);
void sum_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	       char *const *src, uint32_t src_off, uint32_t n);
void sum_sub(const struct agg *a, char *const *dst, char *const *src,
	     uint32_t n);
/* One exact sum: a value w times; another sum; without another sum. */
void sum_i128_add(struct sum_i128 *s, i128 v, int64_t w);
void sum_i128_merge(struct sum_i128 *d, const struct sum_i128 *s);
void sum_i128_sub(struct sum_i128 *d, const struct sum_i128 *s);
/* The sum with its NaN and infinities. */
double sum_f64_total(const struct agg *a, const struct sum_f64 *s);
/* An integer in the width of a type: what is beyond wraps around. */
int64_t sum_narrow(uint64_t v, struct type t);

#endif
