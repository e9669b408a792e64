/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/tables.h - what the tables of tests/functions have in common:
 * files as tests, and lines "expression => answer : TYPE".
 */
#ifndef TESTS_UNIT_TABLES_H
#define TESTS_UNIT_TABLES_H

#include <stdbool.h>

#include "tests/unit/expr_rig.h"

#define TABLES_FOLDER "tests/functions"

/* One test for each file with that name in front, or without: `run` finds the
 * file of the running one by tables_path(). To be called before main(). */
void tables_register(const char *front, bool with, void (*run)(void));
const char *tables_path(void);

/* Without blanks around it; in place. */
char *tables_trim(char *text);
/* A line into its parts, in place. False: it has no ' => ', or an answer has
 * no type. */
bool tables_parse(char *line, struct sql_case *ret);
static inline bool
tables_is_error(const struct sql_case *c)
{
	return c->want[0] == '!';
}

#endif
