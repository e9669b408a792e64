/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_csv.c - csv in and out, by the table measured on Flink 2.3.
 */
#include "format_rig.h"
#include "runtime/formats/csv.h"
#include "test.h"

static struct type
type_with(uint8_t kind, uint8_t precision, uint8_t scale)
{
	return (struct type){ .kind = kind, .nullable = true,
			      .precision = precision, .scale = scale,
			      .length = TYPE_LENGTH_MAX };
}

static const struct format_column si[] = {
	{ "s", { .kind = TYPE_VARCHAR, .nullable = true,
		 .length = TYPE_LENGTH_MAX } },
	{ "i", { .kind = TYPE_INT, .nullable = true } },
};

struct csv_case {
	const char *record;
	const char *want;
};

#define END "a quoted field does not end as one"

static const struct csv_case cases[] = {
	{ "a,1", "a|1" },
	{ "a,1\n", "a|1" },
	{ "a,1\r\n", "a|1" },
	{ "a,1\nb,2\n", "a|1" }, /* the first line only */
	{ "a, 1 ", "a|1" },
	{ " a ,1", " a |1" },
	{ "a,+1", "a|1" },
	{ ",1", "|1" },
	{ "\"a\",1", "a|1" },
	{ "\"a,b\",\"1\"", "a,b|1" },
	{ "\"a \"\"b\"\" c\",1", "a \"b\" c|1" },
	{ "\"a\nb\r\nc\",1", "a\nb\r\nc|1" },
	{ "\"\",1", "|1" },
	{ "\"a\" ,1", "a|1" },
	{ "a\"b,1", "a\"b|1" },
	{ "\xc3\xa9\xf0\x9f\x98\x80,1", "\xc3\xa9\xf0\x9f\x98\x80|1" },
	{ "a,1,", "a|1" }, /* allow-trailing-comma */
	{ "#a,1", "#a|1" },
	{ NULL, "SKIP" },
	{ "", "SKIP" },
	{ "\n", "BAD invalid_csv -: 2 fields expected but the record has 1" },
	{ "a", "BAD invalid_csv -: 2 fields expected but the record has 1" },
	{ "a,1,2", "BAD invalid_csv -: the record has more than 2 fields" },
	{ "a,1,\"\"", "BAD invalid_csv -: the record has more than 2 fields" },
	{ "a,1,,", "BAD invalid_csv -: the record has more than 2 fields" },
	{ "a,", "BAD invalid_field i: cannot read '' as INT" },
	{ "a,x", "BAD invalid_field i: cannot read 'x' as INT" },
	{ "a,1.7", "BAD invalid_field i: cannot read '1.7' as INT" },
	{ "a,3000000000",
	  "BAD invalid_field i: cannot read '3000000000' as INT" },
	{ "\"a,1", "BAD invalid_csv s: " END },
	{ "\"a\"b,1", "BAD invalid_csv s: " END },
	{ "\xff,1", "BAD invalid_utf8 -: -" },
};

static void
check_cases(const struct csv_case *table, size_t n, struct format_rig *r)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = format_rig_one(r, table[i].record);

		if (strcmp(got, table[i].want) != 0)
			FAIL("%s gives %s, not %s", table[i].record, got,
			     table[i].want);
	}
	format_rig_close(r);
}

TEST(records_are_read_as_flink_reads_them)
{
	check_cases(cases, ARRAY_LEN(cases),
		    format_rig_open("csv", 2, si, NULL));
}

TEST(ignored_errors_fill_up_with_null)
{
	const char *options[] = { "ignore-parse-errors", "true", NULL };
	static const struct csv_case table[] = {
		{ "a,x", "a|NULL" },
		{ "a", "a|NULL" },
		{ "a,1,2", "SKIP" },
		{ "\"a,1", "SKIP" },
		{ "\xff,1", "SKIP" },
		{ "a,1", "a|1" },
	};

	check_cases(table, ARRAY_LEN(table),
		    format_rig_open("csv", 2, si, options));
}

