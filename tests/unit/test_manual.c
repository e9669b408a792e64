/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_manual.c - every ```sql block of the manual and the README,
 * and every example script, is a script that parses and plans. The blocks of a
 * page go one behind the other: later ones use the tables of earlier ones.
 */
#include <dirent.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test.h"

static char text[1 << 18];

static const char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		FAIL("cannot open %s: run from the top directory", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	EXPECT(n < sizeof(text) - 1);
	text[n] = '\0';
	return text;
}

static void
run_block(struct plan_rig *r, const char *path, unsigned line,
	  const char *script)
{
	char message[4096];

	if (plan_rig_run(r, script) == 0)
		return;
	error_print(&r->err, message, sizeof(message));
	FAIL("the block at %s:%u\n%s", path, line, message);
}

/* Returns how many blocks there were. */
static unsigned
run_page(const char *path)
{
	const char *p = read_file(path), *block = NULL;
	unsigned line = 1, began = 0, n = 0;
	struct plan_rig r;

	plan_rig_open(&r);
	while (*p) {
		const char *next = p + strcspn(p, "\n");

		next += *next == '\n';
		if (!block && strncmp(p, "```sql\n", 7) == 0) {
			block = next;
			began = line;
		} else if (block && strncmp(p, "```", 3) == 0) {
			run_block(&r, path, began,
				  arena_strndup(&r.arena, block,
						(size_t)(p - block)));
			block = NULL;
			n++;
		}
		p = next;
		line++;
	}
	plan_rig_close(&r);
	return n;
}

static unsigned
each_file(const char *dir, const char *end, unsigned (*run)(const char *))
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	if (!d)
		FAIL("cannot open %s: run from the top directory", dir);
	while ((e = readdir(d))) {
		char path[512];
		size_t len = strlen(e->d_name);

		if (len < strlen(end) ||
		    strcmp(e->d_name + len - strlen(end), end) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		n += run(path);
	}
	closedir(d);
	return n;
}

static unsigned
run_script(const char *path)
{
	struct plan_rig r;

	plan_rig_open(&r);
	run_block(&r, path, 1, read_file(path));
	plan_rig_close(&r);
	return 1;
}

TEST(the_sql_of_the_manual_plans)
{
	EXPECT(each_file("docs/manual", ".md", run_page) > 5);
	EXPECT(run_page("README.md") > 0);
	each_file("docs", ".md", run_page);
}

TEST(the_example_scripts_plan)
{
	EXPECT(each_file("etc/examples", ".sql", run_script) > 0);
}
