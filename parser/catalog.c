/* SPDX-License-Identifier: Apache-2.0
 * parser/catalog.c - tables and views by name. An object is checked against the
 * statement's own text first, so that errors show what the user wrote, and then
 * made again from a copy of that text which it keeps.
 */
#include "parser/catalog.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/binder.h"

struct catalog {
	struct catalog *parent;
	struct object *objects; /* in the order of names; owned */
};

struct catalog *
catalog_create(struct catalog *parent)
{
	struct catalog *c = mem_zalloc(sizeof(*c));

	c->parent = parent;
	return c;
}

static void
object_destroy(struct object *o)
{
	arena_release(&o->arena);
	free(o);
}

void
catalog_destroy(struct catalog *c)
{
	if (!c)
		return;
	while (c->objects) {
		struct object *o = c->objects;

		c->objects = o->next;
		object_destroy(o);
	}
	free(c);
}

/* ---- names ---- */

int
catalog_name(const struct parse *p, const struct ast_name *name,
	     const char **ret, struct error *err)
{
	static const char *const own[] = { CATALOG_NAME, DATABASE_NAME };

	if (name->nparts > 3) {
		error_set(err, ERR_UNKNOWN_TABLE,
			  "the name of a table has at most three parts");
		return parse_error_at(p, name->at, err);
	}
	for (unsigned i = 0; i + 1 < name->nparts; i++) {
		const char *wanted = own[i + 3 - name->nparts];

		if (strcmp(name->part[i], wanted) == 0)
			continue;
		error_set(err, ERR_UNKNOWN_CATALOG,
			  "there is no catalog or database \"%s\"",
			  name->part[i]);
		error_hint(err, "there is only default_catalog."
			   "default_database: leave it out");
		return parse_error_at(p, name->part_at[i], err);
	}
	*ret = name->part[name->nparts - 1];
	return 0;
}

int
catalog_use(const struct parse *p, const struct ast_statement *stmt,
	    struct error *err)
{
	bool catalog = stmt->kind == AST_STMT_USE_CATALOG;
	const struct ast_name *name = &stmt->name;
	const char *last = name->part[name->nparts - 1];

	if (strcmp(last, catalog ? CATALOG_NAME : DATABASE_NAME) == 0 &&
	    (name->nparts == 1 ||
	     (!catalog && name->nparts == 2 &&
	      strcmp(name->part[0], CATALOG_NAME) == 0)))
		return 0;
	error_set(err, ERR_UNKNOWN_CATALOG, "there is no %s \"%s\"",
		  catalog ? "catalog" : "database", last);
	error_hint(err, "there is only " CATALOG_NAME "." DATABASE_NAME
		   ", which is in use");
	return parse_error_at(p, name->at, err);
}

static const struct ast_name *
created_name(const struct ast_statement *stmt)
{
	if (stmt->kind == AST_STMT_CREATE_TABLE)
		return &stmt->create_table->name;
	return stmt->kind == AST_STMT_CREATE_VIEW ? &stmt->create_view->name
						  : &stmt->name;
}

static bool
is_temporary(const struct ast_statement *stmt)
{
	if (stmt->kind == AST_STMT_CREATE_TABLE)
		return stmt->create_table->temporary;
	return stmt->kind == AST_STMT_CREATE_VIEW
		       ? stmt->create_view->temporary : stmt->temporary;
}

static enum object_kind
kind_made(const struct ast_statement *stmt)
{
	switch (stmt->kind) {
	case AST_STMT_CREATE_TABLE:
	case AST_STMT_DROP_TABLE:
		return OBJECT_TABLE;
	case AST_STMT_CREATE_FUNCTION:
	case AST_STMT_DROP_FUNCTION:
		return OBJECT_FUNCTION;
	default:
		return OBJECT_VIEW;
	}
}

static const char *
kind_name(enum object_kind kind)
{
	return kind == OBJECT_TABLE  ? "table"
	       : kind == OBJECT_VIEW ? "view" : "function";
}

