/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/watermark.h - what the driver asks of a watermark
 * operator, the only kind that makes time instead of passing it on.
 */
#ifndef RUNTIME_OPERATORS_WATERMARK_H
#define RUNTIME_OPERATORS_WATERMARK_H

#include "runtime/operator.h"

/* PHASE_TIME: the table's watermark after the rows of this pass, never lower
 * than before, and whether its partitions hold time back. */
int64_t watermark_now(struct op *op, enum edge_status *ret_status);

/* The same as the last checkpoint had it, before any source is asked. */
int64_t watermark_restored(const struct op *op, enum edge_status *ret_status);

struct watermark_part {
	int64_t wm_us;         /* TIME_NONE: none yet */
	int64_t idle_since_us; /* TIME_NONE: not idle */
	bool all_future;       /* a minute of rows beyond max-future only */
};
void watermark_part(const struct op *op, unsigned part,
		    struct watermark_part *ret);

#endif
