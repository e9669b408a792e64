/* SPDX-License-Identifier: Apache-2.0
 * client/told.h - what people are told beside the rows, on standard error:
 * safe for a terminal, and in colours on one.
 */
#ifndef CLIENT_TOLD_H
#define CLIENT_TOLD_H

#include <stddef.h>

#include "base/error.h"

/* The error as contract and manual show it, with its excerpt and caret. */
void told_error(const struct error *err);
/* Behind "sluice: ", for what is no statement's fault. */
void told_failure(const struct error *err);
/* One line, with its line break added. */
__attribute__((format(printf, 1, 2)))
void told_line(const char *format, ...);

#endif
