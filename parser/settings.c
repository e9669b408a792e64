/* SPDX-License-Identifier: Apache-2.0
 * parser/settings.c - SET and RESET: names and values checked against
 * parser/settings.def, so that a misspelt setting is an error and not a
 * setting that does nothing.
 */
#include "parser/settings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/parse.h"

static const struct setting_def defs[] = {
#define SETTING(key, type, values, fallback, notice, help) \
	{ key, type, values, fallback, notice, help },
#include "parser/settings.def"
};

_Static_assert(ARRAY_LEN(defs) <= SETTINGS_COUNT_MAX, "raise the maximum");

/* Flink has these; setting them would change results, so they are refused. */
static const struct {
	const char *key, *instead;
} later[] = {
	{ "execution.savepoint.path", "a job goes on from its own state" },
	{ "table.exec.source.rowtime-null-handling", "a NULL time does not "
	  "move the watermark" },
	{ "table.exec.legacy-cast-behaviour", "casts fail as in Flink 2, or "
	  "write TRY_CAST" },
	{ "table.exec.rank.topn-cache-size", "there is no Top-N yet" },
	{ "table.exec.interval-join.min-cleanup-interval", "there are no "
	  "joins yet" },
};

const struct setting_def *
setting_defs(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(defs);
	return defs;
}

void
settings_release(struct settings *s)
{
	for (size_t i = 0; i < ARRAY_LEN(defs); i++) {
		free(s->value[i]);
		s->value[i] = NULL;
	}
}

void
settings_copy(struct settings *to, const struct settings *from)
{
	*to = SETTINGS_INIT;
	for (size_t i = 0; from && i < ARRAY_LEN(defs); i++)
		if (from->value[i])
			to->value[i] = mem_strdup(from->value[i]);
}

static int
def_find(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(defs); i++)
		if (strcmp(defs[i].key, key) == 0)
			return (int)i;
	return -1;
}

static int
refuse_later(const char *key, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(later); i++) {
		if (strcmp(later[i].key, key) != 0)
			continue;
		error_set(err, ERR_UNSUPPORTED,
			  "the setting '%s' is not supported yet", key);
		error_note(err, "%s", later[i].instead);
		return -1;
	}
	return 0;
}

static int
unknown(const char *key, struct error *err)
{
	const char *names[ARRAY_LEN(defs)], *near;

	if (refuse_later(key, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(defs); i++)
		names[i] = defs[i].key;
	error_set(err, ERR_UNKNOWN_SETTING, "there is no setting '%s'", key);
	near = error_nearest(key, names, ARRAY_LEN(defs));
	if (near)
		error_hint(err, "did you mean '%s'?", near);
	return -1;
}

/* ---- values ---- */

static int
invalid(const struct setting_def *def, const char *value, const char *wanted,
	struct error *err)
{
	error_set(err, ERR_INVALID_SETTING, "'%s' is no value for '%s'", value,
		  def->key);
	error_hint(err, "%s", wanted);
	return -1;
}

static int
check_enum(const struct setting_def *def, const char *value, struct error *err)
{
	size_t len = strlen(value);

	for (const char *p = def->values; *p; p += *p == '|') {
		size_t k = strcspn(p, "|");
		bool planned = *p == '!';

		if (k - planned == len &&
		    strncasecmp(p + planned, value, len) == 0) {
			if (!planned)
				return 0;
			error_set(err, ERR_UNSUPPORTED, "'%s' = '%s' is not "
				  "supported yet", def->key, value);
			error_note(err, "values today: %.*s",
				   (int)strcspn(def->values, "!") - 1,
				   def->values);
			return -1;
		}
		p += k;
	}
	invalid(def, value, "see the values below", err);
	error_note(err, "values: %.*s", (int)strcspn(def->values, "!"),
		   def->values);
	return -1;
}

static int
check_int(const struct setting_def *def, const char *value, struct error *err)
{
	long long v;
	char *end;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0')
		return invalid(def, value, "a whole number", err);
	if (def->values && v < strtoll(def->values, NULL, 10))
		return invalid(def, value, "a larger number", err);
	return 0;
}

static int
check_double(const struct setting_def *def, const char *value,
	     struct error *err)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end != '\0' || !isfinite(v))
		return invalid(def, value, "a number", err);
	if (def->values && v < strtod(def->values, NULL))
		return invalid(def, value, "a larger number", err);
	return 0;
}

static int
check_value(const struct setting_def *def, const char *value,
	    struct error *err)
{
	int64_t us;

