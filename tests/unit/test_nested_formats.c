/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_nested_formats.c - nested values as JSON, as csv and as text
 * in state files, both ways; and that random ones come back as they went.
 */
#include "base/nested.h"
#include "runtime/formats/json_value.h"
#include "tests/unit/format_rig.h"
#include "tests/unit/nested_rig.h"
#include "tests/unit/test.h"

static struct type
type_int(void)
{
	return TYPE_OF(TYPE_INT);
}

static struct type
row_of_two(struct arena *a, const char *n1, struct type t1, const char *n2,
	   struct type t2)
{
	struct type_field fields[] = { { n1, t1 }, { n2, t2 } };

	return type_row(a, 2, fields);
}

/* One column c of the type; what its record of JSON or csv means. */
struct story {
	const char *record, *row;
};

static void
expect_rows(const char *format, struct type t, const char *const *options,
	    const struct story *stories, size_t n)
{
	struct format_column col = { "c", t };
	struct format_rig *r = format_rig_open(format, 1, &col, options);

	EXPECT(r->decoder);
	for (size_t i = 0; i < n; i++)
		EXPECT_STR(format_rig_one(r, stories[i].record),
			   stories[i].row);
	format_rig_close(r);
}

#define EXPECT_ROWS(format, t, options, ...)                             \
	do {                                                             \
		static const struct story stories_[] = { __VA_ARGS__ };  \
		expect_rows((format), (t), (options), stories_,          \
			    sizeof(stories_) / sizeof(stories_[0]));     \
	} while (0)

static void
expect_refused(const char *format, struct type t, const char *message)
{
	struct format_column col = { "c", t };
	struct format_rig *r = format_rig_open(format, 1, &col, NULL);

	EXPECT(!r->decoder);
	EXPECT(!r->encoder);
	EXPECT_STR(r->err.message, message);
	format_rig_close(r);
}

/* ---- JSON in ---- */

TEST(json_arrays_become_arrays)
{
	struct arena a = { 0 };

	EXPECT_ROWS("json", type_array(&a, type_int()), NULL,
		{ "{\"c\":[1,2,3]}", "[1, 2, 3]" },
		{ "{\"c\":[]}", "[]" },
		{ "{\"c\":[ 1 , null,\"3\" ]}", "[1, NULL, 3]" },
		{ "{\"c\":null}", "NULL" },
		{ "{}", "NULL" },
		{ "{\"c\":[1.9,1e2]}", "[1, 100]" },
		{ "{\"c\":5}", "BAD invalid_field c: cannot read '5' as "
			       "ARRAY<INT>" },
		{ "{\"c\":\"[1]\"}", "BAD invalid_field c: cannot read "
				     "'\"[1]\"' as ARRAY<INT>" },
		{ "{\"c\":{\"a\":1}}", "BAD invalid_field c: cannot read "
				       "'{\"a\":1}' as ARRAY<INT>" },
		{ "{\"c\":[1,\"x\"]}", "BAD invalid_field c: cannot read 'x' "
				       "as INT, at [2]" });
	arena_release(&a);
}

TEST(json_objects_become_rows)
{
	struct arena a = { 0 };
	struct type t = row_of_two(&a, "a", type_int(), "b", TYPE_STRING_OF);

	EXPECT_ROWS("json", t, NULL,
		{ "{\"c\":{\"a\":1,\"b\":\"x\"}}", "(1, x)" },
		{ "{\"c\":{\"b\":\"x\",\"z\":[{}],\"a\":1}}", "(1, x)" },
		{ "{\"c\":{}}", "(NULL, NULL)" },
		{ "{\"c\":{\"a\":null}}", "(NULL, NULL)" },
		{ "{\"c\":{\"A\":1}}", "(NULL, NULL)" },
		{ "{\"c\":{\"a\":1,\"a\":2}}", "(1, NULL)" },
		{ "{\"c\":{\"\\u0061\":7}}", "(7, NULL)" },
		{ "{\"c\":{\"b\":{\"x\": [1, 2]}}}", "(NULL, {\"x\":[1,2]})" },
		{ "{\"c\":{\"b\":12.50}}", "(NULL, 12.50)" },
		{ "{\"c\":{\"b\":\"\\u00e9\\n\"}}", "(NULL, \xc3\xa9\n)" },
		{ "{\"c\":[1,\"x\"]}", "BAD invalid_field c: cannot read "
				       "'[1,\"x\"]' as ROW<`a` INT, `b` "
				       "STRING>" },
		{ "{\"c\":{\"a\":{}}}", "BAD invalid_field c: cannot read "
					"'{}' as INT, at .a" },
		{ "{\"c\":{\"b\":\"\\ud800\"}}",
		  "BAD invalid_field c: a string has an escape that stands "
		  "for no character, at .b" });
	arena_release(&a);
}

