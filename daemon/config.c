/* SPDX-License-Identifier: Apache-2.0
 * daemon/config.c - the table of settings, and the readers that it feeds.
 *
 * inih cuts lines at 200 bytes and tells its handler no line number, so lines
 * come from a reader of ours (ini_parse_stream) that counts them and refuses
 * long ones (reliability.md section 8).
 */
#include "daemon/config.h"

#include <errno.h>
#include <inttypes.h>
#include <ini.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "parser/options.h"

#define CONFIG_FILE "/etc/sluice/sluice.ini"
#define LINE_MAX_BYTES 190 /* what inih takes whole */

enum setting_type { SET_TEXT, SET_BOOL, SET_INT, SET_BYTES, SET_DURATION,
		    SET_CHOICE };

struct setting {
	const char *section, *key;
	enum setting_type type;
	size_t at; /* in struct config */
	const char *fallback;
	int64_t min, max;    /* numbers, bytes, microseconds */
	const char *choices; /* SET_CHOICE: "a|b" */
	const char *help;
};

#define AT(field) offsetof(struct config, field)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define MS INT64_C(1000)
#define SEC (1000 * MS)

static const struct setting settings[] = {
	{ "daemon", "state-dir", SET_TEXT, AT(state_dir), "/var/lib/sluice", 0, 0, NULL,
	  "Directory of catalog.db and jobs/<name>.db; one daemon at a time holds it." },
	{ "daemon", "socket", SET_TEXT, AT(socket), "/run/sluice/sluice.sock", 0, 0, NULL,
	  "Unix socket on which statements are taken (HTTP)." },
	{ "daemon", "socket-group", SET_TEXT, AT(socket_group), "sluice", 0, 0, NULL,
	  "Group that may use the socket; ignored where there is no such group." },
	{ "daemon", "log-level", SET_CHOICE, AT(log_level), "info", 0, 0, "debug|info|warn|error",
	  "The least level of lines on stderr." },
	{ "limits", "jobs", SET_INT, AT(jobs_max), "200", 1, 10000, NULL,
	  "Jobs that the daemon keeps, running or not." },
	{ "limits", "selects", SET_INT, AT(selects_max), "16", 0, 1000, NULL,
	  "SELECTs over the socket that run at once; each has a thread." },
	{ "limits", "sessions", SET_INT, AT(sessions_max), "256", 1, 100000, NULL,
	  "Sessions kept for clients that ask for one." },
	{ "limits", "connections", SET_INT, AT(connections_max), "64", 4, 10000, NULL,
	  "Connections to the socket at once; more are answered 429." },
	{ "limits", "request-timeout", SET_DURATION, AT(request_timeout_us), "30 s", SEC, 3600 * SEC, NULL,
	  "A connection that sends nothing for so long, between requests or in the middle of one, is closed." },
	{ "limits", "script-bytes", SET_BYTES, AT(script_bytes_max), "1 mb", KIB, 64 * MIB, NULL,
	  "Largest script; larger ones are answered 413." },
	{ "limits", "statement-depth", SET_INT, AT(statement_depth_max), "200", 10, 2000, NULL,
	  "Nesting of expressions and queries." },
	{ "limits", "columns", SET_INT, AT(columns_max), "1000", 10, 4000, NULL,
	  "Columns, arguments or options in one list." },
	{ "limits", "statements", SET_INT, AT(statements_max), "1000", 1, 100000, NULL,
	  "Statements in one script." },
	{ "limits", "state-bytes", SET_BYTES, AT(state_bytes_max), "2 gb", MIB, 1024 * GIB, NULL,
	  "Keyed state of one job in memory; a job over it is BLOCKED." },
	{ "limits", "errors-rows", SET_INT, AT(errors_rows_max), "100000", 0, 100000000, NULL,
	  "Quarantined records that a job's file keeps; more are only counted." },
	{ "limits", "errors-bytes", SET_BYTES, AT(errors_bytes_max), "256 mb", 0, 64 * GIB, NULL,
	  "The same in bytes." },
	{ "client", "buffer", SET_BYTES, AT(client_buffer_bytes), "1 mb", 64 * KIB, GIB, NULL,
	  "Rows of a SELECT that wait for their client; a full buffer stops the query." },
	{ "client", "stall-timeout", SET_DURATION, AT(client_stall_us), "10 min", SEC, 7 * 24 * 3600 * SEC, NULL,
	  "A SELECT whose client reads nothing for so long is ended." },
	{ "runtime", "pin-threads", SET_CHOICE, AT(pin_threads), "auto", 0, 0, "auto|on|off",
	  "Each job's threads stay on one core, in turn: two to three times cheaper with librdkafka." },
	{ "runtime", "store-threads", SET_INT, AT(store_threads), "0", 0, 64, NULL,
	  "Threads that commit checkpoints; 0: one per core, at most 4." },
	{ "runtime", "checkpoint-interval", SET_DURATION, AT(checkpoint_interval_us), "5 s", 10 * MS, 24 * 3600 * SEC, NULL,
	  "Default of the SQL setting execution.checkpointing.interval." },
	{ "runtime", "restart-backoff", SET_DURATION, AT(restart_backoff_us), "1 s", MS, 3600 * SEC, NULL,
	  "Wait before a job is restarted after a transient failure; grows by half each time, give or take a tenth." },
	{ "runtime", "restart-backoff-max", SET_DURATION, AT(restart_backoff_max_us), "1 min", MS, 24 * 3600 * SEC, NULL,
	  "The longest such wait." },
	{ "runtime", "restart-reset-after", SET_DURATION, AT(restart_reset_us), "10 min", SEC, 24 * 3600 * SEC, NULL,
	  "A job that has run so long begins with the shortest wait again." },
	{ "runtime", "restart-attempts", SET_INT, AT(restart_attempts), "0", 0, 1000000, NULL,
	  "Restarts in a row after which a job is FAILED; 0: it is tried for ever." },
	{ "kafka", "queue-bytes", SET_BYTES, AT(kafka_queue_bytes), "32 mb", MIB, 4 * GIB, NULL,
	  "Fetched records that wait in one job's Kafka client." },
	{ "kafka", "inflight-bytes", SET_BYTES, AT(kafka_inflight_bytes), "64 mb", MIB, 4 * GIB, NULL,
	  "Output of one job that is not acknowledged yet; then its source waits." },
	{ "embedded-kafka", "enabled", SET_BOOL, AT(embedded_enabled), "false", 0, 0, NULL,
	  "Runs a mock Kafka inside the daemon, named by 'properties.bootstrap.servers' = 'embedded': for trying things out, it keeps 5 MB a partition and forgets all at a restart." },
	{ "metrics", "listen", SET_TEXT, AT(metrics_listen), "", 0, 0, NULL,
	  "host:port of a TCP socket with /metrics, /healthz and /readyz only; empty: none." },
	{ "files", "paths", SET_TEXT, AT(file_paths), "", 0, 0, NULL,
	  "Directories, separated by ':', below which the filesystem connector may read and write; empty: everywhere that the daemon's user may." },
};

