/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/main.c - runs the tests that registered themselves, in the order
 * of the file, one process for all: a crash names its test by the line before.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "tests/unit/test.h"

const struct test *test_running;
static struct test *tests, **tests_tail = &tests;
static jmp_buf test_end;
enum { TEST_OK, TEST_FAILED, TEST_SKIPPED };
static char skip_reason[256];

void
test_register(struct test *t)
{
	*tests_tail = t;
	tests_tail = &t->next;
}

void
test_fail(const char *file, int line, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	printf("%s:%d: ", file, line);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
	longjmp(test_end, TEST_FAILED);
}

void
test_skip(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(skip_reason, sizeof(skip_reason), format, ap);
	va_end(ap);
	longjmp(test_end, TEST_SKIPPED);
}

void
test_expect_i64(const char *file, int line, const char *text, int64_t got,
		int64_t want)
{
	if (got != want)
		test_fail(file, line, "%s is %" PRId64 ", not %" PRId64, text,
			  got, want);
}

void
test_expect_str(const char *file, int line, const char *text, const char *got,
		const char *want)
{
	if (!got || !want ? got != want : strcmp(got, want) != 0)
		test_fail(file, line, "%s is\n    \"%s\"\nnot\n    \"%s\"",
			  text, got ? got : "(null)", want ? want : "(null)");
}

static bool
chosen(const struct test *t, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(t->name, argv[i]))
			return true;
	return argc < 2;
}

int
main(int argc, char **argv)
{
	volatile int failed = 0; /* survives longjmp */

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test *volatile t = tests; t; t = t->next) {
		if (!chosen(t, argc, argv))
			continue;
		test_running = t;
		switch (setjmp(test_end)) {
		case TEST_OK:
			t->run();
			printf("ok %s\n", t->name);
			break;
		case TEST_FAILED:
			printf("not ok %s\n", t->name);
			failed++;
			break;
		default:
			printf("skip %s: %s\n", t->name, skip_reason);
		}
	}
	return failed ? 1 : 0;
}
