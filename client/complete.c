/* SPDX-License-Identifier: Apache-2.0
 * client/complete.c - which words can stand here, by what stands before. The
 * words of the language come from GET /v1/words, once; names by SHOW.
 */
#include "client/complete.h"

#include <ctype.h>
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/check.h"
#include "client/commands.h"
#include "client/typed.h"

#define NAME_MAX_BYTES 200

struct complete {
	struct api *api;
	json_t *words; /* of GET /v1/words; NULL: not asked yet */
};

struct complete *
complete_create(struct api *a)
{
	struct complete *c = mem_zalloc(sizeof(*c));

	c->api = a;
	return c;
}

void
complete_destroy(struct complete *c)
{
	json_decref(c->words);
	free(c);
}

/* ---- asking the daemon ---- */

static bool
on_line(void *arg, const char *text, size_t n)
{
	json_t *line = json_loadb(text, n, 0, NULL);
	const char *cell = json_string_value(
		json_array_get(json_object_get(line, "row"), 0));

	if (cell)
		line_words_add(arg, cell);
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
add_answer(struct complete *c, const char *sql, struct line_words *words)
{
	struct api_lines lines = { on_line, on_idle, words, false };
	struct error unheard = ERROR_INIT;

	api_sql(c->api, sql, strlen(sql), &lines, &unheard);
}

static bool
on_operator(void *arg, const char *text, size_t n)
{
	json_t *line = json_loadb(text, n, 0, NULL);
	json_t *row = json_object_get(line, "row");
	const char *part = json_string_value(json_array_get(row, 0));

	if (part && strcmp(part, "operator") == 0)
		line_words_add(arg, json_string_value(json_array_get(row, 1)));
	json_decref(line);
	return true;
}

/* Of the job whose name is the literal that ends at text[n). */
static void
add_operators(struct complete *c, const char *text, size_t n,
	      struct line_words *words)
{
	struct api_lines lines = { on_operator, on_idle, words, false };
	struct error unheard = ERROR_INIT;
	char sql[NAME_MAX_BYTES + 20];
	const char *quote;

	while (n > 0 && text[n - 1] != '\'')
		n--;
	quote = n ? memrchr(text, '\'', n - 1) : NULL;
	if (!quote || n - (size_t)(quote - text) > NAME_MAX_BYTES)
		return;
	snprintf(sql, sizeof(sql), "DESCRIBE JOB %.*s;",
		 (int)(n - (size_t)(quote - text)), quote);
	api_sql(c->api, sql, strlen(sql), &lines, &unheard);
}

/* An array of the language's words, or NULL. */
static json_t *
language(struct complete *c, const char *key)
{
	struct error unheard = ERROR_INIT;
	struct buf body;
	long status = 0;

	if (!c->words) {
		buf_init(&body);
		if (api_get(c->api, "/v1/words", &body, &status, &unheard) ==
			    0 && status == 200)
			c->words = json_loadb(body.data, body.len, 0, NULL);
		buf_release(&body);
	}
	return json_object_get(c->words, key);
}

static const char *
text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void
add_names(json_t *array, struct line_words *words)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item) {
		const char *name = json_string_value(item);

		line_words_add(words, name ? name : text_of(item, "name"));
	}
}

/* ---- what stands before ---- */

struct word {
	const char *at;
	size_t n;
};

static bool
in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* The word that ends at or, blanks aside, before text[at]. */
static struct word
word_before(const char *text, size_t at)
{
	size_t end;

	while (at > 0 && isspace((unsigned char)text[at - 1]))
		at--;
	end = at;
	while (at > 0 && in_name(text[at - 1]))
		at--;
	return (struct word){ text + at, end - at };
}

static bool
word_is(struct word w, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == w.n &&
		    strncasecmp(w.at, *list, w.n) == 0)
			return true;
	return false;
}

/* The last sign before text[at] that is no blank; 0: none. */
static char
sign_before(const char *text, size_t at, size_t *ret_at)
{
	while (at > 0 && isspace((unsigned char)text[at - 1]))
		at--;
	*ret_at = at ? at - 1 : 0;
	return at ? text[at - 1] : '\0';
}

/* ---- names ---- */

/* Columns of all tables that are named in the text. */
static void
add_columns(struct complete *c, const char *text, struct line_words *words)
{
	static const char *const before_table[] = { "FROM", "TABLE", "INTO",
						    "JOIN", NULL };

	for (size_t i = 1; text[i - 1] && text[i]; i++) {
		char sql[NAME_MAX_BYTES + 20];
		size_t n = 0;

		if (!isspace((unsigned char)text[i - 1]) ||
		    !word_is(word_before(text, i), before_table))
			continue;
		while (in_name(text[i + n]))
			n++;
		if (n == 0 || n > NAME_MAX_BYTES)
			continue;
		snprintf(sql, sizeof(sql), "DESCRIBE `%.*s`;", (int)n,
			 text + i);
		add_answer(c, sql, words);
	}
}

