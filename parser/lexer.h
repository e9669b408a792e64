/* SPDX-License-Identifier: Apache-2.0
 * parser/lexer.h - text to tokens, one at a time and without memory: any place
 * between two tokens is as good as the beginning. Private to parser/.
 */
#ifndef PARSER_LEXER_H
#define PARSER_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parser/ast.h"

struct token {
	int kind; /* TK_* of the grammar, 0 at the end, or enum lex_problem */
	struct span at;
	bool negative; /* a number behind a sign, not behind a subtraction */
};

/* Why a piece of text is no token. */
enum lex_problem {
	LEX_OPEN_STRING = -20, /* these three: span of the opening characters */
	LEX_OPEN_NAME,
	LEX_OPEN_COMMENT,
	LEX_EMPTY_NAME,     /* `` */
	LEX_BAD_NUMBER,     /* 12ab */
	LEX_DOUBLE_QUOTE,   /* "name" */
	LEX_TYPOGRAPHIC,    /* quotes of a word processor */
	LEX_BLANK,          /* a blank that is none for SQL, such as U+00A0 */
	LEX_CHARSET_STRING, /* _UTF8'..', N'..' */
	LEX_OPERATOR,       /* ==, &&, :: and other languages' operators */
	LEX_UNKNOWN,
};

/* The token at `pos`, or behind the blanks and comments there. `text` is valid
 * UTF-8 without NUL but for the one behind its last byte. */
struct token lex(const char *text, uint32_t pos);

/* ---- keywords (parser/keywords.c) ---- */

/* The token of an unquoted word: its own, or TK_ID. */
int keyword_token(const char *word, size_t n);
bool keyword_is_reserved(const char *word, size_t n);
/* The word of a token that has one of its own, or NULL. */
const char *keyword_text(int token);
/* The next word that the grammar or a type is made of, in alphabetical order,
 * *pos being 0 at first; NULL behind the last. */
const char *keyword_next(size_t *pos);

#endif
