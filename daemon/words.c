/* SPDX-License-Identifier: Apache-2.0
 * daemon/words.c - GET /v1/words: keywords, connectors and formats with their
 * options, straight from the tables that the parser reads by.
 */
#include "daemon/daemon.h"
#include "daemon/ndjson.h"
#include "parser/lexer.h"
#include "parser/options.h"

/* A comma between the things of one list. */
static void
separate(struct buf *out)
{
	if (out->data[out->len - 1] != '[')
		buf_putc(out, ',');
}

static void
keywords_json(struct buf *out)
{
	const char *word;
	size_t pos = 0;

	json_key(out, "keywords");
	buf_putc(out, '[');
	while ((word = keyword_next(&pos))) {
		separate(out);
		json_text(out, word);
	}
	buf_putc(out, ']');
}

static const char *
values_of(const struct option_def *def)
{
	if (def->type == OPT_BOOL)
		return "true|false";
	return def->type == OPT_ENUM ? def->values : NULL;
}

static void
options_json(enum option_owner kind, const char *owner, struct buf *out)
{
	const struct option_def *defs;
	size_t n;

	json_key(out, "options");
	buf_putc(out, '[');
	defs = option_defs(&n);
	for (size_t i = 0; i < n; i++) {
		if (defs[i].owner_kind != kind ||
		    strcmp(defs[i].owner, owner) != 0)
			continue;
		separate(out);
		buf_putc(out, '{');
		json_pair(out, "key", defs[i].key);
		if (values_of(&defs[i]))
			json_pair(out, "values", values_of(&defs[i]));
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void
owners_json(const char *key, enum option_owner kind, const char *const *names,
	    size_t n, struct buf *out)
{
	json_key(out, key);
	buf_putc(out, '[');
	for (size_t i = 0; i < n; i++) {
		separate(out);
		buf_putc(out, '{');
		json_pair(out, "name", names[i]);
		options_json(kind, names[i], out);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

void
words_write(struct buf *out)
{
	const char *const *names;
	size_t n;

	buf_putc(out, '{');
	keywords_json(out);
	names = connector_names(&n);
	owners_json("connectors", OWNER_CONNECTOR, names, n, out);
	names = format_names(&n);
	owners_json("formats", OWNER_FORMAT, names, n, out);
	buf_puts(out, "}\n");
}
