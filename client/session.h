/* SPDX-License-Identifier: Apache-2.0
 * client/session.h - one conversation with the daemon: what a shell's lines,
 * -e, -f, standard input and \i share.
 */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include <signal.h>

#include "client/api.h"
#include "client/output.h"

#define SESSION_DEPTH_MAX 16 /* of scripts that run scripts */

struct session {
	struct api *api;
	struct output out;
	enum output_format format; /* without \x */
	bool is_shell;     /* a person is there and hears of cancelling */
	bool opened;       /* the daemon keeps SET and TEMPORARY for us */
	bool lost;         /* and has forgotten them */
	bool timing;
	bool leave;        /* \q */
	int to_fd;         /* of \o; -1: standard output */
	struct buf last;   /* the statement that was sent last */
	const char *file;  /* of the script that runs, or NULL */
	unsigned depth;    /* of scripts */
};

void session_init(struct session *s, struct api *a, enum output_format format);
void session_release(struct session *s);

/* All of these return the exit status that it would be the end of: 0, 1 (a
 * statement failed), 3 (no daemon) or 130, and have told why. */

/* SET, USE and TEMPORARY objects are kept from here on. */
int session_open(struct session *s);
int session_send(struct session *s, const char *text, size_t n);
/* A text that may have lines for the shell (client/commands.h); name: for
 * errors, or NULL. Stops at the first error. */
int session_script(struct session *s, const char *name, const char *text,
		   size_t n);
/* "-": standard input. */
int session_file(struct session *s, const char *path);

/* The signal that came, SIGINT or SIGTERM; session_catch_signals() arms it. */
extern volatile sig_atomic_t session_interrupted;
void session_catch_signals(void);

/* The whole of a file ("-": standard input) or -1 with a message. */
int session_read_file(const char *file, struct buf *out);

#endif
