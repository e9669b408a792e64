/* SPDX-License-Identifier: Apache-2.0
 * parser/parse.c - drives the grammar: one statement, token by token, each
 * asked for before it is pushed, so that the grammar never sees a wrong one
 * and still knows, when one comes, all that could have stood there.
 */
#include "parser/parse.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/str.h"
#include "parser/grammar.h"
#include "parser/reader.h"

const struct parse_limits parse_limits_default = {
	.text_max = 1024 * 1024,
	.depth_max = 200,
	.list_max = 1000,
	.statements_max = 1000,
};

/* ---- what the rest of the parser needs of a reader ---- */

bool
reader_fail(struct reader *r, enum error_code code, struct span at,
	    const char *format, ...)
{
	char message[sizeof(r->err->message)];
	va_list ap;

	if (r->failed)
		return false;
	r->failed = true;
	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	error_set(r->err, code, "%s", message);
	parse_error_at(r->parse, at, r->err);
	return true;
}

struct arena *
reader_arena(struct reader *r)
{
	return r->parse->arena;
}

const char *
reader_text(const struct reader *r, struct span at)
{
	return r->parse->text + at.offset;
}

bool
reader_is(const struct reader *r, struct token t, const char *word)
{
	size_t n = strlen(word);

	return t.at.length == n &&
	       strncasecmp(reader_text(r, t.at), word, n) == 0;
}

const char *
reader_name(struct reader *r, struct token t)
{
	const char *text = reader_text(r, t.at);
	char *name = arena_bytes(reader_arena(r), t.at.length + 1);
	size_t n = 0;

	if (text[0] != '`') {
		memcpy(name, text, t.at.length);
		name[t.at.length] = '\0';
		return name;
	}
	for (uint32_t i = 1; i < t.at.length - 1; i++) {
		name[n++] = text[i];
		if (text[i] == '`')
			i++; /* the doubled one */
	}
	name[n] = '\0';
	return name;
}

struct span
span_join(struct span a, struct span b)
{
	if (b.length == 0)
		return a;
	if (a.length == 0)
		return b;
	return (struct span){ a.offset, span_end(b) - a.offset };
}

/* ---- reading ---- */

/* MAP[...] is a value and MAP<...> a type; any other MAP is a name. */
static int
map_token(const struct reader *r, struct token t)
{
	int next = reader_peek(r, t).kind;

	if (next == TK_LBRACKET && grammar_accepts(r->grammar, TK_MAP, true))
		return TK_MAP;
	if (next == TK_LT && grammar_accepts(r->grammar, TK_MAP_TYPE, true))
		return TK_MAP_TYPE;
	return TK_ID;
}

/* The next token, where one word behind it or the parentheses around it decide
 * what it is. */
static struct token
reader_lex(const struct reader *r, uint32_t pos)
{
	struct token t = lex(r->parse->text, pos);

	if (t.kind == TK_NOT) {
		int next = reader_peek(r, t).kind;

		if (next == TK_IN || next == TK_LIKE || next == TK_SIMILAR ||
		    next == TK_BETWEEN)
			t.kind = TK_NOT_INFIX;
	} else if (t.kind == TK_IF) {
		int next = reader_peek(r, t).kind;

		if (next != TK_NOT && next != TK_EXISTS)
			t.kind = TK_ID; /* a table may have this name */
	} else if (t.kind == TK_JOB && (r->prev.kind == TK_DESCRIBE ||
					r->prev.kind == TK_DESC)) {
		int next = reader_peek(r, t).kind;

		if (next == 0 || next == TK_SEMI)
			t.kind = TK_ID; /* DESCRIBE job: the table */
	} else if (t.kind == TK_IN && r->position[r->nesting]) {
		t.kind = TK_IN_POSITION;
	} else if (t.kind == TK_INTEGER) {
		t.negative = r->sign;
	} else if (t.kind == TK_ID && reader_is(r, t, "MAP")) {
		t.kind = map_token(r, t);
	} else if (t.kind == LEX_OPERATOR && r->angles > 0 &&
		   reader_is(r, t, ">>")) {
		t.kind = TK_GT;
		t.at.length = 1;
	}
	return t;
}

struct token
reader_peek(const struct reader *r, struct token t)
{
	return lex(r->parse->text, span_end(t.at));
}

