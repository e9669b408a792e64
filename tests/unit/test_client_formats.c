/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_client_formats.c - what people and programs get, to the byte.
 */
#include "client/format.h"
#include "client/shown.h"
#include "client/table.h"
#include "tests/unit/test.h"

/* Rows of one answer in one format; names and types alternate. */
static const char *
shown(enum output_format f, const char *const *cols, unsigned n, bool with_ops,
      const char *const *lines)
{
	static char text[8192];
	char *names[8], *types[8];
	struct columns c = { n, names, types };
	struct table t;
	struct buf out;
	struct row r;

	shown_init();
	for (unsigned i = 0; i < n; i++) {
		names[i] = (char *)cols[2 * i];
		types[i] = (char *)cols[2 * i + 1];
	}
	buf_init(&out);
	table_init(&t, &c);
	t.with_ops = with_ops;
	t.names_nulls = true;
	for (unsigned i = 0; f == OUTPUT_ALIGNED && lines[i]; i++) {
		EXPECT(row_read(&r, lines[i], strlen(lines[i]), n));
		table_fit(&t, &r);
		row_release(&r);
	}
	if (f == OUTPUT_ALIGNED)
		table_header(&t, &out);
	else
		format_header(f, &c, with_ops, &out);
	for (unsigned i = 0; lines[i]; i++) {
		struct format_look look = { .number = i + 1,
					    .names_nulls = true };

		EXPECT(row_read(&r, lines[i], strlen(lines[i]), n));
		if (f == OUTPUT_ALIGNED)
			table_row(&t, &r, &out);
		else
			format_row(f, &c, &r, &look, &out);
		row_release(&r);
	}
	snprintf(text, sizeof(text), "%s", buf_cstr(&out));
	table_release(&t);
	buf_release(&out);
	return text;
}

static const char *const two[] = { "name", "STRING", "n", "BIGINT NOT NULL" };

#define SHOWN(format, ...) \
	shown(format, two, 2, false, (const char *const[]){ __VA_ARGS__, NULL })

TEST(text_is_left_and_numbers_are_right)
{
	EXPECT_STR(SHOWN(OUTPUT_ALIGNED, "{\"row\":[\"a\",1]}",
			 "{\"row\":[\"longer\",-200]}"),
		   " name   | n   \n"
		   "--------+-----\n"
		   " a      |    1\n"
		   " longer | -200\n");
}

TEST(wide_and_combining_characters_keep_the_columns)
{
	EXPECT_STR(SHOWN(OUTPUT_ALIGNED, "{\"row\":[\"日本\",1]}",
			 "{\"row\":[\"e\\u0301t\\u00e9\",2]}",
			 "{\"row\":[\"\\ud83d\\ude00!\",3]}",
			 "{\"row\":[\"abcd\",4]}"),
		   " name | n\n"
		   "------+--\n"
		   " 日本 | 1\n"
		   " e\xCC\x81t\xC3\xA9  | 2\n"
		   " \xF0\x9F\x98\x80!  | 3\n"
		   " abcd | 4\n");
}

TEST(nulls_are_named_and_empty_texts_are_empty)
{
	EXPECT_STR(SHOWN(OUTPUT_ALIGNED, "{\"row\":[null,null]}",
			 "{\"row\":[\"\",0]}"),
		   " name | n   \n"
		   "------+-----\n"
		   " NULL | NULL\n"
		   "      |    0\n");
	EXPECT_STR(SHOWN(OUTPUT_CSV, "{\"row\":[null,null]}",
			 "{\"row\":[\"\",0]}"), "name,n\n,\n\"\",0\n");
	EXPECT_STR(SHOWN(OUTPUT_TSV, "{\"row\":[null,null]}",
			 "{\"row\":[\"\",0]}"), "name\tn\n\\N\t\\N\n\t0\n");
	EXPECT_STR(SHOWN(OUTPUT_JSON, "{\"row\":[null,null]}"),
		   "{\"name\":null,\"n\":null}\n");
	EXPECT_STR(SHOWN(OUTPUT_VERTICAL, "{\"row\":[null,7]}"),
		   "-[ row 1 ]-\nname | NULL\nn    | 7\n");
}

