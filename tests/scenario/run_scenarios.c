/* SPDX-License-Identifier: Apache-2.0
 * tests/scenario/run_scenarios.c - stories as text (*.scn beside this file),
 * each told three times: as it stands; with a checkpoint, a crash and a
 * restore after every step; with a crash and nothing but the checkpoints that
 * the story itself takes. README.md lists the commands.
 */
#include <glob.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "parser/options.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#define TOPICS_MAX 8

struct story {
	const char *path;
	enum rig_trouble trouble;
	struct rig *rig;
	enum pipeline_rc rc; /* of the last step */
	unsigned line;       /* of the command */
	char *words[4];      /* the command and its arguments */
	unsigned nwords;
	char *rest;          /* of the line behind the command */
	struct buf block;    /* the indented lines below it */
	struct { char topic[32]; struct buf lines; } wanted[TOPICS_MAX];
};

struct story_test {
	struct test test; /* first */
	char name[128];
	char path[128];
	enum rig_trouble trouble;
};

#define fail(s, ...) test_fail((s)->path, (s)->line, __VA_ARGS__)

/* ---- commands ---- */

static char *
argument(struct story *s, unsigned i)
{
	if (i >= s->nwords)
		fail(s, "%s: an argument is missing", s->words[0]);
	return s->words[i];
}

/* The topic, "" for the client's. */
static const char *
topic(struct story *s)
{
	const char *name = argument(s, 1);

	return strcmp(name, "client") == 0 ? "" : name;
}

static bool
is_on(struct story *s, unsigned i)
{
	return strcmp(argument(s, i), "on") == 0;
}

static void
do_sql(struct story *s)
{
	if (s->rig) {
		rig_change(s->rig, buf_cstr(&s->block));
		return;
	}
	s->rig = rig_open(buf_cstr(&s->block));
	rig_trouble(s->rig, s->trouble);
}

static void
do_push(struct story *s)
{
	unsigned partition = s->nwords > 2 ? atoi(s->words[2]) : 0;
	char *text = (char *)buf_cstr(&s->block), *line;

	while ((line = strsep(&text, "\n"))) {
		if (*line)
			rig_push(s->rig, topic(s), partition, line);
	}
}

/* "KEY | VALUE", NULL for none: lines of records with their keys. */
static void
do_push_keyed(struct story *s)
{
	unsigned partition = s->nwords > 2 ? atoi(s->words[2]) : 0;
	char *text = (char *)buf_cstr(&s->block), *line;

	while ((line = strsep(&text, "\n"))) {
		char *value = strstr(line, " |");

		if (!*line)
			continue;
		if (!value)
			fail(s, "\"%s\" has no |", line);
		*value = '\0';
		value += value[2] == ' ' ? 3 : 2;
		rig_push_record(s->rig, topic(s), partition,
				strcmp(line, "NULL") == 0 ? NULL : line,
				strcmp(value, "NULL") == 0 ? NULL : value);
	}
}

static void
do_partitions(struct story *s)
{
	rig_partitions(s->rig, topic(s), atoi(argument(s, 2)));
}

static void
do_tick(struct story *s)
{
	rig_tick(s->rig, argument(s, 1));
}

static void
do_end(struct story *s)
{
	rig_end(s->rig, topic(s));
}

static void
do_stall(struct story *s)
{
	rig_stall(s->rig, topic(s), atoi(argument(s, 2)), is_on(s, 3));
}

static void
do_room(struct story *s)
{
	rig_room(s->rig, topic(s), is_on(s, 2));
}

static void
do_step(struct story *s)
{
	s->rc = rig_step_once(s->rig);
}

static void
do_run(struct story *s)
{
	s->rc = rig_run(s->rig);
}

static void
do_advance(struct story *s)
{
	int64_t us;

	if (!duration_parse(s->rest, &us))
		fail(s, "\"%s\" is no duration", s->rest);
	s->rc = rig_advance(s->rig, us);
}

static void
do_finish(struct story *s)
{
	pipeline_finish(rig_pipeline(s->rig));
	s->rc = rig_step_once(s->rig);
}

static void
do_plain(struct story *s)
{
	(void)s; /* as the next one: add_stories() has seen it */
}

static void
do_checkpoint(struct story *s)
{
	rig_checkpoint(s->rig);
}

static void
do_crash(struct story *s)
{
	rig_crash(s->rig);
}

/* ---- expectations ---- */

static void
compare(struct story *s, const char *got, const char *want)
{
	test_expect_str(s->path, s->line, s->words[0], got, want);
}

static struct buf *
wanted_of(struct story *s, const char *name)
{
	for (unsigned i = 0; i < TOPICS_MAX; i++) {
		if (s->wanted[i].topic[0] == '\0')
			snprintf(s->wanted[i].topic,
				 sizeof(s->wanted[i].topic), "%s.", name);
		if (strncmp(s->wanted[i].topic, name, strlen(name)) == 0 &&
		    strcmp(s->wanted[i].topic + strlen(name), ".") == 0)
			return &s->wanted[i].lines;
	}
	fail(s, "more than %d topics", TOPICS_MAX);
}

/* When rows are read again in other steps, updates may be cut otherwise: then
 * all of the output so far must add up to the same. */
