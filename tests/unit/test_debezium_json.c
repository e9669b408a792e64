/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_debezium_json.c - change events to what they take back and
 * what comes, and rows back to events, byte for byte as Flink writes them.
 */
#include "format_rig.h"
#include "test.h"

static const struct format_column columns[] = {
	{ "i", { .kind = TYPE_INT, .nullable = true } },
	{ "s", { .kind = TYPE_VARCHAR, .nullable = true,
		 .length = TYPE_LENGTH_MAX } },
};

/* A record stands at two positions. */
static void
add(struct format_rig *r, const char *text)
{
	format_rig_add(r, text, text ? strlen(text) : 0);
	format_rig_add(r, text, text ? strlen(text) : 0);
}

struct event_case {
	const char *text;
	const char *before, *after;
};

static void
run(const char *const *options, const struct event_case *cases, unsigned n)
{
	struct format_rig *r = format_rig_open("debezium-json", 2, columns,
					       options);

	for (unsigned i = 0; i < n; i++)
		add(r, cases[i].text);
	format_rig_decode(r, NULL, 2 * n, NULL);
	for (unsigned i = 0; i < n; i++) {
		EXPECT_STR(format_rig_row(r, 2 * i), cases[i].before);
		EXPECT_STR(format_rig_row(r, 2 * i + 1), cases[i].after);
	}
	format_rig_close(r);
}

#define BAD "BAD invalid_json -: "

TEST(an_event_says_what_it_takes_back_and_what_comes)
{
	static const struct event_case cases[] = {
		{ "{\"before\":null,\"after\":{\"i\":1,\"s\":\"a\"},"
		  "\"op\":\"c\"}", "ABSENT", "1|a" },
		{ "{\"after\":{\"s\":\"a\",\"i\":1},\"op\":\"r\"}", "ABSENT",
		  "1|a" },
		{ " {\"op\" : \"u\",\"before\": {\"i\":1},"
		  "\"after\":{\"i\":2, \"s\":\"\\u00e9\"} } ", "1|NULL",
		  "2|\xc3\xa9" },
		{ "{\"before\":{\"i\":2,\"s\":\"x\"},\"after\":null,"
		  "\"op\":\"d\"}", "2|x", "ABSENT" },
		{ "{\"before\":{\"i\":9},\"after\":{\"i\":3},\"op\":\"c\","
		  "\"source\":{\"table\":[1]}}", "ABSENT", "3|NULL" },
		{ NULL, "ABSENT", "SKIP" },
		{ "", "ABSENT", "SKIP" },
		{ "{\"after\":{\"i\":1,\"s\":\"raw\ttab\"},\"op\":\"c\"}",
		  "ABSENT", "1|raw\ttab" },
		{ "{\"after\":{},\"op\":\"c\"}", "ABSENT", "NULL|NULL" },
	};

	run(NULL, cases, ARRAY_LEN(cases));
}

TEST(an_event_that_cannot_be_read_is_bad_as_a_whole)
{
	static const struct event_case cases[] = {
		{ "{\"before\":null,\"after\":null,\"op\":\"t\"}", "ABSENT",
		  BAD "unknown \"op\" value \"t\"" },
		{ "{\"after\":{\"i\":1},\"op\":1}", "ABSENT",
		  BAD "unknown \"op\" value 1" },
		{ "{\"after\":{\"i\":1}}", "ABSENT", BAD "no \"op\"" },
		{ "{\"before\":null,\"after\":{\"i\":1},\"op\":\"u\"}",
		  "ABSENT", BAD "an update without \"before\": in Postgres set "
		  "the table's REPLICA IDENTITY to FULL" },
		{ "{\"op\":\"d\"}", "ABSENT", BAD "a delete without "
		  "\"before\": in Postgres set the table's REPLICA IDENTITY to "
		  "FULL" },
		{ "{\"before\":{\"i\":1},\"after\":null,\"op\":\"u\"}",
		  "ABSENT", BAD "\"after\" is no object" },
		{ "{\"before\":[],\"after\":{},\"op\":\"u\"}", "ABSENT",
		  BAD "\"before\" is no object" },
		{ "{\"schema\":{},\"payload\":{\"after\":{\"i\":1},"
		  "\"op\":\"c\"}}", "ABSENT", BAD "no \"op\" but a "
		  "\"payload\": set 'debezium-json.schema-include' = 'true'" },
		{ "{\"after\":{\"i\":1},\"op\":\"c\"", "ABSENT",
		  BAD "expected ',' or '}' at byte 25" },
		{ "5", "ABSENT", BAD "expected a JSON object at byte 0" },
		{ "{\"after\":{\"i\":\"x\"},\"op\":\"c\"}", "ABSENT",
		  "BAD invalid_field i: cannot read 'x' as INT" },
		{ "{\"after\":{\"s\":\"\xff\"},\"op\":\"c\"}", "ABSENT",
		  "BAD invalid_utf8 -: -" },
		{ "{\"after\":{\"i\":7},\"op\":\"c\"}", "ABSENT", "7|NULL" },
	};

	run(NULL, cases, ARRAY_LEN(cases));
}

