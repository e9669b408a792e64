/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/time_simple.c - Flink's older functions between text and
 * time, which read and write by SimpleDateFormat: UNIX_TIMESTAMP,
 * FROM_UNIXTIME, TO_DATE, CONVERT_TZ, and DATE_FORMAT of a text.
 */
#include "base/buf.h"
#include "base/simple_date_format.h"
#include "base/time.h"
#include "runtime/kernels/loops.h"

static const struct simple_date_format *
standard_format(struct arena *a)
{
	return simple_date_create(SIMPLE_DATE_DEFAULT,
				  strlen(SIMPLE_DATE_DEFAULT), a);
}

/* The format that argument `arg` is if it is constant, the standard one if
 * there is no such argument; NULL: made for each row. */
static void
prepare_format(struct kernel_call *k, unsigned arg)
{
	const struct value *v = arg < k->nargs ? k->constant[arg] : NULL;

	if (arg >= k->nargs)
		k->prepared = standard_format(k->arena);
	else if (v && !v->is_null)
		k->prepared = simple_date_create(str_data(&v->str), v->str.len,
						 k->arena);
}

/* NULL: it has a problem, and the row has failed. */
static const struct simple_date_format *
row_format(struct frame *f, unsigned arg, uint32_t row, bool reads)
{
	const struct simple_date_format *format = f->call->prepared;
	const char *problem;

	if (!format) {
		struct str s = f->arg[arg].str[row & f->arg[arg].mask];

		format = simple_date_create(str_data(&s), s.len, f->arena);
	}
	problem = simple_date_problem(format);
	if (!problem && reads && simple_date_writes_only(format))
		problem = "the format has letters that cannot be read, such "
			  "as weeks";
	if (!problem)
		return format;
	frame_fail(f, row, ERR_INVALID_ARGUMENT, problem);
	return NULL;
}

static struct str
row_text(const struct frame *f, unsigned arg, uint32_t row)
{
	return f->arg[arg].str[row & f->arg[arg].mask];
}

/* ---- UNIX_TIMESTAMP ---- */

static void
unix_now(struct frame *f)
{
	for (uint32_t i = 0; i < f->rows; i++)
		f->out->i64[i] = floor_div(f->now_us, US_PER_SECOND);
}

/* Text that cannot be read is the smallest BIGINT, as in Flink. */
static void
unix_of_text(struct frame *f)
{
	frame_each(f, row) {
		const struct simple_date_format *format =
			row_format(f, 1, row, true);
		struct str s = row_text(f, 0, row);
		int64_t us;

		if (!format)
			continue;
		if (simple_date_read(format, str_data(&s), s.len,
				     f->call->zone, &us))
			f->out->i64[row] = us / US_PER_SECOND;
		else
			f->out->i64[row] = INT64_MIN;
	}
}

static bool
pick_unix_timestamp(struct kernel_call *k)
{
	if (k->nargs == 0)
		return pick_dense(k, unix_now);
	prepare_format(k, 1);
	return pick_sparse(k, unix_of_text);
}

/* ---- FROM_UNIXTIME ---- */

#define SECONDS_MAX INT64_C(8000000000000) /* of the years that we know */

static void
from_unix(struct frame *f)
{
	const struct vec *n = &f->arg[0];
	struct buf out;

	buf_init(&out);
	frame_each(f, row) {
		const struct simple_date_format *format =
			row_format(f, 1, row, false);
		int64_t second = n->i64[row & n->mask];

		if (!format)
			continue;
		if (second > SECONDS_MAX || second < -SECONDS_MAX) {
			frame_fail(f, row, ERR_OUT_OF_RANGE,
				   "the number is beyond all instants");
			continue;
		}
		buf_clear(&out);
		simple_date_write(format, second * US_PER_SECOND,
				  f->call->zone, &out);
		f->out->str[row] = str_from(f->arena, out.data, out.len);
	}
	buf_release(&out);
}

static bool
pick_from_unixtime(struct kernel_call *k)
{
	prepare_format(k, 1);
	return type_is_integer(k->arg_type[0]) && pick_sparse(k, from_unix);
}

/* ---- TO_DATE ---- */

