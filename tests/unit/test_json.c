/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_json.c - what the json format makes of records: every form
 * that was measured on Flink 2.3, every kind of bad record, and the rule that
 * a bad record never changes what its neighbours are.
 */
#include "format_rig.h"
#include "runtime/formats/json_simd.h"
#include "runtime/formats/json_walk.h"
#include "test.h"

static struct format_rig *
rig_of(struct type t, const char *const *options)
{
	struct format_column col = { "f", t };

	return format_rig_open("json", 1, &col, options);
}

static struct format_rig *
rig_of_text(void)
{
	return rig_of(TYPE_STRING_OF, NULL);
}

struct field_case {
	struct type type;
	const char *json; /* of the field */
	const char *want; /* "!": a bad field */
};

#define INT_ TYPE_OF(TYPE_INT)
#define BIGINT_ TYPE_OF(TYPE_BIGINT)
#define TINYINT_ TYPE_OF(TYPE_TINYINT)
#define BOOLEAN_ TYPE_OF(TYPE_BOOLEAN)
#define DOUBLE_ TYPE_OF(TYPE_DOUBLE)
#define FLOAT_ TYPE_OF(TYPE_FLOAT)
#define DATE_ TYPE_OF(TYPE_DATE)
#define STRING_ TYPE_STRING_OF
#define DECIMAL_(p, s) \
	((struct type){ .kind = TYPE_DECIMAL, .nullable = true, \
			.precision = (p), .scale = (s) })
#define TS_(p) \
	((struct type){ .kind = TYPE_TIMESTAMP, .nullable = true, \
			.precision = (p) })
#define LTZ_(p) \
	((struct type){ .kind = TYPE_TIMESTAMP_LTZ, .nullable = true, \
			.precision = (p) })
#define TIME_(p) \
	((struct type){ .kind = TYPE_TIME, .nullable = true, .precision = (p) })
#define BYTES_ \
	((struct type){ .kind = TYPE_VARBINARY, .nullable = true, \
			.length = TYPE_LENGTH_MAX })
#define VARCHAR_(n) \
	((struct type){ .kind = TYPE_VARCHAR, .nullable = true, .length = (n) })
#define CHAR_(n) \
	((struct type){ .kind = TYPE_CHAR, .nullable = true, .length = (n) })

