/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_json.c - JSON functions: paths that are literals are read here,
 * and what goes into objects and arrays becomes JSON text, unless it is some
 * already.
 */
#include "base/check.h"
#include "base/json_path.h"
#include "parser/binder.h"

/* ---- JSON_EXISTS, JSON_VALUE, JSON_QUERY ---- */

/* Where in the statement the path's text goes wrong: only of a literal that
 * was written without escapes is that known. */
static struct span
fault_at(const struct expr *path, size_t at)
{
	uint32_t len = path->value.str.len;

	if (path->at.length != len + 2)
		return path->at;
	return (struct span){ path->at.offset + 1 + (uint32_t)at, 1 };
}

static int
check_path(struct bind *b, const struct expr *path)
{
	struct json_path_fault fault;
	struct json_path parsed;
	struct str text = path->value.str;

	if (path->kind != EXPR_LITERAL || path->value.is_null ||
	    !type_is_text(path->type))
		return 0;
	if (json_path_parse(str_data(&text), text.len, b->a, &parsed,
			    &fault) == 0)
		return 0;
	if (fault.unsupported)
		return bind_error(b, fault_at(path, fault.at), ERR_UNSUPPORTED,
				  "%s: not supported yet", fault.what);
	return bind_error(b, fault_at(path, fault.at), ERR_JSON_PATH,
			  "the JSON path cannot be read: %s", fault.what);
}

static bool
is_string(struct type t)
{
	return t.kind == TYPE_VARCHAR && t.length == TYPE_LENGTH_MAX;
}

static int
check_empty_object(struct bind *b, const struct ast_expr *ast, struct type t)
{
	if (t.kind != TYPE_ARRAY ||
	    (ast->json.on_empty != JSON_ON_EMPTY_OBJECT &&
	     ast->json.on_error != JSON_ON_EMPTY_OBJECT))
		return 0;
	return bind_error(b, ast->at, ERR_TYPE_MISMATCH,
			  "EMPTY OBJECT is no ARRAY: JSON_QUERY returns one");
}

static int
returned_type(struct bind *b, const struct ast_expr *ast,
	      enum function_id id, struct type *ret)
{
	struct type t = type_copy(b->a, ast->cast_type.type);
	char name[TYPE_NAME_MAX];

	if (!ast->returning)
		return 0;
	t.nullable = true;
	if (is_string(t) ||
	    (id == FN_JSON_VALUE
		     ? t.kind == TYPE_BOOLEAN || t.kind == TYPE_INT ||
			       t.kind == TYPE_DOUBLE
		     : t.kind == TYPE_ARRAY && is_string(type_element(t)))) {
		*ret = t;
		return check_empty_object(b, ast, t);
	}
	bind_error(b, ast->cast_type.at, ERR_TYPE_MISMATCH,
		   "%s cannot return %s", function_get(id)->name,
		   type_name(t, name));
	error_hint(b->err, id == FN_JSON_VALUE
			   ? "STRING, BOOLEAN, INTEGER or DOUBLE, and CAST that"
			   : "it returns STRING or ARRAY<STRING>");
	return -1;
}

/* A DEFAULT, of the type that is returned. */
static int
bind_default(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	     struct type type, struct expr **ret)
{
	char from[TYPE_NAME_MAX], to[TYPE_NAME_MAX];
	struct expr *e;
	struct type t;
	bool fits;

	if (bind_expr(b, s, ast, &e) < 0)
		return -1;
	t = e->type;
	fits = type_is_text(type)	   ? type_is_text(t)
	       : type.kind == TYPE_BOOLEAN ? t.kind == TYPE_BOOLEAN
	       : type.kind == TYPE_DOUBLE  ? type_is_numeric(t)
					   : type_is_integer(t) &&
						     t.kind <= TYPE_INT;
	if (fits || t.kind == TYPE_NULL)
		return bind_convert(b, e, type, ret);
	t.nullable = true;
	return bind_error(b, ast->at, ERR_TYPE_MISMATCH,
			  "the default is %s, and JSON_VALUE returns %s",
			  type_name(t, from), type_name(type, to));
}

static int
bind_ask(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	   enum function_id id, struct expr **ret)
{
	struct expr *args[4], *call;
	struct type type;

	CHECK(ast->nargs >= 2);
	CHECK(ast->nargs <= ARRAY_LEN(args));
	for (unsigned i = 0; i < 2; i++)
		if (bind_expr(b, s, ast->args[i], &args[i]) < 0)
			return -1;
	if (check_path(b, args[1]) < 0 ||
	    bind_make_call(b, id, ast->at, ast->op_at, 2, args, &call) < 0)
		return -1;
	type = call->type;
	if (returned_type(b, ast, id, &type) < 0)
		return -1;
	args[0] = call->args[0];
	args[1] = call->args[1];
	for (unsigned i = 2; i < ast->nargs; i++)
		if (bind_default(b, s, ast->args[i], type, &args[i]) < 0)
			return -1;
	*ret = expr_call(id, type, ast->at, ast->nargs, args, b->a);
	(*ret)->json = ast->json;
	return 0;
}

/* ---- values as JSON ---- */

