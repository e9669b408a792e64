/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_table.c - a table that is read: scan, watermark, and above them
 * the columns that the table computes.
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/binder.h"
#include "parser/types_infer.h"

/* The columns of the table as a relation for its own expressions; column
 * numbers are the table's. */
static struct rel
table_scope(struct bind *b, const struct table *t, const char *name)
{
	struct rel rel = { .ncols = 0, .name = name };

	rel.cols = arena_array(b->a, t->ncols, struct rel_column);
	for (unsigned i = 0; i < t->ncols; i++) {
		const struct table_column *c = &t->cols[i];

		if (c->kind == AST_COMPUTED && c->type.kind == TYPE_NULL)
			continue; /* not bound yet */
		rel.cols[rel.ncols++] = (struct rel_column){
			.name = c->name, .qualifier = name, .type = c->type,
			.column = (uint16_t)i,
		};
	}
	return rel;
}

/* ---- the scan ---- */

/* A TIMESTAMP that is read from a TIMESTAMP_LTZ needs no conversion in UTC. */
static bool
reads_as_declared(const struct bind *b, struct type native,
		  struct type declared)
{
	if (type_is_instant(native) && type_is_instant(declared) &&
	    native.precision <= declared.precision &&
	    strcmp(zone_name(b->zone), "UTC") == 0)
		return true;
	return type_same_values(native, declared);
}

static struct type
scanned_type(const struct bind *b, const struct table_column *c)
{
	struct type t = c->type;

	if (c->kind != AST_METADATA)
		return t;
	if (!reads_as_declared(b, c->metadata->type, t))
		return c->metadata->type;
	return t;
}

static const char *
hints_text(struct bind *b, const struct ast_from *from)
{
	const char *text = "";

	if (!from)
		return text;
	for (const struct ast_option *o = from->hints; o; o = o->next)
		if (strncmp(o->key, "properties.", 11) != 0)
			text = arena_printf(b->a, "%s%s%s=%s", text,
					    *text ? ", " : "", o->key,
					    o->value);
	return text;
}

static struct plan_node *
make_scan(struct bind *b, const struct object *o, const struct table *t,
	  const struct options *options)
{
	struct plan_node *n = plan_node_create(b->a, PLAN_SCAN, 0, NULL);
	struct plan_scan *scan = arena_new(b->a, struct plan_scan);

	n->scan = scan;
	scan->table = arena_strdup(b->a, o->name);
	scan->options = options_dup(options, b->a);
	scan->changes = t->connector->upserts	     ? CHANGE_UPSERT
			: options_have_changes(options) ? CHANGE_RETRACT
							: CHANGE_APPEND;
	scan->keys = arena_array(b->a, t->nkeys + 1u, uint16_t);
	scan->cols = arena_array(b->a, t->ncols, struct scan_column);
	schema_init(&n->schema, t->ncols, b->a);
	n->schema.ncols = 0;
	for (unsigned i = 0; i < t->ncols; i++) {
		const struct table_column *c = &t->cols[i];
		struct scan_column *s = &scan->cols[scan->ncols];

		if (c->kind == AST_COMPUTED)
			continue;
		s->name = arena_strdup(b->a, c->name);
		s->type = scanned_type(b, c);
		s->metadata_key = c->metadata ? c->metadata->key : NULL;
		s->position = c->position;
		s->in_key = c->in_key;
		s->wanted = true;
		for (unsigned k = 0; k < t->nkeys; k++)
			if (t->keys[k] == i)
				scan->keys[k] = scan->ncols;
		s->out = scan->ncols++;
		n->schema.cols[n->schema.ncols++] = (struct schema_column){
			.name = s->name, .type = s->type,
		};
	}
	scan->nkeys = scan->changes == CHANGE_APPEND ? 0 : t->nkeys;
	return n;
}

/* Above the watermark, whose rows still come from partitions. */
static struct plan_node *
add_normalize(struct bind *b, const struct plan_scan *scan,
	      struct plan_node *in)
{
	struct plan_node *n = plan_node_create(b->a, PLAN_NORMALIZE, 1, &in);

