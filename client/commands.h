/* SPDX-License-Identifier: Apache-2.0
 * client/commands.h - lines that begin with a backslash: what the shell does
 * by itself, at its prompt and in scripts.
 */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include "client/session.h"

/* One line without its line break. Returns as session_send() does. */
int commands_run(struct session *s, const char *line);

/* Of all of them, for completion; NULL behind the last. */
const char *commands_name(unsigned i);
/* What \? shows. */
void commands_help(void);

/* Runs $VISUAL, $EDITOR or vi on the text; false when that did not work, or
 * left nothing. */
bool commands_edit(struct buf *text);

#endif
