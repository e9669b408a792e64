/* SPDX-License-Identifier: Apache-2.0
 * daemon/config.c - the table of settings, and how a configuration comes to be,
 * is compared with another, and goes.
 */
#include "daemon/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "daemon/config_table.h"
#include "daemon/connections.h"
#include "parser/options.h"

#define AT(field) offsetof(struct config, field)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define MS INT64_C(1000)
#define SEC (1000 * MS)

const struct setting config_settings[] = {
	{ "daemon", "state-dir", SET_TEXT, CONFIG_RESTART, AT(state_dir), "/var/lib/sluice", 0, 0, NULL,
	  "Directory of catalog.db and jobs/<name>.db; one daemon at a time holds it." },
	{ "daemon", "socket", SET_TEXT, CONFIG_RESTART, AT(socket), "/run/sluice/sluice.sock", 0, 0, NULL,
	  "Unix socket on which statements are taken (HTTP)." },
	{ "daemon", "socket-group", SET_TEXT, CONFIG_RESTART, AT(socket_group), "sluice", 0, 0, NULL,
	  "Group that may use the socket; ignored where there is no such group." },
	{ "daemon", "log-level", SET_CHOICE, CONFIG_APPLIED, AT(log_level), "info", 0, 0, "debug|info|warn|error",
	  "The least level of lines on stderr." },
	{ "daemon", "log-interval", SET_DURATION, CONFIG_APPLIED, AT(log_interval_us), "30 s", 0, 3600 * SEC, NULL,
	  "The same warning of the same job is written once in so long, and counted meanwhile; 0: each time." },
	{ "daemon", "core-dumps", SET_BOOL, CONFIG_APPLIED, AT(core_dumps), "false", 0, 0, NULL,
	  "Whether a crash may leave a core: it has all that is in memory, passwords too." },
	{ "limits", "jobs", SET_INT, CONFIG_APPLIED, AT(jobs_max), "200", 1, 10000, NULL,
	  "Jobs that the daemon keeps, running or not." },
	{ "limits", "selects", SET_INT, CONFIG_APPLIED, AT(selects_max), "16", 0, 1000, NULL,
	  "SELECTs over the socket that run at once; each has a thread." },
	{ "limits", "taps", SET_INT, CONFIG_APPLIED, AT(taps_max), "16", 0, 1000, NULL,
	  "TAPs that are open at once; each has a thread." },
	{ "limits", "sessions", SET_INT, CONFIG_APPLIED, AT(sessions_max), "256", 1, 100000, NULL,
	  "Sessions kept for clients that ask for one." },
	{ "limits", "connections", SET_INT, CONFIG_RESTART, AT(connections_max), "64", 4, 10000, NULL,
	  "Connections to the socket at once; more are answered 429." },
	{ "limits", "request-timeout", SET_DURATION, CONFIG_RESTART, AT(request_timeout_us), "30 s", SEC, 3600 * SEC, NULL,
	  "A connection that sends nothing for so long, between requests or in the middle of one, is closed." },
	{ "limits", "script-bytes", SET_BYTES, CONFIG_RESTART, AT(script_bytes_max), "1 mb", KIB, 64 * MIB, NULL,
	  "Largest script; larger ones are answered 413." },
	{ "limits", "statement-depth", SET_INT, CONFIG_APPLIED, AT(statement_depth_max), "200", 10, 2000, NULL,
	  "Nesting of expressions and queries." },
	{ "limits", "columns", SET_INT, CONFIG_APPLIED, AT(columns_max), "1000", 10, 4000, NULL,
	  "Columns, arguments or options in one list." },
	{ "limits", "statements", SET_INT, CONFIG_APPLIED, AT(statements_max), "1000", 1, 100000, NULL,
	  "Statements in one script." },
	{ "limits", "state-bytes", SET_BYTES, CONFIG_APPLIED_NEXT, AT(state_bytes_max), "2 gb", MIB, 1024 * GIB, NULL,
	  "Keyed state of one job in memory; a job over it is BLOCKED." },
	{ "limits", "errors-rows", SET_INT, CONFIG_APPLIED_NEXT, AT(errors_rows_max), "100000", 0, 100000000, NULL,
	  "Quarantined records that a job's file keeps; more are only counted." },
	{ "limits", "errors-bytes", SET_BYTES, CONFIG_APPLIED_NEXT, AT(errors_bytes_max), "256 mb", 0, 64 * GIB, NULL,
	  "The same in bytes." },
	{ "limits", "late-rows", SET_INT, CONFIG_APPLIED_NEXT, AT(late_rows_max), "1000", 0, 1000000, NULL,
	  "Late rows that a job's file keeps, the newest; 0: they are only counted." },
	{ "client", "buffer", SET_BYTES, CONFIG_RESTART, AT(client_buffer_bytes), "1 mb", 64 * KIB, GIB, NULL,
	  "Rows of a SELECT that wait for their client; a full buffer stops the query." },
	{ "client", "stall-timeout", SET_DURATION, CONFIG_RESTART, AT(client_stall_us), "10 min", SEC, 7 * 24 * 3600 * SEC, NULL,
	  "A SELECT whose client reads nothing for so long is ended." },
	{ "client", "tap-rows", SET_INT, CONFIG_APPLIED, AT(tap_rows), "20000", 1, 1000000, NULL,
	  "Rows that wait between a job and one TAP of it; more are skipped and counted." },
	{ "client", "tap-buffer", SET_BYTES, CONFIG_APPLIED, AT(tap_bytes), "8 mb", KIB, GIB, NULL,
	  "The same in bytes." },
	{ "runtime", "pin-threads", SET_CHOICE, CONFIG_RESTART, AT(pin_threads), "auto", 0, 0, "auto|on|off",
	  "Each job's threads stay on one core, in turn: two to three times cheaper with librdkafka." },
	{ "runtime", "store-threads", SET_INT, CONFIG_RESTART, AT(store_threads), "0", 0, 64, NULL,
	  "Threads that commit checkpoints; 0: one per core, at most 4." },
	{ "runtime", "checkpoint-interval", SET_DURATION, CONFIG_APPLIED_NEXT, AT(checkpoint_interval_us), "5 s", 10 * MS, 24 * 3600 * SEC, NULL,
	  "Default of the SQL setting execution.checkpointing.interval." },
	{ "runtime", "restart-backoff", SET_DURATION, CONFIG_APPLIED_NEXT, AT(restart_backoff_us), "1 s", MS, 3600 * SEC, NULL,
	  "Wait before a job is restarted after a transient failure; grows by half each time, give or take a tenth." },
	{ "runtime", "restart-backoff-max", SET_DURATION, CONFIG_APPLIED_NEXT, AT(restart_backoff_max_us), "1 min", MS, 24 * 3600 * SEC, NULL,
	  "The longest such wait." },
	{ "runtime", "restart-reset-after", SET_DURATION, CONFIG_APPLIED_NEXT, AT(restart_reset_us), "10 min", SEC, 24 * 3600 * SEC, NULL,
	  "A job that has run so long begins with the shortest wait again." },
	{ "runtime", "restart-attempts", SET_INT, CONFIG_APPLIED_NEXT, AT(restart_attempts), "0", 0, 1000000, NULL,
	  "Restarts in a row after which a job is FAILED; 0: it is tried for ever." },
	{ "kafka", "queue-bytes", SET_BYTES, CONFIG_APPLIED_NEXT, AT(kafka_queue_bytes), "32 mb", MIB, 4 * GIB, NULL,
	  "Fetched records that wait in one job's Kafka client." },
	{ "kafka", "inflight-bytes", SET_BYTES, CONFIG_APPLIED_NEXT, AT(kafka_inflight_bytes), "64 mb", MIB, 4 * GIB, NULL,
	  "Output of one job that is not acknowledged yet; then its source waits." },
	{ "embedded-kafka", "enabled", SET_BOOL, CONFIG_RESTART, AT(embedded_enabled), "false", 0, 0, NULL,
	  "Runs a mock Kafka inside the daemon, named by 'properties.bootstrap.servers' = 'embedded': for trying things out, it keeps 5 MB a partition and forgets all at a restart." },
	{ "metrics", "listen", SET_TEXT, CONFIG_RESTART, AT(metrics_listen), "", 0, 0, NULL,
	  "host:port of a TCP socket with /metrics, /healthz and /readyz only; empty: none." },
	{ "files", "paths", SET_TEXT, CONFIG_APPLIED_NEXT, AT(file_paths), "", 0, 0, NULL,
	  "Directories, separated by ':', below which the filesystem connector may read and write; empty: everywhere that the daemon's user may." },
	{ "secrets", "paths", SET_TEXT, CONFIG_APPLIED_NEXT, AT(secret_paths), "/etc/sluice:/etc/ssl:/run/secrets", 0, 0, NULL,
	  "Directories, separated by ':', below which ${file:...} and ssl.*.location may point; empty: nowhere." },
};

