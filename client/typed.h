/* SPDX-License-Identifier: Apache-2.0
 * client/typed.h - SQL as it is typed, line by line: is the statement whole,
 * and if not, what is open?
 */
#ifndef CLIENT_TYPED_H
#define CLIENT_TYPED_H

#include <stdbool.h>
#include <stddef.h>

/* Begins as { 0 }, and again so behind each statement. */
struct typed {
	char open;          /* ' or *: inside of a text, a comment; 0: none */
	unsigned brackets;  /* of ( not yet closed */
	unsigned cases;     /* CASE without its END */
	bool in_set;        /* EXECUTE STATEMENT SET BEGIN ..., until END */
	bool saw_statement; /* the last word was STATEMENT */
	bool has_text;      /* more than blanks and comments */
	bool ended;         /* its last character is the semicolon */
};

/* Whole lines, each with its line break. */
void typed_feed(struct typed *t, const char *text, size_t n);
/* It can be sent. */
bool typed_is_whole(const struct typed *t);
/* Nothing is begun: here the shell's own commands may stand. */
bool typed_is_empty(const struct typed *t);
/* What stands in a prompt: ' * ( or -. */
char typed_mark(const struct typed *t);

/* A literal '... is open behind these n bytes: *ret_at is where its text
 * begins. */
bool typed_in_literal(const char *text, size_t n, size_t *ret_at);

#endif
