/* SPDX-License-Identifier: Apache-2.0
 * parser/build_table.c - the nodes of CREATE TABLE, CREATE VIEW and INSERT,
 * and data types with their ranges.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

/* ---- types ---- */

/* The numbers a type takes, and what it is without them. */
enum type_form { PLAIN, LENGTH, UNLIMITED, PRECISION_SCALE, FRACTION };

static const struct type_word {
	const char *name;
	enum type_kind kind;
	enum type_form form;
} type_words[] = {
	{ "BIGINT", TYPE_BIGINT, PLAIN },
	{ "BINARY", TYPE_BINARY, LENGTH },
	{ "BOOLEAN", TYPE_BOOLEAN, PLAIN },
	{ "BYTES", TYPE_VARBINARY, UNLIMITED },
	{ "CHAR", TYPE_CHAR, LENGTH },
	{ "CHARACTER", TYPE_CHAR, LENGTH },
	{ "DATE", TYPE_DATE, PLAIN },
	{ "DEC", TYPE_DECIMAL, PRECISION_SCALE },
	{ "DECIMAL", TYPE_DECIMAL, PRECISION_SCALE },
	{ "DOUBLE", TYPE_DOUBLE, PLAIN },
	{ "FLOAT", TYPE_FLOAT, PLAIN },
	{ "INT", TYPE_INT, PLAIN },
	{ "INTEGER", TYPE_INT, PLAIN },
	{ "NUMERIC", TYPE_DECIMAL, PRECISION_SCALE },
	{ "REAL", TYPE_FLOAT, PLAIN },
	{ "SMALLINT", TYPE_SMALLINT, PLAIN },
	{ "STRING", TYPE_VARCHAR, UNLIMITED },
	{ "TIMESTAMP_LTZ", TYPE_TIMESTAMP_LTZ, FRACTION },
	{ "TINYINT", TYPE_TINYINT, PLAIN },
	{ "VARBINARY", TYPE_VARBINARY, LENGTH },
	{ "VARCHAR", TYPE_VARCHAR, LENGTH },
	{ "VARYING", TYPE_VARCHAR, LENGTH },
};

/* What others call them. */
static const struct type_other {
	const char *name;
	const char *ours;
} type_others[] = {
	{ "BLOB", "BYTES" },       { "BOOL", "BOOLEAN" },
	{ "BYTEA", "BYTES" },      { "DATETIME", "TIMESTAMP(3)" },
	{ "FLOAT32", "FLOAT" },    { "FLOAT64", "DOUBLE" },
	{ "INT16", "SMALLINT" },   { "INT32", "INT" },
	{ "INT64", "BIGINT" },     { "INT8", "TINYINT" },
	{ "JSON", "STRING" },      { "JSONB", "STRING" },
	{ "LIST", "ARRAY<type>" }, { "LONG", "BIGINT" },
	{ "MAP", "MAP<key type, value type>" },
	{ "MONEY", "DECIMAL(18, 2)" },
	{ "NUMBER", "DECIMAL" },   { "SHORT", "SMALLINT" },
	{ "STRUCT", "ROW<name type, ...>" },
	{ "TEXT", "STRING" },      { "TIMESTAMPTZ", "TIMESTAMP_LTZ(3)" },
	{ "UINT16", "INT" },       { "UINT32", "BIGINT" },
	{ "UINT64", "DECIMAL(20, 0)" }, { "UINT8", "SMALLINT" },
};

struct type_args
type_args_add(struct reader *r, struct type_args args, struct token number)
{
	const char *text = reader_text(r, number.at);
	unsigned long long value = strtoull(text, NULL, 10);

	CHECK(args.n < ARRAY_LEN(args.value));
	if (number.at.length > 10 || value > TYPE_LENGTH_MAX)
		reader_fail(r, ERR_INVALID_LITERAL, number.at,
			    "a length or precision is at most %u",
			    TYPE_LENGTH_MAX);
	args.value_at[args.n] = number.at;
	args.value[args.n++] = (uint32_t)value;
	return args;
}

