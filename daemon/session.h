/* SPDX-License-Identifier: Apache-2.0
 * daemon/session.h - what SET and TEMPORARY objects live in: one per request,
 * or kept for a client that asked for one and names it in Sluice-Session.
 */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "parser/catalog.h"
#include "parser/settings.h"

#define SESSION_ID_MAX 33
#define SESSION_IDLE_US (30 * INT64_C(60) * 1000000)

struct session {
	struct session *next;
	char id[SESSION_ID_MAX]; /* "": of one request only */
	struct catalog *catalog; /* over the daemon's */
	struct settings settings;
	int64_t used_us;
	unsigned users;          /* requests that run in it */
};

struct sessions {
	struct session *first;
	unsigned n, max;
	struct catalog *catalog; /* the daemon's; borrowed */
};

void sessions_init(struct sessions *ss, struct catalog *catalog, unsigned max);
void sessions_release(struct sessions *ss);

/* A kept session; ERR_TOO_MANY. Those idle for 30 minutes are ended first. */
int session_create(struct sessions *ss, int64_t now_us, struct session **ret,
		   struct error *err);
/* id NULL: a new one for this request. Unknown ids are an error. */
int session_enter(struct sessions *ss, const char *id, int64_t now_us,
		  struct session **ret, struct error *err);
void session_leave(struct sessions *ss, struct session *s, int64_t now_us);

#endif
