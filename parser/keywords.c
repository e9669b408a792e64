/* SPDX-License-Identifier: Apache-2.0
 * parser/keywords.c - which words are more than names, and how a name has to
 * be written to stay one.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "parser/grammar.h"
#include "parser/lexer.h"
#include "parser/parse.h"

struct keyword {
	const char *word;
	int token;
	bool reserved;
};

static const struct keyword keywords[] = {
#define KEYWORD(word, token, reserved) { #word, TK_##token, reserved },
#include "parser/keywords.def"
#undef KEYWORD
};

#define KEYWORD_MAX 40

static const struct keyword *
keyword_find(const char *word, size_t n)
{
	char upper[KEYWORD_MAX];
	size_t low = 0;
	size_t high = ARRAY_LEN(keywords);

	if (n >= sizeof(upper))
		return NULL;
	for (size_t i = 0; i < n; i++)
		upper[i] = (char)toupper((unsigned char)word[i]);
	upper[n] = '\0';
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(upper, keywords[mid].word);

		if (order == 0)
			return &keywords[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

int
keyword_token(const char *word, size_t n)
{
	const struct keyword *k = keyword_find(word, n);

	return k ? k->token : TK_ID;
}

bool
keyword_is_reserved(const char *word, size_t n)
{
	const struct keyword *k = keyword_find(word, n);

	return k && k->reserved;
}

const char *
keyword_text(int token)
{
	switch (token) {
	case TK_ID:
	case TK_RESERVED:
	case TK_FUNCTION:
	case TK_BARE_FUNCTION:
	case TK_TYPE:
		return NULL;
	case TK_NOT_INFIX:
		return "NOT";
	case TK_IN_POSITION:
		return "IN";
	}
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (keywords[i].token == token)
			return keywords[i].word;
	return NULL;
}

const char *
keyword_next(size_t *pos)
{
	while (*pos < ARRAY_LEN(keywords)) {
		const struct keyword *k = &keywords[(*pos)++];

		if (k->token == TK_TYPE || keyword_text(k->token))
			return k->word;
	}
	return NULL;
}

bool
parse_is_reserved(const char *word)
{
	return keyword_is_reserved(word, strlen(word));
}

static bool
is_plain(const char *name)
{
	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return true;
}

const char *
parse_quoted(const char *name, struct arena *a)
{
	char *out, *o;

	if (is_plain(name) && !parse_is_reserved(name))
		return name;
	out = o = arena_bytes(a, 2 * strlen(name) + 3);
	*o++ = '`';
	for (const char *c = name; *c; c++) {
		if (*c == '`')
			*o++ = '`';
		*o++ = *c;
	}
	*o++ = '`';
	*o = '\0';
	return out;
}
