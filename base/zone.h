/* SPDX-License-Identifier: Apache-2.0
 * base/zone.h - inside a time zone; base/time.h has what others call. A zone
 * is a list of transitions and, behind the last of them, a yearly rule.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A day of the year and a time on it, as POSIX TZ strings name them. */
struct zone_day {
	enum { ZONE_MONTH_WEEK, ZONE_JULIAN, ZONE_DAY_OF_YEAR } form;
	int month, week, weekday; /* ZONE_MONTH_WEEK: Mm.w.d */
	int day;                  /* ZONE_JULIAN 1..365, ZONE_DAY_OF_YEAR */
	int64_t second;           /* of that day, on the clock before it */
};

/* "CET-1CEST,M3.5.0,M10.5.0/3" */
struct zone_rule {
	int64_t standard; /* seconds east of UTC */
	int64_t daylight;
	bool has_daylight;
	struct zone_day begin, end; /* of daylight saving time */
};

struct zone {
	struct zone *next; /* of all zones ever asked for */
	char *name;
	int64_t first;        /* offset before all transitions */
	size_t n_transitions;
	int64_t *at;          /* UTC seconds, ascending */
	int32_t *offset;      /* seconds from at[i] on */
	bool has_rule;
	struct zone_rule rule; /* behind the last transition */
};

/* Reads a whole TZ string of n characters. */
bool zone_rule_parse(const char *text, size_t n, struct zone_rule *ret);
/* Seconds east of UTC at that instant. */
int64_t zone_rule_offset(const struct zone_rule *rule, int64_t utc_second);

#endif
