/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/sql.h - what tests of the parser share. Answers live until the
 * next call.
 */
#ifndef TESTS_UNIT_SQL_H
#define TESTS_UNIT_SQL_H

#include <stddef.h>

/* The trees of all statements of a script as ast_dump() prints them, then
 * "error: message" if one could not be read. */
const char *sql_dump(const char *script);
/* The select list of `SELECT <expression>`, one line. */
const char *sql_expr(const char *expression);
/* All errors of a script in full, one behind the other, as `check` would
 * print them; "" when there are none. */
const char *sql_errors(const char *script, size_t n, const char *file);

#endif
