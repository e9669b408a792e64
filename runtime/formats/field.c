/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/field.c - texts to values. The forms are those that Flink
 * 2.3 accepts, no more: a text that Flink refuses must not become a number
 * here, or the two engines would give different answers for one topic.
 */
#include "runtime/formats/field.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/float.h"
#include "base/time.h"
#include "runtime/kernels/cast.h"

bool
field_option(const struct options *o, const char *key)
{
	const char *value = o ? options_get(o, key) : NULL;

	return value && strcasecmp(value, "true") == 0;
}

char
field_time_separator(const struct options *o)
{
	const char *standard =
		o ? options_get(o, "timestamp-format.standard") : NULL;

	return standard && strcmp(standard, "ISO-8601") == 0 ? 'T' : ' ';
}

/* ---- numbers ---- */

/* Java's String.trim(): everything up to the blank goes. */
static void
trim(const char **text, size_t *n)
{
	while (*n > 0 && (unsigned char)**text <= ' ') {
		(*text)++;
		(*n)--;
	}
	while (*n > 0 && (unsigned char)(*text)[*n - 1] <= ' ')
		(*n)--;
}

bool
field_digits(const char *text, size_t n, int64_t *ret)
{
	bool negative = n > 0 && *text == '-';
	uint64_t v = 0;

	text += negative;
	n -= negative;
	/* Nineteen digits fit uint64_t; more are no int64, zeros aside. */
	while (n > 19 && *text == '0') {
		text++;
		n--;
	}
	if (n == 0 || n > 19)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)text[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		v = v * 10 + digit;
	}
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

bool
field_in_range(struct type t, int64_t v)
{
	switch (t.kind) {
	case TYPE_TINYINT:
		return v >= INT8_MIN && v <= INT8_MAX;
	case TYPE_SMALLINT:
		return v >= INT16_MIN && v <= INT16_MAX;
	case TYPE_INT:
		return v >= INT32_MIN && v <= INT32_MAX;
	default:
		return true;
	}
}

/* Integer.parseInt(text.trim()): a sign of either kind. */
static enum field_rc
read_integer(struct type t, const char *text, size_t n, struct value *ret)
{
	trim(&text, &n);
	if (n > 1 && *text == '+' && text[1] != '-') {
		text++;
		n--;
	}
	if (!field_digits(text, n, &ret->i64) || !field_in_range(t, ret->i64))
		return FIELD_BAD;
	return FIELD_OK;
}

static enum field_rc
read_decimal(struct type t, const char *text, size_t n, struct value *ret)
{
	i128 v;

	switch (decimal_parse(text, n, t.precision, t.scale, &v)) {
	case DECIMAL_SYNTAX:
		return FIELD_BAD;
	case DECIMAL_OVERFLOW:
		return FIELD_NULL;
	case DECIMAL_OK:
		break;
	}
	if (t.precision <= DECIMAL_NARROW_MAX)
		ret->i64 = (int64_t)v;
	else
		ret->i128 = v;
	return FIELD_OK;
}

static enum field_rc
read_float(struct type t, const char *text, size_t n, struct value *ret)
{
	if (!f64_parse(text, n, &ret->f64))
		return FIELD_BAD;
	if (t.kind == TYPE_FLOAT)
		ret->f64 = (float)ret->f64;
	return FIELD_OK;
}

/* Boolean.parseBoolean(): whatever is not "true" is false. */
static enum field_rc
read_boolean(const char *text, size_t n, struct value *ret)
{
	trim(&text, &n);
	ret->u8 = n == 4 && strncasecmp(text, "true", 4) == 0;
	return FIELD_OK;
}

/* ---- times ---- */

static enum field_rc
read_instant(struct type t, char sep, const char *text, size_t n,
	     struct value *ret)
{
	bool with_z = t.kind == TYPE_TIMESTAMP_LTZ;

	if (!us_parse_strict(text, n, sep, with_z, &ret->i64))
		return FIELD_BAD;
	ret->i64 = us_cut(ret->i64, t.precision);
	return FIELD_OK;
}

static enum field_rc
read_time(struct type t, const char *text, size_t n, struct value *ret)
{
	if (!time_parse_strict(text, n, &ret->i64))
		return FIELD_BAD;
	ret->i64 = ms_cut(ret->i64, t.precision);
	return FIELD_OK;
}

/* ---- bytes ---- */

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t
base64_decoded_max(size_t n)
{
	return n / 4 * 3;
}

