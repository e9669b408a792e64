/* SPDX-License-Identifier: Apache-2.0
 * parser/schema.h - the columns of a stream: names, types, time attributes.
 * Owned by the plan's arena and read-only once the plan is made.
 */
#ifndef PARSER_SCHEMA_H
#define PARSER_SCHEMA_H

#include <stdint.h>

#include "base/types.h"

enum time_attribute { TIME_ATTR_NONE, TIME_ATTR_ROWTIME, TIME_ATTR_PROCTIME };

struct schema_column {
	const char *name;
	struct type type;
	enum time_attribute time; /* an int64 column all the same */
};

struct schema {
	uint16_t ncols;
	struct schema_column *cols;
};

/* Index of the column, or -1. */
int schema_find(const struct schema *s, const char *name);

#endif
