/* SPDX-License-Identifier: Apache-2.0
 * runtime/keys.h - the dictionary from keys to dense group numbers (gid): the
 * columns that a query groups by, or (gid, value) of a DISTINCT.
 *
 * Two keys are one when SQL's GROUP BY says so: NULL equals NULL, -0.0 equals
 * 0.0, every NaN is one. A gid stays as long as somebody holds a reference;
 * freed numbers are given again, so that arrays by gid stay dense.
 *
 * What a checkpoint must write is known here: keys_changed() lists the gids
 * made or freed since the last keys_saved().
 */
#ifndef RUNTIME_KEYS_H
#define RUNTIME_KEYS_H

#include "runtime/batch.h"
#include "runtime/strheap.h"

#define KEYS_NONE UINT32_MAX
#define KEYS_MAX (UINT32_C(1) << 30) /* gids: arrays by gid double up to it */
#define KEYS_SLOTS 256 /* of the stable hash: units of state that move */

enum key_flags {
	KEY_LIVE = 1,
	KEY_FRESH = 2,  /* not written, or another key than what was written */
	KEY_STORED = 4, /* the store has a row of this gid */
	KEY_LISTED = 8, /* in changed[] */
};

struct key_place { /* of the hash table */
	uint32_t hash;
	uint32_t gid; /* KEYS_NONE: empty */
};

struct keys {
	uint16_t ncols;
	struct column *col; /* values by gid, long strings in `heap` */
	struct strheap heap;
	uint64_t seed;
	struct key_place *place; /* a power of two, at most half full */
	uint32_t mask;
	uint32_t cap;  /* gids that the arrays have room for */
	uint32_t n;    /* gids ever given: all are below */
	uint32_t live;
	uint32_t *refs; /* of a free gid: the next free one */
	uint8_t *flags; /* enum key_flags */
	uint32_t free_first;
	uint32_t *changed;
	uint32_t nchanged, changed_cap;
	bool any_null;
};

void keys_init(struct keys *k, uint16_t ncols, const enum phys *phys,
	       uint64_t seed);
void keys_release(struct keys *k);

/* The gids of n rows, new ones (without a reference) for new keys. cols[] are
 * the key columns of a batch, row[] positions in them. */
void keys_lookup(struct keys *k, const struct column *cols,
		 const uint32_t *row, uint32_t n, uint32_t *ret_gid);
/* KEYS_NONE: there is no such key. */
uint32_t keys_find(const struct keys *k, const struct column *cols,
		   uint32_t row);

static inline void
keys_ref(struct keys *k, uint32_t gid)
{
	k->refs[gid]++;
}
void keys_drop(struct keys *k, uint32_t gid);
static inline void
keys_unref(struct keys *k, uint32_t gid)
{
	if (--k->refs[gid] == 0)
		keys_drop(k, gid);
}
/* Frees those of gid[] that nobody has come to hold since keys_lookup(). */
void keys_drop_unused(struct keys *k, const uint32_t *gid, uint32_t n);

static inline bool
keys_is_live(const struct keys *k, uint32_t gid)
{
	return gid < k->n && (k->flags[gid] & KEY_LIVE);
}

/* Copies column c of n gids to rows [at, at + n) of `out`, which has room for
 * `cap`; long strings go into arena a. */
void keys_gather(const struct keys *k, uint16_t c, const uint32_t *gid,
		 uint32_t n, struct column *out, uint32_t at, uint32_t cap,
		 struct arena *a);

/* Units by which state is spread over shards: the same in every process. */
unsigned keys_slot(const struct keys *k, uint32_t gid);

/* ---- checkpoints ---- */
/* Puts gid on the list of keys_changed(). */
void keys_touch(struct keys *k, uint32_t gid);
/* Calls put/drop by flags: KEY_LIVE and KEY_FRESH must be written; KEY_STORED
 * without KEY_LIVE must be deleted. In ascending order of gid. */
uint32_t keys_changed(struct keys *k, const uint32_t **ret_gid);
/* All of that is in a snapshot now. */
void keys_saved(struct keys *k);
/* Whether a number out of a file, which anybody may have written, can have
 * been a gid. */
static inline bool
keys_may_be_gid(int64_t id)
{
	return id >= 0 && id < KEYS_MAX;
}
/* A row that was written once. All references are to be taken again. */
void keys_restore(struct keys *k, uint32_t gid, const struct column *cols,
		  uint32_t row);
/* After the last row: numbers in between become free; what nobody has
 * referenced is dropped. */
void keys_restored(struct keys *k);

size_t keys_bytes(const struct keys *k);

/* One form per value that SQL calls equal. */
static inline double
f64_canonical(double v)
{
	return v == v ? v + 0.0 : __builtin_nan("");
}

#endif
