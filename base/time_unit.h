/* SPDX-License-Identifier: Apache-2.0
 * base/time_unit.h - the units of EXTRACT, FLOOR, CEIL, TIMESTAMPADD and
 * TIMESTAMPDIFF over a clock's reading: microseconds since 1970-01-01 00:00,
 * without zones. Weeks: EXTRACT counts those of ISO 8601, FLOOR and CEIL go to
 * Sundays.
 */
#ifndef BASE_TIME_UNIT_H
#define BASE_TIME_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum time_unit {
	UNIT_MILLENNIUM, UNIT_CENTURY, UNIT_DECADE, UNIT_ISOYEAR, UNIT_YEAR,
	UNIT_QUARTER, UNIT_MONTH, UNIT_WEEK, UNIT_ISODOW, UNIT_DOW, UNIT_DOY,
	UNIT_DAY, /* from here on parts of a day */
	UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND, UNIT_MILLISECOND,
	UNIT_MICROSECOND, UNIT_NANOSECOND,
	UNIT_EPOCH, /* seconds since 1970-01-01 00:00 */
	UNIT_COUNT
};

/* By name, in any case. */
bool time_unit_find(const char *text, size_t n, enum time_unit *ret);
const char *time_unit_name(enum time_unit unit);
/* All names, UNIT_COUNT of them, for did-you-mean. */
const char *const *time_unit_names(void);

/* What of `us` the unit is: 2026, or 31. */
int64_t time_unit_extract(enum time_unit unit, int64_t us);
/* The last beginning of a unit that is not behind us, the first that is not
 * before it. Only units that follow each other without gaps. */
bool time_unit_rounds(enum time_unit unit);
int64_t time_unit_floor(enum time_unit unit, int64_t us);
int64_t time_unit_ceil(enum time_unit unit, int64_t us);
/* Whole units from one to the other, negative when `to` is before: YEAR,
 * QUARTER, MONTH by the calendar, WEEK down to SECOND. */
bool time_unit_counts(enum time_unit unit);
int64_t time_unit_between(enum time_unit unit, int64_t from_us, int64_t to_us);

#endif
