/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_client_typed.c - when a typed statement is whole, and what
 * the prompt says while it is not.
 */
#include "client/typed.h"
#include "tests/unit/test.h"

/* ';' for a whole statement, else what the prompt shows. */
static char
mark_of(const char *text)
{
	struct typed t = { 0 };

	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n") + 1;

		if (p[n - 1] == '\0')
			n--;
		typed_feed(&t, p, n);
		p += n;
	}
	if (typed_is_whole(&t))
		return ';';
	return typed_is_empty(&t) ? '>' : typed_mark(&t);
}

TEST(a_semicolon_ends_a_statement)
{
	EXPECT_EQ(mark_of("SELECT 1;"), ';');
	EXPECT_EQ(mark_of("SELECT 1 ;  -- done\n"), ';');
	EXPECT_EQ(mark_of("SELECT 1; /* done */\n\n"), ';');
	EXPECT_EQ(mark_of("SELECT 1;\nSELECT 2"), '-');
	EXPECT_EQ(mark_of("SELECT 1;\nSELECT 2;\n"), ';');
	EXPECT_EQ(mark_of("SELECT\n"), '-');
}

TEST(nothing_but_blanks_and_comments_is_nothing)
{
	EXPECT_EQ(mark_of(""), '>');
	EXPECT_EQ(mark_of(" \t\n-- a; b\n"), '>');
	EXPECT_EQ(mark_of("/* ; */\n"), '>');
}

TEST(semicolons_in_quotes_and_comments_end_nothing)
{
	EXPECT_EQ(mark_of("SELECT ';"), '\'');
	EXPECT_EQ(mark_of("SELECT 'it''s;\n"), '\'');
	EXPECT_EQ(mark_of("SELECT 'it''s;'\n"), '-');
	EXPECT_EQ(mark_of("SELECT `a;\n"), '-');
	EXPECT_EQ(mark_of("SELECT `a;`;\n"), ';');
	EXPECT_EQ(mark_of("SELECT 1 /* ;\n"), '*');
	EXPECT_EQ(mark_of("SELECT 1 /* ;\n*/;\n"), ';');
	EXPECT_EQ(mark_of("SELECT 1 -- ;\n"), '-');
	EXPECT_EQ(mark_of("SELECT '--';"), ';');
}

TEST(an_open_bracket_is_shown)
{
	EXPECT_EQ(mark_of("CREATE TABLE t (\n"), '(');
	EXPECT_EQ(mark_of("CREATE TABLE t (a INT)\n"), '-');
	EXPECT_EQ(mark_of("SELECT ((1)\n"), '(');
	/* The daemon tells of it better than a prompt does. */
	EXPECT_EQ(mark_of("SELECT ((1);"), ';');
}

TEST(a_statement_set_is_whole_at_its_own_end)
{
	EXPECT_EQ(mark_of("EXECUTE STATEMENT SET BEGIN\nINSERT INTO a "
			  "SELECT 1;\n"), '-');
	EXPECT_EQ(mark_of("EXECUTE STATEMENT SET BEGIN\nINSERT INTO a SELECT "
			  "CASE WHEN x THEN 1 END;\n"), '-');
	EXPECT_EQ(mark_of("EXECUTE STATEMENT SET BEGIN\nINSERT INTO a SELECT "
			  "1;\nEND;\n"), ';');
	EXPECT_EQ(mark_of("BEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;\n"),
		  '-');
	EXPECT_EQ(mark_of("BEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;\n"
			  "END;\n"), ';');
	EXPECT_EQ(mark_of("SELECT CASE WHEN a THEN b END;\n"), ';');
	EXPECT_EQ(mark_of("SELECT weekend;"), ';');
}

TEST(an_open_literal_is_found_where_it_begins)
{
	size_t at;

	EXPECT(typed_in_literal("WITH ('conn", 11, &at) && at == 7);
	EXPECT(!typed_in_literal("WITH ('conn'", 12, &at));
	EXPECT(!typed_in_literal("-- it's", 7, &at));
	EXPECT(!typed_in_literal("`it's", 5, &at));
	EXPECT(typed_in_literal("'a' = '", 7, &at) && at == 7);
}
