/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_session_aggregate.c - sessions grouped: stories, and random
 * rows in any order, taken back, checkpointed and restored anywhere, against a
 * GROUP BY of exactly the rows of each session.
 */
#include <stdlib.h>

#include "base/time.h"
#include "runtime/pipeline.h"
#include "tests/unit/agg_rig.h"
#include "tests/unit/test.h"

static const struct agg_setup by_text = {
	.keys = "ks", .aggs = "count(*), sum(vi)", .kind = WINDOW_SESSION,
	.size_ms = 5000,
};

TEST(a_session_closes_one_gap_after_its_last_row)
{
	struct agg_rig r;

	agg_rig_open(&r, &by_text);
	PUSH(&r, in_row(1000, "a", 1), in_row(6000, "a", 2),
	     in_row(6001, "b", 4));
	agg_rig_watermark(&r, 10998);
	OUT(&r, "");
	agg_rig_watermark(&r, 10999);
	OUT(&r, "+a|1000|11000|10999|2|3\n");
	agg_rig_watermark(&r, 11000);
	OUT(&r, "+b|6001|11001|11000|1|4\n");
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 0);
	agg_rig_close(&r);
}

TEST(a_late_row_is_one_that_finds_no_open_session)
{
	struct agg_rig r;

	agg_rig_open(&r, &by_text);
	PUSH(&r, in_row(10000, "a", 1));
	agg_rig_watermark(&r, 10000);
	PUSH(&r, in_row(5000, "a", 2), in_row(1000, "a", 4),
	     in_row(5000, "b", 8));
	EXPECT_EQ(stat_get(r.op->stats.late), 1);
	agg_rig_watermark(&r, 14999);
	OUT(&r, "+a|1000|15000|14999|3|7\n");
	agg_rig_close(&r);
}

TEST(closing_many_sessions_keeps_sixteen_batches_in_flight)
{
	struct agg_setup s = { .keys = "ki", .aggs = "count(*), max(vs)",
			       .kind = WINDOW_SESSION, .size_ms = 1000 };
	struct agg_rig r;
	uint64_t n = 0;

	agg_rig_open(&r, &s);
	for (int i = 0; i < 50; i++) {
		struct in_row rows[BATCH_ROWS];

		for (int k = 0; k < BATCH_ROWS; k++) {
			rows[k] = in_row(k, "some text that is long", k);
			rows[k].v[IN_KI].i64 = i * BATCH_ROWS + k;
		}
		agg_rig_push(&r, rows, BATCH_ROWS);
	}
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 50 * BATCH_ROWS);
	agg_rig_watermark(&r, 3046);
	for (const char *at = agg_rig_out(&r); (at = strchr(at, '\n'));
	     at++)
		n++;
	EXPECT_EQ(n, 50 * BATCH_ROWS);
	EXPECT(r.batches_most <= EDGE_BATCHES_MAX);
	EXPECT_EQ(stat_get(r.op->stats.state_rows), 0);
	agg_rig_close(&r);
}

TEST(a_session_that_is_gone_leaves_nothing_in_the_store)
{
	struct agg_setup s = by_text;
	struct agg_rig r;

	s.aggs = "count(distinct vs), max(vi)";
	s.retract = true;
	agg_rig_open(&r, &s);
	PUSH(&r, in_row(1000, "a", 1), in_row(9000, "a", 2),
	     in_row(2000, "b", 2));
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_sessions"), 3);
	EXPECT_EQ(agg_rig_stored(&r, "_multiset_max(vi)"), 3);
	PUSH(&r, in_row(5000, "a", 3)); /* two become one */
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_sessions"), 2);
	EXPECT_EQ(agg_rig_stored(&r, "_multiset_max(vi)"), 4);
	agg_rig_restart(&r);
	agg_rig_watermark(&r, 7000);
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_sessions"), 1);
	agg_rig_watermark(&r, 20000);
	OUT(&r, "+b|2000|7000|6999|1|2\n"
		"+a|1000|14000|13999|3|3\n");
	agg_rig_cut(&r);
	EXPECT_EQ(agg_rig_stored(&r, "_sessions"), 0);
	EXPECT_EQ(agg_rig_stored(&r, "_multiset_max(vi)"), 0);
	agg_rig_close(&r);
}

/* ---- any rows ---- */

#define EVENTS 250
#define GAP_MS 700

struct part { /* a session of the other program */
	int64_t start_ms, end_ms;
	int key;
	bool open;
	unsigned n;
	unsigned event[EVENTS]; /* older parts first */
};

struct trial {
	struct agg_rig r;
	struct agg_setup setup;
	char aggs[256];
	uint64_t random;
	struct in_row event[EVENTS];
	int part_of[EVENTS]; /* -1: late, or a row that was taken back */
	unsigned n;
	struct part part[EVENTS];
	unsigned nparts;
	int64_t wm_ms;
	struct buf want;
};