static const struct field_case sql_cases[] = {
	{ STRING_, "\"a b\"", "a b" },
	{ STRING_, "\"\"", "" },
	{ STRING_, "\"a longer text than twelve\"", "a longer text than twelve" },
	{ STRING_, "\"q\\\"\\\\\\/\\u00e9\\b\\f\\n\\r\\t\"",
	  "q\"\\/\xc3\xa9\b\f\n\r\t" },
	{ STRING_, "\"\\uD83D\\ude00\"", "\xf0\x9f\x98\x80" },
	{ STRING_, "\"\xf0\x9f\x98\x80\xc3\xa9\"", "\xf0\x9f\x98\x80\xc3\xa9" },
	{ STRING_, "12.50", "12.50" },
	{ STRING_, "1e3", "1e3" },
	{ STRING_, "5", "5" },
	{ STRING_, "-1234567890123456789", "-1234567890123456789" },
	{ STRING_, "true", "true" },
	{ STRING_, "false", "false" },
	{ STRING_, "null", "NULL" },
	{ STRING_, "{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }", "{\"a\":1,\"b\":[1,2]}" },
	{ STRING_, "[ ]", "[]" },
	{ STRING_, "{\"a b\":\" c \\\" d \"}", "{\"a b\":\" c \\\" d \"}" },
	{ VARCHAR_(2), "\"abcdef\"", "abcdef" },
	{ CHAR_(3), "\"abcdef\"", "abcdef" },
	{ INT_, "12", "12" },
	{ INT_, "\"12\"", "12" },
	{ INT_, "\" 12 \"", "12" },
	{ INT_, "\"+12\"", "12" },
	{ INT_, "1.9", "1" },
	{ INT_, "-1.9", "-1" },
	{ INT_, "1e2", "100" },
	{ INT_, "-0", "0" },
	{ INT_, "2147483647", "2147483647" },
	{ INT_, "-2147483648", "-2147483648" },
	{ INT_, "\"1.9\"", "!" },
	{ INT_, "\"x\"", "!" },
	{ INT_, "\"\"", "!" },
	{ INT_, "\"+-1\"", "!" },
	{ INT_, "true", "!" },
	{ INT_, "{}", "!" },
	{ INT_, "[1]", "!" },
	{ INT_, "3000000000", "!" },
	{ INT_, "-2147483649", "!" },
	{ INT_, "3e9", "!" },
	{ INT_, "null", "NULL" },
	{ TINYINT_, "-128", "-128" },
	{ TINYINT_, "300", "!" },
	{ TYPE_OF(TYPE_SMALLINT), "32768", "!" },
	{ BIGINT_, "9223372036854775807", "9223372036854775807" },
	{ BIGINT_, "-9223372036854775808", "-9223372036854775808" },
	{ BIGINT_, "9223372036854775808", "!" },
	{ BIGINT_, "99999999999999999999", "!" },
	{ BIGINT_, "1e19", "!" },
	{ BOOLEAN_, "true", "TRUE" },
	{ BOOLEAN_, "false", "FALSE" },
	{ BOOLEAN_, "\"true\"", "TRUE" },
	{ BOOLEAN_, "\"TRUE\"", "TRUE" },
	{ BOOLEAN_, "\"yes\"", "FALSE" },
	{ BOOLEAN_, "\"1\"", "FALSE" },
	{ BOOLEAN_, "1", "FALSE" },
	{ BOOLEAN_, "null", "NULL" },
	{ DOUBLE_, "1.5", "1.5" },
	{ DOUBLE_, "-0.0", "-0.0" },
	{ DOUBLE_, "3", "3.0" },
	{ DOUBLE_, "\"1.5\"", "1.5" },
	{ DOUBLE_, "\"NaN\"", "NaN" },
	{ DOUBLE_, "\"-Infinity\"", "-Infinity" },
	{ DOUBLE_, "1e400", "Infinity" },
	{ DOUBLE_, "1e-400", "0.0" },
	{ DOUBLE_, "\"x\"", "!" },
	{ DOUBLE_, "true", "!" },
	{ FLOAT_, "0.1", "0.1" },
	{ FLOAT_, "\"0.1\"", "0.1" },
	{ DECIMAL_(5, 2), "1.005", "1.01" },
	{ DECIMAL_(5, 2), "\"1.5\"", "1.50" },
	{ DECIMAL_(5, 2), "-1.005", "-1.01" },
	{ DECIMAL_(5, 2), "1e2", "100.00" },
	{ DECIMAL_(5, 2), "12345", "NULL" },
	{ DECIMAL_(5, 2), "\"x\"", "!" },
	{ DECIMAL_(38, 0), "12345678901234567890123",
	  "12345678901234567890123" },
	{ DATE_, "\"2026-01-02\"", "2026-01-02" },
	{ DATE_, "\"2026-1-2\"", "!" },
	{ DATE_, "20260102", "!" },
	{ TIME_(0), "\"03:04:05\"", "03:04:05" },
	{ TIME_(3), "\"03:04:05.678\"", "03:04:05.678" },
	{ TIME_(0), "\"03:04:05.678\"", "03:04:05" },
	{ TIME_(0), "\"03:04\"", "!" },
	{ TIME_(0), "\"03:04:05Z\"", "!" },
	{ TS_(3), "\"2026-01-02 03:04:05\"", "2026-01-02 03:04:05.000" },
	{ TS_(3), "\"2026-01-02 03:04:05.12\"", "2026-01-02 03:04:05.120" },
	{ TS_(3), "\"2026-01-02 03:04:05.123999999\"",
	  "2026-01-02 03:04:05.123" },
	{ TS_(3), "\"1969-12-31 23:59:59.9999\"", "1969-12-31 23:59:59.999" },
	{ TS_(3), "\"2026-01-02T03:04:05\"", "!" },
	{ TS_(3), "\"2026-01-02 03:04:05Z\"", "!" },
	{ TS_(3), "\"2026-01-02\"", "!" },
	{ TS_(3), "\"2026-01-02 03:04\"", "!" },
	{ TS_(3), "1767323045000", "!" },
	{ LTZ_(3), "\"2026-01-02 03:04:05Z\"", "2026-01-02 03:04:05.000" },
	{ LTZ_(3), "\"2026-01-02 03:04:05\"", "!" },
	{ LTZ_(3), "\"2026-01-02 03:04:05+01:00\"", "!" },
	{ LTZ_(3), "\"2026-01-02T03:04:05Z\"", "!" },
	{ LTZ_(3), "1767323045000", "!" },
	{ BYTES_, "\"AP9B\"", "\xef\xbf\xbd" }, /* checked below */
	{ BYTES_, "\"aGk=\"", "hi" },
	{ BYTES_, "\"aA==\"", "h" },
	{ BYTES_, "\"\"", "" },
	{ BYTES_, "\"aGk\"", "!" },
	{ BYTES_, "\"a===\"", "!" },
	{ BYTES_, "\"=aGk\"", "!" },
	{ BYTES_, "1234", "!" },
	{ BYTES_, "true", "!" },
};

