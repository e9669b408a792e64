/* SPDX-License-Identifier: Apache-2.0
 * base/like_pattern.h - LIKE: % any text, _ any code point, newlines are
 * nothing special, no escape character unless ESCAPE names one.
 */
#ifndef BASE_LIKE_PATTERN_H
#define BASE_LIKE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

enum like_token_kind { LIKE_TEXT, LIKE_ONE, LIKE_ANY };

struct like_token {
	enum like_token_kind kind;
	const char *text;
	size_t n;
};

struct like_pattern {
	const char *problem; /* NULL: usable; else why not */
	unsigned n;
	struct like_token *tokens; /* no two of TEXT or ANY in a row */
};

/* escape NULL: there is none. Never fails: a pattern with a problem says so.
 * Keeps no pointer to the texts. */
const struct like_pattern *like_pattern_create(const struct str *pattern,
					       const struct str *escape,
					       struct arena *a);
/* Only where there is no problem. */
bool like_pattern_matches(const struct like_pattern *p, const char *text,
			  size_t n);

#endif
