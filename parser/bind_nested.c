/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_nested.c - ARRAY[..], MAP[..], ROW(..), and what reaches into
 * them: a[1], m['k'], r.f. The elements of a constructor are converted to the
 * type that all of them share.
 */
#include "base/check.h"
#include "parser/binder.h"
#include "parser/types_infer.h"

static int
untyped(struct bind *b, struct span at)
{
	return bind_error(b, at, ERR_UNTYPED_NULL, "the type of NULL is not "
			  "known here: write CAST(NULL AS ...)");
}

/* The type that args[first], args[first + step], ... share, to which they are
 * converted. `what` is "elements of ARRAY". */
static int
unify(struct bind *b, struct span at, const char *what, unsigned first,
      unsigned step, unsigned n, struct expr **args, struct type *ret)
{
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];
	struct type t = { .kind = TYPE_NULL };

	for (unsigned i = first; i < n; i += step) {
		struct type before = t;

		if (i == first)
			t = args[i]->type;
		else if (!type_common(t, args[i]->type, b->a, &t))
			return bind_error(b, args[i]->at, ERR_NO_COMMON_TYPE,
					  "the %s have no common type: %s and "
					  "%s", what, type_name(before, na),
					  type_name(args[i]->type, nb));
	}
	if (t.kind == TYPE_NULL)
		return untyped(b, at);
	for (unsigned i = first; i < n; i += step)
		if (bind_convert(b, args[i], t, &args[i]) < 0)
			return -1;
	*ret = t;
	return 0;
}

static int
constructed(struct bind *b, const struct ast_expr *ast, enum function_id f,
	    struct type t, struct expr **args, struct expr **ret)
{
	if (type_depth(t) > TYPE_DEPTH_MAX)
		return bind_error(b, ast->at, ERR_TOO_DEEP,
				  "a type of more than %d levels",
				  TYPE_DEPTH_MAX);
	t.nullable = false;
	*ret = expr_call(f, t, ast->at, ast->nargs, args, b->a);
	return 0;
}

static int
bind_array(struct bind *b, const struct ast_expr *ast, struct expr **args,
	   struct expr **ret)
{
	struct type element;

	if (ast->nargs == 0)
		return bind_error(b, ast->at, ERR_ARGUMENTS,
				  "ARRAY[] needs an element, which gives it its "
				  "type");
	if (unify(b, ast->at, "elements of ARRAY", 0, 1, ast->nargs, args,
		  &element) < 0)
		return -1;
	return constructed(b, ast, FN_ARRAY, type_array(b->a, element), args,
			   ret);
}

static int
bind_map(struct bind *b, const struct ast_expr *ast, struct expr **args,
	 struct expr **ret)
{
	struct type key, value;

	if (ast->nargs == 0 || ast->nargs % 2 != 0) {
		bind_error(b, ast->at, ERR_ARGUMENTS,
			   "MAP[...] takes keys and values in turn");
		if (ast->nargs == 1)
			error_hint(b->err, "a column of this name is written "
				   "in back-ticks: `map`[...]");
		return -1;
	}
	if (unify(b, ast->at, "keys of MAP", 0, 2, ast->nargs, args,
		  &key) < 0 ||
	    unify(b, ast->at, "values of MAP", 1, 2, ast->nargs, args,
		  &value) < 0)
		return -1;
	return constructed(b, ast, FN_MAP, type_map(b->a, key, value), args,
			   ret);
}

static int
bind_row(struct bind *b, const struct ast_expr *ast, struct expr **args,
	 struct expr **ret)
{
	struct type_field *fields = arena_array(b->a, ast->nargs,
						struct type_field);

	for (unsigned i = 0; i < ast->nargs; i++) {
		if (args[i]->type.kind == TYPE_NULL)
			return untyped(b, args[i]->at);
		fields[i].name = arena_printf(b->a, "EXPR$%u", i);
		fields[i].type = args[i]->type;
	}
	return constructed(b, ast, FN_ROW, type_row(b->a, ast->nargs, fields),
			   args, ret);
}

/* ---- access ---- */

static int
wrong_index(struct bind *b, const struct ast_expr *ast, struct type of,
	    struct type index)
{
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];

	of.nullable = index.nullable = true;
	return bind_error(b, ast->op_at, ERR_TYPE_MISMATCH,
			  "%s is not indexed by %s", type_name(of, na),
			  type_name(index, nb));
}