#define NSETTINGS ARRAY_LEN(config_settings)
const size_t config_nsettings = NSETTINGS;

static const struct setting *
setting_find(const char *section, const char *key)
{
	for (size_t i = 0; i < NSETTINGS; i++)
		if (strcmp(config_settings[i].section, section) == 0 &&
		    strcmp(config_settings[i].key, key) == 0)
			return &config_settings[i];
	return NULL;
}

static int
unknown(const char *section, const char *key, struct error *err)
{
	const char *names[NSETTINGS], *near;
	char full[NSETTINGS][64], word[128];

	for (size_t i = 0; i < NSETTINGS; i++) {
		snprintf(full[i], sizeof(full[i]), "%s.%s",
			 config_settings[i].section, config_settings[i].key);
		names[i] = full[i];
	}
	snprintf(word, sizeof(word), "%s.%s", section, key);
	error_set(err, ERR_CONFIG, "there is no setting %s", word);
	near = error_nearest(word, names, NSETTINGS);
	if (near)
		error_hint(err, "did you mean %s?", near);
	error_note(err, "`sluiced --print-config` lists all settings");
	return -1;
}

static int
out_of_range(const struct setting *s, const char *value, struct error *err)
{
	return error_set(err, ERR_CONFIG,
			 "%s.%s = %s is out of range: %" PRId64 " to %" PRId64
			 "%s", s->section, s->key, value,
			 s->type == SET_DURATION ? s->min / MS : s->min,
			 s->type == SET_DURATION ? s->max / MS : s->max,
			 s->type == SET_DURATION ? " ms"
			 : s->type == SET_BYTES	 ? " bytes" : "");
}

