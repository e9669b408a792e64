/* SPDX-License-Identifier: Apache-2.0
 * runtime/session_set.h - the open sessions of many keys: intervals that grow
 * with each row and become one when a row lies within the gap of both. Knows
 * nothing of what sessions hold; they are dense numbers (ids), given again
 * when their session is gone.
 *
 * A session is [start, end): its first row's time, its last row's plus the
 * gap. A row belongs to it from start - gap to end, both inclusive: two rows
 * exactly one gap apart are one session. Sessions of a key lie more than that
 * apart, so that a row can touch two of them at most.
 *
 * Times are wall clock times (slicing.h).
 */
#ifndef RUNTIME_SESSION_SET_H
#define RUNTIME_SESSION_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_NONE UINT32_MAX

enum session_flags {
	SESSION_OPEN = 1,
	SESSION_STORED = 2, /* the store has a row of this id */
	SESSION_GONE = 4,   /* in gone[] */
};

/* A key's sessions, in the order of time. */
struct session_lane {
	uint32_t first, n, cap; /* cap 0: the only one is `one` */
	uint32_t one;
	uint32_t *id;
};

struct session_place { /* of the heap: who ends next */
	int64_t end_us; /* at most the session's: it is looked at again when
			 * it has come to the top */
	uint32_t id;
};

struct session_set {
	int64_t gap_us;
	/* By id. */
	uint32_t *key; /* of a free id: the next free one */
	int64_t *start_us, *end_us;
	uint32_t *place; /* in the heap */
	uint8_t *flags;
	uint32_t n, cap, free_first;
	uint32_t live; /* in the heap */
	/* By key. */
	struct session_lane *lane;
	uint32_t nlanes;
	size_t lane_bytes; /* behind the lanes */

	struct session_place *heap;

	uint32_t *gone; /* stored ones that have been closed since */
	uint32_t ngone, gone_cap;
};

void session_set_init(struct session_set *s, int64_t gap_us);
void session_set_release(struct session_set *s);

/* Brings what session_set_find() will look at for these keys into the cache. */
void session_set_prefetch(const struct session_set *s, const uint32_t *key,
			  uint32_t n);
/* The newest session of the key that a row of this time belongs to. */
uint32_t session_set_find(const struct session_set *s, uint32_t key,
			  int64_t time_us);
/* A session of one row, where session_set_find() has found none. */
uint32_t session_set_open(struct session_set *s, uint32_t key,
			  int64_t time_us);
/* Lets the session hold a row that belongs to it. Returns SESSION_NONE, or the
 * older session that it now touches: session_set_join() has to follow. */
uint32_t session_set_extend(struct session_set *s, uint32_t id,
			    int64_t time_us);
/* The older session becomes both; id `newer` is free. */
void session_set_join(struct session_set *s, uint32_t older, uint32_t newer);
/* Who ends first; SESSION_NONE: there are none. */
uint32_t session_set_next(struct session_set *s);
/* Takes the session that session_set_next() has named out of the order; what is
 * known about it stays until session_set_close(). */
void session_set_retire(struct session_set *s, uint32_t id);
void session_set_close(struct session_set *s, uint32_t id);

/* ---- checkpoints ---- */
/* What was written once, in any order; false: it cannot have been, next to
 * the others. */
bool session_set_restore(struct session_set *s, uint32_t id, uint32_t key,
			 int64_t start_us, int64_t end_us);
/* After the last of them. */
void session_set_restored(struct session_set *s);
/* gone[] is in a snapshot: ids whose rows have to go, but for those that are
 * open again. */
void session_set_saved(struct session_set *s);

size_t session_set_bytes(const struct session_set *s);

static inline bool
session_set_is_open(const struct session_set *s, uint32_t id)
{
	return id < s->n && (s->flags[id] & SESSION_OPEN);
}

#endif
