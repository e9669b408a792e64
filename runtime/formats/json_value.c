/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_value.c - one JSON value as a value of a type. Its
 * grammar has been checked (json_walk.c), so that a value ends where the
 * scanner here says it does; what it means is decided here.
 */
#include "runtime/formats/json_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/nested.h"
#include "runtime/formats/json_simd.h"

/* ---- scalars ---- */

static enum field_rc
bad_value(struct json_reading *r, struct type t, struct json_token token)
{
	r->what = NULL;
	r->bad_type = t;
	r->bad = token;
	r->path = "";
	return FIELD_BAD;
}

static enum field_rc
bad_because(struct json_reading *r, const char *what)
{
	r->what = what;
	r->path = "";
	return FIELD_BAD;
}

/* 1.9 and 1e2, as Java narrows them: toward zero, within the range. */
static bool
integer_from_number(struct type t, struct json_token token, int64_t *ret)
{
	double v = json_double(token.text, token.len);

	if (!(v >= -0x1p63 && v < 0x1p63))
		return false;
	*ret = (int64_t)v;
	return field_in_range(t, *ret);
}

static bool
is_number(struct json_token t)
{
	return t.text[0] == '-' || (t.text[0] >= '0' && t.text[0] <= '9');
}

static bool
is_nested(struct json_token t)
{
	return t.text[0] == '{' || t.text[0] == '[';
}

static bool
has_fraction_or_exponent(struct json_token t)
{
	return memchr(t.text, '.', t.len) || memchr(t.text, 'e', t.len) ||
	       memchr(t.text, 'E', t.len);
}

static enum field_rc
read_number(struct json_reading *r, struct type t, struct json_token token,
	    struct value *ret)
{
	if (type_is_integer(t) && has_fraction_or_exponent(token))
		return integer_from_number(t, token, &ret->i64) ? FIELD_OK
								: FIELD_BAD;
	if (t.kind == TYPE_DOUBLE || t.kind == TYPE_FLOAT) {
		ret->f64 = json_double(token.text, token.len);
		if (t.kind == TYPE_FLOAT)
			ret->f64 = (float)ret->f64;
		return FIELD_OK;
	}
	if (type_is_binary(t))
		return FIELD_BAD;
	return field_read(t, r->time_separator, token.text, token.len, r->a,
			  ret);
}

/* Numbers for what Flink's json writes as text. */
static enum field_rc
read_state_number(struct json_reading *r, struct type t,
		  struct json_token token, struct value *ret)
{
	if (phys_of(t) == PHYS_I64 && t.kind != TYPE_DECIMAL)
		return field_digits(token.text, token.len, &ret->i64)
			       ? FIELD_OK
			       : FIELD_BAD;
	return read_number(r, t, token, ret);
}

/* A string token without its quotes and escapes; false: a bad escape. */
static bool
plain_string(struct json_reading *r, struct json_token *token)
{
	size_t n = token->len - 2;
	char *out;

	if (token->len < 2 || token->text[token->len - 1] != '"')
		return false;
	token->text++;
	token->len -= 2;
	if (!memchr(token->text, '\\', n))
		return true;
	out = arena_bytes(r->a, n);
	if (!json_unescape(token->text, n, out, &n))
		return false;
	*token = (struct json_token){ out, (uint32_t)n };
	return true;
}

static const char bad_escape[] =
	"a string has an escape that stands for no character";

static enum field_rc
read_text(struct json_reading *r, struct json_token token, struct value *ret)
{
	ret->is_null = false;
	if (is_nested(token)) {
		char *compact = arena_bytes(r->a, token.len);

		token.len = (uint32_t)json_compact(token.text, token.len,
						   compact);
		token.text = compact;
	}
	ret->str = str_ref(token.text, token.len);
	return FIELD_OK;
}

static enum field_rc
read_scalar(struct json_reading *r, struct type t, struct json_token token,
	    struct value *ret)
{
	struct json_token plain = token;
	enum field_rc rc;

