/* SPDX-License-Identifier: Apache-2.0
 * daemon/http.c - one libmicrohttpd daemon per listening socket, each turned
 * by the loop: uv_poll on its epoll descriptor, one timer for its time-outs.
 *
 * A request lives from its first header to MHD's completed notice:
 *
 *	READING --body whole--> HANDLING --http_begin--> ANSWERING --> ENDED
 *	   \------------- client gone: on_completed, any state -------/
 *
 * HANDLING and an ANSWERING without bytes are suspended in MHD, which then
 * does not see the client die: a dup of its descriptor is watched instead.
 */
#include "daemon/http.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"

#define SPARE_CONNECTIONS 16 /* beyond the limit: to answer 429 and health */
#define BLOCK_BYTES 32768
#define LOOK_AGAIN_MS 1000
#define LAST_TURNS 8
/* Of a body that is too large: read and forgotten, so that a client that
 * sends first and listens then gets its answer. */
#define DISCARD_MAX (64 * (size_t)1024 * 1024)

struct listener {
	struct http_server *server;
	struct MHD_Daemon *mhd;
	uv_poll_t poll;
	uv_timer_t timer;
	bool is_tcp, started;
	unsigned open; /* handles not yet closed */
};

struct http_server {
	uv_loop_t *loop;
	struct http_options o;
	struct listener unix_side, tcp_side;
	struct http_request *requests; /* all of them */
	unsigned connections;
	bool stopping;
};

enum request_state { READING, HANDLING, ANSWERING, ENDED };

struct watch { /* outlives its request until libuv has closed it */
	uv_poll_t poll;
	struct http_request *rq;
	int fd;
};

struct http_request {
	struct http_request *next, **link;
	struct listener *l;
	struct MHD_Connection *connection;
	enum request_state state;
	char *path;
	enum http_method method;
	struct buf body;
	size_t discarded;    /* of a body that is too large */
	struct buf out;
	size_t sent;         /* of out */
	unsigned status;
	const char *type;
	bool suspended, dead, told, refused;
	const char *allow; /* header of a 405, or NULL */
	struct watch *watch;
	void (*on_gone)(void *);
	void (*on_room)(void *);
	void *arg;
};

/* ---- turning MHD ---- */

static void on_timer(uv_timer_t *t);

static void
turn(struct listener *l)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(l->mhd);
	if (l->server->stopping)
		return;
	/* Out of descriptors, MHD takes its listening socket out of epoll and
	 * looks again when it is next run: nothing but time would do that. */
	if (MHD_get_timeout(l->mhd, &ms) != MHD_YES || ms > LOOK_AGAIN_MS)
		ms = LOOK_AGAIN_MS;
	uv_timer_start(&l->timer, on_timer, ms, 0);
}

static void
on_timer(uv_timer_t *t)
{
	turn(t->data);
}

static void
on_poll(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	turn(p->data);
}

/* Soon, never from within MHD's own callbacks. */
static void
turn_soon(struct listener *l)
{
	if (!l->server->stopping)
		uv_timer_start(&l->timer, on_timer, 0, 0);
}

/* ---- the client's death ---- */

static void
on_watch_closed(uv_handle_t *h)
{
	struct watch *w = h->data;

	close(w->fd);
	free(w);
}

static void
watch_end(struct http_request *rq)
{
	if (!rq->watch)
		return;
	rq->watch->rq = NULL;
	uv_close((uv_handle_t *)&rq->watch->poll, on_watch_closed);
	rq->watch = NULL;
}

static void
tell_gone(struct http_request *rq)
{
	if (rq->told || rq->state == ENDED)
		return;
	rq->told = true;
	if (rq->on_gone)
		rq->on_gone(rq->arg);
}

static void
resume(struct http_request *rq)
{
	if (!rq->suspended)
		return;
	rq->suspended = false;
	watch_end(rq);
	MHD_resume_connection(rq->connection);
	turn_soon(rq->l);
}