static const struct setting *
setting_find(const char *section, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (strcmp(settings[i].section, section) == 0 &&
		    strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

static int
unknown(const char *section, const char *key, struct error *err)
{
	const char *names[ARRAY_LEN(settings)], *near;
	char full[ARRAY_LEN(settings)][64], word[128];

	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		snprintf(full[i], sizeof(full[i]), "%s.%s",
			 settings[i].section, settings[i].key);
		names[i] = full[i];
	}
	snprintf(word, sizeof(word), "%s.%s", section, key);
	error_set(err, ERR_CONFIG, "there is no setting %s", word);
	near = error_nearest(word, names, ARRAY_LEN(settings));
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

/* ---- the file ---- */

struct reader {
	struct config *c;
	const char *path;
	FILE *file;
	unsigned line;
	char *text; /* of it, as getline() keeps it */
	size_t text_size;
	bool too_long;
	struct error *err;
};

static char *
read_line(char *out, int size, void *arg)
{
	struct reader *r = arg;
	const char *from;
	size_t n;

	if (getline(&r->text, &r->text_size, r->file) < 0)
		return NULL;
	r->line++;
	/* To inih an indented line goes on with the value before it. */
	from = r->text + strspn(r->text, " \t");
	if (*from == '#' || *from == ';')
		from = "\n";
	n = strlen(from);
	if (n > LINE_MAX_BYTES) {
		r->too_long = true;
		return NULL;
	}
	CHECK(n < (size_t)size);
	memcpy(out, from, n + 1);
	return out;
}

/* inih's handler: 1 goes on, 0 stops. */
static int
on_setting(void *arg, const char *section, const char *key, const char *value)
{
	struct reader *r = arg;
	const struct setting *s = setting_find(section, key);

	if (r->err->code != ERR_NONE)
		return 0;
	if (!s)
		unknown(section, key, r->err);
	else
		setting_put(r->c, s, value, r->err);
	if (r->err->code == ERR_NONE)
		return 1;
	error_context(r->err, "%s:%u", r->path, r->line);
	return 0;
}

static int
read_file(struct config *c, const char *path, bool must, struct error *err)
{
	struct reader r = { .c = c, .path = path, .err = err };
	int bad;

	r.file = fopen(path, "re");
	if (!r.file)
		return !must && errno == ENOENT
			       ? 0
			       : error_errno(err, ERR_CONFIG, errno,
					     "cannot read %s", path);
	error_clear(err);
	bad = ini_parse_stream(read_line, &r, on_setting, &r);
	fclose(r.file);
	free(r.text);
	if (r.too_long)
		return error_set(err, ERR_CONFIG,
				 "%s:%u: the line is longer than %d bytes: give "
				 "a long value by --set",
				 path, r.line, LINE_MAX_BYTES);
	if (err->code != ERR_NONE)
		return -1;
	if (bad)
		return error_set(err, ERR_CONFIG,
				 "%s:%d: expected [section], key = value or a comment",
				 path, bad);
	return 0;
}

/* ---- --set ---- */

static int
apply_set(struct config *c, const char *text, struct error *err)
{
	const char *dot = strchr(text, '.'), *eq = strchr(text, '=');
	const struct setting *s;
	char section[64], key[64];

	if (!dot || !eq || eq < dot || dot - text >= (long)sizeof(section) ||
	    eq - dot > (long)sizeof(key))
		return error_set(err, ERR_CONFIG,
				 "--set %s: expected section.key=value", text);
	snprintf(section, sizeof(section), "%.*s", (int)(dot - text), text);
	snprintf(key, sizeof(key), "%.*s", (int)(eq - dot - 1), dot + 1);
	s = setting_find(section, key);
	if (!s) {
		unknown(section, key, err);
		error_context(err, "--set");
		return -1;
	}
	return setting_put(c, s, eq + 1, err);
}

int
config_load(const char *file, const char *const *sets, unsigned nsets,
	    struct config *ret, struct error *err)
{
	struct config c = { 0 };
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		rc = setting_put(&c, &settings[i], settings[i].fallback, err);
		CHECK(rc == 0);
	}
	rc = read_file(&c, file ? file : CONFIG_FILE, file != NULL, err);
	for (unsigned i = 0; i < nsets && rc == 0; i++)
		rc = apply_set(&c, sets[i], err);
	if (rc < 0)
		config_release(&c);
	else
		*ret = c;
	return rc;
}

void
config_release(struct config *c)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		char **field = (char **)((char *)c + settings[i].at);

		if (settings[i].type != SET_TEXT &&
		    settings[i].type != SET_CHOICE)
			continue;
		free(*field);
		*field = NULL;
	}
}

