/* SPDX-License-Identifier: Apache-2.0
 * parser/table.c - what a CREATE TABLE says, checked: columns, metadata, keys,
 * options, and whether connector and format can do with them.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"
#include "parser/format_types.h"
#include "parser/types_infer.h"

struct definition {
	struct bind *b;
	const struct ast_create_table *ct;
	struct table *t;
	struct options_request rq;
};

/* ---- columns ---- */

static int
column_find(const struct table *t, const char *name)
{
	for (unsigned i = 0; i < t->ncols; i++)
		if (strcmp(t->cols[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int
find_or_complain(struct definition *d, const struct ast_name *name,
		 const char *where, int *ret)
{
	const char **names = arena_array(d->b->a, d->t->ncols, const char *);
	const char *near;

	*ret = column_find(d->t, name->part[name->nparts - 1]);
	if (*ret >= 0)
		return 0;
	for (unsigned i = 0; i < d->t->ncols; i++)
		names[i] = d->t->cols[i].name;
	near = error_nearest(name->part[name->nparts - 1], names, d->t->ncols);
	bind_error(d->b, name->at, ERR_UNKNOWN_COLUMN,
		   "%s names the column \"%s\", which the table does not have",
		   where, name->part[name->nparts - 1]);
	if (near)
		error_hint(d->b->err, "did you mean \"%s\"?", near);
	return -1;
}

static int
add_columns(struct definition *d)
{
	unsigned n = 0, physical = 0;
	struct table *t = d->t;

	for (const struct ast_column *c = d->ct->columns; c; c = c->next)
		n++;
	t->cols = arena_array(d->b->a, n, struct table_column);
	for (const struct ast_column *c = d->ct->columns; c; c = c->next) {
		struct table_column *col = &t->cols[t->ncols];

		if (column_find(t, c->name) >= 0)
			return bind_error(d->b, c->at, ERR_DUPLICATE,
					  "column \"%s\" is declared twice",
					  c->name);
		col->name = c->name;
		col->comment = c->comment;
		col->kind = c->kind;
		col->is_virtual = c->is_virtual;
		col->ast = c;
		col->type = c->kind == AST_COMPUTED ? TYPE_OF(TYPE_NULL)
						    : c->type.type;
		if (c->kind == AST_PHYSICAL)
			col->position = (uint16_t)physical++;
		t->ncols++;
	}
	return 0;
}

static const char *
value_format(const struct definition *d)
{
	const char *format = options_get(d->t->options, "value.format");

	return format ? format : options_get(d->t->options, "format");
}

static int
unknown_metadata(struct definition *d, const struct ast_column *c,
		 const char *key)
{
	const char *keys = metadata_keys(d->t->connector->name, d->b->a);
	const char *format = value_format(d);
	struct span at = c->metadata_at.length ? c->metadata_at : c->at;

	bind_error(d->b, at, ERR_UNKNOWN_METADATA,
		   "the connector '%s' has no metadata '%s'",
		   d->t->connector->name, key);
	if (format && *metadata_keys(format, d->b->a))
		keys = arena_printf(d->b->a, "%s, %s", keys,
				    metadata_keys(format, d->b->a));
	error_note(d->b->err, "metadata of '%s': %s", d->t->connector->name,
		   *keys ? keys : "none");
	return -1;
}

/* Of the connector, or of the format of its records' values. */
static const struct metadata_def *
find_metadata(const struct definition *d, const char *key)
{
	const char *connector = d->t->connector->name;
	const struct metadata_def *m = metadata_def_find(connector, key);

	if (m || !value_format(d) || !strstr(connector, "kafka"))
		return m;
	return metadata_def_find(value_format(d), key);
}

static int
add_metadata(struct definition *d)
{
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];
	const char *hint;

	for (unsigned i = 0; i < d->t->ncols; i++) {
		struct table_column *c = &d->t->cols[i];
		const char *key;

		if (c->kind != AST_METADATA)
			continue;
		key = c->ast->metadata_key ? c->ast->metadata_key : c->name;
		c->metadata = find_metadata(d, key);
		if (!c->metadata)
			return unknown_metadata(d, c->ast, key);
		if (type_castable(c->metadata->type, c->type, &hint))
			continue;
		bind_error(d->b, c->ast->at, ERR_TYPE_MISMATCH,
			   "the metadata '%s' is %s and cannot be read as %s",
			   key, type_name(c->metadata->type, na),
			   type_name(c->type, nb));
		if (hint)
			error_hint(d->b->err, "%s", hint);
		return -1;
	}
	return 0;
}

/* ---- PRIMARY KEY ---- */

static int
add_key_column(struct definition *d, int i, struct span at)
{
	struct table_column *c = &d->t->cols[i];

	for (unsigned k = 0; k < d->t->nkeys; k++)
		if (d->t->keys[k] == i)
			return bind_error(d->b, at, ERR_DUPLICATE,
					  "column \"%s\" stands twice in "
					  "PRIMARY KEY", c->name);
	if (c->kind != AST_PHYSICAL)
		return bind_error(d->b, at, ERR_INVALID_KEY,
				  "PRIMARY KEY takes plain columns, \"%s\" is "
				  "%s", c->name, c->kind == AST_COMPUTED
				  ? "computed" : "metadata");
	c->type.nullable = false;
	d->t->keys[d->t->nkeys++] = (uint16_t)i;
	return 0;
}

static int
add_keys(struct definition *d)
{
	const struct ast_create_table *ct = d->ct;
	int i;

	d->t->keys = arena_array(d->b->a, d->t->ncols, uint16_t);
	for (const struct ast_expr *e = ct->key; e; e = e->next)
		if (find_or_complain(d, &e->name, "PRIMARY KEY", &i) < 0 ||
		    add_key_column(d, i, e->at) < 0)
			return -1;
	if (ct->key && ct->key_enforced) {
		bind_error(d->b, ct->key_at.length ? ct->key_at : ct->name.at,
			   ERR_INVALID_KEY, "a PRIMARY KEY cannot be enforced "
			   "on data that others write");
		error_hint(d->b->err, "write NOT ENFORCED behind it");
		return -1;
	}
	return 0;
}

/* ---- the record's key ---- */

/* The table's column that the list in key.fields names next. */
static int
next_key_field(struct definition *d, const char **list, int *ret)
{
	size_t n = strcspn(*list, ";");
	const char *name = arena_strndup(d->b->a, *list, n);

	*list += n + ((*list)[n] == ';');
	*ret = column_find(d->t, name);
	if (*ret >= 0 && d->t->cols[*ret].kind == AST_PHYSICAL)
		return 0;
	error_set(d->b->err, ERR_INVALID_OPTION,
		  "'key.fields' names \"%s\", which is no plain column of the "
		  "table", name);
	options_error_at(&d->rq, "key.fields", true, d->b->err);
	return -1;
}

static int
check_prefix(struct definition *d, const struct table_column *c,
	     const char *prefix)
{
	if (strncmp(c->name, prefix, strlen(prefix)) == 0)
		return 0;
	error_set(d->b->err, ERR_INVALID_OPTION,
		  "the key column \"%s\" does not begin with '%s'", c->name,
		  prefix);
	options_error_at(&d->rq, "key.fields-prefix", true, d->b->err);
	return -1;
}

static int
check_prefix_include(struct definition *d, const char *prefix)
{
	const char *include = options_get(d->t->options,
					  "value.fields-include");

	if (!*prefix || (include && strcmp(include, "EXCEPT_KEY") == 0))
		return 0;
	error_set(d->b->err, ERR_INVALID_OPTION,
		  "'key.fields-prefix' needs 'value.fields-include' = "
		  "'EXCEPT_KEY'");
	options_error_at(&d->rq, "key.fields-prefix", false, d->b->err);
	return -1;
}

static int
mark_key_fields(struct definition *d)
{
	const struct options *o = d->t->options;
	const char *fields = options_get(o, "key.fields");
	const char *prefix = options_get(o, "key.fields-prefix");
	bool has_format = options_get(o, "key.format") != NULL;
	int i;

	if (strcmp(o->connector, "kafka") != 0)
		return 0;
	if (!fields != !has_format) {
		error_set(d->b->err, ERR_MISSING_OPTION,
			  "'key.format' and 'key.fields' need each other");
		options_error_at(&d->rq, fields ? "key.fields" : "key.format",
				 false, d->b->err);
		return -1;
	}
	while (fields && *fields) {
		if (next_key_field(d, &fields, &i) < 0 ||
		    check_prefix(d, &d->t->cols[i], prefix) < 0)
			return -1;
		d->t->cols[i].in_key = true;
	}
	return check_prefix_include(d, prefix);
}

static int
mark_upsert_key(struct definition *d)
{
	const char *prefix;

	if (!d->t->connector->needs_key)
		return 0;
	if (d->t->nkeys == 0) {
		bind_error(d->b, d->ct->name.at, ERR_MISSING_KEY,
			   "the connector '%s' needs a PRIMARY KEY",
			   d->t->connector->name);
		error_hint(d->b->err, "add PRIMARY KEY (...) NOT ENFORCED");
		return -1;
	}
	prefix = options_get(d->t->options, "key.fields-prefix");
	for (unsigned k = 0; k < d->t->nkeys; k++) {
		d->t->cols[d->t->keys[k]].in_key = true;
		if (check_prefix(d, &d->t->cols[d->t->keys[k]], prefix) < 0)
			return -1;
	}
	return check_prefix_include(d, prefix);
}

/* ---- formats ---- */

static int
check_type(struct definition *d, const char *option, const char *format,
	   const struct table_column *c)
{
	char name[TYPE_NAME_MAX];
	struct type t = c->type;
	const char *why = format_holds_not(format, t);

	if (format_holds(format, t))
		return 0;
	t.nullable = true;
	error_set(d->b->err, ERR_INVALID_OPTION,
		  "the format '%s' has no form for %s (column \"%s\")", format,
		  type_name(t, name), c->name);
	if (why)
		error_note(d->b->err, "%s", why);
	options_error_at(&d->rq, option, true, d->b->err);
	return -1;
}

static int
check_raw(struct definition *d, const char *option, bool key, unsigned n)
{
	if (n == 1)
		return 0;
	error_set(d->b->err, ERR_INVALID_OPTION,
		  "the format 'raw' is for one column, the %s has %u",
		  key ? "key" : "record", n);
	error_hint(d->b->err, key ? "'json' takes any number"
		   : n > 1 ? "'json' and 'csv' take any number"
			   : "declare one column, such as message STRING");
	options_error_at(&d->rq, option, true, d->b->err);
	return -1;
}

/* The columns that the format of keys, or of values, reads and writes. */
static int
check_format_columns(struct definition *d, const char *option,
		     const char *format, bool key)
{
	const char *include = options_get(d->t->options,
					  "value.fields-include");
	bool except = include && strcmp(include, "EXCEPT_KEY") == 0;
	unsigned n = 0;

	for (unsigned i = 0; i < d->t->ncols; i++) {
		const struct table_column *c = &d->t->cols[i];

		if (c->kind != AST_PHYSICAL ||
		    !(key ? c->in_key : !(c->in_key && except)))
			continue;
		if (check_type(d, option, format, c) < 0)
			return -1;
		n++;
	}
	return strcmp(format, "raw") == 0 ? check_raw(d, option, key, n) : 0;
}

/* A key is a value of its own, and an upsert table has changes already. */
static int
check_changes(struct definition *d, const char *option, bool key)
{
	if (!key && !d->t->connector->upserts)
		return 0;
	error_set(d->b->err, ERR_INVALID_OPTION,
		  "'%s' is a format of changes, which %s cannot have",
		  options_get(d->t->options, option),
		  key ? "a key" : d->t->connector->name);
	error_hint(d->b->err, key ? "'json' takes any columns"
				  : "'connector' = 'kafka' reads and writes "
				    "changes");
	options_error_at(&d->rq, option, true, d->b->err);
	return -1;
}

static int
check_formats(struct definition *d)
{
	static const char *const names[] = { "format", "value.format",
					     "key.format" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		const char *format = options_get(d->t->options, names[i]);

		if (!format)
			continue;
		if (check_format_columns(d, names[i], format, i == 2) < 0)
			return -1;
		if (format_def_find(format)->changes &&
		    check_changes(d, names[i], i == 2) < 0)
			return -1;
	}
	return 0;
}

/* ---- options that need each other ---- */

static int
check_mode(struct definition *d, const char *mode, const char *value,
	   const char *needs)
{
	const struct options *o = d->t->options;
	const char *given = options_get(o, mode);

	if (!given || strcmp(given, value) != 0 || options_get(o, needs))
		return 0;
	error_set(d->b->err, ERR_MISSING_OPTION,
		  "'%s' = '%s' needs the option '%s'", mode, value, needs);
	options_error_at(&d->rq, mode, true, d->b->err);
	return -1;
}

/* partition:0,offset:42;partition:1,offset:300 */
static int
check_offsets(struct definition *d, const char *key)
{
	const char *p = options_get(d->t->options, key);
	int partition, used;
	long long offset;

	while (p && *p) {
		used = 0;
		if (sscanf(p, "partition:%d,offset:%lld%n", &partition, &offset,
			   &used) < 2 || used == 0 || partition < 0 ||
		    offset < 0 || (p[used] != ';' && p[used] != '\0')) {
			error_set(d->b->err, ERR_INVALID_OPTION,
				  "'%s' is no list of offsets", p);
			error_hint(d->b->err, "such as 'partition:0,offset:42;"
				   "partition:1,offset:300'");
			options_error_at(&d->rq, key, true, d->b->err);
			return -1;
		}
		p += used + (p[used] == ';');
	}
	return 0;
}

static int
check_sequences(struct definition *d)
{
	for (unsigned i = 0; i < d->t->ncols; i++) {
		const char *name = d->t->cols[i].name;
		struct arena *a = d->b->a;
		const char *kind = arena_printf(a, "fields.%s.kind", name);

		if (check_mode(d, kind, "sequence",
			       arena_printf(a, "fields.%s.start", name)) < 0 ||
		    check_mode(d, kind, "sequence",
			       arena_printf(a, "fields.%s.end", name)) < 0)
			return -1;
	}
	return 0;
}

static int
check_together(struct definition *d)
{
	if (check_mode(d, "scan.startup.mode", "timestamp",
		       "scan.startup.timestamp-millis") < 0 ||
	    check_mode(d, "scan.startup.mode", "specific-offsets",
		       "scan.startup.specific-offsets") < 0 ||
	    check_mode(d, "scan.bounded.mode", "timestamp",
		       "scan.bounded.timestamp-millis") < 0 ||
	    check_mode(d, "scan.bounded.mode", "specific-offsets",
		       "scan.bounded.specific-offsets") < 0)
		return -1;
	if (check_offsets(d, "scan.startup.specific-offsets") < 0 ||
	    check_offsets(d, "scan.bounded.specific-offsets") < 0)
		return -1;
	if (strcmp(d->t->connector->name, "datagen") == 0)
		return check_sequences(d);
	if (strcmp(d->t->connector->name, "kafka") == 0 && d->t->nkeys > 0 &&
	    !options_have_changes(d->t->options)) {
		bind_error(d->b, d->ct->key_at.length ? d->ct->key_at
						      : d->ct->name.at,
			   ERR_INVALID_KEY, "the connector 'kafka' cannot keep "
			   "a PRIMARY KEY: it only appends");
		error_hint(d->b->err, "'connector' = 'upsert-kafka' keeps it");
		return -1;
	}
	return 0;
}

/* ---- options ---- */

static unsigned
count_names(struct type t)
{
	unsigned n = 1;

	for (unsigned i = 0; i < type_nfields(t); i++)
		n += count_names(t.fields[i].type);
	return n;
}

/* Adds the name and those of all that is in it; returns how many. */
static unsigned
put_names(const char **out, const char *name, struct type t, struct arena *a)
{
	static const char *const parts[][2] = { { "element", NULL },
						{ "key", "value" } };
	unsigned n = 1, fields = type_nfields(t);

	out[0] = name;
	for (unsigned i = 0; i < fields; i++) {
		const char *part = t.kind == TYPE_ROW ? t.fields[i].name
						      : parts[fields - 1][i];

		n += put_names(out + n,
			       arena_printf(a, "%s.%s", name, part),
			       t.fields[i].type, a);
	}
	return n;
}

unsigned
table_option_names(const struct table *t, struct arena *a,
		   const char *const **ret)
{
	const char **names;
	unsigned n = 0;

	for (unsigned i = 0; i < t->ncols; i++)
		n += count_names(t->cols[i].type);
	names = arena_array(a, n, const char *);
	n = 0;
	for (unsigned i = 0; i < t->ncols; i++)
		n += put_names(names + n, t->cols[i].name, t->cols[i].type, a);
	*ret = names;
	return n;
}

static int
add_options(struct definition *d)
{
	struct options *options;

	d->rq = (struct options_request){
		.list = d->ct->options, .parse = d->b->parse,
		.at = d->ct->with_at.length ? d->ct->with_at
					     : d->ct->name.at,
	};
	d->rq.ncols = table_option_names(d->t, d->b->a, &d->rq.cols);
	if (options_resolve(&d->rq, d->b->a, &options, d->b->err) < 0)
		return -1;
	d->t->options = options;
	d->t->connector = connector_def_find(options->connector);
	return 0;
}

static int
add_watermark(struct definition *d)
{
	d->t->rowtime = -1;
	if (d->ct->watermark_column.nparts == 0)
		return 0;
	d->t->watermark = d->ct->watermark;
	return find_or_complain(d, &d->ct->watermark_column, "WATERMARK",
				&d->t->rowtime);
}

int
bind_table_definition(struct bind *b, const struct ast_create_table *ct,
		      struct table **ret)
{
	struct definition d = { .b = b, .ct = ct };

	d.t = arena_new(b->a, struct table);
	if (ct->partitioned_by) {
		bind_error(b, ct->partitioned_by->at, ERR_UNSUPPORTED,
			   "PARTITIONED BY is not supported yet");
		error_note(b->err, "write one table for each directory");
		return -1;
	}
	if (add_columns(&d) < 0 || add_options(&d) < 0 ||
	    add_metadata(&d) < 0 || add_keys(&d) < 0 ||
	    mark_key_fields(&d) < 0 || mark_upsert_key(&d) < 0 ||
	    check_formats(&d) < 0 || check_together(&d) < 0 ||
	    add_watermark(&d) < 0)
		return -1;
	*ret = d.t;
	return 0;
}

struct table *
table_for_statement(const struct table *t, struct arena *a)
{
	struct table *own = arena_new(a, struct table);

	*own = *t;
	own->cols = arena_array(a, t->ncols, struct table_column);
	for (unsigned i = 0; i < t->ncols; i++) {
		own->cols[i] = t->cols[i];
		own->cols[i].type = type_copy(a, t->cols[i].type);
	}
	return own;
}