static void
on_watch(uv_poll_t *p, int status, int events)
{
	struct watch *w = p->data;
	struct pollfd now = { .fd = w->fd, .events = POLLRDHUP };

	(void)status;
	(void)events;
	if (!w->rq)
		return;
	poll(&now, 1, 0);
	if (!w->rq->l->is_tcp && !(now.revents & (POLLHUP | POLLERR))) {
		/* Closed for writing only (nc -N): it still reads. HUP is
		 * always reported, whatever is asked for. */
		uv_poll_start(p, UV_PRIORITIZED, on_watch);
		return;
	}
	w->rq->dead = true;
	tell_gone(w->rq);
	resume(w->rq);
}

static void
suspend(struct http_request *rq)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct watch *w;

	CHECK(!rq->suspended);
	MHD_suspend_connection(rq->connection);
	rq->suspended = true;
	if (!info)
		return;
	w = mem_zalloc(sizeof(*w));
	w->fd = fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0);
	if (w->fd < 0 ||
	    uv_poll_init(rq->l->server->loop, &w->poll, w->fd) != 0) {
		if (w->fd >= 0)
			close(w->fd);
		free(w);
		return;
	}
	w->poll.data = w;
	w->rq = rq;
	rq->watch = w;
	uv_poll_start(&w->poll, UV_DISCONNECT, on_watch);
}

/* ---- answering ---- */

static ssize_t
on_read(void *arg, uint64_t pos, char *out, size_t max)
{
	struct http_request *rq = arg;
	size_t left = rq->out.len - rq->sent;

	(void)pos;
	if (rq->dead)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (left == 0) {
		if (rq->state == ENDED)
			return MHD_CONTENT_READER_END_OF_STREAM;
		suspend(rq);
		return 0;
	}
	if (left > max)
		left = max;
	memcpy(out, rq->out.data + rq->sent, left);
	rq->sent += left;
	if (rq->sent == rq->out.len) {
		buf_clear(&rq->out);
		rq->sent = 0;
	}
	if (rq->on_room && rq->state == ANSWERING &&
	    rq->out.len - rq->sent <= rq->l->server->o.buffer_max / 2)
		rq->on_room(rq->arg);
	return (ssize_t)left;
}

static enum MHD_Result
queue_answer(struct http_request *rq)
{
	struct MHD_Response *r;
	enum MHD_Result rc;

	if (rq->state == ENDED) /* all there: a length, and keep-alive */
		r = MHD_create_response_from_buffer(
			rq->out.len, rq->out.data ? rq->out.data : (char *)"",
			MHD_RESPMEM_MUST_COPY);
	else
		r = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, rq, NULL);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, rq->type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (rq->allow)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, rq->allow);
	if (rq->refused)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION,
					"close");
	rc = MHD_queue_response(rq->connection, rq->status, r);
	MHD_destroy_response(r);
	return rc;
}

void
http_begin(struct http_request *rq, unsigned status, const char *type)
{
	CHECK(rq->state == HANDLING);
	rq->state = ANSWERING;
	rq->status = status;
	rq->type = type;
	resume(rq);
}

void
http_write(struct http_request *rq, const char *data, size_t n)
{
	CHECK(rq->state == ANSWERING);
	if (rq->sent > BLOCK_BYTES && rq->sent > rq->out.len / 2) {
		memmove(rq->out.data, rq->out.data + rq->sent,
			rq->out.len - rq->sent);
		rq->out.len -= rq->sent;
		rq->sent = 0;
	}
	buf_append(&rq->out, data, n);
	resume(rq);
}

bool
http_room(const struct http_request *rq)
{
	return rq->out.len - rq->sent < rq->l->server->o.buffer_max;
}

void
http_end(struct http_request *rq)
{
	CHECK(rq->state == ANSWERING);
	rq->state = ENDED;
	resume(rq);
}

void
http_reply(struct http_request *rq, unsigned status, const char *type,
	   const char *body, size_t n)
{
	http_begin(rq, status, type);
	http_write(rq, body, n);
	http_end(rq);
}

void
http_allow(struct http_request *rq, const char *methods)
{
	rq->allow = methods;
}

