/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/printf.c - PRINTF: formats of java.util.Formatter with %s %b
 * %c %d %x %o %e %f %g %n %%, their flags, widths and indexes. What Java
 * refuses gives NULL, as in Flink; what Java has and we have not (%t, %h, %a)
 * is an error of the row.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/float.h"
#include "runtime/eval.h"
#include "runtime/kernels/case.h"
#include "runtime/kernels/text.h"

#define WIDTH_MAX 10000

/* ---- a specifier: %[index$][flags][width][.precision]conversion ---- */

enum spec_flag {
	FLAG_LEFT = 1,   /* - */
	FLAG_ALT = 2,    /* # */
	FLAG_PLUS = 4,
	FLAG_SPACE = 8,
	FLAG_ZERO = 16,
	FLAG_GROUP = 32, /* , */
	FLAG_PAREN = 64, /* ( */
};
static const char flag_letters[] = "-#+ 0,(";

struct spec {
	unsigned index; /* from 1; 0: the next one */
	bool again;     /* %<s: the last one */
	unsigned flags;
	int width, precision; /* -1: none */
	char conversion;      /* in lower case */
	bool upper;
};

/* Digits, which may lack. False: too large a number. */
static bool
read_digits(const char **p, const char *end, int *ret)
{
	if (*p == end || !isdigit((unsigned char)**p))
		return true;
	*ret = 0;
	for (; *p < end && isdigit((unsigned char)**p); ++*p) {
		*ret = *ret * 10 + (**p - '0');
		if (*ret > WIDTH_MAX)
			return false;
	}
	return true;
}

static bool
read_flags(const char **p, const char *end, unsigned *ret)
{
	const char *at;

	for (; *p < end && **p && (at = strchr(flag_letters, **p)); ++*p) {
		unsigned flag = 1u << (at - flag_letters);

		if (*ret & flag)
			return false; /* the same one twice */
		*ret |= flag;
	}
	return true;
}

static bool
read_index(const char **p, const char *end, struct spec *s)
{
	const char *start = *p;
	int n = 0;

	if (*p < end && **p == '<') {
		s->again = true;
		++*p;
		return true;
	}
	if (*p == end || **p == '0')
		return true;
	if (!read_digits(p, end, &n))
		return false;
	if (n > 0 && *p < end && **p == '$') {
		s->index = (unsigned)n;
		++*p;
	} else {
		*p = start; /* it is the width */
	}
	return true;
}

/* *p stands behind the %. False: Java knows no such specifier. */
static bool
read_spec(const char **p, const char *end, struct spec *s)
{
	*s = (struct spec){ .width = -1, .precision = -1 };
	if (!read_index(p, end, s) || !read_flags(p, end, &s->flags) ||
	    !read_digits(p, end, &s->width))
		return false;
	if (*p < end && **p == '.') {
		++*p;
		if (!read_digits(p, end, &s->precision) || s->precision < 0)
			return false;
	}
	if (*p == end)
		return false;
	s->conversion = (char)tolower((unsigned char)**p);
	s->upper = s->conversion != **p;
	++*p;
	return s->width != 0;
}

/* The flags that a conversion takes, those that need a width and those that
 * exclude each other; and whether it has a precision and an upper case. */
static bool
spec_is_valid(const struct spec *s)
{
	static const struct {
		char conversion;
		unsigned flags;
		bool precision, upper;
	} rules[] = {
		{ 's', FLAG_LEFT, true, true },
		{ 'b', FLAG_LEFT, true, true },
		{ 'c', FLAG_LEFT, false, true },
		{ 'd', FLAG_LEFT | FLAG_PLUS | FLAG_SPACE | FLAG_ZERO |
		  FLAG_GROUP | FLAG_PAREN, false, false },
		{ 'x', FLAG_LEFT | FLAG_ALT | FLAG_ZERO, false, true },
		{ 'o', FLAG_LEFT | FLAG_ALT | FLAG_ZERO, false, false },
		{ 'e', FLAG_LEFT | FLAG_PLUS | FLAG_SPACE | FLAG_ZERO |
		  FLAG_PAREN, true, true },
		{ 'f', FLAG_LEFT | FLAG_PLUS | FLAG_SPACE | FLAG_ZERO |
		  FLAG_GROUP | FLAG_PAREN, true, false },
		{ 'g', FLAG_LEFT | FLAG_PLUS | FLAG_SPACE | FLAG_ZERO |
		  FLAG_GROUP | FLAG_PAREN, true, true },
		{ 'n', 0, false, false },
		{ '%', FLAG_LEFT, false, false },
	};
	bool wide = s->width > 0;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (rules[i].conversion != s->conversion)
			continue;
		if (s->flags & ~rules[i].flags ||
		    (s->precision >= 0 && !rules[i].precision) ||
		    (s->upper && !rules[i].upper))
			return false;
		if (s->flags & FLAG_LEFT && s->flags & FLAG_ZERO)
			return false;
		if (s->flags & FLAG_PLUS && s->flags & FLAG_SPACE)
			return false;
		if (s->flags & (FLAG_LEFT | FLAG_ZERO) && !wide)
			return false;
		return s->conversion != 'n' || !wide;
	}
	return false;
}

