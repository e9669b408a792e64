/* SPDX-License-Identifier: Apache-2.0
 * base/json_path.c - reads the text of a path from left to right. It is a
 * little stricter than the library it follows, which takes one stray character
 * at the end for nothing.
 */
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/json_doc.h"
#include "base/json_path.h"

struct reader {
	struct arena *a;
	const char *text, *p, *end;
	struct json_path *path;
	struct json_path_fault *fault;
};

static int
fail(struct reader *r, const char *what)
{
	*r->fault = (struct json_path_fault){
		.what = what, .at = (size_t)(r->p - r->text),
	};
	return -1;
}

static int
refuse(struct reader *r, const char *what)
{
	fail(r, what);
	r->fault->unsupported = true;
	return -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
at(const struct reader *r, char c)
{
	return r->p < r->end && *r->p == c;
}

static void
skip_spaces(struct reader *r)
{
	while (at(r, ' '))
		r->p++;
}

/* How many things there can be at most that c stands between. */
static size_t
count(const struct reader *r, char c)
{
	size_t n = 1;

	for (const char *p = r->p; p < r->end; p++)
		n += *p == c;
	return n;
}

static struct json_step *
step_add(struct reader *r, enum json_step_kind kind)
{
	struct json_path *path = r->path;
	struct json_step *s, *before;

	if (path->n == JSON_PATH_STEPS_MAX) {
		fail(r, "the path has too many steps");
		return NULL;
	}
	s = &path->step[path->n];
	before = path->n > 0 ? s - 1 : NULL;
	*s = (struct json_step){
		.kind = kind,
		.definite_before = !before || (before->definite &&
					       before->definite_before),
	};
	path->n++;
	return s;
}

/* ---- names ---- */

static int
read_name(struct reader *r)
{
	const char *start = r->p;
	struct json_step *s;

	while (r->p < r->end && *r->p != '.' && *r->p != '[') {
		if (*r->p == ' ')
			return fail(r, "a name with blanks is written ['a b']");
		if (*r->p == '(')
			return refuse(r, "functions in JSON paths");
		r->p++;
	}
	if (r->p == start)
		return fail(r, "a name is missing");
	s = step_add(r, JSON_STEP_NAMES);
	if (!s)
		return -1;
	s->n = 1;
	s->name = arena_array(r->a, 1, struct str);
	s->name[0] = str_from(r->a, start, (size_t)(r->p - start));
	s->definite = true;
	return 0;
}

static char *
put_code_point(char *out, unsigned c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 63));
	}
	*out++ = (char)(0x80 | (c & 63));
	return out;
}

/* Behind a backslash in a quoted name. */
static int
read_escape(struct reader *r, char **out)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	const char *known;
	unsigned c = 0;

	if (r->p == r->end)
		return fail(r, "a quoted name does not end");
	if (*r->p != 'u') {
		known = *r->p ? strchr(from, *r->p) : NULL;
		*(*out)++ = known ? to[known - from] : *r->p;
		r->p++;
		return 0;
	}
	r->p++;
	for (int i = 0; i < 4; i++, r->p++) {
		if (r->p == r->end || json_hex_digit(*r->p) < 0)
			return fail(r, "\\u needs four hexadecimal digits");
		c = c << 4 | (unsigned)json_hex_digit(*r->p);
	}
	if (c >= 0xd800 && c <= 0xdfff)
		return refuse(r, "halves of surrogate pairs in JSON paths");
	*out = put_code_point(*out, c);
	return 0;
}

/* At its quote; all names of a step have the same kind of quotes. */
static int
read_quoted(struct reader *r, char quote, struct str *ret)
{
	char *text = arena_bytes(r->a, (size_t)(r->end - r->p) + 1);
	char *out = text;

	if (!at(r, quote))
		return fail(r, "a quoted name is missing");
	for (r->p++; !at(r, quote);) {
		if (r->p == r->end)
			return fail(r, "a quoted name does not end");
		if (*r->p != '\\') {
			*out++ = *r->p++;
			continue;
		}
		r->p++;
		if (read_escape(r, &out) < 0)
			return -1;
	}
	r->p++;
	*ret = str_ref(text, (uint32_t)(out - text));
	return 0;
}

/* ['a', 'b'], from its first quote to the bracket. */
static int
read_quoted_names(struct reader *r)
{
	struct json_step *s = step_add(r, JSON_STEP_NAMES);
	char quote = *r->p;

	if (!s)
		return -1;
	s->name = arena_array(r->a, count(r, ','), struct str);
	for (;;) {
		if (s->n == JSON_PATH_LIST_MAX)
			return fail(r, "there are too many names in one step");
		if (read_quoted(r, quote, &s->name[s->n++]) < 0)
			return -1;
		skip_spaces(r);
		if (!at(r, ','))
			break;
		r->p++;
		skip_spaces(r);
	}
	if (!at(r, ']'))
		return fail(r, "a comma or ] is missing behind the name");
	s->definite = s->n == 1;
	return 0;
}

/* ---- numbers ---- */

static int
read_index(struct reader *r, int32_t *ret)
{
	const char *start = r->p;
	int64_t v = 0;
	bool minus = at(r, '-');

	r->p += minus;
	if (r->p == r->end || !is_digit(*r->p))
		return fail(r, "a number is missing");
	for (; r->p < r->end && is_digit(*r->p); r->p++) {
		v = 10 * v + (*r->p - '0');
		if (v > (int64_t)INT32_MAX + minus) {
			r->p = start;
			return fail(r, "the number is too large");
		}
	}
	*ret = (int32_t)(minus ? -v : v);
	return 0;
}

