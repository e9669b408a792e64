/* SPDX-License-Identifier: Apache-2.0
 * client/shell.c - collects lines until a statement is whole, sends it, shows
 * what comes back; lines that begin with a backslash are for the shell itself.
 */
#include "client/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/version.h"
#include "client/api.h"
#include "client/complete.h"
#include "client/line.h"
#include "client/run.h"

struct shell {
	struct api *api;
	struct line *line;
	struct output out;
	enum output_format format; /* without \x */
	struct buf text;  /* of the statement that is typed */
	struct buf last;  /* the one that was sent last */
	bool timing;
	int to_fd;        /* of \o; -1: standard output */
	bool leave;
	int status;
};

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

/* ---- sending ---- */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Rows go where \o says while a script runs; *ret_saved is for restore(). */
static void
redirect(struct shell *sh, int *ret_saved)
{
	*ret_saved = -1;
	if (sh->to_fd < 0)
		return;
	fflush(stdout);
	*ret_saved = dup(STDOUT_FILENO);
	dup2(sh->to_fd, STDOUT_FILENO);
}

static void
restore(int saved)
{
	fflush(stdout);
	if (saved < 0)
		return;
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

/* 0, or 3 when the daemon is gone. */
static int
send_script(struct shell *sh, const char *text, size_t n)
{
	struct api_lines lines = run_lines(&sh->out);
	struct error err = ERROR_INIT;
	double began = seconds();
	int rc, saved;

	sh->out.failed = false;
	run_interrupted = 0;
	redirect(sh, &saved);
	rc = api_sql(sh->api, text, n, &lines, &err);
	output_flush(&sh->out);
	restore(saved);
	if (rc < 0 && err.code == ERR_CANCELLED)
		fputs("\ncancelled\n", stderr);
	else if (rc < 0)
		fprintf(stderr, "sluice: %s\n", err.message);
	if (sh->timing)
		fprintf(stderr, "time: %.3f ms\n", (seconds() - began) * 1e3);
	return rc < 0 && err.code != ERR_CANCELLED ? 3 : 0;
}

static void
send_text(struct shell *sh, const char *text)
{
	sh->status = send_script(sh, text, strlen(text));
	sh->leave |= sh->status != 0;
}

/* ---- what begins with a backslash ---- */

static const char help[] =
	"\\q            leaves (Ctrl-D, too)\n"
	"\\d [NAME]     tables and views, or the columns of one\n"
	"\\dt \\dv \\dj   tables, views, jobs\n"
	"\\df [PATTERN] functions, with % and _ as in LIKE\n"
	"\\i FILE       runs a script\n"
	"\\o [FILE]     rows go into a file, or to the screen again\n"
	"\\x            rows one column a line, or again in line\n"
	"\\f FORMAT     aligned, csv, tsv, json, vertical\n"
	"\\timing       how long statements take, or no longer\n"
	"\\watch [S]    the last statement again every S seconds (2); Ctrl-C ends it\n"
	"Tab completes, Ctrl-R searches the history, Ctrl-C ends a query.\n";

static void
describe(struct shell *sh, const char *name)
{
	char sql[512];

	if (!*name)
		send_text(sh, "SHOW TABLES;");
	else if (snprintf(sql, sizeof(sql), "DESCRIBE %s;", name) <
		 (int)sizeof(sql))
		send_text(sh, sql);
}

static void
show_functions(struct shell *sh, const char *pattern)
{
	char sql[512];

	if (!*pattern)
		send_text(sh, "SHOW FUNCTIONS;");
	else if (!strchr(pattern, '\'') &&
		 snprintf(sql, sizeof(sql), "SHOW FUNCTIONS LIKE '%s';",
			  pattern) < (int)sizeof(sql))
		send_text(sh, sql);
	else
		fputs("\\df takes a pattern without quotes\n", stderr);
}

static void
run_file(struct shell *sh, const char *file)
{
	struct buf text;

	if (!*file) {
		fputs("\\i takes the name of a file\n", stderr);
		return;
	}
	buf_init(&text);
	if (run_read_file(file, &text) == 0) {
		sh->out.file = file;
		sh->status = send_script(sh, buf_cstr(&text), text.len);
		sh->leave |= sh->status != 0;
		sh->out.file = NULL;
	}
	buf_release(&text);
}

static void
write_to(struct shell *sh, const char *file)
{
	int fd = -1;

	if (*file) {
		fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			  0666);
		if (fd < 0) {
			fprintf(stderr, "cannot write %s: %s\n", file,
				strerror(errno));
			return;
		}
	}
	if (sh->to_fd >= 0)
		close(sh->to_fd);
	sh->to_fd = fd;
}

static void
set_format(struct shell *sh, const char *name)
{
	if (!output_format_from(name, &sh->format))
		fputs("formats: aligned, csv, tsv, json, vertical\n", stderr);
	sh->out.format = sh->format;
}