	ret->is_null = false;
	if (*token.text == '"' && !plain_string(r, &plain))
		return bad_because(r, bad_escape);
	if (type_is_text(t))
		return read_text(r, plain, ret);
	if (is_number(token) && r->is_state)
		rc = read_state_number(r, t, token, ret);
	else if (is_number(token))
		rc = read_number(r, t, token, ret);
	else if (*token.text != '"' && type_is_binary(t))
		rc = FIELD_BAD;
	else
		rc = field_read(t, r->time_separator, plain.text, plain.len,
				r->a, ret);
	return rc == FIELD_BAD ? bad_value(r, t, plain) : rc;
}

/* ---- the inside of arrays and objects ---- */

/* Of text that json_walk() has seen each token ends where it seems to; of any
 * other text (a state file's) nothing is read behind the end. */
struct scanner {
	const char *p, *end; /* end: the closing bracket */
};

static struct scanner
scanner_of(struct json_token nested)
{
	CHECK(nested.len >= 2);
	return (struct scanner){ nested.text + 1,
				 nested.text + nested.len - 1 };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void
skip_blanks(struct scanner *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

static const char *
nested_end(const char *p, const char *end)
{
	unsigned depth = 0;

	do {
		if (*p == '"') {
			p = string_end(p, end);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
	} while (depth > 0 && p < end);
	return p;
}

static struct json_token
take(struct scanner *s)
{
	const char *from = s->p;

	if (from < s->end && *from == '"') {
		s->p = string_end(from, s->end);
	} else if (from < s->end && (*from == '{' || *from == '[')) {
		s->p = nested_end(from, s->end);
	} else {
		while (s->p < s->end && *s->p != ',' && !is_blank(*s->p))
			s->p++;
	}
	return (struct json_token){ from, (uint32_t)(s->p - from) };
}

/* The next element; false: there is none. */
static bool
next_element(struct scanner *s, struct json_token *ret)
{
	skip_blanks(s);
	if (s->p >= s->end)
		return false;
	if (*s->p == ',')
		s->p++;
	skip_blanks(s);
	*ret = take(s);
	return true;
}

/* The next member; false: there is none. */
static bool
next_member(struct scanner *s, struct json_token *ret_key,
	    struct json_token *ret_value)
{
	if (!next_element(s, ret_key))
		return false;
	skip_blanks(s);
	if (s->p < s->end)
		s->p++; /* the colon */
	skip_blanks(s);
	*ret_value = take(s);
	return true;
}

static uint32_t
count_elements(struct json_token array)
{
	struct scanner s = scanner_of(array);
	struct json_token token;
	uint32_t n = 0;

	while (next_element(&s, &token))
		n++;
	return n;
}

static uint32_t
count_members(struct json_token object)
{
	struct scanner s = scanner_of(object);
	struct json_token key, value;
	uint32_t n = 0;

	while (next_member(&s, &key, &value))
		n++;
	return n;
}

/* ---- nested values ---- */

static enum field_rc read_value(struct json_reading *r, struct type t,
				struct json_token token, struct value *ret);

/* Reads what stands inside of another value: there null and what cannot be read
 * but may be ignored are NULL. */
static enum field_rc
read_item(struct json_reading *r, struct type t, struct json_token token,
	  struct value *ret)
{
	enum field_rc rc = read_value(r, t, token, ret);

	if (rc == FIELD_NULL && !t.nullable && *token.text == 'n')
		rc = bad_because(r, "null in a place that is NOT NULL");
	if (rc == FIELD_OK)
		return FIELD_OK;
	*ret = (struct value){ .is_null = true };
	return rc == FIELD_NULL || r->ignore_errors ? FIELD_OK : FIELD_BAD;
}

/* What was bad lies in this member, or at this place of an array. */
static enum field_rc
bad_in(struct json_reading *r, struct json_token name)
{
	r->path = arena_printf(r->a, ".%.*s%s", (int)name.len, name.text,
			       r->path);
	return FIELD_BAD;
}

static enum field_rc
bad_at(struct json_reading *r, unsigned place)
{
	r->path = arena_printf(r->a, "[%u]%s", place, r->path);
	return FIELD_BAD;
}

static const char too_large[] = "the value is too large";

static struct arena *
place_for(struct json_reading *r)
{
	return r->depth > 1 ? &r->inner : r->a;
}

static enum field_rc
made(struct json_reading *r, bool fits, const struct str *s)
{
	size_t more = r->depth > 1 ? s->len : 0;

	fits = fits && more < r->room;
	r->room -= fits ? more : r->room;
	return fits ? FIELD_OK : bad_because(r, too_large);
}

static enum field_rc
read_elements(struct json_reading *r, struct type t, struct json_token token,
	      struct value *items, uint32_t n)
{
	struct scanner s = scanner_of(token);
	struct json_token element;

	for (uint32_t i = 0; i < n; i++) {
		next_element(&s, &element);
		if (read_item(r, type_element(t), element, &items[i]) ==
		    FIELD_BAD)
			return bad_at(r, i + 1);
	}
	return FIELD_OK;
}

static enum field_rc
read_array(struct json_reading *r, struct type t, struct json_token token,
	   struct value *ret)
{
	uint32_t n = count_elements(token);
	struct value *items = mem_alloc((n + 1) * sizeof(*items));
	enum field_rc rc = read_elements(r, t, token, items, n);

	if (rc == FIELD_OK)
		rc = made(r, nested_make(place_for(r), t, n, items, &ret->str),
			  &ret->str);
	free(items);
	return rc;
}

static int
find_field(struct type row, struct json_token name)
{
	for (unsigned i = 0; i < row.length; i++)
		if (strlen(row.fields[i].name) == name.len &&
		    memcmp(row.fields[i].name, name.text, name.len) == 0)
			return (int)i;
	return -1;
}

/* A member that is not there is NULL, as null is. */
static enum field_rc
read_missing(struct json_reading *r, struct type t, struct value *ret)
{
	static const struct json_token null = { "null", 4 };

	if (r->fail_on_missing && !r->ignore_errors)
		return bad_because(r, "the field is missing");
	return read_item(r, t, null, ret);
}

static enum field_rc
read_members(struct json_reading *r, struct type t, struct json_token token,
	     struct value *items, bool *seen)
{
	struct scanner s = scanner_of(token);
	struct json_token key, value;

	while (next_member(&s, &key, &value)) {
		int i;

		if (!plain_string(r, &key))
			return bad_because(r, bad_escape);
		i = find_field(t, key);
		if (i < 0 || seen[i])
			continue; /* of equal names the first counts */
		seen[i] = true;
		if (read_item(r, t.fields[i].type, value, &items[i]) ==
		    FIELD_BAD)
			return bad_in(r, key);
	}
	for (unsigned i = 0; i < t.length; i++) {
		const struct type_field *f = &t.fields[i];

		if (!seen[i] &&
		    read_missing(r, f->type, &items[i]) == FIELD_BAD)
			return bad_in(r, (struct json_token){
					f->name, (uint32_t)strlen(f->name) });
	}
	return FIELD_OK;
}

static enum field_rc
read_row(struct json_reading *r, struct type t, struct json_token token,
	 struct value *ret)
{
	struct value *items = mem_alloc((t.length + 1) * sizeof(*items));
	bool *seen = mem_zalloc(t.length + 1);
	enum field_rc rc = read_members(r, t, token, items, seen);

	if (rc == FIELD_OK)
		rc = made(r, nested_make(place_for(r), t, t.length, items,
					 &ret->str), &ret->str);
	free(items);
	free(seen);
	return rc;
}

/* An entry of a map in state, [key, value]. */
static enum field_rc
read_pair(struct json_reading *r, struct type t, struct json_token token,
	  struct value *ret_key, struct value *ret_value)
{
	struct type key = type_key(t);
	struct json_token part[2];
	struct scanner s;

	key.nullable = true;
	if (*token.text != '[' || count_elements(token) != 2)
		return bad_value(r, t, token);
	s = scanner_of(token);
	next_element(&s, &part[0]);
	next_element(&s, &part[1]);
	if (read_item(r, key, part[0], ret_key) == FIELD_BAD)
		return FIELD_BAD;
	return read_item(r, type_value(t), part[1], ret_value);
}

static enum field_rc
read_pairs(struct json_reading *r, struct type t, struct json_token token,
	   struct value *keys, struct value *values, uint32_t n)
{
	struct scanner s = scanner_of(token);
	struct json_token pair;

	for (uint32_t i = 0; i < n; i++) {
		next_element(&s, &pair);
		if (pair.len < 2 || read_pair(r, t, pair, &keys[i],
					      &values[i]) == FIELD_BAD)
			return FIELD_BAD;
	}
	return FIELD_OK;
}

static enum field_rc
read_entries(struct json_reading *r, struct type t, struct json_token token,
	     struct value *keys, struct value *values, uint32_t n)
{
	struct scanner s = scanner_of(token);
	struct json_token key, value;

	for (uint32_t i = 0; i < n; i++) {
		next_member(&s, &key, &value);
		if (!plain_string(r, &key))
			return bad_because(r, bad_escape);
		keys[i] = (struct value){ .str = str_ref(key.text, key.len) };
		if (read_item(r, type_value(t), value, &values[i]) ==
		    FIELD_BAD)
			return bad_in(r, key);
	}
	return FIELD_OK;
}

static enum field_rc
read_map(struct json_reading *r, struct type t, struct json_token token,
	 struct value *ret)
{
	bool pairs = *token.text == '[';
	uint32_t n = pairs ? count_elements(token) : count_members(token);
	struct value *keys = mem_alloc((n + 1) * sizeof(*keys));
	struct value *values = mem_alloc((n + 1) * sizeof(*values));
	enum field_rc rc = (pairs ? read_pairs : read_entries)(
		r, t, token, keys, values, n);

	if (rc == FIELD_OK)
		rc = made(r, nested_make_map(place_for(r), t, n, keys, values,
					     &ret->str), &ret->str);
	free(keys);
	free(values);
	return rc;
}

static enum field_rc
read_nested(struct json_reading *r, struct type t, struct json_token token,
	    struct value *ret)
{
	if (t.kind == TYPE_ARRAY)
		return read_array(r, t, token, ret);
	return t.kind == TYPE_ROW ? read_row(r, t, token, ret)
				  : read_map(r, t, token, ret);
}

static enum field_rc
read_value(struct json_reading *r, struct type t, struct json_token token,
	   struct value *ret)
{
	enum field_rc rc;
	bool is_map = t.kind == TYPE_MAP || t.kind == TYPE_MULTISET;
	bool is_list;

	if (token.len == 0)
		return bad_value(r, t, token);
	if (*token.text == 'n')
		return FIELD_NULL;
	if (!type_is_nested(t))
		return read_scalar(r, t, token, ret);
	is_list = *token.text == '[';
	if (token.len < 2 || (!is_list && *token.text != '{') ||
	    (is_list != (t.kind == TYPE_ARRAY) && !(is_map && r->is_state)))
		return bad_value(r, t, token);
	if (r->room == 0)
		return bad_because(r, too_large);
	ret->is_null = false;
	r->depth++;
	rc = read_nested(r, t, token, ret);
	r->depth--;
	return rc;
}

enum field_rc
json_read(struct json_reading *r, struct type t, struct json_token token,
	  struct value *ret)
{
	enum field_rc rc;

	if (!type_is_nested(t))
		return read_value(r, t, token, ret);
	arena_init(&r->inner);
	r->depth = 0;
	/* What state holds has been made once. */
	r->room = r->is_state ? SIZE_MAX
			      : JSON_ROOM_MIN + (size_t)JSON_ROOM_PER_BYTE *
							token.len;
	rc = read_value(r, t, token, ret);
	arena_release(&r->inner);
	return rc;
}

bool
json_state_read(struct type t, const char *text, size_t n, struct arena *a,
		struct str *ret)
{
	struct json_reading r = { .time_separator = ' ', .is_state = true,
				  .a = a };
	struct json_token token = { text, (uint32_t)n };
	struct buf again;
	struct value v;
	bool same;

	CHECK(type_is_nested(t));
	if (n > UINT32_MAX || json_read(&r, t, token, &v) != FIELD_OK)
		return false;
	/* There is one text for each value: any other was written by somebody
	 * else. */
	buf_init(&again);
	json_state_put(&again, v.str, t);
	same = again.len == n && memcmp(again.data, text, n) == 0;
	buf_release(&again);
	*ret = v.str;
	return same;
}

const char *
json_complaint(const struct json_reading *r)
{
	const char *text = r->what ? r->what
		: field_complaint(r->bad_type, r->bad.text, r->bad.len, r->a);

	if (*r->path == '\0')
		return text;
	return arena_printf(r->a, "%s, at %s", text, r->path);
}
