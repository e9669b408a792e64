/* SPDX-License-Identifier: Apache-2.0
 * client/typed.c - a scanner of quotes, comments, brackets and the few words
 * that hold semicolons; what else is wrong, the daemon tells.
 */
#include "client/typed.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool
word_is(const char *word, size_t n, const char *wanted)
{
	return strlen(wanted) == n && strncasecmp(word, wanted, n) == 0;
}

/* A set holds statements that end with semicolons; CASE has an END, too. */
static void
take_word(struct typed *t, const char *word, size_t n)
{
	if (t->saw_statement && word_is(word, n, "SET"))
		t->in_set = true;
	else if (word_is(word, n, "CASE"))
		t->cases++;
	else if (word_is(word, n, "END") && t->cases > 0)
		t->cases--;
	else if (word_is(word, n, "END"))
		t->in_set = false;
	t->saw_statement = word_is(word, n, "STATEMENT");
}

static void
take_semicolon(struct typed *t)
{
	t->ended = true;
	t->brackets = t->cases = 0; /* an error of that statement */
}

/* Inside of what is open; returns how many bytes that takes. */
static size_t
skip_open(struct typed *t, const char *text, size_t n)
{
	const char *end;

	if (t->open == '*')
		end = memmem(text, n, "*/", 2);
	else
		end = memchr(text, t->open, n);
	if (!end)
		return n;
	n = (size_t)(end - text) + (t->open == '*' ? 2 : 1);
	t->open = 0;
	return n;
}

static size_t
skip_line(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n);

	return end ? (size_t)(end - text) : n;
}

/* A quoted name ends with its line, whether its quote is there or not. */
static size_t
skip_name(const char *text, size_t n)
{
	size_t len = 1;

	while (len < n && text[len] != '`' && text[len] != '\n')
		len++;
	return len < n && text[len] == '`' ? len + 1 : len;
}

/* One piece that begins at text[0], outside of all that can be open. */
static size_t
take_piece(struct typed *t, const char *text, size_t n)
{
	size_t len = 0;

	if (isspace((unsigned char)text[0]))
		return 1;
	if (n > 1 && text[0] == '-' && text[1] == '-')
		return skip_line(text, n);
	if (n > 1 && text[0] == '/' && text[1] == '*') {
		t->open = '*';
		return 2;
	}
	t->ended = false;
	t->has_text = true;
	while (len < n && is_word(text[len]))
		len++;
	if (len > 0) {
		take_word(t, text, len);
		return len;
	}
	t->saw_statement = false;
	if (text[0] == '`')
		return skip_name(text, n);
	if (text[0] == '\'')
		t->open = text[0];
	else if (text[0] == '(')
		t->brackets++;
	else if (text[0] == ')')
		t->brackets -= t->brackets > 0;
	else if (text[0] == ';')
		take_semicolon(t);
	return 1;
}

void
typed_feed(struct typed *t, const char *text, size_t n)
{
	for (size_t i = 0; i < n;)
		i += t->open ? skip_open(t, text + i, n - i)
			     : take_piece(t, text + i, n - i);
}

bool
typed_is_whole(const struct typed *t)
{
	return t->ended && !t->open && !t->in_set;
}

bool
typed_is_empty(const struct typed *t)
{
	return !t->open && (!t->has_text || typed_is_whole(t));
}

char
typed_mark(const struct typed *t)
{
	if (t->open)
		return t->open;
	return t->brackets ? '(' : '-';
}

bool
typed_in_literal(const char *text, size_t n, size_t *ret_at)
{
	struct typed t = { 0 };
	size_t began = 0;

	for (size_t i = 0; i < n;) {
		if (t.open) {
			i += skip_open(&t, text + i, n - i);
			continue;
		}
		began = i + 1;
		i += take_piece(&t, text + i, n - i);
	}
	*ret_at = began;
	return t.open == '\'';
}