void
http_watch(struct http_request *rq, void (*gone)(void *),
	   void (*room)(void *), void *arg)
{
	rq->on_gone = gone;
	rq->on_room = room;
	rq->arg = arg;
}

/* Before the body is read: the connection is closed behind the answer. */
static enum MHD_Result
refuse(struct http_request *rq, unsigned status, const char *code,
       const char *message)
{
	rq->refused = true;
	rq->state = HANDLING;
	rq->status = status;
	rq->type = "application/json";
	buf_printf(&rq->out,
		   "{\"statement\":0,\"end\":\"error\",\"code\":\"%s\",\"message\":\"%s\"}\n",
		   code, message);
	rq->state = ENDED;
	return queue_answer(rq);
}

/* ---- requests ---- */

enum http_method
http_method_of(const struct http_request *rq)
{
	return rq->method;
}

const char *
http_path(const struct http_request *rq)
{
	return rq->path;
}

const char *
http_query(const struct http_request *rq, const char *key)
{
	return MHD_lookup_connection_value(rq->connection,
					   MHD_GET_ARGUMENT_KIND, key);
}

const char *
http_header(const struct http_request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND,
					   name);
}

const char *
http_body(const struct http_request *rq, size_t *ret_n)
{
	*ret_n = rq->body.len;
	return rq->body.data ? rq->body.data : "";
}

bool
http_is_tcp(const struct http_request *rq)
{
	return rq->l->is_tcp;
}

void
http_peer(const struct http_request *rq, int *ret_uid, int *ret_pid)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred who;
	socklen_t n = sizeof(who);

	*ret_uid = *ret_pid = -1;
	if (info && !rq->l->is_tcp &&
	    getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &who, &n) ==
		    0) {
		*ret_uid = (int)who.uid;
		*ret_pid = (int)who.pid;
	}
}

static enum http_method
method_from(const char *m)
{
	if (strcmp(m, "GET") == 0)
		return HTTP_GET;
	if (strcmp(m, "POST") == 0)
		return HTTP_POST;
	if (strcmp(m, "DELETE") == 0)
		return HTTP_DELETE;
	return HTTP_OTHER;
}

static bool
is_health(const char *path)
{
	return strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0;
}

/* It came when the limit was reached: see on_connection(). */
static bool
is_surplus(const struct http_request *rq)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		rq->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info && info->socket_context;
}

static enum MHD_Result
refuse_size(struct http_request *rq)
{
	return refuse(rq, MHD_HTTP_CONTENT_TOO_LARGE, "script_too_long",
		      "the script is larger than [limits] script-bytes");
}

/* The headers are there: is it worth reading the body? */
static enum MHD_Result
request_begin(struct http_request *rq, const char *version)
{
	const char *length = http_header(rq, MHD_HTTP_HEADER_CONTENT_LENGTH);
	size_t max = rq->l->server->o.body_max;

	if (strcmp(version, MHD_HTTP_VERSION_1_1) == 0 &&
	    !http_header(rq, MHD_HTTP_HEADER_HOST))
		return refuse(rq, MHD_HTTP_BAD_REQUEST, "usage",
			      "a request needs a Host header");
	if (is_surplus(rq) && !is_health(rq->path))
		return refuse(rq, MHD_HTTP_TOO_MANY_REQUESTS, "too_many",
			      "too many connections: [limits] connections");
	/* Who waits for "100 Continue" need not send it at all. */
	if (http_header(rq, MHD_HTTP_HEADER_EXPECT))
		max = max < DISCARD_MAX ? max : DISCARD_MAX;
	else
		max += DISCARD_MAX;
	if (length && strtoull(length, NULL, 10) > max)
		return refuse_size(rq);
	return MHD_YES;
}

