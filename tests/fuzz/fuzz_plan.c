/* SPDX-License-Identifier: Apache-2.0
 * tests/fuzz/fuzz_plan.c - scripts with words left out, doubled and swapped go
 * through parser, catalog and planner: whatever comes out is a plan that holds
 * together or an error with a place. SLUICE_FUZZ_ROUNDS, SLUICE_FUZZ_SEED.
 */
#include <ctype.h>
#include <dirent.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test.h"

#define WORDS_MAX 60000

struct corpus {
	struct arena a;
	unsigned nscripts;
	const char *scripts[512];
	unsigned nwords;
	const char *words[WORDS_MAX]; /* of all scripts: to put in */
};

static uint64_t state;

static uint32_t
next_random(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

static size_t
word_length(const char *p)
{
	size_t n = 1;

	if (*p == '\'') {
		while (p[n] && p[n] != '\'')
			n++;
		return p[n] ? n + 1 : n;
	}
	if (isalnum((unsigned char)*p) || *p == '_')
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
	return n;
}

static unsigned
split(struct arena *a, const char *text, const char **words, unsigned max)
{
	unsigned n = 0;

	while (*text && n < max) {
		size_t len = word_length(text);

		if (!isspace((unsigned char)*text))
			words[n++] = arena_strndup(a, text, len);
		text += len;
	}
	return n;
}

static void
load_directory(struct corpus *c, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	static char text[1 << 16];

	if (!d)
		FAIL("cannot open %s: run from the top directory", dir);
	while ((e = readdir(d))) {
		const char *path = arena_printf(&c->a, "%s/%s", dir,
						e->d_name);
		size_t len = strlen(path), n;
		FILE *f;

		if (len < 4 || strcmp(path + len - 4, ".sql") != 0)
			continue;
		f = fopen(path, "r");
		EXPECT(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = '\0';
		EXPECT(c->nscripts < 512);
		c->scripts[c->nscripts++] = arena_strdup(&c->a, text);
		c->nwords += split(&c->a, text, c->words + c->nwords,
				   WORDS_MAX - c->nwords);
	}
	closedir(d);
}

/* Each statement may be changed in some places; separators of the golden files
 * become the ends of statements. */
static const char *
mutate(struct corpus *c, struct arena *a, const char *script)
{
	const char **words = arena_array(a, 8192, const char *);
	unsigned n = split(a, script, words, 8192), changes = next_random(4);
	struct buf out;
	const char *text;

	for (unsigned i = 0; i < changes && n > 1; i++) {
		unsigned at = next_random(n), kind = next_random(4);

		if (kind == 0)
			words[at] = "";
		else if (kind == 1)
			words[at] = words[next_random(n)];
		else if (kind == 2)
			words[at] = c->words[next_random(c->nwords)];
		else
			words[at] = arena_printf(a, "%s %s", words[at],
						 words[next_random(n)]);
	}
	buf_init(&out);
	for (unsigned i = 0; i < n; i++) {
		bool dashes = strcmp(words[i], "-") == 0 && i + 1 < n &&
			      strcmp(words[i + 1], "-") == 0;

		buf_puts(&out, dashes ? ";" : words[i]);
		buf_putc(&out, ' ');
		while (dashes && i + 1 < n && strcmp(words[i + 1], "-") == 0)
			i++;
	}
	text = arena_strndup(a, out.data ? out.data : "", out.len);
	buf_release(&out);
	return text;
}

static void
check_columns(const struct expr *e, const struct schema *in)
{
	if (e->kind == EXPR_COLUMN)
		EXPECT(e->column < in->ncols);
	EXPECT(e->type.kind != TYPE_NULL);
	for (unsigned i = 0; i < e->nargs; i++)
		check_columns(e->args[i], in);
}

/* What runtime/ relies on. */
static void
check_node(const struct plan_node *n)
{
	const struct schema *in = n->ninputs ? &n->inputs[0]->schema : NULL;

	if (n->kind == PLAN_PROJECT)
		for (unsigned i = 0; i < n->schema.ncols; i++)
			check_columns(n->exprs[i], in);
	if (n->kind == PLAN_FILTER)
		check_columns(n->predicate, in);
	if (n->kind == PLAN_SCAN && n->scan->filter)
		check_columns(n->scan->filter, &n->schema);
	if (n->kind == PLAN_WATERMARK)
		check_columns(n->watermark->watermark, in);
	for (unsigned i = 0; n->group && i < n->group->naggs; i++)
		EXPECT(n->group->aggs[i].arg < (int)in->ncols);
	for (unsigned i = 0; n->group && i < n->group->nkeys; i++)
		EXPECT(n->group->keys[i] < in->ncols);
	if (n->kind == PLAN_WINDOW_AGGREGATE)
		EXPECT_EQ(in->cols[n->group->window.time_col].time,
			  TIME_ATTR_ROWTIME);
	for (unsigned i = 0; n->kind == PLAN_UNION && i < n->ninputs; i++)
		EXPECT_EQ(n->inputs[i]->schema.ncols, n->schema.ncols);
	if (n->kind == PLAN_SINK || n->kind == PLAN_FILTER)
		EXPECT_EQ(in->ncols, n->schema.ncols);
	for (unsigned i = 0; i < n->ninputs; i++)
		EXPECT(n->inputs[i]->number < n->number);
}

/* Statement by statement, or as a whole up to its first error, so that
 * statement sets come too. */
static unsigned
run_script(struct plan_rig *r, const char *script)
{
	bool whole = next_random(2) == 0;
	char text[4096];
	unsigned plans = 0;

	while (*script) {
		size_t n = whole ? strlen(script) : strcspn(script, ";");

		r->plan = NULL;
		if (plan_rig_run(r, arena_strndup(&r->arena, script, n)) < 0) {
			EXPECT(r->err.at.line > 0);
			error_print(&r->err, text, sizeof(text));
		} else if (r->plan) {
			struct buf out;

			buf_init(&out);
			plan_explain(r->plan, &out);
			buf_release(&out);
			for (unsigned i = 0; i < r->plan->n; i++)
				check_node(r->plan->nodes[i]);
			plans++;
		}
		script += n + (script[n] == ';');
	}
	return plans;
}

static unsigned
number_from(const char *name, unsigned fallback)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : fallback;
}

TEST(changed_scripts_give_plans_or_errors_with_a_place)
{
	unsigned rounds = number_from("SLUICE_FUZZ_ROUNDS", 2000), plans = 0;
	static struct corpus c;

	state = number_from("SLUICE_FUZZ_SEED", 1);
	arena_init(&c.a);
	load_directory(&c, "tests/golden/explain");
	load_directory(&c, "tests/golden/errors-bind");
	for (unsigned i = 0; i < rounds; i++) {
		struct plan_rig r;
		const char *script;

		plan_rig_open(&r);
		script = mutate(&c, &r.arena,
				c.scripts[next_random(c.nscripts)]);
		if (getenv("SLUICE_FUZZ_PRINT"))
			fprintf(stderr, "%s\n", script);
		plans += run_script(&r, script);
		plan_rig_close(&r);
	}
	arena_release(&c.a);
	printf("%u rounds, %u plans\n", rounds, plans);
	EXPECT(plans > 0);
}