/* ---- writing texts ---- */

enum outcome { PUT, REFUSED, UNSUPPORTED };

/* One row being written. */
struct printing {
	const struct frame *f;
	uint32_t row;
	struct buf *out;
	struct buf number; /* room for one */
	unsigned last;     /* argument, from 1; 0: none yet */
	unsigned next;     /* of those without an index */
};

static void
put_padded(struct printing *pr, const struct spec *s, const char *text,
	   size_t n)
{
	int64_t more;
	char *upper;

	if (s->upper) {
		upper = arena_bytes(pr->f->arena, 3 * n + 1);
		n = case_upper(text, n, upper);
		text = upper;
	}
	more = s->width - (int64_t)utf8_length(text, n);
	for (int64_t i = 0; i < more && !(s->flags & FLAG_LEFT); i++)
		buf_putc(pr->out, ' ');
	buf_append(pr->out, text, n);
	for (int64_t i = 0; i < more && s->flags & FLAG_LEFT; i++)
		buf_putc(pr->out, ' ');
}

/* The first `precision` characters. */
static enum outcome
put_text(struct printing *pr, const struct spec *s, const char *text, size_t n)
{
	if (s->precision >= 0)
		n = utf8_offset(text, n, (size_t)s->precision);
	put_padded(pr, s, text, n);
	return PUT;
}

/* ---- writing numbers ---- */

/* Digits, behind a point or not, with sign, groups and zeros. */
static void
put_number(struct printing *pr, const struct spec *s, bool negative,
	   const char *digits, size_t n)
{
	size_t whole = strcspn(digits, ".e"), groups = 0, zeros = 0;
	bool paren = negative && s->flags & FLAG_PAREN;
	bool sign = negative || s->flags & (FLAG_PLUS | FLAG_SPACE);
	struct buf *b = &pr->number;
	int64_t more;

	if (s->flags & FLAG_GROUP && whole > 0)
		groups = (whole - 1) / 3;
	more = s->width - (int64_t)(n + groups + sign + paren);
	if (s->flags & FLAG_ZERO && more > 0)
		zeros = (size_t)more;
	buf_clear(b);
	if (sign)
		buf_putc(b, paren ? '(' : negative ? '-' :
			    s->flags & FLAG_PLUS ? '+' : ' ');
	for (size_t i = 0; i < zeros; i++)
		buf_putc(b, '0');
	for (size_t i = 0; i < whole; i++) {
		if (groups > 0 && i > 0 && (whole - i) % 3 == 0)
			buf_putc(b, ',');
		buf_putc(b, digits[i]);
	}
	buf_append(b, digits + whole, n - whole);
	if (paren)
		buf_putc(b, ')');
	put_padded(pr, s, b->data, b->len);
}

static unsigned
bits_of(struct type t)
{
	return t.kind == TYPE_TINYINT    ? 8
	       : t.kind == TYPE_SMALLINT ? 16
	       : t.kind == TYPE_INT      ? 32
					 : 64;
}

/* Negative ones as the bits of their type. */
static void
put_bits(struct printing *pr, const struct spec *s, struct type t, int64_t v)
{
	uint64_t bits = (uint64_t)v & UINT64_MAX >> (64 - bits_of(t));
	bool hex = s->conversion == 'x';
	const char *prefix = !(s->flags & FLAG_ALT) ? "" : hex ? "0x" : "0";
	char digits[32];
	int more;

	snprintf(digits, sizeof(digits), hex ? "%llx" : "%llo",
		 (unsigned long long)bits);
	more = s->width - (int)(strlen(prefix) + strlen(digits));
	buf_clear(&pr->number);
	buf_puts(&pr->number, prefix);
	for (int i = 0; i < more && s->flags & FLAG_ZERO; i++)
		buf_putc(&pr->number, '0');
	buf_puts(&pr->number, digits);
	put_padded(pr, s, pr->number.data, pr->number.len);
}

/* The digits that a double is printed with: 0.d1 d2 d3 ... * 10^exponent. */
struct digits {
	char d[F64_TEXT_MAX];
	int n, exponent;
};

