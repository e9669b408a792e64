/* SPDX-License-Identifier: Apache-2.0
 * daemon/show.c - SHOW and DESCRIBE of what can be named: tables, views,
 * columns, functions, and the one catalog that there is.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "daemon/connections.h"
#include "daemon/ndjson.h"
#include "daemon/script.h"
#include "daemon/session.h"
#include "parser/catalog.h"
#include "parser/functions.h"

static bool
is_wanted(const struct script *s, const char *name)
{
	return !s->stmt->like ||
	       catalog_like(name, s->stmt->like) != s->stmt->not_like;
}

static void
row_of(struct script *s, const char *first, const char *second)
{
	ndjson_row_begin(&s->out);
	ndjson_cell(&s->out, first);
	if (second)
		ndjson_cell(&s->out, second);
	ndjson_row_end(&s->out);
	s->rows++;
}

/* ---- tables and views ---- */

static enum statement_rc
run_show_objects(struct script *s, bool views_only)
{
	const char *column = views_only ? "view name" : "table name";
	const struct object *o = NULL;

	ndjson_header_of(&s->out, s->number, 1, &column);
	s->rows = 0;
	while ((o = catalog_next(s->session->catalog, o))) {
		if (o->kind == OBJECT_FUNCTION ||
		    (views_only && o->kind != OBJECT_VIEW))
			continue;
		if (is_wanted(s, o->name))
			row_of(s, o->name, NULL);
	}
	return STATEMENT_OK;
}

static enum statement_rc
run_show_create(struct script *s)
{
	const struct object *o;
	const char *column = "result";
	struct buf text;

	if (catalog_resolve(s->session->catalog, &s->parse, &s->stmt->name, &o,
			    &s->err) < 0)
		return STATEMENT_FAILED;
	buf_init(&text);
	catalog_show_create(o, &text);
	ndjson_header_of(&s->out, s->number, 1, &column);
	ndjson_row_begin(&s->out);
	buf_json_string(&s->out, text.data, text.len);
	ndjson_row_end(&s->out);
	s->rows = 1;
	buf_release(&text);
	return STATEMENT_OK;
}

static enum statement_rc
run_describe(struct script *s)
{
	static const char *const columns[] = { "name", "type", "null",
					       "key", "extras", "watermark" };
	const struct object *o;
	struct describe_row *rows;
	unsigned n;

	if (catalog_resolve(s->session->catalog, &s->parse, &s->stmt->name, &o,
			    &s->err) < 0)
		return STATEMENT_FAILED;
	n = catalog_describe(o, &s->arena, &rows);
	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	s->rows = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!is_wanted(s, rows[i].name))
			continue;
		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, rows[i].name);
		ndjson_cell(&s->out, rows[i].type);
		ndjson_cell(&s->out, rows[i].null);
		ndjson_cell(&s->out, rows[i].key);
		ndjson_cell(&s->out, rows[i].extras);
		ndjson_cell(&s->out, rows[i].watermark);
		ndjson_row_end(&s->out);
		s->rows++;
	}
	return STATEMENT_OK;
}

/* ---- functions ---- */

static int
by_name(const void *a, const void *b)
{
	const struct function *const *f = a, *const *g = b;

	return strcasecmp((*f)->name, (*g)->name);
}

static const char *
kind_of(const struct function *f)
{
	return f->flags & FN_AGGREGATE ? "aggregate" : "scalar";
}

/* Their names are kept with () behind them. */
static enum statement_rc
run_show_user_functions(struct script *s)
{
	const char *column = "function name";
	const struct object *o = NULL;

	ndjson_header_of(&s->out, s->number, 1, &column);
	s->rows = 0;
	while ((o = catalog_next(s->session->catalog, o))) {
		const char *name = arena_strndup(&s->arena, o->name,
						 strcspn(o->name, "("));

		if (o->kind == OBJECT_FUNCTION && is_wanted(s, name))
			row_of(s, name, NULL);
	}
	return STATEMENT_OK;
}

