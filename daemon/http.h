/* SPDX-License-Identifier: Apache-2.0
 * daemon/http.h - HTTP/1.1 on a Unix socket and, for metrics, on TCP:
 * libmicrohttpd driven by the libuv loop through its epoll descriptor. Its
 * four traps are handled here: a suspended connection that dies, the
 * connection limit that answers nothing, the timeout that kills a slow
 * reader, and the missing Host header (reliability.md section 8).
 */
#ifndef DAEMON_HTTP_H
#define DAEMON_HTTP_H

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "base/error.h"

struct http_server;
struct http_request;

enum http_method { HTTP_GET, HTTP_POST, HTTP_DELETE, HTTP_OTHER };

/* Called once the whole body is there (at most body_max bytes). The handler
 * answers now or later, on the same thread:
 *	http_begin(), http_write()*, http_end()
 * or http_reply() for all in one. */
typedef void http_handler(struct http_request *rq, void *arg);

struct http_options {
	const char *unix_path;   /* or NULL */
	int unix_mode;           /* 0660 */
	const char *unix_group;  /* or NULL */
	int listen_fd;           /* socket activation; -1: none */
	const char *tcp;         /* "127.0.0.1:9464" or NULL */
	unsigned connections_max;
	size_t body_max;
	size_t buffer_max;       /* of an answer not yet sent */
	unsigned request_timeout_s; /* without a byte of a request */
	unsigned stall_timeout_s;   /* without taking a byte of an answer */
	http_handler *handler;
	void *arg;
};

int http_start(uv_loop_t *loop, const struct http_options *o,
	       struct http_server **ret, struct error *err);
/* Ends all connections; what their sockets take at once of answers that have
 * ended is still sent. NULL is allowed. */
void http_stop(struct http_server *s);

enum http_method http_method_of(const struct http_request *rq);
const char *http_path(const struct http_request *rq); /* decoded, no query */
const char *http_query(const struct http_request *rq, const char *key);
const char *http_header(const struct http_request *rq, const char *name);
const char *http_body(const struct http_request *rq, size_t *ret_n);
bool http_is_tcp(const struct http_request *rq);
/* uid and pid of the peer of a Unix socket; -1: not known. */
void http_peer(const struct http_request *rq, int *ret_uid, int *ret_pid);

/* Before an answer of 405: its header Allow; static text. */
void http_allow(struct http_request *rq, const char *methods);
void http_reply(struct http_request *rq, unsigned status, const char *type,
		const char *body, size_t n);
void http_begin(struct http_request *rq, unsigned status, const char *type);
/* Appends to the answer; the buffer has no bound of its own: who produces
 * without end asks http_room() and waits for on_room. */
void http_write(struct http_request *rq, const char *data, size_t n);
bool http_room(const struct http_request *rq);
void http_end(struct http_request *rq);
/* gone: the client left (no call on rq afterwards but none); room: the
 * buffer has emptied below half. Either may be NULL. */
void http_watch(struct http_request *rq, void (*gone)(void *),
		void (*room)(void *), void *arg);

#endif