static const struct field_case iso_cases[] = {
	{ TS_(3), "\"2026-01-02T03:04:05.5\"", "2026-01-02 03:04:05.500" },
	{ TS_(3), "\"2026-01-02 03:04:05\"", "!" },
	{ TS_(3), "\"2026-01-02T03:04:05Z\"", "!" },
	{ LTZ_(0), "\"2026-01-02T03:04:05Z\"", "2026-01-02 03:04:05" },
	{ LTZ_(0), "\"2026-01-02T03:04:05\"", "!" },
	{ LTZ_(0), "\"2026-01-02T03:04:05+01:00\"", "!" },
};

static void
check_field(const struct field_case *k, const char *const *options)
{
	struct format_rig *r = rig_of(k->type, options);
	char record[256];
	const char *got;

	snprintf(record, sizeof(record), "{\"f\":%s}", k->json);
	got = format_rig_one(r, record);
	if (strcmp(k->want, "\xef\xbf\xbd") == 0) {
		struct str s = r->batch->col[0].str[0];

		EXPECT_EQ(s.len, 3);
		EXPECT(memcmp(str_data(&s), "\0\xff\x41", 3) == 0);
	} else if (strcmp(k->want, "!") == 0) {
		if (strncmp(got, "BAD invalid_field f: cannot read '", 34) != 0)
			FAIL("%s gives %s", k->json, got);
	} else if (strcmp(got, k->want) != 0) {
		FAIL("%s gives %s, not %s", k->json, got, k->want);
	}
	format_rig_close(r);
}

TEST(fields_become_values_as_flink_reads_them)
{
	for (size_t i = 0; i < ARRAY_LEN(sql_cases); i++)
		check_field(&sql_cases[i], NULL);
}

TEST(iso_8601_times_need_their_t)
{
	const char *options[] = { "timestamp-format.standard", "ISO-8601",
				  NULL };

	for (size_t i = 0; i < ARRAY_LEN(iso_cases); i++)
		check_field(&iso_cases[i], options);
}

/* ---- records ---- */

struct record_case {
	const char *record;
	const char *want;
};

