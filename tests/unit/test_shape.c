/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_shape.c - which type holds all values that were seen, and
 * what a proposal makes of records.
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/propose.h"
#include "tests/unit/test.h"

static struct arena arena;
static struct buf type, note;

static struct shape *
shape_of(const char *const *texts)
{
	struct shape *s;
	struct json_doc_fault fault;
	struct json_doc d;

	arena_init(&arena);
	buf_init(&type);
	buf_init(&note);
	s = arena_new(&arena, struct shape);
	shape_init(s);
	json_doc_init(&d);
	for (; *texts; texts++) {
		EXPECT(json_doc_parse(&d, *texts, strlen(*texts), &fault) == 0);
		shape_add(s, &d, 0, &arena);
	}
	json_doc_release(&d);
	shape_type(s, shape_is_iso(s), &type, &note);
	return s;
}

static void
end(void)
{
	buf_release(&type);
	buf_release(&note);
	arena_release(&arena);
}

#define EXPECT_TYPE(want_type, want_note, ...)                              \
	do {                                                                \
		shape_of((const char *const[]){ __VA_ARGS__, NULL });       \
		EXPECT_STR(buf_cstr(&type), want_type);                     \
		EXPECT_STR(buf_cstr(&note), want_note);                     \
		end();                                                      \
	} while (0)

TEST(numbers_are_as_wide_as_they_have_to_be)
{
	EXPECT_TYPE("BIGINT", "", "1", "-9223372036854775808", "null");
	EXPECT_TYPE("DECIMAL(38, 0)", "beyond BIGINT", "1",
		    "9223372036854775808");
	EXPECT_TYPE("DOUBLE", "DECIMAL(4, 2) holds these exactly", "1", "12.25");
	EXPECT_TYPE("DOUBLE", "", "1", "1e3");
	EXPECT_TYPE("STRING", "numbers of 39 digits",
		    "123456789012345678901234567890123456789");
}

TEST(values_of_several_kinds_are_texts)
{
	EXPECT_TYPE("BOOLEAN", "", "true", "false");
	EXPECT_TYPE("STRING", "mixed: 1 booleans, 2 numbers", "true", "1",
		    "2.5");
	EXPECT_TYPE("STRING", "mixed: 1 texts, 1 objects", "\"a\"", "{}");
	EXPECT_TYPE("STRING", "only NULL in the sample", "null", "null");
}

TEST(times_are_known_by_their_exact_form)
{
	EXPECT_TYPE("DATE", "", "\"2024-02-29\"");
	EXPECT_TYPE("STRING", "", "\"2023-02-29\"");
	EXPECT_TYPE("TIMESTAMP(3)", "", "\"2024-01-01 10:00:00\"",
		    "\"2024-01-01 10:00:00.125\"");
	EXPECT_TYPE("TIMESTAMP(6)", "", "\"2024-01-01 10:00:00.123456\"");
	EXPECT_TYPE("TIMESTAMP(3)", "", "\"2024-01-01T10:00:00\"");
	EXPECT_TYPE("TIMESTAMP_LTZ(3)", "", "\"2024-01-01T10:00:00Z\"");
	EXPECT_TYPE("TIMESTAMP_LTZ(3)", "", "\"2024-01-01 10:00:00.1Z\"");
	EXPECT_TYPE("STRING", "", "\"2024-01-01 10:00:00+02:00\"");
	EXPECT_TYPE("STRING", "", "\"2024-01-01 24:00:00\"");
	EXPECT_TYPE("STRING", "", "\"2024-01-01 10:00:00.\"");
	EXPECT_TYPE("STRING", "", "\"0000-01-01\"");
	EXPECT_TYPE("STRING", "2 of 2 texts are dates or times, not all of "
		    "them in one form", "\"2024-01-01\"",
		    "\"2024-01-01 10:00:00\"");
}

TEST(the_standard_is_that_of_most_times)
{
	EXPECT_TYPE("ROW<a TIMESTAMP(3), b TIMESTAMP(3), c STRING>",
		    "c: 1 of 1 texts are dates or times, not all of them in one"
		    " form",
		    "{\"a\": \"2024-01-01T10:00:00\","
		    " \"b\": \"2024-01-01T10:00:00\","
		    " \"c\": \"2024-01-01 10:00:00\"}");
}

