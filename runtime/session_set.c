/* SPDX-License-Identifier: Apache-2.0
 * runtime/session_set.c - per key a sorted array of ids that loses at its front
 * and gains at its back, and over all a heap by their ends. Ends only grow, so
 * the heap is not told: what comes to its top too early goes down again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/arena.h"
#include "runtime/session_set.h"

#define HEAP_ARITY 4 /* the children's ends lie in one cache line */

void
session_set_init(struct session_set *s, int64_t gap_us)
{
	CHECK(gap_us > 0);
	*s = (struct session_set){ .gap_us = gap_us, .free_first = SESSION_NONE };
}

void
session_set_release(struct session_set *s)
{
	for (uint32_t k = 0; k < s->nlanes; k++)
		if (s->lane[k].cap)
			free(s->lane[k].id);
	free(s->lane);
	free(s->key);
	free(s->start_us);
	free(s->end_us);
	free(s->place);
	free(s->flags);
	free(s->heap);
	free(s->gone);
	*s = (struct session_set){ 0 };
}

/* ---- ids ---- */

static void
ids_reserve(struct session_set *s, uint32_t n)
{
	uint32_t cap = s->cap ? s->cap : 16;

	if (n <= s->cap)
		return;
	while (cap < n)
		cap *= 2;
	s->key = mem_realloc(s->key, cap * sizeof(*s->key));
	s->start_us = mem_realloc(s->start_us, cap * sizeof(*s->start_us));
	s->end_us = mem_realloc(s->end_us, cap * sizeof(*s->end_us));
	s->place = mem_realloc(s->place, cap * sizeof(*s->place));
	s->flags = mem_realloc(s->flags, cap * sizeof(*s->flags));
	s->heap = mem_realloc(s->heap, cap * sizeof(*s->heap));
	memset(s->flags + s->cap, 0, cap - s->cap);
	s->cap = cap;
}

static uint32_t
id_take(struct session_set *s)
{
	uint32_t id = s->free_first;

	if (id != SESSION_NONE) {
		s->free_first = s->key[id];
	} else {
		ids_reserve(s, s->n + 1);
		id = s->n++;
	}
	s->flags[id] |= SESSION_OPEN;
	return id;
}

static void
id_free(struct session_set *s, uint32_t id)
{
	s->flags[id] &= (uint8_t)~SESSION_OPEN;
	if ((s->flags[id] & SESSION_STORED) && !(s->flags[id] & SESSION_GONE)) {
		if (s->ngone == s->gone_cap) {
			s->gone_cap = s->gone_cap ? 2 * s->gone_cap : 16;
			s->gone = mem_realloc(s->gone, s->gone_cap *
						       sizeof(*s->gone));
		}
		s->gone[s->ngone++] = id;
		s->flags[id] |= SESSION_GONE;
	}
	s->key[id] = s->free_first;
	s->free_first = id;
}

/* ---- lanes ---- */

static inline uint32_t *
lane_ids(struct session_lane *l)
{
	return l->cap ? l->id + l->first : &l->one;
}

static struct session_lane *
lane_of(struct session_set *s, uint32_t key)
{
	if (key >= s->nlanes) {
		uint32_t n = s->nlanes ? s->nlanes : 16;

		while (n <= key)
			n *= 2;
		s->lane = mem_realloc(s->lane, n * sizeof(*s->lane));
		memset(s->lane + s->nlanes, 0,
		       (n - s->nlanes) * sizeof(*s->lane));
		s->nlanes = n;
	}
	return &s->lane[key];
}

/* How many of the lane begin at or before `time_us`. */
static uint32_t
lane_upto(const struct session_set *s, struct session_lane *l, int64_t time_us)
{
	const uint32_t *id = lane_ids(l);
	uint32_t low = 0, high = l->n;

	/* Nearly always the newest one. */
	if (high > 0 && s->start_us[id[high - 1]] <= time_us)
		return high;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->start_us[id[mid]] <= time_us)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Room for one more at the back. */