TEST(a_value_of_many_lines_goes_on_in_its_column)
{
	EXPECT_STR(SHOWN(OUTPUT_ALIGNED, "{\"row\":[\"one\\ntwo\",1]}",
			 "{\"row\":[\"x\",2]}"),
		   " name | n\n"
		   "------+--\n"
		   " one +| 1\n"
		   " two  |  \n"
		   " x    | 2\n");
	EXPECT_STR(SHOWN(OUTPUT_VERTICAL, "{\"row\":[\"one\\ntwo\",1]}"),
		   "-[ row 1 ]-\nname | one\n     | two\nn    | 1\n");
	EXPECT_STR(SHOWN(OUTPUT_CSV, "{\"row\":[\"one\\ntwo\",1]}"),
		   "name,n\n\"one\ntwo\",1\n");
	EXPECT_STR(SHOWN(OUTPUT_TSV, "{\"row\":[\"one\\ntwo\\r\\t\\\\\",1]}"),
		   "name\tn\none\\ntwo\\r\\t\\\\\t1\n");
}

TEST(a_row_cannot_command_the_terminal)
{
	EXPECT_STR(SHOWN(OUTPUT_ALIGNED,
			 "{\"row\":[\"\\u001b[2J\\u0007\\r\\u0000\",1]}",
			 "{\"row\":[\"\\u007f\\u009b2J\",2]}",
			 "{\"row\":[\"\\u202eabc\",3]}"),
		   " name            | n\n"
		   "-----------------+--\n"
		   " \\x1B[2J\\a\\r\\x00 | 1\n"
		   " \\x7F\\x9B2J      | 2\n"
		   " \\u202Eabc       | 3\n");
	EXPECT_STR(SHOWN(OUTPUT_VERTICAL, "{\"row\":[\"\\u001b[2J\",1]}"),
		   "-[ row 1 ]-\nname | \\x1B[2J\nn    | 1\n");
}

TEST(tabs_become_blanks)
{
	EXPECT_STR(SHOWN(OUTPUT_ALIGNED, "{\"row\":[\"a\\tb\",1]}"),
		   " name      | n\n"
		   "-----------+--\n"
		   " a       b | 1\n");
}

TEST(changes_have_their_kind_first)
{
	const char *const lines[] = { "{\"op\":\"-U\",\"row\":[\"a\",1]}",
				      "{\"op\":\"+U\",\"row\":[\"a\",2]}",
				      NULL };

	EXPECT_STR(shown(OUTPUT_ALIGNED, two, 2, true, lines),
		   " op | name | n\n"
		   "----+------+--\n"
		   " -U | a    | 1\n"
		   " +U | a    | 2\n");
	EXPECT_STR(shown(OUTPUT_CSV, two, 2, true, lines),
		   "op,name,n\n-U,a,1\n+U,a,2\n");
	EXPECT_STR(shown(OUTPUT_TSV, two, 2, true, lines),
		   "op\tname\tn\n-U\ta\t1\n+U\ta\t2\n");
	EXPECT_STR(shown(OUTPUT_JSON, two, 2, true, lines),
		   "{\"op\":\"-U\",\"name\":\"a\",\"n\":1}\n"
		   "{\"op\":\"+U\",\"name\":\"a\",\"n\":2}\n");
	EXPECT_STR(shown(OUTPUT_VERTICAL, two, 2, true, lines),
		   "-[ row 1 ]-\nop   | -U\nname | a\nn    | 1\n"
		   "-[ row 2 ]-\nop   | +U\nname | a\nn    | 2\n");
}