	n->schema = in->schema;
	n->normalize = arena_new(b->a, struct plan_normalize);
	n->normalize->nkeys = scan->nkeys;
	n->normalize->keys = arena_array(b->a, scan->nkeys, uint16_t);
	for (unsigned k = 0; k < scan->nkeys; k++)
		n->normalize->keys[k] = scan->cols[scan->keys[k]].out;
	return n;
}

/* by[i]: column i of the table over the scan's schema. */
static int
base_columns(struct bind *b, const struct table *t,
	     const struct plan_node *scan, struct expr **by)
{
	uint16_t out = 0;

	for (unsigned i = 0; i < t->ncols; i++) {
		const struct table_column *c = &t->cols[i];
		struct type native;

		if (c->kind == AST_COMPUTED)
			continue;
		native = scan->schema.cols[out].type;
		by[i] = expr_column(out++, native, c->ast->at, b->a);
		if (!type_equal(native, c->type))
			by[i] = expr_cast(by[i], c->type, b->a);
	}
	return 0;
}

/* A column drawn by chance has one value for each reader of the table: it
 * cannot be part of another column. */
static int
check_drawn(struct bind *b, const struct table *t, const struct expr *e,
	    struct expr *const *by)
{
	bool *reads = arena_array(b->a, t->ncols, bool);

	expr_columns(e, reads);
	for (unsigned i = 0; i < t->ncols; i++) {
		if (!reads[i] || !by[i] || !expr_is_random(by[i]))
			continue;
		bind_error(b, e->at, ERR_UNSUPPORTED, "a computed column that "
			   "reads \"%s\", which is drawn by chance, is not "
			   "supported", t->cols[i].name);
		error_note(b->err, "compute both in a SELECT above the table");
		return -1;
	}
	return 0;
}

static int
computed_columns(struct bind *b, struct table *t, const char *name,
		 struct expr **by)
{
	for (unsigned i = 0; i < t->ncols; i++) {
		struct table_column *c = &t->cols[i];
		struct rel rel;
		struct scope scope = { .rel = &rel,
				       .clause = "a computed column" };
		struct expr *e;

		if (c->kind != AST_COMPUTED)
			continue;
		c->type = TYPE_OF(TYPE_NULL);
		rel = table_scope(b, t, name);
		if (bind_expr(b, &scope, c->ast->expr, &e) < 0)
			return -1;
		if (e->type.kind == TYPE_NULL)
			return bind_error(b, c->ast->expr->at,
					  ERR_UNTYPED_NULL,
					  "column \"%s\" is always NULL: CAST "
					  "it to the type that is meant",
					  c->name);
		if (expr_substituted_size(e, by) > EXPR_SIZE_MAX)
			return bind_error(b, c->ast->expr->at, ERR_LIMIT,
					  "column \"%s\" has more than %d "
					  "parts, with the computed columns "
					  "that it reads", c->name,
					  EXPR_SIZE_MAX);
		if (check_drawn(b, t, e, by) < 0)
			return -1;
		by[i] = expr_substitute(e, by, b->a);
		if (bind_check_size(b, c->ast->expr->at, by[i]) < 0)
			return -1;
		c->type = e->type;
	}
	return 0;
}

/* ---- the watermark ---- */

static int
check_rowtime(struct bind *b, const struct ast_create_table *ct,
	      const struct table_column *c)
{
	char name[TYPE_NAME_MAX];
	struct type t = c->type;

	if (type_is_instant(t) && t.precision <= 3)
		return 0;
	t.nullable = true;
	bind_error(b, ct->watermark_column.at, ERR_INVALID_WATERMARK,
		   "a watermark needs a column of TIMESTAMP(0..3) or "
		   "TIMESTAMP_LTZ(0..3), \"%s\" is %s", c->name,
		   type_name(t, name));
	if (type_is_instant(t))
		error_hint(b->err, "declare the column as %s(3)",
			   t.kind == TYPE_TIMESTAMP ? "TIMESTAMP"
						    : "TIMESTAMP_LTZ");
	else if (type_is_integer(t))
		error_hint(b->err, "add a column AS TO_TIMESTAMP_LTZ(%s, 3)",
			   c->name);
	else if (type_is_text(t))
		error_hint(b->err, "add a column AS TO_TIMESTAMP(%s)",
			   c->name);
	return -1;
}