static const struct record_case record_cases[] = {
	{ "{\"f\":\"x\"}", "x" },
	{ " \n{ \"f\" : \"x\" } \t", "x" },
	{ "{}", "NULL" },
	{ "{\"g\":1}", "NULL" },
	{ "{\"F\":\"x\"}", "NULL" }, /* case counts */
	{ "{\"f\":\"first\",\"f\":\"second\"}", "first" },
	{ "{\"f\":null,\"f\":\"second\"}", "NULL" },
	{ "{\"\\u0066\":\"x\"}", "x" },
	{ "{\"g\":{\"f\":\"inner\"},\"f\":\"x\"}", "x" },
	{ "{\"g\":[{\"f\":[]},[[]],{}],\"f\":\"x\"}", "x" },
	{ "{\"f\":\"tab\there\"}", "tab\there" },
	{ "{\"f\":\"line\nhere \\\" and\"}", "line\nhere \" and" },
	{ "{\"f\":\"a\\u0000b\"}", "a" }, /* cut by the test's text, see below */
	{ NULL, "SKIP" },
	{ "", "SKIP" },
	{ " ", "BAD invalid_json -: nothing but blanks at byte 1" },
	{ "null", "BAD invalid_json -: expected a JSON object at byte 0" },
	{ "\"x\"", "BAD invalid_json -: expected a JSON object at byte 0" },
	{ "5", "BAD invalid_json -: expected a JSON object at byte 0" },
	{ "x", "BAD invalid_json -: expected a JSON object at byte 0" },
	{ "[{\"f\":\"x\"}]", "BAD invalid_json -: a JSON array of rows is not"
			     " supported yet at byte 0" },
	{ "{\"f\":\"x\"}{\"f\":\"y\"}",
	  "BAD invalid_json -: expected the end of the record at byte 9" },
	{ "{\"f\":\"x\"} {\"f\":\"y\"}",
	  "BAD invalid_json -: expected the end of the record at byte 10" },
	{ "{\"f\":\"x\"}junk",
	  "BAD invalid_json -: expected the end of the record at byte 9" },
	{ "{\"f\":\"x\"", "BAD invalid_json -: expected ',' or '}' at byte 8" },
	{ "{\"f\":\"x\"]", "BAD invalid_json -: expected ',' or '}' at byte 8" },
	{ "{\"f\":\"x", "BAD invalid_json -: a string has no end at byte 7" },
	{ "{\"f\":", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\"", "BAD invalid_json -: expected ':' at byte 4" },
	{ "{", "BAD invalid_json -: expected a field's name in quotes at byte 1" },
	{ "}", "BAD invalid_json -: expected a JSON object at byte 0" },
	{ "{f:\"x\"}",
	  "BAD invalid_json -: expected a field's name in quotes at byte 1" },
	{ "{'f':'x'}",
	  "BAD invalid_json -: expected a field's name in quotes at byte 1" },
	{ "{\"f\":\"x\",}",
	  "BAD invalid_json -: expected a field's name in quotes at byte 9" },
	{ "{\"f\":\"x\"/**/}", "BAD invalid_json -: expected ',' or '}' at byte 8" },
	{ "{\"f\":NaN}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":01}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":1.}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":.5}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":+1}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":1e}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":tru}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":truely}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":\"x\",\"g\":tru}",
	  "BAD invalid_json -: expected a value at byte 13" },
	{ "{\"f\":\"x\",\"g\":[1,}",
	  "BAD invalid_json -: expected a value at byte 16" },
	{ "{\"f\":\"x\",\"g\":[1}",
	  "BAD invalid_json -: expected ',' or ']' at byte 15" },
	{ "{\"f\":\"x\",\"g\":{1}}",
	  "BAD invalid_json -: expected a field's name in quotes at byte 14" },
	{ "{\"f\":\"x\" \"g\":1}",
	  "BAD invalid_json -: expected ',' or '}' at byte 9" },
	{ "{\"f\" \"x\"}", "BAD invalid_json -: expected ':' at byte 5" },
	{ "{\"f\":\"x\"\"y\"}",
	  "BAD invalid_json -: expected ',' or '}' at byte 8" },
	{ "{\"f\":1\"y\"}", "BAD invalid_json -: expected a value at byte 5" },
	{ "{\"f\":\"\\x\"}", "BAD invalid_json f: a string has an escape that"
			     " stands for no character" },
	{ "{\"f\":\"\\ud800\"}", "BAD invalid_json f: a string has an escape"
				 " that stands for no character" },
	{ "{\"f\":\"\\udc00\\ud800\"}",
	  "BAD invalid_json f: a string has an escape that stands for no"
	  " character" },
	{ "{\"f\":\"\\u12\"}", "BAD invalid_json f: a string has an escape that"
			       " stands for no character" },
	{ "{\"f\":\"\xff\"}", "BAD invalid_utf8 -: -" },
	{ "{\"f\":\"\xc3\"}", "BAD invalid_utf8 -: -" },
	{ "{\"f\":\"x\",\"g\":\"\xed\xa0\x80\"}", "BAD invalid_utf8 -: -" },
};

TEST(each_kind_of_bad_record_has_its_outcome)
{
	struct format_rig *r = rig_of_text();

	for (size_t i = 0; i < ARRAY_LEN(record_cases); i++) {
		const struct record_case *k = &record_cases[i];
		const char *got = format_rig_one(r, k->record);

		if (strcmp(got, k->want) != 0)
			FAIL("%s gives %s, not %s",
			     k->record ? k->record : "a tombstone", got,
			     k->want);
	}
	format_rig_close(r);
}

