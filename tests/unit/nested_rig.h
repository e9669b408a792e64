/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/nested_rig.h - random types, nested ones among them, and random
 * values of any type, for tests of whatever carries values.
 */
#ifndef TESTS_UNIT_NESTED_RIG_H
#define TESTS_UNIT_NESTED_RIG_H

#include "base/arena.h"
#include "base/types.h"

/* The next of a sequence that the seed decides. */
uint64_t rig_random(uint64_t *seed);
/* Of up to `depth` levels; only what the formats hold: no intervals, keys of
 * MAP and MULTISET are STRING. */
struct type rig_random_type(uint64_t *seed, struct arena *a, unsigned depth);
struct value rig_random_value(uint64_t *seed, struct arena *a, struct type t);

#endif