static int
check_watermark_type(struct bind *b, const struct table_column *c,
		     const struct expr *e)
{
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];
	struct type t = c->type, w = e->type;

	if (w.kind == t.kind)
		return 0;
	t.nullable = w.nullable = true;
	return bind_error(b, e->at, ERR_INVALID_WATERMARK,
			  "the watermark of \"%s\" must be %s like the column, "
			  "this is %s", c->name, type_name(t, na),
			  type_name(w, nb));
}

static void
set_options(struct bind *b, struct plan_watermark *w, const struct options *o)
{
	const char *strategy = options_get(o, "scan.watermark.emit.strategy");

	w->on_event = strategy && strcmp(strategy, "on-event") == 0;
	w->idle_timeout_us = settings_duration_us(
		b->settings, "table.exec.source.idle-timeout");
	if (options_get(o, "scan.watermark.idle-timeout"))
		w->idle_timeout_us = options_duration_us(
			o, "scan.watermark.idle-timeout");
	if (options_get(o, "scan.watermark.max-future") &&
	    !options_bounded(o))
		w->max_future_us = options_duration_us(
			o, "scan.watermark.max-future");
}

static int
add_watermark(struct bind *b, const struct object *o, const struct table *t,
	      struct expr *const *by, struct plan_node **node)
{
	const struct ast_create_table *ct = o->stmt->create_table;
	const struct table_column *c = &t->cols[t->rowtime];
	struct rel rel = table_scope(b, t, o->name);
	struct scope scope = { .rel = &rel, .clause = "WATERMARK" };
	struct plan_node *scan = *node, *n;
	struct plan_watermark *w = arena_new(b->a, struct plan_watermark);
	struct expr *e;

	if (check_rowtime(b, ct, c) < 0)
		return -1;
	if (bind_expr(b, &scope, t->watermark, &e) < 0 ||
	    check_watermark_type(b, c, e) < 0)
		return -1;
	if (expr_substituted_size(e, by) > EXPR_SIZE_MAX)
		return bind_error(b, e->at, ERR_LIMIT, "the watermark has more "
				  "than %d parts, with the computed columns "
				  "that it reads", EXPR_SIZE_MAX);
	n = plan_node_create(b->a, PLAN_WATERMARK, 1, &scan);
	n->watermark = w;
	w->table = scan->scan->table;
	w->watermark = expr_substitute(e, by, b->a);
	if (bind_check_size(b, e->at, w->watermark) < 0)
		return -1;
	w->time_col = PLAN_NO_COLUMN;
	schema_init(&n->schema, scan->schema.ncols, b->a);
	for (unsigned i = 0; i < n->schema.ncols; i++)
		n->schema.cols[i] = scan->schema.cols[i];
	if (by[t->rowtime]->kind == EXPR_COLUMN) {
		w->time_col = by[t->rowtime]->column;
		n->schema.cols[w->time_col].time = TIME_ATTR_ROWTIME;
	}
	set_options(b, w, scan->scan->options);
	*node = n;
	return 0;
}

/* ---- the relation ---- */

/* All columns are the node's own, in order: no projection is needed. */
static bool
is_plain(const struct table *t, const struct plan_node *node,
	 struct expr *const *by)
{
	if (t->ncols != node->schema.ncols)
		return false;
	for (unsigned i = 0; i < t->ncols; i++)
		if (by[i]->kind != EXPR_COLUMN || by[i]->column != i)
			return false;
	return true;
}