	switch (def->type) {
	case OPT_BOOL:
		if (strcasecmp(value, "true") == 0 ||
		    strcasecmp(value, "false") == 0)
			return 0;
		return invalid(def, value, "'true' or 'false'", err);
	case OPT_INT:
		return check_int(def, value, err);
	case OPT_DOUBLE:
		return check_double(def, value, err);
	case OPT_DURATION:
		if (duration_parse(value, &us))
			return 0;
		return invalid(def, value, "a duration such as '5 s' or "
			       "'10 min'", err);
	case OPT_ENUM:
		return check_enum(def, value, err);
	default:
		return 0;
	}
}

/* What the type alone cannot tell. */
static int
check_meaning(const struct setting_def *def, const char *value,
	      struct error *err)
{
	size_t n = strlen(value);
	int64_t us;

	if (strcmp(def->key, "table.local-time-zone") == 0 && !zone_get(value))
		return invalid(def, value, "a zone such as 'Europe/Berlin', "
			       "'UTC' or '+02:00'", err);
	if (strcmp(def->key, "pipeline.name") == 0 &&
	    (n == 0 || n > 100 ||
	     strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789._-") != n))
		return invalid(def, value, "1 to 100 of the characters A-Z a-z "
			       "0-9 . _ -", err);
	if (strcmp(def->key, "execution.checkpointing.interval") == 0 &&
	    duration_parse(value, &us) && us < 10 * US_PER_MS)
		return invalid(def, value, "at least '10 ms'", err);
	return 0;
}

int
settings_set(struct settings *s, const char *key, const char *value,
	     const char **ret_notice, struct error *err)
{
	int i = def_find(key);

	if (i < 0)
		return unknown(key, err);
	if (check_value(&defs[i], value, err) < 0 ||
	    check_meaning(&defs[i], value, err) < 0)
		return -1;
	free(s->value[i]);
	s->value[i] = mem_strdup(value);
	if (ret_notice)
		*ret_notice = defs[i].notice;
	return 0;
}

int
settings_reset(struct settings *s, const char *key, struct error *err)
{
	int i;

	if (!key) {
		settings_release(s);
		return 0;
	}
	i = def_find(key);
	if (i < 0)
		return unknown(key, err);
	free(s->value[i]);
	s->value[i] = NULL;
	return 0;
}

int
settings_apply(struct settings *s, const struct parse *p,
	       const struct ast_statement *stmt, const char **ret_notice,
	       struct error *err)
{
	int rc;

	CHECK(stmt->kind == AST_STMT_SET || stmt->kind == AST_STMT_RESET);
	*ret_notice = NULL;
	if (stmt->kind == AST_STMT_RESET) {
		rc = settings_reset(s, stmt->key, err);
		return rc < 0 ? parse_error_at(p, stmt->key_at, err) : 0;
	}
	if (!stmt->key)
		return 0; /* SET; lists them: the caller's business */
	rc = settings_set(s, stmt->key, stmt->value, ret_notice, err);
	if (rc == 0)
		return 0;
	return parse_error_at(p, def_find(stmt->key) < 0 ? stmt->key_at
							 : stmt->value_at,
			      err);
}

/* ---- reading ---- */

const char *
settings_get(const struct settings *s, const char *key)
{
	int i = def_find(key);

	CHECK(i >= 0);
	return s && s->value[i] ? s->value[i] : defs[i].fallback;
}

bool
settings_given(const struct settings *s, const char *key)
{
	int i = def_find(key);

	CHECK(i >= 0);
	return s && s->value[i];
}

bool
settings_bool(const struct settings *s, const char *key)
{
	return strcasecmp(settings_get(s, key), "true") == 0;
}

int64_t
settings_duration_us(const struct settings *s, const char *key)
{
	int64_t us;

	CHECK(duration_parse(settings_get(s, key), &us));
	return us;
}

const struct zone *
settings_zone(const struct settings *s)
{
	const struct zone *z = zone_get(settings_get(s,
						     "table.local-time-zone"));

	CHECK(z);
	return z;
}

/* A text in single quotes, as SQL has it. */
static void
put_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_putc(out, '\'');
		buf_putc(out, *text);
	}
	buf_putc(out, '\'');
}

void
settings_text(const struct settings *s, struct buf *out)
{
	for (size_t i = 0; s && i < ARRAY_LEN(defs); i++) {
		if (!s->value[i])
			continue;
		buf_puts(out, "SET ");
		put_quoted(out, defs[i].key);
		buf_puts(out, " = ");
		put_quoted(out, s->value[i]);
		buf_puts(out, ";\n");
	}
}
