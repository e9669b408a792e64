/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/tables.c - see tables.h.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tables.h"
#include "tests/unit/test.h"

/* ---- the files ---- */

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_table(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 4 && strcmp(entry->d_name + n - 4, ".txt") == 0;
}

void
tables_register(const char *front, bool with, void (*run)(void))
{
	struct dirent **entry;
	int n = scandir(TABLES_FOLDER, &entry, is_table, by_name);

	for (int i = 0; i < n; i++) {
		const char *file = entry[i]->d_name;
		bool has = strncmp(file, front, strlen(front)) == 0;
		struct test *t;
		char *name;

		if (has == with) {
			t = calloc(1, sizeof(*t));
			if (!t || asprintf(&name, "function_%.*s",
					   (int)strlen(file) - 4, file) < 0)
				abort();
			t->name = name;
			t->run = run;
			test_register(t);
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

const char *
tables_path(void)
{
	static char path[256];

	snprintf(path, sizeof(path), TABLES_FOLDER "/%s.txt",
		 test_running->name + strlen("function_"));
	return path;
}

/* ---- lines ---- */

char *
tables_trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\n", end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* The last place of `word` in text, or NULL. */
static char *
find_last(char *text, const char *word)
{
	char *found = NULL;

	for (char *p = text; (p = strstr(p, word)); p++)
		found = p;
	return found;
}

/* In place: escapes, and the quotes around it. */
static char *
answer_text(char *text)
{
	size_t n = strlen(text);
	char *to;

	if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
		text[n - 1] = '\0';
		text++;
	}
	to = text;
	for (const char *p = text; *p; p++) {
		if (*p != '\\' || !strchr("nt\\", p[1]) || !p[1]) {
			*to++ = *p;
			continue;
		}
		p++;
		*to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : '\\';
	}
	*to = '\0';
	return text;
}

bool
tables_parse(char *line, struct sql_case *ret)
{
	char *arrow = find_last(line, " => "), *type;

	if (!arrow)
		return false;
	*arrow = '\0';
	*ret = (struct sql_case){
		.sql = tables_trim(line), .want = tables_trim(arrow + 4),
	};
	if (tables_is_error(ret))
		return true;
	type = find_last(arrow + 4, " : ");
	if (!type)
		return false;
	*type = '\0';
	ret->type = tables_trim(type + 3);
	ret->want = answer_text(tables_trim(arrow + 4));
	return true;
}
