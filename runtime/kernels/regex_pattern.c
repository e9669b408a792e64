/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/regex_pattern.c - both readers walk over a pattern once and
 * write what differs in other words; what would be read otherwise and cannot
 * be said in PCRE2 is refused, never guessed.
 */
#include "runtime/kernels/regex_pattern.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

/* The longest that one byte becomes: % is (?s:.*). */
#define GROWTH 8

struct rewriter {
	const char *p, *end;
	char *out;
	bool in_class;
};

static void
put(struct rewriter *w, const char *text, size_t n)
{
	memcpy(w->out, text, n);
	w->out += n;
}

static void
put_text(struct rewriter *w, const char *text)
{
	put(w, text, strlen(text));
}

static bool
looking_at(const struct rewriter *w, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(w->end - w->p) >= n && memcmp(w->p, text, n) == 0;
}

static char *
rewriter_begin(struct rewriter *w, const struct str *pattern, struct arena *a)
{
	*w = (struct rewriter){ .p = str_data(pattern) };
	w->end = w->p + pattern->len;
	w->out = arena_bytes(a, (size_t)GROWTH * pattern->len + GROWTH);
	return w->out;
}

/* ---- Java ---- */

/* Classes of ASCII that Java writes as properties. */
static const struct {
	const char *name, *in, *out;
} ascii_classes[] = {
	{ "Lower", "[:lower:]", "[:^lower:]" },
	{ "Upper", "[:upper:]", "[:^upper:]" },
	{ "ASCII", "[:ascii:]", "[:^ascii:]" },
	{ "Alpha", "[:alpha:]", "[:^alpha:]" },
	{ "Digit", "[:digit:]", "[:^digit:]" },
	{ "Alnum", "[:alnum:]", "[:^alnum:]" },
	{ "Punct", "[:punct:]", "[:^punct:]" },
	{ "Graph", "[:graph:]", "[:^graph:]" },
	{ "Print", "[:print:]", "[:^print:]" },
	{ "Blank", "[:blank:]", "[:^blank:]" },
	{ "Cntrl", "[:cntrl:]", "[:^cntrl:]" },
	{ "XDigit", "[:xdigit:]", "[:^xdigit:]" },
	{ "Space", "[:space:]", "[:^space:]" },
};

/* At \p{ or \P{. */
static enum pattern_rc
java_property(struct rewriter *w)
{
	bool negated = w->p[1] == 'P';
	const char *name = w->p + 3;
	const char *close = memchr(name, '}', (size_t)(w->end - name));
	size_t n = close ? (size_t)(close - name) : 0;

	if (!close)
		return PATTERN_INVALID;
	for (size_t i = 0; i < ARRAY_LEN(ascii_classes); i++) {
		if (strlen(ascii_classes[i].name) != n ||
		    memcmp(ascii_classes[i].name, name, n) != 0)
			continue;
		put_text(w, w->in_class ? "" : "[");
		put_text(w, negated ? ascii_classes[i].out
				    : ascii_classes[i].in);
		put_text(w, w->in_class ? "" : "]");
		w->p = close + 1;
		return PATTERN_OK;
	}
	/* scripts, blocks and Java's own: IsLatin, InGreek, javaLowerCase */
	if (n > 2)
		return PATTERN_UNSUPPORTED;
	put(w, w->p, (size_t)(close + 1 - w->p));
	w->p = close + 1;
	return PATTERN_OK;
}