static void
reader_begin(struct reader *r, struct parse *p, int entry, struct error *err)
{
	*r = (struct reader){ .parse = p, .err = err, .entry = entry };
	r->statement = arena_new(p->arena, struct ast_statement);
	r->position = arena_array(p->arena, p->limits.depth_max + 2u, bool);
	r->grammar = grammar_create(r);
	grammar_push(r->grammar, (struct token){ .kind = entry });
}

void
reader_end(struct reader *r)
{
	grammar_destroy(r->grammar);
	r->grammar = NULL;
}

/* Keeps the account of parentheses; false: too many. */
static bool
reader_nest(struct reader *r, struct token t)
{
	if (t.kind == TK_LP || t.kind == TK_CASE) {
		if (r->nesting >= r->parse->limits.depth_max) {
			reader_fail(r, ERR_TOO_DEEP, t.at,
				    "nested more than %u levels deep",
				    r->parse->limits.depth_max);
			return false;
		}
		r->nesting++;
		r->position[r->nesting] = t.kind == TK_LP &&
					  r->prev.kind == TK_POSITION;
	} else if ((t.kind == TK_RP || t.kind == TK_END) && r->nesting > 0) {
		r->nesting--;
	} else if (t.kind == TK_IN_POSITION) {
		r->position[r->nesting] = false;
	}
	return true;
}

/* The same of the angle brackets of types. */
static bool
reader_nest_type(struct reader *r, struct token t)
{
	int word = r->prev.kind;

	if (t.kind == TK_GT && r->angles > 0)
		r->angles--;
	if (t.kind != TK_LT || (word != TK_ARRAY && word != TK_MULTISET &&
				word != TK_MAP_TYPE && word != TK_ROW))
		return true;
	if (++r->angles <= TYPE_DEPTH_MAX)
		return true;
	reader_fail(r, ERR_TOO_DEEP, t.at, "a type of more than %d levels",
		    TYPE_DEPTH_MAX);
	return false;
}

/* Pushes a token that the grammar accepts. */
static void
reader_take(struct reader *r, struct token t)
{
	if (!reader_nest(r, t) || !reader_nest_type(r, t))
		return;
	r->sign = t.kind == TK_MINUS &&
		  grammar_accepts(r->grammar, TK_INTEGER, true);
	grammar_push(r->grammar, t);
	if (r->prev.kind == 0)
		r->first = t;
	if (r->table && r->nesting == 1 && r->angles == 0 &&
	    (r->prev.kind == TK_LP || r->prev.kind == TK_COMMA))
		r->element = t;
	r->before = r->prev;
	r->prev = t;
}

/* Words of EXECUTE STATEMENT SET BEGIN, and of nothing else. */
static bool
begins_set(int kind)
{
	return kind == TK_STATEMENT || kind == TK_BEGIN;
}

/* Reads on up to the semicolon or the end of the text; -1: failed, with
 * parse->pos at the token that was refused. */
static int
reader_run(struct reader *r)
{
	struct parse *p = r->parse;

	for (;;) {
		struct token t = reader_lex(r, p->pos);
		bool semicolon = t.kind == TK_SEMI &&
			!grammar_accepts(r->grammar, TK_SEMI, false);

		p->pos = t.at.offset;
		if (semicolon)
			t.kind = 0;
		if (t.kind < 0)
			complain_of_text(r, t);
		else if (!grammar_accepts(r->grammar, t.kind, false))
			complain(r, t);
		else if (t.kind == 0)
			grammar_push(r->grammar, t);
		else
			reader_take(r, t);
		if (r->failed)
			return -1;
		p->in_set |= begins_set(t.kind);
		p->pos = span_end(t.at);
		if (t.kind == 0)
			return 0;
	}
}

void
reader_rewind(const struct reader *r, struct token t, struct reader *ret)
{
	static const struct error unset;
	struct error *err = arena_new(r->parse->arena, struct error);
	uint32_t pos = r->first.at.offset;

	*err = unset;
	reader_begin(ret, r->parse, r->entry, err);
	while (!ret->failed) {
		struct token next = reader_lex(ret, pos);

		if (next.at.offset >= t.at.offset)
			break;
		reader_take(ret, next);
		pos = span_end(next.at);
	}
}

/* ---- the whole text ---- */

/* The first byte that is no part of a code point, or n. */
static size_t
first_invalid(const char *text, size_t n)
{
	size_t low = 0;

	while (low < n) {
		size_t bytes = 1;

		while (bytes < 4 && low + bytes <= n &&
		       !utf8_valid(text + low, bytes))
			bytes++;
		if (low + bytes > n || !utf8_valid(text + low, bytes))
			return low;
		low += bytes;
	}
	return n;
}

