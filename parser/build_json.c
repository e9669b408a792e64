/* SPDX-License-Identifier: Apache-2.0
 * parser/build_json.c - the clauses of JSON functions: which of them a function
 * takes, and what it does without them.
 */
#include "parser/grammar.h"
#include "parser/reader.h"

static void
twice(struct reader *r, struct json_on_what what, struct token last)
{
	reader_fail(r, ERR_SYNTAX, span_join(what.at, last.at),
		    "ON %s stands here twice",
		    last.kind == TK_EMPTY ? "EMPTY" : "ERROR");
}

struct json_ons
json_ons_empty(struct reader *r, struct json_ons ons, struct json_on_what what,
	       struct token last)
{
	if (ons.has_empty)
		twice(r, what, last);
	ons.has_empty = true;
	ons.empty = what;
	return ons;
}

struct json_ons
json_ons_error(struct reader *r, struct json_ons ons, struct json_on_what what,
	       struct token last)
{
	if (ons.has_error)
		twice(r, what, last);
	ons.has_error = true;
	ons.error = what;
	return ons;
}

/* What each function can do, as bits of enum json_on. */
#define CAN(on) (1u << (on))

static const struct json_function {
	int token;
	unsigned on_empty, on_error;
	const char *words;
} functions[] = {
	{ TK_JSON_EXISTS, 0,
	  CAN(JSON_ON_TRUE) | CAN(JSON_ON_FALSE) | CAN(JSON_ON_UNKNOWN) |
		  CAN(JSON_ON_ERROR),
	  "JSON_EXISTS takes TRUE, FALSE, UNKNOWN or ERROR, ON ERROR" },
	{ TK_JSON_VALUE,
	  CAN(JSON_ON_NULL) | CAN(JSON_ON_ERROR) | CAN(JSON_ON_DEFAULT),
	  CAN(JSON_ON_NULL) | CAN(JSON_ON_ERROR) | CAN(JSON_ON_DEFAULT),
	  "JSON_VALUE takes NULL, ERROR or DEFAULT x, ON EMPTY and ON ERROR" },
	{ TK_JSON_QUERY,
	  CAN(JSON_ON_NULL) | CAN(JSON_ON_ERROR) | CAN(JSON_ON_EMPTY_ARRAY) |
		  CAN(JSON_ON_EMPTY_OBJECT),
	  CAN(JSON_ON_NULL) | CAN(JSON_ON_ERROR) | CAN(JSON_ON_EMPTY_ARRAY) |
		  CAN(JSON_ON_EMPTY_OBJECT),
	  "JSON_QUERY takes NULL, ERROR, EMPTY ARRAY or EMPTY OBJECT, "
	  "ON EMPTY and ON ERROR" },
};

static void
check_ons(struct reader *r, const struct json_function *f,
	  const struct json_ons *ons)
{
	if (ons->has_empty && !(f->on_empty & CAN(ons->empty.what)))
		reader_fail(r, ERR_SYNTAX, ons->empty.at, "%s", f->words);
	else if (ons->has_error && !(f->on_error & CAN(ons->error.what)))
		reader_fail(r, ERR_SYNTAX, ons->error.at, "%s", f->words);
}

/* JSON_EXISTS, JSON_VALUE, JSON_QUERY. */
struct ast_expr *
build_json_query(struct reader *r, struct token function,
		 struct ast_expr *text, struct ast_expr *path,
		 struct json_ons ons, struct token close)
{
	const struct json_function *f = functions;
	struct expr_list args = { 0 };
	struct ast_expr *e;

	while (f->token != function.kind)
		f++;
	check_ons(r, f, &ons);
	args = expr_list_add(r, args, text, "arguments");
	args = expr_list_add(r, args, path, "arguments");
	if (ons.has_empty && ons.empty.value)
		args = expr_list_add(r, args, ons.empty.value, "arguments");
	if (ons.has_error && ons.error.value)
		args = expr_list_add(r, args, ons.error.value, "arguments");
	e = build_call(r, function, args, close);
	if (function.kind == TK_JSON_EXISTS)
		e->json.on_error = JSON_ON_FALSE;
	if (ons.has_empty)
		e->json.on_empty = (uint8_t)ons.empty.what;
	if (ons.has_error)
		e->json.on_error = (uint8_t)ons.error.what;
	return e;
}

void
build_json_returning(struct ast_expr *e, struct ast_type type)
{
	e->returning = true;
	e->cast_type = type;
}

struct expr_list
json_pair_of(struct reader *r, struct ast_expr *key, struct ast_expr *value)
{
	struct expr_list pair = { 0 };

	pair = expr_list_add(r, pair, key, "arguments");
	return expr_list_add(r, pair, value, "arguments");
}

struct expr_list
expr_list_join(struct reader *r, struct expr_list list, struct expr_list more,
	       const char *what)
{
	struct ast_expr *next;

	for (struct ast_expr *e = more.first; e; e = next) {
		next = e->next;
		e->next = NULL;
		list = expr_list_add(r, list, e, what);
	}
	return list;
}