TEST(a_null_literal_is_null_in_any_column)
{
	const char *empty[] = { "null-literal", "", NULL };
	const char *word[] = { "null-literal", "n/a", NULL };
	static const struct csv_case with_empty[] = {
		{ ",", "NULL|NULL" },
		{ "\"\",1", "NULL|1" },
	};
	static const struct csv_case with_word[] = {
		{ "n/a,n/a", "NULL|NULL" },
		{ "n,1", "n|1" },
		{ ",1", "|1" },
	};

	check_cases(with_empty, 2, format_rig_open("csv", 2, si, empty));
	check_cases(with_word, 3, format_rig_open("csv", 2, si, word));
}

TEST(delimiters_quotes_and_escapes_can_be_chosen)
{
	const char *tab[] = { "field-delimiter", "\\t", NULL };
	const char *bar[] = { "field-delimiter", "\xc2\xa6", "quote-character",
			      "'", "escape-character", "\\", NULL };
	const char *none[] = { "disable-quote-character", "true",
			       "allow-comments", "true", NULL };
	static const struct csv_case with_tab[] = {
		{ "a,b\t1", "a,b|1" },
		{ "\"a\tb\"\t1", "a\tb|1" },
	};
	static const struct csv_case with_bar[] = {
		{ "a\xc2\xa6" "1", "a|1" },
		{ "'a\\'b'\xc2\xa6" "1", "a'b|1" },
		{ "a\\\xc2\xa6" "b\\nc\xc2\xa6" "1", "a\xc2\xa6" "b\nc|1" },
		{ "\"a\"\xc2\xa6" "1", "\"a\"|1" },
	};
	static const struct csv_case with_none[] = {
		{ "\"a,1", "\"a|1" },
		{ "#a,1", "SKIP" },
		{ " #a,1", " #a|1" },
	};

	check_cases(with_tab, 2, format_rig_open("csv", 2, si, tab));
	check_cases(with_bar, 4, format_rig_open("csv", 2, si, bar));
	check_cases(with_none, 3, format_rig_open("csv", 2, si, none));
}

TEST(a_delimiter_is_one_character)
{
	const char *options[] = { "field-delimiter", "ab", NULL };
	struct format_rig *r = format_rig_open("csv", 2, si, options);

	EXPECT(!r->decoder);
	EXPECT(!r->encoder);
	EXPECT_STR(r->err.message,
		   "'csv.field-delimiter' = 'ab' is not one character");
	format_rig_close(r);
}

struct type_case {
	uint8_t kind, precision, scale;
	const char *text;
	const char *want;
};

static const struct type_case type_cases[] = {
	{ TYPE_BOOLEAN, 0, 0, "true", "TRUE" },
	{ TYPE_BOOLEAN, 0, 0, " TRUE ", "TRUE" },
	{ TYPE_BOOLEAN, 0, 0, "yes", "FALSE" },
	{ TYPE_BIGINT, 0, 0, "-9223372036854775808", "-9223372036854775808" },
	{ TYPE_DOUBLE, 0, 0, " 1e3 ", "1000.0" },
	{ TYPE_DOUBLE, 0, 0, "", "!" },
	{ TYPE_DECIMAL, 5, 2, " 1.005", "1.01" },
	{ TYPE_DECIMAL, 5, 2, "12345", "NULL" },
	{ TYPE_DECIMAL, 5, 2, "x", "!" },
	{ TYPE_DATE, 0, 0, "2026-01-02", "2026-01-02" },
	{ TYPE_DATE, 0, 0, "2026-1-2", "!" },
	{ TYPE_TIME, 0, 0, "03:04:05", "03:04:05" },
	{ TYPE_TIMESTAMP, 3, 0, "2026-01-02 03:04:05.1",
	  "2026-01-02 03:04:05.100" },
	{ TYPE_TIMESTAMP, 3, 0, "2026-01-02T03:04:05", "!" },
	{ TYPE_TIMESTAMP, 3, 0, "2026-01-02", "!" },
	{ TYPE_TIMESTAMP_LTZ, 3, 0, "2026-01-02 03:04:05Z",
	  "2026-01-02 03:04:05.000" },
	{ TYPE_TIMESTAMP_LTZ, 3, 0, "2026-01-02 03:04:05", "!" },
	{ TYPE_VARBINARY, 0, 0, "aGk=", "hi" },
	{ TYPE_VARBINARY, 0, 0, "aGk", "!" },
};

