/* SPDX-License-Identifier: Apache-2.0
 * daemon/config_file.c - the file, line by line. inih cuts lines at 200 bytes,
 * tells its handler no line number and remembers only the first mistake, so it
 * gets its lines from a reader of ours (ini_parse_stream) that counts them and
 * reports those that inih would stumble over (reliability.md section 8).
 */
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "daemon/config_table.h"
#include "daemon/connections.h"

/* What inih keeps of a section's name. */
#define SECTION_MAX 49
/* In the place of a section whose own line is wrong: its keys mean nothing. */
#define NOWHERE "[!]"

struct reader {
	struct config *c;
	const char *path;
	FILE *file;
	unsigned line;
	char *text; /* of it, as getline() keeps it */
	size_t text_size;
	config_report_fn *report;
	void *arg;
	unsigned nwrong;
};

static void
wrong(struct reader *r, struct error *err)
{
	error_context(err, "%s:%u", r->path, r->line);
	r->report(r->arg, err);
	r->nwrong++;
}

static int
check_section(const char *line, struct error *err)
{
	const char *end = strchr(line, ']');
	char name[SECTION_MAX + 1];

	if (!end)
		return error_set(err, ERR_CONFIG,
				 "expected [section], key = value or a comment");
	if (end - line - 1 > SECTION_MAX)
		return error_set(err, ERR_CONFIG,
				 "the section's name is longer than %d bytes",
				 SECTION_MAX);
	snprintf(name, sizeof(name), "%.*s", (int)(end - line - 1), line + 1);
	/* Others may be empty and do no harm; this one makes something. */
	return connection_is_section(name) ? connection_check_section(name, err)
					   : 0;
}

/* A line that inih reads as it is meant, or -1. */
static int
check_line(const char *line, struct error *err)
{
	size_t n = strlen(line);

	if (n > CONFIG_LINE_MAX)
		return error_set(err, ERR_CONFIG,
				 "the line is longer than %d bytes: give a long "
				 "value by --set", CONFIG_LINE_MAX);
	if (*line == '[')
		return check_section(line, err);
	if (strspn(line, " \t\r\n") == n || strpbrk(line, "=:"))
		return 0;
	return error_set(err, ERR_CONFIG,
			 "expected [section], key = value or a comment");
}

static char *
read_line(char *out, int size, void *arg)
{
	struct error err = ERROR_INIT;
	struct reader *r = arg;
	const char *from;

	if (getline(&r->text, &r->text_size, r->file) < 0)
		return NULL;
	r->line++;
	/* To inih an indented line goes on with the value before it. */
	from = r->text + strspn(r->text, " \t");
	if (*from == '#' || *from == ';') {
		from = "\n";
	} else if (check_line(from, &err) < 0) {
		wrong(r, &err);
		from = *from == '[' ? NOWHERE "\n" : "\n";
	}
	CHECK(strlen(from) < (size_t)size);
	memcpy(out, from, strlen(from) + 1);
	return out;
}

/* inih's handler: 1 goes on. */
static int
on_setting(void *arg, const char *section, const char *key, const char *value)
{
	struct error err = ERROR_INIT;
	struct reader *r = arg;

	if (strcmp(section, "!") != 0 &&
	    config_put(r->c, section, key, value, &err) < 0)
		wrong(r, &err);
	return 1;
}

unsigned
config_read_file(struct config *c, const char *path, bool must,
		 config_report_fn *report, void *arg)
{
	struct reader r = { .c = c, .path = path, .report = report,
			    .arg = arg };
	struct error err = ERROR_INIT;
	int bad;

	r.file = fopen(path, "re");
	if (!r.file && !must && errno == ENOENT)
		return 0;
	if (!r.file) {
		error_errno(&err, ERR_CONFIG, errno, "cannot read %s", path);
		report(arg, &err);
		return 1;
	}
	c->from_file = true;
	bad = ini_parse_stream(read_line, &r, on_setting, &r);
	if (bad) { /* such as "= value" */
		r.line = (unsigned)bad;
		error_set(&err, ERR_CONFIG,
			  "expected [section], key = value or a comment");
		wrong(&r, &err);
	}
	if (ferror(r.file)) {
		error_set(&err, ERR_CONFIG, "it cannot be read on");
		wrong(&r, &err);
	}
	fclose(r.file);
	free(r.text);
	return r.nwrong;
}
