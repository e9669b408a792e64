/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/window_rows.c - a row whose time is NULL, or so far away
 * that sums with sizes would overflow, is in no window.
 */
#include "runtime/operators/window_rows.h"

static uint32_t
rows_now(struct op *op, const struct slicing *s, const struct batch *in,
	 int64_t wm_us, uint32_t *ret_row, int64_t *ret_wall)
{
	int64_t wall_us = slicing_wall(s, window_clock(op, wm_us));
	uint32_t n = 0;

	batch_each(in, row) {
		ret_row[n] = row;
		ret_wall[n++] = wall_us;
	}
	return n;
}

uint32_t
window_rows(struct op *op, const struct plan_window *w,
	    const struct slicing *s, const struct batch *in, int64_t wm_us,
	    uint32_t *ret_row, int64_t *ret_wall)
{
	const struct column *time = &in->col[w->time_col];
	uint32_t n = 0;

	if (w->is_proctime)
		return rows_now(op, s, in, wm_us, ret_row, ret_wall);
	batch_each(in, row) {
		ret_row[n] = row;
		if (window_time_is_usable(time, row)) {
			n++;
			continue;
		}
		op_quarantine(op, in, row,
			      column_is_null(time, row) ? ERR_NULL_VALUE
							: ERR_OUT_OF_RANGE,
			      NULL, in->schema->cols[w->time_col].name,
			      "a row without a usable time is in no window");
	}
	slicing_walls(s, time->i64, ret_row, n, ret_wall);
	return n;
}
