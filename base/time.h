/* SPDX-License-Identifier: Apache-2.0
 * base/time.h - calendar arithmetic and the text of instants, on the proleptic
 * Gregorian calendar, without libc's zones and locales. Nothing here reads a
 * clock. Instants are int64 microseconds since 1970-01-01 00:00.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define US_PER_MS INT64_C(1000)
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)
#define TIME_NONE INT64_MIN /* "no instant yet": before all of them */
#define TIME_END INT64_MAX  /* the final watermark */

struct civil {
	int64_t year; /* -290000 .. 290000 */
	unsigned month, day; /* from 1 */
	unsigned hour, minute, second;
	unsigned micros;
};

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int64_t days_from_civil(int64_t year, unsigned month, unsigned day);
void civil_from_us(int64_t us, struct civil *ret);
/* Sets year, month and day only. */
void civil_from_days(int64_t days, struct civil *ret);
int64_t us_from_civil(const struct civil *c);
bool year_is_leap(int64_t year);
/* Weeks of the US: from Sunday, the first is that of January 1, so that the
 * last days of a year may be in the next year's. day: of the year, from 0;
 * weekday: Sunday 0. */
void us_week(int64_t year, unsigned day, unsigned weekday, int64_t *ret_year,
	     unsigned *ret_week);
unsigned days_in_month(int64_t year, unsigned month);
/* Day clamped to the month's last: 01-31 + 1 month is 02-28. */
int64_t us_add_months(int64_t us, int64_t months);
/* Rounds toward minus infinity, before 1970 too. */
int64_t floor_div(int64_t a, int64_t b);
int64_t floor_mod(int64_t a, int64_t b);
/* The greatest, of numbers that are not negative. */
int64_t common_divisor(int64_t a, int64_t b);

#define TIME_TEXT_MAX 40
/* "2026-01-02 03:04:05.123": `digits` of the fraction 0..6; `sep` between
 * date and time; returns the length. All of these end with a NUL. */
size_t us_format(int64_t us, unsigned digits, char sep,
		 char out[TIME_TEXT_MAX]);
/* The fraction without trailing zeros, none when 0: as JSON output has it. */
size_t us_format_short(int64_t us, char sep, char out[TIME_TEXT_MAX]);
size_t date_format(int64_t days, char out[TIME_TEXT_MAX]);
size_t time_format(int64_t ms, unsigned digits, char out[TIME_TEXT_MAX]);
/* ISO 8601 UTC with Z and three digits: bookkeeping columns and logs. */
size_t us_format_iso(int64_t us, char out[TIME_TEXT_MAX]);

/* Strict forms of JSON and CSV input: yyyy-MM-dd, then `sep`, HH:mm:ss and up
 * to nine digits of fraction (cut after six); with_z demands a final Z, else
 * none is allowed. */
bool us_parse_strict(const char *text, size_t n, char sep, bool with_z,
		     int64_t *ret_us);
/* CAST('...' AS TIMESTAMP): yyyy-M-d[ H:m:s[.f]], 24:00:00 is the next day,
 * 02-30 becomes 02-28 (Flink). */
bool us_parse_lenient(const char *text, size_t n, int64_t *ret_us);
/* java.sql.Timestamp.valueOf() and Date.valueOf(), with blanks around:
 * yyyy-M-d[ H:m:s[.f]]; 02-30 is 03-02, 25:00:00 an hour of the next day. */
bool us_parse_sql(const char *text, size_t n, int64_t *ret_us);
bool date_parse_strict(const char *text, size_t n, int64_t *ret_days);
bool date_parse_lenient(const char *text, size_t n, int64_t *ret_days);
/* CAST('...' AS TIME): H[:m[:s[.f]]] with blanks around. */
bool time_parse(const char *text, size_t n, int64_t *ret_ms);
/* JSON and CSV: HH:mm:ss[.f]. */
bool time_parse_strict(const char *text, size_t n, int64_t *ret_ms);

/* A time zone of the system's database (/usr/share/zoneinfo, RFC 8536 files
 * read by ourselves), "UTC", or a fixed offset such as "+02:00". Shared and
 * never freed. NULL: no zone of that name. Safe from any thread. */
struct zone;
const struct zone *zone_get(const char *name);
const char *zone_name(const struct zone *z);
/* Microseconds to add to UTC to get the local clock at that instant. */
int64_t zone_offset_us(const struct zone *z, int64_t utc_us);
/* The instant of a local clock's reading; in a gap the offset before it holds,
 * in an overlap the earlier instant (java.time's ZonedDateTime.of). */
int64_t zone_to_utc(const struct zone *z, int64_t local_us);

#endif
