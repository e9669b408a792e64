/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/time.c - instants, dates and times moved by intervals, and
 * the functions between them and text. Instants are microseconds, intervals
 * milliseconds or months, dates days, times milliseconds of the day.
 */
#include "base/buf.h"
#include "base/time.h"
#include "runtime/kernels/loops.h"
#include "base/time_pattern.h"

#define MS_PER_DAY INT64_C(86400000)

/* ---- arithmetic ---- */

DENSE_BINARY(instant_add_ms, int64_t, i64, int64_t, i64,
	     WRAP_ADD(x, WRAP_MUL(y, US_PER_MS)))
DENSE_BINARY(instant_sub_ms, int64_t, i64, int64_t, i64,
	     WRAP_SUB(x, WRAP_MUL(y, US_PER_MS)))
DENSE_BINARY(ms_add_instant, int64_t, i64, int64_t, i64,
	     WRAP_ADD(y, WRAP_MUL(x, US_PER_MS)))
/* Of a day's part nothing is left in a DATE (Flink). */
DENSE_BINARY(date_add_ms, int64_t, i64, int64_t, i64,
	     WRAP_ADD(x, y / MS_PER_DAY))
DENSE_BINARY(date_sub_ms, int64_t, i64, int64_t, i64,
	     WRAP_SUB(x, y / MS_PER_DAY))
DENSE_BINARY(ms_add_date, int64_t, i64, int64_t, i64,
	     WRAP_ADD(y, x / MS_PER_DAY))
/* The clock goes round. */
DENSE_BINARY(time_add_ms, int64_t, i64, int64_t, i64,
	     floor_mod(x + y % MS_PER_DAY, MS_PER_DAY))
DENSE_BINARY(time_sub_ms, int64_t, i64, int64_t, i64,
	     floor_mod(x - y % MS_PER_DAY, MS_PER_DAY))

/* factor[0]: which argument is the interval; factor[1]: 1 or -1. */
static void
add_months(struct frame *f)
{
	const struct vec *months = &f->arg[f->call->factor[0]];
	const struct vec *when = &f->arg[1 - f->call->factor[0]];
	bool is_date = f->call->type.kind == TYPE_DATE;
	int64_t days_max = INT64_MAX / US_PER_DAY - 1;

	frame_each(f, row) {
		int64_t v = when->i64[row & when->mask];
		int64_t n = WRAP_MUL(months->i64[row & months->mask],
				     f->call->factor[1]);

		if (!is_date)
			f->out->i64[row] = us_add_months(v, n);
		else if (v > days_max || v < -days_max)
			frame_null(f, row); /* no such day in the calendar */
		else
			f->out->i64[row] = floor_div(
				us_add_months(v * US_PER_DAY, n), US_PER_DAY);
	}
}

static bool
pick_months(struct kernel_call *k, int64_t interval_arg, int64_t sign)
{
	k->factor[0] = interval_arg;
	k->factor[1] = sign;
	return pick_sparse(k, add_months);
}

bool
time_pick_add(struct kernel_call *k)
{
	struct type a = k->arg_type[0], b = k->arg_type[1];

	if (b.kind == TYPE_INTERVAL_MS) {
		if (type_is_instant(a))
			return pick_dense(k, instant_add_ms);
		if (a.kind == TYPE_DATE)
			return pick_dense(k, date_add_ms);
		return a.kind == TYPE_TIME && pick_dense(k, time_add_ms);
	}
	if (a.kind == TYPE_INTERVAL_MS) {
		if (type_is_instant(b))
			return pick_dense(k, ms_add_instant);
		return b.kind == TYPE_DATE && pick_dense(k, ms_add_date);
	}
	if (b.kind == TYPE_INTERVAL_MONTH)
		return (type_is_instant(a) || a.kind == TYPE_DATE) &&
		       pick_months(k, 1, 1);
	return a.kind == TYPE_INTERVAL_MONTH &&
	       (type_is_instant(b) || b.kind == TYPE_DATE) &&
	       pick_months(k, 0, 1);
}

bool
time_pick_sub(struct kernel_call *k)
{
	struct type a = k->arg_type[0], b = k->arg_type[1];

	if (b.kind == TYPE_INTERVAL_MONTH)
		return (type_is_instant(a) || a.kind == TYPE_DATE) &&
		       pick_months(k, 1, -1);
	if (b.kind != TYPE_INTERVAL_MS)
		return false;
	if (type_is_instant(a))
		return pick_dense(k, instant_sub_ms);
	if (a.kind == TYPE_DATE)
		return pick_dense(k, date_sub_ms);
	return a.kind == TYPE_TIME && pick_dense(k, time_sub_ms);
}

