/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/unit.c - calendar units of times: EXTRACT and YEAR() ...,
 * FLOOR and CEIL to a unit, TIMESTAMPDIFF. A TIMESTAMP_LTZ is looked at on the
 * clock of the session's zone.
 */
#include "base/time.h"
#include "base/time_unit.h"
#include "runtime/kernels/loops.h"

#define MS_PER_DAY (US_PER_DAY / US_PER_MS)

/* The unit that argument `arg` names in this row; prepared if constant. */
static bool
row_unit(struct frame *f, unsigned arg, uint32_t row, enum time_unit *ret)
{
	const struct vec *v = &f->arg[arg];
	struct str s;

	if (f->call->prepared) {
		*ret = *(const enum time_unit *)f->call->prepared;
		return true;
	}
	s = v->str[row & v->mask];
	if (time_unit_find(str_data(&s), s.len, ret))
		return true;
	frame_fail(f, row, ERR_INVALID_ARGUMENT, "there is no such unit");
	return false;
}

static void
prepare(struct kernel_call *k, enum time_unit unit)
{
	enum time_unit *kept = arena_new(k->arena, enum time_unit);

	*kept = unit;
	k->prepared = kept;
}

static bool
prepare_argument(struct kernel_call *k, unsigned arg)
{
	const struct value *v = k->constant[arg];
	enum time_unit unit;

	if (phys_of(k->arg_type[arg]) != PHYS_STR)
		return false;
	if (v && !v->is_null &&
	    time_unit_find(str_data(&v->str), v->str.len, &unit))
		prepare(k, unit);
	return true;
}

/* ---- as a clock's reading, and back ---- */

static int64_t
reading_us(const struct kernel_call *k, struct type t, int64_t v)
{
	switch (t.kind) {
	case TYPE_DATE:
		return WRAP_MUL(v, US_PER_DAY);
	case TYPE_TIME:
		return v * US_PER_MS;
	case TYPE_TIMESTAMP_LTZ:
		return k->zone ? v + zone_offset_us(k->zone, v) : v;
	default:
		return v;
	}
}

static bool
is_time(struct type t)
{
	return type_is_instant(t) || t.kind == TYPE_DATE ||
	       t.kind == TYPE_TIME;
}

/* ---- EXTRACT ---- */

/* Of the interval without its sign, which the answer gets. */
static int64_t
extract_ms(enum time_unit unit, int64_t ms)
{
	uint64_t n = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	int64_t v = unit == UNIT_DAY
		? (int64_t)(n / (uint64_t)MS_PER_DAY)
		: time_unit_extract(unit, (int64_t)(n % (uint64_t)MS_PER_DAY) *
						  US_PER_MS);

	return ms < 0 ? -v : v;
}

static int64_t
extract_months(enum time_unit unit, int64_t months)
{
	if (unit == UNIT_YEAR)
		return months / 12;
	if (unit == UNIT_MONTH)
		return months % 12;
	return (months % 12 + 2) / 3;
}

static int64_t
extract(const struct kernel_call *k, struct type t, enum time_unit unit,
	int64_t v)
{
	if (t.kind == TYPE_INTERVAL_MS)
		return extract_ms(unit, v);
	if (t.kind == TYPE_INTERVAL_MONTH)
		return extract_months(unit, v);
	if (unit == UNIT_EPOCH && type_is_instant(t))
		return time_unit_extract(unit, v); /* in no zone's clock */
	return time_unit_extract(unit, reading_us(k, t, v));
}

static void
extract_units(struct frame *f)
{
	unsigned arg = f->call->nargs - 1;
	const struct vec *v = &f->arg[arg];
	enum time_unit unit = UNIT_DAY;

	frame_each(f, row) {
		if (!row_unit(f, 0, row, &unit))
			continue;
		f->out->i64[row] = extract(f->call, f->call->arg_type[arg],
					   unit, v->i64[row & v->mask]);
	}
}

static bool
pick_extract(struct kernel_call *k)
{
	if (!is_time(k->arg_type[1]) && !type_is_interval(k->arg_type[1]))
		return false;
	return prepare_argument(k, 0) && pick_sparse(k, extract_units);
}

