/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/expr_rig.h - expressions as users write them, with the answer and
 * its type, so that tests can be tables.
 *
 * Each runs twice: as it stands, which folds constants, and with all of its
 * literals turned into columns; both must give the same. Columns to use:
 * ten INT, imax INT, bmax BIGINT, tmax TINYINT, smax SMALLINT, nan DOUBLE,
 * f FLOAT (9.99), d42 DECIMAL(4, 2) (12.50), big DECIMAL(38, 0) of nines,
 * s STRING ('abcdef'), nul INT, snul STRING, ts TIMESTAMP(3), dt DATE,
 * tm TIME, yes BOOLEAN.
 */
#ifndef TESTS_UNIT_EXPR_RIG_H
#define TESTS_UNIT_EXPR_RIG_H

#include <stddef.h>

#include "base/check.h"

struct sql_case {
	const char *sql;
	const char *want; /* text, "NULL", or "!error_name" */
	const char *type; /* without NOT NULL; NULL: any */
};

/* zone: table.local-time-zone; NULL: UTC. */
void sql_cases(const struct sql_case *cases, size_t n, const char *zone);
#define SQL_CASES(cases) sql_cases(cases, ARRAY_LEN(cases), NULL)

/* The columns above as CREATE TABLE lists them, and their row as CSV where
 * nothing is NULL. */
struct buf;
void sql_case_columns(struct buf *ret);
void sql_case_row(struct buf *ret);

struct arena;
/* The answer as it stands alone, errors with their message; *ret_type is ""
 * for a statement that means nothing. */
const char *sql_answer(const char *sql, struct arena *a, const char **ret_type);

#endif