TEST(a_nul_character_is_kept)
{
	struct format_rig *r = rig_of_text();
	struct str s;

	format_rig_one(r, "{\"f\":\"a\\u0000b\"}");
	s = r->batch->col[0].str[0];
	EXPECT_EQ(s.len, 3);
	EXPECT(memcmp(str_data(&s), "a\0b", 3) == 0);
	EXPECT_STR(format_rig_bytes(r, "{\"f\":\"x\"}\0", 10),
		   "BAD invalid_json -: expected the end of the record at"
		   " byte 9");
	format_rig_close(r);
}

/* All the cases of the table as one batch, then in other orders: what a
 * record is must not depend on those around it. */
TEST(a_bad_record_does_not_shift_its_neighbours)
{
	struct format_rig *r = rig_of_text();
	uint32_t seed = 1;

	for (unsigned round = 0; round < 200; round++) {
		size_t picked[300];
		unsigned n = 1 + round % ARRAY_LEN(picked);

		format_rig_clear(r);
		for (unsigned i = 0; i < n; i++) {
			const char *text;

			seed = seed * 1664525 + 1013904223;
			/* rounds with few bad ones, and with many */
			picked[i] = (seed >> 8) % (round % 3 ? 8 : 61);
			picked[i] %= ARRAY_LEN(record_cases);
			text = record_cases[picked[i]].record;
			format_rig_add(r, text, text ? strlen(text) : 0);
		}
		format_rig_decode(r, NULL, n, NULL);
		for (unsigned i = 0; i < n; i++)
			EXPECT_STR(format_rig_row(r, i),
				   record_cases[picked[i]].want);
	}
	format_rig_close(r);
}

TEST(only_the_selected_rows_are_looked_at)
{
	struct format_rig *r = rig_of_text();
	uint16_t sel[] = { 1, 3 };

	format_rig_add(r, "junk", 4);
	format_rig_add(r, "{\"f\":\"b\"}", 9);
	format_rig_add(r, "junk", 4);
	format_rig_add(r, "{\"f\":\"d\"}", 9);
	format_rig_decode(r, sel, 2, NULL);
	EXPECT_EQ(r->result->nerrors, 0);
	EXPECT_STR(format_rig_row(r, 1), "b");
	EXPECT_STR(format_rig_row(r, 3), "d");
	EXPECT_EQ(r->result->outcome[0], 0xee);
	EXPECT_EQ(r->result->outcome[2], 0xee);
	format_rig_close(r);
}

TEST(columns_may_be_decoded_in_two_calls)
{
	const struct format_column cols[] = { { "a", INT_ },
					      { "b", STRING_ },
					      { "c", BIGINT_ } };
	struct format_rig *r = format_rig_open("json", 3, cols, NULL);
	const bool early[] = { true, false, false };
	const bool late[] = { false, true, true };
	uint16_t sel[] = { 1 };

	format_rig_add(r, "{\"c\":3,\"b\":\"x\",\"a\":1}", 21);
	format_rig_add(r, "{\"c\":4,\"b\":\"y\",\"a\":2}", 21);
	r->batch->col[1].str[1] = r->batch->col[1].str[0] =
		str_ref("untouched", 9);
	format_rig_decode(r, NULL, 2, early);
	EXPECT_EQ(r->batch->col[0].i64[0], 1);
	EXPECT_EQ(r->batch->col[0].i64[1], 2);
	EXPECT_EQ(r->batch->col[1].str[1].len, 9);
	format_rig_decode(r, sel, 1, late);
	EXPECT_STR(format_rig_row(r, 1), "2|y|4");
	EXPECT_EQ(r->batch->col[1].str[0].len, 9);
	format_rig_close(r);
}

TEST(keys_may_come_in_any_order_and_number)
{
	const struct format_column cols[] = {
		{ "auction", BIGINT_ },
		{ "a name that is longer than thirty-two bytes", STRING_ },
		{ "", INT_ },
		{ "a\\b", INT_ },
	};
	struct format_rig *r = format_rig_open("json", 4, cols, NULL);

	EXPECT_STR(format_rig_one(r, "{\"auction\":1,\"a name that is longer"
				     " than thirty-two bytes\":\"x\",\"\":2,"
				     "\"a\\\\b\":3}"),
		   "1|x|2|3");
	EXPECT_STR(format_rig_one(r, "{\"\":2,\"zzz\":0,\"auction\":1}"),
		   "1|NULL|2|NULL");
	/* equal up to the end, or only at it */
	EXPECT_STR(format_rig_one(r, "{\"auctio\":2,\"auctions\":0,\"buction\":"
				     "1,\"a\\b\":7}"),
		   "NULL|NULL|NULL|NULL");
	EXPECT_STR(format_rig_one(r, "{\"auction\":1}"), "1|NULL|NULL|NULL");
	format_rig_close(r);
}