static void
type_unknown(struct reader *r, struct token name)
{
	const char *names[ARRAY_LEN(type_words)];
	const char *word = reader_name(r, name);
	const char *near;

	if (!reader_fail(r, ERR_UNKNOWN_TYPE, name.at,
			 "there is no data type \"%s\"", word))
		return;
	for (size_t i = 0; i < ARRAY_LEN(type_words); i++)
		names[i] = type_words[i].name;
	near = error_nearest(word, names, ARRAY_LEN(type_words));
	for (size_t i = 0; i < ARRAY_LEN(type_others); i++)
		if (strcasecmp(word, type_others[i].name) == 0)
			near = type_others[i].ours;
	if (near)
		error_hint(r->err, "did you mean %s?", near);
	error_note(r->err, "data types: BOOLEAN, TINYINT, SMALLINT, INT, "
		   "BIGINT, FLOAT, DOUBLE, DECIMAL(p, s), CHAR(n), "
		   "VARCHAR(n), STRING, BINARY(n), VARBINARY(n), BYTES, DATE, "
		   "TIME(p), TIMESTAMP(p), TIMESTAMP_LTZ(p), ARRAY<t>, "
		   "MAP<k, v>, MULTISET<t>, ROW<n t, ...>");
}

/* Is number i between low and high? Says so if not. */
static bool
type_range(struct reader *r, const struct type_args *args, unsigned i,
	   uint32_t low, uint32_t high, const char *what)
{
	if (args->value[i] >= low && args->value[i] <= high)
		return true;
	reader_fail(r, ERR_INVALID_LITERAL, args->value_at[i],
		    "the %s is a number from %u to %u", what, low, high);
	return false;
}

static void
type_args_max(struct reader *r, const struct type_args *args, unsigned max,
	      const char *name)
{
	if (args->n > max)
		reader_fail(r, ERR_SYNTAX,
			    max ? args->value_at[max] : args->at,
			    max ? "%s takes one number" :
				  "%s takes no number", name);
}

/* Fractions of a second: read up to nine digits as Flink does, keep `max`, and
 * say so. */
static uint8_t
type_fraction(struct reader *r, const struct type_args *args, uint8_t max,
	      uint8_t without, const char *name)
{
	type_args_max(r, args, 1, name);
	if (args->n == 0 || !type_range(r, args, 0, 0, 9, "precision"))
		return without;
	if (args->value[0] <= max)
		return (uint8_t)args->value[0];
	if (!r->statement->notice)
		r->statement->notice = arena_printf(
			reader_arena(r), "%s(%u) is read as %s(%u): finer "
			"fractions of a second are not kept", name,
			args->value[0], name, max);
	return max;
}

static struct type
type_from(struct reader *r, const struct type_word *w, struct type_args args)
{
	struct type t = TYPE_OF(w->kind);

	switch (w->form) {
	case PLAIN:
		type_args_max(r, &args, 0, w->name);
		break;
	case LENGTH:
		type_args_max(r, &args, 1, w->name);
		t.length = 1;
		if (args.n && type_range(r, &args, 0, 1, TYPE_LENGTH_MAX,
					 "length"))
			t.length = args.value[0];
		break;
	case UNLIMITED:
		type_args_max(r, &args, 0, w->name);
		t.length = TYPE_LENGTH_MAX;
		break;
	case PRECISION_SCALE:
		t.precision = 10;
		if (args.n > 0 && type_range(r, &args, 0, 1, DECIMAL_MAX,
					     "precision"))
			t.precision = (uint8_t)args.value[0];
		if (args.n > 1 && type_range(r, &args, 1, 0, t.precision,
					     "scale"))
			t.scale = (uint8_t)args.value[1];
		break;
	case FRACTION:
		t.precision = type_fraction(r, &args, 6, 6, w->name);
		break;
	}
	return t;
}

