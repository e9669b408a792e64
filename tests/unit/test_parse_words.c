/* SPDX-License-Identifier: Apache-2.0
 * Which words are names, as measured on Flink 2.3; what counts as the same
 * text; where reading goes on after an error.
 */
#include "base/buf.h"
#include "parser/lexer.h"
#include "parser/parse.h"
#include "tests/unit/sql.h"
#include "tests/unit/test.h"

static const char *const free_words[] = {
	"final", "key", "name", "state", "city", "url", "channel", "type",
	"id", "data", "topic", "price", "auction", "bidder", "seller",
	"category", "extra", "description", "level", "status", "amount",
	"total", "text", "label", "item", "index", "number", "desc", "asc",
	"first", "last", "role", "size", "timecol", "length", "previous",
	"source", "target", "event", "ts", "version", "map", "list", "json",
	"bool", "view", "catalog", "database", "columns", "schema", "session",
	"zone", "region", "country", "address", "title", "host", "port",
	"path", "body", "email", "score", "rate", "unit", "action", "message",
	"code", "node", "cluster", "query", "model", "snapshot", "enum", "tag",
	"tags", "share", "input", "output", "log", "percentile", "if", "up",
	"plan", "job",
	/* ours, beside Flink's */
	"dateTime", "keep", "pause", "drain", "stop", "metadata", "virtual",
	"temporary", "descriptor", "enforced", "partitioned", "jobs",
	"gr\xc3\xb6\xc3\x9f" "e", "_x", "a$b",
};

static const char *const reserved_words[] = {
	"value", "count", "timestamp", "date", "time", "year", "month", "day",
	"hour", "minute", "second", "window", "start", "end", "user", "order",
	"group", "result", "one", "partition", "offset", "row", "rows", "min",
	"max", "sum", "avg", "method", "module", "comment", "language",
	"position", "rank", "left", "right", "current", "next", "ref",
	"interval", "array", "string", "int", "bytes", "boolean", "default",
	"primary", "table", "column", "stream", "watermark", "system",
	"distinct", "percent", "lag", "lead", "ordinal", "match", "measures",
	"pattern", "define", "skip", "dec", "decimal", "char", "trigger",
	"raw", "to", "at", "by", "in", "is", "on", "or", "as", "of", "no",
	"all", "any", "both", "out", "old", "new", "set", "use", "show",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char text[1000];

TEST(words_that_flink_accepts_are_columns_references_and_aliases)
{
	for (size_t i = 0; i < COUNT(free_words); i++) {
		const char *w = free_words[i];
		const char *e;

		snprintf(text, sizeof(text),
			 "CREATE TABLE %s (%s INT, x STRING, PRIMARY KEY (%s)"
			 " NOT ENFORCED);"
			 "INSERT INTO %s (%s) SELECT %s, t.%s, %s.x, x AS %s,"
			 " x %s FROM %s AS %s WHERE %s > 1 GROUP BY %s"
			 " ORDER BY %s DESC;"
			 "SELECT %s FROM t %s; CREATE VIEW %s (%s) AS SELECT 1;"
			 "DESCRIBE %s",
			 w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, w,
			 w, w);
		e = sql_errors(text, strlen(text), w);
		if (*e)
			FAIL("%s", e);
	}
}

TEST(reserved_words_are_no_columns_and_the_error_says_how_to_write_them)
{
	for (size_t i = 0; i < COUNT(reserved_words); i++) {
		char want[100];
		const char *e;

		snprintf(text, sizeof(text), "CREATE TABLE t (a INT, %s INT)",
			 reserved_words[i]);
		snprintf(want, sizeof(want), "\"%s\" is a reserved word",
			 reserved_words[i]);
		e = sql_errors(text, strlen(text), NULL);
		if (!strstr(e, want) || !strstr(e, "in back-ticks"))
			FAIL("%s: %s", text, e);
		snprintf(text, sizeof(text), "SELECT t.%s FROM t",
			 reserved_words[i]);
		e = sql_errors(text, strlen(text), NULL);
		if (!strstr(e, want))
			FAIL("%s: %s", text, e);
		snprintf(text, sizeof(text), "CREATE TABLE t (`%s` INT)",
			 reserved_words[i]);
		EXPECT_STR(sql_errors(text, strlen(text), NULL), "");
	}
}

TEST(reserved_words_are_told_from_names_and_quoted)
{
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(reserved_words); i++)
		EXPECT(parse_is_reserved(reserved_words[i]));
	EXPECT(parse_is_reserved("VALUE") && parse_is_reserved("vAlUe"));
	EXPECT(parse_is_reserved("dateTime"));
	EXPECT(!parse_is_reserved("key") && !parse_is_reserved("values_"));
	EXPECT(!parse_is_reserved(""));
	EXPECT_STR(parse_quoted("key", &a), "key");
	EXPECT_STR(parse_quoted("value", &a), "`value`");
	EXPECT_STR(parse_quoted("a b", &a), "`a b`");
	EXPECT_STR(parse_quoted("2nd", &a), "`2nd`");
	EXPECT_STR(parse_quoted("a`b", &a), "`a``b`");
	EXPECT_STR(parse_quoted("", &a), "``");
	arena_release(&a);
}