TEST(fields_become_values_of_every_type)
{
	for (size_t i = 0; i < ARRAY_LEN(type_cases); i++) {
		const struct type_case *k = &type_cases[i];
		struct format_column col = {
			"f", type_with(k->kind, k->precision, k->scale)
		};
		struct format_rig *r = format_rig_open("csv", 1, &col, NULL);
		char record[64];
		const char *got;

		snprintf(record, sizeof(record), "%s\n", k->text);
		got = format_rig_one(r, record);
		if (strcmp(k->want, "!") == 0 ?
			    strncmp(got, "BAD invalid_field f: ", 21) != 0 :
			    strcmp(got, k->want) != 0)
			FAIL("%s gives %s, not %s", k->text, got, k->want);
		format_rig_close(r);
	}
}

TEST(columns_that_nobody_reads_only_take_their_place)
{
	const struct format_column cols[] = { si[0], si[1], si[0] };
	struct format_rig *r = format_rig_open("csv", 3, cols, NULL);
	const bool last[] = { false, false, true };

	format_rig_add(r, "a,not a number,c", 16);
	format_rig_decode(r, NULL, 1, last);
	EXPECT_EQ(r->result->outcome[0], DECODE_OK);
	EXPECT(memcmp(str_data(&r->batch->col[2].str[0]), "c", 1) == 0);
	format_rig_close(r);
}

/* ---- where a record ends ---- */

struct length_case {
	const char *data;
	size_t want;
};

TEST(a_record_ends_at_a_line_end_outside_of_quotes)
{
	static const struct length_case table[] = {
		{ "a,b\nc", 4 },
		{ "a,b\r\nc", 5 },
		{ "a,b\rc", 4 },
		{ "a,b\r", 0 },
		{ "a,b", 0 },
		{ "a,", 0 },
		{ "", 0 },
		{ "\n", 1 },
		{ "\"a\nb\",c\nd", 8 },
		{ "\"a\nb", 0 },
		{ "\"a\"\"\nb\",c\nd", 10 },
		{ "a\"b\nc\"\n", 4 },
		{ "\"a\"b\nc\n", 5 },
	};
	struct csv_dialect d;
	struct error err;

	EXPECT_EQ(csv_dialect_init(&d, NULL, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		size_t n = strlen(table[i].data);
		char *exact = malloc(n ? n : 1);

		memcpy(exact, table[i].data, n);
		if (csv_record_length(&d, exact, n) != table[i].want)
			FAIL("%s is %zu long", table[i].data,
			     csv_record_length(&d, exact, n));
		free(exact);
	}
}

/* ---- out ---- */

struct text_case {
	const char *text;
	const char *want;
};

static const struct text_case text_cases[] = {
	{ "", "" },
	{ "abc", "abc" },
	{ "ab   ", "\"ab   \"" },
	{ "a,\"b\nc", "\"a,\"\"b\nc\"" },
	{ "a+b", "\"a+b\"" },
	{ "a-b./:;\xc3\xa9", "a-b./:;\xc3\xa9" },
	{ "a#b", "\"a#b\"" },
	{ "123456789012345678901234", "123456789012345678901234" },
	{ "1234567890123456789012345", "\"1234567890123456789012345\"" },
	{ "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
	  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9" },
	{ "x\ty", "\"x\ty\"" },
};

TEST(texts_are_quoted_by_jacksons_rule)
{
	struct format_rig *r = format_rig_open("csv", 1, si, NULL);

	for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
		struct value v = value_text_of(text_cases[i].text);

		format_rig_values(r, &v);
		EXPECT_STR(format_rig_encode(r), text_cases[i].want);
	}
	format_rig_close(r);
}

TEST(quotes_follow_the_dialect)
{
	const char *escape[] = { "escape-character", "\\", NULL };
	const char *none[] = { "disable-quote-character", "true", NULL };
	const char *tab[] = { "field-delimiter", "\t", NULL };
	struct value v = value_text_of("a \"\\");
	struct format_rig *r = format_rig_open("csv", 1, si, escape);

	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "\"a \\\"\\\\\"");
	format_rig_close(r);
	r = format_rig_open("csv", 1, si, none);
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "a \"\\");
	format_rig_close(r);
	/* # and what follows it is safe when the delimiter is a tab */
	r = format_rig_open("csv", 1, si, tab);
	v = value_text_of("a,b#");
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "a,b#");
	v = value_text_of("a b");
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "\"a b\"");
	format_rig_close(r);
}