static void
digits_of(double v, struct digits *ret)
{
	char text[F64_TEXT_MAX + 1];
	size_t n = f64_format(fabs(v), text), i;
	bool point = false;

	text[n] = '\0';
	*ret = (struct digits){ .n = 0 };
	for (i = 0; text[i] && text[i] != 'E'; i++) {
		if (text[i] == '.') {
			point = true;
			continue;
		}
		if (ret->n == 0 && text[i] == '0') {
			ret->exponent -= point;
			continue;
		}
		ret->d[ret->n++] = text[i];
		ret->exponent += !point;
	}
	if (text[i] == 'E')
		ret->exponent += atoi(text + i + 1);
	while (ret->n > 0 && ret->d[ret->n - 1] == '0')
		ret->n--;
	if (ret->n == 0)
		ret->exponent = 0;
}

/* Keeps so many digits; halves go up. */
static void
round_digits(struct digits *d, int keep)
{
	int i = keep;

	if (keep >= d->n)
		return;
	if (keep < 0 || d->d[keep] < '5') {
		d->n = keep < 0 ? 0 : keep;
	} else {
		while (i > 0 && d->d[i - 1] == '9')
			i--;
		d->n = i > 0 ? i : 1;
		if (i > 0) {
			d->d[i - 1]++;
		} else {
			d->d[0] = '1';
			d->exponent++;
		}
	}
	while (d->n > 0 && d->d[d->n - 1] == '0')
		d->n--;
	if (d->n == 0)
		d->exponent = 0;
}

static char
digit_at(const struct digits *d, int i)
{
	return i >= 0 && i < d->n ? d->d[i] : '0';
}

static void
fixed_text(struct buf *b, const struct digits *d, int precision)
{
	if (d->exponent <= 0)
		buf_putc(b, '0');
	for (int i = 0; i < d->exponent; i++)
		buf_putc(b, digit_at(d, i));
	if (precision > 0)
		buf_putc(b, '.');
	for (int i = 0; i < precision; i++)
		buf_putc(b, digit_at(d, d->exponent + i));
}

