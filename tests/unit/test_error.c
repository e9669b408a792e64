/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_error.c - errors as people see them: the caret under the
 * place whatever the line holds, texts cut between characters, near names.
 */
#include <errno.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "tests/unit/test.h"

/* Marks the first `token` in the text. */
static struct error
placed(const char *text, const char *token)
{
	const char *at = strstr(text, token);
	struct error err = ERROR_INIT;

	EXPECT(at);
	error_set(&err, ERR_SYNTAX, "here");
	error_place(&err, NULL, text, strlen(text), (size_t)(at - text),
		    strlen(token));
	return err;
}

TEST(an_error_prints_as_the_manual_shows_it)
{
	const char *sql = "CREATE ...;\n\nINSERT INTO out\n"
			  "SELECT     mesage, COUNT(*) AS n\nFROM words";
	struct error err = ERROR_INIT;
	char out[1024];

	EXPECT_EQ(error_set(&err, ERR_UNKNOWN_COLUMN,
			    "table \"%s\" has no column \"%s\"", "words",
			    "mesage"),
		  -1);
	error_place(&err, "query.sql", sql, strlen(sql),
		    (size_t)(strstr(sql, "mesage") - sql), 6);
	error_hint(&err, "did you mean \"%s\"?", "message");
	error_note(&err, "columns of \"words\": message STRING,"
			 " ts TIMESTAMP_LTZ(3)");
	error_print(&err, out, sizeof(out));
	EXPECT_STR(out,
		   "error[unknown_column]: table \"words\" has no column"
		   " \"mesage\"\n"
		   "  --> query.sql:4:12\n"
		   "   |\n"
		   " 4 | SELECT     mesage, COUNT(*) AS n\n"
		   "   |            ^^^^^^ did you mean \"message\"?\n"
		   "   = columns of \"words\": message STRING,"
		   " ts TIMESTAMP_LTZ(3)\n");
}

TEST(the_frame_grows_with_the_line_number)
{
	struct error err = placed("\n\n\n\n\n\n\n\n\n\n\nSELEC 1", "SELEC");
	char out[512];

	error_print(&err, out, sizeof(out));
	EXPECT_STR(out, "error[syntax_error]: here\n"
			"   --> line 12, column 1\n"
			"    |\n"
			" 12 | SELEC 1\n"
			"    | ^^^^^\n");
}

TEST(without_a_place_the_hint_becomes_a_note)
{
	struct error err = ERROR_INIT;
	char out[512];

	error_set(&err, ERR_UNKNOWN_JOB, "no job \"clcks\"");
	error_hint(&err, "did you mean \"clicks\"?");
	error_note(&err, "jobs: clicks,\norders");
	error_print(&err, out, sizeof(out));
	EXPECT_STR(out, "error[unknown_job]: no job \"clcks\"\n"
			"  = did you mean \"clicks\"?\n"
			"  = jobs: clicks,\n"
			"    orders\n");
}

TEST(print_tells_its_length_like_snprintf)
{
	struct error err = placed("SELECT x FROM t", "x");
	char whole[512], cut[40];
	size_t n = error_print(&err, whole, sizeof(whole));

	EXPECT_EQ(n, strlen(whole));
	EXPECT_EQ(error_print(&err, NULL, 0), n);
	EXPECT_EQ(error_print(&err, cut, sizeof(cut)), n);
	EXPECT_EQ(strlen(cut), sizeof(cut) - 1);
	EXPECT(memcmp(cut, whole, sizeof(cut) - 1) == 0);
}

TEST(tabs_are_repeated_so_that_the_caret_stands_right)
{
	struct error err = placed("SELECT\n\ta,\tbad,\tc", "bad");

	EXPECT_EQ(err.at.line, 2);
	EXPECT_EQ(err.at.column, 5);
	EXPECT_EQ(err.at.length, 3);
	EXPECT_STR(err.excerpt, "\ta,\tbad,\tc");
	EXPECT_STR(err.caret, "\t  \t^^^");
}

TEST(columns_are_code_points_not_bytes)
{
	struct error err = placed("SELECT 'h\xc3\xa9\xf0\x9f\x98\x80', "
				  "gr\xc3\xb6\xc3\x9f\x65 FROM t",
				  "gr\xc3\xb6\xc3\x9f\x65");

	EXPECT_EQ(err.at.column, 15);
	EXPECT_EQ(err.at.length, 5);
	EXPECT_STR(err.caret, "              ^^^^^");
}

