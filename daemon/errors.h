/* SPDX-License-Identifier: Apache-2.0
 * daemon/errors.h - the statements about quarantined rows: what they say of
 * which rows, and their answers.
 */
#ifndef DAEMON_ERRORS_H
#define DAEMON_ERRORS_H

#include "daemon/script.h"
#include "runtime/store_errors.h"

/* WHERE of s->stmt; the error has its place. Texts stay in s->arena. */
int errors_where_of(struct script *s, struct errors_where *ret);
/* REPLAY ERRORS and DELETE ERRORS. */
enum statement_rc errors_run(struct script *s);

#endif