static struct object *
find_here(const struct catalog *c, const char *name)
{
	for (struct object *o = c->objects; o; o = o->next)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

const struct object *
catalog_find(const struct catalog *c, const char *name)
{
	for (; c; c = c->parent) {
		const struct object *o = find_here(c, name);

		if (o)
			return o;
	}
	return NULL;
}

int
catalog_object_name(const struct parse *p, const struct ast_statement *stmt,
		    struct arena *a, const char **ret, struct error *err)
{
	const struct ast_name *name = created_name(stmt);
	char *lower;

	if (catalog_name(p, name, ret, err) < 0)
		return -1;
	if (kind_made(stmt) != OBJECT_FUNCTION)
		return 0;
	lower = arena_printf(a, "%s()", *ret);
	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	*ret = lower;
	return 0;
}

static const struct object *
find_function(const struct catalog *c, const char *name)
{
	for (; c; c = c->parent)
		for (const struct object *o = c->objects; o; o = o->next)
			if (o->kind == OBJECT_FUNCTION &&
			    strncasecmp(o->name, name, strlen(name)) == 0 &&
			    strcmp(o->name + strlen(name), "()") == 0)
				return o;
	return NULL;
}

const struct function *
catalog_function(const struct catalog *c, const char *name)
{
	const struct object *o = find_function(c, name);

	return o ? o->function : NULL;
}

const struct object *
catalog_next(const struct catalog *c, const struct object *prev)
{
	const struct object *best = NULL;

	for (const struct catalog *i = c; i; i = i->parent) {
		const struct object *o = i->objects;

		while (o && prev && strcmp(o->name, prev->name) <= 0)
			o = o->next;
		if (o && (!best || strcmp(o->name, best->name) < 0))
			best = o;
	}
	return best;
}

static void
unknown_object(const struct catalog *c, const char *name, struct error *err)
{
	const struct object *o = NULL;
	const char *names[256], *near;
	unsigned n = 0;

	while (n < ARRAY_LEN(names) && (o = catalog_next(c, o)))
		if (o->kind != OBJECT_FUNCTION)
			names[n++] = o->name;
	error_set(err, ERR_UNKNOWN_TABLE, "there is no table or view \"%s\"",
		  name);
	near = error_nearest(name, names, n);
	if (near)
		error_hint(err, "did you mean \"%s\"?", near);
	else if (n == 0)
		error_note(err, "no table has been created yet");
}

int
catalog_resolve(const struct catalog *c, const struct parse *p,
		const struct ast_name *name, const struct object **ret,
		struct error *err)
{
	const char *simple = NULL;

	if (catalog_name(p, name, &simple, err) < 0)
		return -1;
	*ret = catalog_find(c, simple);
	if (*ret)
		return 0;
	unknown_object(c, simple, err);
	return parse_error_at(p, name->at, err);
}

/* ---- making an object ---- */

static int
define_view(struct bind *b, struct object *o)
{
	struct rel rel;

	if (bind_view_query(b, o, &rel) < 0)
		return -1;
	o->nview_cols = rel.ncols;
	o->view_cols = arena_array(b->a, rel.ncols, struct object_column);
	for (unsigned i = 0; i < rel.ncols; i++)
		o->view_cols[i] = (struct object_column){
			arena_strdup(b->a, rel.cols[i].name),
			rel.cols[i].type };
	return 0;
}

/* Fills o from its statement; scratch memory and results share o's arena. */
static int
define(struct object *o, const struct settings *s, struct error *err)
{
	struct bind b = {
		.a = &o->arena, .parse = &o->parse, .script = &o->parse,
		.catalog = o->owner, .settings = s, .zone = settings_zone(s),
		.err = err,
	};
	struct rel rel;

	if (o->kind == OBJECT_VIEW)
		return define_view(&b, o);
	if (o->kind == OBJECT_FUNCTION)
		return bind_function_definition(&b, o->stmt, &o->function);
	if (bind_table_definition(&b, o->stmt->create_table, &o->table) < 0)
		return -1;
	return bind_table(&b, o, o->table, NULL, &rel);
}

static struct object *
object_create(const struct catalog *owner, const struct ast_statement *stmt,
	      const char *name)
{
	struct object *o = mem_zalloc(sizeof(*o));

	arena_init(&o->arena);
	o->owner = owner;
	o->name = arena_strdup(&o->arena, name);
	o->kind = kind_made(stmt);
	return o;
}

/* Against the text of the user's script. */
static int
check_definition(const struct catalog *owner, const struct parse *p,
		 struct ast_statement *stmt, const char *name,
		 const struct settings *s, struct error *err)
{
	struct object *o = object_create(owner, stmt, name);
	int rc;

	o->parse = *p;
	o->stmt = stmt;
	rc = define(o, s, err);
	object_destroy(o);
	return rc;
}

static int
make(const struct catalog *owner, const char *text, size_t n,
     const struct ast_statement *stmt, const char *name,
     const struct settings *s, struct object **ret, struct error *err)
{
	struct object *o = object_create(owner, stmt, name);

	o->text = arena_strndup(&o->arena, text, n);
	o->canonical = parse_canonical(text, n, &o->arena);
	if (parse_begin(&o->parse, o->text, n, NULL, &o->arena,
			&parse_limits_default, err) < 0 ||
	    parse_next(&o->parse, &o->stmt, err) != 1 ||
	    define(o, s, err) < 0) {
		object_destroy(o);
		return -1;
	}
	o->temporary = is_temporary(o->stmt);
	*ret = o;
	return 0;
}

static void
insert_sorted(struct catalog *c, struct object *o)
{
	struct object **at = &c->objects;

	while (*at && strcmp((*at)->name, o->name) < 0)
		at = &(*at)->next;
	o->next = *at;
	*at = o;
}

/* ---- the same text or another ---- */

/* Where two canonical texts begin to differ, some words of each. */
static void
note_difference(const struct object *o, const char *canonical,
		struct error *err)
{
	const char *x = o->canonical, *y = canonical;
	size_t i = 0;

	while (x[i] && x[i] == y[i])
		i++;
	while (i > 0 && x[i - 1] != ' ')
		i--;
	error_note(err, "it differs at: existing \"%.60s\", new \"%.60s\"; "
		   "DROP %s first, or take another name", x + i, y + i,
		   o->kind == OBJECT_TABLE  ? "TABLE"
		   : o->kind == OBJECT_VIEW ? "VIEW" : "FUNCTION");
}

static int
compare_existing(const struct object *o, const struct parse *p,
		 const struct ast_statement *stmt, const char *canonical,
		 bool if_not_exists, enum catalog_result *ret,
		 struct error *err)
{
	if (strcmp(o->canonical, canonical) == 0) {
		*ret = CATALOG_SAME;
		return 0;
	}
	if (if_not_exists) {
		*ret = CATALOG_KEPT;
		return 0;
	}
	if (o->kind != kind_made(stmt)) {
		error_set(err, ERR_EXISTS, "\"%s\" is the name of a %s already",
			  o->name, kind_name(o->kind));
		return parse_error_at(p, created_name(stmt)->at, err);
	}
	error_set(err, ERR_EXISTS, "the %s \"%s\" exists with another text",
		  kind_name(o->kind), o->name);
	note_difference(o, canonical, err);
	return parse_error_at(p, created_name(stmt)->at, err);
}

/* Jobs and a catalog's own objects outlive sessions: they cannot stand on a
 * temporary object. */
static struct catalog *
home_of(struct catalog *c, bool temporary)
{
	while (!temporary && c->parent)
		c = c->parent;
	return c;
}

static int
add_object(struct catalog *c, const struct parse *p,
	   const struct ast_statement *stmt, const struct settings *s,
	   enum catalog_result *ret, struct error *err)
{
	bool if_not_exists =
		stmt->kind == AST_STMT_CREATE_TABLE
			? stmt->create_table->if_not_exists
		: stmt->kind == AST_STMT_CREATE_VIEW
			? stmt->create_view->if_not_exists : stmt->if_exists;
	struct catalog *home = home_of(c, is_temporary(stmt));
	const char *text = p->text + stmt->at.offset, *name = NULL, *canonical;
	const struct object *existing;
	struct object *o = NULL;
	struct arena scratch;
	int rc;

	arena_init(&scratch);
	rc = catalog_object_name(p, stmt, &scratch, &name, err);
	existing = rc == 0 ? find_here(home, name) : NULL;
	if (existing) {
		canonical = parse_canonical(text, stmt->at.length, &scratch);
		rc = compare_existing(existing, p, stmt, canonical,
				      if_not_exists, ret, err);
		arena_release(&scratch);
		return rc;
	}
	if (rc == 0)
		rc = check_definition(home, p, (struct ast_statement *)stmt,
				      name, s, err);
	if (rc == 0)
		rc = make(home, text, stmt->at.length, stmt, name, s, &o, err);
	arena_release(&scratch);
	if (rc < 0)
		return -1;
	insert_sorted(home, o);
	*ret = CATALOG_CREATED;
	return 0;
}

/* As if the text that it stands for had been written. */
static int
add_expanded(struct catalog *c, const struct parse *p,
	     const struct ast_statement *stmt, const char *text,
	     const struct settings *s, struct arena *a,
	     enum catalog_result *ret, struct error *err)
{
	struct ast_statement *full;
	struct parse parse;

	if (parse_begin(&parse, text, strlen(text), NULL, a,
			&parse_limits_default, err) == 0 &&
	    parse_next(&parse, &full, err) == 1 &&
	    catalog_add(c, &parse, full, s, ret, err) == 0)
		return 0;
	/* What is wrong may stand in the other table's text. */
	error_context(err, "\"%s\" written out",
		      stmt->name.part[stmt->name.nparts - 1]);
	return parse_error_at(p, stmt->create_table->like
					 ? stmt->create_table->like->at
					 : stmt->name.at, err);
}

int
catalog_add(struct catalog *c, const struct parse *p,
	    const struct ast_statement *stmt, const struct settings *s,
	    enum catalog_result *ret, struct error *err)
{
	const char *text;
	struct arena scratch;
	int rc;

	arena_init(&scratch);
	rc = catalog_expand(c, p, stmt, s, &scratch, &text, err);
	if (rc == 0 && text)
		rc = add_expanded(c, p, stmt, text, s, &scratch, ret, err);
	else if (rc == 0)
		rc = add_object(c, p, stmt, s, ret, err);
	arena_release(&scratch);
	return rc;
}


/* ---- DROP ---- */

static int
drop_absent(const struct catalog *c, const struct parse *p,
	    const struct ast_statement *stmt, const char *name,
	    enum catalog_result *ret, struct error *err)
{
	if (stmt->if_exists) {
		*ret = CATALOG_ABSENT;
		return 0;
	}
	if (kind_made(stmt) == OBJECT_FUNCTION) {
		error_set(err, ERR_UNKNOWN_FUNCTION, "there is no function "
			  "\"%s\" that CREATE FUNCTION has made%s",
			  stmt->name.part[stmt->name.nparts - 1],
			  stmt->temporary ? " in this session" : "");
		error_note(err, "SHOW USER FUNCTIONS lists them");
		return parse_error_at(p, stmt->name.at, err);
	}
	unknown_object(c, name, err);
	if (catalog_find(c, name))
		error_hint(err, "write DROP %s%s",
			   stmt->temporary ? "" : "TEMPORARY ",
			   stmt->kind == AST_STMT_DROP_TABLE ? "TABLE"
							     : "VIEW");
	return parse_error_at(p, stmt->name.at, err);
}

int
catalog_drop(struct catalog *c, const struct parse *p,
	     const struct ast_statement *stmt, enum catalog_result *ret,
	     struct error *err)
{
	struct catalog *home = home_of(c, stmt->temporary);
	bool table = stmt->kind == AST_STMT_DROP_TABLE;
	struct object **at = &home->objects, *o;
	const char *name = NULL;
	struct arena scratch;
	int rc;

	arena_init(&scratch);
	rc = catalog_object_name(p, &(struct ast_statement){
			.kind = stmt->kind, .name = stmt->name },
			&scratch, &name, err);
	while (rc == 0 && *at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	o = rc == 0 ? *at : NULL;
	if (rc == 0 && (!o || o->temporary != stmt->temporary)) {
		rc = drop_absent(c, p, stmt, name, ret, err);
		arena_release(&scratch);
		return rc;
	}
	arena_release(&scratch);
	if (rc < 0)
		return -1;
	if (o->kind != kind_made(stmt)) {
		error_set(err, ERR_WRONG_OBJECT, "\"%s\" is a %s", o->name,
			  kind_name(o->kind));
		error_hint(err, "write DROP %s %s", table ? "VIEW" : "TABLE",
			   o->name);
		return parse_error_at(p, stmt->name.at, err);
	}
	*at = o->next;
	object_destroy(o);
	*ret = CATALOG_DROPPED;
	return 0;
}

/* ---- what a statement stands on ---- */

struct depends {
	struct arena *a;
	const struct with_scope *with; /* names that are no objects here */
	unsigned n, room;
	const struct object **objects;
};

static void depend_query(struct depends *d, const struct catalog *c,
			 const struct ast_query *q);
static void depend_expr(struct depends *d, const struct catalog *c,
			const struct ast_expr *e);

static bool
is_of_with(const struct depends *d, const struct ast_name *name)
{
	const struct with_scope *s = d->with;

	while (s && strcmp(s->with->name, name->part[0]) != 0)
		s = s->outer;
	return s && name->nparts == 1;
}

static void
depend_view(struct depends *d, const struct object *o)
{
	const struct with_scope *outer = d->with;

	d->with = NULL;
	depend_query(d, o->owner, o->stmt->create_view->query);
	d->with = outer;
}

static void
depend_object(struct depends *d, const struct object *o)
{
	for (unsigned i = 0; i < d->n; i++)
		if (d->objects[i] == o)
			return;
	if (!o)
		return;
	if (o->kind == OBJECT_VIEW)
		depend_view(d, o);
	if (o->kind == OBJECT_TABLE) {
		const struct ast_create_table *ct = o->stmt->create_table;

		for (const struct ast_column *k = ct->columns; k; k = k->next)
			depend_expr(d, o->owner, k->expr);
		depend_expr(d, o->owner, ct->watermark);
	}
	if (d->n == d->room) {
		const struct object **more;

		d->room = d->room ? 2 * d->room : 8;
		more = arena_array(d->a, d->room, const struct object *);
		if (d->n)
			memcpy(more, d->objects, d->n * sizeof(*more));
		d->objects = more;
	}
	d->objects[d->n++] = o;
}

static void
depend_name(struct depends *d, const struct catalog *c,
	    const struct ast_name *name)
{
	if (!is_of_with(d, name))
		depend_object(d, catalog_find(c, name->part[name->nparts - 1]));
}

static void
depend_from(struct depends *d, const struct catalog *c,
	    const struct ast_from *from)
{
	if (!from)
		return;
	if (from->kind == AST_FROM_TABLE)
		depend_name(d, c, &from->name);
	if (from->query)
		depend_query(d, c, from->query);
	depend_from(d, c, from->table);
}

static void
depend_expr(struct depends *d, const struct catalog *c,
	    const struct ast_expr *e)
{
	if (!e)
		return;
	depend_query(d, c, e->query);
	if (e->kind == AST_CALL)
		depend_object(d, find_function(c, e->function));
	for (unsigned i = 0; i < e->nargs; i++)
		depend_expr(d, c, e->args[i]);
	depend_expr(d, c, e->filter);
}

static void
depend_groups(struct depends *d, const struct catalog *c,
	      const struct ast_group_item *g)
{
	for (; g; g = g->next) {
		for (const struct ast_expr *e = g->keys; e; e = e->next)
			depend_expr(d, c, e);
		depend_groups(d, c, g->items);
	}
}

static void
depend_query(struct depends *d, const struct catalog *c,
	     const struct ast_query *q)
{
	for (; q; q = q->next) {
		const struct with_scope *outer = d->with;

		for (const struct ast_with *w = q->with; w; w = w->next) {
			struct with_scope *s = arena_new(d->a,
							 struct with_scope);

			depend_query(d, c, w->query);
			*s = (struct with_scope){ d->with, w };
			d->with = s;
		}
		depend_from(d, c, q->from);
		depend_query(d, c, q->branches);
		for (const struct ast_select_item *i = q->items; i; i = i->next)
			depend_expr(d, c, i->expr);
		depend_expr(d, c, q->where);
		depend_groups(d, c, q->group_by);
		for (const struct ast_expr *e = q->rows; e; e = e->next)
			depend_expr(d, c, e);
		depend_expr(d, c, q->having);
		for (const struct ast_expr *e = q->order_by; e; e = e->next)
			depend_expr(d, c, e);
		d->with = outer;
	}
}

void
catalog_depends(const struct catalog *c, const struct ast_statement *stmt,
		struct arena *a, const struct object ***ret, unsigned *ret_n)
{
	struct depends d = { .a = a };

	for (const struct ast_insert *i = stmt->inserts; i; i = i->next) {
		depend_query(&d, c, i->query);
		depend_name(&d, c, &i->table);
	}
	depend_query(&d, c, stmt->query);
	if (stmt->create_view)
		depend_query(&d, c, stmt->create_view->query);
	*ret = d.objects;
	*ret_n = d.n;
}