/* The four hexadecimal digits behind a \u at text. */
static bool
java_unit(const char *text, const char *end, unsigned *ret)
{
	char digits[5] = "";

	if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
		return false;
	memcpy(digits, text + 2, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return false;
	*ret = (unsigned)strtoul(digits, NULL, 16);
	return true;
}

/* At \u: a unit of UTF-16, or two that are one character. */
static enum pattern_rc
java_unicode(struct rewriter *w)
{
	char text[16];
	unsigned c, low;

	if (!java_unit(w->p, w->end, &c))
		return PATTERN_INVALID;
	w->p += 6;
	if (c >= 0xd800 && c < 0xdc00 && java_unit(w->p, w->end, &low) &&
	    low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		w->p += 6;
	}
	if (c >= 0xd800 && c < 0xe000)
		return PATTERN_UNSUPPORTED; /* half a character */
	put(w, text, (size_t)snprintf(text, sizeof(text), "\\x{%x}", c));
	return PATTERN_OK;
}

static enum pattern_rc
java_escape(struct rewriter *w)
{
	const char *end;

	if (w->end - w->p < 2)
		return PATTERN_INVALID;
	switch (w->p[1]) {
	case 'Q':
		end = memmem(w->p, (size_t)(w->end - w->p), "\\E", 2);
		end = end ? end + 2 : w->end;
		put(w, w->p, (size_t)(end - w->p));
		w->p = end;
		return PATTERN_OK;
	case 'p':
	case 'P':
		if (w->end - w->p > 2 && w->p[2] == '{')
			return java_property(w);
		break;
	case 'u':
		return java_unicode(w);
	case '0': /* up to three octal digits, PCRE2 reads two */
	case 'N':
	case 'g':
	case 'K':
	case 'C':
		return PATTERN_UNSUPPORTED;
	}
	put(w, w->p, 2);
	w->p += 2;
	return PATTERN_OK;
}

/* At "(?" or "(*". Groups like (?i) and (?i:...) may set Java's flags only. */
static enum pattern_rc
java_group(struct rewriter *w)
{
	const char *flag = w->p + 2;
	size_t n = 0;

	if (w->p[1] == '*')
		return PATTERN_INVALID;
	while (flag + n < w->end &&
	       (flag[n] == '-' || (flag[n] >= 'a' && flag[n] <= 'z') ||
		(flag[n] >= 'A' && flag[n] <= 'Z')))
		n++;
	if (flag + n < w->end && (flag[n] == ')' || flag[n] == ':')) {
		for (size_t i = 0; i < n; i++) {
			if (!strchr("imsx-", flag[i]))
				return strchr("dUu", flag[i])
					       ? PATTERN_UNSUPPORTED
					       : PATTERN_INVALID;
		}
	} else if (flag < w->end && !strchr("=!<>", *flag)) {
		return PATTERN_INVALID; /* recursion, conditions: not Java's */
	}
	put(w, w->p, 2);
	w->p += 2;
	return PATTERN_OK;
}

/* Inside of [...] Java has classes within classes and intersections. */
static enum pattern_rc
java_in_class(struct rewriter *w)
{
	if (*w->p == '[' || looking_at(w, "&&"))
		return PATTERN_UNSUPPORTED;
	if (*w->p == ']')
		w->in_class = false;
	put(w, w->p++, 1);
	return PATTERN_OK;
}

/* At [: with what may stand first and would mean something else later. */
static void
java_class(struct rewriter *w)
{
	size_t n = looking_at(w, "[^") ? 2 : 1;

	if (w->p + n < w->end && w->p[n] == ']')
		n++;
	put(w, w->p, n);
	w->p += n;
	w->in_class = true;
}

static enum pattern_rc
java_step(struct rewriter *w)
{
	if (*w->p == '\\')
		return java_escape(w);
	if (w->in_class)
		return java_in_class(w);
	if (looking_at(w, "(?") || looking_at(w, "(*"))
		return java_group(w);
	if (*w->p == '[')
		java_class(w);
	else
		put(w, w->p++, 1);
	return PATTERN_OK;
}

enum pattern_rc
pattern_from_java(struct str java, struct arena *a, struct str *ret)
{
	struct rewriter w;
	char *start = rewriter_begin(&w, &java, a);

	while (w.p < w.end) {
		enum pattern_rc rc = java_step(&w);

		if (rc != PATTERN_OK)
			return rc;
	}
	*ret = str_ref(start, (uint32_t)(w.out - start));
	return PATTERN_OK;
}

/* ---- SIMILAR TO ---- */

/* What means something in a pattern and can be escaped. */
static bool
is_special(char c)
{
	return c != '\0' && strchr("[]()|^-+*_%?{}", c);
}

/* At the escape character, `n` bytes of it. */
static enum pattern_rc
similar_escape(struct rewriter *w, const char *escape, size_t n)
{
	w->p += n;
	if (w->p < w->end && is_special(*w->p)) {
		put_text(w, "\\");
		put(w, w->p++, 1);
		return PATTERN_OK;
	}
	if ((size_t)(w->end - w->p) < n || memcmp(w->p, escape, n) != 0)
		return PATTERN_INVALID;
	put_text(w, n == 1 && strchr("\\.$", *escape) ? "\\" : "");
	put(w, w->p, n);
	w->p += n;
	return PATTERN_OK;
}

/* At "[:" inside of [...]. */
static enum pattern_rc
similar_class(struct rewriter *w)
{
	static const char *const names[][2] = {
		{ "[:ALPHA:]", "[:alpha:]" }, { "[:alpha:]", "[:alpha:]" },
		{ "[:UPPER:]", "[:upper:]" }, { "[:upper:]", "[:upper:]" },
		{ "[:LOWER:]", "[:lower:]" }, { "[:lower:]", "[:lower:]" },
		{ "[:DIGIT:]", "[:digit:]" }, { "[:digit:]", "[:digit:]" },
		{ "[:SPACE:]", " " },	      { "[:space:]", " " },
		{ "[:WHITESPACE:]", "\\s" },  { "[:whitespace:]", "\\s" },
		{ "[:ALNUM:]", "[:alnum:]" }, { "[:alnum:]", "[:alnum:]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!looking_at(w, names[i][0]))
			continue;
		put_text(w, names[i][1]);
		w->p += strlen(names[i][0]);
		return PATTERN_OK;
	}
	return PATTERN_INVALID;
}

static enum pattern_rc
similar_in_class(struct rewriter *w)
{
	if (looking_at(w, "[:"))
		return similar_class(w);
	if (looking_at(w, "&&"))
		return PATTERN_UNSUPPORTED;
	if (*w->p == ']')
		w->in_class = false;
	else if (is_special(*w->p) && *w->p != '-' && *w->p != '^')
		return PATTERN_INVALID;
	put_text(w, *w->p == '\\' ? "\\" : "");
	put(w, w->p++, 1);
	return PATTERN_OK;
}

static enum pattern_rc
similar_step(struct rewriter *w)
{
	if (w->in_class)
		return similar_in_class(w);
	switch (*w->p) {
	case '_':
		put_text(w, ".");
		break;
	case '%':
		put_text(w, "(?s:.*)");
		break;
	case '[':
		put_text(w, "[");
		w->in_class = true;
		break;
	case ']':
		return PATTERN_INVALID;
	case '\\':
	case '$':
		put_text(w, "\\");
		put(w, w->p, 1);
		break;
	case '(':
		if (looking_at(w, "(*"))
			return PATTERN_INVALID;
		if (looking_at(w, "(?"))
			return PATTERN_UNSUPPORTED;
		put(w, w->p, 1);
		break;
	default:
		put(w, w->p, 1);
	}
	w->p++;
	return PATTERN_OK;
}

enum pattern_rc
pattern_from_similar(struct str similar, const struct str *escape,
		     struct arena *a, struct str *ret)
{
	const char *esc = escape ? str_data(escape) : NULL;
	size_t nesc = escape ? escape->len : 0;
	struct rewriter w;
	char *start = rewriter_begin(&w, &similar, a);

	if (escape && utf8_length(esc, nesc) != 1)
		return PATTERN_INVALID;
	while (w.p < w.end) {
		bool escaped = esc && (size_t)(w.end - w.p) >= nesc &&
			       memcmp(w.p, esc, nesc) == 0;
		enum pattern_rc rc = escaped ? similar_escape(&w, esc, nesc)
					     : similar_step(&w);

		if (rc != PATTERN_OK)
			return rc;
	}
	if (w.in_class)
		return PATTERN_INVALID;
	*ret = str_ref(start, (uint32_t)(w.out - start));
	return PATTERN_OK;
}
