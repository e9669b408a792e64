/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test.h - TEST(a_sentence) { EXPECT(...); }. Each program prints
 * `ok name`, `not ok name` or `skip name: reason` per test; arguments choose
 * tests by a part of their name. A failed expectation ends its test only.
 */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *t);
extern const struct test *test_running;
/* Prints "file:line: text" and ends the running test as failed. */
_Noreturn void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void test_skip(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void test_expect_i64(const char *file, int line, const char *text, int64_t got,
		     int64_t want);
void test_expect_str(const char *file, int line, const char *text,
		     const char *got, const char *want);

#define TEST(name)                                                        \
	static void test_##name(void);                                    \
	static struct test test_entry_##name = { #name, test_##name, 0 }; \
	__attribute__((constructor)) static void test_add_##name(void)    \
	{                                                                 \
		test_register(&test_entry_##name);                        \
	}                                                                 \
	static void test_##name(void)

#define EXPECT(condition)                                            \
	((condition) ? (void)0                                       \
		     : test_fail(__FILE__, __LINE__, "expected: %s", \
				 #condition))
#define EXPECT_EQ(got, want) \
	test_expect_i64(__FILE__, __LINE__, #got, (int64_t)(got), (int64_t)(want))
#define EXPECT_STR(got, want) \
	test_expect_str(__FILE__, __LINE__, #got, (got), (want))
#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...) test_skip(__VA_ARGS__)

#endif
