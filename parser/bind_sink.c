/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_sink.c - INSERT and SELECT: the query's columns against the
 * sink's, in number, type and place; nothing is converted that could lose.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"
#include "parser/types_infer.h"

struct sink_builder {
	struct bind *b;
	const struct ast_insert *ins;
	const struct object *o;
	const struct table *t;
	const struct options *options;
	unsigned n;         /* columns that are written */
	uint16_t *column;   /* of the table, per written column */
	const char **names;
};

/* ---- the table ---- */

static int
check_connector(struct sink_builder *sb)
{
	const struct connector_def *c = sb->t->connector;
	const char *topic = options_get(sb->options, "topic");

	if (!(c->use & OPT_SINK)) {
		bind_error(sb->b, sb->ins->table.at, ERR_NOT_A_SINK,
			   "the connector '%s' cannot be written to", c->name);
		error_note(sb->b->err, "connectors that can: kafka, "
			   "upsert-kafka, filesystem, print, blackhole");
		return -1;
	}
	if (topic && strchr(topic, ';'))
		return bind_error(sb->b, sb->ins->table.at, ERR_NOT_A_SINK,
				  "\"%s\" has several topics: a sink writes to "
				  "one", sb->o->name);
	return 0;
}

/* DO DEDUPLICATE is what an upsert sink does: the newest row of a key stays. */
static int
check_conflict(struct sink_builder *sb)
{
	if (sb->ins->conflict.length == 0 ||
	    (sb->t->connector->upserts && sb->t->nkeys > 0))
		return 0;
	bind_error(sb->b, sb->ins->conflict, ERR_SINK_MISMATCH,
		   "\"%s\" (%s) keeps every row: nothing can conflict",
		   sb->o->name, sb->t->connector->name);
	error_hint(sb->b->err, "leave ON CONFLICT out");
	return -1;
}

static int
resolve_options(struct sink_builder *sb)
{
	struct bind *b = sb->b;
	const struct table *t = sb->t;
	struct options_request rq = {
		.list = sb->o->stmt->create_table->options,
		.parse = &sb->o->parse,
		.at = sb->o->stmt->create_table->name.at,
		.hints = sb->ins->hints, .hints_parse = b->parse,
	};
	struct options *resolved;

	sb->options = t->options;
	if (!sb->ins->hints)
		return 0;
	rq.ncols = table_option_names(t, b->a, &rq.cols);
	if (options_resolve(&rq, b->a, &resolved, b->err) < 0)
		return -1;
	sb->options = resolved;
	return 0;
}

static int
check_metadata(struct sink_builder *sb, const struct table_column *c)
{
	if (c->kind != AST_METADATA || c->metadata->writable)
		return 0;
	bind_error(sb->b, sb->ins->table.at, ERR_READ_ONLY_METADATA,
		   "column \"%s\" of \"%s\" is the metadata '%s', which cannot "
		   "be written", c->name, sb->o->name, c->metadata->key);
	error_hint(sb->b->err, "declare the column METADATA VIRTUAL");
	return -1;
}

static int
written_columns(struct sink_builder *sb)
{
	const struct table *t = sb->t;

	sb->column = arena_array(sb->b->a, t->ncols, uint16_t);
	sb->names = arena_array(sb->b->a, t->ncols, const char *);
	for (unsigned i = 0; i < t->ncols; i++) {
		const struct table_column *c = &t->cols[i];

		if (c->kind == AST_COMPUTED || c->is_virtual)
			continue;
		if (check_metadata(sb, c) < 0)
			return -1;
		sb->names[sb->n] = arena_strdup(sb->b->a, c->name);
		sb->column[sb->n++] = (uint16_t)i;
	}
	return 0;
}

static int
find_sink(struct sink_builder *sb)
{
	struct bind *b = sb->b;

	if (catalog_resolve(b->catalog, b->parse, &sb->ins->table, &sb->o,
			    b->err) < 0)
		return -1;
	if (sb->o->kind == OBJECT_VIEW)
		return bind_error(b, sb->ins->table.at, ERR_NOT_A_SINK,
				  "\"%s\" is a view: only tables are written "
				  "to", sb->o->name);
	sb->t = table_for_statement(sb->o->table, b->a);
	if (resolve_options(sb) < 0 || check_connector(sb) < 0 ||
	    check_conflict(sb) < 0)
		return -1;
	return written_columns(sb);
}

/* ---- INSERT INTO t (a, b): which query column goes where ---- */

static int
unknown_target(struct sink_builder *sb, const struct ast_expr *c)
{
	const char *near = error_nearest(c->name.part[0], sb->names, sb->n);
	const char *list = "";

	bind_error(sb->b, c->at, ERR_UNKNOWN_COLUMN,
		   "\"%s\" has no column \"%s\" that is written", sb->o->name,
		   c->name.part[0]);
	if (near)
		error_hint(sb->b->err, "did you mean \"%s\"?", near);
	for (unsigned i = 0; i < sb->n; i++)
		list = arena_printf(sb->b->a, "%s%s%s", list, *list ? ", " : "",
				    sb->names[i]);
	error_note(sb->b->err, "columns that are written: %s", list);
	return -1;
}

