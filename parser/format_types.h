/* SPDX-License-Identifier: Apache-2.0
 * parser/format_types.h - which types a format has a form for: asked when a
 * table is created, and again by the format itself.
 */
#ifndef PARSER_FORMAT_TYPES_H
#define PARSER_FORMAT_TYPES_H

#include "base/types.h"

/* Columns of this type can be read and written in the format. */
bool format_holds(const char *format, struct type t);
/* Why not, in a few words, or NULL when the type says it all. */
const char *format_holds_not(const char *format, struct type t);

#endif
