/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/json_find.h - what a JSON path finds in a JSON text, as the
 * JsonPath library of Flink finds it.
 */
#ifndef RUNTIME_KERNELS_JSON_FIND_H
#define RUNTIME_KERNELS_JSON_FIND_H

#include "base/json_doc.h"
#include "base/json_path.h"

/* A path like $..*..* looks at values again and again: here it ends. */
#define JSON_FIND_WORK_MAX 50000000

enum json_find_rc {
	JSON_FIND_OK,
	JSON_FIND_MISSING, /* an error of the path, which wants it there */
	JSON_FIND_LIMIT,   /* JSON_FIND_WORK_MAX, JSON_DOC_NODES_MAX */
};

/* Nodes of the document. */
struct json_found {
	uint32_t *node; /* owned */
	uint32_t n, cap;
};

void json_found_release(struct json_found *f);
/* A definite path finds one value, or none where it is lax. Adds nodes to d
 * where it makes an object of several names. */
enum json_find_rc json_find(const struct json_path *path, struct json_doc *d,
			    struct json_found *ret);

#endif
