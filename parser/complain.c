/* SPDX-License-Identifier: Apache-2.0
 * parser/complain.c - turns a token that fits no rule into an error for
 * people: what stands there, what could have stood there, and, where it can
 * be guessed, what was meant. The grammar still is in the state before the
 * token, so it can be asked for every token that it would have taken.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

static bool
accepts(const struct reader *r, int token)
{
	return grammar_accepts(r->grammar, token, true);
}

static bool
wants_value(const struct reader *r)
{
	return accepts(r, TK_INTEGER) && accepts(r, TK_CASE);
}

static bool
is_reserved(const struct reader *r, struct token t)
{
	return t.kind > 0 && t.kind != TK_ID &&
	       keyword_is_reserved(reader_text(r, t.at), t.at.length);
}

/* ---- what stands there ---- */

#define FOUND_MAX 48

/* `"words"`, `FROM`, `'text'`, `the end of the statement`. */
static const char *
found(const struct reader *r, struct token t, char out[FOUND_MAX])
{
	const char *text = reader_text(r, t.at);
	int n = t.at.length < 30 ? (int)t.at.length : 27;
	const char *dots = n < (int)t.at.length ? "..." : "";

	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--; /* no cut inside of a code point */
	if (t.kind == 0)
		snprintf(out, FOUND_MAX, "the end of the %s",
			 *text == ';' ? "statement" : "text");
	else if (t.kind == TK_ID && *text != '`')
		snprintf(out, FOUND_MAX, "\"%.*s%s\"", n, text, dots);
	else if (t.kind == TK_COMMA)
		snprintf(out, FOUND_MAX, "a comma");
	else if (t.kind == TK_SEMI)
		snprintf(out, FOUND_MAX, "a semicolon");
	else
		snprintf(out, FOUND_MAX, "%.*s%s", n, text, dots);
	for (char *c = out; *c; c++)
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
	return out;
}

/* ---- what could have stood there ---- */

#define EXPECTED_MAX 5

struct expected {
	const char *what[EXPECTED_MAX];
	unsigned n; /* more than fit are not told: a long list helps nobody */
};

static void
expect(struct expected *e, const char *what)
{
	for (unsigned i = 0; i < e->n; i++)
		if (strcmp(e->what[i], what) == 0)
			return;
	if (e->n < EXPECTED_MAX)
		e->what[e->n++] = what;
}

/* What a name would name here. */
static const char *
name_wanted(const struct reader *r)
{
	switch (r->prev.kind) {
	case TK_FROM:
	case TK_INTO:
	case TK_TABLE:
	case TK_DESCRIBE:
	case TK_DESC:
		return "a table name";
	case TK_VIEW:
		return "a view name";
	case TK_AS:
		return "an alias";
	case TK_EXISTS:
		return r->statement->kind == AST_STMT_CREATE_VIEW ?
		       "a view name" : "a name";
	case TK_LP:
	case TK_COMMA:
		if (r->table && r->nesting == 1)
			return "a column name";
		break;
	}
	return "a name";
}

/* Whole families of tokens under one word; true: they include TK_ID. */
static bool
expect_families(const struct reader *r, struct expected *e)
{
	if (accepts(r, TK_CREATE) && accepts(r, TK_SHOW)) {
		expect(e, "a statement");
		return true;
	}
	if (wants_value(r)) {
		expect(e, "an expression");
		return true;
	}
	if (accepts(r, TK_TYPE)) {
		expect(e, "a data type");
		return true;
	}
	if (accepts(r, TK_SELECT) && accepts(r, TK_VALUES))
		expect(e, accepts(r, TK_INSERT) ? "a query or INSERT" :
						  "a query");
	if (accepts(r, TK_ID) && accepts(r, TK_DAY)) {
		expect(e, accepts(r, TK_LP) ? "a period (a, b)"
					    : "a unit such as SECOND");
		return true;
	}
	if (accepts(r, TK_EQ) && accepts(r, TK_AND))
		expect(e, "an operator");
	if (r->prev.kind == TK_FROM && accepts(r, TK_TABLE)) {
		expect(e, "a table name or a query in parentheses");
		return true;
	}
	if (accepts(r, TK_ID) && !accepts(r, TK_AS))
		expect(e, name_wanted(r));
	return false;
}

/* Words that are worth naming, in the order of their worth; GROUP stands for
 * GROUP BY and so on. */
