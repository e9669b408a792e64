/* SPDX-License-Identifier: Apache-2.0
 * Scripts that nobody wrote: cut anywhere, with bytes changed, nested without
 * end. Each gets an answer; nothing crashes, leaks or goes on for ever.
 */
#include "base/buf.h"
#include "parser/parse.h"
#include "tests/unit/sql.h"
#include "tests/unit/test.h"

static const char good[] =
	"CREATE TABLE words (message STRING, `value` DECIMAL(10, 2) NOT NULL,\n"
	" ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL COMMENT 'x',\n"
	" up AS UPPER(message), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,\n"
	" PRIMARY KEY (message) NOT ENFORCED) PARTITIONED BY (message)\n"
	" WITH ('connector' = 'kafka', 'topic' = 'w''s');\n"
	"CREATE TEMPORARY VIEW v (a, b) AS SELECT a, CASE b WHEN 1, 2 THEN\n"
	" 'gr\xc3\xbc\xc3\x9f' ELSE U&'\\00e9' END FROM t /*+ OPTIONS('a' ="
	" 'b') */ x;\n"
	"EXECUTE STATEMENT SET BEGIN -- two\n"
	"INSERT INTO total SELECT window_start, COUNT(*) FILTER (WHERE x > 1)\n"
	" FROM TABLE(HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '5' SECOND,\n"
	" INTERVAL '1' MINUTE)) GROUP BY window_start HAVING COUNT(*) > 1.5e0;\n"
	"INSERT INTO w (a, b) SELECT SUBSTRING(a FROM 2 FOR 3), POSITION('x'\n"
	" IN b) FROM (SELECT * FROM t WHERE NOT a LIKE 'x' ESCAPE '!') AS q\n"
	" UNION ALL VALUES (1, TRIM(BOTH 'x' FROM E'a\\n'));\n"
	"END; /* then */ EXPLAIN PLAN FOR SELECT CAST(-a AS INT), b IS NOT\n"
	" DISTINCT FROM 5, c NOT BETWEEN 1 AND 2 FROM t ORDER BY a DESC LIMIT\n"
	" 5; SET 'a' = 'b'; SHOW TABLES NOT LIKE 'x'; DROP JOB IF EXISTS 'j'\n"
	" KEEP STATE; SELECT DATE '2026-01-02', INTERVAL '1 2' DAY TO HOUR;\n";

TEST(the_good_script_is_good)
{
	EXPECT_STR(sql_errors(good, sizeof(good) - 1, NULL), "");
}

TEST(every_beginning_of_a_good_script_gets_an_answer)
{
	for (size_t n = 0; n < sizeof(good); n++)
		sql_errors(good, n, NULL);
}

TEST(every_end_of_a_good_script_gets_an_answer)
{
	for (size_t n = 0; n < sizeof(good); n++)
		sql_errors(good + n, sizeof(good) - 1 - n, NULL);
}

TEST(a_script_with_one_byte_changed_gets_an_answer)
{
	static const char others[] = "'`();,.*0a\n\x01\xc3\"=<E";
	char text[sizeof(good)];
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (int k = 0; k < 3; k++) {
			seed = seed * 1664525 + 1013904223;
			memcpy(text, good, sizeof(good));
			text[i] = others[(seed >> 16) % (sizeof(others) - 1)];
			sql_errors(text, sizeof(good) - 1, "x.sql");
		}
	}
}

TEST(a_script_with_words_in_disorder_gets_an_answer)
{
	char text[4000];
	uint32_t seed = 7;

	for (int k = 0; k < 2000; k++) {
		size_t n = 0;

		for (int piece = 0; piece < 8; piece++) {
			size_t at, len;

			seed = seed * 1664525 + 1013904223;
			at = (seed >> 8) % (sizeof(good) - 60);
			while (at > 0 && good[at - 1] != ' ')
				at--;
			seed = seed * 1664525 + 1013904223;
			len = (seed >> 16) % 60;
			memcpy(text + n, good + at, len);
			n += len;
			text[n++] = ' ';
		}
		sql_errors(text, n, NULL);
	}
}

/* ---- limits ---- */

static struct buf script;

__attribute__((destructor)) static void
release(void)
{
	buf_release(&script);
}

static void
repeat(const char *text, int times)
{
	for (int i = 0; i < times; i++)
		buf_puts(&script, text);
}

/* "begin" n times, "middle", "end" n times. */
static void
nest(const char *first, const char *begin, int n, const char *middle,
     const char *end)
{
	buf_clear(&script);
	buf_puts(&script, first);
	repeat(begin, n);
	buf_puts(&script, middle);
	repeat(end, n);
}

