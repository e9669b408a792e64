/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_from.c - what stands behind FROM: tables, views, queries of WITH
 * and sub-queries.
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

/* Column names of CREATE VIEW v (a, b, ...), FROM t AS v (a, b, ...), WITH v
 * (a, b, ...); NULL: the columns keep theirs. */
static int
rename_columns(struct bind *b, const struct ast_expr *names, const char *what,
	       struct rel *rel)
{
	struct rel_column *cols;
	unsigned n = 0;

	if (!names)
		return 0;
	cols = arena_array(b->a, rel->ncols, struct rel_column);
	for (const struct ast_expr *c = names; c; c = c->next, n++) {
		if (n >= rel->ncols)
			continue;
		cols[n] = rel->cols[n];
		cols[n].name = arena_strdup(b->a, c->name.part[0]);
		for (unsigned i = 0; i < n; i++)
			if (strcmp(cols[i].name, cols[n].name) == 0)
				return bind_error(b, c->at, ERR_DUPLICATE,
						  "%s names \"%s\" twice",
						  what, cols[n].name);
	}
	rel->cols = cols;
	if (n == rel->ncols)
		return 0;
	return bind_error(b, names->at, ERR_COLUMN_COUNT,
			  "%s names %u column%s, its query has %u", what, n,
			  n == 1 ? "" : "s", rel->ncols);
}

int
bind_view_query(struct bind *b, const struct object *o, struct rel *ret)
{
	const struct ast_create_view *cv = o->stmt->create_view;
	struct query_context qc = { .inner = false };

	if (bind_query(b, cv->query, &qc, ret) < 0)
		return -1;
	if (rename_columns(b, cv->columns, "the view", ret) < 0)
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
	inner.with = NULL;
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
bind_with_query(struct bind *b, const struct with_scope *s, struct rel *ret)
{
	const struct with_scope *here = b->with;
	struct query_context qc = { .inner = true };
	int rc;

	b->with = s->outer;
	rc = bind_query(b, s->with->query, &qc, ret);
	b->with = here;
	if (rc < 0)
		return -1;
	if (rename_columns(b, s->with->columns,
			   arena_printf(b->a, "\"%s\"", s->with->name),
			   ret) < 0)
		return -1;
	set_qualifier(ret, arena_strdup(b->a, s->with->name));
	return 0;
}

/* NULL: the name is none of WITH. */
static const struct with_scope *
find_with(const struct bind *b, const struct ast_name *name)
{
	const struct with_scope *s = b->with;

	if (name->nparts > 1)
		return NULL;
	while (s && strcmp(s->with->name, name->part[0]) != 0)
		s = s->outer;
	return s;
}

static int
bind_with_name(struct bind *b, const struct ast_from *from,
	       const struct with_scope *s, struct rel *ret)
{
	if (from->hints)
		return bind_error(b, from->at, ERR_UNSUPPORTED,
				  "OPTIONS hints stand behind tables, \"%s\" is "
				  "a query of WITH", s->with->name);
	return bind_with_query(b, s, ret);
}

int
bind_named(struct bind *b, const struct ast_from *from, struct rel *ret)
{
	const struct with_scope *with = find_with(b, &from->name);
	const struct object *o;
	int rc;

	if (b->nreads++ >= READS_MAX)
		return bind_error(b, from->at, ERR_LIMIT,
				  "a statement may read at most %d tables, "
				  "each time in a view counted", READS_MAX);
	if (!with && catalog_resolve(b->catalog, b->parse, &from->name, &o,
				     b->err) < 0)
		return b->view ? bind_place(b, from->at) : -1;
	if (with)
		rc = bind_with_name(b, from, with, ret);
	else if (o->kind == OBJECT_VIEW)
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
	struct query_context qc = { .inner = true };

	if (bind_query(b, from->query, &qc, ret) < 0)
		return -1;
	set_qualifier(ret, from->alias ? arena_strdup(b->a, from->alias)
				       : NULL);
	return 0;
}

static int
bind_from_kind(struct bind *b, const struct ast_from *from, struct rel *ret)
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

int
bind_from(struct bind *b, const struct ast_from *from, struct rel *ret)
{
	if (bind_from_kind(b, from, ret) < 0)
		return -1;
	return rename_columns(b, from->columns, "the alias", ret);
}