TEST(json_objects_become_maps_and_multisets)
{
	struct arena a = { 0 };
	struct type inner = type_array(&a, type_decimal(4, 2));

	EXPECT_ROWS("json", type_map(&a, TYPE_STRING_OF, inner), NULL,
		{ "{\"c\":{\"b\":[1.5],\"a\":null}}", "{a=NULL, b=[1.50]}" },
		{ "{\"c\":{}}", "{}" },
		{ "{\"c\":{\"a\":[1],\"a\":[2]}}", "{a=[2.00]}" },
		{ "{\"c\":{\"x\":[1,[2]]}}", "BAD invalid_field c: cannot "
		  "read '[2]' as DECIMAL(4, 2), at .x[2]" });
	EXPECT_ROWS("json", type_multiset(&a, TYPE_STRING_OF), NULL,
		{ "{\"c\":{\"b\":2,\"a\":1}}", "{a=1, b=2}" },
		{ "{\"c\":{\"b\":null}}", "BAD invalid_field c: null in a "
					  "place that is NOT NULL, at .b" });
	arena_release(&a);
}

TEST(every_scalar_type_stands_inside_of_json)
{
	struct arena a = { 0 };
	struct type_field f[] = {
		{ "bo", TYPE_OF(TYPE_BOOLEAN) }, { "ti", TYPE_OF(TYPE_TINYINT) },
		{ "d", TYPE_OF(TYPE_DOUBLE) },	 { "dt", TYPE_OF(TYPE_DATE) },
		{ "t", TYPE_OF(TYPE_TIME) },	 { "ts", type_timestamp(3) },
		{ "l", type_timestamp_ltz(3) },  { "w", type_decimal(38, 3) },
		{ "by", TYPE_OF(TYPE_VARBINARY) },
	};

	f[8].type.length = TYPE_LENGTH_MAX;
	EXPECT_ROWS("json", type_row(&a, 9, f), NULL,
		{ "{\"c\":{\"bo\":true,\"ti\":-5,\"d\":\"NaN\",\"dt\":"
		  "\"2026-01-02\",\"t\":\"03:04:05\",\"ts\":\"2026-01-02 "
		  "03:04:05.5\",\"l\":\"2026-01-02 03:04:05Z\",\"w\":1e3,"
		  "\"by\":\"YWI=\"}}",
		  "(TRUE, -5, NaN, 2026-01-02, 03:04:05, 2026-01-02 "
		  "03:04:05.500, 2026-01-02 03:04:05.000, 1000.000, ab)" },
		{ "{\"c\":{\"ti\":300}}", "BAD invalid_field c: cannot read "
					  "'300' as TINYINT, at .ti" },
		{ "{\"c\":{\"by\":1}}", "BAD invalid_field c: cannot read '1' "
					"as BYTES, at .by" });
	arena_release(&a);
}

TEST(not_null_holds_inside_of_json)
{
	struct arena a = { 0 };
	struct type t = type_int();

	t.nullable = false;
	EXPECT_ROWS("json", row_of_two(&a, "a", t, "b", type_array(&a, t)),
		NULL,
		{ "{\"c\":{\"a\":1,\"b\":[1]}}", "(1, [1])" },
		{ "{\"c\":{\"a\":1}}", "(1, NULL)" },
		{ "{\"c\":{\"b\":[1]}}", "BAD invalid_field c: null in a "
					 "place that is NOT NULL, at .a" },
		{ "{\"c\":{\"a\":1,\"b\":[1,null]}}",
		  "BAD invalid_field c: null in a place that is NOT NULL, at "
		  ".b[2]" });
	arena_release(&a);
}

