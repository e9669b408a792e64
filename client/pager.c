/* SPDX-License-Identifier: Apache-2.0
 * client/pager.c - the command runs in a shell with a pipe to it; Ctrl-C is
 * its own while it runs.
 */
#include "client/pager.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "client/term.h"

#define DEFAULT_PAGER "less"
/* Wide lines are moved over instead of being broken, colours are shown, what
 * fits is not kept on a screen of its own. */
#define LESS_OPTIONS "SRFX"

static char *chosen; /* by pager_set() */

void
pager_set(const char *command)
{
	free(chosen);
	chosen = command ? mem_strdup(command) : NULL;
}

const char *
pager_command(void)
{
	const char *command = chosen ? chosen : getenv("PAGER");

	if (!command)
		command = DEFAULT_PAGER;
	return command[strspn(command, " \t")] ? command : NULL;
}

static bool
fits(const struct buf *text, struct term_size size)
{
	unsigned lines = 0;

	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == '\n' && ++lines >= size.rows)
			return false;
	return true;
}

static void
write_all(int fd, const struct buf *text)
{
	for (size_t i = 0; i < text->len;) {
		ssize_t n = write(fd, text->data + i, text->len - i);

		if (n <= 0)
			return; /* it has seen enough */
		i += (size_t)n;
	}
}

static pid_t
start(const char *command, int *ret_fd)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		setenv("LESS", LESS_OPTIONS, 0);
		signal(SIGINT, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	if (pid < 0)
		close(ends[1]);
	*ret_fd = ends[1];
	return pid;
}

/* False: it could not be started. */
static bool
run(const char *command, const struct buf *text)
{
	struct sigaction ours, ignore = { .sa_handler = SIG_IGN };
	int fd, status = 0;
	pid_t pid;

	fflush(stdout);
	term_lend();
	sigaction(SIGINT, &ignore, &ours);
	pid = start(command, &fd);
	if (pid > 0) {
		write_all(fd, text);
		close(fd);
		waitpid(pid, &status, 0);
	}
	sigaction(SIGINT, &ours, NULL);
	term_take_back();
	return pid > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

void
pager_show(const struct buf *text)
{
	const char *command = pager_command();

	if (command && term_is(STDOUT_FILENO) && isatty(STDIN_FILENO) &&
	    !fits(text, term_size()) && run(command, text))
		return;
	fwrite(text->data, 1, text->len, stdout);
}