/* ---- out ---- */

struct unit {
	const char *name;
	int64_t of;
};

static const struct unit times[] = {
	{ "d", 24 * 3600 * SEC }, { "h", 3600 * SEC }, { "min", 60 * SEC },
	{ "s", SEC }, { "ms", MS }, { "us", 1 },
};
static const struct unit sizes[] = {
	{ "gb", GIB }, { "mb", MIB }, { "kb", KIB }, { "b", 1 },
};

/* In the largest unit that tells it whole; nothing is told in the last. */
static void
print_in(const struct unit *u, int64_t v, FILE *out)
{
	while (u->of > 1 && (v == 0 || v % u->of != 0))
		u++;
	fprintf(out, "%" PRId64 " %s", v / u->of, u->name);
}

static void
print_number(enum setting_type type, int64_t v, FILE *out)
{
	if (type == SET_DURATION)
		print_in(times, v, out);
	else if (type == SET_BYTES)
		print_in(sizes, v, out);
	else
		fprintf(out, "%" PRId64, v);
}

static void
print_value(const struct config *c, const struct setting *s, FILE *out)
{
	const void *field = (const char *)c + s->at;

	switch (s->type) {
	case SET_TEXT:
	case SET_CHOICE:
		fputs(*(const char *const *)field, out);
		return;
	case SET_BOOL:
		fputs(*(const bool *)field ? "true" : "false", out);
		return;
	case SET_DURATION:
	case SET_BYTES:
	case SET_INT:
		print_number(s->type, *(const int64_t *)field, out);
		return;
	}
}