static void
add_tables(struct complete *c, struct line_words *words)
{
	add_answer(c, "SHOW TABLES;", words);
	add_answer(c, "SHOW VIEWS;", words);
}

static void
complete_name(struct complete *c, const char *text, size_t n,
	      struct line_words *words)
{
	static const char *const tables[] = { "FROM", "TABLE", "INTO", "JOIN",
					      "DESCRIBE", "DESC", "VIEW",
					      NULL };
	static const char *const operators[] = { "AT", NULL };
	struct word before;
	size_t at = n;

	while (at > 0 && in_name(text[at - 1]))
		at--;
	before = word_before(text, at);
	line_words_begin(words, text + at, n - at, " ");
	if (at > 0 && text[at - 1] == '.') { /* behind a table's alias */
		add_columns(c, text, words);
		return;
	}
	if (word_is(before, operators))
		add_operators(c, text, (size_t)(before.at - text), words);
	else if (word_is(before, tables))
		add_tables(c, words);
	if (line_words_count(words) > 0)
		return; /* anything else is less likely */
	if (at > 0 && !word_is(before, tables)) {
		add_columns(c, text, words);
		add_answer(c, "SHOW FUNCTIONS;", words);
	}
	add_names(language(c, "keywords"), words);
}

/* ---- literals ---- */

/* The value that WITH (...) gives an option so far; n 0: none. */
static struct word
option_value(const char *with, size_t n, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i + len + 2 < n; i++) {
		const char *p = with + i, *end;

		if (*p != '\'' || strncmp(p + 1, key, len) != 0 ||
		    p[len + 1] != '\'')
			continue;
		p += len + 2;
		p += strspn(p, " \t\n");
		if (*p != '=')
			continue;
		p++;
		p += strspn(p, " \t\n");
		end = *p == '\'' ? strchr(p + 1, '\'') : NULL;
		if (end && end < with + n)
			return (struct word){ p + 1, (size_t)(end - p - 1) };
	}
	return (struct word){ with, 0 };
}

static json_t *
find_named(json_t *array, struct word name)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item) {
		const char *text = text_of(item, "name");

		if (name.n && text && strlen(text) == name.n &&
		    strncmp(text, name.at, name.n) == 0)
			return item;
	}
	return NULL;
}

/* `fields.#.kind` once for each column of CREATE TABLE t (a ..., b ... */
static void
add_per_column(const char *key, const char *create, size_t n,
	       struct line_words *words)
{
	const char *mark = strchr(key, '#');
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		bool begins = (create[i] == '(' && depth == 0) ||
			      (create[i] == ',' && depth == 1);
		char word[NAME_MAX_BYTES];
		size_t from = i + 1, len = 0;

		depth += create[i] == '(';
		depth -= create[i] == ')';
		if (!begins)
			continue;
		while (from < n && isspace((unsigned char)create[from]))
			from++;
		from += create[from] == '`';
		while (from + len < n && in_name(create[from + len]))
			len++;
		if (len > 0 && (size_t)snprintf(word, sizeof(word),
						"%.*s%.*s%s", (int)(mark - key),
						key, (int)len, create + from,
						mark + 1) < sizeof(word))
			line_words_add(words, word);
	}
}

/* The keys of one connector or format, with what stands before them. */
static void
add_options(json_t *owner, const char *prefix, const char *create,
	    size_t create_n, struct line_words *words)
{
	json_t *option;
	size_t i;

	json_array_foreach(json_object_get(owner, "options"), i, option) {
		const char *key = text_of(option, "key");
		char word[NAME_MAX_BYTES];

		if (!key)
			continue;
		if (strchr(key, '#')) {
			add_per_column(key, create, create_n, words);
			continue;
		}
		snprintf(word, sizeof(word), "%s%s", prefix, key);
		line_words_add(words, word);
	}
}

static void
add_keys(struct complete *c, const char *text, const char *with, size_t n,
	 struct line_words *words)
{
	static const char *const places[] = { "", "key.", "value." };
	struct word connector = option_value(with, n, "connector");

	line_words_add(words, "connector");
	add_options(find_named(language(c, "connectors"), connector), "", text,
		    (size_t)(with - text), words);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char key[32], prefix[100];
		struct word format;

		snprintf(key, sizeof(key), "%sformat", places[i]);
		format = option_value(with, n, key);
		snprintf(prefix, sizeof(prefix), "%s%.*s.", places[i],
			 (int)(format.n < 60 ? format.n : 60), format.at);
		add_options(find_named(language(c, "formats"), format), prefix,
			    text, 0, words);
	}
}

/* "a|b|!c": what there is not yet has a '!'. Ranges are no words. */
static void
add_choices(const char *values, struct line_words *words)
{
	while (values && *values && !strstr(values, "..")) {
		size_t n = strcspn(values, "|");
		char word[100];

		snprintf(word, sizeof(word), "%.*s", (int)n, values);
		if (*word != '!')
			line_words_add(words, word);
		values += n + (values[n] == '|');
	}
}