static char *
nested(unsigned depth, size_t *ret_len)
{
	char *text = malloc(2 * depth + 16), *p = text;

	p += sprintf(p, "{\"g\":");
	for (unsigned i = 0; i < depth; i++)
		*p++ = '[';
	for (unsigned i = 0; i < depth; i++)
		*p++ = ']';
	p += sprintf(p, "}");
	*ret_len = (size_t)(p - text);
	return text;
}

TEST(depth_and_fields_have_a_limit)
{
	struct format_rig *r = rig_of_text();
	struct buf text;
	size_t n;
	char *deep = nested(JSON_DEPTH_MAX - 1, &n);

	EXPECT_STR(format_rig_bytes(r, deep, n), "NULL");
	free(deep);
	deep = nested(JSON_DEPTH_MAX, &n);
	EXPECT_STR(format_rig_bytes(r, deep, n),
		   "BAD invalid_json -: nested more than 64 deep at byte 68");
	free(deep);
	for (unsigned extra = 0; extra < 2; extra++) {
		buf_init(&text);
		buf_puts(&text, "{\"f\":{\"x\":0");
		for (unsigned i = 2; i < JSON_FIELDS_MAX + extra; i++)
			buf_puts(&text, ",\"x\":0");
		buf_puts(&text, "}}");
		EXPECT(strncmp(format_rig_bytes(r, text.data, text.len),
			       extra ? "BAD invalid_json -: more than 10000"
				       " fields"
				     : "{\"x\":0,", 7) == 0);
		buf_release(&text);
	}
	format_rig_close(r);
}

TEST(a_record_may_be_larger_than_a_chunk)
{
	struct format_rig *r = rig_of_text();
	size_t n = 3 << 20;
	char *big = malloc(n);

	memset(big, 'x', n);
	memcpy(big, "{\"f\":\"", 6);
	memcpy(big + n - 2, "\"}", 2);
	format_rig_add(r, "{\"f\":\"a\"}", 9);
	format_rig_add(r, big, n);
	format_rig_add(r, "{\"f\":\"c\"}", 9);
	format_rig_add(r, big, n - 1);
	format_rig_decode(r, NULL, 4, NULL);
	EXPECT_STR(format_rig_row(r, 0), "a");
	EXPECT_EQ(r->batch->col[0].str[1].len, n - 8);
	EXPECT_STR(format_rig_row(r, 2), "c");
	EXPECT_EQ(r->result->outcome[3], DECODE_BAD);
	free(big);
	format_rig_close(r);
}

TEST(a_record_beyond_the_limit_is_refused_unread)
{
	struct format_rig *r = rig_of_text();
	size_t n = (4 << 20) + 1;
	char *big = calloc(1, n);

	EXPECT_STR(format_rig_bytes(r, big, n), "BAD record_too_large -: -");
	free(big);
	format_rig_close(r);
}

TEST(a_record_is_checked_even_if_nobody_reads_it)
{
	const bool none[] = { false };
	struct format_rig *r = rig_of_text();

	format_rig_add(r, "{\"f\":1}", 7);
	format_rig_add(r, "{\"f\":1", 6);
	format_rig_decode(r, NULL, 2, none);
	EXPECT_EQ(r->result->outcome[0], DECODE_OK);
	EXPECT_EQ(r->result->outcome[1], DECODE_BAD);
	format_rig_close(r);
}

