/* SPDX-License-Identifier: Apache-2.0
 * base/check.c - the last words of a process that found itself wrong: one
 * line on stderr, then a core dump. Nothing is flushed or freed: whatever is
 * in memory is not to be trusted any more.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void
check_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
	abort();
}
