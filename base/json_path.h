/* SPDX-License-Identifier: Apache-2.0
 * base/json_path.h - a JSON path as the steps that it takes. The language is
 * that of the JsonPath library which Flink uses; what it has and we have not
 * (filters, functions) is told by its name.
 */
#ifndef BASE_JSON_PATH_H
#define BASE_JSON_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define JSON_PATH_STEPS_MAX 256
#define JSON_PATH_LIST_MAX 256 /* names or numbers in one step */

enum json_step_kind {
	JSON_STEP_NAMES,   /* .a  ['a']  ['a', 'b'] */
	JSON_STEP_ANY,     /* .*  [*] */
	JSON_STEP_INDEXES, /* [0]  [-1]  [0, 2] */
	JSON_STEP_SLICE,   /* [1:3]  [:2]  [-2:] */
	JSON_STEP_DEEP,    /* ..: the next step, at all depths */
};

struct json_step {
	enum json_step_kind kind;
	uint32_t n;               /* names or indexes */
	struct str *name;         /* text in the arena */
	int32_t *index;
	bool has_from, has_to;    /* of a slice, which has one or both */
	int32_t from, to;
	bool definite;            /* it finds at most one value */
	bool definite_before;     /* and so did all steps before it */
};

struct json_path {
	bool lax; /* what is not there is no error; else strict, the default */
	bool definite; /* finds one value; else a list of them */
	uint32_t n;
	struct json_step *step;
};

struct json_path_fault {
	const char *what;  /* in the arena or static */
	size_t at;         /* byte in the path's text */
	bool unsupported;  /* Flink reads it, we do not */
};

/* "lax $.a[0].b"; everything lives in the arena. Returns -1 where it cannot be
 * read. */
int json_path_parse(const char *text, size_t n, struct arena *a,
		    struct json_path *ret, struct json_path_fault *fault);

#endif
