/* SPDX-License-Identifier: Apache-2.0
 * parser/format_types.c - which types a format has a form for, as in Flink:
 * nobody has intervals, names of JSON members are text, csv has one level of
 * arrays and rows, raw has single values of a fixed form.
 */
#include "parser/format_types.h"

#include <string.h>

static bool
is_single(struct type t)
{
	return t.kind != TYPE_NULL && !type_is_interval(t) &&
	       !type_is_nested(t);
}

static bool
has_text_keys(struct type t)
{
	return (t.kind != TYPE_MAP && t.kind != TYPE_MULTISET) ||
	       type_is_text(type_key(t));
}

static bool
json_holds(struct type t)
{
	if (!type_is_nested(t))
		return is_single(t);
	if (!has_text_keys(t))
		return false;
	for (unsigned i = 0; i < type_nfields(t); i++)
		if (!json_holds(t.fields[i].type))
			return false;
	return true;
}

static bool
csv_holds(struct type t)
{
	if (t.kind != TYPE_ARRAY && t.kind != TYPE_ROW)
		return is_single(t);
	for (unsigned i = 0; i < type_nfields(t); i++)
		if (!is_single(t.fields[i].type))
			return false;
	return true;
}

static bool
raw_holds(struct type t)
{
	return is_single(t) && t.kind != TYPE_DECIMAL && !type_is_instant(t) &&
	       t.kind != TYPE_DATE && t.kind != TYPE_TIME;
}

bool
format_holds(const char *format, struct type t)
{
	if (strcmp(format, "csv") == 0)
		return csv_holds(t);
	if (strcmp(format, "raw") == 0)
		return raw_holds(t);
	return json_holds(t);
}

const char *
format_holds_not(const char *format, struct type t)
{
	if (!type_is_nested(t))
		return NULL;
	if (strcmp(format, "csv") == 0)
		return "csv has ARRAY and ROW of single values only";
	if (strcmp(format, "raw") == 0)
		return NULL;
	return "the names in a JSON object are text: keys of a MAP and "
	       "elements of a MULTISET have to be STRING";
}
