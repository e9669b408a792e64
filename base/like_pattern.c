/* SPDX-License-Identifier: Apache-2.0
 * base/like_pattern.c - patterns of LIKE taken apart into texts and wildcards;
 * the last % met is the only place that matching ever comes back to.
 */
#include "base/like_pattern.h"

#include <string.h>

#include "base/arena.h"

/* The bytes of the code point at text[0]. */
static size_t
step(const char *text, size_t n)
{
	size_t pos = 0;

	utf8_next(text, n, &pos);
	return pos;
}

/* Adds n bytes of text, to the last token if that is text. `literal` has the
 * room: the pattern's own length is enough for all. */
static char *
add_text(struct like_pattern *p, char *literal, const char *text, size_t n)
{
	struct like_token *last = p->n > 0 ? &p->tokens[p->n - 1] : NULL;

	memcpy(literal, text, n);
	if (last && last->kind == LIKE_TEXT)
		last->n += n;
	else
		p->tokens[p->n++] =
			(struct like_token){ LIKE_TEXT, literal, n };
	return literal + n;
}

static void
add_wildcard(struct like_pattern *p, char c)
{
	if (c == '_')
		p->tokens[p->n++] = (struct like_token){ .kind = LIKE_ONE };
	else if (p->n == 0 || p->tokens[p->n - 1].kind != LIKE_ANY)
		p->tokens[p->n++] = (struct like_token){ .kind = LIKE_ANY };
}

/* Reads the escape character at *pos and what stands behind it. NULL, or what
 * is wrong. */
static const char *
add_escaped(struct like_pattern *p, char **literal, const struct str *pattern,
	    const struct str *escape, size_t *pos)
{
	const char *text = str_data(pattern), *esc = str_data(escape);
	size_t n = pattern->len, bytes;

	*pos += escape->len;
	if (*pos == n)
		return "the pattern of LIKE ends with its ESCAPE character";
	bytes = step(text + *pos, n - *pos);
	if (text[*pos] != '%' && text[*pos] != '_' &&
	    (bytes != escape->len || memcmp(text + *pos, esc, bytes) != 0))
		return "behind the ESCAPE character of LIKE stands %, _ or the "
		       "character itself";
	*literal = add_text(p, *literal, text + *pos, bytes);
	*pos += bytes;
	return NULL;
}

const struct like_pattern *
like_pattern_create(const struct str *pattern, const struct str *escape,
		    struct arena *a)
{
	const char *text = str_data(pattern);
	const char *esc = escape ? str_data(escape) : NULL;
	size_t n = pattern->len, pos = 0;
	struct like_pattern *p = arena_new(a, struct like_pattern);
	char *literal = arena_bytes(a, n);

	p->tokens = arena_array(a, n, struct like_token);
	if (escape && (escape->len == 0 ||
		       step(esc, escape->len) != escape->len))
		p->problem = "ESCAPE of LIKE takes one character";
	while (pos < n && !p->problem) {
		size_t bytes = step(text + pos, n - pos);

		if (escape && bytes == escape->len &&
		    memcmp(text + pos, esc, bytes) == 0) {
			p->problem = add_escaped(p, &literal, pattern, escape,
						 &pos);
			continue;
		}
		if (text[pos] == '%' || text[pos] == '_')
			add_wildcard(p, text[pos]);
		else
			literal = add_text(p, literal, text + pos, bytes);
		pos += bytes;
	}
	return p;
}

/* ---- matching ---- */

/* Where matching goes on when it fails behind the last %: that % takes one
 * code point more, or all up to the next place of the text behind it. False:
 * there is none. */
static bool
widen(const struct like_pattern *p, const char *text, size_t n, unsigned token,
      size_t *pos)
{
	const struct like_token *next = token < p->n ? &p->tokens[token] : NULL;
	const char *found;

	if (!next || next->kind != LIKE_TEXT)
		return true;
	found = memmem(text + *pos, n - *pos, next->text, next->n);
	if (!found)
		return false;
	*pos = (size_t)(found - text);
	return true;
}

/* Does the token match at *pos? Then *pos moves behind it. */
static bool
take(const struct like_token *t, const char *text, size_t n, size_t *pos)
{
	if (t->kind == LIKE_ONE) {
		if (*pos == n)
			return false;
		utf8_next(text, n, pos);
		return true;
	}
	if (n - *pos < t->n || memcmp(text + *pos, t->text, t->n) != 0)
		return false;
	*pos += t->n;
	return true;
}

bool
like_pattern_matches(const struct like_pattern *p, const char *text,
		     size_t n)
{
	unsigned token = 0, any_token = 0;
	size_t pos = 0, any_pos = 0;

	for (;;) {
		if (token < p->n && p->tokens[token].kind == LIKE_ANY) {
			if (++token == p->n)
				return true;
			any_token = token;
			any_pos = pos;
			if (!widen(p, text, n, token, &any_pos))
				return false;
			pos = any_pos;
		} else if (token < p->n &&
			   take(&p->tokens[token], text, n, &pos)) {
			token++;
		} else if (token == p->n && pos == n) {
			return true;
		} else {
			if (any_token == 0 || any_pos == n)
				return false;
			utf8_next(text, n, &any_pos);
			if (!widen(p, text, n, any_token, &any_pos))
				return false;
			token = any_token;
			pos = any_pos;
		}
	}
}