static void
scientific_text(struct buf *b, const struct digits *d, int precision)
{
	int exponent = d->n > 0 ? d->exponent - 1 : 0;

	buf_putc(b, digit_at(d, 0));
	if (precision > 0)
		buf_putc(b, '.');
	for (int i = 1; i <= precision; i++)
		buf_putc(b, digit_at(d, i));
	buf_printf(b, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

static void
double_text(struct buf *b, const struct spec *s, double v)
{
	int precision = s->precision < 0 ? 6 : s->precision;
	struct digits d;

	digits_of(v, &d);
	if (s->conversion == 'f') {
		round_digits(&d, d.exponent + precision);
		fixed_text(b, &d, precision);
		return;
	}
	if (s->conversion == 'e') {
		round_digits(&d, precision + 1);
		scientific_text(b, &d, precision);
		return;
	}
	precision = precision == 0 ? 1 : precision;
	round_digits(&d, precision);
	if (d.n == 0)
		fixed_text(b, &d, precision - 1);
	else if (d.exponent > -4 && d.exponent <= precision)
		fixed_text(b, &d, precision - d.exponent);
	else
		scientific_text(b, &d, precision - 1);
}

static enum outcome
put_double(struct printing *pr, const struct spec *s, double v)
{
	struct spec plain = *s;
	struct buf text;

	buf_init(&text);
	if (isnan(v)) {
		plain.precision = -1;
		put_padded(pr, &plain, "NaN", 3);
	} else if (isinf(v)) {
		plain.flags &= ~(unsigned)(FLAG_ZERO | FLAG_GROUP);
		put_number(pr, &plain, v < 0, "Infinity", 8);
	} else {
		double_text(&text, s, v);
		put_number(pr, s, signbit(v), buf_cstr(&text), text.len);
	}
	buf_release(&text);
	return PUT;
}

static enum outcome
put_integer(struct printing *pr, const struct spec *s, struct type t, int64_t v)
{
	uint64_t n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char text[24];

	if (s->conversion != 'd') {
		put_bits(pr, s, t, v);
		return PUT;
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	put_number(pr, s, v < 0, text, strlen(text));
	return PUT;
}

/* ---- one argument ---- */

static enum outcome
put_character(struct printing *pr, const struct spec *s, struct type t,
	      int64_t v)
{
	char text[4];

	if (!type_is_integer(t) || t.kind == TYPE_BIGINT || v < 0 ||
	    v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return REFUSED;
	put_padded(pr, s, text, utf8_put(text, (uint32_t)v));
	return PUT;
}

/* As Java's toString() has it. */
static enum outcome
put_string(struct printing *pr, const struct spec *s, struct type t,
	   struct value v)
{
	struct str text;

	if (t.kind == TYPE_BOOLEAN)
		return put_text(pr, s, v.u8 ? "true" : "false", v.u8 ? 4 : 5);
	text = value_text(v, t, pr->f->call->zone, pr->f->arena);
	return put_text(pr, s, str_data(&text), text.len);
}

static enum outcome
put_argument(struct printing *pr, const struct spec *s, struct type t,
	     struct value v)
{
	bool truth = t.kind == TYPE_BOOLEAN ? v.u8 : true;

	if (s->conversion == 'b') {
		truth = truth && !v.is_null;
		return put_text(pr, s, truth ? "true" : "false", truth ? 4 : 5);
	}
	if (v.is_null)
		return put_text(pr, s, "null", 4);
	switch (s->conversion) {
	case 's':
		return put_string(pr, s, t, v);
	case 'c':
		return put_character(pr, s, t, v.i64);
	case 'd':
	case 'x':
	case 'o':
		return type_is_integer(t) ? put_integer(pr, s, t, v.i64)
		       : t.kind == TYPE_DECIMAL ? UNSUPPORTED
						: REFUSED;
	default:
		return phys_of(t) == PHYS_F64 ? put_double(pr, s, v.f64)
		       : t.kind == TYPE_DECIMAL ? UNSUPPORTED
						: REFUSED;
	}
}

static enum outcome
put_spec(struct printing *pr, const struct spec *s)
{
	const struct kernel_call *k = pr->f->call;
	struct column from = { 0 };
	const struct vec *arg;
	struct value v;

	if (strchr("tha", s->conversion))
		return UNSUPPORTED;
	if (!spec_is_valid(s))
		return REFUSED;
	if (s->conversion == 'n') {
		buf_putc(pr->out, '\n');
		return PUT;
	}
	if (s->conversion == '%') {
		put_padded(pr, s, "%", 1);
		return PUT;
	}
	if (!s->again)
		pr->last = s->index ? s->index : ++pr->next;
	if (pr->last == 0 || pr->last >= k->nargs)
		return REFUSED; /* no such argument */
	arg = &pr->f->arg[pr->last];
	from.phys = phys_of(k->arg_type[pr->last]);
	from.data = (void *)arg->data;
	v.is_null = vec_is_null(arg, pr->row);
	if (!v.is_null)
		v = column_value(&from, pr->row & arg->mask);
	return put_argument(pr, s, k->arg_type[pr->last], v);
}

/* ---- a row ---- */

static enum outcome
print_row(struct printing *pr, const char *p, const char *end)
{
	struct spec s;

	while (p < end) {
		const char *percent = memchr(p, '%', (size_t)(end - p));
		enum outcome rc;

		buf_append(pr->out, p, (size_t)((percent ? percent : end) - p));
		if (!percent)
			break;
		p = percent + 1;
		if (!read_spec(&p, end, &s))
			return REFUSED;
		rc = put_spec(pr, &s);
		if (rc != PUT)
			return rc;
		if (pr->out->len > TEXT_MADE_MAX)
			break;
	}
	return PUT;
}

static void
print_rows(struct frame *f)
{
	struct buf out;
	struct printing pr = { .f = f, .out = &out };

	buf_init(&out);
	buf_init(&pr.number);
	frame_each(f, row) {
		struct str format = arg_str(f, 0, row);
		enum outcome rc;

		if (arg_is_null(f, 0, row)) {
			frame_null(f, row);
			continue;
		}
		buf_clear(&out);
		pr.row = row;
		pr.last = pr.next = 0;
		rc = print_row(&pr, str_data(&format),
			       str_data(&format) + format.len);
		if (rc == REFUSED)
			frame_null(f, row);
		else if (rc == UNSUPPORTED)
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "PRINTF has no %t, %h and %a, and writes "
				   "a DECIMAL by %s alone");
		else if (out.len > TEXT_MADE_MAX)
			frame_fail(f, row, ERR_OUT_OF_RANGE,
				   "the text is longer than 16 MiB");
		else
			f->out->str[row] = str_from(f->arena, out.data,
						    out.len);
	}
	buf_release(&pr.number);
	buf_release(&out);
}

static bool
pick_printf(struct kernel_call *k)
{
	return phys_of(k->type) == PHYS_STR && pick_sparse(k, print_rows);
}

const struct kernel printf_kernels[] = {
	{ FN_PRINTF, pick_printf },
	{ FN_NONE, NULL },
};
