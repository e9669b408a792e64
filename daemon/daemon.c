/* SPDX-License-Identifier: Apache-2.0
 * daemon/daemon.c - the process: takes the state directory, loads what it
 * knew, listens, and gives everything back in order when it is told to stop.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"
#include "base/version.h"
#include "daemon/clock.h"
#include "daemon/embedded_kafka.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "parser/bind.h"

/* ---- the state directory ---- */

static int
cannot(const char *what, const char *path, struct error *err)
{
	int errnum = errno;

	if (errnum != EACCES && errnum != EPERM && errnum != EROFS)
		return error_errno(err, ERR_FILE, errnum, "cannot %s %s", what,
				   path);
	error_errno(err, ERR_PERMISSION, errnum, "cannot %s %s", what, path);
	error_note(err, errnum == EROFS
			 ? "mount it for writing, name another directory, or "
			   "add it to the unit's ReadWritePaths="
			 : "run sluiced as the user that owns it (the service: "
			   "sluice), or name another directory by --state-dir "
			   "and --socket");
	return -1;
}

static int
make_dir(const char *path, struct error *err)
{
	char text[4096];

	if (snprintf(text, sizeof(text), "%s", path) >= (int)sizeof(text))
		return error_set(err, ERR_CONFIG, "the path %s is too long",
				 path);
	for (char *p = text + 1;; p++) {
		char was = *p;

		if (was != '/' && was != '\0')
			continue;
		*p = '\0';
		if (mkdir(text, 0750) < 0 && errno != EEXIST)
			return cannot("make", text, err);
		*p = was;
		if (was == '\0')
			return 0;
	}
}

static int
take_state_dir(struct daemon *d, struct error *err)
{
	const char *dir = d->config->state_dir;
	char path[4096], pid[24] = "";

	snprintf(path, sizeof(path), "%s/jobs", dir);
	if (make_dir(path, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/LOCK", dir);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (d->lock_fd < 0)
		return cannot("open", path, err);
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		ssize_t n = read(d->lock_fd, pid, sizeof(pid) - 1);

		pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
		error_set(err, ERR_LOCKED,
			  "another sluiced%s%s%s uses the state directory %s",
			  *pid ? " (process " : "", pid, *pid ? ")" : "", dir);
		error_note(err, "stop it first, or give this one another "
			   "directory by --state-dir");
		return -1;
	}
	/* For people alone: the lock is what counts, and a full disk is no
	 * reason not to start. */
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	(void)!ftruncate(d->lock_fd, 0);
	(void)!write(d->lock_fd, pid, strlen(pid));
	return 0;
}

/* ---- the catalog ---- */

static int
load_object(const struct catalog_entry *e, void *arg, struct error *err)
{
	struct daemon *d = arg;
	struct error why = ERROR_INIT;
	struct settings s = SETTINGS_INIT;
	struct ast_statement *stmt;
	enum catalog_result result;
	struct arena a;
	struct parse p;

	(void)err;
	if (e->kind == CATALOG_JOB)
		return 0;
	arena_init(&a);
	/* What an older version took and this one does not must not keep the
	 * daemon from starting: jobs carry their own copies. */
	if (parse_begin(&p, e->sql, strlen(e->sql), NULL, &a, &d->limits,
			&why) < 0 ||
	    parse_next(&p, &stmt, &why) != 1 ||
	    catalog_add(d->catalog, &p, stmt, &s, &result, &why) < 0)
		log_error(LOG_ERROR, "catalog_object_ignored", e->name, &why);
	arena_release(&a);
	return 0;
}

static int
load_catalog(struct daemon *d, struct error *err)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/catalog.db", d->config->state_dir);
	d->catalog = catalog_create(NULL);
	if (store_catalog_open(path, &d->store, err) < 0)
		return -1;
	return store_catalog_each(d->store, load_object, d, err);
}

/* ---- ending ---- */

