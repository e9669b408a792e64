/* SPDX-License-Identifier: Apache-2.0
 * parser/parse.h - SQL text to AST: re2c lexer, Lemon grammar. Reads one
 * statement at a time, so that a script can run up to its first error.
 *
 *	parse_begin(&p, text, n, file, arena, &limits)
 *	while ((rc = parse_next(&p, &stmt, err)) == 1) ...
 *
 * Flink's reserved words and quoting; errors as contract.md section 5 has
 * them. What Flink has and sluice has not yet (joins are left to the binder)
 * is refused here by its name with ERR_UNSUPPORTED.
 */
#ifndef PARSER_PARSE_H
#define PARSER_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "parser/ast.h"

struct parse_limits {
	uint32_t text_max;  /* bytes of a script; 1 MiB */
	uint32_t depth_max; /* nesting of expressions and queries; 200 */
	uint32_t list_max;  /* columns, arguments, options of one list; 1000 */
	uint32_t statements_max; /* of a script; 1000 */
};
extern const struct parse_limits parse_limits_default;

struct parse {
	const char *text; /* a copy in the arena, with a NUL behind it */
	uint32_t n;
	const char *file; /* for messages, or NULL */
	struct arena *arena;
	struct parse_limits limits;
	uint32_t pos;
	uint32_t statements;
	/* for parse_skip(): the error lies in a statement set; no skipping, a
	 * statement begins at pos (the semicolon before it is missing) */
	bool in_set, at_statement;
};

/* Checks the text as a whole: its size, UTF-8, NUL. */
int parse_begin(struct parse *p, const char *text, size_t n, const char *file,
		struct arena *a, const struct parse_limits *limits,
		struct error *err);
/* 1: *ret is the next statement; 0: end of the script; -1: error. After an
 * error parse_skip() moves behind the next ';' outside of quotes. */
int parse_next(struct parse *p, struct ast_statement **ret, struct error *err);
void parse_skip(struct parse *p);

/* One expression or query alone: views, tests. */
int parse_query(const char *text, size_t n, struct arena *a,
		struct ast_query **ret, struct error *err);
int parse_expression(const char *text, size_t n, struct arena *a,
		     struct ast_expr **ret, struct error *err);

/* Points err at a span of this script's text. Returns -1. */
int parse_error_at(const struct parse *p, struct span at, struct error *err);

/* The statement's tokens joined by one blank each, without comments, keywords
 * in upper case: two texts are "the same" iff these are equal. */
char *parse_canonical(const char *text, size_t n, struct arena *a);

/* True for words that need back-ticks (Flink's reserved words). */
bool parse_is_reserved(const char *word);
/* `name` with back-ticks where it needs them. */
const char *parse_quoted(const char *name, struct arena *a);

/* Indented text of the tree, for tests and debugging. */
struct buf;
void ast_dump(const struct ast_statement *s, struct buf *out);

#endif