/* As comment lines of at most 78 columns. */
static void
print_comment(const char *text, FILE *out)
{
	while (*text) {
		size_t n = strlen(text);

		if (n > 76)
			for (n = 76; n > 0 && text[n] != ' ';)
				n--;
		fprintf(out, "# %.*s\n", (int)n, text);
		text += n;
		text += *text == ' ';
	}
}

void
config_print(const struct config *c, FILE *out)
{
	const char *section = "";

	fputs("# sluice.ini - every setting with its default; see "
	      "docs/manual/settings.md\n", out);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const struct setting *s = &settings[i];

		if (strcmp(section, s->section) != 0) {
			section = s->section;
			fprintf(out, "\n[%s]\n", section);
		}
		print_comment(s->help, out);
		if (s->choices)
			fprintf(out, "# One of %s.\n", s->choices);
		fprintf(out, "# Default: %s\n%s = ",
			*s->fallback ? s->fallback : "empty", s->key);
		print_value(c, s, out);
		fputc('\n', out);
	}
}

/* What a value may be, as a table's cell of Markdown. */
static void
document_values(const struct setting *s, FILE *out)
{
	static const char *const kinds[] = {
		[SET_TEXT] = "text",	     [SET_BOOL] = "`true`, `false`",
		[SET_INT] = "integer",	     [SET_BYTES] = "size",
		[SET_DURATION] = "duration", [SET_CHOICE] = "",
	};

	fputs(kinds[s->type], out);
	for (const char *p = s->choices; p && *p;) {
		size_t len = strcspn(p, "|");

		fprintf(out, "%s`%.*s`", p == s->choices ? "" : ", ", (int)len,
			p);
		p += len;
		p += *p == '|';
	}
	if (s->max == 0)
		return;
	fputc(' ', out);
	print_number(s->type, s->min, out);
	fputs(" to ", out);
	print_number(s->type, s->max, out);
}

void
config_document(FILE *out)
{
	fputs("| setting | values | default | meaning |\n|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const struct setting *s = &settings[i];

		fprintf(out, "| `[%s] %s` | ", s->section, s->key);
		document_values(s, out);
		if (*s->fallback)
			fprintf(out, " | `%s`", s->fallback);
		else
			fputs(" | empty", out);
		fprintf(out, " | %s |\n", s->help);
	}
}