static void
make_relation(struct bind *b, const struct object *o, const struct table *t,
	      struct plan_node *node, struct expr *const *by, struct rel *ret)
{
	const char **names = arena_array(b->a, t->ncols, const char *);

	*ret = (struct rel){ .node = node, .ncols = t->ncols,
			     .name = o->name };
	ret->cols = arena_array(b->a, t->ncols, struct rel_column);
	for (unsigned i = 0; i < t->ncols; i++) {
		names[i] = arena_strdup(b->a, t->cols[i].name);
		ret->cols[i] = (struct rel_column){
			.name = names[i], .qualifier = o->name,
			.type = t->cols[i].type, .column = (uint16_t)i,
		};
	}
	if (is_plain(t, node, by))
		return;
	ret->node = plan_project(b->a, node, t->ncols, by, names);
	if (t->rowtime >= 0)
		ret->node->schema.cols[t->rowtime].time = TIME_ATTR_ROWTIME;
}

static int
resolve_options(struct bind *b, const struct object *o, const struct table *t,
		const struct ast_from *from, const struct options **ret)
{
	struct options_request rq = {
		.list = o->stmt->create_table->options, .parse = &o->parse,
		.at = o->stmt->create_table->name.at,
	};
	struct options *with_hints;

	*ret = t->options;
	if (!from || !from->hints)
		return 0;
	rq.hints = from->hints;
	rq.hints_parse = b->parse;
	rq.ncols = table_option_names(t, b->a, &rq.cols);
	if (options_resolve(&rq, b->a, &with_hints, b->err) < 0) {
		if (b->view)
			return bind_place(b, from->at);
		return -1;
	}
	*ret = with_hints;
	return 0;
}

static int
check_source(struct bind *b, const struct table *t, const struct ast_from *from)
{
	const char *name = t->connector->name;

	if (!from || t->connector->use & OPT_SOURCE)
		return 0;
	return bind_error(b, from->at, ERR_NOT_A_SOURCE,
			  "the connector '%s' cannot be read from", name);
}

/* Whether its changes may come twice, and are to be made single by the key. */
static int
repeats(struct bind *b, const struct plan_scan *scan,
	const struct ast_from *from, bool *ret)
{
	static const char key[] = "table.exec.source.cdc-events-duplicate";

	*ret = scan->changes == CHANGE_RETRACT &&
	       settings_bool(b->settings, key);
	if (!*ret || scan->nkeys > 0 || !from)
		return 0;
	bind_error(b, from->at, ERR_MISSING_KEY,
		   "'%s' is set, and \"%s\" has no PRIMARY KEY to tell its "
		   "changes by", key, scan->table);
	error_hint(b->err, "add PRIMARY KEY (...) NOT ENFORCED to the table, "
		   "or RESET '%s'", key);
	return -1;
}

int
bind_table(struct bind *b, const struct object *o, struct table *t,
	   const struct ast_from *from, struct rel *ret)
{
	struct expr **by = arena_array(b->a, t->ncols, struct expr *);
	const struct options *options;
	struct plan_node *node, *scan;
	bool twice;
	struct bind own = *b;

	if (from)
		t = table_for_statement(t, b->a);
	if (check_source(b, t, from) < 0 ||
	    resolve_options(b, o, t, from, &options) < 0)
		return -1;
	own.parse = &o->parse; /* expressions of the table stand in its text */
	if (!own.view && from) {
		own.view = o->name;
		own.view_at = from->at;
	}
	scan = node = make_scan(&own, o, t, options);
	node->scan->hints = hints_text(b, from);
	if (base_columns(&own, t, node, by) < 0 ||
	    computed_columns(&own, t, o->name, by) < 0)
		return -1;
	if (t->rowtime >= 0 && add_watermark(&own, o, t, by, &node) < 0)
		return -1;
	if (repeats(b, scan->scan, from, &twice) < 0)
		return -1;
	if (scan->scan->changes == CHANGE_UPSERT || twice)
		node = add_normalize(b, scan->scan, node);
	make_relation(b, o, t, node, by, ret);
	return 0;
}