TEST(keys_are_decoded_like_values)
{
	struct format_rig *r = rig_of_text();
	char key[] = "{\"f\":\"from the key of a record\"}";

	for (int i = 0; i < 3; i++)
		format_rig_add(r, "{\"f\":\"value\"}", 13);
	r->records[0].key = key;
	r->records[0].key_len = sizeof(key) - 1;
	r->records[1].key = key;
	batch_seal(r->batch, 3);
	r->decoder->type->decode(r->decoder, r->records, true, NULL, 3, NULL,
				 r->batch, r->result);
	EXPECT_STR(format_rig_row(r, 0), "from the key of a record");
	EXPECT_STR(format_rig_row(r, 1), "SKIP");
	EXPECT_STR(format_rig_row(r, 2), "SKIP");
	format_rig_close(r);
}

/* ---- options ---- */

TEST(ignored_errors_make_fields_null_and_skip_records)
{
	const char *options[] = { "ignore-parse-errors", "true", NULL };
	const struct format_column cols[] = { { "i", INT_ }, { "s", STRING_ } };
	struct format_rig *r = format_rig_open("json", 2, cols, options);

	EXPECT_STR(format_rig_one(r, "{\"i\":\"x\",\"s\":\"y\"}"), "NULL|y");
	EXPECT_STR(format_rig_one(r, "{\"i\":1,\"s\":\"y\""), "SKIP");
	EXPECT_STR(format_rig_one(r, "{\"i\":1,\"s\":\"\xff\"}"), "SKIP");
	EXPECT_STR(format_rig_one(r, "[]"), "SKIP");
	EXPECT_STR(format_rig_one(r, "{\"i\":1,\"s\":\"y\"}"), "1|y");
	format_rig_close(r);
}

TEST(a_missing_field_may_be_an_error)
{
	const char *options[] = { "fail-on-missing-field", "true", NULL };
	struct format_rig *r = rig_of(INT_, options);

	EXPECT_STR(format_rig_one(r, "{\"g\":1}"),
		   "BAD invalid_field f: the field is missing");
	EXPECT_STR(format_rig_one(r, "{\"f\":null}"), "NULL");
	format_rig_close(r);
}

TEST(the_first_bad_field_of_a_record_is_named)
{
	const struct format_column cols[] = { { "a", INT_ }, { "b", INT_ } };
	struct format_rig *r = format_rig_open("json", 2, cols, NULL);

	EXPECT_STR(format_rig_one(r, "{\"b\":\"y\",\"a\":\"x\"}"),
		   "BAD invalid_field a: cannot read 'x' as INT");
	EXPECT_STR(format_rig_one(r, "{\"b\":{\"c\":1},\"a\":2}"),
		   "BAD invalid_field b: cannot read '{\"c\":1}' as INT");
	format_rig_close(r);
}

/* ---- noise ---- */

/* Random damage to good records: whatever comes out, each record has one
 * outcome, a second decoder agrees, and the sanitizers are content. */
TEST(damaged_documents_are_judged_alone_as_among_others)
{
	static const char *const good[] = {
		"{\"f\":\"word\"}",
		"{\"g\":[1,2,{\"f\":true}],\"f\":\"a \\u00e9 b\"}",
		"{ \"x\" : null , \"f\" : 1.5e3 , \"y\" : \"\\\"\" }",
		"{\"f\":{\"deep\":[[[{}]]]}}",
	};
	static const char noise[] = "\"\\{}[]:,tfn01-.e \t\n\xff\xc3u";
	struct format_rig *all = rig_of_text(), *alone = rig_of_text();
	uint32_t seed = 7;

	for (unsigned round = 0; round < 60; round++) {
		char text[64][128];
		size_t len[64];

		format_rig_clear(all);
		for (unsigned i = 0; i < 64; i++) {
			seed = seed * 1664525 + 1013904223;
			len[i] = strlen(good[seed >> 30]);
			memcpy(text[i], good[seed >> 30], len[i]);
			for (unsigned k = seed >> 16 & 3; k > 1; k--) {
				seed = seed * 1664525 + 1013904223;
				text[i][(seed >> 8) % len[i]] =
					noise[(seed >> 20) %
					      (sizeof(noise) - 1)];
			}
			if ((seed & 0xf00) == 0)
				len[i] = (seed >> 16) % len[i];
			format_rig_add(all, text[i], len[i]);
		}
		format_rig_decode(all, NULL, 64, NULL);
		for (unsigned i = 0; i < 64; i++)
			EXPECT_STR(format_rig_row(all, i),
				   format_rig_bytes(alone, text[i], len[i]));
	}
	format_rig_close(all);
	format_rig_close(alone);
}
