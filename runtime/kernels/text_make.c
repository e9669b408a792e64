/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/text_make.c - texts made of others: joined, padded, cut,
 * repeated, overlaid, turned around. Lengths count code points.
 */
#include "runtime/kernels/text.h"

char *
text_room(struct frame *f, uint32_t row, size_t n)
{
	if (n <= TEXT_MADE_MAX)
		return arena_bytes(f->arena, n);
	frame_fail(f, row, ERR_OUT_OF_RANGE,
		   "the text would be longer than 16 MiB");
	return NULL;
}

void
text_put(struct frame *f, uint32_t row, const char *text, size_t n)
{
	f->out->str[row] = str_ref(text, (uint32_t)n);
}

bool
text_shape_is(const struct kernel_call *k, unsigned ntext, enum phys result)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		enum phys want = i < ntext ? PHYS_STR : PHYS_I64;

		if (phys_of(k->arg_type[i]) != want)
			return false;
	}
	return phys_of(k->type) == result;
}

/* Bytes of the first n code points. */
static size_t
bytes_of(const struct str *s, int64_t n)
{
	if (n <= 0)
		return 0;
	return n >= (int64_t)s->len
		       ? s->len
		       : utf8_offset(str_data(s), s->len, (size_t)n);
}

static int64_t
length_of(const struct str *s)
{
	return (int64_t)utf8_length(str_data(s), s->len);
}

/* ---- CONCAT_WS ---- */

/* The texts of a row one behind the other; out NULL: only counts the bytes. */
static size_t
join(const struct frame *f, uint32_t row, char *out)
{
	struct str separator = arg_str(f, 0, row);
	size_t at = 0;
	bool first = true;

	for (unsigned i = 1; i < f->call->nargs; i++) {
		struct str s = arg_str(f, i, row);

		if (arg_is_null(f, i, row))
			continue;
		if (!first && out)
			memcpy(out + at, str_data(&separator), separator.len);
		at += first ? 0 : separator.len;
		if (out)
			memcpy(out + at, str_data(&s), s.len);
		at += s.len;
		first = false;
	}
	return at;
}

static void
concat_ws(struct frame *f)
{
	frame_each(f, row) {
		char *out;

		if (arg_is_null(f, 0, row)) {
			frame_null(f, row);
			continue;
		}
		out = text_room(f, row, join(f, row, NULL));
		if (out)
			text_put(f, row, out, join(f, row, out));
	}
}

/* ---- LPAD, RPAD ---- */

/* n code points of `pad`, again and again; returns the end. */
static char *
put_padding(char *out, const struct str *pad, int64_t n)
{
	int64_t length = length_of(pad);

	for (; n > 0; n -= length) {
		size_t bytes = bytes_of(pad, n);

		memcpy(out, str_data(pad), bytes);
		out += bytes;
	}
	return out;
}

static void
put_padded(struct frame *f, uint32_t row, const struct str *s, int64_t width,
	   const struct str *pad)
{
	int64_t missing = width - length_of(s);
	size_t kept = bytes_of(s, width);
	char *out, *end;

	if (missing <= 0) {
		f->out->str[row] = str_part(s, 0, kept);
		return;
	}
	if (missing > (int64_t)TEXT_MADE_MAX)
		missing = TEXT_MADE_MAX + 1; /* fails, without overflow */
	out = text_room(f, row, kept + (size_t)missing * pad->len);
	if (!out)
		return;
	if (f->call->function == FN_LPAD) {
		end = put_padding(out, pad, missing);
		memcpy(end, str_data(s), kept);
		end += kept;
	} else {
		memcpy(out, str_data(s), kept);
		end = put_padding(out + kept, pad, missing);
	}
	text_put(f, row, out, (size_t)(end - out));
}

static void
pad(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), with = arg_str(f, 2, row);
		int64_t width = arg_i64(f, 1, row);

		if (width < 0 || with.len == 0)
			frame_null(f, row);
		else
			put_padded(f, row, &s, width, &with);
	}
}

/* ---- LEFT, RIGHT, REPEAT, OVERLAY ---- */

static void
left(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);

		f->out->str[row] =
			str_part(&s, 0, bytes_of(&s, arg_i64(f, 1, row)));
	}
}

static void
right(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		int64_t n = arg_i64(f, 1, row), length = length_of(&s);
		size_t from = n <= 0 ? s.len : bytes_of(&s, length - n);

		f->out->str[row] = str_part(&s, from, s.len);
	}
}

static void
repeat(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		int64_t n = arg_i64(f, 1, row);
		char *out;

		if (n < 0 || s.len == 0)
			n = 0;
		if (n > (int64_t)TEXT_MADE_MAX)
			n = TEXT_MADE_MAX + 1; /* fails, without overflow */
		out = text_room(f, row, (size_t)n * s.len);
		if (!out)
			continue;
		for (int64_t i = 0; i < n; i++)
			memcpy(out + (size_t)i * s.len, str_data(&s), s.len);
		text_put(f, row, out, (size_t)n * s.len);
	}
}