struct ast_type
build_type(struct reader *r, struct token name, struct type_args args)
{
	struct ast_type ret = {
		.at = span_join(name.at, args.at),
		.type = TYPE_STRING_OF,
	};

	for (size_t i = 0; i < ARRAY_LEN(type_words); i++)
		if (reader_is(r, name, type_words[i].name)) {
			ret.type = type_from(r, &type_words[i], args);
			return ret;
		}
	refuse_type(r, name);
	type_unknown(r, name);
	return ret;
}

struct ast_type
build_time_type(struct reader *r, struct token word, struct type_args args,
		struct token zone)
{
	struct ast_type ret = {
		.at = span_join(span_join(word.at, args.at), zone.at),
	};

	if (word.kind == TK_TIME) {
		ret.type = TYPE_OF(TYPE_TIME);
		ret.type.precision = type_fraction(r, &args, 3, 0, "TIME");
	} else {
		ret.type = type_timestamp(
			type_fraction(r, &args, 6, 6, "TIMESTAMP"));
	}
	return ret;
}

struct ast_type
build_local_time_type(struct reader *r, struct token word,
		      struct type_args args, struct token zone)
{
	struct ast_type ret = build_time_type(r, word, args, zone);

	ret.type.kind = TYPE_TIMESTAMP_LTZ;
	return ret;
}

/* ---- CREATE TABLE ---- */

void
build_create_table(struct reader *r, bool temporary, bool if_not_exists,
		   struct ast_name name)
{
	struct ast_create_table *t = arena_new(reader_arena(r),
					       struct ast_create_table);

	t->name = name;
	t->temporary = temporary;
	t->if_not_exists = if_not_exists;
	r->table = t;
	r->statement->kind = AST_STMT_CREATE_TABLE;
	r->statement->create_table = t;
	r->statement->name = name;
	r->statement->temporary = temporary;
}

void
build_column_of_table(struct reader *r, struct ast_column column,
		      struct token name)
{
	struct ast_column *c = arena_new(reader_arena(r), struct ast_column);
	struct ast_column **end = &r->table->columns;
	unsigned n = 1;

	*c = column;
	c->name = reader_name(r, name);
	c->at = name.at;
	if (r->column_key) {
		c->primary_key = true;
		r->column_key = false;
		r->table->key = build_column(r, name_begin(r, name));
	}
	for (; *end; end = &(*end)->next)
		n++;
	*end = c;
	if (n > r->parse->limits.list_max)
		reader_fail(r, ERR_LIST_TOO_LONG, name.at,
			    "a table of more than %u columns",
			    r->parse->limits.list_max);
}

void
build_watermark(struct reader *r, struct token word, struct ast_name name,
		struct ast_expr *e)
{
	struct ast_create_table *t = r->table;

	if (t->watermark_column.nparts > 0)
		reader_fail(r, ERR_DUPLICATE, word.at,
			    "a table has one WATERMARK at most");
	t->watermark_column = name;
	t->watermark = e;
	t->watermark_at = span_join(word.at, e->at);
}

void
build_primary_key(struct reader *r, struct span at, struct expr_list columns,
		  bool not_enforced)
{
	struct ast_create_table *t = r->table;

	if (t->key_at.length > 0)
		reader_fail(r, ERR_DUPLICATE, at,
			    "a table has one PRIMARY KEY at most");
	t->key_at = at;
	t->key = columns.first;
	t->key_enforced = !not_enforced;
	r->column_key = columns.n == 0;
}

/* ---- CREATE TABLE ... LIKE ---- */

static const char *const like_hows[] = { "INCLUDING", "EXCLUDING",
					 "OVERWRITING" };
