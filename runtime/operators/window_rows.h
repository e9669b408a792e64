/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/window_rows.h - which rows of a batch can be in a window
 * at all: what every windowing operator asks first.
 */
#ifndef RUNTIME_OPERATORS_WINDOW_ROWS_H
#define RUNTIME_OPERATORS_WINDOW_ROWS_H

#include "base/time.h"
#include "runtime/operator.h"

/* The live rows whose time can be put into a window; the others are
 * quarantined. ret_row has room for BATCH_ROWS. */
uint32_t window_rows(struct op *op, const struct batch *in, uint16_t time_col,
		     uint32_t *ret_row);

/* window_time of windows of processing time: the time at which they answer,
 * as TIMESTAMP_LTZ(3). */
static inline int64_t
window_proctime(int64_t now_us)
{
	return now_us - floor_mod(now_us, US_PER_MS);
}

#endif
