/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/cast.c - CAST and TRY_CAST between numbers, truth values and
 * time, as Flink converts: integers wrap, DOUBLE saturates and truncates,
 * DECIMAL truncates and wraps to integers, and is NULL over its precision.
 */
#include "runtime/kernels/cast.h"

#include <math.h>

#include "base/decimal.h"
#include "base/time.h"
#include "runtime/eval.h"
#include "runtime/kernels/nested.h"

/* ---- the same bytes ---- */

static void
copy(struct frame *f)
{
	memcpy(f->out->data, f->arg[0].data,
	       f->rows * phys_bytes(f->out->phys));
}

/* ---- to BOOLEAN and integers ---- */

DENSE_UNARY(i64_to_u8, int64_t, i64, uint8_t, u8, x != 0)
DENSE_UNARY(i128_to_u8, i128, i128, uint8_t, u8, x != 0)
DENSE_UNARY(f64_to_u8, double, f64, uint8_t, u8, x != 0)
DENSE_UNARY(u8_to_i64, uint8_t, u8, int64_t, i64, x)

static void
narrow(struct frame *f)
{
	copy(f);
	int_narrow_all(f->out->i64, f->rows, f->call->type.kind);
}

/* Java's (long) d and (int) d; a byte or short goes through int. */
static int64_t
saturated(double d, int64_t low, int64_t high)
{
	if (isnan(d))
		return 0;
	if (d >= (double)high)
		return high;
	if (d <= (double)low)
		return low;
	return (int64_t)d;
}

DENSE_UNARY(f64_to_bigint, double, f64, int64_t, i64,
	    saturated(x, INT64_MIN, INT64_MAX))
DENSE_UNARY(f64_to_int32, double, f64, int64_t, i64,
	    saturated(x, INT32_MIN, INT32_MAX))

static void
f64_to_int(struct frame *f)
{
	f64_to_int32(f);
	int_narrow_all(f->out->i64, f->rows, f->call->type.kind);
}

static void
decimal_to_int(struct frame *f)
{
	struct type from = f->call->arg_type[0];
	i128 unit = decimal_pow10[from.scale];
	enum phys phys = phys_of(from);

	frame_each(f, row)
		f->out->i64[row] = int_narrow(
			(int64_t)(vec_decimal(&f->arg[0], row, phys) / unit),
			f->call->type.kind);
}

static bool
pick_boolean(struct kernel_call *k)
{
	switch (phys_of(k->arg_type[0])) {
	case PHYS_U8:
		return pick_dense(k, copy);
	case PHYS_I64:
		return type_is_exact(k->arg_type[0]) &&
		       pick_dense(k, i64_to_u8);
	case PHYS_I128:
		return pick_dense(k, i128_to_u8);
	case PHYS_F64:
		return pick_dense(k, f64_to_u8);
	default:
		return false;
	}
}

static bool
pick_integer(struct kernel_call *k)
{
	struct type from = k->arg_type[0];

	if (type_is_integer(from))
		return pick_dense(k, from.kind <= k->type.kind ? copy : narrow);
	if (from.kind == TYPE_BOOLEAN)
		return pick_dense(k, u8_to_i64);
	if (from.kind == TYPE_DECIMAL)
		return pick_sparse(k, decimal_to_int);
	if (phys_of(from) == PHYS_F64)
		return pick_dense(k, k->type.kind == TYPE_BIGINT
					     ? f64_to_bigint
					     : f64_to_int);
	return false;
}

_Static_assert(TYPE_TINYINT < TYPE_SMALLINT && TYPE_SMALLINT < TYPE_INT &&
		       TYPE_INT < TYPE_BIGINT,
	       "pick_integer() compares widths by kind");

/* ---- to FLOAT and DOUBLE ---- */

DENSE_UNARY(u8_to_f64, uint8_t, u8, double, f64, x)
DENSE_UNARY(i64_to_f64, int64_t, i64, double, f64, x)
DENSE_UNARY(i64_to_f32, int64_t, i64, double, f64, (float)x)
DENSE_UNARY(f64_to_f32, double, f64, double, f64, (float)x)

