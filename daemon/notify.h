/* SPDX-License-Identifier: Apache-2.0
 * daemon/notify.h - the few words that systemd wants to hear (sd_notify(3))
 * and the sockets that it may hand over (sd_listen_fds(3)); nothing happens
 * where there is no systemd.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..." */
void notify(const char *state);
void notify_status(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/* A configuration is being read; READY=1 is to follow. */
void notify_reloading(long long monotonic_us);
/* The interval in which WATCHDOG=1 is expected, in microseconds; 0: none. */
long long notify_watchdog_us(void);
/* The first listening socket handed over, or -1. */
int notify_listen_fd(void);

#endif
