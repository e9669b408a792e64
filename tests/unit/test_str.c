/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_str.c - strings of columns on both sides of the 12 bytes,
 * and UTF-8 at the borders of the standard.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/str.h"
#include "tests/unit/test.h"

static struct str
text(const char *s)
{
	return str_ref(s, (uint32_t)strlen(s));
}

static int
sign(int v)
{
	return (v > 0) - (v < 0);
}

TEST(strings_keep_their_bytes_at_every_length)
{
	char data[41];

	for (uint32_t n = 0; n <= 40; n++) {
		struct str s, same, other;

		memset(data, 'a', sizeof(data));
		s = str_ref(data, n);
		same = str_ref(data + 1, n);
		EXPECT_EQ(s.len, n);
		EXPECT_EQ(memcmp(str_data(&s), data, n), 0);
		EXPECT(str_eq(&s, &same));
		EXPECT_EQ(str_cmp(&s, &same), 0);
		other = str_ref(data, n + 1);
		EXPECT(!str_eq(&s, &other));
		EXPECT_EQ(sign(str_cmp(&s, &other)), -1);
		EXPECT_EQ(sign(str_cmp(&other, &s)), 1);
	}
}

TEST(the_unused_bytes_of_short_strings_are_zero)
{
	const char *data = "abcdefghijklmnop";

	for (uint32_t n = 0; n <= STR_INLINE_MAX; n++) {
		struct str s = str_ref(data, n);
		char bytes[STR_INLINE_MAX] = { 0 };

		memcpy(bytes, data, n);
		EXPECT_EQ(memcmp((char *)&s + 4, bytes, sizeof(bytes)), 0);
	}
	EXPECT_EQ(str_ref(NULL, 0).len, 0);
}

TEST(each_byte_counts_in_comparisons)
{
	char a[21] = "aaaaaaaaaaaaaaaaaaaa", b[21];

	for (uint32_t n = 1; n <= 20; n++) {
		for (uint32_t i = 0; i < n; i++) {
			struct str x, y;

			memcpy(b, a, sizeof(b));
			b[i] = '\xff'; /* bytes are unsigned */
			x = str_ref(a, n);
			y = str_ref(b, n);
			EXPECT(!str_eq(&x, &y));
			EXPECT_EQ(sign(str_cmp(&x, &y)), -1);
			EXPECT_EQ(sign(str_cmp(&y, &x)), 1);
		}
	}
}

TEST(the_order_is_that_of_bytes)
{
	static const char *const ordered[] = {
		"", "\x01", "A", "B", "a", "aa", "aaa", "aaaa", "aaaaa",
		"aaaaaaaaaaaa", "aaaaaaaaaaaaa", "aaaaaaaaaaaab", "aab", "ab",
		"z", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
	};

	for (size_t i = 0; i < ARRAY_LEN(ordered); i++)
		for (size_t j = 0; j < ARRAY_LEN(ordered); j++) {
			struct str x = text(ordered[i]), y = text(ordered[j]);

			EXPECT_EQ(sign(str_cmp(&x, &y)), (i > j) - (i < j));
		}
}

TEST(a_nul_byte_is_a_byte)
{
	struct str none = str_ref("", 0), one = str_ref("\0", 1);
	struct str two = str_ref("a\0b", 3), three = str_ref("a", 1);

	EXPECT(!str_eq(&none, &one));
	EXPECT_EQ(sign(str_cmp(&none, &one)), -1);
	EXPECT_EQ(sign(str_cmp(&two, &three)), 1);
}

TEST(a_copy_lives_in_its_arena)
{
	char data[] = "a string of more than twelve bytes";
	struct str s = text(data), copy, inlined;
	struct arena a;

	arena_init(&a);
	copy = str_dup(&a, s);
	inlined = str_from(&a, "short", 5);
	EXPECT(str_eq(&s, &copy));
	memset(data, 'x', 5);
	EXPECT_EQ(memcmp(str_data(&copy), "a string", 8), 0);
	EXPECT_EQ(memcmp(str_data(&inlined), "short", 5), 0);
	EXPECT_EQ(str_from(&a, NULL, 0).len, 0);
	arena_release(&a);
}

static bool
valid(const char *s)
{
	size_t n = strlen(s);
	char padded[64] = "0123456789abcdef";
	bool alone = utf8_valid(s, n);

	/* Behind and before whole words of ASCII the answer is the same. */
	memcpy(padded + 16, s, n);
	memcpy(padded + 16 + n, "0123456789abcdef", 16);
	EXPECT_EQ(utf8_valid(padded, n + 32), alone);
	return alone;
}

TEST(utf8_takes_what_the_standard_takes)
{
	EXPECT(valid(""));
	EXPECT(valid("\x7f"));
	EXPECT(valid("\xc2\x80"));         /* U+0080 */
	EXPECT(valid("\xdf\xbf"));         /* U+07FF */
	EXPECT(valid("\xe0\xa0\x80"));     /* U+0800 */
	EXPECT(valid("\xed\x9f\xbf"));     /* U+D7FF */
	EXPECT(valid("\xee\x80\x80"));     /* U+E000 */
	EXPECT(valid("\xef\xbf\xbf"));     /* U+FFFF */
	EXPECT(valid("\xf0\x90\x80\x80")); /* U+10000 */
	EXPECT(valid("\xf4\x8f\xbf\xbf")); /* U+10FFFF */
}

TEST(utf8_turns_away_everything_else)
{
	EXPECT(!valid("\x80"));
	EXPECT(!valid("\xbf"));
	EXPECT(!valid("\xc0\xaf"));         /* overlong */
	EXPECT(!valid("\xc1\xbf"));
	EXPECT(!valid("\xe0\x9f\xbf"));
	EXPECT(!valid("\xf0\x8f\xbf\xbf"));
	EXPECT(!valid("\xed\xa0\x80"));     /* surrogates */
	EXPECT(!valid("\xed\xbf\xbf"));
	EXPECT(!valid("\xf4\x90\x80\x80")); /* behind the last */
	EXPECT(!valid("\xf5\x80\x80\x80"));
	EXPECT(!valid("\xff"));
	EXPECT(!valid("\xc3"));             /* cut */
	EXPECT(!valid("\xe2\x82"));
	EXPECT(!valid("\xf0\x9f\x98"));
	EXPECT(!valid("\xc3("));
	EXPECT(!valid("\xe2(\xa1"));
	EXPECT(!valid("\xf0\x9f(\x80"));
	EXPECT(!utf8_valid("12345678\xc3\xa9", 9));
}

TEST(every_code_point_survives_writing_and_reading)
{
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		size_t pos = 0;
		char out[4];
		unsigned n;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		n = utf8_put(out, code);
		if (utf8_measure(out, n) != n ||
		    utf8_next(out, n, &pos) != code || pos != n)
			FAIL("U+%04X", code);
		if (n > 1 && utf8_measure(out, n - 1) != 0)
			FAIL("U+%04X is valid without its end", code);
	}
}

TEST(positions_are_counted_in_code_points)
{
	const char *s = "h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!";
	size_t n = strlen(s);
	static const size_t offsets[] = { 0, 1, 3, 6, 10, 11, 11 };

	EXPECT_EQ(utf8_length(s, n), 5);
	EXPECT_EQ(utf8_length("", 0), 0);
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++)
		EXPECT_EQ(utf8_offset(s, n, i), offsets[i]);
	EXPECT_EQ(utf8_offset(s, n, 1000), n);
}
