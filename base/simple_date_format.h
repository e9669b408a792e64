/* SPDX-License-Identifier: Apache-2.0
 * base/simple_date_format.h - the patterns of java.text.SimpleDateFormat, which
 * a few of Flink's older functions use beside those of java.time
 * (base/time_pattern.h): the same letters with other meanings, and lenient.
 *
 *	G era   y year   Y week-based year   M L month   w W week of year, month
 *	D d day of year, month   F which of its weekday in the month
 *	E weekday   u its number, Monday is 1   a AM/PM   H k K h hour
 *	m s   S milliseconds (a number, no fraction)   Z X offset   'text' ''
 */
#ifndef BASE_SIMPLE_DATE_FORMAT_H
#define BASE_SIMPLE_DATE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct arena;
struct zone;
struct simple_date_format;

#define SIMPLE_DATE_DEFAULT "yyyy-MM-dd HH:mm:ss"

/* Never fails: simple_date_problem() says what is wrong with the pattern. */
const struct simple_date_format *simple_date_create(const char *pattern,
						    size_t n, struct arena *a);
/* NULL: none. */
const char *simple_date_problem(const struct simple_date_format *f);
/* Has letters that are not read back, such as weeks: of no use for reading. */
bool simple_date_writes_only(const struct simple_date_format *f);

/* zone: NULL is UTC. */
void simple_date_write(const struct simple_date_format *f, int64_t utc_us,
		       const struct zone *zone, struct buf *out);
/* What stands behind the last field is not looked at, numbers may be out of
 * their range (02-30 is 03-02), parts that lack are those of 1970-01-01. */
bool simple_date_read(const struct simple_date_format *f, const char *text,
		      size_t n, const struct zone *zone, int64_t *ret_utc_us);

#endif