static void
decimal_to_double(struct frame *f)
{
	struct type from = f->call->arg_type[0];
	bool is_float = f->call->type.kind == TYPE_FLOAT;
	enum phys phys = phys_of(from);

	frame_each(f, row) {
		double d = decimal_to_f64(vec_decimal(&f->arg[0], row, phys),
					  from.scale);

		f->out->f64[row] = is_float ? (double)(float)d : d;
	}
}

static bool
pick_double(struct kernel_call *k)
{
	bool is_float = k->type.kind == TYPE_FLOAT;
	struct type from = k->arg_type[0];

	if (from.kind == TYPE_BOOLEAN)
		return pick_dense(k, u8_to_f64);
	if (from.kind == TYPE_DECIMAL)
		return pick_sparse(k, decimal_to_double);
	if (type_is_integer(from))
		return pick_dense(k, is_float ? i64_to_f32 : i64_to_f64);
	if (from.kind == TYPE_DOUBLE && is_float)
		return pick_dense(k, f64_to_f32);
	return phys_of(from) == PHYS_F64 && pick_dense(k, copy);
}

/* ---- to DECIMAL ---- */

static void
put_decimal(struct frame *f, uint32_t row, i128 v, unsigned scale)
{
	struct type to = f->call->type;
	i128 scaled;

	if (!decimal_rescale(v, scale, to.scale, &scaled) ||
	    !decimal_fits(scaled, to.precision))
		frame_null(f, row);
	else if (f->out->phys == PHYS_I64)
		f->out->i64[row] = (int64_t)scaled;
	else
		f->out->i128[row] = scaled;
}

static void
exact_to_decimal(struct frame *f)
{
	struct type from = f->call->arg_type[0];
	unsigned scale = from.kind == TYPE_DECIMAL ? from.scale : 0;
	enum phys phys = phys_of(from);

	frame_each(f, row)
		put_decimal(f, row, vec_decimal(&f->arg[0], row, phys), scale);
}

static void
boolean_to_decimal(struct frame *f)
{
	frame_each(f, row)
		put_decimal(f, row, f->arg[0].u8[row & f->arg[0].mask], 0);
}

static void
double_to_decimal(struct frame *f)
{
	struct type to = f->call->type;

	frame_each(f, row) {
		double d = f->arg[0].f64[row & f->arg[0].mask];
		i128 v;

		if (!isfinite(d))
			cast_fail(f, row);
		else if (decimal_from_f64(d, to.precision, to.scale, &v))
			put_decimal(f, row, v, to.scale);
		else
			frame_null(f, row);
	}
}

/* Narrow to narrow where every value fits: one multiplication. */
DENSE_UNARY(widen_narrow, int64_t, i64, int64_t, i64,
	    WRAP_MUL(x, f->call->factor[0]))

static bool
pick_exact_to_decimal(struct kernel_call *k)
{
	struct type from = k->arg_type[0], to = k->type;

	if (type_is_integer(from))
		from = type_as_decimal(from);
	if (phys_of(k->arg_type[0]) != PHYS_I64 || phys_of(to) != PHYS_I64 ||
	    to.scale < from.scale ||
	    to.precision - to.scale < from.precision - from.scale)
		return pick_sparse(k, exact_to_decimal);
	k->factor[0] = (int64_t)decimal_pow10[to.scale - from.scale];
	return pick_dense(k, widen_narrow);
}

static bool
pick_decimal(struct kernel_call *k)
{
	struct type from = k->arg_type[0];

	if (type_is_exact(from))
		return pick_exact_to_decimal(k);
	if (from.kind == TYPE_BOOLEAN)
		return pick_sparse(k, boolean_to_decimal);
	return phys_of(from) == PHYS_F64 && pick_sparse(k, double_to_decimal);
}

/* ---- time ---- */

int64_t
us_cut(int64_t us, unsigned precision)
{
	static const int64_t unit[] = { 1000000, 100000, 10000, 1000,
					100,	 10,	 1 };

	return precision >= 6 ? us : us - floor_mod(us, unit[precision]);
}

int64_t
ms_cut(int64_t ms, unsigned precision)
{
	static const int64_t unit[] = { 1000, 100, 10, 1 };

	return precision >= 3 ? ms : ms - floor_mod(ms, unit[precision]);
}