static unsigned merged, taken_back, late, restarts;

static uint64_t
draw(struct trial *t, uint64_t below)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return (t->random >> 11) % below;
}

static const char *const keys[] = { "a", "b", "key of more than twelve bytes",
				    NULL };

static struct in_row
draw_row(struct trial *t, int64_t now_ms, int *ret_key)
{
	static const char *const texts[] = { "", "x", "exactly12345",
					     "a text of more than 12 bytes" };
	int64_t v = (int64_t)draw(t, 9) - 4;
	const char *vs = texts[draw(t, 4)];
	struct in_row r;

	*ret_key = (int)draw(t, ARRAY_LEN(keys));
	r = in_row(now_ms - (int64_t)draw(t, 6000), keys[*ret_key], v);
	r.v[IN_VD].f64 = (double)v / 4;
	r.v[IN_VI].i64 = v;
	r.v[IN_VS].str = str_ref(vs, (uint32_t)strlen(vs));
	r.v[IN_F].u8 = (uint8_t)draw(t, 2);
	for (int c = IN_KS + 1; c < IN_COLS; c++)
		if (c != IN_TS && draw(t, 6) == 0)
			r = with_null(r, c);
	return r;
}

/* Parts of a session stay in the order of their time. */
static void
part_absorb(struct trial *t, struct part *dst, struct part *src)
{
	bool dst_first = dst->start_ms < src->start_ms;
	struct part old = *(dst_first ? dst : src);
	struct part new = *(dst_first ? src : dst);

	dst->n = old.n + new.n;
	memcpy(dst->event, old.event, old.n * sizeof(*old.event));
	memcpy(dst->event + old.n, new.event, new.n * sizeof(*new.event));
	dst->start_ms = old.start_ms < new.start_ms ? old.start_ms
						    : new.start_ms;
	dst->end_ms = old.end_ms > new.end_ms ? old.end_ms : new.end_ms;
	src->open = false;
	for (unsigned i = 0; i < t->n; i++)
		if (t->part_of[i] == (int)(src - t->part))
			t->part_of[i] = (int)(dst - t->part);
}

static void
place(struct trial *t, unsigned e, int key)
{
	int64_t ts = t->event[e].v[IN_TS].i64 / US_PER_MS;
	struct part *mine = NULL;

	for (unsigned i = 0; i < t->nparts; i++) {
		struct part *p = &t->part[i];

		if (!p->open || p->key != key || p->start_ms > ts + GAP_MS ||
		    p->end_ms < ts)
			continue;
		if (mine) {
			part_absorb(t, mine, p);
			merged++;
		} else {
			mine = p;
		}
	}
	t->part_of[e] = -1;
	if (!mine && ts + GAP_MS - 1 <= t->wm_ms) {
		late++;
		return;
	}
	if (!mine) {
		mine = &t->part[t->nparts++];
		*mine = (struct part){ .start_ms = ts, .end_ms = ts + GAP_MS,
				       .key = key, .open = true };
	}
	mine->start_ms = ts < mine->start_ms ? ts : mine->start_ms;
	mine->end_ms = ts + GAP_MS > mine->end_ms ? ts + GAP_MS : mine->end_ms;
	mine->event[mine->n++] = e;
	t->part_of[e] = (int)(mine - t->part);
}

/* A row of an open session goes. */
static bool
take_back(struct trial *t, struct in_row *ret)
{
	for (int tries = 0; tries < 10 && t->n > 0; tries++) {
		unsigned e = (unsigned)draw(t, t->n);
		struct part *p;

		if (t->part_of[e] < 0 || t->event[e].w < 0)
			continue;
		p = &t->part[t->part_of[e]];
		if (!p->open)
			continue;
		*ret = minus(t->event[e]);
		t->event[t->n] = *ret;
		t->part_of[t->n] = -1;
		p->event[p->n++] = t->n++;
		t->part_of[e] = -1;
		taken_back++;
		return true;
	}
	return false;
}

/* The aggregates of these rows, as GROUP BY gives them. */
static void
part_print(struct trial *t, const struct part *p)
{
	struct agg_setup plain = { .aggs = t->aggs,
				   .retract = t->setup.retract };
	struct agg_rig g;
	int64_t rows = 0;

	agg_rig_open(&g, &plain);
	for (unsigned i = 0; i < p->n; i++) {
		agg_rig_push(&g, &t->event[p->event[i]], 1);
		rows += t->event[p->event[i]].w;
	}
	agg_rig_settle(&g);
	if (rows > 0)
		buf_printf(&t->want, "+%s|%" PRId64 "|%" PRId64 "|%" PRId64
			   "|%s", keys[p->key] ? keys[p->key] : "NULL",
			   p->start_ms, p->end_ms, p->end_ms - 1,
			   agg_rig_out(&g) + 1);
	agg_rig_close(&g);
}

