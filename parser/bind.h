/* SPDX-License-Identifier: Apache-2.0
 * parser/bind.h - from syntax to meaning: names to columns, types, functions,
 * windows, and a plan in which nothing can be a user's error any more.
 */
#ifndef PARSER_BIND_H
#define PARSER_BIND_H

#include "base/arena.h"
#include "base/error.h"
#include "parser/ast.h"
#include "parser/catalog.h"
#include "parser/parse.h"
#include "parser/plan.h"
#include "parser/settings.h"

/* Plans an INSERT, a statement set, a SELECT, or what EXPLAIN has of these.
 * `p` is the script that the statement was read from: errors show its text.
 * Everything that the plan needs is copied into the arena: it outlives
 * script, AST and catalog. settings NULL: the defaults. */
int plan_statement(struct arena *a, const struct parse *p,
		   const struct ast_statement *stmt, const struct catalog *c,
		   const struct settings *s, struct plan **ret,
		   struct error *err);

/* One expression over named columns, for tests and for constants: what the
 * columns are called and typed stands in `in`. */
struct schema;
int bind_expression(struct arena *a, const struct parse *p,
		    const struct ast_expr *ast, const struct schema *in,
		    const struct settings *s, struct expr **ret,
		    struct error *err);
/* The same for a WHERE over these columns: it is BOOLEAN. */
int bind_condition(struct arena *a, const struct parse *p,
		   const struct ast_expr *ast, const struct schema *in,
		   const struct settings *s, struct expr **ret,
		   struct error *err);

#endif
