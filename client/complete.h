/* SPDX-License-Identifier: Apache-2.0
 * client/complete.h - what the shell can complete: keywords, functions,
 * settings, tables, columns of the tables named so far, jobs. The daemon is
 * asked for all but the keywords.
 */
#ifndef CLIENT_COMPLETE_H
#define CLIENT_COMPLETE_H

#include "client/api.h"
#include "client/line.h"

/* A line_complete_fn whose arg is the struct api. */
void complete_words(void *api, const char *text, const char *word,
		    struct line_words *words);

#endif
