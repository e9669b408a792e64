/* SPDX-License-Identifier: Apache-2.0
 * What a checkpoint costs the store thread: commits of 10 000 dirty rows, of
 * 10 rows beside a million, and the way back at a restart. Prints medians.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

#define ROUNDS 21

static struct table_def groups = { .suffix = "_groups", .nkeys = 1 };
static struct table_def panes = { .suffix = "_panes", .nkeys = 2,
				  .first_is_pane = true };

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct store_rig_op *
bench_op(struct store_rig *r)
{
	struct store_rig_op *o = store_rig_op(r, "window_aggregate;words;message;hop");
	struct error err = ERROR_INIT;

	groups.schema = store_rig_schema(r, "BIGINT _id, STRING message");
	panes.schema = store_rig_schema(r, "BIGINT _pane, BIGINT _id, BIGINT _rows,"
				     " BIGINT n, BIGINT total");
	store_rig_table(r, o, &groups);
	store_rig_table(r, o, &panes);
	if (store_rig_attach(r, &err) < 0)
		FAIL("attach: %s", err.message);
	return o;
}

/* Rows [from, from + n) of a pane, in no order of ids. */
static void
put_panes(struct store_rig *r, struct store_rig_op *o, int64_t pane, uint64_t from,
	  uint64_t n, uint64_t step)
{
	for (uint64_t done = 0; done < n; done += BATCH_ROWS) {
		uint32_t rows = n - done < BATCH_ROWS
					? (uint32_t)(n - done)
					: BATCH_ROWS;
		struct snapshot_part **at = r->snap.tail;
		struct batch *b;

		store_rig_put(r, o, 1, "0|0|0|0|0");
		b = (*at)->rows;
		for (uint32_t i = 0; i < rows; i++) {
			uint64_t id = from + (done + rows - 1 - i) * step;

			b->col[0].i64[i] = pane;
			b->col[1].i64[i] = (int64_t)id;
			b->col[2].i64[i] = (int64_t)id + 1;
			b->col[3].i64[i] = (int64_t)r->epoch;
			b->col[4].i64[i] = (int64_t)id * 3;
		}
		batch_seal(b, rows);
	}
}

static void
put_groups(struct store_rig *r, struct store_rig_op *o, uint64_t from, uint32_t n)
{
	struct snapshot_part **at = r->snap.tail;
	struct batch *b;

	store_rig_put(r, o, 0, "0|x");
	b = (*at)->rows;
	for (uint32_t i = 0; i < n; i++) {
		b->col[0].i64[i] = (int64_t)from + i;
		b->col[1].str[i] = str_from(
			&b->arena,
			arena_printf(&b->arena, "a word of key %llu",
				     (unsigned long long)from + i),
			20);
	}
	batch_seal(b, n);
}

static void
commit(struct store_rig *r)
{
	struct error err = ERROR_INIT;

	if (store_rig_commit(r, &err) < 0)
		FAIL("commit: %s", err.message);
}

static void
print_median(const char *what, double *ms, int n, const struct store_rig *r)
{
	qsort(ms, (size_t)n, sizeof(*ms), by_value);
	printf("store: %-44s median %7.1f ms, worst %7.1f ms, %llu KiB\n",
	       what, ms[n / 2], ms[n - 1],
	       (unsigned long long)r->snap.bytes_written >> 10);
}

TEST(commits_of_dirty_rows)
{
	static const uint64_t sizes[] = { 10, 10000, 100000 };
	struct store_rig_op *o;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	o = bench_op(&r);
	for (unsigned k = 0; k < 3; k++) {
		double ms[ROUNDS], pane_ms[ROUNDS];
		char what[64];

		for (int i = 0; i < ROUNDS; i++) {
			double since = now_ms();

			/* The same pane again and again, then a new one. */
			put_panes(&r, o, (int64_t)k, 0, sizes[k], 1);
			since = now_ms();
			commit(&r);
			ms[i] = now_ms() - since;
			put_panes(&r, o, 1000 + (int64_t)r.epoch, 0, sizes[k],
				  1);
			store_rig_part(&r, SNAPSHOT_DROP_BELOW, o, 1, NULL,
				 1000 + (int64_t)r.epoch - 2);
			since = now_ms();
			commit(&r);
			pane_ms[i] = now_ms() - since;
		}
		snprintf(what, sizeof(what), "%llu dirty rows, one pane",
			 (unsigned long long)sizes[k]);
		print_median(what, ms, ROUNDS, &r);
		snprintf(what, sizeof(what), "%llu rows of a new pane",
			 (unsigned long long)sizes[k]);
		print_median(what, pane_ms, ROUNDS, &r);
	}
	store_rig_release(&r);
}

TEST(a_million_groups)
{
	double ms[ROUNDS], since;
	struct error err = ERROR_INIT;
	struct store_rig_op *o;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	o = bench_op(&r);
	since = now_ms();
	for (uint64_t id = 0; id < 1000000;) {
		for (int i = 0; i < 50; i++, id += 2000)
			put_groups(&r, o, id, 2000);
		commit(&r);
	}
	for (uint64_t from = 0; from < 1000000; from += 100000) {
		put_panes(&r, o, 1, from, 100000, 1);
		commit(&r);
	}
	printf("store: %-44s %14.0f ms\n", "1 000 000 groups and panes written",
	       now_ms() - since);
	for (int i = 0; i < ROUNDS; i++) {
		put_panes(&r, o, 1, (uint64_t)i, 10, 99991);
		since = now_ms();
		commit(&r);
		ms[i] = now_ms() - since;
	}
	print_median("10 dirty rows beside 1 000 000", ms, ROUNDS, &r);
	for (int i = 0; i < ROUNDS; i++) {
		put_panes(&r, o, 1, (uint64_t)i, 10000, 97);
		since = now_ms();
		commit(&r);
		ms[i] = now_ms() - since;
	}
	print_median("10 000 scattered rows beside 1 000 000", ms, ROUNDS, &r);
	EXPECT_EQ(store_wal_checkpoint(r.s, &err), 0);
	store_rig_close(&r);
	since = now_ms();
	store_rig_open(&r);
	printf("store: %-44s %14.0f ms\n", "open with quick_check, 1 000 000",
	       now_ms() - since);
	since = now_ms();
	bench_op(&r);
	printf("store: %-44s %14.0f ms\n",
	       "restore (the rig writes text), 2 000 000 rows",
	       now_ms() - since);
	store_rig_release(&r);
}