static void
turn_vertical(struct shell *sh)
{
	sh->out.format = sh->out.format == OUTPUT_VERTICAL
				 ? (sh->format == OUTPUT_VERTICAL
					    ? OUTPUT_ALIGNED : sh->format)
				 : OUTPUT_VERTICAL;
}

/* Until Ctrl-C, an error, or the daemon is gone. */
static void
watch(struct shell *sh, const char *every)
{
	double wait = *every ? strtod(every, NULL) : 2;
	struct timespec pause;

	if (sh->last.len == 0 || !(wait >= 0.1 && wait <= 86400)) {
		fputs(sh->last.len ? "\\watch takes seconds, from 0.1 on\n"
				   : "there is no statement to repeat\n",
		      stderr);
		return;
	}
	pause.tv_sec = (time_t)wait;
	pause.tv_nsec = (long)((wait - (double)pause.tv_sec) * 1e9);
	do {
		send_text(sh, buf_cstr(&sh->last));
	} while (!sh->leave && !sh->out.failed && !run_interrupted &&
		 nanosleep(&pause, NULL) == 0 && !run_interrupted);
}

static void
run_command(struct shell *sh, const char *line)
{
	static const struct {
		const char *name, *sql;
		void (*run)(struct shell *sh, const char *arg);
	} commands[] = {
		{ "\\d", NULL, describe },
		{ "\\dt", "SHOW TABLES;", NULL },
		{ "\\dv", "SHOW VIEWS;", NULL },
		{ "\\dj", "SHOW JOBS;", NULL },
		{ "\\df", NULL, show_functions },
		{ "\\i", NULL, run_file },
		{ "\\o", NULL, write_to },
		{ "\\f", NULL, set_format },
		{ "\\watch", NULL, watch },
	};
	size_t n = strcspn(line, " \t;");
	const char *arg = line + n + strspn(line + n, " \t;");

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strlen(commands[i].name) != n ||
		    strncmp(commands[i].name, line, n) != 0)
			continue;
		if (commands[i].sql)
			send_text(sh, commands[i].sql);
		else
			commands[i].run(sh, arg);
		return;
	}
	if (n == 2 && line[1] == 'q')
		sh->leave = true;
	else if (n == 2 && line[1] == '?')
		fputs(help, stdout);
	else if (n == 2 && line[1] == 'x')
		turn_vertical(sh);
	else if (strncmp(line, "\\timing", n) == 0 && n == 7)
		sh->timing = !sh->timing;
	else
		fprintf(stderr, "there is no %.*s: \\? lists what there is\n",
			(int)n, line);
}

/* ---- lines ---- */

static void
take_line(struct shell *sh, const char *line)
{
	if (sh->text.len == 0 && line[0] == '\\') {
		line_remember(sh->line, line);
		run_command(sh, line);
		return;
	}
	buf_puts(&sh->text, line);
	buf_putc(&sh->text, '\n');
	if (!is_whole(buf_cstr(&sh->text), sh->text.len) ||
	    set_is_open(buf_cstr(&sh->text)))
		return;
	buf_clear(&sh->last);
	buf_append(&sh->last, sh->text.data, sh->text.len - 1);
	line_remember(sh->line, buf_cstr(&sh->last));
	sh->status = send_script(sh, sh->text.data, sh->text.len);
	sh->leave |= sh->status != 0;
	buf_clear(&sh->text);
}

static char *
history_file(void)
{
	const char *home = getenv("HOME");
	const char *file = getenv("SLUICE_HISTORY");
	char *path;

	if (file)
		return *file ? mem_strdup(file) : NULL;
	if (!home || asprintf(&path, "%s/.sluice_history", home) < 0)
		return NULL;
	return path;
}

int
shell_run(struct api *a, enum output_format format)
{
	struct shell sh = { .api = a, .format = format, .to_fd = -1 };
	char *history = history_file();
	const char *line;

	printf("sluice %s. Statements end with ;  \\? helps, \\q or Ctrl-D "
	       "leaves.\n", SLUICE_VERSION);
	fflush(stdout);
	output_init(&sh.out, format);
	buf_init(&sh.text);
	buf_init(&sh.last);
	run_catch_signals();
	sh.line = line_create(history, complete_words, a);
	while (!sh.leave) {
		run_interrupted = 0;
		switch (line_read(sh.line, sh.text.len ? "     -> " : "sluice> ",
				  buf_cstr(&sh.text), &line)) {
		case LINE_TEXT:
			take_line(&sh, line);
			break;
		case LINE_INTERRUPTED:
			buf_clear(&sh.text);
			break;
		case LINE_END:
			putchar('\n');
			sh.leave = true;
		}
	}
	line_destroy(sh.line);
	free(history);
	write_to(&sh, "");
	output_release(&sh.out);
	buf_release(&sh.text);
	buf_release(&sh.last);
	return sh.status;
}
