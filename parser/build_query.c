/* SPDX-License-Identifier: Apache-2.0
 * parser/build_query.c - the nodes of queries: SELECT, UNION, VALUES, what
 * stands in FROM, and the window functions, whose arguments come by position
 * or by name and leave here in their places.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

/* ---- queries ---- */

static struct ast_query *
query_new(struct reader *r, enum ast_query_kind kind, struct span at)
{
	struct ast_query *q = arena_new(reader_arena(r), struct ast_query);

	q->kind = kind;
	q->at = at;
	q->height = 1;
	return q;
}

/* Puts `inner` somewhere under q, which grows over it. */
static void
query_put(struct reader *r, struct ast_query *q, const struct ast_query *inner)
{
	if (inner->height >= q->height)
		q->height = inner->height + 1;
	if (inner->exprs > q->exprs)
		q->exprs = inner->exprs;
	if (q->height > r->parse->limits.depth_max)
		reader_fail(r, ERR_TOO_DEEP, inner->at,
			    "a query nested more than %u levels deep",
			    r->parse->limits.depth_max);
}

static void
query_put_from(struct reader *r, struct ast_query *q, struct ast_from *from)
{
	q->from = from;
	if (from->query)
		query_put(r, q, from->query);
	if (from->table && from->table->query)
		query_put(r, q, from->table->query);
}

/* Expressions of the query itself. */
static void
query_put_exprs(struct ast_query *q, const struct ast_expr *list)
{
	for (; list; list = list->next)
		if (list->height > q->exprs)
			q->exprs = list->height;
}

struct ast_query *
build_select(struct reader *r, struct token word,
	     struct option_list state_ttl, bool distinct,
	     struct item_list items)
{
	struct ast_query *q = query_new(r, AST_SELECT,
					span_join(word.at, items.at));

	q->state_ttl = state_ttl.first;
	q->distinct = distinct;
	q->items = items.first;
	for (const struct ast_select_item *i = items.first; i; i = i->next)
		if (i->expr->height > q->exprs)
			q->exprs = i->expr->height;
	return q;
}

struct ast_query *
build_select_from(struct reader *r, struct ast_query *q, struct ast_from *from,
		  struct ast_expr *where, struct group_list group_by,
		  struct ast_expr *having)
{
	query_put_from(r, q, from);
	q->where = where;
	query_put_exprs(q, where);
	query_put_exprs(q, having);
	q->has_group_by = group_by.n > 0;
	q->group_distinct = group_by.distinct;
	q->group_by = group_by.first;
	q->having = having;
	q->at = span_join(q->at, from->at);
	if (where)
		q->at = span_join(q->at, where->at);
	q->at = span_join(q->at, group_by.at);
	if (having)
		q->at = span_join(q->at, having->at);
	return q;
}

struct group_list
group_list_add(struct reader *r, struct group_list list,
	       struct ast_group_item *item)
{
	if (list.last)
		list.last->next = item;
	else
		list.first = item;
	list.last = item;
	list.at = span_join(list.at, item->at);
	if (++list.n > r->parse->limits.list_max)
		reader_fail(r, ERR_LIMIT, item->at,
			    "a list of more than %u groupings",
			    r->parse->limits.list_max);
	return list;
}

struct ast_group_item *
build_group_set(struct reader *r, struct expr_list keys, struct token open,
		struct token close)
{
	struct ast_group_item *i = arena_new(reader_arena(r),
					     struct ast_group_item);

	i->kind = AST_GROUP_SET;
	i->keys = keys.first;
	i->at = span_join(span_join(open.at, keys.at), close.at);
	return i;
}

struct ast_group_item *
build_group_expr(struct reader *r, struct ast_expr *e)
{
	struct token none = { .kind = 0 };
	struct expr_list keys = { 0 };

	if (e->kind != AST_ROW || *reader_text(r, e->at) != '(') {
		keys = expr_list_add(r, keys, e, "expressions");
		return build_group_set(r, keys, none, none);
	}
	for (unsigned i = 0; i < e->nargs; i++)
		keys = expr_list_add(r, keys, e->args[i], "expressions");
	keys.last->next = NULL;
	keys.at = e->at;
	return build_group_set(r, keys, none, none);
}

struct ast_group_item *
build_group_item(struct reader *r, struct token word, struct group_list items,
		 struct token close)
{
	struct ast_group_item *i = arena_new(reader_arena(r),
					     struct ast_group_item);

