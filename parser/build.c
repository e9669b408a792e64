/* SPDX-License-Identifier: Apache-2.0
 * parser/build.c - the nodes that the rules of the grammar make: expressions,
 * names, lists and types. Every list has its limit and every expression its
 * height, so that nobody who walks a tree has to fear for the stack.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

/* ---- names and lists ---- */

struct ast_name
name_begin(struct reader *r, struct token part)
{
	return (struct ast_name){
		.at = part.at,
		.nparts = 1,
		.part = { reader_name(r, part) },
		.part_at = { part.at },
	};
}

struct ast_name
name_append(struct reader *r, struct ast_name name, struct token part)
{
	if (name.nparts == ARRAY_LEN(name.part)) {
		reader_fail(r, ERR_SYNTAX, part.at,
			    "a name has at most %d parts",
			    AST_NAME_PARTS_MAX);
		return name;
	}
	name.part[name.nparts] = reader_name(r, part);
	name.part_at[name.nparts++] = part.at;
	name.at = span_join(name.at, part.at);
	return name;
}

static void
check_count(struct reader *r, unsigned n, struct span at, const char *what)
{
	if (n > r->parse->limits.list_max)
		reader_fail(r, ERR_LIST_TOO_LONG, at,
			    "a list of more than %u %s", r->parse->limits.list_max, what);
}

struct expr_list
expr_list_add(struct reader *r, struct expr_list list, struct ast_expr *e,
	      const char *what)
{
	if (list.last)
		list.last->next = e;
	else
		list.first = e;
	list.last = e;
	list.at = span_join(list.at, e->at);
	check_count(r, ++list.n, e->at, what);
	return list;
}

struct expr_list
expr_list_of(struct reader *r, struct ast_expr *a, struct ast_expr *b,
	     struct ast_expr *c)
{
	struct ast_expr *const e[] = { a, b, c };
	struct expr_list list = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(e) && e[i]; i++)
		list = expr_list_add(r, list, e[i], "arguments");
	return list;
}

struct option_list
option_list_add(struct reader *r, struct option_list list, struct text key,
		struct text value)
{
	struct ast_option *o = arena_new(reader_arena(r), struct ast_option);

	o->key = key.data;
	o->key_at = key.at;
	o->value = value.data;
	o->value_at = value.at;
	if (list.last)
		list.last->next = o;
	else
		list.first = o;
	list.last = o;
	list.at = span_join(list.at, span_join(key.at, value.at));
	check_count(r, ++list.n, key.at, "options");
	return list;
}

struct item_list
item_list_add(struct reader *r, struct item_list list, struct ast_expr *e,
	      struct alias alias)
{
	struct ast_select_item *item = arena_new(reader_arena(r),
						 struct ast_select_item);

	item->expr = e;
	item->alias = alias.name;
	item->alias_at = alias.at;
	if (alias.name && e->kind == AST_STAR)
		reader_fail(r, ERR_SYNTAX, alias.at,
			    "* stands for many columns and cannot have an "
			    "alias");
	if (list.last)
		list.last->next = item;
	else
		list.first = item;
	list.last = item;
	list.at = span_join(list.at, span_join(e->at, alias.at));
	check_count(r, ++list.n, e->at, "columns");
	return list;
}

struct insert_list
insert_list_add(struct reader *r, struct insert_list list,
		struct ast_insert *insert)
{
	if (list.last)
		list.last->next = insert;
	else
		list.first = insert;
	list.last = insert;
	check_count(r, ++list.n, insert->at, "statements");
	return list;
}

/* ---- expressions ---- */

static struct ast_expr *
expr_new(struct reader *r, enum ast_expr_kind kind, struct span at)
{
	struct ast_expr *e = arena_new(reader_arena(r), struct ast_expr);

	e->kind = kind;
	e->at = at;
	e->op_at = at;
	e->height = 1;
	return e;
}

/* Gives e an array of n arguments, of which the caller fills in the rest. */
static void
expr_args(struct reader *r, struct ast_expr *e, unsigned n)
{
	e->nargs = n;
	e->args = arena_array(reader_arena(r), n ? n : 1, struct ast_expr *);
}

/* Puts `arg` under e, which grows over it. */
static void
expr_put(struct reader *r, struct ast_expr *e, unsigned i, struct ast_expr *arg)
{
	e->args[i] = arg;
	if (!arg)
		return;
	if (arg->height >= e->height)
		e->height = arg->height + 1;
	if (e->height > r->parse->limits.depth_max)
		reader_fail(r, ERR_TOO_DEEP, e->op_at,
			    "an expression of more than %u levels",
			    r->parse->limits.depth_max);
}

struct ast_expr *
build_column(struct reader *r, struct ast_name name)
{
	struct ast_expr *e = expr_new(r, AST_COLUMN, name.at);

	e->name = name;
	return e;
}

