/* SPDX-License-Identifier: Apache-2.0
 * client/line.h - a line typed at a terminal, with editing, history and
 * completion: libedit's home.
 */
#ifndef CLIENT_LINE_H
#define CLIENT_LINE_H

#include <stddef.h>

struct line;

/* Adds the words that could stand at the end of `text` (all that was typed so
 * far, up to the cursor) to the list; `word` is what is typed of it. */
struct line_words;
typedef void line_complete_fn(void *arg, const char *text, const char *word,
			      struct line_words *words);
void line_words_add(struct line_words *words, const char *word);

/* file: the history, read now and written by line_destroy(); or NULL. */
struct line *line_create(const char *file, line_complete_fn *complete,
			 void *arg);
void line_destroy(struct line *l);

enum line_rc { LINE_TEXT, LINE_END, LINE_INTERRUPTED };
/* One line without its newline, valid until the next call. `before` is what
 * stands above it of the same statement, for completion. */
enum line_rc line_read(struct line *l, const char *prompt, const char *before,
		       const char **ret);
/* A statement for the history, as one entry. */
void line_remember(struct line *l, const char *text);

#endif
