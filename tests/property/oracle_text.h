/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_text.h - text for sluice and for SQLite at once.
 */
#ifndef TESTS_PROPERTY_ORACLE_TEXT_H
#define TESTS_PROPERTY_ORACLE_TEXT_H

#include "tests/property/oracle.h"

void text_init(struct text *t);
void text_release(struct text *t);
void text_clear(struct text *t);
void both(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void both_text(struct text *t, struct text *more);
/* For sluice only. */
void text_interval(struct text *t, int64_t us);

/* A value that rows might have. */
void text_literal(struct text *t, struct oracle_case *c, struct dice *d,
		  const struct col *col);
/* Over these columns, in parentheses; ANDs, ORs and NOTs nest so deep. */
void text_condition(struct text *t, struct oracle_case *c, struct dice *d,
		    const struct col *cols, unsigned n, unsigned depth);

#endif
