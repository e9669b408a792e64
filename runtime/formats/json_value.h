/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_value.h - what one JSON value means as a value of a
 * type, nested ones included, by the rules of Flink's json format.
 *
 * State files hold nested values as JSON, too, in a form of its own that loses
 * nothing: dates, times and intervals are the numbers that other columns of
 * state have, DECIMAL keeps its scale, and a MAP whose keys are no text, or
 * that has a NULL key, is an array of [key, value].
 */
#ifndef RUNTIME_FORMATS_JSON_VALUE_H
#define RUNTIME_FORMATS_JSON_VALUE_H

#include "runtime/formats/field.h"
#include "runtime/formats/json_walk.h"

struct json_reading {
	char time_separator;
	bool is_state;        /* the form of json_state_put() */
	bool ignore_errors;   /* what cannot be read inside of a value is NULL */
	bool fail_on_missing; /* members of a ROW have to be there */
	struct arena *a;      /* of the batch: what is made lives there */

	/* json_read()'s own: nested values that go into others, and how many
	 * bytes of them there may still be. */
	struct arena inner;
	unsigned depth;
	size_t room;

	/* What could not be read: behind FIELD_BAD. */
	const char *what; /* NULL: `bad` as `bad_type` */
	struct type bad_type;
	struct json_token bad;
	const char *path; /* ".b[2]" within the value; "": all of it */
};

/* What lies inside of a nested value may take many times its text, where ROWs
 * lack most of their members, but many a "{}" must not take the memory. */
#define JSON_ROOM_MIN ((size_t)1 << 20)
#define JSON_ROOM_PER_BYTE 64

/* Reads a token that json_walk() has seen, null and nested ones included, as
 * type t (no text: that may stay where it is). */
enum field_rc json_read(struct json_reading *r, struct type t,
			struct json_token token, struct value *ret);
/* Why json_read() gave FIELD_BAD, in the arena. */
const char *json_complaint(const struct json_reading *r);

/* Reads what json_state_put() wrote, from a file that anybody may have written:
 * false for anything else. The value lives in the arena. */
bool json_state_read(struct type t, const char *text, size_t n,
		     struct arena *a, struct str *ret);

#endif