static void
on_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void
on_jobs_stand(void *arg)
{
	struct daemon *d = arg;

	http_stop(d->http);
	d->http = NULL;
	jobs_destroy(d->jobs);
	d->jobs = NULL;
	for (unsigned i = 0; i < ARRAY_LEN(d->signals); i++)
		uv_close((uv_handle_t *)&d->signals[i], NULL);
	uv_close((uv_handle_t *)&d->watchdog, NULL);
}

static void
on_signal(uv_signal_t *h, int number)
{
	struct daemon *d = h->data;

	if (number == SIGHUP) {
		if (!d->stopping)
			daemon_reload(d);
		return;
	}
	if (d->stopping) {
		log_event(LOG_WARN, "stop_at_once", NULL, "signal=%d", number);
		log_stop();
		_exit(0); /* committed checkpoints are what a restart needs */
	}
	log_event(LOG_INFO, "stopping", NULL, "signal=%d", number);
	notify("STOPPING=1");
	notify_status("stopping: last checkpoints of %u jobs",
		      jobs_count(d->jobs));
	d->stopping = true;
	jobs_shutdown(d->jobs, on_jobs_stand, d);
}

void
daemon_tell_status(struct daemon *d)
{
	char text[256];

	jobs_summary(d->jobs, text, sizeof(text));
	if (strcmp(text, d->status) == 0)
		return;
	snprintf(d->status, sizeof(d->status), "%s", text);
	notify_status("%s", text);
}

/* A thread that takes no turn any more, and a disk that does not come back,
 * have no other cure than the restart that silence brings about. */
static void
on_watchdog(uv_timer_t *t)
{
	struct daemon *d = t->data;
	int64_t since_ns = clock_steady_ns() - d->watchdog_us * 1000;
	const char *stuck = d->jobs ? jobs_stuck(d->jobs, since_ns) : NULL;

	if (stuck) {
		log_event(LOG_ERROR, "job_stuck", stuck,
			  "effect=\"the watchdog is not answered\"");
	} else if (d->jobs && jobs_store_stuck(d->jobs, since_ns)) {
		log_event(LOG_ERROR, "store_stuck", NULL,
			  "effect=\"the watchdog is not answered\"");
	} else {
		notify("WATCHDOG=1");
		if (d->jobs && !d->stopping)
			daemon_tell_status(d);
	}
}

/* ---- running ---- */

void
daemon_apply(struct daemon *d)
{
	const struct config *c = d->config;
	struct rlimit core;

	log_set_level(log_level_from(c->log_level));
	log_set_interval(c->log_interval_us);
	d->limits.text_max = (uint32_t)c->script_bytes_max;
	d->limits.depth_max = (uint32_t)c->statement_depth_max;
	d->limits.list_max = (uint32_t)c->columns_max;
	d->limits.statements_max = (uint32_t)c->statements_max;
	d->sessions.max = (unsigned)c->sessions_max;
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = c->core_dumps ? core.rlim_max : 0;
		setrlimit(RLIMIT_CORE, &core);
	}
}

static void
watch_signals(struct daemon *d)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
		uv_signal_init(&d->loop, &d->signals[i]);
		d->signals[i].data = d;
		uv_signal_start(&d->signals[i], on_signal, numbers[i]);
	}
	uv_timer_init(&d->loop, &d->watchdog);
	d->watchdog.data = d;
	d->watchdog_us = notify_watchdog_us();
	if (d->watchdog_us)
		uv_timer_start(&d->watchdog, on_watchdog, 0,
			       (uint64_t)(d->watchdog_us / 3000));
}

/* A job has about seven descriptors; the usual 1024 are soon used up. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
on_warm_up(uv_work_t *work)
{
	(void)work;
}

static void
on_warm(uv_work_t *work, int status)
{
	(void)work;
	(void)status;
}

/* libuv starts its threads at the first piece of work, and aborts when it
 * cannot: better now than when somebody wants a savepoint. */
static void
warm_up(struct daemon *d)
{
	setenv("UV_THREADPOOL_SIZE", "2", 0);
	uv_queue_work(&d->loop, &d->warm_up, on_warm_up, on_warm);
}