static int
check_text(const struct parse *p, struct error *err)
{
	const char *nul = memchr(p->text, '\0', p->n);
	size_t bad;

	if (nul) {
		bad = (size_t)(nul - p->text);
		error_set(err, ERR_NUL_CHARACTER,
			  "the script has a NUL character at offset %zu", bad);
	} else if (!utf8_valid(p->text, p->n)) {
		bad = first_invalid(p->text, p->n);
		error_set(err, ERR_INVALID_TEXT,
			  "the script is not UTF-8: byte 0x%02X at offset %zu",
			  (unsigned char)p->text[bad], bad);
		error_note(err, "save the script as UTF-8, or convert it: "
			   "iconv -f LATIN1 -t UTF-8");
	} else {
		return 0;
	}
	return parse_error_at(p, (struct span){ (uint32_t)bad, 1 }, err);
}

int
parse_begin(struct parse *p, const char *text, size_t n, const char *file,
	    struct arena *a, const struct parse_limits *limits,
	    struct error *err)
{
	*p = (struct parse){ .file = file, .arena = a, .limits = *limits };
	if (n > limits->text_max)
		return error_set(err, ERR_TOO_LONG, "the script has %zu bytes, "
				 "more than the %u allowed", n,
				 limits->text_max);
	p->text = arena_strndup(a, "", 0);
	if (n > 0) {
		char *copy = arena_bytes(a, n + 1);

		memcpy(copy, text, n);
		copy[n] = '\0';
		p->text = copy;
	}
	p->n = (uint32_t)n;
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p->pos = 3; /* a byte order mark */
	return check_text(p, err);
}

int
parse_error_at(const struct parse *p, struct span at, struct error *err)
{
	if (err)
		error_place(err, p->file, p->text, p->n, at.offset, at.length);
	return -1;
}

int
parse_next(struct parse *p, struct ast_statement **ret, struct error *err)
{
	struct error unheard;
	struct reader r;
	struct token t;
	int rc;

	p->in_set = p->at_statement = false;
	while ((t = lex(p->text, p->pos)).kind == TK_SEMI)
		p->pos = span_end(t.at);
	if (t.kind == 0) {
		p->pos = p->n;
		return 0;
	}
	reader_begin(&r, p, TK_ENTRY_STATEMENT, err ? err : &unheard);
	if (++p->statements > p->limits.statements_max) {
		reader_fail(&r, ERR_TOO_MANY_STATEMENTS, t.at,
			    "the script has more than %u statements",
			    p->limits.statements_max);
		rc = -1;
	} else if (read_client_words(&r, t)) {
		rc = r.failed ? -1 : 0;
	} else {
		rc = reader_run(&r);
	}
	if (rc == 0) {
		*ret = r.statement;
		(*ret)->at = span_join(r.first.at, r.prev.at);
	}
	reader_end(&r);
	return rc < 0 ? -1 : 1;
}

/* Nothing can be told of the text behind a quote that does not end. */
static bool
is_open(int kind)
{
	return kind == LEX_OPEN_STRING || kind == LEX_OPEN_NAME ||
	       kind == LEX_OPEN_COMMENT;
}

/* Behind a semicolon inside of a statement set: does the set go on? If it
 * ends here, its END is skipped, too. */
static bool
set_goes_on(struct parse *p)
{
	struct token t = lex(p->text, p->pos);

	if (t.kind == TK_INSERT)
		return true;
	if (t.kind == TK_END) {
		p->pos = span_end(t.at);
		t = lex(p->text, p->pos);
		if (t.kind == TK_SEMI)
			p->pos = span_end(t.at);
	}
	return false;
}

void
parse_skip(struct parse *p)
{
	if (p->at_statement)
		return;
	for (;;) {
		struct token t = lex(p->text, p->pos);

		if (t.kind == 0 || is_open(t.kind)) {
			p->pos = p->n;
			return;
		}
		p->pos = span_end(t.at);
		p->in_set |= begins_set(t.kind);
		if (t.kind == TK_SEMI && !(p->in_set && set_goes_on(p)))
			return;
	}
}

/* One thing alone: nothing may follow it. */
static int
parse_alone(struct reader *r, struct parse *p, int entry, const char *text,
	    size_t n, struct arena *a, struct error *err)
{
	struct token rest;
	int rc;

	if (parse_begin(p, text, n, NULL, a, &parse_limits_default, err) < 0)
		return -1;
	reader_begin(r, p, entry, err);
	rc = reader_run(r);
	if (rc == 0) {
		rest = lex(p->text, p->pos);
		if (rest.kind != 0) {
			reader_fail(r, ERR_SYNTAX, rest.at,
				    "nothing may follow here");
			rc = -1;
		}
	}
	reader_end(r);
	return rc;
}