	i->kind = word.kind == TK_ROLLUP ? AST_GROUP_ROLLUP
		: word.kind == TK_CUBE ? AST_GROUP_CUBE : AST_GROUP_SETS;
	i->items = items.first;
	i->at = span_join(word.at, close.at);
	return i;
}

struct ast_query *
build_select_star(struct reader *r, struct span at, struct ast_from *from)
{
	struct token star = { .kind = TK_STAR, .at = at };
	struct ast_query *q = query_new(r, AST_SELECT, at);
	struct item_list items = item_list_add(r, (struct item_list){ 0 },
		build_star(r, (struct ast_name){ 0 }, star),
		(struct alias){ 0 });

	q->items = items.first;
	query_put_from(r, q, from);
	return q;
}

struct ast_query *
build_set(struct reader *r, enum ast_query_kind kind, struct ast_query *left,
	  bool all, struct ast_query *right)
{
	struct ast_query *u = left;
	struct ast_query **end;
	unsigned n = 1;

	if (kind != AST_UNION || left->kind != kind || left->all != all ||
	    left->parens) {
		u = query_new(r, kind, left->at);
		u->all = all;
		u->branches = left;
		query_put(r, u, left);
	}
	query_put(r, u, right);
	for (end = &u->branches; *end; end = &(*end)->next)
		n++;
	*end = right;
	u->at = span_join(u->at, right->at);
	if (n > r->parse->limits.list_max)
		reader_fail(r, ERR_LIST_TOO_LONG, right->at,
			    "a UNION of more than %u queries",
			    r->parse->limits.list_max);
	return u;
}

struct with_list
with_list_add(struct reader *r, struct with_list list, struct token name,
	      struct expr_list columns, struct ast_query *q,
	      struct token close)
{
	struct ast_with *w = arena_new(reader_arena(r), struct ast_with);

	w->name = reader_name(r, name);
	w->name_at = name.at;
	w->columns = columns.first;
	w->query = q;
	for (const struct ast_with *i = list.first; i; i = i->next)
		if (strcmp(i->name, w->name) == 0)
			reader_fail(r, ERR_DUPLICATE, name.at,
				    "WITH names \"%s\" twice", w->name);
	if (list.last)
		list.last->next = w;
	else
		list.first = w;
	list.last = w;
	list.at = span_join(list.at, span_join(name.at, close.at));
	if (++list.n > r->parse->limits.list_max)
		reader_fail(r, ERR_LIMIT, name.at,
			    "a list of more than %u queries in WITH",
			    r->parse->limits.list_max);
	return list;
}

struct ast_query *
build_with(struct reader *r, struct token word, struct with_list list,
	   struct ast_query *q)
{
	unsigned height = 0;

	if (q->with) { /* WITH a AS (...) (WITH b AS (...) SELECT ...) */
		struct ast_from *from = arena_new(reader_arena(r),
						  struct ast_from);

		from->kind = AST_FROM_QUERY;
		from->at = q->at;
		from->query = q;
		q = build_select_star(r, q->at, from);
	}
	for (const struct ast_with *w = list.first; w; w = w->next)
		if (w->query->height > height)
			height = w->query->height;
	/* One of them may read the one before: they lie upon each other. */
	q->with = list.first;
	q->height += height + list.n;
	for (const struct ast_with *w = list.first; w; w = w->next)
		if (w->query->exprs > q->exprs)
			q->exprs = w->query->exprs;
	q->at = span_join(word.at, q->at);
	if (q->height > r->parse->limits.depth_max)
		reader_fail(r, ERR_LIMIT, q->at,
			    "a query nested more than %u levels deep",
			    r->parse->limits.depth_max);
	return q;
}

struct ast_query *
build_values(struct reader *r, struct token word, struct expr_list rows)
{
	struct ast_query *q = query_new(r, AST_VALUES_QUERY,
					span_join(word.at, rows.at));

	q->rows = rows.first;
	for (struct ast_expr *row = rows.first; row; row = row->next)
		if (row->nargs != rows.first->nargs)
			reader_fail(r, ERR_COLUMN_COUNT, row->at,
				    "the rows of VALUES differ in length: "
				    "%u here, %u in the first", row->nargs,
				    rows.first->nargs);
	return q;
}

