/* SPDX-License-Identifier: Apache-2.0
 * parser/reader.h - one statement on its way from tokens to a tree: what the
 * lexer, the grammar's rules and the error messages share. Private to parser/.
 *
 * The first failure wins: it fills the error and sets `failed`; the rules that
 * still run before the grammar comes back get usable nodes and do no harm.
 */
#ifndef PARSER_READER_H
#define PARSER_READER_H

#include "parser/lexer.h"
#include "parser/parse.h"

struct reader {
	struct parse *parse; /* text, limits, arena */
	struct error *err;   /* never NULL */
	bool failed;
	void *grammar;

	/* what the rules build; NULL until then */
	struct ast_statement *statement;
	struct ast_create_table *table; /* the CREATE TABLE being read */
	bool column_key;                /* PRIMARY KEY at the column read */
	struct ast_query *query;
	struct ast_expr *expr;

	/* where we are */
	int entry;            /* TK_ENTRY_* */
	struct token first;   /* of the statement */
	struct token prev;    /* kind 0: none yet */
	struct token before;  /* the one before prev */
	struct token element; /* of a CREATE TABLE: the first of the newest */
	uint32_t nesting;     /* open parentheses and CASEs */
	uint32_t angles;      /* open < of types: ">>" closes two */
	bool sign;            /* prev is a minus sign, not a subtraction */
	bool *position;       /* by nesting: "(" stands behind POSITION and its
			       * IN is still to come */
};

/* ---- parser/parse.c ---- */

/* Sets the error at a place, unless there is one: true if this is it, so that
 * the caller may add error_hint() and error_note(). */
