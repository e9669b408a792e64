/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/like.c - LIKE: % any text, _ any code point, newlines are
 * nothing special, no escape character unless ESCAPE names one. Patterns are
 * taken apart once when constant; the usual shapes need no matching at all.
 */
#include "runtime/kernels/loops.h"

enum token_kind { TOKEN_TEXT, TOKEN_ONE, TOKEN_ANY };

struct token {
	enum token_kind kind;
	const char *text;
	size_t n;
};

struct pattern {
	bool is_valid;
	unsigned n;
	struct token *tokens; /* no two of TEXT or ANY in a row */
};

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
add_text(struct pattern *p, char *literal, const char *text, size_t n)
{
	struct token *last = p->n > 0 ? &p->tokens[p->n - 1] : NULL;

	memcpy(literal, text, n);
	if (last && last->kind == TOKEN_TEXT)
		last->n += n;
	else
		p->tokens[p->n++] =
			(struct token){ TOKEN_TEXT, literal, n };
	return literal + n;
}

static void
add_wildcard(struct pattern *p, char c)
{
	if (c == '_')
		p->tokens[p->n++] = (struct token){ .kind = TOKEN_ONE };
	else if (p->n == 0 || p->tokens[p->n - 1].kind != TOKEN_ANY)
		p->tokens[p->n++] = (struct token){ .kind = TOKEN_ANY };
}

static const struct pattern *
pattern_create(struct str pattern, const struct str *escape, struct arena *a)
{
	const char *text = str_data(&pattern);
	const char *esc = escape ? str_data(escape) : NULL;
	size_t nesc = escape ? escape->len : 0, n = pattern.len, pos = 0;
	struct pattern *p = arena_new(a, struct pattern);
	char *literal = arena_bytes(a, n);

	p->tokens = arena_array(a, n, struct token);
	if (escape && (nesc == 0 || step(esc, nesc) != nesc))
		return p; /* not one character */
	while (pos < n) {
		size_t bytes = step(text + pos, n - pos);

		if (escape && bytes == nesc &&
		    memcmp(text + pos, esc, nesc) == 0) {
			pos += bytes;
			bytes = pos < n ? step(text + pos, n - pos) : 0;
			if (bytes == 0 ||
			    (text[pos] != '%' && text[pos] != '_' &&
			     (bytes != nesc ||
			      memcmp(text + pos, esc, nesc) != 0)))
				return p;
			literal = add_text(p, literal, text + pos, bytes);
		} else if (text[pos] == '%' || text[pos] == '_') {
			add_wildcard(p, text[pos]);
		} else {
			literal = add_text(p, literal, text + pos, bytes);
		}
		pos += bytes;
	}
	p->is_valid = true;
	return p;
}

/* ---- matching ---- */

/* Where matching goes on when it fails behind the last %: that % takes one
 * code point more, or all up to the next place of the text behind it. False:
 * there is none. */
static bool
widen(const struct pattern *p, const char *text, size_t n, unsigned token,
      size_t *pos)
{
	const struct token *next = token < p->n ? &p->tokens[token] : NULL;
	const char *found;

	if (!next || next->kind != TOKEN_TEXT)
		return true;
	found = memmem(text + *pos, n - *pos, next->text, next->n);
	if (!found)
		return false;
	*pos = (size_t)(found - text);
	return true;
}

/* Does the token match at *pos? Then *pos moves behind it. */
static bool
take(const struct token *t, const char *text, size_t n, size_t *pos)
{
	if (t->kind == TOKEN_ONE) {
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

static bool
pattern_matches(const struct pattern *p, const char *text, size_t n)
{
	unsigned token = 0, any_token = 0;
	size_t pos = 0, any_pos = 0;

	for (;;) {
		if (token < p->n && p->tokens[token].kind == TOKEN_ANY) {
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

static void
match(struct frame *f, uint32_t row, const struct pattern *p)
{
	const struct vec *v = &f->arg[0];
	const struct str *s = &v->str[row & v->mask];

	if (p->is_valid)
		f->out->u8[row] = pattern_matches(p, str_data(s), s->len);
	else
		frame_fail(f, row, ERR_INVALID_ARGUMENT,
			   "invalid escape sequence in the pattern of LIKE");
}

static void
like_constant(struct frame *f)
{
	frame_each(f, row)
		match(f, row, f->call->prepared);
}

static void
like_any(struct frame *f)
{
	const struct vec *pattern = &f->arg[1], *escape = &f->arg[2];
	bool has_escape = f->call->nargs == 3;

	frame_each(f, row) {
		const struct str *e = has_escape
					      ? &escape->str[row & escape->mask]
					      : NULL;

		match(f, row, pattern_create(pattern->str[row & pattern->mask],
					     e, f->arena));
	}
}

bool
like_pick(struct kernel_call *k)
{
	const struct value *pattern = k->constant[1], *escape = NULL;

	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_STR)
			return false;
	}
	if (k->nargs == 3)
		escape = k->constant[2];
	if (!pattern || pattern->is_null ||
	    (k->nargs == 3 && (!escape || escape->is_null)))
		return pick_sparse(k, like_any);
	k->prepared = pattern_create(pattern->str,
				     escape ? &escape->str : NULL, k->arena);
	return pick_sparse(k, like_constant);
}
