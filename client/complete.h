/* SPDX-License-Identifier: Apache-2.0
 * client/complete.h - what the shell can complete: keywords, functions, tables,
 * columns of the tables named in the statement, options of connectors and
 * formats, settings, jobs, files, its own commands. All but the last two are
 * the daemon's to know: it is asked.
 */
#ifndef CLIENT_COMPLETE_H
#define CLIENT_COMPLETE_H

#include "client/api.h"
#include "client/line.h"

struct complete;

struct complete *complete_create(struct api *a);
void complete_destroy(struct complete *c);

/* A line_complete_fn whose arg is the struct complete. */
void complete_words(void *complete, const char *text, size_t n,
		    struct line_words *words);

#endif
