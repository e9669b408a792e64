/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_from.c - what stands behind FROM: tables, views and
 * sub-queries.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

#define VIEWS_DEEP_MAX 32
/* A view over two of another, thirty times, would read a table a thousand
 * million times. */
#define READS_MAX 1000

static void
set_qualifier(struct rel *rel, const char *qualifier)
{
	for (unsigned i = 0; i < rel->ncols; i++)
		rel->cols[i].qualifier = qualifier;
	rel->name = qualifier;
}

/* Column names of CREATE VIEW v (a, b, ...). */
static int
rename_columns(struct bind *b, const struct ast_create_view *cv,
	       struct rel *rel)
{
	unsigned n = 0;

	if (!cv->columns)
		return 0;
	for (const struct ast_expr *c = cv->columns; c; c = c->next, n++) {
		if (n < rel->ncols)
			rel->cols[n].name = arena_strdup(b->a,
							 c->name.part[0]);
	}
	if (n == rel->ncols)
		return 0;
	return bind_error(b, cv->columns->at, ERR_COLUMN_COUNT,
			  "the view names %u columns, its query has %u", n,
			  rel->ncols);
}

int
bind_view_query(struct bind *b, const struct object *o, struct rel *ret)
{
	const struct ast_create_view *cv = o->stmt->create_view;
	struct query_context qc = { .limit = -1 };

	if (bind_query(b, cv->query, &qc, ret) < 0)
		return -1;
	if (rename_columns(b, cv, ret) < 0)
		return -1;
	set_qualifier(ret, o->name);
	return 0;
}

static int
bind_view(struct bind *b, const struct object *o, const struct ast_from *from,
	  struct rel *ret)
{
	struct bind inner = *b;
	int rc;

	if (from->hints)
		return bind_error(b, from->at, ERR_UNSUPPORTED,
				  "OPTIONS hints stand behind tables, \"%s\" is "
				  "a view", o->name);
	if (b->depth >= VIEWS_DEEP_MAX)
		return bind_error(b, from->at, ERR_TOO_DEEP,
				  "views lie more than %d deep in each other",
				  VIEWS_DEEP_MAX);
	inner.depth++;
	inner.parse = &o->parse;
	inner.catalog = o->owner;
	if (!inner.view) {
		inner.view = o->name;
		inner.view_at = from->at;
	}
	rc = bind_view_query(&inner, o, ret);
	ret->window_at = from->at;
	b->nreads = inner.nreads;
	b->nnotices = inner.nnotices;
	memcpy(b->notices, inner.notices, sizeof(b->notices));
	return rc;
}

int
bind_named(struct bind *b, const struct ast_from *from, struct rel *ret)
{
	const struct object *o;
	int rc;

	if (b->nreads++ >= READS_MAX)
		return bind_error(b, from->at, ERR_LIMIT,
				  "a statement may read at most %d tables, "
				  "each time in a view counted", READS_MAX);
	if (catalog_resolve(b->catalog, b->parse, &from->name, &o,
			    b->err) < 0)
		return b->view ? bind_place(b, from->at) : -1;
	if (o->kind == OBJECT_VIEW)
		rc = bind_view(b, o, from, ret);
	else
		rc = bind_table(b, o, o->table, from, ret);
	if (rc == 0 && from->alias)
		set_qualifier(ret, arena_strdup(b->a, from->alias));
	return rc;
}

static int
bind_subquery(struct bind *b, const struct ast_from *from, struct rel *ret)
{
	struct query_context qc = { .limit = -1 };

	if (bind_query(b, from->query, &qc, ret) < 0)
		return -1;
	set_qualifier(ret, from->alias ? arena_strdup(b->a, from->alias)
				       : NULL);
	return 0;
}

int
bind_from(struct bind *b, const struct ast_from *from, struct rel *ret)
{
	switch (from->kind) {
	case AST_FROM_TABLE:
		return bind_named(b, from, ret);
	case AST_FROM_QUERY:
		return bind_subquery(b, from, ret);
	case AST_FROM_WINDOW:
		if (bind_window(b, from, ret) < 0)
			return -1;
		if (from->alias)
			set_qualifier(ret, arena_strdup(b->a, from->alias));
		return 0;
	}
	return -1;
}
