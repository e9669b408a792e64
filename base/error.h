/* SPDX-License-Identifier: Apache-2.0
 * base/error.h - what went wrong, where, and what to do about it.
 *
 * A call that can fail returns 0 or -1 and fills its caller's struct error.
 * Filling one never allocates, so that running out of memory can be told too.
 * Nothing below daemon/ logs: whoever decides what happens next does, once.
 * The stable codes of all errors stand in base/error.def.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum error_code {
	ERR_NONE,
#define ERROR(id, name, exit_class, help, remedy, example) ERR_##id,
#include "base/error.def"
#undef ERROR
	ERR_COUNT
};

/* Where in a text, as an editor counts: lines and columns from 1, columns in
 * code points; line 0 means that the error has no place in a text. */
struct error_at {
	const char *file; /* borrowed, or NULL: a script sent over the socket */
	unsigned line;
	unsigned column;
	unsigned length; /* code points under the caret line, at least 1 */
};

struct error {
	enum error_code code;
	struct error_at at;
	bool retriable;      /* the same call may go well later */
	char message[512];   /* one sentence, no full stop, no newline */
	char hint[384];      /* right behind the caret: "did you mean ..." */
	char note[768];      /* below the excerpt: what exists, what to type */
	char excerpt[256];   /* the line of the text, tabs kept */
	char caret[256];     /* blanks and tabs, then ^^^ under the place */
};

#define ERROR_INIT ((struct error){ .code = ERR_NONE })

void error_clear(struct error *err);

/* All of these return -1, so that a caller can write
 * `return error_set(err, ...)`. A NULL err is allowed: nobody wants to know.
 * Texts too long for their field end in "...", never inside a code point. */
int error_set(struct error *err, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int error_oom(struct error *err);
/* message: format, then ": " and strerror(errnum) */
int error_errno(struct error *err, enum error_code code, int errnum,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Add to an error that is set already. */
void error_hint(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void error_note(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts "prefix: " before the message. */
void error_context(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the place and cuts excerpt and caret out of `text` (n bytes, UTF-8):
 * `offset` and `bytes` name the offending token. Tabs before it are repeated
 * in the caret line, so that it stands right under it; wide characters count
 * one column. A token of several lines is marked to the end of its first. */
void error_place(struct error *err, const char *file, const char *text,
		 size_t n, size_t offset, size_t bytes);

/* Takes excerpt and caret away: the text has something that nobody may see. */
void error_hide(struct error *err);

/* "unknown_column" and the like: part of the contract, never changed. */
const char *error_name(enum error_code code);
/* Back from the name; ERR_INTERNAL for NULL and names of a newer sluice. */
enum error_code error_from_name(const char *name);
/* What the manual says of the code: what is wrong, what to do about it, and an
 * example in one of the forms of base/error.def. */
const char *error_help(enum error_code code);
const char *error_remedy(enum error_code code);
const char *error_example(enum error_code code);
/* The exit status of `sluiced` for this class of error (64, 65, 70, ...),
 * 1 for errors in a statement. */
int error_exit_status(enum error_code code);

/* The nearest of names[0..n) to `word` for "did you mean", or NULL: at most
 * a third of its letters (and at least one) may differ, case costs nothing. */
const char *error_nearest(const char *word, const char *const *names, size_t n);

/* Writes the error as contract.md section 5 shows it, many lines, ending with
 * a newline; returns the bytes that it would take (like snprintf). */
size_t error_print(const struct error *err, char *out, size_t size);

#endif
