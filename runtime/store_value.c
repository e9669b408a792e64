/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_value.c - values into SQLite and back. Reading is strict: a
 * value of another storage class means that somebody else wrote the file, and
 * a guess would be a silently wrong answer.
 */
#include <math.h>

#include "base/decimal.h"
#include "base/time.h"
#include "runtime/formats/json_value.h"
#include "runtime/store_file.h"
#include "runtime/store_value.h"

const char *
store_column_decl(const struct store_column *c)
{
	if (c->iso)
		return "TEXT";
	if (c->type.kind == TYPE_DECIMAL)
		return "";
	switch (phys_of(c->type)) {
	case PHYS_U8:
	case PHYS_I64:
		return "INTEGER";
	case PHYS_STR: /* nested values too are text */
		return type_is_binary(c->type) ? "BLOB" : "TEXT";
	case PHYS_I128:
	case PHYS_F64:
		break;
	}
	return "";
}

/* ---- binding ---- */

static void
bind_decimal(sqlite3_stmt *st, int i, unsigned scale, i128 v)
{
	char text[DECIMAL_TEXT_MAX];
	size_t n;

	if (scale == 0 && v == (int64_t)v) {
		sqlite3_bind_int64(st, i, (int64_t)v);
		return;
	}
	n = scale == 0 ? i128_format(v, text) : decimal_format(v, scale, text);
	sqlite3_bind_text(st, i, text, (int)n, SQLITE_TRANSIENT);
}

static void
bind_f64(sqlite3_stmt *st, int i, double v)
{
	if (isfinite(v))
		sqlite3_bind_double(st, i, v);
	else
		sqlite3_bind_text(st, i,
				  isnan(v) ? "NaN"
				  : v > 0  ? "Infinity"
					   : "-Infinity",
				  -1, SQLITE_STATIC);
}

static void
bind_str(sqlite3_stmt *st, int i, bool binary, const struct str *s)
{
	if (binary)
		sqlite3_bind_blob64(st, i, str_data(s), s->len, SQLITE_STATIC);
	else
		sqlite3_bind_text64(st, i, str_data(s), s->len, SQLITE_STATIC,
				    SQLITE_UTF8);
}

static void
bind_nested(sqlite3_stmt *st, int i, struct type t, struct str s)
{
	struct buf text;

	buf_init(&text);
	json_state_put(&text, s, t);
	sqlite3_bind_text64(st, i, text.data, text.len, SQLITE_TRANSIENT,
			    SQLITE_UTF8);
	buf_release(&text);
}

void
store_value_bind(sqlite3_stmt *st, int i, const struct store_column *c,
		 const struct column *from, uint32_t row)
{
	if (column_is_null(from, row)) {
		sqlite3_bind_null(st, i);
		return;
	}
	switch (from->phys) {
	case PHYS_U8:
		sqlite3_bind_int64(st, i, from->u8[row]);
		break;
	case PHYS_I64:
		if (c->iso)
			store_bind_time(st, i, from->i64[row]);
		else if (c->type.kind == TYPE_DECIMAL)
			bind_decimal(st, i, c->type.scale, from->i64[row]);
		else
			sqlite3_bind_int64(st, i, from->i64[row]);
		break;
	case PHYS_I128:
		bind_decimal(st, i, c->type.scale, from->i128[row]);
		break;
	case PHYS_F64:
		bind_f64(st, i, from->f64[row]);
		break;
	case PHYS_STR:
		if (type_is_nested(c->type)) {
			bind_nested(st, i, c->type, from->str[row]);
			break;
		}
		bind_str(st, i, type_is_binary(c->type), &from->str[row]);
		break;
	}
}

/* ---- reading ---- */

/* [-]digits[.digits] with exactly `scale` digits behind the point, any value
 * of 128 bits: accumulators may have more digits than a DECIMAL. */
static bool
i128_parse(const char *text, unsigned scale, i128 *ret)
{
	bool negative = *text == '-';
	bool point = false;
	unsigned digits = 0, fraction = 0;
	i128 v = 0;

	for (text += negative; *text; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			return false;
		digits++;
		fraction += point;
		/* Downwards: the most negative value has no opposite. */
		if (__builtin_mul_overflow(v, (i128)10, &v) ||
		    __builtin_sub_overflow(v, (i128)(*text - '0'), &v))
			return false;
	}
	if (digits == 0 || fraction != scale)
		return false;
	if (!negative && __builtin_sub_overflow((i128)0, v, &v))
		return false;
	*ret = v;
	return true;
}

