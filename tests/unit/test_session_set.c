/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_session_set.c - intervals that grow, meet and end, against a
 * program that looks at all of them each time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/session_set.h"
#include "tests/unit/test.h"

#define KEYS 5
#define OPEN_MAX 4096

struct model {
	struct {
		uint32_t key, id;
		int64_t start_us, end_us;
	} s[OPEN_MAX];
	unsigned n;
};

struct trial {
	struct session_set s;
	struct model m;
	uint64_t random;
	int64_t gap_us;
	bool stored[OPEN_MAX]; /* what a store would have */
};

static uint64_t
draw(struct trial *t, uint64_t below)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return (t->random >> 11) % below;
}

static int
find(const struct model *m, uint32_t id)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->s[i].id == id)
			return (int)i;
	return -1;
}

/* One row: what it touches becomes one. */
static void
row(struct trial *t, uint32_t key, int64_t time_us)
{
	struct model *m = &t->m;
	int64_t start = time_us, end = time_us + t->gap_us;
	uint32_t id = session_set_find(&t->s, key, time_us), older;
	unsigned touched = 0;

	for (unsigned i = 0; i < m->n;) {
		if (m->s[i].key != key || m->s[i].end_us < time_us ||
		    m->s[i].start_us > time_us + t->gap_us) {
			i++;
			continue;
		}
		start = m->s[i].start_us < start ? m->s[i].start_us : start;
		end = m->s[i].end_us > end ? m->s[i].end_us : end;
		m->s[i] = m->s[--m->n];
		touched++;
	}
	EXPECT(touched <= 2);
	EXPECT_EQ(id == SESSION_NONE, touched == 0);
	if (id == SESSION_NONE) {
		id = session_set_open(&t->s, key, time_us);
	} else {
		older = session_set_extend(&t->s, id, time_us);
		EXPECT_EQ(older != SESSION_NONE, touched == 2);
		if (older != SESSION_NONE) {
			session_set_join(&t->s, older, id);
			id = older;
		}
	}
	EXPECT_EQ(t->s.start_us[id], start);
	EXPECT_EQ(t->s.end_us[id], end);
	EXPECT(m->n < OPEN_MAX);
	m->s[m->n].key = key;
	m->s[m->n].id = id;
	m->s[m->n].start_us = start;
	m->s[m->n++].end_us = end;
}

/* Those that end first go first. */
static void
close_upto(struct trial *t, int64_t until_us)
{
	int64_t last = INT64_MIN;

	for (;;) {
		uint32_t id = session_set_next(&t->s);
		int at = id == SESSION_NONE ? -1 : find(&t->m, id);

		if (id == SESSION_NONE || t->s.end_us[id] > until_us)
			break;
		EXPECT(at >= 0);
		EXPECT_EQ(t->s.end_us[id], t->m.s[at].end_us);
		EXPECT(t->s.end_us[id] >= last);
		last = t->s.end_us[id];
		session_set_retire(&t->s, id);
		session_set_close(&t->s, id);
		EXPECT(!session_set_is_open(&t->s, id));
		t->m.s[at] = t->m.s[--t->m.n];
	}
	for (unsigned i = 0; i < t->m.n; i++)
		EXPECT(t->m.s[i].end_us > until_us);
	EXPECT_EQ(t->s.live, t->m.n);
}

/* What a store has afterwards is what is open. */
static void
save(struct trial *t)
{
	for (uint32_t i = 0; i < t->s.ngone; i++)
		if (!session_set_is_open(&t->s, t->s.gone[i]))
			t->stored[t->s.gone[i]] = false;
	session_set_saved(&t->s);
	for (unsigned i = 0; i < t->m.n; i++) {
		t->stored[t->m.s[i].id] = true;
		t->s.flags[t->m.s[i].id] |= SESSION_STORED;
	}
	for (uint32_t id = 0; id < t->s.n; id++)
		EXPECT_EQ(t->stored[id], session_set_is_open(&t->s, id));
}

static void
restart(struct trial *t)
{
	session_set_release(&t->s);
	session_set_init(&t->s, t->gap_us);
	for (unsigned i = t->m.n; i-- > 0;)
		EXPECT(session_set_restore(&t->s, t->m.s[i].id, t->m.s[i].key,
					t->m.s[i].start_us, t->m.s[i].end_us));
	session_set_restored(&t->s);
}

static void
run(uint64_t seed)
{
	struct trial *t = mem_zalloc(sizeof(*t));
	int64_t now = seed % 2 ? 0 : -5000;
	int64_t spread = seed % 3 ? 200 : 5000;

	t->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	t->gap_us = 1 + (int64_t)draw(t, 40);
	session_set_init(&t->s, t->gap_us);
	for (int i = 0; i < 3000; i++) {
		row(t, (uint32_t)draw(t, KEYS),
		    now + (int64_t)draw(t, (uint64_t)spread));
		now += (int64_t)draw(t, 20);
		if (draw(t, 10) == 0)
			close_upto(t, now);
		if (draw(t, 50) == 0) {
			save(t);
			if (draw(t, 3) == 0)
				restart(t);
		}
	}
	close_upto(t, INT64_MAX);
	save(t);
	EXPECT_EQ(t->s.lane_bytes, 0);
	session_set_release(&t->s);
	free(t);
}

TEST(sessions_are_what_looking_at_all_of_them_gives)
{
	for (uint64_t seed = 1; seed <= 30; seed++)
		run(seed);
}

TEST(rows_that_come_backwards_are_found_by_halves)
{
	struct session_set s;
	uint32_t n = 0;

	session_set_init(&s, 1);
	for (int64_t time = 200000; time > 0; time -= 10)
		if (session_set_find(&s, 7, time) == SESSION_NONE)
			session_set_open(&s, 7, time);
	EXPECT_EQ(s.live, 20000);
	for (int64_t end = 11; session_set_next(&s) != SESSION_NONE; end += 10) {
		uint32_t id = session_set_next(&s);

		EXPECT_EQ(s.end_us[id], end);
		session_set_retire(&s, id);
		session_set_close(&s, id);
		n++;
	}
	EXPECT_EQ(n, 20000);
	session_set_release(&s);
}

TEST(what_cannot_have_been_written_is_not_restored)
{
	struct session_set s;

	session_set_init(&s, 10);
	EXPECT(session_set_restore(&s, 3, 0, 100, 110));
	EXPECT(!session_set_restore(&s, 3, 1, 100, 110)); /* twice */
	EXPECT(!session_set_restore(&s, 4, 0, 110, 120)); /* they touch */
	EXPECT(!session_set_restore(&s, 4, 0, 80, 100));
	EXPECT(!session_set_restore(&s, 4, 0, 200, 209)); /* less than the gap */
	EXPECT(!session_set_restore(&s, UINT32_MAX - 1, 0, 300, 310));
	EXPECT(session_set_restore(&s, 1, 0, 121, 131));
	session_set_restored(&s);
	EXPECT_EQ(session_set_open(&s, 9, 0), 0); /* the lowest that is free */
	EXPECT_EQ(session_set_open(&s, 9, 100), 2);
	EXPECT_EQ(session_set_open(&s, 9, 200), 4);
	session_set_release(&s);
}
