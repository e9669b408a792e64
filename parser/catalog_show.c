/* SPDX-License-Identifier: Apache-2.0
 * parser/catalog_show.c - objects as text: SHOW CREATE in one canonical form
 * that can be run again, DESCRIBE with Flink's columns, LIKE of SHOW TABLES.
 */
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/catalog.h"
#include "parser/catalog_text.h"

void
show_name(struct show *s, const char *name)
{
	buf_puts(s->out, parse_quoted(name, s->a));
}

void
show_string(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_putc(out, '\'');
		buf_putc(out, *text);
	}
	buf_putc(out, '\'');
}

/* An expression as it was written. */
void
show_span(struct show *s, struct span at)
{
	buf_append(s->out, s->parse->text + at.offset, at.length);
}

void
show_column(struct show *s, const struct ast_column *c)
{
	buf_puts(s->out, "  ");
	show_name(s, c->name);
	if (c->kind == AST_COMPUTED) {
		buf_puts(s->out, " AS ");
		show_span(s, c->expr->at);
	} else {
		buf_putc(s->out, ' ');
		type_print(s->out, c->type.type);
	}
	if (c->kind == AST_METADATA) {
		buf_puts(s->out, " METADATA");
		if (c->metadata_key) {
			buf_puts(s->out, " FROM ");
			show_string(s->out, c->metadata_key);
		}
		if (c->is_virtual)
			buf_puts(s->out, " VIRTUAL");
	}
	if (c->comment) {
		buf_puts(s->out, " COMMENT ");
		show_string(s->out, c->comment);
	}
}

void
show_watermark(struct show *s, const struct ast_create_table *ct)
{
	buf_puts(s->out, ",\n  WATERMARK FOR ");
	show_name(s, ct->watermark_column.part[0]);
	buf_puts(s->out, " AS ");
	show_span(s, ct->watermark->at);
}

void
show_key(struct show *s, const struct ast_expr *key)
{
	buf_puts(s->out, ",\n  PRIMARY KEY (");
	for (const struct ast_expr *e = key; e; e = e->next) {
		show_name(s, e->name.part[0]);
		buf_puts(s->out, e->next ? ", " : ") NOT ENFORCED");
	}
}

void
show_option(struct show *s, const char *key, const char *value)
{
	buf_puts(s->out, "  ");
	show_string(s->out, key);
	buf_puts(s->out, " = ");
	show_string(s->out, value);
}

static void
show_table(struct show *s, const char *name,
	   const struct ast_create_table *ct)
{
	buf_puts(s->out, ct->temporary ? "CREATE TEMPORARY TABLE "
				       : "CREATE TABLE ");
	show_name(s, name);
	buf_puts(s->out, " (\n");
	for (const struct ast_column *c = ct->columns; c; c = c->next) {
		show_column(s, c);
		if (c->next)
			buf_puts(s->out, ",\n");
	}
	if (ct->watermark_column.nparts)
		show_watermark(s, ct);
	if (ct->key)
		show_key(s, ct->key);
	buf_puts(s->out, "\n)");
	if (ct->comment) {
		buf_puts(s->out, " COMMENT ");
		show_string(s->out, ct->comment);
	}
	buf_puts(s->out, " WITH (\n");
	for (const struct ast_option *o = ct->options; o; o = o->next) {
		show_option(s, o->key, o->value);
		buf_puts(s->out, o->next ? ",\n" : "\n");
	}
	buf_puts(s->out, ");");
}

static void
show_view(struct show *s, const char *name,
	  const struct ast_create_view *cv)
{
	buf_puts(s->out, cv->temporary ? "CREATE TEMPORARY VIEW "
				       : "CREATE VIEW ");
	show_name(s, name);
	if (cv->columns) {
		buf_puts(s->out, " (");
		for (const struct ast_expr *e = cv->columns; e; e = e->next) {
			show_name(s, e->name.part[0]);
			buf_puts(s->out, e->next ? ", " : ")");
		}
	}
	if (cv->comment) {
		buf_puts(s->out, " COMMENT ");
		show_string(s->out, cv->comment);
	}
	buf_puts(s->out, " AS\n");
	show_span(s, cv->query_at);
	buf_puts(s->out, ";");
}

