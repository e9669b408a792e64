/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_column.c - names to columns, and to the fields of ROWs within:
 * t.r.f is the field f of the column r of t. A table's or alias's name comes
 * before a column's, as in Flink.
 */
#include <string.h>

#include "parser/binder.h"

static const char *
column_list(struct bind *b, const struct rel *rel)
{
	char type[TYPE_NAME_MAX];
	const char *list = "";

	for (unsigned i = 0; i < rel->ncols && i < 24; i++) {
		struct type t = rel->cols[i].type;

		t.nullable = true;
		list = arena_printf(b->a, "%s%s%s %s", list, *list ? ", " : "",
				    rel->cols[i].name, type_name(t, type));
	}
	return rel->ncols > 24 ? arena_printf(b->a, "%s, ...", list) : list;
}

static void
note_columns(struct bind *b, const struct rel *rel)
{
	if (rel->ncols == 0)
		error_note(b->err, "there are no columns here");
	else if (rel->name)
		error_note(b->err, "columns of \"%s\": %s", rel->name,
			   column_list(b, rel));
	else
		error_note(b->err, "columns: %s", column_list(b, rel));
}

static bool
has_qualifier(const struct rel *rel, const char *qualifier)
{
	for (unsigned i = 0; i < rel->ncols; i++)
		if (rel->cols[i].qualifier &&
		    strcmp(rel->cols[i].qualifier, qualifier) == 0)
			return true;
	return false;
}

static bool
has_column(const struct rel *rel, const char *name)
{
	for (unsigned i = 0; i < rel->ncols; i++)
		if (strcmp(rel->cols[i].name, name) == 0)
			return true;
	return false;
}

/* The name is one of the query around the sub-query. */
static int
correlated(struct bind *b, struct span at, const char *name)
{
	bind_error(b, at, ERR_UNSUPPORTED, "\"%s\" is of the query around: a "
		   "sub-query that reads it is not supported yet", name);
	error_note(b->err, "joins come with a later release; a sub-query that "
		   "stands alone can be a value");
	return -1;
}

static int
unknown_column(struct bind *b, const struct rel *rel, const struct ast_expr *e,
	       const char *name)
{
	const char **names = arena_array(b->a, rel->ncols, const char *);
	const char *near;

	if (b->around && has_column(b->around, name))
		return correlated(b, e->at, name);
	for (unsigned i = 0; i < rel->ncols; i++)
		names[i] = rel->cols[i].name;
	near = error_nearest(name, names, rel->ncols);
	if (rel->name)
		bind_error(b, e->at, ERR_UNKNOWN_COLUMN,
			   "table \"%s\" has no column \"%s\"", rel->name,
			   name);
	else
		bind_error(b, e->at, ERR_UNKNOWN_COLUMN,
			   "there is no column \"%s\"", name);
	if (near)
		error_hint(b->err, "did you mean \"%s\"?", near);
	else if (e->name.nparts == 1 && function_find(name))
		error_hint(b->err, "the function is written %s()",
			   function_find(name)->name);
	note_columns(b, rel);
	return -1;
}

static int
unknown_qualifier(struct bind *b, const struct rel *rel,
		  const struct ast_name *name, const char *qualifier)
{
	const char *known = NULL;

	if (b->around && has_qualifier(b->around, qualifier))
		return correlated(b, name->part_at[name->nparts - 2],
				  qualifier);
	for (unsigned i = 0; i < rel->ncols && !known; i++)
		known = rel->cols[i].qualifier;
	bind_error(b, name->part_at[name->nparts - 2], ERR_UNKNOWN_ALIAS,
		   "there is no table or alias \"%s\" in FROM", qualifier);
	if (known)
		error_hint(b->err, "here the columns are of \"%s\"", known);
	return -1;
}

/* Where the name begins behind default_catalog.default_database. */
static unsigned
behind_database(const struct ast_name *n)
{
	unsigned from = 0;

	if (n->nparts > 3 && strcmp(n->part[0], "default_catalog") == 0)
		from++;
	if (n->nparts - from > 2 &&
	    strcmp(n->part[from], "default_database") == 0)
		from++;
	return from;
}

static int
find_column(struct bind *b, const struct rel *rel, const struct ast_expr *ast,
	    const char *qualifier, const char *name,
	    const struct rel_column **ret)
{
	*ret = NULL;
	for (unsigned i = 0; i < rel->ncols; i++) {
		const struct rel_column *c = &rel->cols[i];

		if (strcmp(c->name, name) != 0 ||
		    (qualifier && (!c->qualifier ||
				   strcmp(c->qualifier, qualifier) != 0)))
			continue;
		if (*ret)
			return bind_error(b, ast->at, ERR_AMBIGUOUS_COLUMN,
					  "there is more than one column "
					  "\"%s\" here", name);
		*ret = c;
	}
	return 0;
}

/* In ORDER BY: what the select list calls so; NULL: nothing. */
static struct expr *
aliased(const struct scope *s, const char *name)
{
	for (unsigned i = 0; s->items && !s->in_aggregate && i < s->items->n;
	     i++)
		if (s->items->items[i].named &&
		    strcmp(s->items->items[i].name, name) == 0)
			return s->items->items[i].expr;
	return NULL;
}

int
bind_column(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	    struct expr **ret)
{
	const struct ast_name *n = &ast->name;
	unsigned at = behind_database(n);
	const char *qualifier = NULL;
	const struct rel_column *found;

	*ret = n->nparts == 1 ? aliased(s, n->part[0]) : NULL;
	if (*ret)
		return 0;
	if (at + 1 < n->nparts && has_qualifier(s->rel, n->part[at]))
		qualifier = n->part[at++];
	if (find_column(b, s->rel, ast, qualifier, n->part[at], &found) < 0)
		return -1;
	if (!found && !qualifier && n->nparts > 1)
		return unknown_qualifier(b, s->rel, n, n->part[n->nparts - 2]);
	if (!found)
		return unknown_column(b, s->rel, ast, n->part[at]);
	*ret = expr_column(found->column, found->type, ast->at, b->a);
	while (++at < n->nparts)
		if (bind_field(b, *ret, n->part[at], n->part_at[at], ret) < 0)
			return -1;
	(*ret)->at = ast->at;
	return 0;
}
