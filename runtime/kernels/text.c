/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/text.c - functions of text, in code points. A part of a text
 * is not copied: its string points into the bytes of the whole, which live as
 * long as the batch.
 */
#include "runtime/kernels/case.h"
#include "runtime/kernels/text.h"

/* ---- case ---- */

static void
change_case(struct frame *f,
	    size_t (*change)(const char *text, size_t n, char *out))
{
	char small[CASE_GROWTH * STR_INLINE_MAX];

	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		bool is_small = s.len <= STR_INLINE_MAX;
		char *out = is_small ? small
				     : arena_bytes(f->arena,
						   (size_t)CASE_GROWTH * s.len);
		size_t n = change(str_data(&s), s.len, out);

		f->out->str[row] = is_small ? str_from(f->arena, out, n)
					    : str_ref(out, (uint32_t)n);
	}
}

static void
upper(struct frame *f)
{
	change_case(f, case_upper);
}

static void
lower(struct frame *f)
{
	change_case(f, case_lower);
}

/* ---- parts ---- */

static void
char_length(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);

		f->out->i64[row] = (int64_t)utf8_length(str_data(&s), s.len);
	}
}

/* From `start` (1-based; 0 is 1; negative: from the end, before the beginning:
 * nothing) at most `length` code points. */
static struct str
substring_of(const struct str *s, int64_t start, int64_t length)
{
	const char *text = str_data(s);
	int64_t n = (int64_t)utf8_length(text, s->len);
	size_t from, to;

	if (start < 0)
		start += n; /* of a length below 2^32: cannot overflow */
	else if (start > 0)
		start--;
	if (start < 0 || start >= n)
		return (struct str){ .len = 0 };
	if (length > n - start)
		length = n - start;
	from = utf8_offset(text, s->len, (size_t)start);
	to = from + utf8_offset(text + from, s->len - from, (size_t)length);
	return str_part(s, from, to);
}

static void
substring(struct frame *f)
{
	bool has_length = f->call->nargs == 3;

	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		int64_t length = has_length ? arg_i64(f, 2, row) : INT64_MAX;

		if (length < 0)
			frame_null(f, row);
		else
			f->out->str[row] =
				substring_of(&s, arg_i64(f, 1, row), length);
	}
}

/* ---- trimming ---- */

/* Is the code point of n bytes among the characters of the set? */
static bool
is_member(const char *c, size_t n, const char *set, size_t nset)
{
	size_t pos = 0;

	while (pos < nset) {
		size_t start = pos;

		utf8_next(set, nset, &pos);
		if (pos - start == n && memcmp(set + start, c, n) == 0)
			return true;
	}
	return false;
}

static size_t
trim_start(const char *text, size_t n, const char *set, size_t nset)
{
	size_t pos = 0;

	while (pos < n) {
		size_t next = pos;

		utf8_next(text, n, &next);
		if (!is_member(text + pos, next - pos, set, nset))
			break;
		pos = next;
	}
	return pos;
}

/* The end of text[start..n) without trailing members. */
static size_t
trim_end(const char *text, size_t start, size_t n, const char *set,
	 size_t nset)
{
	while (n > start) {
		size_t last = n - 1;

		while (last > start && (text[last] & 0xc0) == 0x80)
			last--;
		if (!is_member(text + last, n - last, set, nset))
			break;
		n = last;
	}
	return n;
}

static void
trim(struct frame *f)
{
	enum function_id function = f->call->function;
	bool has_set = f->call->nargs == 2;
	const struct str blank = str_ref(" ", 1);

	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		struct str set = has_set ? arg_str(f, 1, row) : blank;
		const char *text = str_data(&s);
		size_t start = 0, end = s.len;

		if (function != FN_RTRIM)
			start = trim_start(text, end, str_data(&set), set.len);
		if (function != FN_LTRIM)
			end = trim_end(text, start, end, str_data(&set),
				       set.len);
		f->out->str[row] = str_part(&s, start, end);
	}
}

/* ---- concatenation ---- */

static void
concat(struct frame *f)
{
	unsigned nargs = f->call->nargs;

	frame_each(f, row) {
		char small[STR_INLINE_MAX], *out = small;
		size_t total = 0, at = 0;

		for (unsigned i = 0; i < nargs; i++)
			total += arg_str(f, i, row).len;
		if (total > UINT32_MAX / 2) {
			frame_fail(f, row, ERR_OUT_OF_RANGE,
				   "the text is longer than 2 GiB");
			continue;
		}
		if (total > sizeof(small))
			out = arena_bytes(f->arena, total);
		for (unsigned i = 0; i < nargs; i++) {
			struct str s = arg_str(f, i, row);

			memcpy(out + at, str_data(&s), s.len);
			at += s.len;
		}
		f->out->str[row] = str_ref(out, (uint32_t)total);
	}
}

/* ---- picks ---- */

static bool
pick_upper(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) && pick_sparse(k, upper);
}

static bool
pick_lower(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) && pick_sparse(k, lower);
}

static bool
pick_char_length(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_I64) && pick_sparse(k, char_length);
}

static bool
pick_substring(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) && pick_sparse(k, substring);
}

static bool
pick_trim(struct kernel_call *k)
{
	return text_shape_is(k, 2, PHYS_STR) && pick_sparse(k, trim);
}

static bool
pick_concat(struct kernel_call *k)
{
	return text_shape_is(k, k->nargs, PHYS_STR) && pick_sparse(k, concat);
}

const struct kernel text_kernels[] = {
	{ FN_UPPER, pick_upper },
	{ FN_LOWER, pick_lower },
	{ FN_CHAR_LENGTH, pick_char_length },
	{ FN_SUBSTRING, pick_substring },
	{ FN_TRIM, pick_trim },
	{ FN_BTRIM, pick_trim },
	{ FN_LTRIM, pick_trim },
	{ FN_RTRIM, pick_trim },
	{ FN_CONCAT, pick_concat },
	{ FN_LIKE, like_pick },
	{ FN_NONE, NULL },
};
