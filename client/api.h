/* SPDX-License-Identifier: Apache-2.0
 * client/api.h - talking to sluiced: HTTP over its Unix socket (or a URL) by
 * libcurl. One handle a process; not for more than one thread.
 */
#ifndef CLIENT_API_H
#define CLIENT_API_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct api;

/* `where`: a socket's path, or http://... */
struct api *api_create(const char *where);
void api_destroy(struct api *a);

/* Keeps one session from here on (the shell). */
int api_open_session(struct api *a, struct error *err);

/* What comes back from a script: each line (without its newline) as it
 * arrives; idle is called ten times a second while nothing does. Returning
 * false from either ends the request. */
struct api_lines {
	bool (*line)(void *arg, const char *text, size_t n);
	bool (*idle)(void *arg);
	void *arg;
	bool progress; /* lines that tell how far a query is, too */
};
/* ERR_CONNECTION: nobody listens there. ERR_CANCELLED: a callback ended it. */
int api_sql(struct api *a, const char *script, size_t n,
	    const struct api_lines *lines, struct error *err);
/* The whole body of a GET, in a few seconds or not at all; *ret_status is
 * HTTP's. */
int api_get(struct api *a, const char *path, struct buf *out,
	    long *ret_status, struct error *err);

#endif
