/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/window_rows.h - which rows of a batch can be in a window
 * at all: what every windowing operator asks first.
 */
#ifndef RUNTIME_OPERATORS_WINDOW_ROWS_H
#define RUNTIME_OPERATORS_WINDOW_ROWS_H

#include "base/time.h"
#include "runtime/operator.h"
#include "runtime/slicing.h"

/* The live rows whose time can be put into a window; the others are
 * quarantined. The returned arrays have room for BATCH_ROWS; times are on the
 * wall clock. wm_us: see window_clock(). */
uint32_t window_rows(struct op *op, const struct plan_window *w,
		     const struct slicing *s, const struct batch *in,
		     int64_t wm_us, uint32_t *ret_row, int64_t *ret_wall);

/* Not NULL, and not so far away that sums with sizes would overflow. */
static inline bool
window_time_is_usable(const struct column *time, uint32_t row)
{
	return !column_is_null(time, row) &&
	       time->i64[row] >= -SLICING_TIME_MAX &&
	       time->i64[row] <= SLICING_TIME_MAX;
}

/* The time of rows in windows of processing time: now, by the clock that has
 * closed all up to wm_us already, even if it was put back since. So no row is
 * ever late. */
static inline int64_t
window_clock(const struct op *op, int64_t wm_us)
{
	int64_t now_us = op->now_us - floor_mod(op->now_us, US_PER_MS);

	return now_us > wm_us ? now_us : wm_us + US_PER_MS;
}

/* window_time of windows of processing time: the time at which they answer,
 * as TIMESTAMP_LTZ(3). */
static inline int64_t
window_proctime(int64_t now_us)
{
	return now_us - floor_mod(now_us, US_PER_MS);
}

#endif
