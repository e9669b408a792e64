/* SPDX-License-Identifier: Apache-2.0
 * client/commands.c - a table of names, what they take, what they do.
 */
#include "client/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "client/pager.h"
#include "client/term.h"
#include "client/told.h"

static int
wrong(const char *what)
{
	told_line("%s", what);
	return 1;
}

/* ---- statements in short ---- */

static int
send_text(struct session *s, const char *text)
{
	return session_send(s, text, strlen(text));
}

static int
run_describe(struct session *s, const char *name)
{
	char sql[512];

	if (!*name)
		return send_text(s, "SHOW TABLES;");
	if (snprintf(sql, sizeof(sql), "DESCRIBE %s;", name) >=
	    (int)sizeof(sql))
		return wrong("\\d takes the name of a table or view");
	return send_text(s, sql);
}

static int
run_tables(struct session *s, const char *arg)
{
	(void)arg;
	return send_text(s, "SHOW TABLES;");
}

static int
run_views(struct session *s, const char *arg)
{
	(void)arg;
	return send_text(s, "SHOW VIEWS;");
}

static int
run_jobs(struct session *s, const char *arg)
{
	(void)arg;
	return send_text(s, "SHOW JOBS;");
}

static int
run_functions(struct session *s, const char *pattern)
{
	char sql[512];

	if (!*pattern)
		return send_text(s, "SHOW FUNCTIONS;");
	if (strchr(pattern, '\'') ||
	    snprintf(sql, sizeof(sql), "SHOW FUNCTIONS LIKE '%s';", pattern) >=
		    (int)sizeof(sql))
		return wrong("\\df takes a pattern without quotes");
	return send_text(s, sql);
}

/* ---- files ---- */

/* ~/x, and what a script names beside itself. The result is the caller's. */
static char *
path_of(const struct session *s, const char *name)
{
	const char *home = getenv("HOME");
	const char *slash = s->file ? strrchr(s->file, '/') : NULL;
	char *path = NULL;
	int n;

	if (strncmp(name, "~/", 2) == 0 && home)
		n = asprintf(&path, "%s%s", home, name + 1);
	else if (*name == '/' || !slash)
		n = asprintf(&path, "%s", name);
	else
		n = asprintf(&path, "%.*s/%s", (int)(slash - s->file), s->file,
			     name);
	CHECK(n >= 0);
	return path;
}

static int
run_include(struct session *s, const char *name)
{
	char *path;
	int status;

	if (!*name)
		return wrong("\\i takes the name of a file");
	if (s->depth >= SESSION_DEPTH_MAX) {
		told_line("\\i %s: scripts run each other more than %d deep",
			  name, SESSION_DEPTH_MAX);
		return 1;
	}
	path = path_of(s, name);
	status = session_file(s, path);
	free(path);
	return status;
}

static int
run_output(struct session *s, const char *name)
{
	char *path;
	int fd = -1;

	if (*name) {
		path = path_of(s, name);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0)
			told_line("cannot write %s: %s", path, strerror(errno));
		free(path);
		if (fd < 0)
			return 1;
	}
	if (s->to_fd >= 0)
		close(s->to_fd);
	s->to_fd = fd;
	return 0;
}

/* ---- how rows look ---- */

static int
run_format(struct session *s, const char *name)
{
	if (!output_format_from(name, &s->format))
		return wrong("formats: aligned, csv, tsv, json, vertical");
	s->out.format = s->format;
	return 0;
}

static int
run_turn(struct session *s, const char *arg)
{
	(void)arg;
	if (s->out.format != OUTPUT_VERTICAL)
		s->out.format = OUTPUT_VERTICAL;
	else
		s->out.format = s->format == OUTPUT_VERTICAL ? OUTPUT_ALIGNED
							     : s->format;
	return 0;
}

/* on, off, or the other of both. False: neither. */
static bool
switched(const char *arg, bool now, bool *ret)
{
	if (strcmp(arg, "on") == 0)
		*ret = true;
	else if (strcmp(arg, "off") == 0)
		*ret = false;
	else if (!*arg)
		*ret = !now;
	else
		return false;
	return true;
}

static int
run_timing(struct session *s, const char *arg)
{
	if (!switched(arg, s->timing, &s->timing))
		return wrong("\\timing takes on or off");
	told_line("timing is %s", s->timing ? "on" : "off");
	return 0;
}