/* `by` in place of `length` code points from place `start` on. As in Flink a
 * length of 0 or less takes the rest away as well. */
static void
put_overlaid(struct frame *f, uint32_t row, const struct str *s,
	     const struct str *by, int64_t start, int64_t length)
{
	int64_t total = length_of(s);
	size_t head, tail = s->len;
	char *out;

	if (start <= 0 || start > total) {
		f->out->str[row] = str_part(s, 0, s->len);
		return;
	}
	head = bytes_of(s, start - 1);
	if (length > 0 && length <= total - start)
		tail = bytes_of(s, start - 1 + length);
	out = text_room(f, row, head + by->len + s->len - tail);
	if (!out)
		return;
	memcpy(out, str_data(s), head);
	memcpy(out + head, str_data(by), by->len);
	memcpy(out + head + by->len, str_data(s) + tail, s->len - tail);
	text_put(f, row, out, head + by->len + s->len - tail);
}

static void
overlay(struct frame *f)
{
	bool has_length = f->call->nargs == 4;

	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), by = arg_str(f, 1, row);

		put_overlaid(f, row, &s, &by, arg_i64(f, 2, row),
			     has_length ? arg_i64(f, 3, row) : length_of(&by));
	}
}

/* ---- INITCAP, REVERSE ---- */

/* Words are of ASCII letters and digits, as in Flink; others stay. */
static void
initcap(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		char *out = text_room(f, row, s.len);
		bool inside = false;

		if (!out)
			continue;
		memcpy(out, str_data(&s), s.len);
		for (uint32_t i = 0; i < s.len; i++) {
			bool lower = out[i] >= 'a' && out[i] <= 'z';
			bool upper = out[i] >= 'A' && out[i] <= 'Z';

			if (lower && !inside)
				out[i] -= 'a' - 'A';
			if (upper && inside)
				out[i] += 'a' - 'A';
			inside = lower || upper ||
				 (out[i] >= '0' && out[i] <= '9');
		}
		text_put(f, row, out, s.len);
	}
}

static void
reverse(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		const char *text = str_data(&s);
		char *out = text_room(f, row, s.len);
		size_t pos = 0;

		if (!out)
			continue;
		while (pos < s.len) {
			size_t start = pos;

			utf8_next(text, s.len, &pos);
			memcpy(out + s.len - pos, text + start, pos - start);
		}
		text_put(f, row, out, s.len);
	}
}

/* ---- ELT ---- */

static void
elt(struct frame *f)
{
	frame_each(f, row) {
		int64_t i = arg_i64(f, 0, row);

		if (arg_is_null(f, 0, row) || i < 1 ||
		    i >= f->call->nargs || arg_is_null(f, (unsigned)i, row))
			frame_null(f, row);
		else
			f->out->str[row] = arg_str(f, (unsigned)i, row);
	}
}

/* ---- picks ---- */

static bool
pick_concat_ws(struct kernel_call *k)
{
	return text_shape_is(k, k->nargs, PHYS_STR) &&
	       pick_sparse(k, concat_ws);
}

static bool
pick_pad(struct kernel_call *k)
{
	return phys_of(k->arg_type[0]) == PHYS_STR &&
	       phys_of(k->arg_type[1]) == PHYS_I64 &&
	       phys_of(k->arg_type[2]) == PHYS_STR && pick_sparse(k, pad);
}

static bool
pick_cut(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) &&
	       pick_sparse(k, k->function == FN_LEFT	? left
			      : k->function == FN_RIGHT ? right
							: repeat);
}

static bool
pick_overlay(struct kernel_call *k)
{
	return text_shape_is(k, 2, PHYS_STR) && pick_sparse(k, overlay);
}

static bool
pick_turned(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) &&
	       pick_sparse(k, k->function == FN_INITCAP ? initcap : reverse);
}

static bool
pick_elt(struct kernel_call *k)
{
	for (unsigned i = 1; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_STR)
			return false;
	}
	return phys_of(k->arg_type[0]) == PHYS_I64 && pick_sparse(k, elt);
}

const struct kernel text_make_kernels[] = {
	{ FN_CONCAT_WS, pick_concat_ws }, { FN_LPAD, pick_pad },
	{ FN_RPAD, pick_pad },		  { FN_LEFT, pick_cut },
	{ FN_RIGHT, pick_cut },		  { FN_REPEAT, pick_cut },
	{ FN_OVERLAY, pick_overlay },	  { FN_INITCAP, pick_turned },
	{ FN_REVERSE, pick_turned },	  { FN_ELT, pick_elt },
	{ FN_NONE, NULL },
};
