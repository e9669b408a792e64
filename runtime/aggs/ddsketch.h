/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/ddsketch.h - how numbers are distributed, by counts in buckets
 * whose width grows with the number: a quantile is within 1 % of the exact one,
 * however the numbers lie (DDSketch: Masson, Rim and Lee, VLDB 2019). Counts
 * can be taken away and added up in any order. Numbers from 1 to a million need
 * 700 buckets, 16 bytes each; all that DOUBLE has 145 000.
 *
 * A sketch is bytes in a string of the heap; the empty string is an empty one.
 */
#ifndef RUNTIME_AGGS_DDSKETCH_H
#define RUNTIME_AGGS_DDSKETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/strheap.h"

/* n times; less where n < 0, which it must hold. */
void ddsketch_add(struct strheap *heap, struct str *sketch, double v,
		  int64_t n);
/* How often a number of v's bucket has been added. */
int64_t ddsketch_count(const struct str *sketch, double v);
/* dst += sign * src, sign being 1 or -1. */
void ddsketch_merge(struct strheap *heap, struct str *dst,
		    const struct str *src, int sign);
/* The number with `rank` others below it, 0 <= rank < how many there are. */
double ddsketch_at(const struct str *sketch, int64_t rank);
/* Bytes from outside: whether they can be a sketch of n numbers. */
bool ddsketch_valid(const struct str *sketch, int64_t n);

#endif