/* The clock's reading in UTC microseconds, whatever the source is: a
 * TIMESTAMP_LTZ is read in the session's zone. */
static int64_t
local_us(const struct frame *f, int64_t v)
{
	switch (f->call->arg_type[0].kind) {
	case TYPE_DATE:
		return WRAP_MUL(v, US_PER_DAY);
	case TYPE_TIME:
		return v * US_PER_MS;
	case TYPE_TIMESTAMP_LTZ:
		return f->call->zone
			       ? v + zone_offset_us(f->call->zone, v)
			       : v;
	default:
		return v;
	}
}

static int64_t
from_local_us(const struct frame *f, int64_t us)
{
	struct type to = f->call->type;

	switch (to.kind) {
	case TYPE_DATE:
		return floor_div(us, US_PER_DAY);
	case TYPE_TIME:
		return ms_cut(floor_mod(us, US_PER_DAY) / US_PER_MS,
			      to.precision);
	case TYPE_TIMESTAMP_LTZ:
		if (f->call->zone)
			us = zone_to_utc(f->call->zone, us);
		return us_cut(us, to.precision);
	default:
		return us_cut(us, to.precision);
	}
}

static void
time_to_time(struct frame *f)
{
	frame_each(f, row) {
		int64_t v = f->arg[0].i64[row & f->arg[0].mask];

		f->out->i64[row] = from_local_us(f, local_us(f, v));
	}
}

/* Same kind, fewer digits: the zone has no part in it. */
static void
cut_instants(struct frame *f)
{
	frame_each(f, row)
		f->out->i64[row] = us_cut(f->arg[0].i64[row & f->arg[0].mask],
					  f->call->type.precision);
}

static bool
pick_time(struct kernel_call *k)
{
	struct type from = k->arg_type[0], to = k->type;
	bool from_date = from.kind == TYPE_DATE;
	bool from_time = from.kind == TYPE_TIME;

	if (!from_date && !from_time && !type_is_instant(from))
		return false;
	if ((from_date && to.kind == TYPE_TIME) ||
	    (from_time && to.kind == TYPE_DATE))
		return false;
	if (from.kind != to.kind)
		return pick_sparse(k, time_to_time);
	if (from_date || to.precision >= from.precision)
		return pick_dense(k, copy);
	return pick_sparse(k, from_time ? time_to_time : cut_instants);
}

/* ---- which kernel ---- */

void
cast_fail(struct frame *f, uint32_t row)
{
	const struct kernel_call *k = f->call;
	const struct vec *v = &f->arg[0];
	struct column shown = { .phys = phys_of(k->arg_type[0]),
				.data = (void *)v->data };
	char type[TYPE_NAME_MAX];
	struct type to = k->type;
	struct str text;
	size_t n;

	if (k->is_try) {
		frame_null(f, row);
		return;
	}
	text = value_text(column_value(&shown, row & v->mask), k->arg_type[0],
			  k->zone, f->arena);
	n = utf8_offset(str_data(&text), text.len, 64);
	to.nullable = true;
	frame_fail(f, row, ERR_CAST_FAILED,
		   arena_printf(f->arena, "'%.*s'%s cannot be cast to %s",
				(int)n, str_data(&text),
				n < text.len ? "..." : "",
				type_name(to, type)));
}

bool
cast_pick(struct kernel_call *k)
{
	struct type from = k->arg_type[0], to = k->type;

	if (from.kind == TYPE_NULL) /* folded: NULL of any type */
		return pick_dense(k, copy);
	if (type_is_text(to))
		return cast_pick_text(k);
	if (type_is_binary(to))
		return cast_pick_binary(k);
	if (type_is_nested(to))
		return cast_pick_nested(k);
	if (type_is_text(from))
		return cast_pick_parse(k);
	switch (to.kind) {
	case TYPE_BOOLEAN:
		return pick_boolean(k);
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		return pick_integer(k);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return pick_double(k);
	case TYPE_DECIMAL:
		return pick_decimal(k);
	case TYPE_DATE:
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return pick_time(k);
	default:
		return from.kind == to.kind && pick_dense(k, copy);
	}
}