TEST(nested_values_have_nested_types)
{
	EXPECT_TYPE("ARRAY<BIGINT>", "", "[1, 2]", "[]", "[null]");
	EXPECT_TYPE("ARRAY<STRING>", "always empty", "[]");
	EXPECT_TYPE("MAP<STRING, STRING>", "always empty", "{}");
	EXPECT_TYPE("ROW<a BIGINT, `order` ARRAY<ROW<b BOOLEAN>>>", "",
		    "{\"a\": 1}", "{\"order\": [{\"b\": true}]}");
	EXPECT_TYPE("ROW<a ARRAY<STRING>>", "a.[]: mixed: 1 numbers, 1 texts",
		    "{\"a\": [1, \"x\"]}");
	/* Deeper than a type may be. */
	EXPECT_TYPE("ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<ARRAY<STRING>"
		    ">>>>>>>", "[].[].[].[].[].[].[].[]: nested too deep",
		    "[[[[[[[[{\"a\": 1}]]]]]]]]");
}

TEST(a_name_that_no_column_can_have_is_left_out)
{
	EXPECT_TYPE("ROW<a BIGINT>", "fields with names that no column can"
		    " have are left out", "{\"a\": 1, \"x\\u0000y\": 2, \"\": 3}");
}

TEST(fields_of_lines_tell_numbers_by_their_text)
{
	static const struct {
		const char *text, *type;
	} cases[] = {
		{ "12", "BIGINT" }, { "-0", "BIGINT" }, { "007", "STRING" },
		{ "+1", "STRING" }, { "1.50", "DOUBLE" }, { "1.", "STRING" },
		{ ".5", "STRING" }, { "TRUE", "BOOLEAN" }, { "yes", "STRING" },
		{ "2024-01-01", "DATE" }, { "-", "STRING" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct shape s;

		arena_init(&arena);
		buf_init(&type);
		buf_init(&note);
		shape_init(&s);
		shape_add_text(&s, cases[i].text, strlen(cases[i].text),
			       &arena);
		shape_add_text(&s, "", 0, &arena);
		shape_type(&s, false, &type, &note);
		EXPECT_STR(buf_cstr(&type), cases[i].type);
		EXPECT_EQ(s.nulls, 1);
		end();
	}
}

/* ---- proposals ---- */

static struct ast_option path = { .key = "path", .value = "/tmp/x" };
static const struct sample_table file = {
	.name = "t", .connector = "filesystem", .options = &path,
};

/* The text for lines of a file; NULL: an error. */
static const char *
proposal_of(const char *const *lines)
{
	struct sample_record rec[16];
	struct error err = ERROR_INIT;
	struct proposal *p;
	unsigned n = 0;

	arena_init(&arena);
	buf_init(&type);
	buf_init(&note);
	for (; *lines; lines++)
		rec[n++] = (struct sample_record){
			.value = *lines,
			.value_len = (uint32_t)strlen(*lines),
			.timestamp_us = TIME_NONE, .offset = -1,
		};
	if (propose(&file, rec, n, &arena, &p, &err) < 0)
		return NULL;
	for (unsigned i = 0; i < p->nnotices; i++)
		buf_puts(&note, p->notices[i]);
	proposal_text(p, &type);
	return buf_cstr(&type);
}

#define EXPECT_PROPOSAL(want, ...)                                         \
	do {                                                               \
		const char *text = proposal_of(                            \
			(const char *const[]){ __VA_ARGS__, NULL });       \
                                                                           \
		EXPECT_STR(text ? text : "", want);                        \
		end();                                                     \
	} while (0)

TEST(a_proposal_is_a_statement)
{
	EXPECT_PROPOSAL("CREATE TABLE t (\n  a BIGINT,\n  `b c` STRING\n)"
			" WITH (\n  'connector' = 'filesystem',\n"
			"  'path' = '/tmp/x',\n  'format' = 'json'\n);",
			"{\"a\": 1}", "{\"a\": 2, \"b c\": \"\"}");
	EXPECT_PROPOSAL("CREATE TABLE t (\n  f0 BIGINT,\n  f1 STRING\n) WITH ("
			"\n  'connector' = 'filesystem',\n"
			"  'path' = '/tmp/x',\n  'format' = 'csv',\n"
			"  'csv.field-delimiter' = '|'\n);", "1|a", "2|b");
}

TEST(quotes_that_do_not_end_are_no_csv)
{
	static const char *const lines[][3] = {
		{ "a,\"", "b,\"", NULL }, { "a,\"x", "b,\"y\"\"", NULL },
		{ "\",\"", "\"a\",\"", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		EXPECT(strstr(proposal_of(lines[i]), "'format' = 'raw'"));
		end();
	}
	EXPECT(strstr(proposal_of((const char *const[]){
			      "\"a, b\",\"\"", "\"\"\"\",1", NULL }),
		      "'format' = 'csv'"));
	end();
}

static struct ast_option servers = {
	.key = "properties.bootstrap.servers", .value = "embedded",
};
static struct ast_option topic = {
	.next = &servers, .key = "topic", .value = "x",
};
static const struct sample_table table = {
	.name = "t", .connector = "kafka", .options = &topic,
};

/* Of one record with a key. */
static struct proposal *
proposal_with_key(const char *key, const char *value)
{
	static struct sample_record rec;
	struct error err = ERROR_INIT;
	struct proposal *p;

	arena_init(&arena);
	rec = (struct sample_record){
		.value = value, .value_len = (uint32_t)strlen(value),
		.key = key, .key_len = (uint32_t)strlen(key),
	};
	if (propose(&table, &rec, 1, &arena, &p, &err) < 0)
		FAIL("%s", err.message);
	return p;
}

/* Times with a T are an option of the value's format: the key's has it not. */
TEST(a_column_that_its_format_cannot_read_becomes_a_text)
{
	struct proposal *p = proposal_with_key(
		"{\"b\": \"2024-01-01T10:00:00\"}",
		"{\"a\": \"2024-01-01T10:00:00\"}");

	EXPECT_STR(p->cols->type, "TIMESTAMP(3)");
	EXPECT_STR(p->cols->next->name, "key_b");
	EXPECT_STR(p->cols->next->type, "STRING");
	EXPECT_STR(p->cols->next->note, "1 of 1 cannot be read as TIMESTAMP(3)");
	EXPECT_STR(p->time_column, "a");
	arena_release(&arena);
}

TEST(a_key_of_json_may_have_any_value)
{
	struct proposal *p = proposal_with_key("{\"b\": 1}", "1,2");

	EXPECT_STR(p->format, "csv");
	EXPECT_STR(p->key_prefix, "key_");
	arena_release(&arena);
	p = proposal_with_key("{}", "some text");
	EXPECT_STR(p->format, "raw");
	EXPECT_STR(p->key_format, "raw");
	arena_release(&arena);
	p = proposal_with_key("{\"key_\": 1}", "{\"key_a\": 1}");
	EXPECT_STR(p->key_prefix, "key2_");
	arena_release(&arena);
}

TEST(objects_without_fields_are_texts)
{
	EXPECT(strstr(proposal_of((const char *const[]){ "{}", "{\"\": 1}",
							 NULL }),
		      "message STRING"));
	end();
}

/* Nothing else can read it, and no column can hold it. */
TEST(a_record_that_no_format_reads_is_told)
{
	EXPECT(strstr(proposal_of((const char *const[]){
			      "{\"a\": \"\\ud800\"}", "{\"a\": \"x\"}",
			      NULL }), "a STRING"));
	EXPECT(strstr(buf_cstr(&note), "1 of 2 records cannot be read"));
	end();
}

TEST(records_without_bytes_are_no_sample)
{
	struct sample_record rec = { .timestamp_us = TIME_NONE, .offset = -1 };
	struct error err = ERROR_INIT;
	struct proposal *p;

	arena_init(&arena);
	EXPECT(propose(&file, &rec, 1, &arena, &p, &err) < 0);
	EXPECT(err.code == ERR_NO_SAMPLE);
	arena_release(&arena);
}

TEST(lines_with_broken_quotes_are_no_fields)
{
	EXPECT(strstr(proposal_of((const char *const[]){ "\"a,b", NULL }),
		      "'format' = 'raw'"));
	end();
	EXPECT(strstr(proposal_of((const char *const[]){ "\"a\"x,b", NULL }),
		      "'format' = 'raw'"));
	end();
	EXPECT(strstr(proposal_of((const char *const[]){ "\"\",\"\"\"\"",
							 NULL }),
		      "f1 STRING"));
	end();
}
