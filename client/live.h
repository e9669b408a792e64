/* SPDX-License-Identifier: Apache-2.0
 * client/live.h - a result that goes on, on a terminal. One that updates is a
 * table of its own screen, redrawn a few times a second; one that only adds
 * runs up the screen above a line of figures.
 */
#ifndef CLIENT_LIVE_H
#define CLIENT_LIVE_H

#include "client/row.h"

struct live;

struct live_options {
	const struct columns *cols; /* borrowed */
	bool updating;    /* rows take each other's place */
	bool names_nulls;
	bool with_ops;    /* not updating, but +I and -D are to be seen */
};

struct live *live_create(const struct live_options *o);
void live_destroy(struct live *l);

void live_take(struct live *l, struct row *take);
/* Something to tell besides the rows; it is seen when it does not disturb. */
void live_note(struct live *l, const char *text);
/* How many rows were read, and where the watermark is, or NULL. */
void live_progress(struct live *l, unsigned long long rows_in,
		   const char *watermark);

/* Draws when it is time to; whoever calls does so at least ten times a
 * second. False: q was typed. */
bool live_turn(struct live *l);

/* Gives the terminal back. `finished`: no more rows would have come; the whole
 * table stays, else what was to be seen last. */
void live_close(struct live *l, bool finished);

#endif
