/* SPDX-License-Identifier: Apache-2.0
 * client/shown.h - text of others on a terminal: how many columns it takes,
 * and nothing in it that a terminal would obey.
 */
#ifndef CLIENT_SHOWN_H
#define CLIENT_SHOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Once, before all others: the environment's locale, or C.UTF-8. */
void shown_init(void);

/* What shown_append() leaves as it is, besides what can be seen. */
enum shown_keep {
	SHOWN_KEEP_NOTHING = 0,
	SHOWN_KEEP_LINES = 1, /* line breaks */
	SHOWN_KEEP_TABS = 2,
};

/* Control characters as \n, \x1B, \u202E: escape sequences, C1 controls and
 * marks that turn the direction of writing, too. Bytes that are no UTF-8 are
 * escaped likewise. */
void shown_append(struct buf *out, const char *text, size_t n,
		  enum shown_keep keep);

/* Columns of one line: 2 for a wide character, 0 for a combining one and for
 * our own colours (ESC [ ... m). */
size_t shown_width(const char *text, size_t n);
/* Bytes of the longest beginning that takes at most so many columns. */
size_t shown_cut(const char *text, size_t n, size_t columns);
/* The line, or what fits of it with "…" behind it. */
void shown_append_cut(struct buf *out, const char *text, size_t n,
		      size_t columns);

#endif
