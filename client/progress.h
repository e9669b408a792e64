/* SPDX-License-Identifier: Apache-2.0
 * client/progress.h - waits for jobs, with a live line for each on a terminal.
 */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include <stdbool.h>

#include "client/api.h"
#include "client/private.h"

/* names: one a line; NULL: none. Until all of them have ended, or Ctrl-C, or
 * the daemon is gone. Returns the exit status: 0, 3, 4 (a job failed, with its
 * cause told) or 130. */
int progress_wait(struct api *a, struct private_daemon *d, const char *names,
		  bool drawing);

#endif
