/* SPDX-License-Identifier: Apache-2.0
 * base/time_pattern.h - the letters of java.time's
 * DateTimeFormatter (not of SimpleDateFormat), in English, with weeks as in
 * the US. Zone letters are refused, as in Flink, but for offsets that are read.
 *
 *	G era   u y year   Y week-based year   Q q quarter   M L month
 *	w week   W week of month   F week of month counted from its first day
 *	d day   D day of year   E e c day of week   a AM/PM
 *	H k K h hour   m s S A n N   X x Z offset   'text' '' [ ]
 */
#ifndef BASE_TIME_PATTERN_H
#define BASE_TIME_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct arena;

enum pattern_item_kind {
	ITEM_TEXT,   /* text, n */
	ITEM_FIELD,  /* letter, count */
	ITEM_OPTION, /* [: when reading, the items up to `end` may be missing */
	ITEM_END,    /* ] */
};

struct pattern_item {
	enum pattern_item_kind kind;
	char letter;
	uint8_t count;
	const char *text;
	size_t n;
	unsigned end; /* ITEM_OPTION: index of its ITEM_END */
};

struct time_pattern {
	const char *problem; /* NULL: usable; else why not */
	unsigned n;
	struct pattern_item *items;
	bool writes_only; /* has letters that are not read back */
	bool reads_only;  /* has offsets, which a clock's reading has not */
};

/* Never fails: a pattern with a problem says so. Keeps no pointer to text. */
const struct time_pattern *time_pattern_create(const char *text, size_t n,
					       struct arena *a);
void time_pattern_format(const struct time_pattern *p, int64_t us,
			 struct buf *out);
/* False: the text does not fit the pattern, or is no date. Parts that the
 * pattern lacks are those of 1970-01-01 00:00. */
bool time_pattern_parse(const struct time_pattern *p, const char *text,
			size_t n, int64_t *ret_us);
/* The same with the offset from UTC that the text names; false in
 * *ret_has_offset: it names none. */
bool time_pattern_parse_offset(const struct time_pattern *p, const char *text,
			       size_t n, int64_t *ret_us, bool *ret_has_offset,
			       int64_t *ret_offset_us);

#endif
