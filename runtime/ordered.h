/* SPDX-License-Identifier: Apache-2.0
 * runtime/ordered.h - numbers in an order that their owner knows: a treap
 * whose nodes are the numbers, so that an array by number holds all of it.
 * No two numbers compare as equal.
 */
#ifndef RUNTIME_ORDERED_H
#define RUNTIME_ORDERED_H

#include <stddef.h>
#include <stdint.h>

#define ORDERED_NONE UINT32_MAX
#define ORDERED_DEPTH_MAX 256

/* Whether a comes before b. */
typedef int ordered_cmp(const void *arg, uint32_t a, uint32_t b);

struct ordered_node {
	uint32_t left, right;
	uint32_t priority;
};

struct ordered {
	ordered_cmp *cmp;
	const void *arg;
	uint64_t seed;
	uint32_t root;
	uint32_t cap;
	struct ordered_node *node; /* by number */
};

struct ordered_walk { /* from the first on; ends when the order changes */
	unsigned n;
	uint32_t path[ORDERED_DEPTH_MAX];
};

void ordered_init(struct ordered *o, ordered_cmp *cmp, const void *arg,
		  uint64_t seed);
void ordered_release(struct ordered *o);
/* Numbers below n may be put in. */
void ordered_reserve(struct ordered *o, uint32_t n);
/* It is not in. */
void ordered_put(struct ordered *o, uint32_t number);
/* It is in, and compares as it did when it was put in. */
void ordered_take(struct ordered *o, uint32_t number);
/* ORDERED_NONE: it is empty. */
uint32_t ordered_first(const struct ordered *o);
uint32_t ordered_last(const struct ordered *o);
uint32_t ordered_walk_begin(const struct ordered *o, struct ordered_walk *w);
uint32_t ordered_walk_next(const struct ordered *o, struct ordered_walk *w);
size_t ordered_bytes(const struct ordered *o);

#endif