static int
set_number(const struct setting *s, const char *value, int64_t *field,
	   struct error *err)
{
	const char *what = "a whole number";
	bool good;
	int64_t v = 0;

	if (s->type == SET_DURATION) {
		what = "a duration such as 500 ms, 5 s or 10 min";
		good = duration_parse(value, &v);
	} else if (s->type == SET_BYTES) {
		what = "a size such as 64 kb, 32 mb or 2 gb";
		good = bytes_parse(value, &v);
	} else {
		char *end;

		errno = 0;
		v = strtoll(value, &end, 10);
		good = end != value && *end == '\0' && errno == 0;
	}
	if (!good)
		return error_set(err, ERR_CONFIG, "%s.%s = %s is not %s",
				 s->section, s->key, value, what);
	if (v < s->min || v > s->max)
		return out_of_range(s, value, err);
	*field = v;
	return 0;
}

static bool
is_choice(const char *choices, const char *value)
{
	size_t n = strlen(value);

	for (const char *p = choices; *p;) {
		size_t len = strcspn(p, "|");

		if (len == n && strncmp(p, value, n) == 0)
			return true;
		p += len;
		p += *p == '|';
	}
	return false;
}

static void
text_put(char **field, const char *value)
{
	free(*field);
	*field = mem_strdup(value);
}

static int
setting_put(struct config *c, const struct setting *s, const char *value,
	    struct error *err)
{
	void *field = (char *)c + s->at;

	switch (s->type) {
	case SET_TEXT:
		text_put(field, value);
		return 0;
	case SET_CHOICE:
		if (!is_choice(s->choices, value))
			return error_set(err, ERR_CONFIG,
					 "%s.%s = %s is not one of %s",
					 s->section, s->key, value, s->choices);
		text_put(field, value);
		return 0;
	case SET_BOOL:
		if (!is_choice("true|false|yes|no|on|off", value))
			return error_set(err, ERR_CONFIG,
					 "%s.%s = %s is not true or false",
					 s->section, s->key, value);
		*(bool *)field = is_choice("true|yes|on", value);
		return 0;
	default:
		return set_number(s, value, field, err);
	}
}

int
config_put(struct config *c, const char *section, const char *key,
	   const char *value, struct error *err)
{
	const struct setting *s = setting_find(section, key);

	if (connection_is_section(section))
		return connection_put(c, section, key, value, err);
	return s ? setting_put(c, s, value, err) : unknown(section, key, err);
}

/* ---- --set ---- */

static int
apply_set(struct config *c, const char *text, struct error *err)
{
	const char *dot = strchr(text, '.'), *eq = strchr(text, '=');
	char section[64], key[64];

	if (!dot || !eq || eq < dot || dot - text >= (long)sizeof(section) ||
	    eq - dot > (long)sizeof(key))
		return error_set(err, ERR_CONFIG,
				 "--set: expected section.key=value");
	snprintf(section, sizeof(section), "%.*s", (int)(dot - text), text);
	snprintf(key, sizeof(key), "%.*s", (int)(eq - dot - 1), dot + 1);
	if (config_put(c, section, key, eq + 1, err) == 0)
		return 0;
	error_context(err, "--set");
	return -1;
}

