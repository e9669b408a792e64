/* SPDX-License-Identifier: Apache-2.0
 * parser/types_infer.h - the rules between types: which one two values share,
 * what arithmetic gives, what converts to what, by itself or when asked.
 * Flink's rules; where they differ, flink-facts.md says why.
 */
#ifndef PARSER_TYPES_INFER_H
#define PARSER_TYPES_INFER_H

#include "base/error.h"
#include "base/types.h"

/* The type that values of both can have without loss of meaning; a NULL
 * literal fits any. False: there is none (numbers and texts, say). Nullable
 * when one of them is. Nested types share item by item; names of fields are
 * the first one's, new fields live in the arena. */
bool type_common(struct type a, struct type b, struct arena *arena,
		 struct type *ret);

/* Both sides can be compared: *ret is what both are converted to first, with
 * DECIMALs left as they are (the kernels align scales by the types). */
bool type_comparable(struct type a, struct type b, struct arena *arena,
		     struct type *ret_a, struct type *ret_b);

/* Result of an operation on two numbers of one family, and what each side is
 * converted to. */
enum arithmetic { ARITH_ADD, ARITH_MUL, ARITH_DIV, ARITH_MOD };
struct type type_arithmetic(enum arithmetic op, struct type a, struct type b,
			    struct type *ret_a, struct type *ret_b);

struct type type_sum(struct type t);
struct type type_avg(struct type t);

/* CAST(from AS to) exists. *ret_hint gets what to write instead, or NULL. */
bool type_castable(struct type from, struct type to, const char **ret_hint);
/* Some value of `from` makes the cast fail (rather than wrap or be cut). */
bool type_cast_fails(struct type from, struct type to);
/* INSERT converts it by itself: widening, never between numbers and text. */
bool type_assignable(struct type from, struct type to);
/* The values lie in memory alike: no cast needed, only another name. Names of
 * fields and NOT NULL do not matter. */
bool type_same_values(struct type from, struct type to);

#endif
