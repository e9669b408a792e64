/* SPDX-License-Identifier: Apache-2.0
 * runtime/propose_text.c - the CREATE TABLE of a proposal: the table's own
 * options as to where the records are, new ones as to what they are.
 */
#include <string.h>

#include "base/check.h"
#include "parser/catalog_text.h"
#include "parser/options.h"
#include "runtime/propose.h"

/* ---- options ---- */

static const char *
behind(const char *key, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(key, prefix, n) == 0 ? key + n : NULL;
}

bool
option_is_of_place(const char *key)
{
	static const char *const others[] = {
		"connector", "format", "value.format", "key.format",
		"key.fields", "key.fields-prefix", "value.fields-include",
	};
	const char *plain = behind(key, "value.");
	const char *const *formats;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strcmp(key, others[i]) == 0)
			return false;
	if (!plain)
		plain = behind(key, "key.");
	if (!plain)
		plain = key;
	formats = format_names(&n);
	for (size_t i = 0; i < n; i++) {
		const char *rest = behind(plain, formats[i]);

		if (rest && *rest == '.')
			return false;
	}
	return true;
}

static void
put_option(struct buf *out, const char *key, const char *value)
{
	buf_puts(out, ",\n  ");
	show_string(out, key);
	buf_puts(out, " = ");
	show_string(out, value);
}

/* An option of the value's format. */
static void
put_format_option(const struct proposal *p, struct buf *out, const char *key,
		  const char *value)
{
	put_option(out, arena_printf(p->a, "%s%s.%s",
				     p->key_format ? "value." : "", p->format,
				     key), value);
}

static void
put_key_options(const struct proposal *p, bool upsert, struct buf *out)
{
	struct buf fields;

	put_option(out, "key.format", p->key_format);
	if (p->key_prefix)
		put_option(out, "key.fields-prefix", p->key_prefix);
	if (!upsert) {
		buf_init(&fields);
		for (const struct proposed_column *c = p->cols; c; c = c->next)
			if (c->in_key)
				buf_printf(&fields, "%s%s",
					   fields.len ? ";" : "", c->name);
		put_option(out, "key.fields", buf_cstr(&fields));
		buf_release(&fields);
	}
	if (p->except_key)
		put_option(out, "value.fields-include", "EXCEPT_KEY");
}

static void
put_options(const struct proposal *p, struct buf *out)
{
	bool upsert = p->key_format &&
		      strcmp(p->table->connector, "upsert-kafka") == 0;
	char delimiter[2] = { p->delimiter, '\0' };

	buf_puts(out, "  'connector' = ");
	show_string(out, upsert || strcmp(p->table->connector, "filesystem") == 0
				 ? p->table->connector : "kafka");
	for (const struct ast_option *o = p->table->options; o; o = o->next)
		if (option_is_of_place(o->key))
			put_option(out, o->key, o->value);
	if (p->key_format)
		put_key_options(p, upsert, out);
	put_option(out, p->key_format ? "value.format" : "format", p->format);
	if (p->envelope)
		put_format_option(p, out, "schema-include", "true");
	if (p->iso)
		put_format_option(p, out, "timestamp-format.standard",
				  "ISO-8601");
	if (strcmp(p->format, "csv") == 0 && p->delimiter != ',')
		put_format_option(p, out, "field-delimiter",
				  p->delimiter == '\t' ? "\\t" : delimiter);
	if (p->empty_is_null)
		put_format_option(p, out, "null-literal", "");
}

/* ---- columns ---- */

static void
put_column(const struct proposal *p, const struct proposed_column *c,
	   struct buf *out)
{
	buf_printf(out, "  %s ", parse_quoted(c->name, p->a));
	if (c->computed)
		buf_printf(out, "AS %s", c->how);
	else
		buf_printf(out, "%s%s%s", c->type, c->how ? " " : "",
			   c->how ? c->how : "");
}

static void
put_primary_key(const struct proposal *p, struct buf *out)
{
	bool first = true;

	buf_puts(out, ",\n  PRIMARY KEY (");
	for (const struct proposed_column *c = p->cols; c; c = c->next) {
		if (!c->in_key)
			continue;
		buf_printf(out, "%s%s", first ? "" : ", ",
			   parse_quoted(c->name, p->a));
		first = false;
	}
	buf_puts(out, ") NOT ENFORCED");
}

void
proposal_text(const struct proposal *p, struct buf *out)
{
	buf_printf(out, "CREATE %sTABLE %s (\n",
		   p->table->temporary ? "TEMPORARY " : "",
		   parse_quoted(p->table->name, p->a));
	for (const struct proposed_column *c = p->cols; c; c = c->next) {
		put_column(p, c, out);
		if (c->next)
			buf_puts(out, ",\n");
	}
	if (p->time_column) {
		const char *name = parse_quoted(p->time_column, p->a);

		buf_printf(out, ",\n  -- %s; rows come up to 5 s late\n"
			   "  WATERMARK FOR %s AS %s - INTERVAL '5' SECOND",
			   p->time_reason, name, name);
	}
	if (p->primary_key)
		put_primary_key(p, out);
	buf_puts(out, "\n) WITH (\n");
	put_options(p, out);
	buf_puts(out, "\n);");
}
