/* SPDX-License-Identifier: Apache-2.0
 * The lines of an answer, byte for byte: other people's programs read them.
 */
#include "base/time.h"
#include "daemon/ndjson.h"
#include "tests/unit/test.h"

TEST(commas_stand_between_and_nowhere_else)
{
	struct buf b;

	buf_init(&b);
	buf_putc(&b, '{');
	json_pair(&b, "a", "x");
	json_pair_i64(&b, "b", -7);
	json_pair(&b, "c", NULL);
	json_key(&b, "d");
	buf_puts(&b, "[]");
	json_pair_f64(&b, "e", 1.25);
	json_pair_time(&b, "f", 1500000);
	json_pair_time(&b, "g", TIME_NONE);
	buf_putc(&b, '}');
	EXPECT_STR(buf_cstr(&b),
		   "{\"a\":\"x\",\"b\":-7,\"c\":null,\"d\":[],\"e\":1.2,"
		   "\"f\":\"1970-01-01T00:00:01.500Z\",\"g\":null}");
	buf_release(&b);
}

TEST(a_group_of_lines_as_the_contract_shows_it)
{
	static const char *const names[] = { "job", "#rows" };
	struct buf b;

	buf_init(&b);
	ndjson_header_of(&b, 3, 2, names);
	ndjson_row_begin(&b);
	ndjson_cell(&b, "a \"quoted\"\n\\ name");
	ndjson_cell_i64(&b, INT64_MAX);
	ndjson_row_end(&b);
	ndjson_row_begin(&b);
	ndjson_cell(&b, NULL);
	ndjson_cell_i64(&b, INT64_MIN);
	ndjson_row_end(&b);
	ndjson_notice(&b, 3, "slow");
	ndjson_end_begin(&b, 3);
	json_pair_i64(&b, "rows", 2);
	ndjson_end(&b, 1.84);
	EXPECT_STR(buf_cstr(&b),
		   "{\"statement\":3,\"kind\":\"rows\",\"columns\":["
		   "{\"name\":\"job\",\"type\":\"STRING\"},"
		   "{\"name\":\"rows\",\"type\":\"BIGINT\"}]}\n"
		   "{\"row\":[\"a \\\"quoted\\\"\\n\\\\ name\","
		   "9223372036854775807]}\n"
		   "{\"row\":[null,-9223372036854775808]}\n"
		   "{\"statement\":3,\"notice\":\"slow\"}\n"
		   "{\"statement\":3,\"end\":\"ok\",\"rows\":2,\"ms\":1.8}\n");
	buf_release(&b);
}

TEST(an_error_says_only_what_it_knows)
{
	struct error err = ERROR_INIT;
	struct buf b;

	buf_init(&b);
	error_set(&err, ERR_UNKNOWN_COLUMN, "no column \"a\"");
	ndjson_error(&b, 2, &err);
	EXPECT_STR(buf_cstr(&b),
		   "{\"statement\":2,\"end\":\"error\",\"code\":"
		   "\"unknown_column\",\"message\":\"no column \\\"a\\\"\"}\n");
	buf_clear(&b);
	error_hint(&err, "did you mean b?");
	error_note(&err, "there is b");
	error_place(&err, NULL, "SELECT\ta", 8, 7, 1);
	ndjson_error(&b, 1, &err);
	EXPECT_STR(buf_cstr(&b),
		   "{\"statement\":1,\"end\":\"error\",\"code\":"
		   "\"unknown_column\",\"line\":1,\"column\":8,"
		   "\"message\":\"no column \\\"a\\\"\","
		   "\"hint\":\"did you mean b?\",\"note\":\"there is b\","
		   "\"excerpt\":\"SELECT\\ta\",\"caret\":\"      \\t^\"}\n");
	buf_release(&b);
}
