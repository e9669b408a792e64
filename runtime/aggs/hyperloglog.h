/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/hyperloglog.h - how many different values there are, within
 * 1.6 % (one standard error), in 4 KiB at most (Flajolet et al., 2007). Up to
 * 255 of them are kept as hashes and counted exactly, 8 bytes each, as
 * HyperLogLog++ does (Heule et al., EDBT 2013); the estimate is Ertl's, which
 * has no bias to correct (arXiv:1702.01284).
 *
 * A sketch is bytes in a string of the heap; the empty string is an empty one.
 * Equal sets give equal sketches, in whatever order and pieces they came.
 */
#ifndef RUNTIME_AGGS_HYPERLOGLOG_H
#define RUNTIME_AGGS_HYPERLOGLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/strheap.h"

void hyperloglog_add(struct strheap *heap, struct str *sketch, uint64_t hash);
/* dst becomes the sketch of both. */
void hyperloglog_merge(struct strheap *heap, struct str *dst,
		       const struct str *src);
int64_t hyperloglog_estimate(const struct str *sketch);
/* Bytes from outside: whether they can be a sketch. */
bool hyperloglog_valid(const struct str *sketch);

#endif