static const char *const like_parts[] = {
	[AST_LIKE_CONSTRAINTS] = "CONSTRAINTS",
	[AST_LIKE_GENERATED] = "GENERATED",
	[AST_LIKE_METADATA] = "METADATA",
	[AST_LIKE_OPTIONS] = "OPTIONS",
	[AST_LIKE_WATERMARKS] = "WATERMARKS",
	[AST_LIKE_PARTITIONS] = "PARTITIONS",
	[AST_LIKE_PARTS] = "ALL",
};

void
build_made_like(struct reader *r, struct token word, struct ast_name name)
{
	struct ast_like *like = arena_new(reader_arena(r), struct ast_like);

	like->at = span_join(word.at, name.at);
	like->name = name;
	like->how[AST_LIKE_OPTIONS] = AST_OVERWRITING;
	r->table->like = like;
}

/* Which of the words it is; n: none of them, and an error says so. */
static size_t
like_word(struct reader *r, struct token t, const char *const *words, size_t n)
{
	const char *near;
	size_t i = 0;

	while (i < n && !reader_is(r, t, words[i]))
		i++;
	if (i < n)
		return i;
	near = error_nearest(reader_name(r, t), words, n);
	if (reader_fail(r, ERR_SYNTAX, t.at, "LIKE takes no \"%s\" here",
			reader_name(r, t)) && near)
		error_hint(r->err, "did you mean %s?", near);
	if (r->failed && n == ARRAY_LEN(like_hows))
		error_note(r->err, "INCLUDING, EXCLUDING or OVERWRITING and "
			   "what: ALL, CONSTRAINTS, GENERATED, METADATA, "
			   "OPTIONS, WATERMARKS");
	return n;
}

void
build_like_part(struct reader *r, struct token how, struct token part)
{
	size_t h = like_word(r, how, like_hows, ARRAY_LEN(like_hows)), p;
	struct ast_like *like = r->table->like;

	if (h == ARRAY_LEN(like_hows))
		return;
	p = like_word(r, part, like_parts, ARRAY_LEN(like_parts));
	if (p == ARRAY_LEN(like_parts))
		return;
	if (h == AST_OVERWRITING &&
	    (p == AST_LIKE_PARTS || p == AST_LIKE_CONSTRAINTS ||
	     p == AST_LIKE_PARTITIONS)) {
		reader_fail(r, ERR_SYNTAX, span_join(how.at, part.at),
			    "there is no OVERWRITING %s, only INCLUDING and "
			    "EXCLUDING", like_parts[p]);
		return;
	}
	for (size_t i = 0; i < AST_LIKE_PARTS; i++)
		if (i == p || p == AST_LIKE_PARTS)
			like->how[i] = (uint8_t)h;
}

/* ---- CREATE VIEW, INSERT ---- */

struct ast_create_view *
build_create_view(struct reader *r, bool temporary, bool if_not_exists,
		  struct ast_name name)
{
	struct ast_create_view *v = arena_new(reader_arena(r),
					      struct ast_create_view);

	v->name = name;
	v->temporary = temporary;
	v->if_not_exists = if_not_exists;
	r->statement->kind = AST_STMT_CREATE_VIEW;
	r->statement->create_view = v;
	r->statement->name = name;
	r->statement->temporary = temporary;
	return v;
}

struct span
build_conflict(struct reader *r, struct token on, struct token word)
{
	struct span at = span_join(on.at, word.at);

	if (!reader_is(r, word, "DEDUPLICATE"))
		refuse_conflict(r, word, at);
	return at;
}

struct ast_insert *
build_insert(struct reader *r, struct token word, struct ast_name table,
	     struct option_list hints, struct expr_list columns,
	     struct ast_query *query, struct span conflict)
{
	struct ast_insert *i = arena_new(reader_arena(r), struct ast_insert);

	i->at = span_join(span_join(word.at, query->at), conflict);
	i->conflict = conflict;
	i->table = table;
	i->hints = hints.first;
	i->columns = columns.first;
	i->query = query;
	return i;
}