/* YEAR(t) and its kin: functions of their own with the unit in their name. */
static bool
pick_part(struct kernel_call *k)
{
	static const struct {
		enum function_id function;
		enum time_unit unit;
	} parts[] = {
		{ FN_YEAR, UNIT_YEAR },       { FN_QUARTER, UNIT_QUARTER },
		{ FN_MONTH, UNIT_MONTH },     { FN_WEEK, UNIT_WEEK },
		{ FN_DAYOFYEAR, UNIT_DOY },   { FN_DAYOFMONTH, UNIT_DAY },
		{ FN_DAYOFWEEK, UNIT_DOW },   { FN_HOUR, UNIT_HOUR },
		{ FN_MINUTE, UNIT_MINUTE },   { FN_SECOND, UNIT_SECOND },
	};

	if (k->nargs != 1 || !is_time(k->arg_type[0]))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].function == k->function)
			prepare(k, parts[i].unit);
	return k->prepared && pick_sparse(k, extract_units);
}

/* ---- FLOOR, CEIL ---- */

static int64_t
rounded(const struct kernel_call *k, enum time_unit unit, int64_t us)
{
	return k->function == FN_CEIL ? time_unit_ceil(unit, us)
				      : time_unit_floor(unit, us);
}

static int64_t
round_value(const struct kernel_call *k, enum time_unit unit, int64_t v)
{
	struct type t = k->arg_type[0];
	int64_t reading = reading_us(k, t, v), us = rounded(k, unit, reading);

	switch (t.kind) {
	case TYPE_DATE:
		return floor_div(us, US_PER_DAY);
	case TYPE_TIME: /* the clock goes round */
		return floor_mod(us, US_PER_DAY) / US_PER_MS;
	case TYPE_TIMESTAMP_LTZ:
		/* Within an hour that comes twice it stays the same one. */
		if (unit > UNIT_DAY || !k->zone)
			return v + (us - reading);
		return zone_to_utc(k->zone, us);
	default:
		return us;
	}
}

static void
round_times(struct frame *f)
{
	const struct vec *v = &f->arg[0];
	enum time_unit unit = UNIT_DAY;

	frame_each(f, row) {
		if (!row_unit(f, 1, row, &unit))
			continue;
		if (time_unit_rounds(unit))
			f->out->i64[row] = round_value(f->call, unit,
						       v->i64[row & v->mask]);
		else
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "nothing is rounded to this unit");
	}
}

bool
unit_pick_round(struct kernel_call *k)
{
	return is_time(k->arg_type[0]) && prepare_argument(k, 1) &&
	       pick_sparse(k, round_times);
}

/* ---- TIMESTAMPDIFF ---- */

/* Two TIMESTAMP_LTZ are counted in UTC, as in Flink: a day of 23 hours is
 * none. */
static void
count_units(struct frame *f)
{
	const struct vec *a = &f->arg[1], *b = &f->arg[2];
	bool a_date = f->call->arg_type[1].kind == TYPE_DATE;
	bool b_date = f->call->arg_type[2].kind == TYPE_DATE;
	enum time_unit unit = UNIT_DAY;

	frame_each(f, row) {
		int64_t from = a->i64[row & a->mask];
		int64_t to = b->i64[row & b->mask];

		if (!row_unit(f, 0, row, &unit))
			continue;
		if (!time_unit_counts(unit)) {
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "nothing is counted in this unit");
			continue;
		}
		from = a_date ? WRAP_MUL(from, US_PER_DAY) : from;
		to = b_date ? WRAP_MUL(to, US_PER_DAY) : to;
		f->out->i64[row] =
			int_narrow(time_unit_between(unit, from, to),
				   TYPE_INT);
	}
}

static bool
pick_count(struct kernel_call *k)
{
	for (unsigned i = 1; i < 3; i++)
		if (!type_is_instant(k->arg_type[i]) &&
		    k->arg_type[i].kind != TYPE_DATE)
			return false;
	return prepare_argument(k, 0) && pick_sparse(k, count_units);
}

const struct kernel unit_kernels[] = {
	{ FN_EXTRACT, pick_extract },	{ FN_YEAR, pick_part },
	{ FN_QUARTER, pick_part },	{ FN_MONTH, pick_part },
	{ FN_WEEK, pick_part },		{ FN_DAYOFYEAR, pick_part },
	{ FN_DAYOFMONTH, pick_part },	{ FN_DAYOFWEEK, pick_part },
	{ FN_HOUR, pick_part },		{ FN_MINUTE, pick_part },
	{ FN_SECOND, pick_part },	{ FN_TIMESTAMPDIFF, pick_count },
	{ FN_NONE, NULL },
};
