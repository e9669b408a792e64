/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_pattern.c - patterns that are literals are tried when the
 * statement is read: what cannot work for any row is the statement's error.
 */
#include "base/like_pattern.h"
#include "base/simple_date_format.h"
#include "base/time.h"
#include "base/time_pattern.h"
#include "parser/binder.h"

/* The text of an argument that is a literal, or NULL. */
static const struct str *
literal_text(const struct expr *call, unsigned arg)
{
	const struct expr *e = arg < call->nargs ? call->args[arg] : NULL;

	if (!e || e->kind != EXPR_LITERAL || e->value.is_null)
		return NULL;
	return &e->value.str;
}

static int
check_like(struct bind *b, const struct expr *e)
{
	const struct str *pattern = literal_text(e, 1);
	const struct str *escape = literal_text(e, 2);
	const struct str empty = str_ref("", 0);
	const struct like_pattern *p;

	if (!escape)
		return 0;
	p = like_pattern_create(&empty, escape, b->a);
	if (p->problem)
		return bind_error(b, e->args[2]->at, ERR_INVALID_PATTERN, "%s",
				  p->problem);
	p = pattern ? like_pattern_create(pattern, escape, b->a) : p;
	if (p->problem)
		return bind_error(b, e->args[1]->at, ERR_INVALID_PATTERN, "%s",
				  p->problem);
	return 0;
}

static int
check_format(struct bind *b, const struct expr *e)
{
	const struct str *format = literal_text(e, 1);
	const struct time_pattern *p;

	if (!format)
		return 0;
	p = time_pattern_create(str_data(format), format->len, b->a);
	if (p->problem)
		return bind_error(b, e->args[1]->at, ERR_INVALID_PATTERN, "%s",
				  p->problem);
	if (e->function == FN_DATE_FORMAT && p->reads_only)
		return bind_error(b, e->args[1]->at, ERR_INVALID_PATTERN,
				  "the format has letters of a time zone");
	if (e->function != FN_DATE_FORMAT && p->writes_only)
		return bind_error(b, e->args[1]->at, ERR_INVALID_PATTERN,
				  "the format has letters that cannot be read, "
				  "such as weeks");
	return 0;
}

/* Formats of SimpleDateFormat; reads: texts are read by it. */
static int
check_simple_format(struct bind *b, const struct expr *e, bool reads)
{
	const struct str *format = literal_text(e, 1);
	const struct simple_date_format *f;

	if (!format)
		return 0;
	f = simple_date_create(str_data(format), format->len, b->a);
	if (simple_date_problem(f))
		return bind_error(b, e->args[1]->at, ERR_INVALID_PATTERN, "%s",
				  simple_date_problem(f));
	if (reads && simple_date_writes_only(f))
		return bind_error(b, e->args[1]->at, ERR_INVALID_PATTERN,
				  "the format has letters that cannot be read, "
				  "such as weeks");
	return 0;
}

/* Names of zones in arguments from, ... 2. */
static int
check_zones(struct bind *b, const struct expr *e, unsigned from)
{
	for (unsigned i = from; i < 3; i++) {
		const struct str *name = literal_text(e, i);
		const char *text;

		if (!name)
			continue;
		text = arena_strndup(b->a, str_data(name), name->len);
		if (!zone_get(text))
			return bind_error(b, e->args[i]->at,
					  ERR_INVALID_ARGUMENT,
					  "there is no time zone '%s'", text);
	}
	return 0;
}

/* PRINTF writes what Java's own types hold. */
static int
check_printed(struct bind *b, const struct expr *e)
{
	char name[TYPE_NAME_MAX];

	for (unsigned i = 1; i < e->nargs; i++) {
		struct type t = e->args[i]->type;

		if (type_is_numeric(t) || type_is_text(t) ||
		    t.kind == TYPE_BOOLEAN)
			continue;
		t.nullable = true;
		bind_error(b, e->args[i]->at, ERR_ARGUMENTS,
			   "PRINTF writes numbers, texts and BOOLEANs, this is "
			   "%s", type_name(t, name));
		error_hint(b->err, "CAST it to STRING");
		return -1;
	}
	return 0;
}

int
bind_check_patterns(struct bind *b, const struct expr *call)
{
	switch (call->function) {
	case FN_LIKE:
		return check_like(b, call);
	case FN_DATE_FORMAT:
		if (type_is_text(call->args[0]->type))
			return check_simple_format(b, call, false);
		return check_format(b, call);
	case FN_TO_TIMESTAMP:
		return check_format(b, call);
	case FN_TO_TIMESTAMP_LTZ:
		if (!type_is_text(call->args[0]->type))
			return 0;
		return check_format(b, call) < 0 ? -1 : check_zones(b, call, 2);
	case FN_FROM_UNIXTIME:
		return check_simple_format(b, call, false);
	case FN_UNIX_TIMESTAMP:
	case FN_TO_DATE:
		return check_simple_format(b, call, true);
	case FN_CONVERT_TZ:
		return check_zones(b, call, 1);
	case FN_PRINTF:
		return check_printed(b, call);
	case FN_EXTRACT:
	case FN_FLOOR:
	case FN_CEIL:
	case FN_TIMESTAMPDIFF:
		return bind_check_unit(b, call);
	default:
		return 0;
	}
}
