/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_sets.c - what GROUP BY groups by: its keys, and with GROUPING
 * SETS, ROLLUP and CUBE which of them each set has, as bits. GROUPING() and
 * its kin are then a question about the number of a row's set.
 */
#include <string.h>

#include "base/check.h"
#include "parser/binder.h"

#define SETS_MAX 1024 /* of one GROUP BY: each row is counted once for each */
#define KEYS_MAX 63   /* that sets choose from; GROUPING() is a BIGINT */

struct sets {
	unsigned n;
	uint64_t *set;
};

struct sets_builder {
	struct bind *b;
	struct scope scope;
	struct grouping *g;
	bool sets; /* bits are of use */
};

bool
bind_same_key(const struct expr *a, const struct expr *b)
{
	if (a->kind == EXPR_COLUMN && b->kind == EXPR_COLUMN)
		return a->column == b->column;
	return expr_equal(a, b);
}

/* ---- keys ---- */

static bool
is_alias(const struct ast_query *q, const struct ast_expr *e)
{
	for (const struct ast_select_item *i = q->items; i; i = i->next)
		if (e->kind == AST_COLUMN && e->name.nparts == 1 && i->alias &&
		    strcmp(i->alias, e->name.part[0]) == 0)
			return true;
	return false;
}

static int
check_key(struct sets_builder *sb, const struct ast_expr *ast,
	  const struct expr *e)
{
	if (e->type.kind == TYPE_NULL)
		return bind_error(sb->b, ast->at, ERR_UNTYPED_NULL,
				  "the type of NULL is not known here: write "
				  "CAST(NULL AS ...)");
	if (e->kind == EXPR_LITERAL && type_is_integer(e->type))
		bind_notice(sb->b, arena_printf(
			sb->b->a, "GROUP BY %lld groups by that number, which "
			"all rows share: columns are named, not numbered",
			(long long)e->value.i64));
	return 0;
}

/* The key, unless there is one like it already, is in the set. */
static int
put_key(struct sets_builder *sb, struct expr *e, struct span at, uint64_t *set)
{
	struct grouping *g = sb->g;
	unsigned k;

	for (k = 0; k < g->nkeys && !bind_same_key(g->keys[k], e); k++)
		;
	if (k == g->nkeys) {
		g->keys[k] = e;
		g->key_at[g->nkeys++] = at;
	}
	if (!sb->sets)
		return 0;
	if (k >= KEYS_MAX)
		return bind_error(sb->b, at, ERR_LIMIT,
				  "grouping sets choose from at most %d keys",
				  KEYS_MAX);
	*set |= UINT64_C(1) << k;
	return 0;
}

static int
add_key(struct sets_builder *sb, const struct ast_expr *ast, uint64_t *set)
{
	struct expr *e, *end;
	int rc = bind_window_key(sb->b, sb->scope.rel, ast, &e, &end);

	if (rc < 0)
		return -1;
	if (rc > 0)
		return put_key(sb, e, ast->at, set) < 0
			? -1 : put_key(sb, end, ast->at, set);
	if (bind_expr(sb->b, &sb->scope, ast, &e) < 0) {
		if (sb->b->err->code == ERR_UNKNOWN_COLUMN &&
		    is_alias(sb->g->q, ast))
			error_hint(sb->b->err, "GROUP BY takes no aliases: "
				   "repeat the expression");
		return -1;
	}
	if (check_key(sb, ast, e) < 0)
		return -1;
	return put_key(sb, e, ast->at, set);
}

static int
add_keys(struct sets_builder *sb, const struct ast_expr *list, uint64_t *set)
{
	for (; list; list = list->next)
		if (add_key(sb, list, set) < 0)
			return -1;
	return 0;
}

/* ---- sets ---- */

static int
sets_reserve(struct sets_builder *sb, struct span at, uint64_t n,
	     struct sets *ret)
{
	if (n > SETS_MAX) {
		bind_error(sb->b, at, ERR_LIMIT, "more than %d grouping sets",
			   SETS_MAX);
		error_note(sb->b->err, "CUBE over n columns has 2 to the power "
			   "of n of them");
		return -1;
	}
	*ret = (struct sets){ .set = arena_array(sb->b->a, n, uint64_t) };
	return 0;
}

static unsigned
count_items(const struct ast_group_item *list)
{
	unsigned n = 0;

	for (; list; list = list->next)
		n++;
	return n;
}

static int
sets_of_item(struct sets_builder *sb, const struct ast_group_item *item,
	     struct sets *ret);

