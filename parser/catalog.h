/* SPDX-License-Identifier: Apache-2.0
 * parser/catalog.h - tables and views by name, in memory. A session's catalog
 * lies over the daemon's: temporary objects go into the upper one and hide
 * those of the same name below. Not for more than one thread at once.
 *
 * Objects keep the text they were made from and stand on it: an object is
 * stored by its text and made again by running it.
 */
#ifndef PARSER_CATALOG_H
#define PARSER_CATALOG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "parser/ast.h"
#include "parser/options.h"
#include "parser/parse.h"

struct function;
struct settings;

/* A function's name in the catalog is in lower case with () behind it, so that
 * it is no table's. */
enum object_kind { OBJECT_TABLE, OBJECT_VIEW, OBJECT_FUNCTION };

struct table_column {
	const char *name;
	const char *comment; /* or NULL */
	enum ast_column_kind kind;
	struct type type;    /* of a computed one: what its expression gives */
	const struct metadata_def *metadata; /* AST_METADATA */
	bool is_virtual;
	bool in_key;         /* physical: part of the record's key */
	uint16_t position;   /* physical: among the physical ones */
	const struct ast_column *ast;
};

struct table {
	unsigned ncols;
	struct table_column *cols;
	const struct options *options;
	const struct connector_def *connector;
	int rowtime;                      /* column of the WATERMARK, or -1 */
	const struct ast_expr *watermark; /* or NULL */
	unsigned nkeys; /* PRIMARY KEY, in the order of the clause */
	uint16_t *keys;
};

struct object_column {
	const char *name;
	struct type type;
};

struct object {
	struct object *next; /* in the order of names */
	enum object_kind kind;
	const char *name;
	bool temporary;
	const char *text;      /* the CREATE statement as it was written */
	const char *canonical; /* equal for the same text */
	const struct catalog *owner; /* where its own names are looked up */
	struct parse parse;    /* over `text` */
	struct ast_statement *stmt;
	struct table *table;   /* OBJECT_TABLE */
	const struct function *function; /* OBJECT_FUNCTION: what it stands for */
	unsigned nview_cols;   /* OBJECT_VIEW */
	struct object_column *view_cols;
	struct arena arena;
};

struct catalog;

/* parent: looked at after this one; it must outlive it. NULL: none. */
struct catalog *catalog_create(struct catalog *parent);
void catalog_destroy(struct catalog *c); /* NULL is allowed */

/* CREATE TABLE or VIEW; of a CREATE TABLE ... AS the table. TEMPORARY ones go into `c`, others into the last
 * parent. Everything that can be wrong with the object is found here. */
enum catalog_result {
	CATALOG_CREATED,
	CATALOG_SAME,     /* it exists with the same text: nothing to do */
	CATALOG_KEPT,     /* IF NOT EXISTS, and another text exists */
	CATALOG_DROPPED,
	CATALOG_ABSENT,   /* IF EXISTS, and it does not */
};
int catalog_add(struct catalog *c, const struct parse *p,
		const struct ast_statement *stmt, const struct settings *s,
		enum catalog_result *ret, struct error *err);
/* CREATE TABLE ... LIKE as a CREATE TABLE that stands on its own, ... AS as
 * that and an INSERT behind it, with ";" between. *ret is NULL for every other
 * statement: nothing to write out. */
int catalog_expand(const struct catalog *c, const struct parse *p,
		   const struct ast_statement *stmt, const struct settings *s,
		   struct arena *a, const char **ret, struct error *err);
/* DROP TABLE or VIEW. The caller has made sure that nobody needs it. */
int catalog_drop(struct catalog *c, const struct parse *p,
		 const struct ast_statement *stmt, enum catalog_result *ret,
		 struct error *err);

/* The function that a CREATE FUNCTION called so, in any case; or NULL. */
const struct function *catalog_function(const struct catalog *c,
					const char *name);
/* What the object that a statement makes or drops is called here. */
int catalog_object_name(const struct parse *p,
			const struct ast_statement *stmt, struct arena *a,
			const char **ret, struct error *err);
/* NULL: neither here nor in a parent. */
const struct object *catalog_find(const struct catalog *c, const char *name);
/* By a name of a statement, with the error that says what there is. */
int catalog_resolve(const struct catalog *c, const struct parse *p,
		    const struct ast_name *name, const struct object **ret,
		    struct error *err);
/* All visible objects in the order of their names; start with prev NULL. */
const struct object *catalog_next(const struct catalog *c,
				  const struct object *prev);

#define CATALOG_NAME "default_catalog"
#define DATABASE_NAME "default_database"
/* USE and USE CATALOG: fails unless they name these. */
int catalog_use(const struct parse *p, const struct ast_statement *stmt,
		struct error *err);
/* The one name that [default_catalog.][default_database.]name stands for. */
int catalog_name(const struct parse *p, const struct ast_name *name,
		 const char **ret, struct error *err);

/* Everything that a statement (INSERT, set, SELECT, EXPLAIN, CREATE VIEW)
 * reads or writes, views and what lies below them included, each once and
 * those that others need first: run in this order their texts make the same
 * catalog again. Names that do not exist are left out. */
void catalog_depends(const struct catalog *c, const struct ast_statement *stmt,
		     struct arena *a, const struct object ***ret,
		     unsigned *ret_n);

/* SHOW CREATE TABLE / VIEW: text that can be run again. */
void catalog_show_create(const struct object *o, struct buf *out);

/* DESCRIBE, with the columns that Flink shows. */
struct describe_row {
	const char *name, *type, *null, *key, *extras, *watermark;
};
unsigned catalog_describe(const struct object *o, struct arena *a,
			  struct describe_row **ret);
/* LIKE of SHOW TABLES: % and _. */
bool catalog_like(const char *name, const char *pattern);

#endif
