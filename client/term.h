/* SPDX-License-Identifier: Apache-2.0
 * client/term.h - the terminal that we may be at: its size, its colours, single
 * keys from it, and lending it to another program. One a process.
 */
#ifndef CLIENT_TERM_H
#define CLIENT_TERM_H

#include <stdbool.h>

#include "base/buf.h"

/* Remembers how the terminal was found; before anything changes it. */
void term_init(void);

/* The descriptor is a terminal that can place its cursor (TERM is not dumb). */
bool term_is(int fd);
struct term_size {
	unsigned rows, columns;
};
struct term_size term_size(void); /* 24 x 80 where nobody knows */
/* Its size has changed since this was last asked. */
bool term_resized(void);

/* ---- colours ---- */

enum paint { PAINT_PLAIN, PAINT_HEAD, PAINT_DIM, PAINT_ERROR, PAINT_PLACE,
	     PAINT_ADDED, PAINT_CHANGED, PAINT_GONE };

/* Colours go to a terminal only, and not with NO_COLOR or \colour off. */
bool term_has_colour(int fd);
void term_allow_colour(bool allowed);
/* The escape sequence that switches to it; PAINT_PLAIN ends all others. */
const char *term_paint(enum paint p);

/* ---- keys ---- */

/* From here to term_keys_end() keys come one by one and are not echoed. */
void term_keys_begin(void);
void term_keys_end(void);
bool term_keys_come(void); /* they do: there is a keyboard */
/* Reads what was typed, without waiting: true when it was just this key.
 * Everything else waits for term_take_typed(). */
bool term_key_typed(char key);
#define TERM_NO_KEY (-1)
#define TERM_GONE (-2)
/* The next key; waits that long for it, or for a signal. */
int term_read_key(int wait_ms);
/* What was typed ahead in the meantime. */
void term_take_typed(struct buf *out);

/* ---- a screen of our own ---- */

/* Beside the one where everything before is kept. While it is open, Ctrl-Z
 * waits for term_stop(), which whoever draws asks several times a second: it
 * gives the terminal back, stops us, and is true when we are back. */
void term_open_screen(void);
void term_close_screen(void);
bool term_stop(void);

/* ---- other programs ---- */

/* The terminal as we found it, for a pager or an editor, and back. */
void term_lend(void);
void term_take_back(void);

#endif