TEST(options_of_json_reach_inside)
{
	static const char *const ignore[] = { "ignore-parse-errors", "true",
					      NULL };
	static const char *const missing[] = { "fail-on-missing-field", "true",
					       NULL };
	struct arena a = { 0 };
	struct type t = row_of_two(&a, "a", type_int(), "b",
				   type_array(&a, type_int()));

	EXPECT_ROWS("json", t, ignore,
		{ "{\"c\":{\"a\":\"x\",\"b\":[1,\"y\",3]}}",
		  "(NULL, [1, NULL, 3])" },
		{ "{\"c\":{\"b\":7}}", "(NULL, NULL)" },
		{ "{\"c\":7}", "NULL" });
	EXPECT_ROWS("json", t, missing,
		{ "{\"c\":{\"a\":1,\"b\":null}}", "(1, NULL)" },
		{ "{\"c\":{\"a\":1}}", "BAD invalid_field c: the field is "
				       "missing, at .b" });
	arena_release(&a);
}

/* {"c":[{},{},...]} into an array of ROWs with a hundred fields. */
static const char *
sparse_rows(unsigned n, const char *const *options)
{
	static char shown[256];
	struct arena a = { 0 };
	struct type_field fields[100];
	struct format_column col;
	struct format_rig *r;
	struct buf text;

	for (unsigned i = 0; i < 100; i++)
		fields[i] = (struct type_field){ arena_printf(&a, "f%u", i),
						 type_int() };
	for (unsigned i = 0; i < 100; i++)
		fields[i].type.nullable = true;
	col = (struct format_column){
		"c", type_array(&a, type_row(&a, 100, fields)) };
	r = format_rig_open("json", 1, &col, options);
	buf_init(&text);
	buf_puts(&text, "{\"c\":[{}");
	for (unsigned i = 1; i < n; i++)
		buf_puts(&text, ",{}");
	buf_puts(&text, "]}");
	snprintf(shown, sizeof(shown), "%s",
		 format_rig_bytes(r, text.data, text.len));
	buf_release(&text);
	format_rig_close(r);
	arena_release(&a);
	return shown;
}

TEST(a_few_bytes_do_not_take_the_memory)
{
	const char *const ignore[] = { "ignore-parse-errors", "true", NULL };

	EXPECT(strncmp(sparse_rows(1000, NULL), "[(NULL, NULL, ", 14) == 0);
	EXPECT_STR(sparse_rows(100000, NULL), "BAD invalid_field c: the value "
					      "is too large, at [24785]");
	EXPECT_STR(sparse_rows(100000, ignore), "NULL");
}

TEST(keys_of_json_maps_are_text)
{
	struct arena a = { 0 };

	expect_refused("json", type_map(&a, type_int(), type_int()),
		       "format 'json' cannot hold MAP<INT, INT>");
	expect_refused("json",
		       type_array(&a, type_multiset(&a, type_int())),
		       "format 'json' cannot hold ARRAY<MULTISET<INT>>");
	arena_release(&a);
}

/* ---- JSON out ---- */

static const char *
encoded(struct type t, const char *const *options, struct value v)
{
	static struct buf kept;
	struct format_column col = { "c", t };
	struct format_rig *r = format_rig_open("json", 1, &col, options);

	format_rig_values(r, &v);
	buf_clear(&kept);
	buf_puts(&kept, format_rig_encode(r));
	format_rig_close(r);
	return buf_cstr(&kept);
}

