/* SPDX-License-Identifier: Apache-2.0
 * daemon/log.c - one line per event, each written by a single write(2), so
 * that threads never mix theirs.
 */
#include "daemon/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"

static const char *const level_names[] = { "debug", "info", "warn", "error" };
/* syslog priorities, as journald reads them from "<n>" */
static const int level_priorities[] = { 7, 6, 4, 3 };

static _Atomic enum log_level level_min = LOG_INFO;
static bool under_journald;

/* What was said last, to count repeats within a second instead of writing
 * them: small, since storms are of few kinds. */
#define RECENT_MAX 16
static struct recent {
	char event[40], job[64];
	time_t at;
	unsigned repeats;
} recent[RECENT_MAX];
static pthread_mutex_t recent_lock = PTHREAD_MUTEX_INITIALIZER;

void
log_init(enum log_level level)
{
	under_journald = getenv("JOURNAL_STREAM") != NULL;
	log_set_level(level);
}

void
log_set_level(enum log_level level)
{
	atomic_store(&level_min, level);
}

const char *
log_quote(const char *text, char *out, size_t size)
{
	size_t n = 0;

	CHECK(size >= 4);
	out[n++] = '"';
	for (const char *p = text; *p && n + 4 < size; p++) {
		if (*p == '"' || *p == '\\')
			out[n++] = '\\';
		out[n++] = (unsigned char)*p < 0x20 ? ' ' : *p;
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

/* How many of this event went unsaid, or -1: say nothing now either. */
static int
repeats_before(const char *event, const char *job, time_t now)
{
	struct recent *r = NULL, *oldest = &recent[0];
	int repeats = 0;

	pthread_mutex_lock(&recent_lock);
	for (unsigned i = 0; i < RECENT_MAX; i++) {
		if (strncmp(recent[i].event, event, sizeof(r->event) - 1) == 0 &&
		    strncmp(recent[i].job, job, sizeof(r->job) - 1) == 0)
			r = &recent[i];
		if (recent[i].at < oldest->at)
			oldest = &recent[i];
	}
	if (r && r->at == now) {
		r->repeats++;
		repeats = -1;
	} else {
		repeats = r ? (int)r->repeats : 0;
		if (!r)
			r = oldest;
		snprintf(r->event, sizeof(r->event), "%s", event);
		snprintf(r->job, sizeof(r->job), "%s", job);
		r->at = now;
		r->repeats = 0;
	}
	pthread_mutex_unlock(&recent_lock);
	return repeats;
}

void
log_event(enum log_level level, const char *event, const char *job,
	  const char *format, ...)
{
	char line[2048], at[TIME_TEXT_MAX];
	struct timespec now;
	size_t n = 0, room = sizeof(line) - 1;
	int repeats;
	va_list ap;

	if (level < atomic_load(&level_min))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	/* What somebody did is told each time; only troubles come in storms. */
	repeats = level >= LOG_WARN
			  ? repeats_before(event, job ? job : "", now.tv_sec)
			  : 0;
	if (repeats < 0)
		return;
	if (under_journald) {
		n += (size_t)snprintf(line, room, "<%d>",
				      level_priorities[level]);
	} else {
		us_format_iso((int64_t)now.tv_sec * US_PER_SECOND +
				      now.tv_nsec / 1000, at);
		n += (size_t)snprintf(line, room, "time=%s ", at);
	}
	n += (size_t)snprintf(line + n, room - n, "level=%s event=%s",
			      level_names[level], event);
	if (job)
		n += (size_t)snprintf(line + n, room - n, " job=%s", job);
	if (repeats)
		n += (size_t)snprintf(line + n, room - n, " repeated=%d",
				      repeats);
	if (*format && n + 1 < room) {
		line[n++] = ' ';
		va_start(ap, format);
		int more = vsnprintf(line + n, room - n, format, ap);
		va_end(ap);
		if (more > 0)
			n += (size_t)more < room - n ? (size_t)more
						     : room - n - 1;
	}
	line[n++] = '\n';
	/* A log that cannot be written has nobody to complain to. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

void
log_error(enum log_level level, const char *event, const char *job,
	  const struct error *err)
{
	char quoted[sizeof(err->message) + 64];

	log_quote(err->message, quoted, sizeof(quoted));
	if (err->at.line)
		log_event(level, event, job, "code=%s line=%u column=%u message=%s",
			  error_name(err->code), err->at.line, err->at.column,
			  quoted);
	else
		log_event(level, event, job, "code=%s message=%s",
			  error_name(err->code), quoted);
}
