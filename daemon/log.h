/* SPDX-License-Identifier: Apache-2.0
 * daemon/log.h - logfmt lines to stderr: `level=warn event=late_rows job=j
 * rows=12`. Any thread. A warning or error of the same event and job within a
 * second is counted instead of repeated; the next one tells how often.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include "base/error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Under journald (JOURNAL_STREAM) lines begin with <priority> and have no
 * time; otherwise with time=. */
void log_init(enum log_level level);
void log_set_level(enum log_level level);
/* fields: "key=%s key2=%d" in logfmt; values with blanks are written by the
 * caller as %s through log_quote(). job may be NULL. */
void log_event(enum log_level level, const char *event, const char *job,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* code=, message= and place of an error */
void log_error(enum log_level level, const char *event, const char *job,
	       const struct error *err);
/* `text` quoted for logfmt in out. */
const char *log_quote(const char *text, char *out, size_t size);

#endif