TEST(json_of_nested_values_is_as_flink_writes_it)
{
	static const char *const ignore[] = { "encode.ignore-null-fields",
					      "true", NULL };
	struct arena a = { 0 };
	struct type list = type_array(&a, type_int());
	struct type t = row_of_two(&a, "x", type_int(), "y", list);
	struct value ints[] = { value_i64(1), value_none() };
	struct value row[2] = { value_none() }, v = { 0 };

	EXPECT(nested_make(&a, list, 2, ints, &row[1].str));
	EXPECT(nested_make(&a, t, 2, row, &v.str));
	EXPECT_STR(encoded(list, NULL, row[1]), "{\"c\":[1,null]}");
	EXPECT_STR(encoded(t, NULL, v), "{\"c\":{\"x\":null,\"y\":[1,null]}}");
	EXPECT_STR(encoded(t, ignore, v), "{\"c\":{\"y\":[1,null]}}");
	arena_release(&a);
}

TEST(a_null_key_is_treated_as_the_option_says)
{
	static const char *const drop[] = { "map-null-key.mode", "DROP",
					    NULL };
	static const char *const literal[] = { "map-null-key.mode", "LITERAL",
					       NULL };
	static const char *const named[] = { "map-null-key.mode", "LITERAL",
					     "map-null-key.literal", "n/a",
					     NULL };
	struct arena a = { 0 };
	struct type t = type_map(&a, TYPE_STRING_OF, type_int());
	struct value keys[] = { value_none(), { .str = str_ref("k", 1) } };
	struct value values[] = { value_i64(1), value_i64(2) };
	struct format_column col = { "c", t };
	struct error err = ERROR_INIT;
	struct value v = { 0 };
	struct format_rig *r;
	bool null;

	EXPECT(nested_make_map(&a, t, 2, keys, values, &v.str));
	EXPECT_STR(encoded(t, drop, v), "{\"c\":{\"k\":2}}");
	EXPECT_STR(encoded(t, literal, v), "{\"c\":{\"null\":1,\"k\":2}}");
	EXPECT_STR(encoded(t, named, v), "{\"c\":{\"n/a\":1,\"k\":2}}");
	r = format_rig_open("json", 1, &col, NULL);
	format_rig_values(r, &v);
	EXPECT(r->encoder->type->encode(r->encoder, r->batch, 0, &r->text,
					&null, &err) < 0);
	EXPECT_EQ(err.code, ERR_NULL_VALUE);
	format_rig_close(r);
	arena_release(&a);
}

/* ---- csv ---- */

TEST(csv_holds_arrays_and_rows_of_single_values)
{
	static const char *const null[] = { "null-literal", "n/a", NULL };
	static const char *const bar[] = { "array-element-delimiter", "|",
					   NULL };
	struct arena a = { 0 };
	struct type list = type_array(&a, type_int());
	struct type row = row_of_two(&a, "a", TYPE_STRING_OF, "b", type_int());

	EXPECT_ROWS("csv", list, NULL, { "1;2;3", "[1, 2, 3]" },
		{ "7", "[7]" }, { "\"\"", "[]" }, { "\" \"", "[]" },
		{ "1;x", "BAD invalid_field c: cannot read '1;x' as "
			 "ARRAY<INT>" },
		{ "1;;2", "BAD invalid_field c: cannot read '1;;2' as "
			  "ARRAY<INT>" });
	EXPECT_ROWS("csv", list, null, { "1;n/a;3", "[1, NULL, 3]" },
		{ "n/a", "NULL" });
	EXPECT_ROWS("csv", list, bar, { "1|2", "[1, 2]" });
	EXPECT_ROWS("csv", row, NULL, { "x;1", "(x, 1)" }, { ";1", "(, 1)" },
		{ "x", "BAD invalid_field c: cannot read 'x' as ROW<`a` "
		       "STRING, `b` INT>" });
	expect_refused("csv", type_map(&a, TYPE_STRING_OF, type_int()),
		       "format 'csv' cannot hold MAP<STRING, INT>");
	expect_refused("csv", type_array(&a, list),
		       "format 'csv' cannot hold ARRAY<ARRAY<INT>>");
	arena_release(&a);
}

