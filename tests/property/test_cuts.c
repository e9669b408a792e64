/* SPDX-License-Identifier: Apache-2.0
 * tests/property/test_cuts.c - however rows are cut into steps, and wherever
 * the job is killed, the answer is the same. Random rows, queries, cuts,
 * checkpoints and crashes; the seed is printed when a run differs.
 */
#include "base/check.h"
#include "base/hash.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#define ROWS_MAX 400

/* Rows of one partition in the order of their times: nobody is late. */
static const char *const queries[] = {
	"SELECT k, v FROM s WHERE v > 3",
	"SELECT k, COUNT(*) AS n, SUM(v) AS total, MIN(v) AS low,"
	" MAX(v) AS high FROM s GROUP BY k",
	"SELECT COUNT(DISTINCT v) AS n, COUNT(*) FILTER (WHERE v > 5) AS big"
	" FROM s",
	"SELECT n, COUNT(*) AS m FROM (SELECT k, COUNT(*) AS n FROM s"
	" GROUP BY k) GROUP BY n",
	"SELECT k, window_start, COUNT(*) AS n, SUM(v) AS total FROM TABLE("
	" TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
	" GROUP BY k, window_start, window_end",
	"SELECT window_end, AVG(v) AS mean, COUNT(DISTINCT k) AS k FROM TABLE("
	" HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND,"
	" INTERVAL '20' SECOND)) GROUP BY window_start, window_end",
	/* Rounded at each addition: not even the order may change. */
	"SELECT k, window_end, SUM(v * 0.1E0) AS total, AVG(v / 3E0) AS mean"
	" FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '3' SECOND,"
	" INTERVAL '21' SECOND)) GROUP BY k, window_start, window_end",
	"SELECT window_end, MAX(v) AS high FROM TABLE("
	" CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND,"
	" INTERVAL '20' SECOND)) GROUP BY window_start, window_end",
	"SELECT k, window_start, window_end, COUNT(*) AS n, SUM(v * 0.1E0) AS t"
	" FROM SESSION(TABLE s PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4'"
	" SECOND) GROUP BY k, window_start, window_end",
};

#define PARTITIONS 3

static const char partitioned[] =
	"CREATE TABLE t (k STRING, v BIGINT, ts TIMESTAMP(3),"
	" WATERMARK FOR ts AS ts - INTERVAL '10' SECOND)"
	" WITH ('connector' = 'kafka', 'topic' = 't',"
	" 'properties.bootstrap.servers' = 'rig', 'format' = 'csv',"
	" 'csv.null-literal' = '');";

/* Rows of several partitions, out of order, but never by more than the delay
 * of the watermark. */
static const char *const disordered[] = {
	"SELECT k, window_start, COUNT(*) AS n, SUM(v) AS total FROM TABLE("
	" TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
	" GROUP BY k, window_start, window_end",
	"SELECT k, window_end, MIN(v) AS low, COUNT(DISTINCT v) AS n"
	" FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '4' SECOND,"
	" INTERVAL '12' SECOND)) GROUP BY k, window_start, window_end",
	"SELECT k, COUNT(*) AS n, MAX(v) AS high FROM t GROUP BY k",
	"SELECT k, window_start, window_end, COUNT(*) AS n, MIN(v) AS low,"
	" COUNT(DISTINCT v) AS vs FROM SESSION(TABLE t PARTITION BY k,"
	" DESCRIPTOR(ts), INTERVAL '3' SECOND) GROUP BY k, window_start,"
	" window_end",
	"SELECT k, v, window_start, window_end FROM SESSION(TABLE t PARTITION"
	" BY v, DESCRIPTOR(ts), INTERVAL '2' SECOND)",
	"SELECT k, v, window_start FROM HOP(TABLE t, DESCRIPTOR(ts),"
	" INTERVAL '1' SECOND, INTERVAL '40' SECOND)",
};

struct dice {
	uint64_t seed, n;
};

static unsigned
roll(struct dice *d, unsigned sides)
{
	return hash_u64(d->n++, d->seed) % sides;
}

/* Times rise by up to 2 s, so that nobody is late; NULLs among keys and
 * values. */
static unsigned
make_rows(struct dice *d, unsigned back_ms, char rows[ROWS_MAX][48])
{
	unsigned n = 1 + roll(d, ROWS_MAX - 1);
	unsigned ms = 0;

	for (unsigned i = 0; i < n; i++) {
		char k[8] = "", v[8] = "";

		unsigned at;

		ms += roll(d, 2000);
		at = ms + back_ms - (back_ms ? roll(d, back_ms) : 0);
		if (roll(d, 10) > 0)
			snprintf(k, sizeof(k), "k%u", roll(d, 7));
		if (roll(d, 10) > 0)
			snprintf(v, sizeof(v), "%u", roll(d, 10));
		snprintf(rows[i], sizeof(rows[i]), "%s,%s,@%02u:%02u.%03u", k,
			 v, at / 60000, at / 1000 % 60, at % 1000);
	}
	return n;
}

/* `s` has one partition and another column. */
static void
push(struct rig *r, const char *topic, unsigned i, const char *row)
{
	char text[64];

	snprintf(text, sizeof(text), "%.47s%s", row, *topic == 's' ? "," : "");
	rig_push(r, topic, *topic == 's' ? 0 : i % PARTITIONS, text);
}

/* What a reader has after all rows and the final watermark. */
static char *
answer(const char *query, const char *topic, char rows[ROWS_MAX][48],
       unsigned n, struct dice *d)
{
	struct rig *r = rig_open(query);
	char *text;

	if (*topic == 't')
		rig_partitions(r, topic, PARTITIONS);

	for (unsigned i = 0; i < n; i++) {
		push(r, topic, i, rows[i]);
		if (!d || roll(d, 4) > 0)
			continue;
		rig_step_once(r);
		if (roll(d, 3) == 0)
			rig_checkpoint(r);
		if (roll(d, 4) == 0)
			rig_crash(r);
	}
	rig_run(r);
	pipeline_finish(rig_pipeline(r));
	rig_run(r);
	text = strdup(rig_net(r, ""));
	rig_close(r);
	return text;
}

static void
compare(uint64_t seed, const char *query, const char *topic, unsigned back_ms)
{
	static char rows[ROWS_MAX][48];
	struct dice d = { seed, 0 };
	unsigned n = make_rows(&d, back_ms, rows);
	char *whole = answer(query, topic, rows, n, NULL);
	char *cut = answer(query, topic, rows, n, &d);

	if (strcmp(whole, cut) != 0)
		FAIL("seed %d, %s:\n%s\nbut in one piece\n%s", (int)seed,
		     query, cut, whole);
	free(whole);
	free(cut);
}

TEST(any_cut_and_any_crash_give_the_same_answer)
{
	for (uint64_t seed = 1; seed <= 100; seed++)
		compare(seed, queries[seed % ARRAY_LEN(queries)], "s", 0);
}

TEST(so_they_do_for_partitions_and_rows_out_of_order)
{
	char script[1024];

	for (uint64_t seed = 1001; seed <= 1060; seed++) {
		snprintf(script, sizeof(script), "%s%s", partitioned,
			 disordered[seed % ARRAY_LEN(disordered)]);
		compare(seed, script, "t", 9000);
	}
}
