/* SPDX-License-Identifier: Apache-2.0
 * What people read when a script is wrong: each tests/golden/errors/x.sql
 * gives exactly x.txt. `GOLDEN=write build/tests/unit/test_parse_errors`
 * writes the .txt files anew; look at the difference before you keep it.
 */
#include <dirent.h>

#include "base/arena.h"
#include "tests/unit/sql.h"
#include "tests/unit/test.h"

#define DIR_PATH "tests/golden/errors"

/* The whole file, to be freed; NULL if there is none. */
static char *
slurp(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	char *text = mem_alloc(1 << 20);

	if (!f) {
		free(text);
		return NULL;
	}
	*ret_n = fread(text, 1, (1 << 20) - 1, f);
	text[*ret_n] = '\0';
	fclose(f);
	return text;
}

static void
write_golden(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");

	EXPECT(f);
	fputs(text, f);
	fclose(f);
}

/* Returns whether the file is as it was. */
static bool
check_golden(const char *name)
{
	char sql_path[300], txt_path[300];
	bool write = getenv("GOLDEN") != NULL;
	char *sql, *want;
	const char *got;
	size_t n, want_n;
	bool same;

	snprintf(sql_path, sizeof(sql_path), DIR_PATH "/%s", name);
	snprintf(txt_path, sizeof(txt_path), DIR_PATH "/%.*s.txt",
		 (int)strlen(name) - 4, name);
	sql = slurp(sql_path, &n);
	EXPECT(sql);
	got = sql_errors(sql, n, name);
	if (write)
		write_golden(txt_path, got);
	want = slurp(txt_path, &want_n);
	same = want && strcmp(got, want) == 0;
	if (!same)
		printf("%s: want\n%sgot\n%s", name, want ? want : "nothing\n",
		       got);
	free(want);
	free(sql);
	return same;
}

static int
is_script(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".sql") == 0;
}

TEST(every_wrong_script_gets_the_answer_that_was_agreed)
{
	struct dirent **names;
	int n = scandir(DIR_PATH, &names, is_script, alphasort);
	int wrong = 0;

	EXPECT(n >= 80);
	for (int i = 0; i < n; i++) {
		wrong += !check_golden(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	EXPECT_EQ(wrong, 0);
}