void
catalog_show_create(const struct object *o, struct buf *out)
{
	struct arena a;
	struct show s = { .parse = &o->parse, .out = out, .a = &a };

	arena_init(&a);
	if (o->kind == OBJECT_TABLE)
		show_table(&s, o->name, o->stmt->create_table);
	else
		show_view(&s, o->name, o->stmt->create_view);
	arena_release(&a);
}

/* ---- DESCRIBE ---- */

static const char *
key_text(const struct object *o, struct arena *a)
{
	const char *list = "";

	for (unsigned k = 0; k < o->table->nkeys; k++)
		list = arena_printf(a, "%s%s%s", list, k ? ", " : "",
				    o->table->cols[o->table->keys[k]].name);
	return arena_printf(a, "PRI(%s)", list);
}

static bool
is_key(const struct table *t, unsigned column)
{
	for (unsigned k = 0; k < t->nkeys; k++)
		if (t->keys[k] == column)
			return true;
	return false;
}

static const char *
slice(const struct object *o, struct span at, struct arena *a)
{
	return arena_strndup(a, o->parse.text + at.offset, at.length);
}

static const char *
extras(const struct object *o, const struct table_column *c, struct arena *a)
{
	if (c->kind == AST_COMPUTED)
		return arena_printf(a, "AS %s",
				    slice(o, c->ast->expr->at, a));
	if (c->kind != AST_METADATA)
		return "";
	return arena_printf(a, "METADATA%s%s%s%s",
			    c->ast->metadata_key ? " FROM '" : "",
			    c->ast->metadata_key ? c->ast->metadata_key : "",
			    c->ast->metadata_key ? "'" : "",
			    c->is_virtual ? " VIRTUAL" : "");
}

/* Computed, and PROCTIME() alone. */
static bool
is_proctime(const struct table_column *c)
{
	const struct ast_expr *e = c->ast->expr;

	return c->kind == AST_COMPUTED && e->kind == AST_CALL &&
	       strcasecmp(e->function, "PROCTIME") == 0;
}

static void
describe_type(struct describe_row *row, struct type t, const char *mark,
	      struct arena *a)
{
	row->null = t.nullable ? "TRUE" : "FALSE";
	t.nullable = true;
	row->type = arena_printf(a, "%s%s", type_string(t, a),
				 mark);
	row->key = row->extras = row->watermark = "";
}

unsigned
catalog_describe(const struct object *o, struct arena *a,
		 struct describe_row **ret)
{
	const struct table *t = o->table;
	unsigned n = t ? t->ncols : o->nview_cols;
	struct describe_row *rows = arena_array(a, n, struct describe_row);

	for (unsigned i = 0; i < n; i++) {
		bool rowtime = t && t->rowtime == (int)i;

		rows[i].name = t ? t->cols[i].name : o->view_cols[i].name;
		describe_type(&rows[i], t ? t->cols[i].type
					  : o->view_cols[i].type,
			      rowtime ? " *ROWTIME*"
			      : t && is_proctime(&t->cols[i]) ? " *PROCTIME*"
							      : "", a);
		if (!t)
			continue;
		if (is_key(t, i))
			rows[i].key = key_text(o, a);
		rows[i].extras = extras(o, &t->cols[i], a);
		if (rowtime)
			rows[i].watermark = slice(o, t->watermark->at, a);
	}
	*ret = rows;
	return n;
}

bool
catalog_like(const char *name, const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '%') {
			do {
				if (catalog_like(name, pattern + 1))
					return true;
			} while (*name++);
			return false;
		}
		if (*name == '\0' || (*pattern != '_' && *pattern != *name))
			return false;
		name++;
	}
	return *name == '\0';
}