/* The parts of ROLLUP and CUBE. */
static int
parts_of(struct sets_builder *sb, const struct ast_group_item *item,
	 unsigned *ret_n, uint64_t **ret)
{
	unsigned n = 0;

	*ret_n = count_items(item->items);
	*ret = arena_array(sb->b->a, *ret_n, uint64_t);
	for (const struct ast_group_item *i = item->items; i; i = i->next)
		if (add_keys(sb, i->keys, &(*ret)[n++]) < 0)
			return -1;
	return 0;
}

/* (a, b, c), (a, b), (a), () */
static int
rollup(struct sets_builder *sb, const struct ast_group_item *item,
       struct sets *ret)
{
	uint64_t *parts;
	unsigned n;

	if (parts_of(sb, item, &n, &parts) < 0 ||
	    sets_reserve(sb, item->at, n + 1, ret) < 0)
		return -1;
	for (unsigned len = n + 1; len-- > 0;) {
		uint64_t set = 0;

		for (unsigned i = 0; i < len; i++)
			set |= parts[i];
		ret->set[ret->n++] = set;
	}
	return 0;
}

/* Each choice of parts, from all of them to none. */
static int
cube(struct sets_builder *sb, const struct ast_group_item *item,
     struct sets *ret)
{
	uint64_t *parts;
	unsigned n;

	if (parts_of(sb, item, &n, &parts) < 0 ||
	    sets_reserve(sb, item->at, n < 32 ? UINT64_C(1) << n : SETS_MAX + 1,
			 ret) < 0)
		return -1;
	for (unsigned choice = 1u << n; choice-- > 0;) {
		uint64_t set = 0;

		for (unsigned i = 0; i < n; i++)
			if (choice >> (n - 1 - i) & 1)
				set |= parts[i];
		ret->set[ret->n++] = set;
	}
	return 0;
}

static int
one_after_the_other(struct sets_builder *sb, const struct ast_group_item *item,
		    struct sets *ret)
{
	*ret = (struct sets){ 0 };
	for (const struct ast_group_item *i = item->items; i; i = i->next) {
		struct sets more, all;

		if (sets_of_item(sb, i, &more) < 0 ||
		    sets_reserve(sb, item->at, ret->n + more.n, &all) < 0)
			return -1;
		for (unsigned k = 0; k < ret->n; k++)
			all.set[all.n++] = ret->set[k];
		for (unsigned k = 0; k < more.n; k++)
			all.set[all.n++] = more.set[k];
		*ret = all;
	}
	return 0;
}

static int
sets_of_item(struct sets_builder *sb, const struct ast_group_item *item,
	     struct sets *ret)
{
	switch (item->kind) {
	case AST_GROUP_SET:
		if (sets_reserve(sb, item->at, 1, ret) < 0)
			return -1;
		ret->n = 1;
		return add_keys(sb, item->keys, &ret->set[0]);
	case AST_GROUP_SETS:
		return one_after_the_other(sb, item, ret);
	case AST_GROUP_ROLLUP:
		return rollup(sb, item, ret);
	case AST_GROUP_CUBE:
		return cube(sb, item, ret);
	}
	return -1;
}

/* GROUP BY a, ROLLUP (b): each set of one with each set of the other. */
static int
multiply(struct sets_builder *sb, struct span at, const struct sets *by,
	 struct sets *sets)
{
	struct sets all;

	if (sets_reserve(sb, at, (uint64_t)sets->n * by->n, &all) < 0)
		return -1;
	for (unsigned i = 0; i < sets->n; i++)
		for (unsigned k = 0; k < by->n; k++)
			all.set[all.n++] = sets->set[i] | by->set[k];
	*sets = all;
	return 0;
}

static void
drop_equal(struct sets *sets)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sets->n; i++) {
		unsigned k;

		for (k = 0; k < n && sets->set[k] != sets->set[i]; k++)
			;
		if (k == n)
			sets->set[n++] = sets->set[i];
	}
	sets->n = n;
}

/* ---- GROUP BY ---- */

static unsigned
count_keys(const struct ast_group_item *list)
{
	unsigned n = 0;

	for (; list; list = list->next) {
		n += count_keys(list->items);
		for (const struct ast_expr *e = list->keys; e; e = e->next)
			n++;
	}
	return n;
}

static bool
has_sets(const struct ast_query *q)
{
	for (const struct ast_group_item *i = q->group_by; i; i = i->next)
		if (i->kind != AST_GROUP_SET)
			return true;
	return false;
}

