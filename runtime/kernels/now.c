/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/now.c - the clock as rows see it: the instant at which their
 * batch was read, the same for all of its rows, and the watermark they meet.
 */
#include "base/time.h"
#include "runtime/kernels/loops.h"

#define MS_PER_SECOND (US_PER_SECOND / US_PER_MS)

static void
fill(struct frame *f, int64_t v)
{
	for (uint32_t i = 0; i < f->rows; i++)
		f->out->i64[i] = v;
}

static int64_t
now_ms(const struct frame *f)
{
	return f->now_us - floor_mod(f->now_us, US_PER_MS);
}

/* On the clock of the session's zone. */
static int64_t
local_now(const struct frame *f)
{
	int64_t us = now_ms(f);

	return f->call->zone ? us + zone_offset_us(f->call->zone, us) : us;
}

static void
instant(struct frame *f)
{
	fill(f, now_ms(f));
}

static void
local_instant(struct frame *f)
{
	fill(f, local_now(f));
}

static void
date(struct frame *f)
{
	fill(f, floor_div(local_now(f), US_PER_DAY));
}

/* TIME(0) */
static void
time_of_day(struct frame *f)
{
	int64_t second = floor_mod(local_now(f), US_PER_DAY) / US_PER_SECOND;

	fill(f, second * MS_PER_SECOND);
}

static void
watermark(struct frame *f)
{
	int64_t us = f->wm_us;

	if (us == TIME_NONE) {
		memset(frame_nulls(f), 1, f->rows);
		us = 0;
	}
	fill(f, us - floor_mod(us, US_PER_MS));
}

static bool
pick_now(struct kernel_call *k)
{
	switch (k->function) {
	case FN_CURRENT_DATE:
		return pick_dense(k, date);
	case FN_CURRENT_TIME:
	case FN_LOCALTIME:
		return pick_dense(k, time_of_day);
	case FN_LOCALTIMESTAMP:
		return pick_dense(k, local_instant);
	default:
		return pick_dense(k, instant);
	}
}

static bool
pick_watermark(struct kernel_call *k)
{
	return type_is_instant(k->type) && pick_dense(k, watermark);
}

const struct kernel now_kernels[] = {
	{ FN_NOW, pick_now },
	{ FN_CURRENT_TIMESTAMP, pick_now },
	{ FN_CURRENT_ROW_TIMESTAMP, pick_now },
	{ FN_LOCALTIMESTAMP, pick_now },
	{ FN_CURRENT_DATE, pick_now },
	{ FN_CURRENT_TIME, pick_now },
	{ FN_LOCALTIME, pick_now },
	{ FN_PROCTIME, pick_now },
	{ FN_CURRENT_WATERMARK, pick_watermark },
	{ FN_NONE, NULL },
};