int
parse_query(const char *text, size_t n, struct arena *a,
	    struct ast_query **ret, struct error *err)
{
	struct error unheard;
	struct reader r;
	struct parse p;

	if (parse_alone(&r, &p, TK_ENTRY_QUERY, text, n, a,
			err ? err : &unheard) < 0)
		return -1;
	*ret = r.query;
	return 0;
}

int
parse_expression(const char *text, size_t n, struct arena *a,
		 struct ast_expr **ret, struct error *err)
{
	struct error unheard;
	struct reader r;
	struct parse p;

	if (parse_alone(&r, &p, TK_ENTRY_EXPRESSION, text, n, a,
			err ? err : &unheard) < 0)
		return -1;
	*ret = r.expr;
	return 0;
}

/* ---- the same text? ---- */

/* A name before a parenthesis where an expression can begin. */
static bool
is_function_name(struct reader *r, struct token t, bool known)
{
	return known && t.kind == TK_ID && reader_peek(r, t).kind == TK_LP &&
	       grammar_accepts(r->grammar, TK_SUBSTRING, true);
}

static void
put_upper(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_putc(out, (char)toupper((unsigned char)text[i]));
}

/* A word as keyword or function is in upper case, as name it has back-ticks
 * only where it needs them: the grammar knows which it is. */
static void
canonical_word(struct reader *r, struct token t, bool known, struct buf *out)
{
	const char *text = reader_text(r, t.at);
	bool keyword = t.kind != TK_ID &&
		(keyword_is_reserved(text, t.at.length) ||
		 (known && grammar_accepts(r->grammar, t.kind, true)));

	if (is_function_name(r, t, known)) {
		const char *name = reader_name(r, t);

		put_upper(out, name, strlen(name));
	} else if (keyword) {
		put_upper(out, text, t.at.length);
	} else {
		buf_puts(out, parse_quoted(reader_name(r, t),
					   reader_arena(r)));
	}
}

static void
canonical_token(struct reader *r, struct token t, bool known, struct buf *out)
{
	const char *text = reader_text(r, t.at);

	if (t.kind == TK_NE)
		buf_puts(out, "<>");
	else if (t.kind == TK_STRING || t.kind == TK_HEX_STRING)
		buf_append(out, text, t.at.length);
	else if (t.kind > 0 && (isalpha((unsigned char)text[0]) ||
				strchr("_$`", text[0]) ||
				(unsigned char)text[0] >= 0x80))
		canonical_word(r, t, known, out);
	else
		buf_append(out, text, t.at.length);
}

/* One statement's tokens; true: another one may follow. */
static bool
canonical_statement(struct parse *p, struct buf *out)
{
	struct error unheard;
	struct reader r;
	struct token t;
	bool known = true; /* the grammar still follows */

	reader_begin(&r, p, TK_ENTRY_STATEMENT, &unheard);
	while ((t = reader_lex(&r, p->pos)).kind != 0) {
		if (is_open(t.kind))
			t.at.length = p->n - t.at.offset;
		known = known && t.kind > 0 &&
			grammar_accepts(r.grammar, t.kind, false);
		if (t.kind == TK_SEMI && !known)
			break;
		if (out->len > 0)
			buf_putc(out, ' ');
		canonical_token(&r, t, known, out);
		if (known)
			reader_take(&r, t);
		known = known && !r.failed;
		p->pos = span_end(t.at);
	}
	reader_end(&r);
	return t.kind == TK_SEMI;
}

char *
parse_canonical(const char *text, size_t n, struct arena *a)
{
	struct parse p;
	struct buf out;
	char *ret;

	if (parse_begin(&p, text, n, NULL, a, &parse_limits_default, NULL) < 0)
		return arena_strndup(a, text, n);
	buf_init(&out);
	while (canonical_statement(&p, &out)) {
		struct token t;

		while ((t = lex(p.text, p.pos)).kind == TK_SEMI)
			p.pos = span_end(t.at);
		if (t.kind != 0)
			buf_puts(&out, " ;");
	}
	ret = arena_strndup(a, out.data ? out.data : "", out.len);
	buf_release(&out);
	return ret;
}
