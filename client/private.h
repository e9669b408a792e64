/* SPDX-License-Identifier: Apache-2.0
 * client/private.h - a sluiced of our own for `sluice run`: found beside this
 * program or in PATH, with its own socket, ended with us.
 */
#ifndef CLIENT_PRIVATE_H
#define CLIENT_PRIVATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct private_daemon {
	pid_t pid;
	char dir[1024];    /* state directory */
	char run_dir[128]; /* of the socket and the log; made by us */
	char socket[160];
	char log[160];
	int lock_fd;       /* says that run_dir has an owner */
	bool dir_is_ours;  /* temporary: removed at the end */
};

/* Path of sluiced, or NULL. */
const char *private_program(void);
/* state_dir NULL: a temporary one. sets: "section.key=value". Returns when it
 * listens. */
int private_start(struct private_daemon *d, const char *state_dir,
		  const char *const *sets, unsigned nsets, struct error *err);
/* True while it runs. */
bool private_alive(struct private_daemon *d);
/* Final checkpoints, then the end; removes what was temporary. */
void private_stop(struct private_daemon *d);

#endif