TEST(a_token_of_several_lines_is_marked_to_the_end_of_the_first)
{
	struct error err = placed("SELECT 'one\ntwo\nthree' FROM t",
				  "'one\ntwo\nthree'");

	EXPECT_EQ(err.at.line, 1);
	EXPECT_EQ(err.at.length, 4);
	EXPECT_STR(err.excerpt, "SELECT 'one");
	EXPECT_STR(err.caret, "       ^^^^");
}

TEST(the_carriage_return_of_a_line_is_not_shown)
{
	struct error err = placed("SELECT\r\n'one\r\ntwo'\r\n", "'one\r\ntwo'");

	EXPECT_EQ(err.at.line, 2);
	EXPECT_STR(err.excerpt, "'one");
	EXPECT_STR(err.caret, "^^^^");
}

TEST(the_end_of_the_text_is_a_place_too)
{
	const char *sql = "SELECT 1 +";
	struct error err = ERROR_INIT;

	error_set(&err, ERR_SYNTAX, "the statement ends too early");
	error_place(&err, NULL, sql, strlen(sql), strlen(sql), 0);
	EXPECT_EQ(err.at.column, 11);
	EXPECT_EQ(err.at.length, 1);
	EXPECT_STR(err.caret, "          ^");

	error_place(&err, NULL, "", 0, 0, 0);
	EXPECT_EQ(err.at.line, 1);
	EXPECT_EQ(err.at.column, 1);
	EXPECT_STR(err.excerpt, "");
	EXPECT_STR(err.caret, "^");

	error_place(&err, NULL, "a\nb", 3, 1, 1); /* the newline itself */
	EXPECT_EQ(err.at.line, 1);
	EXPECT_EQ(err.at.column, 2);
	EXPECT_STR(err.excerpt, "a");
}

/* A line of `n` characters of two bytes each with X at `at`. */
static struct error
placed_in_long_line(unsigned n, unsigned at)
{
	char text[2048];
	size_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		memcpy(text + len, i == at ? "X" : "\xc3\xa9", 2);
		len += i == at ? 1 : 2;
	}
	text[len] = '\0';
	return placed(text, "X");
}

TEST(of_a_long_line_the_part_around_the_place_is_shown)
{
	for (unsigned at = 0; at < 900; at += 7) {
		struct error err = placed_in_long_line(900, at);
		size_t n = strlen(err.excerpt);
		size_t column = strcspn(err.caret, "^");

		EXPECT(utf8_valid(err.excerpt, n));
		EXPECT_EQ(err.at.column, at + 1);
		EXPECT_STR(err.caret + column, "^");
		EXPECT(err.excerpt[utf8_offset(err.excerpt, n, column)] ==
		       'X');
		EXPECT_EQ(strncmp(err.excerpt, "...", 3) == 0, at > 60);
		EXPECT_EQ(strcmp(err.excerpt + n - 3, "...") == 0, at < 836);
	}
}

TEST(a_token_longer_than_the_excerpt_is_marked_as_far_as_it_is_shown)
{
	char text[1001];
	struct error err;

	memset(text, 'x', 1000);
	text[1000] = '\0';
	err = placed(text, text);
	EXPECT_EQ(err.at.length, 1000);
	EXPECT_EQ(strlen(err.caret), 248);
	EXPECT_EQ(strlen(err.excerpt), 251);
}

TEST(what_a_terminal_must_not_see_is_replaced)
{
	struct error err = placed("a\x1b[2J\x7f\xff\xc3 bad\xe2\x82", "bad");

	EXPECT_STR(err.excerpt, "a?[2J??? bad??");
	EXPECT_EQ(err.at.column, 10);
	EXPECT_STR(err.caret, "         ^^^");
}

TEST(texts_too_long_end_in_dots_between_code_points)
{
	/* One to four bytes before characters of three: each phase. */
	for (unsigned shift = 0; shift < 4; shift++) {
		struct error err = ERROR_INIT;
		char text[1201];
		size_t n = 0;

		memset(text, 'a', shift);
		for (n = shift; n + 3 < sizeof(text); n += 3)
			memcpy(text + n, "\xe2\x82\xac", 3);
		text[n] = '\0';
		error_set(&err, ERR_KAFKA, "%s", text);
		error_hint(&err, "%s", text);
		error_note(&err, "%s", text);
		n = strlen(err.message);
		EXPECT(n > sizeof(err.message) - 5);
		EXPECT_STR(err.message + n - 3, "...");
		EXPECT(utf8_valid(err.message, n));
		EXPECT(utf8_valid(err.hint, strlen(err.hint)));
		EXPECT(utf8_valid(err.note, strlen(err.note)));
		EXPECT_STR(err.note + strlen(err.note) - 3, "...");
	}
}