TEST(csv_of_nested_values_is_one_text)
{
	struct arena a = { 0 };
	struct type t = row_of_two(&a, "a", TYPE_STRING_OF, "b", type_int());
	struct format_column col = { "c", t };
	struct format_rig *r = format_rig_open("csv", 1, &col, NULL);
	struct value items[] = { { .str = str_ref("x", 1) }, value_none() };
	struct value v = { 0 };

	EXPECT(nested_make(&a, t, 2, items, &v.str));
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "x;");
	items[0].str = str_ref("a b", 3); /* the blank asks for quotes */
	items[1] = value_i64(5);
	EXPECT(nested_make(&a, t, 2, items, &v.str));
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "\"a b;5\"");
	format_rig_close(r);
	arena_release(&a);
}

/* ---- state ---- */

static const char *
state_text(struct arena *a, struct type t, struct value v)
{
	struct buf out;
	const char *text;

	buf_init(&out);
	json_state_put(&out, v.str, t);
	text = arena_strndup(a, out.data, out.len);
	buf_release(&out);
	return text;
}

TEST(state_reads_well_and_strictly)
{
	struct arena a = { 0 };
	struct type t = type_map(&a, type_timestamp(3), type_int());
	struct value keys[] = { value_none(), value_i64(1500000) };
	struct value values[] = { value_i64(1), value_none() };
	struct value v = { 0 };
	struct str got;

	EXPECT(nested_make_map(&a, t, 2, keys, values, &v.str));
	EXPECT_STR(state_text(&a, t, v), "[[null,1],[1500000,null]]");
	EXPECT(json_state_read(t, "[]", 2, &a, &got));
	EXPECT(!json_state_read(t, "{}", 2, &a, &got));
	EXPECT(!json_state_read(t, "", 0, &a, &got));
	EXPECT(json_state_read(t, "[[null,1],[1500000,null]]", 25, &a, &got));
	EXPECT(str_eq(&got, &v.str));
	EXPECT(!json_state_read(t, "[[null,1],[1500000, null]]", 26, &a,
				&got));
	EXPECT(!json_state_read(t, "[[1500000,null],[null,1]]", 25, &a, &got));
	arena_release(&a);
}

/* ---- what goes in comes out ---- */

static void
json_round_trip(struct type t, struct value v)
{
	struct format_column col = { "c", t };
	struct format_rig *r = format_rig_open("json", 1, &col, NULL);
	struct buf record;
	struct value got;

	format_rig_values(r, &v);
	buf_init(&record);
	buf_puts(&record, format_rig_encode(r));
	format_rig_clear(r);
	format_rig_add(r, record.data, record.len);
	format_rig_decode(r, NULL, 1, NULL);
	got = column_value(&r->batch->col[0], 0);
	if (r->result->outcome[0] != DECODE_OK || !value_same(&got, &v, t))
		FAIL("%.*s comes back as %s", (int)record.len, record.data,
		     format_rig_row(r, 0));
	buf_release(&record);
	format_rig_close(r);
}

static void
state_round_trip(uint64_t *seed, struct arena *a, struct type t,
		 struct value v)
{
	const char *text = state_text(a, t, v);
	size_t n = strlen(text);
	char *damaged = malloc(n); /* its end is watched */
	struct str got;

	EXPECT(json_state_read(t, text, n, a, &got));
	EXPECT(str_eq(&got, &v.str));
	memcpy(damaged, text, n);
	damaged[rig_random(seed) % n] = "[]{}\",:\\n0-\x80"
		[rig_random(seed) % 13];
	if (json_state_read(t, damaged, n, a, &got))
		EXPECT(nested_validate(str_data(&got), got.len, t));
	json_state_read(t, damaged, rig_random(seed) % (n + 1), a, &got);
	free(damaged);
}

TEST(random_nested_values_come_back_from_json_and_from_state)
{
	uint64_t seed = 1123;
	unsigned tried = 0;

	for (unsigned i = 0; i < 2000; i++) {
		struct arena a = { 0 };
		struct type t = rig_random_type(&seed, &a, 4);
		struct value v = rig_random_value(&seed, &a, t);

		if (type_is_nested(t) && !v.is_null) {
			json_round_trip(t, v);
			state_round_trip(&seed, &a, t, v);
			tried++;
		}
		arena_release(&a);
	}
	EXPECT(tried > 500);
}