int
bind_group_keys(struct bind *b, const struct rel *rel, struct grouping *g)
{
	struct sets_builder sb = {
		.b = b, .g = g, .sets = has_sets(g->q),
		.scope = { .rel = rel, .clause = "GROUP BY" },
	};
	unsigned n = 2 * count_keys(g->q->group_by); /* a window is two */
	uint64_t none = 0;
	struct sets all = { .n = 1, .set = &none };

	g->keys = arena_array(b->a, n, struct expr *);
	g->key_at = arena_array(b->a, n, struct span);
	for (const struct ast_group_item *i = g->q->group_by; i; i = i->next) {
		struct sets sets;

		if (sets_of_item(&sb, i, &sets) < 0 ||
		    multiply(&sb, i->at, &sets, &all) < 0)
			return -1;
	}
	if (g->q->group_distinct)
		drop_equal(&all);
	if (all.n == 1)
		return 0;
	g->nsets = all.n;
	g->sets = all.set;
	return 0;
}

bool
grouping_has(const struct grouping *g, unsigned k)
{
	for (unsigned i = 0; i < g->nsets; i++)
		if (!(g->sets[i] >> k & 1))
			return false;
	return true;
}

/* ---- GROUPING(), GROUPING_ID(), GROUP_ID() ---- */

static struct expr *
integer_literal(struct bind *b, enum type_kind kind, int64_t v, struct span at)
{
	struct expr *e = arena_new(b->a, struct expr);

	e->kind = EXPR_LITERAL;
	e->type = TYPE_OF(kind);
	e->type.nullable = false;
	e->value.i64 = v;
	e->at = at;
	return e;
}

/* Which keys the arguments are. */
static int
find_arguments(struct bind *b, const struct grouping *g, const struct expr *e,
	       unsigned *ret)
{
	for (unsigned i = 0; i < e->nargs; i++) {
		unsigned k;

		for (k = 0; k < g->nkeys &&
			    !bind_same_key(g->keys[k], e->args[i]); k++)
			;
		if (k == g->nkeys)
			return bind_error(b, e->args[i]->at, ERR_NOT_GROUPED,
					  "%s asks about a key: this does not "
					  "stand in GROUP BY",
					  function_get(e->function)->name);
		ret[i] = k;
	}
	return 0;
}

/* What the call answers for rows of set number s. */
static int64_t
answer_of(const struct grouping *g, const struct expr *e, const unsigned *key,
	  unsigned s)
{
	int64_t v = 0;

	if (e->function == FN_GROUP_ID) {
		for (unsigned i = 0; i < s; i++)
			v += g->sets[i] == g->sets[s];
		return v;
	}
	for (unsigned i = 0; i < e->nargs; i++)
		v = v << 1 | !(g->sets[s] >> key[i] & 1);
	return v;
}

/* CASE WHEN set IN (...) THEN v ... ELSE the first set's answer END */
static int
case_of_sets(struct bind *b, const struct grouping *g, const struct expr *e,
	     struct expr *set, const int64_t *answer, struct expr **ret)
{
	struct expr **arms = arena_array(b->a, 2 * g->nsets + 1, struct expr *);
	struct type type = TYPE_OF(TYPE_BIGINT);
	unsigned n = 0;

	type.nullable = false;
	for (unsigned s = 1; s < g->nsets; s++) {
		struct expr **in = arena_array(b->a, g->nsets + 1,
					       struct expr *);
		unsigned nin = 0, first;

		for (first = 0; answer[first] != answer[s]; first++)
			;
		if (first < s)
			continue; /* has its arm, or is the ELSE */
		in[nin++] = set;
		for (unsigned i = s; i < g->nsets; i++)
			if (answer[i] == answer[s])
				in[nin++] = integer_literal(b, TYPE_INT, i,
							    e->at);
		if (bind_make_call(b, FN_IN, e->at, e->at, nin, in,
				   &arms[n++]) < 0)
			return -1;
		arms[n++] = integer_literal(b, TYPE_BIGINT, answer[s], e->at);
	}
	arms[n++] = integer_literal(b, TYPE_BIGINT, answer[0], e->at);
	*ret = n == 1 ? arms[0]
		      : expr_call(FN_CASE, type, e->at, n, arms, b->a);
	return 0;
}

int
bind_grouping_call(struct bind *b, const struct grouping *g,
		   const struct expr *e, struct expr *set, struct expr **ret)
{
	unsigned *key = arena_array(b->a, e->nargs + 1u, unsigned);
	int64_t *answer = arena_array(b->a, g->nsets + 1, int64_t);

	if (find_arguments(b, g, e, key) < 0)
		return -1;
	for (unsigned s = 0; s < g->nsets; s++)
		answer[s] = answer_of(g, e, key, s);
	if (g->nsets > 0)
		return case_of_sets(b, g, e, set, answer, ret);
	*ret = integer_literal(b, TYPE_BIGINT, 0, e->at);
	return 0;
}
