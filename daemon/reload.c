/* SPDX-License-Identifier: Apache-2.0
 * daemon/reload.c - SIGHUP: the configuration is read anew, and each key that
 * has changed gets its answer in the log. A file with a mistake in it changes
 * nothing.
 */
#include <string.h>

#include "base/check.h"
#include "daemon/clock.h"
#include "daemon/connections.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/notify.h"

static const char *const answer_text[] = {
	[CONFIG_APPLIED] = "applied",
	[CONFIG_APPLIED_NEXT] = "applied to what begins from now on",
	[CONFIG_RESTART] = "needs restart",
};

struct changes {
	unsigned n, nrestart;
	const char *connections[CONNECTIONS_MAX]; /* that have changed */
	unsigned nconnections;
};

static void
on_mistake(void *arg, const struct error *err)
{
	(void)arg;
	log_error(LOG_ERROR, "reload_mistake", NULL, err);
}

static void
on_secret(void *arg, const struct error *err)
{
	(void)arg;
	log_error(LOG_WARN, "secret_not_read", NULL, err);
}

void
daemon_read_secrets(struct config *c)
{
	connections_read_secrets(c, on_secret, NULL);
}

static void
note_connection(struct changes *ch, const char *name)
{
	for (unsigned i = 0; i < ch->nconnections; i++)
		if (strcmp(ch->connections[i], name) == 0)
			return;
	CHECK(ch->nconnections < CONNECTIONS_MAX);
	ch->connections[ch->nconnections++] = name;
}

static void
on_change(void *arg, const struct config_change *change)
{
	struct changes *ch = arg;
	char key[200], quoted[256], value[512];
	bool gone = change->connection && !*change->key;

	snprintf(key, sizeof(key), "%s%s%s", change->section, gone ? "" : ".",
		 change->key);
	log_event(LOG_INFO, gone ? "connection_removed" : "setting_changed",
		  NULL, "key=%s value=%s answer=\"%s\"",
		  log_quote(key, quoted, sizeof(quoted)),
		  log_quote(change->value, value, sizeof(value)),
		  answer_text[change->answer]);
	ch->n++;
	ch->nrestart += change->answer == CONFIG_RESTART;
	if (change->connection && !gone)
		note_connection(ch, change->connection);
}

static void
take_over(struct daemon *d, struct config *now)
{
	struct changes ch = { .n = 0 };
	struct config *old = d->config;
	unsigned restarted;

	daemon_read_secrets(now);
	config_diff(old, now, on_change, &ch);
	config_keep(now, old);
	d->config = now;
	daemon_apply(d);
	restarted = jobs_reconfigure(d->jobs, now, ch.connections,
				     ch.nconnections);
	config_unref(old);
	log_event(LOG_INFO, "reload", NULL,
		  "changed=%u need_restart=%u jobs_begin_again=%u", ch.n,
		  ch.nrestart, restarted);
}

void
daemon_reload(struct daemon *d)
{
	struct config_source from = *d->source;
	struct config *now;

	log_forget("reload_mistake");
	log_forget("reload_failed");
	notify_status("reading the configuration");
	notify_reloading(clock_steady_ns() / 1000);
	/* What was there must not vanish unseen: everything would be default. */
	from.must = d->config->from_file;
	now = config_load(&from, on_mistake, NULL);
	if (now)
		take_over(d, now);
	else
		log_event(LOG_ERROR, "reload_failed", NULL,
			  "effect=\"nothing has changed\"");
	notify("READY=1");
	*d->status = '\0';
	daemon_tell_status(d);
}