static int
line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
sorted(const char *text)
{
	char *copy = mem_strdup(text), *rest = copy, *one, *lines[EVENTS * 2];
	struct buf b;
	size_t n = 0;

	buf_init(&b);
	while ((one = strsep(&rest, "\n")) != NULL)
		if (*one)
			lines[n++] = one;
	qsort(lines, n, sizeof(*lines), line_cmp);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s\n", lines[i]);
	free(copy);
	copy = mem_strdup(buf_cstr(&b));
	buf_release(&b);
	return copy;
}

static void
watermark(struct trial *t, int64_t wm_ms)
{
	char *want, *got;

	buf_clear(&t->want);
	for (unsigned i = 0; i < t->nparts; i++) {
		struct part *p = &t->part[i];

		if (!p->open || p->end_ms - 1 > wm_ms)
			continue;
		p->open = false;
		part_print(t, p);
	}
	agg_rig_watermark(&t->r, wm_ms);
	want = sorted(buf_cstr(&t->want));
	got = sorted(agg_rig_out(&t->r));
	EXPECT_STR(got, want);
	free(want);
	free(got);
	t->wm_ms = wm_ms;
}

static void
push_some(struct trial *t, int64_t now_ms)
{
	struct in_row rows[12];
	uint32_t n = 0, most = 1 + (uint32_t)draw(t, 12);

	while (n < most && t->n < EVENTS) {
		int key;

		if (t->setup.retract && draw(t, 3) == 0 &&
		    take_back(t, &rows[n])) {
			n++;
			continue;
		}
		rows[n] = t->event[t->n] = draw_row(t, now_ms, &key);
		place(t, t->n++, key);
		n++;
	}
	agg_rig_push(&t->r, rows, n);
}

static void
run(uint64_t seed)
{
	/* Those whose answer tells the order come first: of equal values that
	 * were in different parts of a session it is not said which one goes
	 * when one is taken back. */
	static const char *const aggs[] = {
		"first_value(vs)", "last_value(vi) f", "arg_min(vs/vd)",
		"count(*)", "sum(vi)", "count(vs) f", "min(vs)", "max(vd)",
		"avg(vn)", "count(distinct vs)", "sum(distinct vd) f",
		"max(distinct vi)", "median(vd)", "median(distinct vi)",
		"mode(vs)", "bit_and(ki)", "bit_xor(vi)", "bool_or(f)",
		"approx_distinct(vs)", "approx_percentile(vd/0.5)",
		"percentile(distinct vd/0.3)", "any_value(vw)",
		"var_pop(vn)", "stddev_samp(ki) f", "count(distinct vd)",
		"collect(vs)", "collect(distinct vi)", "histogram(vw)",
		"top_k(vs/2)", "top_k(distinct vd/2)",
	};
	struct trial *t = mem_zalloc(sizeof(*t));
	int64_t now_ms = 0;
	unsigned unordered;

	t->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 5;
	unordered = draw(t, 2) ? 3 : 0;
	buf_init(&t->want);
	for (int i = 0; i < 4; i++) {
		strcat(t->aggs, i ? ", " : "");
		strcat(t->aggs, aggs[unordered + draw(t, ARRAY_LEN(aggs) -
							 unordered)]);
	}
	t->setup = (struct agg_setup){
		.keys = "ks", .aggs = t->aggs, .kind = WINDOW_SESSION,
		.size_ms = GAP_MS, .retract = unordered > 0,
	};
	t->wm_ms = INT64_MIN / 2;
	agg_rig_open(&t->r, &t->setup);
	while (t->n < EVENTS) {
		push_some(t, now_ms);
		if (draw(t, 4) == 0) {
			agg_rig_cut(&t->r);
			if (draw(t, 2)) {
				agg_rig_restart(&t->r);
				restarts++;
			}
		}
		now_ms += (int64_t)draw(t, 900);
		if (draw(t, 3) == 0 && now_ms - 3000 > t->wm_ms)
			watermark(t, now_ms - 3000);
	}
	watermark(t, now_ms + GAP_MS);
	EXPECT_EQ(stat_get(t->r.op->stats.state_rows), 0);
	agg_rig_close(&t->r);
	buf_release(&t->want);
	free(t);
}

TEST(sessions_are_what_grouping_their_rows_gives)
{
	uint64_t n = getenv("SLUICE_LONG") ? 5000 : 100;

	for (uint64_t seed = 1; seed <= n; seed++)
		run(seed);
	EXPECT(merged > 100 && taken_back > 100 && late > 100 &&
	       restarts > 100);
}
