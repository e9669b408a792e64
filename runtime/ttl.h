/* SPDX-License-Identifier: Apache-2.0
 * runtime/ttl.h - table.exec.state.ttl: when each entry of a keyed state was
 * last written, and which of them have been left alone for too long.
 *
 * Time is kept in ticks of a sixteenth of the TTL, so that an entry that is
 * written all the time is dirty for that only once a tick. What is stored is
 * the instant at which the tick began: another TTL can work with it. An entry
 * lives for the TTL at least, and for two ticks more at most, if somebody
 * calls ttl_sweep() when ttl_next_us() says so.
 *
 * Expiry is silent: nothing is retracted. The owner counts it.
 */
#ifndef RUNTIME_TTL_H
#define RUNTIME_TTL_H

#include <stdbool.h>
#include <stdint.h>

#define TTL_TICKS 16
#define TTL_SWEEP_MAX 65536 /* entries that one call looks at */

struct ttl {
	int64_t ttl_us;  /* 0: nothing expires, and no call does anything */
	int64_t tick_us;
	int64_t *touched_us; /* by entry: when its tick began */
	uint32_t cap;
	uint32_t cursor;  /* of the sweep under way; 0: none is */
	int64_t next_us;  /* TIME_END: not known yet */
};

void ttl_init(struct ttl *t, int64_t ttl_us);
void ttl_release(struct ttl *t);

/* The entry was written. True: its tick is another one than before. */
bool ttl_touch(struct ttl *t, uint32_t entry, int64_t now_us);
/* For the state table: 0 where nothing expires. */
int64_t ttl_touched_us(const struct ttl *t, uint32_t entry);
/* As it was stored; what never had a time (0) counts from now_us on, which is
 * that of the first sweep. */
void ttl_restore(struct ttl *t, uint32_t entry, int64_t touched_us);

/* When to sweep next: for op_timer(). TIME_END: never. */
int64_t ttl_next_us(struct ttl *t, int64_t now_us);
static inline bool
ttl_is_due(const struct ttl *t, int64_t now_us)
{
	return t->ttl_us > 0 && (t->cursor > 0 || t->next_us <= now_us);
}
/* Looks at some of the n entries and calls expire() for those whose time is
 * over (it says itself whether there is such an entry). True: all have been
 * looked at; false: call again. */
bool ttl_sweep(struct ttl *t, uint32_t n, int64_t now_us,
	       void (*expire)(void *arg, uint32_t entry), void *arg);
uint64_t ttl_bytes(const struct ttl *t);

#endif