static void
do_expect(struct story *s)
{
	struct buf *all = wanted_of(s, topic(s));
	char *want;

	if (s->trouble != RIG_REPLAY) {
		compare(s, rig_out(s->rig, topic(s)), buf_cstr(&s->block));
		return;
	}
	buf_append(all, s->block.data, s->block.len);
	want = mem_strdup(rig_net_of(s->rig, buf_cstr(all)));
	compare(s, rig_net(s->rig, topic(s)), want);
	free(want);
}

static void
do_expect_net(struct story *s)
{
	compare(s, rig_net(s->rig, topic(s)), buf_cstr(&s->block));
}

static void
do_expect_errors(struct story *s)
{
	compare(s, rig_errors(s->rig), buf_cstr(&s->block));
}

static void
do_replay(struct story *s)
{
	compare(s, rig_replay(s->rig), buf_cstr(&s->block));
}

static void
do_expect_state(struct story *s)
{
	compare(s, rig_state(s->rig, s->rest), buf_cstr(&s->block));
}

static void
do_expect_rc(struct story *s)
{
	static const char *const names[] = { "idle", "busy", "blocked",
					     "ended", "done" };

	compare(s, names[s->rc], argument(s, 1));
}

static const struct {
	const char *name;
	void (*run)(struct story *);
} commands[] = {
	{ "plain", do_plain },
	{ "no_replay", do_plain },
	{ "sql", do_sql },
	{ "push", do_push },
	{ "push_keyed", do_push_keyed },
	{ "partitions", do_partitions },
	{ "tick", do_tick },
	{ "end", do_end },
	{ "stall", do_stall },
	{ "room", do_room },
	{ "step", do_step },
	{ "run", do_run },
	{ "advance", do_advance },
	{ "finish", do_finish },
	{ "checkpoint", do_checkpoint },
	{ "crash", do_crash },
	{ "expect", do_expect },
	{ "expect_net", do_expect_net },
	{ "expect_errors", do_expect_errors },
	{ "expect_state", do_expect_state },
	{ "replay", do_replay },
	{ "expect_rc", do_expect_rc },
};

static void
run_command(struct story *s)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, s->words[0]) == 0) {
			commands[i].run(s);
			return;
		}
	}
	fail(s, "no command is called %s", s->words[0]);
}

/* ---- reading ---- */

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf text;
	size_t n;

	CHECK(f != NULL);
	buf_init(&text);
	do {
		n = fread(buf_room(&text, 4096), 1, 4096, f);
		buf_added(&text, n);
	} while (n > 0);
	fclose(f);
	return (char *)buf_cstr(&text);
}

static void
split_words(struct story *s, char *line, struct arena *a)
{
	char *copy = arena_strdup(a, line), *word;

	s->rest = strchr(line, ' ');
	s->rest = s->rest ? arena_strdup(a, s->rest + 1) : NULL;
	s->nwords = 0;
	while (s->nwords < ARRAY_LEN(s->words) &&
	       (word = strsep(&copy, " "))) {
		if (*word)
			s->words[s->nwords++] = word;
	}
}

/* A line that begins with a tab belongs to the command above. */
static void
tell(struct story *s, char *text, struct arena *a)
{
	unsigned line = 0;
	char *at;

	s->nwords = 0;
	while ((at = strsep(&text, "\n"))) {
		line++;
		if (*at == '\t') {
			buf_puts(&s->block, at + 1);
			buf_putc(&s->block, '\n');
			continue;
		}
		if (*at == '#' || *at == '\0')
			continue;
		if (s->nwords > 0)
			run_command(s);
		buf_clear(&s->block);
		split_words(s, at, a);
		s->line = line;
	}
	if (s->nwords > 0)
		run_command(s);
}

static void
run_story(void)
{
	const struct story_test *t = (const struct story_test *)test_running;
	static struct story s; /* a failed story leaves by longjmp */
	static struct arena a;
	static char *text;

	s = (struct story){ .path = t->path, .trouble = t->trouble };
	buf_init(&s.block);
	arena_init(&a);
	text = read_file(t->path);
	tell(&s, text, &a);
	rig_close(s.rig);
	for (unsigned i = 0; i < TOPICS_MAX; i++)
		buf_release(&s.wanted[i].lines);
	buf_release(&s.block);
	arena_release(&a);
	free(text);
}

/* "tests/scenario/late_rows.scn" -> "late_rows, restored after every step" */
static void
add_story(const char *path, enum rig_trouble trouble)
{
	static const char *const how[] = {
		"", "_restored_after_every_step", "_replayed_after_every_step",
	};
	struct story_test *t = calloc(1, sizeof(*t));
	const char *base = strrchr(path, '/') + 1;

	snprintf(t->path, sizeof(t->path), "%s", path);
	snprintf(t->name, sizeof(t->name), "%.*s%s",
		 (int)(strlen(base) - strlen(".scn")), base, how[trouble]);
	t->trouble = trouble;
	t->test.name = t->name;
	t->test.run = run_story;
	test_register(&t->test);
}

__attribute__((constructor)) static void
add_stories(void)
{
	glob_t g;

	if (glob("tests/scenario/*.scn", 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char *text = read_file(g.gl_pathv[i]);

		add_story(g.gl_pathv[i], RIG_CALM);
		if (!strstr(text, "\nplain\n"))
			add_story(g.gl_pathv[i], RIG_RESTORE);
		if (!strstr(text, "\nplain\n") &&
		    !strstr(text, "\nno_replay\n"))
			add_story(g.gl_pathv[i], RIG_REPLAY);
		free(text);
	}
	globfree(&g);
}