static void
lane_reserve(struct session_set *s, struct session_lane *l)
{
	uint32_t *id;

	if (l->cap == 0 && l->n == 0)
		return;
	if (l->first + l->n < l->cap)
		return;
	if (l->first > l->cap / 2) {
		memmove(l->id, l->id + l->first, l->n * sizeof(*l->id));
		l->first = 0;
		return;
	}
	s->lane_bytes -= l->cap * sizeof(*id);
	if (l->cap == 0) {
		id = mem_alloc(4 * sizeof(*id));
		id[0] = l->one;
		l->id = id;
		l->cap = 4;
	} else {
		l->cap *= 2;
		l->id = mem_realloc(l->id, l->cap * sizeof(*id));
	}
	s->lane_bytes += l->cap * sizeof(*id);
}

static void
lane_insert(struct session_set *s, struct session_lane *l, uint32_t at,
	    uint32_t new_id)
{
	uint32_t *id;

	lane_reserve(s, l);
	id = lane_ids(l);
	memmove(id + at + 1, id + at, (l->n - at) * sizeof(*id));
	id[at] = new_id;
	l->n++;
}

static void
lane_remove(struct session_set *s, struct session_lane *l, uint32_t gone)
{
	uint32_t at = lane_upto(s, l, s->start_us[gone]) - 1;
	uint32_t *id = lane_ids(l);

	CHECK(at < l->n);
	CHECK(id[at] == gone);
	l->n--;
	if (l->n == 0) {
		if (l->cap)
			free(l->id);
		s->lane_bytes -= l->cap * sizeof(*id);
		*l = (struct session_lane){ 0 };
	} else if (at == 0) {
		l->first++; /* with two or more the ids are never in `one` */
	} else {
		memmove(id + at, id + at + 1, (l->n - at) * sizeof(*id));
	}
}

/* ---- the heap ---- */

static inline void
heap_put(struct session_set *s, uint32_t at, struct session_place p)
{
	s->heap[at] = p;
	s->place[p.id] = at;
}

static void
heap_up(struct session_set *s, uint32_t at, struct session_place p)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / HEAP_ARITY;

		if (s->heap[parent].end_us <= p.end_us)
			break;
		heap_put(s, at, s->heap[parent]);
		at = parent;
	}
	heap_put(s, at, p);
}

static void
heap_down(struct session_set *s, uint32_t at, struct session_place p)
{
	for (;;) {
		uint64_t child = (uint64_t)at * HEAP_ARITY + 1, least = child;
		uint64_t end = child + HEAP_ARITY;

		if (child >= s->live)
			break;
		end = end < s->live ? end : s->live;
		while (++child < end)
			if (s->heap[child].end_us < s->heap[least].end_us)
				least = child;
		if (s->heap[least].end_us >= p.end_us)
			break;
		heap_put(s, at, s->heap[least]);
		at = (uint32_t)least;
	}
	heap_put(s, at, p);
}

static void
heap_remove(struct session_set *s, uint32_t id)
{
	uint32_t at = s->place[id];
	struct session_place last = s->heap[--s->live];

	if (last.id == id)
		return;
	if (at > 0 && s->heap[(at - 1) / HEAP_ARITY].end_us > last.end_us)
		heap_up(s, at, last);
	else
		heap_down(s, at, last);
}

uint32_t
session_set_next(struct session_set *s)
{
	while (s->live > 0) {
		struct session_place top = s->heap[0];

		if (s->end_us[top.id] == top.end_us)
			return top.id;
		top.end_us = s->end_us[top.id];
		heap_down(s, 0, top);
	}
	return SESSION_NONE;
}

/* ---- sessions ---- */

/* In two turns, so that the misses of many keys overlap. */
void
session_set_prefetch(const struct session_set *s, const uint32_t *key,
		     uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (key[i] < s->nlanes)
			__builtin_prefetch(&s->lane[key[i]], 1);
	for (uint32_t i = 0; i < n; i++) {
		struct session_lane *l = key[i] < s->nlanes ? &s->lane[key[i]]
							    : NULL;
		uint32_t id;

		if (!l || l->n == 0)
			continue;
		id = lane_ids(l)[l->n - 1];
		__builtin_prefetch(&s->start_us[id], 1);
		__builtin_prefetch(&s->end_us[id], 1);
	}
}

uint32_t
session_set_find(const struct session_set *s, uint32_t key, int64_t time_us)
{
	struct session_lane *l;
	uint32_t n, id;

	if (key >= s->nlanes)
		return SESSION_NONE;
	l = &s->lane[key];
	n = lane_upto(s, l, time_us + s->gap_us);
	if (n == 0)
		return SESSION_NONE;
	id = lane_ids(l)[n - 1];
	return s->end_us[id] >= time_us ? id : SESSION_NONE;
}

