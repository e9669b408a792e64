/* SPDX-License-Identifier: Apache-2.0
 * runtime/ttl.c - an array of instants by entry, and a sweep that goes over
 * it once a tick, in pieces.
 */
#include "runtime/ttl.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"

void
ttl_init(struct ttl *t, int64_t ttl_us)
{
	*t = (struct ttl){ .ttl_us = ttl_us, .next_us = TIME_END };
	t->tick_us = ttl_us / TTL_TICKS;
	if (t->tick_us < US_PER_MS)
		t->tick_us = US_PER_MS;
}

void
ttl_release(struct ttl *t)
{
	free(t->touched_us);
	*t = (struct ttl){ .next_us = TIME_END };
}

static void
ttl_reserve(struct ttl *t, uint32_t entry)
{
	uint32_t cap = t->cap ? t->cap : 64;

	if (entry < t->cap)
		return;
	while (cap <= entry)
		cap *= 2;
	t->touched_us = mem_realloc(t->touched_us,
				    cap * sizeof(*t->touched_us));
	memset(t->touched_us + t->cap, 0,
	       (cap - t->cap) * sizeof(*t->touched_us));
	t->cap = cap;
}

bool
ttl_touch(struct ttl *t, uint32_t entry, int64_t now_us)
{
	int64_t tick_us;

	if (t->ttl_us == 0)
		return false;
	tick_us = floor_div(now_us, t->tick_us) * t->tick_us;
	ttl_reserve(t, entry);
	if (t->touched_us[entry] == tick_us)
		return false;
	t->touched_us[entry] = tick_us;
	return true;
}

int64_t
ttl_touched_us(const struct ttl *t, uint32_t entry)
{
	return entry < t->cap ? t->touched_us[entry] : 0;
}

void
ttl_restore(struct ttl *t, uint32_t entry, int64_t touched_us)
{
	if (t->ttl_us == 0)
		return;
	ttl_reserve(t, entry);
	t->touched_us[entry] = touched_us;
}

int64_t
ttl_next_us(struct ttl *t, int64_t now_us)
{
	if (t->ttl_us == 0)
		return TIME_END;
	if (t->cursor > 0)
		return now_us;
	if (t->next_us == TIME_END)
		t->next_us = now_us + t->tick_us;
	return t->next_us;
}

bool
ttl_sweep(struct ttl *t, uint32_t n, int64_t now_us,
	  void (*expire)(void *arg, uint32_t entry), void *arg)
{
	/* The tick may have been touched at its very end. */
	int64_t bound_us = now_us - t->ttl_us - t->tick_us;
	uint32_t end = n < t->cap ? n : t->cap;

	if (end - t->cursor > TTL_SWEEP_MAX && t->cursor < end)
		end = t->cursor + TTL_SWEEP_MAX;
	for (uint32_t i = t->cursor; i < end; i++) {
		if (t->touched_us[i] == 0)
			ttl_touch(t, i, now_us);
		else if (t->touched_us[i] <= bound_us)
			expire(arg, i);
	}
	t->cursor = end;
	if (end < n && end < t->cap)
		return false;
	t->cursor = 0;
	t->next_us = now_us + t->tick_us;
	return true;
}

uint64_t
ttl_bytes(const struct ttl *t)
{
	return t->cap * sizeof(*t->touched_us);
}
