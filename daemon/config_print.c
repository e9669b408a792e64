/* SPDX-License-Identifier: Apache-2.0
 * daemon/config_print.c - a configuration as a file that reads back as the
 * same one, and the manual's table of settings.
 */
#include <inttypes.h>
#include <string.h>

#include "daemon/config_table.h"
#include "daemon/connections.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define MS INT64_C(1000)
#define SEC (1000 * MS)

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

void
config_print_value(const struct config *c, const struct setting *s, FILE *out)
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

/* A line of the file cannot say what is long, or has what begins a comment. */
static bool
fits_line(const struct setting *s, const char *value)
{
	size_t n = strlen(value);

	return strlen(s->key) + n + 4 <= CONFIG_LINE_MAX &&
	       !strpbrk(value, "\r\n") && !strstr(value, " ;") &&
	       !strstr(value, "\t;") && value[0] != ';' &&
	       (n == 0 || (value[0] != ' ' && value[n - 1] != ' '));
}

static void
print_setting(const struct config *c, const struct setting *s, FILE *out)
{
	const char *text = s->type == SET_TEXT
				   ? *(const char *const *)((const char *)c +
							    s->at)
				   : "";

	print_comment(s->help, out);
	if (s->choices)
		fprintf(out, "# One of %s.\n", s->choices);
	fprintf(out, "# Default: %s\n", *s->fallback ? s->fallback : "empty");
	if (!fits_line(s, text)) {
		fprintf(out, "# In force by --set, since no line can say it: "
			"%s.%s\n", s->section, s->key);
		return;
	}
	fprintf(out, "%s = ", s->key);
	config_print_value(c, s, out);
	fputc('\n', out);
}

static const char example[] =
	"\n"
	"# Connections: 'connection' = 'prod' in WITH (...) stands for these Kafka\n"
	"# properties. Passwords are references: ${file:/etc/sluice/NAME},\n"
	"# ${cred:NAME} (a credential of systemd), ${env:NAME}.\n"
	"#\n"
	"# [kafka \"prod\"]\n"
	"# bootstrap.servers = k1.example.com:9093,k2.example.com:9093\n"
	"# security.protocol = SASL_SSL\n"
	"# ssl.ca.location = /etc/ssl/certs/example-ca.pem\n"
	"# sasl.mechanism = PLAIN\n"
	"# sasl.username = sluice\n"
	"# sasl.password = ${cred:kafka-prod}\n";

void
config_print(const struct config *c, FILE *out)
{
	const char *section = "";

	fputs("# sluice.ini - every setting with its default; see "
	      "docs/manual/settings.md\n", out);
	for (size_t i = 0; i < config_nsettings; i++) {
		const struct setting *s = &config_settings[i];

		if (strcmp(section, s->section) != 0) {
			section = s->section;
			fprintf(out, "\n[%s]\n", section);
		}
		print_setting(c, s, out);
	}
	fputs(example, out);
	connections_print(c, out);
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
	static const char *const answers[] = {
		[CONFIG_APPLIED] = "at once",
		[CONFIG_APPLIED_NEXT] = "next start",
		[CONFIG_RESTART] = "restart",
	};

	fputs("| setting | values | default | a change | meaning |\n"
	      "|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < config_nsettings; i++) {
		const struct setting *s = &config_settings[i];

		fprintf(out, "| `[%s] %s` | ", s->section, s->key);
		document_values(s, out);
		if (*s->fallback)
			fprintf(out, " | `%s`", s->fallback);
		else
			fputs(" | empty", out);
		fprintf(out, " | %s | %s |\n", answers[s->answer], s->help);
	}
}
