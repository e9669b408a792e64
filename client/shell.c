/* SPDX-License-Identifier: Apache-2.0
 * client/shell.c - collects lines until a statement is whole, sends it, shows
 * what comes back.
 */
#include "client/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"
#include "client/api.h"
#include "client/run.h"

/* True when the text ends with a semicolon outside of quotes and comments,
 * and no statement set is open. */
static bool
is_whole(const char *text, size_t n)
{
	bool whole = false;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '\'' || c == '`') {
			for (i++; i < n && text[i] != c; i++)
				;
			whole = false;
			if (i >= n)
				return false;
		} else if (c == '-' && i + 1 < n && text[i + 1] == '-') {
			while (i < n && text[i] != '\n')
				i++;
		} else if (c == '/' && i + 1 < n && text[i + 1] == '*') {
			const char *end = i + 2 < n ? strstr(text + i + 2, "*/")
						    : NULL;

			if (!end)
				return false;
			i = (size_t)(end - text) + 1;
		} else if (c == ';') {
			whole = true;
		} else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
			whole = false;
		}
	}
	return whole;
}

/* EXECUTE STATEMENT SET BEGIN ... END; has semicolons inside. */
static bool
set_is_open(const char *text)
{
	const char *set = strcasestr(text, "STATEMENT SET");
	const char *end = NULL;

	if (!set)
		return false;
	for (const char *p = set; (p = strcasestr(p, "END")); p += 3)
		end = p + 3;
	if (!end)
		return true;
	end += strspn(end, " \t\r\n");
	return *end != ';';
}

static int
send_script(struct api *a, struct output *out, struct buf *text)
{
	struct api_lines lines = run_lines(out);
	struct error err = ERROR_INIT;
	int rc;

	out->failed = false;
	run_interrupted = 0;
	rc = api_sql(a, buf_cstr(text), text->len, &lines, &err);
	output_flush(out);
	if (rc < 0 && err.code == ERR_CANCELLED)
		fputs("\ncancelled\n", stderr);
	else if (rc < 0)
		fprintf(stderr, "sluice: %s\n", err.message);
	return rc < 0 && err.code != ERR_CANCELLED ? 3 : 0;
}

int
shell_run(struct api *a, enum output_format format)
{
	char *line = NULL;
	size_t size = 0;
	struct output out;
	struct buf text;
	int status = 0;

	printf("sluice %s. Statements end with ;  \\q or Ctrl-D leaves.\n",
	       SLUICE_VERSION);
	output_init(&out, format);
	buf_init(&text);
	run_catch_signals();
	for (;;) {
		fputs(text.len ? "     -> " : "sluice> ", stdout);
		fflush(stdout);
		run_interrupted = 0;
		if (getline(&line, &size, stdin) < 0) {
			if (!run_interrupted)
				break;
			clearerr(stdin);
			buf_clear(&text);
			putchar('\n');
			continue;
		}
		if (text.len == 0 && strncmp(line, "\\q", 2) == 0)
			break;
		buf_puts(&text, line);
		if (!is_whole(buf_cstr(&text), text.len) ||
		    set_is_open(buf_cstr(&text)))
			continue;
		status = send_script(a, &out, &text);
		buf_clear(&text);
		if (status)
			break;
	}
	free(line);
	output_release(&out);
	buf_release(&text);
	return status;
}