/* from[i]: column of the query for written column i, -1: NULL. */
static int
place_columns(struct sink_builder *sb, int *from, unsigned *ret_n)
{
	int n = 0;

	for (unsigned i = 0; i < sb->n; i++)
		from[i] = sb->ins->columns ? -1 : (int)i;
	*ret_n = sb->n;
	if (!sb->ins->columns)
		return 0;
	for (const struct ast_expr *c = sb->ins->columns; c; c = c->next) {
		unsigned i;

		for (i = 0; i < sb->n; i++)
			if (strcmp(sb->names[i], c->name.part[0]) == 0)
				break;
		if (i == sb->n)
			return unknown_target(sb, c);
		if (from[i] >= 0)
			return bind_error(sb->b, c->at, ERR_DUPLICATE,
					  "column \"%s\" is named twice",
					  sb->names[i]);
		from[i] = n++;
	}
	*ret_n = (unsigned)n;
	return 0;
}

/* ---- types ---- */

static const char *
column_types(struct bind *b, unsigned n, const char *const *names,
	     const struct type *types)
{
	char type[TYPE_NAME_MAX];
	const char *list = "";

	for (unsigned i = 0; i < n && i < 16; i++)
		list = arena_printf(b->a, "%s%s%s %s", list, i ? ", " : "",
				    names[i], type_name(types[i], type));
	return n > 16 ? arena_printf(b->a, "%s, ...", list) : list;
}

static int
wrong_number(struct sink_builder *sb, const struct rel *rel, unsigned wanted)
{
	struct bind *b = sb->b;
	const char **names = arena_array(b->a, rel->ncols, const char *);
	struct type *types = arena_array(b->a, rel->ncols + sb->n,
					 struct type);
	const char *query, *sink;

	for (unsigned i = 0; i < rel->ncols; i++) {
		names[i] = rel->cols[i].name;
		types[i] = rel->cols[i].type;
	}
	query = column_types(b, rel->ncols, names, types);
	for (unsigned i = 0; i < sb->n; i++)
		types[i] = sb->t->cols[sb->column[i]].type;
	sink = column_types(b, sb->n, sb->names, types);
	bind_error(b, sb->ins->table.at, ERR_COLUMN_COUNT,
		   "the query gives %u column%s, \"%s\" takes %u", rel->ncols,
		   rel->ncols == 1 ? "" : "s", sb->o->name, wanted);
	error_note(b->err, "the query: %s; \"%s\": %s", query, sb->o->name,
		   sink);
	return -1;
}

/* The query's own text of a column, where it is short. */
static const char *
as_written(struct sink_builder *sb, const struct rel_column *c)
{
	const char *text = sb->b->parse->text + c->at.offset;

	if (c->at.length == 0 || c->at.length > 40 || *text == '*' ||
	    memchr(text, '\n', c->at.length))
		return strncmp(c->name, "EXPR$", 5) == 0 ? "..." : c->name;
	return arena_strndup(sb->b->a, text, c->at.length);
}

static int
wrong_type(struct sink_builder *sb, const struct rel_column *from,
	   const struct table_column *c)
{
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];
	struct type have = from->type, want = c->type;
	const char *hint;

	have.nullable = want.nullable = true;
	bind_error(sb->b, from->at.length ? from->at : sb->ins->table.at,
		   ERR_SINK_MISMATCH,
		   "column \"%s\" of \"%s\" is %s, the query gives %s", c->name,
		   sb->o->name, type_name(want, na), type_name(have, nb));
	if (!type_castable(have, want, &hint))
		error_hint(sb->b->err, "%s", hint ? hint : "there is no cast "
			   "between these two");
	else
		error_hint(sb->b->err, "write CAST(%s AS %s)",
			   as_written(sb, from), na);
	return -1;
}

static int
assign(struct sink_builder *sb, const struct rel *rel, int from,
       const struct table_column *c, struct expr **ret)
{
	struct bind *b = sb->b;
	const struct rel_column *col;
	struct expr *e;

	if (from < 0) {
		if (!c->type.nullable)
			return bind_error(b, sb->ins->table.at,
					  ERR_MISSING_VALUE,
					  "column \"%s\" of \"%s\" is NOT NULL "
					  "and gets no value", c->name,
					  sb->o->name);
		*ret = expr_null(c->type, sb->ins->table.at, b->a);
		return 0;
	}
	col = &rel->cols[from];
	if (!type_assignable(col->type, c->type))
		return wrong_type(sb, col, c);
	e = expr_column(col->column, col->type, col->at, b->a);
	return bind_convert(b, e, c->type, ret);
}

/* The projection whose columns are exactly what the table takes. */
static int
make_input(struct sink_builder *sb, const struct rel *rel, const int *from,
	   struct plan_node **ret)
{
	struct bind *b = sb->b;
	struct expr **exprs = arena_array(b->a, sb->n, struct expr *);

