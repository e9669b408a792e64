/* SPDX-License-Identifier: Apache-2.0
 * tests/fuzz/fuzz_plan.c - scripts with words left out, doubled and swapped go
 * through parser, catalog and planner: whatever comes out is a plan that holds
 * together or an error with a place, and the same for the canonical text.
 * Two seconds, with SLUICE_LONG a minute; SLUICE_FUZZ_SECONDS says otherwise.
 * A failure tells its round: SLUICE_FUZZ_ROUND=n repeats it alone.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <time.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test.h"

#define WORDS_MAX 60000
#define SCRIPTS_MAX 1024
#define SCRIPT_WORDS_MAX 8192

struct corpus {
	struct arena a;
	unsigned nscripts, nplanned; /* those first that are right */
	const char *scripts[SCRIPTS_MAX];
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
		EXPECT(c->nscripts < SCRIPTS_MAX);
		c->scripts[c->nscripts++] = arena_strdup(&c->a, text);
		c->nwords += split(&c->a, text, c->words + c->nwords,
				   WORDS_MAX - c->nwords);
	}
	closedir(d);
}

/* Some words, many times over: chains, nesting, lists. */
static const char *
repeated(struct arena *a, const char *const *words, unsigned n)
{
	unsigned times = 1u << next_random(10);
	struct buf out;
	const char *text;

	buf_init(&out);
	for (unsigned i = 0; i < times && out.len < 20000; i++)
		for (unsigned k = 0; k < n; k++)
			buf_printf(&out, "%s ", words[k]);
	text = arena_strndup(a, out.data, out.len);
	buf_release(&out);
	return text;
}

static void
change_word(struct corpus *c, struct arena *a, const char **words, unsigned n)
{
	unsigned at = next_random(n), some = 1 + next_random(6);

	switch (next_random(9)) {
	case 0:
	case 1:
		words[at] = "";
		break;
	case 2:
	case 3:
		words[at] = words[next_random(n)];
		break;
	case 4:
	case 5:
		words[at] = c->words[next_random(c->nwords)];
		break;
	case 6:
	case 7:
		words[at] = arena_printf(a, "%s %s", words[at],
					 words[next_random(n)]);
		break;
	default:
		words[at] = repeated(a, words + at,
				     some < n - at ? some : n - at);
	}
}

/* Each statement may be changed in some places; separators of the golden files
 * become the ends of statements. */
static const char *
mutate(struct corpus *c, struct arena *a, const char *script)
{
	const char **words = arena_array(a, SCRIPT_WORDS_MAX, const char *);
	unsigned n = split(a, script, words, SCRIPT_WORDS_MAX);
	unsigned changes = next_random(4);
	struct buf out;
	const char *text;

	for (unsigned i = 0; i < changes && n > 1; i++)
		change_word(c, a, words, n);
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
	if (plan_has_windows(n))
		EXPECT(in->cols[n->group->window.time_col].time !=
		       TIME_ATTR_NONE);
	if (n->window)
		EXPECT(in->cols[n->window->time_col].time != TIME_ATTR_NONE);
	for (unsigned i = 0; n->sets && i < n->sets->nkeys; i++)
		EXPECT(n->sets->keys[i] < in->ncols);
	if (n->sets)
		EXPECT_EQ(n->schema.ncols, in->ncols + n->sets->nkeys + 1);
	for (unsigned i = 0; n->kind == PLAN_UNION && i < n->ninputs; i++)
		EXPECT_EQ(n->inputs[i]->schema.ncols, n->schema.ncols);
	if (n->kind == PLAN_SINK || n->kind == PLAN_FILTER)
		EXPECT_EQ(in->ncols, n->schema.ncols);
	for (unsigned i = 0; i < n->ninputs; i++)
		EXPECT(n->inputs[i]->number < n->number);
}

