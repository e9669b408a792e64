/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/time_ltz.c - TO_TIMESTAMP_LTZ: instants of numbers since 1970
 * and of texts, which are in UTC unless they, or a last argument, say where.
 */
#include <math.h>

#include "base/decimal.h"
#include "base/time.h"
#include "base/time_pattern.h"
#include "runtime/kernels/text.h"

/* ---- numbers ---- */

/* Microseconds of n units of 10^-precision seconds. */
static bool
instant_of(i128 n, int64_t precision, int64_t *ret_us)
{
	static const int64_t factor[] = { 1000000, 100000, 10000, 1000,
					  100,	   10,	   1 };

	if (n > INT64_MAX || n < INT64_MIN)
		return false;
	return !__builtin_mul_overflow((int64_t)n, factor[precision], ret_us);
}

/* The argument in units of 10^-*precision seconds: of a fraction nothing is
 * left but of a DOUBLE's seconds, which keep milliseconds. */
static i128
units_of(const struct frame *f, uint32_t row, int64_t *precision)
{
	struct type t = f->call->arg_type[0];
	const struct vec *v = &f->arg[0];
	double d;

	if (t.kind == TYPE_DECIMAL)
		return vec_decimal(v, row, phys_of(t)) / decimal_pow10[t.scale];
	if (phys_of(t) != PHYS_F64)
		return v->i64[row & v->mask];
	d = v->f64[row & v->mask];
	if (*precision == 0) {
		d *= 1000;
		*precision = 3;
	}
	if (isnan(d))
		return 0;
	return fabs(d) < 1e30 ? (i128)d : (i128)INT64_MAX + 1;
}

static void
of_numbers(struct frame *f)
{
	frame_each(f, row) {
		int64_t p = f->call->nargs == 2 ? arg_i64(f, 1, row) : 3;
		i128 n = p < 0 || p > 6 ? 0 : units_of(f, row, &p);
		int64_t us;

		if (p < 0 || p > 6)
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the precision must be 0 to 6");
		else if (!instant_of(n, p, &us))
			frame_fail(f, row, ERR_OUT_OF_RANGE,
				   "the number is beyond all instants");
		else
			f->out->i64[row] = us;
	}
}

/* ---- texts ---- */

static const struct time_pattern *
row_pattern(struct frame *f, uint32_t row)
{
	const struct time_pattern *p = f->call->prepared;
	struct str s;

	if (!p) {
		s = arg_str(f, 1, row);
		p = time_pattern_create(str_data(&s), s.len, f->arena);
	}
	if (!p->problem && !p->writes_only)
		return p;
	frame_fail(f, row, ERR_INVALID_ARGUMENT,
		   p->problem ? p->problem
			      : "the format has letters that cannot be read, "
				"such as weeks");
	return NULL;
}

/* The zone that the last argument names, NULL for UTC; false: there is no such
 * zone, and the row has failed. */
static bool
row_zone(struct frame *f, uint32_t row, const struct zone **ret)
{
	const char *name;
	struct str s;

	*ret = f->call->state;
	if (*ret || f->call->nargs < 3)
		return true;
	s = arg_str(f, 2, row);
	name = arena_strndup(f->arena, str_data(&s), s.len);
	*ret = zone_get(name);
	if (!*ret)
		frame_fail(f, row, ERR_INVALID_ARGUMENT,
			   arena_printf(f->arena, "there is no time zone "
					"'%.64s'", name));
	return *ret != NULL;
}

/* False: it does not fit. */
static bool
read_text(const struct time_pattern *p, const struct str *s,
	  const struct zone *zone, int64_t *ret_us)
{
	bool has_offset = false, fits;
	int64_t us, offset_us = 0;

	if (p)
		fits = time_pattern_parse_offset(p, str_data(s), s->len, &us,
						 &has_offset, &offset_us);
	else
		fits = us_parse_lenient(str_data(s), s->len, &us);
	if (!fits)
		return false;
	if (has_offset)
		us -= offset_us;
	else if (zone)
		us = zone_to_utc(zone, us);
	*ret_us = us - floor_mod(us, US_PER_MS);
	return true;
}

static void
of_texts(struct frame *f)
{
	bool has_format = f->call->nargs > 1;

	frame_each(f, row) {
		const struct time_pattern *p =
			has_format ? row_pattern(f, row) : NULL;
		struct str s = arg_str(f, 0, row);
		const struct zone *zone;

		if ((has_format && !p) || !row_zone(f, row, &zone))
			continue;
		if (!read_text(p, &s, zone, &f->out->i64[row]))
			frame_fail(f, row, ERR_CAST_FAILED,
				   "the text does not fit the format");
	}
}

static bool
pick_to_timestamp_ltz(struct kernel_call *k)
{
	const struct value *format = k->nargs > 1 ? k->constant[1] : NULL;
	const struct value *zone = k->nargs > 2 ? k->constant[2] : NULL;

	if (!type_is_text(k->arg_type[0]))
		return type_is_numeric(k->arg_type[0]) &&
		       pick_sparse(k, of_numbers);
	if (format && !format->is_null)
		k->prepared = time_pattern_create(str_data(&format->str),
						  format->str.len, k->arena);
	if (zone && !zone->is_null)
		k->state = (void *)zone_get(arena_strndup(
			k->arena, str_data(&zone->str), zone->str.len));
	return pick_sparse(k, of_texts);
}

const struct kernel time_ltz_kernels[] = {
	{ FN_TO_TIMESTAMP_LTZ, pick_to_timestamp_ltz },
	{ FN_NONE, NULL },
};
