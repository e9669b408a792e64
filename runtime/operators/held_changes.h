/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/held_changes.h - changes that a sink gives out only once
 * they are in a committed checkpoint ('sink.emit' = 'checkpoint').
 *
 * A reader that is told to take back a row must have that row. What was sent
 * before a checkpoint and is computed again after a crash may come out
 * otherwise; so the changes of an epoch are part of its checkpoint, go out
 * when it is committed, and after a crash go out again, the same ones in the
 * same order. The next checkpoint, whose commit waits until they are
 * acknowledged, forgets them.
 *
 *	_changes(_epoch, _seq, _kind, <row>)
 */
#ifndef RUNTIME_OPERATORS_HELD_CHANGES_H
#define RUNTIME_OPERATORS_HELD_CHANGES_H

#include "runtime/connector.h"
#include "runtime/operator.h"
#include "runtime/operators/net.h"

struct held_batch {
	struct batch *b;      /* owned */
	const uint8_t *kinds; /* in its arena */
};

struct held_changes {
	struct op *op;
	unsigned table;
	struct table_def def;
	struct schema stored;
	unsigned n, size;
	struct held_batch *list; /* in a checkpoint, not written yet */
	uint64_t nrows, bytes;   /* in it */
	bool owes; /* the state has changes that were written already */
};

/* In open(): declares the table. The schema of the changes is the node's. */
int held_open(struct held_changes *h, struct op *op, struct error *err);
void held_close(struct held_changes *h);
/* In checkpoint(): the settled changes of the net; those before go. */
int held_put(struct held_changes *h, struct snapshot *s,
	     const struct net *net);
/* -1: the rows are none that held_put() has put. */
int held_restore(struct held_changes *h, const struct batch *rows,
		 struct error *err);
/* The checkpoint is committed, or was when the job was restored. */
int held_write(struct held_changes *h,
	       int (*write)(void *arg, struct batch *b, const uint8_t *kinds,
			    struct error *err),
	       void *arg, struct error *err);

#endif
