/* SPDX-License-Identifier: Apache-2.0
 * client/shell.c - collects lines until a statement is whole, has it sent,
 * and remembers it.
 */
#include "client/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/version.h"
#include "client/commands.h"
#include "client/complete.h"
#include "client/line.h"
#include "client/typed.h"

struct shell {
	struct session *s;
	struct line *line;
	struct buf text; /* of the statement that is typed */
	struct typed typed;
};

/* ---- one line ---- */

/* A password in a statement does not belong into a file. */
static bool
holds_secret(const char *text)
{
	static const char *const keys[] = { "password", "secret",
					    "jaas.config", "ssl.key.pem" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcasestr(text, keys[i]))
			return true;
	return false;
}

static void
remember(struct shell *sh, const char *text)
{
	if (!holds_secret(text))
		line_remember(sh->line, text);
}

static void
show_help(void)
{
	puts("Statements end with a semicolon; SHOW TABLES; SHOW JOBS; and "
	     "SHOW FUNCTIONS; are good ones\nto begin with. What the shell "
	     "knows besides:\n");
	commands_help();
}

static void
clear_screen(void)
{
	fputs("\033[H\033[2J", stdout);
	fflush(stdout);
}

/* Words that act at once, as in psql. */
static bool
is_bare_word(struct shell *sh, const char *line)
{
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, " \t;");
	if (line[n + strspn(line + n, " \t;")])
		return false;
	if (n == 4 && strncasecmp(line, "help", n) == 0)
		show_help();
	else if (n == 5 && strncasecmp(line, "clear", n) == 0)
		clear_screen();
	else if (n == 4 && (strncasecmp(line, "quit", n) == 0 ||
			    strncasecmp(line, "exit", n) == 0))
		sh->s->leave = true;
	else
		return false;
	return true;
}

static void
forget_typed(struct shell *sh)
{
	buf_clear(&sh->text);
	sh->typed = (struct typed){ 0 };
}

static void
send_typed(struct shell *sh)
{
	struct session *s = sh->s;

	buf_clear(&s->last);
	buf_append(&s->last, sh->text.data, sh->text.len - 1);
	remember(sh, buf_cstr(&s->last));
	session_send(s, sh->text.data, sh->text.len);
	forget_typed(sh);
}

/* \e, \g and \watch are about what is typed already, if that is anything. */
static void
run_command(struct shell *sh, const char *line)
{
	static const char *const about[] = { "\\e", "\\g", "\\watch" };
	size_t n = strcspn(line, " \t;");

	remember(sh, line);
	for (size_t i = 0; i < ARRAY_LEN(about) && sh->text.len; i++) {
		if (strlen(about[i]) != n || strncmp(about[i], line, n) != 0)
			continue;
		buf_clear(&sh->s->last);
		buf_append(&sh->s->last, sh->text.data, sh->text.len - 1);
		forget_typed(sh);
	}
	commands_run(sh->s, line);
	if (n == 2 && line[1] == 'e')
		remember(sh, buf_cstr(&sh->s->last));
}

static void
take_line(struct shell *sh, const char *line)
{
	if (!sh->typed.open && line[strspn(line, " \t")] == '\\') {
		run_command(sh, line + strspn(line, " \t"));
		return;
	}
	if (sh->text.len == 0 && is_bare_word(sh, line))
		return;
	if (sh->text.len == 0 && !*line)
		return;
	buf_puts(&sh->text, line);
	buf_putc(&sh->text, '\n');
	typed_feed(&sh->typed, line, strlen(line));
	typed_feed(&sh->typed, "\n", 1);
	if (typed_is_whole(&sh->typed))
		send_typed(sh);
}

/* ---- many ---- */

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

static enum line_rc
read_line(struct shell *sh, const char **ret)
{
	char prompt[16] = "sluice> ";

	if (sh->text.len)
		snprintf(prompt, sizeof(prompt), "sluice%c> ",
			 typed_mark(&sh->typed));
	return line_read(sh->line, prompt, buf_cstr(&sh->text), ret);
}

static void
run_lines(struct shell *sh)
{
	const char *line;

	while (!sh->s->leave) {
		session_interrupted = 0;
		switch (read_line(sh, &line)) {
		case LINE_TEXT:
			take_line(sh, line);
			break;
		case LINE_INTERRUPTED:
			forget_typed(sh);
			break;
		case LINE_END:
			putchar('\n');
			sh->s->leave = true;
		}
		sh->s->leave |= session_interrupted == SIGTERM;
	}
}

int
shell_run(struct session *s)
{
	struct shell sh = { .s = s };
	struct complete *complete = complete_create(s->api);
	char *history = history_file();

	s->is_shell = true;
	buf_init(&sh.text);
	sh.line = line_create(history, complete_words, complete);
	printf("sluice %s. Statements end with ;  \\? helps, \\q or Ctrl-D "
	       "leaves.\n", SLUICE_VERSION);
	fflush(stdout);
	run_lines(&sh);
	line_destroy(sh.line);
	complete_destroy(complete);
	free(history);
	buf_release(&sh.text);
	return 0;
}
