/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/regex_pattern.h - patterns as users know them, Java's and
 * those of SIMILAR TO, in the words of PCRE2.
 */
#ifndef RUNTIME_KERNELS_REGEX_PATTERN_H
#define RUNTIME_KERNELS_REGEX_PATTERN_H

#include "base/arena.h"
#include "base/str.h"

enum pattern_rc {
	PATTERN_OK,
	PATTERN_INVALID,     /* there is no such pattern */
	PATTERN_UNSUPPORTED, /* Java knows it, PCRE2 would read it otherwise */
};

/* The pattern in the arena. What PATTERN_OK means is left for PCRE2 to check
 * in full. */
enum pattern_rc pattern_from_java(struct str java, struct arena *a,
				  struct str *ret);
/* `escape` is NULL, or the text behind ESCAPE. */
enum pattern_rc pattern_from_similar(struct str similar,
				     const struct str *escape, struct arena *a,
				     struct str *ret);

#endif
