/* SPDX-License-Identifier: Apache-2.0
 * runtime/accs.h - the entries (agg.h) of many groups: by gid, in chunks of
 * 256 that are made when the first of them is touched. Where keys come and go
 * with time, a pane holds memory for its own keys only.
 */
#ifndef RUNTIME_ACCS_H
#define RUNTIME_ACCS_H

#include "runtime/agg.h"
#include "runtime/keys.h"

#define CHUNK_GIDS 256
#define CHUNK_WORDS (CHUNK_GIDS / 64)

struct acc_chunk {
	uint64_t touched[CHUNK_WORDS]; /* has an entry */
	uint64_t dirty[CHUNK_WORDS];   /* to be written at the checkpoint */
	uint32_t ntouched;
	bool listed;                   /* in accs.dirty */
	char entries[] __attribute__((aligned(16)));
};

struct accs {
	uint32_t bytes; /* of an entry */
	uint32_t nchunks;
	struct acc_chunk **chunk; /* NULL: none of its gids is touched */
	uint32_t n;       /* entries */
	uint32_t made;    /* chunks that exist */
	uint32_t *dirty;  /* chunks with dirty bits */
	uint32_t ndirty, dirty_cap;
};

void accs_init(struct accs *a, uint32_t entry_bytes);
/* What entries own is the caller's to free. */
void accs_release(struct accs *a);

enum accs_touch { ACCS_DIRTY = 1 };
/* The entries of n gids; new ones are zero. With `keys` each new entry holds
 * a reference to its key. */
void accs_touch(struct accs *a, struct keys *keys, const uint32_t *gid,
		uint32_t n, unsigned flags, char **ret_entry);
/* NULL: it has none. */
char *accs_find(const struct accs *a, uint32_t gid);
/* The same of n groups, whose cache misses overlap. */
void accs_find_all(const struct accs *a, const uint32_t *gid, uint32_t n,
		   char **ret_entry);
/* Makes the entry none; the caller has freed what it owns. */
void accs_untouch(struct accs *a, uint32_t gid);

/* The entries of a chunk, at most CHUNK_GIDS; returns how many. */
uint32_t accs_chunk(const struct accs *a, uint32_t chunk, uint32_t *ret_gid,
		    char **ret_entry);

/* ---- checkpoints ---- */
static inline bool
accs_is_dirty(const struct accs *a)
{
	return a->ndirty > 0;
}
/* Takes dirty entries in ascending order of gid: of the next chunk that has
 * any, clearing their marks. Returns how many; 0: that was all. *cursor
 * begins with 0; nothing may be touched in between. */
uint32_t accs_take_dirty(struct accs *a, uint32_t *cursor, uint32_t *ret_gid,
			 char **ret_entry);

size_t accs_bytes(const struct accs *a);

#endif
