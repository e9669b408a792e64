/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/text_find.c - one text inside of another: places (1-based,
 * in code points), beginnings and ends, items between delimiters, replacement.
 */
#include "runtime/kernels/text.h"

/* Offset of `what` in text[from..n), or n + 1. */
static size_t
find(const char *text, size_t n, size_t from, const struct str *what)
{
	const char *found = memmem(text + from, n - from, str_data(what),
				   what->len);

	return found ? (size_t)(found - text) : n + 1;
}

/* ---- POSITION, LOCATE, INSTR ---- */

/* The place of `what` in `s` at or behind place `from`, 0 when there is none.
 * The empty text is at place 1, wherever the search begins (Flink). */
static int64_t
place_of(const struct str *what, const struct str *s, int64_t from)
{
	const char *text = str_data(s);
	size_t offset = 0;

	if (what->len == 0)
		return 1;
	if (from > (int64_t)s->len)
		return 0;
	if (from > 1)
		offset = utf8_offset(text, s->len, (size_t)from - 1);
	offset = find(text, s->len, offset, what);
	if (offset > s->len)
		return 0;
	return (int64_t)utf8_length(text, offset) + 1;
}

static void
position(struct frame *f)
{
	bool has_from = f->call->nargs == 3;

	frame_each(f, row) {
		struct str what = arg_str(f, 0, row), s = arg_str(f, 1, row);
		int64_t from = has_from ? arg_i64(f, 2, row) : 1;

		f->out->i64[row] = place_of(&what, &s, from);
	}
}

static void
instr(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), what = arg_str(f, 1, row);

		f->out->i64[row] = place_of(&what, &s, 1);
	}
}

/* ---- COUNT_CHAR ---- */

static int64_t
count_char(const struct str *s, const struct str *c)
{
	const char *text = str_data(s);
	size_t n = c->len ? utf8_offset(str_data(c), c->len, 1) : 0, at = 0;
	const struct str first = str_part(c, 0, n);
	int64_t count = 0;

	if (n == 0)
		return 0;
	for (; at + n <= s->len; at += n) {
		at = find(text, s->len, at, &first);
		if (at > s->len)
			break;
		count++;
	}
	return count;
}

static void
count_chars(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), c = arg_str(f, 1, row);

		f->out->i64[row] = count_char(&s, &c);
	}
}

/* ---- STARTSWITH, ENDSWITH ---- */

static void
starts_with(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), x = arg_str(f, 1, row);

		f->out->u8[row] = x.len <= s.len &&
				  memcmp(str_data(&s), str_data(&x),
					 x.len) == 0;
	}
}

static void
ends_with(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), x = arg_str(f, 1, row);

		f->out->u8[row] = x.len <= s.len &&
				  memcmp(str_data(&s) + s.len - x.len,
					 str_data(&x), x.len) == 0;
	}
}

/* ---- SPLIT_INDEX ---- */

/* The delimiter at or behind offset `from`: its place and its bytes; the empty
 * delimiter stands for any single blank. */
static size_t
find_delimiter(const struct str *s, size_t from, const struct str *delimiter,
	       size_t *ret_bytes)
{
	const char *text = str_data(s);

	*ret_bytes = delimiter->len;
	if (delimiter->len > 0)
		return find(text, s->len, from, delimiter);
	*ret_bytes = 1;
	while (from < s->len && !(text[from] == ' ' || (text[from] >= '\t' &&
							text[from] <= '\r')))
		from++;
	return from < s->len ? from : s->len + (size_t)1;
}

static void
put_item(struct frame *f, uint32_t row, const struct str *s,
	 const struct str *delimiter, int64_t index)
{
	size_t start = 0, bytes, end;

	if (index < 0 || s->len == 0) {
		frame_null(f, row);
		return;
	}
	for (;;) {
		end = find_delimiter(s, start, delimiter, &bytes);
		if (index-- == 0)
			break;
		if (end > s->len) {
			frame_null(f, row);
			return;
		}
		start = end + bytes;
	}
	f->out->str[row] = str_part(s, start, end > s->len ? s->len : end);
}

static void
split_index(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		struct str delimiter = arg_str(f, 1, row);

		put_item(f, row, &s, &delimiter, arg_i64(f, 2, row));
	}
}

/* The delimiter as the number of a character. */
static void
split_index_code(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), delimiter;
		int64_t code = arg_i64(f, 1, row);
		char text[STR_INLINE_MAX];

		if (code < 1 || code > 255) {
			frame_null(f, row);
			continue;
		}
		delimiter = str_ref(text, utf8_put(text, (uint32_t)code));
		put_item(f, row, &s, &delimiter, arg_i64(f, 2, row));
	}
}

/* ---- REPLACE ---- */

/* The empty text stands before each character and at the end. */
static void
replace_empty(struct frame *f, uint32_t row, const struct str *s,
	      const struct str *by)
{
	const char *text = str_data(s);
	size_t gaps = utf8_length(text, s->len) + 1, pos = 0, at = 0;
	char *out = text_room(f, row, s->len + gaps * by->len);

	if (!out)
		return;
	for (;;) {
		size_t start = pos;

		memcpy(out + at, str_data(by), by->len);
		at += by->len;
		if (pos == s->len)
			break;
		utf8_next(text, s->len, &pos);
		memcpy(out + at, text + start, pos - start);
		at += pos - start;
	}
	text_put(f, row, out, at);
}