struct ast_expr *
build_star(struct reader *r, struct ast_name name, struct token star)
{
	struct ast_expr *e = expr_new(r, AST_STAR, span_join(name.at, star.at));

	e->name = name;
	return e;
}

struct ast_expr *
build_parens(struct ast_expr *e, struct token open, struct token close)
{
	e->at = span_join(open.at, close.at);
	return e;
}

/* -9223372036854775808: the number alone would be out of range. */
static bool
is_smallest_integer(const struct ast_expr *e)
{
	return e->kind == AST_LITERAL && e->type.kind == TYPE_BIGINT &&
	       e->value.i64 == INT64_MIN;
}

struct ast_expr *
build_unary(struct reader *r, enum ast_op op, struct token t,
	    struct ast_expr *operand)
{
	struct ast_expr *e;

	if (op == AST_NEG && is_smallest_integer(operand) &&
	    operand->at.offset == operand->op_at.offset) {
		operand->at = span_join(t.at, operand->at);
		return operand;
	}
	e = expr_new(r, AST_UNARY, span_join(t.at, operand->at));
	e->op = op;
	e->op_at = t.at;
	expr_args(r, e, 1);
	expr_put(r, e, 0, operand);
	return e;
}

/* a + b + c is one level: see ast.h. */
struct ast_expr *
build_binary(struct reader *r, enum ast_op op, struct token t,
	     struct ast_expr *a, struct ast_expr *b)
{
	struct ast_expr *e = expr_new(r, AST_BINARY, span_join(a->at, b->at));

	e->op = op;
	e->op_at = t.at;
	expr_args(r, e, 2);
	if (a->kind == AST_BINARY) {
		e->args[0] = a;
		e->height = a->height;
	} else {
		expr_put(r, e, 0, a);
	}
	expr_put(r, e, 1, b);
	return e;
}

struct ast_expr *
build_is(struct reader *r, enum ast_is what, bool negated,
	 struct ast_expr *operand, struct token is, struct token last)
{
	struct ast_expr *e = expr_new(r, AST_IS,
				      span_join(operand->at, last.at));

	e->is = what;
	e->negated = negated;
	e->op_at = span_join(is.at, last.at);
	expr_args(r, e, 1);
	expr_put(r, e, 0, operand);
	return e;
}

struct ast_expr *
build_distinct_from(struct reader *r, bool negated, struct ast_expr *a,
		    struct token is, struct ast_expr *b)
{
	struct ast_expr *e = expr_new(r, AST_IS, span_join(a->at, b->at));

	e->is = AST_IS_DISTINCT_FROM;
	e->negated = negated;
	e->op_at = is.at;
	expr_args(r, e, 2);
	expr_put(r, e, 0, a);
	expr_put(r, e, 1, b);
	return e;
}

struct ast_expr *
build_between(struct reader *r, struct token op, struct ast_expr *operand,
	      bool symmetric, struct ast_expr *low, struct ast_expr *high)
{
	struct ast_expr *e = expr_new(r, AST_BETWEEN,
				      span_join(operand->at, high->at));

	e->op_at = op.at;
	e->negated = op.kind == TK_NOT_INFIX;
	e->symmetric = symmetric;
	expr_args(r, e, 3);
	expr_put(r, e, 0, operand);
	expr_put(r, e, 1, low);
	expr_put(r, e, 2, high);
	return e;
}

/* Arguments from args[i] on. */
static void
expr_put_list(struct reader *r, struct ast_expr *e, unsigned i,
	      struct expr_list list)
{
	struct ast_expr *next;

	for (struct ast_expr *a = list.first; a; a = next) {
		next = a->next;
		a->next = NULL;
		expr_put(r, e, i++, a);
	}
}

struct ast_expr *
build_in(struct reader *r, struct token op, struct ast_expr *operand,
	 struct expr_list values, struct token close)
{
	struct ast_expr *e = expr_new(r, AST_IN,
				      span_join(operand->at, close.at));

	e->op_at = op.at;
	e->negated = op.kind == TK_NOT_INFIX;
	expr_args(r, e, values.n + 1);
	expr_put(r, e, 0, operand);
	expr_put_list(r, e, 1, values);
	return e;
}

struct ast_expr *
build_like(struct reader *r, enum ast_expr_kind kind, struct token op,
	   struct ast_expr *operand, struct ast_expr *pattern,
	   struct ast_expr *escape)
{
	struct ast_expr *e = expr_new(r, kind,
				      span_join(operand->at, pattern->at));

	if (escape)
		e->at = span_join(e->at, escape->at);
	e->op_at = op.at;
	e->negated = op.kind == TK_NOT_INFIX;
	expr_args(r, e, escape ? 3 : 2);
	expr_put(r, e, 0, operand);
	expr_put(r, e, 1, pattern);
	if (escape)
		expr_put(r, e, 2, escape);
	return e;
}

