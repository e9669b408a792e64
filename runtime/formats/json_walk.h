/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_walk.h - from the tokens of one JSON document to the
 * texts of the fields that are wanted. Everything that decides whether a
 * message is one JSON object is decided here; what a text means as a value of
 * a column is not (field.h).
 */
#ifndef RUNTIME_FORMATS_JSON_WALK_H
#define RUNTIME_FORMATS_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define JSON_DEPTH_MAX 64
#define JSON_FIELDS_MAX 10000

/* One value as it stands in the text: "..." with its quotes, {...}, [...], a
 * number, true, false or null; text NULL: the field is missing. Readable for
 * 8 bytes behind its end. */
struct json_token {
	const char *text;
	uint32_t len;
};

/* What the document at some field position had for a key: documents of one
 * topic look alike, so one comparison finds most fields. */
#define JSON_SHAPE_FIELDS 64
#define JSON_SHAPE_KEY 32
struct json_shape {
	char key[JSON_SHAPE_KEY + 8]; /* compared by words */
	uint8_t len; /* as written, escapes and all */
	bool known;
	int32_t name; /* of the walker's names; -1: nobody wants it */
};

struct json_name {
	const char *text;
	uint32_t len;
};

struct json_walker {
	unsigned nnames;
	const struct json_name *names;
	/* Where the token of each name goes: a multiple of the caller's
	 * stride; NULL: not wanted in this call. */
	struct json_token **slots;
	struct json_shape shapes[JSON_SHAPE_FIELDS];
};

/* Names live as long as the walker; all slots are NULL. */
void json_walker_init(struct json_walker *w, unsigned nnames,
		      const struct json_name *names, struct arena *a);

/* Why a document was refused: what was expected where. */
struct json_fault {
	const char *what; /* static text; NULL: the document is fine */
	size_t at;        /* byte within the document */
};

/* Walks the one document that stands at text[start..end), whose tokens begin
 * at the positions *pos (relative to text; as json_index_text() gives them).
 * Moves *pos behind them in any case. Sets slots[name][row] of each wanted
 * name found, of equal keys the first. */
struct json_fault json_walk(struct json_walker *w, const char *text,
			    size_t start, size_t end, const uint32_t **pos,
			    uint32_t row);

/* Reads the escapes of a JSON string's inside (without its quotes) into out,
 * which has room for n bytes. False: a bad escape, or half of a surrogate
 * pair, which is no character. */
bool json_unescape(const char *text, size_t n, char *out, size_t *ret_len);

/* The document text with nothing between its tokens; out has room for n. */
size_t json_compact(const char *text, size_t n, char *out);

/* A copy in which raw control characters inside of strings are escaped, as
 * Flink accepts them; *ret_n its length; JSON_PADDING bytes follow it. */
char *json_repair(const char *text, size_t n, struct arena *a, size_t *ret_n);

#endif