uint32_t
session_set_open(struct session_set *s, uint32_t key, int64_t time_us)
{
	struct session_lane *l = lane_of(s, key);
	uint32_t id = id_take(s);

	s->key[id] = key;
	s->start_us[id] = time_us;
	s->end_us[id] = time_us + s->gap_us;
	lane_insert(s, l, lane_upto(s, l, time_us), id);
	heap_up(s, s->live++, (struct session_place){ s->end_us[id], id });
	return id;
}

uint32_t
session_set_extend(struct session_set *s, uint32_t id, int64_t time_us)
{
	struct session_lane *l = &s->lane[s->key[id]];
	uint32_t older, n;

	if (time_us + s->gap_us > s->end_us[id])
		s->end_us[id] = time_us + s->gap_us;
	if (time_us >= s->start_us[id])
		return SESSION_NONE;
	n = lane_upto(s, l, time_us);
	s->start_us[id] = time_us;
	if (n == 0)
		return SESSION_NONE;
	older = lane_ids(l)[n - 1];
	CHECK(older != id);
	return s->end_us[older] >= time_us ? older : SESSION_NONE;
}

void
session_set_join(struct session_set *s, uint32_t older, uint32_t newer)
{
	struct session_lane *l = &s->lane[s->key[newer]];

	CHECK(s->key[older] == s->key[newer]);
	CHECK(s->start_us[older] < s->start_us[newer]);
	CHECK(s->end_us[older] <= s->end_us[newer]);
	lane_remove(s, l, newer);
	heap_remove(s, newer);
	s->end_us[older] = s->end_us[newer];
	id_free(s, newer);
}

void
session_set_retire(struct session_set *s, uint32_t id)
{
	CHECK(s->heap[0].id == id);
	heap_remove(s, id);
}

void
session_set_close(struct session_set *s, uint32_t id)
{
	CHECK(session_set_is_open(s, id));
	lane_remove(s, &s->lane[s->key[id]], id);
	id_free(s, id);
}

/* ---- checkpoints ---- */

bool
session_set_restore(struct session_set *s, uint32_t id, uint32_t key,
		 int64_t start_us, int64_t end_us)
{
	struct session_lane *l = lane_of(s, key);
	uint32_t at;

	if (id >= UINT32_MAX / 2 || session_set_is_open(s, id) ||
	    end_us - start_us < s->gap_us)
		return false;
	at = lane_upto(s, l, start_us);
	if (at > 0 && s->end_us[lane_ids(l)[at - 1]] >= start_us)
		return false;
	if (at < l->n && s->start_us[lane_ids(l)[at]] <= end_us)
		return false;
	ids_reserve(s, id + 1);
	s->n = id < s->n ? s->n : id + 1;
	s->flags[id] = SESSION_OPEN | SESSION_STORED;
	s->key[id] = key;
	s->start_us[id] = start_us;
	s->end_us[id] = end_us;
	lane_insert(s, l, at, id);
	heap_up(s, s->live++, (struct session_place){ end_us, id });
	return true;
}

void
session_set_restored(struct session_set *s)
{
	s->free_first = SESSION_NONE;
	for (uint32_t id = s->n; id-- > 0;) {
		if (s->flags[id] & SESSION_OPEN)
			continue;
		s->key[id] = s->free_first;
		s->free_first = id;
	}
}

void
session_set_saved(struct session_set *s)
{
	for (uint32_t i = 0; i < s->ngone; i++) {
		uint8_t *flags = &s->flags[s->gone[i]];

		*flags &= (uint8_t)~SESSION_GONE;
		if (!(*flags & SESSION_OPEN))
			*flags &= (uint8_t)~SESSION_STORED;
	}
	s->ngone = 0;
}

size_t
session_set_bytes(const struct session_set *s)
{
	return s->cap * (sizeof(*s->key) + sizeof(*s->start_us) +
			 sizeof(*s->end_us) + sizeof(*s->place) +
			 sizeof(*s->flags) + sizeof(*s->heap)) +
	       s->nlanes * sizeof(*s->lane) + s->lane_bytes +
	       s->gone_cap * sizeof(*s->gone);
}