static const char *
explained(struct plan_rig *r)
{
	struct buf out;
	const char *text;

	buf_init(&out);
	plan_explain(r->plan, &out);
	text = arena_strndup(&r->arena, out.data, out.len);
	buf_release(&out);
	for (unsigned i = 0; i < r->plan->n; i++)
		check_node(r->plan->nodes[i]);
	return text;
}

/* Statement by statement, or as a whole up to its first error, so that
 * statement sets come too. Returns all plans. */
static const char *
run_script(struct plan_rig *r, const char *script, bool whole,
	   unsigned *plans)
{
	const char *all = "";
	char text[4096];

	while (*script) {
		size_t n = whole ? strlen(script) : strcspn(script, ";");

		r->plan = NULL;
		if (plan_rig_run(r, arena_strndup(&r->arena, script, n)) < 0) {
			EXPECT(r->err.at.line > 0);
			error_print(&r->err, text, sizeof(text));
			all = arena_printf(&r->arena, "%s%s\n", all,
					   error_name(r->err.code));
		} else if (r->plan) {
			all = arena_printf(&r->arena, "%s%s", all,
					   explained(r));
			(*plans)++;
		}
		script += n + (script[n] == ';');
	}
	return all;
}

/* The text that says whether two scripts are the same means the same. */
static void
check_canonical(const char *script, const char *want)
{
	struct plan_rig r;
	const char *canonical;
	unsigned plans = 0;

	plan_rig_open(&r);
	canonical = parse_canonical(script, strlen(script), &r.arena);
	EXPECT_STR(parse_canonical(canonical, strlen(canonical), &r.arena),
		   canonical);
	EXPECT_STR(run_script(&r, canonical, true, &plans), want);
	plan_rig_close(&r);
}

static unsigned
number_from(const char *name, unsigned fallback)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : fallback;
}

static unsigned
run_round(struct corpus *c, unsigned round)
{
	bool whole;
	struct plan_rig r;
	const char *script, *got;
	unsigned plans = 0;

	state = round;
	next_random(2);
	plan_rig_open(&r);
	script = c->scripts[next_random(next_random(4) ? c->nplanned
						       : c->nscripts)];
	script = mutate(c, &r.arena, script);
	whole = next_random(2) == 0;
	if (getenv("SLUICE_FUZZ_ROUND"))
		fprintf(stderr, "%s\n", script);
	got = run_script(&r, script, whole, &plans);
	if (whole)
		check_canonical(script, got);
	plan_rig_close(&r);
	return plans;
}

static volatile unsigned now_at;

/* The sanitizers end a program without exit(). */
extern void __sanitizer_set_death_callback(void (*callback)(void))
	__attribute__((weak));

static void
tell_round(void)
{
	if (now_at)
		fprintf(stderr, "fuzz_plan: ended in SLUICE_FUZZ_ROUND=%u\n",
			now_at);
}

static void
on_abort(int sig)
{
	tell_round();
	signal(sig, SIG_DFL);
	raise(sig);
}

TEST(changed_scripts_give_plans_or_errors_with_a_place)
{
	unsigned seconds = number_from("SLUICE_FUZZ_SECONDS",
				       getenv("SLUICE_LONG") ? 60 : 2);
	unsigned only = number_from("SLUICE_FUZZ_ROUND", 0);
	time_t end = time(NULL) + seconds;
	unsigned plans = 0, round;
	static struct corpus c;

	atexit(tell_round);
	signal(SIGABRT, on_abort);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(tell_round);
	arena_init(&c.a);
	load_directory(&c, "tests/fuzz/corpus");
	load_directory(&c, "tests/golden/explain");
	c.nplanned = c.nscripts;
	load_directory(&c, "tests/golden/errors-bind");
	load_directory(&c, "tests/golden/errors");
	for (round = only ? only : 1; only ? round == only : time(NULL) <= end;
	     round++) {
		now_at = round;
		plans += run_round(&c, round);
	}
	now_at = 0;
	arena_release(&c.a);
	printf("%u rounds, %u plans\n", round, plans);
	EXPECT(only || plans > 0);
}