static const struct wanted {
	int token;
	const char *what;
} wanted[] = {
	{ TK_STRING, "a text in single quotes" },
	{ TK_INTEGER, "a number" },
	{ TK_RP, ")" },
	{ TK_LP, "(" },
	{ TK_RBRACKET, "]" },
	{ TK_LBRACKET, "[" },
	{ TK_GT, ">" },
	{ TK_LT, "<" },
	{ TK_COMMA, "a comma" },
	{ TK_EQ, "=" },
	{ TK_ARROW, "=>" },
	{ TK_SEMI, "a semicolon" },
	{ TK_HINT_END, "*/" },
	{ TK_FROM, "FROM" },
	{ TK_AS, "AS" },
	{ TK_BY, "BY" },
	{ TK_WHERE, "WHERE" },
	{ TK_GROUP, "GROUP BY" },
	{ TK_PRIMARY, "PRIMARY KEY" },
	{ 0, "the end of the statement" },
};

/* Tokens that belong to a family named already, or that only clutter. */
static bool
is_clutter(const struct reader *r, int token)
{
	static const int always[] = {
		TK_UESCAPE, TK_HINT_BEGIN, TK_DOT, TK_FILTER, TK_FETCH,
		TK_ESCAPE, TK_NOT_INFIX, TK_CONCAT, TK_ASYMMETRIC,
		TK_SYMMETRIC, TK_CONSTRAINT, TK_HEX_STRING, TK_IF,
		TK_TEMPORARY, TK_EXCEPT, TK_INTERSECT, TK_ARRAY, TK_MULTISET,
	};
	static const int operators[] = {
		TK_OR, TK_AND, TK_NOT, TK_IS, TK_EQ, TK_NE, TK_LT, TK_LE,
		TK_GT, TK_GE, TK_BETWEEN, TK_IN, TK_LIKE, TK_SIMILAR,
		TK_PLUS, TK_MINUS,
		TK_STAR, TK_SLASH, TK_PERCENT, TK_LBRACKET,
	};
	static const int queries[] = {
		TK_SELECT, TK_VALUES, TK_TABLE, TK_LP, TK_INSERT, TK_EXECUTE,
		TK_STATEMENT, TK_CHANGELOG_MODE, TK_WITH,
	};

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (token == always[i])
			return true;
	if (accepts(r, TK_EQ) && accepts(r, TK_AND)) {
		for (size_t i = 0; i < ARRAY_LEN(operators); i++)
			if (token == operators[i])
				return true;
	}
	if (token == TK_LP && ((accepts(r, TK_EQ) && accepts(r, TK_AND)) ||
			       accepts(r, TK_COMMENT) || accepts(r, TK_WHERE) ||
			       r->angles > 0))
		return true; /* of a function's, type's or alias's list */
	if (accepts(r, TK_SELECT) && accepts(r, TK_VALUES))
		for (size_t i = 0; i < ARRAY_LEN(queries); i++)
			if (token == queries[i])
				return true;
	return false;
}

static void
expect_all(const struct reader *r, struct expected *e)
{
	bool family = expect_families(r, e);

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		int token = wanted[i].token;

		/* What an expression or type begins with is said already. */
		if (family && token != TK_RP && token != TK_COMMA)
			continue;
		if (accepts(r, token) && !is_clutter(r, token))
			expect(e, wanted[i].what);
	}
	if (family)
		return;
	for (int token = 1; token < grammar_tokens(); token++) {
		const char *text = keyword_text(token);

		if (text && token != TK_ORDER && accepts(r, token) &&
		    !is_clutter(r, token)) {
			bool named = false;

			for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
				named |= wanted[i].token == token;
			if (!named)
				expect(e, text);
		}
	}
}

/* "a name, FROM or )" */
static void
expected_text(const struct expected *e, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < e->n && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s",
			i == 0 ? "" : i + 1 < e->n ? ", " : " or ",
			e->what[i]);
}

/* ---- what was meant ---- */

/* The keyword that a word resembles, of those that could stand there. */
static const char *
nearest_keyword(const struct reader *r, struct token t)
{
	const char *names[256];
	char *word = arena_strndup(r->parse->arena, reader_text(r, t.at),
				   t.at.length);
	size_t n = 0;

	if (t.at.length < 3)
		return NULL;
	for (int token = 1; token < grammar_tokens(); token++) {
		const char *text = keyword_text(token);

		if (text && n < ARRAY_LEN(names) && accepts(r, token))
			names[n++] = text;
	}
	return error_nearest(word, names, n);
}