struct expr_list
build_arm(struct reader *r, struct expr_list arms, struct expr_list whens,
	  struct ast_expr *then)
{
	struct ast_expr *next;

	for (struct ast_expr *w = whens.first; w; w = next) {
		/* A node can be in one list only: each pair has its own. */
		struct ast_expr *t = arena_new(reader_arena(r),
					       struct ast_expr);

		*t = *then;
		next = w->next;
		w->next = NULL;
		arms = expr_list_add(r, arms, w, "conditions");
		arms = expr_list_add(r, arms, t, "conditions");
	}
	return arms;
}

struct ast_expr *
build_case(struct reader *r, struct token word, struct ast_expr *operand,
	   struct expr_list arms, struct ast_expr *otherwise, struct token end)
{
	struct ast_expr *e = expr_new(r, AST_CASE, span_join(word.at, end.at));

	e->op_at = word.at;
	expr_args(r, e, arms.n + 2);
	expr_put(r, e, 0, operand);
	expr_put_list(r, e, 1, arms);
	expr_put(r, e, arms.n + 1, otherwise);
	return e;
}

struct ast_expr *
build_cast(struct reader *r, struct token word, struct ast_expr *operand,
	   struct ast_type type, struct token close)
{
	struct ast_expr *e = expr_new(r, AST_CAST,
				      span_join(word.at, close.at));

	e->op_at = word.at;
	e->is_try = word.kind == TK_TRY_CAST;
	e->cast_type = type;
	expr_args(r, e, 1);
	expr_put(r, e, 0, operand);
	return e;
}

struct ast_expr *
build_interval(struct reader *r, struct token word, struct ast_expr *operand,
	       struct interval_unit unit)
{
	struct ast_expr *e = expr_new(r, AST_INTERVAL,
				      span_join(word.at, unit.at));

	e->op_at = word.at;
	e->unit = unit.from;
	expr_args(r, e, 1);
	expr_put(r, e, 0, operand);
	return e;
}

struct ast_expr *
build_call_as(struct reader *r, struct token function, const char *name,
	      struct expr_list args, struct token close)
{
	struct ast_expr *e = expr_new(r, AST_CALL,
				      span_join(function.at, close.at));

	e->op_at = function.at;
	e->function = name;
	e->braces = true;
	expr_args(r, e, args.n);
	expr_put_list(r, e, 0, args);
	return e;
}

struct ast_expr *
build_value(struct reader *r, struct token open, struct ast_query *q,
	    struct token close)
{
	struct ast_expr *e = expr_new(r, AST_QUERY,
				      span_join(open.at, close.at));

	e->query = q;
	e->height = 1 + q->height + q->exprs;
	if (e->height > r->parse->limits.depth_max)
		reader_fail(r, ERR_TOO_DEEP, e->at,
			    "a query nested more than %u levels deep",
			    r->parse->limits.depth_max);
	return e;
}

struct ast_expr *
build_call(struct reader *r, struct token function, struct expr_list args,
	   struct token close)
{
	return build_call_as(r, function, reader_name(r, function), args,
			     close);
}

struct ast_expr *
build_overlaps(struct reader *r, struct ast_expr *left, struct token op,
	       struct ast_expr *right)
{
	struct ast_expr *const period[] = { left, right };
	struct ast_expr *e = expr_new(r, AST_CALL,
				      span_join(left->at, right->at));

	e->op_at = op.at;
	e->function = "OVERLAPS";
	e->braces = true;
	expr_args(r, e, 4);
	for (unsigned i = 0; i < 2; i++) {
		if (period[i]->kind != AST_ROW || period[i]->nargs != 2) {
			reader_fail(r, ERR_SYNTAX, period[i]->at,
				    "OVERLAPS compares periods: (a, b), two "
				    "times or a time and an interval");
			return left;
		}
		expr_put(r, e, 2 * i, period[i]->args[0]);
		expr_put(r, e, 2 * i + 1, period[i]->args[1]);
	}
	return e;
}

struct ast_expr *
build_filter(struct reader *r, struct ast_expr *call, struct ast_expr *filter,
	     struct token close)
{
	call->filter = filter;
	call->at = span_join(call->at, close.at);
	if (filter->height >= call->height)
		call->height = filter->height + 1;
	if (call->height > r->parse->limits.depth_max)
		reader_fail(r, ERR_TOO_DEEP, filter->op_at,
			    "an expression of more than %u levels",
			    r->parse->limits.depth_max);
	return call;
}

struct ast_expr *
build_sort(struct reader *r, struct ast_expr *e, bool desc,
	   enum ast_nulls nulls)
{
	if (e->negated) {
		/* In a sort list `negated` says DESC: NOT becomes a node. */
		struct token t = { .kind = TK_NOT, .at = e->op_at };

		e->negated = false;
		e = build_unary(r, AST_NOT, t, e);
		e->at = e->args[0]->at;
	}
	e->negated = desc;
	e->nulls = nulls;
	return e;
}
