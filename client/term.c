/* SPDX-License-Identifier: Apache-2.0
 * client/term.c - termios and a handful of ECMA-48 sequences; what they are is
 * the same on every terminal of today, so terminfo is not asked.
 */
#include "client/term.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios found;   /* as term_init() saw it */
static bool has_found;
static struct termios before_keys, before_lent;
static bool keys_on, is_lent;
static bool colour_allowed = true;
static volatile sig_atomic_t resized, stop_wanted;
static struct buf typed;

static void
on_resize(int number)
{
	(void)number;
	resized = 1;
}

void
term_init(void)
{
	struct sigaction sa = { .sa_handler = on_resize,
				.sa_flags = SA_RESTART };
	const char *no_color = getenv("NO_COLOR");

	has_found = tcgetattr(STDIN_FILENO, &found) == 0;
	sigaction(SIGWINCH, &sa, NULL);
	colour_allowed = !no_color || !*no_color;
}

bool
term_is(int fd)
{
	const char *name = getenv("TERM");

	return name && *name && strcmp(name, "dumb") != 0 && isatty(fd);
}

struct term_size
term_size(void)
{
	struct winsize size = { .ws_row = 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row ||
	    !size.ws_col)
		return (struct term_size){ 24, 80 };
	return (struct term_size){ size.ws_row, size.ws_col };
}

bool
term_resized(void)
{
	bool was = resized != 0;

	resized = 0;
	return was;
}

/* ---- colours ---- */

bool
term_has_colour(int fd)
{
	return colour_allowed && term_is(fd);
}

void
term_allow_colour(bool allowed)
{
	colour_allowed = allowed;
}

const char *
term_paint(enum paint p)
{
	static const char *const sequences[] = {
		[PAINT_PLAIN] = "\033[0m",    [PAINT_HEAD] = "\033[1m",
		[PAINT_DIM] = "\033[2m",      [PAINT_ERROR] = "\033[1;31m",
		[PAINT_PLACE] = "\033[34m",   [PAINT_ADDED] = "\033[32m",
		[PAINT_CHANGED] = "\033[33m", [PAINT_GONE] = "\033[31m",
	};

	return sequences[p];
}

/* ---- keys ---- */

void
term_keys_begin(void)
{
	struct termios t;

	if (keys_on || !isatty(STDIN_FILENO) ||
	    tcgetattr(STDIN_FILENO, &before_keys) < 0)
		return;
	t = before_keys;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	keys_on = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

void
term_keys_end(void)
{
	if (keys_on)
		tcsetattr(STDIN_FILENO, TCSANOW, &before_keys);
	keys_on = false;
}

bool
term_keys_come(void)
{
	return keys_on;
}

bool
term_key_typed(char key)
{
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	char bytes[256];
	ssize_t n;

	if (!keys_on || poll(&in, 1, 0) <= 0)
		return false;
	n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n == 1 && bytes[0] == key)
		return true;
	if (n > 0)
		buf_append(&typed, bytes, (size_t)n);
	return n == 0; /* the terminal has gone */
}

int
term_read_key(int wait_ms)
{
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	unsigned char key;

	if (poll(&in, 1, wait_ms) <= 0)
		return TERM_NO_KEY;
	return read(STDIN_FILENO, &key, 1) == 1 ? key : TERM_GONE;
}

void
term_take_typed(struct buf *out)
{
	buf_append(out, typed.data, typed.len);
	buf_release(&typed);
	buf_init(&typed);
}

/* ---- a screen of our own ---- */

static void
on_stop(int number)
{
	(void)number;
	stop_wanted = 1;
}

static void
show_screen(bool own)
{
	fputs(own ? "\033[?1049h\033[H\033[J" : "\033[?1049l", stdout);
	fflush(stdout);
}

void
term_open_screen(void)
{
	struct sigaction sa = { .sa_handler = on_stop };

	sigaction(SIGTSTP, &sa, NULL);
	show_screen(true);
}

void
term_close_screen(void)
{
	show_screen(false);
	signal(SIGTSTP, SIG_DFL);
}

bool
term_stop(void)
{
	if (!stop_wanted)
		return false;
	stop_wanted = 0;
	show_screen(false);
	term_lend();
	raise(SIGSTOP);
	term_take_back();
	show_screen(true);
	return true;
}

/* ---- other programs ---- */

void
term_lend(void)
{
	if (!has_found || is_lent ||
	    tcgetattr(STDIN_FILENO, &before_lent) < 0)
		return;
	is_lent = tcsetattr(STDIN_FILENO, TCSADRAIN, &found) == 0;
}

void
term_take_back(void)
{
	if (is_lent)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before_lent);
	is_lent = false;
}
