/* SPDX-License-Identifier: Apache-2.0
 * client/complete.c - which words can stand here, by what stands before.
 */
#include "client/complete.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"

static const char *const keywords[] = {
	"AND", "AS", "AT", "BEGIN", "BETWEEN", "BY", "CASE", "CAST", "COUNT",
	"CREATE", "CUBE", "CUMULATE", "DELETE", "DESC", "DESCRIBE", "DESCRIPTOR",
	"DISTINCT", "DROP", "ELSE", "END", "ERRORS", "EXECUTE", "EXISTS",
	"EXPLAIN", "FILTER", "FOR", "FROM", "FUNCTIONS", "GROUP", "GROUPING",
	"HAVING", "HOP", "IF", "IN", "INSERT", "INTERVAL", "INTO", "IS", "JOB",
	"JOBS", "LIKE", "LIMIT", "METADATA", "NOT", "NULL", "ORDER",
	"PARTITION", "PAUSE", "PRIMARY", "REPLAY", "RESET", "RESUME", "ROLLUP",
	"SAVEPOINT", "SELECT", "SESSION", "SET", "SETS", "SHOW", "STALL",
	"STATE", "STATEMENT", "STOP", "TABLE", "TABLES", "TAP", "TEMPORARY",
	"THEN", "TUMBLE", "UNION", "VALUES", "VIEW", "VIEWS", "WATERMARK",
	"WATERMARKS", "WHEN", "WHERE", "WITH",
};

/* ---- asking the daemon ---- */

struct column { /* the first of an answer's rows */
	struct line_words *words;
};

static bool
on_line(void *arg, const char *text, size_t n)
{
	struct column *c = arg;
	json_t *line = json_loadb(text, n, 0, NULL);
	const char *cell = json_string_value(
		json_array_get(json_object_get(line, "row"), 0));

	if (cell)
		line_words_add(c->words, cell);
	json_decref(line);
	return true;
}

static bool
on_idle(void *arg)
{
	(void)arg;
	return true;
}

/* The first column of what the statement shows; nothing when it fails. */
static void
add_answer(struct api *a, const char *sql, struct line_words *words)
{
	struct column c = { .words = words };
	struct api_lines lines = { on_line, on_idle, &c };
	struct error unheard = ERROR_INIT;

	api_sql(a, sql, strlen(sql), &lines, &unheard);
}

/* ---- what stands before ---- */

/* The word before `at`, in upper case; *ret_at is where it begins. */
static void
word_before(const char *text, size_t at, char out[32], size_t *ret_at)
{
	size_t end = at, n;

	while (end > 0 && strchr(" \t\n('", text[end - 1]))
		end--;
	at = end;
	while (at > 0 && (isalnum((unsigned char)text[at - 1]) ||
			  text[at - 1] == '_'))
		at--;
	n = end - at < 31 ? end - at : 31;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)toupper((unsigned char)text[at + i]);
	out[n] = '\0';
	*ret_at = at;
}

static bool
is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* Columns of all tables that are named in the text. */
static void
add_columns(struct api *a, const char *text, struct line_words *words)
{
	static const char *const before_table[] = { "FROM", "TABLE", "INTO",
						    "JOIN", NULL };
	size_t n = strlen(text);

	for (size_t i = 1; i < n; i++) {
		char word[32], sql[300];
		size_t at, len;

		if (text[i - 1] != ' ' && text[i - 1] != '\n')
			continue;
		word_before(text, i, word, &at);
		if (!is_one_of(word, before_table))
			continue;
		len = strspn(text + i, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (len == 0 || len > 200)
			continue;
		snprintf(sql, sizeof(sql), "DESCRIBE `%.*s`;", (int)len,
			 text + i);
		add_answer(a, sql, words);
	}
}

void
complete_words(void *api, const char *text, const char *word,
	       struct line_words *words)
{
	static const char *const tables[] = { "FROM", "TABLE", "INTO", "JOIN",
					      "DESCRIBE", "DESC", "VIEW",
					      NULL };
	static const char *const jobs[] = { "JOB", "STALL", "TAP", NULL };
	static const char *const settings[] = { "SET", "RESET", NULL };
	struct api *a = api;
	char before[32];
	size_t at;

	word_before(text, (size_t)(word - text), before, &at);
	if (is_one_of(before, jobs)) {
		add_answer(a, "SHOW JOBS;", words);
	} else if (is_one_of(before, settings)) {
		add_answer(a, "SET;", words);
	} else if (is_one_of(before, tables)) {
		add_answer(a, "SHOW TABLES;", words);
		add_answer(a, "SHOW VIEWS;", words);
	} else {
		add_columns(a, text, words);
		if (at > 0 || *before)
			add_answer(a, "SHOW FUNCTIONS;", words);
	}
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		line_words_add(words, keywords[i]);
}