static enum MHD_Result
take_body(struct http_request *rq, const char *data, size_t n)
{
	if (rq->body.len + n <= rq->l->server->o.body_max && !rq->discarded) {
		buf_append(&rq->body, data, n);
		return MHD_YES;
	}
	rq->discarded += n;
	return rq->discarded <= DISCARD_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url,
	   const char *method, const char *version, const char *data,
	   size_t *data_n, void **ret_rq)
{
	struct listener *l = arg;
	struct http_request *rq = *ret_rq;

	if (!rq->connection) { /* first call */
		rq->connection = connection;
		rq->l = l;
		rq->path = mem_strdup(url);
		rq->method = method_from(method);
		return request_begin(rq, version);
	}
	if (rq->dead)
		return MHD_NO;
	if (*data_n) {
		size_t n = *data_n;

		*data_n = 0;
		return take_body(rq, data, n);
	}
	if (rq->state == READING) {
		if (rq->discarded)
			return refuse_size(rq);
		rq->state = HANDLING;
		/* From here on the client may take its time. */
		MHD_set_connection_option(connection,
					  MHD_CONNECTION_OPTION_TIMEOUT,
					  l->server->o.stall_timeout_s);
		l->server->o.handler(rq, l->server->o.arg);
		if (rq->state == HANDLING) {
			suspend(rq);
			return MHD_YES;
		}
	}
	return queue_answer(rq);
}

static void *
on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
	struct http_request *rq = mem_zalloc(sizeof(*rq));

	(void)uri;
	(void)connection;
	rq->l = arg;
	rq->next = rq->l->server->requests;
	rq->link = &rq->l->server->requests;
	if (rq->next)
		rq->next->link = &rq->next;
	rq->l->server->requests = rq;
	buf_init(&rq->body);
	buf_init(&rq->out);
	return rq;
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **ret_rq,
	     enum MHD_RequestTerminationCode code)
{
	struct http_request *rq = *ret_rq;

	(void)arg;
	(void)code;
	if (!rq)
		return;
	if (connection && rq->connection)
		MHD_set_connection_option(connection,
					  MHD_CONNECTION_OPTION_TIMEOUT,
					  rq->l->server->o.request_timeout_s);
	if (rq->state == HANDLING || rq->state == ANSWERING)
		tell_gone(rq);
	watch_end(rq);
	*rq->link = rq->next;
	if (rq->next)
		rq->next->link = rq->link;
	buf_release(&rq->body);
	buf_release(&rq->out);
	free(rq->path);
	free(rq);
	*ret_rq = NULL;
}

static void
on_connection(void *arg, struct MHD_Connection *connection, void **context,
	      enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = ((struct listener *)arg)->server;

	(void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		/* Its requests are refused; those of others are not. */
		*context = s->connections >= s->o.connections_max ? s : NULL;
		s->connections++;
	} else {
		s->connections--;
	}
}

/* ---- listening ---- */

/* Removes a socket file that nobody listens on. */
static int
clear_stale(const char *path, struct error *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERR_FILE, "%s exists and is no socket",
				 path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(to.sun_path, path, strlen(path) + 1);
	rc = connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	if (rc == 0)
		return error_set(err, ERR_LOCKED,
				 "another process listens on %s", path);
	unlink(path);
	return 0;
}

static int
listen_unix(const struct http_options *o, struct error *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct group *g = o->unix_group ? getgrnam(o->unix_group) : NULL;
	int fd;

	if (strlen(o->unix_path) >= sizeof(at.sun_path))
		return error_set(err, ERR_CONFIG,
				 "the socket's path %s is longer than %zu bytes",
				 o->unix_path, sizeof(at.sun_path) - 1);
	if (clear_stale(o->unix_path, err) < 0)
		return -1;
	memcpy(at.sun_path, o->unix_path, strlen(o->unix_path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 128) < 0) {
		error_errno(err, errno == EACCES ? ERR_PERMISSION : ERR_FILE,
			    errno, "cannot listen on %s", o->unix_path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	chmod(o->unix_path, (mode_t)o->unix_mode);
	/* Only root and members may give it to the group; others keep it. */
	if (g && chown(o->unix_path, (uid_t)-1, g->gr_gid) < 0)
		return fd;
	return fd;
}

static int
listen_tcp(const char *text, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST };
	struct addrinfo *at = NULL;
	const char *colon = strrchr(text, ':');
	char host[128];
	int fd = -1, one = 1;

	if (!colon || colon - text >= (long)sizeof(host))
		return error_set(err, ERR_CONFIG,
				 "metrics.listen = %s is not host:port", text);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	if (getaddrinfo(host, colon + 1, &hints, &at) != 0)
		return error_set(err, ERR_CONFIG,
				 "metrics.listen = %s: not a numeric host and port",
				 text);
	fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, at->ai_addr, at->ai_addrlen) < 0 ||
	    listen(fd, 16) < 0) {
		error_errno(err, ERR_CONFIG, errno, "cannot listen on %s",
			    text);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(at);
	return fd;
}