static bool
read_decimal(sqlite3_stmt *st, int i, unsigned scale, i128 *ret)
{
	if (sqlite3_column_type(st, i) == SQLITE_INTEGER) {
		*ret = sqlite3_column_int64(st, i);
		return scale == 0;
	}
	if (sqlite3_column_type(st, i) != SQLITE_TEXT)
		return false;
	return i128_parse((const char *)sqlite3_column_text(st, i), scale,
			  ret);
}

static bool
read_i64(sqlite3_stmt *st, int i, const struct store_column *c, int64_t *ret)
{
	if (c->iso) {
		*ret = store_column_time(st, i);
		return *ret != TIME_NONE;
	}
	if (c->type.kind == TYPE_DECIMAL) {
		i128 v;

		if (!read_decimal(st, i, c->type.scale, &v) || v != (int64_t)v)
			return false;
		*ret = (int64_t)v;
		return true;
	}
	*ret = sqlite3_column_int64(st, i);
	return sqlite3_column_type(st, i) == SQLITE_INTEGER;
}

static bool
read_f64(sqlite3_stmt *st, int i, double *ret)
{
	const char *text;

	if (sqlite3_column_type(st, i) == SQLITE_FLOAT) {
		*ret = sqlite3_column_double(st, i);
		return true;
	}
	if (sqlite3_column_type(st, i) != SQLITE_TEXT)
		return false;
	text = (const char *)sqlite3_column_text(st, i);
	if (strcmp(text, "NaN") == 0)
		*ret = NAN;
	else if (strcmp(text, "Infinity") == 0)
		*ret = INFINITY;
	else if (strcmp(text, "-Infinity") == 0)
		*ret = -INFINITY;
	else
		return false;
	return true;
}

static bool
read_str(sqlite3_stmt *st, int i, bool binary, struct str *ret,
	 struct arena *a)
{
	const char *data;
	int n;

	if (sqlite3_column_type(st, i) != (binary ? SQLITE_BLOB : SQLITE_TEXT))
		return false;
	data = binary ? sqlite3_column_blob(st, i)
		      : (const char *)sqlite3_column_text(st, i);
	n = sqlite3_column_bytes(st, i);
	/* An empty BLOB is told by a NULL pointer. */
	*ret = n == 0 ? str_ref("", 0) : str_from(a, data, (size_t)n);
	return true;
}

static bool
read_nested(sqlite3_stmt *st, int i, struct type t, struct str *ret,
	    struct arena *a)
{
	const char *text;

	if (sqlite3_column_type(st, i) != SQLITE_TEXT)
		return false;
	text = (const char *)sqlite3_column_text(st, i);
	return json_state_read(t, text, (size_t)sqlite3_column_bytes(st, i), a,
			       ret);
}

bool
store_value_read(sqlite3_stmt *st, int i, const struct store_column *c,
		 struct column *to, uint32_t row, uint32_t cap,
		 struct arena *a)
{
	int64_t v;

	if (sqlite3_column_type(st, i) == SQLITE_NULL) {
		column_set_null(to, row, cap, a);
		return true;
	}
	if (to->nulls)
		to->nulls[row] = 0;
	switch (to->phys) {
	case PHYS_U8:
		v = sqlite3_column_int64(st, i);
		to->u8[row] = (uint8_t)v;
		return sqlite3_column_type(st, i) == SQLITE_INTEGER &&
		       (v == 0 || v == 1);
	case PHYS_I64:
		return read_i64(st, i, c, &to->i64[row]);
	case PHYS_I128:
		return read_decimal(st, i, c->type.scale, &to->i128[row]);
	case PHYS_F64:
		return read_f64(st, i, &to->f64[row]);
	case PHYS_STR:
		if (type_is_nested(c->type))
			return read_nested(st, i, c->type, &to->str[row], a);
		return read_str(st, i, type_is_binary(c->type), &to->str[row],
				a);
	}
	return false;
}
