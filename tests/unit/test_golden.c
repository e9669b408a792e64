/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_golden.c - every script of golden/explain gives the plan
 * beside it, every statement of golden/errors-bind the error. With
 * SLUICE_GOLDEN=write the files are written anew: read the diff before commit.
 */
#include <dirent.h>

#include "plan_rig.h"
#include "test.h"

#define FILES_MAX 512

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text;
	long n;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	text = mem_zalloc((size_t)n + 1);
	if (fread(text, 1, (size_t)n, f) != (size_t)n)
		FAIL("cannot read %s", path);
	fclose(f);
	return text;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static unsigned
list_scripts(struct arena *a, const char *dir, char **ret)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	if (!d)
		FAIL("cannot open %s: run from the top directory", dir);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len > 4 && strcmp(e->d_name + len - 4, ".sql") == 0) {
			EXPECT(n < FILES_MAX);
			ret[n++] = arena_strndup(a, e->d_name, len - 4);
		}
	}
	closedir(d);
	qsort(ret, n, sizeof(*ret), by_name);
	return n;
}

/* The first line in which both differ. */
static void
print_difference(const char *path, const char *want, const char *got)
{
	unsigned line = 1;
	size_t i = 0, start = 0;

	for (; want[i] && want[i] == got[i]; i++) {
		if (want[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	printf("%s differs from line %u on\n-%.*s\n+%.*s\n-- all that came:\n%s\n",
	       path, line, (int)strcspn(want + start, "\n"), want + start,
	       (int)strcspn(got + start, "\n"), got + start, got);
}

/* True: as it should be, or written anew. */
static bool
compare(const char *path, const char *got)
{
	const char *mode = getenv("SLUICE_GOLDEN");
	char *want = read_file(path);
	bool same = want && strcmp(want, got) == 0;

	if (!same && mode && strcmp(mode, "write") == 0) {
		FILE *f = fopen(path, "w");

		EXPECT(f);
		fputs(got, f);
		fclose(f);
		same = true;
	} else if (!same) {
		print_difference(path, want ? want : "", got);
	}
	free(want);
	return same;
}

static const char *
explain_file(struct arena *a, const char *script)
{
	struct plan_rig r;
	const char *text;

	plan_rig_open(&r);
	text = arena_strdup(a, plan_rig_text(&r, script));
	plan_rig_close(&r);
	return text;
}

/* Files of errors: a part before a line "----" that is run first, then
 * statements, each ending at a line "--", each with its error. */
static const char *
errors_of_file(struct arena *a, const char *script)
{
	const char *p = strstr(script, "----\n");
	struct plan_rig r;
	struct buf out;
	const char *text;

	EXPECT(p);
	plan_rig_open(&r);
	plan_rig_must(&r, arena_strndup(a, script, (size_t)(p - script)));
	buf_init(&out);
	for (p += 5; *p;) {
		const char *end = strstr(p, "\n--\n");
		size_t n = end ? (size_t)(end - p) : strlen(p);

		r.plan = NULL;
		buf_puts(&out, plan_rig_text(&r, arena_strndup(a, p, n)));
		if (r.err.code == ERR_NONE)
			buf_printf(&out, "NO ERROR: %.*s\n", (int)n, p);
		else if (r.err.at.line == 0)
			buf_puts(&out, "NO PLACE\n");
		buf_puts(&out, "--\n");
		p = end ? end + 4 : p + n;
	}
	plan_rig_close(&r);
	text = arena_strndup(a, out.data, out.len);
	buf_release(&out);
	return text;
}

static void
run_directory(const char *dir,
	      const char *(*produce)(struct arena *, const char *))
{
	char *names[FILES_MAX];
	struct arena a;
	unsigned n, bad = 0;

	arena_init(&a);
	n = list_scripts(&a, dir, names);
	EXPECT(n > 0);
	for (unsigned i = 0; i < n; i++) {
		char *script = read_file(arena_printf(&a, "%s/%s.sql", dir,
						      names[i]));

		bad += !compare(arena_printf(&a, "%s/%s.txt", dir, names[i]),
				produce(&a, script));
		free(script);
	}
	arena_release(&a);
	EXPECT_EQ(bad, 0);
}

TEST(explain_prints_the_plans_of_the_golden_files)
{
	run_directory("tests/golden/explain", explain_file);
}

TEST(binder_errors_are_as_in_the_golden_files)
{
	run_directory("tests/golden/errors-bind", errors_of_file);
}
