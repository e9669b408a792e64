/* SPDX-License-Identifier: Apache-2.0
 * runtime/slicing.c - TUMBLE, HOP and CUMULATE over panes of one width: the
 * size, the step, or what divides both size and slide.
 */
#include "base/check.h"
#include "runtime/operator.h"
#include "runtime/slicing.h"

void
slicing_init(struct slicing *s, const struct plan_window *w,
	     const struct zone *zone)
{
	CHECK(w->size_us > 0);
	CHECK(w->slide_us > 0);
	CHECK(w->kind == WINDOW_HOP || w->size_us % w->slide_us == 0);
	*s = (struct slicing){
		.kind = w->kind == WINDOW_HOP && w->slide_us == w->size_us
				? WINDOW_TUMBLE : w->kind,
		.width_us = w->kind == WINDOW_TUMBLE ? w->size_us
				: common_divisor(w->size_us, w->slide_us),
		.slide_us = w->kind == WINDOW_TUMBLE ? w->size_us
						     : w->slide_us,
		.size_us = w->size_us,
		.offset_us = w->offset_us,
		.zone = w->is_ltz ? zone : NULL,
	};
}

int64_t
slicing_block(const struct slicing *s, int64_t pane_us)
{
	return pane_us - floor_mod(pane_us - s->offset_us, s->size_us);
}

int64_t
slicing_first_end(const struct slicing *s, int64_t pane_us)
{
	return pane_us + s->width_us;
}

int64_t
slicing_last_end(const struct slicing *s, int64_t pane_us)
{
	if (s->kind == WINDOW_CUMULATE)
		return slicing_block(s, pane_us) + s->size_us;
	return pane_us + s->size_us;
}

int64_t
slicing_last_window(const struct slicing *s, int64_t pane_us)
{
	int64_t end = slicing_last_end(s, pane_us);

	if (s->slide_us == s->width_us)
		return end;
	return end - floor_mod(end - s->size_us - s->offset_us, s->slide_us);
}

int64_t
slicing_start(const struct slicing *s, int64_t end_us)
{
	if (s->kind == WINDOW_CUMULATE)
		return slicing_block(s, end_us - 1);
	return end_us - s->size_us;
}

int64_t
slicing_wall(const struct slicing *s, int64_t utc_us)
{
	return s->zone ? utc_us + zone_offset_us(s->zone, utc_us) : utc_us;
}

/* The instant in (from, to] at which the zone's offset becomes that of `to`. */
static int64_t
zone_change(const struct zone *z, int64_t from_us, int64_t to_us)
{
	int64_t offset = zone_offset_us(z, to_us);

	while (to_us - from_us > 1) {
		int64_t mid = from_us + (to_us - from_us) / 2;

		if (zone_offset_us(z, mid) == offset)
			to_us = mid;
		else
			from_us = mid;
	}
	return to_us;
}

int64_t
slicing_close_utc(const struct slicing *s, int64_t end_us)
{
	int64_t before, after, change;

	if (!s->zone)
		return end_us;
	before = end_us - zone_offset_us(s->zone, end_us - US_PER_DAY);
	after = end_us - zone_offset_us(s->zone, end_us + US_PER_DAY);
	if (before == after)
		return before;
	change = zone_change(s->zone, end_us - US_PER_DAY, end_us + US_PER_DAY);
	if (after > change)
		return after;
	return before <= change ? before : change;
}

int64_t
slicing_closed(const struct slicing *s, int64_t wm_us)
{
	int64_t end;

	if (wm_us == TIME_NONE || wm_us < -SLICING_TIME_MAX)
		return TIME_NONE;
	if (wm_us > SLICING_TIME_MAX)
		return TIME_END;
	end = slicing_pane(s, slicing_wall(s, wm_us + US_PER_MS));
	while (wm_closes(wm_us, slicing_close_utc(s, end + s->width_us)))
		end += s->width_us;
	while (!wm_closes(wm_us, slicing_close_utc(s, end)))
		end -= s->width_us;
	return end;
}

void
slicing_walls(const struct slicing *s, const int64_t *time_us,
	      const uint32_t *row, uint32_t n, int64_t *ret)
{
	int64_t min = TIME_END, max = TIME_NONE, offset;

	for (uint32_t i = 0; i < n; i++) {
		int64_t t = time_us[row[i]];

		ret[i] = t;
		min = t < min ? t : min;
		max = t > max ? t : max;
	}
	if (!s->zone || n == 0)
		return;
	offset = zone_offset_us(s->zone, min);
	if (max - min < US_PER_DAY && zone_offset_us(s->zone, max) == offset) {
		for (uint32_t i = 0; i < n; i++)
			ret[i] += offset;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		ret[i] += zone_offset_us(s->zone, ret[i]);
}