TEST(a_text_that_just_fits_is_not_cut)
{
	struct error err = ERROR_INIT;
	char text[sizeof(err.message)];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERR_KAFKA, "%s", text);
	EXPECT_STR(err.message, text);
}

TEST(context_goes_before_the_message)
{
	struct error err = ERROR_INIT;
	char text[600];

	error_errno(&err, ERR_FILE, ENOENT, "cannot open %s", "/x");
	EXPECT_STR(err.message, "cannot open /x: No such file or directory");
	error_context(&err, "job \"%s\"", "clicks");
	EXPECT_STR(err.message, "job \"clicks\": cannot open /x:"
				" No such file or directory");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERR_FILE, "%s", text);
	error_context(&err, "b");
	EXPECT_EQ(strlen(err.message), sizeof(err.message) - 1);
	EXPECT_EQ(strncmp(err.message, "b: aaa", 6), 0);
	EXPECT_STR(err.message + strlen(err.message) - 4, "a...");
}

TEST(setting_an_error_forgets_the_one_before)
{
	struct error err = placed("SELECT x", "x");

	error_hint(&err, "hint");
	error_note(&err, "note");
	err.retriable = true;
	/* also when the new message is made of the old one */
	error_set(&err, ERR_FILE, "again: %s", err.message);
	EXPECT_STR(err.message, "again: here");
	EXPECT_EQ(err.at.line, 0);
	EXPECT_STR(err.hint, "");
	EXPECT_STR(err.note, "");
	EXPECT_STR(err.caret, "");
	EXPECT(!err.retriable);
	error_clear(&err);
	EXPECT_EQ(err.code, ERR_NONE);
}

TEST(nobody_needs_to_want_the_error)
{
	EXPECT_EQ(error_set(NULL, ERR_FILE, "x"), -1);
	EXPECT_EQ(error_oom(NULL), -1);
	EXPECT_EQ(error_errno(NULL, ERR_FILE, EIO, "x"), -1);
	error_hint(NULL, "x");
	error_note(NULL, "x");
	error_context(NULL, "x");
	error_place(NULL, NULL, "", 0, 0, 0);
}

TEST(every_code_has_one_name_a_help_text_and_a_status)
{
	for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
		const char *name = error_name((enum error_code)i);

		EXPECT(strlen(name) > 0);
		EXPECT_EQ(name[strspn(name, "abcdefghijklmnopqrstuvwxyz_"
					    "0123456789")],
			  '\0');
		EXPECT(strlen(error_help((enum error_code)i)) > 10);
		EXPECT(error_exit_status((enum error_code)i) > 0);
		for (int j = ERR_NONE; j < i; j++)
			EXPECT(strcmp(name,
				      error_name((enum error_code)j)) != 0);
	}
	EXPECT_EQ(error_exit_status(ERR_USAGE), 64);
	EXPECT_EQ(error_exit_status(ERR_SYNTAX), 1);
}

static const char *
nearest(const char *word)
{
	static const char *const names[] = {
		"message", "ts", "user_id", "amount", "amounts", "x",
		"timestamp", "",
	};

	return error_nearest(word, names, ARRAY_LEN(names));
}

TEST(a_slip_finds_the_name_that_was_meant)
{
	EXPECT_STR(nearest("mesage"), "message");   /* left out */
	EXPECT_STR(nearest("messsage"), "message"); /* twice */
	EXPECT_STR(nearest("massage"), "message");  /* another */
	EXPECT_STR(nearest("emssage"), "message");  /* swapped */
	EXPECT_STR(nearest("MESSAGE"), "message");  /* case is free */
	EXPECT_STR(nearest("UserID"), "user_id");
	EXPECT_STR(nearest("tsx"), "ts");
	EXPECT_STR(nearest("timestmap"), "timestamp");
}

TEST(of_two_near_names_the_nearer_wins)
{
	EXPECT_STR(nearest("amount"), "amount");
	EXPECT_STR(nearest("amonts"), "amounts");
	EXPECT_STR(nearest("AMOUNTS"), "amounts");
}

TEST(what_is_too_far_is_not_offered)
{
	EXPECT(!nearest("price"));
	EXPECT(!nearest("mssg"));
	EXPECT(!nearest("y")); /* nothing of it would be left */
	EXPECT(!nearest(""));
	EXPECT(!nearest("messagemessagemessagemessagemessagemessagemessage"
			"messagemessagemessage"));
	EXPECT(!error_nearest("a", NULL, 0));
	EXPECT_STR(nearest("X"), "x");
}