/* ---- a whole one ---- */

/* NULL-terminated; one block, the texts behind the pointers. */
static char **
split(const char *text)
{
	size_t n = 2, bytes = strlen(text) + 1;
	char **list, *copy, *save = NULL;

	for (const char *p = text; *p; p++)
		n += *p == ':';
	list = mem_zalloc(n * sizeof(*list) + bytes);
	copy = memcpy(list + n, text, bytes);
	n = 0;
	for (char *p = strtok_r(copy, ":", &save); p;
	     p = strtok_r(NULL, ":", &save))
		list[n++] = p;
	return list;
}

static unsigned
check_whole(struct config *c, config_report_fn *report, void *arg)
{
	struct error err = ERROR_INIT;
	unsigned nwrong = 0;

	for (unsigned i = 0; i < c->nconnections; i++) {
		if (connection_check(&c->connections[i], &err) == 0)
			continue;
		report(arg, &err);
		nwrong++;
	}
	return nwrong;
}

struct config *
config_load(const struct config_source *from, config_report_fn *report,
	    void *arg)
{
	struct config *c = mem_zalloc(sizeof(*c));
	struct error err = ERROR_INIT;
	unsigned nwrong = 0;

	atomic_init(&c->refs, 1);
	for (size_t i = 0; i < NSETTINGS; i++)
		CHECK(setting_put(c, &config_settings[i],
				  config_settings[i].fallback, &err) == 0);
	nwrong += config_read_file(c, from->file ? from->file : CONFIG_FILE,
				   from->file || from->must, report, arg);
	for (unsigned i = 0; i < from->nsets; i++) {
		if (apply_set(c, from->sets[i], &err) == 0)
			continue;
		report(arg, &err);
		nwrong++;
	}
	nwrong += check_whole(c, report, arg);
	if (nwrong) {
		config_unref(c);
		return NULL;
	}
	c->file_path_list = *c->file_paths ? split(c->file_paths) : NULL;
	c->secret_path_list = split(c->secret_paths);
	return c;
}

struct config *
config_ref(struct config *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

static bool
is_text(const struct setting *s)
{
	return s->type == SET_TEXT || s->type == SET_CHOICE;
}

void
config_unref(struct config *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	for (size_t i = 0; i < NSETTINGS; i++)
		if (is_text(&config_settings[i]))
			free(*(char **)((char *)c + config_settings[i].at));
	free(c->file_path_list);
	free(c->secret_path_list);
	connections_free(c);
	free(c);
}

/* ---- two of them ---- */

static bool
same(const struct config *a, const struct config *b, const struct setting *s)
{
	const char *x = (const char *)a + s->at, *y = (const char *)b + s->at;

	if (is_text(s))
		return strcmp(*(const char *const *)x,
			      *(const char *const *)y) == 0;
	if (s->type == SET_BOOL)
		return *(const bool *)x == *(const bool *)y;
	return *(const int64_t *)x == *(const int64_t *)y;
}

void
config_diff(const struct config *old, const struct config *now,
	    void (*fn)(void *arg, const struct config_change *), void *arg)
{
	for (size_t i = 0; i < NSETTINGS; i++) {
		const struct setting *s = &config_settings[i];
		struct config_change change = { .section = s->section,
						.key = s->key,
						.answer = s->answer };
		FILE *text;

		if (same(old, now, s))
			continue;
		text = fmemopen(change.value, sizeof(change.value), "w");
		if (text) {
			config_print_value(now, s, text);
			fclose(text);
		}
		change.value[sizeof(change.value) - 1] = '\0';
		fn(arg, &change);
	}
	connections_diff(old, now, fn, arg);
}

void
config_keep(struct config *now, const struct config *old)
{
	for (size_t i = 0; i < NSETTINGS; i++) {
		const struct setting *s = &config_settings[i];
		char *to = (char *)now + s->at;
		const char *from = (const char *)old + s->at;

		if (s->answer != CONFIG_RESTART)
			continue;
		if (is_text(s))
			text_put((char **)to, *(const char *const *)from);
		else if (s->type == SET_BOOL)
			*(bool *)to = *(const bool *)from;
		else
			*(int64_t *)to = *(const int64_t *)from;
	}
}
