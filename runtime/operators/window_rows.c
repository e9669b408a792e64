/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/window_rows.c - a row whose time is NULL, or so far away
 * that sums with sizes would overflow, is in no window.
 */
#include "runtime/operators/window_rows.h"
#include "runtime/slicing.h"

uint32_t
window_rows(struct op *op, const struct batch *in, uint16_t time_col,
	    uint32_t *ret_row)
{
	const struct column *time = &in->col[time_col];
	uint32_t n = 0;

	batch_each(in, row) {
		int64_t t = time->i64[row];
		bool is_null = column_is_null(time, row);

		ret_row[n] = row;
		if (!is_null && t >= -SLICING_TIME_MAX &&
		    t <= SLICING_TIME_MAX) {
			n++;
			continue;
		}
		op_quarantine(op, in, row,
			      is_null ? ERR_NULL_VALUE : ERR_OUT_OF_RANGE,
			      NULL, in->schema->cols[time_col].name,
			      "a row without a usable time is in no window");
	}
	return n;
}
