/* SPDX-License-Identifier: Apache-2.0
 * client/shell.h - statements typed at a terminal, one answer after each `;`.
 */
#ifndef CLIENT_SHELL_H
#define CLIENT_SHELL_H

#include "client/output.h"

struct api;

/* Returns the exit status; Ctrl-D or \q ends it, Ctrl-C ends a query. */
int shell_run(struct api *a, enum output_format format);

#endif