static int
run_colour(struct session *s, const char *arg)
{
	static bool on = true;

	(void)s;
	if (!switched(arg, on, &on))
		return wrong("\\colour takes on or off");
	term_allow_colour(on);
	return 0;
}

static int
run_changes(struct session *s, const char *arg)
{
	if (!switched(arg, s->out.shows_changes, &s->out.shows_changes))
		return wrong("\\changes takes on or off");
	told_line("results that update are shown as %s",
		  s->out.shows_changes ? "their changes" : "a table");
	return 0;
}

static int
run_pager(struct session *s, const char *arg)
{
	(void)s;
	if (strcmp(arg, "on") == 0)
		pager_set(NULL);
	else if (strcmp(arg, "off") == 0)
		pager_set("");
	else if (*arg)
		pager_set(arg);
	told_line("pager: %s", pager_command() ? pager_command() : "off");
	return 0;
}

/* ---- again ---- */

static int
run_again(struct session *s, const char *arg)
{
	(void)arg;
	if (s->last.len == 0)
		return wrong("there is no statement to repeat");
	return session_send(s, s->last.data, s->last.len);
}

/* Until Ctrl-C, an error, or the daemon is gone. */
static int
run_watch(struct session *s, const char *every)
{
	char *end = NULL;
	double wait = *every ? strtod(every, &end) : 2;
	struct timespec pause;
	int status;

	if (s->last.len == 0)
		return wrong("there is no statement to repeat");
	if ((end && *end) || !(wait >= 0.1 && wait <= 86400))
		return wrong("\\watch takes seconds, from 0.1 on");
	pause.tv_sec = (time_t)wait;
	pause.tv_nsec = (long)((wait - (double)pause.tv_sec) * 1e9);
	do {
		status = session_send(s, s->last.data, s->last.len);
	} while (status == 0 && !s->lost && !s->out.left &&
		 !session_interrupted &&
		 nanosleep(&pause, NULL) == 0 && !session_interrupted);
	return status;
}

/* ---- the editor ---- */