struct ast_query *
build_tail(struct reader *r, struct ast_query *q, struct expr_list order,
	   struct limit limit)
{
	if (order.n == 0 && limit.at.length == 0)
		return q;
	if (q->order_by || q->limit_at.length) {
		/* (SELECT ... LIMIT 5) ORDER BY x: the inner one is done
		 * before the outer one begins. */
		struct ast_from *from = arena_new(reader_arena(r),
						  struct ast_from);

		from->kind = AST_FROM_QUERY;
		from->at = q->at;
		from->query = q;
		q = build_select_star(r, q->at, from);
	}
	q->order_by = order.first;
	query_put_exprs(q, order.first);
	q->order_at = order.at;
	q->at = span_join(q->at, order.at);
	q->limit = limit.count;
	q->offset = limit.offset;
	q->limit_at = limit.at;
	q->at = span_join(q->at, limit.whole);
	return q;
}

/* ---- FROM ---- */

struct ast_from *
build_table(struct reader *r, struct ast_name name, struct option_list hints)
{
	struct ast_from *f = arena_new(reader_arena(r), struct ast_from);

	f->kind = AST_FROM_TABLE;
	f->at = name.at;
	f->name = name;
	f->hints = hints.first;
	return f;
}

struct ast_from *
build_subquery(struct reader *r, struct token open, struct ast_query *q,
	       struct token close)
{
	struct ast_from *f = arena_new(reader_arena(r), struct ast_from);

	f->kind = AST_FROM_QUERY;
	f->at = span_join(open.at, close.at);
	f->query = q;
	return f;
}

struct ast_from *
build_alias(struct ast_from *from, struct alias alias)
{
	from->alias = alias.name;
	from->alias_at = alias.at;
	from->columns = alias.columns.first;
	from->at = span_join(from->at, span_join(alias.at, alias.columns.at));
	return from;
}

/* ---- window functions ---- */

enum slot { DATA, TIMECOL, SLIDE, SIZE, OFFSET, SLOTS };

static const struct window_form {
	const char *name;
	enum ast_window_kind kind;
	const char *form;
	const char *slide; /* what SLIDE is called here */
	const char *size;  /* and SIZE */
	unsigned required; /* slots; those behind may be left out */
	unsigned nslots;
	enum slot slots[SLOTS];
} window_forms[] = {
	{ "TUMBLE", AST_TUMBLE,
	  "TUMBLE(TABLE t, DESCRIPTOR(time_column), size [, offset])", NULL,
	  "SIZE", 3, 4, { DATA, TIMECOL, SIZE, OFFSET } },
	{ "HOP", AST_HOP,
	  "HOP(TABLE t, DESCRIPTOR(time_column), slide, size [, offset])",
	  "SLIDE", "SIZE", 4, 5, { DATA, TIMECOL, SLIDE, SIZE, OFFSET } },
	{ "CUMULATE", AST_CUMULATE,
	  "CUMULATE(TABLE t, DESCRIPTOR(time_column), step, size [, offset])",
	  "STEP", "SIZE", 4, 5, { DATA, TIMECOL, SLIDE, SIZE, OFFSET } },
	{ "SESSION", AST_SESSION,
	  "SESSION(TABLE t [PARTITION BY k], DESCRIPTOR(time_column), gap)",
	  NULL, "GAP", 3, 3, { DATA, TIMECOL, SIZE } },
};

static const struct window_form *
window_form(struct reader *r, struct token name)
{
	for (size_t i = 0; i < ARRAY_LEN(window_forms); i++)
		if (reader_is(r, name, window_forms[i].name))
			return &window_forms[i];
	return NULL;
}

void
build_window_name(struct reader *r, struct token name)
{
	static const char *const names[] = { "TUMBLE", "HOP", "CUMULATE",
					     "SESSION" };
	const char *near;

	if (window_form(r, name))
		return;
	if (!reader_fail(r, ERR_UNKNOWN_FUNCTION, name.at,
			 "there is no table function \"%s\"",
			 reader_name(r, name)))
		return;
	near = error_nearest(reader_name(r, name), names, ARRAY_LEN(names));
	if (near)
		error_hint(r->err, "did you mean %s?", near);
	error_note(r->err, "table functions: TUMBLE, HOP, CUMULATE, "
		   "SESSION");
}

struct window_args
window_args_add(struct reader *r, struct window_args args, struct token name,
		struct window_arg arg)
{
	struct window_arg *a = arena_new(reader_arena(r), struct window_arg);

	*a = arg;
	a->name = name;
	a->at = span_join(name.at, arg.at);
	if (args.last)
		args.last->next = a;
	else
		args.first = a;
	args.last = a;
	if (++args.n > r->parse->limits.list_max)
		reader_fail(r, ERR_LIST_TOO_LONG, a->at,
			    "a list of more than %u arguments",
			    r->parse->limits.list_max);
	return args;
}

