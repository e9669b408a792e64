/* SPDX-License-Identifier: Apache-2.0
 * daemon/check.c - `sluiced check FILE...`: reads, binds and plans without
 * running anything, and tells every error instead of just the first.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/check.h"
#include "daemon/daemon.h"
#include "parser/bind.h"
#include "parser/functions.h"

#define FAILED_MAX 1000

struct check {
	struct catalog *catalog;
	struct arena arena;
	const char *failed[FAILED_MAX]; /* names whose CREATE is wrong */
	unsigned nfailed;
	unsigned statements, errors, silent;
};

/* Of canonical text. */
static size_t
word_length(const char *word)
{
	const char *end = *word == '`' ? strchr(word + 1, '`') : NULL;

	return end ? (size_t)(end + 1 - word) : strcspn(word, " ");
}

static const char *
next_word(const char *word)
{
	word += word_length(word);
	return *word ? word + 1 : word;
}

/* The name in a CREATE that may end anywhere: CREATE TEMPORARY TABLE IF NOT
 * EXISTS name (... NULL: it is no CREATE, or ends before. */
static const char *
created_name(const char *text, size_t n, struct arena *a)
{
	static const char *const frame[] = { "CREATE", "TEMPORARY", "TABLE",
					     "VIEW", "IF", "NOT", "EXISTS" };
	const char *columns = memchr(text, '(', n);
	const char *word = parse_canonical(
		text, columns ? (size_t)(columns - text) : n, a);

	if (strncasecmp(word, "CREATE ", 7) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(frame); i++)
		if (word_length(word) == strlen(frame[i]) &&
		    strncasecmp(word, frame[i], strlen(frame[i])) == 0)
			word = next_word(word);
	while (*next_word(word) == '.') /* catalog.database.name */
		word = next_word(next_word(word));
	n = word_length(word);
	if (n == 0)
		return NULL;
	return *word == '`' ? arena_strndup(a, word + 1, n - 2)
			    : arena_strndup(a, word, n);
}

/* Does it only say again that a CREATE has failed? */
static bool
is_known(const struct check *k, const struct error *err)
{
	char quoted[300];

	for (unsigned i = 0; i < k->nfailed; i++) {
		snprintf(quoted, sizeof(quoted), "\"%s\"", k->failed[i]);
		if (err->code == ERR_UNKNOWN_TABLE &&
		    strstr(err->message, quoted))
			return true;
	}
	return false;
}

/* `text` is the statement, or what could be read of it. */
static void
report(struct check *k, const struct error *err, const char *text, size_t n)
{
	const char *name = created_name(text, n, &k->arena);
	char shown[4096];

	if (is_known(k, err)) {
		k->silent++;
	} else {
		error_print(err, shown, sizeof(shown));
		fputs(shown, stderr);
		k->errors++;
	}
	if (name && k->nfailed < FAILED_MAX)
		k->failed[k->nfailed++] = name;
}

static int check_statement(const struct parse *p,
			   const struct ast_statement *stmt,
			   struct catalog *c, struct settings *s,
			   struct arena *a, struct error *err);

/* CREATE TABLE ... AS: the table, then the INSERT into it. */
static int
check_create_as(const struct parse *p, const struct ast_statement *stmt,
		struct catalog *c, struct settings *s, struct arena *a,
		struct error *err)
{
	struct ast_statement *part;
	struct parse text;
	const char *full;
	int rc;

	if (catalog_expand(c, p, stmt, s, a, &full, err) < 0)
		return -1;
	rc = parse_begin(&text, full, strlen(full), NULL, a,
			 &parse_limits_default, err);
	while (rc == 0 && (rc = parse_next(&text, &part, err)) == 1)
		rc = check_statement(&text, part, c, s, a, err);
	return rc < 0 ? parse_error_at(p, stmt->name.at, err) : 0;
}

static int
check_statement(const struct parse *p, const struct ast_statement *stmt,
		struct catalog *c, struct settings *s, struct arena *a,
		struct error *err)
{
	enum catalog_result result;
	const char *notice = NULL;
	const struct object *o;
	struct plan *plan;