static int
run_editor(const char *path)
{
	const char *editor = getenv("VISUAL");
	int status = -1;
	pid_t pid;

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	term_lend();
	pid = fork();
	if (pid == 0) {
		char *command;

		/* The name is an argument of its own: it needs no quotes. */
		if (asprintf(&command, "%s \"$1\"", editor) < 0)
			_exit(127);
		execl("/bin/sh", "sh", "-c", command, "sh", path,
		      (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	term_take_back();
	session_interrupted = 0; /* a Ctrl-C was meant for the editor */
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	told_line("the editor \"%s\" did not end well: nothing is run", editor);
	return -1;
}

/* The file's time before the editor has it: any writing changes that. */
static const struct timespec never_saved[2] = { { 1, 0 }, { 1, 0 } };

/* Reads what the editor has left. False if there is nothing to run: a file
 * that was neither saved nor changed is that of somebody who thought better
 * of it. */
static bool
take_edited(const char *path, struct buf *text)
{
	struct stat st;
	struct buf old;
	bool same;

	buf_init(&old);
	buf_append(&old, text->data, text->len);
	buf_clear(text);
	if (stat(path, &st) < 0 || session_read_file(path, text) != 0) {
		buf_release(&old);
		told_line("%s cannot be read: nothing is run", path);
		return false;
	}
	same = st.st_mtim.tv_sec == never_saved[1].tv_sec &&
	       text->len == old.len &&
	       memcmp(text->data, old.data, old.len) == 0;
	buf_release(&old);
	while (text->len && strchr(" \t\r\n", text->data[text->len - 1]))
		text->len--;
	if (same || text->len == 0)
		told_line("%s: nothing is run",
			  same ? "not changed" : "the file is empty");
	return !same && text->len > 0;
}

bool
commands_edit(struct buf *text)
{
	const char *tmp = getenv("TMPDIR");
	char *path;
	bool good;
	int fd;

	CHECK(asprintf(&path, "%s/sluice-XXXXXX.sql",
		       tmp && *tmp ? tmp : "/tmp") >= 0);
	fd = mkostemps(path, 4, O_CLOEXEC);
	if (fd < 0) {
		told_line("cannot make %s: %s", path, strerror(errno));
		free(path);
		return false;
	}
	good = write(fd, text->data, text->len) == (ssize_t)text->len &&
	       futimens(fd, never_saved) == 0;
	if (!good)
		told_line("cannot write %s: %s", path, strerror(errno));
	close(fd);
	good = good && run_editor(path) == 0 && take_edited(path, text);
	unlink(path);
	free(path);
	return good;
}

static int
run_edit(struct session *s, const char *name)
{
	struct buf text;
	int status = 1;

	if (*name)
		return wrong("\\e takes nothing: it edits the last statement");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return wrong("\\e needs a terminal");
	buf_init(&text);
	buf_append(&text, s->last.data, s->last.len);
	if (commands_edit(&text)) {
		buf_clear(&s->last);
		buf_append(&s->last, text.data, text.len);
		told_line("%s", buf_cstr(&text));
		status = session_script(s, NULL, buf_cstr(&text), text.len);
	}
	buf_release(&text);
	return status;
}

/* ---- all of them ---- */

static int
run_leave(struct session *s, const char *arg)
{
	(void)arg;
	s->leave = true;
	return 0;
}

static int
run_help(struct session *s, const char *arg)
{
	(void)s;
	(void)arg;
	commands_help();
	return 0;
}

static const struct command {
	const char *name, *takes;
	int (*run)(struct session *s, const char *arg);
	const char *help;
} commands[] = {
	{ "\\?", "", run_help, "this list" },
	{ "\\q", "", run_leave, "leaves, as Ctrl-D does" },
	{ "\\d", "[NAME]", run_describe,
	  "tables and views, or the columns of one" },
	{ "\\dt", "", run_tables, "tables and views" },
	{ "\\dv", "", run_views, "views" },
	{ "\\dj", "", run_jobs, "jobs" },
	{ "\\df", "[PATTERN]", run_functions,
	  "functions, with % and _ as in LIKE" },
	{ "\\i", "FILE", run_include, "runs a script" },
	{ "\\o", "[FILE]", run_output,
	  "rows go into a file, or to the screen again" },
	{ "\\e", "", run_edit, "the last statement into an editor" },
	{ "\\g", "", run_again, "the last statement again" },
	{ "\\watch", "[S]", run_watch,
	  "the same every S seconds (2), until Ctrl-C" },
	{ "\\x", "", run_turn, "rows one column a line, or again in line" },
	{ "\\f", "FORMAT", run_format, "aligned, csv, tsv, json, vertical" },
	{ "\\changes", "[on|off]", run_changes,
	  "results that update: their changes, or the table" },
	{ "\\timing", "[on|off]", run_timing, "how long statements take" },
	{ "\\pager", "[on|off|COMMAND]", run_pager,
	  "what long results go through" },
	{ "\\colour", "[on|off]", run_colour, "colours on a terminal" },
};

const char *
commands_name(unsigned i)
{
	return i < ARRAY_LEN(commands) ? commands[i].name : NULL;
}

void
commands_help(void)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", commands[i].name,
			 commands[i].takes);
		printf("%-26s%s\n", left, commands[i].help);
	}
	puts("help, quit and exit need no semicolon. Tab completes, Ctrl-R "
	     "searches the history,\nCtrl-C ends a query, q a live one.");
	fflush(stdout);
}

int
commands_run(struct session *s, const char *line)
{
	size_t n = strcspn(line, " \t;");
	const char *arg = line + n + strspn(line + n, " \t;");
	char *copy = mem_strdup(arg);
	size_t len = strlen(copy);
	int status = -1;

	while (len && (copy[len - 1] == ' ' || copy[len - 1] == '\t'))
		copy[--len] = '\0';
	if (len > 1 && copy[0] == '\'' && copy[len - 1] == '\'') {
		copy[len - 1] = '\0';
		memmove(copy, copy + 1, len - 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(commands) && status < 0; i++)
		if (strlen(commands[i].name) == n &&
		    strncmp(commands[i].name, line, n) == 0)
			status = commands[i].run(s, copy);
	free(copy);
	if (status >= 0)
		return status;
	told_line("there is no %.*s: \\? lists what there is", (int)n, line);
	return 1;
}