TEST(nested_values_bytes_and_booleans_stay_what_was_sent)
{
	static const char *const cols[] = { "r", "ROW<a INT, b STRING>", "a",
					    "ARRAY<INT>", "b", "BYTES", "t",
					    "BOOLEAN", "d", "DECIMAL(38, 2)" };
	static const char *const lines[] = {
		"{\"row\":[{\"a\":1,\"b\":\"x]\\\"y\"},[1,null],\"yv4=\",true,"
		"12345678901234567890123456789012345.67]}", NULL };

	EXPECT_STR(shown(OUTPUT_JSON, cols, 5, false, lines),
		   "{\"r\":{\"a\":1,\"b\":\"x]\\\"y\"},\"a\":[1,null],"
		   "\"b\":\"yv4=\",\"t\":true,"
		   "\"d\":12345678901234567890123456789012345.67}\n");
	EXPECT_STR(shown(OUTPUT_CSV, cols, 5, false, lines),
		   "r,a,b,t,d\n\"{\"\"a\"\":1,\"\"b\"\":\"\"x]\\\"\"y\"\"}\","
		   "\"[1,null]\",yv4=,true,"
		   "12345678901234567890123456789012345.67\n");
	EXPECT_STR(shown(OUTPUT_VERTICAL, cols, 5, false, lines),
		   "-[ row 1 ]-\n"
		   "r  | {\"a\":1,\"b\":\"x]\\\"y\"}\na  | [1,null]\n"
		   "b  | yv4=\nt  | true\n"
		   "d  | 12345678901234567890123456789012345.67\n");
}

TEST(names_are_as_harmless_as_values)
{
	static const char *const cols[] = { "a\033[m\n,b", "STRING" };
	static const char *const lines[] = { "{\"row\":[\"x\"]}", NULL };

	EXPECT_STR(shown(OUTPUT_ALIGNED, cols, 1, false, lines),
		   " a\\x1B[m\\n,b\n------------\n x          \n");
	EXPECT_STR(shown(OUTPUT_CSV, cols, 1, false, lines),
		   "\"a\033[m\n,b\"\nx\n");
}

TEST(a_line_that_is_no_row_is_not_taken_for_one)
{
	struct row r;

	EXPECT(!row_read(&r, "{\"row\":[1,2]}", 13, 3));
	EXPECT(!row_read(&r, "{\"row\":", 7, 1));
	EXPECT(!row_read(&r, "{\"op\":\"+I\"}", 11, 1));
	EXPECT(row_is_here("{\"row\":[1]}", 11));
	EXPECT(!row_is_here("{\"statement\":1}", 15));
}

/* ---- cutting ---- */

static const char *
cut(const char *text, size_t columns)
{
	static char line[256];
	struct buf out;

	shown_init();
	buf_init(&out);
	shown_append_cut(&out, text, strlen(text), columns);
	snprintf(line, sizeof(line), "%s", buf_cstr(&out));
	buf_release(&out);
	return line;
}

TEST(what_does_not_fit_is_cut_between_characters)
{
	EXPECT_STR(cut("abcdef", 6), "abcdef");
	EXPECT_STR(cut("abcdef", 5), "abcd…");
	EXPECT_STR(cut("日本語", 6), "日本語");
	EXPECT_STR(cut("日本語", 5), "日本…");
	EXPECT_STR(cut("日本語", 4), "日…");
	EXPECT_STR(cut("ab", 1), "…");
	EXPECT_STR(cut("\033[2mabcdef\033[0m", 6), "\033[2mabcdef\033[0m");
	EXPECT_STR(cut("\033[2mabcdef\033[0m", 3), "\033[2mab\033[0m…");
}

TEST(bytes_that_are_no_text_are_escaped)
{
	struct buf out;

	buf_init(&out);
	shown_append(&out, "a\xff\xc3", 3, SHOWN_KEEP_NOTHING);
	EXPECT_STR(buf_cstr(&out), "a\\xFF\\xC3");
	buf_clear(&out);
	shown_append(&out, "a\nb\tc", 5, SHOWN_KEEP_LINES);
	EXPECT_STR(buf_cstr(&out), "a\nb\\tc");
	EXPECT_EQ(shown_width("\xff", 1), 1);
	buf_release(&out);
}