/* Where a job is to read from, by the words of other systems. */
static const char *
position_meant(const char *word, size_t n)
{
	static const struct {
		const char *word, *ours;
	} others[] = {
		{ "EARLIEST", "EARLIEST" }, { "EARLIEST-OFFSET", "EARLIEST" },
		{ "BEGINNING", "EARLIEST" }, { "BEGIN", "EARLIEST" },
		{ "START", "EARLIEST" }, { "FIRST", "EARLIEST" },
		{ "OLDEST", "EARLIEST" },
		{ "LATEST", "LATEST" }, { "LATEST-OFFSET", "LATEST" },
		{ "END", "LATEST" }, { "LAST", "LATEST" },
		{ "NEWEST", "LATEST" }, { "NOW", "LATEST" },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strlen(others[i].word) == n &&
		    strncasecmp(others[i].word, word, n) == 0)
			return others[i].ours;
	return NULL;
}

void
complain_of_position(struct reader *r, struct text t)
{
	const char *ours = position_meant(t.data, strlen(t.data));

	if (ours && reader_fail(r, ERR_SYNTAX, t.at,
				"expected %s, found a text", ours))
		error_hint(r->err, "write %s", ours);
}

static bool
is_plain_name(const struct reader *r, struct token t)
{
	return t.kind == TK_ID && *reader_text(r, t.at) != '`';
}

/* The keyword that was meant by t, if one can be guessed. */
static const char *
meant_by(const struct reader *r, struct token t)
{
	const char *text = reader_text(r, t.at);
	const char *ours = accepts(r, TK_EARLIEST) ?
			   position_meant(text, t.at.length) : NULL;

	if (ours)
		return ours;
	/* SHOW takes so many keywords that others are misspelt ones. */
	if (is_plain_name(r, t) ||
	    (r->prev.kind == TK_SHOW && isalpha((unsigned char)*text)))
		return nearest_keyword(r, t);
	return NULL;
}

/* TIMESTAMP 1795443785605: that time in words. */
static void
advise_time(struct reader *r, struct token t)
{
	long long number = strtoll(reader_text(r, t.at), NULL, 10);
	time_t seconds = (time_t)(t.at.length > 11 ? number / 1000 : number);
	char text[40];
	struct tm tm;

	if (t.at.length <= 14 && gmtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &tm))
		error_hint(r->err, "write TIMESTAMP '%s'", text);
	else
		error_hint(r->err, "write TIMESTAMP '2026-01-31 23:59:59Z'");
}

/* DESCRIBE TABLE t without FROM SAMPLE. */
static bool
advise_describe(struct reader *r)
{
	struct token word, name;
	struct span at;

	if (!reader_is(r, r->first, "DESCRIBE") &&
	    !reader_is(r, r->first, "DESC"))
		return false;
	word = reader_peek(r, r->first);
	name = reader_peek(r, word);
	if (word.kind != TK_TABLE || !accepts(r, TK_FROM))
		return false;
	at = span_join(name.at, r->prev.at);
	error_hint(r->err, "write DESCRIBE %.*s", (int)at.length,
		   reader_text(r, at));
	error_note(r->err, "DESCRIBE shows the columns of a table, DESCRIBE "
		   "TABLE ... FROM SAMPLE what its records have");
	return true;
}

/* Statements about jobs and tables that stop half-way. */
static bool
advise_rest(struct reader *r, struct token t)
{
	if (r->prev.kind == TK_TIMESTAMP && t.kind == TK_INTEGER &&
	    reader_is(r, r->first, "ALTER"))
		advise_time(r, t);
	else if (reader_is(r, r->first, "TAP") && accepts(r, TK_AT))
		error_hint(r->err, "write AT and an operator: DESCRIBE JOB "
			   "names them");
	else if (reader_is(r, r->before, "SAVEPOINT") && accepts(r, TK_FOR))
		error_hint(r->err, "write FOR JOB 'name'");
	else
		return advise_describe(r);
	return true;
}

