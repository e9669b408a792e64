/* SPDX-License-Identifier: Apache-2.0
 * client/pager.h - long results through less, or what $PAGER names.
 */
#ifndef CLIENT_PAGER_H
#define CLIENT_PAGER_H

#include "base/buf.h"

/* NULL: $PAGER, else less. "": no pager at all. */
void pager_set(const char *command);
/* What it is now, or NULL: none. */
const char *pager_command(void);

/* Text for standard output: through the pager when that is a terminal with
 * less room, else as it is. A reader that leaves early is no error. */
void pager_show(const struct buf *text);

#endif