static enum statement_rc
run_show_functions(struct script *s)
{
	static const char *const columns[] = { "function name", "kind",
					       "description" };
	const struct function *all[FN_COUNT_OF];
	unsigned n = 0;

	for (int id = FN_NONE + 1; id < FN_COUNT_OF; id++) {
		const struct function *f = function_get((enum function_id)id);

		if (!(f->flags & FN_OPERATOR) && is_wanted(s, f->name))
			all[n++] = f;
	}
	qsort(all, n, sizeof(*all), by_name);
	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	s->rows = n;
	for (unsigned i = 0; i < n; i++) {
		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, all[i]->name);
		ndjson_cell(&s->out, kind_of(all[i]));
		ndjson_cell(&s->out, all[i]->help);
		ndjson_row_end(&s->out);
	}
	return STATEMENT_OK;
}

static enum statement_rc
run_describe_function(struct script *s)
{
	static const char *const columns[] = { "info name", "info value" };
	const char *name = s->stmt->name.part[0];
	const struct function *f = function_find(name);
	char forms[1024];

	if (!f) {
		function_unknown(name, &s->err);
		parse_error_at(&s->parse, s->stmt->name.at, &s->err);
		return STATEMENT_FAILED;
	}
	function_forms(f, forms, sizeof(forms));
	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	s->rows = 0;
	row_of(s, "name", f->name);
	row_of(s, "kind", kind_of(f));
	row_of(s, "forms", forms);
	row_of(s, "description", f->help);
	row_of(s, "of NULL", f->nulls == NULLS_STRICT
	       ? "NULL, when any argument is"
	       : "as described");
	row_of(s, "can fail", f->flags & FN_FAILS ? "true" : "false");
	row_of(s, "deterministic", f->flags & FN_VOLATILE ? "false" : "true");
	row_of(s, "example", f->example);
	row_of(s, "its result", f->result);
	return STATEMENT_OK;
}

/* ---- the one catalog ---- */

static enum statement_rc
run_show_one(struct script *s, const char *column, const char *name)
{
	ndjson_header_of(&s->out, s->number, 1, &column);
	s->rows = 0;
	if (is_wanted(s, name))
		row_of(s, name, NULL);
	return STATEMENT_OK;
}

/* Where brokers are and who uses them; nothing of what lets one in. */
static enum statement_rc
run_show_connections(struct script *s)
{
	static const char *const columns[] = { "name", "bootstrap.servers",
					       "security.protocol", "jobs" };
	const struct config *c = s->d->config;

	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	s->rows = 0;
	for (unsigned i = 0; i < c->nconnections; i++) {
		const struct connection *conn = &c->connections[i];
		const char *protocol =
			connection_value(conn, "security.protocol");

		if (!is_wanted(s, conn->name))
			continue;
		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, conn->name);
		ndjson_cell(&s->out,
			    connection_value(conn, "bootstrap.servers"));
		ndjson_cell(&s->out, protocol ? protocol : "PLAINTEXT");
		ndjson_cell_i64(&s->out, jobs_of_connection(s->d->jobs,
							    conn->name));
		ndjson_row_end(&s->out);
		s->rows++;
	}
	return STATEMENT_OK;
}

enum statement_rc
show_run(struct script *s)
{
	switch (s->stmt->kind) {
	case AST_STMT_SHOW_TABLES:
		return run_show_objects(s, false);
	case AST_STMT_SHOW_VIEWS:
		return run_show_objects(s, true);
	case AST_STMT_SHOW_CREATE_TABLE:
	case AST_STMT_SHOW_CREATE_VIEW:
		return run_show_create(s);
	case AST_STMT_SHOW_COLUMNS:
	case AST_STMT_DESCRIBE:
		return run_describe(s);
	case AST_STMT_SHOW_FUNCTIONS:
		return run_show_functions(s);
	case AST_STMT_SHOW_USER_FUNCTIONS:
		return run_show_user_functions(s);
	case AST_STMT_DESCRIBE_FUNCTION:
		return run_describe_function(s);
	case AST_STMT_SHOW_CONNECTIONS:
		return run_show_connections(s);
	case AST_STMT_SHOW_CATALOGS:
		return run_show_one(s, "catalog name", CATALOG_NAME);
	case AST_STMT_SHOW_CURRENT_CATALOG:
		return run_show_one(s, "current catalog name", CATALOG_NAME);
	case AST_STMT_SHOW_DATABASES:
		return run_show_one(s, "database name", DATABASE_NAME);
	case AST_STMT_SHOW_CURRENT_DATABASE:
		return run_show_one(s, "current database name", DATABASE_NAME);
	default:
		error_set(&s->err, ERR_INTERNAL,
			  "a statement of an unknown kind");
		return STATEMENT_FAILED;
	}
}