TEST(the_keyword_table_is_sorted_so_that_it_can_be_searched)
{
	static const char *const words[] = {
#define KEYWORD(word, token, reserved) #word,
#include "parser/keywords.def"
#undef KEYWORD
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (i > 0)
			EXPECT(strcmp(words[i - 1], words[i]) < 0);
		EXPECT(keyword_is_reserved(words[i], strlen(words[i])) ||
		       keyword_token(words[i], strlen(words[i])) > 0);
	}
}

TEST(names_keep_their_case_and_back_ticks_are_doubled)
{
	EXPECT_STR(sql_dump("select Abc, aBC, `select`, `a``b` from T"),
		   "select\n  Abc\n  aBC\n  select\n  a`b\n  from T\n");
}

/* ---- the same text ---- */

static const char *
canonical(const char *sql)
{
	static char out[1000];
	struct arena a;

	arena_init(&a);
	snprintf(out, sizeof(out), "%s",
		 parse_canonical(sql, strlen(sql), &a));
	arena_release(&a);
	return out;
}

TEST(blanks_comments_and_the_case_of_keywords_make_no_other_text)
{
	EXPECT_STR(canonical("select  a,b -- x\nfrom/**/T where a!=1;"),
		   "SELECT a , b FROM T WHERE a <> 1");
	EXPECT_STR(canonical("create table `t`(`key` string metadata virtual,"
			     " `value` int) with('a'='b')"),
		   "CREATE TABLE t ( key STRING METADATA VIRTUAL , `value` INT"
		   " ) WITH ( 'a' = 'b' )");
	EXPECT_STR(canonical("execute statement set begin insert into a select"
			     " 1; end;"),
		   "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1 ; END");
	EXPECT_STR(canonical("set;;reset ; "), "SET ; RESET");
	EXPECT_STR(canonical("select a from t /*+ options('x'='y') */"),
		   "SELECT a FROM t /*+ options ( 'x' = 'y' ) */");
}

TEST(names_and_texts_keep_their_case_in_the_same_text)
{
	EXPECT_STR(canonical("select KEY, Key, key, 'Abc', E'\\n' from t"),
		   "SELECT KEY , Key , key , 'Abc' , E'\\n' FROM t");
	EXPECT_STR(canonical("select a metadata from t"),
		   "SELECT a metadata FROM t");
	EXPECT_STR(canonical("select dateTime from t"),
		   "SELECT `dateTime` FROM t");
}

TEST(names_of_functions_are_equal_without_regard_to_case)
{
	EXPECT_STR(canonical("select date_format(a, 'x'), Upper ( b ),"
			     " coalesce(c, `Char_Length`(c)) from t"),
		   canonical("select DATE_FORMAT(a, 'x'), UPPER(b),"
			     " COALESCE(c, CHAR_LENGTH(c)) from t"));
	EXPECT_STR(canonical("insert into date_format (a) select date_format(date_format)"
			     " from date_format"),
		   "INSERT INTO date_format ( a ) SELECT DATE_FORMAT ("
		   " date_format ) FROM date_format");
	EXPECT_STR(canonical("create view V (a, b) as select f.a, B from f"),
		   "CREATE VIEW V ( a , b ) AS SELECT f . a , B FROM f");
	EXPECT_STR(canonical("select k from ifx where ifx in (ifx(1))"),
		   "SELECT k FROM ifx WHERE ifx IN ( IFX ( 1 ) )");
}