static int
listener_start(struct listener *l, struct http_server *s, int fd, bool is_tcp,
	       struct error *err)
{
	const union MHD_DaemonInfo *info;

	l->server = s;
	l->is_tcp = is_tcp;
	l->mhd = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, l, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT,
		s->o.connections_max + SPARE_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, s->o.request_timeout_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)64 * 1024,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, l, MHD_OPTION_END);
	if (!l->mhd) {
		close(fd);
		return error_set(err, ERR_INTERNAL,
				 "libmicrohttpd does not start");
	}
	info = MHD_get_daemon_info(l->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	CHECK(info != NULL);
	uv_timer_init(s->loop, &l->timer);
	uv_poll_init(s->loop, &l->poll, info->epoll_fd);
	l->timer.data = l->poll.data = l;
	uv_poll_start(&l->poll, UV_READABLE, on_poll);
	l->started = true;
	turn_soon(l);
	return 0;
}

int
http_start(uv_loop_t *loop, const struct http_options *o,
	   struct http_server **ret, struct error *err)
{
	struct http_server *s = mem_zalloc(sizeof(*s));
	int fd;

	s->loop = loop;
	s->o = *o;
	if (o->unix_path || o->listen_fd >= 0) {
		fd = o->listen_fd >= 0 ? o->listen_fd : listen_unix(o, err);
		if (fd < 0 || listener_start(&s->unix_side, s, fd, false, err) < 0)
			goto fail;
	}
	if (o->tcp && *o->tcp) {
		fd = listen_tcp(o->tcp, err);
		if (fd < 0 || listener_start(&s->tcp_side, s, fd, true, err) < 0)
			goto fail;
	}
	*ret = s;
	return 0;
fail:
	http_stop(s);
	return -1;
}

static void
on_listener_closed(uv_handle_t *h)
{
	struct listener *l = h->data;
	struct http_server *s = l->server;

	l->open--;
	if (s->unix_side.open == 0 && s->tcp_side.open == 0)
		free(s);
}

static void
listener_stop(struct listener *l)
{
	if (!l->started)
		return;
	uv_close((uv_handle_t *)&l->poll, on_listener_closed);
	uv_close((uv_handle_t *)&l->timer, on_listener_closed);
	l->open = 2;
}

/* Answers that have ended reach clients that read. */
static void
send_last(struct http_server *s, struct listener *l)
{
	for (unsigned turns = 0; turns < LAST_TURNS && s->requests; turns++)
		MHD_run(l->mhd);
}

void
http_stop(struct http_server *s)
{
	struct listener *sides[2];
	bool any;

	if (!s)
		return;
	sides[0] = &s->unix_side;
	sides[1] = &s->tcp_side;
	any = sides[0]->started || sides[1]->started;
	s->stopping = true;
	for (unsigned i = 0; i < ARRAY_LEN(sides); i++) {
		if (sides[i]->started)
			send_last(s, sides[i]);
		listener_stop(sides[i]);
	}
	/* MHD wants no suspended connections when it stops. */
	for (struct http_request *rq = s->requests; rq; rq = rq->next) {
		rq->dead = true;
		tell_gone(rq);
		resume(rq);
	}
	for (unsigned i = 0; i < ARRAY_LEN(sides); i++)
		if (sides[i]->started)
			MHD_stop_daemon(sides[i]->mhd);
	if (s->o.unix_path && s->o.listen_fd < 0 && s->unix_side.started)
		unlink(s->o.unix_path);
	if (!any)
		free(s);
}
