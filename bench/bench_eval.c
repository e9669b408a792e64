/* SPDX-License-Identifier: Apache-2.0
 * bench/bench_eval.c - nanoseconds per row of each class of kernel, through
 * compiled programs over full batches: the figures behind runtime.md section 4.
 */
#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/eval.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

#define RUNS 2000

static const struct bench {
	const char *what;
	const char *types;
	const char *expr;
} benches[] = {
	{ "column", "BIGINT", "#0" },
	{ "x + 1", "BIGINT", "ADD:BIGINT(#0, BIGINT'1')" },
	{ "x + y", "BIGINT|BIGINT", "ADD:BIGINT(#0, #1)" },
	{ "x * y of INT", "INT|INT", "MUL:INT(#0, #1)" },
	{ "x / 10", "BIGINT", "DIV:BIGINT(#0, BIGINT'10')" },
	{ "x / y", "BIGINT|BIGINT", "DIV:BIGINT(#0, #1)" },
	{ "x * y of DOUBLE", "DOUBLE|DOUBLE", "MUL:DOUBLE(#0, #1)" },
	{ "x + y of DECIMAL(10,2)", "DECIMAL(10,2)|DECIMAL(10,2)",
	  "ADD:DECIMAL(11,2)(#0, #1)" },
	{ "x + y of DECIMAL(30,2)", "DECIMAL(30,2)|DECIMAL(30,2)",
	  "ADD:DECIMAL(31,2)(#0, #1)" },
	{ "0.908 * BIGINT", "BIGINT",
	  "MUL:DECIMAL(24,3)(DECIMAL(4,3)'0.908', CAST:DECIMAL(19,0)(#0))" },
	{ "x > 5", "BIGINT", "GT:BOOLEAN(#0, BIGINT'5')" },
	{ "x > 5 AND x < 50", "BIGINT",
	  "AND:BOOLEAN(GT:BOOLEAN(#0, BIGINT'5'), LT:BOOLEAN(#0, "
	  "BIGINT'50'))" },
	{ "x <> 0 AND 100 / x > 1", "BIGINT",
	  "AND:BOOLEAN(NE:BOOLEAN(#0, BIGINT'0'), "
	  "GT:BOOLEAN(DIV:BIGINT(BIGINT'100', #0), BIGINT'1'))" },
	{ "s = 'short'", "STRING", "EQ:BOOLEAN(#0, STRING'42')" },
	{ "s = t", "STRING|STRING", "EQ:BOOLEAN(#0, #1)" },
	{ "s < t", "STRING|STRING", "LT:BOOLEAN(#0, #1)" },
	{ "x IN (4 values)", "BIGINT",
	  "IN:BOOLEAN(#0, BIGINT'1', BIGINT'2', BIGINT'3', BIGINT'5')" },
	{ "CASE of three", "BIGINT",
	  "CASE:BIGINT(LT:BOOLEAN(#0, BIGINT'30'), BIGINT'1', "
	  "LT:BOOLEAN(#0, BIGINT'60'), BIGINT'2', #0)" },
	{ "s LIKE '%2%'", "STRING", "LIKE:BOOLEAN(#0, STRING'%2%')" },
	{ "UPPER(s)", "STRING", "UPPER:STRING(#0)" },
	{ "CHAR_LENGTH(s)", "STRING", "CHAR_LENGTH:INT(#0)" },
	{ "SUBSTRING(s, 1, 2)", "STRING",
	  "SUBSTRING:STRING(#0, INT'1', INT'2')" },
	{ "s || '-' || s", "STRING", "CONCAT:STRING(#0, STRING'-', #0)" },
	{ "CAST(s AS BIGINT)", "STRING", "CAST:BIGINT(#0)" },
	{ "CAST(x AS STRING)", "BIGINT", "CAST:STRING(#0)" },
	{ "CAST(d AS STRING)", "DOUBLE", "CAST:STRING(#0)" },
	{ "ts + INTERVAL", "TIMESTAMP(3)",
	  "ADD:TIMESTAMP(3)(#0, INTERVAL_MS'4000')" },
	{ "DATE_FORMAT(ts, ...)", "TIMESTAMP(3)",
	  "DATE_FORMAT:STRING(#0, STRING'yyyy-MM-dd HH:mm:ss')" },
	{ "CAST(ts AS STRING)", "TIMESTAMP(3)", "CAST:STRING(#0)" },
	{ "TO_TIMESTAMP(text)", "TIMESTAMP(3)",
	  "TO_TIMESTAMP:TIMESTAMP(3)(CAST:STRING(#0))" },
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Values 0..99 as text of each type; y of x / y is never 0. */
static struct batch *
fill(struct arena *a, const struct schema *s)
{
	struct batch *b = batch_create(NULL, s, BATCH_ROWS);
	char text[32];

	for (unsigned c = 0; c < s->ncols; c++) {
		struct type t = s->cols[c].type;

		for (uint32_t i = 0; i < BATCH_ROWS; i++) {
			uint32_t v = (i * 7919 + c) % 99 + c;
			struct value value;

			if (type_is_instant(t))
				snprintf(text, sizeof(text),
					 "2026-01-02 03:04:%02u", v % 60);
			else
				snprintf(text, sizeof(text), "%u", v);
			value = erig_value(t, arena_strdup(a, text));
			memcpy((char *)b->col[c].data +
				       i * phys_bytes(b->col[c].phys),
			       &value.u8, phys_bytes(b->col[c].phys));
		}
	}
	batch_seal(b, BATCH_ROWS);
	return b;
}

static void
measure(const struct bench *m)
{
	struct error err = ERROR_INIT;
	struct arena a, results;
	struct eval_result res;
	struct schema *s;
	const struct expr *e;
	const uint16_t *sel;
	struct program *p;
	struct batch *b;
	double start, run, filter = 0;
	uint32_t n;

	arena_init(&a);
	arena_init(&results);
	s = erig_schema(&a, m->types);
	b = fill(&a, s);
	e = erig_expr(&a, m->expr, s);
	CHECK(program_compile(&e, 1, s, NULL, &a, &p, &err) == 0);
	start = now_ns();
	for (int i = 0; i < RUNS; i++) {
		program_run(p, b, TIME_NONE, &results, &res);
		arena_clear(&results);
	}
	run = (now_ns() - start) / RUNS / BATCH_ROWS;
	printf("%-26s %8.2f", m->what, run);
	if (e->type.kind == TYPE_BOOLEAN) {
		start = now_ns();
		for (int i = 0; i < RUNS; i++) {
			program_filter(p, b, TIME_NONE, &results, &sel, &n,
				       &res);
			arena_clear(&results);
		}
		filter = (now_ns() - start) / RUNS / BATCH_ROWS;
		printf(" %8.2f", filter);
	}
	putchar('\n');
	batch_unref(b);
	arena_release(&results);
	arena_release(&a);
}

TEST(kernels)
{
	printf("eval: ns of CPU per row, batches of %d\n%-26s %8s %8s\n",
	       BATCH_ROWS, "", "run", "filter");
	for (size_t i = 0; i < ARRAY_LEN(benches); i++)
		measure(&benches[i]);
}
