/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_ttl.c - SELECT STATE_TTL('t' = '1 d') as a hint: how long the
 * groups of this one query live, whatever table.exec.state.ttl says of others.
 */
#include <string.h>

#include "parser/binder.h"

/* What FROM calls its only item: the alias, else the table's own name. */
static const char *
from_name(const struct ast_from *from)
{
	if (!from)
		return NULL;
	if (from->alias)
		return from->alias;
	return from->name.nparts ? from->name.part[from->name.nparts - 1]
				 : NULL;
}

static int
wrong_name(struct bind *b, const struct ast_option *o, const char *name)
{
	bind_error(b, o->key_at, ERR_UNKNOWN_TABLE,
		   "STATE_TTL names \"%s\", which FROM does not have", o->key);
	if (name)
		error_hint(b->err, "write '%s'", name);
	return -1;
}

int
bind_state_ttl(struct bind *b, const struct ast_query *q,
	       struct plan_node *node)
{
	const char *name = from_name(q->from);

	for (const struct ast_option *o = q->state_ttl; o; o = o->next) {
		int64_t us;

		if (!node || node->kind != PLAN_GROUP_AGGREGATE) {
			bind_error(b, o->key_at, ERR_INVALID_OPTION,
				   "STATE_TTL is for the groups of a GROUP BY "
				   "without windows, and this query keeps none");
			error_hint(b->err, "leave the hint out");
			return -1;
		}
		if (!name || strcmp(o->key, name) != 0)
			return wrong_name(b, o, name);
		if (!duration_parse(o->value, &us)) {
			bind_error(b, o->value_at, ERR_INVALID_OPTION,
				   "'%s' is no value for STATE_TTL", o->value);
			error_hint(b->err, "a duration such as '1 d' or "
				   "'10 min'");
			return -1;
		}
		node->group->ttl_us = us;
		node->group->has_ttl = true;
	}
	return 0;
}
