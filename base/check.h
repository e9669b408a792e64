/* SPDX-License-Identifier: Apache-2.0
 * base/check.h - assertions that stay on in release builds. They catch our
 * mistakes, never the user's: a user's mistake is a struct error.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/* Prints the condition and its place to stderr and aborts. */
_Noreturn void check_failed(const char *file, int line, const char *condition);

#define CHECK(condition) \
	((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
