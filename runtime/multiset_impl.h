/* SPDX-License-Identifier: Apache-2.0
 * runtime/multiset_impl.h - for multiset.c and multiset_read.c: nodes of the
 * pool, and how their keys compare.
 */
#ifndef RUNTIME_MULTISET_IMPL_H
#define RUNTIME_MULTISET_IMPL_H

#include "runtime/multiset.h"
#include "runtime/strheap.h"

enum node_flags {
	NODE_USED = 1,
	NODE_STORED = 2, /* has a row in the store */
	NODE_LISTED = 4, /* in changed[] */
	NODE_TRANSIENT = 8, /* never has one */
	NODE_NULL = 16, /* the value is NULL */
	NODE_BESIDE_NULL = 32,
};

union multiset_cell {
	uint8_t u8;
	int64_t i64;
	i128 i128;
	double f64;
	struct str str;
};

struct multiset_node {
	union multiset_cell value;
	int64_t n;
	int64_t pane_us;
	uint32_t gid;
	uint32_t left, right; /* left: also the next free node */
	uint32_t priority;
	uint32_t flags;
};

/* Beside each node of all but plain sets. */
struct multiset_more {
	union multiset_cell beside;
	uint64_t seq;
	/* Of the subtree: */
	int64_t total;        /* sum of n */
	union {
		int64_t most; /* maximum of n */
		struct {      /* kind.bits */
			int64_t all, any;
		};
	};
	int64_t weight;       /* multiset_weight() */
	uint32_t early, late; /* by pane and seq */
};

struct multiset {
	struct multiset_kind kind;
	uint64_t seed;
	struct multiset_node *node; /* [0] is nobody */
	struct multiset_more *more; /* NULL: the kind needs none */
	uint32_t n, cap;
	uint32_t free_first;
	uint32_t live; /* in trees, but for transient ones */
	uint64_t seq;  /* the last one given */
	struct strheap heap;
	uint32_t *changed;
	uint32_t nchanged, changed_cap;
};

/* How nodes are ordered. */
struct multiset_key {
	const void *value, *beside; /* NULL: NULL */
	int64_t pane_us;
	uint64_t seq;
};
struct multiset_key multiset_key_of(const struct multiset *m, uint32_t node);
/* One value of that type; NULL is NULL. */
int multiset_value_cmp(enum phys phys, const void *a, const void *b);
/* Which of two nodes came first; 0 is nobody. */
uint32_t multiset_sooner(const struct multiset *m, uint32_t a, uint32_t b);

#endif