TEST(with_a_schema_the_event_is_the_payload)
{
	static const char *const options[] = { "schema-include", "true", NULL };
	static const struct event_case cases[] = {
		{ "{\"schema\":{\"op\":\"x\"},\"payload\":{\"before\":"
		  "{\"i\":1},\"after\":{\"i\":2},\"op\":\"u\"}}", "1|NULL",
		  "2|NULL" },
		{ "{\"after\":{\"i\":2},\"op\":\"c\"}", "ABSENT",
		  BAD "no \"payload\": the message has no schema; leave "
		  "'debezium-json.schema-include' out" },
		{ "{\"payload\":{\"after\":{\"i\":2},\"op\":\"c\"}}",
		  "ABSENT", "2|NULL" },
	};

	run(options, cases, ARRAY_LEN(cases));
}

TEST(errors_can_be_ignored)
{
	static const char *const options[] = { "ignore-parse-errors", "true",
					       NULL };
	static const struct event_case cases[] = {
		{ "{\"after\":{\"i\":2},\"op\":\"t\"}", "ABSENT", "SKIP" },
		{ "{\"after\":{\"i\":\"x\",\"s\":\"y\"},\"op\":\"c\"}",
		  "ABSENT", "NULL|y" },
		{ "nonsense", "ABSENT", "SKIP" },
	};

	run(options, cases, ARRAY_LEN(cases));
}

TEST(one_side_of_a_pair_can_be_asked_for)
{
	struct format_rig *r = format_rig_open("debezium-json", 2, columns,
					       NULL);
	const uint16_t sel[] = { 1, 2 };
	const bool only[] = { false, true };

	add(r, "{\"before\":{\"i\":1,\"s\":\"a\"},\"after\":{\"i\":2,"
	       "\"s\":\"b\"},\"op\":\"u\"}");
	add(r, "{\"before\":{\"i\":3,\"s\":\"c\"},\"after\":{\"i\":4,"
	       "\"s\":\"d\"},\"op\":\"u\"}");
	format_rig_decode(r, NULL, 4, NULL);
	format_rig_decode(r, sel, 2, only);
	EXPECT_STR(format_rig_row(r, 1), "2|b");
	EXPECT_STR(format_rig_row(r, 2), "3|c");
	format_rig_close(r);
}

/* ---- out ---- */

static const char *
encode(struct format_rig *r, uint8_t kind)
{
	struct error err = ERROR_INIT;
	bool null;

	buf_clear(&r->text);
	EXPECT(encode_row(r->encoder, r->batch, 0, kind, &r->text, &null,
			  &err) == 0);
	return buf_cstr(&r->text);
}

TEST(an_update_goes_out_as_a_delete_and_a_create)
{
	struct format_rig *r = format_rig_open("debezium-json", 2, columns,
					       NULL);
	const struct value row[] = { value_i64(1), value_none() };
	const char *came = "{\"before\":null,\"after\":{\"i\":1,\"s\":null},"
			   "\"op\":\"c\"}";
	const char *went = "{\"before\":{\"i\":1,\"s\":null},\"after\":null,"
			   "\"op\":\"d\"}";

	format_rig_values(r, row);
	EXPECT_STR(format_rig_encode(r), came);
	EXPECT_STR(encode(r, KIND_INSERT), came);
	EXPECT_STR(encode(r, KIND_UPDATE_AFTER), came);
	EXPECT_STR(encode(r, KIND_UPDATE_BEFORE), went);
	EXPECT_STR(encode(r, KIND_DELETE), went);
	format_rig_close(r);
}

TEST(null_fields_of_the_envelope_can_be_left_out_too)
{
	static const char *const options[] = { "encode.ignore-null-fields",
					       "true", NULL };
	struct format_rig *r = format_rig_open("debezium-json", 2, columns,
					       options);
	const struct value row[] = { value_i64(1), value_none() };

	format_rig_values(r, row);
	EXPECT_STR(encode(r, KIND_INSERT), "{\"after\":{\"i\":1},\"op\":\"c\"}");
	EXPECT_STR(encode(r, KIND_DELETE),
		   "{\"before\":{\"i\":1},\"op\":\"d\"}");
	format_rig_close(r);
}
