/* SPDX-License-Identifier: Apache-2.0
 * daemon/log.h - logfmt lines to stderr: `level=warn event=late_rows job=j
 * rows=12`. Any thread; between log_start() and log_stop() nobody waits for
 * whoever reads them. The same warning or error of the same job is written at
 * most once per interval and counted otherwise (repeated=), and of different
 * ones of an event ten a second.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdint.h>

#include "base/error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Under journald (JOURNAL_STREAM) lines begin with <priority> and have no
 * time; otherwise with time=. */
void log_init(enum log_level level);
/* From here on a thread writes the lines; before, and if there is none to be
 * had, each is written where it is said. */
void log_start(void);
/* Waits a second at most for what is to be written yet. */
void log_stop(void);
void log_set_level(enum log_level level);
/* How long the same warning is not written again; 0: it always is. */
void log_set_interval(int64_t us);
/* Somebody asks anew: what is said of this event next is no repetition. */
void log_forget(const char *event);
/* "debug", "info", "warn", "error" */
enum log_level log_level_from(const char *name);
/* fields: "key=%s key2=%d" in logfmt; values with blanks are written by the
 * caller as %s through log_quote(). job may be NULL. */
void log_event(enum log_level level, const char *event, const char *job,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* code=, message= and place of an error */
void log_error(enum log_level level, const char *event, const char *job,
	       const struct error *err);
/* `text` quoted for logfmt in out, cut where it is full; controls and what is
 * no UTF-8 are written as \n, \t, \xNN. */
const char *log_quote(const char *text, char *out, size_t size);

#endif
