/* SPDX-License-Identifier: Apache-2.0
 * parser/settings.h - what SET changes: the settings of a session, which a job
 * takes a copy of when it starts. The table is parser/settings.def.
 */
#ifndef PARSER_SETTINGS_H
#define PARSER_SETTINGS_H

#include "base/buf.h"
#include "base/error.h"
#include "parser/ast.h"
#include "parser/options.h"

#define SETTINGS_COUNT_MAX 64

struct setting_def {
	const char *key;
	enum option_type type;
	const char *values;
	const char *fallback;
	const char *notice; /* accepted, but it changes nothing: why */
	const char *help;
};
const struct setting_def *setting_defs(size_t *ret_n);

/* Values as text; NULL: the default holds. Start with SETTINGS_INIT. */
struct settings {
	char *value[SETTINGS_COUNT_MAX]; /* by position in settings.def; owned */
};
#define SETTINGS_INIT ((struct settings){ { NULL } })

void settings_release(struct settings *s);
void settings_copy(struct settings *to, const struct settings *from);

/* ERR_UNKNOWN_SETTING or ERR_INVALID_SETTING, without a place: the statement's
 * key or value has it. *ret_notice (borrowed, may be NULL) says that the
 * setting changes nothing, and why. */
int settings_set(struct settings *s, const char *key, const char *value,
		 const char **ret_notice, struct error *err);
/* key NULL: all. */
int settings_reset(struct settings *s, const char *key, struct error *err);
/* SET or RESET as a statement, with places in its errors. SET alone changes
 * nothing: it asks for the list. */
struct parse;
int settings_apply(struct settings *s, const struct parse *p,
		   const struct ast_statement *stmt, const char **ret_notice,
		   struct error *err);

/* The value or its default; the key must be one of the table's. A NULL
 * `s` stands for the defaults. */
const char *settings_get(const struct settings *s, const char *key);
bool settings_given(const struct settings *s, const char *key);
bool settings_bool(const struct settings *s, const char *key);
int64_t settings_duration_us(const struct settings *s, const char *key);
const struct zone *settings_zone(const struct settings *s);

/* "SET 'key' = 'value';\n" for each that was given, in a fixed order: what a
 * job stores, and what tells two of the same text apart. */
void settings_text(const struct settings *s, struct buf *out);

#endif