TEST(a_text_that_cannot_be_read_still_has_a_canonical_form)
{
	EXPECT_STR(canonical("selct  a from\tt; select 1"),
		   "selct a FROM t ; SELECT 1");
	EXPECT_STR(canonical("select 'open; a"), "SELECT 'open; a");
	EXPECT_STR(canonical("a\xff"), "a\xff");
	EXPECT_STR(canonical(""), "");
}

/* ---- after an error ---- */

/* The kinds of the statements that are read, 'x' for an error. */
static const char *
outline(const char *sql)
{
	static char out[100];
	struct ast_statement *s;
	struct arena a;
	struct parse p;
	struct error err = ERROR_INIT;
	size_t n = 0;
	int rc;

	arena_init(&a);
	EXPECT_EQ(parse_begin(&p, sql, strlen(sql), NULL, &a,
			      &parse_limits_default, &err), 0);
	while ((rc = parse_next(&p, &s, &err)) != 0 && n < sizeof(out) - 1) {
		out[n++] = rc < 0 ? 'x' :
			   s->kind == AST_STMT_SELECT ? 's' :
			   s->kind == AST_STMT_SET_OF ? 'S' : 'o';
		if (rc < 0)
			parse_skip(&p);
	}
	out[n] = '\0';
	arena_release(&a);
	return out;
}

TEST(reading_goes_on_behind_the_next_semicolon)
{
	EXPECT_STR(outline("SELECT 1; SELECT FROM 'a;b' `c;d` /*;*/ x; SET"),
		   "sxo");
	EXPECT_STR(outline("SELECT a FROM; SELECT 1"), "xs");
	EXPECT_STR(outline("SELECT a FROM"), "x");
	EXPECT_STR(outline("SELECT ^; SELECT 1"), "xs");
	EXPECT_STR(outline("SELECT 'abc; SELECT 1"), "x");
	EXPECT_STR(outline("SELECT 10000000000000000000000; SELECT 1"), "xs");
}

TEST(an_error_in_a_statement_set_is_one_error)
{
	EXPECT_STR(outline("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT;"
			   " INSERT INTO b SELECT 1; END; SELECT 1"), "xs");
	EXPECT_STR(outline("BEGIN STATEMENT SET; INSERT INTO a SELECT 1;"
			   " INSERT INTO b SELEKT 1; END; SELECT 1"), "xs");
	EXPECT_STR(outline("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT;"
			   " SELECT 1; SELECT 2"), "xss");
	EXPECT_STR(outline("EXECUTE STATMENT SET BEGIN INSERT INTO a SELECT 1;"
			   " END; SELECT 2"), "xs");
}

TEST(a_missing_semicolon_costs_no_statement)
{
	EXPECT_STR(outline("SELECT 1\nSELECT 2; SELECT 3"), "xss");
	EXPECT_STR(outline("SET 'a' = 'b' SET 'c' = 'd'"), "xo");
}

TEST(an_error_is_placed_in_the_file_by_line_and_column)
{
	const char *sql = "SELECT 1;\n\n  SELECT 'h\xc3\xa9',\tx y z FROM t";
	struct error err = ERROR_INIT;
	struct ast_statement *s;
	struct arena a;
	struct parse p;

	arena_init(&a);
	EXPECT_EQ(parse_begin(&p, sql, strlen(sql), "q.sql", &a,
			      &parse_limits_default, &err), 0);
	EXPECT_EQ(parse_next(&p, &s, &err), 1);
	EXPECT_EQ(s->at.length, 8);
	EXPECT_EQ(parse_next(&p, &s, &err), -1);
	EXPECT_EQ(err.code, ERR_SYNTAX);
	EXPECT_STR(err.at.file, "q.sql");
	EXPECT_EQ(err.at.line, 3);
	EXPECT_EQ(err.at.column, 20);
	EXPECT_EQ(err.at.length, 1);
	EXPECT_EQ(parse_next(&p, &s, NULL), -1);
	arena_release(&a);
}
