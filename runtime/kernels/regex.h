/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/regex.h - going over the matches of a regular expression, for
 * functions that make lists of them. PCRE2 itself stays in regex.c.
 */
#ifndef RUNTIME_KERNELS_REGEX_H
#define RUNTIME_KERNELS_REGEX_H

#include "runtime/kernels/text.h"

struct regex;

/* A pattern of Java's; lives in the arena. */
const struct regex *regex_of_java(struct str pattern, struct arena *a);
/* False: it is no pattern, or one that we have not. */
bool regex_is_usable(const struct regex *re);
unsigned regex_groups(const struct regex *re); /* without the whole match */

/* Goes over all matches; `next` is where to look for the following one: behind
 * an empty match one character is left out. */
struct regex_walk {
	size_t next, start, end;
};

/* 1: the next match is at start..end; 0: there is none; -1: the row has
 * failed. */
int regex_walk_next(struct frame *f, uint32_t row, const struct regex *re,
		    const struct str *s, struct regex_walk *w);
/* Where the group of the last match is; false: it took no part in it. */
bool regex_group(const struct regex *re, int64_t group, size_t *ret_start,
		 size_t *ret_end);

#endif