bool reader_fail(struct reader *r, enum error_code code, struct span at,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
struct arena *reader_arena(struct reader *r);
const char *reader_text(const struct reader *r, struct span at);
/* Is this token that word, in any case? */
bool reader_is(const struct reader *r, struct token t, const char *word);
/* The name that a TK_ID token stands for, without its back-ticks. */
const char *reader_name(struct reader *r, struct token t);
/* The token behind t. */
struct token reader_peek(const struct reader *r, struct token t);
/* A reader in the state that r was in before it took the token t: what could
 * have stood there? To be given back to reader_end(). */
void reader_rewind(const struct reader *r, struct token t, struct reader *ret);
void reader_end(struct reader *r);
/* From the beginning of one to the end of the other; a length of 0 counts
 * as nothing. */
struct span span_join(struct span a, struct span b);
static inline uint32_t
span_end(struct span at)
{
	return at.offset + at.length;
}

/* ---- parser/grammar.y ---- */

void *grammar_create(struct reader *r);
void grammar_destroy(void *grammar);
void grammar_push(void *grammar, struct token t);
/* Would the grammar take this token next? Changes nothing. `exact`: only as
 * itself, not as a name that happens to be a keyword elsewhere. */
bool grammar_accepts(const void *grammar, int token, bool exact);
int grammar_tokens(void); /* tokens are 1 .. grammar_tokens() - 1 */
unsigned grammar_depth(const void *grammar); /* entries of its stack */

/* ---- parser/complain.c ---- */

/* Explains why the grammar refuses `t`. */
void complain(struct reader *r, struct token t);
/* Explains a token that the lexer could not read. */
void complain_of_text(struct reader *r, struct token t);
struct text;
/* Of the text that RESET OFFSETS moves to, if it is a keyword in quotes. */
void complain_of_position(struct reader *r, struct text t);

/* ---- parser/client_words.c ---- */

/* True: the statement that begins with t was read here, or has failed. */
bool read_client_words(struct reader *r, struct token t);

/* ---- parser/refuse.c: what Flink has and sluice has not yet ---- */

/* True: the statement is refused by name at token t. */
bool refuse_here(struct reader *r, struct token t);
/* These fail if they know the name, and do nothing otherwise. */
void refuse_function(struct reader *r, struct token name);
void refuse_type(struct reader *r, struct token name);
void refuse_hint(struct reader *r, struct token name);
/* The same of one behind SELECT, where STATE_TTL may stand. */
void refuse_select_hint(struct reader *r, struct token name);
/* `word` is not DEDUPLICATE; at: all of ON CONFLICT DO word. */
void refuse_conflict(struct reader *r, struct token word, struct span at);

/* ---- parser/literal.c ---- */

struct text {
	const char *data; /* in the arena, NUL-terminated */
	uint32_t n;
	struct span at;
};

/* Where ALTER JOB ... RESET OFFSETS goes to. */
struct position {
	enum ast_position kind;
	struct text text; /* of those that have one */
};

struct text literal_text(struct reader *r, struct token t);
/* U&'...' UESCAPE 'c' */
struct text literal_text_uescape(struct reader *r, struct token t,
				 struct token escape);
struct ast_expr *literal_null(struct reader *r, struct token t);
struct ast_expr *literal_boolean(struct reader *r, struct token t, bool value);
struct ast_expr *literal_integer(struct reader *r, struct token t);
struct ast_expr *literal_decimal(struct reader *r, struct token t);
struct ast_expr *literal_double(struct reader *r, struct token t);
struct ast_expr *literal_string(struct reader *r, struct text text);
struct ast_expr *literal_binary(struct reader *r, struct token t);
/* DAY, QUARTER, EPOCH ...: its name in upper case as a text */
struct ast_expr *literal_time_unit(struct reader *r, struct token t);
/* DATE, TIME or TIMESTAMP 'x', by the word's token */
struct ast_expr *literal_instant(struct reader *r, struct token word,
				 struct text text);

/* ---- parser/interval.c ---- */

/* A unit's first and last field: DAY, or DAY TO SECOND. */
struct interval_unit {
	struct span at;
	enum ast_unit from, to;
};

enum ast_unit literal_unit(struct reader *r, struct token t);
struct interval_unit literal_unit_range(struct reader *r,
					struct interval_unit from,
					struct interval_unit to);
struct ast_expr *literal_interval(struct reader *r, struct token word,
				  bool negative, struct text text,
				  struct interval_unit unit);

/* ---- parser/build.c: what the rules of the grammar make ---- */

/* What a JSON function does ON EMPTY and ON ERROR. */
struct json_on_what {
	enum json_on what;
	struct span at;
	struct ast_expr *value; /* of DEFAULT */
};
struct json_ons {
	bool has_empty, has_error;
	struct json_on_what empty, error;
};
enum json_nulls { JSON_NULLS_UNSAID, JSON_NULLS_NULL, JSON_NULLS_ABSENT };

struct expr_list {
	struct ast_expr *first, *last;
	unsigned n;
	struct span at;
};

struct option_list {
	struct ast_option *first, *last;
	unsigned n;
	struct span at;
};

struct item_list {
	struct ast_select_item *first, *last;
	unsigned n;
	struct span at;
};

struct group_list {
	struct ast_group_item *first, *last;
	unsigned n;
	bool distinct;
	struct span at;
};

struct insert_list {
	struct ast_insert *first, *last;
	unsigned n;
};

struct type_args {
	unsigned n; /* 0, 1 or 2 numbers */
	uint32_t value[2];
	struct span at, value_at[2];
};

struct row_fields { /* of a ROW type */
	unsigned n, room;
	struct type_field *list;
};

struct alias {
	const char *name;
	struct span at;
	struct expr_list columns; /* t (a, b): only behind FROM */
};

struct limit {
	struct ast_expr *count, *offset;
	struct span at;    /* of the numbers */
	struct span whole;
};

struct with_list {
	struct ast_with *first, *last;
	unsigned n;
	struct span at;
};

/* One argument of a window function. */
struct window_arg {
	struct window_arg *next;
	struct token name; /* kind 0: by position */
	struct span at;
	struct ast_from *table;
	struct expr_list partition; /* behind the table: PARTITION BY */
	struct ast_name column; /* DESCRIPTOR(c); nparts 0: none */
	struct ast_expr *expr;
};

struct window_args {
	struct window_arg *first, *last;
	unsigned n;
};

struct ast_name name_begin(struct reader *r, struct token part);
struct ast_name name_append(struct reader *r, struct ast_name name,
			    struct token part);

struct expr_list expr_list_add(struct reader *r, struct expr_list list,
			       struct ast_expr *e, const char *what);
/* The same of two or three; NULL ends them. */
struct expr_list expr_list_of(struct reader *r, struct ast_expr *a,
			      struct ast_expr *b, struct ast_expr *c);
struct option_list option_list_add(struct reader *r, struct option_list list,
				   struct text key, struct text value);
struct item_list item_list_add(struct reader *r, struct item_list list,
			       struct ast_expr *e, struct alias alias);
struct insert_list insert_list_add(struct reader *r, struct insert_list list,
				   struct ast_insert *insert);

struct ast_expr *build_column(struct reader *r, struct ast_name name);
struct ast_expr *build_star(struct reader *r, struct ast_name name,
			    struct token star);
struct ast_expr *build_parens(struct ast_expr *e, struct token open,
			      struct token close);
struct ast_expr *build_unary(struct reader *r, enum ast_op op, struct token t,
			     struct ast_expr *e);
struct ast_expr *build_binary(struct reader *r, enum ast_op op, struct token t,
			      struct ast_expr *a, struct ast_expr *b);
struct ast_expr *build_is(struct reader *r, enum ast_is what, bool negated,
			  struct ast_expr *e, struct token is,
			  struct token last);
struct ast_expr *build_distinct_from(struct reader *r, bool negated,
				     struct ast_expr *a, struct token is,
				     struct ast_expr *b);
struct ast_expr *build_between(struct reader *r, struct token op,
			       struct ast_expr *e, bool symmetric,
			       struct ast_expr *low, struct ast_expr *high);
/* build_json.c */
struct json_ons json_ons_empty(struct reader *r, struct json_ons ons,
			       struct json_on_what what, struct token last);
struct json_ons json_ons_error(struct reader *r, struct json_ons ons,
			       struct json_on_what what, struct token last);
struct ast_expr *build_json_query(struct reader *r, struct token function,
				  struct ast_expr *text, struct ast_expr *path,
				  struct json_ons ons, struct token close);
void build_json_returning(struct ast_expr *e, struct ast_type type);
struct expr_list json_pair_of(struct reader *r, struct ast_expr *key,
			      struct ast_expr *value);
struct expr_list expr_list_join(struct reader *r, struct expr_list list,
				struct expr_list more, const char *what);
struct ast_expr *build_in(struct reader *r, struct token op,
			  struct ast_expr *e, struct expr_list values,
			  struct token close);
struct ast_expr *build_like(struct reader *r, enum ast_expr_kind kind,
			    struct token op,
			    struct ast_expr *e, struct ast_expr *pattern,
			    struct ast_expr *escape);
struct ast_expr *build_case(struct reader *r, struct token word,
			    struct ast_expr *operand, struct expr_list arms,
			    struct ast_expr *otherwise, struct token end);
/* WHEN a, b THEN x: the pairs (a, x), (b, x) behind the others. */
struct expr_list build_arm(struct reader *r, struct expr_list arms,
			   struct expr_list whens, struct ast_expr *then);
struct ast_expr *build_cast(struct reader *r, struct token word,
			    struct ast_expr *e, struct ast_type type,
			    struct token close);
struct ast_expr *build_interval(struct reader *r, struct token word,
				struct ast_expr *e, struct interval_unit unit);
struct ast_expr *build_call(struct reader *r, struct token function,
			    struct expr_list args, struct token close);
/* (q) as a value. */
struct ast_expr *build_value(struct reader *r, struct token open,
			     struct ast_query *q, struct token close);
/* The same under another name, as special syntax needs it. */
struct ast_expr *build_call_as(struct reader *r, struct token function,
			       const char *name, struct expr_list args,
			       struct token close);
/* (a, b) OVERLAPS (c, d) */
struct ast_expr *build_overlaps(struct reader *r, struct ast_expr *left,
				struct token op, struct ast_expr *right);
struct ast_expr *build_filter(struct reader *r, struct ast_expr *call,
			      struct ast_expr *filter, struct token close);

struct ast_type build_type(struct reader *r, struct token name,
			   struct type_args args);
/* TIME and TIMESTAMP [(p)], up to the word ZONE if it is there. */
struct ast_type build_time_type(struct reader *r, struct token word,
				struct type_args args, struct token zone);
struct ast_type build_local_time_type(struct reader *r, struct token word,
				      struct type_args args, struct token zone);
struct type_args type_args_add(struct reader *r, struct type_args args,
			       struct token number);

/* ---- parser/build_nested.c ---- */

struct ast_type build_array_type(struct reader *r, struct token word,
				 struct ast_type element, struct token close);
struct ast_type build_multiset_type(struct reader *r, struct token word,
				    struct ast_type element,
				    struct token close);
struct ast_type build_map_type(struct reader *r, struct token word,
			       struct ast_type key, struct ast_type value,
			       struct token close);
struct ast_type build_row_type(struct reader *r, struct token word,
			       struct row_fields fields, struct token close);
struct row_fields row_fields_add(struct reader *r, struct row_fields fields,
				 struct token name, struct ast_type type);
/* ARRAY[...], MAP[...], ROW(...) */
struct ast_expr *build_constructor(struct reader *r, enum ast_expr_kind kind,
				   struct token word, struct expr_list args,
				   struct token close);
/* (first, rest...) */
struct ast_expr *build_row(struct reader *r, struct token open,
			   struct ast_expr *first, struct expr_list rest,
			   struct token close);
struct ast_expr *build_item(struct reader *r, struct ast_expr *of,
			    struct ast_expr *index, struct token close);
struct ast_expr *build_field(struct reader *r, struct ast_expr *of,
			     struct token name);

/* ---- parser/build_query.c, parser/build_table.c ---- */

struct ast_query *build_select(struct reader *r, struct token word,
			       struct option_list state_ttl, bool distinct,
			       struct item_list items);
struct ast_query *build_select_from(struct reader *r, struct ast_query *q,
				    struct ast_from *from,
				    struct ast_expr *where,
				    struct group_list group_by,
				    struct ast_expr *having);
struct group_list group_list_add(struct reader *r, struct group_list list,
				 struct ast_group_item *item);
/* Keys that are grouped by together; the tokens are its parentheses. */
struct ast_group_item *build_group_set(struct reader *r,
				       struct expr_list keys,
				       struct token open, struct token close);
/* One key; several when it is written (a, b), which is no ROW here. */
struct ast_group_item *build_group_expr(struct reader *r, struct ast_expr *e);
/* GROUPING SETS, ROLLUP or CUBE, as the word says. */
struct ast_group_item *build_group_item(struct reader *r, struct token word,
					struct group_list items,
					struct token close);
struct ast_query *build_select_star(struct reader *r, struct span at,
				    struct ast_from *from);
/* AST_UNION, AST_INTERSECT or AST_EXCEPT of two queries. */
struct ast_query *build_set(struct reader *r, enum ast_query_kind kind,
			    struct ast_query *left, bool all,
			    struct ast_query *right);
struct with_list with_list_add(struct reader *r, struct with_list list,
			       struct token name, struct expr_list columns,
			       struct ast_query *q, struct token close);
/* WITH word list q */
struct ast_query *build_with(struct reader *r, struct token word,
			     struct with_list list, struct ast_query *q);
struct ast_query *build_values(struct reader *r, struct token word,
			       struct expr_list rows);
/* ORDER BY and LIMIT behind a query; lists of length 0 and NULL: none. */
struct ast_query *build_tail(struct reader *r, struct ast_query *q,
			     struct expr_list order, struct limit limit);
struct ast_expr *build_sort(struct reader *r, struct ast_expr *e, bool desc,
			    enum ast_nulls nulls);

struct ast_from *build_table(struct reader *r, struct ast_name name,
			     struct option_list hints);
struct ast_from *build_subquery(struct reader *r, struct token open,
				struct ast_query *q, struct token close);
struct ast_from *build_alias(struct ast_from *from, struct alias alias);
struct window_args window_args_add(struct reader *r, struct window_args args,
				   struct token name, struct window_arg arg);
/* Checks the name of a table function in FROM. */
void build_window_name(struct reader *r, struct token name);
struct ast_from *build_window(struct reader *r, struct token name,
			      struct window_args args, struct token close);

void build_create_table(struct reader *r, bool temporary, bool if_not_exists,
			struct ast_name name);
void build_column_of_table(struct reader *r, struct ast_column c,
			   struct token name);
void build_watermark(struct reader *r, struct token word, struct ast_name name,
		     struct ast_expr *e);
void build_primary_key(struct reader *r, struct span at,
		       struct expr_list columns, bool not_enforced);
/* LIKE name, and a part of it: how is INCLUDING and the like. */
void build_made_like(struct reader *r, struct token word,
		     struct ast_name name);
void build_like_part(struct reader *r, struct token how, struct token part);
struct ast_create_view *build_create_view(struct reader *r, bool temporary,
					  bool if_not_exists,
					  struct ast_name name);
struct ast_insert *build_insert(struct reader *r, struct token word,
				struct ast_name table,
				struct option_list hints,
				struct expr_list columns,
				struct ast_query *query, struct span conflict);
/* ON CONFLICT DO word: where it stands. */
struct span build_conflict(struct reader *r, struct token on,
			   struct token word);

#endif