/* What stands between this and a statement that works. */
static void
advise(struct reader *r, struct token t)
{
	int n = (int)t.at.length;
	const char *text = reader_text(r, t.at);

	if (accepts(r, TK_CREATE) && accepts(r, TK_SHOW))
		error_note(r->err, "statements begin with CREATE, DROP, "
			   "INSERT, SELECT, EXECUTE, BEGIN, EXPLAIN, SHOW, "
			   "DESCRIBE, USE, SET, RESET, ALTER, PAUSE, RESUME, "
			   "STOP, TAP, REPLAY or DELETE");
	else if (advise_rest(r, t))
		return;
	else if ((t.kind == TK_FROM || t.kind == TK_WHERE ||
		  t.kind == TK_GROUP || t.kind == TK_HAVING) &&
		 (accepts(r, TK_UNION) || accepts(r, TK_LIMIT)))
		error_note(r->err, "the order is SELECT, FROM, WHERE, GROUP "
			   "BY, HAVING, ORDER BY, LIMIT");
	else if (r->table && r->nesting == 0 && accepts(r, 0))
		error_note(r->err, "the order is CREATE TABLE t (...), "
			   "COMMENT, PARTITIONED BY, WITH (...)");
	else if (r->prev.kind == TK_STRING && t.kind != 0 &&
		 !ispunct((unsigned char)*text) &&
		 t.at.offset == span_end(r->prev.at))
		error_hint(r->err, "a quote inside of a text is doubled: ''");
	else if (wants_value(r))
		return;
	else if ((is_plain_name(r, t) || t.kind == TK_INTEGER) &&
		 accepts(r, TK_STRING))
		error_hint(r->err, "write '%.*s'", n, text);
	else if (t.kind == TK_STRING && accepts(r, TK_ID))
		error_hint(r->err, "names stand without quotes, or in "
			   "back-ticks");
}

static void
complain_generally(struct reader *r, struct token t, const char *meant)
{
	struct expected e = { .n = 0 };
	char what[300], there[FOUND_MAX];
	struct span at = t.at;

	if (meant && !accepts(r, TK_SHOW))
		expect(&e, meant);
	else if (r->prev.kind == TK_SHOW)
		expect(&e, "what is to be shown");
	else
		expect_all(r, &e);
	if (e.n == 1 && strcmp(e.what[0], "an operator") == 0)
		e.what[0] = "AND"; /* of BETWEEN: nothing else ends here */
	expected_text(&e, what, sizeof(what));
	if (t.kind == 0 && r->prev.kind != 0)
		at = (struct span){ span_end(r->prev.at), 0 };
	if (!reader_fail(r, ERR_SYNTAX, at, "expected %s, found %s", what,
			 found(r, t, there)))
		return;
	if (meant)
		error_hint(r->err, "did you mean %s?", meant);
	else
		advise(r, t);
	if (r->prev.kind == TK_SHOW)
		error_note(r->err, "SHOW takes TABLES, VIEWS, COLUMNS FROM t, "
			   "CREATE TABLE t, CREATE VIEW v, FUNCTIONS, USER "
			   "FUNCTIONS, JOBS, WATERMARKS, ERRORS, STATE FOR "
			   "JOB 'j', CONNECTIONS, CATALOGS, DATABASES, CURRENT "
			   "CATALOG or CURRENT DATABASE");
}

/* Was this word taken for a name, though it looks like a keyword that could
 * have stood there: SELECT a FORM t? */
static bool
complain_of_misspelt(struct reader *r, struct token t)
{
	struct reader before;
	const char *near;

	if (!is_plain_name(r, t))
		return false;
	reader_rewind(r, t, &before);
	near = nearest_keyword(&before, t);
	if (near) {
		complain_generally(&before, t, near);
		*r->err = *before.err;
		r->failed = true;
	}
	reader_end(&before);
	return near != NULL;
}

/* ---- special cases ---- */

static bool
complain_of_comma(struct reader *r, struct token t)
{
	char there[FOUND_MAX];

	if (r->prev.kind != TK_COMMA)
		return false;
	switch (t.kind) {
	case 0: case TK_RP: case TK_FROM: case TK_WHERE: case TK_GROUP:
	case TK_HAVING: case TK_ORDER: case TK_LIMIT: case TK_UNION:
	case TK_SEMI: case TK_WITH: case TK_HINT_END:
		break;
	default:
		return false;
	}
	if (t.kind == TK_GROUP || t.kind == TK_ORDER)
		if (reader_peek(r, t).kind != TK_BY)
			return false;
	if (reader_fail(r, ERR_SYNTAX, r->prev.at, "a comma before %s",
			found(r, t, there)))
		error_hint(r->err, "remove the comma");
	return true;
}