bool
base64_decode(const char *text, size_t n, char *out, size_t *ret_len)
{
	char *o = out;

	if (n % 4 != 0)
		return false;
	for (size_t i = 0; i < n; i += 4) {
		bool last = i + 4 == n;
		unsigned pad = !last || text[i + 3] != '=' ? 0 :
			       text[i + 2] != '='	   ? 1 : 2;
		uint32_t bits = 0;

		for (unsigned k = 0; k < 4; k++) {
			int digit = k < 4 - pad ? base64_digit(text[i + k]) : 0;

			if (digit < 0)
				return false;
			bits = bits << 6 | (uint32_t)digit;
		}
		*o++ = (char)(bits >> 16);
		if (pad < 2)
			*o++ = (char)(bits >> 8);
		if (pad < 1)
			*o++ = (char)bits;
	}
	*ret_len = (size_t)(o - out);
	return true;
}

void
base64_encode(struct buf *out, const char *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	const unsigned char *in = (const unsigned char *)data;
	size_t bytes = (n + 2) / 3 * 4;
	char *o = buf_room(out, bytes);

	for (size_t i = 0; i < n; i += 3, o += 4) {
		size_t left = n - i;
		uint32_t bits = (uint32_t)in[i] << 16 |
				(left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				(left > 2 ? in[i + 2] : 0);

		o[0] = digits[bits >> 18];
		o[1] = digits[bits >> 12 & 63];
		o[2] = left > 1 ? digits[bits >> 6 & 63] : '=';
		o[3] = left > 2 ? digits[bits & 63] : '=';
	}
	buf_added(out, bytes);
}

static enum field_rc
read_bytes(const char *text, size_t n, struct arena *a, struct value *ret)
{
	char *out = arena_bytes(a, base64_decoded_max(n) + 1);
	size_t len;

	if (!base64_decode(text, n, out, &len))
		return FIELD_BAD;
	ret->str = str_ref(out, (uint32_t)len);
	return FIELD_OK;
}

/* ---- all of them ---- */

enum field_rc
field_read(struct type t, char sep, const char *text, size_t n,
	   struct arena *a, struct value *ret)
{
	ret->is_null = false;
	switch ((enum type_kind)t.kind) {
	case TYPE_BOOLEAN:
		return read_boolean(text, n, ret);
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		return read_integer(t, text, n, ret);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return read_float(t, text, n, ret);
	case TYPE_DECIMAL:
		return read_decimal(t, text, n, ret);
	case TYPE_CHAR:
	case TYPE_VARCHAR:
		ret->str = str_ref(text, (uint32_t)n);
		return FIELD_OK;
	case TYPE_BINARY:
	case TYPE_VARBINARY:
		return read_bytes(text, n, a, ret);
	case TYPE_DATE:
		return date_parse_strict(text, n, &ret->i64) ? FIELD_OK
							     : FIELD_BAD;
	case TYPE_TIME:
		return read_time(t, text, n, ret);
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return read_instant(t, sep, text, n, ret);
	case TYPE_NULL:
	case TYPE_INTERVAL_MONTH:
	case TYPE_INTERVAL_MS:
	case TYPE_ARRAY:
	case TYPE_MULTISET:
	case TYPE_MAP:
	case TYPE_ROW:
	case TYPE_COUNT:
		break;
	}
	CHECK(!"a type that no format holds");
	return FIELD_BAD;
}

void
field_store(struct column *c, uint32_t to, struct value v)
{
	switch (c->phys) {
	case PHYS_U8:
		c->u8[to] = v.u8;
		break;
	case PHYS_I64:
		c->i64[to] = v.i64;
		break;
	case PHYS_I128:
		c->i128[to] = v.i128;
		break;
	case PHYS_F64:
		c->f64[to] = v.f64;
		break;
	case PHYS_STR:
		c->str[to] = v.str;
		break;
	}
}

/* ---- complaints ---- */

#define COMPLAINT_TEXT_MAX 64

const char *
field_complaint(struct type t, const char *text, size_t n, struct arena *a)
{
	char name[TYPE_NAME_MAX];
	size_t shown = n;

	if (shown > COMPLAINT_TEXT_MAX) {
		shown = COMPLAINT_TEXT_MAX;
		while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
			shown--;
	}
	t.nullable = true;
	return arena_printf(a, "cannot read '%.*s%s' as %s", (int)shown, text,
			    shown < n ? "..." : "", type_name(t, name));
}

void
decode_fail(struct decode_result *r, uint32_t row, enum error_code code,
	    const char *column, const char *detail)
{
	CHECK(r->nerrors < BATCH_ROWS);
	r->outcome[row] = DECODE_BAD;
	r->errors[r->nerrors++] = (struct decode_error){
		.row = (uint16_t)row,
		.code = (uint8_t)code,
		.column = column,
		.detail = detail,
	};
}