	for (unsigned i = 0; i < sb->n; i++)
		if (assign(sb, rel, from[i], &sb->t->cols[sb->column[i]],
			   &exprs[i]) < 0)
			return -1;
	*ret = plan_project(b->a, rel->node, sb->n, exprs, sb->names);
	for (unsigned i = 0; i < sb->n; i++) {
		struct type t = sb->t->cols[sb->column[i]].type;

		if (t.kind == TYPE_DECIMAL)
			CHECK(type_equal((*ret)->schema.cols[i].type, t));
		(*ret)->schema.cols[i].type = t;
	}
	return 0;
}

/* ---- the node ---- */

static void
set_keys(struct sink_builder *sb, struct plan_sink *sink)
{
	const struct table *t = sb->t;

	sink->keys = arena_array(sb->b->a, t->nkeys, uint16_t);
	for (unsigned k = 0; k < t->nkeys; k++)
		for (unsigned i = 0; i < sb->n; i++)
			if (sb->column[i] == t->keys[k])
				sink->keys[sink->nkeys++] = (uint16_t)i;
}

static struct plan_node *
make_sink(struct sink_builder *sb, struct plan_node *in)
{
	struct arena *a = sb->b->a;
	struct plan_node *n = plan_node_create(a, PLAN_SINK, 1, &in);
	struct plan_sink *sink = arena_new(a, struct plan_sink);

	n->schema = in->schema;
	n->sink = sink;
	sink->limit = -1;
	sink->table = arena_strdup(a, sb->o->name);
	sink->options = options_dup(sb->options, a);
	sink->statement = arena_printf(a, "INSERT INTO %s", sb->o->name);
	sink->not_null_drop =
		strcmp(settings_get(sb->b->settings,
				    "table.exec.sink.not-null-enforcer"),
		       "DROP") == 0;
	sink->metadata_keys = arena_array(a, sb->n, const char *);
	for (unsigned i = 0; i < sb->n; i++) {
		const struct table_column *c = &sb->t->cols[sb->column[i]];

		if (c->kind == AST_METADATA)
			sink->metadata_keys[i] = c->metadata->key;
	}
	set_keys(sb, sink);
	return n;
}

/* By column of the query. */
static const struct type *
target_types(struct sink_builder *sb, const int *from, unsigned n)
{
	struct type *types = arena_array(sb->b->a, n, struct type);

	for (unsigned i = 0; i < sb->n; i++)
		if (from[i] >= 0)
			types[from[i]] = sb->t->cols[sb->column[i]].type;
	return types;
}

static const char *const *
target_names(struct sink_builder *sb, const int *from, unsigned n)
{
	const char **names = arena_array(sb->b->a, n, const char *);

	for (unsigned i = 0; i < sb->n; i++)
		if (from[i] >= 0)
			names[from[i]] = sb->names[i];
	return names;
}

int
bind_insert(struct bind *b, const struct ast_insert *ins,
	    struct plan_node **ret)
{
	struct sink_builder sb = { .b = b, .ins = ins };
	struct query_context qc = { .inner = false };
	struct plan_node *in;
	unsigned wanted;
	struct rel rel;
	int *from;

	if (find_sink(&sb) < 0)
		return -1;
	from = arena_array(b->a, sb.n, int);
	if (place_columns(&sb, from, &wanted) < 0)
		return -1;
	qc.types = target_types(&sb, from, wanted);
	qc.ntypes = wanted;
	qc.names = target_names(&sb, from, wanted);
	qc.nnames = wanted;
	if (bind_query(b, ins->query, &qc, &rel) < 0)
		return -1;
	if (rel.state == WINDOW_PENDING)
		bind_assign(b, &rel);
	if (rel.ncols != wanted)
		return wrong_number(&sb, &rel, wanted);
	if (make_input(&sb, &rel, from, &in) < 0)
		return -1;
	*ret = make_sink(&sb, in);
	return 0;
}

int
bind_select(struct bind *b, const struct ast_query *q, struct plan_node **ret)
{
	struct query_context qc = { .inner = false };
	struct plan_sink *sink = arena_new(b->a, struct plan_sink);
	struct expr **exprs;
	const char **names;
	struct plan_node *in;
	struct rel rel;

	if (bind_query(b, q, &qc, &rel) < 0)
		return -1;
	if (rel.state == WINDOW_PENDING)
		bind_assign(b, &rel);
	exprs = arena_array(b->a, rel.ncols, struct expr *);
	names = arena_array(b->a, rel.ncols, const char *);
	for (unsigned i = 0; i < rel.ncols; i++) {
		exprs[i] = expr_column(rel.cols[i].column, rel.cols[i].type,
				       rel.cols[i].at, b->a);
		names[i] = rel.cols[i].name;
	}
	in = plan_project(b->a, rel.node, rel.ncols, exprs, names);
	*ret = plan_node_create(b->a, PLAN_SINK, 1, &in);
	(*ret)->schema = in->schema;
	(*ret)->sink = sink;
	sink->limit = -1;
	sink->statement = "SELECT";
	sink->metadata_keys = arena_array(b->a, rel.ncols, const char *);
	return 0;
}
