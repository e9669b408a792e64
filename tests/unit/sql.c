/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/sql.c - scripts to trees and errors, for tests of the parser.
 */
#include "tests/unit/sql.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "parser/parse.h"

static struct arena arena;
static struct buf out;

__attribute__((destructor)) static void
release(void)
{
	arena_release(&arena);
	buf_release(&out);
}

const char *
sql_dump(const char *script)
{
	struct error err = ERROR_INIT;
	struct ast_statement *s;
	struct parse p;
	int rc;

	arena_release(&arena);
	buf_clear(&out);
	rc = parse_begin(&p, script, strlen(script), NULL, &arena,
			 &parse_limits_default, &err);
	if (rc == 0)
		while ((rc = parse_next(&p, &s, &err)) == 1)
			ast_dump(s, &out);
	if (rc < 0)
		buf_printf(&out, "error: %s\n", err.message);
	return buf_cstr(&out);
}

const char *
sql_expr(const char *expression)
{
	struct error err = ERROR_INIT;
	struct ast_statement s = { .kind = AST_STMT_SELECT };
	struct ast_select_item item = { 0 };
	struct ast_query q = { .kind = AST_SELECT, .items = &item };

	arena_release(&arena);
	buf_clear(&out);
	if (parse_expression(expression, strlen(expression), &arena,
			     &item.expr, &err) < 0) {
		buf_printf(&out, "error: %s", err.message);
		return buf_cstr(&out);
	}
	s.query = &q;
	ast_dump(&s, &out);
	out.len--; /* the newline */
	return buf_cstr(&out) + strlen("select\n  ");
}

static void
put_error(const struct error *err)
{
	char text[4096];

	error_print(err, text, sizeof(text));
	buf_puts(&out, text);
}

const char *
sql_errors(const char *script, size_t n, const char *file)
{
	struct error err = ERROR_INIT;
	struct ast_statement *s;
	struct parse p;
	int rc;

	arena_release(&arena);
	buf_clear(&out);
	if (parse_begin(&p, script, n, file, &arena, &parse_limits_default,
			&err) < 0) {
		put_error(&err);
		return buf_cstr(&out);
	}
	while ((rc = parse_next(&p, &s, &err)) != 0) {
		if (rc < 0) {
			put_error(&err);
			error_clear(&err);
			parse_skip(&p);
		}
	}
	return buf_cstr(&out);
}
