/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/text_code.c - numbers and bytes as text and back: character
 * codes, binary and hexadecimal digits.
 */
#include "base/float.h"
#include "runtime/kernels/text.h"

static const char hex_digits[] = "0123456789ABCDEF";

/* ---- ASCII, CHR ---- */

/* The first byte, with its sign (Flink). */
static void
ascii(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);

		f->out->i64[row] = s.len ? (signed char)*str_data(&s) : 0;
	}
}

/* The character of the number's lowest byte. */
static void
chr(struct frame *f)
{
	frame_each(f, row) {
		int64_t n = arg_i64(f, 0, row);
		char out[4];

		text_put(f, row, out,
			 n < 0 ? 0 : utf8_put(out, (uint32_t)(n & 0xff)));
	}
}

/* ---- BIN, HEX, UNHEX ---- */

/* The number's digits in a base of 2^bits, at least one. */
static void
put_digits(struct frame *f, uint32_t row, uint64_t v, unsigned bits)
{
	char small[64], *out = small + sizeof(small);
	size_t n;

	do {
		*--out = hex_digits[v & ((1u << bits) - 1)];
		v >>= bits;
	} while (v > 0);
	n = (size_t)(small + sizeof(small) - out);
	f->out->str[row] = str_from(f->arena, out, n);
}

static void
bin(struct frame *f)
{
	frame_each(f, row)
		put_digits(f, row, (uint64_t)arg_i64(f, 0, row), 1);
}

static void
hex_number(struct frame *f)
{
	frame_each(f, row)
		put_digits(f, row, (uint64_t)arg_i64(f, 0, row), 4);
}

static void
hex_text(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		const char *bytes = str_data(&s);
		char *out = text_room(f, row, (size_t)2 * s.len);

		if (!out)
			continue;
		for (uint32_t i = 0; i < s.len; i++) {
			out[2 * i] = hex_digits[(uint8_t)bytes[i] >> 4];
			out[2 * i + 1] = hex_digits[bytes[i] & 15];
		}
		text_put(f, row, out, (size_t)2 * s.len);
	}
}

/* -1: no hexadecimal digit. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of an odd number of digits the first one gives a byte of 0 (Flink). False:
 * other characters. */
static bool
unhex_text(const char *text, size_t n, char *out)
{
	size_t odd = n % 2;

	if (odd) {
		*out++ = 0;
		if (hex_value(text[0]) < 0)
			return false;
	}
	for (size_t i = odd; i < n; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		*out++ = (char)(high << 4 | low);
	}
	return true;
}

static void
unhex(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		char *out = text_room(f, row, (s.len + (size_t)1) / 2);

		if (!out)
			continue;
		if (unhex_text(str_data(&s), s.len, out))
			text_put(f, row, out, (s.len + (size_t)1) / 2);
		else
			frame_null(f, row);
	}
}

/* ---- IS_DECIMAL ---- */

/* What Java reads as a number; FALSE for NULL. */
static void
is_decimal_text(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		double ignored;

		f->out->u8[row] = !arg_is_null(f, 0, row) &&
				  f64_parse(str_data(&s), s.len, &ignored);
	}
}

static void
is_not_null(struct frame *f)
{
	frame_each(f, row)
		f->out->u8[row] = !arg_is_null(f, 0, row);
}

/* ---- picks ---- */

static bool
pick_ascii(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_I64) && pick_sparse(k, ascii);
}

static bool
pick_of_number(struct kernel_call *k)
{
	return text_shape_is(k, 0, PHYS_STR) &&
	       pick_sparse(k, k->function == FN_CHR ? chr : bin);
}

static bool
pick_hex(struct kernel_call *k)
{
	if (text_shape_is(k, 0, PHYS_STR))
		return pick_sparse(k, hex_number);
	return text_shape_is(k, 1, PHYS_STR) && pick_sparse(k, hex_text);
}

static bool
pick_unhex(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) && pick_sparse(k, unhex);
}

static bool
pick_is_decimal(struct kernel_call *k)
{
	return pick_sparse(k, type_is_text(k->arg_type[0]) ? is_decimal_text
							   : is_not_null);
}

const struct kernel text_code_kernels[] = {
	{ FN_ASCII, pick_ascii },   { FN_CHR, pick_of_number },
	{ FN_BIN, pick_of_number }, { FN_HEX, pick_hex },
	{ FN_UNHEX, pick_unhex },   { FN_IS_DECIMAL, pick_is_decimal },
	{ FN_NONE, NULL },
};
