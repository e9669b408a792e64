/* SPDX-License-Identifier: Apache-2.0
 * bench/bench_functions.c - nanoseconds per row of every scalar function: its
 * example in the table of functions, with the first literal turned into a
 * column, over full batches. What is simple must stay within a few of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/check.h"
#include "base/error.h"
#include "base/time.h"
#include "parser/bind.h"
#include "parser/functions.h"
#include "runtime/eval.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

#define RUNS 60
#define ROUNDS 5

/* As the flags of the table tell them apart. */
enum class { SIMPLE, FAILING, DEAR, CLASSES };
static const char *const class_names[CLASSES] = {
	"total and cheap", "can fail", "dear",
};

struct measured {
	const struct function *f;
	enum class class;
	double ns;
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The first literal that is not NULL, in the order of writing. */
static struct expr *
first_literal(struct expr *e)
{
	if (e->kind == EXPR_LITERAL)
		return e->value.is_null ? NULL : e;
	for (unsigned i = 0; i < e->nargs; i++) {
		struct expr *found = first_literal(e->args[i]);

		if (found)
			return found;
	}
	return NULL;
}

static struct batch *
full_batch(const struct schema *s, struct value v)
{
	struct batch *b = batch_create(NULL, s, BATCH_ROWS);

	for (uint32_t row = 0; row < BATCH_ROWS; row++)
		erig_put(&b->col[0], row, BATCH_ROWS, v, &b->arena);
	batch_seal(b, BATCH_ROWS);
	return b;
}

/* The least of some rounds: the machine is shared. */
static double
time_of(struct program *p, struct batch *b)
{
	struct eval_result res;
	struct arena results;
	double best = 1e18;

	arena_init(&results);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns(), took;

		for (int i = 0; i < RUNS; i++) {
			program_run(p, b, TIME_NONE, &results, &res);
			arena_clear(&results);
		}
		took = (now_ns() - start) / RUNS / BATCH_ROWS;
		best = took < best ? took : best;
	}
	arena_release(&results);
	return best;
}

/* False: there is nothing in it that changes from row to row. */
static bool
measure(const struct function *f, double *ret_ns)
{
	struct schema_column col = { .name = "x" };
	struct schema s = { .cols = &col };
	struct error err = ERROR_INIT;
	struct ast_expr *ast;
	struct expr *e, *literal;
	const struct expr *root;
	struct program *p;
	struct parse parse;
	struct batch *b;
	struct arena a;
	bool ok = false;

	arena_init(&a);
	if (parse_begin(&parse, f->example, strlen(f->example), NULL, &a,
			&parse_limits_default, &err) < 0 ||
	    parse_expression(f->example, strlen(f->example), &a, &ast, &err) <
	    0)
		FAIL("%s: %s", f->example, err.message);
	/* Some need a query around them: CURRENT_WATERMARK, GROUPING. */
	literal = bind_expression(&a, &parse, ast, &s, NULL, &e, &err) == 0
			  ? first_literal(e) : NULL;
	if (literal) {
		col.type = literal->type;
		s.ncols = 1;
		b = full_batch(&s, literal->value);
		literal->kind = EXPR_COLUMN;
		literal->column = 0;
		root = e;
		if (program_compile(&root, 1, &s, NULL, &a, &p, &err) == 0) {
			*ret_ns = time_of(p, b);
			ok = true;
		}
		batch_unref(b);
	}
	arena_release(&a);
	return ok;
}

static int
by_class_and_time(const void *a, const void *b)
{
	const struct measured *m = a, *n = b;

	if (m->class != n->class)
		return m->class < n->class ? -1 : 1;
	return m->ns < n->ns ? -1 : m->ns > n->ns;
}

static void
print_class(const struct measured *m, unsigned n)
{
	printf("%s: %u functions, median %.1f ns\n", class_names[m->class], n,
	       m[n / 2].ns);
	for (unsigned i = 0; i < n; i++)
		printf("  %-20s %8.1f%s", m[i].f->name, m[i].ns,
		       i % 3 == 2 || i + 1 == n ? "\n" : "");
}

TEST(functions)
{
	static struct measured all[FN_COUNT_OF];
	unsigned n = 0, from = 0;

	for (int id = FN_NONE + 1; id < FN_COUNT_OF; id++) {
		const struct function *f = function_get((enum function_id)id);
		struct measured *m = &all[n];

		if (f->flags & FN_AGGREGATE || !measure(f, &m->ns))
			continue;
		m->f = f;
		m->class = f->flags & FN_DEAR ? DEAR
			   : f->flags & FN_FAILS ? FAILING : SIMPLE;
		n++;
	}
	qsort(all, n, sizeof(*all), by_class_and_time);
	printf("functions: ns of CPU per row, batches of %d\n", BATCH_ROWS);
	for (unsigned i = 1; i <= n; i++) {
		if (i < n && all[i].class == all[from].class)
			continue;
		print_class(&all[from], i - from);
		from = i;
	}
}
