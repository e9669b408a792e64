/* SPDX-License-Identifier: Apache-2.0
 * What a row costs in windowed and updating aggregates, in nanoseconds of CPU
 * with everything that fires: by number of keys, by size and slide, by
 * aggregate. Batches are filled outside of the measured time.
 */
#include <time.h>

#include "base/time.h"
#include "tests/unit/agg_rig.h"
#include "tests/unit/test.h"

struct load {
	const char *name;
	struct agg_setup setup;
	uint64_t nkeys;
	uint64_t rows;
	int64_t rows_per_second; /* of event time */
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t
draw(uint64_t *random, uint64_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (*random >> 11) % below;
}

/* Words of nine letters. */
static struct str
word_of(uint64_t key)
{
	char text[9];

	for (int i = 0; i < 9; i++)
		text[i] = (char)('a' + (key >> (3 * i) & 7));
	return str_ref(text, sizeof(text));
}

static void
batch_fill(struct batch *b, const struct load *l, uint64_t row,
	   uint64_t *random)
{
	for (uint32_t i = 0; i < BATCH_ROWS; i++) {
		uint64_t key = draw(random, l->nkeys);

		b->col[IN_TS].i64[i] =
			(int64_t)((row + i) * US_PER_SECOND /
				  (uint64_t)l->rows_per_second);
		b->col[IN_KS].str[i] = word_of(key);
		b->col[IN_KI].i64[i] = (int64_t)key;
		b->col[IN_VI].i64[i] = (int64_t)(key % 100);
		b->col[IN_VD].f64[i] = (double)(key % 100) / 8;
	}
}

/* What a sink that swallows everything does. */
static uint64_t
swallow(struct agg_rig *r)
{
	struct batch *b;
	uint64_t rows = 0;

	while ((b = edge_pop(r->op->out[0])) != NULL) {
		rows += b->nsel;
		batch_unref(b);
	}
	return rows;
}

static uint64_t
fire(struct agg_rig *r, int64_t wm_us)
{
	struct error err = ERROR_INIT;
	uint64_t rows = 0;
	int rc;

	if (r->op->type->settle)
		rc = r->op->type->settle(r->op, &err);
	else
		rc = r->op->type->watermark(r->op, wm_us, &err);
	while (rc == OP_MORE) {
		rows += swallow(r);
		rc = r->op->type->resume(r->op, &err);
	}
	r->op->wm_us = wm_us;
	return rows + swallow(r);
}

static double
run(const struct load *l)
{
	struct agg_rig r;
	struct batch *b;
	uint64_t random = 88172645463325252u, out = 0;
	double ns = 0;

	agg_rig_open(&r, &l->setup);
	b = batch_create(NULL, agg_rig_schema(), BATCH_ROWS);
	for (unsigned c = 0; c < IN_COLS; c++)
		memset(b->col[c].data, 0,
		       BATCH_ROWS * phys_bytes(b->col[c].phys));
	batch_seal(b, BATCH_ROWS);
	for (uint64_t row = 0; row < l->rows; row += BATCH_ROWS) {
		double from;

		batch_fill(b, l, row, &random);
		from = now_ns();
		r.op->type->push(r.op, 0, b, NULL);
		/* a step is four batches */
		if (row / BATCH_ROWS % 4 == 3)
			out += fire(&r, b->col[IN_TS].i64[BATCH_ROWS - 1] -
						US_PER_SECOND);
		ns += now_ns() - from;
	}
	ns /= (double)l->rows;
	printf("%-44s %7.1f ns/row  %6.3f rows out/row  %5.1f MB\n", l->name,
	       ns, (double)out / (double)l->rows,
	       (double)stat_get(r.op->stats.state_bytes) / 1e6);
	fflush(stdout);
	batch_unref(b);
	agg_rig_close(&r);
	return ns;
}

static struct load
load(const char *name, const char *keys, const char *aggs, int64_t size_s,
     int64_t slide_s, uint64_t nkeys, uint64_t rows, int64_t rate)
{
	return (struct load){
		.name = name, .nkeys = nkeys, .rows = rows,
		.rows_per_second = rate,
		.setup = { .keys = keys, .aggs = aggs, .kind = WINDOW_HOP,
			   .size_ms = size_s * 1000,
			   .slide_ms = slide_s * 1000 },
	};
}

#define M 1000000

static void
ratio(const char *claim, double cost, double base, double most)
{
	printf("%s: %.2f times (at most %.1f)\n\n", claim, cost / base, most);
}

TEST(keys)
{
	struct load few = load("count by 42 words, 1 min by 5 s", "ks",
			       "count(*)", 60, 5, 42, 20 * M, M);
	struct load many = load("count by 1 M words, 1 min by 5 s", "ks",
				"count(*)", 60, 5, M, 20 * M, M);
	struct load few_i = load("count by 42 numbers", "ki", "count(*)", 60,
				 5, 42, 20 * M, M);
	struct load many_i = load("count by 1 M numbers", "ki", "count(*)", 60,
				  5, M, 20 * M, M);

	ratio("1 M words instead of 42", run(&many), run(&few), 4);
	ratio("1 M numbers instead of 42", run(&many_i), run(&few_i), 4);
}

static void
slides(const char *aggs, const char *what, int64_t rate)
{
	char a[64], b[64];
	struct load few, many;

	snprintf(a, sizeof(a), "%s by 42 words, 1 min by 5 s", what);
	snprintf(b, sizeof(b), "%s by 42 words, 1 h by 1 s", what);
	few = load(a, "ks", aggs, 60, 5, 42, 20 * M, rate);
	many = load(b, "ks", aggs, 3600, 1, 42, 20 * M, rate);
	printf("%" PRId64 " rows a second of event time:\n", rate);
	ratio("1 h by 1 s", run(&many), run(&few), 1.3);
}

TEST(slides)
{
	slides("count(*)", "count", 100000);
	slides("count(*)", "count", 2000);
	slides("count(*), sum(vi), avg(vi)", "sums", 100000);
	slides("min(vi), max(vi), sum(vd)", "min, max, sum of DOUBLE", 100000);
	slides("count(distinct vi)", "count distinct", 100000);
}

TEST(group_by)
{
	struct load few = load("GROUP BY 42 words", "ks", "count(*), sum(vi)",
			       0, 0, 42, 20 * M, M);
	struct load many = load("GROUP BY 1 M words", "ks",
				"count(*), sum(vi)", 0, 0, M, 10 * M, M);

	run(&few);
	run(&many);
}

/* 1 M groups in the pane, 10 000 of them changed: the pipeline stands still
 * for as long as the copy takes. */
TEST(checkpoint)
{
	struct load l = load("", "ks", "count(*), sum(vi)", 60, 60, M, 0, M);
	uint64_t random = 88172645463325252u;
	struct agg_rig r;
	struct batch *b = batch_create(NULL, agg_rig_schema(), BATCH_ROWS);

	agg_rig_open(&r, &l.setup);
	for (unsigned c = 0; c < IN_COLS; c++)
		memset(b->col[c].data, 0,
		       BATCH_ROWS * phys_bytes(b->col[c].phys));
	batch_seal(b, BATCH_ROWS);
	for (int batches = 2000; batches > 0; batches = batches == 2000 ? 5 : 0) {
		struct snapshot *s = snapshot_create(1, 0);
		double from, rows;

		for (int i = 0; i < batches; i++) {
			batch_fill(b, &l, 0, &random);
			r.op->type->push(r.op, 0, b, NULL);
		}
		from = now_ns();
		r.op->type->checkpoint(r.op, s, NULL);
		rows = (double)s->rows;
		printf("checkpoint of %.0f rows: %.2f ms\n", rows,
		       (now_ns() - from) / 1e6);
		snapshot_destroy(s);
	}
	batch_unref(b);
	agg_rig_close(&r);
}
