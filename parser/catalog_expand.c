/* SPDX-License-Identifier: Apache-2.0
 * parser/catalog_expand.c - CREATE TABLE ... LIKE and ... AS written out: the
 * text of a table that stands on its own, since what it was made of may change
 * or go; behind AS also the INSERT that fills it.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"
#include "parser/catalog_text.h"

struct expand {
	const struct catalog *catalog;
	const struct parse *parse;         /* of the statement */
	const struct ast_create_table *ct;
	const struct settings *settings;
	struct show own;  /* what the statement says */
	unsigned ncols, noptions; /* written so far */
	struct error *err;
};

static int
fail_at(struct expand *x, struct span at)
{
	return parse_error_at(x->parse, at, x->err);
}

static const struct ast_column *
own_column(const struct expand *x, const char *name)
{
	for (const struct ast_column *c = x->ct->columns; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void
next_column(struct expand *x)
{
	buf_puts(x->own.out, x->ncols++ ? ",\n" : "");
}

static void
put_column(struct expand *x, struct show *from, const struct ast_column *c)
{
	next_column(x);
	show_column(from, c);
}

static void
put_head(struct expand *x)
{
	buf_printf(x->own.out, "CREATE %sTABLE %s",
		   x->ct->temporary ? "TEMPORARY " : "",
		   x->ct->if_not_exists ? "IF NOT EXISTS " : "");
	show_name(&x->own, x->ct->name.part[x->ct->name.nparts - 1]);
	buf_puts(x->own.out, " (\n");
}

static void
put_comment(struct expand *x)
{
	buf_puts(x->own.out, "\n)");
	if (!x->ct->comment)
		return;
	buf_puts(x->own.out, " COMMENT ");
	show_string(x->own.out, x->ct->comment);
}

static void
put_option(struct expand *x, const struct ast_option *o)
{
	buf_puts(x->own.out, x->noptions++ ? ",\n" : " WITH (\n");
	show_option(&x->own, o->key, o->value);
}

/* The last of them. */
static void
own_options(struct expand *x)
{
	for (const struct ast_option *o = x->ct->options; o; o = o->next)
		put_option(x, o);
	if (x->noptions > 0)
		buf_puts(x->own.out, "\n)");
}

/* ---- LIKE ---- */

static int
column_twice(struct expand *x, const struct ast_column *own,
	     enum ast_column_kind theirs)
{
	const struct ast_like *like = x->ct->like;

	error_set(x->err, ERR_DUPLICATE, "\"%s\" has a column \"%s\" already",
		  like->name.part[like->name.nparts - 1], own->name);
	if (theirs != AST_PHYSICAL && own->kind == theirs)
		error_hint(x->err, "write LIKE ... (OVERWRITING %s)",
			   theirs == AST_COMPUTED ? "GENERATED" : "METADATA");
	else
		error_hint(x->err, "leave it out here, or take another name");
	return fail_at(x, own->at);
}

static enum ast_like_how
how_of(const struct ast_like *like, const struct ast_column *c)
{
	return c->kind == AST_PHYSICAL ? AST_INCLUDING
	       : c->kind == AST_COMPUTED
		       ? (enum ast_like_how)like->how[AST_LIKE_GENERATED]
		       : (enum ast_like_how)like->how[AST_LIKE_METADATA];
}

/* The other table's columns, some of them replaced, then the own ones. */
static int
like_columns(struct expand *x, struct show *theirs,
	     const struct ast_create_table *other)
{
	for (const struct ast_column *c = other->columns; c; c = c->next) {
		enum ast_like_how how = how_of(x->ct->like, c);
		const struct ast_column *own = own_column(x, c->name);

		if (how == AST_EXCLUDING)
			continue;
		if (own && (how != AST_OVERWRITING || own->kind != c->kind))
			return column_twice(x, own, c->kind);
		put_column(x, own ? &x->own : theirs, own ? own : c);
	}
	for (const struct ast_column *c = x->ct->columns; c; c = c->next) {
		const struct ast_column *o = other->columns;

		while (o && strcmp(o->name, c->name) != 0)
			o = o->next;
		if (!o || how_of(x->ct->like, o) == AST_EXCLUDING)
			put_column(x, &x->own, c);
	}
	return 0;
}

static int
like_constraints(struct expand *x, struct show *theirs,
		 const struct ast_create_table *other)
{
	const struct ast_create_table *ct = x->ct;
	const uint8_t *how = ct->like->how;
	bool watermark = other->watermark_column.nparts &&
			 how[AST_LIKE_WATERMARKS] != AST_EXCLUDING;
	bool key = other->key && how[AST_LIKE_CONSTRAINTS] != AST_EXCLUDING;

	if (ct->watermark_column.nparts && watermark &&
	    how[AST_LIKE_WATERMARKS] != AST_OVERWRITING) {
		error_set(x->err, ERR_DUPLICATE, "\"%s\" has a watermark "
			  "already", ct->like->name.part[
					     ct->like->name.nparts - 1]);
		error_hint(x->err, "write LIKE ... (OVERWRITING WATERMARKS)");
		return fail_at(x, ct->watermark_at);
	}
	if (ct->key && key) {
		error_set(x->err, ERR_DUPLICATE, "\"%s\" has a primary key "
			  "already", ct->like->name.part[
					     ct->like->name.nparts - 1]);
		error_hint(x->err, "write LIKE ... (EXCLUDING CONSTRAINTS)");
		return fail_at(x, ct->key_at);
	}
	if (ct->watermark_column.nparts)
		show_watermark(&x->own, ct);
	else if (watermark)
		show_watermark(theirs, other);
	if (ct->key || key)
		show_key(&x->own, ct->key ? ct->key : other->key);
	return 0;
}

static const struct ast_option *
option_of(const struct ast_option *list, const char *key)
{
	while (list && strcmp(list->key, key) != 0)
		list = list->next;
	return list;
}

static int
like_options(struct expand *x, const struct ast_option *theirs)
{
	enum ast_like_how how =
		(enum ast_like_how)x->ct->like->how[AST_LIKE_OPTIONS];

	for (const struct ast_option *o = theirs;
	     o && how != AST_EXCLUDING; o = o->next) {
		const struct ast_option *own = option_of(x->ct->options,
							 o->key);

		if (own && how == AST_INCLUDING) {
			error_set(x->err, ERR_DUPLICATE, "the option '%s' is "
				  "there already", o->key);
			error_hint(x->err, "write LIKE ... (OVERWRITING "
				   "OPTIONS), which is what LIKE does alone");
			return fail_at(x, own->key_at);
		}
		if (!own)
			put_option(x, o);
	}
	own_options(x);
	return 0;
}

static int
expand_like(struct expand *x)
{
	const struct ast_like *like = x->ct->like;
	const struct ast_create_table *other;
	const struct object *o;
	struct show theirs = x->own;

	if (catalog_resolve(x->catalog, x->parse, &like->name, &o, x->err) < 0)
		return -1;
	if (o->kind != OBJECT_TABLE) {
		error_set(x->err, ERR_UNKNOWN_TABLE, "\"%s\" is a view: LIKE "
			  "takes a table", o->name);
		error_hint(x->err, "CREATE TABLE ... AS SELECT takes its "
			   "columns");
		return fail_at(x, like->name.at);
	}
	theirs.parse = &o->parse;
	other = o->stmt->create_table;
	put_head(x);
	if (like_columns(x, &theirs, other) < 0 ||
	    like_constraints(x, &theirs, other) < 0)
		return -1;
	put_comment(x);
	return like_options(x, other->options);
}

/* ---- AS ---- */

static int
bind_made(struct expand *x, struct rel *ret)
{
	struct query_context qc = { .inner = false };
	struct bind b = {
		.a = x->own.a, .parse = x->parse, .script = x->parse,
		.catalog = x->catalog, .settings = x->settings,
		.zone = settings_zone(x->settings), .err = x->err,
	};

	if (bind_query(&b, x->ct->query, &qc, ret) < 0)
		return -1;
	if (ret->state == WINDOW_PENDING)
		bind_assign(&b, ret);
	return 0;
}

static bool
is_selected(const struct rel *rel, const char *name)
{
	for (unsigned i = 0; i < rel->ncols; i++)
		if (strcmp(rel->cols[i].name, name) == 0)
			return true;
	return false;
}

/* First what only the statement names, then what is selected, with the types
 * that the statement gives. */
static int
made_columns(struct expand *x, const struct rel *rel)
{
	for (const struct ast_column *c = x->ct->columns; c; c = c->next)
		if (!is_selected(rel, c->name))
			put_column(x, &x->own, c);
	for (unsigned i = 0; i < rel->ncols; i++) {
		const struct rel_column *c = &rel->cols[i];
		const struct ast_column *own = own_column(x, c->name);

		if (own && own->kind == AST_COMPUTED) {
			error_set(x->err, ERR_DUPLICATE, "\"%s\" is computed "
				  "and selected", c->name);
			return fail_at(x, own->at);
		}
		if (own) {
			put_column(x, &x->own, own);
			continue;
		}
		next_column(x);
		buf_puts(x->own.out, "  ");
		show_name(&x->own, c->name);
		buf_putc(x->own.out, ' ');
		type_print(x->own.out, c->type);
	}
	return 0;
}

static void
put_insert(struct expand *x, const struct rel *rel)
{
	buf_puts(x->own.out, ";\nINSERT INTO ");
	show_name(&x->own, x->ct->name.part[x->ct->name.nparts - 1]);
	buf_puts(x->own.out, " (");
	for (unsigned i = 0; i < rel->ncols; i++) {
		buf_puts(x->own.out, i ? ", " : "");
		show_name(&x->own, rel->cols[i].name);
	}
	buf_puts(x->own.out, ")\n");
	show_span(&x->own, x->ct->query->at);
}

static int
expand_as(struct expand *x)
{
	const struct ast_create_table *ct = x->ct;
	struct rel rel;

	if (ct->temporary) {
		error_set(x->err, ERR_UNSUPPORTED,
			  "CREATE TEMPORARY TABLE ... AS is not supported");
		error_hint(x->err, "leave TEMPORARY out: the job needs the "
			   "table after the session");
		return fail_at(x, ct->name.at);
	}
	if (bind_made(x, &rel) < 0)
		return -1;
	put_head(x);
	if (made_columns(x, &rel) < 0)
		return -1;
	if (ct->watermark_column.nparts)
		show_watermark(&x->own, ct);
	if (ct->key)
		show_key(&x->own, ct->key);
	put_comment(x);
	own_options(x);
	put_insert(x, &rel);
	return 0;
}

int
catalog_expand(const struct catalog *c, const struct parse *p,
	       const struct ast_statement *stmt, const struct settings *s,
	       struct arena *a, const char **ret, struct error *err)
{
	const struct ast_create_table *ct = stmt->create_table;
	struct expand x = { .catalog = c, .parse = p, .ct = ct, .settings = s,
			    .err = err };
	struct buf out;
	int rc;

	*ret = NULL;
	if (stmt->kind != AST_STMT_CREATE_TABLE || (!ct->like && !ct->query))
		return 0;
	buf_init(&out);
	x.own = (struct show){ .parse = p, .out = &out, .a = a };
	rc = ct->like ? expand_like(&x) : expand_as(&x);
	if (rc == 0)
		*ret = arena_strndup(a, out.data, out.len);
	buf_release(&out);
	return rc;
}