static size_t
count(const struct str *s, const struct str *what)
{
	size_t n = 0, pos = 0;

	while ((pos = find(str_data(s), s->len, pos, what)) <= s->len) {
		pos += what->len;
		n++;
	}
	return n;
}

static void
replace_text(struct frame *f, uint32_t row, const struct str *s,
	     const struct str *what, const struct str *by)
{
	size_t found = count(s, what), pos = 0, at = 0;
	const char *text = str_data(s);
	char *out;

	if (found == 0) {
		f->out->str[row] = str_part(s, 0, s->len);
		return;
	}
	out = text_room(f, row, s->len - found * what->len + found * by->len);
	if (!out)
		return;
	while (found-- > 0) {
		size_t next = find(text, s->len, pos, what);

		memcpy(out + at, text + pos, next - pos);
		at += next - pos;
		memcpy(out + at, str_data(by), by->len);
		at += by->len;
		pos = next + what->len;
	}
	memcpy(out + at, text + pos, s->len - pos);
	text_put(f, row, out, at + s->len - pos);
}

static void
replace(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), what = arg_str(f, 1, row);
		struct str by = arg_str(f, 2, row);

		if (what.len == 0)
			replace_empty(f, row, &s, &by);
		else
			replace_text(f, row, &s, &what, &by);
	}
}

/* ---- TRANSLATE ---- */

/* Which character of `set` the n bytes at c are; false: none. */
static bool
member_index(const struct str *set, const char *c, size_t n, size_t *ret)
{
	const char *text = str_data(set);
	size_t pos = 0, index = 0;

	for (; pos < set->len; index++) {
		size_t start = pos;

		utf8_next(text, set->len, &pos);
		if (pos - start == n && memcmp(text + start, c, n) == 0) {
			*ret = index;
			return true;
		}
	}
	return false;
}

static void
translate_text(struct frame *f, uint32_t row, const struct str *s,
	       const struct str *from, const struct str *to)
{
	const char *text = str_data(s), *by = str_data(to);
	/* a character of one byte may become one of four */
	char *out = text_room(f, row, (size_t)4 * s->len);
	size_t pos = 0, at = 0, index;

	if (!out)
		return;
	while (pos < s->len) {
		size_t start = pos, n;
		const char *c = text + start;

		utf8_next(text, s->len, &pos);
		n = pos - start;
		if (member_index(from, c, n, &index)) {
			size_t offset = utf8_offset(by, to->len, index);

			c = by + offset;
			n = utf8_offset(c, to->len - offset, 1);
		}
		memcpy(out + at, c, n);
		at += n;
	}
	text_put(f, row, out, at);
}

/* Of a NULL list of characters all are kept, by a NULL one all are removed. */
static void
translate(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), none = { .len = 0 };
		struct str from = none, to = none;

		if (arg_is_null(f, 0, row)) {
			frame_null(f, row);
			continue;
		}
		if (!arg_is_null(f, 1, row))
			from = arg_str(f, 1, row);
		if (!arg_is_null(f, 2, row))
			to = arg_str(f, 2, row);
		translate_text(f, row, &s, &from, &to);
	}
}

/* ---- picks ---- */

static bool
pick_position(struct kernel_call *k)
{
	return text_shape_is(k, 2, PHYS_I64) &&
	       pick_sparse(k, k->function == FN_INSTR	    ? instr
			      : k->function == FN_COUNT_CHAR ? count_chars
							     : position);
}

static bool
pick_affix(struct kernel_call *k)
{
	return text_shape_is(k, 2, PHYS_U8) &&
	       pick_sparse(k, k->function == FN_STARTSWITH ? starts_with
							   : ends_with);
}

static bool
pick_split_index(struct kernel_call *k)
{
	if (phys_of(k->arg_type[1]) == PHYS_I64)
		return text_shape_is(k, 1, PHYS_STR) &&
		       pick_sparse(k, split_index_code);
	return text_shape_is(k, 2, PHYS_STR) && pick_sparse(k, split_index);
}

static bool
pick_replace(struct kernel_call *k)
{
	return text_shape_is(k, 3, PHYS_STR) && pick_sparse(k, replace);
}

static bool
pick_translate(struct kernel_call *k)
{
	return text_shape_is(k, 3, PHYS_STR) && pick_sparse(k, translate);
}

const struct kernel text_find_kernels[] = {
	{ FN_POSITION, pick_position },
	{ FN_LOCATE, pick_position },
	{ FN_INSTR, pick_position },
	{ FN_COUNT_CHAR, pick_position },
	{ FN_STARTSWITH, pick_affix },
	{ FN_ENDSWITH, pick_affix },
	{ FN_SPLIT_INDEX, pick_split_index },
	{ FN_REPLACE, pick_replace },
	{ FN_TRANSLATE, pick_translate },
	{ FN_NONE, NULL },
};