static const char *
answer(void)
{
	const char *e = sql_errors(buf_cstr(&script), script.len, NULL);
	static char first[200];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(e, "\n"), e);
	return first;
}

TEST(nesting_has_a_limit_and_a_name)
{
	const char *deep = "error[nested_too_deep]: nested more than 200 levels"
			   " deep";
	const char *tall = "error[nested_too_deep]: an expression of more than"
			   " 200 levels";

	nest("SELECT ", "(", 200, "1", ")");
	EXPECT_STR(answer(), "");
	nest("SELECT ", "(", 201, "1", ")");
	EXPECT_STR(answer(), deep);
	nest("SELECT ", "(", 100000, "1", ")");
	EXPECT_STR(answer(), deep);
	nest("SELECT * FROM ", "(SELECT * FROM ", 60000, "t", ")");
	EXPECT_STR(answer(), deep);
	nest("SELECT ", "CASE WHEN a THEN ", 20000, "1", " END");
	EXPECT_STR(answer(), deep);
	nest("SELECT ", "f(", 100000, "1", ")");
	EXPECT_STR(answer(), deep);
	nest("SELECT ", "NOT ", 199, "a", "");
	EXPECT_STR(answer(), "");
	nest("SELECT ", "NOT ", 200, "a", "");
	EXPECT_STR(answer(), tall);
	nest("SELECT ", "NOT ", 100000, "a", "");
	EXPECT_STR(answer(), tall);
	nest("SELECT ", "- ", 100000, "a", "");
	EXPECT_STR(answer(), tall);
	nest("SELECT a", " IS NULL", 30000, "", "");
	EXPECT_STR(answer(), tall);
}

TEST(operators_in_a_row_are_one_level)
{
	nest("SELECT a", " + 1", 100000, "", "");
	EXPECT_STR(answer(), "");
	nest("SELECT a FROM t WHERE a = 0", " OR a = 1", 50000, "", "");
	EXPECT_STR(answer(), "");
	nest("SELECT (((a", " || 'x' + b * c AND d", 10000, ")))", "");
	EXPECT_STR(answer(), "");
	nest("SELECT a", " + (a", 200, "", ")");
	EXPECT(strstr(answer(), "error[nested_too_deep]"));
}

TEST(lists_have_a_limit_and_a_name)
{
	nest("SELECT a IN (0", ", 1", 999, ")", "");
	EXPECT_STR(answer(), "");
	nest("SELECT a IN (0", ", 1", 1000, ")", "");
	EXPECT_STR(answer(), "error[list_too_long]: a list of more than 1000"
		   " expressions");
	nest("SELECT a", ", a", 1000, "", "");
	EXPECT_STR(answer(), "error[list_too_long]: a list of more than 1000"
		   " columns");
	nest("CREATE TABLE t (a INT", ", b INT", 1000, ")", "");
	EXPECT_STR(answer(), "error[list_too_long]: a table of more than 1000"
		   " columns");
	nest("CREATE TABLE t WITH ('a' = 'b'", ", 'a' = 'b'", 1000, ")", "");
	EXPECT_STR(answer(), "error[list_too_long]: a list of more than 1000"
		   " options");
	nest("SELECT 1", " UNION ALL SELECT 1", 1000, "", "");
	EXPECT_STR(answer(), "error[list_too_long]: a UNION of more than 1000"
		   " queries");
	nest("SELECT 1", " UNION SELECT 1 UNION ALL SELECT 1", 5000, "", "");
	EXPECT_STR(answer(), "error[nested_too_deep]: a query nested more than"
		   " 200 levels deep");
}

TEST(scripts_have_a_limit_of_statements_and_bytes)
{
	nest("", "SET;", 1000, "", "");
	EXPECT_STR(answer(), "");
	nest("", "SET;", 1001, "", "");
	EXPECT_STR(answer(), "error[too_many_statements]: the script has more than"
		   " 1000 statements");
	nest("", " ", 1024 * 1024, "", "");
	EXPECT_STR(answer(), "");
	nest("", " ", 1024 * 1024 + 1, "", "");
	EXPECT_STR(answer(), "error[script_too_long]: the script has 1048577"
		   " bytes, more than the 1048576 allowed");
}

TEST(a_megabyte_of_one_statement_is_read)
{
	nest("INSERT INTO t VALUES (0, 'x')", ", (1, 'it''s a text')", 999, "",
	     "");
	EXPECT_STR(answer(), "");
	nest("SELECT '", "0123456789abcdef", 65000, "'", "");
	EXPECT_STR(answer(), "");
	nest("SELECT a -- ", "0123456789abcdef", 65000, "\nFROM t", "");
	EXPECT_STR(answer(), "");
	nest("SELECT ", "/**/", 260000, "1", "");
	EXPECT_STR(answer(), "");
}