static int
bind_element(struct bind *b, const struct ast_expr *ast, struct expr **args,
	     struct type *ret)
{
	const struct expr *index = args[1];

	if (index->type.kind == TYPE_NULL &&
	    bind_convert(b, args[1], TYPE_OF(TYPE_INT), &args[1]) < 0)
		return -1;
	if (!type_is_integer(args[1]->type))
		return wrong_index(b, ast, args[0]->type, index->type);
	if (index->kind == EXPR_LITERAL && !index->value.is_null &&
	    index->value.i64 < 1)
		return bind_error(b, ast->op_at, ERR_INVALID_INDEX,
				  "the elements of an array are counted from "
				  "1, this is %lld",
				  (long long)index->value.i64);
	*ret = type_element(args[0]->type);
	return 0;
}

static int
bind_value(struct bind *b, const struct ast_expr *ast, struct expr **args,
	   struct type *ret)
{
	struct type map = args[0]->type;

	if (!type_assignable(args[1]->type, type_key(map)) &&
	    !type_same_values(args[1]->type, type_key(map)))
		return wrong_index(b, ast, map, args[1]->type);
	*ret = type_value(map);
	return bind_convert(b, args[1], type_key(map), &args[1]);
}

static int
bind_item(struct bind *b, const struct ast_expr *ast, struct expr **args,
	  struct expr **ret)
{
	char name[TYPE_NAME_MAX];
	struct type t = args[0]->type;

	if (t.kind == TYPE_ARRAY) {
		if (bind_element(b, ast, args, &t) < 0)
			return -1;
	} else if (t.kind == TYPE_MAP) {
		if (bind_value(b, ast, args, &t) < 0)
			return -1;
	} else {
		t.nullable = true;
		bind_error(b, ast->at, ERR_TYPE_MISMATCH,
			   "only an ARRAY or a MAP has items, this is %s",
			   type_name(t, name));
		if (t.kind == TYPE_ROW)
			error_hint(b->err, "a field of a ROW is written r.f");
		return -1;
	}
	t.nullable = true;
	*ret = expr_call(FN_ITEM, t, ast->at, 2, args, b->a);
	return 0;
}

static int
unknown_field(struct bind *b, struct type row, const char *name,
	      struct span at)
{
	const char **names = arena_array(b->a, row.length, const char *);
	const char *near;

	for (unsigned i = 0; i < row.length; i++)
		names[i] = row.fields[i].name;
	near = error_nearest(name, names, row.length);
	bind_error(b, at, ERR_UNKNOWN_FIELD, "there is no field \"%s\"",
		   name);
	if (near)
		error_hint(b->err, "did you mean \"%s\"?", near);
	row.nullable = true;
	error_note(b->err, "it is a %s", type_string(row, b->a));
	return -1;
}

int
bind_field(struct bind *b, struct expr *row, const char *name, struct span at,
	   struct expr **ret)
{
	struct expr *args[2] = { row, arena_new(b->a, struct expr) };
	struct type t = row->type;
	char type[TYPE_NAME_MAX];
	int i;

	if (t.kind != TYPE_ROW) {
		t.nullable = true;
		return bind_error(b, at, ERR_TYPE_MISMATCH,
				  "only a ROW has fields such as \"%s\", this "
				  "is %s", name, type_name(t, type));
	}
	i = type_field_find(t, name);
	if (i < 0)
		return unknown_field(b, t, name, at);
	args[1]->kind = EXPR_LITERAL;
	args[1]->type.kind = TYPE_INT;
	args[1]->value.i64 = i;
	args[1]->at = at;
	t = row->type.fields[i].type;
	t.nullable |= row->type.nullable;
	*ret = expr_call(FN_FIELD, t, at, 2, args, b->a);
	return 0;
}

int
bind_nested(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	    struct expr **ret)
{
	struct expr **args = arena_array(b->a, ast->nargs, struct expr *);

	if (bind_args(b, s, ast, args) < 0)
		return -1;
	switch (ast->kind) {
	case AST_ARRAY:
		return bind_array(b, ast, args, ret);
	case AST_MAP:
		return bind_map(b, ast, args, ret);
	case AST_ROW:
		return bind_row(b, ast, args, ret);
	case AST_ITEM:
		return bind_item(b, ast, args, ret);
	default:
		CHECK(ast->kind == AST_FIELD);
		if (bind_field(b, args[0], ast->name.part[0], ast->op_at,
			       ret) < 0)
			return -1;
		(*ret)->at = ast->at;
		return 0;
	}
}