TEST(a_row_of_every_type_is_written_as_flink_does)
{
	const struct format_column cols[] = {
		{ "f", type_with(TYPE_FLOAT, 0, 0) },
		{ "d", type_with(TYPE_DOUBLE, 0, 0) },
		{ "dm", type_with(TYPE_DECIMAL, 10, 4) },
		{ "dt", type_with(TYPE_DATE, 0, 0) },
		{ "t", type_with(TYPE_TIME, 0, 0) },
		{ "t3", type_with(TYPE_TIME, 3, 0) },
		{ "ts", type_with(TYPE_TIMESTAMP, 3, 0) },
		{ "ts6", type_with(TYPE_TIMESTAMP, 6, 0) },
		{ "l", type_with(TYPE_TIMESTAMP_LTZ, 3, 0) },
		{ "b", type_with(TYPE_VARBINARY, 0, 0) },
		{ "n", type_with(TYPE_INT, 0, 0) },
		{ "bo", type_with(TYPE_BOOLEAN, 0, 0) },
		{ "i", type_with(TYPE_BIGINT, 0, 0) },
	};
	const int64_t us = INT64_C(1767323045000000);
	const struct value values[] = {
		value_f64(1.5), value_f64(1e10), value_i64(125000),
		value_i64(20455), value_i64(11045000), value_i64(11045678),
		value_i64(us + 120000), value_i64(us + 123456), value_i64(us),
		{ .str = str_ref("\0\xff\x41", 3) }, value_none(),
		value_i64(1), value_i64(-7),
	};
	const char *options[] = { "null-literal", "n/a", NULL };
	struct format_rig *r = format_rig_open("csv", 13, cols, NULL);

	format_rig_values(r, values);
	EXPECT_STR(format_rig_encode(r),
		   "1.5,1.0E10,12.5000,2026-01-02,03:04:05,03:04:05.678,"
		   "\"2026-01-02 03:04:05.12\",\"2026-01-02 03:04:05.123456\","
		   "\"2026-01-02 03:04:05Z\",AP9B,,true,-7");
	format_rig_close(r);
	r = format_rig_open("csv", 13, cols, options);
	format_rig_values(r, values);
	EXPECT(strstr(format_rig_encode(r), "AP9B,n/a,true"));
	format_rig_close(r);
}

/* What is written can be read again, whatever is in it. */
TEST(random_texts_survive_the_way_out_and_in)
{
	static const char alphabet[] = "a!,\"\n\r\\ ;#'\t";
	const char *escape[] = { "escape-character", "!", NULL };
	uint32_t seed = 3;

	for (unsigned round = 0; round < 2000; round++) {
		struct format_rig *r = format_rig_open(
			"csv", 2, si, round % 2 ? escape : NULL);
		struct value values[2] = { value_none(), value_i64(round) };
		char text[32], *record;
		size_t n = round % 30;

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) %
					   (sizeof(alphabet) - 1)];
		}
		values[0] = (struct value){ .str = str_ref(text, n) };
		format_rig_values(r, values);
		record = mem_strdup(format_rig_encode(r));
		format_rig_one(r, record);
		EXPECT_EQ(r->result->outcome[0], DECODE_OK);
		EXPECT_EQ(r->batch->col[0].str[0].len, n);
		EXPECT(memcmp(str_data(&r->batch->col[0].str[0]), text, n) ==
		       0);
		EXPECT_EQ(r->batch->col[1].i64[0], round);
		free(record);
		format_rig_close(r);
	}
}