static bool
begins_statement(int token)
{
	switch (token) {
	case TK_CREATE: case TK_DROP: case TK_INSERT: case TK_SELECT:
	case TK_EXECUTE: case TK_BEGIN: case TK_EXPLAIN: case TK_SHOW:
	case TK_DESCRIBE: case TK_SET: case TK_RESET: case TK_RESUME:
	case TK_USE:
		return true;
	}
	return false;
}

static bool
complain_of_semicolon(struct reader *r, struct token t)
{
	bool in_set = accepts(r, TK_SEMI);
	char there[FOUND_MAX];
	struct span at = { span_end(r->prev.at), 0 };

	if (r->prev.kind == 0 || r->entry != TK_ENTRY_STATEMENT ||
	    !(in_set ? t.kind == TK_INSERT || t.kind == TK_END :
	      accepts(r, 0) && begins_statement(t.kind)))
		return false;
	if (reader_fail(r, ERR_MISSING_SEMICOLON, at,
			"a semicolon is missing before %s", found(r, t, there)))
		error_hint(r->err, "write ; here");
	r->parse->at_statement = !in_set;
	return true;
}

/* Is the reserved word t a part of the statement's frame here, rather than a
 * name that its author took for free? */
static bool
is_frame(const struct reader *r, struct token t)
{
	int next = reader_peek(r, t).kind;

	switch (t.kind) {
	case TK_GROUP: case TK_ORDER:
		return next == TK_BY;
	case TK_FROM: case TK_WHERE: case TK_HAVING: case TK_SELECT:
	case TK_UNION: case TK_AS: case TK_AND: case TK_OR: case TK_NOT:
	case TK_IS: case TK_IN: case TK_BETWEEN: case TK_LIKE: case TK_SIMILAR:
	case TK_INTO:
	case TK_WITH: case TK_INSERT: case TK_CREATE: case TK_VALUES:
	case TK_NULL: case TK_PRIMARY: case TK_WATERMARK: case TK_CONSTRAINT:
	case TK_BY: case TK_TABLE: case TK_DROP:
		return next != TK_COMMA && next != TK_RP && next != TK_AS &&
		       !(r->table && r->nesting == 1) &&
		       r->prev.kind != TK_DOT && r->prev.kind != TK_AS;
	case TK_LIMIT:
		return next == TK_INTEGER;
	case TK_THEN: case TK_WHEN: case TK_ELSE: case TK_END:
		return r->nesting > 0 && !r->table;
	}
	return false;
}

static void
reserved(struct reader *r, struct token t)
{
	const char *word = reader_text(r, t.at);
	int n = (int)t.at.length;

	if (reader_fail(r, ERR_RESERVED_WORD, t.at,
			"\"%.*s\" is a reserved word", n, word))
		error_hint(r->err, "write `%.*s` in back-ticks", n, word);
}

/* Does a word that begins something, such as COUNT or TIMESTAMP, stand where
 * a name could, and t shows that one was meant? */
static bool
complain_of_reserved_before(struct reader *r, struct token t)
{
	struct reader before;
	bool name;

	if (!is_reserved(r, r->prev) || accepts(r, 0) || r->angles > 0 ||
	    (r->prev.kind == TK_LIMIT && t.kind == TK_MINUS) ||
	    (accepts(r, TK_FROM) && !accepts(r, TK_PLUS)) || /* EXTRACT(DAY */
	    (accepts(r, TK_LT) && !accepts(r, TK_EQ)) || /* ARRAY, a type */
	    (accepts(r, TK_ID) && r->prev.kind != TK_INTERVAL))
		return false;
	switch (t.kind) {
	case 0: case TK_COMMA: case TK_RP: case TK_FROM: case TK_AS:
	case TK_DOT: case TK_EQ: case TK_NE: case TK_LT: case TK_LE:
	case TK_GT: case TK_GE: case TK_PLUS: case TK_MINUS: case TK_STAR:
	case TK_SLASH: case TK_PERCENT: case TK_CONCAT: case TK_AND: case TK_OR:
	case TK_IS: case TK_IN: case TK_LIKE: case TK_SIMILAR: case TK_BETWEEN:
	case TK_NOT_INFIX: case TK_ASC: case TK_DESC: case TK_WHERE:
	case TK_GROUP: case TK_TYPE: case TK_THEN: case TK_END: case TK_ELSE:
		break;
	default:
		return false;
	}
	reader_rewind(r, r->prev, &before);
	name = accepts(&before, TK_ID) && !is_frame(&before, r->prev);
	reader_end(&before);
	if (name)
		reserved(r, r->prev);
	return name;
}

