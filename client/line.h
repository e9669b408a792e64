/* SPDX-License-Identifier: Apache-2.0
 * client/line.h - a line typed at a terminal, with editing, history and
 * completion: libedit's home.
 */
#ifndef CLIENT_LINE_H
#define CLIENT_LINE_H

#include <stddef.h>

struct line;

/* Adds the words that could stand at the end of text[0..n), all that was typed
 * so far of the statement, up to the cursor: line_words_begin() tells which
 * part of the text (its end) they take the place of, and what stands behind a
 * word that is the only one. */
struct line_words;
typedef void line_complete_fn(void *arg, const char *text, size_t n,
			      struct line_words *words);
void line_words_begin(struct line_words *words, const char *start, size_t n,
		      const char *behind);
/* Left out when it does not begin as the text does; case does not count. */
void line_words_add(struct line_words *words, const char *word);

unsigned line_words_count(const struct line_words *words);

/* file: the history, read now, each entry added as it comes; or NULL. From
 * here to line_destroy() the terminal gives single keys, also between lines:
 * what is typed ahead is read by the next line_read(). */
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
