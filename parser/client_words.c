/* SPDX-License-Identifier: Apache-2.0
 * parser/client_words.c - statements that are read word by word, before the
 * grammar: those that Flink's SQL client takes for itself, where anything may
 * stand without quotes, and DESCRIBE FUNCTION, whose name is any word.
 *
 * A script written for Flink's client should run: what changes nothing here is
 * accepted and says so.
 */
#include <string.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

static const char leaving[] =
	"the script ends here by itself; the shell is left with \\q";

static const struct {
	const char *words[2]; /* the second may be missing */
	const char *notice;
} harmless[] = {
	{ { "ADD", "JAR" },
	  "ADD JAR changes nothing: connectors and formats are built in" },
	{ { "REMOVE", "JAR" },
	  "REMOVE JAR changes nothing: there are no JARs" },
	{ { "LOAD", "MODULE" },
	  "LOAD MODULE changes nothing: all functions are built in" },
	{ { "UNLOAD", "MODULE" },
	  "UNLOAD MODULE changes nothing: all functions are built in" },
	{ { "USE", "MODULES" },
	  "USE MODULES changes nothing: all functions are built in" },
	{ { "ANALYZE", "TABLE" },
	  "ANALYZE TABLE changes nothing: sluice needs no statistics" },
	{ { "CLEAR" }, "CLEAR changes nothing: it is for a terminal" },
	{ { "HELP" }, "HELP changes nothing: in the shell it is \\?" },
	{ { "QUIT" }, leaving },
	{ { "EXIT" }, leaving },
};

/* The statement's end: its semicolon, or the end of the text. */
static bool
is_end(struct token t)
{
	return t.kind == 0 || t.kind == TK_SEMI;
}

/* The tokens from t on are one statement: the reader stands behind it. False:
 * a text in it does not end, which has been told. Other text that is no token
 * may stand there: a path in double quotes, a URL. */
static bool
take_all(struct reader *r, struct token t)
{
	r->first = t;
	for (; !is_end(t); t = reader_peek(r, t)) {
		r->parse->pos = t.at.offset;
		if (t.kind == LEX_OPEN_STRING || t.kind == LEX_OPEN_NAME ||
		    t.kind == LEX_OPEN_COMMENT) {
			complain_of_text(r, t);
			return false;
		}
		r->prev = t;
	}
	r->parse->pos = span_end(t.at);
	return true;
}

static bool
fail_at(struct reader *r, struct token t, const char *what)
{
	r->parse->pos = t.at.offset;
	reader_fail(r, ERR_SYNTAX, t.at, "%s", what);
	return true;
}

/* What comes behind QUIT would run all the same: that is not harmless. */
static bool
is_harmless(const struct reader *r, size_t i, struct token t)
{
	struct token next = reader_peek(r, t);

	if (!reader_is(r, t, harmless[i].words[0]))
		return false;
	if (harmless[i].words[1])
		return reader_is(r, next, harmless[i].words[1]);
	if (harmless[i].notice != leaving)
		return is_end(next);
	if (next.kind == TK_SEMI)
		next = reader_peek(r, next);
	return next.kind == 0;
}

static bool
read_harmless(struct reader *r, struct token t)
{
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		if (!is_harmless(r, i, t))
			continue;
		take_all(r, t);
		r->statement->kind = AST_STMT_NOTHING;
		r->statement->notice = harmless[i].notice;
		return true;
	}
	return false;
}

/* ---- SET and RESET without quotes ---- */

/* Without blanks at its ends, and without the quotes around it. */
static struct span
trimmed(const struct reader *r, uint32_t from, uint32_t to)
{
	const char *text = r->parse->text;

	while (from < to && strchr(" \t\r\n", text[from]))
		from++;
	while (to > from && strchr(" \t\r\n", text[to - 1]))
		to--;
	if (to - from >= 2 && text[from] == '\'' && text[to - 1] == '\'') {
		from++;
		to--;
	}
	return (struct span){ from, to - from };
}

static const char *
text_at(struct reader *r, struct span at)
{
	return arena_strndup(reader_arena(r), reader_text(r, at), at.length);
}

/* The first = from `at` on, or `end`. */
static uint32_t
find_equals(const struct reader *r, uint32_t at, uint32_t end)
{
	while (at < end && r->parse->text[at] != '=')
		at++;
	return at;
}

static bool
read_unquoted(struct reader *r, struct token t)
{
	struct ast_statement *s = r->statement;
	struct token next = reader_peek(r, t);
	uint32_t end, equals;
	bool is_set = t.kind == TK_SET;

	if ((!is_set && t.kind != TK_RESET) || is_end(next) ||
	    next.kind == TK_STRING || next.kind < 0)
		return false;
	if (!take_all(r, t))
		return true;
	end = span_end(r->prev.at);
	equals = is_set ? find_equals(r, next.at.offset, end) : end;
	if (is_set && equals == end)
		return fail_at(r, next, "SET takes 'key' = 'value'");
	s->kind = is_set ? AST_STMT_SET : AST_STMT_RESET;
	s->key_at = trimmed(r, next.at.offset, equals);
	s->key = text_at(r, s->key_at);
	if (is_set) {
		s->value_at = trimmed(r, equals + 1, end);
		s->value = text_at(r, s->value_at);
	}
	s->notice = arena_printf(reader_arena(r),
				 "read as %s '%s'%s%s%s: keys and values stand "
				 "in single quotes", is_set ? "SET" : "RESET",
				 s->key, is_set ? " = '" : "",
				 is_set ? s->value : "", is_set ? "'" : "");
	return true;
}

/* ---- DESCRIBE FUNCTION ---- */

static bool
read_describe_function(struct reader *r, struct token t)
{
	struct ast_statement *s = r->statement;
	struct token word = reader_peek(r, t);

	if ((t.kind != TK_DESCRIBE && t.kind != TK_DESC) ||
	    !reader_is(r, word, "FUNCTION"))
		return false;
	word = reader_peek(r, word);
	if (reader_is(r, word, "EXTENDED"))
		word = reader_peek(r, word);
	if (is_end(word) || !is_end(reader_peek(r, word)))
		return fail_at(r, word, "DESCRIBE FUNCTION takes the name of "
			       "a function");
	if (!take_all(r, t))
		return true;
	s->kind = AST_STMT_DESCRIBE_FUNCTION;
	s->name.at = s->name.part_at[0] = trimmed(r, word.at.offset,
						  span_end(word.at));
	s->name.nparts = 1;
	s->name.part[0] = word.kind == TK_ID ? reader_name(r, word)
					     : text_at(r, s->name.at);
	return true;
}

bool
read_client_words(struct reader *r, struct token t)
{
	return read_harmless(r, t) || read_unquoted(r, t) ||
	       read_describe_function(r, t);
}
