/* SPDX-License-Identifier: Apache-2.0
 * parser/bind.c - the binder's entry: a statement becomes one plan, whatever
 * number of sinks it has; and how the binder tells where an error is.
 */
#include "parser/bind.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

int
bind_place(struct bind *b, struct span at)
{
	if (b->view) {
		error_context(b->err, "view \"%s\"", b->view);
		return parse_error_at(b->script, b->view_at, b->err);
	}
	return parse_error_at(b->parse, at, b->err);
}

int
bind_error(struct bind *b, struct span at, enum error_code code,
	   const char *format, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	error_set(b->err, code, "%s", message);
	return bind_place(b, at);
}

void
bind_notice(struct bind *b, const char *text)
{
	for (unsigned i = 0; i < b->nnotices; i++)
		if (strcmp(b->notices[i], text) == 0)
			return;
	if (b->nnotices < ARRAY_LEN(b->notices))
		b->notices[b->nnotices++] = text;
}

static unsigned
count_inserts(const struct ast_insert *ins)
{
	unsigned n = 0;

	for (; ins; ins = ins->next)
		n++;
	return n;
}

static int
bind_sinks(struct bind *b, const struct ast_statement *stmt, struct plan *p)
{
	unsigned n = stmt->inserts ? count_inserts(stmt->inserts) : 1;

	p->sinks = arena_array(b->a, n, struct plan_node *);
	b->sink_at = arena_array(b->a, n, struct span);
	if (!stmt->inserts) {
		b->sink_at[0] = stmt->query->at;
		if (bind_select(b, stmt->query, &p->sinks[0]) < 0)
			return -1;
		p->nsinks = 1;
		return 0;
	}
	for (const struct ast_insert *i = stmt->inserts; i; i = i->next) {
		b->sink_at[p->nsinks] = i->table.at;
		if (bind_insert(b, i, &p->sinks[p->nsinks]) < 0)
			return -1;
		p->nsinks++;
	}
	return 0;
}

int
plan_statement(struct arena *a, const struct parse *p,
	       const struct ast_statement *stmt, const struct catalog *c,
	       const struct settings *s, struct plan **ret, struct error *err)
{
	struct plan *plan = arena_new(a, struct plan);
	struct bind b = {
		.a = a, .parse = p, .script = p, .catalog = c, .settings = s,
		.zone = settings_zone(s), .err = err,
	};

	CHECK(stmt->inserts || stmt->query);
	plan->arena = a;
	plan->zone = b.zone;
	if (bind_sinks(&b, stmt, plan) < 0)
		return -1;
	if (plan_finish(&b, plan) < 0)
		return -1;
	*ret = plan;
	return 0;
}

static void
rel_of_schema(struct arena *a, const struct schema *in, struct rel *ret)
{
	*ret = (struct rel){ .ncols = in->ncols };
	ret->cols = arena_array(a, in->ncols, struct rel_column);
	for (uint16_t i = 0; i < in->ncols; i++)
		ret->cols[i] = (struct rel_column){
			.name = in->cols[i].name,
			.type = in->cols[i].type,
			.column = i,
		};
}

/* One expression over the columns of a schema, by `how`. */
static int
bind_over(struct arena *a, const struct parse *p, const struct ast_expr *ast,
	  const struct schema *in, const struct settings *s,
	  const char *clause,
	  int (*how)(struct bind *b, const struct scope *scope,
		     const struct ast_expr *e, struct expr **ret),
	  struct expr **ret, struct error *err)
{
	struct bind b = {
		.a = a, .parse = p, .script = p, .settings = s,
		.zone = settings_zone(s), .err = err,
	};
	struct rel rel;
	struct scope scope = { .rel = &rel, .clause = clause };

	rel_of_schema(a, in, &rel);
	return how(&b, &scope, ast, ret);
}

int
bind_expression(struct arena *a, const struct parse *p,
		const struct ast_expr *ast, const struct schema *in,
		const struct settings *s, struct expr **ret,
		struct error *err)
{
	return bind_over(a, p, ast, in, s, "an expression", bind_expr, ret,
			 err);
}

int
bind_condition(struct arena *a, const struct parse *p,
	       const struct ast_expr *ast, const struct schema *in,
	       const struct settings *s, struct expr **ret,
	       struct error *err)
{
	return bind_over(a, p, ast, in, s, "WHERE", bind_predicate, ret, err);
}
