/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_buf.c - buffers: growth, numbers, and JSON strings byte for
 * byte as Flink writes them.
 */
#include "base/buf.h"
#include "tests/unit/test.h"

TEST(a_buffer_grows_as_it_is_filled)
{
	struct buf b;

	buf_init(&b);
	EXPECT_STR(buf_cstr(&b), "");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%d,", i % 10);
	EXPECT_EQ(b.len, 20000);
	EXPECT_EQ(strncmp(buf_cstr(&b) + 19980, "0,1,2,3,4,5,6,7,8,9,", 20),
		  0);
	buf_clear(&b);
	EXPECT_EQ(b.len, 0);
	buf_append(&b, NULL, 0);
	buf_puts(&b, "left");
	buf_putc(&b, ' ');
	buf_str(&b, str_ref("inline", 6));
	buf_str(&b, str_ref(" and by a pointer", 17));
	EXPECT_STR(buf_cstr(&b), "left inline and by a pointer");
	EXPECT_EQ(b.len, 28);
	buf_release(&b);
	EXPECT(!b.data);
}

TEST(room_is_written_in_place)
{
	struct buf b;

	buf_init(&b);
	buf_room(&b, 0);
	memset(buf_room(&b, 1000), 'x', 1000);
	buf_added(&b, 3);
	buf_puts(&b, "y");
	EXPECT_STR(buf_cstr(&b), "xxxy");
	buf_release(&b);
}

static void
expect_i64(int64_t v, const char *want)
{
	struct buf b;

	buf_init(&b);
	buf_i64(&b, v);
	EXPECT_STR(buf_cstr(&b), want);
	buf_release(&b);
}

TEST(integers_are_written_to_both_ends)
{
	expect_i64(0, "0");
	expect_i64(7, "7");
	expect_i64(-10, "-10");
	expect_i64(INT64_MAX, "9223372036854775807");
	expect_i64(INT64_MIN, "-9223372036854775808");
}

static void
expect_json(const char *text, size_t n, const char *want)
{
	struct buf b;

	buf_init(&b);
	buf_json_string(&b, text, n);
	EXPECT_STR(buf_cstr(&b), want);
	buf_release(&b);
}

TEST(json_strings_escape_what_flink_escapes)
{
	const char *all = "q\"\\/\xc3\xa9\xf0\x9f\x98\x80<\x01\n";

	expect_json(all, strlen(all),
		    "\"q\\\"\\\\/\xc3\xa9\\uD83D\\uDE00<\\u0001\\n\"");
	expect_json("", 0, "\"\"");
	expect_json("plain", 5, "\"plain\"");
	expect_json("\b\t\n\f\r\x1f\x7f", 7,
		    "\"\\b\\t\\n\\f\\r\\u001F\x7f\"");
	expect_json("a\0b", 3, "\"a\\u0000b\"");
	expect_json("\xf4\x8f\xbf\xbf", 4, "\"\\uDBFF\\uDFFF\"");
	expect_json("\xef\xbf\xbf", 3, "\"\xef\xbf\xbf\"");
}

/* Eight bytes are looked at together: a special one may stand at any place. */
TEST(json_strings_escape_at_any_place)
{
	static const struct {
		const char *raw, *escaped;
	} specials[] = {
		{ "\"", "\\\"" }, { "\\", "\\\\" }, { "\n", "\\n" },
		{ "\x1f", "\\u001F" }, { "\xf0\x9f\x98\x80", "\\uD83D\\uDE00" },
		{ " ", " " }, { "\x7f", "\x7f" }, { "\xef\xbf\xbd", "\xef\xbf\xbd" },
	};

	for (size_t k = 0; k < sizeof(specials) / sizeof(*specials); k++) {
		for (int at = 0; at < 20; at++) {
			char raw[64], want[64];
			struct buf b;

			snprintf(raw, sizeof(raw), "%.*s%s%.*s", at,
				 "abcdefghijklmnopqrst", specials[k].raw,
				 20 - at, "abcdefghijklmnopqrst");
			snprintf(want, sizeof(want), "\"%.*s%s%.*s\"", at,
				 "abcdefghijklmnopqrst", specials[k].escaped,
				 20 - at, "abcdefghijklmnopqrst");
			buf_init(&b);
			buf_json_string(&b, raw, strlen(raw));
			EXPECT_STR(buf_cstr(&b), want);
			buf_release(&b);
		}
	}
}

TEST(a_broken_end_of_a_json_string_is_replaced)
{
	expect_json("a\xf0\x9f\x98", 4,
		    "\"a\xef\xbf\xbd\x9f\x98\"");
}

TEST(floating_point_numbers_go_into_buffers)
{
	struct buf b;

	buf_init(&b);
	buf_f64(&b, 0.1);
	buf_putc(&b, ' ');
	buf_f32(&b, 0.1f);
	buf_putc(&b, ' ');
	buf_f64(&b, (double)0.1f);
	EXPECT_STR(buf_cstr(&b), "0.1 0.1 0.10000000149011612");
	buf_release(&b);
}