/* Behind the first number, if there was one, and the colon. */
static int
read_slice(struct reader *r, bool has_from, int32_t from)
{
	struct json_step *s = step_add(r, JSON_STEP_SLICE);

	if (!s)
		return -1;
	s->has_from = has_from;
	s->from = from;
	r->p++;
	if (!at(r, ']')) {
		s->has_to = true;
		if (read_index(r, &s->to) < 0)
			return -1;
	}
	if (at(r, ':'))
		return refuse(r, "a slice with a step in JSON paths");
	return s->has_from || s->has_to ? 0 : fail(r, "a slice has a number");
}

/* [0], [0, 1], [1:2]; from behind the bracket to the other one. */
static int
read_numbers(struct reader *r)
{
	struct json_step *s;
	int32_t first = 0;

	if (at(r, ':'))
		return read_slice(r, false, 0);
	if (read_index(r, &first) < 0)
		return -1;
	if (at(r, ':'))
		return read_slice(r, true, first);
	s = step_add(r, JSON_STEP_INDEXES);
	if (!s)
		return -1;
	s->index = arena_array(r->a, count(r, ','), int32_t);
	s->index[s->n++] = first;
	for (skip_spaces(r); at(r, ','); skip_spaces(r)) {
		r->p++;
		skip_spaces(r);
		if (s->n == JSON_PATH_LIST_MAX)
			return fail(r, "there are too many numbers in one step");
		if (read_index(r, &s->index[s->n++]) < 0)
			return -1;
	}
	s->definite = s->n == 1;
	return 0;
}

/* ---- steps ---- */

static int
read_bracket(struct reader *r)
{
	int rc;

	r->p++;
	skip_spaces(r);
	if (at(r, '?'))
		return refuse(r, "filters in JSON paths");
	if (at(r, '\'') || at(r, '"')) {
		rc = read_quoted_names(r);
	} else if (at(r, '*')) {
		r->p++;
		rc = step_add(r, JSON_STEP_ANY) ? 0 : -1;
	} else if (r->p < r->end && (is_digit(*r->p) || *r->p == '-' ||
				     *r->p == ':')) {
		rc = read_numbers(r);
	} else {
		return fail(r, "a number, a quoted name or * is missing");
	}
	if (rc < 0)
		return -1;
	skip_spaces(r);
	if (!at(r, ']'))
		return fail(r, "a ] is missing");
	r->p++;
	return 0;
}

/* Behind one dot or two. */
static int
read_dotted(struct reader *r)
{
	if (r->p == r->end)
		return fail(r, "a path does not end with a dot");
	if (at(r, '['))
		return read_bracket(r);
	if (!at(r, '*'))
		return read_name(r);
	r->p++;
	if (r->p < r->end && *r->p != '.' && *r->p != '[')
		return fail(r, "a . or [ is missing behind *");
	return step_add(r, JSON_STEP_ANY) ? 0 : -1;
}

static int
read_step(struct reader *r)
{
	if (at(r, '['))
		return read_bracket(r);
	if (!at(r, '.'))
		return fail(r, "a . or [ is missing");
	r->p++;
	if (at(r, '.')) {
		r->p++;
		if (at(r, '.'))
			return fail(r, "there are two dots at most");
		if (!step_add(r, JSON_STEP_DEEP))
			return -1;
	}
	return read_dotted(r);
}

/* "lax " or "strict " in front, any case. */
static void
read_mode(struct reader *r)
{
	static const char *const modes[] = { "strict", "lax" };
	const char *p = r->p;

	while (p < r->end && is_blank(*p))
		p++;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		size_t n = strlen(modes[i]);
		const char *behind = p + n;

		if ((size_t)(r->end - p) <= n ||
		    strncasecmp(p, modes[i], n) != 0 || !is_blank(*behind))
			continue;
		while (behind < r->end && is_blank(*behind))
			behind++;
		if (behind == r->end)
			return;
		r->path->lax = i == 1;
		r->p = behind;
		return;
	}
}

/* What depends on the whole path. */
static int
finish(struct reader *r)
{
	struct json_path *path = r->path;

	/* Several names at the end make one object. */
	if (path->n > 0 && path->step[path->n - 1].kind == JSON_STEP_NAMES)
		path->step[path->n - 1].definite = true;
	for (uint32_t i = 0; i < path->n; i++) {
		enum json_step_kind kind = path->step[i].kind;

		path->definite &= path->step[i].definite;
		if (i > 0 && i + 1 < path->n &&
		    path->step[i - 1].kind == JSON_STEP_DEEP &&
		    (kind == JSON_STEP_INDEXES || kind == JSON_STEP_SLICE))
			return refuse(r, "steps behind ..[n] in JSON paths");
	}
	return 0;
}

int
json_path_parse(const char *text, size_t n, struct arena *a,
		struct json_path *ret, struct json_path_fault *fault)
{
	struct reader r = { a, text, text, text + n, ret, fault };

	*ret = (struct json_path){ .definite = true };
	ret->step = arena_array(a, count(&r, '.') + count(&r, '['),
				struct json_step);
	read_mode(&r);
	while (r.p < r.end && is_blank(*r.p))
		r.p++;
	while (r.end > r.p && is_blank(r.end[-1]))
		r.end--;
	if (r.p == r.end)
		return fail(&r, "the path is empty");
	if (at(&r, '@'))
		return refuse(&r, "@ in JSON paths");
	if (at(&r, '$'))
		r.p++;
	else if (read_dotted(&r) < 0) /* a.b is $.a.b */
		return -1;
	while (r.p < r.end)
		if (read_step(&r) < 0)
			return -1;
	return finish(&r);
}
