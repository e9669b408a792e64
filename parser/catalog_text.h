/* SPDX-License-Identifier: Apache-2.0
 * parser/catalog_text.h - parts of a CREATE TABLE as text that can be run
 * again: SHOW CREATE, and the full text of a table made LIKE another.
 */
#ifndef PARSER_CATALOG_TEXT_H
#define PARSER_CATALOG_TEXT_H

#include "base/buf.h"
#include "parser/parse.h"

struct show {
	const struct parse *parse; /* where expressions stand */
	struct buf *out;
	struct arena *a;
};

void show_name(struct show *s, const char *name);
void show_string(struct buf *out, const char *text);
/* As it was written. */
void show_span(struct show *s, struct span at);
void show_column(struct show *s, const struct ast_column *c);
void show_watermark(struct show *s, const struct ast_create_table *ct);
void show_key(struct show *s, const struct ast_expr *key);
void show_option(struct show *s, const char *key, const char *value);

#endif
