/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/cast_text.c - CAST to text, as Flink writes it: TRUE, 1.0E10,
 * all digits of a DECIMAL's scale and of an instant's precision; cut to the
 * length of the type, and filled up with blanks for CHAR.
 */
#include <stdio.h>

#include "base/decimal.h"
#include "base/float.h"
#include "base/time.h"
#include "runtime/eval.h"
#include "runtime/kernels/cast.h"
#include "runtime/kernels/nested.h"

/* ---- text of single values ---- */

static size_t
i64_text(int64_t v, char *out)
{
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[20];
	size_t n = 0, len = 0;

	do {
		digits[n++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (v < 0)
		out[len++] = '-';
	while (n > 0)
		out[len++] = digits[--n];
	return len;
}

/* "+1-02" */
static size_t
months_text(int64_t months, char *out)
{
	uint64_t n = months < 0 ? 0 - (uint64_t)months : (uint64_t)months;

	return (size_t)snprintf(out, CAST_TEXT_MAX, "%c%llu-%02llu",
				months < 0 ? '-' : '+',
				(unsigned long long)(n / 12),
				(unsigned long long)(n % 12));
}

/* "+1 02:03:04.567" */
static size_t
interval_text(int64_t ms, char *out)
{
	uint64_t n = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	uint64_t per_day = US_PER_DAY / US_PER_MS;
	size_t len = (size_t)snprintf(out, CAST_TEXT_MAX, "%c%llu ",
				      ms < 0 ? '-' : '+',
				      (unsigned long long)(n / per_day));

	return len + time_format((int64_t)(n % per_day), 3, out + len);
}

_Static_assert(CAST_TEXT_MAX >= DECIMAL_TEXT_MAX &&
		       CAST_TEXT_MAX >= F64_TEXT_MAX &&
		       CAST_TEXT_MAX >= 24 + TIME_TEXT_MAX,
	       "all texts fit");

size_t
cast_text(struct value v, struct type t, const struct zone *zone,
	  char out[CAST_TEXT_MAX])
{
	switch (t.kind) {
	case TYPE_BOOLEAN:
		memcpy(out, v.u8 ? "TRUE" : "FALSE", v.u8 ? 4 : 5);
		return v.u8 ? 4 : 5;
	case TYPE_FLOAT:
		return f32_format((float)v.f64, out);
	case TYPE_DOUBLE:
		return f64_format(v.f64, out);
	case TYPE_DECIMAL:
		return decimal_format(phys_of(t) == PHYS_I64 ? v.i64 : v.i128,
				      t.scale, out);
	case TYPE_DATE:
		return date_format(v.i64, out);
	case TYPE_TIME:
		return time_format(v.i64, t.precision, out);
	case TYPE_TIMESTAMP_LTZ:
		if (zone)
			v.i64 += zone_offset_us(zone, v.i64);
		return us_format(v.i64, t.precision, ' ', out);
	case TYPE_TIMESTAMP:
		return us_format(v.i64, t.precision, ' ', out);
	case TYPE_INTERVAL_MONTH:
		return months_text(v.i64, out);
	case TYPE_INTERVAL_MS:
		return interval_text(v.i64, out);
	default:
		return i64_text(v.i64, out);
	}
}

/* ---- bytes and text ---- */

/* Bytes as text: what is no UTF-8 becomes U+FFFD, as in Java. */
static struct str
decode(const struct str *s, struct arena *a)
{
	const char *data = str_data(s);
	size_t n = 0, pos = 0;
	char *out;

	if (utf8_valid(data, s->len))
		return *s;
	out = arena_bytes(a, 3 * (size_t)s->len);
	while (pos < s->len) {
		unsigned bytes = utf8_measure(data + pos, s->len - pos);

		if (bytes == 0) {
			n += utf8_put(out + n, 0xfffd);
			pos++;
			continue;
		}
		memcpy(out + n, data + pos, bytes);
		n += bytes;
		pos += bytes;
	}
	return str_from(a, out, n);
}

static struct str
nested_value_text(struct value v, struct type t, const struct zone *zone,
		  struct arena *a)
{
	struct str text;
	struct buf b;

	buf_init(&b);
	nested_text(&b, v, t, zone, a);
	text = str_from(a, b.data, b.len);
	buf_release(&b);
	return text;
}

struct str
value_text(struct value v, struct type t, const struct zone *zone,
	   struct arena *a)
{
	char text[CAST_TEXT_MAX];

	if (v.is_null)
		return str_ref("NULL", 4);
	if (type_is_binary(t))
		return str_dup(a, decode(&v.str, a));
	if (type_is_nested(t))
		return nested_value_text(v, t, zone, a);
	if (phys_of(t) == PHYS_STR)
		return str_dup(a, v.str);
	return str_from(a, text, cast_text(v, t, zone, text));
}

/* ---- lengths ---- */

/* s with `fill` behind it up to `bytes` more. */
static struct str
padded(const struct str *s, size_t more, char fill, struct arena *a)
{
	char small[STR_INLINE_MAX];
	size_t total = s->len + more;
	char *out = total > sizeof(small) ? arena_bytes(a, total) : small;

	memcpy(out, str_data(s), s->len);
	memset(out + s->len, fill, more);
	return str_ref(out, (uint32_t)total);
}

/* The text as CHAR(n) or VARCHAR(n) holds it. `s` may be inline. */
static struct str
fit_text(const struct str *s, struct type to, struct arena *a)
{
	const char *text = str_data(s);
	size_t end, points;

	if (s->len > to.length) {
		end = utf8_offset(text, s->len, to.length);
		if (end < s->len)
			return str_ref(text, (uint32_t)end);
	}
	if (to.kind != TYPE_CHAR)
		return *s;
	points = utf8_length(text, s->len);
	return points < to.length ? padded(s, to.length - points, ' ', a) : *s;
}

static struct str
fit_bytes(const struct str *s, struct type to, struct arena *a)
{
	if (s->len > to.length)
		return str_ref(str_data(s), to.length);
	if (to.kind == TYPE_BINARY && s->len < to.length)
		return padded(s, to.length - s->len, 0, a);
	return *s;
}

/* ---- kernels ---- */

static void
copy_strings(struct frame *f)
{
	memcpy(f->out->data, f->arg[0].data, f->rows * sizeof(struct str));
}

static void
text_to_text(struct frame *f)
{
	frame_each(f, row)
		f->out->str[row] =
			fit_text(&f->arg[0].str[row & f->arg[0].mask],
				 f->call->type, f->arena);
}

static void
binary_to_text(struct frame *f)
{
	frame_each(f, row) {
		struct str s = decode(&f->arg[0].str[row & f->arg[0].mask],
				      f->arena);

		f->out->str[row] = fit_text(&s, f->call->type, f->arena);
	}
}

static void
bytes_to_binary(struct frame *f)
{
	frame_each(f, row)
		f->out->str[row] =
			fit_bytes(&f->arg[0].str[row & f->arg[0].mask],
				  f->call->type, f->arena);
}

/* The most frequent of them: never longer than 20 bytes, never cut. */
static void
int_to_string(struct frame *f)
{
	const struct vec *v = &f->arg[0];
	char text[20];

	frame_each(f, row) {
		size_t n = i64_text(v->i64[row & v->mask], text);

		f->out->str[row] = str_from(f->arena, text, n);
	}
}

static void
value_to_text(struct frame *f)
{
	const struct kernel_call *k = f->call;
	struct column from = { .phys = phys_of(k->arg_type[0]),
			       .data = (void *)f->arg[0].data };
	char text[CAST_TEXT_MAX];

	frame_each(f, row) {
		struct value v = column_value(&from, row & f->arg[0].mask);
		size_t n = cast_text(v, k->arg_type[0], k->zone, text);
		struct str s = str_from(f->arena, text, n);

		f->out->str[row] = fit_text(&s, k->type, f->arena);
	}
}

static void
nested_to_text(struct frame *f)
{
	const struct kernel_call *k = f->call;

	frame_each(f, row) {
		struct str s = nested_value_text(arg_value(f, 0, row),
						 k->arg_type[0], k->zone,
						 f->arena);

		f->out->str[row] = fit_text(&s, k->type, f->arena);
	}
}

/* No value of `from` is longer than `to` lets it be, nor to be filled up. */
static bool
always_fits(struct type from, struct type to)
{
	return to.kind != TYPE_CHAR && to.kind != TYPE_BINARY &&
	       from.length <= to.length;
}

bool
cast_pick_text(struct kernel_call *k)
{
	struct type from = k->arg_type[0];

	if (type_is_binary(from))
		return pick_sparse(k, binary_to_text);
	if (type_is_integer(from) && k->type.kind == TYPE_VARCHAR &&
	    k->type.length >= 20)
		return pick_sparse(k, int_to_string);
	if (type_is_nested(from))
		return pick_sparse(k, nested_to_text);
	if (!type_is_text(from))
		return pick_sparse(k, value_to_text);
	if (always_fits(from, k->type))
		return pick_dense(k, copy_strings);
	return pick_sparse(k, text_to_text);
}

bool
cast_pick_binary(struct kernel_call *k)
{
	struct type from = k->arg_type[0];

	if (type_is_binary(from) && always_fits(from, k->type))
		return pick_dense(k, copy_strings);
	return (type_is_binary(from) || type_is_text(from)) &&
	       pick_sparse(k, bytes_to_binary);
}