static bool
has_json(struct type t)
{
	if (t.kind == TYPE_DATE || t.kind == TYPE_TIME || type_is_interval(t))
		return false;
	if ((t.kind == TYPE_MAP || t.kind == TYPE_MULTISET) &&
	    !type_is_text(type_key(t)))
		return false;
	for (unsigned i = 0; i < type_nfields(t); i++)
		if (!has_json(t.fields[i].type))
			return false;
	return true;
}

static bool
is_json(const struct expr *e)
{
	return e->kind == EXPR_CALL && (e->function == FN_JSON_OBJECT ||
					e->function == FN_JSON_ARRAY ||
					e->function == FN_JSON);
}

int
bind_as_json(struct bind *b, struct span at, struct expr *e, struct expr **ret)
{
	char name[TYPE_NAME_MAX];
	struct type t = e->type;

	*ret = e;
	if (is_json(e))
		return 0;
	if (has_json(t))
		return bind_make_call(b, FN_JSON_STRING, at, at, 1, &e, ret);
	t.nullable = true;
	bind_error(b, at, ERR_TYPE_MISMATCH, "%s cannot be made JSON",
		   type_name(t, name));
	error_hint(b->err, "CAST it AS STRING");
	return -1;
}

/* A value of JSON_OBJECT or JSON_ARRAY, where JSON(x) can stand. */
static int
bind_part(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	  struct expr **ret)
{
	const struct function *f =
		ast->kind == AST_CALL ? function_find(ast->function) : NULL;
	struct expr *e;

	if (!f || f->id != FN_JSON) {
		if (bind_expr(b, s, ast, &e) < 0)
			return -1;
		return bind_as_json(b, ast->at, e, ret);
	}
	if (ast->nargs != 1)
		return bind_error(b, ast->at, ERR_ARGUMENTS,
				  "JSON takes one text");
	if (bind_expr(b, s, ast->args[0], &e) < 0)
		return -1;
	return bind_make_call(b, FN_JSON, ast->at, ast->op_at, 1, &e, ret);
}

static int
bind_key(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	 struct expr **ret)
{
	if (bind_expr(b, s, ast, ret) < 0)
		return -1;
	if ((*ret)->kind == EXPR_LITERAL && !(*ret)->value.is_null &&
	    type_is_text((*ret)->type))
		return 0;
	return bind_error(b, ast->at, ERR_ARGUMENTS,
			  "a key of JSON_OBJECT is a text in quotes");
}

/* JSON_OBJECT, JSON_ARRAY. */
static int
bind_parts(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	   enum function_id id, struct expr **ret)
{
	struct expr **args = arena_array(b->a, ast->nargs + 1, struct expr *);
	struct type type = TYPE_STRING_OF;

	for (unsigned i = 0; i < ast->nargs; i++) {
		bool key = id == FN_JSON_OBJECT && i % 2 == 0;

		if ((key ? bind_key : bind_part)(b, s, ast->args[i],
						 &args[i]) < 0)
			return -1;
	}
	type.nullable = false;
	*ret = expr_call(id, type, ast->at, ast->nargs, args, b->a);
	(*ret)->json = ast->json;
	return 0;
}

/* ---- JSON_OBJECTAGG, JSON_ARRAYAGG ---- */

int
bind_json_aggregate(struct bind *b, const struct ast_expr *ast,
		    enum function_id id, struct expr ***args, unsigned *n)
{
	bool object = id == FN_JSON_OBJECTAGG;
	struct expr **made = arena_array(b->a, *n + 1, struct expr *);

	if (object && !type_is_text((*args)[0]->type))
		return bind_error(b, ast->args[0]->at, ERR_ARGUMENTS,
				  "a key of JSON_OBJECTAGG is text");
	for (unsigned i = 0; i < *n; i++) {
		made[i] = (*args)[i];
		if ((!object || i == 1) &&
		    bind_as_json(b, ast->args[i]->at, made[i], &made[i]) < 0)
			return -1;
	}
	made[*n] = expr_boolean(!ast->json.absent, b->a);
	*args = made;
	++*n;
	return 0;
}

bool
bind_is_json(enum function_id id)
{
	return id == FN_JSON_EXISTS || id == FN_JSON_VALUE ||
	       id == FN_JSON_QUERY || id == FN_JSON_OBJECT ||
	       id == FN_JSON_ARRAY || id == FN_JSON || id == FN_JSON_STRING;
}

int
bind_json(struct bind *b, const struct scope *s, const struct ast_expr *ast,
	  enum function_id id, struct expr **ret)
{
	struct expr *e;

	switch (id) {
	case FN_JSON_OBJECT:
	case FN_JSON_ARRAY:
		return bind_parts(b, s, ast, id, ret);
	case FN_JSON:
		return bind_error(b, ast->at, ERR_ARGUMENTS,
				  "JSON(...) stands in JSON_ARRAY or as a value "
				  "of JSON_OBJECT only");
	case FN_JSON_STRING:
		if (ast->nargs != 1)
			return bind_error(b, ast->at, ERR_ARGUMENTS,
					  "JSON_STRING takes one value");
		if (bind_expr(b, s, ast->args[0], &e) < 0)
			return -1;
		return bind_as_json(b, ast->at, e, ret);
	default:
		return bind_ask(b, s, ast, id, ret);
	}
}