static bool
complain_of_parenthesis(struct reader *r, struct token t)
{
	return t.kind == TK_RP && r->nesting == 0 && accepts(r, 0) &&
	       reader_fail(r, ERR_PARENTHESIS, t.at,
			   "there is no ( for this )");
}

void
complain(struct reader *r, struct token t)
{
	const char *near;

	if (r->prev.kind == 0)
		r->first = t;
	if (refuse_here(r, t) || complain_of_comma(r, t) ||
	    complain_of_semicolon(r, t) || complain_of_parenthesis(r, t) ||
	    complain_of_reserved_before(r, t))
		return;
	if (is_reserved(r, t) && accepts(r, TK_ID) && !accepts(r, TK_TYPE) &&
	    !is_frame(r, t)) {
		reserved(r, t);
		return;
	}
	near = meant_by(r, t);
	if (near || (!complain_of_misspelt(r, r->prev) &&
		     !complain_of_misspelt(r, r->element)))
		complain_generally(r, t, near);
}

/* ---- text that is no token ---- */

static const struct foreign {
	const char *sign;
	const char *hint;
} foreign[] = {
	{ "==", "write =" },
	{ "&&", "write AND" },
	{ "!", "write NOT, or <> for !=" },
	{ "::", "write CAST(x AS type)" },
	{ "<=>", "write IS NOT DISTINCT FROM" },
	{ "?", "a script has no parameters: write the value" },
	{ "@", "a script has no variables: write the value" },
	{ ":", "a script has no parameters: write the value" },
};

static void
complain_of_operator(struct reader *r, struct token t)
{
	const char *text = reader_text(r, t.at);

	if (!reader_fail(r, ERR_UNKNOWN_OPERATOR, t.at,
			 "there is no operator %.*s", (int)t.at.length, text))
		return;
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (reader_is(r, t, foreign[i].sign))
			error_hint(r->err, "%s", foreign[i].hint);
}

static void
complain_of_open(struct reader *r, struct token t, enum error_code code,
		 const char *what, const char *close)
{
	if (reader_fail(r, code, t.at,
			"%s begins here and does not end", what))
		error_hint(r->err, "its closing %s is missing", close);
}

static void
complain_of_sign(struct reader *r, struct token t, const char *what,
		 const char *hint)
{
	if (reader_fail(r, ERR_SYNTAX, t.at, "%s: %.*s", what,
			t.at.length < 40 ? (int)t.at.length : 0,
			reader_text(r, t.at)))
		error_hint(r->err, "%s", hint);
}

void
complain_of_text(struct reader *r, struct token t)
{
	switch ((enum lex_problem)t.kind) {
	case LEX_OPEN_STRING:
		complain_of_open(r, t, ERR_UNTERMINATED, "a text", "'");
		break;
	case LEX_OPEN_NAME:
		complain_of_open(r, t, ERR_UNTERMINATED_NAME, "a quoted name",
				 "`");
		break;
	case LEX_OPEN_COMMENT:
		complain_of_open(r, t, ERR_UNTERMINATED_COMMENT, "a comment",
				 "*/");
		break;
	case LEX_EMPTY_NAME:
		reader_fail(r, ERR_SYNTAX, t.at,
			    "a name has at least one character");
		break;
	case LEX_BAD_NUMBER:
		complain_of_sign(r, t, "neither a number nor a name",
				 "a name that begins with a digit stands in "
				 "back-ticks");
		break;
	case LEX_DOUBLE_QUOTE:
		complain_of_sign(r, t, "double quotes are no quotes in Flink "
				 "SQL", "names stand in back-ticks, text in "
				 "single quotes");
		break;
	case LEX_TYPOGRAPHIC:
		complain_of_sign(r, t, "a quote from a word processor",
				 "write '");
		break;
	case LEX_BLANK:
		if (reader_fail(r, ERR_SYNTAX, t.at,
				"a special blank, such as a no-break space"))
			error_hint(r->err, "write an ordinary blank");
		break;
	case LEX_CHARSET_STRING:
		complain_of_sign(r, t, "a text with a character set",
				 "all text is UTF-8: write '...' alone");
		break;
	case LEX_OPERATOR:
		complain_of_operator(r, t);
		break;
	case LEX_UNKNOWN:
		complain_of_sign(r, t, "a character that is no part of SQL",
				 "remove it, or put it into quotes");
		break;
	}
}
