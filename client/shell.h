/* SPDX-License-Identifier: Apache-2.0
 * client/shell.h - statements typed at a terminal, with history, completion
 * and a few commands of its own.
 */
#ifndef CLIENT_SHELL_H
#define CLIENT_SHELL_H

#include "client/session.h"

/* Standard input is a terminal; the session is open. Returns the exit
 * status. */
int shell_run(struct session *s);

#endif