static void
to_date(struct frame *f)
{
	frame_each(f, row) {
		struct str s = row_text(f, 0, row);

		if (!date_parse_lenient(str_data(&s), s.len,
					&f->out->i64[row]))
			frame_null(f, row);
	}
}

static void
to_date_by_format(struct frame *f)
{
	frame_each(f, row) {
		const struct simple_date_format *format =
			row_format(f, 1, row, true);
		struct str s = row_text(f, 0, row);
		int64_t us;

		if (!format)
			continue;
		if (simple_date_read(format, str_data(&s), s.len, NULL, &us))
			f->out->i64[row] = floor_div(us, US_PER_DAY);
		else
			frame_null(f, row);
	}
}

static bool
pick_to_date(struct kernel_call *k)
{
	if (k->nargs == 1)
		return pick_sparse(k, to_date);
	prepare_format(k, 1);
	return pick_sparse(k, to_date_by_format);
}

/* ---- CONVERT_TZ ---- */

struct conversion {
	const struct simple_date_format *format;
	const struct zone *zone[3]; /* by argument; NULL: one for each row */
};

/* NULL: there is none, and the row has failed. */
static const struct zone *
row_zone(struct frame *f, unsigned arg, uint32_t row)
{
	const struct conversion *c = f->call->prepared;
	const struct zone *zone = c->zone[arg];
	const char *name;
	struct str s;

	if (zone)
		return zone;
	s = row_text(f, arg, row);
	name = arena_strndup(f->arena, str_data(&s), s.len);
	zone = zone_get(name);
	if (!zone)
		frame_fail(f, row, ERR_INVALID_ARGUMENT,
			   arena_printf(f->arena, "there is no time zone "
					"'%.64s'", name));
	return zone;
}

static void
convert_zones(struct frame *f)
{
	const struct conversion *c = f->call->prepared;
	struct buf out;

	buf_init(&out);
	frame_each(f, row) {
		const struct zone *from = row_zone(f, 1, row);
		const struct zone *to = from ? row_zone(f, 2, row) : NULL;
		struct str s = row_text(f, 0, row);
		int64_t us;

		if (!to)
			continue;
		if (!simple_date_read(c->format, str_data(&s), s.len, from,
				      &us)) {
			frame_null(f, row);
			continue;
		}
		buf_clear(&out);
		simple_date_write(c->format, us, to, &out);
		f->out->str[row] = str_from(f->arena, out.data, out.len);
	}
	buf_release(&out);
}

static bool
pick_convert_tz(struct kernel_call *k)
{
	struct conversion *c = arena_new(k->arena, struct conversion);

	c->format = standard_format(k->arena);
	for (unsigned arg = 1; arg < 3; arg++) {
		const struct value *v = k->constant[arg];

		if (v && !v->is_null)
			c->zone[arg] = zone_get(arena_strndup(
				k->arena, str_data(&v->str), v->str.len));
	}
	k->prepared = c;
	return pick_sparse(k, convert_zones);
}

/* ---- DATE_FORMAT of a text ---- */

static void
format_text(struct frame *f)
{
	const struct simple_date_format *standard = f->call->state;
	struct buf out;

	buf_init(&out);
	frame_each(f, row) {
		const struct simple_date_format *format =
			row_format(f, 1, row, false);
		struct str s = row_text(f, 0, row);
		int64_t us;

		if (!format)
			continue;
		if (!simple_date_read(standard, str_data(&s), s.len, NULL,
				      &us)) {
			frame_null(f, row);
			continue;
		}
		buf_clear(&out);
		simple_date_write(format, us, NULL, &out);
		f->out->str[row] = str_from(f->arena, out.data, out.len);
	}
	buf_release(&out);
}

bool
time_pick_format_text(struct kernel_call *k)
{
	prepare_format(k, 1);
	k->state = (void *)standard_format(k->arena);
	return pick_sparse(k, format_text);
}

const struct kernel time_simple_kernels[] = {
	{ FN_UNIX_TIMESTAMP, pick_unix_timestamp },
	{ FN_FROM_UNIXTIME, pick_from_unixtime },
	{ FN_TO_DATE, pick_to_date },
	{ FN_CONVERT_TZ, pick_convert_tz },
	{ FN_NONE, NULL },
};
