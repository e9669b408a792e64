/* SPDX-License-Identifier: Apache-2.0
 * parser/build_nested.c - the nodes of nested types and values: ARRAY<INT>,
 * ROW(a, b), a[1], (x).f. How deep types nest is checked here, so that nobody
 * who walks one has to fear for the stack.
 */
#include <string.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

/* ---- types ---- */

static struct ast_type
nested(struct reader *r, struct token word, struct type t, struct token close)
{
	struct ast_type ret = { .at = span_join(word.at, close.at), .type = t };

	if (type_depth(t) <= TYPE_DEPTH_MAX)
		return ret;
	reader_fail(r, ERR_TOO_DEEP, ret.at, "a type of more than %d levels",
		    TYPE_DEPTH_MAX);
	ret.type = TYPE_STRING_OF;
	return ret;
}

struct ast_type
build_array_type(struct reader *r, struct token word, struct ast_type element,
		 struct token close)
{
	return nested(r, word, type_array(reader_arena(r), element.type),
		      close);
}

struct ast_type
build_multiset_type(struct reader *r, struct token word,
		    struct ast_type element, struct token close)
{
	return nested(r, word, type_multiset(reader_arena(r), element.type),
		      close);
}

struct ast_type
build_map_type(struct reader *r, struct token word, struct ast_type key,
	       struct ast_type value, struct token close)
{
	return nested(r, word,
		      type_map(reader_arena(r), key.type, value.type), close);
}

struct ast_type
build_row_type(struct reader *r, struct token word, struct row_fields fields,
	       struct token close)
{
	return nested(r, word,
		      type_row(reader_arena(r), fields.n, fields.list), close);
}

struct row_fields
row_fields_add(struct reader *r, struct row_fields fields, struct token name,
	       struct ast_type type)
{
	const char *text = reader_name(r, name);

	for (unsigned i = 0; i < fields.n; i++)
		if (strcmp(fields.list[i].name, text) == 0)
			reader_fail(r, ERR_DUPLICATE, name.at,
				    "the ROW has two fields \"%s\"", text);
	if (fields.n == r->parse->limits.list_max) {
		reader_fail(r, ERR_LIST_TOO_LONG, name.at,
			    "a list of more than %u fields", fields.n);
		return fields;
	}
	if (fields.n == fields.room) {
		struct type_field *more;

		fields.room = fields.room ? 2 * fields.room : 8;
		more = arena_array(reader_arena(r), fields.room,
				   struct type_field);
		if (fields.n)
			memcpy(more, fields.list, fields.n * sizeof(*more));
		fields.list = more;
	}
	fields.list[fields.n++] = (struct type_field){ text, type.type };
	return fields;
}

/* ---- values ---- */

struct ast_expr *
build_constructor(struct reader *r, enum ast_expr_kind kind, struct token word,
		  struct expr_list args, struct token close)
{
	struct ast_expr *e = build_call_as(r, word, NULL, args, close);

	e->kind = kind;
	return e;
}

struct ast_expr *
build_row(struct reader *r, struct token open, struct ast_expr *first,
	  struct expr_list rest, struct token close)
{
	struct expr_list all = { 0 };

	all = expr_list_add(r, all, first, "expressions");
	first->next = rest.first;
	all.last = rest.last;
	all.n += rest.n;
	return build_constructor(r, AST_ROW, open, all, close);
}

struct ast_expr *
build_item(struct reader *r, struct ast_expr *of, struct ast_expr *index,
	   struct token close)
{
	struct expr_list args = { 0 };
	struct token all = { .at = of->at };
	struct ast_expr *e;

	args = expr_list_add(r, args, of, "arguments");
	args = expr_list_add(r, args, index, "arguments");
	e = build_constructor(r, AST_ITEM, all, args, close);
	e->op_at = index->at;
	return e;
}

struct ast_expr *
build_field(struct reader *r, struct ast_expr *of, struct token name)
{
	struct expr_list args = { 0 };
	struct token all = { .at = of->at };
	struct ast_expr *e;

	args = expr_list_add(r, args, of, "arguments");
	e = build_constructor(r, AST_FIELD, all, args, name);
	e->op_at = name.at;
	e->name = name_begin(r, name);
	return e;
}
