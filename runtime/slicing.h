/* SPDX-License-Identifier: Apache-2.0
 * runtime/slicing.h - window arithmetic. Time is cut into panes, each of which
 * a window holds wholly or not at all; panes and windows are named by their
 * start and end on the clock that they align to: UTC, or for TIMESTAMP_LTZ the
 * session's local clock ("wall" below). Floor division: times before 1970 and
 * negative offsets are nothing special.
 */
#ifndef RUNTIME_SLICING_H
#define RUNTIME_SLICING_H

#include "base/time.h"
#include "parser/plan.h"

/* Times outside of this (the year 100000) are not put into windows, so that sums
 * of times and sizes never overflow. */
#define SLICING_TIME_MAX (INT64_C(3094000000000) * US_PER_SECOND)

struct slicing {
	enum window_kind kind;
	int64_t width_us;  /* of a pane, and from one end to the next */
	int64_t slide_us;  /* from one window's end to the next: a multiple */
	int64_t size_us;   /* of the largest window */
	int64_t offset_us;
	const struct zone *zone; /* NULL: wall clock and UTC are one */
};

/* `zone` is used for windows on TIMESTAMP_LTZ only. */
void slicing_init(struct slicing *s, const struct plan_window *w,
		  const struct zone *zone);

/* Start of the pane that holds a wall clock time. */
static inline int64_t
slicing_pane(const struct slicing *s, int64_t wall_us)
{
	int64_t r = (wall_us - s->offset_us) % s->width_us;

	return wall_us - (r < 0 ? r + s->width_us : r);
}
/* Whether a number out of a file, which anybody may have written, can have
 * been a window's bound, or a pane's start. */
static inline bool
slicing_may_be_bound(int64_t wall_us)
{
	return wall_us >= -2 * SLICING_TIME_MAX &&
	       wall_us <= 2 * SLICING_TIME_MAX;
}
static inline bool
slicing_may_be_pane(const struct slicing *s, int64_t pane_us)
{
	return slicing_may_be_bound(pane_us) &&
	       slicing_pane(s, pane_us) == pane_us;
}
/* The ends of the first and the last window that hold the pane. */
int64_t slicing_first_end(const struct slicing *s, int64_t pane_us);
int64_t slicing_last_end(const struct slicing *s, int64_t pane_us);
/* Sizes of HOP need not be multiples of its slide: panes are then as wide as
 * the largest width that divides both, and not each of their ends is that of a
 * window. */
static inline bool
slicing_is_end(const struct slicing *s, int64_t end_us)
{
	return s->slide_us == s->width_us ||
	       floor_mod(end_us - s->size_us - s->offset_us, s->slide_us) == 0;
}
/* The last window's end for rows of the pane: later than its start if there is
 * any (those of HOP leave gaps where the slide is larger than the size). */
int64_t slicing_last_window(const struct slicing *s, int64_t pane_us);
/* Where the window with that end begins. */
int64_t slicing_start(const struct slicing *s, int64_t end_us);
/* The start of the block of `size` (counted from the epoch and the offset)
 * that holds the pane: for CUMULATE its windows' start. */
int64_t slicing_block(const struct slicing *s, int64_t pane_us);

/* A UTC instant on the wall clock. */
int64_t slicing_wall(const struct slicing *s, int64_t utc_us);
/* The UTC instant from which on the wall clock never reads less than `end`:
 * when clocks are put back that is the second time it is reached. For
 * wm_closes(). */
int64_t slicing_close_utc(const struct slicing *s, int64_t end_us);
/* The largest window end that wm_us closes; TIME_NONE before any, TIME_END
 * for the final watermark. */
int64_t slicing_closed(const struct slicing *s, int64_t wm_us);

/* The wall clock times of n instants time[row[i]]. One look at the zone where
 * no change of its offset can lie between the smallest and the largest. */
void slicing_walls(const struct slicing *s, const int64_t *time_us,
		   const uint32_t *row, uint32_t n, int64_t *ret);

#endif