	switch (stmt->kind) {
	case AST_STMT_CREATE_TABLE:
		if (stmt->create_table->query)
			return check_create_as(p, stmt, c, s, a, err);
		return catalog_add(c, p, stmt, s, &result, err);
	case AST_STMT_CREATE_VIEW:
	case AST_STMT_CREATE_FUNCTION:
		return catalog_add(c, p, stmt, s, &result, err);
	case AST_STMT_DROP_TABLE:
	case AST_STMT_DROP_VIEW:
	case AST_STMT_DROP_FUNCTION:
		return catalog_drop(c, p, stmt, &result, err);
	case AST_STMT_SET:
	case AST_STMT_RESET:
		if (stmt->kind == AST_STMT_SET && !stmt->key)
			return 0;
		if (settings_apply(s, p, stmt, &notice, err) < 0)
			return -1;
		if (notice)
			fprintf(stderr, "notice: %s\n", notice);
		return 0;
	case AST_STMT_INSERT:
	case AST_STMT_SET_OF:
	case AST_STMT_SELECT:
	case AST_STMT_EXPLAIN:
		if (plan_statement(a, p, stmt, c, s, &plan, err) < 0)
			return -1;
		for (unsigned i = 0; i < plan->nnotices; i++)
			fprintf(stderr, "notice: %s\n", plan->notices[i]);
		return 0;
	case AST_STMT_USE:
	case AST_STMT_USE_CATALOG:
		return catalog_use(p, stmt, err);
	case AST_STMT_SHOW_CREATE_TABLE:
	case AST_STMT_SHOW_CREATE_VIEW:
	case AST_STMT_SHOW_COLUMNS:
	case AST_STMT_DESCRIBE:
	case AST_STMT_DESCRIBE_SAMPLE:
		return catalog_resolve(c, p, &stmt->name, &o, err);
	case AST_STMT_DESCRIBE_FUNCTION:
		if (function_find(stmt->name.part[0]))
			return 0;
		function_unknown(stmt->name.part[0], err);
		return parse_error_at(p, stmt->name.at, err);
	default:
		return 0; /* SHOW, jobs: they need a daemon */
	}
}

static void
check_text(struct check *k, const char *file, const char *text, size_t n)
{
	struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;
	struct ast_statement *stmt;
	struct arena a;
	struct parse p;
	uint32_t from = 0;
	int rc;

	arena_init(&a);
	if (parse_begin(&p, text, n, file, &a, &parse_limits_default, &err) <
	    0) {
		report(k, &err, "", 0);
		arena_release(&a);
		return;
	}
	for (; (rc = parse_next(&p, &stmt, &err)) != 0; from = p.pos) {
		if (rc < 0) {
			parse_skip(&p);
			report(k, &err, p.text + from, p.pos - from);
		} else if (check_statement(&p, stmt, k->catalog, &s, &a,
					   &err) < 0) {
			if (!err.at.line)
				parse_error_at(&p, stmt->at, &err);
			report(k, &err, p.text + stmt->at.offset,
			       stmt->at.length);
		} else if (stmt->notice) {
			fprintf(stderr, "notice: %s\n", stmt->notice);
		}
		k->statements++;
		error_clear(&err);
	}
	settings_release(&s);
	arena_release(&a);
}

static int
read_all(const char *file, struct buf *out)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	size_t n;
	int rc = 0;

	if (!f) {
		fprintf(stderr, "sluiced: cannot read %s: %s\n", file,
			strerror(errno));
		return -1;
	}
	do {
		char *room = buf_room(out, 65536);

		n = fread(room, 1, 65536, f);
		buf_added(out, n);
	} while (n > 0);
	if (ferror(f)) {
		fprintf(stderr, "sluiced: cannot read %s: %s\n", file,
			strerror(errno));
		rc = -1;
	}
	if (f != stdin)
		fclose(f);
	return rc;
}

static void
summarize(const struct check *k)
{
	fprintf(stderr, "%u statement%s, %u error%s", k->statements,
		k->statements == 1 ? "" : "s", k->errors,
		k->errors == 1 ? "" : "s");
	if (k->silent)
		fprintf(stderr, "; %u not checked, for want of what was to be "
			"created", k->silent);
	fputc('\n', stderr);
}

int
check_files(char *const *files, unsigned n)
{
	struct check k = { .catalog = catalog_create(NULL) };

	arena_init(&k.arena);
	for (unsigned i = 0; i < n; i++) {
		struct buf text;

		buf_init(&text);
		if (read_all(files[i], &text) < 0)
			k.errors++;
		else
			check_text(&k, files[i], buf_cstr(&text), text.len);
		buf_release(&text);
	}
	catalog_destroy(k.catalog);
	arena_release(&k.arena);
	if (k.errors)
		summarize(&k);
	return k.errors ? 1 : 0;
}