static void
window_fail(struct reader *r, const struct window_form *w, struct span at,
	    const char *problem)
{
	if (reader_fail(r, ERR_ARGUMENTS, at, "%s: %s", w->name, problem))
		error_note(r->err, "%s", w->form);
}

static const char *
slot_name(const struct window_form *w, enum slot slot)
{
	static const char *const names[SLOTS] = {
		[DATA] = "DATA", [TIMECOL] = "TIMECOL", [OFFSET] = "OFFSET",
	};

	if (slot == SLIDE || slot == SIZE)
		return slot == SLIDE ? w->slide : w->size;
	return names[slot];
}

/* The place of argument number i. */
static enum slot
window_slot(struct reader *r, const struct window_form *w,
	    const struct window_arg *a, unsigned i)
{
	const char *name;

	if (a->name.kind == 0)
		return i < w->nslots ? w->slots[i] : SLOTS;
	name = reader_name(r, a->name);
	for (unsigned s = 0; s < w->nslots; s++)
		if (strcasecmp(name, slot_name(w, w->slots[s])) == 0)
			return w->slots[s];
	return SLOTS;
}

/* Sorts the arguments into their slots. */
static bool
window_sort(struct reader *r, const struct window_form *w,
	    struct window_args args, struct window_arg *slots[SLOTS])
{
	unsigned i = 0;

	for (struct window_arg *a = args.first; a; a = a->next, i++) {
		enum slot slot = window_slot(r, w, a, i);

		if (!a->name.kind != !args.first->name.kind)
			window_fail(r, w, a->at, "arguments stand either all "
				    "by position or all by name");
		else if (slot == SLOTS && a->name.kind == 0)
			window_fail(r, w, a->at, "an argument too many");
		else if (slot == SLOTS)
			window_fail(r, w, a->name.at,
				    "there is no argument of this name");
		else if (slots[slot])
			window_fail(r, w, a->at, "this argument is given "
				    "twice");
		else
			slots[slot] = a;
	}
	return !r->failed;
}

static void
window_check(struct reader *r, const struct window_form *w, struct token name,
	     struct window_arg *const slots[SLOTS])
{
	char missing[80];

	for (unsigned s = 0; s < w->required; s++) {
		if (slots[w->slots[s]])
			continue;
		snprintf(missing, sizeof(missing), "the argument %s is missing",
			 slot_name(w, w->slots[s]));
		window_fail(r, w, name.at, missing);
	}
	for (unsigned s = 0; s < w->nslots; s++) {
		const struct window_arg *a = slots[w->slots[s]];

		if (!a)
			continue;
		if (w->slots[s] == DATA && !a->table)
			window_fail(r, w, a->at, "the first argument is TABLE "
				    "and a table's name, or a query in "
				    "parentheses");
		else if (a->partition.n && w->kind != AST_SESSION)
			window_fail(r, w, a->partition.at, "PARTITION BY "
				    "belongs to SESSION: other windows are "
				    "the same for all rows");
		else if (w->slots[s] == TIMECOL && a->column.nparts != 1)
			window_fail(r, w, a->at, "the second argument is "
				    "DESCRIPTOR(c) with the name of the time "
				    "column");
		else if (w->slots[s] >= SLIDE && !a->expr)
			window_fail(r, w, a->at, "an interval belongs here, "
				    "such as INTERVAL '5' MINUTE");
	}
}

struct ast_from *
build_window(struct reader *r, struct token name, struct window_args args,
	     struct token close)
{
	struct ast_from *f = arena_new(reader_arena(r), struct ast_from);
	const struct window_form *w = window_form(r, name);
	struct window_arg *slots[SLOTS] = { NULL };

	f->kind = AST_FROM_WINDOW;
	f->at = span_join(name.at, close.at);
	if (!w || !window_sort(r, w, args, slots))
		return f;
	window_check(r, w, name, slots);
	if (r->failed)
		return f;
	f->window = w->kind;
	f->table = slots[DATA]->table;
	f->partition = slots[DATA]->partition.first;
	f->time_column = slots[TIMECOL]->column;
	f->size = slots[SIZE]->expr;
	f->slide = slots[SLIDE] ? slots[SLIDE]->expr : NULL;
	f->offset = slots[OFFSET] ? slots[OFFSET]->expr : NULL;
	return f;
}