static bool
ends_with(struct word w, const char *end)
{
	size_t n = strlen(end);

	return w.n >= n && strncmp(w.at + w.n - n, end, n) == 0;
}

static void
add_values(struct complete *c, struct word key, const char *with, size_t n,
	   struct line_words *words)
{
	json_t *owner = find_named(language(c, "connectors"),
				   option_value(with, n, "connector"));
	json_t *option;
	size_t i;

	if (key.n == 9 && ends_with(key, "connector"))
		add_names(language(c, "connectors"), words);
	else if (ends_with(key, "format"))
		add_names(language(c, "formats"), words);
	json_array_foreach(json_object_get(owner, "options"), i, option) {
		const char *name = text_of(option, "key");

		if (name && strlen(name) == key.n &&
		    strncmp(name, key.at, key.n) == 0)
			add_choices(text_of(option, "values"), words);
	}
}

/* Where the last WITH ( begins, or NULL. */
static const char *
last_with(const char *text, size_t n)
{
	static const char *const with[] = { "WITH", NULL };

	for (size_t i = n; i-- > 0;)
		if (text[i] == '(' && word_is(word_before(text, i), with))
			return text + i;
	return NULL;
}

/* at: behind the opening quote. */
static void
complete_literal(struct complete *c, const char *text, size_t n, size_t at,
		 struct line_words *words)
{
	static const char *const jobs[] = { "JOB", "STALL", "ANALYZE", "TAP",
					    NULL };
	static const char *const settings[] = { "SET", "RESET", NULL };
	const char *with = last_with(text, at - 1);
	struct word before = word_before(text, at - 1), key = { text, 0 };
	size_t sign_at;
	char sign = sign_before(text, at - 1, &sign_at);

	line_words_begin(words, text + at, n - at, "' ");
	if (word_is(before, jobs)) {
		add_answer(c, "SHOW JOBS;", words);
	} else if (word_is(before, settings)) {
		add_answer(c, "SET;", words);
	} else if (with && sign == '=') {
		while (sign_at > 0 && text[sign_at] != '\'')
			sign_at--;
		key.at = memrchr(text, '\'', sign_at);
		key.at = key.at ? key.at + 1 : text;
		key.n = (size_t)(text + sign_at - key.at);
		add_values(c, key, with, (size_t)(text + at - 1 - with), words);
	} else if (with && (sign == '(' || sign == ',')) {
		line_words_begin(words, text + at, n - at, "' = ");
		add_keys(c, text, with, (size_t)(text + at - 1 - with), words);
	}
}

/* ---- the shell's own lines ---- */

static void
complete_file(const char *path, size_t n, struct line_words *words)
{
	const char *slash = memrchr(path, '/', n);
	size_t dir_n = slash ? (size_t)(slash - path) + 1 : 0;
	char dir[4096], word[4096 + 256];
	struct dirent *e;
	DIR *d;

	line_words_begin(words, path, n, "");
	snprintf(dir, sizeof(dir), "%.*s", (int)dir_n, path);
	d = opendir(*dir ? dir : ".");
	while (d && (e = readdir(d))) {
		bool hidden = e->d_name[0] == '.';

		if (hidden && (path[dir_n] != '.' || dir_n == n))
			continue;
		snprintf(word, sizeof(word), "%s%s%s", dir, e->d_name,
			 e->d_type == DT_DIR ? "/" : "");
		line_words_add(words, word);
	}
	if (d)
		closedir(d);
}

static void
complete_command(struct complete *c, const char *text, size_t n,
		 struct line_words *words)
{
	static const char *const formats[] = { "aligned", "csv", "tsv", "json",
					       "vertical" };
	size_t name = strcspn(text, " \t"), arg;

	if (name >= n) {
		line_words_begin(words, text, n, " ");
		for (unsigned i = 0; commands_name(i); i++)
			line_words_add(words, commands_name(i));
		return;
	}
	arg = name + strspn(text + name, " \t");
	line_words_begin(words, text + arg, n - arg, " ");
	if (name == 2 && (text[1] == 'i' || text[1] == 'o'))
		complete_file(text + arg, n - arg, words);
	else if (name == 2 && text[1] == 'd')
		add_tables(c, words);
	else if (name == 2 && text[1] == 'f')
		for (size_t i = 0; i < ARRAY_LEN(formats); i++)
			line_words_add(words, formats[i]);
}

void
complete_words(void *complete, const char *text, size_t n,
	       struct line_words *words)
{
	struct complete *c = complete;
	size_t at;

	if (text[0] == '\\')
		complete_command(c, text, n, words);
	else if (typed_in_literal(text, n, &at))
		complete_literal(c, text, n, at, words);
	else
		complete_name(c, text, n, words);
}