static int
start_embedded(struct daemon *d, struct error *err)
{
	if (!d->config->embedded_enabled)
		return 0;
	if (embedded_kafka_start(&d->embedded, err) < 0)
		return -1;
	log_event(LOG_INFO, "embedded_kafka", NULL,
		  "bootstrap=%s limits=\"keeps 5 MB a partition, forgets all "
		  "when sluiced ends, delivery is not tested by it\"",
		  embedded_kafka_address(d->embedded));
	return 0;
}

static int
start_http(struct daemon *d, struct error *err)
{
	struct http_options o = {
		.unix_path = d->config->socket,
		.unix_mode = 0660,
		.unix_group = d->config->socket_group,
		.listen_fd = notify_listen_fd(),
		.tcp = d->config->metrics_listen,
		.connections_max = (unsigned)d->config->connections_max,
		.body_max = (size_t)d->config->script_bytes_max,
		.buffer_max = (size_t)d->config->client_buffer_bytes,
		.request_timeout_s = (unsigned)(d->config->request_timeout_us /
						US_PER_SECOND),
		.stall_timeout_s = (unsigned)(d->config->client_stall_us /
					      US_PER_SECOND),
		.handler = api_handle,
		.arg = d,
	};
	char dir[4096];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", d->config->socket);
	slash = strrchr(dir, '/');
	if (slash && slash != dir && o.listen_fd < 0) {
		*slash = '\0';
		if (make_dir(dir, err) < 0)
			return -1;
	}
	return http_start(&d->loop, &o, &d->http, err);
}

static int
start(struct daemon *d, struct error *err)
{
	struct jobs_env env = { .loop = &d->loop, .config = d->config,
				.out_fd = STDOUT_FILENO };
	char sock[256], dir[1024];

	if (take_state_dir(d, err) < 0 || load_catalog(d, err) < 0 ||
	    start_embedded(d, err) < 0)
		return -1;
	env.store = d->store;
	env.embedded = d->embedded ? embedded_kafka_address(d->embedded) : NULL;
	d->jobs = jobs_create(&env, err);
	if (!d->jobs)
		return -1;
	sessions_init(&d->sessions, d->catalog,
		      (unsigned)d->config->sessions_max);
	watch_signals(d);
	if (jobs_load(d->jobs, err) < 0 || start_http(d, err) < 0)
		return -1;
	d->ready = true;
	notify("READY=1");
	daemon_tell_status(d);
	log_event(LOG_INFO, "ready", NULL,
		  "version=%s socket=%s state_dir=%s jobs=%u", SLUICE_VERSION,
		  log_quote(d->config->socket, sock, sizeof(sock)),
		  log_quote(d->config->state_dir, dir, sizeof(dir)),
		  jobs_count(d->jobs));
	/* Behind READY: a hundred threads that recover would hold it up. */
	jobs_start(d->jobs);
	return 0;
}

static void
release(struct daemon *d)
{
	uv_walk(&d->loop, on_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	sessions_release(&d->sessions);
	catalog_destroy(d->catalog);
	store_catalog_close(d->store);
	embedded_kafka_stop(d->embedded);
	config_unref(d->config);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
}

int
daemon_run(struct config *c, const struct config_source *source,
	   struct error *err)
{
	struct daemon d = { .config = config_ref(c), .source = source,
			    .lock_fd = -1,
			    .started_us = clock_wall_us() };
	int rc;

	umask(0027);
	raise_descriptors();
	d.limits = parse_limits_default;
	daemon_apply(&d);
	daemon_read_secrets(d.config);
	uv_loop_init(&d.loop);
	warm_up(&d);
	rc = start(&d, err);
	if (rc == 0) {
		uv_run(&d.loop, UV_RUN_DEFAULT);
		log_event(LOG_INFO, "stopped", NULL, "after_s=%lld",
			  (long long)((clock_wall_us() - d.started_us) /
				      US_PER_SECOND));
	} else if (d.jobs) {
		d.stopping = true;
		jobs_shutdown(d.jobs, on_jobs_stand, &d);
		uv_run(&d.loop, UV_RUN_DEFAULT);
	}
	release(&d);
	return rc;
}