/* ---- text to instants ---- */

static const struct time_pattern *
prepare_pattern(struct kernel_call *k, unsigned arg)
{
	const struct value *v = k->nargs > arg ? k->constant[arg] : NULL;

	if (!v || v->is_null)
		return NULL;
	return time_pattern_create(str_data(&v->str), v->str.len, k->arena);
}

/* The pattern for a row: the constant one, or made for this row. NULL: it has
 * a problem, and the row has failed. */
static const struct time_pattern *
row_pattern(struct frame *f, uint32_t row)
{
	const struct time_pattern *p = f->call->prepared;
	struct str s;

	if (!p) {
		s = f->arg[1].str[row & f->arg[1].mask];
		p = time_pattern_create(str_data(&s), s.len, f->arena);
	}
	if (!p->problem)
		return p;
	frame_fail(f, row, ERR_INVALID_ARGUMENT, p->problem);
	return NULL;
}

/* Cut to milliseconds: the type is TIMESTAMP(3). */
static void
put_instant(struct frame *f, uint32_t row, bool is_good, int64_t us)
{
	if (is_good)
		f->out->i64[row] = us - floor_mod(us, US_PER_MS);
	else
		frame_null(f, row);
}

static void
to_timestamp(struct frame *f)
{
	frame_each(f, row) {
		struct str s = f->arg[0].str[row & f->arg[0].mask];
		int64_t us = 0;
		bool is_good = us_parse_lenient(str_data(&s), s.len, &us);

		put_instant(f, row, is_good, us);
	}
}

static void
to_timestamp_by_pattern(struct frame *f)
{
	frame_each(f, row) {
		const struct time_pattern *p = row_pattern(f, row);
		struct str s = f->arg[0].str[row & f->arg[0].mask];
		int64_t us = 0;
		bool is_good;

		if (!p)
			continue;
		if (p->writes_only) {
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the format has letters that cannot be read,"
				   " such as weeks");
			continue;
		}
		/* Flink then tries what JDBC reads, whatever the format is. */
		is_good = time_pattern_parse(p, str_data(&s), s.len, &us) ||
			  us_parse_sql(str_data(&s), s.len, &us);
		put_instant(f, row, is_good, us);
	}
}

static bool
pick_to_timestamp(struct kernel_call *k)
{
	for (unsigned i = 0; i < k->nargs; i++) {
		if (phys_of(k->arg_type[i]) != PHYS_STR)
			return false;
	}
	if (k->nargs == 1)
		return pick_sparse(k, to_timestamp);
	k->prepared = prepare_pattern(k, 1);
	return pick_sparse(k, to_timestamp_by_pattern);
}

/* ---- instants to text ---- */

/* A TIMESTAMP_LTZ shows the clock of the session's zone. */
static int64_t
row_instant(const struct frame *f, uint32_t row)
{
	int64_t us = f->arg[0].i64[row & f->arg[0].mask];

	if (f->call->arg_type[0].kind == TYPE_TIMESTAMP_LTZ && f->call->zone)
		us += zone_offset_us(f->call->zone, us);
	return us;
}

static void
format_instants(struct frame *f)
{
	struct buf out;

	buf_init(&out);
	frame_each(f, row) {
		const struct time_pattern *p = row_pattern(f, row);

		if (!p)
			continue;
		if (p->reads_only) {
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the format has letters of a time zone");
			continue;
		}
		buf_clear(&out);
		time_pattern_format(p, row_instant(f, row), &out);
		f->out->str[row] = str_from(f->arena, out.data, out.len);
	}
	buf_release(&out);
}

static bool
pick_date_format(struct kernel_call *k)
{
	if (k->nargs != 2 || phys_of(k->arg_type[1]) != PHYS_STR)
		return false;
	if (type_is_text(k->arg_type[0]))
		return time_pick_format_text(k);
	if (!type_is_instant(k->arg_type[0]))
		return false;
	k->prepared = prepare_pattern(k, 1);
	return pick_sparse(k, format_instants);
}

const struct kernel time_kernels[] = {
	{ FN_TO_TIMESTAMP, pick_to_timestamp },
	{ FN_DATE_FORMAT, pick_date_format },
	{ FN_NONE, NULL },
};
