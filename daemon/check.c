/* SPDX-License-Identifier: Apache-2.0
 * daemon/check.c - `sluiced check FILE...`: reads, binds and plans without
 * running anything, and tells every error instead of just the first.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "parser/bind.h"

static void
report(const struct error *err, unsigned *errors)
{
	char text[4096];

	error_print(err, text, sizeof(text));
	fputs(text, stderr);
	(*errors)++;
}

static int
check_statement(const struct parse *p, const struct ast_statement *stmt,
		struct catalog *c, struct settings *s, struct arena *a,
		struct error *err)
{
	enum catalog_result result;
	const char *notice = NULL;
	struct plan *plan;

	switch (stmt->kind) {
	case AST_STMT_CREATE_TABLE:
	case AST_STMT_CREATE_VIEW:
		return catalog_add(c, p, stmt, s, &result, err);
	case AST_STMT_DROP_TABLE:
	case AST_STMT_DROP_VIEW:
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
	default:
		return 0; /* SHOW, DESCRIBE, jobs: they need a daemon */
	}
}

static void
check_text(const char *file, const char *text, size_t n, struct catalog *c,
	   unsigned *statements, unsigned *errors)
{
	struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;
	struct ast_statement *stmt;
	struct arena a;
	struct parse p;
	int rc;

	arena_init(&a);
	if (parse_begin(&p, text, n, file, &a, &parse_limits_default, &err) <
	    0) {
		report(&err, errors);
		arena_release(&a);
		return;
	}
	while ((rc = parse_next(&p, &stmt, &err)) != 0) {
		if (rc < 0) {
			report(&err, errors);
			parse_skip(&p);
		} else if (check_statement(&p, stmt, c, &s, &a, &err) < 0) {
			if (!err.at.line)
				parse_error_at(&p, stmt->at, &err);
			report(&err, errors);
		} else if (stmt->notice) {
			fprintf(stderr, "notice: %s\n", stmt->notice);
		}
		(*statements)++;
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
	if (f != stdin)
		fclose(f);
	return 0;
}

int
check_files(char *const *files, unsigned n)
{
	struct catalog *c = catalog_create(NULL);
	unsigned statements = 0, errors = 0;

	for (unsigned i = 0; i < n; i++) {
		struct buf text;

		buf_init(&text);
		if (read_all(files[i], &text) < 0)
			errors++;
		else
			check_text(files[i], buf_cstr(&text), text.len, c,
				   &statements, &errors);
		buf_release(&text);
	}
	catalog_destroy(c);
	if (errors)
		fprintf(stderr, "%u statement%s, %u error%s\n", statements,
			statements == 1 ? "" : "s", errors,
			errors == 1 ? "" : "s");
	return errors ? 1 : 0;
}
