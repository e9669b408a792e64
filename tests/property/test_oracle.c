/* SPDX-License-Identifier: Apache-2.0
 * tests/property/test_oracle.c - random queries over random rows, in random
 * pieces, with checkpoints and crashes: SQLite must have the same answers.
 *
 * A failing case is made smaller and shown with its number; put the number
 * into tests/seeds.txt, which is replayed first. SLUICE_SEED=<number> runs and
 * shows one case, SLUICE_LONG=1 runs more of them, other ones each time,
 * SLUICE_NO_SHRINK=1 shows a failing case as it is.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "tests/property/oracle.h"
#include "tests/unit/test.h"

#define SEED 20260101 /* of the short run: the same cases each time */
#define CASES 2000
#define CASES_LONG 20000
#define CASES_MAX 6000 /* in the short run, to get coverage */
#define COVERAGE 50
#define SHRINK_RUNS_MAX 400

static unsigned coverage[FEATURES];
static uint64_t running; /* the case; 0: none */

/* ---- a failing case ---- */

/* For whatever ends the process or the test in the middle of a case. */
static void
tell_running(void)
{
	char text[64];
	int n;

	if (running == 0)
		return;
	n = snprintf(text, sizeof(text), "in the case SLUICE_SEED=%llu\n",
		     (unsigned long long)running);
	(void)!write(STDOUT_FILENO, text, n);
	running = 0;
}

__attribute__((destructor)) static void
at_exit(void)
{
	tell_running();
}

static void
on_abort(int sig)
{
	(void)sig;
	tell_running();
}

/* Without events [at, at + n): does it still fail? Then they stay away. */
static bool
drop_events(struct oracle_case *c, unsigned at, unsigned n)
{
	struct event *all = c->events;
	unsigned nall = c->nevents;
	struct buf why;
	bool ok;

	c->events = mem_alloc(nall * sizeof(*all));
	memcpy(c->events, all, at * sizeof(*all));
	memcpy(c->events + at, all + at + n, (nall - at - n) * sizeof(*all));
	c->nevents = nall - n;
	buf_init(&why);
	ok = oracle_run(c, &why);
	buf_release(&why);
	if (!ok) {
		free(all);
		return true;
	}
	free(c->events);
	c->events = all;
	c->nevents = nall;
	return false;
}

/* Fewer events, as long as it fails. */
static void
shrink(struct oracle_case *c)
{
	unsigned runs = 0;

	for (unsigned n = c->nevents / 2; n > 0; n /= 2)
		for (unsigned at = 0; at + n <= c->nevents &&
				      runs < SHRINK_RUNS_MAX; runs++)
			if (!drop_events(c, at, n))
				at += n;
}

static void
show_failure(struct oracle_case *c)
{
	struct buf why;

	if (!getenv("SLUICE_NO_SHRINK"))
		shrink(c);
	buf_init(&why);
	oracle_run(c, &why);
	oracle_case_print(c);
	printf("%s\nSLUICE_SEED=%llu\n", buf_cstr(&why),
	       (unsigned long long)c->number);
	buf_release(&why);
}

/* ---- cases ---- */

static void
count_features(const struct oracle_case *c)
{
	for (unsigned f = 0; f < FEATURES; f++) {
		bool has = c->has[f];

		for (unsigned q = 0; q < c->nqueries; q++)
			has |= c->queries[q].has[f];
		coverage[f] += has;
	}
}

static void
run_case(uint64_t number, bool show)
{
	struct oracle_case c;
	struct buf why;
	bool ok;

	running = number;
	oracle_case_init(&c, number);
	if (show)
		oracle_case_print(&c);
	fflush(stdout);
	buf_init(&why);
	ok = oracle_run(&c, &why);
	if (ok)
		count_features(&c);
	else
		show_failure(&c);
	buf_release(&why);
	oracle_case_release(&c);
	running = 0;
	if (!ok)
		FAIL("sluice and SQLite differ");
}

static enum feature
least_covered(void)
{
	enum feature least = 0;

	for (enum feature f = 0; f < FEATURES; f++)
		if (coverage[f] < coverage[least])
			least = f;
	return least;
}

static void
print_coverage(void)
{
	for (unsigned f = 0; f < FEATURES; f++)
		printf("%6u %s\n", coverage[f], feature_info[f].text);
}

static bool
is_long(void)
{
	return getenv("SLUICE_LONG") != NULL;
}

TEST(cases_that_once_failed_are_right_now)
{
	FILE *f = fopen("tests/seeds.txt", "r");
	char line[256];

	if (!f)
		FAIL("tests/seeds.txt cannot be read: run from the top");
	signal(SIGABRT, on_abort);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "oracle ", 7) == 0)
			run_case(strtoull(line + 7, NULL, 10), false);
	}
	fclose(f);
}

TEST(random_queries_have_the_answers_that_sqlite_has)
{
	uint64_t seed = is_long() ? (uint64_t)time(NULL) : SEED;
	unsigned cases = is_long() ? CASES_LONG : CASES;
	unsigned least = 0;

	if (getenv("SLUICE_SEED")) {
		run_case(strtoull(getenv("SLUICE_SEED"), NULL, 10), true);
		return;
	}
	signal(SIGABRT, on_abort);
	printf("seed %llu\n", (unsigned long long)seed);
	memset(coverage, 0, sizeof(coverage));
	for (unsigned i = 0; i < cases || least < COVERAGE; i++) {
		uint64_t number = hash_u64(i, seed) >> 20 << 8;

		if (i == cases + CASES_MAX)
			break;
		run_case(number | least_covered(), false);
		least = coverage[least_covered()];
	}
	print_coverage();
	if (least < COVERAGE)
		FAIL("a feature was tested %u times only: %s", least,
		     feature_info[least_covered()].text);
}
