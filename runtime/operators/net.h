/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/net.h - the net of a step's changes: what is left of
 * insertions and retractions once those that cancel are gone, in order, with
 * the kinds that a reader of a changelog expects (runtime.md section 5).
 */
#ifndef RUNTIME_OPERATORS_NET_H
#define RUNTIME_OPERATORS_NET_H

#include "runtime/batch.h"
#include "runtime/connector.h"

enum net_how {
	NET_CHANGELOG, /* all that is left: -old +new of a key as -U +U */
	NET_UPSERT,    /* at most one change per key: its row now, or gone */
	NET_LAST,      /* the input is UPSERT: the last change of each key */
};

struct net_row { /* a row of a collected batch */
	uint32_t batch;
	uint16_t row;
};

struct net_change {
	struct net_row at;
	uint8_t kind; /* enum change_kind */
};

struct net {
	enum net_how how;
	const struct schema *schema;
	uint16_t nkeys; /* 0: no key; then only direct neighbours are pairs */
	const uint16_t *keys;
	uint64_t seed;
	unsigned nbatches, batches_size;
	struct batch **batches;
	uint32_t nrows, rows_size;
	struct net_row *rows;
	size_t bytes; /* held by the batches and the lists */
	uint32_t nchanges, changes_size;
	struct net_change *changes; /* of net_settle() */
};

void net_init(struct net *n, enum net_how how, const struct schema *schema,
	      uint16_t nkeys, const uint16_t *keys, uint64_t seed);
void net_release(struct net *n);
/* Keeps a reference to b. */
void net_add(struct net *n, struct batch *b);
/* Computes `changes`. */
void net_settle(struct net *n);
/* A batch of changes[from..to), with kinds in its arena. */
struct batch *net_batch(const struct net *n, struct batch_pool *pool,
			uint32_t from, uint32_t to, const uint8_t **ret_kinds);
/* For a batch of which each key has, in the whole step, at most one row or -old
 * directly before +new: its kinds, without collecting anything; rows that say
 * nothing leave b's selection. */
const uint8_t *net_pairs(const struct net *n, struct batch *b);
/* Forgets everything, for the next step. */
void net_clear(struct net *n);

#endif
